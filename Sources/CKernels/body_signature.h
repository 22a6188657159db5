// What a small picture looks like in a few numbers, and how far two pictures are apart: cut detection.

static inline int32_t signature_abs(int32_t value) { return value < 0 ? -value : value; }

/// First column (row) of a cell.
static inline int32_t signature_edge_of(int32_t cell, int32_t size, int32_t cells) { return cell * size / cells; }

/// Counts 64 luma values with four tables, so that runs of one value do not wait for each other.
static void signature_luma(const uint8_t *y, size_t count, uint32_t *bins) {
    uint32_t parts[4][AEGIS_SIGNATURE_BINS];
    memset(parts, 0, sizeof(parts));
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        parts[0][y[i] >> 2] += 1;
        parts[1][y[i + 1] >> 2] += 1;
        parts[2][y[i + 2] >> 2] += 1;
        parts[3][y[i + 3] >> 2] += 1;
    }
    for (; i < count; i++) {
        parts[0][y[i] >> 2] += 1;
    }
    for (int32_t bin = 0; bin < AEGIS_SIGNATURE_BINS; bin++) {
        bins[bin] = parts[0][bin] + parts[1][bin] + parts[2][bin] + parts[3][bin];
    }
}

/// The sum of absolute differences to the right-hand and the lower neighbour over a run of a row.
static uint32_t signature_edges(const uint8_t *row, const uint8_t *next, int32_t from, int32_t to, int32_t width) {
    uint32_t sum = 0;
    const int32_t inner = aegis_min(to, width - 1);
    AEGIS_LOOP
    for (int32_t x = from; x < inner; x++) {
        sum += (uint32_t)signature_abs(row[x + 1] - row[x]);
    }
    AEGIS_LOOP
    for (int32_t x = from; x < to; x++) {
        sum += (uint32_t)signature_abs(next[x] - row[x]);
    }
    return sum;
}

static uint32_t signature_sum(const uint8_t *row, int32_t from, int32_t to) {
    uint32_t sum = 0;
    AEGIS_LOOP
    for (int32_t x = from; x < to; x++) {
        sum += row[x];
    }
    return sum;
}

/// Means of the cells of a plane.
static void signature_cells(const uint8_t *plane, int32_t width, int32_t height, uint8_t *means) {
    for (int32_t row = 0; row < AEGIS_SIGNATURE_ROWS; row++) {
        uint32_t sums[AEGIS_SIGNATURE_COLUMNS] = {0};
        const int32_t top = signature_edge_of(row, height, AEGIS_SIGNATURE_ROWS);
        const int32_t bottom = signature_edge_of(row + 1, height, AEGIS_SIGNATURE_ROWS);
        for (int32_t y = top; y < bottom; y++) {
            for (int32_t column = 0; column < AEGIS_SIGNATURE_COLUMNS; column++) {
                sums[column] += signature_sum(
                    plane + (ptrdiff_t)y * width, signature_edge_of(column, width, AEGIS_SIGNATURE_COLUMNS),
                    signature_edge_of(column + 1, width, AEGIS_SIGNATURE_COLUMNS));
            }
        }
        for (int32_t column = 0; column < AEGIS_SIGNATURE_COLUMNS; column++) {
            const int32_t columns = signature_edge_of(column + 1, width, AEGIS_SIGNATURE_COLUMNS)
                - signature_edge_of(column, width, AEGIS_SIGNATURE_COLUMNS);
            const uint32_t count = (uint32_t)(columns * (bottom - top));
            means[row * AEGIS_SIGNATURE_COLUMNS + column] = (uint8_t)((sums[column] + count / 2) / count);
        }
    }
}

static void signature_make(
    const uint8_t *y, int32_t width, int32_t height, const uint8_t *u, const uint8_t *v, int32_t chroma_width,
    int32_t chroma_height, aegis_signature *result) {
    memset(result, 0, sizeof(*result));
    signature_luma(y, (size_t)width * (size_t)height, result->luma);
    signature_cells(y, width, height, result->y);
    for (int32_t row = 0; row < AEGIS_SIGNATURE_ROWS; row++) {
        uint32_t sums[AEGIS_SIGNATURE_COLUMNS] = {0};
        const int32_t top = signature_edge_of(row, height, AEGIS_SIGNATURE_ROWS);
        const int32_t bottom = signature_edge_of(row + 1, height, AEGIS_SIGNATURE_ROWS);
        for (int32_t line = top; line < bottom; line++) {
            const uint8_t *here = y + (ptrdiff_t)line * width;
            const uint8_t *next = line + 1 < height ? here + width : here;
            for (int32_t column = 0; column < AEGIS_SIGNATURE_COLUMNS; column++) {
                sums[column] += signature_edges(
                    here, next, signature_edge_of(column, width, AEGIS_SIGNATURE_COLUMNS),
                    signature_edge_of(column + 1, width, AEGIS_SIGNATURE_COLUMNS), width);
            }
        }
        for (int32_t column = 0; column < AEGIS_SIGNATURE_COLUMNS; column++) {
            const int32_t columns = signature_edge_of(column + 1, width, AEGIS_SIGNATURE_COLUMNS)
                - signature_edge_of(column, width, AEGIS_SIGNATURE_COLUMNS);
            const uint32_t count = (uint32_t)(columns * (bottom - top));
            const uint32_t mean = (sums[column] + count / 2) / count;
            result->edge[row * AEGIS_SIGNATURE_COLUMNS + column] = (uint8_t)(mean < 255 ? mean : 255);
        }
    }
    if (u == NULL) {
        memset(result->u, 128, sizeof(result->u));
        memset(result->v, 128, sizeof(result->v));
        return;
    }
    signature_cells(u, chroma_width, chroma_height, result->u);
    signature_cells(v, chroma_width, chroma_height, result->v);
    const size_t count = (size_t)chroma_width * (size_t)chroma_height;
    for (size_t i = 0; i < count; i++) {
        // Eight levels each around neutral, where most of a film is: 128 ± 64.
        const int32_t a = aegis_min(7, aegis_max(0, (u[i] - 64) >> 4));
        const int32_t b = aegis_min(7, aegis_max(0, (v[i] - 64) >> 4));
        result->chroma[a * 8 + b] += 1;
    }
}

