// The full-resolution pass: alpha from the lines of the guided filter, the hold, and the new background.
//
// All samples are brought to 14 bits (8-bit ones times 64), so that one loop serves every depth. The line
// A = b' + a0 (Y - black) + a1 (U - middle) + a2 (V - middle) has 10 fractional bits, which no line can overflow: with
// epsilon >= 1e-4 the slopes stay below 25 over a colour range of about 1. Planes of the grid are enlarged along x once
// per grid row, and along y where they are used.

#include "words.h"

static inline int16_t add_saturating(int16_t a, int16_t b) { return __builtin_elementwise_add_sat(a, b); }
static inline int16_t subtract_saturating(int16_t a, int16_t b) { return __builtin_elementwise_sub_sat(a, b); }
static inline int16_t smaller(int16_t a, int16_t b) { return a < b ? a : b; }
static inline int16_t larger(int16_t a, int16_t b) { return a > b ? a : b; }

/// Point between two samples at `fraction` / 2^15.
static inline int16_t between(int16_t a, int16_t b, int16_t fraction) {
    return (int16_t)(a + multiply_q15(subtract_saturating(b, a), fraction));
}

enum {
    /// 1.0 of the lines; of their slopes per 256 steps of 8 bits.
    line_one = 1024,
    slope_one = 2048,
    strip_chroma = AEGIS_TILE + 2,
};

/// Planes of the grid, enlarged along x.
enum { luma_slope, luma_adaption, luma_fill, luma_estimate, luma_planes };
enum { chroma_offset, chroma_slope_u, chroma_slope_v, chroma_fill_u, chroma_fill_v, chroma_estimate_u,
       chroma_estimate_v, chroma_planes };

typedef struct compositor_scratch {
    ptrdiff_t length;
    int16_t *luma[luma_planes], *chroma[chroma_planes];
    /// Rows of the strip with one chroma row above and below: U, V (centred on the middle, 14 bits) and the chroma part
    /// of the line.
    int16_t *u[strip_chroma], *v[strip_chroma], *t[strip_chroma];
    int16_t *alpha[AEGIS_TILE];
    /// Single rows.
    int16_t *sample, *fill, *estimate, *line, *sum, *part0, *part1;
    int16_t *cells[4];
} compositor_scratch;

static void compositor_scratch_lay_out(compositor_scratch *s, const aegis_compositor *c, void *scratch) {
    aegis_arena arena = {scratch, 0};
    const size_t row = (size_t)c->row_length * sizeof(int16_t);
    s->length = c->row_length;
    for (int32_t i = 0; i < luma_planes; i++) {
        s->luma[i] = aegis_take(&arena, row * (size_t)c->luma_rows);
    }
    for (int32_t i = 0; i < chroma_planes; i++) {
        s->chroma[i] = aegis_take(&arena, row * (size_t)c->chroma_rows);
    }
    for (int32_t i = 0; i < strip_chroma; i++) {
        s->u[i] = aegis_take(&arena, row);
        s->v[i] = aegis_take(&arena, row);
        s->t[i] = aegis_take(&arena, row);
    }
    for (int32_t i = 0; i < AEGIS_TILE; i++) {
        s->alpha[i] = aegis_take(&arena, row);
    }
    s->sample = aegis_take(&arena, row);
    s->fill = aegis_take(&arena, row);
    s->estimate = aegis_take(&arena, row);
    s->line = aegis_take(&arena, row);
    s->sum = aegis_take(&arena, row);
    s->part0 = aegis_take(&arena, row);
    s->part1 = aegis_take(&arena, row);
    for (int32_t i = 0; i < 4; i++) {
        s->cells[i] = aegis_take(&arena, ((size_t)c->grid_width + AEGIS_SLACK) * sizeof(int16_t));
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Samples in and out

/// How the samples of a frame become 14 bits and back.
typedef struct sample_format {
    int32_t bytes, depth, shift;
} sample_format;

/// Loads samples of one plane as 14 bits.
static void load_samples(const void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, int16_t *out) {
    if (format.bytes == 1) {
        const uint8_t *from = (const uint8_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out[i] = (int16_t)(from[i] << 6);
        }
    } else {
        const uint16_t *from = (const uint16_t *)plane + at;
        const int32_t down = format.shift, up = 14 - format.depth;
        // Stray bits above the depth would leave the range that the arithmetic is made for.
        const uint16_t mask = (uint16_t)((1 << format.depth) - 1);
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out[i] = (int16_t)(((from[i] >> down) & mask) << up);
        }
    }
}

/// Loads `count` pairs of an interleaved plane as 14 bits.
static void load_pairs(
    const void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, int16_t *out0, int16_t *out1) {
    if (format.bytes == 1) {
        const uint8_t *from = (const uint8_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out0[i] = (int16_t)(from[2 * i] << 6);
            out1[i] = (int16_t)(from[2 * i + 1] << 6);
        }
    } else {
        const uint16_t *from = (const uint16_t *)plane + 2 * at;
        const int32_t down = format.shift, up = 14 - format.depth;
        const uint16_t mask = (uint16_t)((1 << format.depth) - 1);
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out0[i] = (int16_t)(((from[2 * i] >> down) & mask) << up);
            out1[i] = (int16_t)(((from[2 * i + 1] >> down) & mask) << up);
        }
    }
}

/// 14 bits to the depth, rounded and clamped.
static inline int16_t narrow(int16_t value, int16_t half, int32_t down, int16_t top) {
    return smaller(larger((int16_t)(add_saturating(value, half) >> down), 0), top);
}

static void store_samples(void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, const int16_t *values) {
    const int32_t down = 14 - format.depth;
    const int16_t half = (int16_t)(1 << (down - 1)), top = (int16_t)((1 << format.depth) - 1);
    if (format.bytes == 1) {
        uint8_t *to = (uint8_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[i] = (uint8_t)narrow(values[i], 32, 6, 255);
        }
    } else {
        uint16_t *to = (uint16_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[i] = (uint16_t)(narrow(values[i], half, down, top) << format.shift);
        }
    }
}

