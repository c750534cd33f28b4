/* `crossfall data`: what is in the market file, whether it is whole, taking out, SQL. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "base/units.h"
#include "cli/commands.h"
#include "cli/data/data_sql.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/quality_info.h"
#include "cli/table.h"
#include "store/market/market_catalog.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_verify.h"

static const char *const command = "data";

struct data_command {
    struct cli_options options;
    char *from;           /* --from, or NULL */
    char *to;             /* --to, or NULL */
    char *path;           /* of the market file */
    const char *argument; /* what follows the action, or NULL */
};

static enum status no_memory(struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "no memory for the answer");
}

/* Prints `document`, which it ends; NULL is out of memory. */
static enum status print_json(json_t *document, struct error *reterr) {
    if (document == NULL)
        return no_memory(reterr);
    (void)json_dumpf(document, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15)); /* flush tells */
    json_decref(document);
    (void)putchar('\n');
    return STATUS_OK;
}

/* "ticks", or the length of the bars: "1 min bars". */
static void describe_kind(const struct market_series *series, char *ret_text, size_t size) {
    if (series->kind == SERIES_TICKS) {
        (void)snprintf(ret_text, size, "ticks"); /* fits */
        return;
    }
    char length[32];
    const bool minutes = series->bar_ns % NS_PER_MINUTE == 0;
    (void)decimal_format(minutes ? series->bar_ns / NS_PER_MINUTE : series->bar_ns, minutes ? 0 : 9,
                         length); /* the length is not needed */
    (void)snprintf(ret_text, size, "%s %s bars", length, minutes ? "min" : "s"); /* fits */
}

/* The smallest step of a price or quantity: "0.01". */
static void describe_grid(int32_t decimals, char ret_text[32]) {
    (void)decimal_format(1, decimals, ret_text); /* the length is not needed */
}

static json_t *json_of_series(const struct market_series *series) {
    char first[32];
    char last[32];
    char price[32];
    char quantity[32];
    (void)time_format_iso(series->first_ts_ns, first); /* the lengths are not needed */
    (void)time_format_iso(series->last_ts_ns, last);
    describe_grid(series->price_decimals, price);
    describe_grid(series->quantity_decimals, quantity);
    return json_pack(
        "{s:s, s:s, s:s, s:f, s:I, s:s, s:s, s:s, s:s, s:I, s:I}", "instrument", series->instrument,
        "series", series->name, "kind", series->kind == SERIES_BARS ? "bars" : "ticks", "bar_s",
        (double)series->bar_ns / 1e9, "rows", (json_int_t)series->rows, "first_ts", first,
        "last_ts", last, "price_grid", price, "quantity_grid", quantity, "blocks",
        (json_int_t)series->blocks, "stored_bytes", (json_int_t)series->stored_bytes);
}

