/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-ring.c - any bytes as the ring buffer of a CPU: 16 bytes with where its records begin and end, then the ring, cut to a power of two.
 * Nothing beyond it is read, the tail comes to the head, and no time is made up. */
#include <stdio.h>

#include "base/macros.h"
#include "stalls/runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-ring: %s\n", what);
        abort();
}

static void check_runs(const RunEvents *e)
{
        Runs *r = calloc(1, sizeof(*r));
        uint64_t ends = 0, runs = 0;

        require(r, "out of memory");
        for (size_t i = 0; i < e->n; i++) {
                require(i == 0 || e->items[i].nsec >= e->items[i - 1].nsec, "out of order");
                ends += e->items[i].type == RUN_END;
                runs_add(r, &e->items[i]);
        }
        require(r->n_open <= RUNS_OPEN_MAX && r->n_sums <= RUN_SUMS_MAX, "more than there is room for");
        for (size_t i = 0; i < r->n_sums; i++) {
                const RunSum *s = &r->sums[i];

                runs += s->runs;
                require(s->runs > 0 && s->longest <= s->nsec && s->nsec / s->runs <= s->longest, "a time that cannot be");
        }
        require(runs <= ends, "more runs than ended");
        free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        RunEvents e = { 0 };
        uint64_t last = 0, before;
        Ring ring = { .begin = 1, .end = 2 };
        int r;

        if (size < 16 + 64)
                return 0;
        memcpy(&ring.tail, data, 8);
        memcpy(&ring.head, data + 8, 8);
        ring.data = data + 16;
        for (ring.size = 64; 2 * ring.size <= size - 16;)
                ring.size *= 2;
        before = ring.tail;
        r = run_events_collect(&e, &ring, UINT64_MAX - 1, &last);
        require(r == 0 || r == -EBADMSG, "neither success nor -EBADMSG");
        require(r == 0 || ring.tail == ring.head, "what makes no sense would be read again");
        require(ring.head - before > ring.size || ring.tail - before <= ring.size, "the tail is beyond the head");
        require(2 * ring.size / 8 >= e.n, "more records than there is room for");
        run_events_sort(&e);
        check_runs(&e);
        run_events_done(&e);
        return 0;
}
