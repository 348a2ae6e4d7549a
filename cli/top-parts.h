/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-parts.h - the parts that top-view.c puts onto the screen. Each draws into the rows that it is
 * given. */
#pragma once

#include "cli/top-view.h"

typedef struct TopArea {
        unsigned row, rows;
        unsigned column, end; /* columns from..before */
} TopArea;

/* The nodes that are shown, in their order. */
typedef struct TopShown {
        const TopNode **nodes;
        size_t n;
        size_t first; /* the first on the screen */
} TopShown;

/* Lines of a node, without headings. */
unsigned top_objectives_rows(const TopNode *n, const TopMoment *m);
unsigned top_heat_rows(const TopNode *n, const TopMoment *m);
/* With a heading of one line and of two. */
void top_objectives(TopScreen *s, const TopArea *a, const TopData *d, const TopShown *shown,
        const TopMoment *m);
void top_heat(TopScreen *s, const TopArea *a, const TopData *d, const TopShown *shown,
        const TopMoment *m);
/* What holds back, the pressure, the budget. Returns the rows it took. */
unsigned top_holds(TopScreen *s, const TopArea *a, const TopData *d, const TopMoment *m);
/* All guards of a node, with a heading. */
void top_guards(
        TopScreen *s, const TopArea *a, const TopNode *n, const TopMoment *m, usec_t elapsed);
void top_log(TopScreen *s, const TopArea *a, const TopData *d, const TopMoment *m);
