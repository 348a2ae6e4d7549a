/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rings of steps, and the nodes' rows beside them. */
#include "record/internal.h"

static const size_t first_size[_RECORD_TIER_MAX] = {
        [RECORD_SAMPLES] = 1024,
        [RECORD_SHORT] = RECORD_SHORT_MAX,
        [RECORD_LONG] = RECORD_LONG_MAX,
};

static void node_free(NodeRings *n)
{
        if (!n)
                return;
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++)
                free(n->rows[t]);
        free(n);
}

int record_new(Record **ret, uint32_t page_size, unsigned n_orders)
{
        _cleanup_(record_freep) Record *r = NULL;

        if (page_size == 0 || n_orders == 0 || n_orders > ORDERS_MAX)
                return -EINVAL;
        r = calloc(1, sizeof(*r));
        if (!r)
                return -ENOMEM;
        r->page_size = page_size;
        r->n_orders = n_orders;
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                Ring *ring = &r->rings[t];

                /* calloc: pages are only touched as it fills */
                ring->heads = calloc(first_size[t], sizeof(*ring->heads));
                ring->counts = calloc(first_size[t], sizeof(*ring->counts));
                if (!ring->heads || !ring->counts)
                        return -ENOMEM;
                ring->size = first_size[t];
        }
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                r->counters[c] = UNKNOWN_U64;
        *ret = TAKE_PTR(r);
        return 0;
}

Record *record_free(Record *r)
{
        if (!r)
                return NULL;
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                free(r->rings[t].heads);
                free(r->rings[t].counts);
        }
        for (size_t i = 0; i < r->n_nodes; i++)
                node_free(r->nodes[i]);
        free(r);
        return NULL;
}

size_t record_left_out(const Record *r)
{
        return r->n_left_out;
}

static size_t step_size(void)
{
        return sizeof(Head) + _RECORD_COUNT_MAX * sizeof(Cell);
}

size_t record_size(const Record *r)
{
        size_t size = sizeof(*r) + r->n_nodes * sizeof(NodeRings);

        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++)
                size += r->rings[t].size * (step_size() + r->n_nodes * row_width(r) * sizeof(Cell));
        return size;
}

size_t record_size_max(unsigned n_orders, size_t n_nodes, unsigned n_objectives)
{
        size_t nodes = MIN(n_nodes, (size_t)RECORD_NODES_MAX);
        size_t steps = RECORD_SAMPLES_MAX + RECORD_SHORT_MAX + RECORD_LONG_MAX;

        return sizeof(Record) + nodes * sizeof(NodeRings) +
               steps * (step_size() + nodes * row_cells(n_orders, n_objectives) * sizeof(Cell));
}

size_t ring_push(Record *r, RecordTier tier, const Head *head)
{
        Ring *ring = &r->rings[tier];
        size_t place = ring->next;

        ring->heads[place] = *head;
        memset(ring->counts[place], 0, sizeof(ring->counts[place]));
        for (size_t i = 0; i < r->n_nodes; i++)
                memset(ring_row(r, r->nodes[i], tier, place), 0, row_width(r) * sizeof(Cell));
        ring->next = (ring->next + 1) % ring->size;
        ring->n = MIN(ring->n + 1, ring->size);
        ring->pushed++;
        /* what was overwritten before it was given out is lost to who takes */
        ring->taken = MAX(ring->taken, ring->pushed - ring->n);
        return place;
}

/* The ring's content, oldest first, in a larger one. */
static void *unroll(const Ring *ring, void *old, size_t item, size_t places)
{
        char *grown = calloc(places, item);

        for (size_t i = 0; grown && i < ring->n; i++)
                memcpy(grown + i * item, (char *)old + ring_place(ring, i) * item, item);
        return grown;
}

