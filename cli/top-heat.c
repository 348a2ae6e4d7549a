/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/text.h"
#include "cli/top-parts.h"

/* The end of the columns on the left. */
enum {
        END_NODE = 4,
        AT_ZONE = 5,
        END_ZONE = 12,
};

#define CELL_LEAST 5U
#define CELL_LARGE 12U /* from here on with what is allocatable */
#define CELL_MOST  13U

typedef struct Columns {
        unsigned left;     /* where the cells begin */
        unsigned width;    /* of a cell */
        unsigned from, to; /* orders */
} Columns;

unsigned top_heat_rows(const TopNode *n, const TopMoment *m)
{
        return m->by_zone ? n->n_zones : 1;
}

/* The large orders are the ones that matter: where not all fit, the small ones are left out. */
static Columns columns_of(const TopScreen *s, const TopShown *shown, const TopMoment *m)
{
        Columns c = { .left = (m->by_zone ? END_ZONE : END_NODE) + 10 };
        unsigned room = LESS_BY(s->width, c.left);

        for (size_t i = 0; i < shown->n; i++)
                c.to = MAX(c.to, shown->nodes[i]->heat.n_orders);
        c.width = CLAMP(room / MAX(c.to, 1U), CELL_LEAST, CELL_MOST);
        c.from = LESS_BY(c.to, room / c.width);
        return c;
}

static bool order_wanted(const TopShown *shown, unsigned order)
{
        for (size_t i = 0; i < shown->n; i++)
                for (unsigned k = 0; k < shown->nodes[i]->n_objectives; k++)
                        if (shown->nodes[i]->objectives[k].applies &&
                                shown->nodes[i]->objectives[k].order == (json_int_t)order)
                                return true;
        return false;
}

static void put_heading(
        TopScreen *s, unsigned row, const Columns *c, const TopShown *shown, const TopMoment *m)
{
        char size[UNIT_TEXT_MAX], text[UNIT_TEXT_MAX + 2];

        top_put(s, row, 0, s->width, TOP_STRONG, "FREE MEMORY IN PIECES TOO SMALL FOR A BLOCK");
        top_put(s, row, 44, s->width, TOP_DIM,
                c->width >= CELL_LARGE ? "% of what is free, and what can be had; * wanted"
                                       : "% of what is free; * wanted");
        row++;
        top_put_right(s, row, END_NODE, TOP_STRONG, "NODE");
        if (m->by_zone)
                top_put(s, row, AT_ZONE, s->width, TOP_STRONG, "ZONE");
        top_put_right(s, row, c->left - 1, TOP_STRONG, "FREE");
        for (unsigned o = c->from; o < c->to; o++) {
                bool wanted = order_wanted(shown, o);

                snprintf(text, sizeof(text), "%s%s", wanted ? "*" : "",
                        text_size(size, shown->nodes[0]->heat.orders[o].size));
                top_put_right(s, row, c->left + (o - c->from + 1) * c->width - 1,
                        wanted ? TOP_STRONG : TOP_DIM, text);
        }
}

/* "▓  71", and where there is room " 1.2G". */
static void put_cell(TopScreen *s, unsigned row, unsigned column, unsigned width, const TopOrder *o,
        const TopMoment *m)
{
        static const char *const shades[TOP_HEATS] = { " ", "\u2591", "\u2592", "\u2593",
                "\u2588" };
        static const char *const ascii[TOP_HEATS] = { " ", ".", ":", "*", "#" };
        json_int_t permille = CLAMP(o->unusable, (json_int_t)0, (json_int_t)1000);
        unsigned heat = MIN((unsigned)permille * TOP_HEATS / 1000, TOP_HEATS - 1);
        TopStyle style = (TopStyle)(TOP_HEAT + heat);
        char text[UNIT_TEXT_MAX], size[UNIT_TEXT_MAX];

        for (unsigned i = 0; i + 1 < width; i++)
                top_put(s, row, column + i, s->width, style, " ");
        top_put(s, row, column, s->width, style, m->utf8 ? shades[heat] : ascii[heat]);
        snprintf(text, sizeof(text), "%u", ((unsigned)permille + 5) / 10);
        top_put_right(s, row, column + (width >= CELL_LARGE ? 4 : width - 1), style, text);
        if (width >= CELL_LARGE)
                top_put_right(s, row, column + width - 1, style, text_size(size, o->allocatable));
}

static void put_line(TopScreen *s, unsigned row, const Columns *c, const TopNode *n,
        const TopHeat *h, const TopMoment *m)
{
        char a[UNIT_TEXT_MAX];

        snprintf(a, sizeof(a), "%" JSON_INTEGER_FORMAT, n->n.node);
        top_put_right(s, row, END_NODE, TOP_PLAIN, a);
        if (m->by_zone)
                top_put(s, row, AT_ZONE, END_ZONE, TOP_PLAIN, h->name);
        top_put_right(s, row, c->left - 1, TOP_STRONG, text_size(a, h->free_bytes));
        for (unsigned o = c->from; o < MIN(c->to, h->n_orders); o++)
                put_cell(s, row, c->left + (o - c->from) * c->width, c->width, &h->orders[o], m);
}

void top_heat(
        TopScreen *s, const TopArea *a, const TopData *d, const TopShown *shown, const TopMoment *m)
{
        Columns c = columns_of(s, shown, m);
        unsigned row = a->row + 2;

        if (shown->n == 0)
                return;
        put_heading(s, a->row, &c, shown, m);
        for (size_t i = shown->first; i < shown->n; i++)
                for (unsigned k = 0; k < top_heat_rows(shown->nodes[i], m); k++)
                        if (row < a->row + a->rows)
                                put_line(s, row++, &c, shown->nodes[i],
                                        m->by_zone ? &shown->nodes[i]->zones[k]
                                                   : &shown->nodes[i]->heat,
                                        m);
}
