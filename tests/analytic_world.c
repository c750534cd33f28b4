/* The way through the public interface: files of a replay in a temporary directory, the command,
 * its JSON answer and its results file. */

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/analytic.h"

int decimals_of(double value, int most) {
    double scaled = fabs(value);
    for (int decimals = 0; decimals < most; decimals++) {
        if (fabs(scaled - nearbyint(scaled)) <= 1e-9 * fmax(scaled, 1e-3))
            return decimals;
        scaled *= 10.0;
    }
    return most;
}

double price_above(double drop) {
    double price = 10.0;
    while (price < 10.0 * drop)
        price *= 10.0;
    return price;
}

void world_init(struct world *world, int price_decimals, int lot_decimals) {
    *world = (struct world){
        .directory = g_dir_make_tmp("crossfall-analytic-XXXXXX", NULL),
        .price_decimals = price_decimals,
        .lot_decimals = lot_decimals,
        .instruments = g_string_new("AUSDT"),
        .rulebook = g_string_new(NULL),
        .reference = g_string_new(NULL),
        .accounts = g_string_new(NULL),
        .ticks = g_string_new(NULL),
        .impact = g_string_new(NULL),
        .feedback = g_string_new(NULL),
    };
}

void world_finish(struct world *world) {
    GString **const texts[] = {&world->instruments, &world->rulebook, &world->reference,
                               &world->accounts,    &world->ticks,    &world->impact,
                               &world->feedback};
    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (*texts[i] != NULL)
            g_string_free(*texts[i], TRUE);
        *texts[i] = NULL;
    }
    if (world->directory == NULL)
        return;
    GDir *directory = g_dir_open(world->directory, 0, NULL);
    if (directory != NULL && g_getenv("ANALYTIC_KEEP") == NULL) {
        for (const char *name = g_dir_read_name(directory); name != NULL;
             name = g_dir_read_name(directory)) {
            char *path = g_build_filename(world->directory, name, NULL);
            (void)g_unlink(path); /* what cannot be removed is left in /tmp */
            g_free(path);
        }
        (void)g_rmdir(world->directory);
    }
    if (directory != NULL)
        g_dir_close(directory);
    g_clear_pointer(&world->directory, g_free);
}

void world_clear(struct world *world) {
    g_string_truncate(world->accounts, 0);
    g_string_truncate(world->ticks, 0);
}

void world_tick(struct world *world, gint64 at_ms, const char *symbol, double price) {
    g_string_append_printf(world->ticks, "%" G_GINT64_FORMAT ",%s,%.*f,,\n", at_ms, symbol,
                           world->price_decimals, price);
}

void world_balance(struct world *world, const char *account, const char *asset, double amount) {
    g_string_append_printf(world->accounts, "%s,balance,%s,%.8f,,,,\n", account, asset, amount);
}

void world_position(struct world *world, const char *account, const char *symbol, double quantity,
                    double entry, double isolated_margin) {
    g_string_append_printf(world->accounts, "%s,position,%s,%.*f,%.*f,", account, symbol,
                           world->lot_decimals, quantity, world->price_decimals, entry);
    if (isolated_margin < 0.0)
        g_string_append(world->accounts, "cross,,\n");
    else
        g_string_append_printf(world->accounts, "isolated,%.8f,\n", isolated_margin);
}

/* The command: CROSSFALL_BIN, else beside this program's directory. */
static char *crossfall_path(void) {
    const char *given = g_getenv("CROSSFALL_BIN");
    if (given != NULL && given[0] != '\0')
        return g_strdup(given);
    char *self = g_file_read_link("/proc/self/exe", NULL);
    char *directory = g_path_get_dirname(self != NULL ? self : ".");
    char *path = g_build_filename(directory, "..", "crossfall", NULL);
    g_free(directory);
    g_free(self);
    return path;
}

/* Runs the command; *ret_output is what it wrote on standard output (the caller frees it, also on
 * an error). Exit 3, content that it does not take, is OUTCOME_UNSUPPORTED with its first lines. */
static enum outcome command(struct analytic_case *c, char *const *arguments, char **ret_output) {
    GPtrArray *argv = g_ptr_array_new();
    char *program = crossfall_path();
    g_ptr_array_add(argv, program);
    for (; *arguments != NULL; arguments++)
        g_ptr_array_add(argv, *arguments);
    g_ptr_array_add(argv, NULL);
    char *said = NULL;
    GError *error = NULL;
    int wait_status = 0;
    const gboolean started = g_spawn_sync(NULL, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL,
                                          NULL, ret_output, &said, &wait_status, &error);
    enum outcome outcome = OUTCOME_DONE;
    if (!started) {
        outcome = analytic_broken(c, "cannot start %s: %s", program, error->message);
        g_error_free(error);
    } else if (!g_spawn_check_wait_status(wait_status, NULL)) {
        const int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
        g_strdelimit(said, "\n", ' ');
        outcome = code == 3 ? analytic_unsupported(c, "crossfall %s refuses: %.400s",
                                                   (char *)argv->pdata[1], said)
                            : analytic_broken(c, "crossfall %s ended with %d: %.400s",
                                              (char *)argv->pdata[1], code, said);
    }
    g_free(said);
    g_free(program);
    g_ptr_array_free(argv, TRUE);
    return outcome;
}

