/* Scheduled events: funding, outages, faulty feeds, lost depth, shocks, new rules and funds. */

#include "base/elementary.h"
#include "engine/book/fund_split.h"
#include "engine/liquidation/expiry.h"
#include "engine/liquidation/socialise.h"
#include "engine/replay/replay_internal.h"

static void feed_apply(struct replay *replay, uint32_t i, const struct replay_event *event) {
    struct feed *feed = &replay->feeds[i];
    if (event->kind == EVENT_FEED_ERROR)
        feed->factor_e8 = event->rate_e8;
    else
        feed->stopped = event->kind == EVENT_FEED_STOP;
}

/* A price may change without a tick: both sides look at their triggers. */
static enum status instrument_refresh(struct replay *replay, uint32_t i, struct error *reterr) {
    if (replay->recorded[i] == 0)
        return STATUS_OK;
    const enum status status = replay_update_price(replay, i, reterr);
    return status == STATUS_OK ? replay_check_reference(replay, i, reterr) : status;
}

static enum status instrument_expire(struct replay *replay, uint32_t i, struct decimal price,
                                     struct error *reterr) {
    const enum status status = expiry_settle(&replay->simulated.book, i, price, reterr);
    if (status != STATUS_OK || !replay->has_reference)
        return status;
    return expiry_settle(&replay->reference.book, i, price, reterr);
}

static enum status instrument_event(struct replay *replay, uint32_t i,
                                    const struct replay_event *event, struct error *reterr) {
    enum status status = STATUS_OK;
    switch (event->kind) {
    case EVENT_FUNDING:
        replay_mark_funding(replay, i, event->rate_e8);
        status = book_pay_funding(&replay->simulated.book, i, event->rate_e8, reterr);
        if (status == STATUS_OK && replay->has_reference)
            status = book_pay_funding(&replay->reference.book, i, event->rate_e8, reterr);
        return status;
    case EVENT_EXPIRY:
        return instrument_expire(replay, i, (struct decimal){event->amount, 8}, reterr);
    case EVENT_FEED_STOP:
    case EVENT_FEED_START:
    case EVENT_FEED_ERROR:
        replay->displaced = true;
        feed_apply(replay, i, event);
        return instrument_refresh(replay, i, reterr);
    case EVENT_SHOCK:
        replay->displaced = replay->tally.is_shocked = true;
        replay->shift[i] += elementary_log((double)event->rate_e8 / (double)RATE_SCALE);
        return instrument_refresh(replay, i, reterr);
    case EVENT_DEPTH:
        flow_set_depth(&replay->simulated.flow, i, (double)event->rate_e8 / (double)RATE_SCALE);
        if (replay_has_flow(replay))
            flow_set_depth(&replay->reference.flow, i, (double)event->rate_e8 / (double)RATE_SCALE);
        return STATUS_OK;
    case EVENT_FUND_CHANGE:
    case EVENT_ENGINE_STOP:
    case EVENT_ENGINE_START:
    case EVENT_RULES:
        break;
    }
    return status;
}

static enum status side_change_rules(struct side *side, const struct rulebook *rulebook,
                                     struct error *reterr) {
    const enum status status = book_change_rules(&side->book, rulebook, reterr);
    return status == STATUS_OK ? wave_prepare(&side->wave, &side->book, reterr) : status;
}

/* Margin, closing, waterfall and mark prices follow other rules from now on. */
static enum status change_rules(struct replay *replay, const struct rulebook *rulebook,
                                int64_t now_ns, struct error *reterr) {
    enum status status = side_change_rules(&replay->simulated, rulebook, reterr);
    if (status == STATUS_OK && replay->has_reference)
        status = side_change_rules(&replay->reference, rulebook, reterr);
    socialise_schedule(&replay->simulated.book, now_ns - 1);
    if (replay->has_reference)
        socialise_schedule(&replay->reference.book, now_ns - 1);
    for (uint32_t i = 0; i < replay->instrument_count && status == STATUS_OK; i++)
        status = instrument_refresh(replay, i, reterr);
    return status;
}

static enum status event_apply(struct replay *replay, const struct replay_event *event,
                               int64_t now_ns, struct error *reterr) {
    enum status status = STATUS_OK;
    switch (event->kind) {
    case EVENT_FUND_CHANGE:
        fund_split_change(&replay->simulated.book, event->amount);
        if (replay->has_reference)
            fund_split_change(&replay->reference.book, event->amount);
        return STATUS_OK;
    case EVENT_ENGINE_STOP:
    case EVENT_ENGINE_START:
        replay->engine_stopped = event->kind == EVENT_ENGINE_STOP;
        return STATUS_OK;
    case EVENT_RULES:
        return change_rules(replay, event->rulebook, now_ns, reterr);
    case EVENT_FUNDING:
    case EVENT_EXPIRY:
    case EVENT_FEED_STOP:
    case EVENT_FEED_START:
    case EVENT_FEED_ERROR:
    case EVENT_DEPTH:
    case EVENT_SHOCK:
        break;
    }
    if (event->instrument != EVENT_ALL_INSTRUMENTS)
        return instrument_event(replay, event->instrument, event, reterr);
    for (uint32_t i = 0; i < replay->instrument_count && status == STATUS_OK; i++)
        status = instrument_event(replay, i, event, reterr);
    return status;
}

enum status replay_events(struct replay *replay, int64_t now_ns, struct error *reterr) {
    const struct replay_input *input = replay->input;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && replay->event_next < input->event_count &&
           input->events[replay->event_next].ts_ns <= now_ns)
        status = event_apply(replay, &input->events[replay->event_next++], now_ns, reterr);
    return status;
}
