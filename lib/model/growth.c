/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/growth.h"

static void thin_out(Growth *g)
{
        for (size_t i = 1; 2 * i < g->n; i++)
                g->points[i] = g->points[2 * i];
        g->n = (g->n + 1) / 2;
        g->gap = 2 * (g->gap ? g->gap : GROWTH_GAP);
}

void growth_add(Growth *g, usec_t now, uint32_t permyriad)
{
        usec_t gap = g->gap ? g->gap : GROWTH_GAP;
        GrowthPoint point = { .at = now, .permyriad = permyriad };

        if (g->n >= 2 && usec_sub(g->points[g->n - 1].at, g->points[g->n - 2].at) < gap) {
                g->points[g->n - 1] = point;
                return;
        }
        if (g->n == GROWTH_POINTS)
                thin_out(g);
        g->points[g->n++] = point;
}

bool growth_span(const Growth *g, GrowthSpan *ret)
{
        if (g->n < 2)
                return false;
        *ret = (GrowthSpan){
                .from = g->points[0].permyriad,
                .to = g->points[g->n - 1].permyriad,
                .over = usec_sub(g->points[g->n - 1].at, g->points[0].at),
        };
        return true;
}
