#!/usr/bin/env bash
# Goal: `download` gets the right bytes to the right place or nothing, from good servers and bad ones,
# asks politely and not too often, and takes up what it had begun.
# Method: the real command against a server on 127.0.0.1 that serves small files in the venues' layout
# and misbehaves as told (download_server.py); files are compared byte for byte, requests counted.
#
#   download_cli.sh CROSSFALL SERVER.py
set -uo pipefail
export LC_ALL=C

crossfall=$(realpath "$1")
server=$(realpath "$2")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-download.XXXXXX")
failures=0
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
export no_proxy=127.0.0.1

cd "$scratch" || exit 1
mkdir site
: >log
python3 "$server" site port log 2>server.err &
server_id=$!
# shellcheck disable=SC2317 # called by trap
end() {
    kill "$server_id"
    wait "$server_id" 2>/dev/null
    rm -rf "$scratch"
}
trap end EXIT
for _ in $(seq 100); do
    [ -s port ] && break
    sleep 0.1
done
base=http://127.0.0.1:$(cat port) || exit 1

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}
# expect CODE TEXT ARGUMENTS...: runs download with the arguments; the exit code, and TEXT in what is said.
expect() {
    local code=$1 text=$2 got
    shift 2
    : >log
    timeout 100 "$crossfall" download --base-url "$base" --wait 0.01 "$@" >out 2>err </dev/null
    got=$?
    [ "$got" = "$code" ] || fail "exit code $got, not $code: $* ($(cat out err))"
    grep -qF -- "$text" out err || fail "nothing says '$text': $* ($(cat out err))"
}
# same PATH: the file came as it is on the server, without traces.
same() {
    cmp -s "site/$1" "to/$1" || fail "to/$1 is not what the server has"
    [ -z "$(find to -name '.*' -type f)" ] || fail "traces: $(find to -name '.*')"
}
absent() {
    [ ! -e "to/$1" ] || fail "to/$1 is there"
}
# asked PATH N: so many requests of it.
asked() {
    local count
    count=$(grep -c "^$1 " log)
    [ "$count" = "$2" ] || fail "$1 was asked for $count times, not $2: $(cat log)"
}
checksum() {
    (cd "$(dirname "$1")" && sha256sum "$(basename "$1")") >"$1.CHECKSUM"
}
# acts PATH ACT...: what the server does.
acts() {
    local path=$1
    shift
    printf '%s\n' "$@" >"site/$path.acts"
}

# Two symbols, days 18 and 19 of May; some kB that do not compress.
um=data/futures/um/daily/aggTrades
for symbol in BTCUSDT ETHUSDT; do
    mkdir -p "site/$um/$symbol"
    for day in 18 19; do
        head -c 9000 /dev/urandom >rows.csv
        zip -q "site/$um/$symbol/$symbol-aggTrades-2021-05-$day.zip" rows.csv
        checksum "site/$um/$symbol/$symbol-aggTrades-2021-05-$day.zip"
    done
done
btc=$um/BTCUSDT/BTCUSDT-aggTrades-2021-05-18.zip
eth=$um/ETHUSDT/ETHUSDT-aggTrades-2021-05-18.zip
number=0
# lone ACT...: a file of its own on the server, under these acts, and an empty folder; sets path, symbol.
lone() {
    rm -rf to
    number=$((number + 1))
    symbol=X$number
    path=$um/$symbol/$symbol-aggTrades-2021-05-18.zip
    mkdir -p "site/$um/$symbol"
    cp "site/$btc" "site/$path"
    checksum "site/$path"
    acts "$path" "$@"
}
# fetch CODE TEXT [OPTION...]: that file.
fetch() {
    expect "$1" "$2" binance-um aggTrades "$symbol" 2021-05-18 --to to --stall 1 --tries 4 \
        --max-size 1000000 "${@:3}"
}
# part COUNT: the part that is there has so many bytes.
part() {
    local there
    there=$(stat -c %s "to/$(dirname "$path")/.$(basename "$path").part" 2>&1)
    [ "$there" = "$1" ] || fail "the part of $path: $there bytes, not $1"
}
# nothing: neither file nor traces.
nothing() {
    [ -z "$(find to -type f)" ] || fail "left behind: $(find to -type f)"
}