static void store_pairs(
    void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, const int16_t *values0, const int16_t *values1) {
    const int32_t down = 14 - format.depth;
    const int16_t half = (int16_t)(1 << (down - 1)), top = (int16_t)((1 << format.depth) - 1);
    if (format.bytes == 1) {
        uint8_t *to = (uint8_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[2 * i] = (uint8_t)narrow(values0[i], 32, 6, 255);
            to[2 * i + 1] = (uint8_t)narrow(values1[i], 32, 6, 255);
        }
    } else {
        uint16_t *to = (uint16_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[2 * i] = (uint16_t)(narrow(values0[i], half, down, top) << format.shift);
            to[2 * i + 1] = (uint16_t)(narrow(values1[i], half, down, top) << format.shift);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// From the grid

/// Cells of a row as 16-bit fixed point.
static void cells_from_float(const float *row, ptrdiff_t count, float scale, int16_t *cells) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        float value = row[i] * scale;
        value = value < -32767.0f ? -32767.0f : value;
        value = value > 32767.0f ? 32767.0f : value;
        cells[i] = (int16_t)(int32_t)(value + (value < 0.0f ? -0.5f : 0.5f));
    }
}

/// Cells of the line's offset at neutral chroma. (Luma is not moved to the middle of its range too: the offset goes over
/// the chroma planes' size to the full one, the luma slope at once, and the two ways differ where slopes bend.)
static void cells_from_offset(
    const float *a1, const float *a2, const float *b, ptrdiff_t count, float middle, int16_t *cells) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        float value = (b[i] + (a1[i] + a2[i]) * middle) * (float)line_one;
        value = value < -32767.0f ? -32767.0f : value;
        value = value > 32767.0f ? 32767.0f : value;
        cells[i] = (int16_t)(int32_t)(value + (value < 0.0f ? -0.5f : 0.5f));
    }
}

/// Enlarges a row of cells along x for `blocks` blocks of 8 samples. `cells[0]` is cell `origin`; the last cell of the
/// grid is repeated behind it.
static void spread(
    const int16_t *cells, ptrdiff_t origin, const aegis_axis *axis, ptrdiff_t first_block, ptrdiff_t blocks,
    int16_t *out) {
#if defined(AEGIS_USE_AVX2)
    if (axis->has_shuffle) {
        const __m256i next = _mm256_set1_epi8(2);
        ptrdiff_t block = 0;
        for (; block + 2 <= blocks; block += 2) {
            const ptrdiff_t at = first_block + block;
            const __m256i values = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(cells + axis->base[at] - origin))),
                _mm_loadu_si128((const __m128i *)(cells + axis->base[at + 1] - origin)), 1);
            const __m256i pick = _mm256_loadu_si256((const __m256i *)(axis->shuffle + at * 16));
            const __m256i fraction = _mm256_loadu_si256((const __m256i *)(axis->fraction + at * 8));
            const __m256i a = _mm256_shuffle_epi8(values, pick);
            const __m256i b = _mm256_shuffle_epi8(values, _mm256_add_epi8(pick, next));
            const __m256i step = _mm256_mulhrs_epi16(_mm256_subs_epi16(b, a), fraction);
            _mm256_storeu_si256((__m256i *)(out + block * 8), _mm256_add_epi16(a, step));
        }
        if (block < blocks) {
            const ptrdiff_t at = first_block + block;
            const __m128i values = _mm_loadu_si128((const __m128i *)(cells + axis->base[at] - origin));
            const __m128i pick = _mm_loadu_si128((const __m128i *)(axis->shuffle + at * 16));
            const __m128i fraction = _mm_loadu_si128((const __m128i *)(axis->fraction + at * 8));
            const __m128i a = _mm_shuffle_epi8(values, pick);
            const __m128i b = _mm_shuffle_epi8(values, _mm_add_epi8(pick, _mm256_castsi256_si128(next)));
            const __m128i step = _mm_mulhrs_epi16(_mm_subs_epi16(b, a), fraction);
            _mm_storeu_si128((__m128i *)(out + block * 8), _mm_add_epi16(a, step));
        }
        return;
    }
#elif defined(AEGIS_USE_NEON)
    if (axis->has_shuffle) {
        for (ptrdiff_t block = 0; block < blocks; block++) {
            const ptrdiff_t at = first_block + block;
            const uint8x16_t values = vreinterpretq_u8_s16(vld1q_s16(cells + axis->base[at] - origin));
            const uint8x16_t pick = vld1q_u8(axis->shuffle + at * 16);
            const int16x8_t a = vreinterpretq_s16_u8(vqtbl1q_u8(values, pick));
            const int16x8_t b = vreinterpretq_s16_u8(vqtbl1q_u8(values, vaddq_u8(pick, vdupq_n_u8(2))));
            const int16x8_t step = vqrdmulhq_s16(vqsubq_s16(b, a), vld1q_s16(axis->fraction + at * 8));
            vst1q_s16(out + block * 8, vaddq_s16(a, step));
        }
        return;
    }
#endif
    const int32_t *cell = axis->cell + first_block * 8;
    const int16_t *fraction = axis->fraction + first_block * 8;
    for (ptrdiff_t i = 0; i < blocks * 8; i++) {
        const int16_t *at = cells + (cell[i] - origin);
        out[i] = between(at[0], at[1], fraction[i]);
    }
}

/// A piece of a row of the picture, and the cells that it needs.
typedef struct span {
    ptrdiff_t first_block, blocks;
    ptrdiff_t first_cell, cells;
} span;

static span span_of(const aegis_axis *axis, ptrdiff_t first_block, ptrdiff_t blocks, ptrdiff_t grid) {
    span result = {first_block, blocks, axis->cell[first_block * 8], 0};
    const ptrdiff_t last = axis->cell[(first_block + blocks) * 8 - 1] + 1;
    result.cells = (last < grid ? last + 1 : grid) - result.first_cell;
    return result;
}

