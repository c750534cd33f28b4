#include "engine/rules/rulebook_fields.h"

#include <assert.h>
#include <string.h>

#include "base/field_value.h"

#define AT(member) offsetof(struct rulebook, member)
const struct field rulebook_head_fields[] = {
    {.key = "name",
     .kind = FIELD_TEXT,
     .offset = AT(name),
     .shown = "required",
     .meaning = "how scenarios and reports call it"},
    {.key = "source",
     .kind = FIELD_TEXT,
     .offset = AT(source),
     .meaning = "where the rules are written, with the date"},
    {.key = "valid_from",
     .kind = FIELD_TEXT,
     .offset = AT(valid_from),
     .meaning = "from which day they held"},
    {.key = "note",
     .kind = FIELD_TEXT,
     .offset = FIELD_NOWHERE,
     .meaning = "what a reader should know first"},
    {.key = "confidence",
     .kind = FIELD_NODE,
     .form = "mapping",
     .shown = "empty",
     .meaning = "per key or symbol: how sure it is; carried along, not used. [The page of "
                "rulebooks](rulebooks.md) shows it"},
    FIELD_END,
};

const struct field rulebook_fields[] = {
    {.key = "margin",
     .kind = FIELD_GROUP,
     .by_hand = true,
     .of = rulebook_margin_fields,
     .shown = "required",
     .meaning = "see below"},
    {.key = "collateral",
     .kind = FIELD_GROUP,
     .by_hand = true,
     .of = rulebook_collateral_fields,
     .form = "mapping by asset",
     .shown = "the settlement asset at its full value",
     .meaning = "what other assets count for, see below"},
    {.key = "liquidation",
     .kind = FIELD_GROUP,
     .by_hand = true,
     .of = rulebook_liquidation_fields,
     .shown = "see below",
     .meaning = "how an account in breach is closed, and what holds its orders back"},
    {.key = "liquidation", .kind = FIELD_GROUP, .by_hand = true, .of = rulebook_limits_fields},
    {.key = "waterfall",
     .kind = FIELD_GROUP,
     .by_hand = true,
     .of = rulebook_waterfall_fields,
     .shown = "see below",
     .meaning = "who pays a shortfall"},
    {.key = "funding",
     .kind = FIELD_GROUP,
     .by_hand = true,
     .of = rulebook_funding_fields,
     .shown = "see below",
     .meaning = "what bounds the funding rate"},
    {.key = "mark",
     .kind = FIELD_GROUP,
     .offset = AT(mark),
     .of = rulebook_mark_fields,
     .shown = "see below",
     .meaning = "how the venue makes its mark price"},
    FIELD_END,
};
#undef AT

const struct field *rulebook_field(const char *key) {
    const struct field *field = field_find_path(rulebook_fields, key);
    return field != NULL ? field : field_find_path(rulebook_head_fields, key);
}

const char *rulebook_choice_name(const char *key, int value) {
    const struct field *field = rulebook_field(key);
    assert(field != NULL);
    if (field->kind == FIELD_LIST) /* of choices */
        field = field->of;
    assert(field->kind == FIELD_CHOICE);
    const char *name = field_choice_name(field, value);
    assert(name != NULL);
    return name;
}

struct rulebook rulebook_default(void) {
    struct rulebook rulebook = {.name = "", .source = "", .valid_from = ""};
    fields_default(rulebook_fields, &rulebook);
    return rulebook;
}

size_t rulebook_difference(const struct rulebook *a, const struct rulebook *b,
                           field_difference *each, void *closure) {
    return fields_compare(rulebook_fields, a, b, "", each, closure);
}

bool rulebook_equal(const struct rulebook *a, const struct rulebook *b) {
    return rulebook_difference(a, b, NULL, NULL) == 0;
}
