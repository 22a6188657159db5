// Small loops over whole planes: range, differences, colour, rotation, mask to grid, temporal filter, dilation.

static void expand_range(const uint8_t *source, uint8_t *destination, size_t count, bool is_chroma) {
    // 255 / 219 and 255 / 224 in 1/65536.
    const int32_t gain = is_chroma ? 74606 : 76309;
    const int32_t from = is_chroma ? 128 : 16;
    const int32_t to = is_chroma ? 128 : 0;
    AEGIS_LOOP
    for (size_t i = 0; i < count; i++) {
        int32_t value = (((int32_t)source[i] - from) * gain + 32768) >> 16;
        value += to;
        value = value < 0 ? 0 : value;
        destination[i] = (uint8_t)(value > 255 ? 255 : value);
    }
}

static uint64_t sum_absolute_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t total = 0;
    while (count > 0) {
        // 32-bit sums vectorise best; 2^20 differences fit.
        const size_t part = count < (1u << 20) ? count : (1u << 20);
        uint32_t sum = 0;
        AEGIS_LOOP
        for (size_t i = 0; i < part; i++) {
            const int32_t difference = (int32_t)a[i] - (int32_t)b[i];
            sum += (uint32_t)(difference < 0 ? -difference : difference);
        }
        total += sum;
        a += part;
        b += part;
        count -= part;
    }
    return total;
}

static inline float clamp_unit(float value) {
    value = value < 0.0f ? 0.0f : value;
    return value > 1.0f ? 1.0f : value;
}

static void yuv_to_rgb(
    const aegis_yuv_matrix *matrix, const uint8_t *y, const uint8_t *u, const uint8_t *v, size_t count, float *r,
    float *g, float *b) {
    const aegis_yuv_matrix m = *matrix;
    if (!u || !v) {
        AEGIS_LOOP
        for (size_t i = 0; i < count; i++) {
            const float luma = clamp_unit(((float)y[i] - m.y_offset) * m.y_scale);
            r[i] = luma;
            g[i] = luma;
            b[i] = luma;
        }
        return;
    }
    AEGIS_LOOP
    for (size_t i = 0; i < count; i++) {
        const float luma = ((float)y[i] - m.y_offset) * m.y_scale;
        const float cb = (float)u[i] - 128.0f;
        const float cr = (float)v[i] - 128.0f;
        r[i] = clamp_unit(luma + m.rv * cr);
        g[i] = clamp_unit(luma + (m.gu * cb + m.gv * cr));
        b[i] = clamp_unit(luma + m.bu * cb);
    }
}

#define AEGIS_ROTATE(type)                                                                                             \
    do {                                                                                                               \
        const ptrdiff_t w = width, h = height;                                                                         \
        switch (quarter_turns) {                                                                                       \
        case 0:                                                                                                        \
            memcpy(destination, source, (size_t)(w * h) * sizeof(type));                                               \
            break;                                                                                                     \
        case 1:                                                                                                        \
            for (ptrdiff_t y = 0; y < w; y++) {                                                                        \
                for (ptrdiff_t x = 0; x < h; x++) {                                                                    \
                    destination[y * h + x] = source[(h - 1 - x) * w + y];                                              \
                }                                                                                                      \
            }                                                                                                          \
            break;                                                                                                     \
        case 2:                                                                                                        \
            for (ptrdiff_t i = 0; i < w * h; i++) {                                                                    \
                destination[i] = source[w * h - 1 - i];                                                                \
            }                                                                                                          \
            break;                                                                                                     \
        default:                                                                                                       \
            for (ptrdiff_t y = 0; y < w; y++) {                                                                        \
                for (ptrdiff_t x = 0; x < h; x++) {                                                                    \
                    destination[y * h + x] = source[x * w + (w - 1 - y)];                                              \
                }                                                                                                      \
            }                                                                                                          \
            break;                                                                                                     \
        }                                                                                                              \
    } while (0)

static void rotate_u8(
    const uint8_t *source, int32_t width, int32_t height, int32_t quarter_turns, uint8_t *destination) {
    AEGIS_ROTATE(uint8_t);
}

static void rotate_f32(const float *source, int32_t width, int32_t height, int32_t quarter_turns, float *destination) {
    AEGIS_ROTATE(float);
}

static void pick_changed(const float *current, const float *mask, float threshold, size_t count, float *result) {
    AEGIS_LOOP
    for (size_t i = 0; i < count; i++) {
        result[i] = fabsf(current[i] - mask[i]) > threshold ? current[i] : mask[i];
    }
}

