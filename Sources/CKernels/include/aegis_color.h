// Colour tables: a 3-D lattice in Y'CbCr applied to planar frames in one integer pass.
//
// Positions and table values are 15-bit fixed point: 2^15 is one step beyond the largest code of the depth, so that
// every code of 8 to 12 bits is a whole number of units and an identity table is exact. Values are stored with an offset
// of -16384, because 2^15 itself (the last node) has to fit.

#ifndef AEGIS_COLOR_H
#define AEGIS_COLOR_H

#include "aegis_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Offset of table values.
#define AEGIS_COLOR_OFFSET 16384

/// A lattice of (2^luma_steps + 1) x (2^chroma_steps + 1)^2 nodes. Node (y, u, v) lies at
/// ((v * chroma_nodes) + u) * luma_nodes + y of each table.
typedef struct aegis_color_lut {
    int32_t luma_steps, chroma_steps;
    const int16_t *y, *u, *v;
} aegis_color_lut;

/// Luma that is added by place and brightness before the lattice: tiles of curves.
typedef struct aegis_tone_grid {
    /// Tiles, 1...64 each; their centres divide the frame evenly.
    int32_t columns, rows;
    /// (rows * columns) curves of AEGIS_TONE_NODES differences in 15-bit units, evenly over all codes.
    const int16_t *differences;
} aegis_tone_grid;

#define AEGIS_TONE_NODES 17

/// What a pass does. Planar or gray layouts of one size and one subsampling; no shift.
typedef struct aegis_color_pass {
    int32_t width, height, chroma_planes, chroma_shift_x, chroma_shift_y;
    int32_t input_bytes, input_depth, output_bytes, output_depth;
    /// Where chroma lies when it is subsampled: between two luma columns (rows), or on the first of them.
    bool centered_x, centered_y;
    bool dither;
    /// Smallest and largest code that is written.
    int32_t luma_low, luma_high, chroma_low, chroma_high;
} aegis_color_pass;

/// Bytes of scratch for a pass. The scratch must be zero before the first run and is used by one pass at a time.
size_t aegis_color_scratch_size(const aegis_color_pass *pass);

/// Maps a frame. `tone` may be NULL. Input and output do not overlap.
void aegis_color_run(
    const aegis_color_pass *pass, const aegis_color_lut *lut, const aegis_tone_grid *tone,
    const aegis_image *input, const aegis_mutable_image *output, void *scratch);

/// result = a + (b - a) * share / 2^15, rounded; share 0...32768.
void aegis_color_mix(const int16_t *a, const int16_t *b, int32_t share, size_t count, int16_t *result);

#ifdef __cplusplus
}
#endif

#endif
