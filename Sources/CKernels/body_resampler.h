// Separable resampling in single precision, and the steps around a network that enlarges luma. See aegis_kernels.h.

/// Multiplies rows of samples by their weights and adds two of them up, in place or as the beginning of a sum.
#define AEGIS_WEIGHTED_ROWS(name, type) \
    static void name( \
        const void *first, const void *second, float weight0, float weight1, int32_t count, bool begins, \
        float *restrict sum) { \
        const type *a = first, *b = second; \
        if (begins) { \
            AEGIS_LOOP \
            for (int32_t x = 0; x < count; x++) { \
                sum[x] = weight0 * (float)a[x] + weight1 * (float)b[x]; \
            } \
        } else { \
            AEGIS_LOOP \
            for (int32_t x = 0; x < count; x++) { \
                sum[x] += weight0 * (float)a[x] + weight1 * (float)b[x]; \
            } \
        } \
    }

AEGIS_WEIGHTED_ROWS(weighted_rows8, uint8_t)
AEGIS_WEIGHTED_ROWS(weighted_rows16, uint16_t)
AEGIS_WEIGHTED_ROWS(weighted_rows32, float)

static const char *plane_row(const aegis_plane *plane, int32_t y) {
    return (const char *)plane->base + (ptrdiff_t)y * plane->stride;
}

/// The vertical sum of one destination row, with its edges repeated into the padding.
static void resample_column(const aegis_resampler *r, const aegis_plane *source, int32_t y) {
    float *row = r->row + r->pad_left;
    const float *weights = r->y_weights + (ptrdiff_t)y * r->y_taps;
    const int32_t bottom = r->in_height - 1;
    for (int32_t tap = 0; tap < r->y_taps; tap += 2) {
        const int32_t y0 = aegis_min(aegis_max(r->y_start[y] + tap, 0), bottom);
        const int32_t y1 = aegis_min(aegis_max(r->y_start[y] + tap + 1, 0), bottom);
        const char *a = plane_row(source, y0), *b = plane_row(source, y1);
        const bool begins = tap == 0;
        if (source->bytes_per_sample == 1) {
            weighted_rows8(a, b, weights[tap], weights[tap + 1], r->in_width, begins, row);
        } else if (source->bytes_per_sample == 2) {
            weighted_rows16(a, b, weights[tap], weights[tap + 1], r->in_width, begins, row);
        } else {
            weighted_rows32(a, b, weights[tap], weights[tap + 1], r->in_width, begins, row);
        }
    }
    const float left = row[0], right = row[r->in_width - 1];
    for (int32_t x = 0; x < r->pad_left; x++) {
        r->row[x] = left;
    }
    for (int32_t x = 0; x < r->pad_right; x++) {
        row[r->in_width + x] = right;
    }
}

/// sum[x] = the products of `taps` neighbours, beginning at source[x].
static void convolve_row(
    const float *restrict source, const float *weights, int32_t taps, int32_t count, float *restrict sum) {
    for (int32_t tap = 0; tap < taps; tap += 2) {
        const float *a = source + tap, *b = a + 1;
        const float weight0 = weights[tap], weight1 = weights[tap + 1];
        if (tap == 0) {
            AEGIS_LOOP
            for (int32_t x = 0; x < count; x++) {
                sum[x] = weight0 * a[x] + weight1 * b[x];
            }
        } else {
            AEGIS_LOOP
            for (int32_t x = 0; x < count; x++) {
                sum[x] += weight0 * a[x] + weight1 * b[x];
            }
        }
    }
}

