#!/usr/bin/env bash
# Goal: an import that is killed at any moment leaves the market file as before or as after.
# Method: two CSV files; the second is imported into a market file that holds the first and killed
# after a random time, again and again. After each kill `data verify` must find the file whole, with
# the rows of the first or of both. Every fifth round starts without a market file.
#
#   kill_import.sh CROSSFALL [ROUNDS [SEED]]
set -euo pipefail
export LC_ALL=C

crossfall=$(realpath "$1")
rounds=${2:-100}
RANDOM=${3:-20210519}
echo "seed ${3:-20210519}, $rounds rounds"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-kill.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Rows of two instruments, times rising from $1 on.
make_csv() {
    awk -v from="$1" -v rows="$2" 'BEGIN {
        srand(1)
        print "ts,instrument,price,quantity,side"
        for (i = 0; i < rows; i++)
            printf "%.0f,%s,%.2f,%.3f,%s\n", from + i, i % 2 ? "BTCUSDT" : "ETHUSDT",
                40000 + 100 * rand(), 10 * rand(), rand() < 0.5 ? "buy" : "sell" }'
}
make_csv 1621382400000 20000 >"$scratch/first.csv"
make_csv 1621468800000 400000 >"$scratch/second.csv"

rows_of() {
    "$crossfall" data verify --json --data "$1" | sed -n 's/.*"rows": \([0-9]*\).*/\1/p'
}
now_us() {
    echo $(($(date +%s%N) / 1000))
}

"$crossfall" import --data "$scratch/base.db" "$scratch/first.csv" >/dev/null
cp "$scratch/base.db" "$scratch/market.db"
started=$(now_us)
"$crossfall" import --data "$scratch/market.db" "$scratch/second.csv" >/dev/null
took_us=$(($(now_us) - started))
[ "$(rows_of "$scratch/market.db")" = 420000 ] || {
    echo "kill_import: the import itself is wrong" >&2
    exit 1
}

before=0
after=0
for ((round = 1; round <= rounds; round++)); do
    rm -f "$scratch"/market.db*
    expected_before=0
    expected_after=400000
    if ((round % 5 != 0)); then
        cp "$scratch/base.db" "$scratch/market.db"
        expected_before=20000
        expected_after=420000
    fi
    wait_us=$((took_us * 11 * (RANDOM * 32768 + RANDOM) / 10737418240))
    "$crossfall" import --data "$scratch/market.db" "$scratch/second.csv" >/dev/null 2>&1 &
    importer=$!
    sleep "$(printf '%d.%06d' $((wait_us / 1000000)) $((wait_us % 1000000)))"
    kill -KILL "$importer" 2>/dev/null || true
    wait "$importer" 2>/dev/null || true

    rows=0
    [ ! -e "$scratch/market.db" ] || rows=$(rows_of "$scratch/market.db") || {
        echo "kill_import: round $round, killed after $wait_us us: not whole" >&2
        exit 1
    }
    if [ "$rows" = "$expected_before" ]; then
        before=$((before + 1))
    elif [ "$rows" = "$expected_after" ]; then
        after=$((after + 1))
    else
        echo "kill_import: round $round, killed after $wait_us us: $rows rows" >&2
        exit 1
    fi
done
echo "$rounds kills: $before times as before, $after times as after, never between"
((before > 0 && after > 0)) || echo "kill_import: one of the two never came up; more rounds?" >&2
# And it goes on from there.
"$crossfall" import --data "$scratch/market.db" "$scratch/second.csv" >/dev/null
"$crossfall" data verify --data "$scratch/market.db"
