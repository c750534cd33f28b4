/* Goal: a run needs nothing but the room runs: no command, no terminal, no working directory; it
 * shows its progress, stops when asked and leaves nothing then; and several runs in one process, on
 * threads of their own, are each what they are alone.
 * Method: the bundled day and the day with the outage, with few accounts, through run_order.h into
 * files in a fresh directory; what was stored is read back and verified. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "runs/running/run_order.h"
#include "runs/stored/run_verify.h"

/* What a host was told. */
struct witness {
    unsigned shown;
    unsigned ended;
    double share;        /* the last */
    unsigned stop_after; /* of `shown`; 0: never */
    char told[256];
};

static void show(void *context, const struct host_progress *progress) {
    struct witness *witness = context;
    if (progress == NULL) {
        witness->ended++;
        return;
    }
    assert_non_null(progress->what);
    assert_true(progress->share <= 1);
    witness->shown++;
    witness->share = progress->share;
}

static bool stop(void *context) {
    const struct witness *witness = context;
    return witness->stop_after != 0 && witness->shown >= witness->stop_after;
}

static void tell(void *context, enum host_notice notice, const char *text) {
    struct witness *witness = context;
    assert_int_equal(notice, HOST_NOTE);
    (void)snprintf(witness->told, sizeof(witness->told), "%s", text);
}

/* ---- places ---- */

struct fixture {
    char *folder;
    char *market;
    const char *resources;
};