/// Repeats the last cell, for positions at the grid's edge and for vector loads.
static void pad_cells(int16_t *cells, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < 16; i++) {
        cells[count + i] = cells[count - 1];
    }
}

static void spread_floats(
    const aegis_axis *axis, const span *part, const float *row, float scale, int16_t *cells, int16_t *out) {
    cells_from_float(row + part->first_cell, part->cells, scale, cells);
    pad_cells(cells, part->cells);
    spread(cells, part->first_cell, axis, part->first_block, part->blocks, out);
}

static void spread_samples(
    const aegis_axis *axis, const span *part, const uint16_t *row, int16_t *cells, int16_t *out) {
    memcpy(cells, row + part->first_cell, (size_t)part->cells * sizeof(int16_t));
    pad_cells(cells, part->cells);
    spread(cells, part->first_cell, axis, part->first_block, part->blocks, out);
}

// ---------------------------------------------------------------------------------------------------------------------
// Row loops over the scratch

static void blend_rows(ptrdiff_t count, const int16_t *upper, const int16_t *lower, int16_t fraction, int16_t *out) {
    const words at = words_of(fraction);
    AEGIS_WORDS(i, count) {
        words_store(out + i, words_between(words_load(upper + i), words_load(lower + i), at));
    }
}

/// A sample's distance from `zero`, in half steps of the 14 bits.
static inline words words_distance(const int16_t *sample, int16_t zero) {
    const words distance = words_load(sample) - words_of(zero);
    return distance + distance;
}

/// The chroma part of the line: offset + a1 U + a2 V.
static void chroma_line(
    ptrdiff_t count, int16_t fraction, const int16_t *offset0, const int16_t *offset1, const int16_t *slope_u0,
    const int16_t *slope_u1, const int16_t *slope_v0, const int16_t *slope_v1, const int16_t *u, const int16_t *v,
    int16_t *out) {
    const words at = words_of(fraction);
    AEGIS_WORDS(i, count) {
        const words offset = words_between(words_load(offset0 + i), words_load(offset1 + i), at);
        const words slope_u = words_between(words_load(slope_u0 + i), words_load(slope_u1 + i), at);
        const words slope_v = words_between(words_load(slope_v0 + i), words_load(slope_v1 + i), at);
        const words part_u = words_multiply(slope_u, words_distance(u + i, 8192));
        const words part_v = words_multiply(slope_v, words_distance(v + i, 8192));
        words_store(out + i, words_add_saturating(words_add_saturating(offset, part_u), part_v));
    }
}

/// Three quarters of `near`, one of `far`.
static inline int16_t quarter_towards(int16_t near, int16_t far) {
    return (int16_t)(near + (add_saturating(subtract_saturating(far, near), 2) >> 2));
}

/// Twice the width, centre-aligned: needs one sample before and after the `count` samples of `row`.
static void double_width(ptrdiff_t count, const int16_t *row, int16_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[2 * i] = quarter_towards(row[i], row[i - 1]);
        out[2 * i + 1] = quarter_towards(row[i], row[i + 1]);
    }
}

static void quarter_rows(ptrdiff_t count, const int16_t *near, const int16_t *far, int16_t *out) {
    AEGIS_WORDS(i, count) {
        words_store(out + i, words_quarter(words_load(near + i), words_load(far + i)));
    }
}

typedef struct contrast {
    int16_t low, gain;
} contrast;

/// The luma part of the line, and the contrast: alpha 0..255.
static void luma_line(
    ptrdiff_t count, int16_t fraction, const int16_t *slope0, const int16_t *slope1, const int16_t *line,
    const int16_t *luma, int16_t black, contrast stretch, int16_t *alpha) {
    const words at = words_of(fraction), low = words_of(stretch.low), gain = words_of(stretch.gain);
    AEGIS_WORDS(i, count) {
        const words slope = words_between(words_load(slope0 + i), words_load(slope1 + i), at);
        const words part = words_multiply(slope, words_distance(luma + i, black));
        const words value = words_subtract_saturating(words_add_saturating(words_load(line + i), part), low);
        const words level = words_larger(words_multiply(value, gain), words_of(0));
        words_store(alpha + i, words_smaller(level, words_of(255)));
    }
}

/// Moves the held alpha towards the new one in `alpha`; a dead zone hides noise, but 0 and 255 are always reached, or a
/// trace of the room would stay.
static void hold_line(
    ptrdiff_t count, int16_t fraction, const int16_t *adaption0, const int16_t *adaption1, const int16_t *held,
    int16_t dead_zone, int16_t *alpha) {
    const words at = words_of(fraction), one = words_of(1), half = words_of(32), width = words_of(dead_zone);
    AEGIS_WORDS(i, count) {
        const words k = words_between(words_load(adaption0 + i), words_load(adaption1 + i), at);
        const words target = words_load(alpha + i), from = words_load(held + i);
        const words difference = target - from;
        const words distance = words_larger(difference, (words)-difference);
        // 1 at both ends, else 0. Without comparisons, which differ between vectors and numbers.
        const words is_end = one - words_smaller(words_smaller(target, (words)(words_of(255) - target)), one);
        const words zone = words_multiply((words)(words_of(32767) - k), width) & (words)(is_end - one);
        const words free_distance = words_larger((words)((words)(distance << 6) - zone), words_of(0));
        const words step = (words)(words_multiply(free_distance, k) + half) >> 6;
        const words moved = words_larger(step, words_smaller(distance, is_end));
        const words sign = difference >> 15;
        words_store(alpha + i, from + ((moved ^ sign) - sign));
    }
}

/// O = alpha I + (1 - alpha) N + min(alpha, 1 - alpha) (I - B) / 2, with four times the alpha of 0..255 in `sum`.
static void compose_line(
    ptrdiff_t count, const int16_t *sum, const int16_t *input, const int16_t *fill, const int16_t *estimate,
    int16_t *out) {
    const words full = words_of(32767);
    AEGIS_WORDS(i, count) {
        const words level = words_load(sum + i), sample = words_load(input + i), behind = words_load(fill + i);
        // 0 -> 0, 1020 -> 32767.
        const words alpha = (words)(level << 5) + (level >> 3);
        words mixed = behind + words_multiply(alpha, (words)(sample - behind));
        if (estimate) {
            const words edge = words_smaller(alpha, (words)(full - alpha)) >> 1;
            const words foreign = sample - words_load(estimate + i);
            mixed = words_add_saturating(mixed, words_multiply(edge, foreign));
        }
        words_store(out + i, mixed);
    }
}

