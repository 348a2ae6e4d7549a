/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of rows over time: least, mean and greatest values, and how long each verdict stood. */
#include "record/internal.h"

static const LevelSum level_none = { .min = UNKNOWN_U64 };

void sum_reset(RowSum *s)
{
        s->any = false;
        for (size_t i = 0; i < ELEMENTSOF(s->levels); i++)
                s->levels[i] = level_none;
        for (size_t i = 0; i < ELEMENTSOF(s->slots); i++)
                s->slots[i] = (SlotSum){ .level = level_none };
        s->kcompactd = UNKNOWN_U64;
}

static void level_add(LevelSum *l, const Cell cells[static 3], uint64_t weight)
{
        uint64_t mean = cell_value(cells[1]);

        if (mean == UNKNOWN_U64)
                return;
        l->min = MIN(l->min, cell_value(cells[0]));
        l->max = MAX(l->max, cell_value(cells[2]));
        l->sum += mean * weight;
        l->weight += weight;
}

uint64_t level_mean(const LevelSum *l)
{
        return l->weight == 0 ? UNKNOWN_U64 : (l->sum + l->weight / 2) / l->weight;
}

static void level_cells(const LevelSum *l, Cell cells[static 3])
{
        bool known = l->weight > 0;

        cells[0] = known ? cell_from(l->min) : CELL_UNKNOWN;
        cells[1] = cell_from(level_mean(l));
        cells[2] = known ? cell_from(l->max) : CELL_UNKNOWN;
}

/* Which objective it is, whatever became of it. */
static uint16_t slot_key(uint16_t what)
{
        return slot_what(what_order(what), what_use(what), 0);
}

/* There is one. What comes from a file may hold anything. */
static bool slot_valid(const Cell cells[static SLOT_CELLS])
{
        return cells[4] != 0 && what_verdict(cells[4]) < _VERDICT_MAX &&
               what_use(cells[4]) < _USE_MAX && what_order(cells[4]) < ORDERS_MAX &&
               cells[5] >= 1 && cells[5] <= 10001;
}

static void slot_add(SlotSum *s, const Cell cells[static SLOT_CELLS], uint64_t weight)
{
        uint16_t what = cells[4];
        uint64_t met;

        if (!slot_valid(cells))
                return;
        /* another objective in its place: that counts from now on */
        if (s->what != slot_key(what))
                *s = (SlotSum){ .level = level_none, .what = slot_key(what) };
        level_add(&s->level, cells, weight);
        s->reserve = cells[3];
        met = weight * (uint64_t)(cells[5] - 1) / 10000;
        s->stood[VERDICT_MET] += met;
        s->stood[what_verdict(what)] += weight - met;
        s->total += weight;
}

static void slot_cells(const SlotSum *s, Cell cells[static SLOT_CELLS])
{
        Verdict worst = VERDICT_MET;
        uint64_t longest = 0;

        if (s->what == 0 || s->total == 0)
                return;
        for (Verdict v = 0; v < _VERDICT_MAX; v++)
                if (v != VERDICT_MET && s->stood[v] > longest) {
                        longest = s->stood[v];
                        worst = v;
                }
        level_cells(&s->level, cells);
        cells[3] = s->reserve;
        cells[4] = slot_what(what_order(s->what), what_use(s->what), worst);
        cells[5] = (Cell)(1 + s->stood[VERDICT_MET] * 10000 / s->total);
}

void sum_add_row(const Record *r, RowSum *s, const Cell *row, usec_t stood)
{
        /* msec: pages times that fit in 64 bits */
        uint64_t weight = MAX(stood / USEC_PER_MSEC, UINT64_C(1));

        s->any = true;
        for (size_t i = 0; i < n_levels(r); i++)
                level_add(&s->levels[i], row + 3 * i, weight);
        for (size_t i = 0; i < r->n_slots; i++)
                slot_add(&s->slots[i], row_slot(r, (Cell *)row, i), weight);
}

void sum_to_row(const Record *r, const RowSum *s, Cell *row)
{
        memset(row, 0, row_width(r) * sizeof(Cell));
        for (size_t i = 0; i < n_levels(r); i++)
                level_cells(&s->levels[i], row + 3 * i);
        row[3 * n_levels(r)] = cell_from(s->kcompactd);
        for (size_t i = 0; i < r->n_slots; i++)
                slot_cells(&s->slots[i], row_slot(r, row, i));
}
