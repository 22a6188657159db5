// The full-resolution pass: alpha from the lines of the guided filter, the hold, and the new background.
//
// All samples are brought to 14 bits (8-bit ones times 64), so that one loop serves every depth. The line
// A = b' + a0 (Y - black) + a1 (U - middle) + a2 (V - middle) has 10 fractional bits, which no line can overflow: with
// epsilon >= 1e-4 the slopes stay below 25 over a colour range of about 1. Planes of the grid are enlarged along x once
// per grid row, and along y where they are used.

#include "body_compositor_samples.h"
#include "body_compositor_cells.h"
#include "body_compositor_rows.h"

typedef struct compositor_scratch {
    ptrdiff_t length;
    int16_t *luma[luma_planes], *chroma[chroma_planes];
    /// Rows of the strip with one chroma row above and below: U, V (centred on the middle, 14 bits) and the chroma part
    /// of the line.
    int16_t *u[strip_chroma], *v[strip_chroma], *t[strip_chroma];
    int16_t *alpha[AEGIS_TILE];
    /// Single rows.
    int16_t *sample, *fill, *estimate, *line, *sum, *part0, *part1;
    /// Per column of the grid: how many cells before it are not 0, not 1.
    uint16_t *not_zero, *not_one;
    cell_ring cells;
} compositor_scratch;