// ---------------------------------------------------------------------------------------------------------------------

static void paster_run(aegis_paster *p, const float *mask, float *grid) {
    const ptrdiff_t width = p->mask_width, height = p->mask_height, count = p->x_count;
    // Columns first. The taps of a cell are consecutive columns, so eight rows side by side turn each tap into one
    // multiplication of a vector, whatever the tap counts are.
    for (ptrdiff_t top = 0; top < height; top += 8) {
        for (ptrdiff_t j = 0; j < 8; j++) {
            const float *source = mask + (top + j < height ? top + j : height - 1) * width;
            for (ptrdiff_t x = 0; x < width; x++) {
                p->block[x * 8 + j] = source[x];
            }
        }
        for (ptrdiff_t cell = 0; cell < count; cell++) {
            const float *weights = p->x_weights + p->x_offset[cell];
            const float *source = p->block + (ptrdiff_t)p->x_start[cell] * 8;
            float sum[8] = {0};
            for (int32_t tap = 0; tap < p->x_taps[cell]; tap++) {
                AEGIS_LOOP
                for (int32_t j = 0; j < 8; j++) {
                    sum[j] += weights[tap] * source[tap * 8 + j];
                }
            }
            for (ptrdiff_t j = 0; j < 8; j++) {
                p->rows[(top + j) * count + cell] = sum[j];
            }
        }
    }
    float *sum = p->block;
    for (ptrdiff_t cell = 0; cell < p->y_count; cell++) {
        const float *weights = p->y_weights + p->y_offset[cell];
        const float *source = p->rows + p->y_start[cell] * count;
        memset(sum, 0, (size_t)count * sizeof(float));
        for (ptrdiff_t tap = 0; tap < p->y_taps[cell]; tap++) {
            const float weight = weights[tap];
            const float *row = source + tap * count;
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < count; x++) {
                sum[x] += weight * row[x];
            }
        }
        float *out = grid + (p->y_first + cell) * (ptrdiff_t)p->grid_width + p->x_first;
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < count; x++) {
            const float value = sum[x] > 1.0f ? 1.0f : sum[x];
            out[x] = value > out[x] ? value : out[x];
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------

static void temporal_difference(
    float weight, ptrdiff_t width, const uint8_t *gy, const uint8_t *gu, const uint8_t *gv, const float *ry,
    const float *ru, const float *rv, float *row) {
    if (gu) {
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            const float y = fabsf((float)gy[x] - ry[x]);
            const float u = fabsf((float)gu[x] - ru[x]);
            const float v = fabsf((float)gv[x] - rv[x]);
            const float chroma = weight * (u > v ? u : v);
            row[x] = y > chroma ? y : chroma;
        }
    } else {
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            row[x] = fabsf((float)gy[x] - ry[x]);
        }
    }
}

static void move_towards(ptrdiff_t count, const float *k, const uint8_t *guide, float *reference) {
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        reference[i] += k[i] * ((float)guide[i] - reference[i]);
    }
}

