#include "base/field_value.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "base/units.h"

/* ---- ranges ---- */

static bool has_range(const struct field *field) {
    return field->least != 0.0 || field->most != 0.0 || field->above;
}

static bool double_in_range(const struct field *field, double value) {
    return !has_range(field) || (value >= field->least && value <= field->most &&
                                 !(field->above && value <= field->least));
}

/* A bound times `scale`: exact where it is whole, and near enough where it is 0.5. */
static int128 scaled(double bound, int64_t scale) {
    return bound == rint(bound) ? (int128)bound * scale : (int128)rint(bound * (double)scale);
}

/* As integers of 1 / scale, so that the smallest step beyond a bound is seen. */
static bool integer_in_range(const struct field *field, int128 value, int64_t scale) {
    const int128 least = scaled(field->least, scale);
    const int128 most = scaled(field->most, scale);
    return !has_range(field) ||
           (value >= least && value <= most && !(field->above && value == least));
}

static bool decimal_in_range(const struct field *field, struct decimal written) {
    const struct decimal value = decimal_normal(written);
    const int most_decimals = field->decimals > 0 ? field->decimals : FIELD_DECIMALS_MAX;
    if (value.decimals < 0 || value.decimals > most_decimals)
        return false;
    return integer_in_range(field, value.mantissa, units_pow10(value.decimals));
}

static bool choice_in_range(const struct field *field, const void *member) {
    int value = 0;
    memcpy(&value, member, sizeof(value));
    return field_choice_name(field, value) != NULL;
}

static bool fixed_in_range(const struct field *field, const void *member) {
    int64_t value = 0;
    memcpy(&value, member, sizeof(value));
    if (field->open && value == INT64_MAX)
        return true;
    if (field->kind == FIELD_CLOCK)
        return value >= 0 && value < NS_PER_DAY;
    return integer_in_range(field, value, field->kind == FIELD_MS ? NS_PER_MS : MONEY_SCALE);
}

static bool unsigned_in_range(const struct field *field, const void *member) {
    uint64_t wide = 0;
    uint32_t narrow = 0;
    if (field->kind == FIELD_UINT64)
        memcpy(&wide, member, sizeof(wide));
    else
        memcpy(&narrow, member, sizeof(narrow));
    return integer_in_range(field, (int128)wide + narrow, 1);
}

bool field_in_range(const struct field *field, const void *holder) {
    const void *member = (const char *)holder + field->offset;
    double value = 0.0;
    struct decimal decimal;
    if (field_is_unset(field, holder))
        return true;
    switch (field->kind) {
    case FIELD_CHOICE:
        return choice_in_range(field, member);
    case FIELD_UINT32:
    case FIELD_UINT64:
        return unsigned_in_range(field, member);
    case FIELD_DOUBLE:
        memcpy(&value, member, sizeof(value));
        return double_in_range(field, value);
    case FIELD_DECIMAL:
        memcpy(&decimal, member, sizeof(decimal));
        return decimal_in_range(field, decimal);
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
    case FIELD_CLOCK:
        return fixed_in_range(field, member);
    case FIELD_TEXT:
    case FIELD_BOOL:
    case FIELD_TIME:
    case FIELD_GROUP:
    case FIELD_OPTION:
    case FIELD_LIST:
    case FIELD_NODE:
        break;
    }
    return true;
}

/* ---- parsing ---- */

