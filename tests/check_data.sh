#!/bin/sh
# Goal: the bundled market data are those whose origin is written down, no more and no less.
# Method: every file under scenarios/data must stand in its folder's PROVENANCE.md with its SHA-256.
# With --self-test a changed copy must be refused.
set -eu

check() { # $1: folder that holds PROVENANCE.md
    bad=0
    files=$(cd "$1" && find . -type f ! -name PROVENANCE.md | sort)
    for file in $files; do
        hash=$(sha256sum <"$1/$file" | cut -d' ' -f1)
        if ! grep -q "^| $(basename "$file") |.*\`$hash\` |\$" "$1/PROVENANCE.md"; then
            echo "$1/$file: not in PROVENANCE.md with hash $hash"
            bad=1
        fi
    done
    listed=$(grep -c '^| .*\.csv\.zst |' "$1/PROVENANCE.md")
    present=$(printf '%s\n' "$files" | grep -c .)
    if [ "$listed" -ne "$present" ]; then
        echo "$1: PROVENANCE.md lists $listed files, there are $present"
        bad=1
    fi
    return $bad
}

root=${1:?usage: check_data.sh SOURCE_ROOT [--self-test]}
if [ "${2:-}" = --self-test ]; then
    copy=$(mktemp -d)
    trap 'rm -rf "$copy"' EXIT
    cp -r "$root/scenarios/data/may-2021/." "$copy/"
    check "$copy"
    printf x >>"$copy/bars-1m/BTCUSDT.csv.zst"
    if check "$copy"; then
        echo "a changed file was not noticed"
        exit 1
    fi
    exit 0
fi
for folder in "$root"/scenarios/data/*/; do
    check "$folder"
done