static void alpha_times_four(ptrdiff_t count, const int16_t *alpha, int16_t *sum) {
    AEGIS_WORDS(i, count) {
        words_store(sum + i, words_load(alpha + i) << 2);
    }
}

/// Four times the mean of the alphas under each chroma sample of a subsampled row.
static void alpha_of_chroma(
    ptrdiff_t count, bool halves_width, const int16_t *upper, const int16_t *lower, int16_t *sum) {
    if (halves_width) {
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            sum[i] = (int16_t)(upper[2 * i] + upper[2 * i + 1] + lower[2 * i] + lower[2 * i + 1]);
        }
    } else {
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            sum[i] = (int16_t)((upper[i] + lower[i]) * 2);
        }
    }
}

static void fill_row(ptrdiff_t count, int16_t value, int16_t *row) {
    AEGIS_WORDS(i, count) {
        words_store(row + i, words_of(value));
    }
}

static void widen_alpha(ptrdiff_t count, const uint8_t *alpha, int16_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[i] = alpha[i];
    }
}

static void narrow_alpha(ptrdiff_t count, const int16_t *alpha, uint8_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[i] = (uint8_t)alpha[i];
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Strips

/// What is constant while one call runs.
typedef struct compositor_job {
    const aegis_compositor *c;
    const aegis_composition *in;
    compositor_scratch s;
    sample_format format;
    float slope_luma, slope_chroma, middle_chroma;
    contrast stretch;
    int16_t black, dead_zone;
    bool composes, cleans;
    int16_t color[3];
} compositor_job;

/// A run of tiles of one kind in a strip.
typedef struct tile_run {
    int32_t first_tile, end_tile;
    /// Pixels; chroma samples.
    ptrdiff_t x0, x1, y0, y1, cx0, cx1, cy0, cy1;
} tile_run;

static const char *input_row(const void *plane, ptrdiff_t stride, ptrdiff_t row) {
    return (const char *)plane + stride * row;
}

static void copy_rows(
    void *to, ptrdiff_t to_stride, const void *from, ptrdiff_t from_stride, ptrdiff_t x0, ptrdiff_t x1, ptrdiff_t y0,
    ptrdiff_t y1, ptrdiff_t bytes) {
    for (ptrdiff_t y = y0; y < y1; y++) {
        memcpy(
            (char *)to + to_stride * y + x0 * bytes, (const char *)from + from_stride * y + x0 * bytes,
            (size_t)((x1 - x0) * bytes));
    }
}

static void copy_run(const compositor_job *job, const tile_run *run, const aegis_image *from) {
    const aegis_mutable_image *to = &job->in->output;
    const ptrdiff_t bytes = job->format.bytes;
    copy_rows(to->plane0, to->stride0, from->plane0, from->stride0, run->x0, run->x1, run->y0, run->y1, bytes);
    const int32_t planes = job->c->layout.chroma_planes;
    if (planes >= 1) {
        copy_rows(
            to->plane1, to->stride1, from->plane1, from->stride1, run->cx0, run->cx1, run->cy0, run->cy1,
            planes == 1 ? 2 * bytes : bytes);
    }
    if (planes == 2) {
        copy_rows(to->plane2, to->stride2, from->plane2, from->stride2, run->cx0, run->cx1, run->cy0, run->cy1, bytes);
    }
}

/// Rows of the grid that rows first..<end of an axis need: from the first one's cell to the last one's next.
static ptrdiff_t rows_needed(const aegis_axis *axis, ptrdiff_t first, ptrdiff_t end, ptrdiff_t grid, ptrdiff_t *from) {
    *from = axis->cell[first];
    const ptrdiff_t last = axis->cell[end - 1] + 1;
    return (last < grid ? last : grid - 1) - *from + 1;
}

/// The two enlarged rows around a row of the picture.
typedef struct row_pair {
    ptrdiff_t upper, lower;
    int16_t fraction;
} row_pair;

static row_pair rows_at(const aegis_axis *axis, ptrdiff_t row, ptrdiff_t grid, ptrdiff_t from, ptrdiff_t length) {
    const ptrdiff_t cell = axis->cell[row];
    const ptrdiff_t next = cell + 1 < grid ? cell + 1 : cell;
    return (row_pair){(cell - from) * length, (next - from) * length, axis->fraction[row]};
}

static void spread_luma_samples(
    compositor_job *job, const tile_run *run, int32_t plane, const uint16_t *grid) {
    const aegis_compositor *c = job->c;
    const span part = span_of(&c->luma_x, run->x0 / 8, (run->x1 - run->x0 + 7) / 8, c->grid_width);
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    for (ptrdiff_t row = 0; row < rows; row++) {
        spread_samples(
            &c->luma_x, &part, grid + (from + row) * c->grid_width, job->s.cells[0],
            job->s.luma[plane] + row * job->s.length);
    }
}

/// Enlarges a pair of chroma planes of the grid for the run's own chroma samples; row 0 belongs to the strip's first.
static void spread_chroma_samples(
    compositor_job *job, const tile_run *run, int32_t plane, const uint16_t *grid_u, const uint16_t *grid_v) {
    const aegis_compositor *c = job->c;
    const span part = span_of(&c->chroma_x, run->cx0 / 8, (run->cx1 - run->cx0 + 7) / 8, c->grid_width);
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    for (ptrdiff_t row = 0; row < rows; row++) {
        const ptrdiff_t at = (from + row) * c->grid_width, to = row * job->s.length;
        spread_samples(&c->chroma_x, &part, grid_u + at, job->s.cells[0], job->s.chroma[plane] + to);
        spread_samples(&c->chroma_x, &part, grid_v + at, job->s.cells[0], job->s.chroma[plane + 1] + to);
    }
}

/// Writes the new background to a run.
static void background_run(compositor_job *job, const tile_run *run) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    const aegis_mutable_image *to = &in->output;
    compositor_scratch *s = &job->s;
    if (in->backdrop == AEGIS_BACKDROP_PICTURE) {
        copy_run(job, run, &in->picture);
        return;
    }
    const ptrdiff_t width = run->x1 - run->x0, chroma_width = run->cx1 - run->cx0;
    const bool blurs = in->backdrop == AEGIS_BACKDROP_BLUR;
    ptrdiff_t from = 0;
    if (blurs) {
        spread_luma_samples(job, run, luma_fill, in->fill_y);
        rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    } else {
        fill_row(width, job->color[0], s->fill);
    }
    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        if (blurs) {
            const row_pair rows = rows_at(&c->luma_y, y, c->grid_height, from, s->length);
            blend_rows(width, s->luma[luma_fill] + rows.upper, s->luma[luma_fill] + rows.lower, rows.fraction, s->fill);
        }
        store_samples((char *)to->plane0 + to->stride0 * y, run->x0, width, job->format, s->fill);
    }
    if (c->layout.chroma_planes == 0) {
        return;
    }
    if (blurs) {
        spread_chroma_samples(job, run, chroma_fill_u, in->fill_u, in->fill_v);
        rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    } else {
        fill_row(chroma_width, job->color[1], s->part0);
        fill_row(chroma_width, job->color[2], s->part1);
    }
    for (ptrdiff_t y = run->cy0; y < run->cy1; y++) {
        if (blurs) {
            const row_pair rows = rows_at(&c->chroma_y, y, c->grid_height, from, s->length);
            const int16_t *u = s->chroma[chroma_fill_u], *v = s->chroma[chroma_fill_v];
            blend_rows(chroma_width, u + rows.upper, u + rows.lower, rows.fraction, s->part0);
            blend_rows(chroma_width, v + rows.upper, v + rows.lower, rows.fraction, s->part1);
        }
        if (c->layout.chroma_planes == 1) {
            store_pairs(
                (char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0, s->part1);
        } else {
            store_samples((char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0);
            store_samples((char *)to->plane2 + to->stride2 * y, run->cx0, chroma_width, job->format, s->part1);
        }
    }
}

static void load_chroma_row(
    const compositor_job *job, const aegis_image *image, ptrdiff_t row, ptrdiff_t x0, ptrdiff_t x1, int16_t *u,
    int16_t *v) {
    if (job->c->layout.chroma_planes == 1) {
        load_pairs(input_row(image->plane1, image->stride1, row), x0, x1 - x0, job->format, u, v);
    } else {
        load_samples(input_row(image->plane1, image->stride1, row), x0, x1 - x0, job->format, u);
        load_samples(input_row(image->plane2, image->stride2, row), x0, x1 - x0, job->format, v);
    }
}

/// Builds the chroma part of the line for a run: rows cy0 - 1 ... cy1 (where the picture has them) go to t[0]...; the
/// sample cx0 lies at index AEGIS_HALO. For gray pictures this is the offset at full size.
static void chroma_part(compositor_job *job, const tile_run *run) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const bool gray = c->layout.chroma_planes == 0;
    const aegis_axis *axis_x = gray ? &c->luma_x : &c->chroma_x, *axis_y = gray ? &c->luma_y : &c->chroma_y;
    const ptrdiff_t width = gray ? c->layout.width : c->chroma_width;
    const ptrdiff_t height = gray ? c->layout.height : c->chroma_height;
    const ptrdiff_t cx0 = gray ? run->x0 : run->cx0, cx1 = gray ? run->x1 : run->cx1;
    const ptrdiff_t cy0 = gray ? run->y0 : run->cy0, cy1 = gray ? run->y1 : run->cy1;
    const ptrdiff_t first = cy0 > 0 ? cy0 - 1 : 0, end = cy1 < height ? cy1 + 1 : height;
    // Columns with halo; x0 is at `left` of the rows.
    const ptrdiff_t left = cx0 >= AEGIS_HALO ? 0 : AEGIS_HALO;
    const ptrdiff_t x0 = cx0 - AEGIS_HALO + left;
    const ptrdiff_t x1 = cx1 + 1 < width ? cx1 + 1 : width;
    const ptrdiff_t blocks = (x1 - x0 + 7) / 8;

    const span part = span_of(axis_x, x0 / 8, blocks, c->grid_width);
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(axis_y, first, end, c->grid_height, &from);
    for (ptrdiff_t row = 0; row < rows; row++) {
        const ptrdiff_t at = (from + row) * c->grid_width + part.first_cell, to = row * s->length + left;
        cells_from_offset(
            in->a1 + at, in->a2 + at, in->b + at, part.cells, gray ? 0.0f : job->middle_chroma, s->cells[0]);
        pad_cells(s->cells[0], part.cells);
        spread(s->cells[0], part.first_cell, axis_x, part.first_block, blocks, s->chroma[chroma_offset] + to);
        if (!gray) {
            const ptrdiff_t start = (from + row) * c->grid_width;
            spread_floats(
                axis_x, &part, in->a1 + start, job->slope_chroma, s->cells[0], s->chroma[chroma_slope_u] + to);
            spread_floats(
                axis_x, &part, in->a2 + start, job->slope_chroma, s->cells[0], s->chroma[chroma_slope_v] + to);
        }
    }
    for (ptrdiff_t y = first; y < end; y++) {
        const ptrdiff_t index = y - cy0 + 1;
        const row_pair pair = rows_at(axis_y, y, c->grid_height, from, s->length);
        int16_t *t = s->t[index] + left;
        const int16_t *offset = s->chroma[chroma_offset] + left;
        if (gray) {
            blend_rows(blocks * 8, offset + pair.upper, offset + pair.lower, pair.fraction, t);
            continue;
        }
        load_chroma_row(job, &in->input, y, x0, x1, s->u[index] + left, s->v[index] + left);
        const int16_t *slope_u = s->chroma[chroma_slope_u] + left, *slope_v = s->chroma[chroma_slope_v] + left;
        chroma_line(
            blocks * 8, pair.fraction, offset + pair.upper, offset + pair.lower, slope_u + pair.upper,
            slope_u + pair.lower, slope_v + pair.upper, slope_v + pair.lower, s->u[index] + left, s->v[index] + left,
            t);
        // Replicated borders, where the halo leaves the picture.
        if (left > 0) {
            t[-1] = t[0];
        }
        if (x1 == width) {
            t[x1 - x0] = t[x1 - x0 - 1];
        }
    }
}

