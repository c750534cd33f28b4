#include "store/results/results_schema.h"

#include <stddef.h>

/* Money is stored once, as an exact integer in 1e-8 (`_e8`), and shown a second time as a plain
 * number by a virtual column, which takes no room. Prices and quantities depend on the grid of the
 * instrument, which a generated column cannot look up; so both forms are stored. */
#define SHOWN_MONEY(name) ", " name " REAL GENERATED ALWAYS AS (" name "_e8 / 1e8) VIRTUAL\n"
#define SHOWN_TIME                                                                                 \
    "ts TEXT GENERATED ALWAYS AS (strftime('%Y-%m-%dT%H:%M:%S', ts_ns / 1000000000, 'unixepoch')"  \
    " || CASE WHEN ts_ns % 1000000000 = 0 THEN 'Z'"                                                \
    " ELSE printf('.%09dZ', ts_ns % 1000000000) END) VIRTUAL -- UTC\n"

#define SHOWN_SIDE                                                                                 \
    "side TEXT GENERATED ALWAYS AS"                                                                \
    " (CASE WHEN quantity_lots > 0 THEN 'long' ELSE 'short' END) VIRTUAL -- of the position\n"
#define SHOWN_PAYER                                                                                \
    "paid_by TEXT GENERATED ALWAYS AS (CASE WHEN loss_e8 = 0 THEN 'account' ELSE substr("          \
    "CASE WHEN paid_fund_e8 > 0 THEN '+insurance_fund' ELSE '' END"                                \
    " || CASE WHEN paid_adl_e8 > 0 THEN '+adl' ELSE '' END"                                        \
    " || CASE WHEN paid_socialised_e8 > 0 THEN '+socialised' ELSE '' END"                          \
    " || CASE WHEN unpaid_e8 > 0 THEN '+unpaid' ELSE '' END, 2) END) VIRTUAL"

