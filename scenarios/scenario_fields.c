#include "scenarios/scenario_fields.h"

#include <stddef.h>

#include "scenarios/scenario.h"

const struct field scenario_sections[] = {
    {.key = "scenario", .kind = FIELD_NODE},   {.key = "market", .kind = FIELD_NODE},
    {.key = "venue", .kind = FIELD_NODE},      {.key = "accounts", .kind = FIELD_NODE},
    {.key = "population", .kind = FIELD_NODE}, {.key = "impact", .kind = FIELD_NODE},
    {.key = "feedback", .kind = FIELD_NODE},   {.key = "events", .kind = FIELD_NODE},
    {.key = "funding", .kind = FIELD_NODE},    FIELD_END,
};

/* ---- scenario ---- */

#define AT(member) offsetof(struct scenario, member)
const struct field scenario_head_fields[] = {
    {.key = "name",
     .kind = FIELD_TEXT,
     .offset = AT(name),
     .shown = "the file's name without its ending",
     .meaning = "how runs and reports call it"},
    {.key = "title",
     .kind = FIELD_TEXT,
     .offset = AT(title),
     .meaning = "the headline of the report"},
    {.key = "note",
     .kind = FIELD_TEXT,
     .offset = AT(note),
     .meaning = "what a reader should know first"},
    {.key = "source",
     .kind = FIELD_TEXT,
     .offset = AT(source),
     .meaning = "where data and figures come from"},
    {.key = "caveats",
     .kind = FIELD_NODE,
     .form = "list of text",
     .shown = "empty",
     .meaning = "what the answer does not rest on; printed with it"},
    {.key = "from",
     .kind = FIELD_TIME,
     .offset = AT(from_ns),
     .shown = "all of the data",
     .meaning = "first tick replayed"},
    {.key = "to",
     .kind = FIELD_TIME,
     .offset = AT(to_ns),
     .shown = "all of the data",
     .meaning = "ticks at or after it are not replayed"},
    FIELD_END,
};
#undef AT

/* ---- market ---- */

static const struct field_choice KINDS[] = {{"linear", CONTRACT_LINEAR},
                                            {"inverse", CONTRACT_INVERSE},
                                            {"quanto", CONTRACT_QUANTO},
                                            {"spot", CONTRACT_SPOT},
                                            {NULL, 0}};
static const struct field_choice MARKS[] = {
    {"last", MARK_LAST}, {"recorded", MARK_RECORDED}, {"rulebook", MARK_RULEBOOK}, {NULL, 0}};
static const struct field_choice BAR_PATHS[] = {{"nearest", BAR_PATH_NEAREST},
                                                {"ohlc", BAR_PATH_OHLC},
                                                {"olhc", BAR_PATH_OLHC},
                                                {"close", BAR_PATH_CLOSE},
                                                {NULL, 0}};

