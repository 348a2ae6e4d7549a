/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-axis.h - where values and times of a chart are, and the lines and numbers beside it. */
#pragma once

#include "cli/report-chart.h"

#define AXIS_LEFT   58
#define AXIS_RIGHT  12
#define AXIS_TOP    16
#define AXIS_BOTTOM 22

typedef struct Axis {
        ChartUnit unit;
        int64_t step, top; /* a line at each multiple of step, up to top */
} Axis;

/* 3 to 6 round numbers from 0, the last at or above greatest. */
Axis axis_new(ChartUnit unit, int64_t greatest);
double axis_x(const ChartFrame *f, int64_t at);
double axis_y(const ChartFrame *f, const Axis *a, int64_t value);
double axis_height(const ChartFrame *f);
/* Lines and numbers of both. */
void axis_draw(StrBuf *b, const ChartFrame *f, const Axis *a);
/* Only those of time; lines: across the picture, too. */
void axis_draw_time(StrBuf *b, const ChartFrame *f, bool lines);
