#!/usr/bin/env bash
# Goal: the manual is whole: every key and choice of a scenario or rulebook stands in it, and its links
# lead somewhere.
# Method: takes the names from the tables of scenarios/ and looks for each, as code, in
# docs/scenario-keys.md and docs/rulebook-keys.md; takes each relative link of README.md, CHANGELOG.md
# and docs/*.md and looks for its file and, after a #, its heading.
#
#   check_manual.sh ROOT
set -euo pipefail
export LC_ALL=C.UTF-8
cd "$1"

problems=0

problem() {
    printf '%s\n' "$*"
    problems=$((problems + 1))
}

# Names of {.name = "key", ...}, {"key", YAML_TYPE, ...}, {"choice", VALUE, true|false} and of impact
# parameters GIVEN("key", ...), GUESSED("key", ...), FROM_DATA("key", ...). C may break a line anywhere,
# so lines are joined first.
table_names() {
    find scenarios -name '*.c' -exec cat {} + | tr '\n' ' ' | grep -oE \
        -e '\{ *\.name = "[a-z_]+", *\.type' -e '\{ *"[a-z_]+", *YAML_' \
        -e '\{ *"[a-z_]+", *[A-Z][A-Z_]+, *(true|false)\}' -e '(GIVEN|GUESSED|FROM_DATA)\( *"[a-z_.1]+"' |
        grep -oE '"[a-z_.1]+"' | tr -d '"' | grep -vx stage | sort -u # `stage`: an entry of stages
}

check_keys() {
    local pages=(docs/scenario-keys.md docs/rulebook-keys.md) names name
    mapfile -t names < <(table_names)
    [ "${#names[@]}" -ge 50 ] ||
        problem "only ${#names[@]} keys found: the tables are not read any more"
    for name in "${names[@]}"; do
        grep -qE "[\`.,[ ]${name}[\`.]" "${pages[@]}" || problem "$name: in no table of ${pages[*]}"
    done
}

# The anchors of a page: its headings in lower case, blanks as -, without punctuation.
page_anchors() {
    sed -nE 's/^#+ +//p' "$1" | tr '[:upper:] ' '[:lower:]-' | sed -E 's/[^[:alnum:]_-]//g'
}

check_links() {
    local page link target anchor
    for page in README.md CHANGELOG.md docs/*.md; do
        while read -r link; do
            target=${link%%#*}
            anchor=${link#"$target"}
            target=${target:+$(dirname "$page")/$target}
            target=${target:-$page}
            if [ ! -e "$target" ]; then
                problem "$page: $link leads nowhere"
            elif [ -n "$anchor" ] && ! page_anchors "$target" | grep -qxF -- "${anchor#\#}"; then
                problem "$page: $link: no such heading"
            fi
        done < <(grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^(https?|mailto):')
    done
}

check_keys
check_links
[ "$problems" -eq 0 ]
