#!/usr/bin/env python3
"""Goal: whatever says a figure of a run says the same: plain SQL over the rows, the metrics, `run --json`,
the terminal, `compare` and the page's data; and what was lost and who paid adds up to the last digit.
Method: several runs of the bundled day (as it is, with a small fund, with auto-deleveraging, with take-overs
that nobody can bear, with socialised losses, a fund an instrument, an event that takes from the fund) through
the real command; each place is read on its own and held against the others.

  figures_cli.py CROSSFALL
"""
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from decimal import Decimal

crossfall = os.path.realpath(sys.argv[1])
EMPTY_FUND = ["venue.insurance_fund=0", "feedback.cleaning=none"]
STAGES = "venue.override.waterfall.stages="
RUNS = {
    "plain": [],
    "small fund": ["venue.insurance_fund=1000000", "feedback.cleaning=none",
                   "venue.override.liquidation.insurance_fee_rate=0.001"],
    "deleveraged": EMPTY_FUND + ["venue.override.liquidation.then=again"],
    "taken over": ["venue.insurance_fund=1000000", "feedback.cleaning=none", "impact.model=book-upper",
                   "venue.override.liquidation.price=bankruptcy", STAGES + "[insurance_fund]"],
    "all of it": EMPTY_FUND + ["impact.model=book-upper"],
    "socialised": EMPTY_FUND + ["impact.model=book-upper", "venue.override.liquidation.then=again",
                                STAGES + "[insurance_fund, socialise]"],
    "spread": EMPTY_FUND + ["impact.model=book-upper", "venue.override.liquidation.then=again",
                            STAGES + "[insurance_fund, socialise_open_interest]"],
    "funds": ["venue.insurance_fund=1000000", "feedback.cleaning=none", "impact.model=book-upper",
              "venue.override.liquidation.then=again", "venue.override.waterfall.fund=per_instrument",
              "events=[{at: 2021-05-19T12:00:00Z, kind: fund_change, amount: -400000}]"],
}
checks = 0


