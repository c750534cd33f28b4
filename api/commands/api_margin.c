/* margin: what accounts are worth, need and would be closed at. */

#include "api/commands/api_commands.h"
#include "api/margin/margin_book.h"

struct margin_request {
    const char *accounts;
    const char *rulebook;
    const char *const *prices;
    const char *market;
};

static const struct api_member members[] = {
    {"accounts", API_TEXT, offsetof(struct margin_request, accounts), true, 0, 0,
     "the path of an accounts file"},
    {"rulebook", API_TEXT, offsetof(struct margin_request, rulebook), false, 0, 0,
     "a bundled name or a path; needed where market names none"},
    {"prices", API_SETTINGS, offsetof(struct margin_request, prices), true, 0, 0,
     "the mark price of each instrument that is held, and of coins held as collateral"},
    {"market", API_TEXT, offsetof(struct margin_request, market), false, 0, 0,
     "the path of a file with the sections market and venue of a scenario"},
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct margin_request *request = fields;
    const struct margin_order order = {
        .accounts = request->accounts,
        .rulebook = request->rulebook,
        .market = request->market,
        .prices = request->prices,
        .resources = host->resources,
        .price_word = "price",
        .rulebook_word = "rulebook",
    };
    json_t *list = NULL;
    const enum status status = margin_answer(&order, &list, reterr);
    if (status != STATUS_OK)
        return status;
    char *text = json_dumps(list, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    json_decref(list);
    const enum status told = api_answer_take(answer, text, reterr);
    if (told == STATUS_OK)
        api_answer_put(answer, "\n", 1);
    return told;
}

const struct api_command api_margin = {
    .name = "margin",
    .meaning = "what each account is worth, needs, and would be closed at",
    .members = members,
    .fields_size = sizeof(struct margin_request),
    .call = call,
};
