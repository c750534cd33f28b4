#pragma once
/* The runner of analytic cases, shared by its files: a case, what a model hands back, and the way
 * through the public interface (a temporary directory, the `crossfall` command, the results file).
 *
 * A model is a function from `inputs` to a JSON object `got` that has a value for every key of
 * `expected` it knows. It looks at the keys of `expected` only where a key holds a number of its
 * own
 * (`pmf_0_to_7`). The driver compares; so no model sees an expected value. */

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "reports/cascade_formulas.h"

enum outcome { OUTCOME_DONE, OUTCOME_UNSUPPORTED, OUTCOME_BROKEN };

struct analytic_case {
    json_t *all;            /* every case of the file, borrowed */
    const json_t *inputs;   /* borrowed */
    const json_t *expected; /* borrowed; for its keys */
    json_t *got;            /* object, the driver's */
    char reason[512];       /* why OUTCOME_UNSUPPORTED or OUTCOME_BROKEN */
};

typedef enum outcome (*analytic_model)(struct analytic_case *c);

struct analytic_entry {
    const char *model;
    analytic_model evaluate;
};

/* Each family's table, ended by a NULL model. */
extern const struct analytic_entry analytic_formula[];
extern const struct analytic_entry analytic_ladder[];
extern const struct analytic_entry analytic_impact[];
extern const struct analytic_entry analytic_margin[];
extern const struct analytic_entry analytic_cross[];
extern const struct analytic_entry analytic_accounting[];
extern const struct analytic_entry analytic_identification[];

/* ---- inputs ---- */

enum outcome analytic_unsupported(struct analytic_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum outcome analytic_broken(struct analytic_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool analytic_has(const struct analytic_case *c, const char *key);
/* The number of that key; `otherwise` where it is missing or not a number. */
double analytic_number(const struct analytic_case *c, const char *key, double otherwise);
const char *analytic_text(const struct analytic_case *c, const char *key); /* "" if missing */
/* Whether all the keys, separated by blanks, are numbers; else `reason` names the first that is
 * not. */
bool analytic_require(struct analytic_case *c, const char *keys);
/* An array of numbers; returns how many (at most `capacity`), 0 if it is no such array. */
size_t analytic_numbers(const json_t *array, size_t capacity, double *ret_numbers);
/* Rows of equal length, row by row; returns whether it is such a matrix. */
bool analytic_matrix(const json_t *rows, size_t capacity, size_t *ret_rows, size_t *ret_columns,
                     double *ret_numbers);

/* Whether `text` is `pattern`, in which each # stands for a number; these go to ret_numbers. */
bool analytic_scan(const char *text, const char *pattern, double *ret_numbers);
/* Reads exp(-t), exp(-B*t), exp(-t/K), t^-G, (1+t)^-G or (1+t/K)^-G, `t` also written `k`. */
bool analytic_kernel(const char *text, struct kernel *ret);

void analytic_put(struct analytic_case *c, const char *key, double value);
void analytic_put_list(struct analytic_case *c, const char *key, size_t count,
                       const double *values);
void analytic_put_matrix(struct analytic_case *c, const char *key, size_t rows, size_t columns,
                         const double *values);

/* ---- the public interface ---- */

/* Files of one replay, written by the model; ids and rows need no quoting. */
struct world {
    char *directory;
    int price_decimals; /* price tick 10^-decimals */
    int lot_decimals;
    GString *instruments; /* the list: "AUSDT, BUSDT" */
    GString *rulebook;    /* lines below the rulebook's name */
    GString *reference;   /* another rulebook, for `feedback.reference`; empty: none */
    GString *accounts;    /* rows */
    GString *ticks;       /* rows */
    GString *impact;      /* lines of the section `impact` */
    GString *feedback;    /* lines of the section `feedback` */
    double insurance_fund;
};

#define WORLD_START_MS G_GINT64_CONSTANT(1600000000000) /* the first tick's time */

void world_init(struct world *world, int price_decimals, int lot_decimals);
void world_finish(struct world *world); /* removes the directory */
void world_clear(struct world *world);  /* empties accounts and ticks */

void world_tick(struct world *world, gint64 at_ms, const char *symbol, double price);
void world_balance(struct world *world, const char *account, const char *asset, double amount);
/* `isolated_margin` negative: cross. */
void world_position(struct world *world, const char *account, const char *symbol, double quantity,
                    double entry, double isolated_margin);

struct world_result {
    json_t *answer; /* of `run --json` */
    char *results;  /* path of the results file */
    int price_decimals;
    int lot_decimals;
};

/* Imports the ticks and runs the scenario. OUTCOME_UNSUPPORTED: the command refused its content
 * (exit 3); its message is the reason. */
enum outcome world_run(struct analytic_case *c, struct world *world, struct world_result *ret);
void world_result_finish(struct world_result *result);

/* A number of the answer by its dotted path; strings that are numbers count. NaN: null or missing.
 */
double result_number(const struct world_result *result, const char *path);
/* `price.SYMBOL.KEY`. */
double result_price(const struct world_result *result, const char *symbol, const char *key);
/* First column of a query on the results file; returns how many rows (at most `capacity`), -1 and
 * c->reason on an error. */
long result_query(struct analytic_case *c, const struct world_result *result, const char *sql,
                  size_t capacity, double *ret_numbers);
/* One number of a query; NaN and c->reason on an error or NULL. */
double result_query_one(struct analytic_case *c, const struct world_result *result,
                        const char *sql);
/* The ledger must close to the last unit in every run; else OUTCOME_BROKEN. */
enum outcome result_check_ledger(struct analytic_case *c, const struct world_result *result);

/* `margin` on the world's accounts and rulebook; `prices` is a NULL-terminated list of ID=VALUE;
 * `market` the lines of --market, or NULL. *ret_answer is the list. */
enum outcome world_margin(struct analytic_case *c, struct world *world, const char *market,
                          char *const *prices, json_t **ret_answer);

/* Smallest number of decimals (0..`most`) that writes `value` exactly. */
int decimals_of(double value, int most);
/* 10^k, at least ten times `drop`: a price from which it can fall. */
double price_above(double drop);

/* ---- ladders ---- */

/* Accounts with one position each that are in breach from a drop of their own on: maintenance is 0
 * and the wallet just bears that drop. */
struct ladder {
    size_t count;
    const double *drop;     /* from the start price, rising or not */
    const double *quantity; /* > 0 */
    double shock;           /* drop of the recorded price, >= 0 */
    double impact;          /* price units a unit of quantity */
    double close_fraction;  /* (0, 1]; below 1 each account closes once */
    double start_price;     /* 0: ten times what the ladder can fall */
    bool is_short;          /* mirrored: short accounts above, a rise */
    bool is_strict;         /* liquidate when drop > trigger, not at equality */
};

/* The rules of a ladder: no maintenance margin, trigger and closing as given, a fund that pays all.
 */
void ladder_rules(GString *rulebook, bool is_strict, double close_fraction);
/* A world of that ladder in AUSDT under linear permanent impact in price space; grids hold at most
 * `price_decimals` and `lot_decimals`. Returns the start price. */
double ladder_world(struct world *world, const struct ladder *ladder, int price_decimals,
                    int lot_decimals);
/* Appends the account of one rung: `trigger` is the price that leaves it without equity. */
void ladder_account(struct world *world, const char *account, const char *symbol, double quantity,
                    double entry, double trigger);
/* Drop (or rise) of AUSDT from its first price. */
double ladder_drop(const struct world_result *result);
