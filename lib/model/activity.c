/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/activity.h"

#include "base/macros.h"

/* kcompactd looks at the score twice a second: that much of its time is not work. */
#define IDLE_CPU_NSEC  (2 * 1000 * 1000)
#define IDLE_CPU_SHARE 1000 /* one thousandth of the interval */
/* Pages between two samples from which on isolation is somebody's work: CMA's drivers and hugetlb take some, too. */
#define OTHER_PAGES 1024
/* When it can be said what kcompactd does: it defers for 32 s (mm/compaction.c, HPAGE_FRAG_CHECK_INTERVAL_MSEC << 6). */
#define DOING_SPAN (2 * USEC_PER_MIN)
/* From this CPU time on it has tried. */
#define TRIED_NSEC (USEC_PER_SEC * NSEC_PER_USEC)
/* A direct compaction that runs looks at this many pages at least before it ends (mm/compaction.c, SWAP_CLUSTER_MAX). */
#define SCANNED_LEAST 32

static const char *const doing_names[_KCOMPACTD_DOING_MAX] = {
        [KCOMPACTD_UNKNOWN] = "unknown",
        [KCOMPACTD_IDLE] = "idle",
        [KCOMPACTD_WORKING] = "working",
        [KCOMPACTD_DEFERRED] = "deferred",
        [KCOMPACTD_FUTILE] = "futile",
};

const char *kcompactd_doing_name(KcompactdDoing d)
{
        assert((unsigned)d < _KCOMPACTD_DOING_MAX);
        return doing_names[d];
}

void activity_done(Activity *a)
{
        for (size_t i = 0; i < ACTIVITY_POINTS; i++)
                free(a->points[i].nodes);
        free(a->last.nodes);
        *a = (Activity)ACTIVITY_INIT;
}

static int reserve_nodes(ActivityPoint *p, size_t n)
{
        ActivityNode *nodes;

        if (n <= p->n_allocated)
                return 0;
        nodes = reallocarray(p->nodes, n, sizeof(*nodes));
        if (!nodes)
                return -ENOMEM;
        p->nodes = nodes;
        p->n_allocated = n;
        return 0;
}

/* nodes: room for them. */
static void take_nodes(ActivityPoint *p, const Model *m)
{
        int64_t proactiveness = m->knobs[KNOB_COMPACTION_PROACTIVENESS];

        for (size_t i = 0; i < m->n_nodes; i++) {
                const Node *n = &m->nodes[i];

                p->nodes[i] = (ActivityNode){
                        .id = n->id,
                        .score = n->score,
                        .cpu_nsec = n->kcompactd_cpu_nsec,
                        .above = proactiveness > 0 && n->score_known &&
                                 kcompactd_would_act(m->wmark_rule, (uint32_t)MIN(proactiveness, INT64_C(100)), n->score),
                };
        }
        p->n_nodes = m->n_nodes;
}

static const ActivityNode *find_node(const ActivityPoint *p, uint32_t id)
{
        for (size_t i = 0; i < p->n_nodes; i++)
                if (p->nodes[i].id == id)
                        return &p->nodes[i];
        return NULL;
}

static uint64_t delta(uint64_t from, uint64_t to)
{
        return from == UNKNOWN_U64 || to == UNKNOWN_U64 || to < from ? UNKNOWN_U64 : to - from;
}

/* Of all nodes' kcompactd; UNKNOWN_U64 where none can be seen. */
static uint64_t cpu_delta(const ActivityPoint *from, const Model *m)
{
        uint64_t sum = 0;
        bool any = false;

        for (size_t i = 0; i < m->n_nodes; i++) {
                const ActivityNode *n = find_node(from, m->nodes[i].id);
                uint64_t d = n ? delta(n->cpu_nsec, m->nodes[i].kcompactd_cpu_nsec) : UNKNOWN_U64;

                if (d == UNKNOWN_U64)
                        continue;
                any = true;
                sum += d;
        }
        return any ? sum : UNKNOWN_U64;
}

