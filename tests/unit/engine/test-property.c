/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Random event streams against the engine. Each seed is a machine with random levers, limits and load, an actor that answers late,
 * early, wrongly or never, people who turn knobs, pause, ask and change policies, and a clock that jumps. Whatever happens:
 *   - fragd begins no action on a node before the cool-down since the end of the last is over, nor two at once;
 *   - in any span the runs are at most the budget's, and the time at most the budget's and what one answer can be late;
 *   - a knob is only written within its range, never while it is somebody else's, and comes back when it is let go;
 *   - observe never acts; paused never acts;
 *   - decisions are numbered without gaps; equal seeds give equal decisions. */
#include "machine.h"

#define SEEDS 60
#define STEPS 2500
#define RUNS_KEPT 4096

typedef struct World {
        Machine m;
        Policy p;
        uint64_t rng, hash, next_number;
        usec_t last_end[MACHINE_NODES_MAX];
        uint64_t free_at_start[MACHINE_NODES_MAX]; /* pages, when the last action began */
        struct {
                usec_t at, cost;
                bool requested;
        } runs[RUNS_KEPT];
        size_t n_runs, run_of[MACHINE_NODES_MAX];
        uint64_t run_action[RUNS_KEPT];
        bool paused, actor, stopping[MACHINE_NODES_MAX];
        int64_t foreign; /* what somebody set after us; -1 */
        usec_t slack;    /* how late an answer to a stop can be */
        unsigned acts, entries[_REASON_MAX];
} World;

static uint64_t roll(World *w, uint64_t n)
{
        uint64_t z = (w->rng += 0x9e3779b97f4a7c15ULL);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return (z ^ (z >> 31)) % n;
}

static void check_budget(const World *w, usec_t now)
{
        usec_t cost = 0;
        unsigned runs = 0;

        for (size_t i = 0; i < w->n_runs; i++)
                if (now - w->runs[i].at < w->p.budget.per) {
                        runs += !w->runs[i].requested;
                        cost += w->runs[i].requested ? 0 : w->runs[i].cost;
                }
        ck_assert_msg(runs <= w->p.budget.runs, "%u runs of %u", runs, w->p.budget.runs);
        ck_assert_msg(cost <= w->p.budget.compaction_time + 2 * (w->slack + USEC_PER_SEC),
                "cost %" PRIu64 " of %" PRIu64, cost, w->p.budget.compaction_time);
}

static void check_knob(const World *w, const Decision *d)
{
        const KnobInfo *k = knob_info(d->knob);

        if (d->act != ACT_SET_KNOB)
                return;
        ck_assert(k->managed);
        ck_assert_int_ge(d->new_value, k->min);
        ck_assert_int_le(d->new_value, k->max);
        if (d->lever == LEVER_WINDOW && d->reason != REASON_CANCELLED)
                ck_assert_int_le(d->new_value, MAX(w->p.window_max, w->p.proactiveness_max));
        ck_assert_msg(w->foreign < 0 || d->knob != KNOB_COMPACTION_PROACTIVENESS,
                "wrote over somebody else's value");
}

/* A quarter more is free than when the last action began: that needs no cool-down. */
static bool came_free(const World *w, uint32_t node)
{
        return w->m.model.nodes[node].free_pages >= w->free_at_start[node] + w->free_at_start[node] / 4;
}

static void check_start(World *w, const Decision *d)
{
        bool starts = d->lever == LEVER_COMPACT ? d->act == ACT_COMPACT :
                d->act == ACT_SET_KNOB && (d->reason == REASON_MISSED || d->reason == REASON_FORECAST);
        bool requested = d->reason == REASON_REQUESTED;

        if (!starts)
                return;
        ck_assert(w->p.act && w->actor && !w->paused);
        if (!requested && w->last_end[d->node] && !came_free(w, d->node))
                ck_assert_uint_ge(d->at, w->last_end[d->node] + w->p.cooldown);
        w->free_at_start[d->node] = w->m.model.nodes[d->node].free_pages;
        ck_assert_uint_lt(w->n_runs, RUNS_KEPT);
        w->run_of[d->node] = w->n_runs;
        w->run_action[w->n_runs] = d->action;
        w->runs[w->n_runs].at = d->at;
        w->runs[w->n_runs].requested = requested;
        w->runs[w->n_runs++].cost = 0;
        check_budget(w, d->at);
}

