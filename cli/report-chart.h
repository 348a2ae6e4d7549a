/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-chart.h - pictures over time, as SVG inside HTML. Pure: no clock, no file; colours are
 * classes, so that the style sheet makes them light or dark.
 *
 * Times are realtime microseconds; -1 stands for what is not known, and leaves a gap. The label of
 * a chart is what a screen reader says of it. */
#pragma once

#include <stdint.h>

#include "base/strbuf.h"

typedef struct ChartFrame {
        unsigned width, height; /* in units of the picture, all included */
        int64_t from, to;       /* to > from */
        const char *label;
} ChartFrame;

/* What holds for [at, at + span). */
typedef struct ChartLevel {
        int64_t at, span;
        int64_t min, mean, max;
        int64_t wanted;
        int64_t met; /* share of the time, permyriad */
} ChartLevel;

typedef enum ChartMarkKind {
        CHART_MARK_GAINED,
        CHART_MARK_NO_GAIN,
        CHART_MARK_WOULD, /* only watched: would have acted */
        CHART_MARK_OTHER, /* a policy, a knob */
        _CHART_MARK_KIND_MAX,
} ChartMarkKind;

typedef struct ChartMark {
        int64_t at;
        ChartMarkKind kind;
        const char *text; /* shown where one points at it */
} ChartMark;

/* One square: 0 (all free memory can serve) to 1000 (none can). */
typedef struct ChartCell {
        int64_t at, span;
        int permille; /* -1: not known */
        unsigned row;
} ChartCell;

typedef struct ChartBar {
        int64_t at;
        int64_t value; /* >= 0 */
        const char *kind; /* class */
        const char *text;
} ChartBar;

typedef enum ChartUnit {
        CHART_BYTES,
        CHART_USEC,
        CHART_COUNT,
} ChartUnit;

/* A level in bytes between its least and greatest value, what is wanted, and marks; the time in
 * which too little was there is shaded. */
void chart_level(StrBuf *b, const ChartFrame *f, const ChartLevel *levels, size_t n,
        const ChartMark *marks, size_t n_marks);
/* rows from the top; names: of each. */
void chart_heat(StrBuf *b, const ChartFrame *f, const ChartCell *cells, size_t n,
        const char *const *names, unsigned rows);
/* Bars from zero, at their time. */
void chart_bars(
        StrBuf *b, const ChartFrame *f, ChartUnit unit, const ChartBar *bars, size_t n);
/* The classes of a heat map, 0 to CHART_HEAT_MAX - 1. */
#define CHART_HEAT_MAX 8
unsigned chart_heat_class(int permille);
