#pragma once
/* The subcommands. Each takes its own arguments, argv[0] being the subcommand's name, and returns
 * the exit code of interface §1. Results go to standard output, messages to standard error. */

int command_import(int argc, char **argv);
int command_download(int argc, char **argv);
int command_data(int argc, char **argv);
int command_run(int argc, char **argv);
int command_report(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_export(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_margin(int argc, char **argv);
int command_list(int argc, char **argv);
