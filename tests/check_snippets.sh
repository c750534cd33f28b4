#!/usr/bin/env bash
# Goal: every snippet of docs/results.md does what it says on a real run.
# Method: takes the fenced blocks of one language out of the page and runs them where a runs.db of two
# small runs of the bundled day is, as the page has it: the shell's one after the other, SQL statement by
# statement. Each must succeed, and each but the shell's must say something. A language whose program or
# package is missing is skipped by name (exit code 77).
#
#   check_snippets.sh CROSSFALL PAGE.md sh|sqlite|pandas|r|duckdb
#   check_snippets.sh --self-test
set -uo pipefail
export LC_ALL=C.UTF-8

# blocks PAGE FENCE FOLDER: writes the blocks that begin with ```FENCE as FOLDER/1, 2, ...
blocks() {
    mkdir -p "$3"
    awk -v fence="\`\`\`$2" -v folder="$3" '
        $0 == fence { open = 1; file = folder "/" ++count; printf "" >file; next }
        /^```/ { open = 0 }
        open { print >file }' "$1"
}

# statements FILE FOLDER: SQL, one statement a file; comments stay with the statement behind them.
statements() {
    mkdir -p "$2"
    awk -v folder="$2" '
        !open { open = 1; file = folder "/" ++count; printf "" >file }
        { print >file }
        /;[ \t]*$/ { open = 0; close(file) }' "$1"
}

# run_all FOLDER TALKS COMMAND...: feeds each file of FOLDER to COMMAND. TALKS: it must say something.
run_all() {
    local folder=$1 talks=$2 file problems=0
    shift 2
    for file in $(find "$folder" -type f | sort -V); do
        if ! "$@" <"$file" >out 2>err; then
            printf 'fails:\n%s\n' "$(cat "$file" err)"
            problems=$((problems + 1))
        elif [ "$talks" = yes ] && [ ! -s out ]; then
            printf 'says nothing:\n%s\n' "$(cat "$file")"
            problems=$((problems + 1))
        fi
    done
    return $((problems > 0))
}

skip() {
    echo "SKIPPED: $1 is missing"
    exit 77
}

sqlite() {
    sqlite3 -bail -header -column runs.db
}
in_r() { # what an interactive R would print
    R --no-save --no-restore --no-readline --quiet --no-echo
}

# language PAGE LANGUAGE SCRATCH: runs the blocks of one language in the present folder.
language() {
    local page=$1 blocks=$3/blocks fence talks=yes command=()
    case $2 in
    sh) fence=sh talks=no command=(bash -eu) ;;
    sqlite) fence=sql command=(sqlite) ;;
    pandas) fence=python command=("${PYTHON:-python3}" -) ;;
    r) fence=r command=(in_r) ;;
    duckdb) fence='sql duckdb' command=(duckdb) ;;
    *) echo "no such language: $2" >&2 && return 2 ;;
    esac
    blocks "$page" "$fence" "$blocks"
    [ -n "$(ls "$blocks")" ] || { echo "no block of $fence in $page" && return 1; }
    if [ "$2" = sqlite ]; then
        local block
        for block in "$blocks"/*; do
            statements "$block" "$3/statements/$(basename "$block")"
        done
        blocks=$3/statements
    fi
    run_all "$blocks" $talks "${command[@]}"
}

# refuses PAGE LANGUAGE TEXT: the page is refused with TEXT.
refuses() {
    local said
    said=$(language "$1" "$2" "$1.$2") && return 1
    [[ $said == *"$3"* ]]
}

self_test() {
    local page=$scratch/page.md
    sqlite3 runs.db 'CREATE TABLE t(a INTEGER) STRICT'
    # shellcheck disable=SC2016 # backquotes of Markdown
    printf '```sql\nSELECT 1;\n-- two\nSELECT %s\nFROM t;\n```\n\n```sh\n%s\n```\n' 'count(*)' true >"$page"
    language "$page" sqlite "$scratch/sqlite" && language "$page" sh "$scratch/sh" &&
        refuses "$page" pandas 'no block of python' || return 1
    sed 's/count(\*)/a/' "$page" >"$page.silent"
    refuses "$page.silent" sqlite 'says nothing' || return 1
    sed 's/FROM t/FROM u/' "$page" >"$page.wrong"
    refuses "$page.wrong" sqlite 'no such table' || return 1
    sed 's/^true/false/' "$page" >"$page.fails"
    refuses "$page.fails" sh 'fails:'
}

if [ "$1" != --self-test ]; then
    crossfall=$(realpath "$1") page=$(realpath "$2") name=$3
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-snippets.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/here" && cd "$scratch/here" || exit 1
if [ "$1" = --self-test ]; then
    self_test
    exit
fi
case $name in
pandas) "${PYTHON:-python3}" -c 'import pandas' 2>/dev/null || skip "python3-pandas" ;;
r) Rscript -e 'library(RSQLite)' >/dev/null 2>&1 || skip "R with r-cran-rsqlite" ;;
duckdb) command -v duckdb >/dev/null || skip "duckdb" ;;
esac
mkdir "$scratch/bin" && ln -s "$crossfall" "$scratch/bin/crossfall" || exit 1
export PATH=$scratch/bin:$PATH CROSSFALL_DATA=$scratch/market.db
unset NO_COLOR
for multiplier in 1 1.5; do
    crossfall run may-2021 --set population.accounts=2000 --progress=never \
        --set venue.override.margin.maintenance_multiplier=$multiplier >/dev/null || exit 1
done
if [ "$name" != sh ]; then # the shell's snippets make the files that others read
    language "$page" sh "$scratch/sh" || exit 1
fi
language "$page" "$name" "$scratch/$name"
