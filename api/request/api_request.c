#include "api/request/api_request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reports/exact_json.h"
#include "scenarios/yaml/yaml_text.h"

#define COMMAND "command"
#define MEMBERS_MAX 32

enum status api_request_init(struct api_request *ret_request, const char *text,
                             struct error *reterr) {
    json_error_t problem;
    *ret_request = (struct api_request){.texts = g_ptr_array_new_with_free_func(g_free)};
    ret_request->root = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    if (ret_request->root == NULL)
        return error_set(reterr, STATUS_CONFIG, "request, line %d, column %d: %s", problem.line,
                         problem.column, problem.text);
    if (!json_is_object(ret_request->root))
        return error_set(reterr, STATUS_CONFIG,
                         "request: it must be a JSON object, as {\"command\": \"list runs\"}");
    return STATUS_OK;
}

void api_request_finish(struct api_request *request) {
    json_decref(request->root);
    (void)g_ptr_array_free(request->texts, TRUE); /* the array, gone */
    *request = (struct api_request){0};
}

enum status api_request_command(const struct api_request *request, const char **ret_command,
                                struct error *reterr) {
    const json_t *command = json_object_get(request->root, COMMAND);
    if (!json_is_string(command))
        return error_set(reterr, STATUS_USAGE,
                         "request: \"" COMMAND "\" must name a command, as \"run\"");
    *ret_command = json_string_value(command);
    return STATUS_OK;
}

/* ---- one value ---- */

static const char *kind_text(enum api_kind kind) {
    switch (kind) {
    case API_TEXT:
        return "a text";
    case API_FLAG:
        return "true or false";
    case API_NUMBER:
        return "a whole number";
    case API_TEXTS:
        return "a list of texts";
    case API_SETTINGS:
        return "an object of keys and values, or a list of \"key=value\" texts";
    }
    return "";
}

static enum status wrong_kind(const struct api_member *member, struct error *reterr) {
    return error_set(reterr, STATUS_USAGE, "request: \"%s\" must be %s", member->name,
                     kind_text(member->kind));
}

/* A NULL-terminated list of `count` texts, to be filled; lives as long as the request. */
static const char **make_list(struct api_request *request, size_t count) {
    const char **list = g_new0(const char *, count + 1);
    g_ptr_array_add(request->texts, list);
    return list;
}

static enum status read_texts(struct api_request *request, const struct api_member *member,
                              const json_t *value, const char *const **ret_list,
                              struct error *reterr) {
    const size_t count = json_is_string(value) ? 1 : json_array_size(value);
    const char **list = make_list(request, count);
    if (!json_is_string(value) && !json_is_array(value))
        return wrong_kind(member, reterr);
    for (size_t i = 0; i < count; i++) {
        list[i] = json_string_value(json_is_string(value) ? value : json_array_get(value, i));
        if (list[i] == NULL)
            return wrong_kind(member, reterr);
    }
    *ret_list = list;
    return STATUS_OK;
}

static void put_setting(GString *out, const json_t *value);

static void put_inner(GString *out, const json_t *value) {
    char *quoted = json_is_string(value) ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    if (quoted != NULL)
        g_string_append(out, quoted);
    else
        put_setting(out, value);
    free(quoted);
}

/* Writes a value as a scenario file would have it. A real has the fewest digits that give it back;
 * who wants others writes a text. */
static void put_setting(GString *out, const json_t *value) {
    const char *key;
    json_t *each;
    size_t i;
    char digits[EXACT_REAL_SIZE];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        g_string_append_c(out, '{');
        json_object_foreach((json_t *)value, key, each) {
            json_t *name = json_string(key);
            g_string_append(out, out->str[out->len - 1] == '{' ? "" : ", ");
            put_inner(out, name);
            g_string_append(out, ": ");
            put_inner(out, each);
            json_decref(name);
        }
        g_string_append_c(out, '}');
        break;
    case JSON_ARRAY:
        g_string_append_c(out, '[');
        json_array_foreach(value, i, each) {
            g_string_append(out, i == 0 ? "" : ", ");
            put_inner(out, each);
        }
        g_string_append_c(out, ']');
        break;
    case JSON_STRING:
        g_string_append(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        g_string_append_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        exact_real_text(json_real_value(value), digits);
        g_string_append(out, digits);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        g_string_append(out, json_is_true(value) ? "true" : "false");
        break;
    case JSON_NULL:
        g_string_append(out, "null");
        break;
    }
}

