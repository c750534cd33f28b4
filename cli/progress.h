#pragma once
/* One line on standard error that says how far a long command is: share, rate, time left. On a
 * terminal only; or as lines of JSON for a program that looks on; or never. */

#include <stdbool.h>
#include <stdint.h>

enum progress_mode {
    PROGRESS_AUTO, /* a line that is overwritten, if standard error is a terminal */
    PROGRESS_JSON, /* {"what", "count", "unit", "share" or null, "rate", "eta_s" or null} a line */
    PROGRESS_NEVER,
};

/* The mode of a --progress value; NULL and "auto" are PROGRESS_AUTO. False: no such mode. */
bool progress_mode_parse(const char *text, enum progress_mode *ret_mode);

/* Whether to write colours to `descriptor`, by the value of --color (NULL: auto | always | never),
 * NO_COLOR, TERM and whether it is a terminal. */
bool progress_color(const char *when, int descriptor);

struct progress {
    enum progress_mode mode;
    const char *what; /* borrowed: "BTCUSDT.csv.zst" */
    const char *unit; /* borrowed: "rows" */
    bool color;
    bool shown; /* a line stands on the terminal */
    int64_t started_us;
    int64_t last_us; /* of the last line */
};

void progress_init(struct progress *progress, enum progress_mode mode, bool color, const char *what,
                   const char *unit);

/* `count` units are done, which is `share` (0..1; < 0: not known) of all. Cheap to call often:
 * writes at most ten lines a second (one, as JSON). */
void progress_update(struct progress *progress, uint64_t count, double share);

/* Takes the line away. Before anything else is written. */
void progress_finish(struct progress *progress);
