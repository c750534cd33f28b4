#include "store/market/market_verify.h"

#include <stdio.h>

#include "store/market/market_catalog.h"
#include "store/market/market_internal.h"
#include "store/market/market_source.h"

struct verifier {
    struct market_file *market;
    market_problem *problem;
    void *context;
    struct market_verify_report report;
    struct error first;
};

static void found(struct verifier *verifier, const char *message) {
    if (verifier->report.problems++ == 0)
        (void)error_set(&verifier->first, STATUS_CORRUPT, "%s", message); /* kept for the end */
    if (verifier->problem != NULL)
        verifier->problem(verifier->context, message);
}

/* Corruption is what is looked for, so it is noted and the next check goes on; all else ends it. */
static enum status note(struct verifier *verifier, enum status status, const struct error *error) {
    if (status != STATUS_CORRUPT)
        return status;
    found(verifier, error->message);
    return STATUS_OK;
}

/* Runs a query whose every row is a problem, in words in its first column; "ok" is none. */
static enum status check_query(struct verifier *verifier, const char *sql, const char *doing,
                               struct error *reterr) {
    struct error error = {0};
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(verifier->market, sql, doing, &statement, &error);
    while (status == STATUS_OK) {
        const int rc = sqlite3_step(statement);
        status = market_status(verifier->market, rc, doing, &error);
        if (rc != SQLITE_ROW)
            break;
        const char *words = (const char *)sqlite3_column_text(statement, 0);
        char message[512];
        if (words != NULL && sqlite3_stricmp(words, "ok") == 0)
            continue;
        (void)snprintf(message, sizeof(message), "market file '%s': %.400s", verifier->market->path,
                       words == NULL ? "(no words)" : words); /* cut is ok */
        found(verifier, message);
    }
    (void)sqlite3_finalize(statement); /* repeats what step said */
    status = note(verifier, status, &error);
    return status == STATUS_OK ? STATUS_OK : error_set(reterr, status, "%s", error.message);
}

static enum status check_blocks(struct verifier *verifier, const struct market_series *series,
                                struct error *reterr) {
    struct error error = {0};
    struct market_source *source = NULL;
    uint64_t rows = 0;
    enum status status =
        market_source_create(verifier->market, series, INT64_MIN, INT64_MAX, &source, &error);
    const struct tick_source port = market_source_port(source);
    const uint64_t problems_before = verifier->report.problems;
    while (status == STATUS_OK) {
        struct tick_batch batch;
        status = port.next(port.context, &batch, &error);
        if (status == STATUS_OK)
            rows += batch.count;
        if (status == STATUS_CORRUPT) {
            status = note(verifier, status, &error);
            market_source_skip(source);
        }
    }
    market_source_destroy(source);
    if (status == STATUS_END)
        status = STATUS_OK;
    status = note(verifier, status, &error);
    if (status != STATUS_OK)
        return error_set(reterr, status, "%s", error.message);
    if (rows != series->rows && verifier->report.problems == problems_before) {
        char message[512];
        (void)snprintf(message, sizeof(message), "%s %s: %llu rows where %llu should be",
                       series->instrument, series->name, (unsigned long long)rows,
                       (unsigned long long)series->rows); /* cut is ok */
        found(verifier, message);
    }
    verifier->report.series++;
    verifier->report.blocks += series->blocks;
    verifier->report.rows += rows;
    return STATUS_OK;
}

static enum status check_series(struct verifier *verifier, struct error *reterr) {
    struct error error = {0};
    struct market_series_list list = {0};
    enum status status = market_list_series(verifier->market, NULL, &list, &error);
    if (status != STATUS_OK) {
        status = note(verifier, status, &error);
        return status == STATUS_OK ? STATUS_OK : error_set(reterr, status, "%s", error.message);
    }
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++)
        status = check_blocks(verifier, &list.rows[i], reterr);
    market_series_list_finish(&list);
    return status;
}

enum status market_verify(struct market_file *market, market_problem *problem, void *context,
                          struct market_verify_report *ret_report, struct error *reterr) {
    struct verifier verifier = {.market = market, .problem = problem, .context = context};
    int64_t sources = 0;
    enum status status = check_query(&verifier, "PRAGMA integrity_check", "checking it", reterr);
    if (status == STATUS_OK) {
        status = check_query(&verifier,
                             "SELECT 'a row of ' || \"table\" || ' points to nothing in ' || parent"
                             " FROM pragma_foreign_key_check",
                             "checking its references", reterr);
    }
    if (status == STATUS_OK) {
        status = check_query(
            &verifier,
            "SELECT 'source ''' || name || ''': ' || rows || ' rows where '"
            "       || should || ' should be'"
            " FROM (SELECT name, row_count - deleted_count - overlap_count AS should,"
            "       coalesce((SELECT sum(b.row_count) FROM block b WHERE b.source_id = s.id), 0)"
            "       AS rows FROM source s)"
            " WHERE rows <> should",
            "counting its rows", reterr);
    }
    if (status == STATUS_OK)
        status = check_series(&verifier, reterr);
    if (status == STATUS_OK) {
        struct error error = {0};
        status = market_integer(market, "SELECT count(*) FROM source", 0, "counting its sources",
                                &sources, &error);
        status = note(&verifier, status, &error);
        if (status != STATUS_OK)
            return error_set(reterr, status, "%s", error.message);
    }
    if (status != STATUS_OK)
        return status;
    verifier.report.sources = (uint64_t)sources;
    *ret_report = verifier.report;
    if (verifier.report.problems > 0)
        return error_set(reterr, STATUS_CORRUPT, "%s", verifier.first.message);
    return STATUS_OK;
}
