/* Goal: the page of rulebooks in the manual is what the files say. Method: makes the page from the
 * files and compares it byte for byte; UPDATE_GOLDEN=1 writes it instead. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "scenarios/rulebook/rulebook_summary.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "tests/bundled_rulebooks.h"

static const char intro[] =
    "# Rulebooks\n"
    "\n"
    "The rules of venues that come with Crossfall, side by side. This page is made from the files "
    "in\n"
    "`scenarios/rulebooks/`, and a test checks that it says what they say. `crossfall list "
    "rulebooks "
    "--json`\n"
    "gives the same; [the keys](rulebook-keys.md) say what each means, [the model](model.md) how "
    "it "
    "is used.\n"
    "Each file tells in its head what the venue documents, what is a choice of ours, and what is\n"
    "unknown; the short form is at the end of this page.\n"
    "\n"
    "A contract that a rulebook does not name is refused: give it a table with `venue.override`, "
    "for "
    "instance\n"
    "`{margin.tiers.SOLUSDT: [{maintenance_rate: 0.01}]}`.\n";

static const char *const account_columns[] = {
    "name", "valid_from", "settlement", "collateral", "maintenance", "trigger", "mark"};
static const char *const closing_columns[] = {"name", "order",  "step", "price",
                                              "fee",  "losses", "adl"};

struct book_file {
    char *name;
    struct rulebook rulebook;
    const struct yaml_node *confidence; /* NULL: none */
};

struct shelf {
    struct yaml_arena *arena;
    struct book_file books[128];
    size_t count;
};

static void shelf_read(struct shelf *shelf) {
    const char *resources = getenv("CROSSFALL_SCENARIOS");
    assert_non_null(resources);
    char **names = bundled_rulebook_names(resources);
    assert_non_null(names);
    *shelf = (struct shelf){.arena = yaml_arena_create()};
    struct config_files files = {.arena = shelf->arena, .bundled_dir = resources};
    for (char **name = names; *name != NULL; name++) {
        assert_true(shelf->count < G_N_ELEMENTS(shelf->books));
        struct book_file *book = &shelf->books[shelf->count++];
        struct error error = {0};
        book->name = g_strdup(*name);
        if (rulebook_read(&files, book->name, ".", NULL, &book->rulebook, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        char *file = g_strconcat(book->name, ".yaml", NULL);
        char *path = g_build_filename(resources, "rulebooks", file, NULL);
        char *bytes = NULL;
        gsize size = 0;
        struct yaml_node *root = NULL;
        assert_true(g_file_get_contents(path, &bytes, &size, NULL));
        assert_int_equal(yaml_parse(shelf->arena, file, bytes, size, &root, &error), STATUS_OK);
        book->confidence = yaml_find(root, "confidence");
        g_free(bytes);
        g_free(path);
        g_free(file);
    }
    g_strfreev(names);
}

static void shelf_finish(struct shelf *shelf) {
    for (size_t i = 0; i < shelf->count; i++)
        g_free(shelf->books[i].name);
    yaml_arena_destroy(shelf->arena);
}

static void add_table(GString *page, const struct shelf *shelf, const char *title,
                      const char *const *names, size_t count) {
    g_string_append_printf(page, "\n## %s\n\n|", title);
    for (size_t k = 0; k < count; k++)
        g_string_append_printf(page, " %s |", rulebook_column_find(names[k])->heading);
    g_string_append(page, "\n|");
    for (size_t k = 0; k < count; k++)
        g_string_append(page, " --- |");
    g_string_append_c(page, '\n');
    for (size_t i = 0; i < shelf->count; i++) {
        g_string_append_c(page, '|');
        for (size_t k = 0; k < count; k++)
            g_string_append_printf(
                page, k == 0 ? " `%s` |" : " %s |",
                rulebook_column_find(names[k])->text(shelf->arena, &shelf->books[i].rulebook));
        g_string_append_c(page, '\n');
    }
}

/* "- chosen: liquidation.order, liquidation.close": the keys that share an estimate, once each. */
static void add_confidence(GString *page, const struct yaml_node *confidence) {
    for (const struct yaml_node *node = confidence->child; node != NULL; node = node->next) {
        bool earlier = false;
        for (const struct yaml_node *n = confidence->child; n != node; n = n->next)
            earlier = earlier || strcmp(n->text, node->text) == 0;
        if (earlier)
            continue;
        g_string_append_printf(page, "- %s: %s", node->text, node->key);
        for (const struct yaml_node *n = node->next; n != NULL; n = n->next)
            if (strcmp(n->text, node->text) == 0)
                g_string_append_printf(page, ", %s", n->key);
        g_string_append_c(page, '\n');
    }
}

static void add_sources(GString *page, const struct shelf *shelf) {
    g_string_append(page, "\n## Sources, and how sure each part is\n");
    for (size_t i = 0; i < shelf->count; i++) {
        const struct book_file *book = &shelf->books[i];
        g_string_append_printf(page, "\n### %s\n\n%s.\n", book->name, book->rulebook.source);
        const bool teaches = g_str_has_prefix(book->rulebook.source, "a teaching example");
        const bool says = book->confidence != NULL && book->confidence->count > 0;
        if (!teaches && !says)
            fail_msg("%s does not say how sure it is", book->name);
        if (!teaches && says) {
            g_string_append_c(page, '\n');
            add_confidence(page, book->confidence);
        }
    }
}

static void the_page_says_what_the_files_say(void **state) {
    (void)state;
    struct shelf shelf;
    shelf_read(&shelf);
    assert_true(shelf.count >= 20);
    GString *page = g_string_new(intro);
    add_table(page, &shelf, "Accounts and margin", account_columns, G_N_ELEMENTS(account_columns));
    add_table(page, &shelf, "Closing and losses", closing_columns, G_N_ELEMENTS(closing_columns));
    add_sources(page, &shelf);
    const char *path = getenv("RULEBOOKS_PAGE");
    assert_non_null(path);
    if (getenv("UPDATE_GOLDEN") != NULL)
        assert_true(g_file_set_contents(path, page->str, (gssize)page->len, NULL));
    char *written = NULL;
    if (!g_file_get_contents(path, &written, NULL, NULL) || strcmp(written, page->str) != 0)
        fail_msg("%s is not what the rulebooks say: UPDATE_GOLDEN=1 writes it anew", path);
    g_free(written);
    (void)g_string_free(page, TRUE);
    shelf_finish(&shelf);
}

static void every_column_has_text(void **state) {
    (void)state;
    struct shelf shelf;
    shelf_read(&shelf);
    for (size_t i = 0; i < shelf.count; i++)
        for (const struct rulebook_column *column = rulebook_columns; column->name != NULL;
             column++) {
            const char *text = column->text(shelf.arena, &shelf.books[i].rulebook);
            if (text == NULL || text[0] == '\0' || strchr(text, '|') != NULL)
                fail_msg("%s: no text for %s", shelf.books[i].name, column->name);
        }
    shelf_finish(&shelf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_has_text),
        cmocka_unit_test(the_page_says_what_the_files_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