# ---- the plan, without a network ----
expect 0 "$base/$btc to/$btc" --dry-run binance-um aggTrades BTCUSDT,ETHUSDT 2021-05-18..2021-05-20 \
    --to to
[ "$(wc -l <out)" = 6 ] || fail "not six files planned"
[ ! -s log ] || fail "a dry run asks the server"
[ ! -e to ] || fail "a dry run writes"
expect 0 '"checksums": true' --dry-run --json binance-um aggTrades BTCUSDT 2021-05-18 --to to
python3 -c 'import json; assert len(json.load(open("out"))["files"]) == 1' || fail "the plan is no JSON"
"$crossfall" download --dry-run bitmex trade 2021-05-18 --to to >out 2>err
grep -qxF "https://s3-eu-west-1.amazonaws.com/public.bitmex.com/data/trade/20210518.csv.gz \
to/data/trade/20210518.csv.gz" out || fail "the plan of bitmex: $(cat out err)"
expect 2 "is no symbol" binance-um aggTrades ../../etc/passwd 2021-05-18 --to to
expect 2 "--to DIR" binance-um aggTrades BTCUSDT 2021-05-18
expect 2 "VENUE TYPE" binance-um aggTrades --to to
expect 2 "--parallel" binance-um aggTrades BTCUSDT 2021-05-18 --to to --parallel 17
for url in ftp://127.0.0.1 file:///etc 127.0.0.1 http://me:pw@127.0.0.1 "$base/?x=1" "http://a b/"; do
    "$crossfall" download --base-url "$url" --dry-run bitmex trade 2021-05-18 --to to >out 2>err
    [ $? = 2 ] || fail "taken as base URL: $url"
done

# ---- a good server ----
expect 0 "4 files fetched into to" binance-um aggTrades BTCUSDT,ETHUSDT 2021-05-18..2021-05-20 --to to
grep -qF "2 not published, 0 failed" out || fail "days that are not published: $(cat out)"
for path in "$btc" "$eth" "$btc.CHECKSUM" "$eth.CHECKSUM"; do
    same "$path"
done
absent "$um/BTCUSDT/BTCUSDT-aggTrades-2021-05-20.zip"
[ "$(find to -type f | wc -l)" = 8 ] || fail "other files than expected: $(find to -type f)"
asked "$btc" 1
grep BTCUSDT out | sort -c || fail "not told in order"
expect 0 '"already_there": 4' --json binance-um aggTrades BTCUSDT,ETHUSDT 2021-05-18..2021-05-19 --to to
[ ! -s log ] || fail "what is there and right was asked for: $(cat log)"
python3 -c 'import json; d = json.load(open("out")); assert d["bytes"] == 0 and ["already_there", 64] * 4 == [
    x for f in d["files"] for x in (f["status"], len(f["sha256"]))]' || fail "its JSON: $(cat out)"
rm "to/$btc.CHECKSUM"
expect 0 "1 already there" binance-um aggTrades BTCUSDT 2021-05-18 --to to
asked "$btc.CHECKSUM" 1
asked "$btc" 0
same "$btc.CHECKSUM"
printf x | dd of="to/$btc" bs=1 seek=100 conv=notrunc status=none
expect 0 "1 files fetched" binance-um aggTrades BTCUSDT 2021-05-18 --to to
same "$btc"

