// Pixel kernels of the `virtual_background` stage.
//
// Every function here is compiled several times from the same source (scalar, the platform's baseline vectors, AVX2,
// AVX-512) and chosen once at run time. All variants give bit-identical results: sums run over integers wherever a
// sum's order could matter, and floating-point lanes are independent of each other with contraction switched off.
//
// Conventions
//  - Nothing here allocates, locks or keeps global state, except the choice of the variant.
//  - "Grid" planes (guide, masks, coefficients) are dense: stride == width, `width * height` elements.
//  - Frame planes have a stride in bytes (>= the row's bytes, not negative). No byte after the last sample of the last
//    row is read or written.
//  - `memory` arguments are caller memory of the size that the matching `_size` function returns, aligned to
//    AEGIS_ALIGNMENT bytes. They hold tables, state and scratch of ONE stream: one call at a time per memory.
//  - Buffers of one call do not overlap unless the comment says that they may.
//  - Programming errors (sizes, ranges) are not checked here: the Swift module `Kernels` traps on them.
//
// The method: K. He, J. Sun, "Fast Guided Filter", 2015 (arXiv 1505.00996), colour version, two passes; the temporal
// filter, the tiles and the rest are the house's own.

#ifndef AEGIS_KERNELS_H
#define AEGIS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Alignment in bytes that all `memory` and `scratch` arguments need.
#define AEGIS_ALIGNMENT 64

// ---------------------------------------------------------------------------------------------------------------------
// Variants

/// A compiled variant of all kernels, from slowest to fastest.
typedef enum aegis_level {
    /// Vectorisation off: the twin that the others are compared with.
    AEGIS_LEVEL_SCALAR = 0,
    /// What the platform always has: SSE2 on x86-64, NEON on aarch64.
    AEGIS_LEVEL_BASELINE = 1,
    AEGIS_LEVEL_AVX2 = 2,
    AEGIS_LEVEL_AVX512 = 3,
} aegis_level;

/// Says whether this machine can run a variant.
bool aegis_level_available(aegis_level level);

/// The variant in use: the fastest available one unless `aegis_level_select` chose another.
aegis_level aegis_level_selected(void);

/// Chooses the variant for the whole process (for tests and benchmarks). False, and no change, if it is not available.
bool aegis_level_select(aegis_level level);

// ---------------------------------------------------------------------------------------------------------------------
// Frames

/// How the samples of a frame lie in memory.
typedef struct aegis_layout {
    /// Size of the luma plane in pixels, >= 1.
    int32_t width, height;
    /// 1 or 2 (little endian).
    int32_t bytes_per_sample;
    /// Significant bits: 8 with one byte; 9, 10 or 12 with two.
    int32_t depth;
    /// Position of the lowest significant bit: 0; 6 for p010.
    int32_t shift;
    /// 0: gray. 1: one plane of interleaved U, V pairs (nv12, p010). 2: one plane for U and one for V.
    int32_t chroma_planes;
    /// log2 of the chroma subsampling: (1,1) 4:2:0, (1,0) 4:2:2, (0,0) 4:4:4. Chroma size rounds up.
    int32_t chroma_shift_x, chroma_shift_y;
    /// False: limited range (luma 16..235, chroma 16..240 at 8 bits).
    bool full_range;
} aegis_layout;

/// Planes to read: luma, then U (or interleaved UV), then V; absent ones are NULL. Strides in bytes.
typedef struct aegis_image {
    const void *plane0, *plane1, *plane2;
    ptrdiff_t stride0, stride1, stride2;
} aegis_image;

/// Planes to write, as in `aegis_image`.
typedef struct aegis_mutable_image {
    void *plane0, *plane1, *plane2;
    ptrdiff_t stride0, stride1, stride2;
} aegis_mutable_image;

// ---------------------------------------------------------------------------------------------------------------------
// A. Scaling planes down (guide and network input)

