#!/usr/bin/env bash
# Goal: `compare`, `export` and `verify` as a user meets them: what is exported equals the tables to the
# last digit; a run comes out again from what is stored, anywhere; whatever was changed is named.
# Method: a small world with awkward names through the real command; exports are read back with Python's
# own CSV and JSON and held against the database; one byte, one value, one row at a time is changed.
#
#   kept_runs_cli.sh CROSSFALL
set -uo pipefail
export LC_ALL=C.UTF-8
# shellcheck source=tests/cli_checks.sh
source "$(dirname "${BASH_SOURCE[0]}")/../../cli_checks.sh"

crossfall=$(realpath "$1")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/crossfall-kept.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/here" && cd "$scratch/here" || exit 1

json() {
    sqlite3 :memory: "SELECT iif(json_valid(readfile('out')), $1, 'not JSON')"
}

# ---- a small world ----
cat >ticks.csv <<'CSV'
ts,instrument,price,quantity,side
2024-03-05T18:58:00Z,BTCUSDT,66000,0.5,sell
2024-03-05T19:00:00Z,BTCUSDT,66000.5,0.5,sell
2024-03-05T19:00:00Z,ETHUSDT,3500.25,5,sell
2024-03-05T19:00:02Z,BTCUSDT,64800,2,sell
2024-03-05T19:00:05.000000001Z,BTCUSDT,63000,4.125,sell
2024-03-05T19:00:05Z,ETHUSDT,3300,4.1,sell
2024-03-05T19:00:06Z,BTCUSDT,62000,3,sell
2024-03-05T19:00:09Z,BTCUSDT,61000,1,sell
2024-03-05T19:00:30Z,ETHUSDT,3200,1,sell
2024-03-05T19:01:30Z,BTCUSDT,61500,1,buy
CSV
cat >accounts.csv <<'CSV'
account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort
"anna, ""the first""",balance,USDT,4000.12345678,,,,"retail, small"
"anna, ""the first""",position,BTCUSDT,1,66000,cross,,"retail, small"
bert,balance,USDT,3000,,,,
bert,position,ETHUSDT,12.5,3500,cross,,
cleo,balance,USDT,90000,,,,desk
cleo,position,BTCUSDT,-1.5,66000,cross,,desk
CSV
cat >fall.yaml <<'YAML'
scenario: {name: fall, title: 'A small, "quoted" fall', to: 2024-03-05T19:01:00Z}
market: {instruments: [BTCUSDT, ETHUSDT]}
venue: {rulebook: flat, insurance_fund: 10000}
accounts: {file: accounts.csv}
impact:
  model: linear
  instrument:
    BTCUSDT: {slope: 1e-8, permanent: 0.2, half_life_s: 300}
    ETHUSDT: {slope: 1e-8, permanent: 0.2, half_life_s: 300}
feedback: {cleaning: none}
YAML
"$crossfall" import --data market.db ticks.csv >/dev/null || fail "import"
run=("$crossfall" run fall.yaml --data market.db)
expect 1 "runs.db" "$crossfall" verify last
expect 0 '"run"' "${run[@]}" --json
first=$(json "json_extract(readfile('out'), '\$.run')")
expect 0 '"run"' "${run[@]}" --json --set venue.override.margin.maintenance_multiplier=4
second=$(json "json_extract(readfile('out'), '\$.run')")
[ "$(sqlite3 runs.db "SELECT count(*) FROM liquidation WHERE run = '$first'")" -ge 2 ] ||
    fail "the small world is too quiet"

# ---- export ----
for command in compare export verify; do
    expect 0 "crossfall $command" "$crossfall" $command --help
    expect 2 "needed" "$crossfall" $command
done
expect 1 "no run 'zzz'" "$crossfall" compare last zzz
sqlite3 runs.db "VACUUM INTO 'empty.db'"
sqlite3 empty.db "DELETE FROM run"
for command in "report last" "compare last last" "verify last" "export last --to x"; do
    # shellcheck disable=SC2086 # words on purpose
    expect 1 "holds no run yet" "$crossfall" $command --results empty.db
done
expect 1 "no run 'zzz'" "$crossfall" export zzz --to x
expect 1 "no run 'zzz'" "$crossfall" verify zzz
expect 2 "--to DIR is needed" "$crossfall" export last
expect 2 "is not csv or jsonl" "$crossfall" export last --to x --format parquet
[ ! -e x ] || fail "a refused export made its folder"
expect 1 "runs.db/x" "$crossfall" export last --to runs.db/x

