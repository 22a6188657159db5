// Sound: peaks between samples.

static void true_peaks(const float *samples, const float *phases, int32_t taps, size_t count, float *peaks) {
    enum { RUN = 16 };
    // Taps of all phases for a run of samples: the sums of different samples are independent lanes.
    size_t first = 0;
    for (; first + RUN <= count; first += RUN) {
        float highest[RUN];
        AEGIS_LOOP
        for (int32_t lane = 0; lane < RUN; lane++) {
            highest[lane] = peaks[first + (size_t)lane];
        }
        for (int32_t phase = 0; phase < AEGIS_PEAK_PHASES; phase++) {
            float sum[RUN] = {0};
            for (int32_t tap = 0; tap < taps; tap++) {
                const float weight = phases[phase * taps + tap];
                const float *source = samples + first + tap;
                AEGIS_LOOP
                for (int32_t lane = 0; lane < RUN; lane++) {
                    sum[lane] = sum[lane] + weight * source[lane];
                }
            }
            AEGIS_LOOP
            for (int32_t lane = 0; lane < RUN; lane++) {
                const float magnitude = sum[lane] < 0 ? -sum[lane] : sum[lane];
                highest[lane] = magnitude > highest[lane] ? magnitude : highest[lane];
            }
        }
        AEGIS_LOOP
        for (int32_t lane = 0; lane < RUN; lane++) {
            peaks[first + (size_t)lane] = highest[lane];
        }
    }
    for (; first < count; first++) {
        for (int32_t phase = 0; phase < AEGIS_PEAK_PHASES; phase++) {
            float sum = 0;
            for (int32_t tap = 0; tap < taps; tap++) {
                sum = sum + phases[phase * taps + tap] * samples[first + (size_t)tap];
            }
            const float magnitude = sum < 0 ? -sum : sum;
            peaks[first] = magnitude > peaks[first] ? magnitude : peaks[first];
        }
    }
}
