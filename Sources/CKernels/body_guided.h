// The low-resolution part of the fast guided filter (K. He, J. Sun, "Fast Guided Filter", 2015), two passes, streamed
// by rows so that everything that is not input or result stays in the second-level cache.
//
// Box sums are integers: the guide has 8 bits and q 12, so the sums over 81 cells are exact, running sums cannot drift,
// and covariances come without cancellation: 81 S(ij) - S(i) S(j) is computed modulo 2^32, and its true value fits
// (|cov| <= (255/2)(4095/2), times 81^2 = 1.7e9). The lines are quantised (slopes to 2^-14 of a step of q per step of
// the guide, offsets to 2^-6) and box-summed as integers too.

enum {
    guided_radius = AEGIS_GUIDED_RADIUS,
    guided_window = 2 * AEGIS_GUIDED_RADIUS + 1,
    guided_area = guided_window * guided_window,
    /// Rows of a ring: a running sum adds row r + 4 and takes off row r - 5.
    guided_ring = guided_window + 1,
    /// Sums over the guide: Y, U, V, YY, YU, YV, UU, UV, VV; and with q: q, Yq, Uq, Vq.
    guided_guide_sums = 9,
    guided_input_sums = 4,
    guided_all_sums = guided_guide_sums + guided_input_sums,
    /// What pass 2 reuses of a row: S(Y), S(U), S(V), and the six numbers of the factorised covariance.
    guided_kept = 9,
};

#define AEGIS_SLOPE_SCALE 16384.0f
#define AEGIS_OFFSET_SCALE 64.0f

/// Rows of the scratch, aligned, each with 16 elements before and 16 after its cells for the replicated border.
typedef struct guided_rows {
    ptrdiff_t width, length;
    /// Vertical sums.
    int32_t *guide_sums[guided_guide_sums], *input_sums[2][guided_input_sums], *line_sums[2][4];
    /// Sums of three neighbours of a vertical sum.
    int32_t *threes[guided_all_sums];
    float *kept[guided_ring][guided_kept];
    /// Quantised lines of both passes: three slopes and the offset.
    int32_t *lines[2][guided_ring][4];
    /// The input of pass 1; that of pass 2 is a whole plane.
    uint16_t *input[guided_ring];
    uint8_t *zeros8;
    uint16_t *zeros16;
    int32_t *zeros32;
} guided_rows;

static void guided_update_guide(
    ptrdiff_t width, const uint8_t *y, const uint8_t *u, const uint8_t *v, const uint8_t *old_y, const uint8_t *old_u,
    const uint8_t *old_v, int32_t *const sums[guided_guide_sums]) {
    int32_t *s0 = sums[0], *s1 = sums[1], *s2 = sums[2];
    int32_t *s3 = sums[3], *s4 = sums[4], *s5 = sums[5], *s6 = sums[6], *s7 = sums[7], *s8 = sums[8];
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const int32_t a = y[x], b = u[x], c = v[x];
        const int32_t d = old_y[x], e = old_u[x], f = old_v[x];
        s0[x] += a - d;
        s1[x] += b - e;
        s2[x] += c - f;
        s3[x] += a * a - d * d;
        s4[x] += a * b - d * e;
        s5[x] += a * c - d * f;
        s6[x] += b * b - e * e;
        s7[x] += b * c - e * f;
        s8[x] += c * c - f * f;
    }
}

static void guided_update_input(
    ptrdiff_t width, const uint8_t *y, const uint8_t *u, const uint8_t *v, const uint16_t *q, const uint8_t *old_y,
    const uint8_t *old_u, const uint8_t *old_v, const uint16_t *old_q, int32_t *const sums[guided_input_sums]) {
    int32_t *s0 = sums[0], *s1 = sums[1], *s2 = sums[2], *s3 = sums[3];
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const int32_t new_q = q[x], gone_q = old_q[x];
        s0[x] += new_q - gone_q;
        s1[x] += y[x] * new_q - old_y[x] * gone_q;
        s2[x] += u[x] * new_q - old_u[x] * gone_q;
        s3[x] += v[x] * new_q - old_v[x] * gone_q;
    }
}

