/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "controller.h"

#include "base/macros.h"

/* daemon/psi-trigger.c: tasks waited this long within this time. */
#define PRESSURE_STALL  (150 * USEC_PER_MSEC)
#define PRESSURE_WINDOW (2 * USEC_PER_SEC)

static void carry_out(Controller *c, Host *h, const Decision *d)
{
        Event answer = { .type = EVENT_ACTION_DONE,
                .done = { .action = d->action,
                        .act = d->act,
                        .knob = d->knob,
                        .value = d->new_value } };

        switch (d->act) {
        case ACT_RESTORE_KNOB:
                answer.done.value = c->baseline[d->knob];
                /* fall through */
        case ACT_SET_KNOB:
                assert(c->n_owed < ELEMENTSOF(c->owed));
                host_set_knob(h, d->knob, answer.done.value);
                c->owed[c->n_owed++] = answer;
                break;
        case ACT_COMPACT:
                c->action[d->node] = d->action;
                host_compact(h, d->node, d->limit_usec);
                break;
        case ACT_STOP: h->node[d->node].byhand.stopping = true; break;
        default: break;
        }
}

static void step(Controller *c, Host *h, const Event *event)
{
        int r = engine_step(c->engine, event, h->now, &c->outcome);

        assert(r == 0);
        for (size_t i = 0; i < c->outcome.n_decisions; i++) {
                const Decision *d = &c->outcome.decisions[i];

                if (c->seen)
                        c->seen(c->userdata, d);
                if (!d->would)
                        carry_out(c, h, d);
        }
}

int controller_init(Controller *c, ControllerKind kind, usec_t period, const Policy *policy,
        Host *h, DecisionSeen seen, void *userdata)
{
        int r;

        *c = (Controller){ .kind = kind,
                .period = period,
                .next = h->now + period,
                .seen = seen,
                .userdata = userdata,
                .pressure_since = h->now };
        memcpy(c->baseline, h->knobs, sizeof(c->baseline));
        if (kind == CONTROLLER_PERIODIC) /* anywhere in the load's cycle */
                c->next += (usec_t)(rng_real(&(Rng){ h->spec->luck }) * (double)period);
        if (kind != CONTROLLER_FRAGD)
                return 0;
        r = engine_new(&c->engine, HOST_NODES_MAX, 1);
        if (r < 0)
                return r;
        step(c, h, &(Event){ .type = EVENT_ACTOR, .actor_present = true });
        step(c, h, &(Event){ .type = EVENT_POLICY, .policy = policy });
        return 0;
}

void controller_done(Controller *c)
{
        c->engine = engine_free(c->engine);
}

static void periodic_tick(Controller *c, Host *h)
{
        bool running = false;
        HostCompacted over;

        for (uint32_t i = 0; i < h->spec->n_nodes; i++)
                running |= h->node[i].byhand.running && !host_compacted(h, i, &over);
        if (running)
                return;
        if (c->running)
                c->next = h->now + c->period;
        c->running = h->now >= c->next;
        for (uint32_t i = 0; i < h->spec->n_nodes && c->running; i++)
                host_compact(h, i, 0);
}

/* Tasks wait for memory: the daemon is woken, and takes a sample unless it has just taken one. */
static bool pressed(Controller *c, const Host *h)
{
        uint64_t total = host_stats(h).pressure_nsec / 1000;
        bool high = total - c->pressure_seen >= PRESSURE_STALL;

        if (!high && h->now - c->pressure_since < PRESSURE_WINDOW)
                return false;
        c->pressure_seen = total;
        c->pressure_since = h->now;
        return high && h->now - c->sampled >= engine_policy(c->engine)->interval.min;
}

static void fragd_tick(Controller *c, Host *h)
{
        unsigned n = c->n_owed;
        Event owed[ELEMENTSOF(c->owed)];
        HostCompacted over;

        memcpy(owed, c->owed, n * sizeof(*owed));
        c->n_owed = 0;
        for (unsigned i = 0; i < n; i++)
                step(c, h, &owed[i]);
        for (uint32_t i = 0; i < h->spec->n_nodes; i++)
                if (host_compacted(h, i, &over))
                        step(c, h,
                                &(Event){ .type = EVENT_ACTION_DONE,
                                        .done = { .action = c->action[i],
                                                .act = ACT_COMPACT,
                                                .node = i,
                                                .result = over.result,
                                                .cpu = over.cpu,
                                                .wall = over.wall } });
        if (h->now < c->outcome.next_wakeup && !pressed(c, h))
                return;
        c->sampled = h->now;
        step(c, h, &(Event){ .type = EVENT_SAMPLE, .sample = host_model(h) });
}

void controller_tick(Controller *c, Host *h)
{
        if (c->kind == CONTROLLER_PERIODIC)
                periodic_tick(c, h);
        else if (c->kind == CONTROLLER_FRAGD)
                fragd_tick(c, h);
}
