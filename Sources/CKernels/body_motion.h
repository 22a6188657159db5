// Motion between two frames: pyramids, texture, patch tracking.

static void halve(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination) {
    const int32_t half_width = width / 2, half_height = height / 2;
    for (int32_t y = 0; y < half_height; y++) {
        const uint8_t *upper = source + (ptrdiff_t)2 * y * width, *lower = upper + width;
        uint8_t *out = destination + (ptrdiff_t)y * half_width;
        AEGIS_LOOP
        for (int32_t x = 0; x < half_width; x++) {
            out[x] = (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
        }
    }
}

static void flatten(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination, int32_t *scratch) {
    enum { radius = 3, count = (2 * radius + 1) * (2 * radius + 1) };
    for (int32_t y = 0; y < height; y++) {
        memset(scratch, 0, (size_t)width * sizeof(int32_t));
        for (int32_t near = y - radius; near <= y + radius; near++) {
            const uint8_t *row = source + (ptrdiff_t)aegis_min(aegis_max(near, 0), height - 1) * width;
            AEGIS_LOOP
            for (int32_t x = 0; x < width; x++) {
                scratch[x] += row[x];
            }
        }
        const uint8_t *row = source + (ptrdiff_t)y * width;
        uint8_t *out = destination + (ptrdiff_t)y * width;
        for (int32_t x = 0; x < width; x++) {
            int32_t sum = 0;
            for (int32_t near = x - radius; near <= x + radius; near++) {
                sum += scratch[aegis_min(aegis_max(near, 0), width - 1)];
            }
            const int32_t value = 128 + row[x] - (sum + count / 2) / count;
            out[x] = (uint8_t)aegis_min(aegis_max(value, 0), 255);
        }
    }
}

/// Adds the products of a row's gradients to column sums.
static void texture_add_row(
    const uint8_t *upper, const uint8_t *row, const uint8_t *lower, int32_t width, int32_t *xx, int32_t *yy,
    int32_t *xy) {
    AEGIS_LOOP
    for (int32_t x = 1; x < width - 1; x++) {
        const int32_t gx = row[x + 1] - row[x - 1], gy = lower[x] - upper[x];
        xx[x] += gx * gx;
        yy[x] += gy * gy;
        xy[x] += gx * gy;
    }
    for (int32_t edge = 0; edge < 2; edge++) {
        const int32_t x = edge ? width - 1 : 0;
        const int32_t gx = row[aegis_min(x + 1, width - 1)] - row[aegis_max(x - 1, 0)], gy = lower[x] - upper[x];
        xx[x] += gx * gx;
        yy[x] += gy * gy;
        xy[x] += gx * gy;
    }
}

static void measure_texture(const uint8_t *plane, int32_t width, int32_t height, int32_t *sums, int32_t *scratch) {
    enum { side = AEGIS_TEXTURE_BLOCK };
    int32_t *xx = scratch, *yy = scratch + width, *xy = scratch + 2 * width;
    for (int32_t block_y = 0; block_y < height / side; block_y++) {
        memset(scratch, 0, 3 * (size_t)width * sizeof(int32_t));
        for (int32_t y = block_y * side; y < (block_y + 1) * side; y++) {
            texture_add_row(
                plane + (ptrdiff_t)aegis_max(y - 1, 0) * width, plane + (ptrdiff_t)y * width,
                plane + (ptrdiff_t)aegis_min(y + 1, height - 1) * width, width, xx, yy, xy);
        }
        for (int32_t block_x = 0; block_x < width / side; block_x++) {
            int32_t sum[3] = {0, 0, 0};
            for (int32_t x = block_x * side; x < (block_x + 1) * side; x++) {
                sum[0] += xx[x];
                sum[1] += yy[x];
                sum[2] += xy[x];
            }
            memcpy(sums, sum, sizeof(sum));
            sums += 3;
        }
    }
}

static int32_t find_shift(
    const uint8_t *previous, const uint8_t *current, int32_t width, int32_t height, int32_t radius, int32_t *dx,
    int32_t *dy) {
    int64_t best = INT64_MAX;
    *dx = 0;
    *dy = 0;
    const int32_t reach_x = aegis_min(radius, width / 2), reach_y = aegis_min(radius, height / 2);
    for (int32_t y = -reach_y; y <= reach_y; y++) {
        for (int32_t x = -reach_x; x <= reach_x; x++) {
            const int32_t left = aegis_max(0, -x), columns = width - (x < 0 ? -x : x);
            const int32_t top = aegis_max(0, -y), rows = height - (y < 0 ? -y : y);
            uint32_t sum = 0;
            for (int32_t row = top; row < top + rows; row++) {
                const uint8_t *a = previous + (ptrdiff_t)row * width + left;
                const uint8_t *b = current + (ptrdiff_t)(row + y) * width + left + x;
                AEGIS_LOOP
                for (int32_t i = 0; i < columns; i++) {
                    const int32_t difference = (int32_t)a[i] - (int32_t)b[i];
                    sum += (uint32_t)(difference < 0 ? -difference : difference);
                }
            }
            // A quarter of a step for each sample of distance: the periodic and the flat stay where they are.
            const int64_t distance = (int64_t)(x < 0 ? -x : x) + (y < 0 ? -y : y);
            const int64_t mean = (int64_t)sum * 256 / ((int64_t)columns * rows) + distance * 16;
            if (mean < best) {
                best = mean;
                *dx = x;
                *dy = y;
            }
        }
    }
    return (int32_t)best;
}

enum { track_side = AEGIS_TRACKED_PATCH, track_count = AEGIS_TRACKED_PATCH * AEGIS_TRACKED_PATCH };

/// A patch of the earlier frame with its gradients, 8 steps a brightness level.
typedef struct track_template {
    int16_t value[track_count], gradient_x[track_count], gradient_y[track_count];
    double mean_x, mean_y;
    /// Inverse of the gradients' covariance, and the variance of the patch itself, as sums.
    double inverse_xx, inverse_xy, inverse_yy, contrast;
} track_template;

/// Takes a patch; false where it has no texture in some direction.
static bool track_prepare(const uint8_t *plane, int32_t width, int32_t left, int32_t top, track_template *t) {
    int32_t sum = 0, squares = 0, sum_x = 0, sum_y = 0, xx = 0, xy = 0, yy = 0;
    for (int32_t y = 0; y < track_side; y++) {
        const uint8_t *row = plane + (ptrdiff_t)(top + y) * width + left;
        int16_t *value = t->value + y * track_side;
        int16_t *gx = t->gradient_x + y * track_side, *gy = t->gradient_y + y * track_side;
        AEGIS_LOOP
        for (int32_t x = 0; x < track_side; x++) {
            value[x] = (int16_t)(row[x] * 8);
            gx[x] = (int16_t)((row[x + 1] - row[x - 1]) * 4);
            gy[x] = (int16_t)((row[x + width] - row[x - width]) * 4);
        }
    }
    AEGIS_LOOP
    for (int32_t i = 0; i < track_count; i++) {
        sum += t->value[i];
        squares += t->value[i] * t->value[i];
        sum_x += t->gradient_x[i];
        sum_y += t->gradient_y[i];
        xx += t->gradient_x[i] * t->gradient_x[i];
        xy += t->gradient_x[i] * t->gradient_y[i];
        yy += t->gradient_y[i] * t->gradient_y[i];
    }
    t->mean_x = (double)sum_x / track_count;
    t->mean_y = (double)sum_y / track_count;
    t->contrast = squares - (double)sum * sum / track_count;
    const double a = xx - sum_x * t->mean_x, b = xy - sum_x * t->mean_y, c = yy - sum_y * t->mean_y;
    const double determinant = a * c - b * b;
    // The smaller eigenvalue is at least determinant / trace: 4096 is a gradient of half a level a sample.
    if (!(determinant > 4096.0 * (a + c))) {
        return false;
    }
    t->inverse_xx = c / determinant;
    t->inverse_xy = -b / determinant;
    t->inverse_yy = a / determinant;
    return true;
}

/// Sums over the difference of a patch of the later frame, at a position in 1/64 sample, and the template.
static void track_compare(
    const uint8_t *plane, int32_t width, int32_t x64, int32_t y64, const track_template *t, int32_t sums[4]) {
    const uint8_t *corner = plane + (ptrdiff_t)(y64 >> 6) * width + (x64 >> 6);
    const int32_t fx = x64 & 63, fy = y64 & 63;
    int16_t between[(track_side + 1) * track_side];
    for (int32_t y = 0; y <= track_side; y++) {
        const uint8_t *row = corner + (ptrdiff_t)y * width;
        int16_t *out = between + y * track_side;
        AEGIS_LOOP
        for (int32_t x = 0; x < track_side; x++) {
            out[x] = (int16_t)(row[x] * (64 - fx) + row[x + 1] * fx);
        }
    }
    int32_t sum = 0, squares = 0, sum_x = 0, sum_y = 0;
    AEGIS_LOOP
    for (int32_t i = 0; i < track_count; i++) {
        const int32_t value = (between[i] * (64 - fy) + between[i + track_side] * fy + 256) >> 9;
        const int16_t difference = (int16_t)(value - t->value[i]);
        sum += difference;
        squares += difference * difference;
        sum_x += difference * t->gradient_x[i];
        sum_y += difference * t->gradient_y[i];
    }
    sums[0] = sum;
    sums[1] = squares;
    sums[2] = sum_x;
    sums[3] = sum_y;
}

/// Improves a point's motion on one level; false when its patch has no texture or leaves the plane.
static bool track_on_level(
    const uint8_t *previous, const uint8_t *current, int32_t width, int32_t height, double x, double y, double *dx,
    double *dy, double *residual) {
    enum { half = track_side / 2, iterations = 10 };
    // Whole samples of the earlier frame, moved inside where they are too near to the edge: all that matters is how far
    // the surroundings move.
    const int32_t left = aegis_min(aegis_max((int32_t)floor(x + 0.5) - half, 1), width - track_side - 1);
    const int32_t top = aegis_min(aegis_max((int32_t)floor(y + 0.5) - half, 1), height - track_side - 1);
    track_template t;
    if (!track_prepare(previous, width, left, top, &t)) {
        return false;
    }
    double moved_x = *dx, moved_y = *dy, left_over = 1;
    for (int32_t iteration = 0; iteration < iterations; iteration++) {
        const int32_t x64 = (int32_t)floor((left + moved_x) * 64 + 0.5);
        const int32_t y64 = (int32_t)floor((top + moved_y) * 64 + 0.5);
        if (x64 < 0 || y64 < 0 || x64 > (width - track_side - 1) * 64 || y64 > (height - track_side - 1) * 64) {
            return false;
        }
        int32_t sums[4];
        track_compare(current, width, x64, y64, &t, sums);
        const double gx = sums[2] - sums[0] * t.mean_x, gy = sums[3] - sums[0] * t.mean_y;
        const double step_x = -(t.inverse_xx * gx + t.inverse_xy * gy);
        const double step_y = -(t.inverse_xy * gx + t.inverse_yy * gy);
        moved_x = x64 / 64.0 - left + step_x;
        moved_y = y64 / 64.0 - top + step_y;
        left_over = (sums[1] - (double)sums[0] * sums[0] / track_count) / t.contrast;
        if (step_x * step_x + step_y * step_y < 0.0004) {
            break;
        }
    }
    *dx = moved_x;
    *dy = moved_y;
    *residual = left_over;
    return true;
}

static void track_points(
    const aegis_pyramid *previous, const aegis_pyramid *current, aegis_tracked_point *points, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        aegis_tracked_point *point = points + i;
        double residual = 1;
        const double top = (double)(1 << (previous->levels - 1));
        double dx = point->dx / top, dy = point->dy / top;
        point->is_tracked = 0;
        for (int32_t level = previous->levels - 1; level >= 0; level--) {
            const double scale = 1.0 / (1 << level);
            const double x = (point->x + 0.5) * scale - 0.5, y = (point->y + 0.5) * scale - 0.5;
            const double guess_x = dx, guess_y = dy;
            const bool is_tracked = track_on_level(
                previous->plane[level], current->plane[level], previous->width[level], previous->height[level], x, y,
                &dx, &dy, &residual);
            // A coarse level that ran away is worse than none.
            if (!is_tracked || fabs(dx - guess_x) > 6 || fabs(dy - guess_y) > 6) {
                dx = guess_x;
                dy = guess_y;
                if (level == 0) {
                    break;
                }
            } else if (level == 0) {
                point->is_tracked = 1;
            }
            if (level > 0) {
                dx *= 2;
                dy *= 2;
            }
        }
        point->dx = (float)dx;
        point->dy = (float)dy;
        point->residual = (float)residual;
    }
}

static uint64_t sum_squared_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    uint64_t total = 0;
    while (count > 0) {
        // 2^15 squares of 255 fit 32 bits.
        const size_t part = count < (1u << 15) ? count : (1u << 15);
        uint32_t sum = 0;
        AEGIS_LOOP
        for (size_t i = 0; i < part; i++) {
            const int32_t difference = (int32_t)a[i] - (int32_t)b[i];
            sum += (uint32_t)(difference * difference);
        }
        total += sum;
        a += part;
        b += part;
        count -= part;
    }
    return total;
}
