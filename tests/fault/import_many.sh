#!/usr/bin/env bash
# Goal: folders, patterns and lists of files go in with one command, on any number of threads with
# the same result; a bad file is told and passed over; checksum files are honoured; overlaps are
# never doubled; what was odd is told.
# Method: small files in folders through the real command; the rows are compared as `data sql`
# shows them.
#
#   import_many.sh CROSSFALL
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/cli_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli_checks.sh"

crossfall=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-many.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

rows_of() {
    "$crossfall" data sql --data "$1" "SELECT * FROM ticks"
}

# Twenty files of two instruments, each with the last rows of the one before.
header='ts,instrument,price,quantity,side'
mkdir -p data/a data/b/c
awk -v header="$header" 'BEGIN {
    srand(3)
    for (i = 0; i < 20000; i++) {
        ts += int(20 * rand())
        row[i] = sprintf("%.0f,%s,%.2f,%.3f,%s", 1621382400000 + ts, i % 3 ? "BTCUSDT" : "ETHUSDT",
            40000 + 100 * rand(), 10 * rand(), rand() < 0.5 ? "buy" : "sell")
    }
    for (k = 0; k < 20; k++) {
        file = sprintf("data/%s/%02d.csv", k % 2 ? "a" : "b/c", k)
        print header >file
        for (i = k ? 1000 * k - 300 : 0; i < 1000 * (k + 1); i++)
            print row[i] >file
    }
}'
for file in data/a/*.csv; do gzip -n "$file"; done
(cd data/b/c && for file in *.csv; do sha256sum "$file" >"$file.CHECKSUM"; done)
printf '' | gzip -n >data/a/empty.csv.gz

for threads in 1 2 7; do
    expect 0 "20000 rows of 21 files" "$crossfall" import --data "m$threads.db" \
        --threads $threads data
    expect 0 "whole: 20000 rows" "$crossfall" data verify --data "m$threads.db"
done
rows_of m1.db >m1.txt
for threads in 2 7; do
    rows_of "m$threads.db" | cmp -s - m1.txt || fail "$threads threads gave other rows"
done
expect 0 "checksum verified" "$crossfall" import --data sums.db data/b/c/00.csv*
expect 0 "verified against" "$crossfall" data info --data sums.db BTCUSDT
expect 0 "empty.csv.gz: 0 rows" "$crossfall" import --data empty.db data/a/empty.csv.gz
expect 0 "21 already in" "$crossfall" import --data m1.db data
# shellcheck disable=SC2046 # one word a file is meant
expect 0 "20000 rows of 20 files" "$crossfall" import --data back.db \
    $(find data -name '[01]*.csv*' ! -name '*.CHECKSUM' | sort -r)
rows_of back.db | cmp -s - m1.txt || fail "another order of files gave other rows"
expect 0 "20000 rows of 20 files" "$crossfall" import --data glob.db 'data/*/[01]*' 'data/b/?/*'
rows_of glob.db | cmp -s - m1.txt || fail "patterns gave other rows"
"$crossfall" import --data json.db --json data 2>err | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["imported"] == 21 and d["rows"] == 20000 and d["quality"]["overlap_equal"] == 5700, d["quality"]
assert sum(f["checksum"] == "verified" for f in d["files"]) == 10' || fail "import --json: $(cat err)"

# Bad files among good ones.
mkdir bad
printf '%s\n' "$header" 1621400000000,BTCUSDT,1,1,buy >bad/1-good.csv
printf '%s\n' "$header" 1621400001000,BTCUSDT,zero,1,buy >bad/2-word.csv
printf '%s\n' "$header" 1621400002000,BTCUSDT,1,1,buy >bad/3-sum.csv
printf '%064d  3-sum.csv\n' 7 >bad/3-sum.csv.CHECKSUM
printf '%s\n' "$header" 1621400003000,BTCUSDT,1,1,buy >bad/4-good.csv
printf 'this is no hash\n' >bad/4-good.csv.CHECKSUM
printf '%s\n' "$header" 1621400004000,BTCUSDT,1,1,buy >bad/5-good.csv
expect 3 "2 rows of 2 files" "$crossfall" import --data bad.db bad
grep -qF "2-word.csv', line 2: column 'price'" err || fail "no line for the bad word: $(cat err)"
for hash in "$(sha256sum <bad/3-sum.csv | cut -d' ' -f1)" "$(printf '%064d' 7)"; do
    grep -qF "$hash" err || fail "the hash $hash is not named: $(cat err)"
done
grep -qF "4-good.csv.CHECKSUM': not a line of sha256sum" err || fail "no word of the bad checksum file"
expect 0 "whole: 2 rows" "$crossfall" data verify --data bad.db
expect 3 "2-word.csv" "$crossfall" import --data strict.db --strict bad
expect 0 "whole: 1 rows" "$crossfall" data verify --data strict.db
expect 1 "absent" "$crossfall" import --data io.db bad/1-good.csv absent.csv bad/5-good.csv
expect 0 "whole: 2 rows" "$crossfall" data verify --data io.db
expect 3 "2-word" "$crossfall" import --data io.db absent.csv bad/2-word.csv
expect 1 "no file matches" "$crossfall" import --data io.db 'nothing*'
expect 2 "--threads" "$crossfall" import --threads 1000 bad/1-good.csv
for i in $(seq 12); do printf '%s\n' "$header" "16214000$i,X,zero,1," >"many$i.csv"; done
expect 3 "12 of 12 files failed:" "$crossfall" import --data none.db many*.csv
[ ! -e none.db ] || fail "nothing was imported, but a market file is left"

# Contradictions: the first wins, with --replace the last.
printf '%s\n' "$header" 1621400000000,A,1,1,buy 1621400001000,A,2,1,buy 1621400002000,A,3,1,buy >one.csv
printf '%s\n' "$header" 1621400000000,A,1,1,buy 1621400001000,A,9,1,buy 1621400002000,A,3,1,buy >two.csv
expect 0 "3 rows" "$crossfall" import --data first.db one.csv
expect 0 "1 row contradicts another file, the first at 2021-05-19T04:53:21Z against 'one.csv'" \
    "$crossfall" import --data first.db two.csv
expect 0 "A,2" "$crossfall" data sql --data first.db "SELECT instrument, price FROM ticks"
expect 0 "contradicts another file" "$crossfall" data info --data first.db A
expect 0 "1 rows of other files gave way" "$crossfall" import --data last.db one.csv two.csv --replace
expect 0 "A,9" "$crossfall" data sql --data last.db "SELECT instrument, price FROM ticks"
expect 0 "whole: 3 rows" "$crossfall" data verify --data last.db

# What was odd: a jump, a silence, an equal row; bars that are missing or empty.
awk -v header="$header" 'BEGIN {
    print header
    for (i = 0; i < 100; i++)
        printf "%d,A,%d,1,buy\n", 1621400000 + i + (i > 50 ? 7200 : 0), i == 70 ? 150 : 100
    print "1621407299,A,100,1,buy" }' >odd.csv
expect 0 "2 jumps of more than 10 %" "$crossfall" import --data odd.db odd.csv
for text in "1 gap longer than" "the longest 2 h after 2021-05-19T04:54:10Z"; do
    grep -qF "$text" out || fail "no word of the silence: $(cat out)"
done
grep -qF "1 row equal to the row before" out || fail "no word of the equal row: $(cat out)"
printf '%s\n' ts,instrument,open,high,low,close,volume 60,B,1,1,1,1,1 120,B,1,1,1,1,0 \
    300,B,1,1,1,1,1 >bars.csv
expect 0 "1 gap (2 bars missing)" "$crossfall" import --data odd.db bars.csv
grep -qF "1 bar without a trade" out || fail "no word of the empty bar: $(cat out)"
printf '%s\n' ts,instrument,open,high,low,close,volume 36000,B,1,1,1,1,1 36060,B,1,1,1,1,1 >later.csv
expect 0 "2 rows" "$crossfall" import --data odd.db later.csv
expect 0 "nothing between files from 1970-01-01T00:05:00Z to 1970-01-01T10:00:00Z" \
    "$crossfall" data info --data odd.db B
"$crossfall" data info --data odd.db --json B | python3 -c '
import json, sys
q = json.load(sys.stdin)["quality"]
assert [x["bars_missing"] for x in q] == [2, 0] and q[0]["file"] == "bars.csv", q' ||
    fail "data info --json has no quality"

# A market file of schema version 1 becomes one of version 2 by being read.
cp last.db old.db
python3 - <<'PY' || fail "the old market file could not be made"
import sqlite3
db = sqlite3.connect("old.db")
db.executescript("""DROP TABLE quality; DROP INDEX block_by_time; DROP INDEX block_by_source;
CREATE INDEX block_by_time ON block(series_id, first_ts_ns, last_ts_ns, row_count);
CREATE INDEX block_by_source ON block(source_id, row_count);
ALTER TABLE source DROP COLUMN overlap_count; ALTER TABLE source DROP COLUMN ts_unit;
ALTER TABLE source DROP COLUMN checksum;
UPDATE source SET row_count = deleted_count + coalesce((SELECT sum(row_count) FROM block
    WHERE source_id = source.id), 0); PRAGMA user_version = 1;""")
PY
expect 0 "whole: 3 rows" "$crossfall" data verify --data old.db
expect 0 "3 rows" "$crossfall" data info --data old.db A
expect 0 "1 rows" "$crossfall" import --data old.db bad/1-good.csv

[ "$failures" = 0 ] && echo "import of many files: all as expected"
exit $((failures > 0))
