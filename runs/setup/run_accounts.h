#pragma once
/* The accounts of a run: from a file, drawn, or both. Part of run_setup. */

#include <stdint.h>

#include "base/error.h"
#include "runs/setup/run_setup.h"

/* Reads start prices and past prices where a population needs them, then makes setup->accounts and,
 * where they differ, setup->reference_accounts. Instruments are set. */
MUST_CHECK enum status run_accounts_fill(struct run_setup *setup, uint32_t threads,
                                         struct error *reterr);
