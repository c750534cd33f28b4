#include "cli/download/download_client.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <glib.h>

#define REDIRECTS_MAX 5L
#define HEAD_SIZE_MAX ((size_t)64 * 1024) /* of all heads of a request, redirects included */
#define IDLE_BODY_SIZE_MAX                                                                         \
    ((size_t)64 * 1024) /* of an answer that is no file: read, thrown away                         \
                         */
#define SLOW_BYTES_PER_S 100L

struct download_client {
    CURL *curl;
    char message[CURL_ERROR_SIZE];
    /* of the request on its way */
    const struct download_request *request;
    struct download_answer *answer;
    struct error *error;
    enum status ended;  /* what a callback ended the request with */
    bool begun;         /* request->begin was called */
    bool has_etag;      /* the validator is one */
    size_t head_size;   /* of heads so far */
    size_t idle_size;   /* of a body that nobody wants */
    bool idle_too_long; /* and its end was not waited for */
};

enum status download_client_start(struct error *reterr) {
    const CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);
    return rc == CURLE_OK
               ? STATUS_OK
               : error_set(reterr, STATUS_IO, "libcurl cannot start: %s", curl_easy_strerror(rc));
}

void download_client_stop(void) {
    curl_global_cleanup();
}

/* ---- the base URL ---- */

