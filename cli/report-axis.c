/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-axis.h"

#include <time.h>

#include "base/units.h"
#include "base/usec.h"
#include "cli/report-html.h"
#include "cli/text.h"

#define LINES_MOST 5
/* What a label of time needs. */
#define TIME_WIDTH 78
/* Nearer to the right edge it stands left of its place, lest it be cut off. */
#define LABEL_HALF 26

double axis_height(const ChartFrame *f)
{
        return (double)f->height - AXIS_TOP - AXIS_BOTTOM;
}

double axis_x(const ChartFrame *f, int64_t at)
{
        double width = (double)f->width - AXIS_LEFT - AXIS_RIGHT;

        return AXIS_LEFT + width * (double)(at - f->from) / (double)(f->to - f->from);
}

double axis_y(const ChartFrame *f, const Axis *a, int64_t value)
{
        return AXIS_TOP + axis_height(f) * (1 - (double)CLAMP(value, 0, a->top) / (double)a->top);
}

/* 1, 2, 5, 10, ... for what is counted by tens, 1, 2, 4, ... for bytes. */
static int64_t round_step(ChartUnit unit, int64_t least)
{
        static const int64_t factors[] = { 1, 2, 5 };
        int64_t step = 1;

        if (unit == CHART_BYTES) {
                while (step < least && step <= INT64_MAX / 4)
                        step *= 2;
                return step;
        }
        for (int64_t ten = 1;; ten *= 10) {
                for (size_t i = 0; i < ELEMENTSOF(factors); i++) {
                        step = ten * factors[i];
                        if (step >= least || step > INT64_MAX / 100)
                                return step;
                }
        }
}

Axis axis_new(ChartUnit unit, int64_t greatest)
{
        Axis a = { .unit = unit };

        greatest = CLAMP(greatest, 1, INT64_MAX / 64);
        a.step = round_step(unit, (greatest + LINES_MOST - 1) / LINES_MOST);
        a.top = (greatest + a.step - 1) / a.step * a.step;
        return a;
}

static const char *value_text(char buf[static UNIT_TEXT_MAX], const Axis *a, int64_t value)
{
        switch (a->unit) {
        case CHART_BYTES: return size_format(buf, UNIT_TEXT_MAX, (uint64_t)value);
        case CHART_USEC: return text_duration_long(buf, value);
        case CHART_COUNT: break;
        }
        snprintf(buf, UNIT_TEXT_MAX, "%" PRId64, value);
        return buf;
}

/* The distance of two labels, of those that people expect. */
static int64_t time_step(const ChartFrame *f)
{
        static const int64_t seconds[] = { 1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
                3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 2 * 24 * 3600 };
        unsigned most = MAX((f->width - AXIS_LEFT - AXIS_RIGHT) / TIME_WIDTH, 1U);
        int64_t least = (f->to - f->from) / most;

        for (size_t i = 0; i < ELEMENTSOF(seconds); i++)
                if (seconds[i] * (int64_t)USEC_PER_SEC >= least)
                        return seconds[i] * (int64_t)USEC_PER_SEC;
        return 7 * 24 * 3600 * (int64_t)USEC_PER_SEC;
}

/* Local midnight before t, from which labels are counted, so that they are round there. */
static int64_t midnight(int64_t t)
{
        time_t s = (time_t)(t / (int64_t)USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&s, &tm))
                return 0;
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        tm.tm_isdst = -1;
        return (int64_t)mktime(&tm) * (int64_t)USEC_PER_SEC;
}

static void time_text(char buf[static UNIT_TEXT_MAX], int64_t at, int64_t step)
{
        time_t s = (time_t)(at / (int64_t)USEC_PER_SEC);
        struct tm tm;

        snprintf(buf, UNIT_TEXT_MAX, "%s", "");
        if (!localtime_r(&s, &tm))
                return;
        if (step < (int64_t)USEC_PER_MIN)
                (void)strftime(buf, UNIT_TEXT_MAX, "%H:%M:%S", &tm);
        else if (tm.tm_hour == 0 && tm.tm_min == 0) /* a day begins */
                (void)strftime(buf, UNIT_TEXT_MAX, "%b %e", &tm);
        else
                (void)strftime(buf, UNIT_TEXT_MAX, "%H:%M", &tm);
}

void axis_draw_time(StrBuf *b, const ChartFrame *f, bool lines)
{
        int64_t step = time_step(f), at = midnight(f->from);
        double bottom = AXIS_TOP + axis_height(f);
        char text[UNIT_TEXT_MAX];

        at += (f->from - at + step - 1) / step * step;
        for (; at <= f->to; at += step) {
                double x = axis_x(f, at);

                if (lines)
                        strbuf_printf(b, "<path class=\"grid\" d=\"M%.1f %dV%.1f\"/>\n", x,
                                AXIS_TOP, bottom);
                time_text(text, at, step);
                strbuf_printf(b, "<text class=\"tick%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
                        x > f->width - LABEL_HALF ? " y" : "", MIN(x, f->width - 1.0),
                        bottom + 15, text);
        }
}

void axis_draw(StrBuf *b, const ChartFrame *f, const Axis *a)
{
        axis_draw_time(b, f, true);
        for (int64_t v = 0; v <= a->top; v += a->step) {
                char text[UNIT_TEXT_MAX];
                double y = axis_y(f, a, v);

                strbuf_printf(b, "<path class=\"%s\" d=\"M%d %.1fH%u\"/>\n", v ? "grid" : "zero",
                        AXIS_LEFT, y, f->width - AXIS_RIGHT);
                strbuf_printf(b, "<text class=\"tick y\" x=\"%d\" y=\"%.1f\">%s</text>\n",
                        AXIS_LEFT - 6, y + 3.5, value_text(text, a, v));
        }
}