def say(*arguments):
    done = subprocess.run([crossfall, *arguments], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    if done.returncode != 0:
        sys.exit(f"crossfall {' '.join(arguments)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def same(what, got, want):
    global checks
    checks += 1
    if isinstance(got, (int, Decimal)) and isinstance(want, float) or isinstance(got, float):
        scale = max(1.0, abs(float(want)))
        assert abs(float(got) - float(want)) <= 1e-9 * scale, f"{what}: {got}, not {want}"
    else:
        assert got == want, f"{what}: {got!r}, not {want!r}"


def money(value):
    """As the terminal writes it."""
    size = abs(float(value))
    if value == 0:
        return "0"
    for unit, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m"), (1e3, " k"), (1, "")):
        if size >= unit * (0.99995 if unit > 1 else 0):
            break
    scaled = float(value) / unit
    size = abs(scaled)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    return f"{scaled:.{digits}f}{name}"


class Run:
    """One run as each place has it."""

    def __init__(self, name, sets):
        self.name = name
        arguments = [part for pair in sets for part in ("--set", pair)]
        text = say("run", "may-2021", "--json", "--progress=never", "--set", "population.accounts=3000", *arguments)
        self.json = json.loads(text, parse_float=Decimal)
        self.id = self.json["run"]
        self.text = " ".join(say("report", self.id).split())
        self.page = None
        if PAGE:
            say("report", self.id, "--html", "page.html")
            self.page = page_data("page.html")
        self.metrics = {}
        for name, instrument, value, exact in db.execute(
                "SELECT name, instrument, value, exact FROM metrics WHERE run = ?", (self.id,)):
            self.metrics[name, instrument] = Decimal(exact) if exact and value is not None else value

    def __call__(self, name, instrument=""):
        return self.metrics[name, instrument]

    def sql(self, query):
        """One number of plain SQL, exact integers in 1e-8 become decimals."""
        value = db.execute(query.replace("RUN", f"'{self.id}'")).fetchone()[0] or 0
        return Decimal(value) / 10**8 if "_e8" in query else value


def page_data(path):
    page = open(path, encoding="utf-8").read()
    return json.loads(re.search(r'<script type="application/json" id="data">\n(.*?)</script>', page, re.S)[1],
                      parse_float=Decimal)


def against_rows(run):
    """The metrics, from the rows that anybody can read."""
    of = "FROM liquidation WHERE run = RUN"
    rows = {
        "liquidations": f"SELECT count(*) {of} AND part = 0",
        "accounts_liquidated": f"SELECT count(DISTINCT account) {of} AND part = 0",
        "liquidated_notional.long": f"SELECT sum(notional_e8) {of} AND NOT adl AND quantity_lots > 0",
        "liquidated_notional.short": f"SELECT sum(notional_e8) {of} AND NOT adl AND quantity_lots < 0",
        "bad_debt": f"SELECT sum(loss_e8) {of}",
        "insurance_fund.paid": f"SELECT sum(paid_fund_e8) {of}",
        "adl.notional": f"SELECT sum(notional_e8) {of} AND adl",
        "adl.accounts": "SELECT count(DISTINCT account) FROM adl WHERE run = RUN",
        "adl.forgone": "SELECT sum(forgone_e8) FROM adl WHERE run = RUN",
        "socialised_loss": "SELECT (SELECT sum(socialised_e8) FROM account WHERE run = RUN)"
                           f" + (SELECT coalesce(sum(paid_socialised_e8), 0) {of})",
        "caused_notional": "SELECT sum(notional) FROM contagion WHERE run = RUN",
        "insurance_fund.min": "SELECT min(balance_e8) FROM (SELECT balance_e8 FROM fund WHERE run = RUN UNION"
                              " SELECT CAST(round(value * 1e8) AS INTEGER) FROM metric WHERE run = RUN AND"
                              " name = 'insurance_fund.start')",
        "insurance_fund.end": "SELECT coalesce((SELECT balance_e8 FROM fund WHERE run = RUN ORDER BY rowid DESC"
                              " LIMIT 1), (SELECT CAST(round(value * 1e8) AS INTEGER) FROM metric WHERE run = RUN"
                              " AND name = 'insurance_fund.start'))",
    }
    for name, query in rows.items():
        got = run.sql(query)
        same(f"{run.name}: {name} by SQL", float(got) if name == "caused_notional" else got, run(name))
    same(f"{run.name}: notional by minutes",
         run.sql("SELECT sum(long_notional_e8 + short_notional_e8) FROM minute WHERE run = RUN"),
         run("liquidated_notional.total"))
    same(f"{run.name}: orders by minutes", run.sql("SELECT sum(count) FROM minutes WHERE run = RUN"),
         run("liquidations"))
    same(f"{run.name}: orders by generation",
         sum(value for (name, _), value in run.metrics.items() if name.startswith("generation_counts.")),
         run("liquidations"))
    same(f"{run.name}: orders of contagions", run.sql("SELECT sum(count) FROM contagion WHERE run = RUN"),
         run.sql(f"SELECT count(*) {of} AND part = 0 AND parent IS NOT NULL"))
    same(f"{run.name}: accounts by cohort", run.sql("SELECT sum(liquidated) FROM cohort WHERE run = RUN"),
         run("accounts_liquidated"))


def adds_up(run):
    """docs/results.md, 'What was lost, and who paid'."""
    lost = run("bad_debt") + run("inventory.unborne")
    same(f"{run.name}: who paid", run("insurance_fund.paid") + run("socialised_loss") + run("unpaid"), lost)
    same(f"{run.name}: the fund", run("insurance_fund.start") + run("insurance_fund.changed")
         + run("insurance_fund.received") + run("inventory.result") + run("inventory.unborne")
         - run("insurance_fund.paid"), run("insurance_fund.end"))
    same(f"{run.name}: longs and shorts", run("liquidated_notional.long") + run("liquidated_notional.short"),
         run("liquidated_notional.total"))
    parts = sum(value for (name, of), value in run.metrics.items() if name == "liquidated_notional.by_instrument")
    same(f"{run.name}: by instrument", parts, run("liquidated_notional.total"))
    same(f"{run.name}: residual", run("ledger_residual"), 0)


def json_has_it(run):
    for (name, instrument), want in run.metrics.items():
        steps = name.split(".")
        place = run.json
        both = instrument and (name, "") in run.metrics
        if name.startswith("beyond_depth."):
            steps = ["beyond_depth" if name.endswith("notional") else "beyond_depth_quantity"]
        if name.startswith("price."):
            steps.insert(1, instrument)
        elif both:
            steps[-1] += "_by_instrument"
        if instrument and not name.startswith("price."):
            steps.append(instrument)
        for step in steps:
            place = place[int(step) if isinstance(place, list) else step]
        if want is None:
            assert place is None or isinstance(place, str), (name, place)
        else:
            same(f"{run.name}: {name} {instrument} in JSON", place, want)
    for row in run.json["contracts"]:
        same(f"{run.name}: {row['instrument']} in JSON", float(row["long"] + row["short"]),
             float(run("liquidated_notional.by_instrument", row["instrument"])))


def terminal_has_it(run):
    text = run.text
    orders = f"{int(run('liquidations')):,}"
    accounts = f"{int(run('accounts_liquidated')):,}"
    want = [f"{money(run('liquidated_notional.total'))} of notional by {orders} forced orders, of {accounts} accounts",
            f"Longs, sold: {money(run('liquidated_notional.long'))} (",
            f"shorts, bought back: {money(run('liquidated_notional.short'))} (",
            f"Insurance fund: {money(run('insurance_fund.start'))} at the start,"
            f" {money(run('insurance_fund.min'))} at its lowest, {money(run('insurance_fund.end'))} at the end"]
    debt, unborne = run("bad_debt"), run("inventory.unborne")
    want.append(f"(bad debt): {money(debt)}." if debt > 0 else "No account left a debt.")
    if unborne > 0:
        want.append(f"the insurance fund lost more than it had on positions that it took over: {money(unborne)}")
    bearers = [(who, run(name)) for who, name in (("the insurance fund", "insurance_fund.paid"),
               ("other accounts", "socialised_loss"), ("nobody", "unpaid")) if run(name) > 0]
    if len(bearers) > 1:
        want.append(f"Of this {money(debt + unborne)} {bearers[0][0]} paid {money(bearers[0][1])}")
        want += [f"{who} {money(paid)}" for who, paid in bearers[1:]]
    elif bearers:
        want.append("Nobody paid it." if bearers[0][0] == "nobody" else f"All of it was paid by {bearers[0][0]}.")
    if run("adl.notional") > 0:
        want.append(f"Auto-deleveraged: {money(run('adl.notional'))} of notional, {int(run('adl.accounts')):,} accounts,"
                    f" who {'gained' if run('adl.forgone') < 0 else 'gave up'} {money(abs(run('adl.forgone')))}")
    if run("insurance_fund.paid") > 0:
        want.append(f"it paid {money(run('insurance_fund.paid'))} of bad debt")
    if run("insurance_fund.received") > 0:
        want.append(f"orders brought it {money(run('insurance_fund.received'))}")
    for row in run.json["contracts"]:
        if row["orders"] > 0:
            want.append(f"{row['instrument']} {money(row['long'])} {money(row['short'])} {row['orders']:,} ")
    global checks
    for part in want:
        checks += 1
        assert part in text, f"{run.name}: the terminal does not say '{part}':\n{text}"
    if unborne == 0 and debt == 0:
        assert "paid by nobody" not in text and "Nobody paid" not in text


def page_has_it(run):
    own = {(row["name"], row["instrument"]): row for row in run.page["metrics"] if "bound" not in row}
    same(f"{run.name}: figures of the page", set(own), set(run.metrics))
    for key, want in run.metrics.items():
        if want is not None:
            same(f"{run.name}: {key} in the page", own[key]["value"], want)
    for part in ("contracts", "cohorts", "contagion"):
        same(f"{run.name}: {part} of the page", run.page[part], run.json[part])
    cascade = db.execute("SELECT sum(part = 0), total(iif(adl, 0, notional_e8)) / 1e8 FROM liquidation WHERE run = ?"
                         " GROUP BY cascade ORDER BY 2 DESC, cascade LIMIT 1", (run.id,)).fetchone()
    same(f"{run.name}: orders of the largest cascade", run.page["cascade"]["orders"], cascade[0])
    same(f"{run.name}: notional of the largest cascade",
         float(run.page["cascade"]["long"] + run.page["cascade"]["short"]), cascade[1])
    sizes = run.page["cascade_sizes"]
    same(f"{run.name}: orders of all cascades", sum(size * number for size, number, _ in sizes), run("liquidations"))
    same(f"{run.name}: notional of all cascades", float(sum(notional for _, _, notional in sizes)),
         float(run("liquidated_notional.total")))
    same(f"{run.name}: orders over time", sum(row[3] for row in run.page["flow_all"]), run("liquidations"))
    same(f"{run.name}: debt over time", float(sum(sum(row[1:]) for row in run.page["losses"])), float(run("bad_debt")))


def compare_has_it(runs):
    ids = [run.id for run in runs]
    answer = json.loads(say("compare", *ids, "--json"), parse_float=Decimal)
    if PAGE:
        say("compare", *ids, "--html", "compare.html")
        same("the page of several runs", page_data("compare.html")["comparison"], answer)
    names = {row["name"] for row in answer["figures"]}
    assert {"liquidations", "bad_debt", "unpaid", "adl.forgone", "inventory.unborne", "insurance_fund.paid"} <= names
    for row in answer["figures"]:
        for run, value in zip(runs, row["values"]):
            if row["name"] == "cohort.result":
                want = run.sql("SELECT equity_end - equity_start FROM cohorts WHERE run = RUN AND cohort ="
                               f" '{row['cohort']}'")
            else:
                want = run.metrics.get((row["name"], row.get("instrument", "")))
            if want is None:
                assert value is None or row["unit"] == "UTC", row
            else:
                same(f"{run.name}: {row['name']} in compare", value, want)


def cases_are_there(runs):
    """Else the test would hold of nothing."""
    of = {run.name: run for run in runs}
    assert of["small fund"]("insurance_fund.received") > 0
    assert of["deleveraged"]("adl.notional") > 0 and of["deleveraged"]("adl.forgone") != 0
    assert of["taken over"]("bad_debt") == 0 and of["taken over"]("unpaid") > 0
    assert "No account left a debt. But the insurance fund lost more" in of["taken over"].text
    assert of["all of it"]("inventory.unborne") > 0 and of["all of it"]("bad_debt") > 0
    assert of["socialised"]("socialised_loss") > 0 and of["spread"]("socialised_loss") > 0
    assert of["funds"]("insurance_fund.changed") == -400000 and of["funds"]("insurance_fund.paid") > 0
    parts = of["deleveraged"].sql("SELECT count(*) FROM liquidation WHERE run = RUN")
    assert parts > of["deleveraged"]("liquidations"), "no order was divided"


with tempfile.TemporaryDirectory(prefix="crossfall-figures.") as scratch:
    os.chdir(scratch)
    os.environ["CROSSFALL_DATA"] = os.path.join(scratch, "day.db")
    say("run", "may-2021", "--json", "--progress=never", "--set", "population.accounts=2000")
    db = sqlite3.connect("runs.db")
    PAGE = subprocess.run([crossfall, "report", "last", "--html", "page.html"], stderr=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, check=False).returncode == 0
    if not PAGE:
        print("without the page: this build has none")
    every = [Run(name, sets) for name, sets in RUNS.items()]
    cases_are_there(every)
    for each in every:
        against_rows(each)
        adds_up(each)
        json_has_it(each)
        terminal_has_it(each)
        if PAGE:
            page_has_it(each)
    compare_has_it(every)
    db.close()
print(f"{checks} comparisons, all the same")