/// Sum of |a - b| over bins blurred by 1 2 1 along each run of `run` bins, so that a value on the border of two bins
/// does not count as change.
static uint64_t signature_bins(const uint32_t *a, const uint32_t *b, int32_t run) {
    uint64_t sum = 0;
    for (int32_t bin = 0; bin < AEGIS_SIGNATURE_BINS; bin++) {
        const int32_t left = bin % run > 0 ? bin - 1 : bin, right = bin % run < run - 1 ? bin + 1 : bin;
        const int64_t blurred = ((int64_t)a[left] - b[left]) + 2 * ((int64_t)a[bin] - b[bin])
            + ((int64_t)a[right] - b[right]);
        sum += (uint64_t)(blurred < 0 ? -blurred : blurred);
    }
    return sum;
}

static inline uint16_t signature_cost(int32_t y, int32_t u, int32_t v, int32_t edge) {
    return (uint16_t)(signature_abs(y) + signature_abs(u) + signature_abs(v) + 2 * signature_abs(edge));
}

static void signature_difference(const aegis_signature *a, const aegis_signature *b, aegis_signature_distance *result) {
    enum { columns = AEGIS_SIGNATURE_COLUMNS, rows = AEGIS_SIGNATURE_ROWS, padded = AEGIS_SIGNATURE_COLUMNS + 4 };
    // The second picture with its border repeated twice, so that a cell finds itself up to two cells away.
    uint8_t planes[4][(AEGIS_SIGNATURE_ROWS + 4) * padded];
    const uint8_t *source[4] = {b->y, b->u, b->v, b->edge};
    for (int32_t plane = 0; plane < 4; plane++) {
        for (int32_t row = 0; row < rows + 4; row++) {
            const uint8_t *from = source[plane] + aegis_min(rows - 1, aegis_max(0, row - 2)) * columns;
            uint8_t *to = planes[plane] + row * padded;
            to[0] = to[1] = from[0];
            memcpy(to + 2, from, columns);
            to[columns + 2] = to[columns + 3] = from[columns - 1];
        }
    }
    uint32_t moved = 0, still = 0;
    for (int32_t row = 0; row < rows; row++) {
        uint16_t best[columns], same[columns];
        memset(best, 0xff, sizeof(best));
        const uint8_t *y = a->y + row * columns, *u = a->u + row * columns, *v = a->v + row * columns,
                      *edge = a->edge + row * columns;
        for (int32_t dy = 0; dy < 5; dy++) {
            for (int32_t dx = 0; dx < 5; dx++) {
                const ptrdiff_t at = (ptrdiff_t)(row + dy) * padded + dx;
                const uint8_t *y2 = planes[0] + at, *u2 = planes[1] + at, *v2 = planes[2] + at, *edge2 = planes[3] + at;
                const bool is_same = dy == 2 && dx == 2;
                AEGIS_LOOP
                for (int32_t x = 0; x < columns; x++) {
                    const uint16_t cost = signature_cost(y[x] - y2[x], u[x] - u2[x], v[x] - v2[x], edge[x] - edge2[x]);
                    best[x] = cost < best[x] ? cost : best[x];
                }
                if (is_same) {
                    AEGIS_LOOP
                    for (int32_t x = 0; x < columns; x++) {
                        same[x] = signature_cost(y[x] - y2[x], u[x] - u2[x], v[x] - v2[x], edge[x] - edge2[x]);
                    }
                }
            }
        }
        for (int32_t x = 0; x < columns; x++) {
            moved += best[x];
            still += same[x];
        }
    }
    result->moved_cells = moved;
    result->still_cells = still;
    result->luma = signature_bins(a->luma, b->luma, AEGIS_SIGNATURE_BINS);
    result->chroma = signature_bins(a->chroma, b->chroma, 8);
}
