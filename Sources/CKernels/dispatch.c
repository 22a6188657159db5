// Chooses the variant once, and forwards the public functions to it.

#include "kernel_table.h"

#include <stdatomic.h>

static _Atomic(int) selected_level = -1;

bool aegis_level_available(aegis_level level) {
    switch (level) {
    case AEGIS_LEVEL_SCALAR:
    case AEGIS_LEVEL_BASELINE:
        return true;
#if defined(__x86_64__)
    case AEGIS_LEVEL_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
    case AEGIS_LEVEL_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    default:
        return false;
    }
}

aegis_level aegis_level_selected(void) {
    int level = atomic_load_explicit(&selected_level, memory_order_relaxed);
    if (level < 0) {
        // Several threads may come here at once; all find the same answer.
        level = AEGIS_LEVEL_AVX512;
        while (!aegis_level_available((aegis_level)level)) {
            level -= 1;
        }
        int unset = -1;
        atomic_compare_exchange_strong(&selected_level, &unset, level);
    }
    return (aegis_level)level;
}

bool aegis_level_select(aegis_level level) {
    if (!aegis_level_available(level)) {
        return false;
    }
    atomic_store(&selected_level, (int)level);
    return true;
}

static const aegis_kernel_table *table(void) {
    switch (aegis_level_selected()) {
#if defined(__x86_64__)
    case AEGIS_LEVEL_AVX512:
        return &aegis_kernels_avx512;
    case AEGIS_LEVEL_AVX2:
        return &aegis_kernels_avx2;
#endif
    case AEGIS_LEVEL_SCALAR:
        return &aegis_kernels_scalar;
    default:
        return &aegis_kernels_baseline;
    }
}

void aegis_scaler_run(
    aegis_scaler *scaler, const void *source, ptrdiff_t stride, int32_t components, int32_t bytes_per_sample,
    int32_t depth, int32_t shift, uint8_t *destination, uint8_t *destination2) {
    table()->scaler_run(
        scaler, source, stride, components, bytes_per_sample, depth, shift, destination, destination2);
}

void aegis_expand_range(const uint8_t *source, uint8_t *destination, size_t count, bool is_chroma) {
    table()->expand_range(source, destination, count, is_chroma);
}

uint64_t aegis_sum_absolute_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    return table()->sum_absolute_difference(a, b, count);
}

void aegis_yuv_to_rgb(
    const aegis_yuv_matrix *matrix, const uint8_t *y, const uint8_t *u, const uint8_t *v, size_t count, float *r,
    float *g, float *b) {
    table()->yuv_to_rgb(matrix, y, u, v, count, r, g, b);
}

void aegis_rotate_u8(
    const uint8_t *source, int32_t width, int32_t height, int32_t quarter_turns, uint8_t *destination) {
    table()->rotate_u8(source, width, height, quarter_turns, destination);
}

void aegis_rotate_f32(const float *source, int32_t width, int32_t height, int32_t quarter_turns, float *destination) {
    table()->rotate_f32(source, width, height, quarter_turns, destination);
}

void aegis_paster_run(aegis_paster *paster, const float *mask, float *grid) {
    table()->paster_run(paster, mask, grid);
}

void aegis_temporal_update(
    const aegis_temporal_parameters *parameters, int32_t width, int32_t height, int32_t frame_number,
    const uint8_t *guide_y, const uint8_t *guide_u, const uint8_t *guide_v, const float *current, float *reference_y,
    float *reference_u, float *reference_v, float *mask, float *adaption, void *scratch) {
    table()->temporal_update(
        parameters, width, height, frame_number, guide_y, guide_u, guide_v, current, reference_y, reference_u,
        reference_v, mask, adaption, scratch);
}

