#pragma once
/* The depth curve F of the book model read backwards: how far a price is displaced when so much of
 * the depth is consumed. All by piece in closed form; the curve is prepared (impact_prepare). */

#include "engine/impact/impact.h"

/* STATUS_CONFIG: no curve that rises as struct depth_curve says; the message starts with the
 * parameter's name. */
MUST_CHECK enum status impact_depth_check(const struct impact_params *params, struct error *reterr);

/* The distance at which `consumed` (>= 0) is reached; of a step the near edge. */
double impact_depth_distance(const struct impact_params *params, double consumed);

/* The integral of that distance from 0 to `consumed` (>= 0). */
double impact_depth_integral(const struct impact_params *params, double consumed);

/* d(distance)/d(consumed) just beyond `consumed` (>= 0). */
double impact_depth_slope(const struct impact_params *params, double consumed);

/* The quantity at which the curve's points end. */
double impact_depth_known(const struct impact_params *params);
