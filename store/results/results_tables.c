#include "store/results/results_schema.h"

#define END                                                                                        \
    { NULL, COLUMN_TEXT, 0, NULL, NULL, NULL }
#define RUN                                                                                        \
    { "run", COLUMN_TEXT, 0, "", "the run's id", NULL }

#define SECONDS(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column " / 1000000000, 'unixepoch')"

static const struct results_column run[] = {
    {"id", COLUMN_TEXT, COLUMN_HIDDEN, "",
     "12 hex digits of the hash of inputs, settings, seed and version", NULL},
    {"run", COLUMN_DERIVED, 0, "", "the run's id, `id` in the table", "id"},
    {"ordinal", COLUMN_INTEGER, COLUMN_HIDDEN | COLUMN_UNIQUE | COLUMN_OWN, "",
     "rises with every request; the greatest is `last`", NULL},
    {"scenario", COLUMN_TEXT, 0, "", "its name", NULL},
    {"title", COLUMN_TEXT, 0, "", "of the scenario, for people", NULL},
    {"seed", COLUMN_INTEGER, 0, "", "of the accounts that were drawn", NULL},
    {"version", COLUMN_TEXT, COLUMN_OWN, "", "of crossfall", NULL},
    {"fingerprint", COLUMN_TEXT, 0, "",
     "hash over all integer results: equal for runs that found the same", NULL},
    {"created_at", COLUMN_TEXT, COLUMN_OWN, "UTC", "by the clock of the computer", NULL},
    {"elapsed_s", COLUMN_REAL, COLUMN_OWN, "s", "by the clock of the computer", NULL},
    {"from_ns", COLUMN_INTEGER, COLUMN_HIDDEN, "ns", "first tick, since 1970", NULL},
    {"to_ns", COLUMN_INTEGER, COLUMN_HIDDEN, "ns", "last tick, since 1970", NULL},
    {"first_tick", COLUMN_DERIVED, 0, "UTC", "`from_ns` as text", SECONDS("from_ns")},
    {"last_tick", COLUMN_DERIVED, 0, "UTC", "`to_ns` as text", SECONDS("to_ns")},
    {"asset", COLUMN_TEXT, 0, "", "what all money is in: USDT", NULL},
    END,
};

static const struct results_column content[] = {
    {"sha256", COLUMN_TEXT, 0, "", "of the bytes", NULL},
    {"bytes", COLUMN_BLOB, 0, "", "of an input, once however many runs used it", NULL},
    END,
};

static const struct results_column input[] = {
    RUN,
    {"number", COLUMN_INTEGER, COLUMN_HIDDEN | COLUMN_TELLING, "", "from 0, in the run's order",
     NULL},
    {"role", COLUMN_TEXT, COLUMN_TELLING, "",
     "effective scenario, scenario, rulebook, accounts, ticks, ...", NULL},
    {"name", COLUMN_TEXT, COLUMN_TELLING, "", "of the file, or the instrument of a series", NULL},
    {"sha256", COLUMN_TEXT, 0, "",
     "of its bytes, in `content` where they are kept; of a series: a hash over what was read",
     NULL},
    {"size", COLUMN_INTEGER, 0, "", "bytes; of a series: rows", NULL},
    {"note", COLUMN_TEXT, 0, "", "what it is and where it comes from", NULL},
    END,
};

static const struct results_column setting[] = {
    RUN,
    {"key", COLUMN_TEXT, COLUMN_TELLING, "",
     "dotted, as `--set` takes it; of a rulebook's file behind `rulebook.`", NULL},
    {"value", COLUMN_TEXT, 0, "", "as the scenario would have it", NULL},
    {"origin", COLUMN_TEXT, 0, "",
     "scenario: as effective; set: by `--set`; data: left to the data and found there; guess: "
     "nobody published it; rulebook: of the rulebook's file",
     NULL},
    {"low", COLUMN_REAL, COLUMN_NULLABLE, "", "what a guess stands between", NULL},
    {"high", COLUMN_REAL, COLUMN_NULLABLE, "", "the other end", NULL},
    {"note", COLUMN_TEXT, 0, "", "why this value", NULL},
    END,
};

static const struct results_column note[] = {
    RUN,
    {"number", COLUMN_INTEGER, COLUMN_TELLING, "", "from 0", NULL},
    {"kind", COLUMN_TEXT, 0, "", "note, source, caveat", NULL},
    {"text", COLUMN_TEXT, 0, "", "as the scenario has it", NULL},
    END,
};