static void compositor_scratch_lay_out(compositor_scratch *s, const aegis_compositor *c, void *scratch) {
    aegis_arena arena = {scratch, 0};
    const size_t row = (size_t)c->row_length * sizeof(int16_t);
    s->length = c->row_length;
    for (int32_t i = 0; i < luma_planes; i++) {
        s->luma[i] = aegis_take(&arena, row * (size_t)c->luma_rows);
    }
    for (int32_t i = 0; i < chroma_planes; i++) {
        s->chroma[i] = aegis_take(&arena, row * (size_t)c->chroma_rows);
    }
    for (int32_t i = 0; i < strip_chroma; i++) {
        s->u[i] = aegis_take(&arena, row);
        s->v[i] = aegis_take(&arena, row);
        s->t[i] = aegis_take(&arena, row);
    }
    for (int32_t i = 0; i < AEGIS_TILE; i++) {
        s->alpha[i] = aegis_take(&arena, row);
    }
    s->sample = aegis_take(&arena, row);
    s->fill = aegis_take(&arena, row);
    s->estimate = aegis_take(&arena, row);
    s->line = aegis_take(&arena, row);
    s->sum = aegis_take(&arena, row);
    s->part0 = aegis_take(&arena, row);
    s->part1 = aegis_take(&arena, row);
    const size_t cells = ((size_t)c->grid_width + AEGIS_SLACK) * sizeof(int16_t);
    s->not_zero = aegis_take(&arena, cells);
    s->not_one = aegis_take(&arena, cells);
    s->cells.rows = aegis_ring_rows(c);
    s->cells.length = c->grid_width + AEGIS_SLACK;
    s->cells.end[0] = s->cells.end[1] = 0;
    for (int32_t i = 0; i < cell_planes; i++) {
        s->cells.plane[i] = aegis_take(&arena, cells * (size_t)s->cells.rows);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Strips

/// What is constant while one call runs.
typedef struct compositor_job {
    const aegis_compositor *c;
    const aegis_composition *in;
    compositor_scratch s;
    sample_format format;
    float slope_luma, slope_chroma, middle_chroma;
    contrast stretch;
    int16_t black, dead_zone;
    bool composes, cleans;
    int16_t color[3];
} compositor_job;

/// A run of tiles of one kind in a strip.
typedef struct tile_run {
    int32_t first_tile, end_tile;
    /// Pixels; chroma samples.
    ptrdiff_t x0, x1, y0, y1, cx0, cx1, cy0, cy1;
} tile_run;

static const char *input_row(const void *plane, ptrdiff_t stride, ptrdiff_t row) {
    return (const char *)plane + stride * row;
}

static void copy_rows(
    void *to, ptrdiff_t to_stride, const void *from, ptrdiff_t from_stride, ptrdiff_t x0, ptrdiff_t x1, ptrdiff_t y0,
    ptrdiff_t y1, ptrdiff_t bytes) {
    for (ptrdiff_t y = y0; y < y1; y++) {
        memcpy(
            (char *)to + to_stride * y + x0 * bytes, (const char *)from + from_stride * y + x0 * bytes,
            (size_t)((x1 - x0) * bytes));
    }
}

static void copy_run(const compositor_job *job, const tile_run *run, const aegis_image *from) {
    const aegis_mutable_image *to = &job->in->output;
    const ptrdiff_t bytes = job->format.bytes;
    copy_rows(to->plane0, to->stride0, from->plane0, from->stride0, run->x0, run->x1, run->y0, run->y1, bytes);
    const int32_t planes = job->c->layout.chroma_planes;
    if (planes >= 1) {
        copy_rows(
            to->plane1, to->stride1, from->plane1, from->stride1, run->cx0, run->cx1, run->cy0, run->cy1,
            planes == 1 ? 2 * bytes : bytes);
    }
    if (planes == 2) {
        copy_rows(to->plane2, to->stride2, from->plane2, from->stride2, run->cx0, run->cx1, run->cy0, run->cy1, bytes);
    }
}

/// Rows of the grid that rows first..<end of an axis need: from the first one's cell to the last one's next.
static ptrdiff_t rows_needed(const aegis_axis *axis, ptrdiff_t first, ptrdiff_t end, ptrdiff_t grid, ptrdiff_t *from) {
    *from = axis->cell[first];
    const ptrdiff_t last = axis->cell[end - 1] + 1;
    return (last < grid ? last : grid - 1) - *from + 1;
}

/// The two enlarged rows around a row of the picture.
typedef struct row_pair {
    ptrdiff_t upper, lower;
    int16_t fraction;
} row_pair;

static row_pair rows_at(const aegis_axis *axis, ptrdiff_t row, ptrdiff_t grid, ptrdiff_t from, ptrdiff_t length) {
    const ptrdiff_t cell = axis->cell[row];
    const ptrdiff_t next = cell + 1 < grid ? cell + 1 : cell;
    return (row_pair){(cell - from) * length, (next - from) * length, axis->fraction[row]};
}

/// Enlarges rows from..<from + rows of a plane of the grid along x, for the blocks of a run.
static void spread_rows(
    compositor_job *job, const aegis_axis *axis, int32_t plane, ptrdiff_t from, ptrdiff_t rows, ptrdiff_t first_block,
    ptrdiff_t blocks, int16_t *out) {
    for (ptrdiff_t row = 0; row < rows; row++) {
        spread(cells_at(&job->s.cells, plane, from + row), axis, first_block, blocks, out + row * job->s.length);
    }
}

static void spread_luma(compositor_job *job, const tile_run *run, int32_t plane, int32_t cells) {
    const aegis_compositor *c = job->c;
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    spread_rows(job, &c->luma_x, cells, from, rows, run->x0 / 8, (run->x1 - run->x0 + 7) / 8, job->s.luma[plane]);
}

/// Enlarges a pair of chroma planes of the grid for the run's own chroma samples; row 0 belongs to the strip's first.
static void spread_chroma(compositor_job *job, const tile_run *run, int32_t plane, int32_t cells) {
    const aegis_compositor *c = job->c;
    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    const ptrdiff_t first = run->cx0 / 8, blocks = (run->cx1 - run->cx0 + 7) / 8;
    spread_rows(job, &c->chroma_x, cells, from, rows, first, blocks, job->s.chroma[plane]);
    spread_rows(job, &c->chroma_x, cells + 1, from, rows, first, blocks, job->s.chroma[plane + 1]);
}

/// Makes the cells that a strip needs, unless the strip before has made them.
static void make_cells(compositor_job *job, const tile_run *strip, bool lines, bool blur) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    cell_ring *ring = &job->s.cells;
    const ptrdiff_t width = c->grid_width;
    const bool gray = c->layout.chroma_planes == 0;
    // Chroma is built with a row above and below.
    const aegis_axis *axis = gray ? &c->luma_y : &c->chroma_y;
    const ptrdiff_t height = gray ? c->layout.height : c->chroma_height;
    const ptrdiff_t y0 = gray ? strip->y0 : strip->cy0, y1 = gray ? strip->y1 : strip->cy1;
    ptrdiff_t from, luma_from;
    const ptrdiff_t luma_end = rows_needed(&c->luma_y, strip->y0, strip->y1, c->grid_height, &luma_from) + luma_from;
    ptrdiff_t end = rows_needed(axis, y0 > 0 ? y0 - 1 : 0, y1 < height ? y1 + 1 : height, c->grid_height, &from) + from;
    from = from < luma_from ? from : luma_from;
    end = end > luma_end ? end : luma_end;
    if (lines) {
        for (ptrdiff_t row = from > ring->end[0] ? from : ring->end[0]; row < end; row++) {
            const ptrdiff_t at = row * width;
            make_cells_of_floats(ring, cell_slope, row, in->a0, width, job->slope_luma);
            if (!in->is_first) {
                make_cells_of_floats(ring, cell_adaption, row, in->adaption, width, 32768.0f);
            }
            int16_t *offset = cells_to_make(ring, cell_offset, row);
            cells_from_offset(
                in->a1 + at, in->a2 + at, in->b + at, width, gray ? 0.0f : job->middle_chroma, offset);
            pad_cells(offset, width);
            if (!gray) {
                make_cells_of_floats(ring, cell_slope_u, row, in->a1, width, job->slope_chroma);
                make_cells_of_floats(ring, cell_slope_v, row, in->a2, width, job->slope_chroma);
            }
            if (job->cleans) {
                make_cells_of_samples(ring, cell_estimate_y, row, in->estimate_y, width);
                if (!gray) {
                    make_cells_of_samples(ring, cell_estimate_u, row, in->estimate_u, width);
                    make_cells_of_samples(ring, cell_estimate_v, row, in->estimate_v, width);
                }
            }
        }
        ring->end[0] = end;
    }
    if (blur) {
        for (ptrdiff_t row = from > ring->end[1] ? from : ring->end[1]; row < end; row++) {
            make_cells_of_samples(ring, cell_fill_y, row, in->fill_y, width);
            if (!gray) {
                make_cells_of_samples(ring, cell_fill_u, row, in->fill_u, width);
                make_cells_of_samples(ring, cell_fill_v, row, in->fill_v, width);
            }
        }
        ring->end[1] = end;
    }
}

/// Writes the new background to a run.
static void background_run(compositor_job *job, const tile_run *run) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    const aegis_mutable_image *to = &in->output;
    compositor_scratch *s = &job->s;
    if (in->backdrop == AEGIS_BACKDROP_PICTURE) {
        copy_run(job, run, &in->picture);
        return;
    }
    const ptrdiff_t width = run->x1 - run->x0, chroma_width = run->cx1 - run->cx0;
    const bool blurs = in->backdrop == AEGIS_BACKDROP_BLUR;
    ptrdiff_t from = 0;
    if (blurs) {
        spread_luma(job, run, luma_fill, cell_fill_y);
        rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    } else {
        fill_row(width, job->color[0], s->fill);
    }
    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        char *row = (char *)to->plane0 + to->stride0 * y;
        if (blurs) {
            const row_pair rows = rows_at(&c->luma_y, y, c->grid_height, from, s->length);
            const int16_t *upper = s->luma[luma_fill] + rows.upper, *lower = s->luma[luma_fill] + rows.lower;
            if (job->format.bytes == 1) {
                blend_rows_to_bytes(width, upper, lower, rows.fraction, (uint8_t *)row + run->x0);
                continue;
            }
            blend_rows(width, upper, lower, rows.fraction, s->fill);
        }
        store_samples(row, run->x0, width, job->format, s->fill);
    }
    if (c->layout.chroma_planes == 0) {
        return;
    }
    if (blurs) {
        spread_chroma(job, run, chroma_fill_u, cell_fill_u);
        rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    } else {
        fill_row(chroma_width, job->color[1], s->part0);
        fill_row(chroma_width, job->color[2], s->part1);
    }
    for (ptrdiff_t y = run->cy0; y < run->cy1; y++) {
        if (blurs) {
            const row_pair rows = rows_at(&c->chroma_y, y, c->grid_height, from, s->length);
            const int16_t *u = s->chroma[chroma_fill_u], *v = s->chroma[chroma_fill_v];
            if (job->format.bytes == 1 && c->layout.chroma_planes == 2) {
                uint8_t *to_u = (uint8_t *)to->plane1 + to->stride1 * y + run->cx0;
                uint8_t *to_v = (uint8_t *)to->plane2 + to->stride2 * y + run->cx0;
                blend_rows_to_bytes(chroma_width, u + rows.upper, u + rows.lower, rows.fraction, to_u);
                blend_rows_to_bytes(chroma_width, v + rows.upper, v + rows.lower, rows.fraction, to_v);
                continue;
            }
            blend_rows(chroma_width, u + rows.upper, u + rows.lower, rows.fraction, s->part0);
            blend_rows(chroma_width, v + rows.upper, v + rows.lower, rows.fraction, s->part1);
        }
        if (c->layout.chroma_planes == 1) {
            store_pairs(
                (char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0, s->part1);
        } else {
            store_samples((char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0);
            store_samples((char *)to->plane2 + to->stride2 * y, run->cx0, chroma_width, job->format, s->part1);
        }
    }
}

static void load_chroma_row(
    const compositor_job *job, const aegis_image *image, ptrdiff_t row, ptrdiff_t x0, ptrdiff_t x1, int16_t *u,
    int16_t *v) {
    if (job->c->layout.chroma_planes == 1) {
        load_pairs(input_row(image->plane1, image->stride1, row), x0, x1 - x0, job->format, u, v);
    } else {
        load_samples(input_row(image->plane1, image->stride1, row), x0, x1 - x0, job->format, u);
        load_samples(input_row(image->plane2, image->stride2, row), x0, x1 - x0, job->format, v);
    }
}

/// Builds the chroma part of the line for a run: rows cy0 - 1 ... cy1 (where the picture has them) go to t[0]...; the
/// sample cx0 lies at index AEGIS_HALO. For gray pictures this is the offset at full size.
static void chroma_part(compositor_job *job, const tile_run *run) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const bool gray = c->layout.chroma_planes == 0;
    const aegis_axis *axis_x = gray ? &c->luma_x : &c->chroma_x, *axis_y = gray ? &c->luma_y : &c->chroma_y;
    const ptrdiff_t width = gray ? c->layout.width : c->chroma_width;
    const ptrdiff_t height = gray ? c->layout.height : c->chroma_height;
    const ptrdiff_t cx0 = gray ? run->x0 : run->cx0, cx1 = gray ? run->x1 : run->cx1;
    const ptrdiff_t cy0 = gray ? run->y0 : run->cy0, cy1 = gray ? run->y1 : run->cy1;
    const ptrdiff_t first = cy0 > 0 ? cy0 - 1 : 0, end = cy1 < height ? cy1 + 1 : height;
    // Columns with halo; x0 is at `left` of the rows.
    const ptrdiff_t left = cx0 >= AEGIS_HALO ? 0 : AEGIS_HALO;
    const ptrdiff_t x0 = cx0 - AEGIS_HALO + left;
    const ptrdiff_t x1 = cx1 + 1 < width ? cx1 + 1 : width;
    const ptrdiff_t blocks = (x1 - x0 + 7) / 8;

    ptrdiff_t from;
    const ptrdiff_t rows = rows_needed(axis_y, first, end, c->grid_height, &from);
    spread_rows(job, axis_x, cell_offset, from, rows, x0 / 8, blocks, s->chroma[chroma_offset] + left);
    if (!gray) {
        spread_rows(job, axis_x, cell_slope_u, from, rows, x0 / 8, blocks, s->chroma[chroma_slope_u] + left);
        spread_rows(job, axis_x, cell_slope_v, from, rows, x0 / 8, blocks, s->chroma[chroma_slope_v] + left);
    }
    for (ptrdiff_t y = first; y < end; y++) {
        const ptrdiff_t index = y - cy0 + 1;
        const row_pair pair = rows_at(axis_y, y, c->grid_height, from, s->length);
        int16_t *t = s->t[index] + left;
        const int16_t *offset = s->chroma[chroma_offset] + left;
        if (gray) {
            blend_rows(blocks * 8, offset + pair.upper, offset + pair.lower, pair.fraction, t);
            continue;
        }
        load_chroma_row(job, &in->input, y, x0, x1, s->u[index] + left, s->v[index] + left);
        const int16_t *slope_u = s->chroma[chroma_slope_u] + left, *slope_v = s->chroma[chroma_slope_v] + left;
        chroma_line(
            blocks * 8, pair.fraction, offset + pair.upper, offset + pair.lower, slope_u + pair.upper,
            slope_u + pair.lower, slope_v + pair.upper, slope_v + pair.lower, s->u[index] + left, s->v[index] + left,
            t);
        // Replicated borders, where the halo leaves the picture.
        if (left > 0) {
            t[-1] = t[0];
        }
        if (x1 == width) {
            t[x1 - x0] = t[x1 - x0 - 1];
        }
    }
}

