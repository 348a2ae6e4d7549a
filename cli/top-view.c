/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/top-view.h"

#include "base/strbuf.h"
#include "cli/text.h"
#include "cli/top-parts.h"

#define LOG_LEAST  4U /* with its heading */
#define HOLDS_MOST 4U

/* Where each part stands. */
typedef struct Layout {
        TopArea objectives, heat, holds, log, guards; /* rows 0: not shown */
} Layout;

static void put_bar(TopScreen *s, const TopData *d, const TopMoment *m)
{
        char text[256], clock[UNIT_TEXT_MAX], left[UNIT_TEXT_MAX];
        const char *word = d->s.paused ? "paused" : d->s.acts ? "acts" : "only watches";
        usec_t elapsed = usec_sub(m->now, d->received);
        json_int_t until = d->s.paused ? d->s.pause_left_usec : d->s.policy_left_usec;

        top_fill(s, 0, TOP_BAR);
        snprintf(text, sizeof(text), " %.64s  fragd %.32s, policy %.32s: %s", m->host, d->s.version,
                d->s.policy, word);
        if (until >= 0) {
                size_t used = strlen(text);

                snprintf(text + used, sizeof(text) - used, ", %s left",
                        text_duration(left, (int64_t)usec_sub((usec_t)until, elapsed)));
        }
        text_time(clock, (int64_t)m->realtime);
        top_put(s, 0, 0, LESS_BY(s->width, 11U), TOP_BAR, text);
        if (strlen(clock) == 19)
                top_put_right(s, 0, LESS_BY(s->width, 1U), TOP_BAR, clock + 11);
}

static void name_missed(StrBuf *text, const TopData *d)
{
        char size[UNIT_TEXT_MAX], have[UNIT_TEXT_MAX], want[UNIT_TEXT_MAX];
        const char *before = ": ";

        for (size_t i = 0; i < d->n_nodes; i++)
                for (unsigned k = 0; k < d->nodes[i].n_objectives; k++) {
                        const ObjectiveReply *o = &d->nodes[i].objectives[k];

                        if (!top_missed(o))
                                continue;
                        strbuf_printf(text,
                                "%snode %" JSON_INTEGER_FORMAT " has %s of %s in %s blocks (%s)",
                                before, d->nodes[i].n.node, text_size(have, o->current_bytes),
                                text_size(want, o->reserve_bytes),
                                o->size_bytes >= 0 ? text_size(size, o->size_bytes) : "?",
                                o->verdict);
                        before = "; ";
                }
}

/* The line that is read in five seconds: is all well, and if not, where not. */
static void put_summary(
        TopScreen *s, unsigned row, unsigned rows, const TopData *d, const TopMoment *m)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        char since[UNIT_TEXT_MAX];
        TopStyle style = TOP_BAD;

        if (d->lost)
                strbuf_printf(&text,
                        "NOT CONNECTED since %s, what is below is old; trying again: %s",
                        text_duration(since, (int64_t)usec_sub(m->now, d->lost_at)), d->lost_why);
        else if (d->n_missed > 0) {
                if (d->n_objectives == 1)
                        strbuf_puts(&text, "THE OBJECTIVE IS MISSED");
                else
                        strbuf_printf(
                                &text, "%u OF %u OBJECTIVES MISSED", d->n_missed, d->n_objectives);
                name_missed(&text, d);
        } else if (d->n_objectives > 0) {
                style = TOP_GOOD;
                if (d->n_objectives == 1)
                        strbuf_puts(&text, "THE OBJECTIVE IS MET");
                else
                        strbuf_printf(&text, "ALL %u OBJECTIVES MET", d->n_objectives);
        } else {
                style = TOP_WARN;
                strbuf_puts(&text, "NO OBJECTIVE APPLIES HERE");
        }
        if (!d->lost && !d->s.acts && !d->s.paused && d->s.why_not)
                strbuf_printf(&text, "; only watching: %s", d->s.why_not);
        if (!d->lost && d->s.paused && d->s.pause_left_usec < 0)
                strbuf_puts(&text, "; paused until 'fragctl resume'");
        (void)top_wrap(s, row, rows, 1, s->width, style, strbuf_text(&text));
}

static void put_keys(TopScreen *s, const TopShown *shown, const TopMoment *m)
{
        char text[64];
        unsigned row = LESS_BY(s->height, 1U);

        top_fill(s, row, TOP_BAR);
        top_put(s, row, 1, s->width, TOP_BAR,
                m->utf8 ? "q quit  \u2191\u2193 PgUp PgDn scroll"
                        : "q quit  Up Down PgUp PgDn scroll");
        top_put(s, row, 34, s->width, TOP_BAR,
                m->missed_only ? "m [only missed]" : "m only missed");
        top_put(s, row, 51, s->width, TOP_BAR, m->by_zone ? "z [zones]" : "z zones");
        if (m->page < shown->n)
                snprintf(text, sizeof(text), "nodes %zu-%zu of %zu ", shown->first + 1,
                        MIN(shown->first + m->page, shown->n), shown->n);
        else
                snprintf(text, sizeof(text), "%zu node%s ", shown->n, shown->n == 1 ? "" : "s");
        top_put_right(s, row, s->width, TOP_BAR, text);
}

