#!/usr/bin/env bash
# Goal: every key and every choice that a scenario or rulebook may have stands in the manual.
# Method: takes the names from the tables of scenarios/*.c and looks for each, as code, in
# docs/scenario-keys.md and docs/rulebook-keys.md.
#
#   check_keys.sh ROOT
set -euo pipefail
cd "$1"

pages=(docs/scenario-keys.md docs/rulebook-keys.md)

# Names of {.name = "key", ...}, {"key", YAML_TYPE, ...}, {"choice", VALUE, true|false} and of impact
# parameters {"key", AT(...), ...}. C may break a line anywhere, so lines are joined first.
table_names() {
    cat scenarios/*.c | tr '\n' ' ' | grep -oE \
        -e '\{ *\.name = "[a-z_]+", *\.type' -e '\{ *"[a-z_]+", *YAML_' \
        -e '\{ *"[a-z_]+", *[A-Z][A-Z_]+, *(true|false)\}' -e '\{ *"[a-z_]+", *AT\(' |
        grep -oE '"[a-z_]+"' | tr -d '"' | grep -vx stage | sort -u # `stage`: an entry of stages
}

mapfile -t names < <(table_names)
if [ "${#names[@]}" -lt 50 ]; then
    echo "only ${#names[@]} keys found: the tables are not read any more"
    exit 1
fi
missing=0
for name in "${names[@]}"; do
    if ! grep -qE "[\`.,[ ]${name}[\`.]" "${pages[@]}"; then
        echo "$name: in no table of ${pages[*]}"
        missing=$((missing + 1))
    fi
done
[ "$missing" -eq 0 ]
