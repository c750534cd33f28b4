/* `crossfall export`: writes a run's tables as CSV or JSON lines. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/api_print.h"
#include "cli/cli_host.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/table.h"
#include "reports/run_export.h"

static const char *const command = "export";

struct export {
    struct cli_options options;
    char *folder;
    char *format;
    gboolean plain;
    struct cli_host host;
    struct results_file *file;
    struct export_list list;
};

static enum status read_options(const struct export *export, int argc,
                                struct export_order *ret_order, struct error *reterr) {
    if (argc != 2)
        return error_set(reterr, STATUS_USAGE,
                         "one run is needed: an id, the beginning of one, or last (crossfall list "
                         "runs)");
    if (export->folder == NULL || export->folder[0] == '\0')
        return error_set(reterr, STATUS_USAGE, "--to DIR is needed: the folder to write to");
    *ret_order = (struct export_order){
        .folder = export->folder, .compress = !export->plain, .host = &export->host.host};
    if (export->format == NULL || strcmp(export->format, "csv") == 0)
        ret_order->format = EXPORT_CSV;
    else if (strcmp(export->format, "jsonl") == 0)
        ret_order->format = EXPORT_JSONL;
    else
        return error_set(reterr, STATUS_USAGE, "--format: '%s' is not csv or jsonl",
                         export->format);
    return STATUS_OK;
}

static enum status print_json(const struct export *export, const char *name, struct error *reterr) {
    return api_print(command, &export->options,
                     json_pack("{s:s, s:s, s:s, s:s*, s:b}", "command", command, "run", name, "to",
                               export->folder, "format", export->format, "no_compress",
                               export->plain),
                     reterr);
}

static enum status print_table(const struct export *export, struct error *reterr) {
    static const struct table_column headings[] = {
        {"file", false}, {"rows", true}, {"bytes", true}};
    struct table *table = NULL;
    enum status status = table_create(G_N_ELEMENTS(headings), headings, &table, reterr);
    for (size_t i = 0; status == STATUS_OK && i < export->list.count; i++) {
        const struct export_file *file = &export->list.files[i];
        char rows[24];
        char bytes[24];
        (void)snprintf(rows, sizeof(rows), "%" PRIu64, file->rows); /* 20 digits */
        (void)snprintf(bytes, sizeof(bytes), "%" PRIu64, file->bytes);
        const char *const cells[] = {file->name, rows, bytes};
        status = table_add(table, cells, reterr);
    }
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    return status;
}

static enum status export_run(struct export *export, const char *name,
                              const struct export_order *order, struct error *reterr) {
    if (export->options.json)
        return print_json(export, name, reterr);
    char *path = cli_results_path(export->options.results);
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(path, RESULTS_READ, &export->file, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = results_file_find(export->file, name, id, reterr);
    if (status == STATUS_OK)
        status = run_export(export->file, id, order, &export->list, reterr);
    if (status != STATUS_OK)
        return status;
    (void)printf("Run %s in %s:\n", id, export->folder); /* main() looks at the stream's end */
    return print_table(export, reterr);
}

int command_export(int argc, char **argv) {
    struct export export = {0};
    const GOptionEntry own[] = {
        {"to", 0, 0, G_OPTION_ARG_FILENAME, &export.folder,
         "Folder to write to; made if it is not there, files of the same name are replaced", "DIR"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &export.format,
         "csv (default), or jsonl: one JSON object a line", "FORMAT"},
        {"no-compress", 0, 0, G_OPTION_ARG_NONE, &export.plain,
         "Plain files; they are .zst (zstd) otherwise", NULL},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    struct export_order order;
    enum status status = cli_options_parse(
        command, "RUN",
        "Writes a run's tables as files: minutes, liquidations, accounts, metrics and so on, with "
        "the "
        "column\nnames of the views of the results file and all digits. RUN is an id, a unique "
        "prefix of one, or last.",
        own, &argc, &argv, &export.options, &error);
    if (status == STATUS_OK)
        status = read_options(&export, argc, &order, &error);
    if (status == STATUS_OK) {
        interrupt_catch();
        cli_host_init(&export.host, command, &export.options);
        status = export_run(&export, argv[1], &order, &error);
    }
    export_list_finish(&export.list);
    results_file_close(export.file);
    cli_options_finish(&export.options);
    g_free(export.folder);
    g_free(export.format);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}