static json_t *json_of_all_series(const struct market_series_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < list->count; i++) {
        if (json_array_append_new(array, json_of_series(&list->rows[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static enum status print_series_table(const struct market_series_list *list, struct error *reterr) {
    static const struct table_column headings[] = {
        {"instrument", false}, {"series", false},  {"kind", false},
        {"rows", true},        {"first", false},   {"last", false},
        {"price grid", true},  {"lot grid", true}, {"bytes/row", true},
    };
    struct table *table = NULL;
    enum status status = table_create(G_N_ELEMENTS(headings), headings, &table, reterr);
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        const struct market_series *series = &list->rows[i];
        char kind[64];
        char rows[32];
        char first[32];
        char last[32];
        char price[32];
        char quantity[32];
        char bytes[32];
        describe_kind(series, kind, sizeof(kind));
        (void)snprintf(rows, sizeof(rows), "%" PRIu64, series->rows); /* fits */
        (void)time_format_iso(series->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(series->last_ts_ns, last);
        describe_grid(series->price_decimals, price);
        describe_grid(series->quantity_decimals, quantity);
        (void)snprintf(bytes, sizeof(bytes), "%.2f",
                       (double)series->stored_bytes / (double)series->rows); /* fits */
        const char *const cells[] = {
            series->instrument, series->name, kind, rows, first, last, price, quantity, bytes};
        status = table_add(table, cells, reterr);
    }
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    return status;
}

static enum status data_list(const struct data_command *data, struct market_file *market,
                             struct error *reterr) {
    struct market_series_list list = {0};
    enum status status = market_list_series(market, NULL, &list, reterr);
    if (status != STATUS_OK)
        return status;
    if (data->options.json)
        status = print_json(
            json_pack("{s:s, s:o}", "data", data->path, "series", json_of_all_series(&list)),
            reterr);
    else if (list.count == 0)
        printf("%s: no data\n", data->path);
    else
        status = print_series_table(&list, reterr);
    market_series_list_finish(&list);
    return status;
}

/* ---- info ---- */

static json_t *json_of_sources(const struct market_source_list *list) {
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < list->count; i++) {
        const struct market_source_row *source = &list->rows[i];
        json_t *object = json_pack(
            "{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s}", "file", source->name, "sha256",
            source->sha256, "format", source->format, "bytes", (json_int_t)source->bytes, "rows",
            (json_int_t)source->rows, "deleted", (json_int_t)source->deleted, "overlap",
            (json_int_t)source->overlap, "ts_unit", source->ts_unit, "checksum",
            source->checksum[0] == '\0' ? "none" : source->checksum);
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static void print_info(const struct market_series_list *series,
                       const struct market_source_list *sources,
                       const struct market_quality_list *quality) {
    for (size_t i = 0; i < series->count; i++) {
        const struct market_series *row = &series->rows[i];
        char kind[64];
        char first[32];
        char last[32];
        char price[32];
        char quantity[32];
        describe_kind(row, kind, sizeof(kind));
        (void)time_format_iso(row->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(row->last_ts_ns, last);
        describe_grid(row->price_decimals, price);
        describe_grid(row->quantity_decimals, quantity);
        printf("%s %s (%s)\n", row->instrument, row->name, kind);
        printf("  rows      %" PRIu64 " in %" PRIu64 " blocks\n", row->rows, row->blocks);
        printf("  from      %s\n  to        %s\n", first, last);
        printf("  grid      price %s, quantity %s\n", price, quantity);
        printf("  stored    %" PRIu64 " bytes, %.2f a row\n", row->stored_bytes,
               (double)row->stored_bytes / (double)row->rows);
        quality_info_print(row, quality);
    }
    quality_info_print_units(sources);
    printf("from\n");
    for (size_t i = 0; i < sources->count; i++) {
        const struct market_source_row *source = &sources->rows[i];
        printf("  %s (%s, %" PRIu64 " rows", source->name, source->format, source->rows);
        if (source->overlap > 0)
            printf(", %" PRIu64 " of them another file's", source->overlap);
        if (source->deleted > 0)
            printf(", %" PRIu64 " deleted since", source->deleted);
        printf(")\n    sha256 %s%s\n", source->sha256,
               source->checksum[0] == '\0' ? "" : ", verified against its checksum file");
    }
}

static enum status data_info(const struct data_command *data, struct market_file *market,
                             struct error *reterr) {
    struct market_series_list series = {0};
    struct market_source_list sources = {0};
    struct market_quality_list quality = {0};
    enum status status = market_list_series(market, data->argument, &series, reterr);
    if (status == STATUS_OK && series.count == 0)
        status = error_set(reterr, STATUS_USAGE,
                           "market file '%s' has no instrument '%s' (see crossfall data list)",
                           data->path, data->argument);
    if (status == STATUS_OK)
        status = market_list_sources(market, data->argument, &sources, reterr);
    if (status == STATUS_OK)
        status = market_list_quality(market, data->argument, &quality, reterr);
    if (status == STATUS_OK && data->options.json)
        status =
            print_json(json_pack("{s:s, s:s, s:o, s:o, s:o}", "data", data->path, "instrument",
                                 data->argument, "series", json_of_all_series(&series), "sources",
                                 json_of_sources(&sources), "quality", quality_info_json(&quality)),
                       reterr);
    else if (status == STATUS_OK)
        print_info(&series, &sources, &quality);
    market_quality_list_finish(&quality);
    market_series_list_finish(&series);
    market_source_list_finish(&sources);
    return status;
}

/* ---- verify, delete, sql ---- */

static void take_problem(void *context, const char *message) {
    json_t *problems = context;
    /* Without JSON, or where it fails for want of memory, the text on standard error stands. */
    if (problems != NULL)
        (void)json_array_append_new(problems, json_string(message));
    (void)fprintf(stderr, "crossfall data: %s\n", message);
}

static enum status data_verify(const struct data_command *data, struct market_file *market,
                               struct error *reterr) {
    json_t *problems = data->options.json ? json_array() : NULL;
    struct market_verify_report report = {0};
    const enum status status = market_verify(market, take_problem, problems, &report, reterr);
    enum status printed = STATUS_OK;
    if (status != STATUS_OK && status != STATUS_CORRUPT) {
        json_decref(problems);
        return status;
    }
    if (data->options.json) {
        struct error unused;
        printed = print_json(
            json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:o}", "data", data->path, "ok",
                      status == STATUS_OK, "series", (json_int_t)report.series, "sources",
                      (json_int_t)report.sources, "blocks", (json_int_t)report.blocks, "rows",
                      (json_int_t)report.rows, "problems", problems),
            status == STATUS_OK ? reterr : &unused);
    } else if (status == STATUS_OK) {
        printf("%s: whole: %" PRIu64 " rows in %" PRIu64 " blocks of %" PRIu64
               " series, from %" PRIu64 " sources\n",
               data->path, report.rows, report.blocks, report.series, report.sources);
    }
    if (status == STATUS_CORRUPT) {
        return error_set(reterr, status, "market file '%s': %" PRIu64 " problems", data->path,
                         report.problems);
    }
    return printed;
}

/* The time of --from or --to; `otherwise` where it is not given. */
static enum status parse_bound(const char *option, const char *text, int64_t otherwise,
                               int64_t *ret_ns, struct error *reterr) {
    *ret_ns = otherwise;
    if (text == NULL || time_parse_iso(text, strlen(text), ret_ns))
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE,
                     "%s: '%s' is no time; write 2021-05-19T12:00:00Z or 2021-05-19", option, text);
}

static enum status data_delete(const struct data_command *data, struct market_file *market,
                               struct error *reterr) {
    int64_t from_ns;
    int64_t to_ns;
    struct market_delete_result result = {0};
    enum status status = parse_bound("--from", data->from, INT64_MIN, &from_ns, reterr);
    if (status == STATUS_OK)
        status = parse_bound("--to", data->to, INT64_MAX, &to_ns, reterr);
    if (status == STATUS_OK && from_ns >= to_ns)
        status = error_set(reterr, STATUS_USAGE, "--from must be before --to");
    if (status == STATUS_OK)
        status = market_delete(market, data->argument, from_ns, to_ns, &result, reterr);
    if (status != STATUS_OK)
        return status;
    if (data->options.json)
        return print_json(json_pack("{s:s, s:s, s:I, s:I}", "data", data->path, "instrument",
                                    data->argument, "rows_deleted", (json_int_t)result.rows,
                                    "sources_gone", (json_int_t)result.sources),
                          reterr);
    printf("%s: %" PRIu64 " rows of %s deleted\n", data->path, result.rows, data->argument);
    return STATUS_OK;
}

static enum status data_sql(const struct data_command *data, struct market_file *market,
                            struct error *reterr) {
    return data_sql_print(market, data->argument, data->options.json, reterr);
}

static const struct {
    const char *name;
    const char *argument; /* what it takes; NULL: nothing */
    enum market_mode mode;
    enum status (*run)(const struct data_command *data, struct market_file *market,
                       struct error *reterr);
} actions[] = {
    {"list", NULL, MARKET_READ, data_list},
    {"info", "an INSTRUMENT", MARKET_READ, data_info},
    {"verify", NULL, MARKET_READ, data_verify},
    {"delete", "an INSTRUMENT", MARKET_WRITE, data_delete},
    {"sql", "one \"SELECT ...\"", MARKET_READ, data_sql},
};

static enum status run_action(struct data_command *data, int argc, char **argv,
                              struct error *reterr) {
    size_t i = 0;
    while (argc > 1 && i < G_N_ELEMENTS(actions) && strcmp(actions[i].name, argv[1]) != 0)
        i++;
    if (argc < 2 || i == G_N_ELEMENTS(actions))
        return error_set(reterr, STATUS_USAGE, "%s%s%s: say list, info, verify, delete or sql",
                         argc < 2 ? "no action" : "'", argc < 2 ? "" : argv[1],
                         argc < 2 ? "" : "' is no action");
    if (argc != (actions[i].argument == NULL ? 2 : 3))
        return error_set(reterr, STATUS_USAGE, "%s takes %s", actions[i].name,
                         actions[i].argument == NULL ? "no argument" : actions[i].argument);
    if ((data->from != NULL || data->to != NULL) && strcmp(actions[i].name, "delete") != 0)
        return error_set(reterr, STATUS_USAGE, "--from and --to belong to delete");
    data->argument = actions[i].argument == NULL ? NULL : argv[2];

    /* Deleting from a file that is not there must not make one. */
    if (actions[i].mode == MARKET_WRITE && !g_file_test(data->path, G_FILE_TEST_EXISTS))
        return error_set(reterr, STATUS_IO, "market file '%s' is not there", data->path);
    struct market_file *market = NULL;
    enum status status = market_file_open(data->path, actions[i].mode, &market, reterr);
    if (status != STATUS_OK)
        return status;
    status = actions[i].run(data, market, reterr);
    market_file_close(market);
    return status;
}

int command_data(int argc, char **argv) {
    struct data_command data = {0};
    const GOptionEntry own[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &data.from, "delete: from this time on", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &data.to, "delete: up to this time, without it", "TIME"},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "list | info INSTRUMENT | verify | delete INSTRUMENT | sql \"SELECT ...\"",
        "What is in the market file. sql shows its rows as the table ticks(instrument, series, "
        "ts,\n"
        "ts_ns, price, quantity, side, open, high, low, close, volume), as CSV or with --json.",
        own, &argc, &argv, &data.options, &error);
    if (status == STATUS_OK) {
        data.path = cli_data_path(data.options.data);
        status = run_action(&data, argc, argv, &error);
    }
    if (status != STATUS_OK)
        (void)cli_tell_error(command, status, &error); /* the code follows */
    g_free(data.from);
    g_free(data.to);
    g_free(data.path);
    cli_options_finish(&data.options);
    return status_exit_code(status);
}
