/* The stretch of a replay in which nothing happens: two compares a tick (design §4.2), without the
 * bookkeeping of an instant. */

#include "engine/replay/replay_internal.h"

/* The stream with the soonest tick; *ret_second_ns is the soonest of all others. */
static struct stream *calm_soonest(struct timeline *timeline, int64_t *ret_second_ns) {
    struct stream *soonest = &timeline->streams[0];
    int64_t first_ns = soonest->next_ts_ns;
    int64_t second_ns = INT64_MAX;
    for (size_t i = 1; i < timeline->stream_count; i++) {
        const int64_t ts_ns = timeline->streams[i].next_ts_ns;
        if (ts_ns < first_ns) {
            second_ns = first_ns;
            first_ns = ts_ns;
            soonest = &timeline->streams[i];
        } else if (ts_ns < second_ns) {
            second_ns = ts_ns;
        }
    }
    *ret_second_ns = second_ns;
    return soonest;
}

/* The last price of an instant before the last of rows first..end that was another than it;
 * `before` is the price before them. 0: there is none. */
static int64_t calm_previous(const struct stream_buffer *buffer, size_t first, size_t end,
                             int64_t before) {
    const int64_t last = buffer->price[0][end - 1];
    size_t at = end - 1;
    while (at > first) {
        const bool ends_instant = buffer->ts_ns[at - 1] != buffer->ts_ns[at];
        at--;
        if (ends_instant && buffer->price[0][at] != last)
            return buffer->price[0][at];
    }
    return before != last ? before : 0;
}

/* Replays rows of one stream while nothing happens: before `limit_ns`, no trigger reached by either
 * side. The last row of a buffer, and whatever happens, is left to instant_ticks(). Returns the
 * time of the last row taken, or INT64_MIN. */
static int64_t calm_rows(struct replay *replay, struct stream *stream, int64_t limit_ns) {
    const size_t i = (size_t)(stream - replay->timeline.streams);
    const struct stream_buffer *buffer = &stream->buffers[stream->current];
    const struct book *book = &replay->simulated.book;
    const struct book *reference = &replay->reference.book;
    int64_t low = book->falls[i].nearest;
    int64_t rise = book->rises[i].nearest;
    if (replay->has_reference) {
        low = low > reference->falls[i].nearest ? low : reference->falls[i].nearest;
        rise = rise > reference->rises[i].nearest ? rise : reference->rises[i].nearest;
    }
    struct price_path *path = &replay->tally.recorded[i];
    const int64_t before = path->last;
    int64_t last_ns = INT64_MIN;
    size_t at = stream->at;
    const size_t first = at;
    while (at + 1 < buffer->count && buffer->ts_ns[at] < limit_ns) {
        const int64_t price = buffer->price[0][at];
        if (buffer->ts_ns[at + 1] != buffer->ts_ns[at]) { /* of one time the last counts */
            if (price <= low || -price <= rise)
                break;
            price_path_update(path, price);
            last_ns = buffer->ts_ns[at];
        }
        at++;
    }
    /* Rows of one time belong together: give back those whose last was not taken. */
    while (at > first && buffer->ts_ns[at - 1] == buffer->ts_ns[at])
        at--;
    const int64_t previous = at > first ? calm_previous(buffer, first, at, before) : 0;
    if (previous > 0)
        replay->simulated.mark_before[i] = previous;
    if (previous > 0 && replay->has_reference)
        replay->reference.mark_before[i] = previous;
    replay->timeline.ticks += at - first;
    stream->at = at;
    stream->next_ts_ns = buffer->ts_ns[at];
    return last_ns;
}

/* While no wave has yet moved a price the three paths are one: only the recorded is kept. */
static void calm_copy_paths(struct replay *replay) {
    for (size_t i = 0; i < replay->instrument_count; i++) {
        const int64_t price = replay->tally.recorded[i].last;
        replay->tally.without[i] = replay->tally.recorded[i];
        replay->tally.simulated[i] = replay->tally.recorded[i];
        replay->recorded[i] = replay->baseline[i] = price;
        replay->without[i] = replay->mark_without[i] = price;
        replay->simulated.shown[i] = replay->simulated.mark[i] = replay->simulated.fair[i] = price;
        if (replay->has_reference)
            replay->reference.mark[i] = replay->reference.fair[i] = price;
    }
}

enum status replay_calm(struct replay *replay, struct error *reterr) {
    if (replay->displaced || replay->simulated.book.queue_count > 0 ||
        (replay->has_reference && replay->reference.book.queue_count > 0) ||
        replay->tally.minute_ns == INT64_MIN || replay->engine_stopped)
        return STATUS_OK;
    const int64_t minute_end = replay->tally.minute_ns + NS_PER_MINUTE;
    const int64_t due = replay_next_due(replay);
    const int64_t end = due < minute_end ? due : minute_end;
    enum status status = STATUS_OK;
    bool taken = false;
    for (;;) {
        int64_t second_ns;
        struct stream *stream = calm_soonest(&replay->timeline, &second_ns);
        const size_t i = (size_t)(stream - replay->timeline.streams);
        if (stream->source->kind == SERIES_BARS || stream->next_ts_ns >= end ||
            stream->next_ts_ns == second_ns || replay->recorded[i] == 0)
            break;
        const int64_t last_ns = calm_rows(replay, stream, second_ns < end ? second_ns : end);
        if (last_ns == INT64_MIN)
            break;
        taken = true;
        replay->summary->last_ts_ns = last_ns;
        if (++replay->instants % PROGRESS_INSTANTS == 0)
            status = replay_report(replay, last_ns, reterr);
        if (status != STATUS_OK)
            break;
    }
    if (taken)
        calm_copy_paths(replay);
    return status;
}