static enum status read_settings(struct api_request *request, const struct api_member *member,
                                 json_t *value, const char *const **ret_list,
                                 struct error *reterr) {
    if (!json_is_object(value))
        return json_is_array(value) ? read_texts(request, member, value, ret_list, reterr)
                                    : wrong_kind(member, reterr);
    const char **list = make_list(request, json_object_size(value));
    const char *key;
    json_t *each;
    size_t i = 0;
    json_object_foreach(value, key, each) {
        GString *setting = g_string_new(key);
        g_string_append_c(setting, '=');
        put_setting(setting, each);
        list[i] = g_string_free(setting, FALSE);
        g_ptr_array_add(request->texts, (char *)list[i++]);
    }
    *ret_list = list;
    return STATUS_OK;
}

static enum status read_number(const struct api_member *member, const json_t *value,
                               struct api_number *ret_number, struct error *reterr) {
    if (!json_is_integer(value))
        return wrong_kind(member, reterr);
    const int64_t number = json_integer_value(value);
    if (number < member->least || number > member->most)
        return error_set(reterr, STATUS_USAGE,
                         "request: \"%s\" must be %" PRId64 " to %" PRId64 ", not %" PRId64,
                         member->name, member->least, member->most, number);
    *ret_number = (struct api_number){true, number};
    return STATUS_OK;
}

static enum status read_member(struct api_request *request, const struct api_member *member,
                               json_t *value, void *fields, struct error *reterr) {
    void *field = (char *)fields + member->offset;
    switch (member->kind) {
    case API_TEXT:
        if (!json_is_string(value))
            return wrong_kind(member, reterr);
        *(const char **)field = json_string_value(value);
        return STATUS_OK;
    case API_FLAG:
        if (!json_is_boolean(value))
            return wrong_kind(member, reterr);
        *(bool *)field = json_is_true(value);
        return STATUS_OK;
    case API_NUMBER:
        return read_number(member, value, field, reterr);
    case API_TEXTS:
        return read_texts(request, member, value, field, reterr);
    case API_SETTINGS:
        return read_settings(request, member, value, field, reterr);
    }
    return STATUS_OK;
}

/* ---- all ---- */

static const struct api_member *find_member(const struct api_member *members, const char *name) {
    while (members->name != NULL && strcmp(members->name, name) != 0)
        members++;
    return members->name == NULL ? NULL : members;
}

static enum status unknown_member(const struct api_request *request,
                                  const struct api_member *members, const char *name,
                                  struct error *reterr) {
    const char *names[MEMBERS_MAX];
    size_t count = 0;
    while (count < MEMBERS_MAX && members[count].name != NULL) {
        names[count] = members[count].name;
        count++;
    }
    return error_set(reterr, STATUS_USAGE, "request: \"%s\" has no member \"%s\"; nearest: \"%s\"",
                     json_string_value(json_object_get(request->root, COMMAND)), name,
                     yaml_nearest(name, names, count));
}

enum status api_request_read(struct api_request *request, const struct api_member *members,
                             void *fields, struct error *reterr) {
    const char *name;
    json_t *value;
    enum status status = STATUS_OK;
    json_object_foreach(request->root, name, value) {
        const struct api_member *member = find_member(members, name);
        if (strcmp(name, COMMAND) == 0)
            continue;
        if (member == NULL)
            return unknown_member(request, members, name, reterr);
        if (!json_is_null(value))
            status = read_member(request, member, value, fields, reterr);
        if (status != STATUS_OK)
            return status;
    }
    for (const struct api_member *member = members; member->name != NULL; member++) {
        const json_t *given = json_object_get(request->root, member->name);
        if (member->required && (given == NULL || json_is_null(given)))
            return error_set(reterr, STATUS_USAGE, "request: \"%s\" is missing: %s", member->name,
                             member->meaning);
    }
    return STATUS_OK;
}