cat >check_export.py <<'PYTHON'
"""Holds exported files against the tables: money, prices and quantities from the exact integers."""
import csv, io, json, os, sqlite3, subprocess, sys
from decimal import Decimal

folder, run, form, packed = sys.argv[1:5]
db = sqlite3.connect("runs.db")
db.row_factory = sqlite3.Row
tables = {"runs": "run", "inputs": "input", "settings": "setting", "notes": "note",
          "instruments": "instrument", "minutes": "minute", "liquidations": "liquidation",
          "accounts": "account", "cohorts": "cohort", "fund_path": "fund", "density": "density",
          "deleveragings": "adl", "contagions": "contagion", "metrics": "metric",
          "bounds": "bound"}
grids = {row["instrument"]: row for row in
         db.execute("SELECT * FROM instrument WHERE run = ?", (run,))}
ending = "." + form + (".zst" if packed == "yes" else "")
all_tables = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
assert all_tables - {"content"} <= set(tables.values()), all_tables
assert sorted(os.listdir(folder)) == sorted(name + ending for name in tables), os.listdir(folder)
exact = 0

def expected(table, name, row):
    """The value of column `name` of the view, from the table's row."""
    global exact
    keys = row.keys()
    if (table, name) in (("run", "first_tick"), ("run", "last_tick")):
        return db.execute(f"SELECT {name} FROM runs WHERE run = ?", (run,)).fetchone()[0]
    if table == "account" and name == "result":
        return Decimal(row["equity_end_e8"] - row["equity_start_e8"]) / 10**8
    if table == "cohort" and name == "result":
        return row["equity_end"] - row["equity_start"]
    if table in ("metric", "bound") and name == "value" and row["exact"] and row["value"] is not None:
        return Decimal(row["exact"])
    for suffix, scale in (("_e8", None), ("_ticks", "price_tick_exact"), ("_lots", "lot_exact")):
        if name + suffix in keys:
            exact += 1
            units = row[name + suffix]
            if units is None:
                return None
            return units * (Decimal(1) / 10**8 if scale is None
                            else Decimal(grids[row["instrument"]][scale]))
    if name + "_exact" in keys:
        return Decimal(row[name + "_exact"])
    return row["id"] if (table, name) == ("run", "run") else row[name]

def equal(cell, value):
    if form == "jsonl":
        if isinstance(value, Decimal):
            return isinstance(cell, (int, Decimal)) and cell == value
        return (float(cell) == value) if isinstance(value, float) else cell == value
    if value is None:
        return cell == ""
    if isinstance(value, Decimal):
        return Decimal(cell) == value
    return (float(cell) == value) if isinstance(value, float) else cell == str(value)

rows_read = 0
for name, table in tables.items():
    data = open(os.path.join(folder, name + ending), "rb").read()
    if packed == "yes":
        data = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    text = data.decode("utf-8")
    key = "id" if table == "run" else "run"
    view = [] if name == table else [row[1] for row in db.execute(f"PRAGMA table_info({name})")]
    stored = db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (run,)).fetchall()
    if form == "csv":
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        header, rows = lines[0], [dict(zip(lines[0], line)) for line in lines[1:]]
        assert all(len(line) == len(header) for line in lines), name
    else:
        rows = [json.loads(line, parse_float=Decimal) for line in text.splitlines()]
        header = list(rows[0]) if rows else view
    assert not view or header == view, (name, header, view)
    assert not any(column.endswith(("_e8", "_ticks", "_lots", "_exact")) for column in header), header
    assert len(rows) == len(stored), (name, len(rows), len(stored))
    for got, row in zip(rows, stored):
        rows_read += 1
        for column in header:
            value = expected(table, column, row)
            assert equal(got[column], value), (name, column, got[column], value)
assert exact > 20 and rows_read > 50, (exact, rows_read)
PYTHON
for form in csv jsonl; do
    expect 0 "liquidations.$form.zst" "$crossfall" export "$first" --to "to/$form" --format $form
    python3 check_export.py to/$form "$first" $form yes || fail "export as $form"
    expect 0 '"folder"' "$crossfall" export "$first" --to "to/$form" --format $form --json
    same "files of --json" "$(json "json_array_length(readfile('out'), '\$.files')")" 15
    expect 0 "minutes.$form" "$crossfall" export "$second" --to "plain/$form" --format $form --no-compress
    python3 check_export.py plain/$form "$second" $form no || fail "export as plain $form"
