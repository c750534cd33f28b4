/* Goal: docs/api.md lists the commands and members that there are. Method: makes the section
 * "Commands" from the tables and compares it byte for byte; UPDATE_GOLDEN=1 writes it instead. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "api/api_command.h"

static const char mark[] = "UPDATE_GOLDEN=1 writes it -->\n";

static void put_kind(GString *page, const struct api_member *member) {
    switch (member->kind) {
    case API_TEXT:
        g_string_append(page, "text");
        break;
    case API_FLAG:
        g_string_append(page, "true or false");
        break;
    case API_NUMBER:
        if (member->most == INT64_MAX)
            g_string_append_printf(page, "whole number from %" PRId64, member->least);
        else
            g_string_append_printf(page, "%" PRId64 " to %" PRId64, member->least, member->most);
        break;
    case API_TEXTS:
        g_string_append(page, "list of texts");
        break;
    case API_SETTINGS:
        g_string_append(page, "keys and values");
        break;
    }
}

static void put_command(GString *page, const struct api_command *command) {
    g_string_append_printf(page, "\n### %s\n\n%c%s.\n", command->name,
                           g_ascii_toupper(command->meaning[0]), command->meaning + 1);
    if (command->members->name == NULL)
        return;
    g_string_append(page, "\n| member | value | what it is |\n| --- | --- | --- |\n");
    for (const struct api_member *member = command->members; member->name != NULL; member++) {
        g_string_append_printf(page, "| `%s` | ", member->name);
        put_kind(page, member);
        g_string_append_printf(page, " | %s%s |\n", member->meaning,
                               member->required ? "; required" : "");
    }
}

static void page_has_the_tables(void **state) {
    (void)state;
    const char *path = getenv("API_PAGE");
    char *bytes = NULL;
    gsize size = 0;
    assert_non_null(path);
    assert_true(g_file_get_contents(path, &bytes, &size, NULL));
    const char *at = strstr(bytes, mark);
    assert_non_null(at);
    GString *page = g_string_new_len(bytes, at + strlen(mark) - bytes);
    for (size_t c = 0; api_commands[c] != NULL; c++)
        put_command(page, api_commands[c]);
    if (g_strcmp0(getenv("UPDATE_GOLDEN"), "1") == 0)
        assert_true(g_file_set_contents(path, page->str, (gssize)page->len, NULL));
    else
        assert_string_equal(bytes, page->str);
    (void)g_string_free(page, TRUE); /* returns NULL */
    g_free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_has_the_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
