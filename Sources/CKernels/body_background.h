// The guide without the person: box means of planes weighted by "not the person".
//
// A cell is four 16-bit numbers side by side, (Y w, U w, V w, 255 w) with w in 0..255. Their box sums are exact in 32
// bits for radii to 64 (129^2 * 255^2 = 1.08e9), so running sums cannot drift to where a small weight would drown.
//
// Everything smooth is computed on half the grid each way, which is a quarter of the work, and enlarged at the end.

/// A cell of 32-bit sums.
typedef uint32_t background_cell __attribute__((ext_vector_type(4), aligned(16)));

/// Sums two rows of cells in pairs: (Y w, U w, V w, 255 w) of 2 x 2 cells, divided by 4.
static void background_halve_rows(
    ptrdiff_t count, const uint8_t *const y[2], const uint8_t *const u[2], const uint8_t *const v[2],
    const uint8_t *const weights[2], uint16_t *cells) {
    const uint8_t *y0 = y[0], *y1 = y[1], *u0 = u[0], *u1 = u[1], *v0 = v[0], *v1 = v[1];
    const uint8_t *covered0 = weights[0], *covered1 = weights[1];
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        const uint32_t a = 255u - covered0[2 * i], b = 255u - covered0[2 * i + 1];
        const uint32_t c = 255u - covered1[2 * i], d = 255u - covered1[2 * i + 1];
        cells[4 * i] = (uint16_t)((y0[2 * i] * a + y0[2 * i + 1] * b + y1[2 * i] * c + y1[2 * i + 1] * d + 2) >> 2);
        cells[4 * i + 1] =
            (uint16_t)((u0[2 * i] * a + u0[2 * i + 1] * b + u1[2 * i] * c + u1[2 * i + 1] * d + 2) >> 2);
        cells[4 * i + 2] =
            (uint16_t)((v0[2 * i] * a + v0[2 * i + 1] * b + v1[2 * i] * c + v1[2 * i + 1] * d + 2) >> 2);
        cells[4 * i + 3] = (uint16_t)((255u * (a + b + c + d) + 2) >> 2);
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

/// Turns the dilated mask into weights, and makes the cells of them, half as many each way.
static void background_cells(
    float opaque, int32_t width_, int32_t height_, const uint8_t *y, const uint8_t *u, const uint8_t *v,
    const float *mask, aegis_background_source *source, void *scratch) {
    const ptrdiff_t width = width_, height = height_, count = width * height;
    aegis_arena arena = {scratch, 0};
    uint8_t *weights = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    uint8_t *rows = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    const float gain = 255.0f / opaque;
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        const float covered = mask[i] * gain + 0.5f;
        weights[i] = (uint8_t)(int32_t)(covered > 255.0f ? 255.0f : covered < 0.0f ? 0.0f : covered);
    }
    dilate_with(weights, width, height, 1, weights, rows);
    const ptrdiff_t half_width = (width + 1) / 2, half_height = (height + 1) / 2;
    const uint8_t *const first = u ? u : y, *const second = u ? v : y;
    for (ptrdiff_t row = 0; row < half_height; row++) {
        // The last row and column of an odd size count twice.
        const ptrdiff_t upper = 2 * row * width, lower = (2 * row + 1 < height ? 2 * row + 1 : height - 1) * width;
        const uint8_t *const ys[2] = {y + upper, y + lower}, *const us[2] = {first + upper, first + lower};
        const uint8_t *const vs[2] = {second + upper, second + lower}, *const ws[2] = {weights + upper, weights + lower};
        uint16_t *to = source->cells + row * 4 * half_width;
        background_halve_rows(width / 2, ys, us, vs, ws, to);
        if (width & 1) {
            uint8_t pairs[8][2];
            const uint8_t *const planes[8] = {ys[0], ys[1], us[0], us[1], vs[0], vs[1], ws[0], ws[1]};
            for (int32_t i = 0; i < 8; i++) {
                pairs[i][0] = pairs[i][1] = planes[i][width - 1];
            }
            const uint8_t *const yp[2] = {pairs[0], pairs[1]}, *const up[2] = {pairs[2], pairs[3]};
            const uint8_t *const vp[2] = {pairs[4], pairs[5]}, *const wp[2] = {pairs[6], pairs[7]};
            background_halve_rows(1, yp, up, vp, wp, to + 4 * (half_width - 1));
        }
    }
    source->mean_y = (float)background_sum(y, count) / (float)count;
    source->mean_u = u ? (float)background_sum(u, count) / (float)count : 0.0f;
    source->mean_v = u ? (float)background_sum(v, count) / (float)count : 0.0f;
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

/// (sample * w) / (255 * w) * 255 * 64 of a row of cells.
static void background_divide_row(
    ptrdiff_t width, const float *mixed, const float trace[4], bool has_chroma, uint16_t *out_y, uint16_t *out_u,
    uint16_t *out_v) {
    const float scale = 255.0f * (float)AEGIS_BACKGROUND_ONE;
    const float trace_y = trace[0], trace_u = trace[1], trace_v = trace[2], trace_w = trace[3];
    if (has_chroma) {
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            const float inverse = scale / (mixed[4 * x + 3] + trace_w);
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
            const float value = (mixed[4 * x] + trace_y) * (scale / (mixed[4 * x + 3] + trace_w)) + 0.5f;
            out_y[x] = (uint16_t)(int32_t)(value > 16320.0f ? 16320.0f : value);
        }
    }
}

