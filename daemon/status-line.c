/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/status-line.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

/* Which verdict a person wants to hear of first. */
static const unsigned urgency[_VERDICT_MAX] = {
        [VERDICT_MET] = 0,
        [VERDICT_UNKNOWN] = 1,
        [VERDICT_FUTILE] = 2,
        [VERDICT_PINNED] = 3,
        [VERDICT_SHORT] = 4,
        [VERDICT_FRAGMENTED] = 5,
};

/* Equally urgent: the one that has less of what it wants. */
static bool is_worse(const ObjectiveView *a, const ObjectiveView *b)
{
        if (urgency[a->verdict] != urgency[b->verdict])
                return urgency[a->verdict] > urgency[b->verdict];
        return (unsigned __int128)a->current * b->reserve <
               (unsigned __int128)b->current * a->reserve;
}

typedef struct Worst {
        const ObjectiveView *objective; /* NULL: no objective applies anywhere */
        uint32_t node;
        size_t n_nodes, n_met; /* nodes with an objective */
} Worst;

static Worst find_worst(const Engine *e, const Policy *p)
{
        Worst w = { 0 };

        for (size_t i = 0; i < engine_n_nodes(e); i++) {
                bool applies = false, met = true;
                NodeView node;

                engine_node_view(e, i, &node);
                for (unsigned k = 0; k < p->n_objectives; k++) {
                        const ObjectiveView *o = &node.objectives[k];

                        if (!o->applies)
                                continue;
                        applies = true;
                        met = met && o->verdict == VERDICT_MET;
                        if (!w.objective || is_worse(o, w.objective)) {
                                w.objective = o;
                                w.node = node.id;
                        }
                }
                w.n_nodes += applies;
                w.n_met += applies && met;
        }
        return w;
}

char *status_line(const Engine *e, usec_t now, const char *why_not, char *buf, size_t size)
{
        char current[UNIT_TEXT_MAX], reserve[UNIT_TEXT_MAX], block[UNIT_TEXT_MAX], nodes[64] = "";
        const Policy *p = engine_policy(e);
        const char *prefix = "";
        usec_t until;
        Worst w;

        if (!p) {
                snprintf(buf, size, "no policy yet");
                return buf;
        }
        if (engine_paused(e, now, &until))
                prefix = "paused, ";
        else if (why_not)
                prefix = "watching only, ";
        w = find_worst(e, p);
        if (!w.objective) {
                snprintf(buf, size, "%spolicy %s, no objective applies", prefix, p->name);
                return buf;
        }
        if (w.n_nodes > 1)
                snprintf(nodes, sizeof(nodes), "%zu of %zu nodes met, ", w.n_met, w.n_nodes);
        if (w.objective->verdict == VERDICT_UNKNOWN)
                snprintf(buf, size, "%spolicy %s, %snode %u unknown", prefix, p->name, nodes,
                        w.node);
        else
                snprintf(buf, size, "%spolicy %s, %snode %u %s: %s of %s in %s blocks", prefix,
                        p->name, nodes, w.node, verdict_name(w.objective->verdict),
                        size_format(current, sizeof(current), w.objective->current),
                        size_format(reserve, sizeof(reserve), w.objective->reserve),
                        size_format(block, sizeof(block), w.objective->size));
        return buf;
}
