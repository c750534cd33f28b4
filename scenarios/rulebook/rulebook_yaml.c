#include "scenarios/rulebook/rulebook_yaml.h"

#include <stddef.h>
#include <string.h>

#include "scenarios/rulebook/rulebook_mark.h"
#include "scenarios/rulebook/rulebook_parts_yaml.h"
#include "scenarios/rulebook/rulebook_portfolio_yaml.h"
#include "scenarios/rulebook/rulebook_stages.h"
#include "scenarios/rulebook/rulebook_tiers.h"
#include "scenarios/rulebook/tiers_csv.h"
#include "scenarios/yaml/yaml_schema.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct yaml_choice MODES[] = {
    {"cross", MARGIN_CROSS}, {"isolated", MARGIN_ISOLATED}, {NULL, 0}};
static const struct yaml_choice TRIGGERS[] = {
    {"below", TRIGGER_BELOW}, {"at_or_below", TRIGGER_AT_OR_BELOW}, {NULL, 0}};
static const struct yaml_choice BASES[] = {{"mark", BASIS_MARK}, {"entry", BASIS_ENTRY}, {NULL, 0}};
static const struct yaml_choice INSURANCE_FEE_LIMITS[] = {
    {"full", INSURANCE_FEE_FULL}, {"margin", INSURANCE_FEE_MARGIN}, {NULL, 0}};
static const struct yaml_choice CANCELS[] = {
    {"all", CANCEL_ALL}, {"none", CANCEL_NONE}, {"instrument", CANCEL_INSTRUMENT}, {NULL, 0}};
static const struct yaml_choice LIMITS[] = {{"none", LIMIT_NONE},
                                            {"fillable", LIMIT_FILLABLE},
                                            {"bankruptcy", LIMIT_BANKRUPTCY},
                                            {NULL, 0}};
static const struct yaml_choice RECEIVERS[] = {
    {"venue", FEE_VENUE}, {"insurance_fund", FEE_INSURANCE_FUND}, {NULL, 0}};
static const struct yaml_choice KEEPERS[] = {
    {"account", REMAINDER_ACCOUNT}, {"insurance_fund", REMAINDER_INSURANCE_FUND}, {NULL, 0}};
