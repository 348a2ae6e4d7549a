/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* internal.h - for lib/record only: rows of cells, rings of rows, sums of rows.
 *
 * A row is what is kept of one node in one step:
 *     2 * n_orders + 3 levels of three cells (least, mean, greatest):
 *         free blocks of each order, allocatable blocks of each order, free pages, score, share of
 *         unmovable pageblocks
 *     one cell: CPU time of kcompactd
 *     for each objective six cells: level (pages), reserve (pages), what (see slot_what()), share
 * met Rows of all nodes and the counts of the machine stand at the same place of their rings as the
 * step's head. */
#pragma once

#include "base/macros.h"
#include "record/cell.h"
#include "record/record.h"

#define LEVELS_MAX    (2 * ORDERS_MAX + 3)
#define SLOT_CELLS    6
#define ROW_CELLS_MAX (3 * LEVELS_MAX + 1 + SLOT_CELLS * OBJECTIVES_MAX)

typedef struct Head {
        usec_t at;      /* record time */
        int64_t offset; /* realtime minus that */
        uint32_t span;  /* usec */
} Head;

typedef struct LevelSum {
        uint64_t min, max, sum, weight; /* sum: of value * weight; weight: msec */
} LevelSum;

typedef struct SlotSum {
        LevelSum level;
        Cell reserve;
        uint16_t what; /* without its verdict; 0: none */
        uint64_t stood[_VERDICT_MAX];
        uint64_t total; /* of the above */
} SlotSum;

typedef struct RowSum {
        bool any;
        LevelSum levels[LEVELS_MAX];
        SlotSum slots[OBJECTIVES_MAX];
        uint64_t kcompactd; /* UNKNOWN_U64 */
} RowSum;

typedef struct NodeRings {
        uint32_t id;
        Cell *rows[_RECORD_TIER_MAX];
        RowSum open[_RECORD_TIER_MAX]; /* the steps that are not complete */
        Cell now[ROW_CELLS_MAX];       /* the last sample */
        bool here;                     /* it was in the last sample */
        uint64_t kcompactd;            /* usec since it started, in the last sample; UNKNOWN_U64 */
        uint64_t kcompactd_delta;      /* in the one that is being added */
} NodeRings;

typedef struct Ring {
        Head *heads;
        Cell (*counts)[_RECORD_COUNT_MAX];
        size_t size, n, next;
        uint64_t pushed, taken; /* steps ever, and how many of them were given out */
        /* the step that is not complete */
        bool is_open;
        Head open;
        uint64_t open_counts[_RECORD_COUNT_MAX];
} Ring;

struct Record {
        uint32_t page_size;
        unsigned n_orders, n_slots;
        Ring rings[_RECORD_TIER_MAX];
        NodeRings *nodes[RECORD_NODES_MAX]; /* ascending by id */
        size_t n_nodes, n_left_out;

        bool started;   /* skew is set */
        int64_t skew;   /* record time minus monotonic */
        int64_t offset; /* realtime minus record time */
        bool have;      /* a sample stands since `at` */
        usec_t at, hold;
        uint64_t counters[_RECORD_COUNT_MAX]; /* as of the last sample */
        uint64_t deltas[_RECORD_COUNT_MAX];   /* until the one that is being added */
        usec_t sampled;                       /* monotonic, of the last sample */
        bool may_act, own, on_demand;         /* as of the last sample: see model/activity.h */
};

static inline size_t n_levels(const Record *r)
{
        return 2 * (size_t)r->n_orders + 3;
}

static inline size_t row_cells(unsigned n_orders, unsigned n_slots)
{
        return 3 * (2 * (size_t)n_orders + 3) + 1 + SLOT_CELLS * (size_t)n_slots;
}

static inline size_t row_width(const Record *r)
{
        return row_cells(r->n_orders, r->n_slots);
}

static inline Cell *row_slot(const Record *r, Cell *row, size_t slot)
{
        return row + 3 * n_levels(r) + 1 + SLOT_CELLS * slot;
}

static inline Cell *ring_row(const Record *r, const NodeRings *n, RecordTier tier, size_t place)
{
        return n->rows[tier] + place * row_width(r);
}

/* The place of the i-th step from the oldest. */
static inline size_t ring_place(const Ring *ring, size_t i)
{
        return (ring->next + ring->size - ring->n + i) % ring->size;
}

/* --- ring.c --- */
/* Makes room in the tier for one more step at its end, dropping the oldest where it is full; its
 * rows come out unknown. Returns its place. */
size_t ring_push(Record *r, RecordTier tier, const Head *head);
/* Samples within RECORD_SAMPLES_SPAN before `at` are not dropped: makes the ring larger for that.
 * -ENOMEM. */
int ring_make_room(Record *r, usec_t at);
/* -ENOMEM; -E2BIG: RECORD_NODES_MAX are there already. */
int record_add_node(Record *r, uint32_t id, NodeRings **ret);
NodeRings *record_find_node(const Record *r, uint32_t id);
/* Rows with room for so many objectives. -ENOMEM */
int record_widen(Record *r, unsigned n_slots);
/* Record time behind everything that is kept. */
usec_t record_last(const Record *r);

/* --- sum.c --- */
void sum_reset(RowSum *s);
/* A row stood so long (usec), but for its kcompactd cell. */
void sum_add_row(const Record *r, RowSum *s, const Cell *row, usec_t stood);
/* What is in the sum, as a row. */
void sum_to_row(const Record *r, const RowSum *s, Cell *row);
/* a plus b, where one may be unknown. */
static inline uint64_t count_plus(uint64_t a, uint64_t b)
{
        return a == UNKNOWN_U64 ? b : b == UNKNOWN_U64 ? a : a + b;
}
uint64_t level_mean(const LevelSum *l);

/* What an objective was: 0 none, else order, use and verdict. */
static inline uint16_t slot_what(uint8_t order, Use use, Verdict verdict)
{
        return (uint16_t)(1 + (order | (unsigned)use << 5 | (unsigned)verdict << 7));
}
static inline uint8_t what_order(uint16_t what)
{
        return (uint8_t)((what - 1) & 31);
}
static inline Use what_use(uint16_t what)
{
        return (Use)((what - 1) >> 5 & 3);
}
static inline Verdict what_verdict(uint16_t what)
{
        return (Verdict)((what - 1) >> 7 & 7);
}

/* --- gauge.c --- */
/* Rings for all nodes and objectives. -ENOMEM */
int gauge_make_room(Record *r, const Model *m, const Engine *e);
/* What the counters have gone up since the last sample. */
void gauge_deltas(Record *r, const Model *m, const Engine *e, usec_t now);
/* The model and the engine's view, as the rows of "now". */
void gauge_levels(Record *r, const Model *m, const Engine *e);