/* What every journal entry of a kind has, so that systemd/fragd.catalog may use it: the same as ALWAYS in tests/lint/catalog.py. */
static void check_entry(World *w, const Decision *d)
{
        bool knob = d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB;

        if (!d->notable)
                return;
        w->entries[d->reason]++;
        switch (d->reason) {
        case REASON_HELD: ck_assert(d->guard != GUARD_NONE && d->objective >= 0); /* fall through */
        case REASON_MET:
        case REASON_UNKNOWN_SOURCE:
        case REASON_SHORT:
        case REASON_PINNED:
        case REASON_BACKOFF:
        case REASON_NO_LEVER:
        case REASON_BUSY:
        case REASON_KERNEL_ACTS:
        case REASON_GAINED:
        case REASON_NO_GAIN: ck_assert_uint_ne(d->node, NODE_ALL); break;
        case REASON_MISSED: /* without an act it is filed with the verdicts */
                ck_assert(d->node != NODE_ALL && (d->act == ACT_NONE || d->lever != LEVER_NONE));
                break;
        case REASON_FORECAST:
        case REASON_REQUESTED:
        case REASON_TIME_LIMIT:
        case REASON_BUDGET_LIMIT:
        case REASON_PRESSURE_LIMIT:
        case REASON_CANCELLED: ck_assert(d->node != NODE_ALL && d->lever != LEVER_NONE); break;
        case REASON_ACTION_FAILED: ck_assert_int_lt(d->error, 0); break;
        case REASON_KNOB_RAISED:
        case REASON_KNOB_LOWERED:
        case REASON_KNOB_STOOD_DOWN: ck_assert(knob && d->lever != LEVER_NONE); break;
        case REASON_KNOB_RESTORED: ck_assert(knob); break;
        case REASON_HOLD_BEGUN:
        case REASON_HOLD_ENDED: ck_assert(d->hold && d->objective < 0); break;
        case REASON_HOLD_REFUSED: ck_assert_int_lt(d->error, 0); break;
        case REASON_REFUSED:
                ck_assert(d->node != NODE_ALL && d->error < 0 && d->uid != UINT32_MAX && d->pid != UINT32_MAX);
                break;
        case REASON_KNOB_YIELDED:
        case REASON_POLICY_CHANGED:
        case REASON_PAUSED:
        case REASON_RESUMED:
        case REASON_TOPOLOGY:
        case REASON_ACTOR_LOST: break;
        default: ck_abort_msg("%s is notable: file it in daemon/journal.c", reason_name(d->reason));
        }
}

static void see(World *w)
{
        for (size_t i = 0; i < w->m.out.n_decisions; i++) {
                const Decision *d = &w->m.out.decisions[i];

                ck_assert_uint_eq(d->number, w->next_number);
                w->next_number++;
                check_entry(w, d);
                w->hash = w->hash * 1099511628211ULL + (uint64_t)d->reason * 31 + d->act + (uint64_t)d->new_value + d->at;
                if (d->act != ACT_NONE && !d->would) {
                        ck_assert_msg(w->p.act, "acted while observing");
                        w->acts++;
                }
                if (d->would)
                        continue;
                /* After a failed write nobody knows whose value is there; the actor decides, by the baseline. */
                if (d->act == ACT_RESTORE_KNOB && d->reason == REASON_KNOB_RESTORED && d->lever == LEVER_NONE)
                        w->foreign = -1;
                check_knob(w, d);
                check_start(w, d);
                if (d->act == ACT_STOP)
                        w->stopping[d->node] = true;
                if ((d->reason == REASON_GAINED || d->reason == REASON_NO_GAIN) && d->action) {
                        for (size_t k = 0; k < w->n_runs; k++)
                                if (w->run_action[k] == d->action) {
                                        w->runs[k].cost = d->cost;
                                        w->last_end[d->node] = w->runs[k].at + d->took;
                                }
                        check_budget(w, d->at);
                }
                if (d->reason == REASON_ACTION_FAILED && d->node != NODE_ALL)
                        w->last_end[d->node] = d->at;
        }
}

