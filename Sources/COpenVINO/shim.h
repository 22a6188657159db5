// OpenVINO's C API (wheel openvino==2026.4.1) for OpenVINOKit, which is the only importer.
//
// Every shim says which Swift limit it works around. The variadic entry points (`ov_core_compile_model`,
// `ov_core_set_property`, …) cannot be called from Swift; since 2026 each has a twin that takes an array of
// `ov_property_t` (`ov_core_compile_model_props`, `ov_core_set_properties`, …), so they need no shim.

#pragma once

#include <openvino/c/openvino.h>

// Swift limit: `extern const char *name` imports as a mutable global variable, which Swift 6 refuses to read from
// nonisolated code. The library never assigns them after load; a function makes that visible.
#define AEGIS_OPENVINO_KEY(name)                                   \
    static inline const char *_Nonnull aegis_ov_key_##name(void) { \
        return ov_property_key_##name;                             \
    }

AEGIS_OPENVINO_KEY(supported_properties)
AEGIS_OPENVINO_KEY(optimal_number_of_infer_requests)
AEGIS_OPENVINO_KEY(device_full_name)
AEGIS_OPENVINO_KEY(device_capabilities)
AEGIS_OPENVINO_KEY(model_name)
AEGIS_OPENVINO_KEY(cache_dir)
AEGIS_OPENVINO_KEY(num_streams)
AEGIS_OPENVINO_KEY(inference_num_threads)
AEGIS_OPENVINO_KEY(hint_enable_cpu_pinning)
AEGIS_OPENVINO_KEY(hint_performance_mode)
AEGIS_OPENVINO_KEY(hint_inference_precision)
AEGIS_OPENVINO_KEY(hint_num_requests)
AEGIS_OPENVINO_KEY(enable_mmap)

#undef AEGIS_OPENVINO_KEY

// Swift limit: `sched_getaffinity` is hidden from the Glibc module, which is built without `_GNU_SOURCE`, `CPU_COUNT`
// is a function-like macro, and `syscall` is variadic.
#include <sys/syscall.h>
#include <unistd.h>

/// The number of processors that this process may run on, by its affinity mask: at least 1.
static inline int aegis_ov_usable_processor_count(void) {
    unsigned long mask[128] = {0};  // 8192 processors, the most that Linux has
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask);
    int count = 0;
    for (long word = 0; word * (long)sizeof(mask[0]) < bytes; word++) {
        count += __builtin_popcountl(mask[word]);
    }
    return count > 0 ? count : 1;
}