static void temporal_update(
    const aegis_temporal_parameters *parameters, int32_t width_, int32_t height_, int32_t frame_number,
    const uint8_t *guide_y, const uint8_t *guide_u, const uint8_t *guide_v, const float *current, float *reference_y,
    float *reference_u, float *reference_v, float *mask, float *adaption, void *scratch) {
    const ptrdiff_t width = width_, height = height_, cells = width * height;
    if (frame_number <= 1) {
        memcpy(mask, current, (size_t)cells * sizeof(float));
        AEGIS_LOOP
        for (ptrdiff_t i = 0; i < cells; i++) {
            adaption[i] = 1.0f;
            reference_y[i] = (float)guide_y[i];
        }
        if (guide_u) {
            AEGIS_LOOP
            for (ptrdiff_t i = 0; i < cells; i++) {
                reference_u[i] = (float)guide_u[i];
                reference_v[i] = (float)guide_v[i];
            }
        }
        return;
    }
    const float inverse_n = 1.0f / (float)frame_number;
    const float floor_k = parameters->minimum > inverse_n ? parameters->minimum : inverse_n;
    const float low = parameters->low, slope = 1.0f / (parameters->high - parameters->low);
    const float ninth = 1.0f / 9.0f;

    // Rows with one replicated sample on each side: differences (ring of 4), box means (ring of 4), one temporary.
    const ptrdiff_t length = width + 16;
    float *ring = scratch;
    float *difference[4], *box[4];
    for (ptrdiff_t i = 0; i < 4; i++) {
        difference[i] = ring + i * length + 8;
        box[i] = ring + (4 + i) * length + 8;
    }
    float *sum = ring + 8 * length + 8;

    // Differences run two rows, means one row ahead of the output row; references behind are not needed any more.
    for (ptrdiff_t step = 0; step < height + 2; step++) {
        if (step < height) {
            const ptrdiff_t at = step * width;
            temporal_difference(
                parameters->chroma_weight, width, guide_y + at, guide_u ? guide_u + at : NULL,
                guide_u ? guide_v + at : NULL, reference_y + at, guide_u ? reference_u + at : NULL,
                guide_u ? reference_v + at : NULL, difference[step & 3]);
        }
        const ptrdiff_t mean_row = step - 1;
        if (mean_row >= 0 && mean_row < height) {
            const float *above = difference[(mean_row > 0 ? mean_row - 1 : 0) & 3];
            const float *here = difference[mean_row & 3];
            const float *below = difference[(mean_row + 1 < height ? mean_row + 1 : mean_row) & 3];
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                sum[x] = above[x] + here[x] + below[x];
            }
            sum[-1] = sum[0];
            sum[width] = sum[width - 1];
            float *mean = box[mean_row & 3];
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                mean[x] = (sum[x - 1] + sum[x] + sum[x + 1]) * ninth;
            }
        }
        const ptrdiff_t row = step - 2;
        if (row >= 0) {
            const float *above = box[(row > 0 ? row - 1 : 0) & 3];
            const float *here = box[row & 3];
            const float *below = box[(row + 1 < height ? row + 1 : row) & 3];
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                const float outer = above[x] > below[x] ? above[x] : below[x];
                sum[x] = outer > here[x] ? outer : here[x];
            }
            sum[-1] = sum[0];
            sum[width] = sum[width - 1];
            float *k = adaption + row * width;
            float *m = mask + row * width;
            const float *c = current + row * width;
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                const float outer = sum[x - 1] > sum[x + 1] ? sum[x - 1] : sum[x + 1];
                const float change = outer > sum[x] ? outer : sum[x];
                const float share = clamp_unit((change - low) * slope);
                const float value = floor_k + (1.0f - floor_k) * share;
                k[x] = value;
                m[x] += value * (c[x] - m[x]);
            }
            move_towards(width, k, guide_y + row * width, reference_y + row * width);
            if (guide_u) {
                move_towards(width, k, guide_u + row * width, reference_u + row * width);
                move_towards(width, k, guide_v + row * width, reference_v + row * width);
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------

/// `rows` has room for width * height + AEGIS_SLACK bytes.
static void dilate_with(
    const uint8_t *source, ptrdiff_t width, ptrdiff_t height, ptrdiff_t radius, uint8_t *destination, uint8_t *rows) {
    // Along rows first, into the scratch plane, so that the destination may be the source.
    for (ptrdiff_t y = 0; y < height; y++) {
        const uint8_t *from = source + y * width;
        uint8_t *to = rows + y * width;
        memcpy(to, from, (size_t)width);
        for (ptrdiff_t d = 1; d <= radius && d < width; d++) {
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width - d; x++) {
                to[x] = to[x] > from[x + d] ? to[x] : from[x + d];
            }
            AEGIS_LOOP
            for (ptrdiff_t x = d; x < width; x++) {
                to[x] = to[x] > from[x - d] ? to[x] : from[x - d];
            }
        }
    }
    for (ptrdiff_t y = 0; y < height; y++) {
        const ptrdiff_t first = y > radius ? y - radius : 0;
        const ptrdiff_t last = y + radius < height ? y + radius : height - 1;
        uint8_t *to = destination + y * width;
        memcpy(to, rows + first * width, (size_t)width);
        for (ptrdiff_t other = first + 1; other <= last; other++) {
            const uint8_t *from = rows + other * width;
            AEGIS_LOOP
            for (ptrdiff_t x = 0; x < width; x++) {
                to[x] = to[x] > from[x] ? to[x] : from[x];
            }
        }
    }
}

static void dilate(
    const uint8_t *source, int32_t width, int32_t height, int32_t radius, uint8_t *destination, void *scratch) {
    dilate_with(source, width, height, radius, destination, scratch);
}
