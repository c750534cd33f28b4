#include "cli/download/download_plan.h"

#include <stdint.h>
#include <string.h>

#include <glib.h>

#define SYMBOL_SIZE_MAX ((size_t)40)
#define SYMBOLS_MAX 2000
#define YEAR_MIN 2009 /* nothing was traded before */
#define YEAR_MAX 2199

/* A stretch of days, both ends included. */
struct day_range {
    GDate first;
    GDate last;
};

/* ---- names ---- */

static void append_name(GString *list, const char *name) {
    g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", name);
}

static enum status unknown_venue(const char *name, struct error *reterr) {
    GString *list = g_string_new(NULL);
    for (const struct download_venue *venue = download_venues; venue->name != NULL; venue++)
        append_name(list, venue->name);
    (void)error_set(reterr, STATUS_USAGE, "there is no venue '%s' to download from; there are %s",
                    name, list->str); /* returned below */
    (void)g_string_free(list, TRUE);  /* gone */
    return STATUS_USAGE;
}

static enum status unknown_type(const struct download_venue *venue, const char *name,
                                struct error *reterr) {
    GString *list = g_string_new(NULL);
    for (const struct download_type *type = venue->types; type->name != NULL; type++)
        append_name(list, type->name);
    (void)error_set(reterr, STATUS_USAGE, "%s has no files of '%s'; there are %s", venue->name,
                    name, list->str); /* returned below */
    (void)g_string_free(list, TRUE);  /* gone */
    return STATUS_USAGE;
}

static enum status unknown_interval(const struct download_venue *venue, const char *name,
                                    struct error *reterr) {
    GString *list = g_string_new(NULL);
    for (size_t i = 0; venue->intervals[i] != NULL; i++)
        append_name(list, venue->intervals[i]);
    (void)error_set(reterr, STATUS_USAGE, "--interval: %s has no bars of '%s'; there are %s",
                    venue->name, name, list->str); /* returned below */
    (void)g_string_free(list, TRUE);               /* gone */
    return STATUS_USAGE;
}

/* A symbol becomes part of paths and URLs: nothing in it may mean anything there. */
static bool is_symbol(const char *text, size_t size) {
    if (size == 0 || size > SYMBOL_SIZE_MAX || !g_ascii_isalnum(text[0]))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!g_ascii_isupper(text[i]) && !g_ascii_isdigit(text[i]) && text[i] != '_' &&
            text[i] != '-')
            return false;
    return true;
}

/* The symbols of a list, checked. A NULL-terminated array; g_strfreev() ends it. */
static enum status split_symbols(const struct download_venue *venue, const char *text,
                                 char ***ret_symbols, struct error *reterr) {
    if (!venue->has_symbols) {
        if (text != NULL)
            return error_set(reterr, STATUS_USAGE,
                             "a file of %s holds all symbols of a day: leave '%s' out", venue->name,
                             text);
        *ret_symbols = g_new0(char *, 1);
        return STATUS_OK;
    }
    if (text == NULL)
        return error_set(reterr, STATUS_USAGE, "which symbols of %s? BTCUSDT,ETHUSDT for instance",
                         venue->name);
    char **symbols = g_strsplit(text, ",", SYMBOLS_MAX + 1);
    enum status status = STATUS_OK;
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    if (symbols[0] == NULL)
        status = error_set(reterr, STATUS_USAGE, "'' is no symbol");
    else if (g_strv_length(symbols) > SYMBOLS_MAX)
        status = error_set(reterr, STATUS_USAGE, "more than %d symbols", SYMBOLS_MAX);
    for (size_t i = 0; status == STATUS_OK && symbols[i] != NULL; i++) {
        if (!is_symbol(symbols[i], strlen(symbols[i])))
            status = error_set(reterr, STATUS_USAGE,
                               "'%.60s' is no symbol: upper-case letters, digits, - and _, as the "
                               "venue writes it",
                               symbols[i]);
        else if (!g_hash_table_add(seen, symbols[i]))
            status = error_set(reterr, STATUS_USAGE, "the symbol %s stands twice", symbols[i]);
    }
    g_hash_table_destroy(seen);
    if (status == STATUS_OK)
        *ret_symbols = symbols;
    else
        g_strfreev(symbols);
    return status;
}

/* ---- days ---- */