static void step(World *w, const Event *ev)
{
        machine_step(&w->m, ev);
        see(w);
}

static void random_policy(World *w)
{
        policy_init(&w->p, "random");
        w->p.act = roll(w, 5) > 0;
        w->p.levers = (uint32_t)roll(w, 1U << _LEVER_MAX);
        w->p.budget.compaction_time = (1 + roll(w, 60)) * USEC_PER_SEC;
        w->p.budget.runs = 1 + (uint32_t)roll(w, 40);
        w->p.budget.per = (10 + roll(w, 50)) * USEC_PER_MIN;
        w->p.cooldown = roll(w, 60) * USEC_PER_SEC;
        w->p.settle = roll(w, 5) * USEC_PER_SEC;
        w->p.action_limit = (1 + roll(w, 30)) * USEC_PER_SEC;
        w->p.window_max = 12 + (uint32_t)roll(w, 79);
        w->p.proactiveness_min = (uint32_t)roll(w, 10);
        w->p.proactiveness_max = w->p.proactiveness_min + (uint32_t)roll(w, 60);
        policy_objective(&w->p, "thp", 64 + roll(w, 512), 600 + roll(w, 300));
        if (roll(w, 2)) {
                Objective *o = &w->p.objectives[0];

                o->reserve = (Amount){ .automatic = true };
                o->refill = (Amount){ 0 };
                o->at_least.bytes = roll(w, 4) ? 0 : roll(w, 100) * MIB;
                o->at_most.permyriad = (uint32_t)roll(w, 10000);
                o->at_start.permyriad = (uint32_t)roll(w, 5000);
                w->p.remember = USEC_PER_MIN + roll(w, USEC_PER_HOUR);
        }
        if (roll(w, 2))
                policy_objective(&w->p, "kernel", 16, 32);
        ck_assert_int_eq(policy_check(&w->p, (char[POLICY_REASON_MAX]){ 0 }), 0);
}

static void end_compaction(World *w, uint32_t i, int result)
{
        Machine *m = &w->m;

        machine_compaction_ends(m, i, result);
        w->stopping[i] = false;
        see(w);
}

/* The load: memory is used and freed, scattered; running compactions move it together, or not. */
static void live(World *w, bool movable)
{
        for (uint32_t i = 0; i < w->m.model.n_nodes; i++) {
                uint64_t huge = w->m.nodes[i].huge, loose = w->m.nodes[i].loose, moved;

                if (w->m.nodes[i].running && movable) {
                        moved = MIN(loose, roll(w, 300));
                        loose -= moved;
                        huge += moved;
                }
                moved = MIN(huge, roll(w, 60));
                huge -= moved;
                loose = roll(w, 3) ? loose + moved : LESS_BY(loose, roll(w, 100));
                if (!roll(w, 40))
                        loose = roll(w, 2000);
                machine_free_memory(&w->m, i, huge / 2 * 2, loose);
                w->m.model.nodes[i].kcompactd_state = "SSSSSSRD"[roll(w, 8)];
                w->m.model.nodes[i].kcompactd_cpu_nsec += roll(w, 200) * 1000000;
        }
        w->m.model.vmstat.thp_fault_alloc += roll(w, 10) ? roll(w, 3) : roll(w, 300);
        w->m.model.vmstat.compact_stall += roll(w, 10) ? 0 : roll(w, 100);
        w->m.model.vmstat.pgscan_kswapd += roll(w, 3) ? 0 : roll(w, 1000);
        w->m.model.psi_memory.some.total += roll(w, 20) ? 0 : roll(w, USEC_PER_SEC);
        w->m.model.psi_cpu.some.total += roll(w, 20) ? 0 : roll(w, USEC_PER_SEC);
}

