// Pixel kernels of the `stabilization` stage: image pyramids, texture, patch tracking, and the warp.
//
// The conventions of aegis_kernels.h hold: nothing allocates, all variants give the same bits, sizes are not checked.
//
// The methods: B. Lucas, T. Kanade, "An Iterative Image Registration Technique", 1981; J. Shi, C. Tomasi, "Good Features
// to Track", 1994; E. Catmull, A. R. Smith, "3-D Transformations of Images in Scanline Order", 1980; R. Keys, "Cubic
// Convolution Interpolation for Digital Image Processing", 1981 (the kernel of fourth order over six samples).

#ifndef AEGIS_STABILIZATION_H
#define AEGIS_STABILIZATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---------------------------------------------------------------------------------------------------------------------
// Motion

/// Side of the squares whose texture is measured, in samples.
#define AEGIS_TEXTURE_BLOCK 8

/// Side of the patches that are tracked, in samples. Planes to track in are at least two samples larger.
#define AEGIS_TRACKED_PATCH 16

/// The most levels of a pyramid.
#define AEGIS_PYRAMID_LEVELS 6

/// Dense 8-bit planes, each half the size (rounded down) of the one before it.
typedef struct aegis_pyramid {
    int32_t levels;
    int32_t width[AEGIS_PYRAMID_LEVELS], height[AEGIS_PYRAMID_LEVELS];
    const uint8_t *plane[AEGIS_PYRAMID_LEVELS];
} aegis_pyramid;

/// One point that is followed from one frame to the next.
typedef struct aegis_tracked_point {
    /// Where it is in the earlier frame, in samples of level 0.
    float x, y;
    /// How far it moved; before the call a guess.
    float dx, dy;
    /// Share of the patch's own contrast that is left as difference after the best shift; 0 is a perfect match.
    float residual;
    /// Whether it could be followed.
    int32_t is_tracked;
} aegis_tracked_point;

/// Halves a dense plane: the rounded mean of 2x2 samples. The destination has width / 2 x height / 2 samples.
void aegis_halve(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination);

/// Takes the local brightness out of a dense plane: 128 plus the difference of each sample and the mean of the 7x7
/// samples around it (edge samples repeated), clamped. `scratch` takes `width` numbers.
void aegis_flatten(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination, int32_t *scratch);

/// Texture of every whole block of 8x8 samples: the sums of gx^2, gy^2 and gx gy (central differences, not halved; edge
/// samples repeated), one block after the other. `scratch` takes 3 * width numbers.
void aegis_measure_texture(
    const uint8_t *plane, int32_t width, int32_t height, int32_t *sums, int32_t *scratch);

/// The whole-sample shift of `current` against `previous` (same size) with the least mean difference, up to `radius` in
/// each direction: what is at (x, y) in `previous` is at (x + dx, y + dy) in `current`. Small shifts win ties.
/// Returns the mean absolute difference there, in 1/256.
int32_t aegis_find_shift(
    const uint8_t *previous, const uint8_t *current, int32_t width, int32_t height, int32_t radius, int32_t *dx,
    int32_t *dy);

/// Follows points from `previous` to `current` (same sizes), from the coarsest level to the finest. Differences of the
/// mean brightness of a patch do not matter.
void aegis_track_points(
    const aegis_pyramid *previous, const aegis_pyramid *current, aegis_tracked_point *points, int32_t count);

/// Sum of (a - b)^2.
uint64_t aegis_sum_squared_difference(const uint8_t *a, const uint8_t *b, size_t count);

// ---------------------------------------------------------------------------------------------------------------------
// Warp

/// What lies outside a plane.
typedef enum aegis_border {
    /// The nearest sample of the plane.
    AEGIS_BORDER_REPEAT = 0,
    /// The plane mirrored at its outermost samples; behind the mirror image the nearest sample of it.
    AEGIS_BORDER_MIRROR = 1,
    /// One value.
    AEGIS_BORDER_VALUE = 2,
} aegis_border;

/// A plane and how it is to be warped. The source position of the destination's sample (X, Y), in samples:
/// x = xx X + xy Y + x0, y = yx X + yy Y + y0.
///
/// xx and yy are 0.7..1.2, xy and yx at most 0.2 in size.
typedef struct aegis_warp {
    int32_t width, height;
    /// 1 or 2 (little endian).
    int32_t bytes_per_sample;
    /// Significant bits, 8..16, lowest bit first.
    int32_t depth;
    aegis_border border;
    /// What lies outside with AEGIS_BORDER_VALUE.
    int32_t border_value;
    double xx, xy, x0, yx, yy, y0;
} aegis_warp;

/// Bytes of scratch that warping any plane takes.
size_t aegis_warp_scratch_size(void);

/// Warps a plane into another of the same size; strides in bytes.
void aegis_warp_plane(
    const aegis_warp *warp, const void *source, ptrdiff_t source_stride, void *destination,
    ptrdiff_t destination_stride, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
