/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/tally.h"

#include "base/limits.h"
#include "base/macros.h"

const uint64_t tally_poll_bounds[TALLY_POLL_BOUNDS] = {
        100,
        250,
        500,
        1000,
        2500,
        5000,
        10000,
        25000,
        50000,
        100000,
        1000000,
};

const char *tally_result_name(TallyResult r)
{
        static const char *const names[_TALLY_RESULT_MAX] = {
                [TALLY_GAINED] = "gained",
                [TALLY_NO_GAIN] = "no-gain",
                [TALLY_FAILED] = "failed",
                [TALLY_WOULD] = "would",
        };

        assert((size_t)r < ELEMENTSOF(names));
        return names[r];
}

Lever tally_lever(TallyLever l)
{
        return l == TALLY_WINDOW ? LEVER_WINDOW : LEVER_COMPACT;
}

int tally_init(Tally *t)
{
        *t = (Tally){ .nodes = calloc(NODES_MAX, sizeof(*t->nodes)) };
        return t->nodes ? 0 : -ENOMEM;
}

void tally_done(Tally *t)
{
        free(t->nodes);
        *t = (Tally){ .nodes = NULL };
}

const NodeTally *tally_node(const Tally *t, uint32_t node)
{
        for (size_t i = 0; i < t->n_nodes; i++)
                if (t->nodes[i].node == node)
                        return &t->nodes[i];
        return NULL;
}

/* NULL where there is no room: that many different nodes do not come. */
static NodeTally *node_for(Tally *t, uint32_t node)
{
        NodeTally *n = (NodeTally *)tally_node(t, node);

        if (n || t->n_nodes == NODES_MAX)
                return n;
        n = &t->nodes[t->n_nodes++];
        n->node = node;
        return n;
}

/* What the decision says has come of an action; false where it says nothing of that. */
static bool result_of(const Decision *d, TallyResult *ret)
{
        if (d->would)
                *ret = TALLY_WOULD;
        else if (d->reason == REASON_GAINED)
                *ret = TALLY_GAINED;
        else if (d->reason == REASON_NO_GAIN)
                *ret = TALLY_NO_GAIN;
        else if (d->reason == REASON_ACTION_FAILED)
                *ret = TALLY_FAILED;
        else
                return false;
        return true;
}

void tally_decision(Tally *t, const Decision *d)
{
        TallyResult result;
        LeverTally *l;
        NodeTally *n;

        if (!d->notable)
                return;
        t->reasons[d->reason]++;
        if (d->node == NODE_ALL || (d->lever != LEVER_WINDOW && d->lever != LEVER_COMPACT) ||
                !result_of(d, &result))
                return;
        n = node_for(t, d->node);
        if (!n)
                return;
        l = &n->levers[d->lever == LEVER_WINDOW ? TALLY_WINDOW : TALLY_COMPACT];
        l->results[result]++;
        if (result != TALLY_GAINED && result != TALLY_NO_GAIN)
                return;
        l->gained += d->gain > 0 ? (uint64_t)d->gain : 0;
        l->cpu = usec_add(l->cpu, d->cost);
        l->wall = usec_add(l->wall, d->took);
}

void tally_poll(Tally *t, usec_t took)
{
        size_t i = 0;

        while (i < TALLY_POLL_BOUNDS && took > tally_poll_bounds[i])
                i++;
        t->polls[i]++;
        t->poll_sum = usec_add(t->poll_sum, took);
}
