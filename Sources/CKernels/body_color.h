// A 3-D lattice in Y'CbCr applied to planar frames: trilinear, in 15-bit positions and values (see aegis_color.h).
//
// Along luma two neighbouring nodes lie side by side, so one 32-bit load fetches both and one multiply-add of pairs
// interpolates between them. Four such pairs are the corners in Cb and Cr.

enum { color_one = 1 << 15, color_weight_bits = 14, color_weight_one = 1 << color_weight_bits };

/// Ordered dither, 8 x 8, by Bayer's recursion: ranks 0...63.
static const uint8_t color_ranks[8][8] = {
    {0, 32, 8, 40, 2, 34, 10, 42},  {48, 16, 56, 24, 50, 18, 58, 26}, {12, 44, 4, 36, 14, 46, 6, 38},
    {60, 28, 52, 20, 62, 30, 54, 22}, {3, 35, 11, 43, 1, 33, 9, 41},  {51, 19, 59, 27, 49, 17, 57, 25},
    {15, 47, 7, 39, 13, 45, 5, 37}, {63, 31, 55, 23, 61, 29, 53, 21},
};

// ---------------------------------------------------------------------------------------------------------------------
// Lookup

typedef struct color_lattice {
    int32_t luma_shift, luma_mask, luma_weight_shift;
    int32_t chroma_shift, chroma_mask, chroma_weight_shift;
    int32_t u_stride, v_stride;
} color_lattice;

static color_lattice color_lattice_make(const aegis_color_lut *lut) {
    color_lattice lattice;
    lattice.luma_shift = 15 - lut->luma_steps;
    lattice.luma_mask = (1 << lattice.luma_shift) - 1;
    lattice.luma_weight_shift = color_weight_bits - lattice.luma_shift;
    lattice.chroma_shift = 15 - lut->chroma_steps;
    lattice.chroma_mask = (1 << lattice.chroma_shift) - 1;
    lattice.chroma_weight_shift = color_weight_bits - lattice.chroma_shift;
    lattice.u_stride = (1 << lut->luma_steps) + 1;
    lattice.v_stride = lattice.u_stride * ((1 << lut->chroma_steps) + 1);
    return lattice;
}

#if defined(AEGIS_USE_AVX512) || defined(AEGIS_USE_AVX2)

#if defined(AEGIS_USE_AVX512)
enum { color_lanes = 16 };
typedef __m512i color_vector;
#define COLOR_V(name) _mm512_##name
static inline color_vector color_load(const int16_t *from) {
    return _mm512_cvtepi16_epi32(_mm256_loadu_si256((const __m256i *)from));
}
static inline void color_store(int16_t *to, color_vector value) {
    _mm256_storeu_si256((__m256i *)to, _mm512_cvtepi32_epi16(value));
}
static inline color_vector color_load_int32(const int32_t *from) { return _mm512_loadu_si512(from); }
static inline color_vector color_gather(const int16_t *table, color_vector index) {
    return _mm512_i32gather_epi32(index, table, 2);
}
static inline color_vector color_halves(color_vector low, color_vector high) {
    return _mm512_mask_blend_epi16(0xAAAAAAAAu, low, high);
}
#else
enum { color_lanes = 8 };
typedef __m256i color_vector;
#define COLOR_V(name) _mm256_##name
static inline color_vector color_load(const int16_t *from) {
    return _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)from));
}
static inline void color_store(int16_t *to, color_vector value) {
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(value, value), 0x08);
    _mm_storeu_si128((__m128i *)to, _mm256_castsi256_si128(packed));
}
static inline color_vector color_load_int32(const int32_t *from) {
    return _mm256_loadu_si256((const __m256i *)from);
}
static inline color_vector color_gather(const int16_t *table, color_vector index) {
    return _mm256_i32gather_epi32((const int *)table, index, 2);
}
static inline color_vector color_halves(color_vector low, color_vector high) {
    return _mm256_blend_epi16(low, high, 0xAA);
}
#endif

