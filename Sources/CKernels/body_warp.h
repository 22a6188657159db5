// The warp of the `stabilization` stage: two passes of one-dimensional interpolation, after Catmull and Smith.
//
// A strip of the destination's columns is made at a time, so that all intermediate rows stay in the cache. First the
// source's rows are interpolated horizontally, at the places where the destination's columns cross them; then those
// intermediate rows are interpolated vertically. Positions are fixed point, samples are float: exact to 16 bits.

#define WARP_FRACTION (1.0f / (1 << 20))

/// Keys' kernel of fourth order for the place `t` (0..1) between `c` and `d`.
static inline float warp_between(float a, float b, float c, float d, float e, float f, float t) {
    const float linear = (a - e) + 8.0f * (d - b);
    const float square = (15.0f * b - 28.0f * c) + (20.0f * d - 6.0f * e) + (f - 2.0f * a);
    const float cube = (a - f) + 16.0f * (c - d) + 7.0f * (e - b);
    return c + t * (linear + t * (square + t * cube)) * (1.0f / 12.0f);
}

/// The sample of a plane's row or column that stands at a place outside of it, or -1 for the border's value.
static int32_t warp_source_index(int32_t at, int32_t count, aegis_border border) {
    if (at >= 0 && at < count) {
        return at;
    }
    if (border == AEGIS_BORDER_VALUE) {
        return -1;
    }
    if (border == AEGIS_BORDER_MIRROR) {
        at = at < 0 ? -at : 2 * (count - 1) - at;
    }
    return aegis_min(aegis_max(at, 0), count - 1);
}

/// Samples `first`..<`first + count` of a source row as floats, with what lies outside.
static void warp_read_line(const aegis_warp *w, const void *row, int32_t first, int32_t count, float *line) {
    const int32_t from = aegis_min(aegis_max(-first, 0), count);
    const int32_t end = aegis_max(aegis_min(w->width - first, count), from);
    if (w->bytes_per_sample == 1) {
        const uint8_t *samples = (const uint8_t *)row + first;
        AEGIS_LOOP
        for (int32_t i = from; i < end; i++) {
            line[i] = (float)samples[i];
        }
    } else {
        const uint16_t *samples = (const uint16_t *)row + first;
        AEGIS_LOOP
        for (int32_t i = from; i < end; i++) {
            line[i] = (float)samples[i];
        }
    }
    for (int32_t i = 0; i < count; i++) {
        if (i == from && from < end) {
            i = end - 1;
            continue;
        }
        const int32_t index = warp_source_index(first + i, w->width, w->border);
        line[i] = index < 0                    ? (float)w->border_value
                  : w->bytes_per_sample == 1 ? (float)((const uint8_t *)row)[index]
                                              : (float)((const uint16_t *)row)[index];
    }
}

