// Sizes of caller memory, and the tables that do not depend on the machine: run once per stream or region.

#include "kernel_table.h"

#include <math.h>
#include <string.h>

// ---------------------------------------------------------------------------------------------------------------------
// Scaler

/// One axis of a scaler: which source samples a destination sample is made of.
typedef struct scaler_span {
    int32_t first, count;
    /// Whether weights are the overlap with [low, high) or the two of a bilinear position.
    bool is_area;
    double low, high, fraction;
} scaler_span;

/// The part of an axis that lies on the plane.
static void clamp_axis(double *start, double *length, int32_t plane) {
    double end = *start + *length;
    if (*start < 0) {
        *start = 0;
    }
    if (end > plane) {
        end = plane;
    }
    *length = end - *start;
}

static scaler_span span_at(double start, double length, int32_t plane, int32_t count, int32_t index) {
    const double ratio = length / count;
    scaler_span span = {0, 1, ratio >= 1, 0, 0, 0};
    if (span.is_area) {
        span.low = start + ratio * index;
        span.high = span.low + ratio;
        // Positions a rounding error beside a sample's edge are at the edge.
        span.first = (int32_t)floor(span.low + 1e-7);
        const int32_t last = (int32_t)ceil(span.high - 1e-7) - 1;
        span.first = aegis_min(aegis_max(span.first, 0), plane - 1);
        span.count = aegis_max(aegis_min(last, plane - 1), span.first) - span.first + 1;
    } else {
        const double position = start + ratio * (index + 0.5) - 0.5;
        const int32_t lowest = aegis_min(aegis_max((int32_t)floor(start), 0), plane - 1);
        const int32_t highest = aegis_max(aegis_min((int32_t)ceil(start + length) - 1, plane - 1), lowest);
        span.first = (int32_t)floor(position);
        span.fraction = position - span.first;
        if (span.first < lowest) {
            span.first = lowest;
            span.fraction = 0;
        }
        if (span.first >= highest) {
            span.first = highest;
            span.fraction = 0;
        }
        span.count = span.first < highest ? 2 : 1;
    }
    return span;
}

/// Weight of a span's samples up to and including `index`, 0..1: rounding these keeps the sum exact.
static double cumulative_weight(const scaler_span *span, int32_t index) {
    if (index + 1 >= span->count) {
        return 1;
    }
    if (span->is_area) {
        const double end = span->first + index + 1;
        return fmin(fmax((end - span->low) / (span->high - span->low), 0), 1);
    }
    return 1 - span->fraction;
}

static int32_t most_taps(int32_t max_length, int32_t count) {
    return (max_length + count - 1) / count + 2;
}

static size_t scaler_lay_out(
    aegis_scaler *s, void *memory, int32_t max_width, int32_t max_height, int32_t width, int32_t height) {
    aegis_arena arena = {memory, 0};
    aegis_take(&arena, sizeof(aegis_scaler));
    const size_t taps = (size_t)aegis_round_up(most_taps(max_width, width), 8);
    // Per row: its taps, one more if a weight had to be split, one more to make the number even.
    const size_t entries = (size_t)height * (size_t)(most_taps(max_height, height) + 2);
    s->column_start = aegis_take(&arena, (size_t)width * sizeof(int32_t));
    s->column_weights = aegis_take(&arena, (size_t)width * taps * sizeof(int16_t));
    s->row_first = aegis_take(&arena, (size_t)(height + 1) * sizeof(int32_t));
    s->row_index = aegis_take(&arena, entries * sizeof(int32_t));
    s->row_weight = aegis_take(&arena, entries);
    const size_t row = (size_t)max_width + taps + AEGIS_SLACK;
    s->row = aegis_take(&arena, 2 * row * sizeof(int16_t));
    s->part0 = aegis_take(&arena, row * sizeof(int16_t));
    s->part1 = aegis_take(&arena, row * sizeof(int16_t));
    return arena.used;
}

size_t aegis_scaler_size(int32_t max_width, int32_t max_height, int32_t width, int32_t height) {
    aegis_scaler unused;
    return scaler_lay_out(&unused, NULL, max_width, max_height, width, height);
}