/// Replicates the border of a row of vertical sums and sums each three neighbours: nine neighbours are three of these.
static void guided_sum_threes(ptrdiff_t width, int32_t *sums, int32_t *threes) {
    for (ptrdiff_t i = 1; i <= guided_radius; i++) {
        sums[-i] = sums[0];
        sums[width - 1 + i] = sums[width - 1];
    }
#if defined(AEGIS_USE_AVX512)
    // Shifted in registers: two of three unaligned loads straddle cache lines every time.
    __m512i before = _mm512_load_si512(sums - 16);
    for (ptrdiff_t x = 0; x < width + 6; x += 16) {
        const __m512i here = _mm512_load_si512(sums + x);
        const __m512i pair = _mm512_add_epi32(
            _mm512_alignr_epi32(here, before, 12), _mm512_alignr_epi32(here, before, 13));
        _mm512_store_si512(threes + x, _mm512_add_epi32(pair, _mm512_alignr_epi32(here, before, 14)));
        before = here;
    }
#elif defined(AEGIS_USE_AVX2)
    __m256i before = _mm256_load_si256((const __m256i *)(sums - 8));
    for (ptrdiff_t x = 0; x < width + 6; x += 8) {
        const __m256i here = _mm256_load_si256((const __m256i *)(sums + x));
        const __m256i first = _mm256_permute2x128_si256(before, here, 0x21);
        const __m256i pair = _mm256_add_epi32(first, _mm256_alignr_epi8(here, first, 4));
        _mm256_store_si256((__m256i *)(threes + x), _mm256_add_epi32(pair, _mm256_alignr_epi8(here, first, 8)));
        before = here;
    }
#else
    const int32_t *from = sums - guided_radius;
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width + 6; x++) {
        threes[x] = from[x] + from[x + 1] + from[x + 2];
    }
#endif
}

static inline int32_t guided_nine(const int32_t *threes, ptrdiff_t x) {
    return threes[x] + threes[x + 3] + threes[x + 6];
}

/// Multiplication by 81 that is defined for any value: results are right modulo 2^32.
static inline int32_t guided_covariance(int32_t product_sum, int32_t sum_a, int32_t sum_b) {
    return (int32_t)((uint32_t)guided_area * (uint32_t)product_sum - (uint32_t)sum_a * (uint32_t)sum_b);
}

static inline int32_t guided_round(float value) {
    return (int32_t)(value + (value < 0.0f ? -0.5f : 0.5f));
}

/// Factorises the covariance of a row of cells: L D L', with the unit lower triangle L in kept[3..5] and 1 / D in
/// kept[6..8]. Stable where Cramer's rule loses the small determinant of a strongly coloured edge.
static void guided_factorise(
    ptrdiff_t width, int32_t *const threes[guided_all_sums], float epsilon_luma, float epsilon_chroma,
    float *const kept[guided_kept]) {
    const int32_t *t0 = threes[0], *t1 = threes[1], *t2 = threes[2], *t3 = threes[3], *t4 = threes[4];
    const int32_t *t5 = threes[5], *t6 = threes[6], *t7 = threes[7], *t8 = threes[8];
    float *k0 = kept[0], *k1 = kept[1], *k2 = kept[2], *k3 = kept[3], *k4 = kept[4], *k5 = kept[5], *k6 = kept[6];
    float *k7 = kept[7], *k8 = kept[8];
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const int32_t s0 = guided_nine(t0, x), s1 = guided_nine(t1, x), s2 = guided_nine(t2, x);
        const float c00 = (float)guided_covariance(guided_nine(t3, x), s0, s0) + epsilon_luma;
        const float c01 = (float)guided_covariance(guided_nine(t4, x), s0, s1);
        const float c02 = (float)guided_covariance(guided_nine(t5, x), s0, s2);
        const float c11 = (float)guided_covariance(guided_nine(t6, x), s1, s1) + epsilon_chroma;
        const float c12 = (float)guided_covariance(guided_nine(t7, x), s1, s2);
        const float c22 = (float)guided_covariance(guided_nine(t8, x), s2, s2) + epsilon_chroma;
        const float r0 = 1.0f / c00;
        const float l10 = c01 * r0, l20 = c02 * r0;
        const float r1 = 1.0f / (c11 - l10 * c01);
        const float rest12 = c12 - l20 * c01;
        const float l21 = rest12 * r1;
        const float r2 = 1.0f / (c22 - l20 * c02 - l21 * rest12);
        k0[x] = (float)s0;
        k1[x] = (float)s1;
        k2[x] = (float)s2;
        k3[x] = l10;
        k4[x] = l20;
        k5[x] = l21;
        k6[x] = r0;
        k7[x] = r1;
        k8[x] = r2;
    }
}

