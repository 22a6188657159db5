// The filter of `noise_reduction`: see aegis_noise.h for the method.
//
// Numbers are words with 1/16 of an 8-bit code value as their unit. A sample needs 12 bits, the two-dimensional
// transform multiplies by at most 8, the higher functions of time by at most 4/3: 12 + 3 + 0.42 bits fit 16. The
// transform keeps lengths (it is orthonormal), so that every coefficient of white noise has the noise's own deviation.

/// cos(k pi / 16) / 2 in 1/32768; the mean's factor is that of k = 4.
enum {
    NOISE_C1 = 16069,
    NOISE_C2 = 15137,
    NOISE_C3 = 13623,
    NOISE_C4 = 11585,
    NOISE_C5 = 9102,
    NOISE_C6 = 6270,
    NOISE_C7 = 3196,
};

static inline noise_vector noise_times(noise_vector a, int16_t factor) { return noise_scale(a, noise_all(factor)); }

/// The sum of four products; signs are in the factors.
static inline noise_vector noise_products(
    noise_vector a, noise_vector b, noise_vector c, noise_vector d, int16_t fa, int16_t fb, int16_t fc, int16_t fd) {
    return noise_add(
        noise_add(noise_times(a, fa), noise_times(b, fb)), noise_add(noise_times(c, fc), noise_times(d, fd)));
}

/// The cosine transform (DCT-II) of 8 vectors.
static inline void noise_transform(noise_vector v[8]) {
    const noise_vector s0 = noise_add(v[0], v[7]), s1 = noise_add(v[1], v[6]);
    const noise_vector s2 = noise_add(v[2], v[5]), s3 = noise_add(v[3], v[4]);
    const noise_vector d0 = noise_subtract(v[0], v[7]), d1 = noise_subtract(v[1], v[6]);
    const noise_vector d2 = noise_subtract(v[2], v[5]), d3 = noise_subtract(v[3], v[4]);
    // Each half is scaled before they meet: their sum alone would not fit.
    const noise_vector a = noise_times(noise_add(s0, s3), NOISE_C4), b = noise_times(noise_add(s1, s2), NOISE_C4);
    const noise_vector p = noise_subtract(s0, s3), q = noise_subtract(s1, s2);
    v[0] = noise_add(a, b);
    v[4] = noise_subtract(a, b);
    v[2] = noise_add(noise_times(p, NOISE_C2), noise_times(q, NOISE_C6));
    v[6] = noise_subtract(noise_times(p, NOISE_C6), noise_times(q, NOISE_C2));
    v[1] = noise_products(d0, d1, d2, d3, NOISE_C1, NOISE_C3, NOISE_C5, NOISE_C7);
    v[3] = noise_products(d0, d1, d2, d3, NOISE_C3, -NOISE_C7, -NOISE_C1, -NOISE_C5);
    v[5] = noise_products(d0, d1, d2, d3, NOISE_C5, -NOISE_C1, NOISE_C7, NOISE_C3);
    v[7] = noise_products(d0, d1, d2, d3, NOISE_C7, -NOISE_C5, NOISE_C3, -NOISE_C1);
}

/// The inverse (DCT-III).
static inline void noise_transform_back(noise_vector v[8]) {
    const noise_vector mean = noise_times(v[0], NOISE_C4), middle = noise_times(v[4], NOISE_C4);
    const noise_vector e0 = noise_add(mean, middle), e1 = noise_subtract(mean, middle);
    const noise_vector f0 = noise_add(noise_times(v[2], NOISE_C2), noise_times(v[6], NOISE_C6));
    const noise_vector f1 = noise_subtract(noise_times(v[2], NOISE_C6), noise_times(v[6], NOISE_C2));
    const noise_vector d0 = noise_products(v[1], v[3], v[5], v[7], NOISE_C1, NOISE_C3, NOISE_C5, NOISE_C7);
    const noise_vector d1 = noise_products(v[1], v[3], v[5], v[7], NOISE_C3, -NOISE_C7, -NOISE_C1, -NOISE_C5);
    const noise_vector d2 = noise_products(v[1], v[3], v[5], v[7], NOISE_C5, -NOISE_C1, NOISE_C7, NOISE_C3);
    const noise_vector d3 = noise_products(v[1], v[3], v[5], v[7], NOISE_C7, -NOISE_C5, NOISE_C3, -NOISE_C1);
    const noise_vector t0 = noise_add(e0, f0), t1 = noise_add(e1, f1);
    const noise_vector t2 = noise_subtract(e1, f1), t3 = noise_subtract(e0, f0);
    v[0] = noise_add(t0, d0);
    v[7] = noise_subtract(t0, d0);
    v[1] = noise_add(t1, d1);
    v[6] = noise_subtract(t1, d1);
    v[2] = noise_add(t2, d2);
    v[5] = noise_subtract(t2, d2);
    v[3] = noise_add(t3, d3);
    v[4] = noise_subtract(t3, d3);
}

