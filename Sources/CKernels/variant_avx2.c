// x86-64 with AVX2, compiled for it function by function: the rest of the program stays at the baseline.

#if defined(__x86_64__)

#include "kernel_table.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define AEGIS_VARIANT avx2
#define AEGIS_USE_AVX2 1
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2"))), apply_to = function)
#include "variant.h"
#pragma clang attribute pop

#endif
