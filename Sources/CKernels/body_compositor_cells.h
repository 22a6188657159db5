// From the grid to rows of the full-resolution pass: cells as 16-bit numbers, enlarged along x.

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

/// Planes of the grid as 16-bit numbers. The first group makes alpha and the cleaned edge, the second the blur.
enum { cell_slope, cell_adaption, cell_offset, cell_slope_u, cell_slope_v, cell_estimate_y, cell_estimate_u,
       cell_estimate_v, cell_fill_y, cell_fill_u, cell_fill_v, cell_planes };
_Static_assert(cell_planes == AEGIS_RING_PLANES, "the scratch is sized for as many planes");

/// Rows of the grid's planes around the strip at hand. Strips come from the top down and share rows, so each row is made
/// once and stays until the ring has come round; the last cell is repeated behind it, for positions at the grid's edge
/// and for vector loads.
typedef struct cell_ring {
    ptrdiff_t rows, length;
    int16_t *plane[cell_planes];
    /// Rows up to here were made: of the lines, of the blur.
    ptrdiff_t end[2];
} cell_ring;

static const int16_t *cells_at(const cell_ring *ring, int32_t plane, ptrdiff_t row) {
    return ring->plane[plane] + row % ring->rows * ring->length;
}

static int16_t *cells_to_make(cell_ring *ring, int32_t plane, ptrdiff_t row) {
    return ring->plane[plane] + row % ring->rows * ring->length;
}

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

/// Enlarges a row of cells along x for `blocks` blocks of 8 samples.
static void spread(
    const int16_t *cells, const aegis_axis *axis, ptrdiff_t first_block, ptrdiff_t blocks, int16_t *out) {
#if defined(AEGIS_USE_AVX2)
    if (axis->has_shuffle) {
        const __m256i next = _mm256_set1_epi8(2);
        ptrdiff_t block = 0;
        for (; block + 2 <= blocks; block += 2) {
            const ptrdiff_t at = first_block + block;
            const __m256i values = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(cells + axis->base[at]))),
                _mm_loadu_si128((const __m128i *)(cells + axis->base[at + 1])), 1);
            const __m256i pick = _mm256_loadu_si256((const __m256i *)(axis->shuffle + at * 16));
            const __m256i fraction = _mm256_loadu_si256((const __m256i *)(axis->fraction + at * 8));
            const __m256i a = _mm256_shuffle_epi8(values, pick);
            const __m256i b = _mm256_shuffle_epi8(values, _mm256_add_epi8(pick, next));
            const __m256i step = _mm256_mulhrs_epi16(_mm256_subs_epi16(b, a), fraction);
            _mm256_storeu_si256((__m256i *)(out + block * 8), _mm256_add_epi16(a, step));
        }
        if (block < blocks) {
            const ptrdiff_t at = first_block + block;
            const __m128i values = _mm_loadu_si128((const __m128i *)(cells + axis->base[at]));
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
            const uint8x16_t values = vreinterpretq_u8_s16(vld1q_s16(cells + axis->base[at]));
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
        const int16_t *at = cells + cell[i];
        out[i] = between(at[0], at[1], fraction[i]);
    }
}

/// Repeats the last cell.
static void pad_cells(int16_t *cells, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < 16; i++) {
        cells[count + i] = cells[count - 1];
    }
}

static void make_cells_of_floats(cell_ring *ring, int32_t plane, ptrdiff_t row, const float *grid, ptrdiff_t width,
    float scale) {
    int16_t *cells = cells_to_make(ring, plane, row);
    cells_from_float(grid + row * width, width, scale, cells);
    pad_cells(cells, width);
}

static void make_cells_of_samples(
    cell_ring *ring, int32_t plane, ptrdiff_t row, const uint16_t *grid, ptrdiff_t width) {
    int16_t *cells = cells_to_make(ring, plane, row);
    memcpy(cells, grid + row * width, (size_t)width * sizeof(int16_t));
    pad_cells(cells, width);
}