/// The chroma part of the line at luma row `y`, enlarged to full size: the result may be a row of the scratch.
static const int16_t *line_row(compositor_job *job, const tile_run *run, ptrdiff_t y) {
    const aegis_compositor *c = job->c;
    compositor_scratch *s = &job->s;
    const int32_t sx = c->layout.chroma_shift_x, sy = c->layout.chroma_shift_y;
    const ptrdiff_t cy0 = c->layout.chroma_planes == 0 ? run->y0 : run->cy0;
    const ptrdiff_t row = y >> sy, index = row - cy0 + 1;
    const int16_t *near = s->t[index];
    if (sy == 1) {
        ptrdiff_t other = y & 1 ? row + 1 : row - 1;
        other = other < 0 ? 0 : other < c->chroma_height ? other : c->chroma_height - 1;
        const ptrdiff_t count = run->cx1 - run->cx0 + 2;
        quarter_rows(
            (count + 7) / 8 * 8, near + AEGIS_HALO - 1, s->t[other - cy0 + 1] + AEGIS_HALO - 1,
            s->part0 + AEGIS_HALO - 1);
        near = s->part0;
    }
    if (sx == 0) {
        return near + AEGIS_HALO;
    }
    double_width((run->cx1 - run->cx0 + 7) / 8 * 8, near + AEGIS_HALO, s->line);
    return s->line;
}

