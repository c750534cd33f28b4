#!/usr/bin/env bash
# Goal: `run`, `report` and `list` as a user meets them: answers, exit codes, messages; the same run is
# recognised; a run that was interrupted leaves nothing; threads and repeats change no row.
# Method: a fall of seven ticks with three accounts through the real command; then the bundled day.
#
#   run_cli.sh CROSSFALL
set -uo pipefail
export LC_ALL=C.UTF-8
# shellcheck source=tests/cli_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cli_checks.sh"

crossfall=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-run.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# json QUERY: what sqlite3's JSON functions find in the file `out`; the whole must be JSON.
json() {
    sqlite3 :memory: "SELECT iif(json_valid(readfile('out')), $1, 'not JSON')"
}

# ---- the command itself ----
expect 0 "crossfall " "$crossfall" --version
expect 0 "Usage: crossfall COMMAND" "$crossfall" --help
expect 2 "Usage: crossfall COMMAND" "$crossfall"
expect 2 "did you mean 'report'?" "$crossfall" repotr last
for command in import data run report margin list; do
    expect 0 "crossfall $command" "$crossfall" $command --help
    expect 2 "Unknown option" "$crossfall" $command --no-such-option
done
expect 2 "did you mean 'rulebooks'?" "$crossfall" list rulebook
for what in scenarios rulebooks impact-models formats metrics; do
    expect 0 "" "$crossfall" list $what --json
    same "list $what --json" "$(json "json_type(readfile('out'))")" array
done
expect 0 "may-2021" "$crossfall" list scenarios
expect 0 "brackets" "$crossfall" list rulebooks
expect 0 "equity < margin" "$crossfall" list rulebooks --json # all columns, in JSON
expect 0 "half_life_s" "$crossfall" list impact-models
expect 0 "withdrawal.floor" "$crossfall" list impact-models
expect 0 "min66633" "$crossfall" list impact-models --json # a guess names its source

# ---- a small world ----
cat >ticks.csv <<'CSV'
ts,instrument,price,quantity,side
2024-03-05T18:58:00Z,BTCUSDT,66000,0.5,sell
2024-03-05T18:59:00Z,BTCUSDT,66100,0.5,sell
2024-03-05T19:00:00Z,BTCUSDT,66000,0.5,sell
2024-03-05T19:00:01Z,BTCUSDT,65500,1.2,sell
2024-03-05T19:00:02Z,BTCUSDT,64800,2,sell
2024-03-05T19:00:05Z,BTCUSDT,63000,4.1,sell
2024-03-05T19:00:06Z,BTCUSDT,62000,3,sell
2024-03-05T19:00:09Z,BTCUSDT,61000,1,sell
2024-03-05T19:00:30Z,BTCUSDT,61500,1,buy
CSV
cat >accounts.csv <<'CSV'
account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort
anna,balance,USDT,4000,,,,retail
anna,position,BTCUSDT,1,66000,cross,,retail
bert,balance,USDT,3000,,,,retail
bert,position,BTCUSDT,0.5,64000,cross,,retail
cleo,balance,USDT,90000,,,,desk
cleo,position,BTCUSDT,-1.5,66000,cross,,desk
CSV
cat >fall.yaml <<'YAML'
scenario: {name: fall, title: A small fall}
market: {instruments: [BTCUSDT]}
venue: {rulebook: flat, insurance_fund: 10000}
accounts: {file: accounts.csv}
impact: {model: linear, instrument: {BTCUSDT: {slope: 1e-8, permanent: 0.2, half_life_s: 300}}}
feedback: {cleaning: none}
YAML
run=("$crossfall" run fall.yaml --data my.db)

expect 1 "my.db" "${run[@]}"
[ ! -e runs.db ] || fail "a run without data made a results file"
"$crossfall" import --data my.db ticks.csv >/dev/null || fail "import"
expect 2 "one scenario is needed" "$crossfall" run --data my.db
expect 2 "--seed" "${run[@]}" --seed -1
expect 2 "--threads" "${run[@]}" --threads 0
expect 3 "unknown key" "${run[@]}" --set impact.modle=none
expect 1 "No such file" "$crossfall" run no-such.yaml --data my.db
expect 3 "ETHUSDT" "${run[@]}" --set "market.instruments=[ETHUSDT]" \
    --set "impact.instrument={ETHUSDT: {slope: 1e-8}}"
expect 0 "cleaning: none" "${run[@]}" --dry-run
expect 1 "runs.db" "$crossfall" report last

# By hand: anna (equity 4000 at 66000, requirement 330) breaches below 62311, so at 62000, where
# her equity is 0 and any impact leaves a debt; bert (3000 + (p - 64000)/2 against p/400) at no price
# of this fall.
expect 0 '"run"' "${run[@]}" --json --progress=never
same "nothing but JSON" "$(cat err)" ""
same liquidations "$(json "json_extract(readfile('out'), '\$.liquidations')")" 1
same residual "$(json "json_extract(readfile('out'), '\$.ledger_residual')")" 0
same recorded "$(json "json_extract(readfile('out'), '\$.price.BTCUSDT.min_recorded')")" 61000
same range "$(json "json_type(readfile('out'), '\$.range')")" ""
id=$(json "json_extract(readfile('out'), '\$.run')")
same rows "$(sqlite3 runs.db "SELECT account, quantity, ts, side, paid_by FROM liquidation WHERE run = '$id'")" \
    "anna|1.0|2024-03-05T19:00:06Z|long|insurance_fund"