/// The chroma part of the line at luma row `y`, enlarged to full size: the result may be a row of the scratch.
static const int16_t *line_row(compositor_job *job, const tile_run *run, ptrdiff_t y) {
    const aegis_compositor *c = job->c;
    compositor_scratch *s = &job->s;
    const int32_t sx = c->layout.chroma_shift_x, sy = c->layout.chroma_shift_y;
    const ptrdiff_t cy0 = c->layout.chroma_planes == 0 ? run->y0 : run->cy0;
    const ptrdiff_t row = y >> sy, index = row - cy0 + 1;
    const int16_t *near = s->t[index];
    if (sy == 1) {
        ptrdiff_t other = y & 1 ? row + 1 : row - 1;
        other = other < 0 ? 0 : other < c->chroma_height ? other : c->chroma_height - 1;
        const ptrdiff_t count = run->cx1 - run->cx0 + 2;
        quarter_rows(
            (count + 7) / 8 * 8, near + AEGIS_HALO - 1, s->t[other - cy0 + 1] + AEGIS_HALO - 1,
            s->part0 + AEGIS_HALO - 1);
        near = s->part0;
    }
    if (sx == 0) {
        return near + AEGIS_HALO;
    }
    double_width((run->cx1 - run->cx0 + 7) / 8 * 8, near + AEGIS_HALO, s->line);
    return s->line;
}