/// Solves for the lines of a row of cells and quantises them.
static void guided_solve(
    ptrdiff_t width, int32_t *const threes[guided_input_sums], float *const kept[guided_kept], int32_t *const lines[4]) {
    const int32_t *t0 = threes[0], *t1 = threes[1], *t2 = threes[2], *t3 = threes[3];
    const float *k0 = kept[0], *k1 = kept[1], *k2 = kept[2], *k3 = kept[3], *k4 = kept[4], *k5 = kept[5];
    const float *k6 = kept[6], *k7 = kept[7], *k8 = kept[8];
    int32_t *out0 = lines[0], *out1 = lines[1], *out2 = lines[2], *out3 = lines[3];
    const float per_area = AEGIS_OFFSET_SCALE / (float)guided_area;
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const float s0 = k0[x], s1 = k1[x], s2 = k2[x];
        const int32_t sq = guided_nine(t0, x);
        // The sums over the guide are integers below 2^24: exact in float, and back.
        const float q0 = (float)guided_covariance(guided_nine(t1, x), (int32_t)s0, sq);
        const float q1 = (float)guided_covariance(guided_nine(t2, x), (int32_t)s1, sq);
        const float q2 = (float)guided_covariance(guided_nine(t3, x), (int32_t)s2, sq);
        const float l10 = k3[x], l20 = k4[x], l21 = k5[x];
        const float y1 = q1 - l10 * q0;
        const float y2 = q2 - l20 * q0 - l21 * y1;
        const float z2 = y2 * k8[x];
        const float z1 = y1 * k7[x] - l21 * z2;
        const float z0 = q0 * k6[x] - l10 * z1 - l20 * z2;
        const float offset = ((float)sq - (z0 * s0 + z1 * s1 + z2 * s2)) * per_area;
        out0[x] = guided_round(z0 * AEGIS_SLOPE_SCALE);
        out1[x] = guided_round(z1 * AEGIS_SLOPE_SCALE);
        out2[x] = guided_round(z2 * AEGIS_SLOPE_SCALE);
        out3[x] = guided_round(offset);
    }
}

static void guided_update_lines(
    ptrdiff_t width, int32_t *const added[4], int32_t *const removed[4], int32_t *const sums[4]) {
    for (int32_t plane = 0; plane < 4; plane++) {
        const int32_t *plus = added[plane], *minus = removed[plane];
        int32_t *sum = sums[plane];
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            sum[x] += plus[x] - minus[x];
        }
    }
}

static void guided_quantise_mask(
    ptrdiff_t width, const aegis_guided_parameters *parameters, const float *mask, uint16_t *input) {
    const float hard = parameters->hard, gain = 1.0f / (1.0f - 2.0f * parameters->hard);
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const float q = clamp_unit((mask[x] - hard) * gain);
        input[x] = (uint16_t)(int32_t)(q * (float)AEGIS_GUIDED_ONE + 0.5f);
    }
}

/// Evaluates the averaged lines of pass 1 on the guide, and stretches the result to the input of pass 2.
static void guided_second_input(
    ptrdiff_t width, const aegis_guided_parameters *parameters, int32_t *const threes[4], const uint8_t *y,
    const uint8_t *u, const uint8_t *v, uint16_t *input) {
    const int32_t *t0 = threes[0], *t1 = threes[1], *t2 = threes[2], *t3 = threes[3];
    const float slope = 1.0f / (AEGIS_SLOPE_SCALE * (float)(guided_area * AEGIS_GUIDED_ONE));
    const float offset = 1.0f / (AEGIS_OFFSET_SCALE * (float)(guided_area * AEGIS_GUIDED_ONE));
    const float low = parameters->middle_low, gain = 1.0f / (parameters->middle_high - parameters->middle_low);
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        const float line = ((float)guided_nine(t0, x) * (float)y[x] + (float)guided_nine(t1, x) * (float)u[x]
                            + (float)guided_nine(t2, x) * (float)v[x]) * slope
            + (float)guided_nine(t3, x) * offset;
        const float q = clamp_unit((clamp_unit(line) - low) * gain);
        input[x] = (uint16_t)(int32_t)(q * (float)AEGIS_GUIDED_ONE + 0.5f);
    }
}

