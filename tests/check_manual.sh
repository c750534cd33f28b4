#!/usr/bin/env bash
# Goal: the links of the manual lead somewhere. (That its pages of keys are whole is keys_page.c's.)
# Method: takes each relative link of README.md, CHANGELOG.md and docs/*.md and looks for its file and,
# after a #, its heading.
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

check_links
[ "$problems" -eq 0 ]
