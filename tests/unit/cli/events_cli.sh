#!/usr/bin/env bash
# Goal: what scenario and rulebook say of outages, feeds, shocks, funding, take-overs and the waterfall
# reaches the answer, to the unit.
# Method: a fall of six ticks with two accounts through the real command; every figure by hand. A long of
# 10 at 1,000 with 1,000 behind it: bankrupt at 900, where it is liquidated without a loss beyond.
#
#   events_cli.sh CROSSFALL
set -uo pipefail
export LC_ALL=C.UTF-8
# shellcheck source=tests/cli_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cli_checks.sh"

crossfall=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-events.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

json() {
    sqlite3 :memory: "SELECT iif(json_valid(readfile('out')), json_extract(readfile('out'), '\$.$1'), 'not JSON')"
}
# case NAME SET... -- KEY=VALUE...: runs with the settings; then each figure of the JSON, of the rows
# (rows=TIME|FILL, from the table of forced orders), or of an account's end (end.ID=MONEY).
case_of() {
    local name=$1 options=() check key
    shift
    while [ "$1" != -- ]; do
        options+=(--set "$1")
        shift
    done
    shift
    expect 0 '"run"' "$crossfall" run fall.yaml --data my.db --json --progress=never "${options[@]}"
    local id got
    id=$(json run)
    for check in "$@" ledger_residual=0; do
        key=${check%%=*}
        case $key in
        rows) got=$(sqlite3 runs.db "SELECT group_concat(ts || '|' || price, ' ') FROM liquidations WHERE run = '$id'") ;;
        end.*) got=$(sqlite3 runs.db "SELECT printf('%g', equity_end) FROM accounts WHERE run = '$id' AND account = '${key#end.}'") ;;
        *) got=$(json "$key") ;;
        esac
        [ "$got" = "${check#*=}" ] || fail "$name: $key is '$got', not '${check#*=}'"
    done
}

{
    echo ts,instrument,price,quantity,side
    for tick in 07:59:00=1000 08:00:30=1000 08:01:00=900 08:02:00=880 08:03:00=850 08:04:00=840; do
        echo "2024-03-05T${tick%=*}Z,BTCUSDT,${tick#*=},1,sell"
        echo "2024-03-05T${tick%=*}Z,ETHUSDT,100,1,sell"
    done
} >ticks.csv
cat >funding.csv <<'CSV'
ts,instrument,price,quantity,side,series
2024-03-05T00:00:00Z,BTCUSDT,0.5,,,funding_rate
2024-03-05T08:00:00Z,BTCUSDT,0.002,,,funding_rate
CSV
cat >accounts.csv <<'CSV'
account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort
long,balance,USDT,1000,,,,
long,position,BTCUSDT,10,1000,cross,,
short,balance,USDT,100000,,,,
short,position,BTCUSDT,-10,1000,cross,,
CSV
cat >two.csv <<'CSV'
account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort
two,balance,USDT,1040,,,,
two,position,BTCUSDT,10,1000,cross,,
two,position,ETHUSDT,100,100,cross,,
CSV
cat >bare.yaml <<'YAML'
name: bare
margin: {trigger: at_or_below, maintenance_rate: 0}
liquidation: {close: full, order: all}
waterfall: {stages: []}
YAML
cat >fall.yaml <<'YAML'
scenario: {name: fall}
market: {instruments: [BTCUSDT, ETHUSDT]}
venue: {rulebook: bare.yaml}
accounts: {file: accounts.csv}
impact: {model: none}
feedback: {cleaning: none}
YAML
"$crossfall" import --data my.db ticks.csv >/dev/null || fail "import"

day=2024-03-05T
engine="{kind: outage, at: ${day}08:00:45Z, until: ${day}08:02:30Z, stops: [engine, top_up]}"
late="rows=${day}08:02:30Z|880.0"

case_of plain -- "rows=${day}08:01:00Z|900.0" bad_debt=0 end.short=101600 erroneous_liquidations=0

# ---- events ----
case_of engine "events=[$engine]" -- "$late" bad_debt=200 unpaid=200
grep -q "neither top up nor trade" <("$crossfall" report last) || fail "an outage of top_up is not explained"
case_of stale "events=[{kind: stale_feed, at: ${day}08:00:45Z, until: ${day}08:03:30Z}]" -- \
    "rows=${day}08:03:30Z|850.0" bad_debt=500
case_of "other feed" "events=[{kind: outage, at: ${day}08:00:45Z, stops: [feed], instrument: ETHUSDT}]" -- \
    "rows=${day}08:01:00Z|900.0"