static void guided_store_lines(
    ptrdiff_t width, float chroma_weight, int32_t *const threes[4], float *a0, float *a1, float *a2, float *b) {
    const int32_t *t0 = threes[0], *t1 = threes[1], *t2 = threes[2], *t3 = threes[3];
    const float luma = 255.0f / (AEGIS_SLOPE_SCALE * (float)(guided_area * AEGIS_GUIDED_ONE));
    const float chroma = luma / chroma_weight;
    // A division, so that an offset of exactly 1 comes out as 1.
    const float one = AEGIS_OFFSET_SCALE * (float)(guided_area * AEGIS_GUIDED_ONE);
    AEGIS_LOOP
    for (ptrdiff_t x = 0; x < width; x++) {
        a0[x] = (float)guided_nine(t0, x) * luma;
        a1[x] = (float)guided_nine(t1, x) * chroma;
        a2[x] = (float)guided_nine(t2, x) * chroma;
        b[x] = (float)guided_nine(t3, x) / one;
    }
}

static ptrdiff_t guided_clamp(ptrdiff_t row, ptrdiff_t height) {
    return row < 0 ? 0 : row < height ? row : height - 1;
}

static void guided_lay_out(guided_rows *rows, ptrdiff_t width, void *scratch) {
    rows->width = width;
    rows->length = aegis_round_up((int32_t)width, 16) + 32;
    int32_t *next = scratch;
#define AEGIS_ROW (next += rows->length, (void *)(next - rows->length + 16))
    for (int32_t i = 0; i < guided_guide_sums; i++) {
        rows->guide_sums[i] = AEGIS_ROW;
    }
    for (int32_t pass = 0; pass < 2; pass++) {
        for (int32_t i = 0; i < 4; i++) {
            rows->input_sums[pass][i] = AEGIS_ROW;
            rows->line_sums[pass][i] = AEGIS_ROW;
        }
    }
    for (int32_t i = 0; i < guided_all_sums; i++) {
        rows->threes[i] = AEGIS_ROW;
    }
    for (int32_t row = 0; row < guided_ring; row++) {
        for (int32_t i = 0; i < guided_kept; i++) {
            rows->kept[row][i] = AEGIS_ROW;
        }
        for (int32_t i = 0; i < 4; i++) {
            rows->lines[0][row][i] = AEGIS_ROW;
            rows->lines[1][row][i] = AEGIS_ROW;
        }
        rows->input[row] = AEGIS_ROW;
    }
    rows->zeros8 = AEGIS_ROW;
    rows->zeros16 = AEGIS_ROW;
    rows->zeros32 = AEGIS_ROW;
#undef AEGIS_ROW
    memset(rows->zeros8, 0, (size_t)width);
    memset(rows->zeros16, 0, (size_t)width * sizeof(uint16_t));
    memset(rows->zeros32, 0, (size_t)width * sizeof(int32_t));
    for (int32_t i = 0; i < guided_guide_sums; i++) {
        memset(rows->guide_sums[i], 0, (size_t)width * sizeof(int32_t));
    }
    for (int32_t pass = 0; pass < 2; pass++) {
        for (int32_t i = 0; i < 4; i++) {
            memset(rows->input_sums[pass][i], 0, (size_t)width * sizeof(int32_t));
            memset(rows->line_sums[pass][i], 0, (size_t)width * sizeof(int32_t));
        }
    }
}

/// Averages the lines around `row`: moves the running sums there and sums the columns into `threes`.
static void guided_average_lines(guided_rows *rows, int32_t pass, ptrdiff_t row, ptrdiff_t height) {
    int32_t *none[4] = {
        rows->zeros32, rows->zeros32, rows->zeros32, rows->zeros32};
    if (row == 0) {
        for (ptrdiff_t i = -guided_radius; i <= guided_radius; i++) {
            guided_update_lines(
                rows->width, rows->lines[pass][guided_clamp(i, height) % guided_ring], none, rows->line_sums[pass]);
        }
    } else {
        guided_update_lines(
            rows->width, rows->lines[pass][guided_clamp(row + guided_radius, height) % guided_ring],
            rows->lines[pass][guided_clamp(row - guided_radius - 1, height) % guided_ring], rows->line_sums[pass]);
    }
    for (int32_t i = 0; i < 4; i++) {
        guided_sum_threes(rows->width, rows->line_sums[pass][i], rows->threes[i]);
    }
}

/// The guide's rows, or rows of zeros where there is no chroma.
typedef struct guided_guide {
    const uint8_t *y, *u, *v;
    /// Distance of chroma rows: 0 for the row of zeros.
    ptrdiff_t stride, chroma_stride;
} guided_guide;

