// The bodies of all kernels. Each variant_*.c includes this once, after setting what it may use:
//
//   AEGIS_VARIANT          suffix of the table's name
//   AEGIS_USE_SSE2         the intrinsics of x86-64's baseline may be used
//   AEGIS_USE_AVX2         those up to AVX2
//   AEGIS_USE_AVX512       those up to AVX-512 BW
//   AEGIS_USE_NEON         those of NEON
//   AEGIS_NO_VECTORS       the loops stay scalar
//
// Variants must agree bit for bit. So: no contraction of a * b + c, no reassociation, and sums in an order that does
// not depend on the vector width (or over integers).

#pragma STDC FP_CONTRACT OFF
// The scalar twin and sanitizer builds do not vectorise; that is no fault.
#pragma clang diagnostic ignored "-Wpass-failed"

#if defined(AEGIS_NO_VECTORS)
#define AEGIS_LOOP _Pragma("clang loop vectorize(disable) interleave(disable)")
#define AEGIS_SHORT_LOOP AEGIS_LOOP
#else
/// For loops whose iterations touch different elements only; rows of one call never overlap.
#define AEGIS_LOOP _Pragma("clang loop vectorize(assume_safety)")
/// The same for pieces of rows that are a few tiles long: no unrolling that would leave most of them to a scalar rest.
#define AEGIS_SHORT_LOOP _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)")
#endif

#define AEGIS_JOIN2(a, b) a##b
#define AEGIS_JOIN(a, b) AEGIS_JOIN2(a, b)
#define AEGIS_TABLE AEGIS_JOIN(aegis_kernels_, AEGIS_VARIANT)

#include "body_scaler.h"
#include "body_grid.h"
#include "body_guided.h"
#include "body_background.h"
#include "body_components.h"
#include "body_compositor.h"
#include "body_color.h"
#include "body_deband.h"
#include "body_signature.h"
#include "body_motion.h"
#include "body_warp.h"
#include "body_noise_vector.h"
#include "body_noise_filter.h"
#include "body_noise_motion.h"
#include "body_noise_compensate.h"
#include "body_noise_measure.h"
#include "body_sound.h"
#include "body_resampler.h"

const aegis_kernel_table AEGIS_TABLE = {
    .scaler_run = scaler_run,
    .expand_range = expand_range,
    .sum_absolute_difference = sum_absolute_difference,
    .yuv_to_rgb = yuv_to_rgb,
    .rotate_u8 = rotate_u8,
    .rotate_f32 = rotate_f32,
    .paster_run = paster_run,
    .temporal_update = temporal_update,
    .guided_filter = guided_filter,
    .background_cells = background_cells,
    .background = background,
    .compositor_run = compositor_run,
    .find_components = find_components,
    .keep_components = keep_components,
    .dilate = dilate,
    .pick_changed = pick_changed,
    .color_run = color_run,
    .color_mix = color_mix,
    .deband = deband,
    .signature_make = signature_make,
    .signature_difference = signature_difference,
    .halve = halve,
    .flatten = flatten,
    .measure_texture = measure_texture,
    .find_shift = find_shift,
    .track_points = track_points,
    .sum_squared_difference = sum_squared_difference,
    .warp_plane = warp_plane,
    .noise_load = noise_load,
    .noise_pyramid_fill = noise_pyramid_fill,
    .noise_search = noise_search,
    .noise_difference = noise_difference,
    .noise_compensate = noise_compensate,
    .noise_filter = noise_filter,
    .noise_measure = noise_measure,
    .true_peaks = true_peaks,
    .resampler_run = resampler_run,
    .gather_tile = gather_tile,
    .weave_tile = weave_tile,
    .add_detail = add_detail,
    .plane_squared_difference = plane_squared_difference,
};
