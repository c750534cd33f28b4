#pragma once
/* Every key of a scenario, as tables: what a file may say, in which range, what it means. Reading,
 * the effective scenario and the page of keys go by them. population_fields is the population's. */

#include "base/field.h"
#include "engine/rules/rulebook.h"

extern const struct field scenario_sections[];          /* the top level */
extern const struct field scenario_head_fields[];       /* over struct scenario */
extern const struct field scenario_market_fields[];     /* over struct scenario */
extern const struct field scenario_instrument_fields[]; /* over struct scenario_instrument */
extern const struct field scenario_venue_fields[];      /* over struct scenario */
extern const struct field scenario_accounts_fields[];   /* over struct scenario_accounts */
extern const struct field scenario_impact_fields[];     /* over struct scenario */
extern const struct field scenario_feedback_fields[];   /* over struct scenario */
extern const struct field scenario_reference_fields[];  /* keys alone */
extern const struct field scenario_funding_fields[];    /* over struct scenario_funding */
extern const struct field scenario_event_fields[];      /* over struct scenario_event_text */
extern const struct field scenario_money_fields[];      /* over struct scenario_money */

/* What an outage may stop: SCENARIO_STOPS_... */
extern const struct field_choice scenario_stops[];

/* A haircut is read as an event of kind rules. */
#define SCENARIO_HAIRCUT SCENARIO_EVENT_KINDS

/* An event as a file has it. */
struct scenario_event_text {
    int kind;
    int64_t at_ns, until_ns;
    int64_t factor_e8, rate_e8, amount, price_e8;
    const char *asset;
};

/* Money, with its range where it is marked as a guess. */
struct scenario_money {
    int64_t value;
    double low, high;
    const char *source;
};