done
sqlite3 runs.db "UPDATE instrument SET lot_exact = 'x' WHERE run = '$second'"
expect 3 "'x' is not a grid" "$crossfall" export "$second" --to "plain/csv"
sqlite3 runs.db "UPDATE instrument SET lot_exact = '0.001' WHERE run = '$second';
    UPDATE instrument SET instrument = 'NONE' WHERE run = '$second' AND number = 0"
rm -r plain
expect 3 "no instrument 'BTCUSDT'" "$crossfall" export "$second" --to "plain/csv"
[ -z "$(find plain -name '*.part')" ] || fail "an export that failed left a part of a file"
expect 0 '"run"' "${run[@]}" --again --json --set venue.override.margin.maintenance_multiplier=4

# ---- compare ----
expect 0 "No figure differs." "$crossfall" compare "$first" "$first"
grep -q "Nothing." out || fail "settings of a run and itself"
expect 2 "two runs or more" "$crossfall" compare "$first"
expect 0 "venue.override.margin.maintenance_multiplier  -             4" \
    "$crossfall" compare "${first:0:6}" last
grep -q "CANNOT" out && fail "a changed rule makes runs incomparable"
[ -z "$(awk 'length($0) > 80' out)" ] || fail "compare: wider than 80 columns"
expect 0 '"comparable": true' "$crossfall" compare "$first" "$second" --json
same "settings that differ" "$(json "json_extract(readfile('out'), '\$.settings[0].values[1]')")" 4
for figure in liquidations bad_debt insurance_fund.min; do
    want=$(sqlite3 runs.db "SELECT printf('%.8f', b.value - a.value) FROM metric a JOIN metric b
        USING (name, instrument) WHERE a.run = '$first' AND b.run = '$second' AND name = '$figure'")
    got=$(json "(SELECT printf('%.8f', json_extract(value, '\$.difference[0]'))
        FROM json_each(readfile('out'), '\$.figures') WHERE json_extract(value, '\$.name') = '$figure')")
    same "difference of $figure" "$got" "$want"
done
same "a cohort's result" "$(json "(SELECT count(*) FROM json_each(readfile('out'), '\$.figures')
    WHERE json_extract(value, '\$.cohort') = 'retail, small')")" 1
sed 's/3000/3001/' accounts.csv >other.csv
expect 0 '"run"' "${run[@]}" --json --set accounts.file=other.csv
expect 0 "CANNOT BE COMPARED" "$crossfall" compare "$first" "$second" last
grep -q "other accounts" out || fail "other accounts are not named"
[ "$(grep -c 'other ' out)" -le 2 ] || fail "more than the accounts are named"
[ -z "$(awk 'length($0) > 80' out)" ] || fail "compare of three: wider than 80 columns"
expect 0 '"run"' "${run[@]}" --json --set scenario.from=2024-03-05T18:59:00Z
expect 0 "other ticks" "$crossfall" compare "$first" last

# The same rulebook file, edited between two runs: the difference is of content, by key and by line; what
# is a comment alone is said to be one. So for a tier file, and a series of the market file.
cat >mine.yaml <<'YAML'
name: mine
source: a test
valid_from: 2021-05-01
margin:
  trigger: below            # liquidated when equity is below the requirement
  initial_rate: 0.01
  tiers: mine.csv
collateral:
  USDT: {weight: 1.0}
liquidation: {close: full, order: largest_loss}
waterfall: {stages: [insurance_fund]}
YAML
cat >mine.csv <<'CSV'
symbol,floor,cap,maintenance_rate,maintenance_amount,max_leverage
BTCUSDT,0,,0.005,0,100
ETHUSDT,0,,0.005,0,100
CSV
edited() { # edited SCRIPT FILE: changes it, runs again, and compares with the run before
    sed -i "$1" "$2"
    expect 0 '"run"' "${run[@]}" --json --set venue.rulebook=mine.yaml
    newest=$(json "json_extract(readfile('out'), '\$.run')")
    expect 0 "WHAT WAS SET DIFFERENTLY" "$crossfall" compare "$before" "$newest"
    tr -s '\n ' ' ' <out >said
    before=$newest
}
said() { grep -qF -- "$1" said || fail "compare does not say '$1': $(cat said)"; }
expect 0 '"run"' "${run[@]}" --json --set venue.rulebook=mine.yaml
before=$(json "json_extract(readfile('out'), '\$.run')")
edited 's/initial_rate: 0.01/initial_rate: 0.02/' mine.yaml
said "rulebook.margin.initial_rate 0.01 0.02"
said "mine.yaml: another content in line 6; the keys are above."
edited 's/is below the requirement/is less than the requirement/' mine.yaml
said "mine.yaml: another content in line 5; no key or value differs."
grep -q "initial_rate" said && fail "compare names a key that is the same"
edited '/^valid_from/d' mine.yaml
said "rulebook.valid_from 2021-05-01 -"
edited 's/ETHUSDT,0,,0.005/ETHUSDT,0,,0.006/' mine.csv
said "mine.csv: another content in line 3."
expect 0 '"comparable": true' "$crossfall" compare "$first" "$before" --json
same "rulebooks of another name" "$(json "json_array_length(readfile('out'), '\$.inputs')")" 0
expect 0 "keys of the rulebooks' files; --json lists them" "$crossfall" compare "$first" "$before"
# What is no setting (a title, a note, what a guess stands between) shows as a line of the whole.
sed 's/A small/A short/' fall.yaml >titled.yaml
expect 0 '"run"' "$crossfall" run titled.yaml --data market.db --json
expect 0 "effective scenario fall: another content in line 3." "$crossfall" compare "$first" last
sed '/ETHUSDT/d; s/price,quantity,side/price,series/; s/,[^,]*,sell$/,trade/; s/,[^,]*,buy$/,trade/' ticks.csv >rates.csv
printf '2024-03-05T19:00:03Z,BTCUSDT,RATE,funding_rate\n' >>rates.csv
for rate in 0.0001 0.0002; do
    sed "s/RATE/$rate/" rates.csv >"rates-$rate.csv"
    "$crossfall" import --data "rates-$rate.db" ticks.csv >/dev/null || fail "import for $rate"
    grep -E '^ts|funding_rate' "rates-$rate.csv" >only.csv
    "$crossfall" import --data "rates-$rate.db" only.csv >/dev/null || fail "import of $rate"
    expect 0 '"run"' "$crossfall" run fall.yaml --data "rates-$rate.db" --json --set funding.source=series
done
# shellcheck disable=SC2046 # two words
expect 0 "other rows of BTCUSDT (funding)" "$crossfall" compare \
    $(sqlite3 runs.db "SELECT id FROM run ORDER BY ordinal DESC LIMIT 2")
sqlite3 runs.db "DELETE FROM run WHERE id NOT IN ('$first', '$second')"

# ---- verify: untouched ----
verify=("$crossfall" verify "$first" --data market.db --progress=never)
expect 0 "byte for byte" "${verify[@]}"
expect 0 "byte for byte" "${verify[@]}" --threads 2
expect 0 "byte for byte" "$crossfall" verify "$second" --data market.db
expect 0 '"same": true' "${verify[@]}" --json
same "rows of --json" "$(json "json_extract(readfile('out'), '\$.rows_equal.account')")" 3
cp runs.db whole.db

# Elsewhere: no scenario, no accounts; a market file of its own with more ticks, on a finer grid, behind
# the run's end.
mkdir ../there
cp runs.db ticks.csv ../there/
mkdir ../hidden && mv accounts.csv fall.yaml ../hidden/
cd ../there || exit 1
"$crossfall" import --data other.db ticks.csv >/dev/null || fail "import there"
printf 'ts,instrument,price,quantity,side\n2024-03-06T00:00:00Z,BTCUSDT,61500.12345,0.1234567,buy\n' |
    "$crossfall" import --data other.db - >/dev/null || fail "import of more"
expect 0 "byte for byte" "$crossfall" verify "$first" --data other.db
cd ../here || exit 1
expect 0 "byte for byte" "${verify[@]}"

# ---- verify: changed inputs ----
# with_change TEXT PYTHON...: after a change of the database `db`, exit code 4 and TEXT.
with_change() {
    local text=$1
    cp whole.db runs.db
    RUN=$first python3 - "$2" <<'PYTHON' || fail "no such change: $2"
import hashlib, os, sqlite3, sys
run = os.environ["RUN"]
db = sqlite3.connect("runs.db")
def content(role):
    return db.execute("SELECT sha256, bytes FROM input JOIN content USING (sha256)"
                      " WHERE run = ? AND role = ?", (run, role)).fetchone()
def flip(role, place=None):
    sha, data = content(role)
    place = len(data) // 2 if place is None else place
    data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:]
    db.execute("UPDATE content SET bytes = ? WHERE sha256 = ?", (data, sha))
def rewrite(role, old, new):
    sha, data = content(role)
    assert old in data
    data = data.replace(old, new)
    digest = hashlib.sha256(data).hexdigest()
    db.execute("INSERT INTO content VALUES (?, ?)", (digest, data))
    db.execute("UPDATE input SET sha256 = ?, size = ? WHERE run = ? AND role = ?",
               (digest, len(data), run, role))
def sql(text):
    assert db.execute(text.replace("RUN", "'" + run + "'")).rowcount > 0
exec(sys.argv[1])
db.commit()
PYTHON
    expect 4 "$text" "${verify[@]}"
}
for role in "effective scenario" scenario rulebook accounts; do
    for place in 0 None; do
        with_change "$role '" "flip('$role', $place)"
    done
