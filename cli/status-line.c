/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/guard.h"
#include "cli/reply.h"
#include "cli/status-view.h"
#include "cli/text.h"

/* Above this, a line only has the objectives that are not met. */
#define LINE_OBJECTIVES_MAX 8U

typedef struct Line {
        FILE *out;
        bool brief;
        size_t met; /* left out */
} Line;

static int line_objectives(Line *l, const NodeReply *n)
{
        char have[UNIT_TEXT_MAX], want[UNIT_TEXT_MAX], size[UNIT_TEXT_MAX], of[REPLY_FOR_MAX];
        json_t *item;
        size_t i;

        json_array_foreach(n->objectives, i, item)
        {
                ObjectiveReply o;
                int r;

                r = reply_objective(item, &o);
                if (r != 0)
                        return r;
                if (!o.applies)
                        continue;
                if (l->brief && streq(o.verdict, "met"))
                        l->met++;
                else
                        fprintf(l->out, "; node %" JSON_INTEGER_FORMAT " %s %s: %s of %s %s",
                                n->node, text_size(size, o.size_bytes), reply_for(of, &o),
                                text_size(have, o.current_bytes), text_size(want, o.reserve_bytes),
                                o.verdict);
        }
        return 0;
}

static int line_guards(Line *l, const NodeReply *n)
{
        json_t *item;
        bool wants;
        size_t i;
        int r;

        r = reply_node_wants(n, &wants);
        if (r != 0)
                return r;
        if (n->acting > 0)
                fprintf(l->out, "; node %" JSON_INTEGER_FORMAT " acts: %s", n->node,
                        n->lever ? n->lever : "unknown");
        json_array_foreach(n->guards, i, item)
        {
                GuardReply g;

                r = reply_guard(item, &g);
                if (r != 0)
                        return r;
                if (g.held && wants)
                        fprintf(l->out, "; node %" JSON_INTEGER_FORMAT " holds back: %s", n->node,
                                guard_title(&g));
        }
        return 0;
}

int status_line(json_t *reply, FILE *out)
{
        char spent[UNIT_TEXT_MAX], limit[UNIT_TEXT_MAX];
        Line l = { .out = out };
        StatusReply s;
        json_t *node;
        size_t i;
        int r;

        r = reply_status(reply, &s);
        if (r != 0)
                return r;
        l.brief = json_array_size(s.nodes) > LINE_OBJECTIVES_MAX / 2;
        fprintf(out, "policy %s %s", s.policy,
                s.paused ? "paused"
                : s.acts ? "acts"
                         : "only watches");
        json_array_foreach(s.nodes, i, node)
        {
                NodeReply n;

                r = reply_node(node, &n);
                if (r != 0)
                        return r;
                r = line_objectives(&l, &n);
                if (r != 0)
                        return r;
                r = line_guards(&l, &n);
                if (r != 0)
                        return r;
        }
        if (l.met > 0)
                fprintf(out, "; %zu objectives met", l.met);
        fprintf(out, "; budget %s of %s", text_duration_long(spent, s.budget.spent_usec),
                text_duration_long(limit, s.budget.limit_usec));
        return 0;
}