/// The horizontal sums of one destination row, into `r->result`.
static void resample_row(const aegis_resampler *r) {
    const float *row = r->row;
    float *result = r->result;
    if (r->pattern == AEGIS_PATTERN_DOUBLE) {
        const int32_t half = r->out_width / 2;
        float *even = r->part0, *odd = r->part1;
        convolve_row(row + r->x_start[0], r->phase_weights, r->x_taps, half, even);
        convolve_row(row + r->x_start[1], r->phase_weights + r->x_taps, r->x_taps, half, odd);
        AEGIS_LOOP
        for (int32_t x = 0; x < half; x++) {
            result[2 * x] = even[x];
            result[2 * x + 1] = odd[x];
        }
    } else if (r->pattern == AEGIS_PATTERN_HALF) {
        const int32_t half = r->out_width + r->x_taps / 2;
        const float *begin = row + r->x_start[0];
        float *even = r->part0, *odd = r->part1;
        AEGIS_LOOP
        for (int32_t x = 0; x < half; x++) {
            even[x] = begin[2 * x];
            odd[x] = begin[2 * x + 1];
        }
        for (int32_t tap = 0; tap < r->x_taps; tap += 2) {
            const float *a = even + tap / 2, *b = odd + tap / 2;
            const float weight0 = r->phase_weights[tap], weight1 = r->phase_weights[tap + 1];
            if (tap == 0) {
                AEGIS_LOOP
                for (int32_t x = 0; x < r->out_width; x++) {
                    result[x] = weight0 * a[x] + weight1 * b[x];
                }
            } else {
                AEGIS_LOOP
                for (int32_t x = 0; x < r->out_width; x++) {
                    result[x] += weight0 * a[x] + weight1 * b[x];
                }
            }
        }
    } else {
        const int32_t *start = r->x_start;
        for (int32_t tap = 0; tap < r->x_taps; tap++) {
            const float *weights = r->x_weights + (ptrdiff_t)tap * r->out_width;
            const float *source = row + tap;
            if (tap == 0) {
                AEGIS_LOOP
                for (int32_t x = 0; x < r->out_width; x++) {
                    result[x] = weights[x] * source[start[x]];
                }
            } else {
                AEGIS_LOOP
                for (int32_t x = 0; x < r->out_width; x++) {
                    result[x] += weights[x] * source[start[x]];
                }
            }
        }
    }
}

/// Rounds samples to code values. A NaN becomes 0.
static void store_row(const float *restrict values, int32_t count, int32_t bytes, float peak, void *restrict row) {
    if (bytes == 1) {
        uint8_t *out = row;
        AEGIS_LOOP
        for (int32_t x = 0; x < count; x++) {
            float value = values[x] + 0.5f;
            value = value > 0 ? value : 0;
            value = value < peak + 0.5f ? value : peak;
            out[x] = (uint8_t)(int32_t)value;
        }
    } else if (bytes == 2) {
        uint16_t *out = row;
        AEGIS_LOOP
        for (int32_t x = 0; x < count; x++) {
            float value = values[x] + 0.5f;
            value = value > 0 ? value : 0;
            value = value < peak + 0.5f ? value : peak;
            out[x] = (uint16_t)(int32_t)value;
        }
    } else {
        memcpy(row, values, (size_t)count * sizeof(float));
    }
}

#define AEGIS_SUBTRACT_FROM(type) \
    do { \
        const type *samples = from; \
        AEGIS_LOOP \
        for (int32_t x = 0; x < r->out_width; x++) { \
            result[x] = (float)samples[x] - result[x]; \
        } \
    } while (0)

static void resampler_run(
    aegis_resampler *r, const aegis_plane *source, aegis_resampler_mode mode, const aegis_plane *other, float peak,
    const aegis_plane *destination, int32_t first, int32_t end) {
    float *result = r->result;
    for (int32_t y = first; y < end; y++) {
        resample_column(r, source, y);
        resample_row(r);
        if (mode != AEGIS_RESAMPLER_STORE) {
            const void *from = plane_row(other, y);
            if (mode == AEGIS_RESAMPLER_ADD) {
                const float *base = from;
                AEGIS_LOOP
                for (int32_t x = 0; x < r->out_width; x++) {
                    result[x] += base[x];
                }
            } else if (other->bytes_per_sample == 1) {
                AEGIS_SUBTRACT_FROM(uint8_t);
            } else if (other->bytes_per_sample == 2) {
                AEGIS_SUBTRACT_FROM(uint16_t);
            } else {
                AEGIS_SUBTRACT_FROM(float);
            }
        }
        store_row(
            result, r->out_width, destination->bytes_per_sample, peak,
            (char *)destination->base + (ptrdiff_t)y * destination->stride);
    }
}

// MARK: Around the network

#define AEGIS_GATHER(type) \
    do { \
        const type *samples = (const type *)row; \
        const float left = scale * (float)samples[0], right = scale * (float)samples[plane_width - 1]; \
        for (int32_t i = 0; i < before; i++) { \
            out[i] = left; \
        } \
        const type *inner = samples + x + before; \
        float *target = out + before; \
        AEGIS_LOOP \
        for (int32_t i = 0; i < inside; i++) { \
            target[i] = scale * (float)inner[i]; \
        } \
        for (int32_t i = before + inside; i < width; i++) { \
            out[i] = right; \
        } \
    } while (0)