/* The number of `count` digits at `text`; -1: one of them is none. */
static int read_digits(const char *text, int count) {
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (!g_ascii_isdigit(text[i]))
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* 2021-05-18 is that day, 2021-05 all days of the month. */
static bool read_days(const char *text, size_t size, struct day_range *ret_days) {
    if ((size != 7 && size != 10) || text[4] != '-' || (size == 10 && text[7] != '-'))
        return false;
    const int year = read_digits(text, 4);
    const int month = read_digits(text + 5, 2);
    const int day = size == 10 ? read_digits(text + 8, 2) : 1;
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return false;
    g_date_clear(&ret_days->first, 1);
    g_date_set_dmy(&ret_days->first, (GDateDay)day, (GDateMonth)month, (GDateYear)year);
    ret_days->last = ret_days->first;
    if (size == 7)
        g_date_add_days(&ret_days->last,
                        (guint)g_date_get_days_in_month((GDateMonth)month, (GDateYear)year) - 1u);
    return true;
}

static enum status read_range(const char *text, struct day_range *ret_range, struct error *reterr) {
    const char *dots = strstr(text, "..");
    const char *end = dots != NULL ? dots + 2 : text;
    struct day_range first;
    struct day_range last;
    if (!read_days(text, dots != NULL ? (size_t)(dots - text) : strlen(text), &first) ||
        !read_days(end, strlen(end), &last))
        return error_set(reterr, STATUS_USAGE,
                         "'%.60s' is no range of days: 2021-05-18..2021-05-20, both included, or "
                         "2021-05-18, or months, 2021-05..2021-06 (years %d to %d)",
                         text, YEAR_MIN, YEAR_MAX);
    if (g_date_compare(&first.first, &last.last) > 0)
        return error_set(reterr, STATUS_USAGE, "the range '%s' ends before it begins", text);
    *ret_range = (struct day_range){first.first, last.last};
    return STATUS_OK;
}

/* How many files of one symbol the range has. */
static size_t count_files(const struct day_range *range, bool monthly) {
    if (!monthly)
        return (size_t)g_date_days_between(&range->first, &range->last) + 1;
    const int months = (g_date_get_year(&range->last) - g_date_get_year(&range->first)) * 12 +
                       ((int)g_date_get_month(&range->last) - (int)g_date_get_month(&range->first));
    return (size_t)months + 1;
}

/* ---- the plan ---- */

/* Whether the files are of a day or a month: as asked, as far as the venue has them. */
static enum status choose_files(const struct download_venue *venue,
                                const struct download_type *type, const char *interval,
                                bool monthly, bool *ret_monthly, struct error *reterr) {
    const bool daily = type->daily && (interval == NULL || download_interval_is_daily(interval));
    if (monthly && !type->monthly)
        return error_set(reterr, STATUS_USAGE, "--monthly: %s has %s in files of a day alone",
                         venue->name, type->name);
    *ret_monthly = monthly || !daily;
    return STATUS_OK;
}

static enum status choose_interval(const struct download_venue *venue,
                                   const struct download_type *type, const char *wanted,
                                   const char **ret_interval, struct error *reterr) {
    *ret_interval = NULL;
    if (!type->has_interval)
        return wanted == NULL ? STATUS_OK
                              : error_set(reterr, STATUS_USAGE,
                                          "--interval is for bars; %s has none", type->name);
    const char *const name = wanted == NULL ? "1m" : wanted;
    for (size_t i = 0; venue->intervals[i] != NULL; i++)
        if (strcmp(venue->intervals[i], name) == 0)
            *ret_interval = venue->intervals[i];
    return *ret_interval != NULL ? STATUS_OK : unknown_interval(venue, name, reterr);
}

/* Adds the paths of one symbol. */
static void add_paths(struct download_plan *plan, struct download_subject subject,
                      const struct day_range *range) {
    GDate at = range->first;
    if (plan->monthly)
        g_date_set_day(&at, 1);
    while (g_date_compare(&at, &range->last) <= 0) {
        subject.year = g_date_get_year(&at);
        subject.month = (int)g_date_get_month(&at);
        subject.day = g_date_get_day(&at);
        plan->paths[plan->count++] = plan->venue->path(plan->venue, &subject);
        if (plan->monthly)
            g_date_add_months(&at, 1);
        else
            g_date_add_days(&at, 1);
    }
}

enum status download_plan_make(const struct download_wish *wish, struct download_plan *ret_plan,
                               struct error *reterr) {
    const struct download_venue *const venue = download_venue_find(wish->venue);
    if (venue == NULL)
        return unknown_venue(wish->venue, reterr);
    const struct download_type *const type = download_type_find(venue, wish->type);
    if (type == NULL)
        return unknown_type(venue, wish->type, reterr);
    struct download_plan plan = {.venue = venue};
    struct day_range range;
    const char *interval = NULL;
    char **symbols = NULL;
    enum status status = choose_interval(venue, type, wish->interval, &interval, reterr);
    if (status == STATUS_OK)
        status = choose_files(venue, type, interval, wish->monthly, &plan.monthly, reterr);
    if (status == STATUS_OK)
        status = read_range(wish->range, &range, reterr);
    if (status == STATUS_OK)
        status = split_symbols(venue, wish->symbols, &symbols, reterr);
    if (status != STATUS_OK)
        return status;

    const size_t subjects = venue->has_symbols ? g_strv_length(symbols) : 1;
    const size_t files = subjects * count_files(&range, plan.monthly); /* 2000 * 70,000 at most */
    if (files > DOWNLOAD_FILES_MAX) {
        g_strfreev(symbols);
        return error_set(reterr, STATUS_USAGE,
                         "that is %zu files; at most %d are fetched by one command", files,
                         DOWNLOAD_FILES_MAX);
    }
    plan.paths = g_new0(char *, files + 1);
    for (size_t i = 0; i < subjects; i++) {
        const struct download_subject subject = {.type = type->name,
                                                 .symbol = symbols[i],
                                                 .interval = interval,
                                                 .monthly = plan.monthly};
        add_paths(&plan, subject, &range);
    }
    g_assert(plan.count == files);
    g_strfreev(symbols);
    *ret_plan = plan;
    return STATUS_OK;
}

void download_plan_finish(struct download_plan *plan) {
    g_strfreev(plan->paths);
    *plan = (struct download_plan){0};
}