/// Fills `row` with the new background of a run's row.
static void backdrop_luma(compositor_job *job, const tile_run *run, ptrdiff_t y, const row_pair *pair, int16_t *row) {
    const aegis_composition *in = job->in;
    const ptrdiff_t width = run->x1 - run->x0;
    switch (in->backdrop) {
    case AEGIS_BACKDROP_BLUR:
        blend_rows(
            width, job->s.luma[luma_fill] + pair->upper, job->s.luma[luma_fill] + pair->lower, pair->fraction, row);
        break;
    case AEGIS_BACKDROP_PICTURE:
        load_samples(input_row(in->picture.plane0, in->picture.stride0, y), run->x0, width, job->format, row);
        break;
    default:
        fill_row(width, job->color[0], row);
        break;
    }
}

/// Notes per tile of a run whether its alpha is settled.
static void classify_alpha(const compositor_job *job, const tile_run *run, uint8_t *held) {
    const ptrdiff_t stride = job->in->alpha_stride;
    for (int32_t tile = run->first_tile; tile < run->end_tile; tile++) {
        const ptrdiff_t x = (ptrdiff_t)tile * AEGIS_TILE;
        const ptrdiff_t width = run->x1 - x < AEGIS_TILE ? run->x1 - x : AEGIS_TILE;
        const uint8_t *row = job->in->alpha + stride * run->y0 + x;
        uint64_t any = 0, all = ~(uint64_t)0;
        for (ptrdiff_t y = run->y0; y < run->y1; y++, row += stride) {
            uint64_t piece[2];
            if (width == AEGIS_TILE) {
                memcpy(piece, row, AEGIS_TILE);
            } else {
                memset(piece, row[0], AEGIS_TILE);
                memcpy(piece, row, (size_t)width);
            }
            any |= piece[0] | piece[1];
            all &= piece[0] & piece[1];
        }
        held[tile] = any == 0 ? AEGIS_ALPHA_ZERO : all == ~(uint64_t)0 ? AEGIS_ALPHA_ONE : AEGIS_ALPHA_MIXED;
    }
}