/// Moves the running sums of pass `pass` with its input to `row`; those of the guide too in pass 0.
static void guided_move(
    guided_rows *rows, int32_t pass, ptrdiff_t row, ptrdiff_t height, const guided_guide *guide,
    const uint16_t *second) {
    const ptrdiff_t width = rows->width;
    for (ptrdiff_t i = row == 0 ? -guided_radius : guided_radius; i <= guided_radius; i++) {
        const ptrdiff_t in = guided_clamp(row + i, height), out = guided_clamp(row - guided_radius - 1, height);
        const uint8_t *y = guide->y + in * guide->stride, *u = guide->u + in * guide->chroma_stride;
        const uint8_t *v = guide->v + in * guide->chroma_stride;
        const uint16_t *q = pass == 0 ? rows->input[in % guided_ring] : second + in * width;
        const uint8_t *old_y = rows->zeros8, *old_u = rows->zeros8, *old_v = rows->zeros8;
        const uint16_t *old_q = rows->zeros16;
        if (row > 0) {
            old_y = guide->y + out * guide->stride;
            old_u = guide->u + out * guide->chroma_stride;
            old_v = guide->v + out * guide->chroma_stride;
            old_q = pass == 0 ? rows->input[out % guided_ring] : second + out * width;
        }
        if (pass == 0) {
            guided_update_guide(width, y, u, v, old_y, old_u, old_v, rows->guide_sums);
        }
        guided_update_input(width, y, u, v, q, old_y, old_u, old_v, old_q, rows->input_sums[pass]);
    }
}

static void guided_filter(
    const aegis_guided_parameters *parameters, int32_t width_, int32_t height_, const uint8_t *guide_y,
    const uint8_t *guide_u, const uint8_t *guide_v, const float *mask, float *a0, float *a1, float *a2, float *b,
    uint16_t *input2, void *scratch) {
    const ptrdiff_t width = width_, height = height_;
    guided_rows rows;
    guided_lay_out(&rows, width, scratch);
    const guided_guide guide = {
        guide_y, guide_u ? guide_u : rows.zeros8, guide_u ? guide_v : rows.zeros8, width, guide_u ? width : 0};
    const float scaled = parameters->epsilon * (255.0f * 255.0f) * (float)(guided_area * guided_area);
    const float epsilon_chroma = scaled / (parameters->chroma_weight * parameters->chroma_weight);

    // One row enters per step; each later part works `guided_radius` rows behind the one that feeds it.
    ptrdiff_t quantised = 0;
    for (ptrdiff_t step = 0; step < height + 3 * guided_radius; step++) {
        const ptrdiff_t row = step;
        if (row < height) {
            while (quantised < height && quantised <= row + guided_radius) {
                guided_quantise_mask(
                    width, parameters, mask + quantised * width, rows.input[quantised % guided_ring]);
                quantised += 1;
            }
            guided_move(&rows, 0, row, height, &guide, NULL);
            for (int32_t i = 0; i < guided_guide_sums; i++) {
                guided_sum_threes(width, rows.guide_sums[i], rows.threes[i]);
            }
            for (int32_t i = 0; i < guided_input_sums; i++) {
                guided_sum_threes(width, rows.input_sums[0][i], rows.threes[guided_guide_sums + i]);
            }
            float **kept = rows.kept[row % guided_ring];
            guided_factorise(width, rows.threes, scaled, epsilon_chroma, kept);
            guided_solve(width, rows.threes + guided_guide_sums, kept, rows.lines[0][row % guided_ring]);
        }
        const ptrdiff_t middle = step - guided_radius;
        if (middle >= 0 && middle < height) {
            guided_average_lines(&rows, 0, middle, height);
            guided_second_input(
                width, parameters, rows.threes, guide.y + middle * width, guide.u + middle * guide.chroma_stride,
                guide.v + middle * guide.chroma_stride, input2 + middle * width);
        }
        const ptrdiff_t second = step - 2 * guided_radius;
        if (second >= 0 && second < height) {
            guided_move(&rows, 1, second, height, &guide, input2);
            for (int32_t i = 0; i < guided_input_sums; i++) {
                guided_sum_threes(width, rows.input_sums[1][i], rows.threes[i]);
            }
            guided_solve(
                width, rows.threes, rows.kept[second % guided_ring], rows.lines[1][second % guided_ring]);
        }
        const ptrdiff_t last = step - 3 * guided_radius;
        if (last >= 0) {
            guided_average_lines(&rows, 1, last, height);
            const ptrdiff_t at = last * width;
            guided_store_lines(
                width, parameters->chroma_weight, rows.threes, a0 + at, a1 + at, a2 + at, b + at);
        }
    }
}
