// Motion of 8x8 cells between two frames, and frames shifted along it.

// ---------------------------------------------------------------------------------------------------------------------
// Planes

/// Fills the padding of a plane by mirroring; planes smaller than the padding are mirrored again and again.
#define NOISE_PAD_PLANE(name, type)                                                                                 \
    static void name(type *base, ptrdiff_t stride, int32_t width, int32_t height, int32_t padding) {                \
        for (int32_t y = 0; y < height; y++) {                                                                      \
            type *row = base + y * stride;                                                                          \
            for (int32_t i = 1; i <= padding; i++) {                                                                \
                row[-i] = row[aegis_mirror(-i, width)];                                                             \
                row[width - 1 + i] = row[aegis_mirror(width - 1 + i, width)];                                       \
            }                                                                                                       \
        }                                                                                                           \
        const size_t bytes = (size_t)(width + 2 * padding) * sizeof(type);                                          \
        for (int32_t i = 1; i <= padding; i++) {                                                                    \
            memcpy(base - i * stride - padding, base + aegis_mirror(-i, height) * stride - padding, bytes);         \
            memcpy(                                                                                                 \
                base + (height - 1 + i) * stride - padding,                                                         \
                base + aegis_mirror(height - 1 + i, height) * stride - padding, bytes);                             \
        }                                                                                                           \
    }
NOISE_PAD_PLANE(noise_pad_words, int16_t)
NOISE_PAD_PLANE(noise_pad_bytes, uint8_t)

static void noise_load(
    const aegis_noise_plane *plane, const void *source, ptrdiff_t stride, int32_t bytes_per_sample, int32_t depth) {
    const int32_t up = 12 - depth, top = (1 << depth) - 1;
    for (int32_t y = 0; y < plane->height; y++) {
        int16_t *to = plane->base + y * plane->stride;
        if (bytes_per_sample == 1) {
            const uint8_t *from = (const uint8_t *)source + y * stride;
            AEGIS_LOOP
            for (int32_t x = 0; x < plane->width; x++) {
                to[x] = (int16_t)((from[x] << 4) - 2048);
            }
        } else {
            const uint16_t *from = (const uint16_t *)((const uint8_t *)source + y * stride);
            AEGIS_LOOP
            for (int32_t x = 0; x < plane->width; x++) {
                const int32_t value = from[x] > top ? top : from[x];
                to[x] = (int16_t)((value << up) - 2048);
            }
        }
    }
    noise_pad_words(plane->base, plane->stride, plane->width, plane->height, AEGIS_NOISE_PADDING);
}

