/* data: what is in a market file, whether it is whole, taking out. */

#include <inttypes.h>
#include <string.h>

#include "api/commands/api_commands.h"
#include "api/commands/data_json.h"
#include "base/time_text.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_verify.h"

struct data_request {
    const char *data;
    const char *instrument;
    const char *from;
    const char *to;
};

#define NO_MORE                                                                                    \
    { NULL, API_TEXT, 0, false, 0, 0, NULL }
#define INSTRUMENT                                                                                 \
    {                                                                                              \
        "instrument", API_TEXT, offsetof(struct data_request, instrument), true, 0, 0,             \
            "its symbol, as data list has it"                                                      \
    }

static const struct api_member file_members[] = {API_DATA(struct data_request), NO_MORE};
static const struct api_member info_members[] = {INSTRUMENT, API_DATA(struct data_request),
                                                 NO_MORE};
static const struct api_member delete_members[] = {
    INSTRUMENT,
    {"from", API_TEXT, offsetof(struct data_request, from), false, 0, 0, "from this time on"},
    {"to", API_TEXT, offsetof(struct data_request, to), false, 0, 0, "up to this time, without it"},
    API_DATA(struct data_request),
    NO_MORE,
};

/* Opens the market file of a request; *ret_path is its name. */
static enum status open_market(const struct api_host *host, const char *data, enum market_mode mode,
                               const char **ret_path, struct market_file **ret_market,
                               struct error *reterr) {
    const enum status status = api_path("data", data, host->data, ret_path, reterr);
    if (status != STATUS_OK)
        return status;
    /* Deleting from a file that is not there must not make one. */
    if (mode == MARKET_WRITE && !g_file_test(*ret_path, G_FILE_TEST_EXISTS))
        return error_set(reterr, STATUS_IO, "market file '%s' is not there", *ret_path);
    return market_file_open(*ret_path, mode, ret_market, reterr);
}

static enum status call_list(const struct api_host *host, const void *fields,
                             struct api_answer *answer, struct error *reterr) {
    const struct data_request *request = fields;
    const char *path = NULL;
    struct market_file *market = NULL;
    struct market_series_list list = {0};
    enum status status = open_market(host, request->data, MARKET_READ, &path, &market, reterr);
    if (status == STATUS_OK)
        status = market_list_series(market, NULL, &list, reterr);
    if (status == STATUS_OK)
        status = api_answer_json(
            answer, json_pack("{s:s, s:o}", "data", path, "series", data_json_series(&list)),
            reterr);
    market_series_list_finish(&list);
    market_file_close(market);
    return status;
}

static enum status call_info(const struct api_host *host, const void *fields,
                             struct api_answer *answer, struct error *reterr) {
    const struct data_request *request = fields;
    const char *path = NULL;
    struct market_file *market = NULL;
    struct market_series_list series = {0};
    struct market_source_list sources = {0};
    struct market_quality_list quality = {0};
    enum status status = open_market(host, request->data, MARKET_READ, &path, &market, reterr);
    if (status == STATUS_OK)
        status = market_list_series(market, request->instrument, &series, reterr);
    if (status == STATUS_OK && series.count == 0)
        status = error_set(reterr, STATUS_USAGE,
                           "market file '%s' has no instrument '%s' (see crossfall data list)",
                           path, request->instrument);
    if (status == STATUS_OK)
        status = market_list_sources(market, request->instrument, &sources, reterr);
    if (status == STATUS_OK)
        status = market_list_quality(market, request->instrument, &quality, reterr);
    if (status == STATUS_OK)
        status = api_answer_json(answer,
                                 json_pack("{s:s, s:s, s:o, s:o, s:o}", "data", path, "instrument",
                                           request->instrument, "series", data_json_series(&series),
                                           "sources", data_json_sources(&sources), "quality",
                                           data_json_quality(&quality)),
                                 reterr);
    market_quality_list_finish(&quality);
    market_series_list_finish(&series);
    market_source_list_finish(&sources);
    market_file_close(market);
    return status;
}

/* ---- verify ---- */

struct problems {
    const struct host *host;
    json_t *list;
};