/// Tables that scale one rectangle of one plane to one size; lies at the start of the caller's memory.
typedef struct aegis_scaler aegis_scaler;

/// Bytes of memory for scaling a plane of at most `max_width` x `max_height` samples (one component) to `width` x
/// `height`.
size_t aegis_scaler_size(int32_t max_width, int32_t max_height, int32_t width, int32_t height);

/// Fills the tables: the area mean where the ratio of an axis is >= 1, bilinear (centre-aligned) where it is below.
///
/// The rectangle (`x`, `y`, `rect_width`, `rect_height`) is in samples of a plane of `plane_width` x `plane_height`
/// samples (<= the maximum given to `aegis_scaler_size`), may be fractional (chroma of an odd-sized frame is
/// (width / 2.0) wide) and is clamped to the plane. Cheap (about 20 us): call it whenever the rectangle changes.
aegis_scaler *aegis_scaler_prepare(
    void *memory, int32_t plane_width, int32_t plane_height, double x, double y, double rect_width, double rect_height,
    int32_t width, int32_t height);

/// Scales the prepared rectangle of a plane to dense 8-bit planes.
///
/// `source` is the plane's first sample (not the rectangle's), `stride` in bytes. `components` is 1, or 2 for
/// interleaved chroma (then `stride` still counts bytes, the plane's width counts pairs, and the second component goes
/// to `destination2`, which is NULL otherwise). Samples deeper than 8 bits are scaled to 8 (value / 2^(depth-8),
/// rounded, clamped to 255). `bytes_per_sample`, `depth` and `shift` as in `aegis_layout`.
void aegis_scaler_run(
    aegis_scaler *scaler, const void *source, ptrdiff_t stride, int32_t components, int32_t bytes_per_sample,
    int32_t depth, int32_t shift, uint8_t *destination, uint8_t *destination2);

/// E. Scales limited-range 8-bit samples to full range: luma (v-16)*255/219, chroma (v-128)*255/224+128, rounded and
/// clamped. `source` and `destination` may be the same.
void aegis_expand_range(const uint8_t *source, uint8_t *destination, size_t count, bool is_chroma);