aegis_scaler *aegis_scaler_prepare(
    void *memory, int32_t plane_width, int32_t plane_height, double x, double y, double rect_width, double rect_height,
    int32_t width, int32_t height) {
    aegis_scaler *s = memory;
    // The plane is not larger than what the memory was sized for, so neither is this layout.
    scaler_lay_out(s, memory, plane_width, plane_height, width, height);
    s->width = width;
    s->height = height;
    clamp_axis(&x, &rect_width, plane_width);
    clamp_axis(&y, &rect_height, plane_height);

    int32_t first = plane_width, last = 0, taps = 1;
    for (int32_t i = 0; i < width; i++) {
        const scaler_span span = span_at(x, rect_width, plane_width, width, i);
        first = aegis_min(first, span.first);
        last = aegis_max(last, span.first + span.count - 1);
        taps = aegis_max(taps, span.count);
    }
    s->first_column = first;
    s->columns = last - first + 1;
    s->taps = aegis_round_up(taps, 8);
    memset(s->column_weights, 0, (size_t)width * (size_t)s->taps * sizeof(int16_t));
    for (int32_t i = 0; i < width; i++) {
        const scaler_span span = span_at(x, rect_width, plane_width, width, i);
        s->column_start[i] = span.first - first;
        int32_t before = 0;
        for (int32_t tap = 0; tap < span.count; tap++) {
            const int32_t until = (int32_t)lround(cumulative_weight(&span, tap) * (1 << AEGIS_SCALER_HORIZONTAL));
            s->column_weights[(ptrdiff_t)i * s->taps + tap] = (int16_t)(until - before);
            before = until;
        }
    }

    // An even ratio on whole samples is the usual guide, and needs no tables.
    s->even_taps = taps == 2 || taps == 4 ? taps : 0;
    for (int32_t i = 0; i < width && s->even_taps; i++) {
        for (int32_t tap = 0; tap < taps; tap++) {
            if (s->column_start[i] != i * taps
                || s->column_weights[(ptrdiff_t)i * s->taps + tap] != (1 << AEGIS_SCALER_HORIZONTAL) / taps) {
                s->even_taps = 0;
                break;
            }
        }
    }

    int32_t entries = 0;
    for (int32_t i = 0; i < height; i++) {
        const scaler_span span = span_at(y, rect_height, plane_height, height, i);
        s->row_first[i] = entries;
        int32_t before = 0;
        for (int32_t tap = 0; tap < span.count; tap++) {
            const int32_t until = (int32_t)lround(cumulative_weight(&span, tap) * (1 << AEGIS_SCALER_VERTICAL));
            int32_t weight = until - before;
            before = until;
            // A weight of 128 does not fit a signed byte: the row comes twice.
            if (weight == 1 << AEGIS_SCALER_VERTICAL) {
                weight /= 2;
                s->row_index[entries] = span.first + tap;
                s->row_weight[entries++] = (int8_t)weight;
            }
            s->row_index[entries] = span.first + tap;
            s->row_weight[entries++] = (int8_t)weight;
        }
        if ((entries - s->row_first[i]) & 1) {
            s->row_index[entries] = span.first;
            s->row_weight[entries++] = 0;
        }
    }
    s->row_first[height] = entries;
    // Taps that weigh nothing may be read behind the last column.
    memset(s->row + s->columns, 0, (size_t)(s->taps + AEGIS_SLACK) * sizeof(int16_t));
    memset(s->part0 + s->columns, 0, (size_t)(s->taps + AEGIS_SLACK) * sizeof(int16_t));
    memset(s->part1 + s->columns, 0, (size_t)(s->taps + AEGIS_SLACK) * sizeof(int16_t));
    return s;
}

// ---------------------------------------------------------------------------------------------------------------------
// Colour

aegis_yuv_matrix aegis_yuv_matrix_make(double kr, double kb, bool full_range) {
    const double kg = 1 - kr - kb;
    const double luma = full_range ? 255 : 219, chroma = full_range ? 255 : 224;
    aegis_yuv_matrix matrix;
    matrix.y_offset = full_range ? 0 : 16;
    matrix.y_scale = (float)(1 / luma);
    matrix.rv = (float)(2 * (1 - kr) / chroma);
    matrix.bu = (float)(2 * (1 - kb) / chroma);
    matrix.gu = (float)(-2 * (1 - kb) * kb / kg / chroma);
    matrix.gv = (float)(-2 * (1 - kr) * kr / kg / chroma);
    return matrix;
}

