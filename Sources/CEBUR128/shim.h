// libebur128 1.2, as Swift can see it. Nothing in it needs help from the Clang importer.
#ifndef AEGIS_CEBUR128_SHIM_H
#define AEGIS_CEBUR128_SHIM_H

#include <ebur128.h>

#endif
