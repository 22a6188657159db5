// What the variants and the dispatcher share: the table of kernels, and the layouts of the prepared tables.

#ifndef AEGIS_KERNEL_TABLE_H
#define AEGIS_KERNEL_TABLE_H

#include "aegis_color.h"
#include "aegis_kernels.h"
#include "aegis_stabilization.h"
#include "aegis_noise.h"

/// Fixed point of the scaler: vertical weights sum to 128, so that two rows' products fit the signed 16-bit result of
/// an unsigned-by-signed byte multiplication; horizontal ones to 16384, so that a whole row's sum fits 32 bits.
#define AEGIS_SCALER_VERTICAL 7
#define AEGIS_SCALER_HORIZONTAL 14

/// Slack after every table and scratch row, in elements, so that vector loads of our own memory may run over.
#define AEGIS_SLACK 64

struct aegis_scaler {
    int32_t width, height;
    /// Source columns that any tap reads: first, count (in pairs for interleaved planes).
    int32_t first_column, columns;
    /// Taps per column, a multiple of 8; unused ones weigh 0.
    int32_t taps;
    /// 2 or 4 if every column is the plain mean of that many of its own, one after the other; else 0.
    int32_t even_taps;
    /// Per destination column: first source column relative to `first_column`; weights, `taps` each.
    int32_t *column_start;
    int16_t *column_weights;
    /// Per destination row: entries row_first[y]..<row_first[y + 1], always an even number.
    int32_t *row_first;
    int32_t *row_index;
    int8_t *row_weight;
    /// Scratch: weighted sums of the source rows, interleaved or not; and taken apart.
    int16_t *row, *part0, *part1;
};

struct aegis_paster {
    int32_t mask_width, mask_height, grid_width;
    /// Cells that the region touches.
    int32_t x_first, x_count, y_first, y_count;
    /// Per touched cell: first mask column (row), number of taps, offset of its weights.
    int32_t *x_start, *x_taps, *x_offset, *y_start, *y_taps, *y_offset;
    float *x_weights, *y_weights;
    /// Scratch: eight mask rows side by side; mask rows at grid width.
    float *block, *rows;
};

/// How a row's taps repeat: one set for all, every second sample; two sets in turn; or one each.
enum { AEGIS_PATTERN_ANY = 0, AEGIS_PATTERN_DOUBLE = 1, AEGIS_PATTERN_HALF = 2 };

struct aegis_resampler {
    int32_t in_width, in_height, out_width, out_height;
    int32_t pattern;
    /// Taps per destination sample, even; unused ones weigh 0.
    int32_t x_taps, y_taps;
    /// Repeated edge samples before and after a row.
    int32_t pad_left, pad_right;
    /// Per destination column: first sample of the padded row; weights, tap by tap. For patterns: the sets.
    int32_t *x_start;
    float *x_weights, *phase_weights;
    /// Per destination row: first source row, which may lie outside; weights, row by row.
    int32_t *y_start;
    float *y_weights;
    /// Scratch: a padded source row, its parts, a destination row.
    float *row, *part0, *part1, *result;
};

/// Bilinear positions of one axis of the full-resolution pass, for blocks of 8 samples.
typedef struct aegis_axis {
    int32_t count;
    /// Per sample: first cell and weight of the next one in 1/32768.
    int32_t *cell;
    int16_t *fraction;
    /// Per block of 8 samples: the cells lie in base[block]..<base[block] + 8, and `shuffle` (16 bytes per block) picks
    /// each sample's first cell as bytes of eight 16-bit cells. Only if `has_shuffle`.
    int32_t *base;
    uint8_t *shuffle;
    bool has_shuffle;
} aegis_axis;

struct aegis_compositor {
    aegis_layout layout;
    int32_t grid_width, grid_height;
    int32_t chroma_width, chroma_height;
    int32_t tile_columns, tile_rows;
    aegis_axis luma_x, luma_y, chroma_x, chroma_y;
    /// Per tile column (row): cells that its pixels can depend on, first and end.
    int32_t *tile_x0, *tile_x1, *tile_y0, *tile_y1;
    /// Per tile: AEGIS_ALPHA_... of the held alpha, and AEGIS_TILE_... of the last frame.
    uint8_t *held, *kind;
    /// The most grid rows that a strip of tiles reads, for luma and chroma, and the row length of the scratch.
    int32_t luma_rows, chroma_rows, row_length;
};