/// Alpha and luma of a row of 8-bit samples.
static void luma_bytes(compositor_job *job, const tile_run *run, ptrdiff_t y, const row_pair *pair, int16_t *alpha) {
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const ptrdiff_t width = run->x1 - run->x0;
    luma_row row = {
        .slope = {s->luma[luma_slope] + pair->upper, s->luma[luma_slope] + pair->lower},
        .adaption = {s->luma[luma_adaption] + pair->upper, s->luma[luma_adaption] + pair->lower},
        .fill = {s->luma[luma_fill] + pair->upper, s->luma[luma_fill] + pair->lower},
        .estimate = {s->luma[luma_estimate] + pair->upper, s->luma[luma_estimate] + pair->lower},
        .line = line_row(job, run, y),
        .fraction = pair->fraction,
        .black = job->black,
        .dead_zone = job->dead_zone,
        .stretch = job->stretch,
        .is_first = in->is_first,
        .composes = job->composes,
        .cleans = job->cleans,
    };
    uint8_t *output = NULL;
    if (job->composes) {
        output = (uint8_t *)in->output.plane0 + in->output.stride0 * y + run->x0;
        if (in->backdrop != AEGIS_BACKDROP_BLUR) {
            backdrop_luma(job, run, y, pair, s->fill);
            row.fill[0] = row.fill[1] = s->fill;
        }
    }
    luma_row_of_bytes(
        &row, width, (const uint8_t *)input_row(in->input.plane0, in->input.stride0, y) + run->x0,
        in->alpha + in->alpha_stride * y + run->x0, alpha, output);
}