/// Fills `row` with the new background of a run's row.
static void backdrop_luma(compositor_job *job, const tile_run *run, ptrdiff_t y, const row_pair *pair, int16_t *row) {
    const aegis_composition *in = job->in;
    const ptrdiff_t width = run->x1 - run->x0;
    switch (in->backdrop) {
    case AEGIS_BACKDROP_BLUR:
        blend_rows(
            width, job->s.luma[luma_fill] + pair->upper, job->s.luma[luma_fill] + pair->lower, pair->fraction, row);
        break;
    case AEGIS_BACKDROP_PICTURE:
        load_samples(input_row(in->picture.plane0, in->picture.stride0, y), run->x0, width, job->format, row);
        break;
    default:
        fill_row(width, job->color[0], row);
        break;
    }
}

/// Notes per tile of a run whether its alpha is settled.
static void classify_alpha(const compositor_job *job, const tile_run *run, uint8_t *held) {
    const ptrdiff_t stride = job->in->alpha_stride;
    for (int32_t tile = run->first_tile; tile < run->end_tile; tile++) {
        const ptrdiff_t x = (ptrdiff_t)tile * AEGIS_TILE;
        const ptrdiff_t width = run->x1 - x < AEGIS_TILE ? run->x1 - x : AEGIS_TILE;
        const uint8_t *row = job->in->alpha + stride * run->y0 + x;
        uint64_t any = 0, all = ~(uint64_t)0;
        for (ptrdiff_t y = run->y0; y < run->y1; y++, row += stride) {
            uint64_t piece[2];
            if (width == AEGIS_TILE) {
                memcpy(piece, row, AEGIS_TILE);
            } else {
                memset(piece, row[0], AEGIS_TILE);
                memcpy(piece, row, (size_t)width);
            }
            any |= piece[0] | piece[1];
            all &= piece[0] & piece[1];
        }
        held[tile] = any == 0 ? AEGIS_ALPHA_ZERO : all == ~(uint64_t)0 ? AEGIS_ALPHA_ONE : AEGIS_ALPHA_MIXED;
    }
}

/// Asks for the cache lines of a run's rows. A run is narrow and its rows lie far apart, so that the processor's own
/// prefetcher does not see it coming; without this a third of the pass is spent waiting for memory.
static void prefetch_rows(
    const void *plane, ptrdiff_t stride, ptrdiff_t x0, ptrdiff_t x1, ptrdiff_t y0, ptrdiff_t y1, bool for_writing) {
    for (ptrdiff_t y = y0; y < y1; y++) {
        const char *row = (const char *)plane + stride * y;
        for (ptrdiff_t x = x0; x < x1 + 63; x += 64) {
            // The last one may lie on the line after the run's end, which is harmless.
            if (for_writing) {
                __builtin_prefetch(row + x, 1, 3);
            } else {
                __builtin_prefetch(row + x, 0, 3);
            }
        }
    }
}

static void prefetch_run(const compositor_job *job, const tile_run *run) {
    const aegis_composition *in = job->in;
    const ptrdiff_t bytes = job->format.bytes, planes = job->c->layout.chroma_planes;
    prefetch_rows(in->input.plane0, in->input.stride0, run->x0 * bytes, run->x1 * bytes, run->y0, run->y1, false);
    prefetch_rows(in->alpha, in->alpha_stride, run->x0, run->x1, run->y0, run->y1, true);
    if (planes > 0) {
        const ptrdiff_t step = planes == 1 ? 2 * bytes : bytes;
        prefetch_rows(in->input.plane1, in->input.stride1, run->cx0 * step, run->cx1 * step, run->cy0, run->cy1, false);
    }
    if (planes > 1) {
        prefetch_rows(in->input.plane2, in->input.stride2, run->cx0 * bytes, run->cx1 * bytes, run->cy0, run->cy1, false);
    }
    if (!job->composes) {
        return;
    }
    const aegis_mutable_image *to = &in->output;
    prefetch_rows(to->plane0, to->stride0, run->x0 * bytes, run->x1 * bytes, run->y0, run->y1, true);
}

