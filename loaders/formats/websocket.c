#include "loaders/formats/websocket.h"

#include <string.h>

#include "loaders/formats/feed_message.h"
#include "loaders/json/json_loader.h"

static enum status take_message(struct json_loader *loader, const struct json_value *value,
                                struct error *reterr) {
    if (json_member(value, "topic") != NULL)
        return feed_take_bybit(loader, loader->special, value, reterr);
    if (json_member(value, "channel") != NULL)
        return feed_take_hyperliquid(loader, value, reterr);
    return feed_take_binance(loader, loader->special, value, reterr);
}

/* A message, or the recorder's time before it: that is taken where the message has none. */
static enum status take(void *context, const struct json_value *value, struct error *reterr) {
    struct json_loader *const loader = context;
    if (value->type == JSON_NUMBER)
        return json_epoch(value, "time", &loader->recorded_ns, reterr);
    if (value->type != JSON_OBJECT && value->type != JSON_ARRAY)
        return error_set(reterr, STATUS_CORRUPT, "neither a message nor a time");
    const enum status status = take_message(loader, value, reterr);
    loader->recorded_ns = 0;
    return status;
}

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    static const struct {
        const char *begin;
        const char *inside;
    } messages[] = {
        {"{\"stream\"", "\"data\""},       {"{\"topic\"", "\"data\""},
        {"{\"channel\"", "\"data\""},      {"{\"e\"", "\"E\""},
        {"{\"lastUpdateId\"", "\"bids\""}, {"[{\"e\"", "\"E\""},
    };
    (void)file; /* the content says enough */
    char text[JSON_HEAD + 1];
    json_head(head, size, text);
    const char *const message = text + strspn(text, "0123456789"); /* behind the recorder's time */
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (strncmp(message, messages[i].begin, strlen(messages[i].begin)) == 0 &&
            strstr(message, messages[i].inside) != NULL)
            return LOADER_SURE;
    }
    return LOADER_NO;
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct json_loader *loader;
    const enum status status = json_loader_create(columns, sink, take, &loader, reterr);
    if (status != STATUS_OK)
        return status;
    loader->special = feed_books_create();
    loader->release = feed_books_destroy;
    if (loader->special == NULL) {
        json_loader_destroy(loader);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for order books");
    }
    *ret_decoder = loader;
    return STATUS_OK;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct json_loader *const loader = decoder;
    loader->recorded_ns = 0;
    return json_loader_begin(loader, JSON_VALUES, file, reterr);
}

const struct loader websocket_loader = {
    .name = "websocket",
    .title = "recorded live feeds of Binance, Bybit and Hyperliquid, a JSON message a line",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = json_loader_feed,
    .end = json_loader_end,
    .finish = json_loader_finish,
    .destroy = json_loader_destroy,
};
