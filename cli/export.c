/* `crossfall export`: writes a run's tables as CSV or JSON lines. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/table.h"
#include "reports/exact_json.h"
#include "reports/run_export.h"

struct export {
    struct cli_options options;
    char *folder;
    char *format;
    gboolean plain;
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
        .folder = export->folder, .compress = !export->plain, .stop = interrupt_asked};
    if (export->format == NULL || strcmp(export->format, "csv") == 0)
        ret_order->format = EXPORT_CSV;
    else if (strcmp(export->format, "jsonl") == 0)
        ret_order->format = EXPORT_JSONL;
    else
        return error_set(reterr, STATUS_USAGE, "--format: '%s' is not csv or jsonl",
                         export->format);
    return STATUS_OK;
}

static enum status print_json(const struct export *export, const char *id, struct error *reterr) {
    json_t *files = json_array();
    for (size_t i = 0; i < export->list.count; i++) {
        const struct export_file *file = &export->list.files[i];
        json_t *row = json_pack("{s:s, s:I, s:I}", "name", file->name, "rows",
                                (json_int_t)file->rows, "bytes", (json_int_t)file->bytes);
        (void)json_array_append_new(files, row); /* a NULL array or row: seen in the next line */
    }
    json_t *root =
        json_array_size(files) == export->list.count
            ? json_pack("{s:s, s:s, s:o}", "run", id, "folder", export->folder, "files", files)
            : NULL;
    char *text = root == NULL ? NULL : exact_json_dump(root);
    json_decref(root);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the list of files");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
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
    char *path = cli_results_path(export->options.results);
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(path, RESULTS_READ, &export->file, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = results_file_find(export->file, name, id, reterr);
    if (status == STATUS_OK && g_mkdir_with_parents(export->folder, 0777) != 0)
        status = error_set(reterr, STATUS_IO, "making the folder '%s': %s", export->folder,
                           strerror(errno));
    if (status == STATUS_OK)
        status = run_export(export->file, id, order, &export->list, reterr);
    if (status != STATUS_OK)
        return status;
    if (export->options.json)
        return print_json(export, id, reterr);
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
        "export", "RUN",
        "Writes a run's tables as files: minutes, liquidations, accounts, metrics and so on, with "
        "the "
        "column\nnames of the views of the results file and all digits. RUN is an id, a unique "
        "prefix of one, or last.",
        own, &argc, &argv, &export.options, &error);
    if (status == STATUS_OK)
        status = read_options(&export, argc, &order, &error);
    if (status == STATUS_OK) {
        interrupt_catch();
        status = export_run(&export, argv[1], &order, &error);
    }
    export_list_finish(&export.list);
    results_file_close(export.file);
    cli_options_finish(&export.options);
    g_free(export.folder);
    g_free(export.format);
    return status == STATUS_OK ? 0 : cli_tell_error("export", status, &error);
}