/// (one - weight, weight) as two 16-bit numbers.
static inline color_vector color_weights(color_vector weight) {
    const color_vector rest = COLOR_V(sub_epi32)(COLOR_V(set1_epi32)(color_weight_one), weight);
    return rest | COLOR_V(slli_epi32)(weight, 16);
}

static inline color_vector color_between(color_vector pair, color_vector weights) {
    const color_vector half = COLOR_V(set1_epi32)(color_weight_one / 2);
    return COLOR_V(add_epi32)(COLOR_V(madd_epi16)(pair, weights), half);
}

/// Two sums that were weighted and not shifted yet, as a pair.
static inline color_vector color_pair(color_vector first, color_vector second) {
    return color_halves(
        COLOR_V(srli_epi32)(first, color_weight_bits), COLOR_V(slli_epi32)(second, 16 - color_weight_bits));
}

static inline color_vector color_corners(
    const int16_t *table, const color_lattice *lattice, color_vector index, color_vector wy, color_vector wu,
    color_vector wv) {
    const int16_t *next = table + lattice->v_stride;
    const color_vector a = color_between(color_gather(table, index), wy);
    const color_vector b = color_between(color_gather(table + lattice->u_stride, index), wy);
    const color_vector c = color_between(color_gather(next, index), wy);
    const color_vector d = color_between(color_gather(next + lattice->u_stride, index), wy);
    const color_vector low = color_between(color_pair(a, b), wu), high = color_between(color_pair(c, d), wu);
    return COLOR_V(srai_epi32)(color_between(color_pair(low, high), wv), color_weight_bits);
}

/// Values of one table, or of two, at `count` positions.
static void color_lookup(
    const color_lattice *lattice, ptrdiff_t count, const int16_t *y, const int16_t *u, const int16_t *v,
    const int16_t *table, const int16_t *table2, int16_t *result, int16_t *result2) {
    const color_lattice l = *lattice;
    for (ptrdiff_t x = 0; x < count; x += color_lanes) {
        const color_vector py = color_load(y + x), pu = color_load(u + x), pv = color_load(v + x);
        const color_vector cell_u = COLOR_V(srli_epi32)(pu, (unsigned)l.chroma_shift);
        const color_vector cell_v = COLOR_V(srli_epi32)(pv, (unsigned)l.chroma_shift);
        const color_vector cells = cell_u | COLOR_V(slli_epi32)(cell_v, 16);
        const color_vector strides = COLOR_V(set1_epi32)(l.u_stride | l.v_stride << 16);
        const color_vector index = COLOR_V(add_epi32)(
            COLOR_V(srli_epi32)(py, (unsigned)l.luma_shift), COLOR_V(madd_epi16)(cells, strides));
        const color_vector chroma_mask = COLOR_V(set1_epi32)(l.chroma_mask);
        const color_vector wy = color_weights(COLOR_V(slli_epi32)(
            py & COLOR_V(set1_epi32)(l.luma_mask), (unsigned)l.luma_weight_shift));
        const color_vector wu = color_weights(
            COLOR_V(slli_epi32)(pu & chroma_mask, (unsigned)l.chroma_weight_shift));
        const color_vector wv = color_weights(
            COLOR_V(slli_epi32)(pv & chroma_mask, (unsigned)l.chroma_weight_shift));
        color_store(result + x, color_corners(table, &l, index, wy, wu, wv));
        if (table2) {
            color_store(result2 + x, color_corners(table2, &l, index, wy, wu, wv));
        }
    }
}

