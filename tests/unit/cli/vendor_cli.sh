#!/usr/bin/env bash
# Goal: what stands in a vendor's CSV comes out of the market file value for value.
# Method: each small file of the fuzz corpus (its first line is the path it would have) goes through
# the real command, plain and packed by turns, into a market file of its own; what `data sql` shows is
# compared with rows that were computed from the same files by another program (Python, csv and
# decimal): tests/data/vendor-rows.txt.
#
# Each of these formats must stand in the manual, too.
#
#   vendor_cli.sh CROSSFALL CORPUS EXPECTED MANUAL
set -uo pipefail
export LC_ALL=C

crossfall=$(realpath "$1")
corpus=$(realpath "$2")
expected=$(realpath "$3")
manual=$(realpath "$4")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-vendor.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
unset CROSSFALL_DATA

query="SELECT instrument || '|' || series || '|' || ts_ns || '|' || coalesce(price, open) || '|' ||
    coalesce(quantity, high, '') || '|' || coalesce(low, '') || '|' || coalesce(close, '') || '|' ||
    coalesce(volume, '') || '|' || coalesce(side, '') AS r FROM ticks
    ORDER BY instrument, series, ts_ns, coalesce(price, open)"

failures=0
number=0
: >got
for file in "$corpus"/*; do
    name=$(basename "$file")
    path=$(head -n 1 "$file")
    mkdir -p "$name/$(dirname "$path")"
    path=$name/${path%.gz}
    path=${path%.zip}
    tail -n +2 "$file" >"$path"
    case $((number++ % 3)) in
    1) gzip -n "$path" && path=$path.gz ;;
    2) zstd -q --rm "$path" && path=$path.zst ;;
    esac
    if ! "$crossfall" import --progress=never --data "$name.db" "$path" >out 2>err; then
        echo "FAILED: $name is not imported: $(cat err)" >&2
        failures=$((failures + 1))
        continue
    fi
    "$crossfall" data --data "$name.db" verify >out 2>&1 || {
        echo "FAILED: $name does not verify: $(cat out)" >&2
        failures=$((failures + 1))
    }
    "$crossfall" data --data "$name.db" sql "$query" | tail -n +2 | sed "s/^/$name|/" >>got
done
for format in $("$crossfall" list formats |
    grep -oE '^(binance|bitmex|bybit|coinbase|kraken|okx|tardis)-[a-z-]+'); do
    grep -qF "\`$format\`" "$manual" || {
        echo "FAILED: $format does not stand in $manual" >&2
        failures=$((failures + 1))
    }
done
[ "$number" -gt 20 ] || {
    echo "FAILED: only $number files in $corpus" >&2
    failures=$((failures + 1))
}
diff -u "$expected" got || failures=$((failures + 1))
[ "$failures" = 0 ] && echo "$number files, $(wc -l <got) rows: as computed"
exit $((failures > 0))
