#pragma once
/* Ctrl-C and a polite kill as a question that long work asks now and then. */

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM only makes interrupt_asked() true; a second one ends the
 * program as usual. */
void interrupt_catch(void);

bool interrupt_asked(void);
