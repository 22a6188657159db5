// The twin: the same loops, one element at a time.

#include "kernel_table.h"

#include <math.h>
#include <string.h>

#define AEGIS_VARIANT scalar
#define AEGIS_NO_VECTORS 1
#include "variant.h"
