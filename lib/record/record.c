/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Samples become steps. */
#include "record/internal.h"

#define JUMP                                                                                       \
        USEC_PER_SEC /* of realtime against monotonic: more than any slewing between two samples   \
                      */

/* Below that it is how long it takes to read two clocks. */
#define DRIFT (10 * USEC_PER_MSEC)

static const usec_t tier_step[_RECORD_TIER_MAX] = {
        [RECORD_SHORT] = RECORD_SHORT_STEP,
        [RECORD_LONG] = RECORD_LONG_STEP,
};

static void open_reset(Record *r, RecordTier tier)
{
        Ring *ring = &r->rings[tier];

        ring->is_open = false;
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                ring->open_counts[c] = UNKNOWN_U64;
        for (size_t i = 0; i < r->n_nodes; i++)
                sum_reset(&r->nodes[i]->open[tier]);
}

/* The open step is complete: into the ring with it. */
static void tier_close(Record *r, RecordTier tier)
{
        Ring *ring = &r->rings[tier];
        size_t place;

        if (!ring->is_open)
                return;
        place = ring_push(r, tier, &ring->open);
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                ring->counts[place][c] = cell_from(ring->open_counts[c]);
        for (size_t i = 0; i < r->n_nodes; i++)
                if (r->nodes[i]->open[tier].any)
                        sum_to_row(
                                r, &r->nodes[i]->open[tier], ring_row(r, r->nodes[i], tier, place));
        open_reset(r, tier);
}

/* The part of what was counted between start and end that falls between a and b: so that all parts
 * together are the whole. */
static uint64_t share(uint64_t count, usec_t start, usec_t end, usec_t a, usec_t b)
{
        unsigned __int128 n = count;

        if (count == UNKNOWN_U64)
                return UNKNOWN_U64;
        return (uint64_t)(n * (b - start) / (end - start)) -
               (uint64_t)(n * (a - start) / (end - start));
}

/* The sample stood from a to b, which is within one step, and is a part of what it stood in all. */
static void tier_add(Record *r, RecordTier tier, usec_t a, usec_t b, usec_t end)
{
        Ring *ring = &r->rings[tier];

        if (!ring->is_open) {
                ring->is_open = true;
                ring->open = (Head){ .at = a, .offset = r->offset };
        }
        ring->open.span = (uint32_t)(b - ring->open.at);
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                ring->open_counts[c] = count_plus(
                        ring->open_counts[c], share(r->deltas[c], r->at, end, a, b));
        for (size_t i = 0; i < r->n_nodes; i++) {
                NodeRings *n = r->nodes[i];

                if (!n->here)
                        continue;
                sum_add_row(r, &n->open[tier], n->now, b - a);
                n->open[tier].kcompactd = count_plus(
                        n->open[tier].kcompactd, share(n->kcompactd_delta, r->at, end, a, b));
        }
}

static void tier_fill(Record *r, RecordTier tier, usec_t end)
{
        usec_t step = tier_step[tier];

        for (usec_t a = r->at; a < end;) {
                usec_t boundary = (a / step + 1) * step, b = MIN(boundary, end);

                tier_add(r, tier, a, b, end);
                if (b == boundary)
                        tier_close(r, tier);
                a = b;
        }
}

static void keep_sample(Record *r, usec_t end)
{
        Ring *ring = &r->rings[RECORD_SAMPLES];
        Head head = { .at = r->at, .offset = r->offset, .span = (uint32_t)(end - r->at) };
        size_t place = ring_push(r, RECORD_SAMPLES, &head);

        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                ring->counts[place][c] = cell_from(r->deltas[c]);
        for (size_t i = 0; i < r->n_nodes; i++) {
                const NodeRings *n = r->nodes[i];
                Cell *row = ring_row(r, n, RECORD_SAMPLES, place);

                if (!n->here)
                        continue;
                memcpy(row, n->now, row_width(r) * sizeof(Cell));
                row[3 * n_levels(r)] = cell_from(n->kcompactd_delta);
        }
}

static void forget_deltas(Record *r)
{
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                r->deltas[c] = UNKNOWN_U64;
        for (size_t i = 0; i < r->n_nodes; i++)
                r->nodes[i]->kcompactd_delta = UNKNOWN_U64;
}

/* The last sample stood until now, or as long as it may. */
static void settle(Record *r, usec_t at)
{
        usec_t end = MIN(at, usec_add(r->at, r->hold));
        bool gap = !r->have || end < at;

        if (r->have && end > r->at) {
                /* What was counted while nobody looked belongs to no step. */
                if (gap)
                        forget_deltas(r);
                keep_sample(r, end);
                tier_fill(r, RECORD_SHORT, end);
                tier_fill(r, RECORD_LONG, end);
        }
        if (!gap)
                return;
        tier_close(r, RECORD_SHORT);
        tier_close(r, RECORD_LONG);
        r->have = false;
}

static void start(Record *r, usec_t now, usec_t realtime)
{
        usec_t at = MAX(realtime, record_last(r));

        r->skew = (int64_t)(at - now);
        r->offset = (int64_t)(realtime - at);
        r->started = true;
        for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++)
                open_reset(r, t);
}

static bool apart(int64_t a, int64_t b, usec_t by)
{
        return (a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a) >= by;
}

/* An hour is the longest interval there is: a span fits in 32 bits. */
#define HOLD_MAX (65 * USEC_PER_MIN)

int record_add(Record *r, const Model *m, const Engine *e, usec_t now, usec_t realtime, usec_t hold)
{
        int64_t offset;
        usec_t at;
        int k;

        if (model_has(m, SOURCE_BUDDYINFO) && m->n_orders != r->n_orders)
                return -EINVAL;
        if (!r->started)
                start(r, now, realtime);
        at = now + (usec_t)r->skew;
        k = ring_make_room(r, at);
        if (k >= 0)
                k = gauge_make_room(r, m, e);
        if (k < 0)
                return k;
        if (r->have && at <= r->at) /* twice at one instant: the later one */
                at = r->at;
        gauge_deltas(r, m, e, now);
        settle(r, at);
        offset = (int64_t)(realtime - at);
        if (apart(offset, r->offset, JUMP)) {
                tier_close(r, RECORD_SHORT);
                tier_close(r, RECORD_LONG);
        }
        if (apart(offset, r->offset, DRIFT))
                r->offset = offset;
        r->have = model_has(m, SOURCE_BUDDYINFO);
        r->at = at;
        r->hold = MIN(hold, HOLD_MAX);
        gauge_levels(r, m, e);
        return 0;
}

void record_end(Record *r, usec_t now)
{
        if (!r->started)
                return;
        forget_deltas(r);
        settle(r, now + (usec_t)r->skew);
        tier_close(r, RECORD_SHORT);
        tier_close(r, RECORD_LONG);
        r->have = false;
}