static const struct results_column instrument[] = {
    RUN,
    {"number", COLUMN_INTEGER, COLUMN_HIDDEN | COLUMN_TELLING, "",
     "from 0, in the order that breaks ties", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "symbol", NULL},
    {"kind", COLUMN_TEXT, 0, "", "linear, inverse, quanto, spot", NULL},
    {"price_tick", COLUMN_DECIMAL, 0, "quote", "what prices count in: one of `_ticks`", NULL},
    {"lot", COLUMN_DECIMAL, 0, "base", "what quantities count in: one of `_lots`", NULL},
    {"contract_size", COLUMN_DECIMAL, 0, "", "of one contract", NULL},
    {"impact", COLUMN_TEXT, 0, "", "model and its parameters, for people", NULL},
    END,
};

static const struct results_column minute[] = {
    RUN,
    {"ts", COLUMN_TIME, COLUMN_TELLING, "UTC", "start of the minute; prices are its last", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "symbol", NULL},
    {"recorded", COLUMN_PRICE, COLUMN_NULLABLE, "quote", "as the data have it", NULL},
    {"without_feedback", COLUMN_PRICE, COLUMN_NULLABLE, "quote",
     "without the push of forced orders", NULL},
    {"simulated", COLUMN_PRICE, COLUMN_NULLABLE, "quote",
     "with the push of the simulated forced orders", NULL},
    {"mark", COLUMN_PRICE, COLUMN_NULLABLE, "quote",
     "what accounts were judged at, on the simulated path; NULL: not known yet", NULL},
    {"long_notional", COLUMN_SCALED, 0, "asset",
     "of longs liquidated, by market or taken over, at the prices of their orders", NULL},
    {"short_notional", COLUMN_SCALED, 0, "asset", "of shorts likewise", NULL},
    {"count", COLUMN_INTEGER, 0, "count", "forced orders, a divided one once", NULL},
    {"branching", COLUMN_REAL, COLUMN_NULLABLE, "1", "local branching ratio", NULL},
    {"depth", COLUMN_REAL, COLUMN_NULLABLE, "asset", "notional that moves the price by 1 %", NULL},
    END,
};

static const struct results_column liquidation[] = {
    RUN,
    {"ts", COLUMN_TIME, COLUMN_TELLING, "UTC", "of the instant", NULL},
    {"cascade", COLUMN_INTEGER, 0, "", "the tree of orders it belongs to", NULL},
    {"wave", COLUMN_INTEGER, COLUMN_TELLING, "", "from 1 within its instant", NULL},
    {"node", COLUMN_INTEGER, 0, "", "number of its (instant, wave, instrument, side)", NULL},
    {"parent", COLUMN_INTEGER, COLUMN_NULLABLE, "",
     "the node without which it would not have been; NULL: a root", NULL},
    {"generation", COLUMN_INTEGER, 0, "", "links from a root, which is 0", NULL},
    {"account", COLUMN_TEXT, COLUMN_TELLING, "", "its id", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "symbol", NULL},
    {"side", COLUMN_GENERATED, 0, "", "of the position: long (closed by selling), short",
     "CASE WHEN quantity_lots > 0 THEN 'long' ELSE 'short' END"},
    {"quantity", COLUMN_QUANTITY, 0, "base", "signed as the position was: above 0 a long", NULL},
    {"price", COLUMN_PRICE, 0, "quote", "of the fill; of a take-over or ADL the bankruptcy price",
     NULL},
    {"bankruptcy_price", COLUMN_PRICE, COLUMN_NULLABLE, "quote",
     "where closing leaves equity 0; NULL: no price does", NULL},
    {"notional", COLUMN_SCALED, 0, "asset", "|quantity| x price", NULL},
    {"realised_pnl", COLUMN_SCALED, 0, "asset", "before the fee", NULL},
    {"fee", COLUMN_SCALED, 0, "asset", "of the liquidation, paid by the account", NULL},
    {"loss", COLUMN_SCALED, 0, "asset",
     "bad debt: what the account was short of when its last position was closed", NULL},
    {"paid_by", COLUMN_GENERATED, 0, "",
     "who bore what is past bankruptcy: account (nothing was), insurance_fund, adl, socialised, "
     "unpaid, or several with +",
     "coalesce(nullif(substr("
     "CASE WHEN paid_fund_e8 > 0 THEN '+insurance_fund' ELSE '' END"
     " || CASE WHEN paid_adl_e8 > 0 THEN '+adl' ELSE '' END"
     " || CASE WHEN paid_socialised_e8 > 0 THEN '+socialised' ELSE '' END"
     " || CASE WHEN unpaid_e8 > 0 THEN '+unpaid' ELSE '' END, 2), ''), 'account')"},
    {"paid_fund", COLUMN_SCALED, 0, "asset", "of the loss, by the insurance fund", NULL},
    {"paid_adl", COLUMN_SCALED, 0, "asset",
     "beside the loss: profit that auto-deleveraged counterparties gave up", NULL},
    {"paid_socialised", COLUMN_SCALED, 0, "asset",
     "of the loss, spread at once over open positions", NULL},
    {"unpaid", COLUMN_SCALED, 0, "asset",
     "of the loss, what was left open then; profits may pay it at the session's close", NULL},
    {"at_first_assessment", COLUMN_INTEGER, 0, "", "1: in breach when first looked at", NULL},
    {"adl", COLUMN_INTEGER, 0, "", "1: closed against counterparties, moved no price", NULL},
    {"taken_over", COLUMN_INTEGER, 0, "",
     "1: by the insurance fund or the backstop vault, moved no price yet", NULL},
    {"part", COLUMN_INTEGER, 0, "",
     "0: first row of its order; a divided order has further ones. Orders are rows with 0", NULL},
    {"erroneous", COLUMN_INTEGER, 0, "", "1: not in breach at the true mark price", NULL},
    {"through", COLUMN_TEXT, COLUMN_NULLABLE, "",
     "the instrument by whose price the parent hurt the account; NULL: a root", NULL},
    {"caused_share", COLUMN_SCALED, 0, "1",
     "share of forced orders in the slack that prices cost the account since the start; beside the "
     "parent rule",
     NULL},
    END,
};