static void noise_pyramid_fill(const aegis_noise_pyramid *pyramid, const aegis_noise_plane *luma) {
    const int32_t width = luma->width, height = luma->height;
    for (int32_t y = 0; y < height; y++) {
        const int16_t *above = luma->base + (y - 1) * luma->stride, *row = above + luma->stride;
        const int16_t *below = row + luma->stride;
        uint8_t *to = pyramid->base[0] + y * pyramid->stride[0];
        AEGIS_LOOP
        for (int32_t x = 0; x < width; x++) {
            const int32_t corners = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1];
            const int32_t sides = above[x] + below[x] + row[x - 1] + row[x + 1];
            // 16 samples of 1/16 each.
            const int32_t value = (corners + 2 * sides + 4 * row[x] + 16 * 2048 + 128) >> 8;
            to[x] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
    noise_pad_bytes(pyramid->base[0], pyramid->stride[0], width, height, AEGIS_NOISE_PADDING);
    for (int32_t level = 1; level < AEGIS_NOISE_LEVELS; level++) {
        for (int32_t y = 0; y < pyramid->height[level]; y++) {
            // The padding of the larger level gives odd sizes a neighbour.
            const uint8_t *row = pyramid->base[level - 1] + 2 * y * pyramid->stride[level - 1];
            const uint8_t *below = row + pyramid->stride[level - 1];
            uint8_t *to = pyramid->base[level] + y * pyramid->stride[level];
            AEGIS_LOOP
            for (int32_t x = 0; x < pyramid->width[level]; x++) {
                to[x] = (uint8_t)((row[2 * x] + row[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) >> 2);
            }
        }
        noise_pad_bytes(
            pyramid->base[level], pyramid->stride[level], pyramid->width[level], pyramid->height[level],
            AEGIS_NOISE_PADDING);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Sums of absolute differences

/// Over every second row of 16x16 samples: as good as all rows, and twice as fast.
static uint32_t noise_difference16(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride) {
#if defined(AEGIS_USE_AVX2)
    __m256i sum = _mm256_setzero_si256();
    for (int32_t y = 0; y < 16; y += 4) {
        const __m256i rows = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(a + y * a_stride))),
            _mm_loadu_si128((const __m128i *)(a + (y + 2) * a_stride)), 1);
        const __m256i others = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(b + y * b_stride))),
            _mm_loadu_si128((const __m128i *)(b + (y + 2) * b_stride)), 1);
        sum = _mm256_add_epi64(sum, _mm256_sad_epu8(rows, others));
    }
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    return (uint32_t)(_mm_cvtsi128_si32(half) + _mm_extract_epi16(half, 4));
#elif defined(AEGIS_USE_SSE2)
    __m128i sum = _mm_setzero_si128();
    for (int32_t y = 0; y < 16; y += 2) {
        sum = _mm_add_epi64(
            sum, _mm_sad_epu8(
                     _mm_loadu_si128((const __m128i *)(a + y * a_stride)),
                     _mm_loadu_si128((const __m128i *)(b + y * b_stride))));
    }
    return (uint32_t)(_mm_cvtsi128_si32(sum) + _mm_extract_epi16(sum, 4));
#else
    uint32_t sum = 0;
    for (int32_t y = 0; y < 16; y += 2) {
        AEGIS_LOOP
        for (int32_t x = 0; x < 16; x++) {
            sum += (uint32_t)aegis_absolute(a[y * a_stride + x] - b[y * b_stride + x]);
        }
    }
    return sum;
#endif
}

static uint32_t noise_difference8(const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride) {
#if defined(AEGIS_USE_AVX2) || defined(AEGIS_USE_SSE2)
    __m128i sum = _mm_setzero_si128();
    for (int32_t y = 0; y < 8; y += 2) {
        const __m128i rows = _mm_unpacklo_epi64(
            _mm_loadl_epi64((const __m128i *)(a + y * a_stride)),
            _mm_loadl_epi64((const __m128i *)(a + (y + 1) * a_stride)));
        const __m128i others = _mm_unpacklo_epi64(
            _mm_loadl_epi64((const __m128i *)(b + y * b_stride)),
            _mm_loadl_epi64((const __m128i *)(b + (y + 1) * b_stride)));
        sum = _mm_add_epi64(sum, _mm_sad_epu8(rows, others));
    }
    return (uint32_t)(_mm_cvtsi128_si32(sum) + _mm_extract_epi16(sum, 4));
#else
    uint32_t sum = 0;
    for (int32_t y = 0; y < 8; y++) {
        AEGIS_LOOP
        for (int32_t x = 0; x < 8; x++) {
            sum += (uint32_t)aegis_absolute(a[y * a_stride + x] - b[y * b_stride + x]);
        }
    }
    return sum;
#endif
}

