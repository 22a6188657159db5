#include "aegis_kernels.h"
