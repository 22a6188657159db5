// What benchmarks measure and set that Swift cannot reach.
#ifndef AEGIS_MEASUREMENT_H
#define AEGIS_MEASUREMENT_H

#include <stdint.h>

// Starts or stops counting, in all threads.
void aegis_allocations_count(int is_on);

// Allocations since counting was first started: of the whole process, and those that were called for by the program
// itself or by the Swift runtime libraries, which serve nobody else here.
uint64_t aegis_allocations_total(void);
uint64_t aegis_allocations_own(void);

// Keeps the calling thread, and the threads that it starts, on the first core that it may use; 0 lets it use again what
// it could before. The calls for affinity are GNU extensions, which Swift's Glibc module leaves out.
void aegis_stay_on_one_core(int is_on);

#endif