// ---------------------------------------------------------------------------------------------------------------------
// Paster

static size_t paster_lay_out(
    aegis_paster *p, void *memory, int32_t mask_width, int32_t mask_height, int32_t grid_width, int32_t grid_height) {
    aegis_arena arena = {memory, 0};
    aegis_take(&arena, sizeof(aegis_paster));
    p->x_start = aegis_take(&arena, (size_t)grid_width * sizeof(int32_t));
    p->x_taps = aegis_take(&arena, (size_t)grid_width * sizeof(int32_t));
    p->x_offset = aegis_take(&arena, (size_t)grid_width * sizeof(int32_t));
    p->y_start = aegis_take(&arena, (size_t)grid_height * sizeof(int32_t));
    p->y_taps = aegis_take(&arena, (size_t)grid_height * sizeof(int32_t));
    p->y_offset = aegis_take(&arena, (size_t)grid_height * sizeof(int32_t));
    // Neighbouring cells share at most three taps: two of the bilinear position and one of a divided pixel.
    p->x_weights = aegis_take(&arena, (size_t)(mask_width + 4 * grid_width) * sizeof(float));
    p->y_weights = aegis_take(&arena, (size_t)(mask_height + 4 * grid_height) * sizeof(float));
    p->block = aegis_take(&arena, (size_t)(8 * aegis_max(mask_width, grid_width) + AEGIS_SLACK) * sizeof(float));
    p->rows = aegis_take(
        &arena, ((size_t)aegis_round_up(mask_height, 8) * (size_t)grid_width + AEGIS_SLACK) * sizeof(float));
    return arena.used;
}

size_t aegis_paster_size(int32_t mask_width, int32_t mask_height, int32_t grid_width, int32_t grid_height) {
    aegis_paster unused;
    return paster_lay_out(&unused, NULL, mask_width, mask_height, grid_width, grid_height);
}

/// Pixels of the region that a cell covers.
static bool cell_pixels(
    int32_t cell, int32_t cells, int32_t frame, int32_t low, int32_t high, double *cell_start, double *cell_end,
    int32_t *first, int32_t *last) {
    *cell_start = (double)cell * frame / cells;
    *cell_end = (double)(cell + 1) * frame / cells;
    *first = aegis_max((int32_t)floor(*cell_start + 1e-7), low);
    *last = aegis_min((int32_t)ceil(*cell_end - 1e-7), high) - 1;
    return *first <= *last;
}

/// Fills one axis; returns the first touched cell.
static int32_t paste_axis(
    int32_t mask, int32_t cells, int32_t frame, int32_t low, int32_t high, int32_t *touched, int32_t *start,
    int32_t *taps, int32_t *offset, float *weights) {
    int32_t first_cell = 0, count = 0, used = 0;
    const double scale = (double)mask / (high - low);
    for (int32_t cell = 0; cell < cells; cell++) {
        double cell_start, cell_end;
        int32_t first, last;
        if (!cell_pixels(cell, cells, frame, low, high, &cell_start, &cell_end, &first, &last)) {
            continue;
        }
        if (count == 0) {
            first_cell = cell;
        }
        const double first_position = fmin(fmax((first - low + 0.5) * scale - 0.5, 0), mask - 1);
        const double last_position = fmin(fmax((last - low + 0.5) * scale - 0.5, 0), mask - 1);
        const int32_t from = (int32_t)floor(first_position);
        const int32_t to = aegis_min((int32_t)floor(last_position) + 1, mask - 1);
        start[count] = from;
        taps[count] = to - from + 1;
        offset[count] = used;
        for (int32_t tap = 0; tap < taps[count]; tap++) {
            weights[used + tap] = 0;
        }
        for (int32_t pixel = first; pixel <= last; pixel++) {
            const double covered = (fmin(pixel + 1, cell_end) - fmax(pixel, cell_start)) / (cell_end - cell_start);
            const double position = fmin(fmax((pixel - low + 0.5) * scale - 0.5, 0), mask - 1);
            const int32_t index = (int32_t)floor(position);
            const double fraction = position - index;
            weights[used + index - from] += (float)(covered * (1 - fraction));
            if (fraction > 0) {
                weights[used + index + 1 - from] += (float)(covered * fraction);
            }
        }
        used += taps[count];
        count += 1;
    }
    *touched = count;
    return first_cell;
}

