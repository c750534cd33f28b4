#include "engine/impact/impact_depth.h"

#include "base/elementary.h"
#include "engine/impact/impact_list.h"

/* What depth_1pct and depth_exponent stand for: a power law between 0.1 and 1 %, which is where it
 * was fitted; straight below, since a power below 1 would have no slope at all at the price. */
#define NEAR 0.001
#define FAR 0.01

static const double LN_NEAR_OVER_FAR = -2.302585092994045684;

/* ---- preparation ---- */

/* ln(distance) over ln(quantity) from one point to the next. */
static double exponent_between(const struct depth_point *from, const struct depth_point *to) {
    return elementary_log(to->distance / from->distance) /
           elementary_log(to->quantity / from->quantity);
}

/* The quantity within FAR; where the points end before, by the last exponent. */
static double quantity_at_far(const struct depth_curve *curve) {
    const struct depth_point *points = curve->points;
    size_t k = 0;
    while (k < curve->count && points[k].distance < FAR)
        k++;
    if (k == 0)
        return points[0].quantity * (FAR / points[0].distance);
    const double exponent = points[k < curve->count ? k : curve->count - 1].exponent;
    return points[k - 1].quantity *
           elementary_exp(elementary_log(FAR / points[k - 1].distance) / exponent);
}

/* Slope beyond the last point in price space, where the curve's own may be that of a step: the one
 * to it from the last point that has less of both. */
static double last_chord(const struct depth_curve *curve) {
    const struct depth_point *last = &curve->points[curve->count - 1];
    for (size_t k = curve->count - 1; k-- > 0;) {
        const struct depth_point *point = &curve->points[k];
        if (point->distance < last->distance && point->quantity < last->quantity)
            return (last->distance - point->distance) / (last->quantity - point->quantity);
    }
    return last->distance / last->quantity;
}

void impact_prepare(struct impact_params *params) {
    struct depth_curve *curve = &params->depth;
    const bool given = curve->count > 0 && !curve->from_depth_1pct;
    if (!given && params->depth_1pct > 0.0 && params->depth_exponent > 0.0) {
        const double near = elementary_exp(LN_NEAR_OVER_FAR * params->depth_exponent);
        curve->points[0] = (struct depth_point){NEAR, params->depth_1pct * near, 0.0};
        curve->points[1] = (struct depth_point){FAR, params->depth_1pct, 0.0};
        curve->count = 2;
        curve->from_depth_1pct = true;
    }
    if (curve->count == 0 || impact_depth_check(params, NULL) != STATUS_OK)
        return;
    const struct depth_point *last = &curve->points[curve->count - 1];
    if (params->space == IMPACT_PRICE) {
        curve->secant = last->distance / last->quantity;
        curve->slope_beyond = last_chord(curve);
        return;
    }
    curve->points[0].exponent = 1.0;
    for (size_t k = 1; k < curve->count; k++)
        curve->points[k].exponent = exponent_between(&curve->points[k - 1], &curve->points[k]);
    curve->secant = FAR / quantity_at_far(curve);
    curve->slope_beyond = last->exponent * last->distance / last->quantity;
}

static enum status check_point(const struct impact_params *params, size_t k, struct error *reterr) {
    static const struct depth_point origin = {0.0, 0.0, 0.0};
    const struct depth_point *point = &params->depth.points[k];
    const struct depth_point *before = k == 0 ? &origin : point - 1;
    const bool strict = params->space == IMPACT_LOG;
    if (!(point->distance <= 1e12) || !(point->quantity <= 1e18))
        return error_set(reterr, STATUS_CONFIG, "depth: point %zu is out of range", k + 1);
    if (strict ? !(point->distance > before->distance && point->quantity > before->quantity)
               : !(point->distance >= before->distance && point->quantity >= before->quantity))
        return error_set(reterr, STATUS_CONFIG,
                         "depth: point %zu: distance and quantity must %s from point to point",
                         k + 1, strict ? "rise, from above 0," : "not fall");
    return STATUS_OK;
}