done
with_change "another id" "rewrite('accounts', b'4000.1', b'4000.2')"
with_change "another id" "rewrite('rulebook', b'0.005', b'0.006')"
with_change "another id" "rewrite('effective scenario', b'10000', b'10001')"
with_change "another id" "sql('UPDATE run SET version = \"0.0.1\" WHERE id = RUN')"
with_change "stored bytes are gone" "sql('DELETE FROM content WHERE sha256 IN (SELECT sha256 FROM input WHERE role = \"rulebook\" AND run = RUN)')"
with_change "ticks of ETHUSDT (series trade" \
    "sql('UPDATE input SET sha256 = \"00000000000000000000000000000000\" WHERE run = RUN AND name = \"ETHUSDT\"')"

# ---- verify: changed rows ----
with_change "table liquidation, row 1 (ts_ns" \
    "sql('UPDATE liquidation SET price_ticks = price_ticks + 1 WHERE run = RUN')"
grep -q "column price_ticks: stored is " err || fail "the column is not named"
with_change "column recorded_ticks" "sql('UPDATE minute SET recorded_ticks = recorded_ticks + 1 WHERE run = RUN AND instrument = \"ETHUSDT\"')"
with_change "instrument ETHUSDT): stored is no row, now there is a row" "sql('DELETE FROM minute WHERE run = RUN AND instrument = \"ETHUSDT\"')"
with_change "table account, row 4 (account zoe, cohort x): stored is a row, now there is no row" \
    "sql('INSERT INTO account(run, account, cohort, equity_start_e8, equity_end_e8, socialised_e8, liquidations, outcome) VALUES (RUN, \"zoe\", \"x\", 0, 0, 0, 0, \"untouched\")')"
