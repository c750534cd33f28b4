#!/usr/bin/env bash
# Goal: the include table of the design holds, so that the rooms stay rooms.
# Method: reads every #include of the tree named; checks who includes whom, in the engine's own rooms
# too, who may see sqlite3.h,
# zstd.h, archive.h, lzma.h, zlib.h and curl.h, that headers close no circle, that file names are
# unique and that includes of ours are written from the root; then compiles each header alone with $CC.
# `--self-test` makes small broken trees and expects each to be refused: the check can fail.
set -euo pipefail
export LC_ALL=C

problems=0

problem() {
    printf '%s\n' "$*"
    problems=$((problems + 1))
}

# Rooms that a room's files may include, itself among them. tests may include all.
allowed_rooms() {
    case "$1" in
    base) echo "base" ;;
    engine | store | loaders) echo "$1 base" ;;
    scenarios) echo "scenarios base engine" ;;
    reports) echo "reports base store" ;;
    studies | cli) echo "base engine store loaders scenarios reports studies $1" ;;
    tests) echo "base engine store loaders scenarios reports studies cli tests" ;;
    *) echo "" ;;
    esac
}

# Of the engine's rooms, in the order in which data goes through them, each sees itself and those before.
allowed_engine_rooms() {
    local rooms="rules impact book liquidation replay"
    [[ " $rooms " == *" $1 "* ]] && echo "${rooms%%"$1"*}$1"
}

# Writes the C files of the tree in the current directory, one a line.
tree_files() {
    find base engine store loaders scenarios reports studies cli tests \
        -name '*.[ch]' -type f 2>/dev/null | sort
}

# Writes "FILE LINE KIND TARGET" for each include of the files given on standard input; KIND is
# `ours` for "..." and `theirs` for <...>.
list_includes() {
    local files
    mapfile -t files
    [ "${#files[@]}" -gt 0 ] || return 0
    awk '
        match($0, /^[ \t]*#[ \t]*include[ \t]*["<]/) {
            kind = substr($0, RLENGTH, 1) == "\"" ? "ours" : "theirs"
            target = substr($0, RLENGTH + 1)
            sub(/[">].*/, "", target)
            print FILENAME, FNR, kind, target
        }' "${files[@]}"
}

check_table() {
    local file line kind target room inner
    while read -r file line kind target; do
        room=${file%%/*}
        case "$kind:$target" in
        theirs:sqlite3.h | theirs:sqlite3ext.h | theirs:zstd.h | theirs:zstd_errors.h | theirs:zdict.h)
            # A test may look into a database or make a damaged frame by itself.
            [ "$room" = store ] || [ "$room" = tests ] ||
                problem "$file:$line: <$target> may stand in store alone"
            ;;
        theirs:curl/*)
            [ "$file" = cli/download_client.c ] ||
                problem "$file:$line: <$target> may stand in cli/download_client.c alone"
            ;;
        theirs:archive.h | theirs:archive_entry.h | theirs:lzma.h | theirs:zlib.h)
            [ "$file" = base/container.c ] || [ "$room" = tests ] ||
                problem "$file:$line: <$target> may stand in base/container.c alone"
            ;;
        ours:*)
            if [ ! -f "$target" ]; then
                problem "$file:$line: \"$target\" is not a path from the root of the tree"
            elif [[ " $(allowed_rooms "$room") " != *" ${target%%/*} "* ]]; then
                problem "$file:$line: $room may not include ${target%%/*} (\"$target\")"
            elif [[ $file == engine/*/* && $target == engine/*/* ]]; then
                inner=${file#engine/}
                [[ " $(allowed_engine_rooms "${inner%%/*}") " == *" $(cut -d/ -f2 <<<"$target") "* ]] ||
                    problem "$file:$line: engine/${inner%%/*} may not include $target"
            fi
            ;;
        esac
    done < <(tree_files | list_includes)
}

check_circles() {
    local circle
    circle=$(tree_files | grep '\.h$' | list_includes | awk '$3 == "ours" { print $1, $4 }' |
        tsort 2>&1 >/dev/null | grep -v 'input contains a loop' || true)
    [ -z "$circle" ] || problem "headers that include each other in a circle:"$'\n'"$circle"
}

check_names() {
    local name
    while read -r name; do
        problem "the file name $name stands twice: $(tree_files | grep "/$name\$" | tr '\n' ' ')"
    done < <(tree_files | sed 's|.*/||' | sort | uniq -d)
}

check_headers_alone() {
    local header flags
    read -ra flags < <(pkg-config --cflags glib-2.0 libfyaml jansson sqlite3 smartcols cmocka 2>/dev/null ||
        pkg-config --cflags glib-2.0)
    while read -r header; do
        "${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only \
            -I. "${flags[@]}" -x c - <<<"#include \"$header\"" ||
            problem "$header does not compile alone"
    done < <(tree_files | grep '\.h$')
}

check_tree() {
    cd "$1"
    [ -n "$(tree_files)" ] || problem "no C file found in $1"
    check_table
    check_circles
    check_names
    check_headers_alone
    [ "$problems" -eq 0 ]
}

# One broken tree: the files given as PATH=TEXT; expects the check to fail and to say `want`.
expect_refusal() {
    local want=$1 tree assignment path said
    shift
    tree=$(mktemp -d "$scratch/tree.XXXXXX")
    for assignment in "$@"; do
        path=$tree/${assignment%%=*}
        mkdir -p "${path%/*}"
        printf '%b\n' "#pragma once\n${assignment#*=}" >"$path"
    done
    if said=$("$script" "$tree" 2>&1); then
        problem "accepted, though expected: $want"
    elif [[ "$said" != *"$want"* ]]; then
        problem "expected '$want', got: $said"
    fi
}

self_test() {
    script=$(realpath "${BASH_SOURCE[0]}")
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    expect_refusal 'engine may not include store' 'store/a.h=' 'engine/b.h=#include "store/a.h"'
    expect_refusal 'engine/rules may not include engine/book/a.h' 'engine/book/a.h=' \
        'engine/rules/b.h=#include "engine/book/a.h"'
    expect_refusal 'base may not include engine' 'engine/a.h=' 'base/b.h=#include "engine/a.h"'
    expect_refusal 'scenarios may not include store' 'store/a.h=' 'scenarios/b.h=#include "store/a.h"'
    expect_refusal '<zstd.h> may stand in store alone' 'loaders/a.h=#include <zstd.h>'
    expect_refusal '<sqlite3.h> may stand in store alone' 'cli/a.h=#  include  <sqlite3.h>'
    expect_refusal '<zlib.h> may stand in base/container.c alone' 'base/a.h=#include <zlib.h>'
    expect_refusal '<curl/curl.h> may stand in cli/download_client.c alone' \
        'cli/a.h=#include <curl/curl.h>'
    expect_refusal 'in a circle' 'base/a.h=#include "base/b.h"' 'base/b.h=#include "base/c.h"' \
        'base/c.h=#include "base/a.h"'
    expect_refusal 'stands twice' 'base/a.h=' 'engine/a.h='
    expect_refusal 'is not a path from the root' 'base/a.h=' 'base/b.h=#include "a.h"'
    expect_refusal 'does not compile alone' 'base/a.h=int64_t without_its_include;'
    expect_refusal 'no C file found'
    [ "$problems" -eq 0 ]
}

if [ "${1:-}" = --self-test ]; then
    self_test
else
    check_tree "${1:-.}"
fi
