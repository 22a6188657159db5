// The C library resolves `malloc` and its kin to the first definition it finds, and the program comes before every
// library: defining them here lets a benchmark see every allocation, whoever makes it. The work is left to glibc's own
// functions, which it exports under a second name.
#define _GNU_SOURCE
#include "measurement.h"

#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

enum { most_ranges = 64 };
static struct { uintptr_t start, end; } own_ranges[most_ranges];
static int own_range_count;
static atomic_int is_counting;
static atomic_uint_fast64_t total, own;

// Remembers where the code of the program and of the Swift runtime lies.
static int note_object(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    int *position = context;
    int is_program = (*position)++ == 0;
    const char *name = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
    int is_runtime = name && (strncmp(name, "/libswift", 9) == 0 || strncmp(name, "/libFoundation", 14) == 0);
    if (!is_program && !is_runtime) return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || own_range_count == most_ranges) continue;
        own_ranges[own_range_count].start = info->dlpi_addr + header->p_vaddr;
        own_ranges[own_range_count].end = info->dlpi_addr + header->p_vaddr + header->p_memsz;
        own_range_count++;
    }
    return 0;
}

void aegis_allocations_count(int is_on) {
    if (own_range_count == 0) {
        int position = 0;
        dl_iterate_phdr(note_object, &position);
    }
    atomic_store(&is_counting, is_on);
}

uint64_t aegis_allocations_total(void) { return atomic_load(&total); }
uint64_t aegis_allocations_own(void) { return atomic_load(&own); }

static inline void count(const void *caller) {
    if (!atomic_load_explicit(&is_counting, memory_order_relaxed)) return;
    atomic_fetch_add_explicit(&total, 1, memory_order_relaxed);
    for (int i = 0; i < own_range_count; i++) {
        if ((uintptr_t)caller >= own_ranges[i].start && (uintptr_t)caller < own_ranges[i].end) {
            atomic_fetch_add_explicit(&own, 1, memory_order_relaxed);
            return;
        }
    }
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    void *pointer = __libc_memalign(alignment, size);
    if (!pointer && size) return ENOMEM;
    *result = pointer;
    return 0;
}