/// Like `noise_difference16`, with samples half-way between `b` and those `step` further.
static uint32_t noise_difference16_between(
    const uint8_t *a, ptrdiff_t a_stride, const uint8_t *b, ptrdiff_t b_stride, ptrdiff_t step) {
#if defined(AEGIS_USE_AVX2) || defined(AEGIS_USE_SSE2)
    __m128i sum = _mm_setzero_si128();
    for (int32_t y = 0; y < 16; y += 2) {
        const uint8_t *at = b + y * b_stride;
        const __m128i between = _mm_avg_epu8(
            _mm_loadu_si128((const __m128i *)at), _mm_loadu_si128((const __m128i *)(at + step)));
        sum = _mm_add_epi64(sum, _mm_sad_epu8(_mm_loadu_si128((const __m128i *)(a + y * a_stride)), between));
    }
    return (uint32_t)(_mm_cvtsi128_si32(sum) + _mm_extract_epi16(sum, 4));
#else
    uint32_t sum = 0;
    for (int32_t y = 0; y < 16; y += 2) {
        const uint8_t *at = b + y * b_stride;
        AEGIS_LOOP
        for (int32_t x = 0; x < 16; x++) {
            sum += (uint32_t)aegis_absolute(a[y * a_stride + x] - ((at[x] + at[x + step] + 1) >> 1));
        }
    }
    return sum;
#endif
}

// ---------------------------------------------------------------------------------------------------------------------
// Search

/// The search of one cell: what was tried, what was best.
typedef struct noise_trial {
    const uint8_t *block, *reference;
    ptrdiff_t stride;
    /// Where the block lies, and where it may lie in the reference.
    int32_t x, y, lowest_x, highest_x, lowest_y, highest_y;
    /// What is expected, and what a sample's distance from it costs, in 1/16.
    int32_t expected_x, expected_y, smoothness;
    /// A difference that is noise alone: nothing better need be looked for.
    uint32_t enough;
    bool is_large;
    int32_t best_x, best_y;
    uint32_t best, best_difference;
} noise_trial;

static void noise_try(noise_trial *t, int32_t x, int32_t y) {
    const int32_t at_x = t->x + x, at_y = t->y + y;
    if (t->best_difference < t->enough || at_x < t->lowest_x || at_x > t->highest_x || at_y < t->lowest_y
        || at_y > t->highest_y) {
        return;
    }
    const uint32_t distance =
        (uint32_t)(aegis_absolute(x - t->expected_x) + aegis_absolute(y - t->expected_y));
    const uint32_t smoothness = distance * (uint32_t)t->smoothness >> 4;
    if (smoothness >= t->best) {
        return;
    }
    const uint8_t *other = t->reference + at_y * t->stride + at_x;
    const uint32_t difference = t->is_large ? noise_difference16(t->block, t->stride, other, t->stride)
                                            : noise_difference8(t->block, t->stride, other, t->stride);
    if (difference + smoothness < t->best) {
        t->best = difference + smoothness;
        t->best_difference = difference;
        t->best_x = x;
        t->best_y = y;
    }
}

/// Goes to better neighbours, at most twice.
static void noise_refine(noise_trial *t) {
    for (int32_t round = 0; round < 2; round++) {
        const int32_t x = t->best_x, y = t->best_y;
        noise_try(t, x - 1, y);
        noise_try(t, x + 1, y);
        noise_try(t, x, y - 1);
        noise_try(t, x, y + 1);
        if (t->best_x == x && t->best_y == y) {
            return;
        }
    }
}

/// Begins the search of a cell of a level.
static noise_trial noise_trial_begin(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t level, int32_t column,
    int32_t row, int32_t noise) {
    const bool is_large = level == 0;
    const int32_t side = is_large ? 16 : 8, offset = is_large ? 4 : 0, reach = AEGIS_NOISE_PADDING - 4;
    noise_trial t;
    t.stride = current->stride[level];
    t.x = column * AEGIS_NOISE_CELL - offset;
    t.y = row * AEGIS_NOISE_CELL - offset;
    t.block = current->base[level] + t.y * t.stride + t.x;
    t.reference = reference->base[level];
    t.lowest_x = t.lowest_y = -reach;
    t.highest_x = current->width[level] + reach - side;
    t.highest_y = current->height[level] + reach - side;
    t.expected_x = t.expected_y = 0;
    // Twice the deviation per 256 samples; the larger block sums up 128, the smaller 64.
    t.smoothness = is_large ? noise : noise / 2;
    // The light filter leaves 3/8 of white noise; two frames differ by sqrt(2), a mean magnitude is 0.8 of the
    // deviation: 54 deviations over 128 samples.
    t.enough = is_large ? (uint32_t)(noise * 50 / 16) : 0;
    t.is_large = is_large;
    t.best_x = t.best_y = 0;
    t.best = t.best_difference = UINT32_MAX;
    return t;
}

