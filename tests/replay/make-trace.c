/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* make-trace.c - writes a trace for tests/replay: a recorded machine (tests/fixtures) that heals
 * while something works on it, an actor that answers, and the engine that asks; every event goes to
 * standard output.
 *
 *     make-trace SCENARIO > tests/replay/SCENARIO.trace
 *     test-replay --record tests/replay/SCENARIO.trace > tests/replay/SCENARIO.expected
 *
 * A trace is what happened, so it stays as it is when the engine changes; only what is expected of
 * it is recorded anew, and looked at. */
#include <stdio.h>

#include "base/macros.h"
#include "model/kcompactd.h"
#include "trace/trace.h"

#define MIB (UINT64_C(1) << 20)

/* Something that happens by itself, at that time after the start. */
typedef struct Happening {
        usec_t at;
        Event event;
        int64_t work_to; /* the machine heals up to this share from now on, permille; -1: as before
                          */
        bool observe;    /* POLICY: the same policy, which only watches */
        bool relapse;    /* the machine is as sick as at first */
} Happening;

typedef struct Scenario {
        const char *name, *sick,
                *well; /* fixture roots: as it is, and as it would be after all the work */
        uint32_t levers;
        uint32_t node;            /* where the work is done */
        bool scans;               /* pages that compaction looks at are counted */
        unsigned work_per_sec;    /* permille of the way */
        unsigned work_to;         /* permille: where it ends */
        usec_t takes;             /* a compaction ends by itself after this */
        usec_t limit;             /* of an action; 0: the policy's default */
        uint32_t reserve, refill; /* permyriad of a node */
        usec_t span;
        const Happening *happenings; /* in order; ends with an `at` of 0 */
} Scenario;

#define AT(seconds) .at = (seconds)*USEC_PER_SEC, .work_to = -1

static const Happening compact_happenings[] = {
        { AT(20), .event = { .type = EVENT_TOPOLOGY } },
        { 0 },
};

static const Happening window_happenings[] = {
        { AT(4), .event = { .type = EVENT_KNOB_CHANGED,
                         .knob = { KNOB_COMPACTION_PROACTIVENESS, 60 } } },
        { AT(30), .event = { .type = EVENT_REQUEST,
                          .request = { .type = REQUEST_RESUME, .token = 2 } } },
        { 0 },
};

/* Held over another policy until its time is over; one that cannot be; one that is released. */
static const Happening hold_happenings[] = {
        { AT(5), .event = { .type = EVENT_REQUEST,
                         .request = { .type = REQUEST_HOLD, .token = 3, .size = 2 * MIB, .count = 100, .duration = 30 * USEC_PER_SEC } } },
        { AT(15), .event = { .type = EVENT_REQUEST,
                          .request = { .type = REQUEST_HOLD, .token = 4, .node = NODE_ALL, .size = 2 * MIB, .count = 1000000,
                                  .duration = 30 * USEC_PER_SEC } } },
        { AT(20), .event = { .type = EVENT_POLICY } },
        { AT(25), .event = { .type = EVENT_REQUEST,
                          .request = { .type = REQUEST_HOLD, .token = 5, .node = NODE_ALL, .size = 65536, .count = 10,
                                  .duration = 300 * USEC_PER_SEC } } },
        { AT(38), .event = { .type = EVENT_REQUEST, .request = { .type = REQUEST_RELEASE, .token = 6, .node = NODE_ALL, .of = 2 } } },
        { 0 },
};

static const Happening futile_happenings[] = {
        { AT(200), .event = { .type = EVENT_REQUEST,
                           .request = { .type = REQUEST_PAUSE,
                                   .token = 7,
                                   .duration = 60 * USEC_PER_SEC } } },
        { AT(220), .event = { .type = EVENT_REQUEST,
                           .request = { .type = REQUEST_COMPACT, .token = 8, .node = 0 } } },
        { AT(230), .event = { .type = EVENT_REQUEST,
                           .request = { .type = REQUEST_RESUME, .token = 9 } } },
        { .at = 240 * USEC_PER_SEC,
                .work_to = 300,
                .event = { .type = EVENT_REQUEST,
                        .request = { .type = REQUEST_COMPACT,
                                .token = 10,
                                .size = 2 * MIB,
                                .count = 40 } } },
        { AT(260), .event = { .type = EVENT_POLICY }, .observe = true },
        { AT(270), .event = { .type = EVENT_ACTOR, .actor_present = false } },
        { 0 },
};

/* What a window leaves half done, compacting the node does; and is then known to be cheaper. */
static const Happening levers_happenings[] = {
        { .at = 40 * USEC_PER_SEC, .event = { .type = EVENT_TOPOLOGY }, .work_to = 1000, .relapse = true },
        { .at = 80 * USEC_PER_SEC, .event = { .type = EVENT_TOPOLOGY }, .work_to = 1000, .relapse = true },
        { 0 },
};