/// Twice the size, centre-aligned. Three times 16320 and once more still fit 16 bits.
static void background_double(
    const uint16_t *half, ptrdiff_t half_width, ptrdiff_t half_height, ptrdiff_t width, ptrdiff_t height,
    uint16_t *line, uint16_t *out) {
    for (ptrdiff_t row = 0; row < height; row++) {
        const ptrdiff_t near_row = row / 2;
        ptrdiff_t far_row = row & 1 ? near_row + 1 : near_row - 1;
        far_row = far_row < 0 ? 0 : far_row < half_height ? far_row : half_height - 1;
        const uint16_t *near = half + near_row * half_width, *far = half + far_row * half_width;
        uint16_t *at = line + 1;
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < half_width; x++) {
            at[x] = (uint16_t)((3u * near[x] + far[x] + 2u) >> 2);
        }
        at[-1] = at[0];
        at[half_width] = at[half_width - 1];
        uint16_t *to = out + row * width;
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width / 2; x++) {
            to[2 * x] = (uint16_t)((3u * at[x] + at[x - 1] + 2u) >> 2);
            to[2 * x + 1] = (uint16_t)((3u * at[x] + at[x + 1] + 2u) >> 2);
        }
        if (width & 1) {
            to[width - 1] = (uint16_t)((3u * at[half_width - 1] + at[half_width - 2] + 2u) >> 2);
        }
    }
}

/// A radius for half as many cells: 2 r + 1 cells become about 2 r' + 1 of twice the size.
static ptrdiff_t background_half_radius(int32_t radius) { return aegis_max(1, (2 * radius + 1) / 4); }

static void background(
    const aegis_background_parameters *parameters, const aegis_background_source *source, int32_t width_,
    int32_t height_, uint16_t *result_y, uint16_t *result_u, uint16_t *result_v, void *scratch) {
    const ptrdiff_t width = (width_ + 1) / 2, height = (height_ + 1) / 2, count = width * height;
    const ptrdiff_t radius = background_half_radius(parameters->radius);
    const ptrdiff_t fill_radius = background_half_radius(parameters->fill_radius);
    const ptrdiff_t reach = radius > fill_radius ? radius : fill_radius;
    aegis_arena arena = {scratch, 0};
    uint16_t *planes[2];
    planes[0] = aegis_take(&arena, (size_t)(4 * count + AEGIS_SLACK) * sizeof(uint16_t));
    planes[1] = aegis_take(&arena, (size_t)(4 * count + AEGIS_SLACK) * sizeof(uint16_t));
    uint16_t *halves = aegis_take(&arena, (size_t)(3 * count + AEGIS_SLACK) * sizeof(uint16_t));
    const size_t row_bytes = (size_t)(4 * (width + 2 * reach + 1) + AEGIS_SLACK) * sizeof(uint32_t);
    background_box near = {source->cells, width, height, radius, NULL, NULL};
    background_box wide = {source->cells, width, height, fill_radius, NULL, NULL};
    near.column = aegis_take(&arena, row_bytes);
    near.prefix = aegis_take(&arena, row_bytes);
    wide.column = aegis_take(&arena, row_bytes);
    wide.prefix = aegis_take(&arena, row_bytes);
    float *mixed = aegis_take(&arena, row_bytes);

    // All passes but the last.
    for (int32_t pass = 0; pass + 1 < parameters->passes; pass++) {
        for (ptrdiff_t row = 0; row < height; row++) {
            background_box_row(&near, row, planes[pass & 1] + row * 4 * width);
        }
        near.source = planes[pass & 1];
    }
    // A trace of the planes' means decides where no cell of the background is within reach.
    const float trace = 1e-6f * 255.0f * 255.0f;
    const float scale = trace / 255.0f;
    const float traces[4] = {source->mean_y * scale, source->mean_u * scale, source->mean_v * scale, trace};
    const bool has_chroma = result_u != NULL;
    for (ptrdiff_t row = 0; row < height; row++) {
        background_mix_row(&near, &wide, row, parameters->fill_share, mixed);
        uint16_t *to = halves + row * width;
        background_divide_row(width, mixed, traces, has_chroma, to, to + count, to + 2 * count);
    }
    uint16_t *line = (uint16_t *)near.column;
    background_double(halves, width, height, width_, height_, line, result_y);
    if (has_chroma) {
        background_double(halves + count, width, height, width_, height_, line, result_u);
        background_double(halves + 2 * count, width, height, width_, height_, line, result_v);
    }
}
