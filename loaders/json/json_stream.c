#include "loaders/json/json_stream.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

/* Of one value: a block of Hyperliquid fills has some thousands of them, an order book some
 * thousand levels. */
#define TEXT_MAX ((size_t)8 << 20)
#define TEXT_FIRST ((size_t)16 << 10)
#define NODES_MAX ((size_t)1 << 19)
#define NODES_FIRST ((size_t)256)
#define DEPTH_MAX 32
#define PIECE ((size_t)64 << 10) /* what yajl gets at once: it keeps a cut string for itself */

/* An array or object that is not closed yet. */
struct open_value {
    uint32_t node;
    uint64_t keys; /* a bit for each key's hash, so that most doubles are told at once */
};

struct json_stream {
    struct json_taker taker;
    enum json_form form;
    char source[512];
    yajl_handle yajl;
    struct json_value *nodes; /* grows up to NODES_MAX */
    size_t node_count;
    size_t node_room;
    char *text; /* grows up to TEXT_MAX */
    size_t text_size;
    size_t text_room;
    struct open_value open[DEPTH_MAX];
    size_t depth;
    bool in_list;    /* JSON_ELEMENTS: within the one array */
    bool list_ended; /* and behind it */
    const char *key; /* of the member to come */
    uint32_t key_size;
    size_t since_value; /* bytes read since a value ended */
    uint64_t offset;    /* of the piece being read */
    uint64_t line;      /* in which it begins, from 1 */
    enum status status; /* why reading was stopped */
    struct error *reterr;
};

/* Stops yajl. */
static int stop(struct json_stream *stream, enum status status) {
    stream->status = status;
    return 0;
}

static int refuse(struct json_stream *stream, const char *why) {
    return stop(stream, error_set(stream->reterr, STATUS_CORRUPT, "%s", why));
}

/* ---- values ---- */

/* Room for `size` further bytes; what points into the text follows it. */
static bool grow_text(struct json_stream *stream, size_t size) {
    size_t room = stream->text_room;
    while (room - stream->text_size < size)
        room *= 2;
    char *const text = malloc(room);
    if (text == NULL)
        return false;
    memcpy(text, stream->text, stream->text_size);
    for (size_t i = 0; i < stream->node_count; i++) {
        struct json_value *const node = &stream->nodes[i];
        if (node->key != NULL)
            node->key = text + (node->key - stream->text);
        if (node->text != NULL)
            node->text = text + (node->text - stream->text);
    }
    if (stream->key != NULL)
        stream->key = text + (stream->key - stream->text);
    free(stream->text);
    stream->text = text;
    stream->text_room = room;
    return true;
}

/* NULL: reading was stopped. */
static const char *keep_text(struct json_stream *stream, const void *text, size_t size) {
    if (size > TEXT_MAX - stream->text_size) {
        (void)refuse(stream, "a value of more than 8 MiB");
        return NULL;
    }
    if (stream->text_room - stream->text_size < size && !grow_text(stream, size)) {
        (void)stop(stream, error_set(stream->reterr, STATUS_NO_MEMORY, "no memory for a value"));
        return NULL;
    }
    char *const kept = stream->text + stream->text_size;
    memcpy(kept, text, size);
    stream->text_size += size;
    return kept;
}

/* Room for one more node. */
static bool grow_nodes(struct json_stream *stream) {
    if (stream->node_count == NODES_MAX) {
        (void)refuse(stream, "a value with more than 524288 parts");
        return false;
    }
    struct json_value *const nodes =
        realloc(stream->nodes, 2 * stream->node_room * sizeof(*stream->nodes));
    if (nodes == NULL) {
        (void)stop(stream, error_set(stream->reterr, STATUS_NO_MEMORY, "no memory for a value"));
        return false;
    }
    stream->nodes = nodes;
    stream->node_room *= 2;
    return true;
}

static int end_value(struct json_stream *stream) {
    if (stream->depth > 0)
        return 1;
    stream->since_value = 0;
    const enum status status =
        stream->taker.take(stream->taker.context, stream->nodes, stream->reterr);
    stream->node_count = 0;
    stream->text_size = 0;
    return status == STATUS_OK ? 1 : stop(stream, status);
}