#define AT(member) offsetof(struct scenario_instrument, member)
const struct field scenario_instrument_fields[] = {
    {.key = "kind",
     .kind = FIELD_CHOICE,
     .offset = AT(kind),
     .choices = KINDS,
     .meaning = "[contract](model.md#contracts). `spot`: a price that values collateral; nobody "
                "holds positions in it"},
    {.key = "contract_size",
     .kind = FIELD_DECIMAL,
     .offset = AT(contract_size),
     .most = 1e9,
     .above = true,
     .fallback = "1",
     .unit = "base units a contract",
     .meaning =
         "what a unit of quantity stands for: linear, spot: base units; inverse: quote units (100 "
         "for a contract of 100 USD); quanto: units of the settlement asset a unit of price"},
    {.key = "price_tick",
     .kind = FIELD_DECIMAL,
     .offset = AT(price_tick),
     .most = 1e9,
     .above = true,
     .by_hand = true,
     .unit = "price, or auto",
     .form = "above 0, or `auto`",
     .shown = "`auto`",
     .meaning = "one price unit of the run; `auto`: the grid of the data. A recorded price off a "
                "given grid is an error that names it"},
    {.key = "lot",
     .kind = FIELD_DECIMAL,
     .offset = AT(lot),
     .most = 1e9,
     .above = true,
     .by_hand = true,
     .unit = "base units, or auto",
     .form = "above 0, or `auto`",
     .shown = "`auto`",
     .meaning = "one quantity unit of the run"},
    {.key = "settlement",
     .kind = FIELD_TEXT,
     .offset = AT(settlement),
     .shown = "inverse: the coin before USD in its symbol; else as the accounts",
     .meaning = "what the contract settles in. Another asset than that of the accounts: [it counts "
                "in what they hold of it](model.md#contracts-that-settle-in-a-coin)"},
    {.key = "mark",
     .kind = FIELD_CHOICE,
     .offset = AT(mark.source),
     .choices = MARKS,
     .meaning = "what margin is judged at: the instrument's own price; the mark price that the "
                "venue published (series `mark` of the data); or what the rulebook's "
                "[`mark`](rulebook-keys.md#mark) makes of price and index (series `index`). [The "
                "model](model.md#mark-price)"},
    {.key = "pass_through",
     .kind = FIELD_DOUBLE,
     .offset = AT(mark.pass_through),
     .most = 1,
     .fallback = "0.4",
     .unit = "of a displacement",
     .shown = "0.4, *guess* (0.2 to 0.6)",
     .meaning = "with `mark: recorded` or `rulebook`: the share of a displacement that the other "
                "venues of the index follow at once"},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct scenario, member)
const struct field scenario_market_fields[] = {
    {.key = "instruments",
     .kind = FIELD_NODE,
     .form = "list of symbols",
     .shown = "required, 1 to 1024",
     .meaning = "what is traded, in the order that breaks ties"},
    {.key = "bar_path",
     .kind = FIELD_CHOICE,
     .offset = AT(bar_path),
     .choices = BAR_PATHS,
     .meaning = "how a bar becomes ticks: [the model](model.md#where-the-design-left-a-choice)"},
    {.key = "instrument",
     .kind = FIELD_NODE,
     .form = "mapping of symbols",
     .shown = "see below",
     .meaning = "what an instrument is, see below"},
    {.key = "settlement",
     .kind = FIELD_TEXT,
     .offset = AT(settlement),
     .shown = "as the rulebook or the contracts say",
     .meaning = "the one asset that all accounts of the run settle in"},
    {.key = "shock",
     .kind = FIELD_RATE,
     .offset = FIELD_NOWHERE,
     .least = -1,
     .most = 100,
     .above = true,
     .by_hand = true,
     .unit = "-0.2: a fall by a fifth",
     .form = "mapping of symbols to above −1, to 100",
     .shown = "none",
     .meaning = "a move on top of the path: −0.2 is a fall by a fifth. It happens to the simulated "
                "side alone: history had none"},
    {.key = "shock_at",
     .kind = FIELD_TIME,
     .offset = AT(shock_at_ns),
     .shown = "right after every instrument has its first price",
     .meaning = "when. At the default, accounts stand as they are before it, and falls are "
                "measured from there"},
    {.key = "scale",
     .kind = FIELD_DOUBLE,
     .offset = FIELD_NOWHERE,
     .most = 100,
     .by_hand = true,
     .fallback = "1",
     .unit = "of the path's log moves",
     .form = "0 to 100, or a mapping by symbol",
     .meaning = "the path's log moves from its first price are stretched by it, on the simulated "
                "side alone; 0: a flat path"},
    FIELD_END,
};

/* ---- venue, accounts ---- */

