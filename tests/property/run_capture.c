#include "tests/property/run_capture.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room is the next power of two: a realloc for every wave took most of the time. */
static size_t room_for(size_t count) {
    size_t room = count > 0 ? 1 : 0;
    while (room < count)
        room *= 2;
    return room;
}

/* Appends `count` rows of `size` bytes to an array. */
static void append(void *array_at, size_t *count_at, size_t count, size_t size, const void *rows) {
    char *array;
    memcpy(&array, array_at, sizeof(array));
    const size_t room = room_for(*count_at + count);
    if (room > room_for(*count_at) && size > 0)
        array = realloc(array, room * size);
    assert(array != NULL);
    memcpy(array + *count_at * size, rows, count * size);
    memcpy(array_at, &array, sizeof(array));
    *count_at += count;
}

static enum status take_liquidations(void *context, size_t count,
                                     const struct liquidation_record *rows, struct error *reterr) {
    (void)reterr;
    struct run_capture *run = context;
    append(&run->rows, &run->row_count, count, sizeof(*rows), rows);
    return STATUS_OK;
}

static enum status take_adl(void *context, size_t count, const struct adl_record *rows,
                            struct error *reterr) {
    (void)reterr;
    struct run_capture *run = context;
    append(&run->adl, &run->adl_count, count, sizeof(*rows), rows);
    return STATUS_OK;
}

static enum status take_minutes(void *context, size_t count, const struct minute_record *rows,
                                struct error *reterr) {
    (void)reterr;
    struct run_capture *run = context;
    append(&run->minutes, &run->minute_count, count, sizeof(*rows), rows);
    return STATUS_OK;
}

static enum status take_accounts(void *context, size_t count, const struct account_record *rows,
                                 struct error *reterr) {
    (void)reterr;
    struct run_capture *run = context;
    append(&run->accounts, &run->account_count, count, sizeof(*rows), rows);
    for (size_t a = 1; a <= count; a++) {
        run->accounts[run->account_count - a].id = NULL;
        run->accounts[run->account_count - a].cohort = NULL;
    }
    return STATUS_OK;
}

static enum status take_fund(void *context, size_t count, const struct fund_record *rows,
                             struct error *reterr) {
    (void)reterr;
    struct run_capture *run = context;
    append(&run->funds, &run->fund_count, count, sizeof(*rows), rows);
    return STATUS_OK;
}

void run_capture(const struct replay_input *input, struct run_capture *ret_run) {
    memset(ret_run, 0, sizeof(*ret_run));
    struct replay_input with_sink = *input;
    with_sink.sink = (struct event_sink){.context = ret_run,
                                         .liquidations = take_liquidations,
                                         .adl = take_adl,
                                         .minutes = take_minutes,
                                         .accounts = take_accounts,
                                         .fund = take_fund};
    struct error error;
    const enum status status = replay_run(&with_sink, &ret_run->summary, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "replay_run: %s\n", error.message);
    assert(status == STATUS_OK);
}

void run_capture_world(struct random_world *world, struct run_capture *ret_run) {
    random_world_rewind(world);
    run_capture(&world->input, ret_run);
}

void run_capture_finish(struct run_capture *run) {
    free(run->rows);
    free(run->adl);
    free(run->accounts);
    free(run->funds);
    free(run->minutes);
    memset(run, 0, sizeof(*run));
}
