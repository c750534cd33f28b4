#!/usr/bin/env bash
# What tests of the command line share; they source this, and fail where `failures` is not 0.
unset CROSSFALL_DATA NO_COLOR
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect CODE TEXT COMMAND...: the exit code, and TEXT somewhere in what is said (files out and err).
expect() {
    local code=$1 text=$2 got
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] || fail "exit code $got, not $code: $* ($(cat err))"
    grep -qF -- "$text" out err || fail "nothing says '$text': $* ($(cat out err))"
}

same() { # WHAT GOT EXPECTED
    [ "$2" = "$3" ] || fail "$1: '$2', not '$3'"
}