static bool url_has(CURLU *url, CURLUPart part) {
    char *text = NULL;
    const bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static const char *url_problem(CURLU *url, const char *text) {
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
        return "it is no URL";
    char *scheme = NULL;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return "it is no URL";
    const bool http = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
    curl_free(scheme);
    if (!http)
        return "only http and https are taken";
    if (url_has(url, CURLUPART_USER) || url_has(url, CURLUPART_PASSWORD))
        return "a user or password does not belong there";
    if (url_has(url, CURLUPART_QUERY) || url_has(url, CURLUPART_FRAGMENT))
        return "? and # do not belong there";
    return NULL;
}

enum status download_base_url(const char *text, char **ret_url, struct error *reterr) {
    CURLU *url = curl_url();
    const char *problem = url == NULL ? "no memory" : url_problem(url, text);
    curl_url_cleanup(url);
    if (problem != NULL)
        return error_set(reterr, STATUS_USAGE, "--base-url: '%.200s': %s", text, problem);
    *ret_url = g_strdup(text);
    for (size_t size = strlen(*ret_url); size > 0 && (*ret_url)[size - 1] == '/'; size--)
        (*ret_url)[size - 1] = '\0';
    return STATUS_OK;
}

/* ---- the head ---- */

/* Whether a line of a head is `name`; *ret_value is then what follows, without blanks around it. */
static bool head_value(const char *line, size_t size, const char *name, const char **ret_value,
                       size_t *ret_size) {
    const size_t name_size = strlen(name);
    if (size <= name_size || line[name_size] != ':' ||
        g_ascii_strncasecmp(line, name, name_size) != 0)
        return false;
    size_t begin = name_size + 1;
    while (begin < size && g_ascii_isspace(line[begin]))
        begin++;
    while (size > begin && g_ascii_isspace(line[size - 1]))
        size--;
    *ret_value = line + begin;
    *ret_size = size - begin;
    return true;
}

/* A number at *at, which is moved behind it. */
static bool take_number(const char **at, uint64_t *ret_number) {
    if (!g_ascii_isdigit(**at))
        return false;
    char *end = NULL;
    *ret_number = g_ascii_strtoull(*at, &end, 10);
    *at = end;
    return *ret_number < (uint64_t)INT64_MAX;
}

/* "bytes 100-199/200", or "*" for the total. */
static void read_content_range(const char *value, size_t size, struct download_answer *answer) {
    char text[96];
    if (size >= sizeof(text))
        return;
    memcpy(text, value, size);
    text[size] = '\0';
    const char *at = text;
    uint64_t last = 0;
    if (!g_str_has_prefix(at, "bytes "))
        return;
    at += strlen("bytes ");
    if (*at == '*') { /* of a 416: no range of it, but its size */
        at++;
    } else {
        if (!take_number(&at, &answer->range_first) || *at++ != '-' || !take_number(&at, &last) ||
            last < answer->range_first)
            return;
        answer->has_range = true;
    }
    const bool sized = *at++ == '/' && take_number(&at, &answer->range_total) && *at == '\0';
    if (!sized)
        answer->range_total = 0;
    else if (answer->has_range && last >= answer->range_total)
        answer->has_range = false; /* it contradicts itself */
}

static void keep_validator(struct download_client *client, const char *value, size_t size,
                           bool etag) {
    struct download_answer *const answer = client->answer;
    if (size == 0 || size >= sizeof(answer->validator) || (client->has_etag && !etag))
        return;
    if (etag && (value[0] != '"' || value[size - 1] != '"' || size < 2))
        return; /* a weak one says nothing about bytes */
    for (size_t i = 0; i < size; i++)
        if (!g_ascii_isprint(value[i]))
            return;
    memcpy(answer->validator, value, size);
    answer->validator[size] = '\0';
    client->has_etag = etag;
}

static size_t on_head(char *line, size_t one, size_t size, void *context) {
    struct download_client *const client = context;
    const char *value = NULL;
    size_t value_size = 0;
    (void)one; /* always 1 */
    client->head_size += size;
    if (client->head_size > HEAD_SIZE_MAX) {
        client->ended = error_set(client->error, STATUS_IO, "%s: the server's heads do not end",
                                  client->request->url);
        return 0;
    }
    if (size > 5 && memcmp(line, "HTTP/", 5) == 0) { /* the next answer, after a redirect */
        *client->answer = (struct download_answer){0};
        client->has_etag = false;
    } else if (head_value(line, size, "ETag", &value, &value_size)) {
        keep_validator(client, value, value_size, true);
    } else if (head_value(line, size, "Last-Modified", &value, &value_size)) {
        keep_validator(client, value, value_size, false);
    } else if (head_value(line, size, "Content-Range", &value, &value_size)) {
        read_content_range(value, value_size, client->answer);
    }
    return size;
}

/* ---- the body ---- */

static bool is_file(long code) {
    return code == 200 || code == 206;
}

/* Completes what is known of the answer, and shows it to the caller if it is a file. */
static enum status begin_body(struct download_client *client) {
    struct download_answer *const answer = client->answer;
    curl_off_t size = -1;
    curl_off_t wait_s = 0;
    /* These cannot fail: the options are known and the pointers good. */
    (void)curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &answer->code);
    (void)curl_easy_getinfo(client->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    (void)curl_easy_getinfo(client->curl, CURLINFO_RETRY_AFTER, &wait_s);
    answer->size = size > 0 ? (uint64_t)size : 0;
    answer->retry_after_s = wait_s > 0 ? wait_s : 0;
    if (client->begun || !is_file(answer->code))
        return STATUS_OK;
    client->begun = true;
    return client->request->begin(client->request->context, answer, client->error);
}

static size_t on_body(char *bytes, size_t one, size_t size, void *context) {
    struct download_client *const client = context;
    (void)one; /* always 1 */
    client->ended = begin_body(client);
    if (client->ended != STATUS_OK)
        return 0;
    if (!is_file(client->answer->code)) {
        client->idle_size += size;
        client->idle_too_long = client->idle_size > IDLE_BODY_SIZE_MAX;
        return client->idle_too_long ? 0 : size;
    }
    client->ended = client->request->receive(client->request->context, bytes, size, client->error);
    return client->ended == STATUS_OK ? size : 0;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up) {
    struct download_client *const client = context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    if (!client->request->stop(client->request->context))
        return 0;
    client->ended = error_set(client->error, STATUS_INTERRUPTED, "interrupted");
    return 1;
}

/* ---- the client ---- */

static CURLcode set_up(struct download_client *client, int stall_s) {
    CURL *const curl = client->curl;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1}, /* threads */
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_FOLLOWLOCATION, 1},
        {CURLOPT_MAXREDIRS, REDIRECTS_MAX},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_CONNECTTIMEOUT, stall_s},
        {CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_S},
        {CURLOPT_LOW_SPEED_TIME, stall_s},
        {CURLOPT_HTTP_CONTENT_DECODING, 0}, /* the file's own bytes */
    };
    CURLcode rc = CURLE_OK;
    for (size_t i = 0; rc == CURLE_OK && i < G_N_ELEMENTS(numbers); i++)
        rc = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
    const struct {
        CURLoption option;
        void *value;
    } pointers[] = {
        {CURLOPT_ERRORBUFFER, client->message},
        {CURLOPT_HEADERDATA, client},
        {CURLOPT_WRITEDATA, client},
        {CURLOPT_XFERINFODATA, client},
    };
    for (size_t i = 0; rc == CURLE_OK && i < G_N_ELEMENTS(pointers); i++)
        rc = curl_easy_setopt(curl, pointers[i].option, pointers[i].value);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_USERAGENT, "crossfall/" CROSSFALL_VERSION);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    return rc;
}