/// Interpolates a line at `count` places, `step` apart, the first at `start` behind the third sample.
static void warp_horizontally(const float *line, int32_t start, int32_t step, int32_t count, float *out) {
    int32_t i = 0;
#if defined(AEGIS_USE_AVX2)
    const __m256i steps = _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(step));
    for (; i < count; i += 8) {
        const int32_t position = start + i * step, base = position >> 20;
        const __m256i places = _mm256_add_epi32(_mm256_set1_epi32(position & (AEGIS_WARP_ONE - 1)), steps);
        const __m256i index = _mm256_srli_epi32(places, 20);
        const __m256 t = _mm256_mul_ps(
            _mm256_cvtepi32_ps(_mm256_and_si256(places, _mm256_set1_epi32(AEGIS_WARP_ONE - 1))),
            _mm256_set1_ps(WARP_FRACTION));
        // Eight places and their taps span at most 16 samples.
        const __m256 low = _mm256_loadu_ps(line + base), high = _mm256_loadu_ps(line + base + 8);
        __m256 taps[6];
        for (int32_t tap = 0; tap < 6; tap++) {
            const __m256i from = _mm256_add_epi32(index, _mm256_set1_epi32(tap));
#if defined(AEGIS_USE_AVX512)
            taps[tap] = _mm256_permutex2var_ps(low, from, high);
#else
            // Bit 3 of the index chooses the vector; moved to the sign for the blend.
            taps[tap] = _mm256_blendv_ps(
                _mm256_permutevar8x32_ps(low, from), _mm256_permutevar8x32_ps(high, from),
                _mm256_castsi256_ps(_mm256_slli_epi32(from, 28)));
#endif
        }
        const __m256 linear = _mm256_add_ps(
            _mm256_sub_ps(taps[0], taps[4]), _mm256_mul_ps(_mm256_set1_ps(8), _mm256_sub_ps(taps[3], taps[1])));
        const __m256 square = _mm256_add_ps(
            _mm256_add_ps(
                _mm256_sub_ps(
                    _mm256_mul_ps(_mm256_set1_ps(15), taps[1]), _mm256_mul_ps(_mm256_set1_ps(28), taps[2])),
                _mm256_sub_ps(_mm256_mul_ps(_mm256_set1_ps(20), taps[3]), _mm256_mul_ps(_mm256_set1_ps(6), taps[4]))),
            _mm256_sub_ps(taps[5], _mm256_mul_ps(_mm256_set1_ps(2), taps[0])));
        const __m256 cube = _mm256_add_ps(
            _mm256_add_ps(
                _mm256_sub_ps(taps[0], taps[5]), _mm256_mul_ps(_mm256_set1_ps(16), _mm256_sub_ps(taps[2], taps[3]))),
            _mm256_mul_ps(_mm256_set1_ps(7), _mm256_sub_ps(taps[4], taps[1])));
        __m256 value = _mm256_add_ps(square, _mm256_mul_ps(t, cube));
        value = _mm256_mul_ps(t, _mm256_add_ps(linear, _mm256_mul_ps(t, value)));
        value = _mm256_add_ps(taps[2], _mm256_mul_ps(value, _mm256_set1_ps(1.0f / 12.0f)));
        _mm256_storeu_ps(out + i, value);
    }
#else
    for (; i < count; i++) {
        const int32_t position = start + i * step;
        const float *at = line + (position >> 20);
        out[i] = warp_between(
            at[0], at[1], at[2], at[3], at[4], at[5], (float)(position & (AEGIS_WARP_ONE - 1)) * WARP_FRACTION);
    }
#endif
}

/// Interpolates intermediate rows at `count` places, `step` apart.
static void warp_vertically(
    const float *const rows[6], int32_t start, int32_t step, int32_t from, int32_t count, float *out) {
    const float *a = rows[0] + from, *b = rows[1] + from, *c = rows[2] + from;
    const float *d = rows[3] + from, *e = rows[4] + from, *f = rows[5] + from;
    float *result = out + from;
    AEGIS_SHORT_LOOP
    for (int32_t i = 0; i < count; i++) {
        const float t = (float)((start + (from + i) * step) & (AEGIS_WARP_ONE - 1)) * WARP_FRACTION;
        result[i] = warp_between(a[i], b[i], c[i], d[i], e[i], f[i], t);
    }
}

static void warp_write_line(const aegis_warp *w, const float *line, int32_t count, void *destination) {
    const float most = (float)((1 << w->depth) - 1);
    if (w->bytes_per_sample == 1) {
        uint8_t *out = destination;
        AEGIS_LOOP
        for (int32_t i = 0; i < count; i++) {
            float value = line[i] + 0.5f;
            value = value < 0.0f ? 0.0f : value;
            out[i] = (uint8_t)(int32_t)(value > most ? most : value);
        }
    } else {
        uint16_t *out = destination;
        AEGIS_LOOP
        for (int32_t i = 0; i < count; i++) {
            float value = line[i] + 0.5f;
            value = value < 0.0f ? 0.0f : value;
            out[i] = (uint16_t)(int32_t)(value > most ? most : value);
        }
    }
}

