// Overlapped block motion compensation: every cell predicts 16x16 samples around itself, weighted by a pyramid; the
// weights of the four cells that predict a sample sum to one. Neighbours in a row that move alike predict together.

enum {
    /// Cells that predict together at most, and the samples of a row that they predict.
    NOISE_RUN = 24,
    NOISE_RUN_WIDTH = 8 * NOISE_RUN + 8 + 16,
};

/// Weights across a side of a cell's window, in 1/16.
static const int16_t noise_window[16] = {1, 3, 5, 7, 9, 11, 13, 15, 15, 13, 11, 9, 7, 5, 3, 1};

/// Samples half-way between those of `rows` rows and the ones `step` further: the 6-tap filter, with products rounded
/// one by one.
static inline __attribute__((always_inline)) void noise_between_rows(
    const int16_t *from, ptrdiff_t from_stride, ptrdiff_t step, int32_t rows, int32_t width, int16_t *to) {
    for (int32_t y = 0; y < rows; y++) {
        const int16_t *at = from + y * from_stride;
        int16_t *row = to + y * NOISE_RUN_WIDTH;
        AEGIS_WORDS(x, width) {
            const words near = words_load(at + x) + words_load(at + x + step);
            const words far = words_load(at + x - step) + words_load(at + x + 2 * step);
            const words outer = words_load(at + x - 2 * step) + words_load(at + x + 3 * step);
            const words value = words_multiply(near, words_of(20480)) - words_multiply(far, words_of(5120))
                + words_multiply(outer, words_of(1024));
            words_store(row + x, words_larger(words_of(-2048), words_smaller(words_of(2047), value)));
        }
    }
}

/// Adds the weighted difference between a prediction of 16 rows and the frame itself.
static inline __attribute__((always_inline)) void noise_add_weighted(
    const int16_t *from, ptrdiff_t from_stride, const int16_t *current, const int16_t *weights, int32_t width,
    int16_t *to, ptrdiff_t to_stride) {
    for (int32_t y = 0; y < 16; y++) {
        const int16_t *row = from + y * from_stride, *own = current + y * to_stride;
        int16_t *sum = to + y * to_stride;
        // Both weights are in 1/16, the product in 1/32768.
        const words weight = words_of((int16_t)(noise_window[y] * 128));
        AEGIS_WORDS(x, width) {
            const words difference = words_load(row + x) - words_load(own + x);
            const words product = words_multiply(difference, words_load(weights + x) * weight);
            words_store(sum + x, words_load(sum + x) + product);
        }
    }
}

/// Adds what a run of cells predicts. `scratch` has 37 rows.
static inline __attribute__((always_inline)) void noise_predict(
    const int16_t *from, ptrdiff_t from_stride, const aegis_noise_motion *m, int32_t width, const int16_t *weights,
    const int16_t *current, int16_t *scratch, int16_t *to, ptrdiff_t to_stride) {
    int16_t *between = scratch + 21 * NOISE_RUN_WIDTH;
    if (m->x & 1 && m->y & 1) {
        noise_between_rows(from - 2 * from_stride, from_stride, 1, 21, width, scratch);
        noise_between_rows(scratch + 2 * NOISE_RUN_WIDTH, NOISE_RUN_WIDTH, NOISE_RUN_WIDTH, 16, width, between);
    } else if (m->x & 1) {
        noise_between_rows(from, from_stride, 1, 16, width, between);
    } else if (m->y & 1) {
        noise_between_rows(from, from_stride, from_stride, 16, width, between);
    }
    if ((m->x | m->y) & 1) {
        noise_add_weighted(between, NOISE_RUN_WIDTH, current, weights, width, to, to_stride);
    } else {
        noise_add_weighted(from, from_stride, current, weights, width, to, to_stride);
    }
}

/// The cells of a field, and beyond its edges those at the edges.
static inline const aegis_noise_motion *noise_motion_at(
    const aegis_noise_motion *motion, int32_t columns, int32_t rows, int32_t column, int32_t row) {
    return motion + aegis_clamp(row, 0, rows - 1) * columns + aegis_clamp(column, 0, columns - 1);
}

static void noise_compensate(
    const aegis_noise_plane *sum, const aegis_noise_plane *current, const aegis_noise_plane sources[2],
    const aegis_noise_motion *motion, bool is_first) {
    const int32_t width = sum->width, height = sum->height;
    const int32_t columns = noise_cells(width), rows = noise_cells(height);
    if (is_first) {
        const size_t bytes = (size_t)sum->stride * sizeof(int16_t);
        for (int32_t y = -AEGIS_NOISE_PADDING; y < height + AEGIS_NOISE_PADDING; y++) {
            memset(sum->base + y * sum->stride - AEGIS_NOISE_PADDING, 0, bytes);
        }
    }
    // The 6 taps reach 2 samples before and 3 behind.
    const int32_t lowest = 3 - AEGIS_NOISE_PADDING;
    const int32_t highest_x = width + AEGIS_NOISE_PADDING - 20, highest_y = height + AEGIS_NOISE_PADDING - 20;
    int16_t scratch[NOISE_RUN_WIDTH * (21 + 16)], weights[NOISE_RUN_WIDTH];
    // Cells around the picture predict the padding that blocks at the edges need.
    for (int32_t row = -2; row < rows + 2; row++) {
        int32_t column = -2;
        while (column < columns + 2) {
            const aegis_noise_motion *m = noise_motion_at(motion, columns, rows, column, row);
            const int32_t left = column * AEGIS_NOISE_CELL - 4, top = row * AEGIS_NOISE_CELL - 4;
            const int32_t x = aegis_clamp(left + (m->x >> 1), lowest, highest_x);
            const int32_t y = aegis_clamp(top + (m->y >> 1), lowest, highest_y);
            int32_t cells = 1;
            // Not where the reach of motion ends: there, cells of one vector see different places.
            while (x == left + (m->x >> 1) && cells < NOISE_RUN && column + cells < columns + 2
                   && x + cells * AEGIS_NOISE_CELL <= highest_x) {
                const aegis_noise_motion *next = noise_motion_at(motion, columns, rows, column + cells, row);
                if (next->x != m->x || next->y != m->y || next->source != m->source) {
                    break;
                }
                cells += 1;
            }
            const int32_t samples = AEGIS_NOISE_CELL * (cells + 1);
            const int32_t whole = aegis_round_up(samples, 16);
            if (cells > 1) {
                for (int32_t i = 0; i < whole; i++) {
                    const int32_t end = samples - 1 - i;
                    weights[i] = end < 0 ? 0 : i < 8 ? noise_window[i] : end < 8 ? noise_window[end] : 16;
                }
            }
            const aegis_noise_plane *source = sources + m->source;
            const int16_t *from = source->base + y * source->stride + x;
            const ptrdiff_t at = top * sum->stride + left;
            const int16_t *own = current->base + at;
            int16_t *to = sum->base + at;
            // Cells alone are the most; the compiler knows their width.
            if (cells == 1) {
                noise_predict(from, source->stride, m, 16, noise_window, own, scratch, to, sum->stride);
            } else {
                noise_predict(from, source->stride, m, whole, weights, own, scratch, to, sum->stride);
            }
            column += cells;
        }
    }
}