# ---- cut connections ----
lone cut:2000 cut:2000 ok
fetch 0 "checksum matches"
same "$path"
asked "$path" 3
grep -q "^$path bytes=2000- \"" log || fail "no If-Range with the ETag: $(cat log)"
grep -q "^$path bytes=4000- \"" log || fail "the third request does not go on: $(cat log)"
lone cut:1000
fetch 1 "given up after 4 tries"
asked "$path" 4
absent "$path"
part 4000
acts "$path" ok
fetch 0 "resumed at 4000"
same "$path"
asked "$path" 1
# The server has another file by now.
lone cut:1000
fetch 1 "given up"
cp "site/$eth" "site/$path"
checksum "site/$path"
acts "$path" ok
fetch 0 "checksum matches"
same "$path"
# A part that is whole already, and one that is longer than the file.
lone ok
mkdir -p "to/$(dirname "$path")"
cp "site/$path" "to/$(dirname "$path")/.$(basename "$path").part"
fetch 0 "checksum matches"
same "$path"
asked "$path" 0
lone ok
mkdir -p "to/$(dirname "$path")"
cat "site/$path" "site/$path" >"to/$(dirname "$path")/.$(basename "$path").part"
fetch 0 "checksum matches"
same "$path"
asked "$path" 2
# A part of another file, and a server that has no ETag to tell.
lone no-tag:3000 ok
mkdir -p "to/$(dirname "$path")"
head -c 500 "site/$eth" >"to/$(dirname "$path")/.$(basename "$path").part"
fetch 0 "checksum matches"
same "$path"
lone no-tag:2000
fetch 1 "given up"
acts "$path" no-tag:100000
fetch 0 "resumed at 8000"
same "$path"
grep -q "^$path bytes=8000- -" log || fail "not resumed without ETag: $(cat log)"
# Told no length and cut: the checksum tells.
lone untold:3000 ok
fetch 0 "checksum matches"
same "$path"
asked "$path" 2

# ---- 404, 429 and the like ----
lone status:404
fetch 1 "none of the files is published"
nothing
lone status:410
fetch 1 "1 not published"
lone status:429:2 ok
began=$(date +%s%N)
fetch 0 "checksum matches"
[ $(($(date +%s%N) - began)) -ge 2000000000 ] || fail "asked again before Retry-After"
asked "$path" 2
same "$path"
lone status:503 status:500 status:408 ok
fetch 0 "checksum matches"
asked "$path" 4
lone status:503
fetch 1 "given up after 4 tries"
asked "$path" 4
nothing
lone status:429:700 ok
fetch 1 "asked to wait 700 s"
asked "$path" 1
lone status:403
fetch 1 "status 403"
asked "$path" 1
lone ok
acts "$path.CHECKSUM" status:500 status:429 ok
fetch 0 "checksum matches"
asked "$path.CHECKSUM" 3

# ---- wrong checksums ----
lone ok
cp "site/$btc.CHECKSUM" "site/$path.CHECKSUM"
fetch 3 "that is no checksum of the file"
asked "$path" 0
nothing
sed -i "s/BTCUSDT/$symbol/; s/^..../0000/" "site/$path.CHECKSUM"
fetch 3 "the published checksum 0000"
asked "$path" 2
nothing
acts "$path.CHECKSUM" html
fetch 3 "no checksum"
nothing
acts "$path.CHECKSUM" status:404
fetch 0 "no checksum published, file is whole"
cmp -s "site/$path" "to/$path" || fail "a file without checksum is another"
fetch 0 "already there"
asked "$path" 0
lone ok
acts "$path.CHECKSUM" status:404
head -c 5000 "site/$btc" >"site/$path"
fetch 3 "$path"
nothing

# ---- a slow server ----
lone stall:3000 ok
fetch 0 "checksum matches"
same "$path"
grep -q "^$path bytes=3000- " log || fail "not resumed after a stall: $(cat log)"
lone silent
fetch 1 "given up after 2 tries" --tries 2
asked "$path" 2
lone drip
fetch 1 "given up after 2 tries" --tries 2
asked "$path" 2

