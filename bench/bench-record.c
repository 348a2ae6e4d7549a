/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bench-record: what history takes: memory when it is full, bytes written in a day, time for a sample.
 *
 * A record is fed with days of samples of a machine of so many nodes, at the default policy's longest interval; steps are taken out as
 * daemon/recorder.c does, each with the 8 bytes of a frame. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/macros.h"
#include "record/record.h"

#define DAYS     8
#define INTERVAL (15 * USEC_PER_SEC)
#define ORDERS   11
#define NOON     (UINT64_C(1795348800) * USEC_PER_SEC)
#define FRAME    8

static void die(const char *what, int error)
{
        fprintf(stderr, "bench-record: %s: %s\n", what, strerror(-error));
        exit(1);
}

static void machine(Model *m, Node *nodes, Zone *zones, uint32_t n)
{
        for (uint32_t i = 0; i < n; i++) {
                nodes[i] = (Node){ .id = i, .first_zone = i, .n_zones = 1, .managed = 1 << 22, .score_known = true };
                zones[i] = (Zone){ .node = i, .name = "Normal", .managed = 1 << 22 };
        }
        *m = (Model){ .have = 1U << SOURCE_BUDDYINFO | 1U << SOURCE_ZONEINFO | 1U << SOURCE_VMSTAT, .page_size = 4096,
                .n_orders = ORDERS, .thp_order = 9, .huge_order = 9, .pageblock_order = 9, .nodes = nodes, .n_nodes = n,
                .zones = zones, .n_zones = n };
}

static void change(Model *m, uint64_t round)
{
        for (size_t i = 0; i < m->n_zones; i++) {
                Zone *z = &m->zones[i];

                z->free_pages = 0;
                for (unsigned o = 0; o < ORDERS; o++) {
                        z->free[o] = (round * 7919 + o * 104729 + i) % 5000;
                        z->free_pages += z->free[o] << o;
                }
                m->nodes[i].free_pages = z->free_pages;
        }
        m->vmstat.compact_stall = round / 3;
}

static uint64_t take(Record *r)
{
        static uint8_t buf[RECORD_STEP_BYTES_MAX];
        uint64_t bytes = 0;

        for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++)
                for (size_t size; (size = record_take(r, t, buf)) > 0;)
                        bytes += size + FRAME;
        return bytes;
}

static uint64_t cpu_nsec(void)
{
        struct timespec t;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static Engine *engine(const Model *m)
{
        Engine *e;
        Policy p;
        Outcome out;
        int r;

        policy_init(&p, "bench");
        p.act = false;
        p.n_objectives = 2;
        p.objectives[0] = (Objective){ .size = SIZE_THP, .reserve = { .permyriad = 200 }, .refill = { .permyriad = 300 },
                .node = NODE_EVERY };
        p.objectives[1] = (Objective){ .size = 65536, .reserve = { .bytes = 32 << 20 }, .refill = { .bytes = 48 << 20 },
                .use = USE_KERNEL, .node = NODE_EVERY };
        r = engine_new(&e, NODES_MAX, 1);
        if (r >= 0)
                r = engine_step(e, &(Event){ .type = EVENT_POLICY, .policy = &p }, 1, &out);
        if (r >= 0)
                r = engine_step(e, &(Event){ .type = EVENT_SAMPLE, .sample = m }, 2, &out);
        if (r < 0)
                die("engine", r);
        return e;
}

static void measure(uint32_t n)
{
        static Node nodes[NODES_MAX];
        static Zone zones[NODES_MAX];
        uint64_t rounds = DAYS * 24 * USEC_PER_HOUR / INTERVAL, bytes = 0, spent = 0;
        Record *r;
        Engine *e;
        Model m;
        int k;

        machine(&m, nodes, zones, n);
        change(&m, 0);
        e = engine(&m);
        k = record_new(&r, m.page_size, ORDERS);
        for (uint64_t i = 0; k >= 0 && i < rounds; i++) {
                uint64_t before;

                change(&m, i);
                before = cpu_nsec();
                k = record_add(r, &m, e, (i + 1) * INTERVAL, NOON + i * INTERVAL, INTERVAL + 5 * USEC_PER_SEC);
                spent += cpu_nsec() - before;
                bytes += take(r);
        }
        if (k < 0)
                die("record", k);
        printf("%2" PRIu32 " nodes  memory when full %7.1f KiB (at most %7.1f KiB)  written in a day %8.1f KiB  CPU for a sample %5.1f us\n", n,
                (double)record_size(r) / 1024, (double)record_size_max(ORDERS, n, 2) / 1024, (double)bytes / DAYS / 1024,
                (double)spent / (double)rounds / 1000);
        record_free(r);
        engine_free(e);
}

int main(void)
{
        measure(1);
        measure(2);
        measure(8);
        measure(RECORD_NODES_MAX);
        return fflush(stdout) == 0 ? 0 : 1;
}