/// Columns of the scratch before the picture's first one; a multiple of a block.
enum { NOISE_MARGIN = 8 };

/// Folds 8 rows of the stack in time and transforms their columns: `rows[function][row]`.
static void noise_fold_rows(
    const aegis_noise_filter_parameters *p, const aegis_noise_plane *current, const aegis_noise_plane *sums, int32_t y,
    int32_t columns, int16_t *rows, ptrdiff_t length) {
    const int32_t functions = p->radius + 1;
    for (int32_t x = 0; x < columns; x += NOISE_LANES) {
        noise_vector v[AEGIS_NOISE_RADIUS + 1][8];
        for (int32_t row = 0; row < 8; row++) {
            const ptrdiff_t at = (ptrdiff_t)(y + row) * current->stride + x - NOISE_MARGIN;
            v[0][row] = noise_get(current->base + at);
            for (int32_t function = 1; function < functions; function++) {
                v[function][row] = noise_all(0);
            }
            for (int32_t distance = 1; distance < functions; distance++) {
                const noise_vector sum = noise_get(sums[distance - 1].base + at);
                for (int32_t function = 0; function < functions; function++) {
                    v[function][row] =
                        noise_add(v[function][row], noise_times(sum, p->weights[function][distance - 1]));
                }
            }
        }
        for (int32_t function = 0; function < functions; function++) {
            noise_transform(v[function]);
            for (int32_t row = 0; row < 8; row++) {
                noise_put(rows + (function * 8 + row) * length + x, v[function][row]);
            }
        }
    }
}

/// Shrinks all blocks of a strip of 8 rows and adds up those that overlap, still transformed along their columns.
static void noise_shrink_rows(
    const aegis_noise_filter_parameters *p, int32_t columns, const int16_t *rows, int16_t *result, ptrdiff_t length) {
    const int32_t functions = p->radius + 1;
    memset(result, 0, (size_t)(8 * length) * sizeof(int16_t));
    // The mean of a block is in the first lane of its first row once rows are columns.
    int16_t first[8];
    for (int32_t i = 0; i < 8; i++) {
        first[i] = p->limits[0];
    }
    first[0] = -1;
    const noise_vector first_limit = noise_groups(first);
    for (int32_t phase = 0; phase < 8; phase += p->step) {
        for (int32_t x = phase; x < columns; x += NOISE_LANES) {
            noise_vector kept[8];
            for (int32_t function = 0; function < functions; function++) {
                const noise_vector limit = noise_all(p->limits[function]);
                noise_vector v[8];
                for (int32_t row = 0; row < 8; row++) {
                    v[row] = noise_get(rows + (function * 8 + row) * length + x);
                }
                noise_transpose(v);
                noise_transform(v);
                if (function == 0) {
                    kept[0] = noise_keep(v[0], first_limit);
                    for (int32_t row = 1; row < 8; row++) {
                        kept[row] = noise_keep(v[row], limit);
                    }
                } else {
                    for (int32_t row = 0; row < 8; row++) {
                        kept[row] = noise_add_saturated(kept[row], noise_keep(v[row], limit));
                    }
                }
            }
            noise_transform_back(kept);
            noise_transpose(kept);
            for (int32_t row = 0; row < 8; row++) {
                int16_t *to = result + row * length + x;
                noise_put(to, noise_add_saturated(noise_get(to), kept[row]));
            }
        }
    }
}

/// Transforms the columns of a strip back and adds them to the sums of 8 rows.
static void noise_unfold_rows(int32_t columns, const int16_t *strip, int16_t *const rows[8], ptrdiff_t length) {
    for (int32_t x = 0; x < columns; x += NOISE_LANES) {
        noise_vector v[8];
        for (int32_t row = 0; row < 8; row++) {
            v[row] = noise_get(strip + row * length + x);
        }
        noise_transform_back(v);
        for (int32_t row = 0; row < 8; row++) {
            noise_put(rows[row] + x, noise_add_saturated(noise_get(rows[row] + x), v[row]));
        }
    }
}