const struct field scenario_venue_fields[] = {
    {.key = "rulebook",
     .kind = FIELD_NODE,
     .form = "bundled name or path",
     .shown = "required",
     .meaning = "[rulebook keys](rulebook-keys.md)"},
    {.key = "insurance_fund",
     .kind = FIELD_MONEY,
     .offset = AT(insurance_fund),
     .most = 92e9,
     .by_hand = true,
     .unit = "quote units",
     .form = "money, 0 to 92e9, or a marked guess",
     .meaning = "what the fund holds at the start"},
    {.key = "backstop",
     .kind = FIELD_MONEY,
     .offset = AT(backstop),
     .most = 92e9,
     .by_hand = true,
     .unit = "quote units",
     .form = "money, 0 to 92e9, or a marked guess",
     .meaning = "capital of the backstop vault, for the waterfall stage `backstop`"},
    {.key = "override",
     .kind = FIELD_NODE,
     .form = "mapping of rulebook keys",
     .shown = "empty",
     .meaning = "dotted or nested: `{liquidation.close: full}`"},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct scenario_accounts, member)
const struct field scenario_accounts_fields[] = {
    {.key = "file",
     .kind = FIELD_TEXT,
     .offset = AT(file),
     .form = "path of a CSV",
     .shown = "none",
     .meaning = "real or hand-made accounts: [accounts](accounts.md)"},
    FIELD_END,
};
#undef AT

/* ---- impact, whose parameters are the models' (impact_defaults.h) ---- */

#define AT(member) offsetof(struct scenario, member)
const struct field scenario_impact_fields[] = {
    {.key = "model",
     .kind = FIELD_NODE,
     .form = "`default`, `sqrt-lower`, `book-upper`, `none`, `linear`, `square_root`, `book`",
     .shown = "`default`",
     .meaning = "[what each is good for](model.md#impact-models). `default`: `square_root` with "
                "withdrawal of depth, and `book` for an instrument whose `depth` or `depth_1pct` "
                "is given; `sqrt-lower` and `book-upper` are the bounds that a range is made of"},
    {.key = "instrument",
     .kind = FIELD_NODE,
     .form = "mapping of symbols to mappings of parameters",
     .shown = "none",
     .meaning = "what holds for one instrument; beside parameters `cross.OTHER` (−1e9 to 1e9, 0): "
                "`linear` alone, what selling OTHER does to SYMBOL, in the unit of `slope`"},
    {.key = "allow_inadmissible",
     .kind = FIELD_BOOL,
     .offset = AT(impact_inadmissible),
     .meaning =
         "takes a matrix of cross-impact that is not symmetric and positive semi-definite, under "
         "which a round trip through several instruments could earn; else it is refused"},
    {.key = "clock_step_ms",
     .kind = FIELD_MS,
     .offset = AT(clock_step_ns),
     .most = 86400000,
     .fallback = "1000",
     .unit = "ms",
     .meaning = "how often displacement decays where no tick comes; 0: only at ticks"},
    {.key = "parameters",
     .kind = FIELD_NODE,
     .form = "*later*",
     .meaning = "a file that `calibrate` wrote"},
    FIELD_END,
};

/* ---- feedback ---- */

static const struct field_choice CLEANINGS[] = {{"none", CLEANING_NONE},
                                                {"recorded", CLEANING_RECORDED},
                                                {"open_interest", CLEANING_OPEN_INTEREST},
                                                {"modelled", CLEANING_MODELLED},
                                                {NULL, 0}};

