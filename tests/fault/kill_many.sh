#!/usr/bin/env bash
# Goal: an import of many files that is killed at any moment, or meets a full disk, leaves a whole
# market file with the first of the files in it, and the next import goes on with the first that is
# not in.
# Method: kills after random times on two threads; a limit on the size of files; a file system of a
# few megabytes, where one can be made. After each `data verify`, the number of rows, and the import
# again, which must end with all files as if nothing had happened.
#
#   kill_many.sh CROSSFALL [ROUNDS [SEED]]
set -euo pipefail
export LC_ALL=C

crossfall=$(realpath "$1")
rounds=${2:-25}
RANDOM=${3:-20210519}
echo "seed ${3:-20210519}, $rounds rounds"

scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-killmany.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
unset CROSSFALL_DATA

files=8
rows=30000
for ((k = 0; k < files; k++)); do
    awk -v k="$k" -v rows="$rows" 'BEGIN {
        srand(k)
        print "ts,instrument,price,quantity,side"
        for (i = 0; i < rows; i++)
            printf "%.0f,%s,%.2f,%.3f,%s\n", 1621382400000 + k * rows + i,
                i % 2 ? "BTCUSDT" : "ETHUSDT", 40000 + 100 * rand(), 10 * rand(),
                rand() < 0.5 ? "buy" : "sell" }' >"f$k.csv"
done
import() {
    "$crossfall" import --threads 2 --data "$1" f?.csv
}
rows_in() {
    "$crossfall" data verify --json --data "$1" | sed -n 's/.*"rows": \([0-9]*\).*/\1/p'
}
dump() {
    "$crossfall" data sql --data "$1" "SELECT * FROM ticks" | sha256sum
}
die() {
    echo "kill_many: $*" >&2
    exit 1
}
# check WHAT FILE: whole, with the first n files, and a further import completes it.
check() {
    local in=0
    [ ! -e "$2" ] || in=$(rows_in "$2") || die "$1: not whole"
    ((in % rows == 0 && in <= files * rows)) || die "$1: $in rows"
    import "$2" >out || die "$1: the import after it failed"
    [ "$(grep -c 'already in, nothing changed' out)" = $((in / rows)) ] ||
        die "$1: it did not go on after $((in / rows)) files: $(cat out)"
    [ "$(dump "$2")" = "$whole" ] || die "$1: other rows than without it"
    [ -z "$(find . -name '.crossfall*')" ] || die "$1: a file was left behind"
    stages=$((stages + (in > 0 && in < files * rows)))
}

started=$(date +%s%N)
import whole.db >/dev/null
took_us=$((($(date +%s%N) - started) / 1000))
whole=$(dump whole.db)
size=$(stat -c %s whole.db)
stages=0

for ((round = 1; round <= rounds; round++)); do
    rm -f market.db*
    wait_us=$((took_us * 11 * (RANDOM * 32768 + RANDOM) / 10737418240))
    "$crossfall" import --threads 2 --data market.db f?.csv >/dev/null 2>&1 &
    importer=$!
    sleep "$(printf '%d.%06d' $((wait_us / 1000000)) $((wait_us % 1000000)))"
    kill -KILL "$importer" 2>/dev/null || true
    wait "$importer" 2>/dev/null || true
    check "killed after $wait_us us" market.db
done
echo "$rounds kills, $stages of them between two files"

# No file may grow beyond a part of what is needed: the import stops with exit code 1.
for part in 2 3 5; do
    rm -f market.db*
    got=0
    (
        trap '' XFSZ
        ulimit -f $((size * part / 6 / 1024))
        import market.db >/dev/null 2>err
    ) || got=$?
    [ "$got" = 1 ] || die "a limit of $part/6: exit code $got ($(cat err))"
    check "a limit of $part/6" market.db
done

if unshare -rm sh -c 'mount -t tmpfs -o size=1m none /mnt' 2>/dev/null; then
    for part in 2 3 5; do
        rm -f market.db*
        # shellcheck disable=SC2016 # the inner shell expands them
        unshare -rm sh -c '
            mount -t tmpfs -o size="$2" none /mnt
            "$1" import --threads 2 --data /mnt/market.db f?.csv >/dev/null 2>err
            echo $? >code
            if [ -e /mnt/market.db ]; then cp /mnt/market.db* .; fi' sh "$crossfall" \
            $((size * part / 6))
        [ "$(cat code)" = 1 ] || die "a full disk: exit code $(cat code) ($(cat err))"
        check "a full disk of $part/6" market.db
    done
    echo "full disks: whole, and gone on from"
else
    echo "full disk: no file system can be made here; only the limit of a file's size was tried"
fi