static void take_problem(void *context, const char *message) {
    struct problems *problems = context;
    (void)json_array_append_new(problems->list, json_string(message)); /* the host has it anyway */
    host_tell(problems->host, HOST_PROBLEM, "%s", message);
}

static enum status call_verify(const struct api_host *host, const void *fields,
                               struct api_answer *answer, struct error *reterr) {
    const struct data_request *request = fields;
    const char *path = NULL;
    struct market_file *market = NULL;
    struct market_verify_report report = {0};
    struct problems problems = {&host->host, NULL};
    enum status status = open_market(host, request->data, MARKET_READ, &path, &market, reterr);
    if (status != STATUS_OK)
        return status;
    problems.list = json_array();
    status = market_verify(market, take_problem, &problems, &report, reterr);
    market_file_close(market);
    if (status != STATUS_OK && status != STATUS_CORRUPT) {
        json_decref(problems.list);
        return status;
    }
    const enum status told = api_answer_json(
        answer,
        json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:o}", "data", path, "ok", status == STATUS_OK,
                  "series", (json_int_t)report.series, "sources", (json_int_t)report.sources,
                  "blocks", (json_int_t)report.blocks, "rows", (json_int_t)report.rows, "problems",
                  problems.list),
        reterr);
    if (status == STATUS_CORRUPT)
        return error_set(reterr, status, "market file '%s': %" PRIu64 " problems", path,
                         report.problems);
    return told;
}

/* ---- delete ---- */

/* The time of a member; `otherwise` where it is not given. */
static enum status parse_bound(const char *member, const char *text, int64_t otherwise,
                               int64_t *ret_ns, struct error *reterr) {
    *ret_ns = otherwise;
    if (text == NULL || time_parse_iso(text, strlen(text), ret_ns))
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE,
                     "request: \"%s\": '%s' is no time; write 2021-05-19T12:00:00Z or 2021-05-19",
                     member, text);
}

static enum status call_delete(const struct api_host *host, const void *fields,
                               struct api_answer *answer, struct error *reterr) {
    const struct data_request *request = fields;
    const char *path = NULL;
    struct market_file *market = NULL;
    struct market_delete_result result = {0};
    int64_t from_ns;
    int64_t to_ns;
    enum status status = parse_bound("from", request->from, INT64_MIN, &from_ns, reterr);
    if (status == STATUS_OK)
        status = parse_bound("to", request->to, INT64_MAX, &to_ns, reterr);
    if (status == STATUS_OK && from_ns >= to_ns)
        status = error_set(reterr, STATUS_USAGE, "request: \"from\" must be before \"to\"");
    if (status == STATUS_OK)
        status = open_market(host, request->data, MARKET_WRITE, &path, &market, reterr);
    if (status == STATUS_OK)
        status = market_delete(market, request->instrument, from_ns, to_ns, &result, reterr);
    if (status == STATUS_OK)
        status =
            api_answer_json(answer,
                            json_pack("{s:s, s:s, s:I, s:I}", "data", path, "instrument",
                                      request->instrument, "rows_deleted", (json_int_t)result.rows,
                                      "sources_gone", (json_int_t)result.sources),
                            reterr);
    market_file_close(market);
    return status;
}

const struct api_command api_data_list = {
    .name = "data list",
    .meaning = "the series of a market file",
    .members = file_members,
    .fields_size = sizeof(struct data_request),
    .call = call_list,
};
const struct api_command api_data_info = {
    .name = "data info",
    .meaning = "the series, sources and oddities of an instrument",
    .members = info_members,
    .fields_size = sizeof(struct data_request),
    .call = call_info,
};
const struct api_command api_data_verify = {
    .name = "data verify",
    .meaning = "looks at everything in a market file that can be wrong",
    .members = file_members,
    .fields_size = sizeof(struct data_request),
    .call = call_verify,
};
const struct api_command api_data_delete = {
    .name = "data delete",
    .meaning = "takes rows of an instrument out",
    .members = delete_members,
    .fields_size = sizeof(struct data_request),
    .call = call_delete,
};
