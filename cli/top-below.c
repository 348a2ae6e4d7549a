/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lower part of the screen: what holds back, the guards of a node, the decisions. */
#include "base/strbuf.h"
#include "cli/guard.h"
#include "cli/status-view.h"
#include "cli/text.h"
#include "cli/top-parts.h"

#define LABEL_WIDTH 10U

static usec_t elapsed_of(const TopData *d, const TopMoment *m)
{
        return usec_sub(m->now, d->received);
}

static void put_labelled(TopScreen *s, const TopArea *a, unsigned row, TopStyle style,
        const char *label, const char *text)
{
        top_put(s, row, a->column, a->column + LABEL_WIDTH - 1, TOP_STRONG, label);
        (void)top_wrap(s, row, 1, a->column + LABEL_WIDTH, a->end, style, text);
}

static void put_budget(TopScreen *s, const TopArea *a, const TopData *d)
{
        const BudgetReply *b = &d->s.budget;
        char spent[UNIT_TEXT_MAX], limit[UNIT_TEXT_MAX], per[UNIT_TEXT_MAX], text[256];

        snprintf(text, sizeof(text),
                "%s of %s of compaction time, %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
                " runs in the last %s",
                text_duration_long(spent, b->spent_usec), text_duration_long(limit, b->limit_usec),
                b->runs, b->runs_limit, text_duration_long(per, b->per_usec));
        put_labelled(s, a, a->row, TOP_PLAIN, "Budget", text);
}

static void put_sample(TopScreen *s, const TopArea *a, const TopData *d, const TopMoment *m)
{
        json_int_t memory = d->s.psi_memory_permyriad, cpu = d->s.psi_cpu_permyriad;
        char age[UNIT_TEXT_MAX], of_memory[UNIT_TEXT_MAX], of_cpu[UNIT_TEXT_MAX], text[256];

        snprintf(text, sizeof(text), "memory %s, CPU %s; last sample %s%s",
                memory < 0 ? "not known" : text_permyriad(of_memory, memory),
                cpu < 0 ? "not known" : text_permyriad(of_cpu, cpu),
                d->s.sample_age_usec < 0
                        ? "none yet"
                        : text_duration(age, d->s.sample_age_usec + (int64_t)elapsed_of(d, m)),
                d->s.sample_age_usec < 0 ? "" : " ago");
        put_labelled(s, a, a->row + 1, TOP_PLAIN, "Pressure", text);
}

/* What each node does, or what keeps it from doing something; nodes in want first. */
unsigned top_holds(TopScreen *s, const TopArea *a, const TopData *d, const TopMoment *m)
{
        unsigned row = a->row + 2;
        size_t more = 0;
        char text[64];

        put_budget(s, a, d);
        put_sample(s, a, d, m);
        for (unsigned pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < d->n_nodes; i++) {
                        const TopNode *n = &d->nodes[i];
                        _cleanup_strbuf_ StrBuf clauses = { 0 };
                        char label[LABEL_WIDTH + 16];

                        if ((n->n_missed > 0) != (pass == 0) ||
                                status_clauses(&n->n, elapsed_of(d, m), &clauses) != 0 ||
                                !*strbuf_text(&clauses))
                                continue;
                        if (row >= a->row + a->rows) {
                                more++;
                                continue;
                        }
                        snprintf(label, sizeof(label), "Node %" JSON_INTEGER_FORMAT, n->n.node);
                        put_labelled(s, a, row++,
                                n->n.acting > 0 ? TOP_GOOD
                                : pass == 0     ? TOP_WARN
                                                : TOP_DIM,
                                label, strbuf_text(&clauses) + 2); /* without the first "; " */
                }
        if (more > 0) {
                snprintf(text, sizeof(text), " (and %zu more)", more);
                top_put_right(s, row - 1, a->end, TOP_DIM, text);
        } else if (row == a->row + 2 && row < a->row + a->rows)
                put_labelled(s, a, row++, TOP_DIM, "Guards", "nothing holds fragd back");
        return row - a->row;
}

void top_guards(
        TopScreen *s, const TopArea *a, const TopNode *n, const TopMoment *m, usec_t elapsed)
{
        unsigned row = a->row + 1;
        char text[GUARD_TEXT_MAX];
        json_t *item;
        size_t i;

        snprintf(text, sizeof(text), "GUARDS OF NODE %" JSON_INTEGER_FORMAT, n->n.node);
        top_put(s, a->row, a->column, a->end, TOP_STRONG, text);
        json_array_foreach(n->n.guards, i, item)
        {
                GuardReply g;

                if (row >= a->row + a->rows || reply_guard(item, &g) != 0)
                        return;
                top_put(s, row, a->column, a->end, g.held ? TOP_WARN : TOP_DIM,
                        g.held ? "holds" : "-");
                top_put(s, row++, a->column + 6, a->end, g.held ? TOP_WARN : TOP_DIM,
                        guard_text(text, sizeof(text), &g, elapsed));
        }
}

void top_log(TopScreen *s, const TopArea *a, const TopData *d, const TopMoment *m)
{
        unsigned row = a->row + 1;

        top_put(s, a->row, a->column, a->end, TOP_STRONG, "LAST DECISIONS");
        if (d->n_log == 0)
                top_put(s, row, a->column, a->end, TOP_DIM, "Nothing was done or changed yet.");
        for (size_t i = 0; i < d->n_log && row < a->row + a->rows; i++) {
                bool old = usec_sub(m->realtime, (usec_t)d->log[i].realtime) >= 24 * USEC_PER_HOUR;
                char when[UNIT_TEXT_MAX];

                text_time(when, d->log[i].realtime);
                if (strlen(when) == 19) { /* the day where it is not this one, else the time */
                        when[10] = '\0';
                        top_put(s, row, a->column, a->end, TOP_DIM, old ? when + 5 : when + 11);
                }
                row += top_wrap(s, row, a->row + a->rows - row, a->column + LABEL_WIDTH, a->end,
                        i == 0 ? TOP_PLAIN : TOP_DIM, d->log[i].sentence);
        }
}