/* Who worked between the last sample and this one. */
static void attribute(Activity *a, const Model *m, usec_t now, bool own)
{
        const Vmstat *old = &a->last.vmstat;
        uint64_t wake = delta(old->compact_daemon_wake, m->vmstat.compact_daemon_wake);
        uint64_t stall = delta(old->compact_stall, m->vmstat.compact_stall);
        uint64_t isolated = delta(old->compact_isolated, m->vmstat.compact_isolated);
        uint64_t cma = delta(old->cma_alloc_success, m->vmstat.cma_alloc_success);
        uint64_t cpu = cpu_delta(&a->last, m);
        uint64_t idle = MAX((uint64_t)IDLE_CPU_NSEC, usec_sub(now, a->last.at) * NSEC_PER_USEC / IDLE_CPU_SHARE);
        ActivityTotals *t = &a->last.totals;

        if (cpu != UNKNOWN_U64 && wake != UNKNOWN_U64) {
                if (wake > 0)
                        t->demand_cpu += cpu;
                else if (cpu > idle) {
                        t->proactive_cpu += cpu;
                        t->proactive_seen++;
                }
        }
        if (isolated == UNKNOWN_U64 || isolated < OTHER_PAGES || own || a->owned)
                return;
        if (stall == 0 && wake == 0 && cpu <= idle && (cma == 0 || cma == UNKNOWN_U64)) {
                t->other_seen++;
                t->other_isolated += isolated;
        }
}

/* The last sample as a point of the window. Its nodes' array stays its own. */
static int add_point(Activity *a)
{
        ActivityPoint *p = &a->points[(a->first + a->n) % ACTIVITY_POINTS], old;
        int r;

        r = reserve_nodes(p, a->last.n_nodes);
        if (r < 0)
                return r;
        old = *p;
        *p = a->last;
        p->nodes = old.nodes;
        p->n_allocated = old.n_allocated;
        if (a->last.n_nodes > 0)
                memcpy(p->nodes, a->last.nodes, a->last.n_nodes * sizeof(*p->nodes));
        if (a->n == ACTIVITY_POINTS)
                a->first = (a->first + 1) % ACTIVITY_POINTS;
        else
                a->n++;
        return 0;
}

static const ActivityPoint *point(const Activity *a, size_t i)
{
        return &a->points[(a->first + i) % ACTIVITY_POINTS];
}

int activity_sample(Activity *a, const Model *m, usec_t now, bool own)
{
        int r;

        r = reserve_nodes(&a->last, m->n_nodes);
        if (r < 0)
                return r;
        if (a->sampled)
                attribute(a, m, now, own);
        a->sampled = true;
        a->owned = own;
        a->last.at = now;
        a->last.vmstat = m->vmstat;
        take_nodes(&a->last, m);
        if (a->n > 0 && usec_sub(now, point(a, a->n - 1)->at) < ACTIVITY_GAP)
                return 0;
        return add_point(a);
}

void activity_own_run(Activity *a, usec_t cpu)
{
        a->last.totals.own_runs++;
        a->last.totals.own_cpu += cpu;
}

/* The oldest point that is not older than the span; while samples are far apart, the one before the last. */
static const ActivityPoint *window_start(const Activity *a)
{
        for (size_t i = 0; i < a->n; i++) {
                const ActivityPoint *p = point(a, i);

                if (usec_sub(a->last.at, p->at) <= ACTIVITY_SPAN)
                        return p->at < a->last.at ? p : i > 0 ? point(a, i - 1) : NULL;
        }
        return a->n > 0 ? point(a, a->n - 1) : NULL;
}