static const struct yaml_choice LAST_PRICES[] = {
    {"market", PRICE_MARKET}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
static const struct yaml_choice THEN_PRICES[] = {
    {"again", PRICE_MARKET}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
static const struct yaml_choice BANKRUPTCIES[] = {
    {"held", BANKRUPTCY_HELD}, {"shared", BANKRUPTCY_SHARED}, {NULL, 0}};
static const struct yaml_choice STAGES[] = {{"insurance_fund", STAGE_INSURANCE_FUND},
                                            {"backstop", STAGE_BACKSTOP},
                                            {"adl", STAGE_ADL},
                                            {"socialise", STAGE_SOCIALISE},
                                            {"socialise_open_interest", STAGE_OPEN_INTEREST},
                                            {NULL, 0}};
static const struct yaml_choice FUNDS[] = {
    {"global", FUND_GLOBAL}, {"per_instrument", FUND_PER_INSTRUMENT}, {NULL, 0}};
static const struct yaml_choice ADL_PRICES[] = {{"bankruptcy", ADL_AT_BANKRUPTCY},
                                                {"mark", ADL_AT_MARK},
                                                {"previous_mark", ADL_AT_PREVIOUS_MARK},
                                                {NULL, 0}};
static const struct yaml_choice ADL_TIES[] = {
    {"account_id", ADL_TIE_ACCOUNT_ID}, {"largest_position", ADL_TIE_LARGEST_POSITION}, {NULL, 0}};
static const struct yaml_choice ADL_VETOES[] = {
    {"bankrupt", ADL_VETO_BANKRUPT}, {"losers", ADL_VETO_LOSERS}, {NULL, 0}};
static const struct yaml_choice SOCIALISE_TIMES[] = {
    {"end", SOCIALISE_AT_END}, {"session", SOCIALISE_AT_SESSION}, {NULL, 0}};
static const struct yaml_choice ADL_RANKS[] = {
    {"profit_times_leverage", ADL_PROFIT_TIMES_LEVERAGE},
    {"profit", ADL_PROFIT},
    {"leverage", ADL_LEVERAGE},
    {"price_ratio_times_leverage", ADL_PRICE_RATIO_TIMES_LEVERAGE},
    {"profit_over_wallet", ADL_PROFIT_OVER_WALLET},
    {"profit_times_wallet_leverage", ADL_PROFIT_TIMES_WALLET_LEVERAGE},
    {"position_size", ADL_POSITION_SIZE},
    {"pro_rata", ADL_PRO_RATA},
    {"account_order", ADL_ACCOUNT_ORDER},
    {NULL, 0}};

/* ---- sections ---- */

struct rulebook_sections {
    const char *name, *source, *valid_from, *note;
    const struct yaml_node *confidence, *margin, *collateral, *liquidation, *waterfall, *funding,
        *mark;
};

#define AT(member) offsetof(struct rulebook_sections, member)
static const struct yaml_key SECTION_KEYS[] = {
    {.name = "name", .type = YAML_TEXT, .offset = AT(name)},
    {.name = "source", .type = YAML_TEXT, .offset = AT(source)},
    {.name = "valid_from", .type = YAML_TEXT, .offset = AT(valid_from)},
    {.name = "note", .type = YAML_TEXT, .offset = AT(note)},
    {.name = "confidence", .type = YAML_NODE, .offset = AT(confidence)},
    {.name = "margin", .type = YAML_NODE, .offset = AT(margin)},
    {.name = "collateral", .type = YAML_NODE, .offset = AT(collateral)},
    {.name = "liquidation", .type = YAML_NODE, .offset = AT(liquidation)},
    {.name = "waterfall", .type = YAML_NODE, .offset = AT(waterfall)},
    {.name = "funding", .type = YAML_NODE, .offset = AT(funding)},
    {.name = "mark", .type = YAML_NODE, .offset = AT(mark)},
};
#undef AT

struct margin_section {
    int mode, trigger;
    int64_t initial_rate_e8, maintenance_rate_e8;
    struct decimal multiplier;
    const struct yaml_node *tiers, *size, *initial_size, *scenario, *orders;
    int basis;
    int64_t closing_fee_rate_e8, exchange_below;
    struct decimal trigger_ratio;
    const char *settlement;
};

#define AT(member) offsetof(struct margin_section, member)
static const struct yaml_key MARGIN_KEYS[] = {
    {.name = "mode", .type = YAML_CHOICE, .offset = AT(mode), .choices = MODES},
    {.name = "trigger", .type = YAML_CHOICE, .offset = AT(trigger), .choices = TRIGGERS},
    {"initial_rate", YAML_RATE, AT(initial_rate_e8), 0, 1, false, "fraction of notional", NULL},
    {"maintenance_rate", YAML_RATE, AT(maintenance_rate_e8), 0, 1, false, "fraction of notional",
     NULL},
    {"maintenance_multiplier", YAML_DECIMAL, AT(multiplier), 0, 100, true, NULL, NULL},
    {.name = "tiers", .type = YAML_NODE, .offset = AT(tiers)},
    {.name = "size", .type = YAML_NODE, .offset = AT(size)},
    {.name = "initial_size", .type = YAML_NODE, .offset = AT(initial_size)},
    {.name = "basis", .type = YAML_CHOICE, .offset = AT(basis), .choices = BASES},
    {"closing_fee_rate", YAML_RATE, AT(closing_fee_rate_e8), 0, 1, false, "fraction of notional",
     NULL},
    {"trigger_ratio", YAML_DECIMAL, AT(trigger_ratio), 0, 100, true, "equity over requirement",
     NULL},
    {.name = "settlement", .type = YAML_TEXT, .offset = AT(settlement)},
    {"exchange_below", YAML_MONEY, AT(exchange_below), 0, 92e9, false, "settlement asset", NULL},
    {.name = "scenario", .type = YAML_NODE, .offset = AT(scenario)},
    {.name = "orders", .type = YAML_NODE, .offset = AT(orders)},
};
#undef AT
enum { MARGIN_MAINTENANCE_RATE = 3, MARGIN_TIERS = 5, MARGIN_SIZE = 6 };

static enum status read_margin(struct yaml_arena *arena, const struct yaml_node *node,
                               struct rulebook *rulebook, struct error *reterr) {
    struct margin_section margin = {.multiplier = {1, 0}, .trigger_ratio = {1, 0}};
    uint64_t given = 0;
    enum status status = yaml_read(node, MARGIN_KEYS, COUNT(MARGIN_KEYS), &margin, &given, reterr);
    if (status != STATUS_OK)
        return status;
    if (margin.settlement != NULL && margin.settlement[0] == '\0')
        return yaml_error(yaml_find(node, "settlement"), reterr,
                          "margin.settlement: no asset: accounts and the insurance fund need one");
    const bool flat = (given & (1u << MARGIN_MAINTENANCE_RATE)) != 0;
    const bool tiered = (given & (1u << MARGIN_TIERS)) != 0;
    if (flat && tiered)
        return yaml_key_error(yaml_find(node, "maintenance_rate"), reterr,
                              "margin has both maintenance_rate and tiers: give one (tiers may "
                              "have a table 'default' for all other instruments)");
    if (!flat && !tiered && margin.size == NULL && margin.scenario == NULL)
        return yaml_key_error(node, reterr,
                              "margin needs maintenance_rate, tiers, size or scenario");
    rulebook->margin.mode = (enum margin_mode)margin.mode;
    rulebook->margin.trigger = (enum trigger_rule)margin.trigger;
    rulebook->margin.initial_rate_e8 = margin.initial_rate_e8;
    rulebook->margin.maintenance_multiplier = margin.multiplier;
    rulebook->margin.basis = (enum margin_basis)margin.basis;
    rulebook->margin.closing_fee_rate_e8 = margin.closing_fee_rate_e8;
    rulebook->margin.exchange_below = margin.exchange_below;
    rulebook->margin.trigger_ratio = margin.trigger_ratio;
    rulebook->margin.settlement = margin.settlement;
    if (flat)
        rulebook_tiers_flat(arena, margin.maintenance_rate_e8, rulebook);
    else if (tiered)
        status = rulebook_tiers_read(arena, margin.tiers, rulebook, reterr);
    if (status == STATUS_OK && margin.scenario != NULL)
        status =
            rulebook_portfolio_read(arena, margin.scenario, &rulebook->margin.portfolio, reterr);
    if (status == STATUS_OK && margin.orders != NULL)
        status = rulebook_orders_read(margin.orders, &rulebook->margin.orders, reterr);
    if (status == STATUS_OK && margin.size != NULL)
        status = rulebook_sizes_read(arena, margin.size, &rulebook->margin.size_count,
                                     &rulebook->margin.sizes, reterr);
    if (status == STATUS_OK && margin.initial_size != NULL)
        status =
            rulebook_sizes_read(arena, margin.initial_size, &rulebook->margin.initial_size_count,
                                &rulebook->margin.initial_sizes, reterr);
    return status;
}

struct liquidation_section {
    struct rulebook rulebook;
    const struct yaml_node *fee_rate, *inventory, *stages, *windows;
};

#define AT(member) offsetof(struct liquidation_section, rulebook.member)
static const struct yaml_key LIQUIDATION_KEYS[] = {
    {.name = "cancel_orders",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.cancel_orders),
     .choices = CANCELS},
    {.name = "close",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.close),
     .choices = rulebook_closes},
    {"fraction", YAML_RATE, AT(liquidation.fraction_e8), 0, 1, true, "of the current position",
     NULL},
    {"target_ratio", YAML_RATE, AT(liquidation.target_ratio_e8), 1, 1000, false,
     "equity over requirement", NULL},
    {"partial_above", YAML_MONEY, AT(liquidation.partial_above), 0, 92e9, false, "notional", NULL},
    {"full_within_ms", YAML_MS, AT(liquidation.full_within_ns), 0, 86400000, false, "ms", NULL},
    {"tier_steps", YAML_UINT64, AT(liquidation.tier_steps), 1, 256, false, "tiers", NULL},
    {"full_below_lowest_tier", YAML_BOOL, AT(liquidation.full_below_lowest_tier), 0, 0, false, NULL,
     NULL},
    {"step_notional", YAML_MONEY, AT(liquidation.step_notional), 0, 92e9, true, "notional", NULL},
    {"step_quantity", YAML_DECIMAL, AT(liquidation.step_quantity), 0, 92e9, true, NULL, NULL},
    {"exit_ratio", YAML_RATE, AT(liquidation.exit_ratio_e8), 1, 1000, false,
     "equity over requirement", NULL},
    {.name = "order",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.order),
     .choices = rulebook_orders},
    {.name = "fee_rate",
     .type = YAML_NODE,
     .offset = offsetof(struct liquidation_section, fee_rate)},
    {.name = "fee_to", .type = YAML_CHOICE, .offset = AT(liquidation.fee_to), .choices = RECEIVERS},
    {.name = "remainder_to",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.remainder_to),
     .choices = KEEPERS},
    {"remainder_max_rate", YAML_RATE, AT(liquidation.remainder_max_rate_e8), 0, 1, false,
     "fraction of the notional closed", NULL},
    {.name = "price",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.price),
     .choices = rulebook_prices},
    {.name = "last_price",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.last_price),
     .choices = LAST_PRICES},
    {.name = "then",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.then_price),
     .choices = THEN_PRICES},
    {.name = "bankruptcy",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.bankruptcy),
     .choices = BANKRUPTCIES},
    {"interval_ms", YAML_MS, AT(limits.interval_ns), 0, 86400000, false, "ms", NULL},
    {"latency_ms", YAML_MS, AT(limits.latency_ns), 0, 86400000, false, "ms", NULL},
    {"pace_pools", YAML_UINT64, AT(limits.pace_pools), 0, 4e9, false, "a window; 0: no limit",
     NULL},
    {"pace_ms", YAML_MS, AT(limits.pace_ns), 1, 86400000, false, "ms", NULL},
    {"minimum_notional", YAML_MONEY, AT(liquidation.minimum_notional), 0, 92e9, false, "notional",
     NULL},
    {"insurance_fee_rate", YAML_RATE, AT(liquidation.insurance_fee_e8), 0, 1, false,
     "fraction of the notional closed", NULL},
    {.name = "insurance_fee_limit",
     .type = YAML_CHOICE,
     .offset = AT(liquidation.insurance_fee_limit),
     .choices = INSURANCE_FEE_LIMITS},
    {"release_initial", YAML_RATE, AT(limits.release_initial_e8), 0, 1, false, "of the shortage",
     NULL},
    {"release_ms", YAML_MS, AT(limits.release_ns), 0, 86400000, false, "ms", NULL},
    {"block_ms", YAML_MS, AT(limits.block_ns), 0, 86400000, false, "ms", NULL},
    {"block_notional", YAML_MONEY, AT(limits.block_notional), 0, 92e9, false, "notional", NULL},
    {"block_insurance", YAML_MONEY, AT(limits.block_insurance), 0, 92e9, false, "money", NULL},
    {.name = "limit", .type = YAML_CHOICE, .offset = AT(limits.order), .choices = LIMITS},
    {"fillable_adjustment", YAML_RATE, AT(limits.fillable_adjustment_e8), 0, 1000, false, NULL,
     NULL},
    {"fillable_spread", YAML_RATE, AT(limits.fillable_spread_e8), 0, 1000, false, "of margin",
     NULL},
    {"block_once", YAML_BOOL, AT(limits.block_once), 0, 0, false, NULL, NULL},
    {"window_ms", YAML_MS, AT(limits.window_ns), 0, 86400000, false, "ms", NULL},
    {.name = "window_quantity",
     .type = YAML_NODE,
     .offset = offsetof(struct liquidation_section, windows)},
    {.name = "inventory",
     .type = YAML_NODE,
     .offset = offsetof(struct liquidation_section, inventory)},
    {.name = "stages", .type = YAML_NODE, .offset = offsetof(struct liquidation_section, stages)},
};
#undef AT