/// Adds the difference that its place and brightness have to every sample of a row.
static void color_tone_row(ptrdiff_t count, const aegis_color_scratch *scratch, int16_t *y) {
    for (ptrdiff_t x = 0; x < count; x += color_lanes) {
        const color_vector py = color_load(y + x);
        const color_vector index = COLOR_V(add_epi32)(
            COLOR_V(srli_epi32)(py, 11), color_load_int32(scratch->tile_offset + x));
        const color_vector wy = color_weights(
            COLOR_V(slli_epi32)(py & COLOR_V(set1_epi32)(2047), color_weight_bits - 11));
        const color_vector a = color_between(color_gather(scratch->curves, index), wy);
        const color_vector b = color_between(color_gather(scratch->curves + AEGIS_TONE_STRIDE, index), wy);
        const color_vector wx = color_load_int32(scratch->tile_weights + x);
        const color_vector sum = COLOR_V(add_epi32)(
            py, COLOR_V(srai_epi32)(color_between(color_pair(a, b), wx), color_weight_bits));
        color_store(
            y + x,
            COLOR_V(min_epi32)(
                COLOR_V(max_epi32)(sum, COLOR_V(set1_epi32)(0)), COLOR_V(set1_epi32)(color_one - 1)));
    }
}

#undef COLOR_V

#else

static inline int32_t color_between(int32_t a, int32_t b, int32_t weight) {
    return (a * (color_weight_one - weight) + b * weight + color_weight_one / 2) >> color_weight_bits;
}

static inline int16_t color_corners(
    const int16_t *table, const color_lattice *lattice, int32_t index, int32_t wy, int32_t wu, int32_t wv) {
    const int16_t *a = table + index, *b = a + lattice->u_stride;
    const int16_t *c = a + lattice->v_stride, *d = b + lattice->v_stride;
    const int32_t low = color_between(color_between(a[0], a[1], wy), color_between(b[0], b[1], wy), wu);
    const int32_t high = color_between(color_between(c[0], c[1], wy), color_between(d[0], d[1], wy), wu);
    return (int16_t)color_between(low, high, wv);
}

static void color_lookup(
    const color_lattice *lattice, ptrdiff_t count, const int16_t *y, const int16_t *u, const int16_t *v,
    const int16_t *table, const int16_t *table2, int16_t *result, int16_t *result2) {
    const color_lattice l = *lattice;
    for (ptrdiff_t x = 0; x < count; x++) {
        const int32_t index = (y[x] >> l.luma_shift) + (u[x] >> l.chroma_shift) * l.u_stride
            + (v[x] >> l.chroma_shift) * l.v_stride;
        const int32_t wy = (y[x] & l.luma_mask) << l.luma_weight_shift;
        const int32_t wu = (u[x] & l.chroma_mask) << l.chroma_weight_shift;
        const int32_t wv = (v[x] & l.chroma_mask) << l.chroma_weight_shift;
        result[x] = color_corners(table, &l, index, wy, wu, wv);
        if (table2) {
            result2[x] = color_corners(table2, &l, index, wy, wu, wv);
        }
    }
}

static void color_tone_row(ptrdiff_t count, const aegis_color_scratch *scratch, int16_t *y) {
    for (ptrdiff_t x = 0; x < count; x++) {
        const int16_t *a = scratch->curves + (y[x] >> 11) + scratch->tile_offset[x], *b = a + AEGIS_TONE_STRIDE;
        const int32_t wy = (y[x] & 2047) << (color_weight_bits - 11);
        const int32_t sum =
            y[x] + color_between(
                color_between(a[0], a[1], wy), color_between(b[0], b[1], wy), scratch->tile_weights[x] >> 16);
        y[x] = (int16_t)aegis_min(aegis_max(sum, 0), color_one - 1);
    }
}

#endif

// ---------------------------------------------------------------------------------------------------------------------
// Between samples and positions

/// (near * `near_weight` + far * (4 - near_weight)) / 4 as positions.
#define COLOR_READ_ROWS(name, type) \
    static void name( \
        ptrdiff_t count, const type *near, const type *far, int32_t near_weight, int32_t depth, int16_t *result) { \
        const int32_t limit = (1 << depth) - 1, shift = 13 - depth; \
        AEGIS_LOOP \
        for (ptrdiff_t i = 0; i < count; i++) { \
            /* A file may hold more bits than it promises. */ \
            const int32_t a = near[i] > limit ? limit : near[i], b = far[i] > limit ? limit : far[i]; \
            result[i] = (int16_t)((a * near_weight + b * (4 - near_weight)) << shift); \
        } \
    }
