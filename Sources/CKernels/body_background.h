// The guide without the person: box means of planes weighted by "not the person".
//
// A cell is four 16-bit numbers side by side, (Y w, U w, V w, 255 w) with w in 0..255. Their box sums are exact in 32
// bits for radii to 64 (129^2 * 255^2 = 1.08e9), so running sums cannot drift to where a small weight would drown.

/// A cell of 32-bit sums.
typedef uint32_t background_cell __attribute__((ext_vector_type(4), aligned(16)));

/// Turns the dilated mask into weights, and makes the cells of them.
static void background_weigh(
    const aegis_background_parameters *parameters, ptrdiff_t width, ptrdiff_t height, const uint8_t *y,
    const uint8_t *u, const uint8_t *v, const float *mask, uint8_t *weights, uint8_t *rows, uint16_t *cells) {
    const ptrdiff_t count = width * height;
    const float gain = 255.0f / parameters->opaque;
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        const float covered = mask[i] * gain + 0.5f;
        weights[i] = (uint8_t)(int32_t)(covered > 255.0f ? 255.0f : covered < 0.0f ? 0.0f : covered);
    }
    dilate_with(weights, width, height, 1, weights, rows);
    if (u) {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            const uint16_t w = (uint16_t)(255 - weights[i]);
            cells[4 * i] = (uint16_t)(y[i] * w);
            cells[4 * i + 1] = (uint16_t)(u[i] * w);
            cells[4 * i + 2] = (uint16_t)(v[i] * w);
            cells[4 * i + 3] = (uint16_t)(255 * w);
        }
    } else {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            const uint16_t w = (uint16_t)(255 - weights[i]);
            cells[4 * i] = (uint16_t)(y[i] * w);
            cells[4 * i + 1] = 0;
            cells[4 * i + 2] = 0;
            cells[4 * i + 3] = (uint16_t)(255 * w);
        }
    }
}

/// One box filter, row by row.
typedef struct background_box {
    const uint16_t *source;
    ptrdiff_t width, height, radius;
    /// Vertical sums of the current row, then their prefix sums (both with room for the borders).
    uint32_t *column, *prefix;
} background_box;

static void background_add(ptrdiff_t count, const uint16_t *row, uint32_t times, uint32_t *column) {
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        column[i] += times * row[i];
    }
}

static void background_move(ptrdiff_t count, const uint16_t *added, const uint16_t *removed, uint32_t *column) {
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        column[i] += (uint32_t)added[i] - (uint32_t)removed[i];
    }
}

/// Moves to `row` and makes the prefix sums from which the window sums of its cells are differences; rows must be asked
/// for from 0 upwards.
static void background_box_sums(background_box *box, ptrdiff_t row) {
    const ptrdiff_t width = box->width, height = box->height, radius = box->radius, count = 4 * width;
    if (row == 0) {
        memset(box->column, 0, (size_t)count * sizeof(uint32_t));
        background_add(count, box->source, (uint32_t)radius + 1, box->column);
        for (ptrdiff_t i = 1; i <= radius; i++) {
            background_add(count, box->source + (i < height ? i : height - 1) * count, 1, box->column);
        }
    } else {
        const ptrdiff_t in = row + radius < height ? row + radius : height - 1;
        const ptrdiff_t gone = row - radius - 1 > 0 ? row - radius - 1 : 0;
        background_move(count, box->source + in * count, box->source + gone * count, box->column);
    }
    // prefix[i] = sum of the first i cells of the row with its replicated borders; modulo 2^32, differences are exact.
    const background_cell *column = (const background_cell *)box->column;
    background_cell *prefix = (background_cell *)box->prefix;
    background_cell sum = 0;
    prefix[0] = sum;
    for (ptrdiff_t i = 0; i < radius; i++) {
        sum += column[0];
        prefix[1 + i] = sum;
    }
    prefix += 1 + radius;
    for (ptrdiff_t x = 0; x < width; x++) {
        sum += column[x];
        prefix[x] = sum;
    }
    prefix += width;
    for (ptrdiff_t i = 0; i < radius; i++) {
        sum += column[width - 1];
        prefix[i] = sum;
    }
}

static float background_inverse_area(ptrdiff_t radius) {
    return 1.0f / (float)((2 * radius + 1) * (2 * radius + 1));
}

/// Window means of a row in between two boxes.
static void background_box_row(background_box *box, ptrdiff_t row, uint16_t *out) {
    background_box_sums(box, row);
    const float inverse = background_inverse_area(box->radius);
    const uint32_t *low = box->prefix, *high = box->prefix + 4 * (2 * box->radius + 1);
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < 4 * box->width; i++) {
        out[i] = (uint16_t)(int32_t)((float)(int32_t)(high[i] - low[i]) * inverse + 0.5f);
    }
}

