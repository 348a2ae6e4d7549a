/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps out of rings: those as long as wanted or the next shorter ones, from coarser rings what is
 * older than these, and at the end the step that is not complete and the last sample, which still
 * stands; several together where longer steps are wanted. */
#include "record/internal.h"

struct RecordReader {
        const Record *record;
        RecordRange range;
        RecordTier wanted;
        usec_t at; /* record time: all before was read */
        size_t work;
        uint64_t counts[_RECORD_COUNT_MAX];
        size_t n_nodes;
        uint32_t ids[RECORD_NODES_MAX];
        RowSum sums[RECORD_NODES_MAX];
};

#define PLACE_OPEN SIZE_MAX       /* the tier's step that is not complete */
#define PLACE_LAST (SIZE_MAX - 1) /* the last sample */

typedef struct Kept {
        RecordTier tier;
        size_t place;
        Head head;
} Kept;

int record_reader_new(RecordReader **ret, const Record *r, const RecordRange *range)
{
        RecordReader *reader = calloc(1, sizeof(*reader));

        if (!reader)
                return -ENOMEM;
        reader->record = r;
        reader->range = *range;
        reader->wanted = range->step >= RECORD_LONG_STEP    ? RECORD_LONG
                         : range->step >= RECORD_SHORT_STEP ? RECORD_SHORT
                                                            : RECORD_SAMPLES;
        *ret = reader;
        return 0;
}

RecordReader *record_reader_free(RecordReader *reader)
{
        free(reader);
        return NULL;
}

size_t record_reader_work(const RecordReader *reader)
{
        return reader->work;
}

/* The first step of the tier that does not start before. */
static bool find(const Record *r, RecordTier tier, usec_t at, Kept *ret)
{
        const Ring *ring = &r->rings[tier];
        size_t low = 0, high = ring->n;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (ring->heads[ring_place(ring, middle)].at < at)
                        low = middle + 1;
                else
                        high = middle;
        }
        if (low == ring->n)
                return false;
        ret->tier = tier;
        ret->place = ring_place(ring, low);
        ret->head = ring->heads[ret->place];
        return true;
}

/* Where the finer tiers begin; before that there are only coarser ones. */
static usec_t finer_begin(const Record *r, RecordTier tier)
{
        usec_t begin = USEC_INFINITY;

        for (RecordTier t = 0; t < tier; t++)
                if (r->rings[t].n > 0)
                        begin = MIN(begin, r->rings[t].heads[ring_place(&r->rings[t], 0)].at);
        return begin;
}

static bool find_open(const Record *r, RecordTier tier, usec_t at, Kept *ret)
{
        const Ring *ring = &r->rings[tier];

        if (!ring->is_open || ring->open.at < at)
                return false;
        *ret = (Kept){ .tier = tier, .place = PLACE_OPEN, .head = ring->open };
        return true;
}

static bool find_last(const Record *r, usec_t at, usec_t now, Kept *ret)
{
        usec_t until = now + (usec_t)r->skew;

        if (!r->have || r->at < at)
                return false;
        until = CLAMP(until, r->at + 1, usec_add(r->at, r->hold));
        *ret = (Kept){ .place = PLACE_LAST,
                .head = { .at = r->at, .offset = r->offset, .span = (uint32_t)(until - r->at) } };
        return true;
}

static bool next(const RecordReader *reader, usec_t now, Kept *ret)
{
        const Record *r = reader->record;

        for (RecordTier t = RECORD_LONG; t > reader->wanted; t--)
                if (find(r, t, reader->at, ret) && ret->head.at < finer_begin(r, t))
                        return true;
        return find(r, reader->wanted, reader->at, ret) ||
               find_open(r, reader->wanted, reader->at, ret) || find_last(r, reader->at, now, ret);
}

static usec_t kept_realtime(const Kept *k)
{
        return k->head.at + (usec_t)k->head.offset;
}

/* Of what lies in the range. */
static bool next_in_range(RecordReader *reader, usec_t now, Kept *ret)
{
        while (next(reader, now, ret)) {
                usec_t begin = kept_realtime(ret);

                reader->work++;
                if (begin < reader->range.until && begin + ret->head.span > reader->range.since)
                        return true;
                reader->at = ret->head.at + ret->head.span;
        }
        return false;
}

static uint64_t kept_count(const Ring *ring, size_t place, RecordCount c)
{
        if (place == PLACE_LAST) /* nothing was counted since */
                return UNKNOWN_U64;
        return place == PLACE_OPEN ? ring->open_counts[c] : cell_value(ring->counts[place][c]);
}

/* The node's row of the step; NULL where the node was not there. */
static const Cell *kept_row(const Record *r, const NodeRings *n, const Kept *k, Cell *buf)
{
        const Cell *row = buf;

        if (k->place == PLACE_OPEN)
                sum_to_row(r, &n->open[k->tier], buf);
        else if (k->place == PLACE_LAST)
                return n->here ? n->now : NULL;
        else
                row = ring_row(r, n, k->tier, k->place);
        /* free blocks of order 0 are known where anything is */
        return row[1] == CELL_UNKNOWN ? NULL : row;
}

static void add(RecordReader *reader, const Kept *k)
{
        const Record *r = reader->record;

        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                reader->counts[c] = count_plus(
                        reader->counts[c], kept_count(&r->rings[k->tier], k->place, c));
        for (size_t i = 0; i < reader->n_nodes; i++) {
                Cell buf[ROW_CELLS_MAX];
                const Cell *row = kept_row(r, r->nodes[i], k, buf);

                if (!row)
                        continue;
                sum_add_row(r, &reader->sums[i], row, k->head.span);
                reader->sums[i].kcompactd = count_plus(
                        reader->sums[i].kcompactd, cell_value(row[3 * n_levels(r)]));
        }
        reader->at = k->head.at + k->head.span;
}