# ---- a lying server ----
lone html
fetch 3 "begins with '<!DOCTYPE html>"
asked "$path" 1
nothing
lone long
fetch 1 "given up after 4 tries"
absent "$path"
fetch 0 "checksum matches" # all bytes had come
same "$path"
asked "$path" 0
lone short
fetch 3 "published checksum"
asked "$path" 2
nothing
lone cut:3000 other-range ok
fetch 0 "checksum matches"
same "$path"
asked "$path" 3
lone cut:3000 other-range ok other-range
fetch 0 "checksum matches"
lone cut:3000 other-range cut:3000 other-range
fetch 1 "not the stretch that was asked for"
absent "$path"
lone cut:3000 no-range
fetch 1 "not the stretch that was asked for"
asked "$path" 4
absent "$path"
lone no-range
fetch 1 "not the stretch that was asked for"
nothing
lone cut:3000 status:416 ok
fetch 0 "checksum matches"
same "$path"
lone endless
fetch 1 "larger than 1000000 bytes"
asked "$path" 1
nothing
lone ok
fetch 1 "larger than 5000 bytes" --max-size 5000
nothing
lone endless-head
fetch 1 "heads do not end"
nothing
lone garbage
fetch 1 "HTTP/0.9"
nothing

# ---- redirects ----
lone "to:/$btc"
fetch 0 "checksum matches"
cmp -s "site/$btc" "to/$path" || fail "not what the redirect leads to"
lone to:self
acts "$path" "to:/$path"
fetch 1 "redirects"
[ "$(grep -c "^$path " log)" -le 6 ] || fail "followed redirects too long"
lone to:file:///etc/passwd
fetch 1 "file"
nothing
acts "$path" to:ftp://127.0.0.1/x
fetch 1 "ftp"
nothing

# ---- where it writes ----
lone ok
mkdir to elsewhere
ln -s ../elsewhere to/data
fetch 1 "symbolic link"
[ -z "$(ls elsewhere)" ] || fail "written through a link"
rm to/data
mkdir -p "to/$(dirname "$path")"
ln -s ../../../../../../../elsewhere/file "to/$(dirname "$path")/.$(basename "$path").part"
fetch 1 "symbolic link"
rm "to/$(dirname "$path")/.$(basename "$path").part"
mkdir "to/$path"
fetch 1 "$path"
[ -z "$(ls elsewhere)" ] || fail "written through a link"
lone ok
mkdir -p "to/$(dirname "$path")"
exec 9>"to/$(dirname "$path")/.$(basename "$path").part"
flock 9
fetch 1 "another program"
exec 9>&-
fetch 0 "checksum matches"

