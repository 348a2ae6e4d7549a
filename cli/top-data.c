/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/top-data.h"

bool top_missed(const ObjectiveReply *o)
{
        return o->applies && !streq(o->verdict, "met");
}

static int take_objectives(TopNode *t)
{
        json_t *item;
        size_t i;

        json_array_foreach(t->n.objectives, i, item)
        {
                int r;

                if (i >= OBJECTIVES_MAX)
                        return reply_unexpected("objectives", "more than a policy can have");
                r = reply_objective(item, &t->objectives[i]);
                if (r != 0)
                        return r;
                t->n_objectives++;
                t->n_missed += top_missed(&t->objectives[i]);
        }
        return 0;
}

static int take_zone(json_t *item, TopHeat *ret)
{
        ZoneReply z;
        json_t *order;
        size_t i;
        int r;

        r = reply_zone(item, &z);
        if (r != 0)
                return r;
        snprintf(ret->name, sizeof(ret->name), "%.*s", (int)sizeof(ret->name) - 1, z.zone);
        ret->free_bytes = z.free_bytes;
        json_array_foreach(z.orders, i, order)
        {
                OrderReply o;

                if (i >= ORDERS_MAX)
                        return reply_unexpected("orders", "more than any kernel has");
                r = reply_order(order, &o);
                if (r != 0)
                        return r;
                ret->orders[i] = (TopOrder){ .size = o.size_bytes,
                        .allocatable = o.allocatable * o.size_bytes,
                        .unusable = o.unusable_permille };
                ret->n_orders = (unsigned)i + 1;
        }
        return 0;
}

/* The node as if it were one zone: a share of its free memory is the mean of the shares of its
 * zones', weighted by what is free there. */
static void sum_zones(TopNode *t)
{
        TopHeat *sum = &t->heat;

        sum->free_bytes = t->n.free_bytes;
        for (unsigned k = 0; k < t->n_zones; k++)
                sum->n_orders = MAX(sum->n_orders, t->zones[k].n_orders);
        for (unsigned i = 0; i < sum->n_orders; i++) {
                double unusable = 0, all = 0;
                TopOrder *o = &sum->orders[i];

                for (unsigned k = 0; k < t->n_zones; k++) {
                        const TopHeat *z = &t->zones[k];

                        o->size = MAX(o->size, z->orders[i].size);
                        o->allocatable += z->orders[i].allocatable;
                        unusable += (double)z->orders[i].unusable * (double)z->free_bytes;
                        all += (double)z->free_bytes;
                }
                o->unusable = all > 0 ? (json_int_t)(unusable / all + 0.5) : 0;
        }
}

static int take_node(json_t *item, TopNode *ret)
{
        json_t *zone;
        size_t i;
        int r;

        r = reply_node(item, &ret->n);
        if (r == 0)
                r = take_objectives(ret);
        if (r != 0)
                return r;
        json_array_foreach(ret->n.zones, i, zone)
        {
                if (i >= ZONES_PER_NODE_MAX)
                        return reply_unexpected("zones", "more than any kernel has");
                r = take_zone(zone, &ret->zones[i]);
                if (r != 0)
                        return r;
                ret->n_zones++;
        }
        json_array_foreach(ret->n.guards, i, zone)
        {
                GuardReply g;

                r = reply_guard(zone, &g);
                if (r != 0)
                        return r;
        }
        sum_zones(ret);
        return 0;
}

const TopCourse *top_course(const TopData *d, json_int_t node, json_int_t objective)
{
        for (size_t i = 0; i < d->n_courses; i++)
                if (d->courses[i].node == node && d->courses[i].objective == objective)
                        return &d->courses[i];
        return NULL;
}

static TopCourse *course_get(TopData *d, json_int_t node, json_int_t objective)
{
        const TopCourse *known = top_course(d, node, objective);
        TopCourse *all;

        if (known)
                return &d->courses[known - d->courses];
        if (d->n_courses >= (size_t)NODES_MAX * OBJECTIVES_MAX)
                return NULL;
        all = reallocarray(d->courses, d->n_courses + 1, sizeof(*all));
        if (!all)
                return NULL;
        d->courses = all;
        all[d->n_courses] = (TopCourse){ .node = node, .objective = objective };
        return &all[d->n_courses++];
}

static void slot_put(TopCourse *c, uint64_t number, int64_t value, bool missed)
{
        TopSlot *s = &c->slots[number % TOP_SLOTS];

        if (number < s->number || number == 0)
                return; /* older than what stands there */
        if (s->number != number)
                *s = (TopSlot){ .number = number, .least = value };
        s->least = MIN(s->least, value);
        s->missed |= missed;
}

/* Until the next sample it stays as it is. */
static void slots_fill(TopCourse *c, uint64_t from, uint64_t until, int64_t value, bool missed)
{
        if (until >= TOP_SLOTS)
                from = MAX(from, until - TOP_SLOTS);
        for (uint64_t n = from; n < until; n++)
                slot_put(c, n, value, missed);
}

