#!/usr/bin/env bash
# Goal: `import` and `data` as a user meets them: what goes in comes out, what is bad is refused with
# its place and exit code and leaves the market file as it was, the same file twice changes nothing.
# Method: small files through the real command; the market file is compared byte for byte.
#
#   import_cli.sh CROSSFALL
set -uo pipefail
export LC_ALL=C
# shellcheck source=tests/cli_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/../cli_checks.sh"

crossfall=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-cli.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# refuse TEXT COMMAND...: exit code 3, TEXT said, the market file unchanged.
refuse() {
    local text=$1 before
    shift
    before=$(sha256sum <market.db)
    expect 3 "$text" "$@"
    [ "$before" = "$(sha256sum <market.db)" ] || fail "the market file changed: $*"
}

ticks='ts,instrument,price,quantity,side'
printf '%s\n' "$ticks" 1621382400000,BTCUSDT,40000.5,0.25,buy \
    1621382400001,BTCUSDT,40001,,sell 1621382400001,ETHUSDT,3000.01,1,buy >good.csv
zstd -q good.csv -o good.csv.zst

expect 1 "market.db" "$crossfall" data list
expect 0 "3 rows of 2 series" "$crossfall" import good.csv
expect 0 "already in" "$crossfall" import good.csv
cp market.db once.db
expect 0 "already in" "$crossfall" import ./good.csv good.csv
cmp -s market.db once.db || fail "the same file again changed the market file"
"$crossfall" import - <good.csv >out 2>err || fail "import -: $(cat err)"
grep -q 'already in' out || fail "the same bytes on standard input were not recognised"
cmp -s market.db once.db || fail "the same bytes on standard input changed the market file"
expect 0 "whole: 3 rows" "$crossfall" data verify
expect 0 "40000.5" "$crossfall" data sql "SELECT price FROM ticks WHERE instrument = 'BTCUSDT'"
expect 0 '"n": 2' "$crossfall" data sql --json "SELECT count(*) AS n FROM ticks WHERE side = 'buy'"
expect 0 "sha256" "$crossfall" data info BTCUSDT
expect 2 "NONE" "$crossfall" data info NONE
for action in list "info BTCUSDT" verify; do
    # shellcheck disable=SC2086 # the action and its argument are two words
    "$crossfall" data $action --json 2>err | python3 -c 'import json, sys; json.load(sys.stdin)' ||
        fail "data $action --json is no JSON"
done

# The same rows in another file are taken once.
"$crossfall" data sql "SELECT * FROM ticks" >before.txt
expect 0 "3 rows are in already" "$crossfall" import good.csv.zst
"$crossfall" data sql "SELECT * FROM ticks" | cmp -s - before.txt || fail "rows were doubled"

# Bad content: named by file, and the file after it still goes in.
bad() {
    local name=$1
    shift
    printf '%s\n' "$@" >"$name"
    refuse "$name" "$crossfall" import "$name"
}
bad price.csv "$ticks" 1621382500000,BTCUSDT,1e400,1,buy
bad nan.csv "$ticks" 1621382500000,BTCUSDT,nan,1,buy
bad negative.csv "$ticks" 1621382500000,BTCUSDT,-5,1,buy
bad field.csv "$ticks" 1621382500000,BTCUSDT
bad backwards.csv "$ticks" 1621382500001,BTCUSDT,1,1,buy 1621382500000,BTCUSDT,1,1,buy
bad late.csv "$ticks" 1621382500000,BTCUSDT,1,1,buy 1621382500001,BTCUSDT,x,1,buy
zstd -qdc good.csv.zst | sed 's/16213824/16213924/' | zstd -q >cut.csv.zst
truncate -s -7 cut.csv.zst
refuse "cut.csv.zst" "$crossfall" import cut.csv.zst
expect 1 "absent.csv" "$crossfall" import absent.csv
mkdir folder
printf '%s\n' "$ticks" 1621382600000,BTCUSDT,1,1,buy >folder/b.csv
printf '%s\n' "$ticks" 1621382500000,BTCUSDT,zero,1,buy >folder/a.csv
expect 3 "a.csv" "$crossfall" import folder
expect 0 "whole: 4 rows" "$crossfall" data verify

# A first import that fails leaves no file; a database that is not ours is left alone.
expect 3 "price.csv" "$crossfall" import --data new.db price.csv
[ ! -e new.db ] || fail "a failed first import left a market file"
sqlite3 foreign.db 'CREATE TABLE t(x)' 2>/dev/null || printf 'no database at all' >foreign.db
cp foreign.db foreign.copy
expect 3 "foreign.db" "$crossfall" import --data foreign.db good.csv
expect 3 "foreign.db" "$crossfall" data list --data foreign.db
cmp -s foreign.db foreign.copy || fail "a foreign database was changed"

# A flipped bit in a block is found and named.
cp market.db damaged.db
at=$(grep -obUaF CTB1 damaged.db | head -1 | cut -d: -f1)
printf '\377' | dd of=damaged.db bs=1 seek=$((at + 60)) conv=notrunc status=none
expect 3 "damaged.db" "$crossfall" data verify --data damaged.db

expect 0 "deleted" "$crossfall" data delete BTCUSDT --from 2021-05-19T00:01:00Z
expect 0 "whole: 3 rows" "$crossfall" data verify
expect 2 "--from" "$crossfall" data delete BTCUSDT --from yesterday
expect 2 "no action" "$crossfall" data
expect 2 "no file" "$crossfall" import
expect 2 "no format" "$crossfall" import --format abc good.csv
expect 2 "--progress" "$crossfall" import --progress=loud good.csv
expect 2 "SELECT" "$crossfall" data sql "DELETE FROM block"
expect 0 "Usage" "$crossfall" import --help
CROSSFALL_DATA=once.db "$crossfall" data list >out 2>err || fail "CROSSFALL_DATA: $(cat err)"

[ "$failures" = 0 ] && echo "import and data: all as expected"
exit $((failures > 0))
