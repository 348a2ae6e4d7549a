/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-view.h - the screen of `top`: from data, a moment and a size to cells. No terminal, no clock.
 *
 * From TOP_WIDTH_MIN x TOP_HEIGHT_MIN on there is everything; a smaller screen says what is missed
 * and how large it has to be. */
#pragma once

#include "cli/top-data.h"
#include "cli/top-screen.h"

#define TOP_WIDTH_MIN  80U
#define TOP_HEIGHT_MIN 24U
/* From here on there are more columns; where it is tall, too, all guards of a node. */
#define TOP_WIDTH_WIDE  120U
#define TOP_HEIGHT_TALL 36U

typedef struct TopMoment {
        usec_t now, realtime;
        const char *host;
        bool utf8;
        /* what the keys changed */
        size_t first;     /* node at the top; brought into range by top_view() */
        size_t page;      /* set by top_view(): nodes that were shown */
        bool missed_only; /* only nodes and objectives that are missed */
        bool by_zone;     /* a line of the heat map for each zone */
} TopMoment;

void top_view(TopScreen *s, const TopData *d, TopMoment *m);
