// Loops over one row of the full-resolution pass. Rows lie in the scratch and have slack behind them.

static void blend_rows(ptrdiff_t count, const int16_t *upper, const int16_t *lower, int16_t fraction, int16_t *out) {
    const words at = words_of(fraction);
    AEGIS_WORDS(i, count) {
        words_store(out + i, words_between(words_load(upper + i), words_load(lower + i), at));
    }
}

/// The same as samples of 8 bits.
static void blend_rows_to_bytes(
    ptrdiff_t count, const int16_t *upper, const int16_t *lower, int16_t fraction, uint8_t *out) {
    const words at = words_of(fraction);
    for (ptrdiff_t i = 0; i < count; i += word_lanes) {
        const words value = words_between(words_load(upper + i), words_load(lower + i), at);
        const words rounded = words_add_saturating(value, words_of(32)) >> 6;
        const words level = words_smaller(words_larger(rounded, words_of(0)), words_of(255));
        if (i + word_lanes <= count) {
            words_store_bytes(out + i, level);
        } else {
            // What lies behind the run belongs to others.
            uint8_t piece[word_lanes];
            words_store_bytes(piece, level);
            memcpy(out + i, piece, (size_t)(count - i));
        }
    }
}

/// A sample's distance from `zero`, in half steps of the 14 bits.
static inline words words_distance(const int16_t *sample, int16_t zero) {
    const words distance = words_load(sample) - words_of(zero);
    return distance + distance;
}

/// The chroma part of the line: offset + a1 U + a2 V.
static void chroma_line(
    ptrdiff_t count, int16_t fraction, const int16_t *offset0, const int16_t *offset1, const int16_t *slope_u0,
    const int16_t *slope_u1, const int16_t *slope_v0, const int16_t *slope_v1, const int16_t *u, const int16_t *v,
    int16_t *out) {
    const words at = words_of(fraction);
    AEGIS_WORDS(i, count) {
        const words offset = words_between(words_load(offset0 + i), words_load(offset1 + i), at);
        const words slope_u = words_between(words_load(slope_u0 + i), words_load(slope_u1 + i), at);
        const words slope_v = words_between(words_load(slope_v0 + i), words_load(slope_v1 + i), at);
        const words part_u = words_multiply(slope_u, words_distance(u + i, 8192));
        const words part_v = words_multiply(slope_v, words_distance(v + i, 8192));
        words_store(out + i, words_add_saturating(words_add_saturating(offset, part_u), part_v));
    }
}

/// Three quarters of `near`, one of `far`.
static inline int16_t quarter_towards(int16_t near, int16_t far) {
    return (int16_t)(near + (add_saturating(subtract_saturating(far, near), 2) >> 2));
}

/// Twice the width, centre-aligned: needs one sample before and after the `count` samples of `row`.
static void double_width(ptrdiff_t count, const int16_t *row, int16_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[2 * i] = quarter_towards(row[i], row[i - 1]);
        out[2 * i + 1] = quarter_towards(row[i], row[i + 1]);
    }
}

static void quarter_rows(ptrdiff_t count, const int16_t *near, const int16_t *far, int16_t *out) {
    AEGIS_WORDS(i, count) {
        words_store(out + i, words_quarter(words_load(near + i), words_load(far + i)));
    }
}

typedef struct contrast {
    int16_t low, gain;
} contrast;

/// The luma part of the line, and the contrast: alpha 0..255.
static inline words alpha_of_line(words slope, words line, words luma, int16_t black, contrast stretch) {
    const words distance = luma - words_of(black);
    const words part = words_multiply(slope, distance + distance);
    const words value = words_subtract_saturating(words_add_saturating(line, part), words_of(stretch.low));
    const words level = words_larger(words_multiply(value, words_of(stretch.gain)), words_of(0));
    return words_smaller(level, words_of(255));
}

static void luma_line(
    ptrdiff_t count, int16_t fraction, const int16_t *slope0, const int16_t *slope1, const int16_t *line,
    const int16_t *luma, int16_t black, contrast stretch, int16_t *alpha) {
    const words at = words_of(fraction);
    AEGIS_WORDS(i, count) {
        const words slope = words_between(words_load(slope0 + i), words_load(slope1 + i), at);
        words_store(alpha + i, alpha_of_line(slope, words_load(line + i), words_load(luma + i), black, stretch));
    }
}

/// Moves the held alpha towards the new one by the share `k`; a dead zone hides noise, but 0 and 255 are always reached,
/// or a trace of the room would stay.
static inline words hold_towards(words target, words held, words k, words dead_zone) {
    const words one = words_of(1), half = words_of(32);
    const words difference = target - held;
    const words distance = words_larger(difference, (words)-difference);
    // 1 at both ends, else 0. Without comparisons, which differ between vectors and numbers.
    const words is_end = one - words_smaller(words_smaller(target, (words)(words_of(255) - target)), one);
    const words zone = words_multiply((words)(words_of(32767) - k), dead_zone) & (words)(is_end - one);
    const words free_distance = words_larger((words)((words)(distance << 6) - zone), words_of(0));
    const words step = (words)(words_multiply(free_distance, k) + half) >> 6;
    const words moved = words_larger(step, words_smaller(distance, is_end));
    const words sign = difference >> 15;
    return held + ((moved ^ sign) - sign);
}

static void hold_line(
    ptrdiff_t count, int16_t fraction, const int16_t *adaption0, const int16_t *adaption1, const int16_t *held,
    int16_t dead_zone, int16_t *alpha) {
    const words at = words_of(fraction), width = words_of(dead_zone);
    AEGIS_WORDS(i, count) {
        const words k = words_between(words_load(adaption0 + i), words_load(adaption1 + i), at);
        words_store(alpha + i, hold_towards(words_load(alpha + i), words_load(held + i), k, width));
    }
}