static void courses_add(TopData *d, const TopNode *t)
{
        json_int_t at = d->s.now_realtime_usec - MAX(d->s.sample_age_usec, (json_int_t)0);
        uint64_t slot = (uint64_t)MAX(at, (json_int_t)0) / TOP_SLOT_USEC;

        for (unsigned i = 0; i < t->n_objectives; i++) {
                const ObjectiveReply *o = &t->objectives[i];
                TopCourse *c;

                if (!o->applies || o->current_bytes < 0)
                        continue;
                c = course_get(d, t->n.node, o->objective);
                if (!c)
                        continue; /* a line without its course */
                if (c->last > 0)
                        slots_fill(c, c->last + 1, slot, c->last_value, c->last_missed);
                slot_put(c, slot, o->current_bytes, top_missed(o));
                c->last = slot;
                c->last_value = o->current_bytes;
                c->last_missed = top_missed(o);
        }
}

static void count(TopData *d)
{
        d->n_objectives = d->n_missed = 0;
        for (size_t i = 0; i < d->n_nodes; i++)
                for (unsigned k = 0; k < d->nodes[i].n_objectives; k++) {
                        d->n_objectives += d->nodes[i].objectives[k].applies;
                        d->n_missed += top_missed(&d->nodes[i].objectives[k]);
                }
}

static int take_nodes(json_t *list, TopNode **ret)
{
        size_t n = json_array_size(list), i;
        _cleanup_free_ TopNode *nodes = NULL;
        json_t *item;

        if (n > NODES_MAX)
                return reply_unexpected("nodes", "more than any kernel has");
        nodes = calloc(MAX(n, (size_t)1), sizeof(*nodes));
        if (!nodes)
                return cli_oom();
        json_array_foreach(list, i, item)
        {
                int r = take_node(item, &nodes[i]);

                if (r != 0)
                        return r;
        }
        *ret = TAKE_PTR(nodes);
        return 0;
}

int top_data_status(TopData *d, json_t *reply, usec_t now)
{
        _cleanup_json_ json_t *taken = reply;
        TopNode *nodes;
        StatusReply s;
        int r;

        r = reply_status(taken, &s);
        if (r == 0)
                r = take_nodes(s.nodes, &nodes);
        if (r != 0)
                return r;
        json_decref(d->reply);
        free(d->nodes);
        d->reply = TAKE_PTR(taken);
        d->s = s;
        d->received = now;
        d->nodes = nodes;
        d->n_nodes = json_array_size(s.nodes);
        count(d);
        for (size_t i = 0; i < d->n_nodes; i++)
                courses_add(d, &d->nodes[i]);
        return 0;
}

int top_data_log(TopData *d, json_t *reply)
{
        json_t *list, *item;
        size_t i;
        int r;

        r = reply_list(reply, "entries", &list);
        if (r != 0)
                return r;
        json_array_foreach(list, i, item)
        {
                LogEntryReply entry;
                TopEntry e;

                r = reply_log_entry(item, &entry);
                if (r != 0)
                        return r;
                e = (TopEntry){ entry.realtime, strdup(entry.sentence) };
                if (!e.sentence)
                        return cli_oom();
                if (d->n_log == TOP_LOG_MAX)
                        free(d->log[--d->n_log].sentence);
                memmove(d->log + 1, d->log, d->n_log * sizeof(e));
                d->log[0] = e;
                d->n_log++;
        }
        return 0;
}

/* An objective of a node in a step of history. */
static int take_past(TopData *d, json_t *item, json_int_t node, uint64_t from, uint64_t until)
{
        HistoryObjectiveReply o;
        TopCourse *c;
        int r;

        r = reply_history_objective(item, &o);
        if (r != 0)
                return r;
        c = o.current.min >= 0 ? course_get(d, node, o.objective) : NULL;
        if (c)
                slots_fill(c, from, until, o.current.min, !streq(o.verdict, "met"));
        return 0;
}

static int take_past_node(TopData *d, json_t *item, uint64_t from, uint64_t until)
{
        HistoryNodeReply n;
        json_t *objective;
        size_t i;
        int r;

        r = reply_history_node(item, &n);
        if (r != 0)
                return r;
        json_array_foreach(n.objectives, i, objective)
        {
                r = take_past(d, objective, n.node, from, until);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int take_step(TopData *d, json_t *item)
{
        HistoryStepReply s;
        uint64_t from, until;
        json_t *node;
        size_t i;
        int r;

        r = reply_history_step(item, &s);
        if (r != 0)
                return r;
        if (s.realtime < 0 || s.span < 0 || s.span > INT64_MAX - s.realtime)
                return reply_unexpected("step", "a time that cannot be");
        from = (uint64_t)s.realtime / TOP_SLOT_USEC;
        until = ((uint64_t)s.realtime + (uint64_t)s.span) / TOP_SLOT_USEC;
        json_array_foreach(s.nodes, i, node)
        {
                r = take_past_node(d, node, from, MAX(until, from + 1));
                if (r != 0)
                        return r;
        }
        return 0;
}

int top_data_history(TopData *d, json_t *reply)
{
        json_t *list, *step;
        size_t i;
        int r;

        r = reply_list(reply, "steps", &list);
        if (r != 0)
                return r;
        json_array_foreach(list, i, step)
        {
                r = take_step(d, step);
                if (r != 0)
                        return r;
        }
        return 0;
}

void top_data_break(TopData *d)
{
        for (size_t i = 0; i < d->n_courses; i++)
                d->courses[i].last = 0;
}

void top_data_forget_log(TopData *d)
{
        for (size_t i = 0; i < d->n_log; i++)
                free(d->log[i].sentence);
        d->n_log = 0;
}

void top_data_done(TopData *d)
{
        top_data_forget_log(d);
        json_decref(d->reply);
        free(d->nodes);
        free(d->courses);
        *d = (TopData){ 0 };
}
