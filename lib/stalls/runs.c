/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stalls/runs.h"

#include "base/macros.h"

void run_events_done(RunEvents *e)
{
        free(e->items);
        *e = (RunEvents){ 0 };
}

/* Room for two more. */
static int make_room(RunEvents *e)
{
        size_t wanted = MAX(2 * e->allocated, (size_t)256);
        RunEvent *items;

        if (e->n + 2 <= e->allocated)
                return 0;
        items = reallocarray(e->items, wanted, sizeof(*items));
        if (!items)
                return -ENOMEM;
        e->items = items;
        e->allocated = wanted;
        return 0;
}

int run_events_collect(RunEvents *e, Ring *ring, uint64_t until, uint64_t *last)
{
        for (;;) {
                RunEvent event;
                int r = make_room(e);

                if (r == 0)
                        r = ring_next(ring, until, &event);
                if (r <= 0)
                        return r;
                if (event.type == RUN_GAP)
                        e->items[e->n++] = (RunEvent){ .type = RUN_GAP, .nsec = *last };
                e->items[e->n++] = event;
                *last = event.nsec;
        }
}

static int compare(uint64_t a, uint64_t b)
{
        return (a > b) - (a < b);
}

static int by_time(const void *a, const void *b)
{
        const RunEvent *x = a, *y = b;

        return compare(x->nsec, y->nsec) ?: compare(x->place, y->place);
}

void run_events_sort(RunEvents *e)
{
        for (size_t i = 0; i < e->n; i++)
                e->items[i].place = i;
        if (e->n > 0)
                qsort(e->items, e->n, sizeof(*e->items), by_time);
}

void runs_gap(Runs *r, uint64_t lost)
{
        r->lost += lost;
        r->unpaired += r->n_open;
        r->n_open = 0;
}

static OpenRun *find_open(Runs *r, uint32_t tid)
{
        for (size_t i = 0; i < r->n_open; i++)
                if (r->open[i].tid == tid)
                        return &r->open[i];
        return NULL;
}

static void begin(Runs *r, const RunEvent *event)
{
        OpenRun *open = find_open(r, event->tid);

        if (open || r->n_open == RUNS_OPEN_MAX)
                r->unpaired++;
        if (!open && r->n_open < RUNS_OPEN_MAX)
                open = &r->open[r->n_open++];
        if (open)
                *open = (OpenRun){ .tid = event->tid, .nsec = event->nsec };
}

/* The last place is for others. */
static RunSum *sum_of(Runs *r, uint32_t tgid)
{
        for (size_t i = 0; i < r->n_sums; i++)
                if (r->sums[i].tgid == tgid || i == RUN_SUMS_MAX - 1)
                        return &r->sums[i];
        r->sums[r->n_sums] = (RunSum){ .tgid = r->n_sums < RUN_SUMS_MAX - 1 ? tgid : 0 };
        return &r->sums[r->n_sums++];
}

static void end(Runs *r, const RunEvent *event)
{
        OpenRun *open = find_open(r, event->tid);
        uint64_t nsec;
        RunSum *sum;

        if (!open) {
                r->unpaired++;
                return;
        }
        nsec = LESS_BY(event->nsec, open->nsec);
        *open = r->open[--r->n_open];
        sum = sum_of(r, event->tgid);
        if (sum->runs++ == 0)
                sum->first = event->nsec;
        sum->nsec += nsec;
        sum->longest = MAX(sum->longest, nsec);
}

void runs_add(Runs *r, const RunEvent *event)
{
        /* A thread that ends has no number any more. */
        if (event->type != RUN_GAP && (event->tid == 0 || event->tid == UINT32_MAX)) {
                r->unpaired++;
                return;
        }
        switch (event->type) {
        case RUN_BEGIN: begin(r, event); return;
        case RUN_END: end(r, event); return;
        case RUN_GAP: runs_gap(r, event->lost); return;
        }
}
