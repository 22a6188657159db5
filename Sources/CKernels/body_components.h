// 8-connected components on the guide grid: runs of each row, joined with the runs they touch in the row above.

typedef struct component_run {
    int32_t start, end;
    /// Run that this one was joined to (itself: root). Roots are the first runs of their components.
    int32_t parent;
    int32_t label;
    uint64_t sum;
} component_run;

static int32_t component_root(component_run *runs, int32_t run) {
    while (runs[run].parent != run) {
        // Halving the path keeps later searches short.
        runs[run].parent = runs[runs[run].parent].parent;
        run = runs[run].parent;
    }
    return run;
}

static int32_t find_components(
    const float *values, int32_t width, int32_t height, float threshold, int32_t *labels, aegis_component *components,
    void *scratch) {
    aegis_arena arena = {scratch, 0};
    component_run *runs = aegis_take(&arena, (size_t)(width / 2 + 1) * (size_t)height * sizeof(component_run));
    int32_t *row_runs = aegis_take(&arena, (size_t)(height + 1) * sizeof(int32_t));
    uint8_t *above = aegis_take(&arena, (size_t)width + AEGIS_SLACK);
    uint32_t *levels = aegis_take(&arena, ((size_t)width + AEGIS_SLACK) * sizeof(uint32_t));

    int32_t count = 0;
    for (int32_t y = 0; y < height; y++) {
        row_runs[y] = count;
        const float *row = values + (ptrdiff_t)y * width;
        AEGIS_LOOP
        for (int32_t x = 0; x < width; x++) {
            above[x] = row[x] > threshold ? 1 : 0;
        }
        // A zero, to end a run, and a one behind it, to end a gap.
        above[width] = 0;
        above[width + 1] = 1;
        memset(above + width + 2, 0, 8);
        int32_t before = y > 0 ? row_runs[y - 1] : 0;
        const int32_t before_end = row_runs[y];
        int32_t x = 0;
        while (x < width) {
            uint64_t word;
            memcpy(&word, above + x, 8);
            while (word == 0) {
                x += 8;
                if (x >= width) {
                    break;
                }
                memcpy(&word, above + x, 8);
            }
            if (x >= width) {
                break;
            }
            x += __builtin_ctzll(word) / 8;
            if (x >= width) {
                break;
            }
            const int32_t start = x;
            memcpy(&word, above + x, 8);
            while (word == 0x0101010101010101u) {
                x += 8;
                memcpy(&word, above + x, 8);
            }
            x += __builtin_ctzll(word ^ 0x0101010101010101u) / 8;
            const int32_t end = x;

            AEGIS_LOOP
            for (int32_t i = start; i < end; i++) {
                levels[i] = (uint32_t)(int32_t)(clamp_unit(row[i]) * 65535.0f + 0.5f);
            }
            uint32_t sum = 0;
            AEGIS_LOOP
            for (int32_t i = start; i < end; i++) {
                sum += levels[i];
            }
            const int32_t run = count++;
            runs[run] = (component_run){start, end, run, 0, sum};
            // Runs above that touch this one, corners included.
            while (before < before_end && runs[before].end < start) {
                before += 1;
            }
            for (int32_t other = before; other < before_end && runs[other].start <= end; other++) {
                const int32_t a = component_root(runs, other), b = component_root(runs, run);
                if (a != b) {
                    runs[aegis_max(a, b)].parent = aegis_min(a, b);
                }
            }
        }
    }
    row_runs[height] = count;

    int32_t found = 0;
    for (int32_t y = 0; y < height; y++) {
        int32_t *row = labels + (ptrdiff_t)y * width;
        memset(row, 0, (size_t)width * sizeof(int32_t));
        for (int32_t run = row_runs[y]; run < row_runs[y + 1]; run++) {
            const int32_t root = component_root(runs, run);
            const int32_t start = runs[run].start, end = runs[run].end;
            if (root == run) {
                // A root is the first run of its component, so the others find its label here.
                runs[run].label = ++found;
                components[found - 1] = (aegis_component){end - start, start, y, end, y + 1, 0};
            } else {
                aegis_component *component = components + runs[root].label - 1;
                component->area += end - start;
                component->x0 = aegis_min(component->x0, start);
                component->x1 = aegis_max(component->x1, end);
                component->y1 = y + 1;
                runs[root].sum += runs[run].sum;
            }
            const int32_t label = runs[root].label;
            AEGIS_LOOP
            for (int32_t x = start; x < end; x++) {
                row[x] = label;
            }
        }
    }
    for (int32_t run = 0; run < count; run++) {
        if (runs[run].parent == run) {
            aegis_component *component = components + runs[run].label - 1;
            component->mean = (float)((double)runs[run].sum / (65535.0 * (double)component->area));
        }
    }
    return found;
}

static void keep_components(
    const float *values, int32_t width, int32_t height, const int32_t *labels, const uint8_t *keep, int32_t radius,
    float *result, void *scratch) {
    const ptrdiff_t count = (ptrdiff_t)width * height;
    aegis_arena arena = {scratch, 0};
    uint8_t *kept = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    uint8_t *rows = aegis_take(&arena, (size_t)count + AEGIS_SLACK);
    for (ptrdiff_t i = 0; i < count; i++) {
        kept[i] = keep[labels[i]];
    }
    dilate_with(kept, width, height, radius, kept, rows);
    AEGIS_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        result[i] = kept[i] ? values[i] : 0.0f;
    }
}