const struct results_table results_tables[] = {
    {"run",
     "id TEXT PRIMARY KEY -- 12 hex digits of the hash of inputs, settings, seed and "
     "version\n"
     ", ordinal INTEGER NOT NULL UNIQUE -- rises with every request; the greatest is "
     "`last`\n"
     ", scenario TEXT NOT NULL\n"
     ", title TEXT NOT NULL\n"
     ", seed INTEGER NOT NULL\n"
     ", version TEXT NOT NULL -- of crossfall\n"
     ", fingerprint TEXT NOT NULL -- hash over all integer results\n"
     ", created_at TEXT NOT NULL -- wall clock, UTC\n"
     ", elapsed_s REAL NOT NULL -- wall clock\n"
     ", from_ns INTEGER NOT NULL -- first tick\n"
     ", to_ns INTEGER NOT NULL -- last tick\n"
     ", asset TEXT NOT NULL -- of all money\n",
     "STRICT, WITHOUT ROWID"},
    {"content",
     "sha256 TEXT PRIMARY KEY\n"
     ", bytes BLOB NOT NULL -- of inputs, once however many runs used them\n",
     "STRICT"},
    {"input",
     "run TEXT NOT NULL\n"
     ", number INTEGER NOT NULL\n"
     ", role TEXT NOT NULL -- scenario, rulebook, accounts, ticks, ...\n"
     ", name TEXT NOT NULL -- file or series\n"
     ", sha256 TEXT NOT NULL -- of its bytes, in `content` where they are kept;\n"
     " -- ticks: a hash over the blocks that were read\n"
     ", size INTEGER NOT NULL -- bytes; ticks: rows\n"
     ", note TEXT NOT NULL -- what it is and where it comes from\n"
     ", PRIMARY KEY (run, number)\n",
     "STRICT, WITHOUT ROWID"},
    {"setting",
     "run TEXT NOT NULL\n"
     ", key TEXT NOT NULL -- dotted, as --set takes it\n"
     ", value TEXT NOT NULL\n"
     ", origin TEXT NOT NULL -- scenario: as effective; set: by --set;\n"
     " -- data: left to the data and found there; guess: nobody published it\n"
     ", low REAL -- the range a guess stands for\n"
     ", high REAL\n"
     ", note TEXT NOT NULL -- why this value\n"
     ", PRIMARY KEY (run, key)\n",
     "STRICT, WITHOUT ROWID"},
    {"note",
     "run TEXT NOT NULL\n"
     ", number INTEGER NOT NULL\n"
     ", kind TEXT NOT NULL -- note, source, caveat\n"
     ", text TEXT NOT NULL\n"
     ", PRIMARY KEY (run, number)\n",
     "STRICT, WITHOUT ROWID"},
    {"instrument",
     "run TEXT NOT NULL\n"
     ", number INTEGER NOT NULL -- the order that breaks ties\n"
     ", instrument TEXT NOT NULL\n"
     ", kind TEXT NOT NULL -- linear, inverse, quanto, spot\n"
     ", price_tick REAL NOT NULL -- one price_ticks\n"
     ", lot REAL NOT NULL -- one quantity_lots\n"
     ", contract_size REAL NOT NULL\n"
     ", price_tick_exact TEXT NOT NULL\n"
     ", lot_exact TEXT NOT NULL\n"
     ", contract_size_exact TEXT NOT NULL\n"
     ", impact TEXT NOT NULL -- model and its parameters\n"
     ", PRIMARY KEY (run, number)\n",
     "STRICT, WITHOUT ROWID"},
    {"minute",
     "run TEXT NOT NULL\n"
     ", ts_ns INTEGER NOT NULL -- start of the minute; prices are its last\n"
     ", instrument TEXT NOT NULL\n"
     ", recorded REAL\n"
     ", without_feedback REAL\n"
     ", simulated REAL\n"
     ", mark REAL -- what accounts were judged at\n"
     ", recorded_ticks INTEGER\n"
     ", without_feedback_ticks INTEGER\n"
     ", simulated_ticks INTEGER\n"
     ", mark_ticks INTEGER\n"
     ", long_notional_e8 INTEGER NOT NULL -- longs liquidated\n"
     ", short_notional_e8 INTEGER NOT NULL -- shorts liquidated\n"
     ", count INTEGER NOT NULL -- forced orders\n"
     ", branching REAL -- local branching ratio\n"
     ", depth REAL -- notional that moves the price by 1 %\n"
     ", " SHOWN_TIME SHOWN_MONEY("long_notional")
         SHOWN_MONEY("short_notional") ", PRIMARY KEY (run, ts_ns, instrument)\n",
     "STRICT, WITHOUT ROWID"},
    {"liquidation",
     "run TEXT NOT NULL\n"
     ", ts_ns INTEGER NOT NULL\n"
     ", cascade INTEGER NOT NULL\n"
     ", wave INTEGER NOT NULL -- from 1 within its instant\n"
     ", node INTEGER NOT NULL -- (instant, wave, instrument, side)\n"
     ", parent INTEGER -- the node that caused it; NULL: a root\n"
     ", generation INTEGER NOT NULL -- 0: a root\n"
     ", account TEXT NOT NULL\n"
     ", instrument TEXT NOT NULL\n"
     ", quantity REAL NOT NULL -- > 0: a long, closed by selling\n"
     ", price REAL NOT NULL -- fill\n"
     ", bankruptcy_price REAL -- NULL: no price leaves equity 0\n"
     ", quantity_lots INTEGER NOT NULL\n"
     ", price_ticks INTEGER NOT NULL\n"
     ", bankruptcy_price_ticks INTEGER\n"
     ", notional_e8 INTEGER NOT NULL -- |quantity| x price\n"
     ", realised_pnl_e8 INTEGER NOT NULL -- before the fee\n"
     ", fee_e8 INTEGER NOT NULL\n"
     ", loss_e8 INTEGER NOT NULL -- past bankruptcy, >= 0\n"
     ", paid_fund_e8 INTEGER NOT NULL -- of the loss, by the insurance fund\n"
     ", paid_adl_e8 INTEGER NOT NULL -- by auto-deleveraged counterparties\n"
     ", paid_socialised_e8 INTEGER NOT NULL -- by accounts in profit\n"
     ", unpaid_e8 INTEGER NOT NULL -- by nobody\n"
     ", at_first_assessment INTEGER NOT NULL -- 1: in breach when first looked at\n"
     ", adl INTEGER NOT NULL -- 1: closed against counterparties, moved no price\n"
     ", taken_over INTEGER NOT NULL -- 1: by the insurance fund or the backstop vault; "
     "moved no price yet\n"
     ", part INTEGER NOT NULL -- 0: first row of its order; further ones of a divided "
     "order\n"
     ", through TEXT -- instrument by whose price the parent caused it; NULL: a root\n"
     ", caused_share_e8 INTEGER NOT NULL -- share of forced flow in the slack that prices\n"
     " -- have cost the account since the start; beside the parent rule\n"
     ", erroneous INTEGER NOT NULL -- 1: not in breach at the true mark price\n"
     ", " SHOWN_TIME ", " SHOWN_SIDE SHOWN_MONEY("notional") SHOWN_MONEY("realised_pnl")
         SHOWN_MONEY("fee") SHOWN_MONEY("loss") SHOWN_MONEY("paid_fund") SHOWN_MONEY("paid_adl")
             SHOWN_MONEY("paid_socialised") SHOWN_MONEY("unpaid")
                 SHOWN_MONEY("caused_share") ", " SHOWN_PAYER "\n",
     "STRICT"},
    {"account",
     "run TEXT NOT NULL\n"
     ", account TEXT NOT NULL\n"
     ", cohort TEXT NOT NULL\n"
     ", equity_start_e8 INTEGER NOT NULL -- at the first price of each of its instruments\n"
     ", equity_end_e8 INTEGER NOT NULL\n"
     ", socialised_e8 INTEGER NOT NULL -- of others' losses, taken from it\n"
     ", liquidations INTEGER NOT NULL -- forced orders\n"
     ", outcome TEXT NOT NULL -- untouched, reduced, liquidated, bankrupt, "
     "deleveraged\n" SHOWN_MONEY("equity_start") SHOWN_MONEY("equity_end")
         SHOWN_MONEY("socialised"),
     "STRICT"},
    {"cohort",
     "run TEXT NOT NULL\n"
     ", cohort TEXT NOT NULL\n"
     ", accounts INTEGER NOT NULL\n"
     ", liquidated INTEGER NOT NULL -- accounts with at least one forced order\n"
     ", bankrupt INTEGER NOT NULL\n"
     ", equity_start REAL NOT NULL\n"
     ", equity_end REAL NOT NULL\n"
     ", PRIMARY KEY (run, cohort)\n",
     "STRICT, WITHOUT ROWID"},
    {"fund",
     "run TEXT NOT NULL\n"
     ", ts_ns INTEGER NOT NULL -- of the instant that changed it\n"
     ", balance_e8 INTEGER NOT NULL\n"
     ", " SHOWN_TIME SHOWN_MONEY("balance"),
     "STRICT"},
    {"density",
     "run TEXT NOT NULL\n"
     ", ts_ns INTEGER NOT NULL -- of the look at the accounts\n"
     ", instrument TEXT NOT NULL\n"
     ", price_low_ticks INTEGER NOT NULL -- if the price comes to between here ...\n"
     ", price_high_ticks INTEGER NOT NULL -- ... and here (bins of equal log-width), ...\n"
     ", long_notional_e8 INTEGER NOT NULL -- ... so much of longs is liquidated ...\n"
     ", short_notional_e8 INTEGER NOT NULL -- ... and of shorts\n"
     ", " SHOWN_TIME SHOWN_MONEY("long_notional")
         SHOWN_MONEY("short_notional") ", PRIMARY KEY (run, instrument, ts_ns, price_low_ticks)\n",
     "STRICT, WITHOUT ROWID"},
    {"adl",
     "run TEXT NOT NULL\n"
     ", ts_ns INTEGER NOT NULL\n"
     ", wave INTEGER NOT NULL\n"
     ", account TEXT NOT NULL -- the counterparty\n"
     ", instrument TEXT NOT NULL\n"
     ", quantity REAL NOT NULL -- signed as its position was\n"
     ", price REAL NOT NULL\n"
     ", quantity_lots INTEGER NOT NULL\n"
     ", price_ticks INTEGER NOT NULL\n"
     ", forgone_e8 INTEGER NOT NULL -- profit forgone against the mark price\n"
     ", " SHOWN_TIME SHOWN_MONEY("forgone"),
     "STRICT"},
    {"contagion",
     "run TEXT NOT NULL\n"
     ", cause TEXT NOT NULL -- instrument whose forced orders caused ...\n"
     ", effect TEXT NOT NULL -- ... forced orders in this one\n"
     ", count INTEGER NOT NULL\n"
     ", notional REAL NOT NULL -- of it, where cause and effect differ, ...\n"
     ", shared_collateral REAL NOT NULL -- ... the cause's own price hurt who held both\n"
     ", cross_impact REAL NOT NULL -- ... the cause had moved the price of another\n"
     ", multiplier REAL -- log fall of effect over a log fall of cause from outside, at "
     "the\n"
     " -- minute of the largest branching ratio; NULL: not measured, or the ratio was >= "
     "1\n"
     ", multiplier_shared_collateral REAL -- the same without cross-impact\n"
     ", multiplier_cross_impact REAL -- the rest\n"
     ", PRIMARY KEY (run, cause, effect)\n",
     "STRICT, WITHOUT ROWID"},
    {"metric",
     "run TEXT NOT NULL\n"
     ", name TEXT NOT NULL -- as in `run --json`, dotted\n"
     ", instrument TEXT NOT NULL -- empty: of the whole run\n"
     ", value REAL -- NULL: not known\n"
     ", low REAL -- of a range; NULL: none given\n"
     ", high REAL\n"
     ", unit TEXT NOT NULL\n"
     ", exact TEXT NOT NULL -- all digits of the value, or a time; empty where there is no "
     "more\n"
     ", PRIMARY KEY (run, name, instrument)\n",
     "STRICT, WITHOUT ROWID"},
    {NULL, NULL, NULL},
};

