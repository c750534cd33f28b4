#pragma once
/* Before a wave executes (design §4.3 step 3): how much of the bankrupt orders goes to market, so
 * that the insurance fund can bear its loss, and how much to auto-deleveraging. */

#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* The price every fill of the wave would get in `instrument` if its net were `net` lots, in ticks;
 * changes nothing. */
typedef int64_t waterfall_price(const void *context, uint32_t instrument, int128 net);

/* Divides the orders of one touched instrument between market and ADL: order.market, wave->net and
 * wave->matches. Does nothing without an `adl` or `backstop` stage. An order is bankrupt if the
 * price of the whole wave lies past its bankruptcy price. Per side the most lots go to market, pro
 * rata over the bankrupt orders, whose loss past their average bankruptcy price, at the price that
 * is left then, the fund can bear (nothing if the fund is no stage before ADL). What finds no
 * counterparty goes to market after all. */
MUST_CHECK enum status waterfall_divide(struct book *book, struct wave *wave, uint32_t instrument,
                                        waterfall_price *price, const void *context,
                                        struct error *reterr);

/* What limits have left out of the wave in `instrument` (order.rest), of pools that are worth less
 * than nothing, goes to the stages that take positions over at the bankruptcy price, in their
 * order: longs, then shorts, each by account id. What they do not take stays a rest. */
MUST_CHECK enum status waterfall_take_rests(struct book *book, struct wave *wave,
                                            uint32_t instrument, struct error *reterr);

/* Whether the fund bears losses past bankruptcy before positions are taken off the market: it is a
 * stage, and before all that take positions. */
bool waterfall_fund_is_first(const struct rulebook *rules);

/* Whether the fund takes over only what it can bear: there is a stage that takes positions. */
bool waterfall_bounds_take_over(const struct book *book);

/* Orders of the instrument that are taken over at their bankruptcy price, longs first, by account
 * id: the fund takes as much as what it has left in this wave, less what its inventory has lost on
 * paper, bears at mark; the rest goes to the stages that take positions, and what these leave is
 * the fund's after all. */
MUST_CHECK enum status waterfall_take_over(struct book *book, struct wave *wave,
                                           uint32_t instrument, struct error *reterr);