/// alpha I + (1 - alpha) N, with four times the alpha of 0..255.
static inline words mix(words level, words sample, words behind, words *alpha) {
    // 0 -> 0, 1020 -> 32767.
    *alpha = (words)(level << 5) + (level >> 3);
    return behind + words_multiply(*alpha, (words)(sample - behind));
}

/// Adds min(alpha, 1 - alpha) (I - B) / 2: what the old background left in a soft edge is taken out.
static inline words without_estimate(words mixed, words alpha, words sample, words estimate) {
    const words edge = words_smaller(alpha, (words)(words_of(32767) - alpha)) >> 1;
    return words_add_saturating(mixed, words_multiply(edge, (words)(sample - estimate)));
}

/// O = alpha I + (1 - alpha) N + min(alpha, 1 - alpha) (I - B) / 2, with four times the alpha of 0..255 in `sum`.
static void compose_line(
    ptrdiff_t count, const int16_t *sum, const int16_t *input, const int16_t *fill, const int16_t *estimate,
    int16_t *out) {
    AEGIS_WORDS(i, count) {
        const words sample = words_load(input + i);
        words alpha;
        words mixed = mix(words_load(sum + i), sample, words_load(fill + i), &alpha);
        if (estimate) {
            mixed = without_estimate(mixed, alpha, sample, words_load(estimate + i));
        }
        words_store(out + i, mixed);
    }
}

/// What a row of luma is made of. Pairs are the rows of the grid above and below, enlarged along x.
typedef struct luma_row {
    const int16_t *slope[2], *adaption[2], *fill[2], *estimate[2];
    /// The chroma part of the line.
    const int16_t *line;
    int16_t fraction, black, dead_zone;
    contrast stretch;
    bool is_first, composes, cleans;
} luma_row;

/// `word_lanes` samples of 8 bits from `i` on: alpha (also as 16 bits) and the new luma.
static inline __attribute__((always_inline)) void luma_step(
    const luma_row *row, ptrdiff_t i, const uint8_t *input, uint8_t *held, int16_t *alpha, uint8_t *output) {
    const words at = words_of(row->fraction);
    const words sample = (words)(words_load_bytes(input) << 6);
    const words slope = words_between(words_load(row->slope[0] + i), words_load(row->slope[1] + i), at);
    words level = alpha_of_line(slope, words_load(row->line + i), sample, row->black, row->stretch);
    if (!row->is_first) {
        const words k = words_between(words_load(row->adaption[0] + i), words_load(row->adaption[1] + i), at);
        level = hold_towards(level, words_load_bytes(held), k, words_of(row->dead_zone));
    }
    words_store_bytes(held, level);
    words_store(alpha + i, level);
    if (!row->composes) {
        return;
    }
    const words behind = words_between(words_load(row->fill[0] + i), words_load(row->fill[1] + i), at);
    words share;
    words mixed = mix((words)(level << 2), sample, behind, &share);
    if (row->cleans) {
        const words estimate = words_between(words_load(row->estimate[0] + i), words_load(row->estimate[1] + i), at);
        mixed = without_estimate(mixed, share, sample, estimate);
    }
    const words rounded = words_add_saturating(mixed, words_of(32)) >> 6;
    words_store_bytes(output, words_smaller(words_larger(rounded, words_of(0)), words_of(255)));
}

/// A row of 8-bit luma in one go, without the detour over the scratch that other depths take.
static void luma_row_of_bytes(
    const luma_row *row, ptrdiff_t count, const uint8_t *input, uint8_t *held, int16_t *alpha, uint8_t *output) {
    ptrdiff_t i = 0;
    for (; i + word_lanes <= count; i += word_lanes) {
        luma_step(row, i, input + i, held + i, alpha, output + i);
    }
    if (i < count) {
        // The frame ends here: neither what lies behind its rows may be read nor written.
        const size_t rest = (size_t)(count - i);
        uint8_t piece[3][word_lanes] = {{0}};
        memcpy(piece[0], input + i, rest);
        memcpy(piece[1], held + i, rest);
        luma_step(row, i, piece[0], piece[1], alpha, piece[2]);
        memcpy(held + i, piece[1], rest);
        if (row->composes) {
            memcpy(output + i, piece[2], rest);
        }
    }
}

static void alpha_times_four(ptrdiff_t count, const int16_t *alpha, int16_t *sum) {
    AEGIS_WORDS(i, count) {
        words_store(sum + i, words_load(alpha + i) << 2);
    }
}

/// Four times the mean of the alphas under each chroma sample of a subsampled row.
static void alpha_of_chroma(
    ptrdiff_t count, bool halves_width, const int16_t *upper, const int16_t *lower, int16_t *sum) {
    if (halves_width) {
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            sum[i] = (int16_t)(upper[2 * i] + upper[2 * i + 1] + lower[2 * i] + lower[2 * i + 1]);
        }
    } else {
        AEGIS_SHORT_LOOP
        for (ptrdiff_t i = 0; i < count; i++) {
            sum[i] = (int16_t)((upper[i] + lower[i]) * 2);
        }
    }
}

static void fill_row(ptrdiff_t count, int16_t value, int16_t *row) {
    AEGIS_WORDS(i, count) {
        words_store(row + i, words_of(value));
    }
}

static void widen_alpha(ptrdiff_t count, const uint8_t *alpha, int16_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[i] = alpha[i];
    }
}

static void narrow_alpha(ptrdiff_t count, const int16_t *alpha, uint8_t *out) {
    AEGIS_SHORT_LOOP
    for (ptrdiff_t i = 0; i < count; i++) {
        out[i] = (uint8_t)alpha[i];
    }
}
