#include "scenarios/yaml/yaml_schema.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"

#define PATH_MAX_SHOWN 200
#define KEYS_MAX 64

bool yaml_double(const char *text, double *ret_value) {
    const char *c = text;
    c += *c == '+' || *c == '-';
    const char *digits = c;
    while (g_ascii_isdigit(*c))
        c++;
    if (c == digits)
        return false;
    if (*c == '.') {
        digits = ++c;
        while (g_ascii_isdigit(*c))
            c++;
        if (c == digits)
            return false;
    }
    if (*c == 'e' || *c == 'E') {
        c++;
        c += *c == '+' || *c == '-';
        digits = c;
        while (g_ascii_isdigit(*c))
            c++;
        if (c == digits)
            return false;
    }
    if (*c != '\0')
        return false;
    const double value = g_ascii_strtod(text, NULL);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

/* " (USDT)" for messages. */
static const char *unit_text(const struct yaml_key *key, char *text, size_t size) {
    text[0] = '\0';
    if (key->unit != NULL)
        (void)snprintf(text, size, " (%s)", key->unit); /* cut is ok */
    return text;
}

static enum status wrong_type(const struct yaml_node *node, const struct yaml_key *key,
                              const char *expected, struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    char unit[64];
    yaml_path(node, sizeof(path), path);
    const char *name = path[0] != '\0' ? path : key->name;
    if (node->kind != YAML_SCALAR)
        return yaml_error(node, reterr, "%s must be %s%s, got a %s", name, expected,
                          unit_text(key, unit, sizeof(unit)),
                          node->kind == YAML_MAPPING ? "mapping" : "list");
    if (node->text[0] == '\0')
        return yaml_error(node, reterr, "%s must be %s%s, got nothing", name, expected,
                          unit_text(key, unit, sizeof(unit)));
    return yaml_error(node, reterr, "%s must be %s%s, got '%.80s'", name, expected,
                      unit_text(key, unit, sizeof(unit)), node->text);
}

static enum status check_range(const struct yaml_node *node, const struct yaml_key *key,
                               double value, struct error *reterr) {
    if (key->min == 0.0 && key->max == 0.0 && !key->above)
        return STATUS_OK;
    if (value >= key->min && value <= key->max && !(key->above && value <= key->min))
        return STATUS_OK;
    char path[PATH_MAX_SHOWN];
    char unit[64];
    yaml_path(node, sizeof(path), path);
    return yaml_error(node, reterr, "%s must be %s%.10g and at most %.10g%s, got '%.80s'",
                      path[0] != '\0' ? path : key->name, key->above ? "above " : "at least ",
                      key->min, key->max, unit_text(key, unit, sizeof(unit)), node->text);
}

static enum status read_choice(const struct yaml_node *node, const struct yaml_key *key,
                               void *ret_value, struct error *reterr) {
    const char *names[KEYS_MAX];
    size_t count = 0;
    GString *list = g_string_new("one of ");
    for (const struct yaml_choice *choice = key->choices; choice->name != NULL; choice++) {
        if (strcmp(choice->name, node->text) == 0 && node->kind == YAML_SCALAR) {
            g_string_free(list, TRUE);
            memcpy(ret_value, &choice->value, sizeof(choice->value));
            return STATUS_OK;
        }
        assert(count < KEYS_MAX);
        g_string_append_printf(list, "%s%s", count > 0 ? ", " : "", choice->name);
        names[count++] = choice->name;
    }
    if (node->kind == YAML_SCALAR && node->text[0] != '\0')
        g_string_append_printf(list, " (nearest: %s)", yaml_nearest(node->text, names, count));
    const enum status status = wrong_type(node, key, list->str, reterr);
    g_string_free(list, TRUE);
    return status;
}

static enum status read_fixed(const struct yaml_node *node, const struct yaml_key *key,
                              void *ret_value, struct error *reterr) {
    struct decimal value;
    int64_t mantissa = 0;
    if (!decimal_parse(node->text, strlen(node->text), &value))
        return wrong_type(node, key, "a number", reterr);
    enum status status = check_range(node, key, decimal_to_double(value), reterr);
    if (status != STATUS_OK)
        return status;
    if (key->type == YAML_DECIMAL) {
        memcpy(ret_value, &value, sizeof(value));
        return STATUS_OK;
    }
    if (!decimal_rescale(value, key->type == YAML_MS ? 0 : MONEY_DECIMALS, &mantissa))
        return wrong_type(node, key,
                          key->type == YAML_MS ? "a whole number"
                                               : "a number of at most 8 decimals below 92 billion",
                          reterr);
    if (key->type == YAML_MS && __builtin_mul_overflow(mantissa, NS_PER_MS, &mantissa))
        return wrong_type(node, key, "a smaller number", reterr);
    memcpy(ret_value, &mantissa, sizeof(mantissa));
    return STATUS_OK;
}

static enum status read_unsigned(const struct yaml_node *node, const struct yaml_key *key,
                                 void *ret_value, struct error *reterr) {
    uint64_t value = 0;
    bool whole = node->text[0] != '\0';
    for (const char *c = node->text; *c != '\0' && whole; c++)
        whole = g_ascii_isdigit(*c) && !__builtin_mul_overflow(value, UINT64_C(10), &value) &&
                !__builtin_add_overflow(value, (uint64_t)(*c - '0'), &value);
    if (!whole) { /* 1e6 is a whole number too */
        struct decimal written;
        int64_t mantissa = 0;
        if (!decimal_parse(node->text, strlen(node->text), &written) ||
            !decimal_rescale(written, 0, &mantissa) || mantissa < 0)
            return wrong_type(node, key, "a whole number, 0 or more", reterr);
        value = (uint64_t)mantissa;
    }
    const enum status status = check_range(node, key, (double)value, reterr);
    if (status != STATUS_OK)
        return status;
    if (key->type == YAML_UINT64) {
        memcpy(ret_value, &value, sizeof(value));
        return STATUS_OK;
    }
    if (value > UINT32_MAX)
        return wrong_type(node, key, "at most 4294967295", reterr);
    const uint32_t narrow = (uint32_t)value;
    memcpy(ret_value, &narrow, sizeof(narrow));
    return STATUS_OK;
}

static enum status read_bool(const struct yaml_node *node, const struct yaml_key *key,
                             void *ret_value, struct error *reterr) {
    const bool value = strcmp(node->text, "true") == 0;
    if (!value && strcmp(node->text, "false") != 0)
        return wrong_type(node, key, "true or false", reterr);
    memcpy(ret_value, &value, sizeof(value));
    return STATUS_OK;
}

static enum status read_double(const struct yaml_node *node, const struct yaml_key *key,
                               void *ret_value, struct error *reterr) {
    double value = 0.0;
    if (!yaml_double(node->text, &value))
        return wrong_type(node, key, "a number", reterr);
    const enum status status = check_range(node, key, value, reterr);
    if (status == STATUS_OK)
        memcpy(ret_value, &value, sizeof(value));
    return status;
}

static enum status read_time(const struct yaml_node *node, const struct yaml_key *key,
                             void *ret_value, struct error *reterr) {
    int64_t value = 0;
    if (!time_parse_iso(node->text, strlen(node->text), &value))
        return wrong_type(node, key, "a UTC time like 2021-05-19T13:00:00Z", reterr);
    memcpy(ret_value, &value, sizeof(value));
    return STATUS_OK;
}

enum status yaml_read_scalar(const struct yaml_node *node, const struct yaml_key *key,
                             void *ret_value, struct error *reterr) {
    if (key->type == YAML_NODE) {
        memcpy(ret_value, &node, sizeof(node));
        return STATUS_OK;
    }
    if (key->type == YAML_CHOICE)
        return read_choice(node, key, ret_value, reterr);
    if (node->kind != YAML_SCALAR)
        return wrong_type(node, key, key->type == YAML_TEXT ? "text" : "one value", reterr);
    switch (key->type) {
    case YAML_TEXT:
        memcpy(ret_value, &node->text, sizeof(node->text));
        return STATUS_OK;
    case YAML_BOOL:
        return read_bool(node, key, ret_value, reterr);
    case YAML_UINT32:
    case YAML_UINT64:
        return read_unsigned(node, key, ret_value, reterr);
    case YAML_DOUBLE:
        return read_double(node, key, ret_value, reterr);
    case YAML_DECIMAL:
    case YAML_MONEY:
    case YAML_RATE:
    case YAML_MS:
        return read_fixed(node, key, ret_value, reterr);
    case YAML_TIME:
        return read_time(node, key, ret_value, reterr);
    case YAML_CHOICE:
    case YAML_NODE:
        break;
    }
    assert(false);
    return STATUS_CONFIG;
}

enum status yaml_expect_mapping(const struct yaml_node *node, struct error *reterr) {
    static const struct yaml_key anything = {.name = "the file"};
    if (node->kind == YAML_MAPPING || (node->kind == YAML_SCALAR && node->text[0] == '\0'))
        return STATUS_OK;
    return wrong_type(node, &anything, "a mapping of keys to values", reterr);
}

enum status yaml_expect_sequence(const struct yaml_node *node, struct error *reterr) {
    static const struct yaml_key anything = {.name = "the file"};
    if (node->kind == YAML_SEQUENCE)
        return STATUS_OK;
    return wrong_type(node, &anything, "a list: [a, b]", reterr);
}

enum status yaml_missing(const struct yaml_node *node, const char *name, struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    yaml_path(node, sizeof(path), path);
    return yaml_key_error(node, reterr, "%s%s%s is missing", path, path[0] != '\0' ? "." : "",
                          name);
}

static enum status unknown_key(const struct yaml_node *child, const struct yaml_key *keys,
                               size_t count, struct error *reterr) {
    const char *names[KEYS_MAX];
    for (size_t i = 0; i < count; i++)
        names[i] = keys[i].name;
    char path[PATH_MAX_SHOWN];
    yaml_path(child, sizeof(path), path);
    return yaml_key_error(child, reterr, "unknown key %s; the nearest known one is '%s'", path,
                          yaml_nearest(child->key, names, count));
}

enum status yaml_read(const struct yaml_node *node, const struct yaml_key *keys, size_t count,
                      void *ret_target, uint64_t *ret_given, struct error *reterr) {
    assert(count <= KEYS_MAX);
    uint64_t given = 0;
    enum status status = yaml_expect_mapping(node, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        size_t i = 0;
        while (i < count && strcmp(keys[i].name, child->key) != 0)
            i++;
        if (i == count)
            return unknown_key(child, keys, count, reterr);
        given |= UINT64_C(1) << i;
        status = yaml_read_scalar(child, &keys[i], (char *)ret_target + keys[i].offset, reterr);
    }
    if (status == STATUS_OK && ret_given != NULL)
        *ret_given = given;
    return status;
}
