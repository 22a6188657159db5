// Tables of the resampler.

#include "kernel_table.h"

#include <math.h>
#include <string.h>

/// One axis: what each destination sample is made of.
typedef struct resampler_axis {
    double origin, step, support;
    int32_t taps;
    aegis_resampler_filter filter;
} resampler_axis;

static double sinc(double x) {
    const double angle = x * 3.14159265358979323846;
    return fabs(x) < 1e-9 ? 1 : sin(angle) / angle;
}

static double filter_at(aegis_resampler_filter filter, double x) {
    x = fabs(x);
    if (filter == AEGIS_FILTER_LANCZOS3) {
        return x < 3 ? sinc(x) * sinc(x / 3) : 0;
    }
    const double a = -0.5;
    if (x < 1) {
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static resampler_axis make_axis(aegis_resampler_filter filter, double origin, double step) {
    resampler_axis axis = {origin, step, filter == AEGIS_FILTER_LANCZOS3 ? 3 : 2, 0, filter};
    axis.support *= fmax(step, 1);
    // An open interval of twice the support holds at most that many samples, or one less; even for pairs of rows.
    axis.taps = aegis_round_up((int32_t)ceil(2 * axis.support - 1e-9), 2);
    return axis;
}

/// The first source sample of a destination sample; may lie outside.
static int32_t axis_start(const resampler_axis *axis, int32_t index) {
    return (int32_t)floor(axis->origin + index * axis->step - axis->support + 1e-9) + 1;
}

/// The weights of a destination sample; they sum to 1.
static void axis_weights(const resampler_axis *axis, int32_t index, float *weights, ptrdiff_t stride) {
    const double centre = axis->origin + index * axis->step;
    const int32_t start = axis_start(axis, index);
    double sum = 0;
    for (int32_t tap = 0; tap < axis->taps; tap++) {
        sum += filter_at(axis->filter, (start + tap - centre) / fmax(axis->step, 1));
    }
    for (int32_t tap = 0; tap < axis->taps; tap++) {
        weights[tap * stride] =
            (float)(filter_at(axis->filter, (start + tap - centre) / fmax(axis->step, 1)) / sum);
    }
}

static size_t resampler_lay_out(aegis_resampler *r, void *memory, const aegis_resampling *what) {
    const resampler_axis x = make_axis(what->filter, what->origin_x, what->step_x);
    const resampler_axis y = make_axis(what->filter, what->origin_y, what->step_y);
    r->in_width = what->in_width;
    r->in_height = what->in_height;
    r->out_width = what->out_width;
    r->out_height = what->out_height;
    r->x_taps = x.taps;
    r->y_taps = y.taps;
    r->pad_left = aegis_max(-axis_start(&x, 0), 0);
    // Halving reads pairs, so one sample more than the last tap.
    r->pad_right = aegis_max(axis_start(&x, what->out_width - 1) + x.taps + 2 - what->in_width, 0);
    aegis_arena arena = {memory, 0};
    aegis_take(&arena, sizeof(aegis_resampler));
    const size_t width = (size_t)what->out_width, height = (size_t)what->out_height;
    r->x_start = aegis_take(&arena, width * sizeof(int32_t));
    r->x_weights = aegis_take(&arena, width * (size_t)x.taps * sizeof(float));
    r->phase_weights = aegis_take(&arena, 2 * (size_t)x.taps * sizeof(float));
    r->y_start = aegis_take(&arena, height * sizeof(int32_t));
    r->y_weights = aegis_take(&arena, height * (size_t)y.taps * sizeof(float));
    const size_t row = (size_t)(r->pad_left + what->in_width + r->pad_right) + AEGIS_SLACK;
    r->row = aegis_take(&arena, row * sizeof(float));
    const size_t part = width + (size_t)x.taps + AEGIS_SLACK;
    r->part0 = aegis_take(&arena, part * sizeof(float));
    r->part1 = aegis_take(&arena, part * sizeof(float));
    r->result = aegis_take(&arena, (width + AEGIS_SLACK) * sizeof(float));
    return arena.used;
}

size_t aegis_resampler_size(const aegis_resampling *resampling) {
    aegis_resampler unused;
    return resampler_lay_out(&unused, NULL, resampling);
}

/// Whether every sample has the weights of the one `period` before it, and begins `advance` samples later.
static bool repeats(const aegis_resampler *r, int32_t period, int32_t advance) {
    for (int32_t i = period; i < r->out_width; i++) {
        if (r->x_start[i] != r->x_start[i - period] + advance) {
            return false;
        }
        for (int32_t tap = 0; tap < r->x_taps; tap++) {
            const float *weights = r->x_weights + (ptrdiff_t)tap * r->out_width;
            if (weights[i] != weights[i - period]) {
                return false;
            }
        }
    }
    return true;
}

aegis_resampler *aegis_resampler_prepare(void *memory, const aegis_resampling *what) {
    aegis_resampler *r = memory;
    resampler_lay_out(r, memory, what);
    const resampler_axis x = make_axis(what->filter, what->origin_x, what->step_x);
    const resampler_axis y = make_axis(what->filter, what->origin_y, what->step_y);
    for (int32_t i = 0; i < what->out_width; i++) {
        r->x_start[i] = axis_start(&x, i) + r->pad_left;
        axis_weights(&x, i, r->x_weights + i, what->out_width);
    }
    for (int32_t i = 0; i < what->out_height; i++) {
        r->y_start[i] = axis_start(&y, i);
        axis_weights(&y, i, r->y_weights + (ptrdiff_t)i * y.taps, 1);
    }
    r->pattern = AEGIS_PATTERN_ANY;
    if (what->step_x == 0.5 && what->out_width % 2 == 0 && repeats(r, 2, 1)) {
        r->pattern = AEGIS_PATTERN_DOUBLE;
    } else if (what->step_x == 2 && repeats(r, 1, 2)) {
        r->pattern = AEGIS_PATTERN_HALF;
    }
    const int32_t phases = r->pattern == AEGIS_PATTERN_DOUBLE ? 2 : r->pattern == AEGIS_PATTERN_HALF ? 1 : 0;
    for (int32_t phase = 0; phase < phases; phase++) {
        for (int32_t tap = 0; tap < x.taps; tap++) {
            r->phase_weights[phase * x.taps + tap] = r->x_weights[(ptrdiff_t)tap * what->out_width + phase];
        }
    }
    return r;
}

size_t aegis_detail_scratch_count(int32_t width) {
    return 2 * (size_t)aegis_round_up(width + 2, AEGIS_SLACK) + AEGIS_SLACK;
}