const struct field scenario_feedback_fields[] = {
    {.key = "enabled",
     .kind = FIELD_BOOL,
     .offset = AT(feedback),
     .fallback = "true",
     .meaning = "`false`: the simulated flow moves no price"},
    {.key = "cleaning",
     .kind = FIELD_CHOICE,
     .offset = AT(cleaning),
     .choices = CLEANINGS,
     .shown = "`modelled`; `none` where `enabled` is `false`",
     .meaning = "what recorded prices are taken to contain: [the "
                "model](model.md#feedback-without-counting-twice). `recorded` and `open_interest` "
                "read the series `liquidation` and `open_interest` of the data; an instrument "
                "without one keeps its path, and the answer says so"},
    {.key = "throttle_ms",
     .kind = FIELD_MS,
     .offset = AT(throttle_ns),
     .most = 3600000,
     .by_hand = true,
     .unit = "ms, or auto; 0: the feed shows all",
     .form = "0 to 3600000, or `auto`",
     .shown = "`auto`",
     .meaning =
         "with `recorded`: the feed shows at most one print in such a span; 0: it shows all. "
         "`auto`: 1000 where fewer than 1 in 100 of the seconds with prints hold several, else 0"},
    {.key = "reference",
     .kind = FIELD_NODE,
     .form = "mapping",
     .shown = "the scenario without `venue.override` and `--set`",
     .meaning = "what `modelled` takes as history: `rulebook`, `insurance_fund`, `backstop`, "
                "`override`, `accounts`, `population`, each in the place of the scenario's own. In "
                "`--set` also `reference.KEY=VALUE`"},
    {.key = "max_waves",
     .kind = FIELD_UINT32,
     .offset = AT(max_waves),
     .most = 1e9,
     .unit = "waves an instant; 0: no limit",
     .meaning = "most waves of an instant; 0: until the cascade ends"},
    FIELD_END,
};
#undef AT

/* Each in the place of the scenario's own, for the reference alone. */
const struct field scenario_reference_fields[] = {
    {.key = "rulebook", .kind = FIELD_NODE},
    {.key = "insurance_fund", .kind = FIELD_NODE},
    {.key = "backstop", .kind = FIELD_NODE},
    {.key = "override", .kind = FIELD_NODE},
    {.key = "accounts", .kind = FIELD_NODE},
    {.key = "population", .kind = FIELD_NODE},
    FIELD_END,
};

/* ---- funding ---- */

static const struct field_choice SOURCES[] = {{"none", SCENARIO_FUNDING_NONE},
                                              {"series", SCENARIO_FUNDING_SERIES},
                                              {"constant", SCENARIO_FUNDING_CONSTANT},
                                              {NULL, 0}};

#define AT(member) offsetof(struct scenario_funding, member)
const struct field scenario_funding_fields[] = {
    {.key = "source",
     .kind = FIELD_CHOICE,
     .offset = AT(source),
     .choices = SOURCES,
     .meaning = "`series`: each row of the data's series `funding_rate` is a payment, at its time "
                "and rate. `constant`: `rate` every `interval_h`"},
    {.key = "rate",
     .kind = FIELD_RATE,
     .offset = AT(rate_e8),
     .least = -1,
     .most = 1,
     .unit = "fraction of value",
     .form = "−1 to 1, at most 8 decimals",
     .shown = "required with `constant`",
     .meaning = "of the value at mark"},
    {.key = "interval_h",
     .kind = FIELD_UINT32,
     .offset = FIELD_NOWHERE,
     .least = 1,
     .most = 24,
     .by_hand = true,
     .fallback = "8",
     .unit = "hours",
     .form = "1 to 24, whole",
     .meaning = "for `constant`: hours, on the UTC grid"},
    {.key = "cap",
     .kind = FIELD_RATE,
     .offset = AT(cap_e8),
     .most = 1,
     .fallback = "1",
     .unit = "fraction of value",
     .meaning = "no payment has a larger rate, either way"},
    FIELD_END,
};
#undef AT

/* ---- marked guesses ---- */

#define AT(member) offsetof(struct scenario_money, member)
const struct field scenario_money_fields[] = {
    {.key = "value",
     .kind = FIELD_MONEY,
     .offset = AT(value),
     .most = 92e9,
     .unit = "quote units",
     .shown = "required",
     .meaning = "what the run uses"},
    {.key = "low",
     .kind = FIELD_DOUBLE,
     .offset = AT(low),
     .most = 92e9,
     .unit = "quote units",
     .form = "0 to the value",
     .shown = "the value",
     .meaning = "the least that it may be"},
    {.key = "high",
     .kind = FIELD_DOUBLE,
     .offset = AT(high),
     .most = 92e9,
     .unit = "quote units",
     .form = "the value to 92e9",
     .shown = "the value",
     .meaning = "the most"},
    {.key = "source", .kind = FIELD_TEXT, .offset = AT(source), .meaning = "why this value"},
    FIELD_END,
};
#undef AT