/// Builds alpha pixel by pixel and composes a run.
static void mixed_run(compositor_job *job, const tile_run *run, uint8_t *held) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const ptrdiff_t width = run->x1 - run->x0, padded = (width + 15) / 16 * 16;
    const ptrdiff_t blocks = (width + 7) / 8;
    const span part = span_of(&c->luma_x, run->x0 / 8, blocks, c->grid_width);
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    const bool blurs = in->backdrop == AEGIS_BACKDROP_BLUR;
    prefetch_run(job, run);
    for (ptrdiff_t row = 0; row < rows; row++) {
        const ptrdiff_t at = (from + row) * c->grid_width, to = row * s->length;
        spread_floats(&c->luma_x, &part, in->a0 + at, job->slope_luma, s->cells[0], s->luma[luma_slope] + to);
        if (!in->is_first) {
            spread_floats(&c->luma_x, &part, in->adaption + at, 32768.0f, s->cells[0], s->luma[luma_adaption] + to);
        }
        if (blurs) {
            spread_samples(&c->luma_x, &part, in->fill_y + at, s->cells[0], s->luma[luma_fill] + to);
        }
        if (job->cleans) {
            spread_samples(&c->luma_x, &part, in->estimate_y + at, s->cells[0], s->luma[luma_estimate] + to);
        }
    }
    chroma_part(job, run);

    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        const row_pair pair = rows_at(&c->luma_y, y, c->grid_height, from, s->length);
        int16_t *alpha = s->alpha[y - run->y0];
        uint8_t *alpha_out = in->alpha + in->alpha_stride * y + run->x0;
        load_samples(input_row(in->input.plane0, in->input.stride0, y), run->x0, width, job->format, s->sample);
        const int16_t *line = line_row(job, run, y);
        luma_line(
            blocks * 8, pair.fraction, s->luma[luma_slope] + pair.upper, s->luma[luma_slope] + pair.lower, line,
            s->sample, job->black, job->stretch, alpha);
        if (!in->is_first) {
            widen_alpha(width, alpha_out, s->sum);
            hold_line(
                width, pair.fraction, s->luma[luma_adaption] + pair.upper, s->luma[luma_adaption] + pair.lower,
                s->sum, job->dead_zone, alpha);
        }
        // Samples behind the picture's edge repeat the last one, for chroma and for the tile's class.
        for (ptrdiff_t x = width; x < padded; x++) {
            alpha[x] = alpha[width - 1];
        }
        narrow_alpha(width, alpha, alpha_out);
        if (!job->composes) {
            continue;
        }
        backdrop_luma(job, run, y, &pair, s->fill);
        if (job->cleans) {
            blend_rows(
                width, s->luma[luma_estimate] + pair.upper, s->luma[luma_estimate] + pair.lower, pair.fraction,
                s->estimate);
        }
        alpha_times_four(width, alpha, s->sum);
        compose_line(width, s->sum, s->sample, s->fill, job->cleans ? s->estimate : NULL, s->sample);
        store_samples((char *)in->output.plane0 + in->output.stride0 * y, run->x0, width, job->format, s->sample);
    }
    classify_alpha(job, run, held);
    if (!job->composes || c->layout.chroma_planes == 0) {
        return;
    }

    const ptrdiff_t chroma_width = run->cx1 - run->cx0;
    rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    if (blurs) {
        spread_chroma_samples(job, run, chroma_fill_u, in->fill_u, in->fill_v);
    }
    if (job->cleans) {
        spread_chroma_samples(job, run, chroma_estimate_u, in->estimate_u, in->estimate_v);
    }
    fill_row(chroma_width, job->color[1], s->fill);
    fill_row(chroma_width, job->color[2], s->line);
    const int32_t sy = c->layout.chroma_shift_y;
    for (ptrdiff_t y = run->cy0; y < run->cy1; y++) {
        const row_pair pair = rows_at(&c->chroma_y, y, c->grid_height, from, s->length);
        const ptrdiff_t upper = (y << sy) - run->y0;
        const ptrdiff_t lower = sy && upper + 1 < run->y1 - run->y0 ? upper + 1 : upper;
        alpha_of_chroma(chroma_width, c->layout.chroma_shift_x == 1, s->alpha[upper], s->alpha[lower], s->sum);
        int16_t *fill_u = s->fill, *fill_v = s->line;
        if (blurs) {
            const int16_t *u = s->chroma[chroma_fill_u], *v = s->chroma[chroma_fill_v];
            blend_rows(chroma_width, u + pair.upper, u + pair.lower, pair.fraction, fill_u);
            blend_rows(chroma_width, v + pair.upper, v + pair.lower, pair.fraction, fill_v);
        } else if (in->backdrop == AEGIS_BACKDROP_PICTURE) {
            load_chroma_row(job, &in->picture, y, run->cx0, run->cx1, fill_u, fill_v);
        }
        int16_t *estimate_u = NULL, *estimate_v = NULL;
        if (job->cleans) {
            const int16_t *u = s->chroma[chroma_estimate_u], *v = s->chroma[chroma_estimate_v];
            estimate_u = s->estimate;
            estimate_v = s->sample;
            blend_rows(chroma_width, u + pair.upper, u + pair.lower, pair.fraction, estimate_u);
            blend_rows(chroma_width, v + pair.upper, v + pair.lower, pair.fraction, estimate_v);
        }
        const ptrdiff_t index = y - run->cy0 + 1;
        compose_line(chroma_width, s->sum, s->u[index] + AEGIS_HALO, fill_u, estimate_u, s->part0);
        compose_line(chroma_width, s->sum, s->v[index] + AEGIS_HALO, fill_v, estimate_v, s->part1);
        const aegis_mutable_image *to = &in->output;
        if (c->layout.chroma_planes == 1) {
            store_pairs(
                (char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0, s->part1);
        } else {
            store_samples((char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0);
            store_samples((char *)to->plane2 + to->stride2 * y, run->cx0, chroma_width, job->format, s->part1);
        }
    }
}

/// Sorts the tiles of a strip by what the guided filter's second input allows, and by the alpha that they hold.
static void classify_tiles(
    const compositor_job *job, int32_t strip, const uint8_t *held, uint16_t *low, uint16_t *high, uint8_t *kind) {
    const aegis_compositor *c = job->c;
    const ptrdiff_t width = c->grid_width;
    const uint16_t *input = job->in->input2;
    memcpy(low, input + c->tile_y0[strip] * width, (size_t)width * sizeof(uint16_t));
    memcpy(high, low, (size_t)width * sizeof(uint16_t));
    for (ptrdiff_t row = c->tile_y0[strip] + 1; row < c->tile_y1[strip]; row++) {
        const uint16_t *values = input + row * width;
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            low[x] = low[x] < values[x] ? low[x] : values[x];
            high[x] = high[x] > values[x] ? high[x] : values[x];
        }
    }
    // How many cells before each one may differ from 0, or from 1.
    uint16_t not_zero = 0, not_one = 0;
    for (ptrdiff_t x = 0; x < width; x++) {
        const uint16_t is_not_zero = high[x] != 0, is_not_one = low[x] != AEGIS_GUIDED_ONE;
        high[x] = not_zero;
        low[x] = not_one;
        not_zero += is_not_zero;
        not_one += is_not_one;
    }
    high[width] = not_zero;
    low[width] = not_one;
    const bool first = job->in->is_first;
    for (int32_t tile = 0; tile < c->tile_columns; tile++) {
        const int32_t x0 = c->tile_x0[tile], x1 = c->tile_x1[tile];
        if (high[x1] == high[x0] && (first || held[tile] == AEGIS_ALPHA_ZERO)) {
            kind[tile] = AEGIS_TILE_BACKGROUND;
        } else if (low[x1] == low[x0] && (first || held[tile] == AEGIS_ALPHA_ONE)) {
            kind[tile] = AEGIS_TILE_PERSON;
        } else {
            kind[tile] = AEGIS_TILE_MIXED;
        }
    }
}

