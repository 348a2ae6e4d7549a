/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps as bytes and back. */
#include "record/internal.h"

/* Before the counts and the nodes' rows. */
typedef struct StepBytes {
        uint64_t at;
        int64_t offset;
        uint32_t span;
        uint32_t page_size;
        uint8_t tier, n_orders, n_slots, n_counts;
        uint32_t n_nodes;
} StepBytes;

_Static_assert(sizeof(StepBytes) == 32, "no holes: it goes into a file");
_Static_assert(
        sizeof(StepBytes) + _RECORD_COUNT_MAX * sizeof(Cell) +
                        RECORD_NODES_MAX * (sizeof(uint32_t) + ROW_CELLS_MAX * sizeof(Cell)) <=
                RECORD_STEP_BYTES_MAX,
        "a step fits");

static void put(uint8_t **to, const void *from, size_t size)
{
        memcpy(*to, from, size);
        *to += size;
}

static bool row_known(const Cell *row, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (row[i] != CELL_UNKNOWN)
                        return true;
        return false;
}

static size_t encode(const Record *r, RecordTier tier, size_t place, uint8_t *buf)
{
        const Ring *ring = &r->rings[tier];
        const Head *head = &ring->heads[place];
        StepBytes s = { .at = head->at,
                .offset = head->offset,
                .span = head->span,
                .page_size = r->page_size,
                .tier = (uint8_t)tier,
                .n_orders = (uint8_t)r->n_orders,
                .n_slots = (uint8_t)r->n_slots,
                .n_counts = _RECORD_COUNT_MAX };
        size_t width = row_width(r);
        uint8_t *to = buf + sizeof(s);

        put(&to, ring->counts[place], sizeof(ring->counts[place]));
        for (size_t i = 0; i < r->n_nodes; i++) {
                const Cell *row = ring_row(r, r->nodes[i], tier, place);

                if (!row_known(row, width))
                        continue;
                put(&to, &r->nodes[i]->id, sizeof(uint32_t));
                put(&to, row, width * sizeof(Cell));
                s.n_nodes++;
        }
        memcpy(buf, &s, sizeof(s));
        return (size_t)(to - buf);
}

size_t record_take(Record *r, RecordTier tier, uint8_t buf[static RECORD_STEP_BYTES_MAX])
{
        Ring *ring = &r->rings[tier];

        if (ring->taken == ring->pushed)
                return 0;
        return encode(
                r, tier, ring_place(ring, ring->n - (size_t)(ring->pushed - ring->taken++)), buf);
}

void record_give_back(Record *r, RecordTier tier, size_t n)
{
        r->rings[tier].taken -= n;
}

size_t record_untaken(const Record *r, RecordTier tier)
{
        return (size_t)(r->rings[tier].pushed - r->rings[tier].taken);
}

void record_rewind(Record *r, RecordTier tier)
{
        r->rings[tier].taken = r->rings[tier].pushed - r->rings[tier].n;
}

/* Files of version 1 (daemon/record-file.c): fewer counts, and no share of unmovable pageblocks. */
#define COUNTS_V1 9

static size_t kept_cells(const StepBytes *s)
{
        return row_cells(s->n_orders, s->n_slots) - (s->n_counts == COUNTS_V1 ? 3 : 0);
}

/* A row as it is kept, as one of today. */
static void put_row(const StepBytes *s, Cell *row, const uint8_t *from)
{
        size_t head = 3 * (2 * (size_t)s->n_orders + 2), cells = kept_cells(s);

        if (s->n_counts != COUNTS_V1) {
                memcpy(row, from, cells * sizeof(Cell));
                return;
        }
        memcpy(row, from, head * sizeof(Cell));
        memset(row + head, 0, 3 * sizeof(Cell));
        memcpy(row + head + 3, from + head * sizeof(Cell), (cells - head) * sizeof(Cell));
}

/* What it says of itself can be, and goes on from what is there. */
static bool step_fits(const Record *r, const StepBytes *s, size_t size)
{
        const Ring *ring = &r->rings[s->tier];
        const Head *last = ring->n > 0 ? &ring->heads[ring_place(ring, ring->n - 1)] : NULL;

        if (s->n_slots > OBJECTIVES_MAX || s->n_nodes > RECORD_NODES_MAX ||
                (s->n_counts != _RECORD_COUNT_MAX && s->n_counts != COUNTS_V1) || s->at > INT64_MAX ||
                (last && s->at < last->at + last->span))
                return false;
        return size == sizeof(*s) + s->n_counts * sizeof(Cell) +
                               s->n_nodes * (sizeof(uint32_t) + kept_cells(s) * sizeof(Cell));
}

static int put_nodes(Record *r, const StepBytes *s, size_t place, const uint8_t *from)
{
        size_t width = kept_cells(s) * sizeof(Cell);
        int k;

        for (uint32_t i = 0; i < s->n_nodes; i++, from += sizeof(uint32_t) + width) {
                NodeRings *n;
                uint32_t id;

                memcpy(&id, from, sizeof(id));
                n = record_find_node(r, id);
                if (!n) {
                        k = record_add_node(r, id, &n);
                        if (k == -E2BIG)
                                continue;
                        if (k < 0)
                                return k;
                }
                put_row(s, ring_row(r, n, s->tier, place), from + sizeof(id));
        }
        return 0;
}

int record_put(Record *r, RecordTier tier, const uint8_t *data, size_t size)
{
        StepBytes s;
        Head head;
        size_t place;
        int k;

        if (size < sizeof(s))
                return -EBADMSG;
        memcpy(&s, data, sizeof(s));
        if (s.tier != tier || !step_fits(r, &s, size))
                return -EBADMSG;
        if (s.page_size != r->page_size || s.n_orders != r->n_orders)
                return -ESTALE;
        k = record_widen(r, s.n_slots);
        if (k < 0)
                return k;
        head = (Head){ .at = s.at, .offset = s.offset, .span = s.span };
        place = ring_push(r, tier, &head);
        memcpy(r->rings[tier].counts[place], data + sizeof(s), s.n_counts * sizeof(Cell));
        k = put_nodes(r, &s, place, data + sizeof(s) + s.n_counts * sizeof(Cell));
        r->rings[tier].taken = r->rings[tier].pushed;
        return k;
}
