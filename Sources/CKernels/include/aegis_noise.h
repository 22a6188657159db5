// Pixel kernels of the `noise_reduction` stage: noise measurement, motion search, motion compensation, and a filter in
// the domain of a three-dimensional cosine transform.
//
// The conventions of `aegis_kernels.h` hold: no allocation, no state, bit-identical variants, caller memory.
//
// The method. A frame and its neighbours in time, shifted along the motion of every 8x8 cell (overlapped block motion
// compensation: M. Orchard, G. Sullivan, "Overlapped block motion compensation", IEEE Trans. Image Processing 3(5),
// 1994), form stacks of 8x8 blocks. Each stack is transformed in time and space, coefficients below a limit are set to
// 0, and the middle frame is transformed back; blocks overlap and are averaged (shrinkage with shifts: R. Coifman,
// D. Donoho, "Translation-invariant de-noising", 1995; stacks along motion: M. Maggioni et al., "Video denoising,
// deblocking, and enhancement through separable 4-D nonlocal spatiotemporal transforms", IEEE TIP 21(9), 2012).
// Only the transform's even functions of time are non-zero in the middle, so the stack is folded there: frames at the
// same distance before and after are added up first.

#ifndef AEGIS_NOISE_H
#define AEGIS_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Samples around a plane, filled by mirroring: what motion may reach, and what vector loads run over.
#define AEGIS_NOISE_PADDING 32
/// Side of a cell that has a motion vector of its own.
#define AEGIS_NOISE_CELL 8
/// The most frames on each side of the middle one.
#define AEGIS_NOISE_RADIUS 3
/// Levels of a motion search, each half the size of the one before.
#define AEGIS_NOISE_LEVELS 4

/// A plane of samples with padding: signed words, (value - half of the range) scaled to 12 bits, so -2048...2047.
typedef struct aegis_noise_plane {
    int16_t *base;
    /// In samples, a multiple of 32.
    ptrdiff_t stride;
    int32_t width, height;
} aegis_noise_plane;

/// Bytes of memory of a plane.
size_t aegis_noise_plane_size(int32_t width, int32_t height);

/// Lays a plane out in memory.
aegis_noise_plane aegis_noise_plane_make(void *memory, int32_t width, int32_t height);

/// Reads a plane of a frame: `depth` significant low bits in 1 (8) or 2 (9 to 12) bytes a sample; `stride` in bytes.
void aegis_noise_load(
    const aegis_noise_plane *plane, const void *source, ptrdiff_t stride, int32_t bytes_per_sample, int32_t depth);

/// What motion is searched in: luma in bytes, lightly smoothed, and smaller copies of it.
typedef struct aegis_noise_pyramid {
    uint8_t *base[AEGIS_NOISE_LEVELS];
    ptrdiff_t stride[AEGIS_NOISE_LEVELS];
    int32_t width[AEGIS_NOISE_LEVELS], height[AEGIS_NOISE_LEVELS];
} aegis_noise_pyramid;

/// Bytes of memory of a pyramid.
size_t aegis_noise_pyramid_size(int32_t width, int32_t height);

/// Lays a pyramid out in memory.
aegis_noise_pyramid aegis_noise_pyramid_make(void *memory, int32_t width, int32_t height);

/// Fills a pyramid of the plane's size.
void aegis_noise_pyramid_fill(const aegis_noise_pyramid *pyramid, const aegis_noise_plane *luma);

/// Where a cell's content is in another frame.
typedef struct aegis_noise_motion {
    /// In half samples.
    int16_t x, y;
    /// Sum of absolute differences of every second row of 16x16 bytes around the cell.
    uint16_t cost;
    /// Which of the two frames at a distance: 0 the first, 1 the second (see `aegis_noise_pair`).
    uint16_t source;
} aegis_noise_motion;

/// Bytes of scratch of a motion search.
size_t aegis_noise_search_scratch_size(int32_t width, int32_t height);

/// Finds every cell of `current` in `reference`. `motion` has ceil(width / 8) * ceil(height / 8) cells.
///
/// `noise` is the standard deviation of the samples' noise in 1/16 of an 8-bit code value: the more of it, the
/// smoother the field. With both hints, vectors are only refined: `hint` leads from `current` to a frame nearer than
/// `reference`, `hint_onward` from there to `reference`. Without (NULL), the search starts at the smallest level.
void aegis_noise_search(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t noise,
    const aegis_noise_motion *hint, const aegis_noise_motion *hint_onward, aegis_noise_motion *motion, void *scratch);

/// Mean absolute difference of the smallest levels along the motion found there without hints, times 16: a cut shows as
/// a large one.
int32_t aegis_noise_difference(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, void *scratch);

/// Chooses for every cell between the frames before and after: each takes the place of the other where its cost is less
/// than half of the other's, by more than noise (as in `aegis_noise_search`) explains. Afterwards the fields say by
/// `source` which frame they lead to.
void aegis_noise_pair(
    aegis_noise_motion *before, aegis_noise_motion *after, int32_t cell_count, int32_t noise);

/// Vectors for chroma, subsampled by 1 << shift: cells of 8x8 chroma samples take the vector of the luma cells they lie
/// on that is most like the others. `width` and `height` are luma's.
void aegis_noise_chroma_motion(
    const aegis_noise_motion *luma, int32_t width, int32_t height, int32_t shift_x, int32_t shift_y,
    aegis_noise_motion *chroma);