static void gather_tile(
    const aegis_plane *source, int32_t plane_width, int32_t plane_height, int32_t x, int32_t y, int32_t width,
    int32_t height, float scale, float *tile) {
    const int32_t before = aegis_min(aegis_max(-x, 0), width);
    const int32_t inside = aegis_max(aegis_min(x + width, plane_width) - (x + before), 0);
    for (int32_t j = 0; j < height; j++) {
        const char *row = plane_row(source, aegis_min(aegis_max(y + j, 0), plane_height - 1));
        float *restrict out = tile + (ptrdiff_t)j * width;
        if (source->bytes_per_sample == 1) {
            AEGIS_GATHER(uint8_t);
        } else if (source->bytes_per_sample == 2) {
            AEGIS_GATHER(uint16_t);
        } else {
            AEGIS_GATHER(float);
        }
    }
}

static void weave_tile(
    const float *tile, int32_t tile_width, int32_t tile_height, int32_t width, int32_t height, float scale,
    const aegis_plane *destination) {
    const ptrdiff_t size = (ptrdiff_t)tile_width * tile_height;
    for (int32_t j = 0; j < 2 * height; j++) {
        const float *even = tile + (j % 2) * 2 * size + (ptrdiff_t)(j / 2) * tile_width, *odd = even + size;
        float *restrict out = (float *)((char *)destination->base + (ptrdiff_t)j * destination->stride);
        AEGIS_LOOP
        for (int32_t i = 0; i < width; i++) {
            out[2 * i] = scale * even[i];
            out[2 * i + 1] = scale * odd[i];
        }
    }
}

static void add_detail(
    const aegis_plane *base, int32_t width, int32_t height, float margin, const aegis_plane *detail, int32_t first,
    int32_t end, float *scratch) {
    // One sample of padding at each end holds the edge again.
    float *lowest = scratch + 1, *highest = lowest + aegis_round_up(width + 2, AEGIS_SLACK);
    for (int32_t y = first; y < end; y++) {
        const float *above = (const float *)plane_row(base, aegis_max(y - 1, 0));
        const float *here = (const float *)plane_row(base, y);
        const float *below = (const float *)plane_row(base, aegis_min(y + 1, height - 1));
        AEGIS_LOOP
        for (int32_t x = 0; x < width; x++) {
            float low = above[x] < here[x] ? above[x] : here[x];
            float high = above[x] > here[x] ? above[x] : here[x];
            lowest[x] = below[x] < low ? below[x] : low;
            highest[x] = below[x] > high ? below[x] : high;
        }
        lowest[-1] = lowest[0];
        highest[-1] = highest[0];
        lowest[width] = lowest[width - 1];
        highest[width] = highest[width - 1];
        float *restrict out = (float *)((char *)detail->base + (ptrdiff_t)y * detail->stride);
        AEGIS_LOOP
        for (int32_t x = 0; x < width; x++) {
            float low = lowest[x - 1] < lowest[x] ? lowest[x - 1] : lowest[x];
            float high = highest[x - 1] > highest[x] ? highest[x - 1] : highest[x];
            low = (lowest[x + 1] < low ? lowest[x + 1] : low) - margin;
            high = (highest[x + 1] > high ? highest[x + 1] : high) + margin;
            float value = here[x] + out[x];
            value = value > low ? value : low;
            out[x] = value < high ? value : high;
        }
    }
}

static uint64_t plane_squared_difference(
    const aegis_plane *a, const aegis_plane *b, int32_t x0, int32_t y0, int32_t width, int32_t height) {
    uint64_t sum = 0;
    for (int32_t y = y0; y < y0 + height; y++) {
        if (a->bytes_per_sample == 1) {
            const uint8_t *p = (const uint8_t *)plane_row(a, y) + x0, *q = (const uint8_t *)plane_row(b, y) + x0;
            AEGIS_LOOP
            for (int32_t x = 0; x < width; x++) {
                const int32_t difference = p[x] - q[x];
                sum += (uint64_t)(uint32_t)(difference * difference);
            }
        } else {
            const uint16_t *p = (const uint16_t *)plane_row(a, y) + x0, *q = (const uint16_t *)plane_row(b, y) + x0;
            AEGIS_LOOP
            for (int32_t x = 0; x < width; x++) {
                const int32_t difference = p[x] - q[x];
                sum += (uint64_t)(uint32_t)(difference * difference);
            }
        }
    }
    return sum;
}
