// Steps of 8 bits in smooth areas smoothed to 12 bits.
//
// Blocks of 8 x 8 samples give a coarse picture of means. Where a neighbourhood of blocks spans a few codes only, the
// coarse picture, blurred and interpolated, says what the samples were before they were rounded; it may move a sample by
// three quarters of a code at most, so that nothing that is more than rounding changes.

enum { deband_block = AEGIS_DEBAND_BLOCK, deband_unit = 16, deband_reach = 12, deband_span = 3 };

static void deband_measure(
    const aegis_deband_grid *grid, const uint8_t *source, ptrdiff_t stride, int32_t width, int32_t height) {
    for (int32_t row = 0; row < grid->rows; row++) {
        const int32_t bottom = aegis_min(deband_block, height - row * deband_block);
        for (int32_t column = 0; column < grid->columns; column++) {
            const int32_t right = aegis_min(deband_block, width - column * deband_block);
            uint8_t low = 255, high = 0;
            int32_t sum = 0;
            for (int32_t y = 0; y < bottom; y++) {
                const uint8_t *samples = source + (ptrdiff_t)(row * deband_block + y) * stride + column * deband_block;
                if (right == deband_block) {
                    AEGIS_SHORT_LOOP
                    for (int32_t x = 0; x < deband_block; x++) {
                        low = samples[x] < low ? samples[x] : low;
                        high = samples[x] > high ? samples[x] : high;
                        sum += samples[x];
                    }
                } else {
                    for (int32_t x = 0; x < right; x++) {
                        low = samples[x] < low ? samples[x] : low;
                        high = samples[x] > high ? samples[x] : high;
                        sum += samples[x];
                    }
                }
            }
            const size_t cell = (size_t)row * (size_t)grid->columns + (size_t)column;
            const int32_t count = bottom * right;
            grid->low[cell] = low;
            grid->high[cell] = high;
            grid->mean[cell] = (int16_t)((sum * deband_unit + count / 2) / count);
        }
    }
}

/// Blurs over as many blocks as are smooth together: 5 x 5, else 3 x 3, else the block does not count.
static void deband_blur(const aegis_deband_grid *grid) {
    for (int32_t row = 0; row < grid->rows; row++) {
        for (int32_t column = 0; column < grid->columns; column++) {
            const size_t cell = (size_t)row * (size_t)grid->columns + (size_t)column;
            grid->smooth[cell] = grid->mean[cell];
            grid->weight[cell] = 0;
            for (int32_t reach = 2; reach >= 1; reach--) {
                uint8_t low = 255, high = 0;
                int32_t sum = 0;
                for (int32_t y = row - reach; y <= row + reach; y++) {
                    const int32_t inner_y = y < 0 ? 0 : aegis_min(y, grid->rows - 1);
                    for (int32_t x = column - reach; x <= column + reach; x++) {
                        const int32_t inner_x = x < 0 ? 0 : aegis_min(x, grid->columns - 1);
                        const size_t other = (size_t)inner_y * (size_t)grid->columns + (size_t)inner_x;
                        low = grid->low[other] < low ? grid->low[other] : low;
                        high = grid->high[other] > high ? grid->high[other] : high;
                        sum += grid->mean[other];
                    }
                }
                if (high - low <= deband_span) {
                    const int32_t count = (2 * reach + 1) * (2 * reach + 1);
                    grid->smooth[cell] = (int16_t)((sum + count / 2) / count);
                    grid->weight[cell] = 16;
                    break;
                }
            }
        }
    }
}

/// The grid between two rows of blocks; `fraction` in 1/16 of the second.
static void deband_between(
    int32_t count, const int16_t *first, const int16_t *second, int32_t fraction, int16_t *result) {
    int16_t *inner = result + 1;
    AEGIS_LOOP
    for (int32_t i = 0; i < count; i++) {
        inner[i] = (int16_t)((first[i] * (16 - fraction) + second[i] * fraction + 8) >> 4);
    }
    result[0] = result[1];
    inner[count] = inner[count - 1];
}

static void deband(
    const uint8_t *source, ptrdiff_t stride, int32_t width, int32_t height, uint16_t *result, ptrdiff_t result_stride,
    void *scratch) {
    aegis_arena arena = {(char *)scratch, 0};
    const aegis_deband_grid grid = aegis_deband_take(&arena, width, height);
    deband_measure(&grid, source, stride, width, height);
    deband_blur(&grid);
    for (int32_t y = 0; y < height; y++) {
        // Centres of blocks lie half a sample beyond their fourth sample.
        const int32_t above = (y + deband_block / 2) / deband_block - 1;
        const int32_t fraction = 2 * ((y + deband_block / 2) % deband_block) + 1;
        const size_t first = (size_t)aegis_max(above, 0) * (size_t)grid.columns;
        const size_t second = (size_t)aegis_min(above + 1, grid.rows - 1) * (size_t)grid.columns;
        deband_between(grid.columns, grid.smooth + first, grid.smooth + second, fraction, grid.smooth_row);
        deband_between(grid.columns, grid.weight + first, grid.weight + second, fraction, grid.weight_row);
        const uint8_t *from = source + (ptrdiff_t)y * stride;
        uint16_t *to = (uint16_t *)((char *)result + (ptrdiff_t)y * result_stride);
        // Between the centres of two blocks: eight samples, fewer at both ends.
        for (int32_t cell = 0; cell <= grid.columns; cell++) {
            const int32_t start = cell * deband_block - deband_block / 2;
            const int32_t left = aegis_max(start, 0), right = aegis_min(start + deband_block, width);
            const int32_t a = grid.smooth_row[cell], b = grid.smooth_row[cell + 1];
            const int32_t p = grid.weight_row[cell], q = grid.weight_row[cell + 1];
            if (p + q == 0) {
                AEGIS_SHORT_LOOP
                for (int32_t x = left; x < right; x++) {
                    to[x] = (uint16_t)(from[x] * deband_unit);
                }
                continue;
            }
            AEGIS_SHORT_LOOP
            for (int32_t x = left; x < right; x++) {
                const int32_t share = 2 * (x - start) + 1;
                const int32_t wanted = (a * (16 - share) + b * share + 8) >> 4;
                const int32_t weight = p * (16 - share) + q * share;
                int32_t change = wanted - from[x] * deband_unit;
                change = change < -deband_reach ? -deband_reach : change > deband_reach ? deband_reach : change;
                to[x] = (uint16_t)(from[x] * deband_unit + ((change * weight + 128) >> 8));
            }
        }
    }
}