COLOR_READ_ROWS(color_read_u8, uint8_t)
COLOR_READ_ROWS(color_read_u16, uint16_t)

static void color_read(
    const aegis_color_pass *pass, ptrdiff_t count, const void *plane, ptrdiff_t stride, ptrdiff_t near, ptrdiff_t far,
    int32_t near_weight, int16_t *result) {
    const char *base = (const char *)plane;
    if (pass->input_bytes == 1) {
        color_read_u8(
            count, (const uint8_t *)(base + near * stride), (const uint8_t *)(base + far * stride), near_weight, 8,
            result);
    } else {
        color_read_u16(
            count, (const uint16_t *)(base + near * stride), (const uint16_t *)(base + far * stride), near_weight,
            pass->input_depth, result);
    }
}

/// Chroma at luma columns; `narrow[-1]` and `narrow[count]` repeat the ends.
static void color_widen(ptrdiff_t count, const int16_t *narrow, bool centered, int16_t *wide) {
    if (centered) {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            wide[2 * i] = (int16_t)((3 * narrow[i] + narrow[i - 1] + 2) >> 2);
            wide[2 * i + 1] = (int16_t)((3 * narrow[i] + narrow[i + 1] + 2) >> 2);
        }
    } else {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            wide[2 * i] = narrow[i];
            wide[2 * i + 1] = (int16_t)((narrow[i] + narrow[i + 1] + 1) >> 1);
        }
    }
}

/// Luma at chroma columns; `wide[-1]` and `wide[2 * count - 1]` are there.
static void color_narrow(ptrdiff_t count, const int16_t *wide, bool centered, int16_t *narrow) {
    if (centered) {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            narrow[i] = (int16_t)((wide[2 * i] + wide[2 * i + 1] + 1) >> 1);
        }
    } else {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            narrow[i] = (int16_t)((wide[2 * i - 1] + 2 * wide[2 * i] + wide[2 * i + 1] + 2) >> 2);
        }
    }
}

static void color_average_rows(
    ptrdiff_t count, const int16_t *before, const int16_t *first, const int16_t *second, bool centered,
    int16_t *result) {
    if (centered) {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            result[i] = (int16_t)((first[i] + second[i] + 1) >> 1);
        }
    } else {
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            result[i] = (int16_t)((before[i] + 2 * first[i] + second[i] + 2) >> 2);
        }
    }
}

enum { color_block = 64 };

#define COLOR_WRITE_ROW(name, type) \
    static void name( \
        ptrdiff_t count, const int16_t *values, const int16_t *dither, int32_t shift, int32_t low, int32_t high, \
        type *result) { \
        for (ptrdiff_t start = 0; start < count; start += color_block) { \
            const ptrdiff_t length = count - start < color_block ? count - start : color_block; \
            AEGIS_LOOP \
            for (ptrdiff_t i = 0; i < length; i++) { \
                const int32_t value = (values[start + i] + AEGIS_COLOR_OFFSET + dither[i]) >> shift; \
                result[start + i] = (type)(value < low ? low : value > high ? high : value); \
            } \
        } \
    }
COLOR_WRITE_ROW(color_write_u8, uint8_t)
COLOR_WRITE_ROW(color_write_u16, uint16_t)