void activity_window(const Activity *a, ActivityWindow *ret)
{
        const ActivityPoint *from = window_start(a);
        const ActivityTotals *x, *y = &a->last.totals;
        Vmstat before, after;

        *ret = (ActivityWindow){ 0 };
        vmstat_reset(&ret->delta);
        if (!from)
                return;
        x = &from->totals;
        before = from->vmstat;
        after = a->last.vmstat;
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                *vmstat_counter(&ret->delta, i) = delta(*vmstat_counter(&before, i), *vmstat_counter(&after, i));
        ret->over = usec_sub(a->last.at, from->at);
        ret->totals = (ActivityTotals){
                .demand_cpu = y->demand_cpu - x->demand_cpu,
                .proactive_cpu = y->proactive_cpu - x->proactive_cpu,
                .proactive_seen = y->proactive_seen - x->proactive_seen,
                .own_runs = y->own_runs - x->own_runs,
                .own_cpu = y->own_cpu - x->own_cpu,
                .other_seen = y->other_seen - x->other_seen,
                .other_isolated = y->other_isolated - x->other_isolated,
        };
        for (size_t i = 0; i < a->last.n_nodes; i++)
                ret->cpu_known = ret->cpu_known || a->last.nodes[i].cpu_nsec != UNKNOWN_U64;
}

/* Its score was above the mark at every point from there on, and is. */
static bool always_above(const Activity *a, const ActivityPoint *from, uint32_t node)
{
        for (size_t i = 0; i < a->n; i++) {
                const ActivityPoint *p = point(a, i);
                const ActivityNode *n = find_node(p, node);

                if (p->at >= from->at && (!n || !n->above))
                        return false;
        }
        return true;
}

static KcompactdDoing judge(const Activity *a, const ActivityPoint *from, const ActivityNode *now, char state,
        const KcompactdWindow *w)
{
        bool long_enough = usec_sub(a->last.at, from->at) >= DOING_SPAN;

        if (w->cpu_nsec == UNKNOWN_U64)
                return KCOMPACTD_UNKNOWN;
        if (long_enough && now->above && w->cpu_nsec >= TRIED_NSEC && w->score_to >= w->score_from)
                return KCOMPACTD_FUTILE;
        if (state == 'R' || state == 'D')
                return KCOMPACTD_WORKING;
        if (long_enough && now->above && w->cpu_permyriad < 1000 && always_above(a, from, now->id))
                return KCOMPACTD_DEFERRED;
        return w->cpu_permyriad >= 100 ? KCOMPACTD_WORKING : KCOMPACTD_IDLE;
}

void activity_kcompactd(const Activity *a, uint32_t node, char state, KcompactdWindow *ret)
{
        const ActivityPoint *from = window_start(a);
        const ActivityNode *x = from ? find_node(from, node) : NULL, *y = find_node(&a->last, node);
        usec_t over = from ? usec_sub(a->last.at, from->at) : 0;

        *ret = (KcompactdWindow){ .cpu_nsec = UNKNOWN_U64, .cpu_permyriad = UINT32_MAX };
        if (!x || !y || over == 0)
                return;
        ret->score_from = x->score;
        ret->score_to = y->score;
        ret->cpu_nsec = delta(x->cpu_nsec, y->cpu_nsec);
        if (ret->cpu_nsec != UNKNOWN_U64)
                ret->cpu_permyriad = (uint32_t)MIN((__uint128_t)ret->cpu_nsec * 10000 / NSEC_PER_USEC / over, (__uint128_t)10000);
        ret->doing = judge(a, from, y, state, ret);
}

uint32_t activity_success(const ActivityWindow *w)
{
        uint64_t success = w->delta.compact_success, fail = w->delta.compact_fail;

        if (success == UNKNOWN_U64 || fail == UNKNOWN_U64 || (success == 0 && fail == 0))
                return UINT32_MAX;
        return (uint32_t)((__uint128_t)success * 10000 / ((__uint128_t)success + fail));
}

bool activity_direct_futile(const ActivityWindow *w)
{
        uint32_t success = activity_success(w);

        return success != UINT32_MAX && w->delta.compact_fail >= ACTIVITY_MANY && success < 1000;
}

bool activity_direct_deferred(const ActivityWindow *w)
{
        uint64_t fail = w->delta.compact_fail, scanned = w->delta.compact_migrate_scanned;

        return fail != UNKNOWN_U64 && scanned != UNKNOWN_U64 && fail >= ACTIVITY_MANY && scanned / SCANNED_LEAST < fail;
}