static void settle_alpha(const compositor_job *job, const tile_run *run, uint8_t value) {
    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        memset(job->in->alpha + job->in->alpha_stride * y + run->x0, value, (size_t)(run->x1 - run->x0));
    }
}

static void compositor_run(
    aegis_compositor *c, const aegis_composition *in, int32_t first, int32_t end, void *scratch) {
    compositor_job job;
    job.c = c;
    job.in = in;
    compositor_scratch_lay_out(&job.s, c, scratch);
    const aegis_layout *layout = &c->layout;
    job.format = (sample_format){layout->bytes_per_sample, layout->depth, layout->shift};
    const float luma = layout->full_range ? 255.0f : 219.0f, chroma = layout->full_range ? 255.0f : 224.0f;
    job.slope_luma = 128.0f / luma * (float)slope_one;
    job.slope_chroma = in->chroma_weight * 128.0f / chroma * (float)slope_one;
    job.black = layout->full_range ? 0 : 16 << 6;
    job.middle_chroma = in->chroma_weight * 128.0f / 255.0f;
    job.stretch.low = (int16_t)(in->contrast_low * (float)line_one + 0.5f);
    job.stretch.gain = (int16_t)(255.0f * 32.0f / (in->contrast_high - in->contrast_low) + 0.5f);
    job.dead_zone = (int16_t)(in->hold * 64.0f + 0.5f);
    job.composes = in->backdrop != AEGIS_BACKDROP_NONE;
    job.cleans = job.composes && in->estimate_y != NULL;
    const int32_t up = 14 - layout->depth;
    job.color[0] = (int16_t)(in->color_y << up);
    job.color[1] = (int16_t)(in->color_u << up);
    job.color[2] = (int16_t)(in->color_v << up);

    const int32_t sx = layout->chroma_shift_x, sy = layout->chroma_shift_y;
    for (int32_t strip = first; strip < end; strip++) {
        uint8_t *held = c->held + (ptrdiff_t)strip * c->tile_columns;
        uint8_t *kind = c->kind + (ptrdiff_t)strip * c->tile_columns;
        classify_tiles(
            &job, strip, held, (uint16_t *)job.s.cells[0], (uint16_t *)job.s.cells[1], kind);
        tile_run run;
        run.y0 = (ptrdiff_t)strip * AEGIS_TILE;
        run.y1 = aegis_min((strip + 1) * AEGIS_TILE, layout->height);
        run.cy0 = run.y0 >> sy;
        run.cy1 = (run.y1 + (1 << sy) - 1) >> sy;
        for (int32_t tile = 0; tile < c->tile_columns; tile = run.end_tile) {
            run.first_tile = tile;
            run.end_tile = tile + 1;
            while (run.end_tile < c->tile_columns && kind[run.end_tile] == kind[tile]) {
                run.end_tile += 1;
            }
            run.x0 = (ptrdiff_t)run.first_tile * AEGIS_TILE;
            run.x1 = aegis_min(run.end_tile * AEGIS_TILE, layout->width);
            run.cx0 = run.x0 >> sx;
            run.cx1 = (run.x1 + (1 << sx) - 1) >> sx;
            switch (kind[tile]) {
            case AEGIS_TILE_BACKGROUND:
                if (in->is_first) {
                    settle_alpha(&job, &run, 0);
                    memset(held + run.first_tile, AEGIS_ALPHA_ZERO, (size_t)(run.end_tile - run.first_tile));
                }
                if (job.composes) {
                    background_run(&job, &run);
                }
                break;
            case AEGIS_TILE_PERSON:
                if (in->is_first) {
                    settle_alpha(&job, &run, 255);
                    memset(held + run.first_tile, AEGIS_ALPHA_ONE, (size_t)(run.end_tile - run.first_tile));
                }
                if (job.composes) {
                    copy_run(&job, &run, &in->input);
                }
                break;
            default:
                mixed_run(&job, &run, held);
                break;
            }
        }
    }
}