static void color_write(
    const aegis_color_pass *pass, ptrdiff_t count, const int16_t *values, bool is_chroma, ptrdiff_t row, void *plane,
    ptrdiff_t stride) {
    const int32_t shift = 15 - pass->output_depth;
    int16_t dither[color_block];
    for (int32_t i = 0; i < color_block; i++) {
        // Below one step, so that a whole code stays what it is.
        const int32_t rank = color_ranks[row & 7][i & 7];
        dither[i] = (int16_t)(pass->dither ? ((2 * rank + 1) << shift) >> 7 : 1 << shift >> 1);
    }
    const int32_t low = is_chroma ? pass->chroma_low : pass->luma_low;
    const int32_t high = is_chroma ? pass->chroma_high : pass->luma_high;
    char *to = (char *)plane + row * stride;
    if (pass->output_bytes == 1) {
        color_write_u8(count, values, dither, shift, low, high, (uint8_t *)to);
    } else {
        color_write_u16(count, values, dither, shift, low, high, (uint16_t *)to);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Local tone

/// Where a sample lies between the centres of tiles: the first tile, and the weight of the next one.
static int32_t color_tile(ptrdiff_t position, ptrdiff_t size, int32_t tiles, int32_t *weight) {
    const int64_t centered =
        ((2 * (int64_t)position + 1) * tiles * color_weight_one) / (2 * (int64_t)size) - color_weight_one / 2;
    const int64_t last = (int64_t)(tiles - 1) << color_weight_bits;
    const int64_t clamped = centered < 0 ? 0 : centered > last ? last : centered;
    *weight = (int32_t)(clamped & (color_weight_one - 1));
    return (int32_t)(clamped >> color_weight_bits);
}

static void color_tone_columns(
    const aegis_color_pass *pass, const aegis_tone_grid *tone, const aegis_color_scratch *scratch) {
    for (ptrdiff_t x = 0; x < pass->width; x++) {
        int32_t weight;
        scratch->tile_offset[x] = color_tile(x, pass->width, tone->columns, &weight) * AEGIS_TONE_STRIDE;
        scratch->tile_weights[x] = (color_weight_one - weight) | weight << 16;
    }
}

static void color_tone_curves(
    const aegis_color_pass *pass, const aegis_tone_grid *tone, ptrdiff_t row, const aegis_color_scratch *scratch) {
    int32_t weight;
    const int32_t first = color_tile(row, pass->height, tone->rows, &weight);
    const int32_t second = aegis_min(first + 1, tone->rows - 1);
    for (int32_t column = 0; column <= tone->columns; column++) {
        const int32_t tile = aegis_min(column, tone->columns - 1);
        const int16_t *a = tone->differences + (first * tone->columns + tile) * AEGIS_TONE_NODES;
        const int16_t *b = tone->differences + (second * tone->columns + tile) * AEGIS_TONE_NODES;
        int16_t *curve = scratch->curves + column * AEGIS_TONE_STRIDE;
        for (int32_t i = 0; i < AEGIS_TONE_NODES; i++) {
            curve[i] = (int16_t)((a[i] * (color_weight_one - weight) + b[i] * weight + color_weight_one / 2)
                >> color_weight_bits);
        }
        curve[AEGIS_TONE_NODES] = curve[AEGIS_TONE_NODES - 1];
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The pass

/// Chroma of a luma row at luma positions.
static void color_read_chroma(
    const aegis_color_pass *pass, const aegis_image *input, ptrdiff_t row, const aegis_color_scratch *scratch) {
    const ptrdiff_t width = (pass->width + pass->chroma_shift_x) >> pass->chroma_shift_x;
    const ptrdiff_t height = (pass->height + pass->chroma_shift_y) >> pass->chroma_shift_y;
    ptrdiff_t near = row, far = row;
    int32_t near_weight = 4;
    if (pass->chroma_shift_y) {
        near = row >> 1;
        far = near + (pass->centered_y && !(row & 1) ? -1 : 1);
        far = far < 0 ? 0 : far >= height ? height - 1 : far;
        near_weight = pass->centered_y ? 3 : row & 1 ? 2 : 4;
    }
    for (int32_t component = 0; component < 2; component++) {
        int16_t *wide = component ? scratch->v : scratch->u;
        const void *plane = component ? input->plane2 : input->plane1;
        const ptrdiff_t stride = component ? input->stride2 : input->stride1;
        if (!pass->chroma_shift_x) {
            color_read(pass, width, plane, stride, near, far, near_weight, wide);
            continue;
        }
        int16_t *narrow = (component ? scratch->v_narrow : scratch->u_narrow) + AEGIS_SLACK;
        color_read(pass, width, plane, stride, near, far, near_weight, narrow);
        narrow[-1] = narrow[0];
        narrow[width] = narrow[width - 1];
        color_widen(width, narrow, pass->centered_x, wide);
    }
}

static void color_chroma_row(
    const aegis_color_pass *pass, const aegis_color_lut *lut, const color_lattice *lattice, const aegis_image *input,
    const aegis_mutable_image *output, ptrdiff_t row, const aegis_color_scratch *scratch) {
    const ptrdiff_t width = (pass->width + pass->chroma_shift_x) >> pass->chroma_shift_x;
    const int16_t *luma = scratch->luma[(row << pass->chroma_shift_y) & 3] + AEGIS_SLACK;
    if (pass->chroma_shift_y) {
        const ptrdiff_t first = 2 * row, before = first > 0 ? first - 1 : 0;
        const ptrdiff_t second = first + 1 < pass->height ? first + 1 : first;
        int16_t *rows = scratch->luma_rows + AEGIS_SLACK;
        // One more on either side.
        color_average_rows(
            pass->width + 2, scratch->luma[before & 3] + AEGIS_SLACK - 1, luma - 1,
            scratch->luma[second & 3] + AEGIS_SLACK - 1, pass->centered_y, rows - 1);
        luma = rows;
    }
    if (pass->chroma_shift_x) {
        color_narrow(width, luma, pass->centered_x, scratch->luma_narrow);
        luma = scratch->luma_narrow;
    }
    int16_t *u = scratch->u_narrow + AEGIS_SLACK, *v = scratch->v_narrow + AEGIS_SLACK;
    color_read(pass, width, input->plane1, input->stride1, row, row, 4, u);
    color_read(pass, width, input->plane2, input->stride2, row, row, 4, v);
    color_lookup(lattice, width, luma, u, v, lut->u, lut->v, scratch->first, scratch->second);
    color_write(pass, width, scratch->first, true, row, output->plane1, output->stride1);
    color_write(pass, width, scratch->second, true, row, output->plane2, output->stride2);
}

static void color_run(
    const aegis_color_pass *pass, const aegis_color_lut *lut, const aegis_tone_grid *tone, const aegis_image *input,
    const aegis_mutable_image *output, void *memory) {
    aegis_arena arena = {(char *)memory, 0};
    const aegis_color_scratch scratch = aegis_color_take(&arena, pass);
    const color_lattice lattice = color_lattice_make(lut);
    const bool has_chroma = pass->chroma_planes == 2;
    if (!has_chroma) {
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < pass->width; x++) {
            scratch.u[x] = color_one / 2;
            scratch.v[x] = color_one / 2;
        }
    }
    if (tone) {
        color_tone_columns(pass, tone, &scratch);
    }
    for (ptrdiff_t row = 0; row < pass->height; row++) {
        int16_t *luma = scratch.luma[row & 3] + AEGIS_SLACK;
        color_read(pass, pass->width, input->plane0, input->stride0, row, row, 4, luma);
        if (tone) {
            color_tone_curves(pass, tone, row, &scratch);
            color_tone_row(pass->width, &scratch, luma);
        }
        luma[-1] = luma[0];
        luma[pass->width] = luma[pass->width - 1];
        if (has_chroma) {
            color_read_chroma(pass, input, row, &scratch);
        }
        color_lookup(&lattice, pass->width, luma, scratch.u, scratch.v, lut->y, NULL, scratch.first, NULL);
        color_write(pass, pass->width, scratch.first, false, row, output->plane0, output->stride0);
        if (has_chroma && (!pass->chroma_shift_y || (row & 1) || row + 1 == pass->height)) {
            color_chroma_row(pass, lut, &lattice, input, output, row >> pass->chroma_shift_y, &scratch);
        }
    }
}

static void color_mix(const int16_t *a, const int16_t *b, int32_t share, size_t count, int16_t *result) {
    AEGIS_LOOP
    for (size_t i = 0; i < count; i++) {
        // At most 2^14 * 2^15 and half a step: fits 32 bits.
        result[i] = (int16_t)((a[i] * (32768 - share) + b[i] * share + (1 << 14)) >> 15);
    }
}