case_of wrong "events=[{kind: wrong_feed, at: ${day}07:59:30Z, until: ${day}08:00:45Z, instrument: BTCUSDT, factor: 0.9}]" -- \
    "rows=${day}07:59:30Z|1000.0" erroneous_liquidations=1 end.long=1000
grep -q "1 of the forced orders were erroneous" <("$crossfall" report last) || fail "an erroneous order is not told"
case_of fund "events=[$engine, {kind: fund_change, at: ${day}08:00:45Z, amount: 150}]" \
    "venue.override.waterfall.stages=[insurance_fund]" -- "$late" unpaid=50 insurance_fund.end=0
case_of expiry "events=[{kind: expiry, at: ${day}08:00:45Z, instrument: BTCUSDT, price: 950.125}]" -- \
    "rows=" liquidations=0 end.long=501.25 end.short=100499
case_of rules "events=[{kind: rules, at: ${day}08:00:45Z, override: {margin.maintenance_rate: 0.2}}]" -- \
    "rows=${day}08:00:45Z|1000.0" end.long=1000
case_of "before the start" "events=[{kind: outage, at: 2024-03-04T00:00:00Z, stops: [engine]}]" -- \
    "rows=" liquidations=0 end.long=-600
case_of "at the start" "scenario.from=${day}08:00:00Z" \
    "events=[{kind: outage, at: 2024-03-04T00:00:00Z, until: ${day}07:00:00Z, stops: [engine]}]" -- \
    "rows=${day}08:01:00Z|900.0"

# ---- shock and scale ----
case_of shock "market.shock={BTCUSDT: -0.2, ETHUSDT: -0.3}" -- \
    "rows=${day}07:59:00.000000001Z|800.0" bad_debt=1000 price.BTCUSDT.first=1000 \
    price.BTCUSDT.last=672 price.BTCUSDT.last_recorded=840 price.ETHUSDT.last=70
grep -qF -- "--set market.shock.ETHUSDT=-0.3" <("$crossfall" report last) || fail "what to try next forgets --set"
case_of "shock later" "market.shock={BTCUSDT: -0.2}" "market.shock_at=${day}08:00:45Z" -- \
    "rows=${day}08:00:45Z|800.0"
case_of scale market.scale=2 -- "rows=${day}08:01:00Z|810.0" bad_debt=900
case_of "scale of the other" "market.scale={ETHUSDT: 2}" -- "rows=${day}08:01:00Z|900.0"

# ---- mark prices ----
cat >marks.csv <<'CSV'
ts,instrument,price,quantity,side,series
2024-03-05T07:59:00Z,BTCUSDT,1000.123,,,mark
2024-03-05T08:01:30Z,BTCUSDT,950.5,,,mark
2024-03-05T08:02:15Z,BTCUSDT,890,,,mark
2024-03-05T07:59:00Z,BTCUSDT,999,,,index
2024-03-05T08:03:00Z,BTCUSDT,870,,,index
CSV
recorded=market.instrument.BTCUSDT.mark=recorded
rulebook=market.instrument.BTCUSDT.mark=rulebook
expect 3 "no series mark of BTCUSDT" "$crossfall" run fall.yaml --data my.db --set "$recorded"
"$crossfall" import --data my.db marks.csv >/dev/null || fail "import of marks"
case_of "recorded mark" "$recorded" -- "rows=${day}08:02:15Z|880.0" bad_debt=200
marks=$(sqlite3 runs.db "SELECT group_concat(mark, ' ') FROM (SELECT mark FROM minutes
    WHERE run = '$(json run)' AND instrument = 'BTCUSDT' ORDER BY ts)")
[ "$marks" = "1000.0 1000.0 951.0 890.0 890.0 890.0" ] || fail "the minutes' marks are $marks"
grep -q "market.instrument.BTCUSDT.pass_through" <("$crossfall" report last) || fail "a guess is not told"
expect 0 "comes out the same" "$crossfall" verify last --data my.db
case_of "rulebook's mark, last" "$rulebook" -- "rows=${day}08:01:00Z|900.0"
case_of "index" "$rulebook" "venue.override.mark.of=[index]" -- "rows=${day}08:03:00Z|850.0" bad_debt=500
case_of "stale index" "$rulebook" "venue.override.mark={of: [index], stale_ms: 90000}" -- \
    "rows=${day}08:01:00Z|900.0"
expect 3 "mark.of: a price stands there twice" "$crossfall" run fall.yaml --data my.db \
    --set "venue.override.mark.of=[last, last]"

