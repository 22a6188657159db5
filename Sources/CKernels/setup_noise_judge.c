// How a noise filter is judged: run on a few sample frames, so there are no variants.

#include "kernel_table.h"

static inline int32_t sample_at(aegis_noise_samples plane, int32_t bytes_per_sample, int32_t x, int32_t y) {
    const uint8_t *row = (const uint8_t *)plane.base + y * plane.stride;
    return bytes_per_sample == 1 ? row[x] : ((const uint16_t *)row)[x];
}

/// SplitMix64.
static inline uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void aegis_noise_disturb(
    aegis_noise_samples source, int32_t width, int32_t height, int32_t bytes_per_sample, int32_t depth,
    double deviation, uint64_t seed, void *destination, ptrdiff_t stride) {
    const int32_t top = (1 << depth) - 1;
    // The sum of four uniform numbers of 16 bits has a variance of 4 * 65536^2 / 12.
    const double scale = deviation / (65536 * 0.57735026919);
    uint64_t state = seed;
    for (int32_t y = 0; y < height; y++) {
        uint8_t *row = (uint8_t *)destination + y * stride;
        for (int32_t x = 0; x < width; x++) {
            const uint64_t random = next_random(&state);
            const int32_t sum = (int32_t)((random & 0xFFFF) + (random >> 16 & 0xFFFF) + (random >> 32 & 0xFFFF)
                + (random >> 48)) - 2 * 65535;
            const double value = sample_at(source, bytes_per_sample, x, y) + sum * scale + 0.5;
            const int32_t rounded = value < 0 ? 0 : value > top ? top : (int32_t)value;
            if (bytes_per_sample == 1) {
                row[x] = (uint8_t)rounded;
            } else {
                ((uint16_t *)row)[x] = (uint16_t)rounded;
            }
        }
    }
}

aegis_noise_judgement aegis_noise_judge(
    aegis_noise_samples original, aegis_noise_samples disturbed, aegis_noise_samples filtered, int32_t width,
    int32_t height, int32_t bytes_per_sample, int32_t depth, double margin) {
    const int32_t lowest = (int32_t)margin, highest = (1 << depth) - 1 - lowest;
    aegis_noise_judgement result = {0, 0, 0};
    for (int32_t y = 0; y < height; y++) {
        int64_t count = 0, added = 0, crossed = 0;
        for (int32_t x = 0; x < width; x++) {
            const int32_t o = sample_at(original, bytes_per_sample, x, y);
            const int32_t d = sample_at(disturbed, bytes_per_sample, x, y);
            const int32_t f = sample_at(filtered, bytes_per_sample, x, y);
            const int64_t is_inside = o >= lowest && o <= highest;
            count += is_inside;
            added += is_inside * (d - o) * (d - o);
            crossed += is_inside * (f - 2 * o + d) * (f - 2 * o + d);
        }
        result.count += (double)count;
        result.added += (double)added;
        result.crossed += (double)crossed;
    }
    return result;
}

/// The Sobel gradient of `weight` times one plane plus `other_weight` times another.
static void gradient_at(
    aegis_noise_samples plane, int32_t weight, aegis_noise_samples other, int32_t other_weight, int32_t bytes_per_sample,
    int32_t x, int32_t y, int32_t *across, int32_t *down) {
    int32_t v[3][3];
    for (int32_t row = 0; row < 3; row++) {
        for (int32_t column = 0; column < 3; column++) {
            v[row][column] = weight * sample_at(plane, bytes_per_sample, x + column - 1, y + row - 1)
                + other_weight * sample_at(other, bytes_per_sample, x + column - 1, y + row - 1);
        }
    }
    *across = v[0][2] + 2 * v[1][2] + v[2][2] - v[0][0] - 2 * v[1][0] - v[2][0];
    *down = v[2][0] + 2 * v[2][1] + v[2][2] - v[0][0] - 2 * v[0][1] - v[0][2];
}

void aegis_noise_edges(
    aegis_noise_samples original, aegis_noise_samples disturbed, aegis_noise_samples filtered, int32_t width,
    int32_t height, int32_t bytes_per_sample, double limit, double *sum_before, double *sum_after) {
    double before_all = 0, after_all = 0;
    for (int32_t y = 1; y < height - 1; y++) {
        int64_t before = 0, after = 0;
        for (int32_t x = 1; x < width - 1; x++) {
            int32_t judge_x, judge_y, own_x, own_y;
            gradient_at(original, 2, disturbed, -1, bytes_per_sample, x, y, &judge_x, &judge_y);
            if (aegis_absolute(judge_x) + aegis_absolute(judge_y) <= limit) {
                continue;
            }
            gradient_at(disturbed, 1, disturbed, 0, bytes_per_sample, x, y, &own_x, &own_y);
            before += (int64_t)judge_x * own_x + (int64_t)judge_y * own_y;
            gradient_at(filtered, 1, filtered, 0, bytes_per_sample, x, y, &own_x, &own_y);
            after += (int64_t)judge_x * own_x + (int64_t)judge_y * own_y;
        }
        before_all += (double)before;
        after_all += (double)after;
    }
    *sum_before = before_all;
    *sum_after = after_all;
}
