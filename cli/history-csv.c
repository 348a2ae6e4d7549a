/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/history-view.h"
#include "cli/reply.h"
#include "cli/text.h"

static void put(json_int_t value)
{
        if (value >= 0)
                printf(",%" JSON_INTEGER_FORMAT, value);
        else
                putchar(','); /* not known */
}

static void put_level(const LevelReply *l)
{
        put(l->min);
        put(l->mean);
        put(l->max);
}

/* Of the objective about that order; the first, where there are several. */
static int put_objective(json_t *objectives, json_int_t order)
{
        json_t *item;
        size_t i;

        json_array_foreach(objectives, i, item)
        {
                HistoryObjectiveReply o;
                int r = reply_history_objective(item, &o);

                if (r != 0)
                        return r;
                if (o.order != order)
                        continue;
                put_level(&o.current);
                put(o.reserve);
                printf(",%s", o.verdict);
                put(o.met);
                return 0;
        }
        fputs(",,,,,,", stdout);
        return 0;
}

static int print_line(const HistoryStepReply *s, const HistoryNodeReply *n, json_t *order)
{
        char when[UNIT_TEXT_MAX];
        HistoryOrderReply o;
        int r;

        r = reply_history_order(order, &o);
        if (r != 0)
                return r;
        fputs(text_time(when, s->realtime), stdout);
        put(s->realtime);
        put(s->span);
        put(n->node);
        put(o.order);
        put(o.size);
        put_level(&o.free);
        put_level(&o.allocatable);
        put(o.unusable);
        r = put_objective(n->objectives, o.order);
        if (r != 0)
                return r;
        put_level(&n->free);
        put(n->score.mean);
        put(n->kcompactd);
        put(s->compact_stall);
        put(s->thp_fault_fallback);
        put(s->htlb_fail);
        put(s->psi_memory);
        putchar('\n');
        return 0;
}

int history_csv(json_t *steps)
{
        json_t *step, *node, *order;
        size_t i, k, m;
        int r = 0;

        puts("time,realtime_usec,span_usec,node,order,size_bytes,free_min,free_mean,free_max,"
             "allocatable_min,allocatable_mean,"
             "allocatable_max,unusable_permille,current_bytes_min,current_bytes_mean,current_bytes_"
             "max,reserve_bytes,verdict,"
             "met_permyriad,free_bytes_min,free_bytes_mean,free_bytes_max,score,kcompactd_usec,"
             "compact_stall,"
             "thp_fault_fallback,htlb_buddy_alloc_fail,psi_memory_usec");
        json_array_foreach(steps, i, step)
        {
                HistoryStepReply s;

                r = reply_history_step(step, &s);
                if (r != 0)
                        return r;
                json_array_foreach(s.nodes, k, node)
                {
                        HistoryNodeReply n;

                        r = reply_history_node(node, &n);
                        if (r != 0)
                                return r;
                        json_array_foreach(n.orders, m, order)
                        {
                                r = print_line(&s, &n, order);
                                if (r != 0)
                                        return r;
                        }
                }
        }
        return 0;
}