/// Rows of the grid around a strip of tiles that the full-resolution pass keeps.
static inline int32_t aegis_ring_rows(const aegis_compositor *c) {
    return (c->luma_rows > c->chroma_rows ? c->luma_rows : c->chroma_rows) + 2;
}

/// Planes of the grid that it keeps rows of.
#define AEGIS_RING_PLANES 11

enum { AEGIS_ALPHA_ZERO = 0, AEGIS_ALPHA_ONE = 1, AEGIS_ALPHA_MIXED = 2 };
enum { AEGIS_TILE_BACKGROUND = 0, AEGIS_TILE_PERSON = 1, AEGIS_TILE_MIXED = 2 };

/// Halo of a run of tiles in chroma samples: one vector block.
#define AEGIS_HALO 8

enum {
    /// Columns that are warped at a time.
    AEGIS_WARP_STRIP = 256,
    /// Columns between two intermediate rows; blocks may write behind a strip.
    AEGIS_WARP_PITCH = AEGIS_WARP_STRIP + 32,
    /// The longest row of source samples for a strip: 256 columns at a step of 1.26, taps, slack.
    AEGIS_WARP_LINE = 416,
    /// Intermediate rows, a power of two: the slope of a strip, at most 0.2, and taps.
    AEGIS_WARP_ROWS = 128,
    /// 1 in the fixed point of positions.
    AEGIS_WARP_ONE = 1 << 20,
};

typedef struct aegis_warp_scratch {
    float line[AEGIS_WARP_LINE];
    float out[AEGIS_WARP_PITCH];
    float rows[AEGIS_WARP_ROWS * AEGIS_WARP_PITCH];
} aegis_warp_scratch;