/// Tries half samples beside the best whole one.
static void noise_finish_trial(const noise_trial *t, aegis_noise_motion *motion) {
    int32_t x = 2 * t->best_x, y = 2 * t->best_y;
    const int32_t at_x = t->x + t->best_x, at_y = t->y + t->best_y;
    const uint8_t *other = t->reference + at_y * t->stride + at_x;
    uint32_t best = t->best_difference;
    for (int32_t side = 0; side < 4 && t->best_difference >= t->enough; side++) {
        const int32_t dx = side == 0 ? -1 : side == 1 ? 1 : 0, dy = side == 2 ? -1 : side == 3 ? 1 : 0;
        if (at_x + dx < t->lowest_x || at_x + dx > t->highest_x || at_y + dy < t->lowest_y
            || at_y + dy > t->highest_y) {
            continue;
        }
        uint32_t difference =
            noise_difference16_between(t->block, t->stride, other, t->stride, dx + dy * t->stride);
        // A mean has less noise than its samples; that is no sign of motion.
        difference += difference >> 5;
        if (difference < best) {
            best = difference;
            x = 2 * t->best_x + dx;
            y = 2 * t->best_y + dy;
        }
    }
    *motion = (aegis_noise_motion){(int16_t)x, (int16_t)y, (uint16_t)best, 0};
}

static inline int32_t noise_cells(int32_t samples) { return (samples + AEGIS_NOISE_CELL - 1) / AEGIS_NOISE_CELL; }

/// Searches one level; `parent` are the vectors of the next smaller one, NULL at the smallest.
static uint64_t noise_search_level(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t level, int32_t noise,
    const aegis_noise_motion *parent, aegis_noise_motion *motion) {
    const int32_t columns = noise_cells(current->width[level]), rows = noise_cells(current->height[level]);
    const int32_t parent_columns = level + 1 < AEGIS_NOISE_LEVELS ? noise_cells(current->width[level + 1]) : 0;
    const int32_t parent_rows = level + 1 < AEGIS_NOISE_LEVELS ? noise_cells(current->height[level + 1]) : 0;
    uint64_t sum = 0;
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t column = 0; column < columns; column++) {
            noise_trial t = noise_trial_begin(current, reference, level, column, row, noise);
            int32_t xs[8] = {0}, ys[8] = {0}, count = 1;
            aegis_noise_motion *here = motion + row * columns + column;
            if (parent) {
                const int32_t at_x = column / 2, at_y = row / 2;
                for (int32_t i = 0; i < 4; i++) {
                    const int32_t x = at_x + (i & 1 ? (column & 1 ? 1 : -1) : 0);
                    const int32_t y = at_y + (i & 2 ? (row & 1 ? 1 : -1) : 0);
                    const aegis_noise_motion *m = parent + aegis_clamp(y, 0, parent_rows - 1) * parent_columns
                        + aegis_clamp(x, 0, parent_columns - 1);
                    xs[count] = 2 * m->x;
                    ys[count++] = 2 * m->y;
                }
                t.expected_x = xs[1];
                t.expected_y = ys[1];
            }
            // Vectors of level 0 are in half samples already.
            const int32_t scale = level == 0 ? 1 : 0;
            if (column > 0) {
                xs[count] = here[-1].x >> scale;
                ys[count++] = here[-1].y >> scale;
            }
            if (row > 0) {
                xs[count] = here[-columns].x >> scale;
                ys[count++] = here[-columns].y >> scale;
                if (column > 0) {
                    t.expected_x = here[-1].x >> scale;
                    t.expected_y = here[-1].y >> scale;
                }
            }
            for (int32_t i = 0; i < count; i++) {
                bool is_new = true;
                for (int32_t j = 0; j < i; j++) {
                    is_new = is_new && (xs[i] != xs[j] || ys[i] != ys[j]);
                }
                if (is_new) {
                    noise_try(&t, xs[i], ys[i]);
                }
            }
            if (!parent) {
                for (int32_t y = -4; y <= 4; y++) {
                    for (int32_t x = -4; x <= 4; x++) {
                        noise_try(&t, x, y);
                    }
                }
            } else {
                noise_refine(&t);
            }
            sum += t.best_difference;
            if (level == 0) {
                noise_finish_trial(&t, here);
            } else {
                *here = (aegis_noise_motion){
                    (int16_t)t.best_x, (int16_t)t.best_y, (uint16_t)t.best_difference, 0};
            }
        }
    }
    return sum;
}

