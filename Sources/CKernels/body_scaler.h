// Scaling one rectangle of one plane down to 8 bits: rows are summed first, over whole vectors; then columns.

/// Sums weighted 8-bit rows; `count` is the number of entries, even.
static void scaler_sum_rows8(
    const uint8_t *source, ptrdiff_t stride, const int32_t *rows, const int8_t *weights, int32_t count, int32_t columns,
    int16_t *out) {
    int32_t x = 0;
#if defined(AEGIS_USE_AVX2)
    while (columns >= 32) {
        // The last block overlaps the one before it: nothing is read behind the row.
        if (x + 32 > columns) {
            x = columns - 32;
        }
        __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
        for (int32_t entry = 0; entry < count; entry += 2) {
            const __m256i a = _mm256_loadu_si256((const __m256i *)(source + rows[entry] * stride + x));
            const __m256i b = _mm256_loadu_si256((const __m256i *)(source + rows[entry + 1] * stride + x));
            const __m256i pair = _mm256_set1_epi16(
                (int16_t)((uint8_t)weights[entry] | (uint16_t)((uint8_t)weights[entry + 1]) << 8));
            low = _mm256_add_epi16(low, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), pair));
            high = _mm256_add_epi16(high, _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), pair));
        }
        _mm256_storeu_si256((__m256i *)(out + x), _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256((__m256i *)(out + x + 16), _mm256_permute2x128_si256(low, high, 0x31));
        x += 32;
        if (x >= columns) {
            return;
        }
    }
#endif
    const uint8_t *first = source + rows[0] * stride;
    const int16_t first_weight = weights[0];
    AEGIS_LOOP
    for (int32_t i = x; i < columns; i++) {
        out[i] = (int16_t)(first[i] * first_weight);
    }
    for (int32_t entry = 1; entry < count; entry++) {
        const uint8_t *row = source + rows[entry] * stride;
        const int16_t weight = weights[entry];
        AEGIS_LOOP
        for (int32_t i = x; i < columns; i++) {
            out[i] = (int16_t)(out[i] + (int16_t)(row[i] * weight));
        }
    }
}

/// Sums weighted 16-bit rows and brings them to the scale of 8-bit ones. Sums of 12-bit samples need 19 bits, so this
/// goes over blocks of 32-bit sums.
static void scaler_sum_rows16(
    const uint8_t *source, ptrdiff_t stride, const int32_t *rows, const int8_t *weights, int32_t count, int32_t columns,
    int32_t depth, int32_t shift, int16_t *out) {
    enum { block = 256 };
    int32_t sum[block];
    for (int32_t at = 0; at < columns; at += block) {
        const int32_t part = aegis_min(block, columns - at);
        memset(sum, 0, sizeof(sum));
        for (int32_t entry = 0; entry < count; entry++) {
            const uint16_t *row = (const uint16_t *)(source + rows[entry] * stride) + at;
            const int32_t weight = weights[entry];
            AEGIS_LOOP
            for (int32_t i = 0; i < part; i++) {
                sum[i] += (row[i] >> shift) * weight;
            }
        }
        // Bits above the depth, which no frame has, must not wrap around.
        const int32_t down = depth - 8;
        AEGIS_LOOP
        for (int32_t i = 0; i < part; i++) {
            const int32_t value = sum[i] >> down;
            out[at + i] = (int16_t)(value > 32767 ? 32767 : value);
        }
    }
}

/// Means of two or four neighbours; the same numbers as with tables, since the weights are powers of two.
static void scaler_mean_columns(const aegis_scaler *s, const int16_t *row, uint8_t *out) {
    int32_t x = 0;
    const bool pairs = s->even_taps == 2;
    const int32_t shift = AEGIS_SCALER_VERTICAL + (pairs ? 1 : 2), half = 1 << (shift - 1);
#if defined(AEGIS_USE_AVX2)
    const __m256i ones = _mm256_set1_epi16(1), add = _mm256_set1_epi32(half);
    for (; x + 16 <= s->width; x += 16) {
        __m256i low, high;
        if (pairs) {
            low = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 2 * x)), ones);
            high = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 2 * x + 16)), ones);
        } else {
            const __m256i a = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 4 * x)), ones);
            const __m256i b = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 4 * x + 16)), ones);
            const __m256i c = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 4 * x + 32)), ones);
            const __m256i d = _mm256_madd_epi16(_mm256_loadu_si256((const __m256i *)(row + 4 * x + 48)), ones);
            low = _mm256_permute4x64_epi64(_mm256_hadd_epi32(a, b), 0xD8);
            high = _mm256_permute4x64_epi64(_mm256_hadd_epi32(c, d), 0xD8);
        }
        low = _mm256_srai_epi32(_mm256_add_epi32(low, add), shift);
        high = _mm256_srai_epi32(_mm256_add_epi32(high, add), shift);
        const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
        const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
        _mm_storeu_si128((__m128i *)(out + x), bytes);
    }
