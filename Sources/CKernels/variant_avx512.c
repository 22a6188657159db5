// x86-64 with AVX-512 F, BW, DQ and VL.

#if defined(__x86_64__)

#include "kernel_table.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define AEGIS_VARIANT avx512
#define AEGIS_USE_AVX2 1
#define AEGIS_USE_AVX512 1
#pragma clang attribute push( \
    __attribute__((target("avx2,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#include "variant.h"
#pragma clang attribute pop

#endif