enum status download_client_create(int stall_s, struct download_client **ret_client,
                                   struct error *reterr) {
    struct download_client *client = calloc(1, sizeof(*client));
    if (client != NULL)
        client->curl = curl_easy_init();
    if (client == NULL || client->curl == NULL) {
        download_client_destroy(client);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a connection");
    }
    const CURLcode rc = set_up(client, stall_s);
    if (rc != CURLE_OK) {
        download_client_destroy(client);
        return error_set(reterr, STATUS_IO, "libcurl cannot be set up: %s", curl_easy_strerror(rc));
    }
    *ret_client = client;
    return STATUS_OK;
}

void download_client_destroy(struct download_client *client) {
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    free(client);
}

/* Whether another try may do. */
static bool may_pass(CURLcode rc) {
    static const CURLcode codes[] = {
        CURLE_COULDNT_RESOLVE_PROXY,
        CURLE_COULDNT_RESOLVE_HOST,
        CURLE_COULDNT_CONNECT,
        CURLE_WEIRD_SERVER_REPLY,
        CURLE_PARTIAL_FILE,
        CURLE_OPERATION_TIMEDOUT,
        CURLE_SSL_CONNECT_ERROR,
        CURLE_GOT_NOTHING,
        CURLE_SEND_ERROR,
        CURLE_RECV_ERROR,
        CURLE_HTTP2,
        CURLE_HTTP2_STREAM,
        CURLE_AGAIN,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++)
        if (codes[i] == rc)
            return true;
    return false;
}

/* Sets what differs from request to request. *ret_lines is for curl_slist_free_all() afterwards. */
static CURLcode set_request(struct download_client *client, struct curl_slist **ret_lines) {
    const struct download_request *const request = client->request;
    char range[32];
    (void)g_snprintf(range, sizeof(range), "%" G_GUINT64_FORMAT "-", request->offset); /* fits */
    CURLcode rc = curl_easy_setopt(client->curl, CURLOPT_URL, request->url);
    if (rc == CURLE_OK) /* never from https to http */
        rc = curl_easy_setopt(client->curl, CURLOPT_REDIR_PROTOCOLS_STR,
                              g_str_has_prefix(request->url, "https:") ? "https" : "http,https");
    if (rc == CURLE_OK)
        rc = curl_easy_setopt(client->curl, CURLOPT_RANGE, request->offset > 0 ? range : NULL);
    if (rc == CURLE_OK && request->offset > 0 && request->validator != NULL) {
        char *line = g_strdup_printf("If-Range: %s", request->validator);
        *ret_lines = curl_slist_append(NULL, line);
        g_free(line);
        if (*ret_lines == NULL)
            return CURLE_OUT_OF_MEMORY;
    }
    return rc == CURLE_OK ? curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, *ret_lines) : rc;
}

enum download_outcome download_client_get(struct download_client *client,
                                          const struct download_request *request,
                                          struct download_answer *ret_answer,
                                          struct error *reterr) {
    *ret_answer = (struct download_answer){0};
    client->request = request;
    client->answer = ret_answer;
    client->error = reterr;
    client->ended = STATUS_OK;
    client->begun = false;
    client->has_etag = false;
    client->head_size = 0;
    client->idle_size = 0;
    client->idle_too_long = false;
    client->message[0] = '\0';
    struct curl_slist *lines = NULL;
    CURLcode rc = set_request(client, &lines);
    if (rc == CURLE_OK)
        rc = curl_easy_perform(client->curl);
    if (rc == CURLE_OK || client->idle_too_long) {
        rc = CURLE_OK;
        client->ended = begin_body(client); /* of a file without a byte, or of no file */
    }
    /* The handle must not keep what ends here; NULL is always taken. */
    (void)curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(lines);
    if (client->ended != STATUS_OK)
        return DOWNLOAD_ENDED;
    if (rc == CURLE_OK)
        return DOWNLOAD_ANSWERED;
    (void)error_set(reterr, STATUS_IO, "%s: %s", request->url,
                    client->message[0] != '\0' ? client->message
                                               : curl_easy_strerror(rc)); /* told by the outcome */
    return may_pass(rc) ? DOWNLOAD_BROKEN : DOWNLOAD_ENDED;
}
