/* The `crossfall` command: finds the subcommand and hands over. */

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "scenarios/yaml/yaml_text.h"

static const struct {
    const char *name;
    const char *usage;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"import", "[--format NAME] [--columns MAP] FILE... | -", command_import},
    {"download", "VENUE TYPE [SYMBOLS] RANGE --to DIR [--monthly] [--dry-run]", command_download},
    {"data", "list | info INSTRUMENT | verify | delete INSTRUMENT | sql QUERY", command_data},
    {"run", "SCENARIO [--set KEY=VALUE]... [--seed N] [--threads N] [--dry-run]", command_run},
    {"report", "RUN", command_report},
    {"compare", "RUN RUN...", command_compare},
    {"export", "RUN --to DIR [--format csv|jsonl] [--no-compress]", command_export},
    {"verify", "RUN", command_verify},
    {"margin", "ACCOUNTS.csv --rulebook NAME --price ID=VALUE...", command_margin},
    {"list", "scenarios | rulebooks | impact-models | formats | metrics | runs", command_list},
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *stream) {
    (void)fprintf(stream, "Usage: crossfall COMMAND ...\n\n"); /* looked at by end_output() */
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        (void)fprintf(stream, "  %-8s %s\n", commands[i].name, commands[i].usage);
    (void)fprintf(stream, "\nEach command has --help; --version tells the version.\n"
                          "To begin with: crossfall run may-2021\n");
}

/* What was printed must have gone out: a full disk is not success. A reader that closed its end
 * (| head) has seen what it wanted. */
static int end_output(int code) {
    if ((fflush(stdout) == 0 && ferror(stdout) == 0) || errno == EPIPE)
        return code;
    (void)fprintf(stderr, "crossfall: writing to standard output: %s\n", strerror(errno));
    return code == 0 ? status_exit_code(STATUS_IO) : code;
}

static int unknown_command(const char *name) {
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    (void)fprintf(stderr, "crossfall: there is no command '%s'; did you mean '%s'?\n\n", name,
                  yaml_nearest(name, names, COMMAND_COUNT));
    print_usage(stderr);
    return status_exit_code(STATUS_USAGE);
}

int main(int argc, char **argv) {
    (void)setlocale(LC_ALL, "");      /* what is not there leaves "C", which is fine */
    (void)setlocale(LC_NUMERIC, "C"); /* numbers are written one way everywhere */
    (void)signal(SIGPIPE, SIG_IGN);   /* seen as a failed write instead */

    if (argc < 2) {
        print_usage(stderr);
        return status_exit_code(STATUS_USAGE);
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        (void)printf("crossfall %s\n", CROSSFALL_VERSION);
        return end_output(0);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(stdout);
        return end_output(0);
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0)
            return end_output(commands[i].run(argc - 1, argv + 1));
    return unknown_command(name);
}
