// What every machine of the architecture has: SSE2 on x86-64, NEON on aarch64.

#include "kernel_table.h"

#include <math.h>
#include <string.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#define AEGIS_USE_NEON 1
#elif defined(__SSE2__)
#include <emmintrin.h>
#define AEGIS_USE_SSE2 1
#endif

#define AEGIS_VARIANT baseline
#include "variant.h"