#define AT(member) offsetof(struct rulebook, member)
static const struct yaml_key INVENTORY_KEYS[] = {
    {"interval_ms", YAML_MS, AT(liquidation.inventory_interval_ns), 1, 86400000, false, "ms", NULL},
    {"fraction", YAML_RATE, AT(liquidation.inventory_fraction_e8), 0, 1, true, "of what is held",
     NULL},
};
#undef AT

static enum status read_liquidation(struct yaml_arena *arena, const struct yaml_node *node,
                                    struct rulebook *rulebook, struct error *reterr) {
    struct liquidation_section section = {.rulebook = *rulebook};
    enum status status =
        yaml_read(node, LIQUIDATION_KEYS, COUNT(LIQUIDATION_KEYS), &section, NULL, reterr);
    if (status == STATUS_OK && section.fee_rate != NULL)
        status = rulebook_fee_rates_read(arena, section.fee_rate, &section.rulebook, reterr);
    if (status == STATUS_OK && section.inventory != NULL)
        status = yaml_read(section.inventory, INVENTORY_KEYS, COUNT(INVENTORY_KEYS),
                           &section.rulebook, NULL, reterr);
    if (status == STATUS_OK && section.stages != NULL)
        status = rulebook_stages_read(section.stages, &section.rulebook, reterr);
    if (status == STATUS_OK && section.windows != NULL)
        status = rulebook_windows_read(arena, section.windows, &section.rulebook, reterr);
    *rulebook = section.rulebook;
    return status;
}