static const Scenario scenarios[] = {
        /* Fragmented; compacted until the refill mark, ended early, healthy afterwards. */
        { .name = "compact",
                .sick = "roots/6.12-after",
                .well = "roots/6.12-before",
                .levers = 1u << LEVER_COMPACT,
                .work_per_sec = 40,
                .work_to = 1000,
                .takes = 30 * USEC_PER_SEC,
                .reserve = 1000,
                .refill = 2000,
                .span = 40 * USEC_PER_SEC,
                .happenings = compact_happenings },
        /* Little is wanted but what is held. */
        { .name = "hold",
                .sick = "roots/6.12-after",
                .well = "roots/6.12-before",
                .levers = 1u << LEVER_COMPACT,
                .work_per_sec = 40,
                .work_to = 1000,
                .takes = 30 * USEC_PER_SEC,
                .reserve = 1,
                .refill = 2,
                .span = 42 * USEC_PER_SEC,
                .happenings = hold_happenings },
        /* The same by a window of proactiveness, on a kernel with the newer marks; somebody else
           takes the knob meanwhile. */
        { .name = "window",
                .sick = "roots/7.3-after",
                .well = "roots/7.3-before",
                .levers = 1u << LEVER_WINDOW | 1u << LEVER_PROACTIVENESS,
                .work_per_sec = 60,
                .work_to = 1000,
                .reserve = 1000,
                .refill = 2000,
                .span = 90 * USEC_PER_SEC,
                .happenings = window_happenings },
        /* Nothing helps: pauses grow; then a person pauses, resumes and asks, and it does help; at
           last it only watches. */
        { .name = "futile",
                .sick = "roots/6.8-after",
                .well = "roots/6.8-before",
                .levers = 1u << LEVER_COMPACT,
                .work_per_sec = 50,
                .takes = 3 * USEC_PER_SEC,
                .reserve = 500,
                .refill = 1000,
                .span = 360 * USEC_PER_SEC,
                .happenings = futile_happenings },
        { .name = "levers",
                .sick = "roots/7.3-after",
                .well = "roots/7.3-before",
                .levers = 1u << LEVER_WINDOW | 1u << LEVER_COMPACT,
                .scans = true,
                .work_per_sec = 60,
                .work_to = 60,
                .takes = 30 * USEC_PER_SEC,
                .limit = 4 * USEC_PER_SEC,
                .reserve = 1000,
                .refill = 2000,
                .span = 85 * USEC_PER_SEC,
                .happenings = levers_happenings },
        /* Eight nodes: some have what is wanted, one is fragmented, one is short. */
        { .name = "nodes",
                .sick = "odd/nodes-8-sparse",
                .well = "odd/nodes-8-sparse",
                .levers = 1u << LEVER_COMPACT,
                .takes = 2 * USEC_PER_SEC,
                .reserve = 500,
                .refill = 1000,
                .span = 6 * USEC_PER_SEC },
};

typedef struct World {
        const Scenario *scenario;
        Buddyinfo sick, well, now;
        Zoneinfo zoneinfo;
        Vmstat vmstat;
        Pagetypeinfo pagetypeinfo;
        int64_t knobs[_KNOB_MAX];
        Model model;
        Policy policy;
        Engine *engine;
        Outcome out;
        usec_t start, time;
        uint64_t work, work_to; /* permille of the way from sick to well, times a million */
        uint64_t kcompactd_nsec;
        bool compacting;
        uint64_t action;
        uint32_t compacting_node;
        usec_t compacting_since;
        Event owed[16]; /* the actor's answers */
        size_t n_owed;
} World;

static _Noreturn void die(const char *what, const char *why)
{
        fprintf(stderr, "make-trace: %s: %s\n", what, why);
        exit(EXIT_FAILURE);
}

static char *read_fixture(const char *root, const char *file, size_t *ret_size)
{
        char path[4096];
        char *text = NULL;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s/proc/%s", FIXTURES, root, file);
        f = fopen(path, "re");
        if (!f)
                die(path, strerror(errno));
        *ret_size = 0;
        text = malloc(1 << 20);
        if (!text)
                die(path, "out of memory");
        *ret_size = fread(text, 1, (1 << 20) - 1, f);
        text[*ret_size] = 0;
        fclose(f);
        return text;
}

