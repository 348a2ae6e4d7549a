/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The replies of GetHistory. */
#include "cli/reply.h"

static const LevelReply level_unknown = { REPLY_UNKNOWN, REPLY_UNKNOWN, REPLY_UNKNOWN };

static int unexpected(const char *what, const json_error_t *error)
{
        return reply_unexpected(what, error->text);
}

static int take_level(json_t *j, LevelReply *ret)
{
        LevelReply l = level_unknown;
        json_error_t e;

        if (j && json_unpack_ex(j, &e, 0, "{s:I, s:I, s:I}", "min", &l.min, "mean", &l.mean, "max",
                         &l.max) < 0)
                return unexpected("level", &e);
        *ret = l;
        return 0;
}

int reply_history_step(json_t *j, HistoryStepReply *ret)
{
        HistoryStepReply s = { .compact_stall = REPLY_UNKNOWN,
                .thp_fault_fallback = REPLY_UNKNOWN,
                .htlb_fail = REPLY_UNKNOWN,
                .psi_memory = REPLY_UNKNOWN };
        json_error_t e;

        if (json_unpack_ex(j, &e, 0, "{s:I, s:I, s:o, s?I, s?I, s?I, s?I}", "realtime_usec",
                    &s.realtime, "span_usec", &s.span, "nodes", &s.nodes, "compact_stall",
                    &s.compact_stall, "thp_fault_fallback", &s.thp_fault_fallback,
                    "htlb_buddy_alloc_fail", &s.htlb_fail, "psi_memory_usec", &s.psi_memory) < 0)
                return unexpected("step", &e);
        if (!json_is_array(s.nodes))
                return reply_unexpected("step", "nodes is not a list");
        *ret = s;
        return 0;
}

int reply_history_node(json_t *j, HistoryNodeReply *ret)
{
        HistoryNodeReply n = { .kcompactd = REPLY_UNKNOWN };
        json_t *free_bytes = NULL, *score = NULL;
        json_error_t e;
        int r;

        if (json_unpack_ex(j, &e, 0, "{s:I, s:o, s:o, s?o, s?o, s?I}", "node", &n.node,
                    "objectives", &n.objectives, "orders", &n.orders, "free_bytes", &free_bytes,
                    "score", &score, "kcompactd_usec", &n.kcompactd) < 0)
                return unexpected("node", &e);
        if (!json_is_array(n.objectives) || !json_is_array(n.orders))
                return reply_unexpected("node", "objectives or orders are not lists");
        r = take_level(free_bytes, &n.free);
        if (r == 0)
                r = take_level(score, &n.score);
        if (r == 0)
                *ret = n;
        return r;
}

int reply_history_objective(json_t *j, HistoryObjectiveReply *ret)
{
        HistoryObjectiveReply o = { .reserve = REPLY_UNKNOWN };
        json_t *current = NULL;
        json_error_t e;
        int r;

        if (json_unpack_ex(j, &e, 0, "{s:I, s:I, s:I, s:s, s:s, s:I, s?I, s?o}", "objective",
                    &o.objective, "order", &o.order, "size_bytes", &o.size, "use", &o.use,
                    "verdict", &o.verdict, "met_permyriad", &o.met, "reserve_bytes", &o.reserve,
                    "current_bytes", &current) < 0)
                return unexpected("objective", &e);
        r = take_level(current, &o.current);
        if (r == 0)
                *ret = o;
        return r;
}

int reply_history_order(json_t *j, HistoryOrderReply *ret)
{
        HistoryOrderReply o = { .unusable = REPLY_UNKNOWN };
        json_t *free_blocks = NULL, *allocatable = NULL;
        json_error_t e;
        int r;

        if (json_unpack_ex(j, &e, 0, "{s:I, s:I, s?I, s?o, s?o}", "order", &o.order, "size_bytes",
                    &o.size, "unusable_permille", &o.unusable, "free", &free_blocks, "allocatable",
                    &allocatable) < 0)
                return unexpected("order", &e);
        r = take_level(free_blocks, &o.free);
        if (r == 0)
                r = take_level(allocatable, &o.allocatable);
        if (r == 0)
                *ret = o;
        return r;
}
