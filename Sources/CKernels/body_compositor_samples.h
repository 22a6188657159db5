// Samples of all depths as 14-bit numbers and back, for the full-resolution pass.

#include "words.h"

static inline int16_t add_saturating(int16_t a, int16_t b) { return __builtin_elementwise_add_sat(a, b); }
static inline int16_t subtract_saturating(int16_t a, int16_t b) { return __builtin_elementwise_sub_sat(a, b); }
static inline int16_t smaller(int16_t a, int16_t b) { return a < b ? a : b; }
static inline int16_t larger(int16_t a, int16_t b) { return a > b ? a : b; }

/// Point between two samples at `fraction` / 2^15.
static inline int16_t between(int16_t a, int16_t b, int16_t fraction) {
    return (int16_t)(a + multiply_q15(subtract_saturating(b, a), fraction));
}

/// How the samples of a frame become 14 bits and back.
typedef struct sample_format {
    int32_t bytes, depth, shift;
} sample_format;

/// Loads samples of one plane as 14 bits.
static void load_samples(const void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, int16_t *out) {
    if (format.bytes == 1) {
        const uint8_t *from = (const uint8_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out[i] = (int16_t)(from[i] << 6);
        }
    } else {
        const uint16_t *from = (const uint16_t *)plane + at;
        const int32_t down = format.shift, up = 14 - format.depth;
        // Stray bits above the depth would leave the range that the arithmetic is made for.
        const uint16_t mask = (uint16_t)((1 << format.depth) - 1);
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out[i] = (int16_t)(((from[i] >> down) & mask) << up);
        }
    }
}

/// Loads `count` pairs of an interleaved plane as 14 bits.
static void load_pairs(
    const void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, int16_t *out0, int16_t *out1) {
    if (format.bytes == 1) {
        const uint8_t *from = (const uint8_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out0[i] = (int16_t)(from[2 * i] << 6);
            out1[i] = (int16_t)(from[2 * i + 1] << 6);
        }
    } else {
        const uint16_t *from = (const uint16_t *)plane + 2 * at;
        const int32_t down = format.shift, up = 14 - format.depth;
        const uint16_t mask = (uint16_t)((1 << format.depth) - 1);
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            out0[i] = (int16_t)(((from[2 * i] >> down) & mask) << up);
            out1[i] = (int16_t)(((from[2 * i + 1] >> down) & mask) << up);
        }
    }
}

/// 14 bits to the depth, rounded and clamped.
static inline int16_t narrow(int16_t value, int16_t half, int32_t down, int16_t top) {
    return smaller(larger((int16_t)(add_saturating(value, half) >> down), 0), top);
}

static void store_samples(void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, const int16_t *values) {
    const int32_t down = 14 - format.depth;
    const int16_t half = (int16_t)(1 << (down - 1)), top = (int16_t)((1 << format.depth) - 1);
    if (format.bytes == 1) {
        uint8_t *to = (uint8_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[i] = (uint8_t)narrow(values[i], 32, 6, 255);
        }
    } else {
        uint16_t *to = (uint16_t *)plane + at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[i] = (uint16_t)(narrow(values[i], half, down, top) << format.shift);
        }
    }
}

static void store_pairs(
    void *plane, ptrdiff_t at, ptrdiff_t count, sample_format format, const int16_t *values0, const int16_t *values1) {
    const int32_t down = 14 - format.depth;
    const int16_t half = (int16_t)(1 << (down - 1)), top = (int16_t)((1 << format.depth) - 1);
    if (format.bytes == 1) {
        uint8_t *to = (uint8_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[2 * i] = (uint8_t)narrow(values0[i], 32, 6, 255);
            to[2 * i + 1] = (uint8_t)narrow(values1[i], 32, 6, 255);
        }
    } else {
        uint16_t *to = (uint16_t *)plane + 2 * at;
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            to[2 * i] = (uint16_t)(narrow(values0[i], half, down, top) << format.shift);
            to[2 * i + 1] = (uint16_t)(narrow(values1[i], half, down, top) << format.shift);
        }
    }
}
