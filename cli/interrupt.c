#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* The one variable that a signal handler may touch; there is no other way to hear of a signal. */
static volatile sig_atomic_t asked;

static void on_signal(int number) {
    (void)number;
    asked = 1;
}

void interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask); /* cannot fail */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool interrupt_asked(void) {
    return asked != 0;
}