with_change "column fingerprint" "sql('UPDATE run SET fingerprint = \"0\" WHERE id = RUN')"
with_change "column value" "sql('UPDATE metric SET value = value + 1e-9 WHERE run = RUN AND name = \"bad_debt\"')"
with_change "table setting" "sql('UPDATE setting SET origin = \"set\", value = \"1\" WHERE run = RUN AND key = \"venue.insurance_fund\"')"
with_change "table note" "sql('INSERT INTO note VALUES (RUN, 99, \"note\", \"x\")')"
expect 4 '"same": false' "${verify[@]}" --json
same "difference in JSON" "$(json "json_extract(readfile('out'), '\$.differences[0].table')")" note
cp whole.db runs.db

# ---- verify: changed ticks ----
sed 's/62000,3/62001,3/' ticks.csv >changed.csv
"$crossfall" import --data changed.db changed.csv >/dev/null || fail "import of changed ticks"
expect 4 "ticks of BTCUSDT (series trade" "$crossfall" verify "$first" --data changed.db
cp market.db broken.db
python3 - <<'PYTHON'
import sqlite3
db = sqlite3.connect("broken.db")
row, payload = db.execute("SELECT id, payload FROM block ORDER BY id LIMIT 1").fetchone()
payload = payload[:-3] + bytes([payload[-3] ^ 1]) + payload[-2:]
db.execute("UPDATE block SET payload = ? WHERE id = ?", (payload, row))
db.commit()
PYTHON
expect 3 "of BTCUSDT trade" "$crossfall" verify "$first" --data broken.db
expect 1 "no-such.db" "$crossfall" verify "$first" --data no-such.db
expect 0 "byte for byte" "${verify[@]}"

# ---- a bundled scenario fills the market file that is not there ----
cd ../there || exit 1
expect 0 '"run"' "$crossfall" run may-2021 --json --data day.db --set population.accounts=2000
rm day.db
expect 0 "byte for byte" "$crossfall" verify last --data day.db

[ "$failures" -eq 0 ] && echo "all checks passed"
exit $((failures > 0))