void aegis_guided_filter(
    const aegis_guided_parameters *parameters, int32_t width, int32_t height, const uint8_t *guide_y,
    const uint8_t *guide_u, const uint8_t *guide_v, const float *mask, float *a0, float *a1, float *a2, float *b,
    uint16_t *input2, void *scratch) {
    table()->guided_filter(
        parameters, width, height, guide_y, guide_u, guide_v, mask, a0, a1, a2, b, input2, scratch);
}

void aegis_background_cells(
    float opaque, int32_t width, int32_t height, const uint8_t *y, const uint8_t *u, const uint8_t *v,
    const float *mask, aegis_background_source *source, void *scratch) {
    table()->background_cells(opaque, width, height, y, u, v, mask, source, scratch);
}

void aegis_background(
    const aegis_background_parameters *parameters, const aegis_background_source *source, int32_t width,
    int32_t height, uint16_t *result_y, uint16_t *result_u, uint16_t *result_v, void *scratch) {
    table()->background(parameters, source, width, height, result_y, result_u, result_v, scratch);
}

void aegis_compositor_run(
    aegis_compositor *compositor, const aegis_composition *composition, int32_t first, int32_t end, void *scratch) {
    table()->compositor_run(compositor, composition, first, end, scratch);
}

int32_t aegis_find_components(
    const float *values, int32_t width, int32_t height, float threshold, int32_t *labels, aegis_component *components,
    void *scratch) {
    return table()->find_components(values, width, height, threshold, labels, components, scratch);
}

void aegis_keep_components(
    const float *values, int32_t width, int32_t height, const int32_t *labels, const uint8_t *keep, int32_t radius,
    float *result, void *scratch) {
    table()->keep_components(values, width, height, labels, keep, radius, result, scratch);
}

void aegis_dilate(
    const uint8_t *source, int32_t width, int32_t height, int32_t radius, uint8_t *destination, void *scratch) {
    table()->dilate(source, width, height, radius, destination, scratch);
}

void aegis_pick_changed(const float *current, const float *mask, float threshold, size_t count, float *result) {
    table()->pick_changed(current, mask, threshold, count, result);
}

void aegis_color_run(
    const aegis_color_pass *pass, const aegis_color_lut *lut, const aegis_tone_grid *tone, const aegis_image *input,
    const aegis_mutable_image *output, void *scratch) {
    table()->color_run(pass, lut, tone, input, output, scratch);
}

void aegis_color_mix(const int16_t *a, const int16_t *b, int32_t share, size_t count, int16_t *result) {
    table()->color_mix(a, b, share, count, result);
}

void aegis_deband(
    const uint8_t *source, ptrdiff_t stride, int32_t width, int32_t height, uint16_t *result, ptrdiff_t result_stride,
    void *scratch) {
    table()->deband(source, stride, width, height, result, result_stride, scratch);
}

void aegis_signature_make(
    const uint8_t *y, int32_t width, int32_t height, const uint8_t *u, const uint8_t *v, int32_t chroma_width,
    int32_t chroma_height, aegis_signature *result) {
    table()->signature_make(y, width, height, u, v, chroma_width, chroma_height, result);
}

void aegis_signature_difference(
    const aegis_signature *a, const aegis_signature *b, aegis_signature_distance *result) {
    table()->signature_difference(a, b, result);
}

void aegis_halve(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination) {
    table()->halve(source, width, height, destination);
}

void aegis_flatten(const uint8_t *source, int32_t width, int32_t height, uint8_t *destination, int32_t *scratch) {
    table()->flatten(source, width, height, destination, scratch);
}

void aegis_measure_texture(
    const uint8_t *plane, int32_t width, int32_t height, int32_t *sums, int32_t *scratch) {
    table()->measure_texture(plane, width, height, sums, scratch);
}

int32_t aegis_find_shift(
    const uint8_t *previous, const uint8_t *current, int32_t width, int32_t height, int32_t radius, int32_t *dx,
    int32_t *dy) {
    return table()->find_shift(previous, current, width, height, radius, dx, dy);
}

