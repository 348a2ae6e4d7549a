/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/spark.h"
#include "cli/text.h"
#include "cli/top-parts.h"

/* The end of each column; VERDICT alone begins at its place. Further ones stand in between where
 * the screen is wide. */
enum {
        END_NODE = 4,
        END_SIZE = 11,
        AT_FOR = 12,
        END_HAVE = 25,
        END_WANT = 33,
        WIDE = 16, /* REFILL and CEILING */
        AT_VERDICT = 34,
        END_TREND = 55,
        END_MET = 62,
        AT_COURSE = 64,
};

static bool row_shown(const ObjectiveReply *o, const TopMoment *m)
{
        return !m->missed_only || top_missed(o);
}

unsigned top_objectives_rows(const TopNode *n, const TopMoment *m)
{
        unsigned rows = 0;

        for (unsigned i = 0; i < n->n_objectives; i++)
                rows += row_shown(&n->objectives[i], m);
        return rows;
}

/* The least of `n` slots from `number` on; false: nothing is known of any. */
static bool slots_least(const TopCourse *c, uint64_t number, unsigned n, TopSlot *ret)
{
        TopSlot least = { 0 };

        for (uint64_t k = number; k < number + n; k++) {
                const TopSlot *s = &c->slots[k % TOP_SLOTS];

                if (s->number != k || k == 0)
                        continue;
                if (least.number == 0)
                        least = *s;
                least.least = MIN(least.least, s->least);
                least.missed |= s->missed;
        }
        *ret = least;
        return least.number != 0;
}

/* The last 10 minutes: the least of each step, so that a short dip is seen too. Full height is the
 * most there was, or what is wanted where that is more. */
static void put_course(TopScreen *s, unsigned row, unsigned column, const TopCourse *c,
        const ObjectiveReply *o, const TopMoment *m)
{
        unsigned width = MIN(LESS_BY(s->width, column), TOP_SLOTS), per;
        uint64_t end = m->realtime / TOP_SLOT_USEC + 1, first;
        int64_t whole = MAX(o->reserve_bytes, (json_int_t)0);
        TopSlot slot;

        if (!c || width == 0 || end < TOP_SLOTS)
                return;
        per = (TOP_SLOTS + width - 1) / width;
        width = TOP_SLOTS / per;
        /* steps begin at multiples of their length: a mark stays as it is while time goes on */
        end = (end + per - 1) / per * per;
        first = end - (uint64_t)width * per;
        for (uint64_t k = first; k < end; k++)
                if (slots_least(c, k, 1, &slot))
                        whole = MAX(whole, slot.least);
        for (unsigned i = 0; i < width; i++)
                if (slots_least(c, first + (uint64_t)i * per, per, &slot))
                        top_put(s, row, column + i, s->width, slot.missed ? TOP_BAD : TOP_GOOD,
                                spark_mark(m->utf8, slot.least, whole));
}

static void put_numbers(TopScreen *s, unsigned row, unsigned wide, const ObjectiveReply *o)
{
        char a[UNIT_TEXT_MAX], text[UNIT_TEXT_MAX + 8];
        TopStyle style = (TopStyle)color_verdict(o->verdict);

        if (style == TOP_PLAIN && top_missed(o)) /* not known */
                style = TOP_WARN;
        top_put_right(s, row, END_HAVE, TOP_STRONG, text_size(a, o->current_bytes));
        top_put_right(s, row, END_WANT, TOP_PLAIN, text_size(a, o->reserve_bytes));
        if (wide) {
                top_put_right(s, row, END_WANT + 8, TOP_PLAIN, text_size(a, o->refill_bytes));
                top_put_right(s, row, END_WANT + 16, TOP_PLAIN, text_size(a, o->ceiling_bytes));
        }
        top_put(s, row, AT_VERDICT + wide, END_TREND + wide, style, o->verdict);
        /* 0: missed already. With plenty left, a line through the last seconds says nothing. */
        if (o->time_left_usec > 0 && o->current_bytes < 2 * o->refill_bytes) {
                snprintf(text, sizeof(text), "%s left", text_duration(a, o->time_left_usec));
                top_put_right(s, row, END_TREND + wide, TOP_WARN, text);
        } else
                top_put_right(s, row, END_TREND + wide, TOP_PLAIN,
                        text_rate(a, o->slope_bytes_per_second));
        top_put_right(
                s, row, END_MET + wide, TOP_PLAIN, text_share(a, o->met_usec, o->observed_usec));
}

static void put_objective(TopScreen *s, unsigned row, unsigned wide, const TopData *d,
        const TopNode *n, const ObjectiveReply *o, const TopMoment *m)
{
        char a[UNIT_TEXT_MAX], of[REPLY_FOR_MAX];

        snprintf(a, sizeof(a), "%" JSON_INTEGER_FORMAT, n->n.node);
        top_put_right(s, row, END_NODE, TOP_PLAIN, a);
        top_put_right(s, row, END_SIZE, TOP_PLAIN,
                o->size_bytes >= 0 ? text_size(a, o->size_bytes) : "?");
        top_put(s, row, AT_FOR, END_HAVE, TOP_PLAIN, reply_for(of, o));
        if (!o->applies) {
                top_put(s, row, AT_VERDICT + wide, s->width, TOP_DIM, "no use");
                return;
        }
        put_numbers(s, row, wide, o);
        put_course(s, row, AT_COURSE + wide, top_course(d, n->n.node, o->objective), o, m);
}

static void put_heading(TopScreen *s, unsigned row, unsigned wide)
{
        top_put_right(s, row, END_NODE, TOP_STRONG, "NODE");
        top_put_right(s, row, END_SIZE, TOP_STRONG, "SIZE");
        top_put(s, row, AT_FOR, s->width, TOP_STRONG, "FOR");
        top_put_right(s, row, END_HAVE, TOP_STRONG, "HAVE");
        top_put_right(s, row, END_WANT, TOP_STRONG, "WANT");
        if (wide) {
                top_put_right(s, row, END_WANT + 8, TOP_STRONG, "REFILL");
                top_put_right(s, row, END_WANT + 16, TOP_STRONG, "CEILING");
        }
        top_put(s, row, AT_VERDICT + wide, s->width, TOP_STRONG, "VERDICT");
        top_put_right(s, row, END_TREND + wide, TOP_STRONG, "TREND");
        top_put_right(s, row, END_MET + wide, TOP_STRONG, "MET");
        top_put(s, row, AT_COURSE + wide, s->width, TOP_STRONG, "LAST 10 MINUTES");
}

void top_objectives(
        TopScreen *s, const TopArea *a, const TopData *d, const TopShown *shown, const TopMoment *m)
{
        unsigned wide = s->width >= TOP_WIDTH_WIDE ? WIDE : 0, row = a->row + 1;

        put_heading(s, a->row, wide);
        if (d->n_objectives == 0)
                top_put(s, row, 0, s->width, TOP_DIM, "No objective is being watched.");
        for (size_t i = shown->first; i < shown->n; i++)
                for (unsigned k = 0; k < shown->nodes[i]->n_objectives; k++) {
                        const ObjectiveReply *o = &shown->nodes[i]->objectives[k];

                        if (row < a->row + a->rows && row_shown(o, m))
                                put_objective(s, row++, wide, d, shown->nodes[i], o, m);
                }
}
