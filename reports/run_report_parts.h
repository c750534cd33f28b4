#pragma once
/* The parts of the terminal report, in their order. Not for other rooms. */

#include "reports/page.h"
#include "reports/run_figures.h"

struct report {
    struct page page;
    struct results_file *file;
    struct run_figures *figures;
    const char
        *leader; /* the instrument that was liquidated most, else the first; "" without any */
};

/* run_report.c */
double report_value(const struct report *report, enum metric_id metric);
/* Writes the table if `status`, that of the query which filled `cells`, is STATUS_END; else passes
 * it on. Ends `cells` in both cases. */
MUST_CHECK enum status report_table(struct report *report, enum status status, GPtrArray *cells,
                                    size_t columns, struct error *reterr);

/* run_report_market.c */
MUST_CHECK enum status report_fall(struct report *report, struct error *reterr);
MUST_CHECK enum status report_liquidations(struct report *report, struct error *reterr);
void report_feedback(struct report *report);

/* run_report_range.c */
/* " (2 % to 24 %)": the range of a figure of `instrument`; "" where the run has none. */
const char *report_between(const struct report *report, enum metric_id metric,
                           const char *instrument, char ret_text[2 * PAGE_NUMBER_SIZE]);
/* The headline figures by the runs of the range, if there is one. */
MUST_CHECK enum status report_range(struct report *report, struct error *reterr);

/* run_report_payers.c */
MUST_CHECK enum status report_payers(struct report *report, struct error *reterr);

/* run_report_basis.c */
MUST_CHECK enum status report_basis(struct report *report, struct error *reterr);
MUST_CHECK enum status report_next(struct report *report, struct error *reterr);