static const struct results_column account[] = {
    RUN,
    {"account", COLUMN_TEXT, COLUMN_TELLING, "", "its id", NULL},
    {"cohort", COLUMN_TEXT, COLUMN_TELLING, "", "empty: none", NULL},
    {"equity_start", COLUMN_SCALED, 0, "asset", "at the first price of each of its instruments",
     NULL},
    {"equity_end", COLUMN_SCALED, 0, "asset", "at the last mark prices", NULL},
    {"result", COLUMN_DERIVED_SCALED, 0, "asset", "equity at the end less that at the start",
     "equity_end_e8 - equity_start_e8"},
    {"socialised", COLUMN_SCALED, 0, "asset", "taken from it for the losses of others", NULL},
    {"liquidations", COLUMN_INTEGER, 0, "count", "forced orders, a divided one once", NULL},
    {"outcome", COLUMN_TEXT, 0, "",
     "untouched, reduced (positions left), liquidated, bankrupt (left a debt), deleveraged", NULL},
    END,
};

static const struct results_column cohort[] = {
    RUN,
    {"cohort", COLUMN_TEXT, COLUMN_TELLING, "", "empty: none", NULL},
    {"accounts", COLUMN_INTEGER, 0, "count", "in it", NULL},
    {"liquidated", COLUMN_INTEGER, 0, "count", "accounts with at least one forced order", NULL},
    {"bankrupt", COLUMN_INTEGER, 0, "count", "accounts that left a debt", NULL},
    {"equity_start", COLUMN_REAL, 0, "asset", "sum", NULL},
    {"equity_end", COLUMN_REAL, 0, "asset", "sum", NULL},
    {"result", COLUMN_DERIVED, 0, "asset", "equity at the end less that at the start",
     "equity_end - equity_start"},
    END,
};

static const struct results_column fund[] = {
    RUN,
    {"ts", COLUMN_TIME, COLUMN_TELLING, "UTC", "of the instant that changed it", NULL},
    {"balance", COLUMN_SCALED, 0, "asset", "of all insurance funds together", NULL},
    END,
};

static const struct results_column density[] = {
    RUN,
    {"ts", COLUMN_TIME, COLUMN_TELLING, "UTC", "of the look at the accounts", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "symbol", NULL},
    {"price_low", COLUMN_TICKS, 0, "quote", "if the price comes to between here ...", NULL},
    {"price_high", COLUMN_TICKS, 0, "quote", "... and here (bins of equal log-width), ...", NULL},
    {"long_notional", COLUMN_SCALED, 0, "asset", "... so much of longs is liquidated ...", NULL},
    {"short_notional", COLUMN_SCALED, 0, "asset", "... and of shorts", NULL},
    END,
};

static const struct results_column adl[] = {
    RUN,
    {"ts", COLUMN_TIME, COLUMN_TELLING, "UTC", "of the instant", NULL},
    {"wave", COLUMN_INTEGER, COLUMN_TELLING, "", "from 1 within its instant", NULL},
    {"account", COLUMN_TEXT, COLUMN_TELLING, "", "the counterparty, who was in profit", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "symbol", NULL},
    {"quantity", COLUMN_QUANTITY, 0, "base", "signed as its position was", NULL},
    {"price", COLUMN_PRICE, 0, "quote", "the bankruptcy price of the order it was closed against",
     NULL},
    {"forgone", COLUMN_SCALED, 0, "asset",
     "profit against the mark price that it gave up; below 0: it gained", NULL},
    END,
};

