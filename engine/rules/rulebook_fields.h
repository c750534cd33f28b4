#pragma once
/* Every key of a rulebook, as tables over struct rulebook: what a file may say, in which range,
 * what it means. Reading, checking, comparing, printing and the page of keys go by them. */

#include <stddef.h>

#include "base/field.h"
#include "base/field_walk.h"
#include "engine/rules/rulebook.h"

/* What the rules are called and where they come from: no rule itself. */
extern const struct field rulebook_head_fields[];

/* The sections, as groups of it. Two have the key `liquidation`: how an
 * account is closed, and what holds orders back. */
extern const struct field rulebook_fields[];

/* The tables of the sections, over struct rulebook but for that of the mark. */
extern const struct field rulebook_margin_fields[];
extern const struct field rulebook_collateral_fields[]; /* one keyless list: the section itself */
extern const struct field rulebook_liquidation_fields[];
extern const struct field rulebook_limits_fields[];
extern const struct field rulebook_waterfall_fields[];
extern const struct field rulebook_funding_fields[];
extern const struct field rulebook_mark_fields[]; /* over struct mark_rule */

/* The field of a dotted key without names or places of rows ("waterfall.stages",
 * "liquidation.stages.action", "margin.tiers.cap"); NULL: no such key. */
const struct field *rulebook_field(const char *key);

/* How a file writes `value` of a key that has choices ("liquidation.close", "waterfall.stages");
 * both are known ones. */
const char *rulebook_choice_name(const char *key, int value);

/* What holds where a file says nothing: all but the margin, which it must say. */
struct rulebook rulebook_default(void);

/* Calls `each` (NULL: nothing) for every key in which two rulebooks differ, name, source and date
 * left out, and returns their number. Rows of tables are told key by key
 * ("margin.tiers.BTCUSDT[2].cap"). */
size_t rulebook_difference(const struct rulebook *a, const struct rulebook *b,
                           field_difference *each, void *closure);
