#pragma once
/* The files that the arguments of a command name: files, folders, patterns. */

#include <glib.h>

#include "base/error.h"

struct file_list {
    GPtrArray *paths; /* of char *, owned: in the order of the arguments, within a folder by name */
    GPtrArray *errors; /* of char *: folders that cannot be read, patterns that match nothing */
};

/* Adds what `argument` names: a file (also one that is not there: opening it will tell), "-", every
 * file of a folder and of those in it, or, if there is no such file and it has one of * ? [, what
 * matches. Hidden files are left out of folders, checksum files (X.CHECKSUM) always. */
void file_list_add(struct file_list *list, const char *argument);

void file_list_init(struct file_list *list);
void file_list_finish(struct file_list *list);
