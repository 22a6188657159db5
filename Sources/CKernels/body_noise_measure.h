// How noisy a plane is.

/// Classes of texture and of noise in the histogram of blocks.
enum { NOISE_TEXTURES = 64, NOISE_STEPS = 1024 };

/// Sum of a block's 64 diagonal differences that one class of noise spans: 1/21 of a code value of deviation.
enum { NOISE_STEP = 96 };

/// Texture on a logarithmic scale with four classes an octave.
static inline int32_t noise_texture_class(uint32_t texture) {
    if (texture < 4) {
        return (int32_t)texture;
    }
    const int32_t octave = 31 - __builtin_clz(texture);
    return aegis_min(4 * (octave - 1) + (int32_t)(texture >> (octave - 2) & 3), NOISE_TEXTURES - 1);
}

static int32_t noise_measure(const aegis_noise_plane *plane, int32_t lowest, int32_t highest, void *scratch) {
    uint32_t *histogram = scratch;
    memset(histogram, 0, NOISE_TEXTURES * NOISE_STEPS * sizeof(uint32_t));
    const int32_t black = lowest * 16 - 2048, white = highest * 16 - 2048;
    uint32_t total = 0;
    // Large pictures have more than enough blocks: every second one of them, like the fields of a chessboard.
    const int32_t step = (int64_t)plane->width * plane->height > 400 * 400 ? 32 : 16;
    for (int32_t top = 0; top + 16 <= plane->height; top += 16) {
        for (int32_t left = step == 32 ? top % 32 : 0; left + 16 <= plane->width; left += step) {
            const int16_t *block = plane->base + top * plane->stride + left;
            int32_t means[16] = {0}, smallest = INT16_MAX, largest = INT16_MIN;
            uint32_t diagonal = 0, cut = 0, held = 0;
            for (int32_t y = 0; y < 16; y += 2) {
                const int16_t *a = block + y * plane->stride, *b = a + plane->stride;
                int32_t columns[16];
                AEGIS_LOOP
                for (int32_t x = 0; x < 16; x++) {
                    columns[x] = a[x] + b[x];
                    smallest = aegis_min(smallest, aegis_min(a[x], b[x]));
                    largest = aegis_max(largest, aegis_max(a[x], b[x]));
                    // The topmost code value depends on the depth: 255 of 8 bits is 2032.
                    cut += (uint32_t)((a[x] == -2048) + (b[x] == -2048) + (a[x] >= 2032) + (b[x] >= 2032));
                    held += (uint32_t)((a[x] == black) + (b[x] == black) + (a[x] == white) + (b[x] == white));
                }
                AEGIS_LOOP
                for (int32_t x = 0; x < 16; x += 2) {
                    diagonal += (uint32_t)aegis_absolute(a[x] - a[x + 1] - b[x] + b[x + 1]);
                }
                for (int32_t x = 0; x < 16; x++) {
                    means[(y / 4) * 4 + x / 4] += columns[x];
                }
            }
            uint32_t texture = 0;
            for (int32_t i = 0; i < 16; i++) {
                texture += i % 4 ? (uint32_t)aegis_absolute(means[i] - means[i - 1]) : 0;
                texture += i >= 4 ? (uint32_t)aegis_absolute(means[i] - means[i - 4]) : 0;
            }
            // Where noise was cut off at an end of the range, samples pile up there.
            if (smallest == largest || cut > 4 || held > 64) {
                continue;
            }
            const int32_t class = aegis_min((int32_t)(diagonal / NOISE_STEP), NOISE_STEPS - 1);
            histogram[noise_texture_class(texture / 16) * NOISE_STEPS + class] += 1;
            total += 1;
        }
    }
    if (total == 0) {
        return -1;
    }
    uint32_t chosen = 0, by_noise[NOISE_STEPS] = {0};
    for (int32_t texture = 0; texture < NOISE_TEXTURES && chosen * 5 < total; texture++) {
        for (int32_t step = 0; step < NOISE_STEPS; step++) {
            by_noise[step] += histogram[texture * NOISE_STEPS + step];
            chosen += histogram[texture * NOISE_STEPS + step];
        }
    }
    uint32_t passed = 0;
    for (int32_t step = 0; step < NOISE_STEPS; step++) {
        if (2 * (passed + by_noise[step]) >= chosen) {
            const double within = by_noise[step] ? (0.5 * chosen - passed) / by_noise[step] : 0;
            // 64 differences a block, each of 2 deviations; the mean magnitude is sqrt(2 / pi) of the deviation; 16
            // units a code value.
            const double deviation = (step + within) * NOISE_STEP / 64 / 2 / 0.79788456 / 16;
            return (int32_t)(deviation * 256 + 0.5);
        }
        passed += by_noise[step];
    }
    return -1;
}