static enum outcome parse(struct analytic_case *c, const char *text, json_t **ret) {
    json_error_t error;
    *ret = json_loads(text, 0, &error);
    return *ret != NULL ? OUTCOME_DONE
                        : analytic_broken(c, "the answer is not JSON: %s", error.text);
}

static bool write_file(struct analytic_case *c, const char *directory, const char *name,
                       const char *text) {
    char *path = g_build_filename(directory, name, NULL);
    GError *error = NULL;
    const bool written = g_file_set_contents(path, text, -1, &error);
    if (!written) {
        (void)analytic_broken(c, "%s", error->message);
        g_error_free(error);
    }
    g_free(path);
    return written;
}

/* The lines of `text`, each behind `indent`. */
static void append_indented(GString *out, const char *indent, const char *text) {
    char **lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++)
        if (lines[i][0] != '\0')
            g_string_append_printf(out, "%s%s\n", indent, lines[i]);
    g_strfreev(lines);
}

static void append_market(const struct world *world, GString *out) {
    g_string_append_printf(out, "market:\n  instruments: [%s]\n  instrument:\n",
                           world->instruments->str);
    char **symbols = g_strsplit(world->instruments->str, ", ", -1);
    for (size_t i = 0; symbols[i] != NULL; i++)
        g_string_append_printf(out, "    %s: {kind: linear, price_tick: 1e-%d, lot: 1e-%d}\n",
                               symbols[i], world->price_decimals, world->lot_decimals);
    g_strfreev(symbols);
}

static bool write_world(struct analytic_case *c, const struct world *world) {
    GString *scenario = g_string_new("scenario:\n  name: analytic\n");
    append_market(world, scenario);
    g_string_append_printf(scenario,
                           "venue:\n  rulebook: ./rulebook.yaml\n  insurance_fund: %.8f\n",
                           world->insurance_fund);
    g_string_append(scenario, "accounts:\n  file: accounts.csv\nimpact:\n");
    append_indented(scenario, "  ", world->impact->str);
    g_string_append(scenario, "feedback:\n");
    append_indented(scenario, "  ", world->feedback->str);
    if (world->reference->len > 0)
        g_string_append(scenario, "  reference: {rulebook: ./reference.yaml}\n");

    GString *accounts = g_string_new(
        "account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort\n");
    g_string_append(accounts, world->accounts->str);
    GString *ticks = g_string_new("ts,instrument,price,quantity,side\n");
    g_string_append(ticks, world->ticks->str);
    GString *rulebook = g_string_new("name: analytic\nsource: an analytic case\n");
    g_string_append(rulebook, world->rulebook->str);
    GString *reference = g_string_new("name: reference\nsource: an analytic case\n");
    g_string_append(reference, world->reference->str);

    const bool written = write_file(c, world->directory, "scenario.yaml", scenario->str) &&
                         write_file(c, world->directory, "accounts.csv", accounts->str) &&
                         write_file(c, world->directory, "ticks.csv", ticks->str) &&
                         write_file(c, world->directory, "rulebook.yaml", rulebook->str) &&
                         write_file(c, world->directory, "reference.yaml", reference->str);
    g_string_free(scenario, TRUE);
    g_string_free(accounts, TRUE);
    g_string_free(ticks, TRUE);
    g_string_free(rulebook, TRUE);
    g_string_free(reference, TRUE);
    return written;
}

enum outcome world_run(struct analytic_case *c, struct world *world, struct world_result *ret) {
    *ret = (struct world_result){
        .price_decimals = world->price_decimals,
        .lot_decimals = world->lot_decimals,
    };
    if (world->directory == NULL)
        return analytic_broken(c, "no temporary directory: %s", g_strerror(errno));
    if (!write_world(c, world))
        return OUTCOME_BROKEN;
    char *market = g_build_filename(world->directory, "market.db", NULL);
    char *ticks = g_build_filename(world->directory, "ticks.csv", NULL);
    char *scenario = g_build_filename(world->directory, "scenario.yaml", NULL);
    ret->results = g_build_filename(world->directory, "results.db", NULL);
    /* A world is run again with other files: each time from nothing. */
    (void)g_unlink(market);
    (void)g_unlink(ret->results);

