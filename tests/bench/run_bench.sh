#!/usr/bin/env bash
# Goal: how fast files are imported, and how many bytes a stored row takes.
# Method: a CSV of random-walk ticks is imported plain and as .zst, trades in the form of Binance's
# aggTrades as csv, zip, gz and zst, two such files on one and on two threads, in that of Tardis as
# csv.gz, the real bars as they are bundled, each into a new market file; `sqlite3 .import` takes the
# same CSV beside it. Wall and processor time, best of 3.
#
#   run_bench.sh CROSSFALL MAKE_TICKS_CSV BARS_DIRECTORY [ROWS]
set -euo pipefail
export LC_ALL=C

crossfall=$1
make_ticks_csv=$2
bars=$3
rows=${4:-5000000}

scratch=$(mktemp -d "${TMPDIR:-.}/run_bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# Seconds of the best of three runs of a command, each into a new database: wall and processor time,
# each the best of its own.
best_seconds() {
    local round
    for round in 1 2 3; do
        rm -f "$scratch"/market.db* "$scratch/plain.db"
        { TIMEFORMAT='%R %U %S' && time "$@" >"$scratch/said" 2>"$scratch/failed"; } 2>&1 || {
            cat "$scratch/said" "$scratch/failed" >&2
            echo "run_bench: round $round failed: $*" >&2
            return 1
        }
    done | awk '{ cpu = $2 + $3 }
        NR == 1 || $1 < wall { wall = $1 }
        NR == 1 || cpu < best { best = cpu }
        END { print wall, best }'
}

# One line: name, rows, rows/s by the clock and by the processor, bytes of the database a row.
line() {
    local name=$1 count=$2 database=$3 seconds
    shift 3
    seconds=$(best_seconds "$@")
    awk -v name="$name" -v count="$count" -v wall="${seconds% *}" -v cpu="${seconds#* }" \
        -v bytes="$(stat -c %s "$database")" 'BEGIN {
        printf "%-40s %9d rows %6.2f s %6.2f M rows/s (%6.2f M a processor second) %6.1f bytes a row\n",
            name, count, wall, count / wall / 1e6, count / cpu / 1e6, bytes / count }'
}

import_sqlite() {
    sqlite3 "$scratch/plain.db" \
        'PRAGMA journal_mode=OFF;' 'PRAGMA synchronous=OFF;' \
        'CREATE TABLE tick(ts INTEGER, instrument TEXT, price NUMERIC, quantity NUMERIC, side TEXT);' \
        '.mode csv' ".import --skip 1 $1 tick"
}

csv=$scratch/ticks.csv
"$make_ticks_csv" "$rows" >"$csv"
zstd -q -3 "$csv" -o "$csv.zst"
bar_files=("$bars"/*.csv.zst)
bar_rows=$(zstd -dcq "${bar_files[@]}" | grep -cv '^ts,')

market=$scratch/market.db
line "generic tick CSV" "$rows" "$market" "$crossfall" import --progress=never --data "$market" "$csv"
line "generic tick CSV, .zst" "$rows" "$market" \
    "$crossfall" import --progress=never --data "$market" "$csv.zst"
line "bars of 17 to 20 May 2021, .csv.zst" "$bar_rows" "$market" \
    "$crossfall" import --progress=never --data "$market" "${bar_files[@]}"
line "sqlite3 .import of the tick CSV" "$rows" "$scratch/plain.db" import_sqlite "$csv"
rm -f "$csv"*

import_sqlite_aggtrades() {
    sqlite3 "$scratch/plain.db" \
        'PRAGMA journal_mode=OFF;' 'PRAGMA synchronous=OFF;' \
        'CREATE TABLE tick(id INTEGER, price NUMERIC, quantity NUMERIC, first INTEGER,
            last INTEGER, ts INTEGER, maker TEXT);' \
        '.mode csv' ".import --skip 1 $1 tick"
}
trades=$scratch/BTCUSDT-aggTrades-2021-05-19.csv
"$make_ticks_csv" "$rows" aggtrades >"$trades"
zstd -q -3 "$trades" -o "$trades.zst"
gzip -k "$trades"
zip -q -j "${trades%.csv}.zip" "$trades"
for file in "$trades" "${trades%.csv}.zip" "$trades.gz" "$trades.zst"; do
    awk -v name="aggTrades ${file##*05-19}" -v bytes="$(stat -c %s "$file")" -v rows="$rows" \
        'BEGIN { printf "%-44s %9d rows %6.1f bytes a row in the file\n", name, rows, bytes / rows }'
    line "aggTrades ${file##*05-19}" "$rows" "$market" \
        "$crossfall" import --progress=never --data "$market" "$file"
done
second=$scratch/ETHUSDT-aggTrades-2021-05-19.csv.zst
sed 1d "$trades" | zstd -q -3 -o "$second" # other bytes, else it would be the same file
for threads in 1 2; do
    line "two aggTrades .csv.zst, --threads $threads" $((2 * rows)) "$market" \
        "$crossfall" import --progress=never --data "$market" --threads "$threads" "$trades.zst" "$second"
done
rm -f "$second"
line "sqlite3 .import of aggTrades" "$rows" "$scratch/plain.db" import_sqlite_aggtrades "$trades"
rm -f "${trades%.csv}"*

trades=$scratch/binance-futures_trades_2021-05-19_BTCUSDT.csv.gz
"$make_ticks_csv" "$rows" tardis | gzip >"$trades"
line "Tardis trades .csv.gz" "$rows" "$market" \
    "$crossfall" import --progress=never --data "$market" "$trades"