# ---- the other venues ----
mkdir -p site/data/trade site/trading/BTCUSDT
seq 2000 | gzip >site/data/trade/20210518.csv.gz
seq 3000 | gzip >site/trading/BTCUSDT/BTCUSDT2021-05-18.csv.gz
head -c 3000 site/data/trade/20210518.csv.gz >site/data/trade/20210519.csv.gz
rm -rf to
expect 0 "no checksum published, file is whole" bybit trading BTCUSDT 2021-05-18 --to to
same trading/BTCUSDT/BTCUSDT2021-05-18.csv.gz
[ "$(wc -l <log)" = 1 ] || fail "asked for more than the file: $(cat log)"
rm to/trading/BTCUSDT/*
cp site/trading/BTCUSDT/*.gz to/trading/BTCUSDT/.BTCUSDT2021-05-18.csv.gz.part
expect 0 "file is whole" bybit trading BTCUSDT 2021-05-18 --to to
same trading/BTCUSDT/BTCUSDT2021-05-18.csv.gz
[ "$(wc -l <log)" = 1 ] || fail "a part without checksum that is whole was fetched anew: $(cat log)"
expect 3 "20210519.csv.gz" bitmex trade 2021-05-18..2021-05-20 --to to
same data/trade/20210518.csv.gz
absent data/trade/20210519.csv.gz
grep -qF "1 files fetched" out || fail "not carried on after a failure: $(cat out)"
expect 0 "1 already there" bitmex trade 2021-05-18 --to to
[ ! -s log ] || fail "asked for what is there"
truncate -s 1000 to/data/trade/20210518.csv.gz
expect 0 "1 files fetched" bitmex trade 2021-05-18 --to to
same data/trade/20210518.csv.gz

# ---- many at a time ----
for day in 01 02 03 04 05 06 07 08; do
    cp site/data/trade/20210518.csv.gz "site/data/trade/202104$day.csv.gz"
    acts "data/trade/202104$day.csv.gz" late
done
expect 0 "8 files fetched" bitmex trade 2021-04-01..2021-04-08 --to to --parallel 3
[ "$(cat log.most)" = 3 ] || fail "$(cat log.most) requests at a time, not 3"

# A server that asks one connection for quiet gets it from all: no request for 2 s, but for what the
# other two had under way.
acts data/trade/20210401.csv.gz late status:429:2 ok # it was asked for once before
rm -rf to
expect 0 "8 files fetched" bitmex trade 2021-04-01..2021-04-08 --to to --parallel 3
asked data/trade/20210401.csv.gz 2
early=$(awk 'NR == 1 { began = $4 } $4 < began + 1900' log | wc -l)
[ "$early" -le 4 ] || fail "$early requests in the 2 s of quiet: $(cat log)"

# ---- a server that is away ----
began=$SECONDS
timeout 60 "$crossfall" download --base-url http://127.0.0.1:1 --wait 0.01 --tries 2 --parallel 1 \
    bitmex trade 2021-03 --to to >out 2>err
[ $? = 1 ] || fail "a server that is away: $(cat out err)"
grep -qF "3 failed, 28 not done" out || fail "not ended early: $(cat out)"
[ $((SECONDS - began)) -lt 20 ] || fail "took long over a server that is away"

# ---- a full disk ----
mkdir tiny
for day in 01 02 03 04; do
    head -c 30000 /dev/urandom | gzip >"site/data/trade/202103$day.csv.gz"
done
# shellcheck disable=SC2016 # for the shell inside
if unshare -rm mount -t tmpfs -o size=64k none tiny 2>/dev/null; then
    : >log
    unshare -rm sh -c 'mount -t tmpfs -o size=64k none tiny && "$@" && echo over' sh "$crossfall" \
        download --base-url "$base" --parallel 1 bitmex trade 2021-03-01..2021-03-04 --to tiny >out 2>err
    grep -qF "No space left" err || fail "a full disk: $(cat out err)"
    grep -qF "1 failed, 2 not done" out || fail "not ended by a full disk: $(cat out err)"
    ! grep -q over out || fail "a full disk is taken for success"
    [ "$(wc -l <log)" = 2 ] || fail "asked again though the disk is full: $(cat log)"
else
    echo "no file system can be mounted here: the test of a full disk is skipped"
fi

# ---- interrupted ----
lone stall:3000
"$crossfall" download --base-url "$base" binance-um aggTrades "$symbol" 2021-05-18 --to to >out 2>err &
sleep 1
kill -INT $!
wait $!
[ $? = 130 ] || fail "not 130 when interrupted: $(cat out err)"
part 3000
acts "$path" ok
fetch 0 "resumed at 3000"
same "$path"

# ---- a certificate that nobody vouches for ----
if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext \
        subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem 2>/dev/null
    : >tls.log
    CERTIFICATE=certificate.pem KEY=key.pem python3 "$server" site tls.port tls.log 2>>server.err &
    tls_id=$!
    for _ in $(seq 100); do
        [ -s tls.port ] && break
        sleep 0.1
    done
    rm -rf to
    timeout 60 "$crossfall" download --base-url "https://127.0.0.1:$(cat tls.port)" \
        bitmex trade 2021-05-18 --to to >out 2>err
    [ $? = 1 ] || fail "an unknown certificate was taken: $(cat out err)"
    grep -q certificate err || fail "the certificate is not named: $(cat err)"
    [ ! -s tls.log ] || fail "asked in spite of the certificate"
    nothing
    kill "$tls_id"
else
    echo "no openssl: the test of certificates is skipped"
fi

[ "$failures" = 0 ] && echo "download: all as expected"
exit $((failures > 0))