    char *output = NULL;
    char *import_arguments[] = {"import", "--progress=never", "--data", market, ticks, NULL};
    enum outcome outcome = command(c, import_arguments, &output);
    g_clear_pointer(&output, g_free);
    if (outcome == OUTCOME_DONE) {
        char *run_arguments[] = {"run",    scenario, "--json",    "--progress=never",
                                 "--data", market,   "--results", ret->results,
                                 NULL};
        outcome = command(c, run_arguments, &output);
    }
    if (outcome == OUTCOME_DONE)
        outcome = parse(c, output, &ret->answer);
    if (outcome == OUTCOME_DONE)
        outcome = result_check_ledger(c, ret);
    g_free(output);
    g_free(market);
    g_free(ticks);
    g_free(scenario);
    if (outcome != OUTCOME_DONE)
        world_result_finish(ret);
    return outcome;
}

void world_result_finish(struct world_result *result) {
    json_decref(result->answer);
    result->answer = NULL;
    g_clear_pointer(&result->results, g_free);
}

/* A number, or text that is one; NaN else. */
static double json_as_number(const json_t *value) {
    if (json_is_number(value))
        return json_number_value(value);
    if (json_is_string(value)) {
        char *end = NULL;
        const double number = g_ascii_strtod(json_string_value(value), &end);
        if (end != json_string_value(value) && *end == '\0')
            return number;
    }
    return NAN;
}

double result_number(const struct world_result *result, const char *path) {
    const json_t *value = result->answer;
    char **names = g_strsplit(path, ".", -1);
    for (size_t i = 0; names[i] != NULL && value != NULL; i++)
        value = json_object_get(value, names[i]);
    g_strfreev(names);
    return json_as_number(value);
}

double result_price(const struct world_result *result, const char *symbol, const char *key) {
    const json_t *prices = json_object_get(result->answer, "price");
    return json_as_number(json_object_get(json_object_get(prices, symbol), key));
}

long result_query(struct analytic_case *c, const struct world_result *result, const char *sql,
                  size_t capacity, double *ret_numbers) {
    sqlite3 *database = NULL;
    sqlite3_stmt *statement = NULL;
    long count = 0;
    if (sqlite3_open_v2(result->results, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK) {
        int step = sqlite3_step(statement);
        for (; step == SQLITE_ROW && (size_t)count < capacity; step = sqlite3_step(statement)) {
            const bool known = sqlite3_column_type(statement, 0) != SQLITE_NULL;
            ret_numbers[count++] = known ? sqlite3_column_double(statement, 0) : NAN;
        }
        if (step != SQLITE_DONE && step != SQLITE_ROW)
            count = -1;
    } else {
        count = -1;
    }
    if (count < 0)
        (void)analytic_broken(c, "results file: %s", sqlite3_errmsg(database));
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(database);
    return count;
}

double result_query_one(struct analytic_case *c, const struct world_result *result,
                        const char *sql) {
    double number = NAN;
    if (result_query(c, result, sql, 1, &number) != 1)
        return NAN;
    return number;
}

enum outcome result_check_ledger(struct analytic_case *c, const struct world_result *result) {
    const double residual = result_number(result, "ledger_residual");
    return residual == 0.0 ? OUTCOME_DONE
                           : analytic_broken(c, "ledger_residual is %g, not 0", residual);
}

enum outcome world_margin(struct analytic_case *c, struct world *world, const char *market,
                          char *const *prices, json_t **ret_answer) {
    if (world->directory == NULL)
        return analytic_broken(c, "no temporary directory: %s", g_strerror(errno));
    GString *sections = g_string_new(market);
    if (market == NULL)
        append_market(world, sections);
    if (!write_world(c, world) || !write_file(c, world->directory, "market.yaml", sections->str)) {
        g_string_free(sections, TRUE);
        return OUTCOME_BROKEN;
    }
    g_string_free(sections, TRUE);
    char *accounts = g_build_filename(world->directory, "accounts.csv", NULL);
    char *rulebook = g_build_filename(world->directory, "rulebook.yaml", NULL);
    char *sections_path = g_build_filename(world->directory, "market.yaml", NULL);
    GPtrArray *arguments = g_ptr_array_new();
    char *const fixed[] = {"margin", accounts,   "--json",     "--rulebook",
                           rulebook, "--market", sections_path};
    for (size_t i = 0; i < G_N_ELEMENTS(fixed); i++)
        g_ptr_array_add(arguments, fixed[i]);
    for (; *prices != NULL; prices++) {
        g_ptr_array_add(arguments, "--price");
        g_ptr_array_add(arguments, *prices);
    }
    g_ptr_array_add(arguments, NULL);
    char *output = NULL;
    enum outcome outcome = command(c, (char *const *)arguments->pdata, &output);
    if (outcome == OUTCOME_DONE)
        outcome = parse(c, output, ret_answer);
    g_free(output);
    g_ptr_array_free(arguments, TRUE);
    g_free(accounts);
    g_free(rulebook);
    g_free(sections_path);
    return outcome;
}