enum status impact_depth_check(const struct impact_params *params, struct error *reterr) {
    const struct depth_curve *curve = &params->depth;
    if (curve->count == 0 || curve->from_depth_1pct) {
        if (params->space == IMPACT_PRICE)
            return error_set(reterr, STATUS_CONFIG, "depth: space price needs a list of points");
        const enum status status =
            impact_check_range("depth_1pct", params->depth_1pct, 1e-12, 1e18, reterr);
        return status == STATUS_OK
                   ? impact_check_range("depth_exponent", params->depth_exponent, 0.1, 10.0, reterr)
                   : status;
    }
    if (curve->count > DEPTH_POINTS_MAX)
        return error_set(reterr, STATUS_CONFIG, "depth: more than %d points", DEPTH_POINTS_MAX);
    enum status status = STATUS_OK;
    for (size_t k = 0; k < curve->count && status == STATUS_OK; k++)
        status = check_point(params, k, reterr);
    const struct depth_point *last = &curve->points[curve->count - 1];
    if (status == STATUS_OK && !(last->distance > 0.0 && last->quantity > 0.0))
        return error_set(reterr, STATUS_CONFIG,
                         "depth: the last point must have a distance and a quantity above 0");
    return status;
}

/* ---- reading ---- */

static const struct depth_point ORIGIN = {0.0, 0.0, 1.0};

/* A piece of the curve: from one point to the next; the first from the origin, the last without an
 * end. */
struct piece {
    struct depth_point from;
    double slope;    /* where straight */
    double exponent; /* of distance in quantity; 0: straight */
};

static struct piece piece_at(const struct impact_params *params, size_t k) {
    const struct depth_curve *curve = &params->depth;
    struct piece piece = {.from = k == 0 ? ORIGIN : curve->points[k - 1]};
    if (k == curve->count) {
        piece.slope = curve->slope_beyond;
        return piece;
    }
    const struct depth_point *to = &curve->points[k];
    if (params->space == IMPACT_PRICE || k == 0)
        piece.slope = (to->distance - piece.from.distance) / (to->quantity - piece.from.quantity);
    else
        piece.exponent = to->exponent;
    return piece;
}

static double piece_distance(const struct piece *piece, double consumed) {
    if (piece->exponent == 0.0)
        return piece->from.distance + piece->slope * (consumed - piece->from.quantity);
    return piece->from.distance *
           elementary_exp(piece->exponent * elementary_log(consumed / piece->from.quantity));
}

/* The integral of the distance over the piece up to `consumed`. */
static double piece_integral(const struct piece *piece, double consumed) {
    const struct depth_point *from = &piece->from;
    const double distance = piece_distance(piece, consumed);
    if (piece->exponent == 0.0)
        return (distance + from->distance) / 2.0 * (consumed - from->quantity);
    return (consumed * distance - from->quantity * from->distance) / (piece->exponent + 1.0);
}

/* Index of the first point with at least `consumed`; the count if there is none. */
static size_t find_piece(const struct depth_curve *curve, double consumed) {
    size_t k = 0;
    while (k < curve->count && curve->points[k].quantity < consumed)
        k++;
    return k;
}

double impact_depth_distance(const struct impact_params *params, double consumed) {
    if (consumed <= 0.0)
        return 0.0;
    const struct piece piece = piece_at(params, find_piece(&params->depth, consumed));
    return piece_distance(&piece, consumed);
}

double impact_depth_integral(const struct impact_params *params, double consumed) {
    const struct depth_point *points = params->depth.points;
    if (consumed <= 0.0)
        return 0.0;
    const size_t last = find_piece(&params->depth, consumed);
    double sum = 0.0;
    for (size_t k = 0; k <= last; k++) {
        const double end = k == last ? consumed : points[k].quantity;
        if (end <= (k == 0 ? 0.0 : points[k - 1].quantity))
            continue; /* the rise between two steps */
        const struct piece piece = piece_at(params, k);
        sum += piece_integral(&piece, end);
    }
    return sum;
}

double impact_depth_slope(const struct impact_params *params, double consumed) {
    const struct depth_curve *curve = &params->depth;
    size_t k = find_piece(curve, consumed);
    while (k < curve->count && curve->points[k].quantity <= consumed)
        k++; /* just beyond */
    const struct piece piece = piece_at(params, k);
    return piece.exponent == 0.0 ? piece.slope
                                 : piece.exponent * piece_distance(&piece, consumed) / consumed;
}

double impact_depth_known(const struct impact_params *params) {
    return params->depth.points[params->depth.count - 1].quantity;
}