aegis_paster *aegis_paster_prepare(
    void *memory, int32_t mask_width, int32_t mask_height, int32_t grid_width, int32_t grid_height, int32_t frame_width,
    int32_t frame_height, int32_t x0, int32_t y0, int32_t x1, int32_t y1) {
    aegis_paster *p = memory;
    paster_lay_out(p, memory, mask_width, mask_height, grid_width, grid_height);
    p->mask_width = mask_width;
    p->mask_height = mask_height;
    p->grid_width = grid_width;
    p->x_first = paste_axis(
        mask_width, grid_width, frame_width, x0, x1, &p->x_count, p->x_start, p->x_taps, p->x_offset, p->x_weights);
    p->y_first = paste_axis(
        mask_height, grid_height, frame_height, y0, y1, &p->y_count, p->y_start, p->y_taps, p->y_offset, p->y_weights);
    return p;
}

// ---------------------------------------------------------------------------------------------------------------------
// Scratch sizes of the grid kernels

size_t aegis_temporal_scratch_size(int32_t width, int32_t height) {
    (void)height;
    return (size_t)(9 * (width + 16) + AEGIS_SLACK) * sizeof(float);
}

size_t aegis_guided_scratch_size(int32_t width, int32_t height) {
    (void)height;
    // As `guided_lay_out` hands them out: sums, threes, ten rows of the rings, rows of zeros.
    const size_t rows = 9 + 8 + 8 + 13 + 10 * (9 + 8 + 1) + 3;
    return rows * (size_t)(aegis_round_up(width, 16) + 32) * sizeof(int32_t);
}

size_t aegis_background_cells_scratch_size(int32_t width, int32_t height) {
    return 2 * ((size_t)width * (size_t)height + AEGIS_SLACK + AEGIS_ALIGNMENT);
}

size_t aegis_background_scratch_size(int32_t width, int32_t height, const aegis_background_parameters *parameters) {
    const size_t half_width = ((size_t)width + 1) / 2, count = half_width * (((size_t)height + 1) / 2);
    const size_t reach = (size_t)aegis_max(parameters->radius, parameters->fill_radius);
    const size_t row = (4 * (half_width + 2 * reach + 1) + AEGIS_SLACK) * sizeof(uint32_t) + AEGIS_ALIGNMENT;
    return 3 * ((4 * count + AEGIS_SLACK) * sizeof(uint16_t) + AEGIS_ALIGNMENT) + 6 * row;
}

int32_t aegis_components_capacity(int32_t width, int32_t height) {
    return ((width + 1) / 2) * ((height + 1) / 2);
}

size_t aegis_components_scratch_size(int32_t width, int32_t height) {
    // A run is 24 bytes.
    const size_t runs = (size_t)(width / 2 + 1) * (size_t)height * 24;
    return runs + (size_t)(height + 1) * sizeof(int32_t) + ((size_t)width + AEGIS_SLACK) * 5 + 4 * AEGIS_ALIGNMENT;
}

size_t aegis_dilate_scratch_size(int32_t width, int32_t height) {
    return 2 * ((size_t)width * (size_t)height + AEGIS_SLACK + AEGIS_ALIGNMENT);
}

// ---------------------------------------------------------------------------------------------------------------------
// Compositor

static int32_t axis_blocks(int32_t count) {
    // One block more, so that a halo may be spread over the edge.
    return (count + 7) / 8 + 2;
}

static void axis_lay_out(aegis_axis *axis, aegis_arena *arena, int32_t count) {
    const size_t blocks = (size_t)axis_blocks(count);
    axis->count = count;
    axis->cell = aegis_take(arena, blocks * 8 * sizeof(int32_t));
    axis->fraction = aegis_take(arena, blocks * 8 * sizeof(int16_t));
    axis->base = aegis_take(arena, blocks * sizeof(int32_t));
    axis->shuffle = aegis_take(arena, blocks * 16);
}