/// Makes the intermediate row that source row `row` gives for a strip.
static void warp_make_row(
    const aegis_warp *w, const char *source, ptrdiff_t stride, int32_t row, double position, int32_t step,
    int32_t count, aegis_warp_scratch *s) {
    float *out = s->rows + (ptrdiff_t)(row & (AEGIS_WARP_ROWS - 1)) * AEGIS_WARP_PITCH;
    const int32_t index = warp_source_index(row, w->height, w->border);
    if (index < 0) {
        for (int32_t i = 0; i < AEGIS_WARP_PITCH; i++) {
            out[i] = (float)w->border_value;
        }
        return;
    }
    // Far outside everything is border; kept near, so that positions fit their integers.
    position = fmin(fmax(position, -2.0 * w->width - AEGIS_WARP_LINE), 3.0 * w->width);
    const double whole = floor(position);
    const int32_t start = (int32_t)floor((position - whole) * AEGIS_WARP_ONE);
    const int32_t blocks = aegis_round_up(count, 8);
    const int32_t samples = (int32_t)(((int64_t)start + (int64_t)(blocks - 1) * step) >> 20) + 6 + 16;
    warp_read_line(w, source + (ptrdiff_t)index * stride, (int32_t)whole - 2, samples, s->line);
    warp_horizontally(s->line, start, step, blocks, out);
}

static void warp_plane(
    const aegis_warp *w, const void *source, ptrdiff_t source_stride, void *destination, ptrdiff_t destination_stride,
    void *scratch) {
    aegis_warp_scratch *s = scratch;
    // Where the destination's column X crosses source row v: Y = (v - yx X - y0) / yy, put into the equation of x.
    const double along = w->xx - w->xy * w->yx / w->yy, across = w->xy / w->yy;
    const double origin = w->x0 - w->xy * w->y0 / w->yy;
    const int32_t step_x = (int32_t)floor(along * AEGIS_WARP_ONE + 0.5);
    const int32_t step_y = (int32_t)floor(w->yx * AEGIS_WARP_ONE + 0.5);
    for (int32_t strip = 0; strip < w->width; strip += AEGIS_WARP_STRIP) {
        const int32_t columns = aegis_min(AEGIS_WARP_STRIP, w->width - strip);
        int32_t next = INT32_MIN;
        for (int32_t y = 0; y < w->height; y++) {
            const double position = fmin(
                fmax(w->yx * strip + w->yy * y + w->y0, -2.0 * w->height - AEGIS_WARP_STRIP), 3.0 * w->height + AEGIS_WARP_STRIP);
            const double whole = floor(position);
            const int32_t row0 = (int32_t)whole, start = (int32_t)floor((position - whole) * AEGIS_WARP_ONE);
            const int32_t end = (start + (columns - 1) * step_y) >> 20;
            const int32_t first = row0 + aegis_min(end, 0) - 2, last = row0 + aegis_max(end, 0) + 3;
            for (int32_t row = aegis_max(next, first); row <= last; row++) {
                warp_make_row(
                    w, source, source_stride, row, along * strip + across * row + origin, step_x, columns, s);
                next = row + 1;
            }
            // Runs of columns between the same two source rows. Blocks write behind a run; the next run comes later.
            for (int32_t x = 0; x < columns;) {
                const int32_t offset = (start + x * step_y) >> 20;
                int32_t run = columns;
                if (step_y > 0) {
                    run = ((offset + 1) * AEGIS_WARP_ONE - start + step_y - 1) / step_y;
                } else if (step_y < 0) {
                    run = (start - offset * AEGIS_WARP_ONE) / -step_y + 1;
                }
                run = aegis_min(aegis_max(run, x + 1), columns);
                const float *rows[6];
                for (int32_t tap = 0; tap < 6; tap++) {
                    rows[tap] = s->rows + (ptrdiff_t)((row0 + offset + tap - 2) & (AEGIS_WARP_ROWS - 1)) * AEGIS_WARP_PITCH;
                }
                warp_vertically(rows, start, step_y, x, aegis_round_up(run - x, 16), s->out);
                x = run;
            }
            char *out = (char *)destination + (ptrdiff_t)y * destination_stride;
            warp_write_line(w, s->out, columns, out + (ptrdiff_t)strip * w->bytes_per_sample);
        }
    }
}
