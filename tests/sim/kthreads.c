/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/macros.h"
#include "kernel.h"

#define CHECK_INTERVAL (500 * USEC_PER_MSEC)
#define REST           (CHECK_INTERVAL << 6) /* COMPACT_MAX_DEFER_SHIFT */

static void kswapd_sleeps(Kernel *k)
{
        Buddy *b = &k->buddy;

        compaction_flush(&k->memory, b);
        if (b->boost)
                kcompactd_wake(k, b->block_order);
        else if (k->kswapd.order)
                kcompactd_wake(k, k->kswapd.order);
        k->kswapd.on = false;
        k->kswapd.order = 0;
        k->kswapd.due = 0;
        b->boost = 0;
        b->boosted = false;
}

/* Up to the high mark, and what is due for a large block; the rest of the work for that is left to
 * kcompactd. */
uint64_t kswapd_tick(Kernel *k, uint64_t nsec)
{
        uint32_t target = buddy_mark(&k->buddy, k->buddy.high), freed = 0, want;
        uint32_t most = (uint32_t)MIN(nsec / k->reclaim_nsec + 1, (uint64_t)UINT32_MAX);

        if (!k->kswapd.on)
                return 0;
        want = MAX(LESS_BY(target, k->buddy.free_pages), k->kswapd.due);
        if (want)
                freed = kernel_reclaim(k, MIN(want, most));
        k->kswapd.due = LESS_BY(k->kswapd.due, freed);
        k->stats.kswapd_nsec += (uint64_t)freed * k->reclaim_nsec;
        k->stats.pressure_nsec += (uint64_t)freed * k->reclaim_nsec;
        if (freed == 0 || (k->buddy.free_pages >= target && !k->kswapd.due))
                kswapd_sleeps(k);
        return (uint64_t)freed * k->reclaim_nsec;
}

void kcompactd_wake(Kernel *k, int order)
{
        k->kcompactd.wanted = MAX(k->kcompactd.wanted, order);
}

void kcompactd_trigger(Kernel *k, usec_t now)
{
        k->kcompactd.next = now;
}

static void begin(Kernel *k, bool proactive, int order, uint32_t stop_score)
{
        k->kcompactd.running = true;
        k->kcompactd.proactive = proactive;
        k->kcompactd.score_before = kernel_score(k);
        k->stats.daemon_wake += !proactive;
        k->stats.proactive_runs += proactive;
        compaction_begin(&k->kcompactd.run, &k->holders, &k->memory, COMPACT_LIGHT, order,
                stop_score, &k->pace);
}

static void look(Kernel *k, usec_t now, uint32_t proactiveness)
{
        int order = k->kcompactd.wanted;
        ScoreWmarks w;

        k->kcompactd.wanted = ORDER_ANY;
        if (order != ORDER_ANY && !compaction_deferred(&k->memory, order) &&
                !buddy_allows(&k->buddy, (unsigned)order, buddy_mark(&k->buddy, k->buddy.min)) &&
                compaction_suitable(
                        &k->buddy, (unsigned)order, buddy_mark(&k->buddy, k->buddy.low))) {
                begin(k, false, order, 0);
                return;
        }
        if (!proactiveness || now < k->kcompactd.next)
                return;
        w = score_wmarks(k->rule, proactiveness);
        k->kcompactd.next = now + CHECK_INTERVAL;
        if (kernel_score(k) > w.high && !k->kswapd.on)
                begin(k, true, ORDER_ANY, w.low);
}

static void finish(Kernel *k, usec_t now)
{
        const Compaction *run = &k->kcompactd.run;

        k->kcompactd.running = false;
        k->kcompactd.next = now + CHECK_INTERVAL;
        if (k->kcompactd.proactive) {
                if (kernel_score(k) >= k->kcompactd.score_before)
                        k->kcompactd.next = now + REST;
        } else if (run->status == COMPACT_COMPLETE)
                compaction_failed(&k->memory, run->order);
        else
                compaction_helped(&k->memory, run->order);
}

uint64_t kcompactd_tick(Kernel *k, usec_t now, uint64_t nsec, uint32_t proactiveness)
{
        uint64_t used;

        if (!k->kcompactd.running)
                look(k, now, proactiveness);
        if (!k->kcompactd.running)
                return 0;
        if (k->kcompactd.proactive) /* the mark is looked up anew each time: a value written
                                       meanwhile counts */
                k->kcompactd.run.stop_score = score_wmarks(k->rule, proactiveness).low;
        used = compaction_run(&k->kcompactd.run, nsec);
        k->stats.kcompactd_nsec += used;
        kernel_account(k, &k->kcompactd.run);
        if (!k->kcompactd.proactive)
                k->stats.pressure_nsec += used;
        if (k->kcompactd.run.status != COMPACT_RUNNING || (k->kcompactd.proactive && k->kswapd.on))
                finish(k, now);
        return used;
}