static void begin(RecordReader *reader)
{
        const Record *r = reader->record;

        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                reader->counts[c] = UNKNOWN_U64;
        reader->n_nodes = r->n_nodes;
        for (size_t i = 0; i < r->n_nodes; i++) {
                reader->ids[i] = r->nodes[i]->id;
                sum_reset(&reader->sums[i]);
        }
}

bool record_read(RecordReader *reader, usec_t now, RecordStep *ret)
{
        usec_t step = reader->range.step, start, span;
        Kept k;

        if (!next_in_range(reader, now, &k))
                return false;
        begin(reader);
        start = step ? kept_realtime(&k) / step * step : kept_realtime(&k);
        span = k.head.span;
        add(reader, &k);
        while (step && next(reader, now, &k) && kept_realtime(&k) < reader->range.until &&
                kept_realtime(&k) / step * step == start) {
                reader->work++;
                span += k.head.span;
                add(reader, &k);
        }
        *ret = (RecordStep){ .realtime = start, .span = span };
        memcpy(ret->counts, reader->counts, sizeof(ret->counts));
        return true;
}

static RecordLevel level(const LevelSum *l, uint64_t factor)
{
        if (l->weight == 0)
                return (RecordLevel){ UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64 };
        return (RecordLevel){ l->min * factor, level_mean(l) * factor, l->max * factor };
}

/* As model/indices.c unusable_permille(), of the mean free lists. */
static void put_unusable(const Record *r, RecordNode *n)
{
        uint64_t pages = 0, larger = 0;

        for (unsigned o = 0; o < r->n_orders; o++) {
                if (n->blocks[o].mean == UNKNOWN_U64)
                        return;
                pages += n->blocks[o].mean << o;
        }
        for (unsigned o = r->n_orders; o-- > 0;) {
                larger += n->blocks[o].mean << o;
                n->unusable[o] = pages ? (uint32_t)((pages - larger) * 1000 / pages) : 1000;
        }
}

static void put_slot(const Record *r, const SlotSum *s, RecordObjective *ret)
{
        Verdict verdict = VERDICT_MET;
        uint64_t longest = 0;

        if (s->what == 0 || s->total == 0)
                return;
        for (Verdict v = 0; v < _VERDICT_MAX; v++)
                if (v != VERDICT_MET && s->stood[v] > longest) {
                        longest = s->stood[v];
                        verdict = v;
                }
        *ret = (RecordObjective){
                .known = true,
                .order = what_order(s->what),
                .use = what_use(s->what),
                .verdict = verdict,
                .met = (uint32_t)(s->stood[VERDICT_MET] * 10000 / s->total),
                .reserve = cell_value(s->reserve) == UNKNOWN_U64
                                   ? UNKNOWN_U64
                                   : cell_value(s->reserve) * r->page_size,
                .current = level(&s->level, r->page_size),
        };
}

bool record_read_node(const RecordReader *reader, size_t i, RecordNode *ret)
{
        const Record *r = reader->record;
        const RowSum *s = NULL;
        size_t k;

        for (k = 0; k < reader->n_nodes; k++)
                if (reader->sums[k].any && i-- == 0) {
                        s = &reader->sums[k];
                        break;
                }
        if (!s)
                return false;
        *ret = (RecordNode){
                .id = reader->ids[k],
                .free = level(&s->levels[2 * r->n_orders], r->page_size),
                .score = level(&s->levels[2 * r->n_orders + 1], 1),
                .unmovable = level(&s->levels[2 * r->n_orders + 2], 1),
                .kcompactd = s->kcompactd,
        };
        for (unsigned o = 0; o < ORDERS_MAX; o++) {
                ret->blocks[o] = level(o < r->n_orders ? &s->levels[o] : &(LevelSum){ 0 }, 1);
                ret->allocatable[o] = level(
                        o < r->n_orders ? &s->levels[r->n_orders + o] : &(LevelSum){ 0 }, 1);
                ret->unusable[o] = UINT32_MAX;
        }
        put_unusable(r, ret);
        for (size_t o = 0; o < r->n_slots; o++)
                put_slot(r, &s->slots[o], &ret->objectives[o]);
        return true;
}

static bool oldest_in(const Record *r, const NodeRings *n, RecordTier tier, usec_t *ret_at, uint32_t *ret)
{
        const Ring *ring = &r->rings[tier];

        for (size_t i = 0; i < ring->n; i++) {
                size_t place = ring_place(ring, i);
                const Cell *cells = ring_row(r, n, tier, place) + 3 * (2 * (size_t)r->n_orders + 2);
                uint64_t mean = cell_value(cells[1]);

                if (mean == UNKNOWN_U64)
                        continue;
                *ret_at = ring->heads[place].at + (usec_t)ring->heads[place].offset;
                *ret = (uint32_t)MIN(mean, UINT64_C(10000));
                return true;
        }
        return false;
}

bool record_oldest_unmovable(const Record *r, uint32_t node, usec_t *ret_at, uint32_t *ret)
{
        const NodeRings *n = record_find_node(r, node);

        for (RecordTier t = _RECORD_TIER_MAX; n && t-- > 0;)
                if (oldest_in(r, n, t, ret_at, ret))
                        return true;
        return false;
}
