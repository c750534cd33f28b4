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
    runs) echo "runs base engine store loaders scenarios" ;;
    studies) echo "studies runs base engine store loaders scenarios" ;;
    reports) echo "reports base store" ;;
    api) echo "api base engine store loaders scenarios runs studies reports" ;;
    cli) echo "cli base engine store loaders scenarios runs studies reports api" ;;
    tests) echo "base engine store loaders scenarios runs studies reports api cli tests" ;;
    *) echo "" ;;
    esac
}

# The inner rooms of a room, in the order in which data goes through them: each sees itself and those
# before it, beside the files that stand in the room itself. A line a room.
readonly INNER_ROOMS="
engine rules impact book liquidation replay
loaders text ticks csv json dbn formats
runs inputs setup record running stored
api request import margin commands
store database blocks market results
scenarios yaml rulebook population
"

# Headers of the engine that other rooms may include: what it takes, what it gives, and the rules as
# values. All else is its own; tests may see it.
readonly ENGINE_HEADERS="
engine/book/accounts.h
engine/book/book.h
engine/book/coins.h
engine/book/margin_prices.h
engine/impact/impact.h
engine/impact/impact_depth.h
engine/impact/impact_list.h
engine/liquidation/first_wave.h
engine/liquidation/order.h
engine/liquidation/plan.h
engine/liquidation/wave.h
engine/replay/market_stats.h
engine/replay/replay.h
engine/rules/instrument.h
engine/rules/margin.h
engine/rules/mark_price.h
engine/rules/mark_rule.h
engine/rules/rulebook.h
engine/rules/portfolio_margin.h
"

# Whether a file of an inner room ($1: ROOM/INNER/NAME) may include one of the same room ($2).
inner_allows() {
    local room=${1%%/*} from to rooms
    [[ $1 == */*/* ]] || return 0 # a file of the room itself sees all of it
    [[ $2 == */*/* ]] || return 0
    rooms=$(grep "^$room " <<<"$INNER_ROOMS") || return 0
    from=$(cut -d/ -f2 <<<"$1")
    to=$(cut -d/ -f2 <<<"$2")
    [[ " ${rooms#* } " == *" $from "* ]] && rooms=" ${rooms#* } " && [[ "${rooms%%" $from "*} $from " == *" $to "* ]]
}

# Writes the C files of the tree in the current directory, one a line.
tree_files() {
    find base engine store loaders scenarios runs studies reports api cli tests \
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
    local file line kind target room
    while read -r file line kind target; do
        room=${file%%/*}
        case "$kind:$target" in
        theirs:sqlite3.h | theirs:sqlite3ext.h | theirs:zstd.h | theirs:zstd_errors.h | theirs:zdict.h)
            # A test may look into a database or make a damaged frame by itself.
            [ "$room" = store ] || [ "$room" = tests ] ||
                problem "$file:$line: <$target> may stand in store alone"
            ;;
        theirs:curl/*)
            [ "$file" = cli/download/download_client.c ] ||
                problem "$file:$line: <$target> may stand in cli/download/download_client.c alone"
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
            elif [ "$room" = "${target%%/*}" ] && ! inner_allows "$file" "$target"; then
                problem "$file:$line: ${file%/*} may not include $target"
            elif [[ $target == engine/* && $room != engine && $room != tests ]] &&
                ! grep -qx "$target" <<<"$ENGINE_HEADERS"; then
                problem "$file:$line: $target is the engine's own (see ENGINE_HEADERS)"
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
    expect_refusal 'store/blocks may not include store/market/a.h' 'store/market/a.h=' \
        'store/blocks/b.h=#include "store/market/a.h"'
    expect_refusal 'loaders/shed may not include loaders/csv/a.h' 'loaders/csv/a.h=' \
        'loaders/shed/b.h=#include "loaders/csv/a.h"'
    expect_refusal "is the engine's own" 'engine/book/ladder.h=' 'cli/b.h=#include "engine/book/ladder.h"'
    expect_refusal 'runs may not include cli' 'cli/a.h=' 'runs/b.h=#include "cli/a.h"'
    expect_refusal 'base may not include engine' 'engine/a.h=' 'base/b.h=#include "engine/a.h"'
    expect_refusal 'scenarios may not include store' 'store/a.h=' 'scenarios/b.h=#include "store/a.h"'
    expect_refusal '<zstd.h> may stand in store alone' 'loaders/a.h=#include <zstd.h>'
    expect_refusal '<sqlite3.h> may stand in store alone' 'cli/a.h=#  include  <sqlite3.h>'
    expect_refusal '<zlib.h> may stand in base/container.c alone' 'base/a.h=#include <zlib.h>'
    expect_refusal '<curl/curl.h> may stand in cli/download/download_client.c alone' \
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