static void meddle(World *w)
{
        Machine *m = &w->m;
        KnobView k;

        switch (roll(w, 60)) {
        case 0:
                w->paused = true;
                step(w, &(Event){ .type = EVENT_REQUEST,
                                .request = { .type = REQUEST_PAUSE, .token = 1, .duration = USEC_INFINITY } });
                break;
        case 1:
        case 2:
                w->paused = false;
                w->foreign = -1;
                step(w, &(Event){ .type = EVENT_REQUEST, .request = { .type = REQUEST_RESUME, .token = 1 } });
                break;
        case 3: /* somebody else turns the knob, while no answer is owed */
                engine_knob_view(m->engine, KNOB_COMPACTION_PROACTIVENESS, &k);
                if (m->n_owed || k.owner == KNOB_OWNER_OTHER)
                        break;
                m->model.knobs[KNOB_COMPACTION_PROACTIVENESS] = (int64_t)roll(w, 101);
                if (k.owner == KNOB_OWNER_FRAGD && m->model.knobs[KNOB_COMPACTION_PROACTIVENESS] != k.value)
                        w->foreign = m->model.knobs[KNOB_COMPACTION_PROACTIVENESS];
                machine_sample(m);
                see(w);
                break;
        case 4:
                step(w, &(Event){ .type = EVENT_REQUEST,
                                .request = { .type = REQUEST_COMPACT, .token = 2, .node = (uint32_t)roll(w, 4),
                                        .size = 2 * MIB, .count = roll(w, 500) } });
                break;
        case 5: m->now += roll(w, 10) * USEC_PER_HOUR; break;
        case 6: step(w, &(Event){ .type = EVENT_TOPOLOGY }); break;
        case 7: step(w, &(Event){ .type = EVENT_TIMER }); break;
        case 8: m->model.have ^= 1U << SOURCE_ZONEINFO; break;
        case 11: /* temporary objectives, possible ones and others */
                step(w, &(Event){ .type = EVENT_REQUEST,
                                .request = { .type = REQUEST_HOLD, .token = 3, .node = roll(w, 2) ? NODE_ALL : (uint32_t)roll(w, 4),
                                        .size = UINT64_C(4096) << roll(w, 11), .count = 1 + roll(w, 4000),
                                        .duration = (1 + roll(w, 20)) * USEC_PER_MIN } });
                break;
        case 12:
                step(w, &(Event){ .type = EVENT_REQUEST, .request = { .type = REQUEST_RELEASE, .token = 4, .of = 1 + roll(w, 60) } });
                break;
        case 9: m->model.have ^= 1U << SOURCE_PSI_MEMORY; break;
        case 10: /* a clock that goes backwards counts as standing still */
                ck_assert_int_eq(engine_step(m->engine, &(Event){ .type = EVENT_TIMER }, m->now / 2, &m->out), 0);
                see(w);
                break;
        default: break;
        }
}

static void answer(World *w)
{
        Machine *m = &w->m;

        if (m->n_owed && !roll(w, 12)) {
                m->knob[0].event.done.result = roll(w, 2) ? -ESTALE : -EIO;
                if (m->knob[0].event.done.act == ACT_SET_KNOB) {
                        m->knob[0].event.done.value = m->model.knobs[m->knob[0].event.done.knob] = 77;
                        if (m->knob[0].event.done.knob == KNOB_COMPACTION_PROACTIVENESS &&
                                m->knob[0].event.done.result == -ESTALE)
                                w->foreign = 77;
                }
        }
        while (m->n_owed) {
                Event ev = m->knob[0].event;

                memmove(&m->knob[0], &m->knob[1], (m->n_owed - 1) * sizeof(m->knob[0]));
                m->n_owed--;
                step(w, &ev);
        }
        for (uint32_t i = 0; i < MACHINE_NODES_MAX; i++)
                if (m->nodes[i].running) {
                        if (w->stopping[i])
                                end_compaction(w, i, -ECANCELED);
                        else if (!roll(w, 30))
                                end_compaction(w, i, roll(w, 4) ? 0 : -EIO);
                }
}