typedef struct aegis_kernel_table {
    void (*scaler_run)(
        aegis_scaler *, const void *, ptrdiff_t, int32_t, int32_t, int32_t, int32_t, uint8_t *, uint8_t *);
    void (*expand_range)(const uint8_t *, uint8_t *, size_t, bool);
    uint64_t (*sum_absolute_difference)(const uint8_t *, const uint8_t *, size_t);
    void (*yuv_to_rgb)(
        const aegis_yuv_matrix *, const uint8_t *, const uint8_t *, const uint8_t *, size_t, float *, float *, float *);
    void (*rotate_u8)(const uint8_t *, int32_t, int32_t, int32_t, uint8_t *);
    void (*rotate_f32)(const float *, int32_t, int32_t, int32_t, float *);
    void (*paster_run)(aegis_paster *, const float *, float *);
    void (*temporal_update)(
        const aegis_temporal_parameters *, int32_t, int32_t, int32_t, const uint8_t *, const uint8_t *,
        const uint8_t *, const float *, float *, float *, float *, float *, float *, void *);
    void (*guided_filter)(
        const aegis_guided_parameters *, int32_t, int32_t, const uint8_t *, const uint8_t *, const uint8_t *,
        const float *, float *, float *, float *, float *, uint16_t *, void *);
    void (*background_cells)(
        float, int32_t, int32_t, const uint8_t *, const uint8_t *, const uint8_t *, const float *,
        aegis_background_source *, void *);
    void (*background)(
        const aegis_background_parameters *, const aegis_background_source *, int32_t, int32_t, uint16_t *, uint16_t *,
        uint16_t *, void *);
    void (*compositor_run)(aegis_compositor *, const aegis_composition *, int32_t, int32_t, void *);
    int32_t (*find_components)(
        const float *, int32_t, int32_t, float, int32_t *, aegis_component *, void *);
    void (*keep_components)(
        const float *, int32_t, int32_t, const int32_t *, const uint8_t *, int32_t, float *, void *);
    void (*dilate)(const uint8_t *, int32_t, int32_t, int32_t, uint8_t *, void *);
    void (*pick_changed)(const float *, const float *, float, size_t, float *);
    void (*signature_make)(
        const uint8_t *, int32_t, int32_t, const uint8_t *, const uint8_t *, int32_t, int32_t, aegis_signature *);
    void (*signature_difference)(const aegis_signature *, const aegis_signature *, aegis_signature_distance *);
    // Stabilization.
    void (*halve)(const uint8_t *, int32_t, int32_t, uint8_t *);
    void (*flatten)(const uint8_t *, int32_t, int32_t, uint8_t *, int32_t *);
    void (*measure_texture)(const uint8_t *, int32_t, int32_t, int32_t *, int32_t *);
    int32_t (*find_shift)(const uint8_t *, const uint8_t *, int32_t, int32_t, int32_t, int32_t *, int32_t *);
    void (*track_points)(const aegis_pyramid *, const aegis_pyramid *, aegis_tracked_point *, int32_t);
    uint64_t (*sum_squared_difference)(const uint8_t *, const uint8_t *, size_t);
    void (*warp_plane)(const aegis_warp *, const void *, ptrdiff_t, void *, ptrdiff_t, void *);
    void (*color_run)(
        const aegis_color_pass *, const aegis_color_lut *, const aegis_tone_grid *, const aegis_image *,
        const aegis_mutable_image *, void *);
    void (*color_mix)(const int16_t *, const int16_t *, int32_t, size_t, int16_t *);
    void (*deband)(const uint8_t *, ptrdiff_t, int32_t, int32_t, uint16_t *, ptrdiff_t, void *);
    void (*noise_load)(const aegis_noise_plane *, const void *, ptrdiff_t, int32_t, int32_t);
    void (*noise_pyramid_fill)(const aegis_noise_pyramid *, const aegis_noise_plane *);
    void (*noise_search)(
        const aegis_noise_pyramid *, const aegis_noise_pyramid *, int32_t, const aegis_noise_motion *,
        const aegis_noise_motion *, aegis_noise_motion *, void *);
    int32_t (*noise_difference)(const aegis_noise_pyramid *, const aegis_noise_pyramid *, void *);
    void (*noise_compensate)(
        const aegis_noise_plane *, const aegis_noise_plane *, const aegis_noise_plane[2], const aegis_noise_motion *,
        bool);
    void (*noise_filter)(
        const aegis_noise_filter_parameters *, const aegis_noise_plane *, const aegis_noise_plane[AEGIS_NOISE_RADIUS],
        void *, ptrdiff_t, void *);
    int32_t (*noise_measure)(const aegis_noise_plane *, int32_t, int32_t, void *);
    void (*true_peaks)(const float *, const float *, int32_t, size_t, float *);
    // Upscaling.
    void (*resampler_run)(
        aegis_resampler *, const aegis_plane *, aegis_resampler_mode, const aegis_plane *, float, const aegis_plane *,
        int32_t, int32_t);
    void (*gather_tile)(
        const aegis_plane *, int32_t, int32_t, int32_t, int32_t, int32_t, int32_t, float, float *);
    void (*weave_tile)(const float *, int32_t, int32_t, int32_t, int32_t, float, const aegis_plane *);
    void (*add_detail)(
        const aegis_plane *, int32_t, int32_t, float, const aegis_plane *, int32_t, int32_t, float *);
    uint64_t (*plane_squared_difference)(
        const aegis_plane *, const aegis_plane *, int32_t, int32_t, int32_t, int32_t);
} aegis_kernel_table;

extern const aegis_kernel_table aegis_kernels_scalar;
extern const aegis_kernel_table aegis_kernels_baseline;
#if defined(__x86_64__)
extern const aegis_kernel_table aegis_kernels_avx2;
extern const aegis_kernel_table aegis_kernels_avx512;
#endif

/// Hands out aligned pieces of caller memory; with a NULL base it only counts.
typedef struct aegis_arena {
    char *base;
    size_t used;
} aegis_arena;

static inline void *aegis_take(aegis_arena *arena, size_t bytes) {
    char *piece = arena->base ? arena->base + arena->used : NULL;
    arena->used += (bytes + AEGIS_ALIGNMENT - 1) / AEGIS_ALIGNMENT * AEGIS_ALIGNMENT;
    return piece;
}

