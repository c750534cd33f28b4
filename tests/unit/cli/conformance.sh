#!/usr/bin/env bash
# Goal: every vector of the tree passes, none in vain, and the runner says what is wrong with others.
# Method: runs the runner over all files; over the same vectors with each expected figure changed, where
# none may pass; and over vectors and files that are broken in known ways.
#
#   conformance.sh CONFORMANCE MUTATE_VECTORS DATA_DIR
set -euo pipefail
export LC_ALL=C

conformance=$1
mutate=$2
vectors=("$3"/vectors/*.json "$3"/vectors-own/*.json)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Runs the runner, whose exit code must be $1 and whose output goes to $scratch/out.
run() {
    local want=$1 code=0
    shift
    "$conformance" "$@" >"$scratch/out" 2>"$scratch/err" || code=$?
    [ "$code" -eq "$want" ] || fail "exit $code, expected $want: $* $(tail -n 3 "$scratch/out" "$scratch/err")"
}

says() {
    grep -qE -- "$2" "$scratch/$1" || fail "no line of $1 is like '$2': $(cat "$scratch/$1")"
}

# All pass; what is unsupported has its reason in the manual.
run 0 "${vectors[@]}"
says out '^[1-9][0-9]{2,} passed, 0 failed, [0-9]+ unsupported$'
if grep 'no such rule' "$scratch/out"; then
    fail "vectors without a rule"
fi

# None passes that expects something else.
"$mutate" "${vectors[@]}" >"$scratch/mutated.json"
run 1 "$scratch/mutated.json"
if grep '^ok' "$scratch/out"; then
    fail "passed, though the expected figure is wrong"
fi
says out '^0 passed, [1-9][0-9]{2,} failed, [0-9]+ unsupported$'

# Broken vectors in a file that is none the worse.
run 1 "$3/vectors-wrong.json"
says out '^FAIL wrong-figure expected maintenance_margin=92\.6 got 92\.5$'
says out '^FAIL unknown-figure expected colour="blue" got nothing$'
says out "^FAIL missing-input the input 'position_value' is missing or not a number$"
says out "^FAIL text-for-number the input 'overloss' is missing or not a number$"
says out '^FAIL broken-tiers the rulebook is refused: .*maintenance_rate'
says out '^FAIL price-of-zero an input is out of its range'
says out '^FAIL no-inputs the vector has no inputs$'
says out '^FAIL nothing-expected the vector expects nothing$'
says out '^FAIL no-rule the vector has no rule$'
says out "^unsupported unknown-rule: no such rule: 'rule_of_thumb' of 'anywhere'$"
says out '^ok last-printed-digit$'
says out '^ok stated-tolerance$'
says out '^FAIL beyond-tolerance '
says out '^2 passed, 10 failed, 1 unsupported$'

# Broken files: exit 3, with file and place; no file: 1; no argument: 2.
printf '{"vectors": [\n  {"id": "x",\n  ]}\n' >"$scratch/broken.json"
run 3 "$scratch/broken.json"
says err "broken\.json:3:[0-9]+: "
printf '{"vectors": {}}\n' >"$scratch/shape.json"
run 3 "$scratch/shape.json" "${vectors[0]}"
says err "shape\.json: there is no list 'vectors'"
says out '^[1-9][0-9]* passed'
run 1 "$scratch/absent.json"
says err 'absent\.json: No such file'
run 2
