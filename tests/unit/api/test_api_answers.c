/* Goal: the answer of every command is what the command line prints with --json, byte for byte, in
 * one piece or in many; a document comes along where a status tells less than it; work stops when
 * its host says so.
 * Method: each request through api_call(), beside the built command on the same files: a small run
 * of the bundled day, made through the API. A command that no line tries fails the test. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>
#include <sqlite3.h>

#include "api/api.h"
#include "api/api_command.h"

#define RUN                                                                                        \
    "{\"command\": \"run\", \"scenario\": \"may-2021\", \"set\": {\"population.accounts\": 1000, " \
    "\"scenario.from\": \"2021-05-19T12:30:00Z\", \"scenario.to\": \"2021-05-19T15:30:00Z\"}"

static char *folder;
static struct api_host host;

/* What the host was told. */
struct witness {
    unsigned shown;
    unsigned stop_after; /* of `shown`; 0: never */
    unsigned notes;
    unsigned problems;
    GString *written; /* NULL: not wanted */
    size_t enough;    /* bytes of it; 0: all */
};

static void show(void *context, const struct host_progress *progress) {
    struct witness *witness = context;
    witness->shown += progress != NULL ? 1 : 0;
}

static bool stop(void *context) {
    const struct witness *witness = context;
    return witness->stop_after != 0 && witness->shown >= witness->stop_after;
}

static void tell(void *context, enum host_notice notice, const char *text) {
    struct witness *witness = context;
    assert_non_null(text);
    witness->notes += notice == HOST_NOTE ? 1 : 0;
    witness->problems += notice == HOST_PROBLEM ? 1 : 0;
}

static bool put(void *context, const char *text, size_t size) {
    struct witness *witness = context;
    g_string_append_len(witness->written, text, (gssize)size);
    return witness->enough == 0 || witness->written->len < witness->enough;
}

static struct api_host watched(struct witness *witness) {
    struct api_host own = host;
    own.host = (struct host){witness, show, stop, tell};
    own.write = witness->written != NULL ? put : NULL;
    return own;
}

/* ---- places ---- */

static char *path_of(const char *name) {
    return g_build_filename(folder, name, NULL);
}

/* `text` with the folder in place of @; the caller frees it. */
static char *placed(const char *text) {
    gchar **parts = g_strsplit(text, "@", -1);
    char *joined = g_strjoinv(folder, parts);
    g_strfreev(parts);
    return joined;
}

static const char accounts[] =
    "account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort\n"
    "anna,balance,USDT,4000,,,,retail\n"
    "anna,position,BTCUSDT,1,66000,cross,,retail\n";

static const char ticks[] = "ts,instrument,price,quantity,side\n"
                            "2024-03-05T18:58:00Z,TESTUSDT,66000,0.5,sell\n"
                            "2024-03-05T18:59:00Z,TESTUSDT,66100,0.5,sell\n";

static void write_file(const char *name, const char *text) {
    char *file = path_of(name);
    assert_true(g_file_set_contents(file, text, -1, NULL));
    g_free(file);
}