static unsigned rows_from(const TopShown *shown, const TopMoment *m, size_t from,
        unsigned (*rows)(const TopNode *, const TopMoment *))
{
        unsigned n = 0;

        for (size_t i = from; i < shown->n; i++)
                n += rows(shown->nodes[i], m);
        return n;
}

/* The room above the decisions goes to the two lists; what they do not need, to the decisions. */
static Layout layout(const TopScreen *s, const TopShown *shown, const TopMoment *m)
{
        unsigned objectives = MAX(rows_from(shown, m, 0, top_objectives_rows), 1U),
                 heat = rows_from(shown, m, 0, top_heat_rows), top = 4, holds, room;
        bool wide = s->width >= TOP_WIDTH_WIDE && s->height >= TOP_HEIGHT_TALL;
        Layout l = { 0 };

        holds = s->height >= TOP_HEIGHT_TALL ? HOLDS_MOST + 2 : HOLDS_MOST;
        /* two headings, three empty lines, the keys */
        room = s->height - top - 1 - 2 - holds - 3 - 1 - LOG_LEAST - (wide ? 8 : 0);
        if (objectives + heat > room) {
                unsigned least = MIN(heat, room / 3);

                objectives = MIN(objectives, room - least);
                heat = MIN(heat, room - objectives);
        }
        l.objectives = (TopArea){ .row = top, .rows = objectives + 1, .end = s->width };
        l.heat = (TopArea){ .row = top + objectives + 2, .rows = heat + 2, .end = s->width };
        l.holds = (TopArea){ .row = l.heat.row + heat + 3, .rows = holds, .end = s->width };
        l.log.row = l.holds.row;
        l.log.end = s->width;
        if (wide) {
                l.guards = (TopArea){ .row = l.holds.row,
                        .rows = s->height - 1 - l.holds.row,
                        .column = s->width - 56,
                        .end = s->width };
                l.log.end = l.holds.end = l.guards.column - 2;
        }
        return l;
}

static bool node_shown(const TopNode *n, const TopMoment *m)
{
        return !m->missed_only || n->n_missed > 0;
}

/* The nodes from the first on that both lists have room for. */
static size_t page_of(const TopShown *shown, const Layout *l, const TopMoment *m, size_t from)
{
        unsigned objectives = 0, heat = 0;
        size_t i;

        for (i = from; i < shown->n; i++) {
                objectives += top_objectives_rows(shown->nodes[i], m);
                heat += top_heat_rows(shown->nodes[i], m);
                if (objectives + 1 > l->objectives.rows || heat + 2 > l->heat.rows)
                        break;
        }
        return i - from;
}

static void scroll(TopShown *shown, const Layout *l, TopMoment *m)
{
        size_t last = shown->n > 0 ? shown->n - 1 : 0;

        /* no further than until the last node is seen */
        while (last > 0 && last - 1 + page_of(shown, l, m, last - 1) >= shown->n)
                last--;
        m->first = MIN(m->first, last);
        m->page = MAX(page_of(shown, l, m, m->first), (size_t)1);
        shown->first = m->first;
}

static void put_small(TopScreen *s, const TopData *d, const TopMoment *m)
{
        char text[128];
        unsigned row;

        snprintf(text, sizeof(text),
                "fragctl top needs %ux%u, this terminal has %ux%u: enlarge it; q quits.",
                TOP_WIDTH_MIN, TOP_HEIGHT_MIN, s->width, s->height);
        row = top_wrap(s, 0, MIN(s->height, 4U), 0, s->width, TOP_WARN, text);
        if (row < s->height)
                put_summary(s, row, s->height - row, d, m);
}

void top_view(TopScreen *s, const TopData *d, TopMoment *m)
{
        _cleanup_free_ const TopNode **nodes = calloc(d->n_nodes + 1, sizeof(void *));
        TopShown shown = { .nodes = nodes };
        Layout l;

        if (s->width < TOP_WIDTH_MIN || s->height < TOP_HEIGHT_MIN) {
                put_small(s, d, m);
                return;
        }
        for (size_t i = 0; i < d->n_nodes && nodes; i++)
                if (node_shown(&d->nodes[i], m))
                        nodes[shown.n++] = &d->nodes[i];
        l = layout(s, &shown, m);
        scroll(&shown, &l, m);
        put_bar(s, d, m);
        put_summary(s, 1, 2, d, m);
        top_objectives(s, &l.objectives, d, &shown, m);
        top_heat(s, &l.heat, d, &shown, m);
        l.log.row += top_holds(s, &l.holds, d, m) + 1;
        l.log.rows = LESS_BY(s->height - 1, l.log.row);
        top_log(s, &l.log, d, m);
        if (l.guards.rows > 0 && shown.n > 0)
                top_guards(
                        s, &l.guards, shown.nodes[shown.first], m, usec_sub(m->now, d->received));
        put_keys(s, &shown, m);
}
