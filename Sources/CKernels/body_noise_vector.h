// Rows of 8x8 blocks in vectors: groups of eight 16-bit words, each group a row of another block. The scalar twin has
// one group and plain loops.

#if defined(AEGIS_NO_VECTORS)

enum { NOISE_LANES = 8 };
typedef struct noise_vector {
    int16_t lane[NOISE_LANES];
} noise_vector;

#define NOISE_EACH_LANE AEGIS_LOOP for (int32_t i = 0; i < NOISE_LANES; i++)

static inline noise_vector noise_get(const int16_t *from) {
    noise_vector r;
    NOISE_EACH_LANE r.lane[i] = from[i];
    return r;
}
static inline void noise_put(int16_t *to, noise_vector a) { NOISE_EACH_LANE to[i] = a.lane[i]; }
static inline noise_vector noise_all(int16_t a) {
    noise_vector r;
    NOISE_EACH_LANE r.lane[i] = a;
    return r;
}
static inline noise_vector noise_groups(const int16_t *eight) { return noise_get(eight); }
static inline noise_vector noise_add(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = (int16_t)(a.lane[i] + b.lane[i]);
    return a;
}
static inline noise_vector noise_subtract(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = (int16_t)(a.lane[i] - b.lane[i]);
    return a;
}
static inline noise_vector noise_add_saturated(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = (int16_t)aegis_min(aegis_max(a.lane[i] + b.lane[i], INT16_MIN), INT16_MAX);
    return a;
}
static inline noise_vector noise_scale(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = multiply_q15(a.lane[i], b.lane[i]);
    return a;
}
static inline noise_vector noise_shift(noise_vector a, int32_t bits) {
    NOISE_EACH_LANE a.lane[i] = (int16_t)(a.lane[i] >> bits);
    return a;
}
static inline noise_vector noise_smaller(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}
static inline noise_vector noise_larger(noise_vector a, noise_vector b) {
    NOISE_EACH_LANE a.lane[i] = a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i];
    return a;
}
/// The values whose magnitude is above a limit; 0 in place of the others.
static inline noise_vector noise_keep(noise_vector a, noise_vector limit) {
    NOISE_EACH_LANE a.lane[i] = a.lane[i] > limit.lane[i] || a.lane[i] < -limit.lane[i] ? a.lane[i] : 0;
    return a;
}
/// Turns rows into columns, in every group by itself.
static inline void noise_transpose(noise_vector v[8]) {
    for (int32_t row = 1; row < 8; row++) {
        for (int32_t column = 0; column < row; column++) {
            const int16_t swapped = v[row].lane[column];
            v[row].lane[column] = v[column].lane[row];
            v[column].lane[row] = swapped;
        }
    }
}

#else

#if defined(AEGIS_USE_AVX512)
// Rows of a picture are long: here wider vectors are full ones, unlike those of words.h.
enum { NOISE_LANES = 32 };
typedef int16_t noise_vector __attribute__((ext_vector_type(32)));
static inline noise_vector noise_scale(noise_vector a, noise_vector b) {
    return (noise_vector)_mm512_mulhrs_epi16((__m512i)a, (__m512i)b);
}
#else
enum { NOISE_LANES = word_lanes };
typedef words noise_vector;
static inline noise_vector noise_scale(noise_vector a, noise_vector b) { return words_multiply(a, b); }
#endif

static inline noise_vector noise_get(const int16_t *from) {
    noise_vector result;
    memcpy(&result, from, sizeof(result));
    return result;
}
static inline void noise_put(int16_t *to, noise_vector a) { memcpy(to, &a, sizeof(a)); }
static inline noise_vector noise_all(int16_t a) { return (noise_vector)a; }
static inline noise_vector noise_add(noise_vector a, noise_vector b) { return a + b; }
static inline noise_vector noise_subtract(noise_vector a, noise_vector b) { return a - b; }
static inline noise_vector noise_add_saturated(noise_vector a, noise_vector b) {
    return __builtin_elementwise_add_sat(a, b);
}
static inline noise_vector noise_shift(noise_vector a, int32_t bits) { return a >> (noise_vector)(int16_t)bits; }
static inline noise_vector noise_smaller(noise_vector a, noise_vector b) { return __builtin_elementwise_min(a, b); }
static inline noise_vector noise_larger(noise_vector a, noise_vector b) { return __builtin_elementwise_max(a, b); }
static inline noise_vector noise_keep(noise_vector a, noise_vector limit) { return a & ((a > limit) | (a < -limit)); }

#if defined(AEGIS_USE_AVX512)
#define NOISE_UNPACK(bits, part, a, b) (noise_vector)_mm512_unpack##part##_epi##bits((__m512i)(a), (__m512i)(b))
static inline noise_vector noise_groups(const int16_t *eight) {
    return (noise_vector)_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)eight));
}
#elif defined(AEGIS_USE_AVX2)
#define NOISE_UNPACK(bits, part, a, b) (noise_vector)_mm256_unpack##part##_epi##bits((__m256i)(a), (__m256i)(b))
static inline noise_vector noise_groups(const int16_t *eight) {
    return (noise_vector)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)eight));
}
#else
typedef int32_t noise_words32 __attribute__((ext_vector_type(4)));
typedef int64_t noise_words64 __attribute__((ext_vector_type(2)));
#define NOISE_UNPACK(bits, part, a, b) NOISE_UNPACK_##bits##_##part(a, b)
#define NOISE_UNPACK_16_lo(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define NOISE_UNPACK_16_hi(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define NOISE_UNPACK_32_lo(a, b) \
    (noise_vector) __builtin_shufflevector((noise_words32)(a), (noise_words32)(b), 0, 4, 1, 5)
#define NOISE_UNPACK_32_hi(a, b) \
    (noise_vector) __builtin_shufflevector((noise_words32)(a), (noise_words32)(b), 2, 6, 3, 7)
#define NOISE_UNPACK_64_lo(a, b) (noise_vector) __builtin_shufflevector((noise_words64)(a), (noise_words64)(b), 0, 2)
#define NOISE_UNPACK_64_hi(a, b) (noise_vector) __builtin_shufflevector((noise_words64)(a), (noise_words64)(b), 1, 3)
static inline noise_vector noise_groups(const int16_t *eight) { return noise_get(eight); }
#endif

static inline void noise_transpose(noise_vector v[8]) {
    noise_vector a[8], b[8];
    for (int32_t i = 0; i < 4; i++) {
        a[2 * i] = NOISE_UNPACK(16, lo, v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = NOISE_UNPACK(16, hi, v[2 * i], v[2 * i + 1]);
    }
    for (int32_t i = 0; i < 2; i++) {
        b[4 * i] = NOISE_UNPACK(32, lo, a[4 * i], a[4 * i + 2]);
        b[4 * i + 1] = NOISE_UNPACK(32, hi, a[4 * i], a[4 * i + 2]);
        b[4 * i + 2] = NOISE_UNPACK(32, lo, a[4 * i + 1], a[4 * i + 3]);
        b[4 * i + 3] = NOISE_UNPACK(32, hi, a[4 * i + 1], a[4 * i + 3]);
    }
    for (int32_t i = 0; i < 4; i++) {
        v[2 * i] = NOISE_UNPACK(64, lo, b[i], b[i + 4]);
        v[2 * i + 1] = NOISE_UNPACK(64, hi, b[i], b[i + 4]);
    }
}

#endif