# ---- recorded forced flow ----
# The long of 10 takes 5 from the price in the first bar of its order: 900 is filled at 897.5, and the
# price stands 5 lower from then on. A print of the same order takes that out of the recorded path.
cat >prints.csv <<'CSV'
ts,instrument,price,quantity,side,series
2024-03-05T08:01:00Z,BTCUSDT,898,10,sell,liquidation
2024-03-05T08:00:30Z,BTCUSDT,100,,,open_interest
2024-03-05T08:02:00Z,BTCUSDT,96,,,open_interest
CSV
impact=(impact.model=linear impact.instrument.BTCUSDT.space=price impact.instrument.BTCUSDT.slope=0.5
    impact.instrument.BTCUSDT.permanent=1.0 impact.instrument.ETHUSDT.space=price
    impact.instrument.ETHUSDT.slope=0.5 venue.override.liquidation.price=market)
expect 3 "no series liquidation of any instrument" "$crossfall" run fall.yaml --data my.db \
    --set feedback.cleaning=recorded
"$crossfall" import --data my.db prints.csv >/dev/null || fail "import of prints"
case_of "counted twice" "${impact[@]}" -- "rows=${day}08:01:00Z|898.0" price.BTCUSDT.last=835 \
    price.BTCUSDT.last_without_feedback=840
case_of "prints taken out" "${impact[@]}" feedback.cleaning=recorded feedback.throttle_ms=0 -- \
    "rows=${day}08:01:00Z|898.0" price.BTCUSDT.last=840 price.BTCUSDT.last_without_feedback=845 \
    cleaned_notional=9000
grep -q "Taken out of the recorded path: 9.00 k" <("$crossfall" report last) || fail "what was taken out is not told"
grep -q "Nothing is taken out of the path of ETHUSDT" <("$crossfall" report last) || fail "a missing series is not told"
expect 0 "comes out the same" "$crossfall" verify last --data my.db
case_of "a throttled feed" "${impact[@]}" feedback.cleaning=recorded -- cleaned_notional=9000
grep -q "liquidation feed of BTCUSDT never shows several" <("$crossfall" report last) || fail "a throttle is not told"
case_of "open interest" "${impact[@]}" feedback.cleaning=open_interest -- cleaned_notional=3520 \
    price.BTCUSDT.last=837 price.BTCUSDT.last_without_feedback=842

# ---- funding: the payment at 08:00 ----
constant=(funding.source=constant funding.rate=0.001)
case_of constant "${constant[@]}" -- bad_debt=10 funding=0 end.short=101610
case_of cap "${constant[@]}" funding.cap=0.0005 -- bad_debt=5 end.short=101605
case_of "every hour, negative" funding.source=constant funding.rate=-0.001 funding.interval_h=1 -- \
    "rows=${day}08:02:00Z|880.0" bad_debt=190
case_of "as an event" "events=[{kind: funding, at: ${day}08:00:00Z, instrument: BTCUSDT, rate: 0.003}]" -- \
    bad_debt=30
expect 3 "no series funding_rate of any instrument" "$crossfall" run fall.yaml --data my.db \
    --set funding.source=series
"$crossfall" import --data my.db funding.csv >/dev/null || fail "import of funding"
case_of series funding.source=series -- bad_debt=20 end.short=101620
grep -q "ETHUSDT pays no funding" <("$crossfall" report last) || fail "a missing series is not told"
id=$(json run)
[ "$(sqlite3 runs.db "SELECT role || ' ' || name FROM input WHERE run = '$id' AND role = 'funding'")" = "funding BTCUSDT" ] ||
    fail "the funding series is not among the inputs"
expect 0 "comes out the same" "$crossfall" verify last --data my.db
case_of "series, capped" funding.source=series funding.cap=0.001 -- bad_debt=10

# ---- who bears it: late, at 880, 200 past bankruptcy ----
case_of backstop "events=[$engine]" venue.backstop=100000 "venue.override.waterfall.stages=[backstop]" -- \
    bad_debt=0 unpaid=0 backstop.taken=9000 backstop.gain=-600 end.short=101600
case_of socialise "events=[$engine]" "venue.override.waterfall.stages=[socialise]" -- \
    bad_debt=200 socialised_loss=200 unpaid=0 end.short=101400
# The session closes at 08:03: of 200 owed and 1,500 gained since 07:59 all is paid then.
case_of "socialise at a session's close" "events=[$engine]" "venue.override.waterfall.stages=[socialise]" \
    venue.override.waterfall.socialise_at=session venue.override.waterfall.session_close=08:03 -- \
    bad_debt=200 socialised_loss=200 unpaid=0 end.short=101400
