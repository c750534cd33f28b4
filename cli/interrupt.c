#include "cli/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

/* There is no other way to hear of a signal. Atomic, not sig_atomic_t, since other threads ask. */
static atomic_int asked;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler may not wait for a lock");

static void on_signal(int number) {
    (void)number;
    atomic_store(&asked, 1);
}

void interrupt_catch(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    (void)sigemptyset(&action.sa_mask); /* cannot fail */
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool interrupt_asked(void) {
    return atomic_load(&asked) != 0;
}