struct waterfall_section {
    const struct yaml_node *stages, *fund_shares;
    int fund, adl_rank, adl_price, adl_tie, adl_veto, socialise_at;
    int64_t adl_fund_fall_e8, adl_fund_window_ns;
    const char *session_close;
};

#define AT(member) offsetof(struct waterfall_section, member)
static const struct yaml_key WATERFALL_KEYS[] = {
    {.name = "stages", .type = YAML_NODE, .offset = AT(stages)},
    {.name = "fund", .type = YAML_CHOICE, .offset = AT(fund), .choices = FUNDS},
    {.name = "fund_shares", .type = YAML_NODE, .offset = AT(fund_shares)},
    {"adl_fund_fall", YAML_RATE, AT(adl_fund_fall_e8), 0, 1, false, "of the fund's peak", NULL},
    {"adl_fund_window_ms", YAML_MS, AT(adl_fund_window_ns), 1, 604800000, false, "ms", NULL},
    {.name = "adl_rank", .type = YAML_CHOICE, .offset = AT(adl_rank), .choices = ADL_RANKS},
    {.name = "adl_price", .type = YAML_CHOICE, .offset = AT(adl_price), .choices = ADL_PRICES},
    {.name = "adl_tie", .type = YAML_CHOICE, .offset = AT(adl_tie), .choices = ADL_TIES},
    {.name = "adl_veto", .type = YAML_CHOICE, .offset = AT(adl_veto), .choices = ADL_VETOES},
    {.name = "socialise_at",
     .type = YAML_CHOICE,
     .offset = AT(socialise_at),
     .choices = SOCIALISE_TIMES},
    {.name = "session_close", .type = YAML_TEXT, .offset = AT(session_close)},
};
#undef AT

