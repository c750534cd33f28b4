#pragma once
/* Readings that mark prices are made of: the series `mark` and `index` of the market file. */

#include "base/error.h"
#include "cli/run_setup.h"

/* First stage: finds and opens what the scenario's instruments and rulebooks need. STATUS_CONFIG: a
 * series is not there, named. */
MUST_CHECK enum status run_marks_open(struct run_setup *setup, struct error *reterr);

/* Second stage: fills setup->input's marks and readings. */
void run_marks_fill(struct run_setup *setup);