same outcome "$(sqlite3 runs.db "SELECT group_concat(account || ' ' || outcome) FROM accounts")" \
    "anna bankrupt,bert untouched,cleo untouched"
same stored "$(sqlite3 runs.db "SELECT CAST(bytes AS TEXT) FROM input JOIN content USING(sha256) WHERE role = 'accounts'")" \
    "$(cat accounts.csv)"

# ---- recognised, repeated, found ----
expect 0 "already" "${run[@]}" --json
cp out first
sqlite3 runs.db 'SELECT * FROM liquidation; SELECT * FROM minute; SELECT * FROM account' >rows
for threads in 1 2; do
    expect 0 "fingerprint" "${run[@]}" --again --threads $threads --json
    grep -vE 'elapsed_s|ticks_per_s' first >expected
    grep -vE 'elapsed_s|ticks_per_s' out | cmp -s - expected || fail "--again, $threads threads"
    sqlite3 runs.db 'SELECT * FROM liquidation; SELECT * FROM minute; SELECT * FROM account' |
        cmp -s - rows || fail "--again, $threads threads: rows"
done
same runs "$(sqlite3 runs.db 'SELECT count(*) FROM run')" 1
expect 0 "fingerprint" "${run[@]}" --json --set venue.insurance_fund=1
same "another setting, another run" "$(sqlite3 runs.db 'SELECT count(*) FROM run')" 2
same "what was set" "$(sqlite3 runs.db "SELECT value FROM setting WHERE origin = 'set'")" 1
expect 0 "WHO PAID" "$crossfall" report last
expect 0 "run $id" "$crossfall" report "${id:0:6}"
grep -q $'\033' out && fail "colours into a file"
expect 0 $'\033[1m' "$crossfall" report last --color always
expect 1 "no run 'zzz'" "$crossfall" report zzz
expect 0 "$id" "$crossfall" list runs
expect 0 "$id" "$crossfall" list runs --json
same "list runs --json" "$(json "json_array_length(readfile('out'))")" 2
expect 3 "not a results file" "$crossfall" report last --results my.db
expect 3 "not a results file" "${run[@]}" --results ticks.csv

# ---- a range: the bounds' own runs, and nothing of the run itself is another ----
expect 0 '"range"' "${run[@]}" --range --json --progress=never
same "same run" "$(json "json_extract(readfile('out'), '\$.run')")" "$id"
same "bounds, no bars" "$(json "(SELECT group_concat(key) FROM json_each(readfile('out'), '\$.range'))")" \
    "book_upper,sqrt_lower"
sqlite3 runs.db "SELECT * FROM liquidation WHERE run = '$id'" >rows
for bound in sqrt-lower book-upper; do
    key=${bound/-/_}
    low=$(json "json_extract(readfile('out'), '\$.range.$key.price.BTCUSDT.min')")
    all=$(json "json_extract(readfile('out'), '\$.range.$key.liquidated_notional.total')")
    cp out range
    expect 0 '"run"' "${run[@]}" --json --set "impact.model=$bound"
    same "$bound alone, price" "$(json "json_extract(readfile('out'), '\$.price.BTCUSDT.min')")" "$low"
    same "$bound alone, notional" \
        "$(json "json_extract(readfile('out'), '\$.liquidated_notional.total')")" "$all"
    cp range out
done
same "low, value, high" "$(sqlite3 runs.db "SELECT count(*) > 10, total(value < low OR value > high) FROM metric
    WHERE run = '$id' AND low IS NOT NULL")" "1|0.0"
expect 0 "already" "${run[@]}" --range
expect 0 "THE RANGE" "$crossfall" report "$id"
expect 0 "comes out the same" "$crossfall" verify "$id" --data my.db
expect 0 '"run"' "${run[@]}" --again --json
same "no range, the same rows" "$(sqlite3 runs.db "SELECT * FROM liquidation WHERE run = '$id'")" "$(cat rows)"

# ---- the bundled day, into a market file that is not there yet ----
export CROSSFALL_DATA=$scratch/day.db
expect 0 "Importing the bundled data" "$crossfall" run may-2021 --json
same "bundled" "$(json "json_extract(readfile('out'), '\$.instruments')")" 13
same "null replay" "$(json "json_extract(readfile('out'), '\$.price.BTCUSDT.min')")" 30000
hash=$(sha256sum <day.db)
expect 0 "WHAT FELL" "$crossfall" run may-2021 --seed 2 --range
same "bounds and bars" "$(sqlite3 runs.db "SELECT group_concat(DISTINCT bound) FROM bounds
    WHERE run = (SELECT id FROM run ORDER BY ordinal DESC LIMIT 1)")" \
    "bars_ohlc,bars_olhc,book_upper,sqrt_lower"
grep -q Importing err && fail "the bundled data were imported twice"
same "market file untouched" "$(sha256sum <day.db)" "$hash"

# ---- Ctrl-C: nothing is left, and what was there stays ----
before=$(sqlite3 runs.db 'SELECT group_concat(id) FROM run')
timeout --preserve-status -s INT 1 "$crossfall" run may-2021 --set population.accounts=3000000 \
    >out 2>err
same "interrupted" $? 130
same "runs after Ctrl-C" "$(sqlite3 runs.db 'SELECT group_concat(id) FROM run')" "$before"
same "integrity" "$(sqlite3 runs.db 'PRAGMA integrity_check')" ok

# ---- a full disk is told ----
if [ -w /dev/full ]; then
    "$crossfall" list scenarios >/dev/full 2>err
    same "full disk" $? 1
fi

[ "$failures" -eq 0 ] && echo "all checks passed"
exit $((failures > 0))