/// Alpha and luma of a row of any depth.
static void luma_words(compositor_job *job, const tile_run *run, ptrdiff_t y, const row_pair *pair, int16_t *alpha) {
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const ptrdiff_t width = run->x1 - run->x0, blocks = (width + 7) / 8;
    uint8_t *alpha_out = in->alpha + in->alpha_stride * y + run->x0;
    load_samples(input_row(in->input.plane0, in->input.stride0, y), run->x0, width, job->format, s->sample);
    const int16_t *line = line_row(job, run, y);
    luma_line(
        blocks * 8, pair->fraction, s->luma[luma_slope] + pair->upper, s->luma[luma_slope] + pair->lower, line,
        s->sample, job->black, job->stretch, alpha);
    if (!in->is_first) {
        widen_alpha(width, alpha_out, s->sum);
        hold_line(
            width, pair->fraction, s->luma[luma_adaption] + pair->upper, s->luma[luma_adaption] + pair->lower, s->sum,
            job->dead_zone, alpha);
    }
    narrow_alpha(width, alpha, alpha_out);
    if (!job->composes) {
        return;
    }
    backdrop_luma(job, run, y, pair, s->fill);
    if (job->cleans) {
        blend_rows(
            width, s->luma[luma_estimate] + pair->upper, s->luma[luma_estimate] + pair->lower, pair->fraction,
            s->estimate);
    }
    alpha_times_four(width, alpha, s->sum);
    compose_line(width, s->sum, s->sample, s->fill, job->cleans ? s->estimate : NULL, s->sample);
    store_samples((char *)in->output.plane0 + in->output.stride0 * y, run->x0, width, job->format, s->sample);
}

/// Asks for the cache lines of a run's rows. A run is narrow and its rows lie far apart, so that the processor's own
/// prefetcher does not see it coming; without this a third of the pass is spent waiting for memory.
static void prefetch_rows(
    const void *plane, ptrdiff_t stride, ptrdiff_t x0, ptrdiff_t x1, ptrdiff_t y0, ptrdiff_t y1, bool for_writing) {
    for (ptrdiff_t y = y0; y < y1; y++) {
        const char *row = (const char *)plane + stride * y;
        for (ptrdiff_t x = x0; x < x1 + 63; x += 64) {
            // The last one may lie on the line after the run's end, which is harmless.
            if (for_writing) {
                __builtin_prefetch(row + x, 1, 3);
            } else {
                __builtin_prefetch(row + x, 0, 3);
            }
        }
    }
}

static void prefetch_run(const compositor_job *job, const tile_run *run) {
    const aegis_composition *in = job->in;
    const ptrdiff_t bytes = job->format.bytes, planes = job->c->layout.chroma_planes;
    prefetch_rows(in->input.plane0, in->input.stride0, run->x0 * bytes, run->x1 * bytes, run->y0, run->y1, false);
    prefetch_rows(in->alpha, in->alpha_stride, run->x0, run->x1, run->y0, run->y1, true);
    if (planes > 0) {
        const ptrdiff_t step = planes == 1 ? 2 * bytes : bytes;
        prefetch_rows(in->input.plane1, in->input.stride1, run->cx0 * step, run->cx1 * step, run->cy0, run->cy1, false);
    }
    if (planes > 1) {
        prefetch_rows(in->input.plane2, in->input.stride2, run->cx0 * bytes, run->cx1 * bytes, run->cy0, run->cy1, false);
    }
    if (!job->composes) {
        return;
    }
    const aegis_mutable_image *to = &in->output;
    prefetch_rows(to->plane0, to->stride0, run->x0 * bytes, run->x1 * bytes, run->y0, run->y1, true);
}