/// Scratch of the colour pass. Rows of positions (15 bits) hold 0...32767 at all times, also behind their end: they are
/// zero at first, and nothing else is written; so vectors may run over.
typedef struct aegis_color_scratch {
    /// Luma of the last four rows.
    int16_t *luma[4];
    /// Chroma of one row at chroma positions, with a sample before and one behind; then at luma positions.
    int16_t *u_narrow, *v_narrow, *u, *v;
    /// Luma at chroma positions: rows added, then columns.
    int16_t *luma_rows, *luma_narrow;
    /// Values.
    int16_t *first, *second;
    /// Per column: where its tile's curve begins in `curves`, and the weights of it and of the next one.
    int32_t *tile_offset, *tile_weights;
    /// The curves of one row of pixels.
    int16_t *curves;
} aegis_color_scratch;

/// Distance of two curves of a row: one node is repeated, so that pairs can be read at the last one.
#define AEGIS_TONE_STRIDE (AEGIS_TONE_NODES + 1)

static inline aegis_color_scratch aegis_color_take(aegis_arena *arena, const aegis_color_pass *pass) {
    aegis_color_scratch scratch;
    const size_t row = ((size_t)pass->width + 2 * AEGIS_SLACK) * sizeof(int16_t);
    for (int32_t i = 0; i < 4; i++) {
        scratch.luma[i] = (int16_t *)aegis_take(arena, row);
    }
    int16_t **rows[] = {&scratch.u_narrow,    &scratch.v_narrow, &scratch.u,     &scratch.v, &scratch.luma_rows,
                        &scratch.luma_narrow, &scratch.first,    &scratch.second};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        *rows[i] = (int16_t *)aegis_take(arena, row);
    }
    scratch.tile_offset = (int32_t *)aegis_take(arena, 2 * row);
    scratch.tile_weights = (int32_t *)aegis_take(arena, 2 * row);
    scratch.curves = (int16_t *)aegis_take(arena, 65 * AEGIS_TONE_STRIDE * sizeof(int16_t));
    return scratch;
}

static inline int32_t aegis_min(int32_t a, int32_t b) { return a < b ? a : b; }
static inline int32_t aegis_max(int32_t a, int32_t b) { return a > b ? a : b; }
static inline int32_t aegis_clamp(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}
static inline int32_t aegis_absolute(int32_t value) { return value < 0 ? -value : value; }
/// The sample of a row of `count` that a position beside it shows in a mirror at its ends.
static inline int32_t aegis_mirror(int32_t at, int32_t count) {
    const int32_t period = count > 1 ? 2 * (count - 1) : 1;
    at = aegis_absolute(at) % period;
    return at < count ? at : period - at;
}
static inline int32_t aegis_round_up(int32_t value, int32_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/// Side of the blocks of the debanding's coarse picture.
#define AEGIS_DEBAND_BLOCK 8

typedef struct aegis_deband_grid {
    int32_t columns, rows;
    /// Per block: smallest and largest sample, mean in 1/16 codes; the same after the blur.
    uint8_t *low, *high;
    int16_t *mean, *smooth;
    /// How much of the smooth picture counts: 0...16.
    int16_t *weight;
    /// One row of both, between two rows of blocks, with a cell of border on either side.
    int16_t *smooth_row, *weight_row;
} aegis_deband_grid;

static inline aegis_deband_grid aegis_deband_take(aegis_arena *arena, int32_t width, int32_t height) {
    aegis_deband_grid grid = {
        .columns = (width + AEGIS_DEBAND_BLOCK - 1) / AEGIS_DEBAND_BLOCK,
        .rows = (height + AEGIS_DEBAND_BLOCK - 1) / AEGIS_DEBAND_BLOCK,
    };
    const size_t count = (size_t)grid.columns * (size_t)grid.rows + AEGIS_SLACK;
    grid.low = aegis_take(arena, count);
    grid.high = aegis_take(arena, count);
    grid.mean = aegis_take(arena, count * sizeof(int16_t));
    grid.smooth = aegis_take(arena, count * sizeof(int16_t));
    grid.weight = aegis_take(arena, count * sizeof(int16_t));
    grid.smooth_row = aegis_take(arena, ((size_t)grid.columns + AEGIS_SLACK) * sizeof(int16_t));
    grid.weight_row = aegis_take(arena, ((size_t)grid.columns + AEGIS_SLACK) * sizeof(int16_t));
    return grid;
}

#endif