/// `length` is the axis' length in samples, which may end half a sample before `count`.
static void axis_fill(aegis_axis *axis, double length, int32_t cells) {
    const int32_t padded = axis_blocks(axis->count) * 8;
    for (int32_t i = 0; i < padded; i++) {
        const double position = (aegis_min(i, axis->count - 1) + 0.5) * cells / length - 0.5;
        int32_t cell = (int32_t)floor(position);
        int32_t fraction = aegis_min((int32_t)lround((position - cell) * 32768), 32767);
        if (cell < 0) {
            cell = 0;
            fraction = 0;
        }
        if (cell >= cells - 1) {
            cell = cells - 1;
            fraction = 0;
        }
        axis->cell[i] = cell;
        axis->fraction[i] = (int16_t)fraction;
    }
    axis->has_shuffle = true;
    for (int32_t block = 0; block < padded / 8; block++) {
        const int32_t *cell = axis->cell + block * 8;
        axis->base[block] = cell[0];
        // The shuffle takes a sample's first and next cell out of eight.
        if (cell[7] + 1 - cell[0] > 7) {
            axis->has_shuffle = false;
            return;
        }
        for (int32_t i = 0; i < 8; i++) {
            axis->shuffle[block * 16 + 2 * i] = (uint8_t)(2 * (cell[i] - cell[0]));
            axis->shuffle[block * 16 + 2 * i + 1] = (uint8_t)(2 * (cell[i] - cell[0]) + 1);
        }
    }
}

static size_t compositor_lay_out(
    aegis_compositor *c, void *memory, const aegis_layout *layout, int32_t grid_width, int32_t grid_height) {
    aegis_arena arena = {memory, 0};
    aegis_take(&arena, sizeof(aegis_compositor));
    const int32_t sx = layout->chroma_planes ? layout->chroma_shift_x : 0;
    const int32_t sy = layout->chroma_planes ? layout->chroma_shift_y : 0;
    c->layout = *layout;
    c->layout.chroma_shift_x = sx;
    c->layout.chroma_shift_y = sy;
    c->grid_width = grid_width;
    c->grid_height = grid_height;
    c->chroma_width = layout->chroma_planes ? (layout->width + (1 << sx) - 1) >> sx : 0;
    c->chroma_height = layout->chroma_planes ? (layout->height + (1 << sy) - 1) >> sy : 0;
    c->tile_columns = (layout->width + AEGIS_TILE - 1) / AEGIS_TILE;
    c->tile_rows = (layout->height + AEGIS_TILE - 1) / AEGIS_TILE;
    axis_lay_out(&c->luma_x, &arena, layout->width);
    axis_lay_out(&c->luma_y, &arena, layout->height);
    if (layout->chroma_planes) {
        axis_lay_out(&c->chroma_x, &arena, c->chroma_width);
        axis_lay_out(&c->chroma_y, &arena, c->chroma_height);
    }
    c->tile_x0 = aegis_take(&arena, (size_t)c->tile_columns * sizeof(int32_t));
    c->tile_x1 = aegis_take(&arena, (size_t)c->tile_columns * sizeof(int32_t));
    c->tile_y0 = aegis_take(&arena, (size_t)c->tile_rows * sizeof(int32_t));
    c->tile_y1 = aegis_take(&arena, (size_t)c->tile_rows * sizeof(int32_t));
    c->held = aegis_take(&arena, (size_t)c->tile_columns * (size_t)c->tile_rows);
    c->kind = aegis_take(&arena, (size_t)c->tile_columns * (size_t)c->tile_rows);
    // A strip reads its own cells, half a cell to each side, and one chroma row's halo; 3 more cover all roundings.
    c->luma_rows = (int32_t)((int64_t)AEGIS_TILE * grid_height / layout->height) + 4;
    c->chroma_rows = (int32_t)((int64_t)(AEGIS_TILE + (2 << sy)) * grid_height / layout->height) + 4;
    c->row_length = aegis_round_up(layout->width, AEGIS_TILE) + 2 * AEGIS_HALO + AEGIS_SLACK;
    return arena.used;
}

size_t aegis_compositor_size(const aegis_layout *layout, int32_t grid_width, int32_t grid_height) {
    aegis_compositor unused;
    return compositor_lay_out(&unused, NULL, layout, grid_width, grid_height);
}