#define LOAD(parser, ret, root, file)                                                              \
        do {                                                                                       \
                ParseError _e = { 0 };                                                             \
                size_t _size;                                                                      \
                char *_text = read_fixture(root, file, &_size);                                    \
                if (parser(ret, _text, _size, &_e) < 0)                                            \
                        die(root, _e.expected);                                                    \
                free(_text);                                                                       \
        } while (0)

static void trace(const Event *e, usec_t now)
{
        json_t *j = event_to_json(e, now);

        if (!j || json_dumpf(j, stdout, JSON_COMPACT) < 0 || putchar('\n') == EOF)
                die("standard output", "cannot write an event");
        json_decref(j);
}

static void answer_later(World *w, Event e)
{
        if (w->n_owed == ELEMENTSOF(w->owed))
                die(w->scenario->name, "too many orders at once");
        w->owed[w->n_owed++] = e;
}

static void compaction_ends(World *w, int result)
{
        usec_t wall = w->time - w->compacting_since;

        w->compacting = false;
        answer_later(w, (Event){ .type = EVENT_ACTION_DONE,
                                .done = { .action = w->action,
                                        .act = ACT_COMPACT,
                                        .node = w->compacting_node,
                                        .result = result,
                                        .cpu = wall * 9 / 10,
                                        .wall = wall,
                                        .value = KNOB_VALUE_NONE } });
}

/* Does what was ordered; the answer comes before the next sample. */
static void obey(World *w, const Decision *d)
{
        Event e = { .type = EVENT_ACTION_DONE,
                .done = { .action = d->action,
                        .act = d->act,
                        .node = d->node,
                        .knob = d->knob,
                        .value = d->new_value } };

        if (d->would || d->act == ACT_NONE)
                return;
        if (d->act == ACT_SET_KNOB || d->act == ACT_RESTORE_KNOB) {
                w->knobs[d->knob] = d->new_value;
                answer_later(w, e);
        } else if (d->act == ACT_COMPACT) {
                w->compacting = true;
                w->action = d->action;
                w->compacting_node = d->node;
                w->compacting_since = w->time;
        } else if (w->compacting)
                compaction_ends(w, -ECANCELED);
}

static void step(World *w, const Event *e)
{
        Decision orders[64];
        size_t n = 0;

        trace(e, w->time);
        if (engine_step(w->engine, e, w->time, &w->out) < 0)
                die(w->scenario->name, "the engine refuses an event");
        for (size_t i = 0; i < w->out.n_decisions && n < ELEMENTSOF(orders); i++)
                orders[n++] = w->out.decisions[i];
        for (size_t i = 0; i < n; i++)
                obey(w, &orders[i]);
}

static void answer(World *w)
{
        while (w->n_owed > 0) {
                Event e = w->owed[0];

                memmove(&w->owed[0], &w->owed[1], --w->n_owed * sizeof(Event));
                w->time += 5 * USEC_PER_MSEC;
                step(w, &e);
        }
}

/* kcompactd or the child has worked until now. */
static void work(World *w, usec_t span)
{
        const Node *n = model_node(&w->model, w->scenario->node);
        int64_t p = w->knobs[KNOB_COMPACTION_PROACTIVENESS];
        bool window = n && n->score_known &&
                      kcompactd_would_act(w->model.wmark_rule, (uint32_t)p, n->score);

        if (!w->compacting && !window)
                return;
        if (window)
                w->kcompactd_nsec += span * NSEC_PER_USEC;
        w->work = MIN(w->work + span * w->scenario->work_per_sec, MAX(w->work_to, w->work));
        w->vmstat.pgmigrate_success += span / 20;
        if (w->scenario->scans) {
                w->vmstat.compact_migrate_scanned += span / 10;
                w->vmstat.compact_free_scanned += span / 4;
        }
}

static void sample(World *w, bool pagetypeinfo)
{
        ModelSources s = { .buddyinfo = &w->now,
                .zoneinfo = &w->zoneinfo,
                .vmstat = &w->vmstat,
                .pagetypeinfo = pagetypeinfo ? &w->pagetypeinfo : NULL,
                .knobs = w->knobs,
                .page_size = 4096,
                .thp_size = 2 * MIB };
        Node *n;

        for (size_t i = 0; i < w->now.n_zones; i++)
                for (unsigned o = 0; o < w->now.n_orders; o++) {
                        uint64_t from = w->sick.zones[i].free[o], to = w->well.zones[i].free[o];
                        uint64_t share = w->work / USEC_PER_SEC;

                        w->now.zones[i].free[o] = (from * (1000 - share) + to * share) / 1000;
                }
        if (model_update(&w->model, &s) < 0)
                die(w->scenario->name, "out of memory");
        n = model_node(&w->model, w->scenario->node);
        n->kcompactd_cpu_nsec = w->kcompactd_nsec;
        n->kcompactd_state = 'S';
        w->model.have |= UINT32_C(1) << SOURCE_KCOMPACTD;
        step(w, &(Event){ .type = EVENT_SAMPLE, .sample = &w->model });
        answer(w);
}