/* ---- events ---- */

static const struct field_choice EVENT_KINDS[] = {
    {"outage", SCENARIO_OUTAGE},         {"stale_feed", SCENARIO_STALE_FEED},
    {"wrong_feed", SCENARIO_WRONG_FEED}, {"fund_change", SCENARIO_FUND_CHANGE},
    {"rules", SCENARIO_RULES},           {"funding", SCENARIO_FUNDING},
    {"expiry", SCENARIO_EXPIRY},         {"depth", SCENARIO_DEPTH},
    {"haircut", SCENARIO_HAIRCUT},       {NULL, 0}};
const struct field_choice scenario_stops[] = {{"top_up", SCENARIO_STOPS_TOP_UP},
                                              {"user_orders", SCENARIO_STOPS_USER_ORDERS},
                                              {"engine", SCENARIO_STOPS_ENGINE},
                                              {"feed", SCENARIO_STOPS_FEED},
                                              {NULL, 0}};

#define AT(member) offsetof(struct scenario_event_text, member)
const struct field scenario_event_fields[] = {
    {.key = "kind",
     .kind = FIELD_CHOICE,
     .offset = AT(kind),
     .choices = EVENT_KINDS,
     .shown = "required",
     .meaning = "what happens, see above"},
    {.key = "at", .kind = FIELD_TIME, .offset = AT(at_ns), .shown = "required", .meaning = "when"},
    {.key = "until",
     .kind = FIELD_TIME,
     .offset = AT(until_ns),
     .form = "time, UTC, after `at`",
     .shown = "to the end of the run",
     .meaning = "when it ends"},
    {.key = "stops",
     .kind = FIELD_NODE,
     .form = "list of `engine`, `feed`, `top_up`, `user_orders`",
     .shown = "required",
     .meaning = "what an outage stops"},
    {.key = "instruments",
     .kind = FIELD_NODE,
     .form = "list of symbols",
     .shown = "all; required for `expiry`",
     .meaning = "whom it concerns"},
    {.key = "instrument",
     .kind = FIELD_NODE,
     .form = "a symbol",
     .shown = "all; required for `expiry`",
     .meaning = "the same for one"},
    {.key = "factor",
     .kind = FIELD_RATE,
     .offset = AT(factor_e8),
     .most = 100,
     .above = true,
     .unit = "over what is normal",
     .shown = "required",
     .meaning = "of the true mark price, or of normal depth"},
    {.key = "amount",
     .kind = FIELD_MONEY,
     .offset = AT(amount),
     .least = -92e9,
     .most = 92e9,
     .unit = "quote units",
     .shown = "required",
     .meaning = "money into the fund"},
    {.key = "rulebook",
     .kind = FIELD_NODE,
     .form = "bundled name or path",
     .shown = "the venue's",
     .meaning = "the rules from then on"},
    {.key = "override",
     .kind = FIELD_NODE,
     .form = "mapping of rulebook keys",
     .shown = "none",
     .meaning = "what is different in them"},
    {.key = "rate",
     .kind = FIELD_RATE,
     .offset = AT(rate_e8),
     .least = -1,
     .most = 1,
     .unit = "fraction of value",
     .shown = "required",
     .meaning = "of the payment"},
    {.key = "price",
     .kind = FIELD_MONEY,
     .offset = AT(price_e8),
     .most = 92e9,
     .above = true,
     .unit = "quote units",
     .shown = "required",
     .meaning = "at which a contract is settled"},
    {.key = "asset",
     .kind = FIELD_TEXT,
     .offset = AT(asset),
     .form = "a symbol",
     .shown = "required",
     .meaning = "whose weight changes"},
    {.key = "weight",
     .kind = FIELD_NODE,
     .form = "0 to 1",
     .shown = "required",
     .meaning = "its new weight"},
    FIELD_END,
};
#undef AT