size_t aegis_compositor_scratch_size(const aegis_layout *layout, int32_t grid_width, int32_t grid_height) {
    aegis_compositor c;
    compositor_lay_out(&c, NULL, layout, grid_width, grid_height);
    // As `compositor_scratch_lay_out` hands them out, in rows of 16-bit numbers: upsampled luma planes (a0, k, fill,
    // estimate), chroma planes (b, a1, a2, fill UV, estimate UV), U, V and t of a strip with halo, alpha, single rows.
    const size_t rows = 4 * (size_t)c.luma_rows + 7 * (size_t)c.chroma_rows + 3 * (AEGIS_TILE + 2) + AEGIS_TILE + 16;
    const size_t cells = (size_t)grid_width + AEGIS_SLACK;
    const size_t cell_rows = 2 + AEGIS_RING_PLANES * (size_t)aegis_ring_rows(&c);
    return rows * ((size_t)c.row_length * sizeof(int16_t) + AEGIS_ALIGNMENT)
        + cell_rows * (cells * sizeof(int16_t) + AEGIS_ALIGNMENT);
}

aegis_compositor *aegis_compositor_prepare(
    void *memory, const aegis_layout *layout, int32_t grid_width, int32_t grid_height) {
    aegis_compositor *c = memory;
    compositor_lay_out(c, memory, layout, grid_width, grid_height);
    const int32_t width = layout->width, height = layout->height;
    axis_fill(&c->luma_x, width, grid_width);
    axis_fill(&c->luma_y, height, grid_height);
    if (layout->chroma_planes) {
        axis_fill(&c->chroma_x, (double)width / (1 << c->layout.chroma_shift_x), grid_width);
        axis_fill(&c->chroma_y, (double)height / (1 << c->layout.chroma_shift_y), grid_height);
    }
    const int32_t reach = 2 * AEGIS_GUIDED_RADIUS + 2;
    for (int32_t tile = 0; tile < c->tile_columns; tile++) {
        const int64_t x0 = (int64_t)tile * AEGIS_TILE, x1 = aegis_min((tile + 1) * AEGIS_TILE, width);
        c->tile_x0[tile] = aegis_max((int32_t)(x0 * grid_width / width) - reach, 0);
        c->tile_x1[tile] = aegis_min((int32_t)((x1 * grid_width + width - 1) / width) + reach, grid_width);
    }
    for (int32_t tile = 0; tile < c->tile_rows; tile++) {
        const int64_t y0 = (int64_t)tile * AEGIS_TILE, y1 = aegis_min((tile + 1) * AEGIS_TILE, height);
        c->tile_y0[tile] = aegis_max((int32_t)(y0 * grid_height / height) - reach, 0);
        c->tile_y1[tile] = aegis_min((int32_t)((y1 * grid_height + height - 1) / height) + reach, grid_height);
    }
    memset(c->held, AEGIS_ALPHA_MIXED, (size_t)c->tile_columns * (size_t)c->tile_rows);
    memset(c->kind, AEGIS_TILE_MIXED, (size_t)c->tile_columns * (size_t)c->tile_rows);
    return c;
}

int32_t aegis_compositor_tile_rows(const aegis_compositor *compositor) {
    return compositor->tile_rows;
}

aegis_tile_counts aegis_compositor_tile_counts(const aegis_compositor *compositor) {
    aegis_tile_counts counts = {0, 0, 0};
    const ptrdiff_t tiles = (ptrdiff_t)compositor->tile_columns * compositor->tile_rows;
    for (ptrdiff_t i = 0; i < tiles; i++) {
        counts.background += compositor->kind[i] == AEGIS_TILE_BACKGROUND;
        counts.person += compositor->kind[i] == AEGIS_TILE_PERSON;
        counts.mixed += compositor->kind[i] == AEGIS_TILE_MIXED;
    }
    return counts;
}

// ---------------------------------------------------------------------------------------------------------------------
// Warp

size_t aegis_warp_scratch_size(void) { return sizeof(aegis_warp_scratch); }

// ---------------------------------------------------------------------------------------------------------------------
// Colour

size_t aegis_color_scratch_size(const aegis_color_pass *pass) {
    aegis_arena arena = {NULL, 0};
    aegis_color_take(&arena, pass);
    return arena.used;
}

size_t aegis_deband_scratch_size(int32_t width, int32_t height) {
    aegis_arena arena = {NULL, 0};
    aegis_deband_take(&arena, width, height);
    return arena.used;
}