static int set_up(void **state) {
    (void)state;
    struct error error = {0};
    char *answer = NULL;
    folder = g_dir_make_tmp("crossfall-api-XXXXXX", NULL);
    assert_non_null(folder);
    host = (struct api_host){.resources = g_getenv("CROSSFALL_SCENARIOS"),
                             .data = path_of("market.db"),
                             .results = path_of("runs.db")};
    write_file("a.csv", accounts);
    write_file("t.csv", ticks);
    write_file("bad.csv", "ts,instrument,price,quantity,side\nsoon,TESTUSDT,1,1,buy\n");
    struct witness witness = {0};
    const struct api_host own = watched(&witness);
    if (api_call(&own, RUN "}", &answer, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(witness.shown >= 30 && witness.notes == 1); /* the bundled data */
    api_free(answer);
    if (api_call(&host, RUN ", \"seed\": 2}", &answer, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    api_free(answer);
    char *import = placed("{\"command\": \"import\", \"files\": \"@/t.csv\"}");
    if (api_call(&host, import, &answer, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    api_free(answer);
    g_free(import);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    char *line = g_strdup_printf("rm -r %s", folder); /* has no blank */
    int code = 1;
    if (!g_spawn_command_line_sync(line, NULL, NULL, &code, NULL))
        code = 1;
    g_free(line);
    g_free((void *)host.data);
    g_free((void *)host.results);
    g_free(folder);
    return code;
}

/* The standard output of the command, and its exit code. */
static char *command_line(const char *arguments, int *ret_code) {
    char *output = NULL;
    char *messages = NULL;
    int status = 0;
    char *line = g_strdup_printf("env -C %s CROSSFALL_DATA=%s %s %s --json", folder, host.data,
                                 g_getenv("CROSSFALL_BIN"), arguments);
    assert_true(g_spawn_command_line_sync(line, &output, &messages, &status, NULL));
    assert_true(WIFEXITED(status));
    *ret_code = WEXITSTATUS(status);
    g_free(messages);
    g_free(line);
    return output;
}

/* ---- every command ---- */

static const struct {
    const char *command;   /* of the API */
    const char *members;   /* with a comma before each; @ is the folder */
    const char *arguments; /* of the command line */
    bool repeatable;       /* asked twice it says the same */
} cases[] = {
    {"import", ", \"files\": [\"@/t.csv\"]", "import @/t.csv", false}, /* the same file again */
    {"run",
     ", \"scenario\": \"may-2021\", \"set\": [\"population.accounts=1000\", "
     "\"scenario.from=2021-05-19T12:30:00Z\", \"scenario.to=2021-05-19T15:30:00Z\"]",
     "run may-2021 --set population.accounts=1000 --set scenario.from=2021-05-19T12:30:00Z --set "
     "scenario.to=2021-05-19T15:30:00Z",
     true},
    {"run", ", \"scenario\": \"may-2021\", \"seed\": 7, \"dry_run\": true",
     "run may-2021 --seed 7 --dry-run", true},
    {"report", ", \"run\": \"last\"", "report last", true},
    {"compare", ", \"runs\": [\"last\", \"last\"]", "compare last last", true},
    {"verify", ", \"run\": \"last\", \"threads\": 2", "verify last --threads 2", true},
    {"export", ", \"run\": \"last\", \"to\": \"@/out\"", "export last --to @/out", true},
    {"export",
     ", \"run\": \"last\", \"to\": \"@/out\", \"format\": \"jsonl\", \"no_compress\": true",
     "export last --to @/out --format jsonl --no-compress", true},
    {"margin",
     ", \"accounts\": \"@/a.csv\", \"rulebook\": \"flat\", \"prices\": {\"BTCUSDT\": 64000.5}",
     "margin @/a.csv --rulebook flat --price BTCUSDT=64000.5", true},
    {"list scenarios", "", "list scenarios", true},
    {"list rulebooks", "", "list rulebooks", true},
    {"list impact-models", "", "list impact-models", true},
    {"list formats", "", "list formats", true},
    {"list metrics", "", "list metrics", true},
    {"list metrics", "", "list metrics", true},
    {"list runs", "", "list runs", true},
    {"data list", "", "data list", true},
    {"data info", ", \"instrument\": \"BTCUSDT\"", "data info BTCUSDT", true},
    {"data verify", "", "data verify", true},
    {"data sql", ", \"sql\": \"SELECT * FROM ticks WHERE instrument = 'XMRUSDT' LIMIT 50\"",
     "data sql \"SELECT * FROM ticks WHERE instrument = 'XMRUSDT' LIMIT 50\"", true},
    {"data sql", ", \"sql\": \"SELECT 1 WHERE 0\"", "data sql \"SELECT 1 WHERE 0\"", true},
    /* Another hour that holds as many rows. */
    {"data delete",
     ", \"instrument\": \"XMRUSDT\", \"from\": \"2021-05-19T20:00:00Z\", \"to\": "
     "\"2021-05-19T21:00:00Z\"",
     "data delete XMRUSDT --from 2021-05-19T22:00:00Z --to 2021-05-19T23:00:00Z", false},
};

static char *request_of(size_t i) {
    char *members = placed(cases[i].members);
    char *request = g_strdup_printf("{\"command\": \"%s\"%s}", cases[i].command, members);
    g_free(members);
    return request;
}

static void answers_are_what_the_command_prints(void **state) {
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *request = request_of(i);
        char *arguments = placed(cases[i].arguments);
        struct witness witness = {.written = g_string_new(NULL)};
        const struct api_host pieces = watched(&witness);
        struct error error = {0};
        char *answer = NULL;
        char *none = NULL;
        int code = -1;
        if (api_call(&host, request, &answer, &error) != STATUS_OK)
            fail_msg("%s: %s", request, error.message);
        char *printed = command_line(arguments, &code);
        assert_int_equal(code, 0);
        assert_string_equal(answer, printed);
        assert_true(g_str_has_suffix(answer, "\n"));
        json_t *document = json_loads(answer, 0, NULL);
        assert_non_null(document);
        json_decref(document);
        if (cases[i].repeatable) { /* in pieces: the same bytes */
            assert_int_equal(api_call(&pieces, request, &none, &error), STATUS_OK);
            assert_null(none);
            assert_string_equal(witness.written->str, answer);
        }
        (void)g_string_free(witness.written, TRUE); /* returns NULL */
        api_free(answer);
        g_free(printed);
        g_free(arguments);
        g_free(request);
    }
}

/* Two files, one of which fails, into a file that is not there before either of the two asks. */
static void import_tells_of_each_file(void **state) {
    (void)state;
    struct witness witness = {0};
    const struct api_host own = watched(&witness);
    struct error error = {0};
    char *answer = NULL;
    int code = -1;
    char *market = path_of("new.db");
    char *request = placed("{\"command\": \"import\", \"data\": \"@/new.db\", \"threads\": 1, "
                           "\"files\": [\"@/t.csv\", \"@/bad.csv\"]}");
    char *arguments = placed("import --data @/new.db --threads 1 @/t.csv @/bad.csv");
    const enum status status = api_call(&own, request, &answer, &error);
    assert_int_equal(status_exit_code(status), 3);
    assert_non_null(strstr(error.message, "bad.csv"));
    assert_int_equal(witness.problems, 1);
    assert_non_null(answer);
    json_t *document = json_loads(answer, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(document, "imported")), 1);
    assert_int_equal(json_integer_value(json_object_get(document, "failed")), 1);
    assert_int_equal(json_integer_value(json_object_get(document, "rows")), 2);
    json_decref(document);
    assert_int_equal(unlink(market), 0);
    char *printed = command_line(arguments, &code);
    assert_string_equal(answer, printed);
    assert_int_equal(code, 3);
    g_free(printed);
    g_free(arguments);
    g_free(request);
    g_free(market);
    api_free(answer);
}

static void every_command_is_tried(void **state) {
    (void)state;
    for (size_t c = 0; api_commands[c] != NULL; c++) {
        size_t i = 0;
        while (i < G_N_ELEMENTS(cases) && strcmp(cases[i].command, api_commands[c]->name) != 0)
            i++;
        if (i == G_N_ELEMENTS(cases))
            fail_msg("no line here tries \"%s\"", api_commands[c]->name);
    }
}

/* ---- what a host may ask ---- */

static void host_stops_and_has_enough(void **state) {
    (void)state;
    struct error error = {0};
    char *answer = NULL;
    struct witness stopping = {.stop_after = 1};
    const struct api_host stopped = watched(&stopping);
    assert_int_equal(api_call(&stopped,
                              "{\"command\": \"run\", \"scenario\": \"may-2021\", "
                              "\"set\": {\"population.accounts\": 1000}}",
                              &answer, &error),
                     STATUS_INTERRUPTED);
    assert_null(answer);

    struct witness sated = {.written = g_string_new(NULL), .enough = 1000};
    const struct api_host reading = watched(&sated);
    assert_int_equal(api_call(&reading,
                              "{\"command\": \"data sql\", \"sql\": \"SELECT * FROM ticks\"}",
                              &answer, &error),
                     STATUS_OK);
    assert_in_range(sated.written->len, 1000, 2000);
    (void)g_string_free(sated.written, TRUE); /* returns NULL */
}

/* ---- documents beside a status ---- */

static void damage(const char *path, const char *sql) {
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(database), 1);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

/* The member of the answer to `request`, which ends with `status`, and the exit code of the command
 * line for the same. */
static void differs(const char *request, const char *arguments, enum status status, int code,
                    const char *member) {
    struct witness witness = {0};
    const struct api_host own = watched(&witness);
    struct error error = {0};
    char *answer = NULL;
    int is = -1;
    assert_int_equal(api_call(&own, request, &answer, &error), status);
    if (answer == NULL)
        fail_msg("%s: %s", request, error.message);
    assert_true(error.message[0] != '\0');
    json_t *document = json_loads(answer, 0, NULL);
    assert_true(json_is_false(json_object_get(document, member)));
    json_decref(document);
    assert_int_equal(witness.problems > 0, status == STATUS_CORRUPT);
    char *printed = command_line(arguments, &is);
    assert_string_equal(answer, printed);
    assert_int_equal(is, code);
    g_free(printed);
    api_free(answer);
}

static void faults_come_with_their_document(void **state) {
    (void)state;
    struct error error = {0};
    char *answer = NULL; /* of a run of what is left of the data */
    assert_int_equal(api_call(&host, RUN ", \"seed\": 4}", &answer, &error), STATUS_OK);
    api_free(answer);
    damage(host.results, "UPDATE metric SET value = value + 1 WHERE name = 'liquidations' AND run ="
                         " (SELECT id FROM run ORDER BY ordinal DESC LIMIT 1)");
    differs("{\"command\": \"verify\", \"run\": \"last\"}", "verify last", STATUS_DIFFERENT, 4,
            "same");
    damage(host.data, "UPDATE block SET row_count = row_count + 1 WHERE rowid = (SELECT min(rowid) "
                      "FROM block)");
    differs("{\"command\": \"data verify\"}", "data verify", STATUS_CORRUPT, 3, "ok");
}

/* ---- files of an older schema ---- */

/* Tables as they were when the schema was 3. */
static const char schema_3[] =
    "PRAGMA application_id = 1128690291; PRAGMA user_version = 3;"
    "CREATE TABLE run(id TEXT PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, scenario TEXT NOT NULL,"
    " title TEXT NOT NULL, seed INTEGER NOT NULL, version TEXT NOT NULL, fingerprint TEXT NOT NULL,"
    " created_at TEXT NOT NULL, elapsed_s REAL NOT NULL, from_ns INTEGER NOT NULL,"
    " to_ns INTEGER NOT NULL, asset TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE metric(run TEXT NOT NULL, name TEXT NOT NULL, instrument TEXT NOT NULL,"
    " value REAL, low REAL, high REAL, unit TEXT NOT NULL, exact TEXT NOT NULL,"
    " PRIMARY KEY (run, name, instrument)) STRICT, WITHOUT ROWID;"
    "INSERT INTO run VALUES('af73d94a1cea', 1, 'may-2021', '', 1, '0.1.0', 'ababe0c859fec58a',"
    " '2026-11-25T17:10:25Z', 3.5, 0, 1, 'USDT');";

static void older_results_are_refused_by_every_command(void **state) {
    (void)state;
    static const char *const requests[] = {
        "{\"command\": \"list runs\", \"results\": \"@/old.db\"}",
        "{\"command\": \"report\", \"run\": \"last\", \"results\": \"@/old.db\"}",
        "{\"command\": \"compare\", \"runs\": [\"af\", \"last\"], \"results\": \"@/old.db\"}",
        "{\"command\": \"verify\", \"run\": \"last\", \"results\": \"@/old.db\"}",
        "{\"command\": \"export\", \"run\": \"last\", \"to\": \"@/out\", \"results\": "
        "\"@/old.db\"}",
        RUN ", \"results\": \"@/old.db\"}",
    };
    sqlite3 *database = NULL;
    char *path = path_of("old.db");
    char *before = NULL;
    gsize size = 0;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, schema_3, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
    assert_true(g_file_get_contents(path, &before, &size, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        struct error error = {0};
        char *answer = NULL;
        char *after = NULL;
        gsize size_after = 0;
        char *request = placed(requests[i]);
        assert_int_equal(api_call(&host, request, &answer, &error), STATUS_FOREIGN);
        assert_null(answer);
        if (strstr(error.message, "old.db' has schema version 3, older than") == NULL ||
            strstr(error.message, "make its runs again into another file (--results FILE)") == NULL)
            fail_msg("%s: '%s'", request, error.message);
        assert_true(g_file_get_contents(path, &after, &size_after, NULL));
        assert_int_equal(size_after, size); /* as it was */
        assert_memory_equal(after, before, size);
        g_free(after);
        g_free(request);
    }
    g_free(before);
    g_free(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_tried),
        cmocka_unit_test(answers_are_what_the_command_prints),
        cmocka_unit_test(import_tells_of_each_file),
        cmocka_unit_test(older_results_are_refused_by_every_command),
        cmocka_unit_test(host_stops_and_has_enough),
        cmocka_unit_test(faults_come_with_their_document), /* the last: it spoils the files */
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