# 10 taken over at 900; at 08:02 5 are given at 900, at 08:03 3 at 880, at 08:04 1 at 850; 1 is left at 840.
case_of take-over venue.insurance_fund=100000 venue.override.liquidation.price=bankruptcy \
    "venue.override.waterfall.stages=[insurance_fund]" \
    "venue.override.liquidation.inventory={interval_ms: 60000, fraction: 0.5}" -- \
    "rows=${day}08:01:00Z|900.0" inventory.taken=9000 inventory.worked_off=7990 inventory.held=840 inventory.gain=-60 \
    insurance_fund.end=99890
case_of "take-over at the default pace" venue.insurance_fund=100000 venue.override.liquidation.price=bankruptcy \
    "venue.override.waterfall.stages=[insurance_fund]" -- inventory.worked_off=2630
grep -q "inventory.fraction *0.1 *0.02 *0.5" <("$crossfall" report last) || fail "the pace is not called a guess"
# With an impact of 1 a unit the market fills 5 below and ends 10 below; at mark neither.
linear=(impact.model=linear "impact.instrument.BTCUSDT={space: price, slope: 1, permanent: 1}"
    "impact.instrument.ETHUSDT={space: price, slope: 0}")
case_of "through the market" "${linear[@]}" -- "rows=${day}08:01:00Z|895.0" bad_debt=50 price.BTCUSDT.last=830
case_of "at mark" "${linear[@]}" venue.override.liquidation.price=mark -- "rows=${day}08:01:00Z|900.0" \
    bad_debt=0 price.BTCUSDT.last=840 liquidated_notional.total=9000
# With a quarter of the depth: 20 below on average, 40 at the end; before and after it as ever.
case_of "less depth" "${linear[@]}" "events=[{kind: depth, at: ${day}08:00:45Z, until: ${day}08:01:30Z, factor: 0.25}]" -- \
    "rows=${day}08:01:00Z|880.0" bad_debt=200 price.BTCUSDT.last=800
case_of "less depth, too late" "${linear[@]}" "events=[{kind: depth, at: ${day}08:01:30Z, factor: 0.25}]" -- \
    "rows=${day}08:01:00Z|895.0" price.BTCUSDT.last=830
case_of "less depth of another" "${linear[@]}" \
    "events=[{kind: depth, at: ${day}08:00:45Z, factor: 0.25, instrument: ETHUSDT}]" -- \
    "rows=${day}08:01:00Z|895.0" price.BTCUSDT.last=830
# Equity 40 at 900; requirements 45 and 50. held: 40 / 10 below 900; shared: 40 * 45 / 95 / 10, rounded up.
two=("accounts.file=two.csv" venue.override.margin.maintenance_rate=0.005)
bankruptcy() {
    sqlite3 runs.db "SELECT group_concat(bankruptcy_price, ' ') FROM liquidation WHERE run = '$(json run)'"
}
case_of held "${two[@]}" -- liquidations=2
[ "$(bankruptcy)" = "896.0 100.0" ] || fail "bankruptcy held: $(bankruptcy)"
case_of shared "${two[@]}" venue.override.liquidation.bankruptcy=shared -- liquidations=2
[ "$(bankruptcy)" = "899.0 100.0" ] || fail "bankruptcy shared: $(bankruptcy)"

# ---- a sudden move on a book, on the bundled data, as docs/first-steps.md has it ----
cat >book.csv <<'CSV'
account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort
dora,balance,USDT,60000,,,,desk
dora,position,BTCUSDT,10,41000,cross,,desk
emil,balance,USDT,40000,,,,desk
emil,position,BTCUSDT,1,41000,cross,,desk
emil,position,ETHUSDT,-20,2800,cross,,desk
CSV
now=("$crossfall" run now --data bundled.db --json --progress=never)
expect 3 "no accounts: give accounts.file" "${now[@]}"
expect 0 '"run"' "${now[@]}" --set accounts.file=book.csv --set "market.shock={BTCUSDT: -0.2, ETHUSDT: -0.3}"
[ "$(json accounts_liquidated) $(json accounts_in_breach_at_start)" = "1 0" ] || fail "now: $(cat out)"
[ "$(json price.BTCUSDT.first) $(json price.ETHUSDT.last)" = "40456.89 1966.67" ] || fail "now: $(json price)"
expect 0 "engine" "$crossfall" run may-2021-outage --dry-run

if [ "$failures" -gt 0 ]; then
    echo "$failures checks failed" >&2
    exit 1
fi
echo "events through the command: all checks passed"