static int samples_grow(Record *r, size_t size)
{
        _cleanup_free_ Head *heads = NULL;
        _cleanup_free_ void *counts = NULL;
        Ring *ring = &r->rings[RECORD_SAMPLES];
        size_t row = row_width(r) * sizeof(Cell), i;
        Cell *rows[RECORD_NODES_MAX] = { NULL };

        heads = unroll(ring, ring->heads, sizeof(*heads), size);
        counts = unroll(ring, ring->counts, sizeof(*ring->counts), size);
        for (i = 0; i < r->n_nodes; i++) {
                rows[i] = unroll(ring, r->nodes[i]->rows[RECORD_SAMPLES], row, size);
                if (!rows[i])
                        break;
        }
        if (!heads || !counts || i < r->n_nodes) {
                for (i = 0; i < r->n_nodes; i++)
                        free(rows[i]);
                return -ENOMEM;
        }
        for (i = 0; i < r->n_nodes; i++) {
                free(r->nodes[i]->rows[RECORD_SAMPLES]);
                r->nodes[i]->rows[RECORD_SAMPLES] = rows[i];
        }
        free(ring->heads);
        free(ring->counts);
        ring->heads = TAKE_PTR(heads);
        ring->counts = TAKE_PTR(counts);
        ring->size = size;
        ring->next = ring->n;
        return 0;
}

int ring_make_room(Record *r, usec_t at)
{
        const Ring *ring = &r->rings[RECORD_SAMPLES];
        const Head *oldest = &ring->heads[ring_place(ring, 0)];

        if (ring->n < ring->size || ring->size >= RECORD_SAMPLES_MAX ||
                usec_add(oldest->at, RECORD_SAMPLES_SPAN) < at)
                return 0;
        return samples_grow(r, MIN(2 * ring->size, (size_t)RECORD_SAMPLES_MAX));
}

NodeRings *record_find_node(const Record *r, uint32_t id)
{
        for (size_t i = 0; i < r->n_nodes; i++)
                if (r->nodes[i]->id == id)
                        return r->nodes[i];
        return NULL;
}

int record_add_node(Record *r, uint32_t id, NodeRings **ret)
{
        NodeRings *n;
        size_t i;

        if (r->n_nodes == RECORD_NODES_MAX)
                return -E2BIG;
        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->id = id;
        n->kcompactd = UNKNOWN_U64;
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                n->rows[t] = calloc(r->rings[t].size, row_width(r) * sizeof(Cell));
                if (!n->rows[t]) {
                        node_free(n);
                        return -ENOMEM;
                }
                sum_reset(&n->open[t]);
        }
        for (i = r->n_nodes; i > 0 && r->nodes[i - 1]->id > id; i--)
                r->nodes[i] = r->nodes[i - 1];
        r->nodes[i] = n;
        r->n_nodes++;
        *ret = n;
        return 0;
}

/* Objectives stand at a row's end: a wider row starts as the narrower one. */
static Cell *rows_widen(const Cell *old, size_t n, size_t from, size_t to)
{
        Cell *rows = calloc(n, to * sizeof(Cell));

        for (size_t i = 0; rows && i < n; i++)
                memcpy(rows + i * to, old + i * from, from * sizeof(Cell));
        return rows;
}

int record_widen(Record *r, unsigned n_slots)
{
        Cell *rows[RECORD_NODES_MAX][_RECORD_TIER_MAX] = { { NULL } };
        size_t from = row_width(r), to = row_cells(r->n_orders, n_slots);
        bool done = true;

        if (n_slots <= r->n_slots)
                return 0;
        for (size_t i = 0; i < r->n_nodes; i++)
                for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                        rows[i][t] = rows_widen(r->nodes[i]->rows[t], r->rings[t].size, from, to);
                        done = done && rows[i][t];
                }
        for (size_t i = 0; i < r->n_nodes; i++)
                for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                        free(done ? r->nodes[i]->rows[t] : rows[i][t]);
                        if (done)
                                r->nodes[i]->rows[t] = rows[i][t];
                }
        if (!done)
                return -ENOMEM;
        r->n_slots = n_slots;
        return 0;
}

usec_t record_last(const Record *r)
{
        usec_t last = 0;

        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++) {
                const Ring *ring = &r->rings[t];

                if (ring->n > 0) {
                        const Head *head = &ring->heads[ring_place(ring, ring->n - 1)];

                        last = MAX(last, usec_add(head->at, head->span));
                }
        }
        return last;
}