/// Weighted window means of both boxes, added.
static void background_mix_row(background_box *near, background_box *wide, ptrdiff_t row, float share, float *out) {
    background_box_sums(near, row);
    background_box_sums(wide, row);
    const float near_part = background_inverse_area(near->radius);
    const float wide_part = background_inverse_area(wide->radius) * share;
    const uint32_t *near_low = near->prefix, *near_high = near->prefix + 4 * (2 * near->radius + 1);
    const uint32_t *wide_low = wide->prefix, *wide_high = wide->prefix + 4 * (2 * wide->radius + 1);
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < 4 * near->width; i++) {
        out[i] = (float)(int32_t)(near_high[i] - near_low[i]) * near_part
            + (float)(int32_t)(wide_high[i] - wide_low[i]) * wide_part;
    }
}

static uint64_t background_sum(const uint8_t *plane, ptrdiff_t count) {
    uint64_t sum = 0;
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        sum += plane[i];
    }
    return sum;
}

static void background(
    const aegis_background_parameters *parameters, int32_t width_, int32_t height_, const uint8_t *y, const uint8_t *u,
    const uint8_t *v, const float *mask, uint16_t *result_y, uint16_t *result_u, uint16_t *result_v, void *scratch) {
    const ptrdiff_t width = width_, height = height_, count = width * height;
    const ptrdiff_t reach = aegis_max(parameters->radius, parameters->fill_radius);
    aegis_arena arena = {scratch, 0};
    uint16_t *cells = aegis_take(&arena, (size_t)(4 * count + AEGIS_SLACK) * sizeof(uint16_t));
    uint16_t *planes[2];
    planes[0] = aegis_take(&arena, (size_t)(4 * count + AEGIS_SLACK) * sizeof(uint16_t));
    planes[1] = aegis_take(&arena, (size_t)(4 * count + AEGIS_SLACK) * sizeof(uint16_t));
    uint8_t *weights = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    uint8_t *rows = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    const size_t row_bytes = (size_t)(4 * (width + 2 * reach + 1) + AEGIS_SLACK) * sizeof(uint32_t);
    background_box near = {cells, width, height, parameters->radius, NULL, NULL};
    background_box wide = {cells, width, height, parameters->fill_radius, NULL, NULL};
    near.column = aegis_take(&arena, row_bytes);
    near.prefix = aegis_take(&arena, row_bytes);
    wide.column = aegis_take(&arena, row_bytes);
    wide.prefix = aegis_take(&arena, row_bytes);
    float *mixed = aegis_take(&arena, row_bytes);

    background_weigh(parameters, width, height, y, u, v, mask, weights, rows, cells);
    // All passes but the last.
    for (int32_t pass = 0; pass + 1 < parameters->passes; pass++) {
        for (ptrdiff_t row = 0; row < height; row++) {
            background_box_row(&near, row, planes[pass & 1] + row * 4 * width);
        }
        near.source = planes[pass & 1];
    }
    // A trace of the planes' means decides where no cell of the background is within reach.
    const float trace = 1e-6f * 255.0f * 255.0f;
    const float mean_scale = trace / 255.0f / (float)count;
    const float trace_y = (float)background_sum(y, count) * mean_scale;
    const float trace_u = u ? (float)background_sum(u, count) * mean_scale : 0.0f;
    const float trace_v = u ? (float)background_sum(v, count) * mean_scale : 0.0f;
    const float share = parameters->fill_share;
    for (ptrdiff_t row = 0; row < height; row++) {
        background_mix_row(&near, &wide, row, share, mixed);
        // (sample * w) / (255 * w) * 255 * 64.
        const float scale = 255.0f * (float)AEGIS_BACKGROUND_ONE;
        uint16_t *out_y = result_y + row * width;
        if (u) {
            uint16_t *out_u = result_u + row * width, *out_v = result_v + row * width;
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                const float inverse = scale / (mixed[4 * x + 3] + trace);
                const float value_y = (mixed[4 * x] + trace_y) * inverse + 0.5f;
                const float value_u = (mixed[4 * x + 1] + trace_u) * inverse + 0.5f;
                const float value_v = (mixed[4 * x + 2] + trace_v) * inverse + 0.5f;
                // Roundings of the two sums may lift their ratio a little over 1.
                out_y[x] = (uint16_t)(int32_t)(value_y > 16320.0f ? 16320.0f : value_y);
                out_u[x] = (uint16_t)(int32_t)(value_u > 16320.0f ? 16320.0f : value_u);
                out_v[x] = (uint16_t)(int32_t)(value_v > 16320.0f ? 16320.0f : value_v);
            }
        } else {
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                const float value = (mixed[4 * x] + trace_y) * (scale / (mixed[4 * x + 3] + trace)) + 0.5f;
                out_y[x] = (uint16_t)(int32_t)(value > 16320.0f ? 16320.0f : value);
            }
        }
    }
}