bool field_parse_double(const char *text, double *ret_value) {
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

static enum field_fault malformed(const char *expected, const char **ret_expected) {
    *ret_expected = expected;
    return FIELD_MALFORMED;
}

static enum field_fault parse_choice(const struct field *field, const char *text, void *ret_value,
                                     const char **ret_expected) {
    for (const struct field_choice *choice = field->choices; choice->name != NULL; choice++)
        if (strcmp(choice->name, text) == 0) {
            memcpy(ret_value, &choice->value, sizeof(choice->value));
            return FIELD_FITS;
        }
    return malformed(NULL, ret_expected);
}

static enum field_fault parse_bool(const char *text, void *ret_value, const char **ret_expected) {
    const bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return malformed("true or false", ret_expected);
    memcpy(ret_value, &value, sizeof(value));
    return FIELD_FITS;
}

/* The range is looked at twice: what is far out is said to be so, however many digits it has. */
static enum field_fault parse_fixed(const struct field *field, const char *text, void *ret_value,
                                    const char **ret_expected) {
    const bool is_ms = field->kind == FIELD_MS;
    struct decimal value;
    int64_t mantissa = 0;
    if (!decimal_parse(text, strlen(text), &value))
        return malformed("a number", ret_expected);
    if (!double_in_range(field, decimal_to_double(value)))
        return FIELD_OUTSIDE;
    if (field->kind == FIELD_DECIMAL) {
        memcpy(ret_value, &value, sizeof(value));
        return FIELD_FITS;
    }
    if (!decimal_rescale(value, is_ms ? 0 : MONEY_DECIMALS, &mantissa))
        return malformed(is_ms ? "a whole number"
                               : "a number of at most 8 decimals below 92 billion",
                         ret_expected);
    if (is_ms && __builtin_mul_overflow(mantissa, NS_PER_MS, &mantissa))
        return malformed("a smaller number", ret_expected);
    if (!fixed_in_range(field, &mantissa))
        return FIELD_OUTSIDE;
    memcpy(ret_value, &mantissa, sizeof(mantissa));
    return FIELD_FITS;
}

static enum field_fault parse_unsigned(const struct field *field, const char *text, void *ret_value,
                                       const char **ret_expected) {
    uint64_t value = 0;
    bool whole = text[0] != '\0';
    for (const char *c = text; *c != '\0' && whole; c++)
        whole = g_ascii_isdigit(*c) && !__builtin_mul_overflow(value, UINT64_C(10), &value) &&
                !__builtin_add_overflow(value, (uint64_t)(*c - '0'), &value);
    if (!whole) { /* 1e6 is a whole number too */
        struct decimal written;
        int64_t mantissa = 0;
        if (!decimal_parse(text, strlen(text), &written) ||
            !decimal_rescale(written, 0, &mantissa) || mantissa < 0)
            return malformed("a whole number, 0 or more", ret_expected);
        value = (uint64_t)mantissa;
    }
    if (!integer_in_range(field, (int128)value, 1))
        return FIELD_OUTSIDE;
    if (field->kind == FIELD_UINT64) {
        memcpy(ret_value, &value, sizeof(value));
        return FIELD_FITS;
    }
    if (value > UINT32_MAX)
        return malformed("at most 4294967295", ret_expected);
    const uint32_t narrow = (uint32_t)value;
    memcpy(ret_value, &narrow, sizeof(narrow));
    return FIELD_FITS;
}

static enum field_fault parse_double(const struct field *field, const char *text, void *ret_value,
                                     const char **ret_expected) {
    double value = 0.0;
    if (!field_parse_double(text, &value))
        return malformed("a number", ret_expected);
    if (!double_in_range(field, value))
        return FIELD_OUTSIDE;
    memcpy(ret_value, &value, sizeof(value));
    return FIELD_FITS;
}

static enum field_fault parse_time(const char *text, void *ret_value, const char **ret_expected) {
    int64_t value = 0;
    if (!time_parse_iso(text, strlen(text), &value))
        return malformed("a UTC time like 2021-05-19T13:00:00Z", ret_expected);
    memcpy(ret_value, &value, sizeof(value));
    return FIELD_FITS;
}

static enum field_fault parse_clock(const char *text, void *ret_value, const char **ret_expected) {
    static const char expected[] = "a time of day, HH:MM in UTC";
    for (size_t i = 0; i < 5; i++)
        if (i == 2 ? text[i] != ':' : !g_ascii_isdigit(text[i]))
            return malformed(expected, ret_expected); /* also where the text ends too early */
    const int64_t hours = (text[0] - '0') * 10 + (text[1] - '0');
    const int64_t minutes = (text[3] - '0') * 10 + (text[4] - '0');
    if (text[5] != '\0' || hours > 23 || minutes > 59)
        return malformed(expected, ret_expected);
    const int64_t value = (hours * 60 + minutes) * NS_PER_MINUTE;
    memcpy(ret_value, &value, sizeof(value));
    return FIELD_FITS;
}

enum field_fault field_parse(const struct field *field, const char *text, void *ret_value,
                             const char **ret_expected) {
    switch (field->kind) {
    case FIELD_TEXT:
        memcpy(ret_value, &text, sizeof(text));
        return FIELD_FITS;
    case FIELD_BOOL:
        return parse_bool(text, ret_value, ret_expected);
    case FIELD_CHOICE:
        return parse_choice(field, text, ret_value, ret_expected);
    case FIELD_UINT32:
    case FIELD_UINT64:
        return parse_unsigned(field, text, ret_value, ret_expected);
    case FIELD_DOUBLE:
        return parse_double(field, text, ret_value, ret_expected);
    case FIELD_DECIMAL:
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
        return parse_fixed(field, text, ret_value, ret_expected);
    case FIELD_TIME:
        return parse_time(text, ret_value, ret_expected);
    case FIELD_CLOCK:
        return parse_clock(text, ret_value, ret_expected);
    case FIELD_GROUP:
    case FIELD_OPTION:
    case FIELD_LIST:
    case FIELD_NODE:
        break;
    }
    assert(false);
    return FIELD_MALFORMED;
}

/* ---- defaults ---- */

void fields_default(const struct field *fields, void *holder) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        char *member = (char *)holder + field->offset;
        const struct field *scalar = field;
        if (field->kind == FIELD_GROUP)
            fields_default(field->of, member);
        if (field->fallback == NULL || field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        if (field->kind == FIELD_LIST) {
            const size_t one = 1;
            assert(field->rows.inside);
            memcpy((char *)holder + field->rows.count, &one, sizeof(one));
            scalar = field->of;
        }
        const char *expected = NULL;
        const enum field_fault fault = field_parse(scalar, field->fallback, member, &expected);
        assert(fault == FIELD_FITS);
        (void)fault; /* asserted */
    }
}