/// Adds what a frame, shifted along its motion, has more than `current` to `sum` (which the first call overwrites:
/// `is_first`).
///
/// Differences, not samples: where frames agree they are exactly 0, whatever rounding does. `sources` are the planes
/// that `motion` leads to, by `source`. Samples between samples come from the 6-tap filter of H.264 (ITU-T H.264,
/// 8.4.2.2.1). The result reaches 8 samples beyond the plane on all sides.
void aegis_noise_compensate(
    const aegis_noise_plane *sum, const aegis_noise_plane *current, const aegis_noise_plane sources[2],
    const aegis_noise_motion *motion, bool is_first);

/// How a plane is filtered.
typedef struct aegis_noise_filter_parameters {
    /// Frames on each side, 0 to 3.
    int32_t radius;
    /// Distance of blocks: 4 or 2 (better and slower).
    int32_t step;
    /// Weights of the transform in time, in 1/32768: row 0 the mean, then the higher functions; column j - 1 the sum of
    /// the differences at distance j.
    int16_t weights[AEGIS_NOISE_RADIUS + 1][AEGIS_NOISE_RADIUS];
    /// Coefficients up to this magnitude are noise, per function of time; the mean of a block is always kept.
    int16_t limits[AEGIS_NOISE_RADIUS + 1];
    /// Share of the removed part that is put back, in 1/32768.
    int16_t grain;
    /// Significant bits of the result, 8 to 12, and bytes a sample.
    int32_t depth, bytes_per_sample;
    /// Samples inside this range stay inside, in scaled samples (-2048...2047).
    int16_t lowest, highest;
} aegis_noise_filter_parameters;

/// Weight of a frame in a function of time, for a stack of `2 * radius + 1` frames: 2 / frames (the mean: 1 / frames)
/// times cos(2 pi function distance / frames). The functions then add up to the middle frame.
double aegis_noise_weight(int32_t radius, int32_t function, int32_t distance);

/// Bytes of scratch of a filter.
size_t aegis_noise_filter_scratch_size(int32_t width);

/// Filters a plane. `sums[j - 1]` holds the differences of both frames at distance j (see `aegis_noise_compensate`).
void aegis_noise_filter(
    const aegis_noise_filter_parameters *parameters, const aegis_noise_plane *current,
    const aegis_noise_plane sums[AEGIS_NOISE_RADIUS], void *destination, ptrdiff_t stride, void *scratch);

/// Noise of a plane: standard deviation in 1/256 of a code value of 8 bits; -1 where no part of the picture can tell
/// (everything is clipped or constant).
///
/// Blocks of 16x16 without texture (the flattest fifth by their means of 4x4) are judged by their diagonal differences
/// (D. Donoho, I. Johnstone, 1994: the finest diagonal band of a wavelet transform is mostly noise); the result is the
/// median. Constant blocks do not count, nor do those where noise was cut off at an end of the range, `lowest` and
/// `highest` at 8 bits, so that samples pile up there.
///
/// `scratch` has AEGIS_NOISE_MEASURE_SCRATCH bytes.
int32_t aegis_noise_measure(const aegis_noise_plane *plane, int32_t lowest, int32_t highest, void *scratch);

/// Bytes of scratch of `aegis_noise_measure`.
#define AEGIS_NOISE_MEASURE_SCRATCH 262144

// ---------------------------------------------------------------------------------------------------------------------
// Judging a filter

/// A plane of a frame to read.
typedef struct aegis_noise_samples {
    const void *base;
    /// In bytes.
    ptrdiff_t stride;
} aegis_noise_samples;

/// Adds reproducible, nearly Gaussian noise of a deviation in code values of the plane's own depth.
void aegis_noise_disturb(
    aegis_noise_samples source, int32_t width, int32_t height, int32_t bytes_per_sample, int32_t depth,
    double deviation, uint64_t seed, void *destination, ptrdiff_t stride);

/// Sums over the samples of a picture that noise did not drive to the ends of the range.
typedef struct aegis_noise_judgement {
    double count;
    /// Squares of what was added, `disturbed - original`.
    double added;
    /// Squares of `filtered - (2 original - disturbed)`.
    double crossed;
} aegis_noise_judgement;

/// Compares a filtered disturbed plane with the original disturbed by the opposite noise. Samples within `margin` code
/// values of the ends of the range do not count.
aegis_noise_judgement aegis_noise_judge(
    aegis_noise_samples original, aegis_noise_samples disturbed, aegis_noise_samples filtered, int32_t width,
    int32_t height, int32_t bytes_per_sample, int32_t depth, double margin);

/// How much gradient of a disturbed plane is left in a filtered one, at edges of the original disturbed by the opposite
/// noise, whose noise has nothing to do with theirs: sums of the products of their Sobel gradients with the judging
/// one, where that is above `limit` code values (|x| + |y|).
void aegis_noise_edges(
    aegis_noise_samples original, aegis_noise_samples disturbed, aegis_noise_samples filtered, int32_t width,
    int32_t height, int32_t bytes_per_sample, double limit, double *sum_before, double *sum_after);

#ifdef __cplusplus
}
#endif

#endif
