// Vectors of 16-bit numbers for the full-resolution pass: the compiler's own vectoriser does not find pmulhrsw and
// sqrdmulh in C. In the scalar twin a vector is one number, and the same source serves.

#if defined(AEGIS_NO_VECTORS)
enum { word_lanes = 1 };
typedef int16_t words;
#elif defined(AEGIS_USE_AVX2)
// AVX-512 too: runs of tiles are a few times 16 samples long, and wider vectors would be half empty.
enum { word_lanes = 16 };
typedef int16_t words __attribute__((ext_vector_type(16)));
#else
enum { word_lanes = 8 };
typedef int16_t words __attribute__((ext_vector_type(8)));
#endif

/// (a * b) / 2^15, rounded. Never called with both at -32768, where instruction sets differ.
static inline int16_t multiply_q15(int16_t a, int16_t b) {
    return (int16_t)(((((int32_t)a * (int32_t)b) >> 14) + 1) >> 1);
}

static inline words words_multiply(words a, words b) {
#if defined(AEGIS_NO_VECTORS)
    return multiply_q15(a, b);
#elif defined(AEGIS_USE_AVX2)
    return (words)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
#elif defined(AEGIS_USE_NEON)
    return (words)vqrdmulhq_s16((int16x8_t)a, (int16x8_t)b);
#elif defined(AEGIS_USE_SSE2)
    const __m128i low = _mm_mullo_epi16((__m128i)a, (__m128i)b), high = _mm_mulhi_epi16((__m128i)a, (__m128i)b);
    const __m128i whole = _mm_or_si128(_mm_slli_epi16(high, 1), _mm_srli_epi16(low, 15));
    return (words)_mm_add_epi16(whole, _mm_and_si128(_mm_srli_epi16(low, 14), _mm_set1_epi16(1)));
#else
    words result;
    for (int32_t i = 0; i < word_lanes; i++) {
        result[i] = multiply_q15(a[i], b[i]);
    }
    return result;
#endif
}

static inline words words_load(const int16_t *from) {
    words result;
    memcpy(&result, from, sizeof(result));
    return result;
}

static inline void words_store(int16_t *to, words value) { memcpy(to, &value, sizeof(value)); }

/// Samples of 8 bits, as many as there are lanes.
#if defined(AEGIS_NO_VECTORS)
static inline words words_load_bytes(const uint8_t *from) { return *from; }
static inline void words_store_bytes(uint8_t *to, words value) { *to = (uint8_t)value; }
#else
typedef uint8_t word_bytes __attribute__((ext_vector_type(word_lanes)));
static inline words words_load_bytes(const uint8_t *from) {
    word_bytes result;
    memcpy(&result, from, sizeof(result));
    return __builtin_convertvector(result, words);
}

/// The low eight bits of each number.
static inline void words_store_bytes(uint8_t *to, words value) {
    const word_bytes result = __builtin_convertvector(value, word_bytes);
    memcpy(to, &result, sizeof(result));
}
#endif

static inline words words_of(int16_t value) { return (words)value; }

static inline words words_add_saturating(words a, words b) { return __builtin_elementwise_add_sat(a, b); }
static inline words words_subtract_saturating(words a, words b) { return __builtin_elementwise_sub_sat(a, b); }
static inline words words_smaller(words a, words b) { return __builtin_elementwise_min(a, b); }
static inline words words_larger(words a, words b) { return __builtin_elementwise_max(a, b); }

/// Point between two rows at `fraction` / 2^15.
static inline words words_between(words a, words b, words fraction) {
    return a + words_multiply(words_subtract_saturating(b, a), fraction);
}

/// Three quarters of `near`, one of `far`.
static inline words words_quarter(words near, words far) {
    return near + (words_add_saturating(words_subtract_saturating(far, near), words_of(2)) >> 2);
}

/// For every vector of a row of `count` numbers; rows lie in the scratch and have slack behind them.
#define AEGIS_WORDS(i, count) AEGIS_LOOP for (ptrdiff_t i = 0; i < (count); i += word_lanes)