/// Builds alpha pixel by pixel and composes a run.
static void mixed_run(compositor_job *job, const tile_run *run, uint8_t *held) {
    const aegis_compositor *c = job->c;
    const aegis_composition *in = job->in;
    compositor_scratch *s = &job->s;
    const ptrdiff_t width = run->x1 - run->x0, padded = (width + 15) / 16 * 16;
    ptrdiff_t from;
    rows_needed(&c->luma_y, run->y0, run->y1, c->grid_height, &from);
    const bool blurs = in->backdrop == AEGIS_BACKDROP_BLUR;
    prefetch_run(job, run);
    spread_luma(job, run, luma_slope, cell_slope);
    if (!in->is_first) {
        spread_luma(job, run, luma_adaption, cell_adaption);
    }
    if (blurs) {
        spread_luma(job, run, luma_fill, cell_fill_y);
    }
    if (job->cleans) {
        spread_luma(job, run, luma_estimate, cell_estimate_y);
    }
    chroma_part(job, run);

    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        const row_pair pair = rows_at(&c->luma_y, y, c->grid_height, from, s->length);
        int16_t *alpha = s->alpha[y - run->y0];
        if (job->format.bytes == 1) {
            luma_bytes(job, run, y, &pair, alpha);
        } else {
            luma_words(job, run, y, &pair, alpha);
        }
        // Samples behind the picture's edge repeat the last one, for chroma and for the tile's class.
        for (ptrdiff_t x = width; x < padded; x++) {
            alpha[x] = alpha[width - 1];
        }
    }
    classify_alpha(job, run, held);
    if (!job->composes || c->layout.chroma_planes == 0) {
        return;
    }

    const ptrdiff_t chroma_width = run->cx1 - run->cx0;
    rows_needed(&c->chroma_y, run->cy0, run->cy1, c->grid_height, &from);
    if (blurs) {
        spread_chroma(job, run, chroma_fill_u, cell_fill_u);
    }
    if (job->cleans) {
        spread_chroma(job, run, chroma_estimate_u, cell_estimate_u);
    }
    fill_row(chroma_width, job->color[1], s->fill);
    fill_row(chroma_width, job->color[2], s->line);
    const int32_t sy = c->layout.chroma_shift_y;
    for (ptrdiff_t y = run->cy0; y < run->cy1; y++) {
        const row_pair pair = rows_at(&c->chroma_y, y, c->grid_height, from, s->length);
        const ptrdiff_t upper = (y << sy) - run->y0;
        const ptrdiff_t lower = sy && upper + 1 < run->y1 - run->y0 ? upper + 1 : upper;
        alpha_of_chroma(chroma_width, c->layout.chroma_shift_x == 1, s->alpha[upper], s->alpha[lower], s->sum);
        int16_t *fill_u = s->fill, *fill_v = s->line;
        if (blurs) {
            const int16_t *u = s->chroma[chroma_fill_u], *v = s->chroma[chroma_fill_v];
            blend_rows(chroma_width, u + pair.upper, u + pair.lower, pair.fraction, fill_u);
            blend_rows(chroma_width, v + pair.upper, v + pair.lower, pair.fraction, fill_v);
        } else if (in->backdrop == AEGIS_BACKDROP_PICTURE) {
            load_chroma_row(job, &in->picture, y, run->cx0, run->cx1, fill_u, fill_v);
        }
        int16_t *estimate_u = NULL, *estimate_v = NULL;
        if (job->cleans) {
            const int16_t *u = s->chroma[chroma_estimate_u], *v = s->chroma[chroma_estimate_v];
            estimate_u = s->estimate;
            estimate_v = s->sample;
            blend_rows(chroma_width, u + pair.upper, u + pair.lower, pair.fraction, estimate_u);
            blend_rows(chroma_width, v + pair.upper, v + pair.lower, pair.fraction, estimate_v);
        }
        const ptrdiff_t index = y - run->cy0 + 1;
        compose_line(chroma_width, s->sum, s->u[index] + AEGIS_HALO, fill_u, estimate_u, s->part0);
        compose_line(chroma_width, s->sum, s->v[index] + AEGIS_HALO, fill_v, estimate_v, s->part1);
        const aegis_mutable_image *to = &in->output;
        if (c->layout.chroma_planes == 1) {
            store_pairs(
                (char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0, s->part1);
        } else {
            store_samples((char *)to->plane1 + to->stride1 * y, run->cx0, chroma_width, job->format, s->part0);
            store_samples((char *)to->plane2 + to->stride2 * y, run->cx0, chroma_width, job->format, s->part1);
        }
    }
}

/// Sorts the tiles of a strip by what the guided filter's second input allows, and by the alpha that they hold.
static void classify_tiles(
    const compositor_job *job, int32_t strip, const uint8_t *held, uint16_t *low, uint16_t *high, uint8_t *kind) {
    const aegis_compositor *c = job->c;
    const ptrdiff_t width = c->grid_width;
    const uint16_t *input = job->in->input2;
    memcpy(low, input + c->tile_y0[strip] * width, (size_t)width * sizeof(uint16_t));
    memcpy(high, low, (size_t)width * sizeof(uint16_t));
    for (ptrdiff_t row = c->tile_y0[strip] + 1; row < c->tile_y1[strip]; row++) {
        const uint16_t *values = input + row * width;
        AEGIS_LOOP
        for (ptrdiff_t x = 0; x < width; x++) {
            low[x] = low[x] < values[x] ? low[x] : values[x];
            high[x] = high[x] > values[x] ? high[x] : values[x];
        }
    }
    // How many cells before each one may differ from 0, or from 1.
    uint16_t not_zero = 0, not_one = 0;
    for (ptrdiff_t x = 0; x < width; x++) {
        const uint16_t is_not_zero = high[x] != 0, is_not_one = low[x] != AEGIS_GUIDED_ONE;
        high[x] = not_zero;
        low[x] = not_one;
        not_zero += is_not_zero;
        not_one += is_not_one;
    }
    high[width] = not_zero;
    low[width] = not_one;
    const bool first = job->in->is_first;
    for (int32_t tile = 0; tile < c->tile_columns; tile++) {
        const int32_t x0 = c->tile_x0[tile], x1 = c->tile_x1[tile];
        if (high[x1] == high[x0] && (first || held[tile] == AEGIS_ALPHA_ZERO)) {
            kind[tile] = AEGIS_TILE_BACKGROUND;
        } else if (low[x1] == low[x0] && (first || held[tile] == AEGIS_ALPHA_ONE)) {
            kind[tile] = AEGIS_TILE_PERSON;
        } else {
            kind[tile] = AEGIS_TILE_MIXED;
        }
    }
}