void aegis_track_points(
    const aegis_pyramid *previous, const aegis_pyramid *current, aegis_tracked_point *points, int32_t count) {
    table()->track_points(previous, current, points, count);
}

uint64_t aegis_sum_squared_difference(const uint8_t *a, const uint8_t *b, size_t count) {
    return table()->sum_squared_difference(a, b, count);
}

void aegis_warp_plane(
    const aegis_warp *warp, const void *source, ptrdiff_t source_stride, void *destination,
    ptrdiff_t destination_stride, void *scratch) {
    table()->warp_plane(warp, source, source_stride, destination, destination_stride, scratch);
}

void aegis_noise_load(
    const aegis_noise_plane *plane, const void *source, ptrdiff_t stride, int32_t bytes_per_sample, int32_t depth) {
    table()->noise_load(plane, source, stride, bytes_per_sample, depth);
}

void aegis_noise_pyramid_fill(const aegis_noise_pyramid *pyramid, const aegis_noise_plane *luma) {
    table()->noise_pyramid_fill(pyramid, luma);
}

void aegis_noise_search(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, int32_t noise,
    const aegis_noise_motion *hint, const aegis_noise_motion *hint_onward, aegis_noise_motion *motion, void *scratch) {
    table()->noise_search(current, reference, noise, hint, hint_onward, motion, scratch);
}

int32_t aegis_noise_difference(
    const aegis_noise_pyramid *current, const aegis_noise_pyramid *reference, void *scratch) {
    return table()->noise_difference(current, reference, scratch);
}

void aegis_noise_compensate(
    const aegis_noise_plane *sum, const aegis_noise_plane *current, const aegis_noise_plane sources[2],
    const aegis_noise_motion *motion, bool is_first) {
    table()->noise_compensate(sum, current, sources, motion, is_first);
}

void aegis_noise_filter(
    const aegis_noise_filter_parameters *parameters, const aegis_noise_plane *current,
    const aegis_noise_plane sums[AEGIS_NOISE_RADIUS], void *destination, ptrdiff_t stride, void *scratch) {
    table()->noise_filter(parameters, current, sums, destination, stride, scratch);
}

int32_t aegis_noise_measure(const aegis_noise_plane *plane, int32_t lowest, int32_t highest, void *scratch) {
    return table()->noise_measure(plane, lowest, highest, scratch);
}

void aegis_true_peaks(const float *samples, const float *phases, int32_t taps, size_t count, float *peaks) {
    table()->true_peaks(samples, phases, taps, count, peaks);
}

void aegis_resampler_run(
    aegis_resampler *resampler, const aegis_plane *source, aegis_resampler_mode mode, const aegis_plane *other,
    float peak, const aegis_plane *destination, int32_t first, int32_t end) {
    table()->resampler_run(resampler, source, mode, other, peak, destination, first, end);
}

void aegis_gather_tile(
    const aegis_plane *source, int32_t plane_width, int32_t plane_height, int32_t x, int32_t y, int32_t width,
    int32_t height, float scale, float *tile) {
    table()->gather_tile(source, plane_width, plane_height, x, y, width, height, scale, tile);
}

void aegis_weave_tile(
    const float *tile, int32_t tile_width, int32_t tile_height, int32_t width, int32_t height, float scale,
    const aegis_plane *destination) {
    table()->weave_tile(tile, tile_width, tile_height, width, height, scale, destination);
}

void aegis_add_detail(
    const aegis_plane *base, int32_t width, int32_t height, float margin, const aegis_plane *detail, int32_t first,
    int32_t end, float *scratch) {
    table()->add_detail(base, width, height, margin, detail, first, end, scratch);
}

uint64_t aegis_plane_squared_difference(
    const aegis_plane *a, const aegis_plane *b, int32_t x, int32_t y, int32_t width, int32_t height) {
    return table()->plane_squared_difference(a, b, x, y, width, height);
}
