#define _GNU_SOURCE
#include "measurement.h"

#include <sched.h>

static cpu_set_t before;

void aegis_stay_on_one_core(int is_on) {
    if (!is_on) {
        sched_setaffinity(0, sizeof before, &before);
        return;
    }
    if (sched_getaffinity(0, sizeof before, &before) != 0) return;
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, &before)) continue;
        CPU_SET(core, &one);
        break;
    }
    sched_setaffinity(0, sizeof one, &one);
}