/// Refines composed vectors at level 0.
static void noise_search_onward(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t noise,
    const aegis_noise_motion *hint, const aegis_noise_motion *onward, aegis_noise_motion *motion) {
    const int32_t columns = noise_cells(current->width[0]), rows = noise_cells(current->height[0]);
    for (int32_t row = 0; row < rows; row++) {
        for (int32_t column = 0; column < columns; column++) {
            noise_trial t = noise_trial_begin(current, reference, 0, column, row, noise);
            aegis_noise_motion *here = motion + row * columns + column;
            const aegis_noise_motion *first = hint + row * columns + column;
            // The cell in between that most of the content lies on.
            const int32_t between_x = aegis_clamp(column + ((first->x + 8) >> 4), 0, columns - 1);
            const int32_t between_y = aegis_clamp(row + ((first->y + 8) >> 4), 0, rows - 1);
            const aegis_noise_motion *second = onward + between_y * columns + between_x;
            const int32_t x = (first->x + second->x) >> 1, y = (first->y + second->y) >> 1;
            t.expected_x = x;
            t.expected_y = y;
            noise_try(&t, x, y);
            if (x || y) {
                noise_try(&t, 0, 0);
            }
            if (column > 0) {
                noise_try(&t, here[-1].x >> 1, here[-1].y >> 1);
            }
            if (row > 0) {
                noise_try(&t, here[-columns].x >> 1, here[-columns].y >> 1);
            }
            if (t.best == UINT32_MAX) {
                // The composition leads out of the picture.
                noise_try(&t, 0, 0);
            }
            noise_refine(&t);
            noise_finish_trial(&t, here);
        }
    }
}

static void noise_search(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t noise,
    const aegis_noise_motion *hint, const aegis_noise_motion *hint_onward, aegis_noise_motion *motion, void *scratch) {
    if (hint && hint_onward) {
        noise_search_onward(current, reference, noise, hint, hint_onward, motion);
        return;
    }
    aegis_noise_motion *parent = NULL, *next = scratch;
    for (int32_t level = AEGIS_NOISE_LEVELS - 1; level >= 0; level--) {
        aegis_noise_motion *here = level == 0 ? motion : next;
        noise_search_level(current, reference, level, noise, parent, here);
        parent = here;
        next = here + noise_cells(current->width[level]) * noise_cells(current->height[level]);
    }
}

static int32_t noise_difference(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, void *scratch) {
    const int32_t level = AEGIS_NOISE_LEVELS - 1;
    const uint64_t sum = noise_search_level(current, reference, level, 0, NULL, scratch);
    const int32_t cells = noise_cells(current->width[level]) * noise_cells(current->height[level]);
    // 64 samples a cell, sixteenths.
    return (int32_t)(sum * 16 / (64 * (uint64_t)cells));
}