static void settle_alpha(const compositor_job *job, const tile_run *run, uint8_t value) {
    for (ptrdiff_t y = run->y0; y < run->y1; y++) {
        memset(job->in->alpha + job->in->alpha_stride * y + run->x0, value, (size_t)(run->x1 - run->x0));
    }
}

static void compositor_run(
    aegis_compositor *c, const aegis_composition *in, int32_t first, int32_t end, void *scratch) {
    compositor_job job;
    job.c = c;
    job.in = in;
    compositor_scratch_lay_out(&job.s, c, scratch);
    const aegis_layout *layout = &c->layout;
    job.format = (sample_format){layout->bytes_per_sample, layout->depth, layout->shift};
    const float luma = layout->full_range ? 255.0f : 219.0f, chroma = layout->full_range ? 255.0f : 224.0f;
    job.slope_luma = 128.0f / luma * (float)slope_one;
    job.slope_chroma = in->chroma_weight * 128.0f / chroma * (float)slope_one;
    job.black = layout->full_range ? 0 : 16 << 6;
    job.middle_chroma = in->chroma_weight * 128.0f / 255.0f;
    job.stretch.low = (int16_t)(in->contrast_low * (float)line_one + 0.5f);
    job.stretch.gain = (int16_t)(255.0f * 32.0f / (in->contrast_high - in->contrast_low) + 0.5f);
    job.dead_zone = (int16_t)(in->hold * 64.0f + 0.5f);
    job.composes = in->backdrop != AEGIS_BACKDROP_NONE;
    job.cleans = job.composes && in->estimate_y != NULL;
    const int32_t up = 14 - layout->depth;
    job.color[0] = (int16_t)(in->color_y << up);
    job.color[1] = (int16_t)(in->color_u << up);
    job.color[2] = (int16_t)(in->color_v << up);

    const int32_t sx = layout->chroma_shift_x, sy = layout->chroma_shift_y;
    for (int32_t strip = first; strip < end; strip++) {
        uint8_t *held = c->held + (ptrdiff_t)strip * c->tile_columns;
        uint8_t *kind = c->kind + (ptrdiff_t)strip * c->tile_columns;
        classify_tiles(&job, strip, held, job.s.not_one, job.s.not_zero, kind);
        tile_run run;
        run.y0 = (ptrdiff_t)strip * AEGIS_TILE;
        run.y1 = aegis_min((strip + 1) * AEGIS_TILE, layout->height);
        run.cy0 = run.y0 >> sy;
        run.cy1 = (run.y1 + (1 << sy) - 1) >> sy;
        const bool has_mixed = memchr(kind, AEGIS_TILE_MIXED, (size_t)c->tile_columns) != NULL;
        const bool has_background = memchr(kind, AEGIS_TILE_BACKGROUND, (size_t)c->tile_columns) != NULL;
        make_cells(&job, &run, has_mixed, in->backdrop == AEGIS_BACKDROP_BLUR && (has_mixed || has_background));
        for (int32_t tile = 0; tile < c->tile_columns; tile = run.end_tile) {
            run.first_tile = tile;
            run.end_tile = tile + 1;
            while (run.end_tile < c->tile_columns && kind[run.end_tile] == kind[tile]) {
                run.end_tile += 1;
            }
            run.x0 = (ptrdiff_t)run.first_tile * AEGIS_TILE;
            run.x1 = aegis_min(run.end_tile * AEGIS_TILE, layout->width);
            run.cx0 = run.x0 >> sx;
            run.cx1 = (run.x1 + (1 << sx) - 1) >> sx;
            switch (kind[tile]) {
            case AEGIS_TILE_BACKGROUND:
                if (in->is_first) {
                    settle_alpha(&job, &run, 0);
                    memset(held + run.first_tile, AEGIS_ALPHA_ZERO, (size_t)(run.end_tile - run.first_tile));
                }
                if (job.composes) {
                    background_run(&job, &run);
                }
                break;
            case AEGIS_TILE_PERSON:
                if (in->is_first) {
                    settle_alpha(&job, &run, 255);
                    memset(held + run.first_tile, AEGIS_ALPHA_ONE, (size_t)(run.end_tile - run.first_tile));
                }
                if (job.composes) {
                    copy_run(&job, &run, &in->input);
                }
                break;
            default:
                mixed_run(&job, &run, held);
                break;
            }
        }
    }
}