static void check_released(World *w)
{
        Machine *m = &w->m;
        KnobView k;

        step(w, &(Event){ .type = EVENT_REQUEST,
                        .request = { .type = REQUEST_PAUSE, .token = 1, .duration = USEC_INFINITY } });
        while (m->n_owed) {
                Event ev = m->knob[0].event;

                memmove(&m->knob[0], &m->knob[1], (m->n_owed - 1) * sizeof(m->knob[0]));
                m->n_owed--;
                step(w, &ev);
        }
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                engine_knob_view(m->engine, id, &k);
                ck_assert_int_ne(k.owner, KNOB_OWNER_FRAGD);
                if (k.owner == KNOB_OWNER_NOBODY)
                        ck_assert_int_eq(k.value, k.baseline);
        }
}

static uint64_t run(uint64_t seed, unsigned *ret_acts, unsigned entries[static _REASON_MAX])
{
        static World w;
        bool movable;

        w = (World){ .rng = seed, .next_number = 1, .foreign = -1, .slack = 2 * USEC_PER_SEC, .actor = true };
        machine_init(&w.m, 1 + roll(&w, 3), 4096);
        movable = roll(&w, 4) > 0;
        random_policy(&w);
        step(&w, &(Event){ .type = EVENT_ACTOR, .actor_present = true });
        step(&w, &(Event){ .type = EVENT_POLICY, .policy = &w.p });
        for (unsigned i = 0; i < STEPS; i++) {
                w.m.now = MAX(w.m.now + 1000, MIN(w.m.out.next_wakeup, w.m.now + 20 * USEC_PER_SEC));
                live(&w, movable);
                machine_sample(&w.m);
                see(&w);
                answer(&w);
                meddle(&w);
        }
        check_released(&w);
        machine_done(&w.m);
        *ret_acts += w.acts;
        for (Reason r = 0; r < _REASON_MAX; r++)
                entries[r] += w.entries[r];
        return w.hash;
}

START_TEST(holds)
{
        unsigned acts = 0, entries[_REASON_MAX] = { 0 };
        uint64_t first = run((uint64_t)_i * 7919 + 1, &acts, entries);

        ck_assert_uint_eq(run((uint64_t)_i * 7919 + 1, &acts, entries), first);
}
END_TEST

/* The streams do exercise acting: otherwise all of the above would hold for an engine that does nothing. */
START_TEST(acts_at_all)
{
        static const Reason often[] = { REASON_MET, REASON_UNKNOWN_SOURCE, REASON_SHORT, REASON_HELD, REASON_MISSED,
                REASON_REQUESTED, REASON_TIME_LIMIT, REASON_PRESSURE_LIMIT, REASON_CANCELLED, REASON_ACTION_FAILED, REASON_GAINED,
                REASON_NO_GAIN, REASON_KNOB_YIELDED, REASON_PAUSED, REASON_RESUMED, REASON_TOPOLOGY,
                REASON_REFUSED };
        unsigned acts = 0, entries[_REASON_MAX] = { 0 };

        for (uint64_t i = 0; i < 10; i++)
                run(i * 7919 + 1, &acts, entries);
        ck_assert_uint_gt(acts, 200);
        for (size_t i = 0; i < ELEMENTSOF(often); i++)
                ck_assert_msg(entries[often[i]] > 0, "no entry says %s", reason_name(often[i]));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("property");

        tcase_set_timeout(t, 300);
        tcase_add_loop_test(t, holds, 0, SEEDS);
        tcase_add_test(t, acts_at_all);
        suite_add_tcase(s, t);
}

TEST_MAIN("property", build)
