// Memory and vector fields of the noise filter: what does not depend on the machine.

#include "kernel_table.h"

#include <math.h>

static int32_t cells(int32_t samples) { return (samples + AEGIS_NOISE_CELL - 1) / AEGIS_NOISE_CELL; }

static ptrdiff_t padded_stride(int32_t width) { return aegis_round_up(width + 2 * AEGIS_NOISE_PADDING, 64); }

static size_t padded_samples(int32_t width, int32_t height) {
    return (size_t)padded_stride(width) * (size_t)(height + 2 * AEGIS_NOISE_PADDING) + AEGIS_SLACK;
}

/// From the start of the memory to the first sample; keeps the alignment.
static ptrdiff_t padded_origin(int32_t width) {
    return AEGIS_NOISE_PADDING * padded_stride(width) + AEGIS_NOISE_PADDING;
}

size_t aegis_noise_plane_size(int32_t width, int32_t height) {
    return padded_samples(width, height) * sizeof(int16_t);
}

aegis_noise_plane aegis_noise_plane_make(void *memory, int32_t width, int32_t height) {
    return (aegis_noise_plane){(int16_t *)memory + padded_origin(width), padded_stride(width), width, height};
}

static size_t pyramid_lay_out(aegis_noise_pyramid *p, void *memory, int32_t width, int32_t height) {
    aegis_arena arena = {memory, 0};
    for (int32_t level = 0; level < AEGIS_NOISE_LEVELS; level++) {
        uint8_t *start = aegis_take(&arena, padded_samples(width, height));
        p->base[level] = start ? start + padded_origin(width) : NULL;
        p->stride[level] = padded_stride(width);
        p->width[level] = width;
        p->height[level] = height;
        width = (width + 1) / 2;
        height = (height + 1) / 2;
    }
    return arena.used;
}

size_t aegis_noise_pyramid_size(int32_t width, int32_t height) {
    aegis_noise_pyramid unused;
    return pyramid_lay_out(&unused, NULL, width, height);
}

aegis_noise_pyramid aegis_noise_pyramid_make(void *memory, int32_t width, int32_t height) {
    aegis_noise_pyramid pyramid;
    pyramid_lay_out(&pyramid, memory, width, height);
    return pyramid;
}

size_t aegis_noise_search_scratch_size(int32_t width, int32_t height) {
    size_t count = 0;
    for (int32_t level = 1; level < AEGIS_NOISE_LEVELS; level++) {
        width = (width + 1) / 2;
        height = (height + 1) / 2;
        count += (size_t)cells(width) * (size_t)cells(height);
    }
    return count * sizeof(aegis_noise_motion);
}

size_t aegis_noise_filter_scratch_size(int32_t width) {
    const size_t length = (size_t)(aegis_round_up(width + 16, 32) + AEGIS_SLACK);
    // The folded rows of every function, a strip, its sums, and a finished row; each aligned.
    return ((AEGIS_NOISE_RADIUS + 1) * 8 + 8 + 8 + 1) * length * sizeof(int16_t) + 4 * AEGIS_ALIGNMENT;
}

double aegis_noise_weight(int32_t radius, int32_t function, int32_t distance) {
    const double frames = 2 * radius + 1;
    return (function == 0 ? 1 : 2) / frames * cos(2 * 3.14159265358979323846 * function * distance / frames);
}

void aegis_noise_pair(aegis_noise_motion *before, aegis_noise_motion *after, int32_t cell_count, int32_t noise) {
    const int32_t floor = noise * 30 / 16;
    for (int32_t i = 0; i < cell_count; i++) {
        const int32_t first = before[i].cost, second = after[i].cost;
        before[i].source = 0;
        after[i].source = 1;
        if (2 * first + floor < second) {
            after[i] = before[i];
        } else if (2 * second + floor < first) {
            before[i] = after[i];
        }
    }
}

/// Half of a vector's part where chroma has half the samples, rounded away from zero.
static int16_t subsampled(int32_t part, int32_t shift) {
    return (int16_t)(shift == 0 ? part : part < 0 ? -((1 - part) >> 1) : (part + 1) >> 1);
}

void aegis_noise_chroma_motion(
    const aegis_noise_motion *luma, int32_t width, int32_t height, int32_t shift_x, int32_t shift_y,
    aegis_noise_motion *chroma) {
    const int32_t columns = cells(width), rows = cells(height);
    const int32_t chroma_columns = cells((width + (1 << shift_x) - 1) >> shift_x);
    const int32_t chroma_rows = cells((height + (1 << shift_y) - 1) >> shift_y);
    for (int32_t row = 0; row < chroma_rows; row++) {
        for (int32_t column = 0; column < chroma_columns; column++) {
            const aegis_noise_motion *members[4];
            int32_t count = 0;
            for (int32_t y = 0; y < 1 << shift_y; y++) {
                for (int32_t x = 0; x < 1 << shift_x; x++) {
                    members[count++] = luma + aegis_min((row << shift_y) + y, rows - 1) * columns
                        + aegis_min((column << shift_x) + x, columns - 1);
                }
            }
            int32_t best = 0, best_distance = INT32_MAX;
            for (int32_t i = 0; i < count; i++) {
                int32_t distance = 0;
                for (int32_t j = 0; j < count; j++) {
                    distance += aegis_absolute(members[i]->x - members[j]->x)
                        + aegis_absolute(members[i]->y - members[j]->y)
                        + (members[i]->source == members[j]->source ? 0 : 4);
                }
                if (distance < best_distance) {
                    best_distance = distance;
                    best = i;
                }
            }
            aegis_noise_motion chosen = *members[best];
            chosen.x = subsampled(chosen.x, shift_x);
            chosen.y = subsampled(chosen.y, shift_y);
            chroma[row * chroma_columns + column] = chosen;
        }
    }
}
