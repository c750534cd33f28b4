#!/usr/bin/env bash
# Goal: the rooms below cli print nothing, end no process, read no environment, catch no signal and keep
# no state outside what their callers hold: so several runs can live in one process, and a library can
# stand on them.
# Method: looks through the symbols of their libraries for the functions that would, and for objects
# that can be written. `--self-test` compiles a file of each fault with $CC and expects it to be named.
#
#   check_quiet.sh LIBRARY... | --self-test
set -euo pipefail
export LC_ALL=C

readonly LOUD='(__)?(printf|vprintf)(_chk)?|puts|putchar|perror|stdout|stderr|_?exit|quick_exit|abort|(secure_|g_)?getenv|(g_)?setenv|isatty|signal|sigaction|g_print(err)?|setlocale|(g_)?chdir'

problems=0

problem() {
    printf '%s\n' "$*"
    problems=$((problems + 1))
}

check_library() {
    local name
    while read -r name; do
        problem "$1: uses $name"
    done < <(nm -u "$1" | awk 'NF > 1 { print $NF }' | sort -u | grep -xE "$LOUD" || true)
    while read -r name; do
        problem "$1: $name can be written"
    done < <(objdump -t "$1" | awk '/ O (\.data|\.data\.rel|\.data\.rel\.local|\.bss|\*COM\*)\t/ { print $NF }' |
        grep -vx static_resource || true) # of glib-compile-resources, and guarded by GLib
    nm "$1" 2>/dev/null | grep -c ' [Tt] ' >/dev/null || problem "$1: no function found"
}

# Expects a file of `text` to be refused with `want` in the words.
expect_refusal() {
    local want=$1 text=$2 said
    printf '%s\n' "$text" >"$scratch/fault.c"
    "${CC:-cc}" -O0 -c -o "$scratch/fault.o" "$scratch/fault.c"
    if said=$("$script" "$scratch/fault.o" 2>&1); then
        problem "accepted, though expected: $want"
    elif [[ $said != *"$want"* ]]; then
        problem "expected '$want', got: $said"
    fi
}

self_test() {
    script=$(realpath "${BASH_SOURCE[0]}")
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    expect_refusal 'uses printf' '#include <stdio.h>
        void f(int n) { printf("%d", n); }'
    expect_refusal 'uses stderr' '#include <stdio.h>
        void f(void) { fputs("x", stderr); }'
    expect_refusal 'uses exit' '#include <stdlib.h>
        void f(void) { exit(1); }'
    expect_refusal 'uses getenv' '#include <stdlib.h>
        char *f(void) { return getenv("HOME"); }'
    expect_refusal 'calls can be written' 'int calls; int f(void) { return ++calls; }'
    expect_refusal 'words can be written' 'static const char *words[] = {"a"};
        const char *f(int i) { return words[i] = words[i] + 1; }'
    expect_refusal 'can be written' 'int f(void) { static int calls = 7; return ++calls; }'
    printf '%s\n' 'static const char *const names[] = {"a"}; const char *f(int i) { return names[i]; }' \
        >"$scratch/quiet.c"
    "${CC:-cc}" -O0 -fPIC -c -o "$scratch/quiet.o" "$scratch/quiet.c"
    "$script" "$scratch/quiet.o" || problem "a quiet file was refused"
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    for library in "$@"; do
        check_library "$library"
    done
fi
[ "$problems" -eq 0 ]
