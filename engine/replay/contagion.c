#include "engine/replay/contagion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Subtracts rows so that only `column` of row `pivot` is left in that column, in both matrices. */
static void eliminate(double *a, double *inverse, size_t n, size_t pivot) {
    const double scale = 1.0 / a[pivot * n + pivot];
    for (size_t c = 0; c < n; c++) {
        a[pivot * n + c] *= scale;
        inverse[pivot * n + c] *= scale;
    }
    for (size_t r = 0; r < n; r++) {
        const double factor = a[r * n + pivot];
        if (r == pivot || factor == 0.0)
            continue;
        for (size_t c = 0; c < n; c++) {
            a[r * n + c] -= factor * a[pivot * n + c];
            inverse[r * n + c] -= factor * inverse[pivot * n + c];
        }
    }
}

/* (I - N)^-1 of N >= 0 with a spectral radius below 1: then I - N is an M-matrix, whose pivots are
 * all above 0 in any order. `work` has room for n squared. */
static void resolve(const double *matrix, const double *less, size_t n, double *work,
                    double *ret_inverse) {
    for (size_t e = 0; e < n * n; e++) {
        const double one = e % (n + 1) == 0 ? 1.0 : 0.0;
        const double kept = less != NULL ? matrix[e] - less[e] : matrix[e];
        work[e] = one - (kept > 0.0 ? kept : 0.0); /* a difference may round below 0 */
        ret_inverse[e] = one;
    }
    for (size_t pivot = 0; pivot < n; pivot++)
        eliminate(work, ret_inverse, n, pivot);
}

enum status contagion_report(const struct contagion_matrix *matrix, const struct event_sink *sink,
                             struct error *reterr) {
    const size_t n = matrix->n;
    const bool ends = matrix->radius < 1.0;
    if (sink->contagion == NULL)
        return STATUS_OK;
    double *work = calloc(3 * n * n + 1, sizeof(*work));
    if (work == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the contagion matrix");
    double *total = work + n * n;
    double *shared = total + n * n;
    if (ends) {
        resolve(matrix->all, NULL, n, work, total);
        resolve(matrix->all, matrix->crossed, n, work, shared);
    }
    enum status status = STATUS_OK;
    for (size_t cause = 0; cause < n; cause++) {
        for (size_t effect = 0; effect < n && status == STATUS_OK; effect++) {
            const size_t e = effect * n + cause;
            if (cause != effect && (ends ? total[e] : matrix->all[e]) <= 0.0)
                continue;
            const struct contagion_record row = {.cause = (uint32_t)cause,
                                                 .effect = (uint32_t)effect,
                                                 .total = ends ? total[e] : NAN,
                                                 .shared_collateral = ends ? shared[e] : NAN};
            status = sink->contagion(sink->context, 1, &row, reterr);
        }
    }
    free(work);
    return status;
}