#endif
    if (pairs) {
        AEGIS_LOOP
        for (int32_t i = x; i < s->width; i++) {
            const int32_t mean = (row[2 * i] + row[2 * i + 1] + half) >> shift;
            out[i] = (uint8_t)(mean > 255 ? 255 : mean);
        }
    } else {
        AEGIS_LOOP
        for (int32_t i = x; i < s->width; i++) {
            const int32_t mean = (row[4 * i] + row[4 * i + 1] + row[4 * i + 2] + row[4 * i + 3] + half) >> shift;
            out[i] = (uint8_t)(mean > 255 ? 255 : mean);
        }
    }
}

static void scaler_sum_columns(const aegis_scaler *s, const int16_t *row, uint8_t *out) {
    if (s->even_taps) {
        scaler_mean_columns(s, row, out);
        return;
    }
    const int32_t taps = s->taps;
    const int32_t half = 1 << (AEGIS_SCALER_VERTICAL + AEGIS_SCALER_HORIZONTAL - 1);
    int32_t x = 0;
#if defined(AEGIS_USE_AVX2)
    for (; x + 8 <= s->width; x += 8) {
        __m256i pairs[4];
        for (int32_t i = 0; i < 4; i++) {
            const int16_t *source0 = row + s->column_start[x + 2 * i];
            const int16_t *source1 = row + s->column_start[x + 2 * i + 1];
            const int16_t *weights = s->column_weights + (ptrdiff_t)(x + 2 * i) * taps;
            if (taps == 8) {
                // The weights of two columns lie one after the other.
                const __m256i values = _mm256_inserti128_si256(
                    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)source0)),
                    _mm_loadu_si128((const __m128i *)source1), 1);
                pairs[i] = _mm256_madd_epi16(values, _mm256_loadu_si256((const __m256i *)weights));
                continue;
            }
            __m256i sum = _mm256_setzero_si256();
            for (int32_t tap = 0; tap < taps; tap += 8) {
                const __m256i values = _mm256_inserti128_si256(
                    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(source0 + tap))),
                    _mm_loadu_si128((const __m128i *)(source1 + tap)), 1);
                const __m256i factors = _mm256_inserti128_si256(
                    _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(weights + tap))),
                    _mm_loadu_si128((const __m128i *)(weights + taps + tap)), 1);
                sum = _mm256_add_epi32(sum, _mm256_madd_epi16(values, factors));
            }
            pairs[i] = sum;
        }
        // Low half: columns 0, 2, 4, 6; high half: 1, 3, 5, 7.
        __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(pairs[0], pairs[1]), _mm256_hadd_epi32(pairs[2], pairs[3]));
        sums = _mm256_srai_epi32(
            _mm256_add_epi32(sums, _mm256_set1_epi32(half)), AEGIS_SCALER_VERTICAL + AEGIS_SCALER_HORIZONTAL);
        const __m128i even = _mm256_castsi256_si128(sums), odd = _mm256_extracti128_si256(sums, 1);
        const __m128i words = _mm_packs_epi32(_mm_unpacklo_epi32(even, odd), _mm_unpackhi_epi32(even, odd));
        _mm_storel_epi64((__m128i *)(out + x), _mm_packus_epi16(words, words));
    }
#endif
    for (; x < s->width; x++) {
        const int16_t *source = row + s->column_start[x];
        const int16_t *weights = s->column_weights + (ptrdiff_t)x * taps;
        int32_t sum = half;
        for (int32_t tap = 0; tap < taps; tap += 8) {
            AEGIS_LOOP
            for (int32_t i = 0; i < 8; i++) {
                sum += source[tap + i] * weights[tap + i];
            }
        }
        sum >>= AEGIS_SCALER_VERTICAL + AEGIS_SCALER_HORIZONTAL;
        sum = sum < 0 ? 0 : sum;
        out[x] = (uint8_t)(sum > 255 ? 255 : sum);
    }
}

static void scaler_run(
    aegis_scaler *s, const void *source, ptrdiff_t stride, int32_t components, int32_t bytes_per_sample, int32_t depth,
    int32_t shift, uint8_t *destination, uint8_t *destination2) {
    const uint8_t *first = (const uint8_t *)source + (ptrdiff_t)s->first_column * components * bytes_per_sample;
    const int32_t samples = s->columns * components;
    for (int32_t y = 0; y < s->height; y++) {
        const int32_t entry = s->row_first[y], count = s->row_first[y + 1] - entry;
        if (bytes_per_sample == 1) {
            scaler_sum_rows8(first, stride, s->row_index + entry, s->row_weight + entry, count, samples, s->row);
        } else {
            scaler_sum_rows16(
                first, stride, s->row_index + entry, s->row_weight + entry, count, samples, depth, shift, s->row);
        }
        if (components == 1) {
            scaler_sum_columns(s, s->row, destination + (ptrdiff_t)y * s->width);
        } else {
            const int16_t *row = s->row;
            int16_t *part0 = s->part0, *part1 = s->part1;
            AEGIS_LOOP
            for (int32_t x = 0; x < s->columns; x++) {
                part0[x] = row[2 * x];
                part1[x] = row[2 * x + 1];
            }
            scaler_sum_columns(s, part0, destination + (ptrdiff_t)y * s->width);
            scaler_sum_columns(s, part1, destination2 + (ptrdiff_t)y * s->width);
        }
    }
}