static int set_up(void **state) {
    struct fixture *fixture = g_new0(struct fixture, 1);
    const char *resources = getenv("CROSSFALL_SCENARIOS");
    fixture->resources = resources != NULL ? resources : "scenarios";
    fixture->folder = g_dir_make_tmp("crossfall-runs-XXXXXX", NULL);
    assert_non_null(fixture->folder);
    fixture->market = g_build_filename(fixture->folder, "market.db", NULL);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    GDir *dir = g_dir_open(fixture->folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        char *path = g_build_filename(fixture->folder, name, NULL);
        assert_int_equal(unlink(path), 0);
        g_free(path);
    }
    g_dir_close(dir);
    assert_int_equal(rmdir(fixture->folder), 0);
    g_free(fixture->market);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

/* One run of a test: what is asked, and what came out. */
struct asked {
    const char *scenario;
    const char *sets[5]; /* NULL after the last */
    uint32_t threads;
    const char *results; /* name of the file in the folder */
    const struct fixture *fixture;
    struct witness witness;
    enum status status;
    struct error error;
    struct run_done done;
    char fingerprint[64];
    double residual;
};

static char *results_path(const struct asked *asked) {
    return g_build_filename(asked->fixture->folder, asked->results, NULL);
}

static struct run_places places_of(const struct asked *asked, const char *results) {
    return (struct run_places){.resources = asked->fixture->resources,
                               .market = "/nowhere/market.db",
                               .bundled_market = asked->fixture->market,
                               .results = results};
}

static void carry_out(struct asked *asked) {
    char *results = results_path(asked);
    const struct host host = {&asked->witness, show, stop, tell};
    const struct run_order order = {
        .scenario = asked->scenario,
        .how = {.sets = asked->sets, .threads = asked->threads},
        .places = places_of(asked, results),
    };
    asked->status = run_order_carry_out(&order, &host, &asked->done, &asked->error);
    g_free(results);
}

/* The one number or text that `sql` gives for the run. */
static void read_one(struct results_file *file, const char *sql, const char *id, char *ret_text,
                     size_t size, double *ret_value) {
    struct error error = {0};
    struct results_rows *rows = NULL;
    assert_int_equal(results_query(file, sql, id, &rows, &error), STATUS_OK);
    assert_int_equal(results_rows_next(rows, &error), STATUS_OK);
    if (ret_text != NULL)
        (void)snprintf(ret_text, size, "%s", results_rows_text(rows, 0));
    if (ret_value != NULL)
        *ret_value = results_rows_real(rows, 0);
    results_rows_end(rows);
}

static void read_back(struct asked *asked) {
    struct error error = {0};
    struct results_file *file = NULL;
    char *results = results_path(asked);
    if (asked->status != STATUS_OK)
        fail_msg("%s: %s", asked->scenario, asked->error.message);
    assert_int_equal(results_file_open(results, RESULTS_READ, &file, &error), STATUS_OK);
    read_one(file, "SELECT fingerprint FROM run WHERE id = ?1", asked->done.id, asked->fingerprint,
             sizeof(asked->fingerprint), NULL);
    read_one(file, "SELECT value FROM metric WHERE run = ?1 AND name = 'ledger_residual'",
             asked->done.id, NULL, 0, &asked->residual);
    assert_true(asked->residual == 0);
    assert_int_equal(strlen(asked->fingerprint), 32);
    results_file_close(file);
    g_free(results);
}

/* ---- one run ---- */

static void bundled_day_runs_without_a_command(void **state) {
    struct asked asked = {.scenario = "may-2021",
                          .sets = {"population.accounts=2000", NULL},
                          .threads = 1,
                          .results = "one.db",
                          .fixture = *state};
    carry_out(&asked);
    read_back(&asked);
    assert_false(asked.done.was_there);
    assert_true(g_str_has_prefix(asked.witness.told, "Importing the bundled data (30 files)"));
    assert_true(asked.witness.shown > 30); /* files, then ticks */
    assert_int_equal(asked.witness.ended, 2);
    assert_true(asked.witness.share > 0.5);

    struct asked again = asked;
    again.witness = (struct witness){0};
    carry_out(&again);
    assert_int_equal(again.status, STATUS_OK);
    assert_true(again.done.was_there);
    assert_string_equal(again.done.id, asked.done.id);
    assert_int_equal(again.witness.shown, 0); /* recognised, not repeated */

    struct error error = {0};
    struct run_verified verified = {0};
    char *results = results_path(&asked);
    struct run_verify_order order = {
        .run = "last", .places = places_of(&asked, results), .threads = 2};
    assert_int_equal(results_file_open(results, RESULTS_READ, &order.results, &error), STATUS_OK);
    assert_int_equal(run_verify(&order, NULL, &verified, &error), STATUS_OK);
    assert_string_equal(verified.id, asked.done.id);
    assert_string_equal(verified.fingerprint, asked.fingerprint);
    assert_int_equal(verified.differing, 0);
    assert_true(verified.tables->len > 5);
    run_verified_finish(&verified);
    results_file_close(order.results);
    g_free(results);
}

static void stopped_run_leaves_nothing(void **state) {
    struct asked asked = {.scenario = "may-2021",
                          .sets = {"population.accounts=2000", NULL},
                          .threads = 1,
                          .results = "stopped.db",
                          .fixture = *state,
                          .witness = {.stop_after = 35}};
    carry_out(&asked);
    assert_int_equal(asked.status, STATUS_INTERRUPTED);
    assert_int_equal(asked.witness.shown, 35);
    struct error error = {0};
    struct results_file *file = NULL;
    char *results = results_path(&asked);
    double runs = -1;
    assert_int_equal(results_file_open(results, RESULTS_READ, &file, &error), STATUS_OK);
    read_one(file, "SELECT count(*) FROM run WHERE id <> ?1", "", NULL, 0, &runs);
    assert_true(runs == 0);
    results_file_close(file);
    g_free(results);
}

static void error_comes_with_its_words(void **state) {
    struct asked asked = {.scenario = "may-2012",
                          .sets = {NULL},
                          .threads = 1,
                          .results = "none.db",
                          .fixture = *state};
    carry_out(&asked);
    assert_int_equal(asked.status, STATUS_IO);
    assert_non_null(strstr(asked.error.message, "may-2012"));
    struct asked wrong = asked;
    wrong.scenario = "may-2021";
    wrong.sets[0] = "venue.insurance_fond=1";
    carry_out(&wrong);
    assert_int_equal(wrong.status, STATUS_CONFIG);
    assert_non_null(strstr(wrong.error.message, "insurance_fund"));
}

/* ---- several at once ---- */

/* The worst hours alone: what is tried is whether they disturb each other. */
#define FROM "scenario.from=2021-05-19T12:30:00Z"
#define TO "scenario.to=2021-05-19T15:30:00Z"

static const struct asked several[] = {
    {.scenario = "may-2021", .sets = {FROM, TO, "population.accounts=2000"}, .threads = 1},
    {.scenario = "may-2021-outage", .sets = {FROM, TO, "population.accounts=2000"}, .threads = 1},
    {.scenario = "may-2021",
     .sets = {FROM, TO, "population.accounts=1500", "venue.override.liquidation.close=full"},
     .threads = 2},
    {.scenario = "may-2021",
     .sets = {FROM, TO, "population.accounts=1000", "impact.model=book"},
     .threads = 1},
};
#define SEVERAL G_N_ELEMENTS(several)

static gpointer work(gpointer context) {
    carry_out(context);
    return NULL;
}

/* All at once, into results files of their own or into one; the market file is there or not. */
static void run_together(struct asked *asked, size_t count) {
    GThread *threads[SEVERAL];
    for (size_t i = 0; i < count; i++)
        threads[i] = g_thread_new("run", work, &asked[i]);
    for (size_t i = 0; i < count; i++)
        (void)g_thread_join(threads[i]); /* it gives nothing */
}

static void runs_on_threads_are_what_they_are_alone(void **state) {
    struct asked alone[SEVERAL];
    struct asked apart[SEVERAL];
    struct asked into_one[SEVERAL];
    static const char *const own[SEVERAL] = {"a.db", "b.db", "c.db", "d.db"};
    memcpy(alone, several, sizeof(several));
    /* First together, so that all of them find the market file missing at once. */
    memcpy(apart, several, sizeof(several));
    memcpy(into_one, several, sizeof(several));
    for (size_t i = 0; i < SEVERAL; i++) {
        alone[i].fixture = apart[i].fixture = into_one[i].fixture = *state;
        alone[i].results = "alone.db";
        apart[i].results = own[i];
        into_one[i].results = "all.db";
    }
    run_together(apart, SEVERAL);
    run_together(into_one, SEVERAL);
    for (size_t i = 0; i < SEVERAL; i++) {
        carry_out(&alone[i]);
        read_back(&alone[i]);
        read_back(&apart[i]);
        read_back(&into_one[i]);
        assert_string_equal(apart[i].done.id, alone[i].done.id);
        assert_string_equal(apart[i].fingerprint, alone[i].fingerprint);
        assert_string_equal(into_one[i].done.id, alone[i].done.id);
        assert_string_equal(into_one[i].fingerprint, alone[i].fingerprint);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(alone[i].fingerprint, alone[k].fingerprint);
    }
}

static void stopping_one_stops_no_other(void **state) {
    struct asked asked[2];
    memcpy(asked, several, sizeof(asked));
    asked[0].fixture = asked[1].fixture = *state;
    asked[0].results = "x.db";
    asked[1].results = "y.db";
    asked[0].witness.stop_after = 2;
    run_together(asked, 2);
    assert_int_equal(asked[0].status, STATUS_INTERRUPTED);
    read_back(&asked[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bundled_day_runs_without_a_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopped_run_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(error_comes_with_its_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_on_threads_are_what_they_are_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopping_one_stops_no_other, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