/// J. Sum of |a - b| (divide by `count` for the mean).
uint64_t aegis_sum_absolute_difference(const uint8_t *a, const uint8_t *b, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// B. Network input

/// YUV to RGB: r = y' + rv v', g = y' + gu u' + gv v', b = y' + bu u' with y' = (y - y_offset) y_scale and u' = u - 128.
/// All results are for RGB in 0..1.
typedef struct aegis_yuv_matrix {
    float y_offset, y_scale, rv, gu, gv, bu;
} aegis_yuv_matrix;

/// The matrix for luma weights `kr`, `kb` (BT.601: 0.299, 0.114; BT.709: 0.2126, 0.0722; BT.2020: 0.2627, 0.0593).
aegis_yuv_matrix aegis_yuv_matrix_make(double kr, double kb, bool full_range);

/// Converts `count` pixels of three dense 8-bit planes to planar RGB float, clamped to 0..1. `u` and `v` may both be
/// NULL (gray).
void aegis_yuv_to_rgb(
    const aegis_yuv_matrix *matrix, const uint8_t *y, const uint8_t *u, const uint8_t *v, size_t count, float *r,
    float *g, float *b);

/// Turns a dense plane of `width` x `height` clockwise by `quarter_turns` * 90 degrees (0..3). The result is `height` x
/// `width` for odd turns. Not in place.
void aegis_rotate_u8(const uint8_t *source, int32_t width, int32_t height, int32_t quarter_turns, uint8_t *destination);
void aegis_rotate_f32(const float *source, int32_t width, int32_t height, int32_t quarter_turns, float *destination);

// ---------------------------------------------------------------------------------------------------------------------
// C. Mask to guide grid

/// Tap tables that bring the mask of one region to the guide grid; lies at the start of the caller's memory.
typedef struct aegis_paster aegis_paster;

/// Bytes of memory for masks of `mask_width` x `mask_height` and a grid of `grid_width` x `grid_height`.
size_t aegis_paster_size(int32_t mask_width, int32_t mask_height, int32_t grid_width, int32_t grid_height);

/// Fills the tables for a region (x0, y0)..<(x1, y1) in pixels of a frame: the mask is enlarged bilinearly to the
/// region's pixels (0 outside) and averaged over each cell, in one separable step.
aegis_paster *aegis_paster_prepare(
    void *memory, int32_t mask_width, int32_t mask_height, int32_t grid_width, int32_t grid_height, int32_t frame_width,
    int32_t frame_height, int32_t x0, int32_t y0, int32_t x1, int32_t y1);

/// Combines the mask (dense, 0..1) with `grid` by maximum. Clear `grid` to 0 before the first region of a frame.
void aegis_paster_run(aegis_paster *paster, const float *mask, float *grid);

// ---------------------------------------------------------------------------------------------------------------------
// D. Temporal filter

typedef struct aegis_temporal_parameters {
    /// Smallest adaption (0.12) once enough frames were seen.
    float minimum;
    /// Guide differences (0..255) at which adaption begins (2.5) and is complete (7).
    float low, high;
    /// Weight of the chroma differences (1.5).
    float chroma_weight;
} aegis_temporal_parameters;

/// Bytes of scratch for `aegis_temporal_update`.
size_t aegis_temporal_scratch_size(int32_t width, int32_t height);

/// One step of the mask's filter over time; all planes are grids of `width` x `height`.
///
/// `guide_u`/`guide_v` and `reference_u`/`reference_v` may be NULL together (gray). `frame_number` is the spec's n: 1 on
/// the first frame after a reset (then mask = current, reference = guide, adaption = 1, and what `mask` and
/// `reference_*` held before is not read), 2 on the next, ... `adaption` receives k in 0..1.
void aegis_temporal_update(
    const aegis_temporal_parameters *parameters, int32_t width, int32_t height, int32_t frame_number,
    const uint8_t *guide_y, const uint8_t *guide_u, const uint8_t *guide_v, const float *current, float *reference_y,
    float *reference_u, float *reference_v, float *mask, float *adaption, void *scratch);

// ---------------------------------------------------------------------------------------------------------------------
// F. Guided filter

typedef struct aegis_guided_parameters {
    /// Regularisation for a guide in 0..1 (3e-4). >= 1e-4: the coefficients are kept within +-32.
    float epsilon;
    /// Weight of the chroma in the guide (1.5).
    float chroma_weight;
    /// Pass 1 starts from clamp((p - hard) / (1 - 2 hard), 0, 1) (0.15).
    float hard;
    /// Pass 2 starts from clamp((line - middle_low) / (middle_high - middle_low), 0, 1) (0.12, 0.8).
    float middle_low, middle_high;
} aegis_guided_parameters;

/// The scale of the quantised guided-filter input: q * 4095.
#define AEGIS_GUIDED_ONE 4095

/// Window radius of both passes; what a pixel shows depends on at most 2 * radius + 1 cells around its own.
#define AEGIS_GUIDED_RADIUS 4

/// Bytes of scratch for `aegis_guided_filter`.
size_t aegis_guided_scratch_size(int32_t width, int32_t height);

/// The low-resolution part of the fast guided filter (He, Sun 2015), colour guide, radius 4, two passes, borders
/// replicated.
///
/// Guide planes are full-range 8-bit grids (`guide_u` and `guide_v` may both be NULL), `mask` is the spec's p (0..1).
/// Results are grids: the box-averaged line a0, a1, a2, b of pass 2 for a guide I = (Y, chroma_weight U, chroma_weight
/// V) / 255, and `input2`, the input of pass 2, quantised to 0..AEGIS_GUIDED_ONE (the tiles are classified by it).
/// The box sums over guide and q are exact integers; cells whose whole 17 x 17 neighbourhood has q == 0 give exactly
/// a = 0, b = 0, those with q == 1 exactly a = 0, b = 1.
void aegis_guided_filter(
    const aegis_guided_parameters *parameters, int32_t width, int32_t height, const uint8_t *guide_y,
    const uint8_t *guide_u, const uint8_t *guide_v, const float *mask, float *a0, float *a1, float *a2, float *b,
    uint16_t *input2, void *scratch);

// ---------------------------------------------------------------------------------------------------------------------
// G. Background without the person

typedef struct aegis_background_parameters {
    /// Box radius in cells, 1..64, and number of boxes, 1..4: (4, 2) for the local background estimate, (strength, 3)
    /// for blur.
    int32_t radius, passes;
    /// Box radius, 1..64, of the wide estimate that fills large holes (60), and its share (0.01).
    int32_t fill_radius;
    float fill_share;
} aegis_background_parameters;

/// The grid's planes without the person, half as many cells each way.
typedef struct aegis_background_source {
    /// ((width + 1) / 2) * ((height + 1) / 2) cells of four numbers, and 64 more for vector stores.
    uint16_t *cells;
    /// Means of the whole planes.
    float mean_y, mean_u, mean_v;
} aegis_background_source;

/// Sub-steps per 8-bit step in background planes: a sample s is stored as s * 64 (14 bits), so that the enlargement of
/// smooth walls shows no bands of its own.
#define AEGIS_BACKGROUND_ONE 64

/// Bytes of scratch for `aegis_background_cells`.
size_t aegis_background_cells_scratch_size(int32_t width, int32_t height);

/// Weighs the guide planes by what is not the person, for `aegis_background`.
///
/// Planes are 8-bit grids in the STREAM'S range (before `aegis_expand_range`); `u` and `v` may be NULL. `mask` is p;
/// cells from `opaque` (0.1) on do not count at all, nor do their neighbours.
void aegis_background_cells(
    float opaque, int32_t width, int32_t height, const uint8_t *y, const uint8_t *u, const uint8_t *v,
    const float *mask, aegis_background_source *source, void *scratch);

/// Bytes of scratch for `aegis_background`.
size_t aegis_background_scratch_size(int32_t width, int32_t height, const aegis_background_parameters *parameters);

/// Person-masked box blur of the guide planes (borders replicated, n boxes of radius r, in steps of two cells).
///
/// `width` and `height` are those of the grid. Results are grids of s * AEGIS_BACKGROUND_ONE in the stream's range; those
/// of chroma may be NULL. Where no background cell is within reach of either radius the plane's mean is used.
void aegis_background(
    const aegis_background_parameters *parameters, const aegis_background_source *source, int32_t width,
    int32_t height, uint16_t *result_y, uint16_t *result_u, uint16_t *result_v, void *scratch);

// ---------------------------------------------------------------------------------------------------------------------
// H. Full-resolution pass

/// Tables and tile state for the full-resolution pass of one stream; lies at the start of the caller's memory.
typedef struct aegis_compositor aegis_compositor;

/// What the new background is made of.
typedef enum aegis_backdrop {
    /// Only the alpha plane is built; no output planes are touched.
    AEGIS_BACKDROP_NONE = 0,
    /// `fill_y/u/v`: low-resolution planes of the grid's size from `aegis_background`.
    AEGIS_BACKDROP_BLUR = 1,
    /// `color`.
    AEGIS_BACKDROP_COLOR = 2,
    /// `picture`: a frame of the stream's own layout.
    AEGIS_BACKDROP_PICTURE = 3,
} aegis_backdrop;

/// Everything that one frame needs. Grid planes are of the compositor's grid size.
typedef struct aegis_composition {
    aegis_image input;
    /// Must not overlap `input` or `picture`. Ignored with AEGIS_BACKDROP_NONE.
    aegis_mutable_image output;
    /// The guided filter's results.
    const float *a0, *a1, *a2, *b;
    const uint16_t *input2;
    /// The temporal filter's k.
    const float *adaption;
    /// The local background estimate (`aegis_background` with radius 4, 2 passes), for cleaning the edge's colour.
    /// NULL (all three): no cleaning.
    const uint16_t *estimate_y, *estimate_u, *estimate_v;
    aegis_backdrop backdrop;
    const uint16_t *fill_y, *fill_u, *fill_v;
    aegis_image picture;
    /// Y, U, V at the layout's depth, without `shift`.
    uint16_t color_y, color_u, color_v;
    /// The alpha plane, 8 bits, luma size: state that is read and replaced. Stride in bytes.
    uint8_t *alpha;
    ptrdiff_t alpha_stride;
    /// The spec's A -> alpha: clamp((A - low) / (high - low), 0, 1) (0.2, 0.7); high - low >= 0.25.
    float contrast_low, contrast_high;
    /// Dead zone of the hold, in 1/255 of alpha (16).
    float hold;
    /// Weight of the guide's chroma, as given to the guided filter.
    float chroma_weight;
    /// First frame after a reset: what `alpha` held is not read.
    bool is_first;
} aegis_composition;

/// Height and width of a tile in luma pixels. Row ranges are counted in tile rows.
#define AEGIS_TILE 16

/// Bytes of memory for tables and tile state.
size_t aegis_compositor_size(const aegis_layout *layout, int32_t grid_width, int32_t grid_height);

/// Bytes of scratch of one `aegis_compositor_run` call.
size_t aegis_compositor_scratch_size(const aegis_layout *layout, int32_t grid_width, int32_t grid_height);

/// Fills the tables; the first frame after this must be run with `is_first`.
aegis_compositor *aegis_compositor_prepare(
    void *memory, const aegis_layout *layout, int32_t grid_width, int32_t grid_height);

/// Number of tile rows: ceil(height / AEGIS_TILE).
int32_t aegis_compositor_tile_rows(const aegis_compositor *compositor);

/// Builds alpha (spec 7 at full resolution, 8) and composes the output (spec 9) for tile rows `first`..<`end`.
///
/// Tiles that are settled (all alpha 0 or all 255, and nothing near them in `input2`) are copied. Where alpha is 0 the
/// output is exactly the new background, where it is 255 exactly the input; chroma takes the mean of the alphas that it
/// covers. Ranges that do not overlap may run at the same time on several threads, each with its own scratch.
void aegis_compositor_run(
    aegis_compositor *compositor, const aegis_composition *composition, int32_t first, int32_t end, void *scratch);

/// What `aegis_compositor_run` found: tiles of the last frame by kind (after all its ranges ran).
typedef struct aegis_tile_counts {
    int32_t background, person, mixed;
} aegis_tile_counts;

aegis_tile_counts aegis_compositor_tile_counts(const aegis_compositor *compositor);

// ---------------------------------------------------------------------------------------------------------------------
// I. Connected components

/// One 8-connected component of the cells above the threshold.
typedef struct aegis_component {
    /// Number of cells.
    int32_t area;
    /// Bounding box in cells, (x0, y0)..<(x1, y1).
    int32_t x0, y0, x1, y1;
    /// Mean of the values (each clamped to 0..1 and quantised to 16 bits before summing).
    float mean;
} aegis_component;

/// The most components that a grid can have: ceil(width / 2) * ceil(height / 2).
int32_t aegis_components_capacity(int32_t width, int32_t height);

/// Bytes of scratch for `aegis_find_components`.
size_t aegis_components_scratch_size(int32_t width, int32_t height);

/// Labels the components of `values` > `threshold`.
///
/// `labels` (a grid) receives 0 for cells below and 1 + index into `components` else; components are in raster order
/// of their first cell. `components` has room for `aegis_components_capacity`. Returns their number.
int32_t aegis_find_components(
    const float *values, int32_t width, int32_t height, float threshold, int32_t *labels, aegis_component *components,
    void *scratch);

/// Bytes of scratch for `aegis_keep_components` and `aegis_dilate`.
size_t aegis_dilate_scratch_size(int32_t width, int32_t height);

/// Copies `values` where the grid of kept components, dilated by `radius` cells (square; 0..4), is set, and writes 0
/// elsewhere. `keep[label]` says whether to keep a component; keep[0] (no component) must be 0. In place allowed.
void aegis_keep_components(
    const float *values, int32_t width, int32_t height, const int32_t *labels, const uint8_t *keep, int32_t radius,
    float *result, void *scratch);

/// Square dilation (maximum over (2 radius + 1)^2 cells, 0..4) of a dense 8-bit plane. In place allowed.
void aegis_dilate(
    const uint8_t *source, int32_t width, int32_t height, int32_t radius, uint8_t *destination, void *scratch);

/// Whether |current - mask| > threshold picks `current`, else `mask`: the map that regions are planned from.
void aegis_pick_changed(const float *current, const float *mask, float threshold, size_t count, float *result);

// ---------------------------------------------------------------------------------------------------------------------
// Picture signatures (cut detection)

enum {
    AEGIS_SIGNATURE_COLUMNS = 32,
    AEGIS_SIGNATURE_ROWS = 18,
    AEGIS_SIGNATURE_CELLS = 576,
    AEGIS_SIGNATURE_BINS = 64,
};

/// What a picture looks like: how often each luma and chroma occurs, and the means and edges of a coarse grid.
typedef struct aegis_signature {
    /// Samples per luma value / 4.
    uint32_t luma[AEGIS_SIGNATURE_BINS];
    /// Samples per pair of chroma values, eight levels each.
    uint32_t chroma[AEGIS_SIGNATURE_BINS];
    /// Means of the cells, and the mean of |difference| to the right-hand plus that to the lower neighbour.
    uint8_t y[AEGIS_SIGNATURE_CELLS], u[AEGIS_SIGNATURE_CELLS], v[AEGIS_SIGNATURE_CELLS], edge[AEGIS_SIGNATURE_CELLS];
} aegis_signature;

/// How far two signatures of pictures of one size are apart.
typedef struct aegis_signature_distance {
    /// Sum over cells of |dY| + |dU| + |dV| + 2 |dEdge|, each cell compared with the best of the 25 around its place, and
    /// with the one in its place.
    uint32_t moved_cells, still_cells;
    /// Sums of |difference| over bins blurred by 1 2 1: at most 8 times the number of samples.
    uint64_t luma, chroma;
} aegis_signature_distance;

/// Looks at dense 8-bit planes of at least 32 x 18 samples each; `u` and `v` are NULL for gray.
void aegis_signature_make(
    const uint8_t *y, int32_t width, int32_t height, const uint8_t *u, const uint8_t *v, int32_t chroma_width,
    int32_t chroma_height, aegis_signature *result);

/// Compares two pictures of one size.
void aegis_signature_difference(
    const aegis_signature *a, const aegis_signature *b, aegis_signature_distance *result);

// ---------------------------------------------------------------------------------------------------------------------
// Sound

/// Positions at which sound is looked at per sample: the sample itself and three between it and the next.
#define AEGIS_PEAK_PHASES 4

/// Raises `peaks[i]` to the largest magnitude of the sound at sample `i` and between it and the next one.
///
/// `phases` holds AEGIS_PEAK_PHASES interpolation filters of `taps` weights each; filter p at `samples + i` gives the
/// sound p quarters of a sample after sample `i + taps / 2 - 1`. `samples` has `count + taps - 1` elements.
void aegis_true_peaks(const float *samples, const float *phases, int32_t taps, size_t count, float *peaks);

// ---------------------------------------------------------------------------------------------------------------------
// U. Resampling of whole planes, and the steps around a network that enlarges luma

/// A plane of 8-bit (1 byte), 9- to 16-bit (2 bytes) or float (4 bytes) samples, all in code values.
typedef struct aegis_plane {
    void *base;
    /// Bytes from one row to the next, >= those of a row; for floats a multiple of 4.
    ptrdiff_t stride;
    int32_t bytes_per_sample;
} aegis_plane;

/// The shape of a filter.
typedef enum aegis_resampler_filter {
    /// sinc(x) sinc(x / 3), support 3.
    AEGIS_FILTER_LANCZOS3 = 0,
    /// Cubic convolution with a = -0.5 (R. Keys, 1981), support 2.
    AEGIS_FILTER_BICUBIC = 1,
} aegis_resampler_filter;

/// What to resample: destination sample i lies at source position `origin + i * step` (in samples, 0 = the centre of the
/// first one). Steps above 1 stretch the filter, so that it is antialiased. Outside the plane its edge is repeated.
typedef struct aegis_resampling {
    int32_t in_width, in_height, out_width, out_height;
    double origin_x, step_x, origin_y, step_y;
    aegis_resampler_filter filter;
} aegis_resampling;

/// What to do with the result of each sample.
typedef enum aegis_resampler_mode {
    /// destination = result
    AEGIS_RESAMPLER_STORE = 0,
    /// destination = other + result; `other` is a float plane of the destination's size
    AEGIS_RESAMPLER_ADD = 1,
    /// destination = other - result; `other` has the destination's size and any kind of samples
    AEGIS_RESAMPLER_SUBTRACT = 2,
} aegis_resampler_mode;

/// Tables and scratch of one resampling; one thread at a time.
typedef struct aegis_resampler aegis_resampler;

/// Bytes of memory for a resampling.
size_t aegis_resampler_size(const aegis_resampling *resampling);

/// Fills the tables.
aegis_resampler *aegis_resampler_prepare(void *memory, const aegis_resampling *resampling);

/// Resamples rows `first`..<`end` of the destination. Integer destinations are rounded and clamped to 0..`peak`.
/// `other` may be NULL for AEGIS_RESAMPLER_STORE; it may be the destination if both are float.
void aegis_resampler_run(
    aegis_resampler *resampler, const aegis_plane *source, aegis_resampler_mode mode, const aegis_plane *other,
    float peak, const aegis_plane *destination, int32_t first, int32_t end);

/// Copies a rectangle of a plane to a dense tile, times `scale`. It may reach over the plane's edges, which are repeated,
/// but touches the plane in at least one sample.
void aegis_gather_tile(
    const aegis_plane *source, int32_t plane_width, int32_t plane_height, int32_t x, int32_t y, int32_t width,
    int32_t height, float scale, float *tile);

/// Weaves the first `width` x `height` samples of four planes (`tile_width` x `tile_height` each, one after the other)
/// into a float plane of twice the size, times `scale`: planes 0 and 1 in turn give its even rows, 2 and 3 its odd ones.
void aegis_weave_tile(
    const float *tile, int32_t tile_width, int32_t tile_height, int32_t width, int32_t height, float scale,
    const aegis_plane *destination);

/// Floats of scratch that `aegis_add_detail` needs.
size_t aegis_detail_scratch_count(int32_t width);

/// detail = base + detail, no more than `margin` below (above) the least (greatest) of the base's 3 x 3 neighbours, for
/// rows `first`..<`end`. Both planes are float. What a network adds cannot ring far beyond what is there.
void aegis_add_detail(
    const aegis_plane *base, int32_t width, int32_t height, float margin, const aegis_plane *detail, int32_t first,
    int32_t end, float *scratch);

/// The sum of (a - b)^2 over a rectangle of two integer planes of one kind.
uint64_t aegis_plane_squared_difference(
    const aegis_plane *a, const aegis_plane *b, int32_t x, int32_t y, int32_t width, int32_t height);

#ifdef __cplusplus
}
#endif

// The kernels of the enhancements; listed here so that the module is rebuilt when they change.
#include "aegis_color.h"
#include "aegis_deband.h"
#include "aegis_noise.h"
#include "aegis_stabilization.h"

#endif
