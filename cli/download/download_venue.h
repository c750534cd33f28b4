#pragma once
/* The venues that publish history as files, what they publish, and how they name it. Adding one is
 * an entry in the table. */

#include <stdbool.h>
#include <stddef.h>

/* A type of data: one folder of the venue. */
struct download_type {
    const char *name;  /* as the venue writes it, "aggTrades" */
    bool daily;        /* there is a file a day */
    bool monthly;      /* there is a file a month */
    bool has_interval; /* bars, in a folder for each length */
};

/* What a file is of; texts are borrowed. */
struct download_subject {
    const char *type;
    const char *symbol;   /* NULL where a file holds all symbols */
    const char *interval; /* NULL where the type has none */
    bool monthly;
    int year;
    int month;
    int day; /* of daily files */
};

struct download_venue {
    const char *name; /* as the command takes it */
    const char *base_url;
    const char *folder;                /* of the venue's layout; NULL where there is none */
    const struct download_type *types; /* ends with a NULL name */
    const char *const *intervals;      /* ends with NULL */
    bool has_symbols;                  /* files are of one symbol each */
    bool has_checksum;                 /* NAME.CHECKSUM stands beside each file, as of sha256sum */
    /* The path of a file, under the base URL and under the user's folder alike: the venue's own
     * layout, from which `import` tells what it is. g_free() ends it. */
    char *(*path)(const struct download_venue *venue, const struct download_subject *subject);
};

extern const struct download_venue download_venues[]; /* ends with a NULL name */

const struct download_venue *download_venue_find(const char *name); /* NULL: none */
const struct download_type *download_type_find(const struct download_venue *venue,
                                               const char *name); /* NULL: none */

/* Whether bars of `interval` stand in files of a day; the longest are in files of a month alone. */
bool download_interval_is_daily(const char *interval);