const char *const results_views[] = {
    "CREATE VIEW runs AS SELECT id AS run, scenario, title, seed, version, fingerprint,"
    " created_at, elapsed_s,"
    " strftime('%Y-%m-%dT%H:%M:%SZ', from_ns / 1000000000, 'unixepoch') AS first_tick,"
    " strftime('%Y-%m-%dT%H:%M:%SZ', to_ns / 1000000000, 'unixepoch') AS last_tick, asset"
    " FROM run ORDER BY ordinal",
    "CREATE VIEW inputs AS SELECT run, role, name, sha256, size, note FROM input",
    "CREATE VIEW settings AS SELECT run, key, value, origin, low, high, note FROM setting",
    "CREATE VIEW instruments AS SELECT run, instrument, kind, price_tick, lot, contract_size,"
    " impact FROM instrument",
    "CREATE VIEW minutes AS SELECT run, ts, instrument, recorded, without_feedback, simulated, "
    "mark,"
    " long_notional, short_notional, count, branching, depth FROM minute",
    "CREATE VIEW liquidations AS SELECT run, ts, cascade, wave, node, parent, generation, account,"
    " instrument, side, quantity, price, bankruptcy_price, notional, realised_pnl, fee, loss,"
    " paid_by, paid_fund, paid_adl, paid_socialised, unpaid, at_first_assessment, adl, taken_over, "
    "part,"
    " erroneous, through, caused_share FROM liquidation",
    "CREATE VIEW accounts AS SELECT run, account, cohort, equity_start, equity_end,"
    " equity_end - equity_start AS result, socialised, liquidations, outcome FROM account",
    "CREATE VIEW cohorts AS SELECT run, cohort, accounts, liquidated, bankrupt, equity_start,"
    " equity_end, equity_end - equity_start AS result FROM cohort",
    "CREATE VIEW fund_path AS SELECT run, ts, balance FROM fund",
    "CREATE VIEW deleveragings AS SELECT run, ts, wave, account, instrument, quantity, price,"
    " forgone FROM adl",
    "CREATE VIEW contagions AS SELECT run, cause, effect, count, notional, shared_collateral,"
    " cross_impact, multiplier, multiplier_shared_collateral, multiplier_cross_impact"
    " FROM contagion",
    "CREATE VIEW metrics AS SELECT run, name, instrument, value, low, high, unit, exact"
    " FROM metric",
    NULL,
};