static struct json_value *add_node(struct json_stream *stream, enum json_type type) {
    if (stream->list_ended || (stream->form == JSON_ELEMENTS && !stream->in_list)) {
        (void)refuse(stream, stream->list_ended ? "something follows the array"
                                                : "the file is not one array");
        return NULL;
    }
    if (stream->node_count == stream->node_room && !grow_nodes(stream))
        return NULL;
    if (stream->depth > 0)
        stream->nodes[stream->open[stream->depth - 1].node].count++;
    struct json_value *const node = &stream->nodes[stream->node_count++];
    *node = (struct json_value){
        .type = type, .span = 1, .key = stream->key, .key_size = stream->key_size};
    stream->key = NULL;
    stream->key_size = 0;
    return node;
}

static int add_plain(struct json_stream *stream, enum json_type type) {
    return add_node(stream, type) != NULL ? end_value(stream) : 0;
}

static int add_text(struct json_stream *stream, enum json_type type, const void *text,
                    size_t size) {
    struct json_value *const node = add_node(stream, type);
    if (node == NULL)
        return 0;
    node->text = keep_text(stream, text, size);
    if (node->text == NULL)
        return 0;
    node->size = (uint32_t)size;
    return end_value(stream);
}

static int on_null(void *context) {
    return add_plain(context, JSON_NULL);
}

static int on_boolean(void *context, int truth) {
    return add_plain(context, truth ? JSON_TRUE : JSON_FALSE);
}

static int on_number(void *context, const char *text, size_t size) {
    return add_text(context, JSON_NUMBER, text, size);
}

static int on_string(void *context, const unsigned char *text, size_t size) {
    return add_text(context, JSON_STRING, text, size);
}

static int open_value(struct json_stream *stream, enum json_type type) {
    if (stream->depth == DEPTH_MAX)
        return refuse(stream, "values within values, more than 32 deep");
    const uint32_t node = (uint32_t)stream->node_count;
    if (add_node(stream, type) == NULL)
        return 0;
    stream->open[stream->depth++] = (struct open_value){.node = node, .keys = 0};
    return 1;
}

static int close_value(struct json_stream *stream) {
    const uint32_t node = stream->open[--stream->depth].node;
    stream->nodes[node].span = (uint32_t)stream->node_count - node;
    return end_value(stream);
}

static int on_start_map(void *context) {
    return open_value(context, JSON_OBJECT);
}

static int on_end_map(void *context) {
    return close_value(context);
}

static int on_start_array(void *context) {
    struct json_stream *const stream = context;
    if (stream->form == JSON_ELEMENTS && !stream->in_list && !stream->list_ended) {
        stream->in_list = true;
        return 1;
    }
    return open_value(stream, JSON_ARRAY);
}

static int on_end_array(void *context) {
    struct json_stream *const stream = context;
    if (stream->form == JSON_ELEMENTS && stream->depth == 0) {
        stream->in_list = false;
        stream->list_ended = true;
        return 1;
    }
    return close_value(stream);
}

static bool key_is_there(const struct json_stream *stream, const char *key, size_t size) {
    const struct json_value *const object = &stream->nodes[stream->open[stream->depth - 1].node];
    const struct json_value *member = json_first(object);
    for (uint32_t i = 0; i < object->count; i++, member = json_next(member)) {
        if (member->key_size == size && memcmp(member->key, key, size) == 0)
            return true;
    }
    return false;
}

static int on_map_key(void *context, const unsigned char *key, size_t size) {
    struct json_stream *const stream = context;
    uint64_t hash = size;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ key[i]) * UINT64_C(0x9E3779B97F4A7C15);
    const uint64_t bit = UINT64_C(1) << (hash >> 58);
    struct open_value *const open = &stream->open[stream->depth - 1];
    if ((open->keys & bit) != 0 && key_is_there(stream, (const char *)key, size))
        return refuse(stream, "an object has a key twice");
    open->keys |= bit;
    stream->key = keep_text(stream, key, size);
    if (stream->key == NULL)
        return 0;
    stream->key_size = (uint32_t)size;
    return 1;
}

/* ---- life ---- */

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_map_key,
    .yajl_end_map = on_end_map,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end_array,
};

void json_stream_destroy(struct json_stream *stream) {
    if (stream == NULL)
        return;
    if (stream->yajl != NULL)
        yajl_free(stream->yajl);
    free(stream->nodes);
    free(stream->text);
    free(stream);
}