static void setup(World *w, const Scenario *s)
{
        *w = (World){ .scenario = s,
                .start = 100 * USEC_PER_SEC,
                .time = 100 * USEC_PER_SEC,
                .work_to = s->work_to * USEC_PER_SEC,
                .model = MODEL_INIT };
        LOAD(buddyinfo_parse, &w->sick, s->sick, "buddyinfo");
        LOAD(buddyinfo_parse, &w->well, s->well, "buddyinfo");
        LOAD(buddyinfo_parse, &w->now, s->sick, "buddyinfo");
        LOAD(zoneinfo_parse, &w->zoneinfo, s->sick, "zoneinfo");
        LOAD(pagetypeinfo_parse, &w->pagetypeinfo, s->sick, "pagetypeinfo");
        LOAD(vmstat_parse, &w->vmstat, s->sick, "vmstat");
        if (w->sick.n_zones != w->well.n_zones)
                die(s->name, "the two machines have different zones");
        /* Traces stay small with only what the engine looks at. */
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                if (i != VMSTAT_INDEX_pgmigrate_success && i != VMSTAT_INDEX_nr_free_pages_blocks &&
                        !(s->scans && (i == VMSTAT_INDEX_compact_migrate_scanned || i == VMSTAT_INDEX_compact_free_scanned)))
                        *vmstat_counter(&w->vmstat, i) = UNKNOWN_U64;
        for (size_t i = 0; i < _KNOB_MAX; i++)
                w->knobs[i] = KNOB_VALUE_NONE;
        w->knobs[KNOB_COMPACTION_PROACTIVENESS] = 0;

        policy_init(&w->policy, s->name);
        w->policy.levers = s->levers;
        w->policy.action_limit = s->limit ?: w->policy.action_limit;
        w->policy.objectives[w->policy.n_objectives++] = (Objective){ .size = SIZE_THP,
                .reserve = { .permyriad = s->reserve },
                .refill = { .permyriad = s->refill },
                .use = USE_USER,
                .node = NODE_EVERY };
        if (engine_new(&w->engine, NODES_MAX, 1) < 0)
                die(s->name, "no engine");
}

static void happen(World *w, const Happening *h)
{
        Event e = h->event;

        if (e.type == EVENT_REQUEST)
                e.request.pid = 4242;
        if (h->work_to >= 0)
                w->work_to = (uint64_t)h->work_to * USEC_PER_SEC;
        if (h->relapse)
                w->work = 0;
        if (e.type == EVENT_POLICY) {
                w->policy.act = !h->observe;
                e.policy = &w->policy;
        }
        if (e.type == EVENT_KNOB_CHANGED)
                w->knobs[e.knob.id] = e.knob.value;
        step(w, &e);
        answer(w);
}

static void run(World *w)
{
        const Happening *h = w->scenario->happenings;

        step(w, &(Event){ .type = EVENT_ACTOR, .actor_present = true });
        step(w, &(Event){ .type = EVENT_POLICY, .policy = &w->policy });
        sample(w, true);
        for (;;) {
                usec_t due = w->out.next_wakeup,
                       next = h && h->at ? w->start + h->at : USEC_INFINITY;
                usec_t ends = w->compacting ? w->compacting_since + w->scenario->takes
                                            : USEC_INFINITY;
                usec_t at = MAX(MIN(MIN(due, next), ends), w->time);

                if (at > w->start + w->scenario->span)
                        return;
                work(w, at - w->time);
                w->time = at;
                if (ends <= at) {
                        compaction_ends(w, 0);
                        answer(w);
                } else if (next <= due)
                        happen(w, h++);
                else
                        sample(w, w->out.want_pagetypeinfo);
        }
}

static void teardown(World *w)
{
        engine_free(w->engine);
        model_done(&w->model);
        buddyinfo_done(&w->sick);
        buddyinfo_done(&w->well);
        buddyinfo_done(&w->now);
        zoneinfo_done(&w->zoneinfo);
        pagetypeinfo_done(&w->pagetypeinfo);
}

int main(int argc, char *argv[])
{
        for (size_t i = 0; argc == 2 && i < ELEMENTSOF(scenarios); i++)
                if (streq(scenarios[i].name, argv[1])) {
                        static World w;

                        setup(&w, &scenarios[i]);
                        run(&w);
                        teardown(&w);
                        return EXIT_SUCCESS;
                }
        fputs("usage: make-trace compact|hold|window|futile|nodes > NAME.trace\n", stderr);
        return 2;
}
