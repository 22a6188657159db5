// Smooth areas of 8-bit planes at 12 bits.

#ifndef AEGIS_DEBAND_H
#define AEGIS_DEBAND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of scratch for planes of a size.
size_t aegis_deband_scratch_size(int32_t width, int32_t height);

/// Brings a plane of 8 bits to 12. Strides in bytes; `scratch` is used by one call at a time.
void aegis_deband(
    const uint8_t *source, ptrdiff_t stride, int32_t width, int32_t height, uint16_t *result, ptrdiff_t result_stride,
    void *scratch);

#ifdef __cplusplus
}
#endif

#endif