enum status json_stream_create(const struct json_taker *taker, struct json_stream **ret_stream,
                               struct error *reterr) {
    struct json_stream *const stream = calloc(1, sizeof(*stream));
    if (stream != NULL) {
        stream->taker = *taker;
        stream->node_room = NODES_FIRST;
        stream->text_room = TEXT_FIRST;
        stream->nodes = malloc(NODES_FIRST * sizeof(*stream->nodes));
        stream->text = malloc(TEXT_FIRST);
    }
    if (stream == NULL || stream->nodes == NULL || stream->text == NULL) {
        json_stream_destroy(stream);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a JSON decoder");
    }
    *ret_stream = stream;
    return STATUS_OK;
}

enum status json_stream_begin(struct json_stream *stream, enum json_form form, const char *source,
                              struct error *reterr) {
    if (stream->yajl != NULL)
        yajl_free(stream->yajl);
    stream->yajl = yajl_alloc(&callbacks, NULL, stream);
    if (stream->yajl == NULL ||
        yajl_config(stream->yajl, yajl_allow_multiple_values, form == JSON_VALUES) == 0)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a JSON decoder", source);
    (void)snprintf(stream->source, sizeof(stream->source), "%s", source); /* cut is ok */
    stream->form = form;
    stream->node_count = stream->text_size = stream->depth = stream->since_value = 0;
    stream->in_list = stream->list_ended = false;
    stream->key = NULL;
    stream->key_size = 0;
    stream->offset = 0;
    stream->line = 1;
    return STATUS_OK;
}

static uint64_t newlines(const char *bytes, size_t size) {
    uint64_t count = 0;
    const char *const end = bytes + size;
    for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        count++;
    return count;
}

/* Says where and why yajl stopped within the piece. */
static enum status tell(struct json_stream *stream, yajl_status failure, const char *bytes,
                        size_t size, struct error *reterr) {
    size_t at = yajl_get_bytes_consumed(stream->yajl);
    at = at > size ? size : at;
    const uint64_t line = stream->line + newlines(bytes, at);
    if (failure != yajl_status_client_canceled) {
        unsigned char *const why =
            yajl_get_error(stream->yajl, 0, (const unsigned char *)bytes, size);
        const char *const text = why != NULL ? (const char *)why : "not JSON";
        stream->status = error_set(reterr, STATUS_CORRUPT, "%.*s", (int)strcspn(text, "\n"), text);
        if (why != NULL)
            yajl_free_error(stream->yajl, why);
    }
    return error_prefix(reterr, stream->status, "'%s', line %" PRIu64 " (byte %" PRIu64 ")",
                        stream->source, line, stream->offset + at);
}

enum status json_stream_feed(struct json_stream *stream, const char *bytes, size_t size,
                             struct error *reterr) {
    for (size_t at = 0; at < size; at += PIECE) {
        const char *const piece = bytes + at;
        const size_t piece_size = size - at < PIECE ? size - at : PIECE;
        stream->reterr = reterr;
        const yajl_status parsed =
            yajl_parse(stream->yajl, (const unsigned char *)piece, piece_size);
        if (parsed != yajl_status_ok)
            return tell(stream, parsed, piece, piece_size, reterr);
        stream->line += newlines(piece, piece_size);
        stream->offset += piece_size;
        stream->since_value += piece_size;
        if (stream->since_value > 2 * TEXT_MAX)
            return error_set(reterr, STATUS_CORRUPT,
                             "'%s', line %" PRIu64 ": no value has ended for %zu bytes",
                             stream->source, stream->line, stream->since_value);
    }
    return STATUS_OK;
}

enum status json_stream_end(struct json_stream *stream, struct error *reterr) {
    if (stream->offset == 0)
        return error_set(reterr, STATUS_CORRUPT, "'%s' is empty", stream->source);
    stream->reterr = reterr;
    const yajl_status parsed = yajl_complete_parse(stream->yajl); /* a number may end only here */
    if (parsed == yajl_status_client_canceled)
        return tell(stream, parsed, "", 0, reterr);
    if (parsed != yajl_status_ok || stream->depth > 0 || stream->in_list)
        return error_set(reterr, STATUS_CORRUPT, "'%s', line %" PRIu64 ": cut off within a value",
                         stream->source, stream->line);
    return STATUS_OK;
}