static const struct results_column contagion[] = {
    RUN,
    {"cause", COLUMN_TEXT, COLUMN_TELLING, "", "instrument whose forced orders caused ...", NULL},
    {"effect", COLUMN_TEXT, COLUMN_TELLING, "", "... forced orders in this one", NULL},
    {"count", COLUMN_INTEGER, 0, "count", "of them", NULL},
    {"notional", COLUMN_REAL, 0, "asset", "of them. Of it, where cause and effect differ, ...",
     NULL},
    {"shared_collateral", COLUMN_REAL, 0, "asset",
     "... the cause's own price hurt accounts that held both", NULL},
    {"cross_impact", COLUMN_REAL, 0, "asset", "... the cause had moved the price of another", NULL},
    {"multiplier", COLUMN_REAL, COLUMN_NULLABLE, "1",
     "log fall of effect over a log fall of cause from outside, all that follows included, at the "
     "minute of the largest branching ratio; NULL: not measured, or the ratio was 1 or more",
     NULL},
    {"multiplier_shared_collateral", COLUMN_REAL, COLUMN_NULLABLE, "1",
     "the same without cross-impact", NULL},
    {"multiplier_cross_impact", COLUMN_REAL, COLUMN_NULLABLE, "1", "the rest", NULL},
    END,
};

#define VALUE_WITH_ALL_DIGITS                                                                      \
    "CASE WHEN exact <> '' AND value IS NOT NULL THEN exact ELSE value END"

static const struct results_column metric[] = {
    RUN,
    {"name", COLUMN_TEXT, COLUMN_TELLING, "", "of the list of metrics, dotted", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "empty: of the whole run", NULL},
    {"value", COLUMN_REAL, COLUMN_NULLABLE, "", "NULL: not known", VALUE_WITH_ALL_DIGITS},
    {"low", COLUMN_REAL, COLUMN_NULLABLE, "", "the least of the run and the runs of its range",
     NULL},
    {"high", COLUMN_REAL, COLUMN_NULLABLE, "", "the most", NULL},
    {"unit", COLUMN_TEXT, 0, "", "count, 1 (a ratio or a share), quote, base, UTC, an asset", NULL},
    {"exact", COLUMN_TEXT, 0, "", "all digits of the value, or a time; empty: there is no more",
     NULL},
    END,
};

static const struct results_column bound[] = {
    RUN,
    {"bound", COLUMN_TEXT, COLUMN_TELLING, "",
     "sqrt_lower, book_upper (impact models), bars_ohlc, bars_olhc (order within bars)", NULL},
    {"name", COLUMN_TEXT, COLUMN_TELLING, "", "of the list of metrics, dotted", NULL},
    {"instrument", COLUMN_TEXT, COLUMN_TELLING, "", "empty: of the whole run", NULL},
    {"value", COLUMN_REAL, COLUMN_NULLABLE, "", "NULL: not known", VALUE_WITH_ALL_DIGITS},
    {"unit", COLUMN_TEXT, 0, "", "as in `metrics`", NULL},
    {"exact", COLUMN_TEXT, 0, "", "as in `metrics`", NULL},
    END,
};

const struct results_table results_tables[] = {
    {"run", "runs", "one run", "id", "ordinal", false, run},
    {"content", NULL, "the bytes of an input", "sha256", NULL, true, content},
    {"input", "inputs", "a file or series that went in", "run, number", NULL, false, input},
    {"setting", "settings", "one key of the effective scenario", "run, key", NULL, false, setting},
    {"note", "notes", "what the scenario says of itself", "run, number", NULL, false, note},
    {"instrument", "instruments", "one instrument", "run, number", NULL, false, instrument},
    {"minute", "minutes", "one minute and instrument", "run, ts_ns, instrument", NULL, false,
     minute},
    {"liquidation", "liquidations",
     "one forced order: one position of one account in one wave, or one part of it", NULL, NULL,
     false, liquidation},
    {"account", "accounts", "one account", NULL, NULL, false, account},
    {"cohort", "cohorts", "the accounts of one cohort", "run, cohort", NULL, false, cohort},
    {"fund", "fund_path", "the insurance fund after an instant that changed it", NULL, NULL, false,
     fund},
    {"density", NULL, "what waits in one stripe of prices at one time",
     "run, instrument, ts_ns, price_low_ticks", NULL, false, density},
    {"adl", "deleveragings", "one auto-deleveraged position", NULL, NULL, false, adl},
    {"contagion", "contagions", "orders in `effect` whose parent was an order in `cause`",
     "run, cause, effect", NULL, false, contagion},
    {"metric", "metrics", "one figure of the run", "run, name, instrument", NULL, false, metric},
    {"bound", "bounds", "one figure of one run of the range (`run --range`)",
     "run, bound, name, instrument", NULL, false, bound},
    {NULL, NULL, NULL, NULL, NULL, false, NULL},
};