/// Divides a row of sums by the number of blocks, mixes grain in, and writes it at the frame's depth.
static void noise_finish_row(
    const aegis_noise_filter_parameters *p, const int16_t *sum, const int16_t *source, int32_t width,
    int16_t *row, void *destination) {
    const int32_t shift = p->step == 2 ? 4 : 2;
    const noise_vector half = noise_all((int16_t)(1 << (shift - 1))), grain = noise_all(p->grain);
    const noise_vector lowest = noise_all(p->lowest), highest = noise_all(p->highest);
    for (int32_t x = 0; x < width; x += NOISE_LANES) {
        const noise_vector before = noise_get(source + x);
        noise_vector after = noise_shift(noise_add_saturated(noise_get(sum + x), half), shift);
        after = noise_add_saturated(after, noise_scale(noise_subtract(before, after), grain));
        after = noise_larger(after, noise_smaller(before, lowest));
        noise_put(row + x, noise_smaller(after, noise_larger(before, highest)));
    }
    if (p->bytes_per_sample == 1) {
        uint8_t *to = destination;
        AEGIS_LOOP
        for (int32_t x = 0; x < width; x++) {
            const int32_t value = (row[x] + 2048 + 8) >> 4;
            to[x] = (uint8_t)(value > 255 ? 255 : value);
        }
        return;
    }
    uint16_t *to = destination;
    const int32_t depth = p->depth, top = (1 << depth) - 1;
    const int32_t down = 12 - depth, rounding = (1 << down) >> 1;
    AEGIS_LOOP
    for (int32_t x = 0; x < width; x++) {
        // Two units may be the arithmetic's own error, which samples of 12 bits would show.
        const int32_t difference = row[x] - source[x];
        const int32_t sample = difference >= -2 && difference <= 2 ? source[x] : row[x];
        const int32_t value = (sample + 2048 + rounding) >> down;
        to[x] = (uint16_t)(value > top ? top : value);
    }
}

static void noise_filter(
    const aegis_noise_filter_parameters *p, const aegis_noise_plane *current,
    const aegis_noise_plane sums[AEGIS_NOISE_RADIUS], void *destination, ptrdiff_t stride, void *scratch) {
    const int32_t width = current->width, height = current->height, step = p->step;
    // Blocks begin left of the picture, and the last ones end right of it; whole vectors go beyond that.
    const int32_t columns = NOISE_MARGIN + width;
    const ptrdiff_t length = aegis_round_up(columns + 8, 32) + AEGIS_SLACK;
    aegis_arena arena = {scratch, 0};
    int16_t *rows = aegis_take(&arena, (size_t)((AEGIS_NOISE_RADIUS + 1) * 8 * length) * sizeof(int16_t));
    int16_t *strip = aegis_take(&arena, (size_t)(8 * length) * sizeof(int16_t));
    int16_t *sum = aegis_take(&arena, (size_t)(8 * length) * sizeof(int16_t));
    int16_t *finished = aegis_take(&arena, (size_t)length * sizeof(int16_t));
    memset(sum, 0, (size_t)(8 * length) * sizeof(int16_t));
    int16_t *ring[8];
    for (int32_t row = 0; row < 8; row++) {
        ring[row] = sum + row * length;
    }
    for (int32_t y = step - 8; y < height; y += step) {
        noise_fold_rows(p, current, sums, y, columns + 8, rows, length);
        noise_shrink_rows(p, columns, rows, strip, length);
        noise_unfold_rows(columns, strip, ring, length);
        for (int32_t row = 0; row < step; row++) {
            const int32_t line = y + row;
            if (line >= 0 && line < height) {
                noise_finish_row(
                    p, ring[0] + NOISE_MARGIN, current->base + line * current->stride, width, finished,
                    (uint8_t *)destination + line * stride);
            }
            int16_t *first = ring[0];
            memmove(ring, ring + 1, 7 * sizeof(ring[0]));
            ring[7] = first;
            memset(first, 0, (size_t)length * sizeof(int16_t));
        }
    }
}