/* A time of day, HH:MM. */
static bool parse_time_of_day(const char *text, int64_t *ret_ns) {
    for (size_t i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
            return false; /* also where the text ends too early */
    const int64_t hours = (text[0] - '0') * 10 + (text[1] - '0');
    const int64_t minutes = (text[3] - '0') * 10 + (text[4] - '0');
    *ret_ns = (hours * 60 + minutes) * NS_PER_MINUTE;
    return text[5] == '\0' && hours < 24 && minutes < 60;
}

static enum status read_waterfall(struct yaml_arena *arena, const struct yaml_node *node,
                                  struct rulebook *rulebook, struct error *reterr) {
    static const struct yaml_key stage_key = {
        .name = "stage", .type = YAML_CHOICE, .choices = STAGES};
    struct waterfall_section waterfall = {.stages = NULL};
    enum status status =
        yaml_read(node, WATERFALL_KEYS, COUNT(WATERFALL_KEYS), &waterfall, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    rulebook->waterfall.fund = (enum fund_rule)waterfall.fund;
    rulebook->waterfall.adl_fund_fall_e8 = waterfall.adl_fund_fall_e8;
    rulebook->waterfall.adl_fund_window_ns = waterfall.adl_fund_window_ns;
    rulebook->waterfall.adl_rank = (enum adl_rank)waterfall.adl_rank;
    rulebook->waterfall.adl_price = (enum adl_price)waterfall.adl_price;
    rulebook->waterfall.adl_tie = (enum adl_tie)waterfall.adl_tie;
    rulebook->waterfall.adl_veto = (enum adl_veto)waterfall.adl_veto;
    rulebook->waterfall.socialise_at = (enum socialise_at)waterfall.socialise_at;
    if (waterfall.session_close != NULL &&
        !parse_time_of_day(waterfall.session_close, &rulebook->waterfall.session_close_ns))
        return yaml_error(yaml_find(node, "session_close"), reterr,
                          "waterfall.session_close: '%.20s' is not a time of day, HH:MM in UTC",
                          waterfall.session_close);
    if (waterfall.fund_shares != NULL)
        status = rulebook_fund_shares_read(arena, waterfall.fund_shares, rulebook, reterr);
    if (status != STATUS_OK || waterfall.stages == NULL)
        return status;
    status = yaml_expect_sequence(waterfall.stages, reterr);
    if (status != STATUS_OK)
        return status;
    if (waterfall.stages->count > WATERFALL_STAGES_MAX)
        return yaml_error(waterfall.stages, reterr, "more than %d stages", WATERFALL_STAGES_MAX);
    rulebook->waterfall.stage_count = 0;
    for (const struct yaml_node *child = waterfall.stages->child; child != NULL;
         child = child->next) {
        int stage = 0;
        status = yaml_read_scalar(child, &stage_key, &stage, reterr);
        if (status != STATUS_OK)
            return status;
        rulebook->waterfall.stages[rulebook->waterfall.stage_count++] = (enum waterfall_stage)stage;
    }
    return STATUS_OK;
}

#define AT(member) offsetof(struct rulebook, member)
static const struct yaml_key FUNDING_KEYS[] = {
    {"cap_share", YAML_RATE, AT(funding.cap_share_e8), 0, 1, false,
     "of initial less maintenance rate", NULL},
};
#undef AT

static const char *choice_name(const struct yaml_choice *choices, int value) {
    for (const struct yaml_choice *choice = choices; choice->name != NULL; choice++)
        if (choice->value == value)
            return choice->name;
    return NULL;
}

const char *rulebook_choice_name(const char *key, int value) {
    static const struct {
        const struct yaml_key *keys;
        size_t count;
    } sections[] = {{MARGIN_KEYS, COUNT(MARGIN_KEYS)},
                    {LIQUIDATION_KEYS, COUNT(LIQUIDATION_KEYS)},
                    {WATERFALL_KEYS, COUNT(WATERFALL_KEYS)}};
    if (strcmp(key, "stages") == 0)
        return choice_name(STAGES, value);
    if (strcmp(key, "action") == 0)
        return choice_name(rulebook_actions, value);
    for (size_t s = 0; s < COUNT(sections); s++)
        for (size_t k = 0; k < sections[s].count; k++)
            if (sections[s].keys[k].choices != NULL && strcmp(sections[s].keys[k].name, key) == 0)
                return choice_name(sections[s].keys[k].choices, value);
    return NULL;
}

/* ---- the whole ---- */

static enum status read_tree(struct yaml_arena *arena, const struct yaml_node *root,
                             struct rulebook *ret_rulebook, struct error *reterr) {
    struct rulebook_sections sections = {.name = "", .source = "", .valid_from = "", .note = ""};
    enum status status =
        yaml_read(root, SECTION_KEYS, COUNT(SECTION_KEYS), &sections, NULL, reterr);
    if (status != STATUS_OK)
        return status;
    struct rulebook rulebook = {.name = sections.name,
                                .source = sections.source,
                                .valid_from = sections.valid_from,
                                .liquidation.fraction_e8 = RATE_SCALE / 5,
                                .liquidation.target_ratio_e8 = RATE_SCALE + RATE_SCALE / 10,
                                .liquidation.order = ORDER_LARGEST_LOSS,
                                .liquidation.tier_steps = 1,
                                .liquidation.remainder_max_rate_e8 = RATE_SCALE,
                                .limits.fillable_adjustment_e8 = RATE_SCALE,
                                .limits.fillable_spread_e8 = RATE_SCALE / 10,
                                .liquidation.inventory_interval_ns = RULEBOOK_INVENTORY_INTERVAL_NS,
                                .liquidation.inventory_fraction_e8 = RULEBOOK_INVENTORY_FRACTION_E8,
                                .waterfall.stage_count = 1,
                                .waterfall.stages = {STAGE_INSURANCE_FUND},
                                .mark = rulebook_mark_default()};
    if (sections.name[0] == '\0')
        return yaml_missing(root, "name", reterr);
    if (sections.margin == NULL)
        return yaml_missing(root, "margin", reterr);
    status = read_margin(arena, sections.margin, &rulebook, reterr);
    if (status == STATUS_OK && sections.collateral != NULL)
        status = rulebook_collateral_read(arena, sections.collateral, &rulebook, reterr);
    if (status == STATUS_OK && sections.liquidation != NULL)
        status = read_liquidation(arena, sections.liquidation, &rulebook, reterr);
    if (status == STATUS_OK && sections.waterfall != NULL)
        status = read_waterfall(arena, sections.waterfall, &rulebook, reterr);
    if (status == STATUS_OK && sections.funding != NULL)
        status =
            yaml_read(sections.funding, FUNDING_KEYS, COUNT(FUNDING_KEYS), &rulebook, NULL, reterr);
    if (status == STATUS_OK && sections.mark != NULL)
        status = rulebook_mark_read(sections.mark, &rulebook.mark, reterr);
    if (status != STATUS_OK)
        return status;
    struct error found = {0};
    if (rulebook_check(&rulebook, &found) != STATUS_OK)
        return yaml_error(yaml_locate(root, found.message), reterr, "%s", found.message);
    *ret_rulebook = rulebook;
    return STATUS_OK;
}

/* Puts the tables of a CSV file, relative to `folder`, in the place of its name. */
static enum status inline_tiers(struct config_files *files, const char *folder,
                                struct yaml_node *root, struct error *reterr) {
    const struct yaml_node *tiers = yaml_find(yaml_find(root, "margin"), "tiers");
    if (tiers == NULL || tiers->kind != YAML_SCALAR || tiers->text[0] == '\0')
        return STATUS_OK;
    const char *path = config_join(files, tiers->text, folder);
    const struct scenario_input *input = NULL;
    struct yaml_node *tables = NULL;
    enum status status = config_read(files, "tiers", path, &input, reterr);
    if (status != STATUS_OK) {
        return error_prefix(reterr, status, "%s:%d: margin.tiers", tiers->origin->name,
                            tiers->line);
    }
    status = tiers_csv_parse(files->arena, config_shown(files, path), input->bytes, input->size,
                             &tables, reterr);
    if (status == STATUS_OK)
        status = yaml_put(files->arena, root, "margin.tiers", tables, reterr);
    return status;
}

/* Of weight and bands of an asset the last given counts, too. */
static void replace_bands(const struct yaml_node *collateral, const struct yaml_node *overrides) {
    for (const struct yaml_node *own = overrides != NULL ? overrides->child : NULL; own != NULL;
         own = own->next) {
        struct yaml_node *asset = yaml_find(collateral, own->key);
        const bool weight = yaml_find(own, "weight") != NULL;
        const bool bands = yaml_find(own, "bands") != NULL;
        if (weight && !bands)
            yaml_remove(asset, "bands");
        if (bands && !weight) {
            yaml_remove(asset, "weight");
            yaml_remove(asset, "cap");
        }
    }
}

/* Puts the overrides on; the last given of flat rate and tiers counts. */
static enum status apply_overrides(struct config_files *files, struct yaml_node *root,
                                   const struct yaml_node *overrides, struct error *reterr) {
    enum status status = yaml_expect_mapping(overrides, reterr);
    struct yaml_node *nested = yaml_arena_alloc(files->arena, sizeof(*nested));
    *nested = (struct yaml_node){.kind = YAML_MAPPING, .text = "", .origin = overrides->origin};
    for (const struct yaml_node *child = overrides->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_put(files->arena, nested, child->key, child, reterr);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *margin = yaml_find(nested, "margin");
    if (yaml_find(margin, "maintenance_rate") != NULL && yaml_find(margin, "tiers") == NULL)
        yaml_remove(yaml_find(root, "margin"), "tiers");
    if (yaml_find(margin, "tiers") != NULL && yaml_find(margin, "maintenance_rate") == NULL)
        yaml_remove(yaml_find(root, "margin"), "maintenance_rate");
    replace_bands(yaml_find(root, "collateral"), yaml_find(nested, "collateral"));
    for (const struct yaml_node *child = nested->child; child != NULL && status == STATUS_OK;
         child = child->next)
        status = yaml_put(files->arena, root, child->key, child, reterr);
    return status;
}

const char *rulebook_resolve(const struct config_files *files, const char *name,
                             const char *base_dir) {
    return config_resolve(files, name, "rulebooks", base_dir, false);
}

enum status rulebook_read(struct config_files *files, const char *name, const char *base_dir,
                          const struct yaml_node *overrides, struct rulebook *ret_rulebook,
                          struct error *reterr) {
    const char *path = rulebook_resolve(files, name, base_dir);
    struct yaml_node *root = NULL;
    enum status status = config_parse(files, "rulebook", path, &root, reterr);
    if (status == STATUS_OK)
        status = inline_tiers(files, config_folder(files, path), root, reterr);
    if (status == STATUS_OK && overrides != NULL)
        status = apply_overrides(files, root, overrides, reterr);
    if (status == STATUS_OK) /* an override may name a file too, beside the scenario */
        status = inline_tiers(files, base_dir, root, reterr);
    if (status == STATUS_OK)
        status = read_tree(files->arena, root, ret_rulebook, reterr);
    return status;
}
