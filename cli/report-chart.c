/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-chart.h"

#include <time.h>

#include "base/usec.h"
#include "cli/report-axis.h"
#include "cli/report-html.h"

/* Marks nearer to each other than this are one to the eye. */
#define MARK_APART 3.0

static double x_of(const ChartFrame *f, int64_t at)
{
        return axis_x(f, CLAMP(at, f->from, f->to));
}

static void begin(StrBuf *b, const ChartFrame *f)
{
        strbuf_printf(b,
                "<svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" role=\"img\" aria-label=\"",
                f->width, f->height, f->width, f->height);
        html_text(b, f->label);
        strbuf_puts(b, "\">\n");
}

static void end(StrBuf *b)
{
        strbuf_puts(b, "</svg>\n");
}

/* Levels i up to the result (excluded) touch each other and are known. */
static size_t run_end(const ChartLevel *levels, size_t n, size_t i)
{
        size_t k = i + 1;

        while (k < n && levels[k].mean >= 0 &&
                levels[k].at - (levels[k - 1].at + levels[k - 1].span) <= levels[k].span)
                k++;
        return k;
}

static void band(StrBuf *b, const ChartFrame *f, const Axis *a, const ChartLevel *l, size_t n)
{
        strbuf_puts(b, "<path class=\"band\" d=\"");
        for (size_t i = 0; i < n; i++)
                strbuf_printf(b, "%c%.1f %.1fL%.1f %.1f", i ? 'L' : 'M', x_of(f, l[i].at),
                        axis_y(f, a, l[i].max), x_of(f, l[i].at + l[i].span),
                        axis_y(f, a, l[i].max));
        for (size_t i = n; i-- > 0;)
                strbuf_printf(b, "L%.1f %.1fL%.1f %.1f", x_of(f, l[i].at + l[i].span),
                        axis_y(f, a, l[i].min), x_of(f, l[i].at), axis_y(f, a, l[i].min));
        strbuf_puts(b, "Z\"/>\n");
}

static void line(StrBuf *b, const ChartFrame *f, const Axis *a, const ChartLevel *l, size_t n)
{
        strbuf_puts(b, "<path class=\"line\" d=\"");
        for (size_t i = 0; i < n; i++) {
                double y = axis_y(f, a, l[i].mean);

                strbuf_printf(b, "%c%.1f %.1fH%.1f", i ? 'L' : 'M', x_of(f, l[i].at), y,
                        x_of(f, l[i].at + l[i].span));
        }
        strbuf_puts(b, "\"/>\n");
}

static void runs(StrBuf *b, const ChartFrame *f, const Axis *a, const ChartLevel *l, size_t n,
        void (*draw)(StrBuf *, const ChartFrame *, const Axis *, const ChartLevel *, size_t))
{
        for (size_t i = 0; i < n;) {
                size_t k;

                if (l[i].mean < 0) {
                        i++;
                        continue;
                }
                k = run_end(l, n, i);
                draw(b, f, a, l + i, k - i);
                i = k;
        }
}

/* What is wanted, a line that steps where the policy changed. */
static void wanted(StrBuf *b, const ChartFrame *f, const Axis *a, const ChartLevel *l, size_t n)
{
        int64_t last = -1;

        strbuf_puts(b, "<path class=\"wanted\" d=\"");
        for (size_t i = 0; i < n; i++) {
                if (l[i].wanted < 0)
                        continue;
                if (l[i].wanted != last)
                        strbuf_printf(b, "%c%.1f %.1f", last < 0 ? 'M' : 'L', x_of(f, l[i].at),
                                axis_y(f, a, l[i].wanted));
                strbuf_printf(b, "H%.1f", x_of(f, l[i].at + l[i].span));
                last = l[i].wanted;
        }
        strbuf_puts(b, "\"/>\n");
}

/* The times in which too little was there; darker, the longer of the step. */
static void missed(StrBuf *b, const ChartFrame *f, const ChartLevel *l, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                double x = x_of(f, l[i].at), w = x_of(f, l[i].at + l[i].span) - x;

                if (l[i].met < 0 || l[i].met >= 10000)
                        continue;
                strbuf_printf(b,
                        "<rect class=\"missed\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%.1f\" "
                        "opacity=\"%.2f\"/>\n",
                        x, AXIS_TOP, MAX(w, 0.6), axis_height(f),
                        0.25 + 0.75 * (double)(10000 - l[i].met) / 10000);
        }
}

static void mark(StrBuf *b, const ChartFrame *f, const ChartMark *m)
{
        static const char *const kinds[_CHART_MARK_KIND_MAX] = {
                [CHART_MARK_GAINED] = "gained",
                [CHART_MARK_NO_GAIN] = "nogain",
                [CHART_MARK_WOULD] = "would",
                [CHART_MARK_OTHER] = "other",
        };
        double x = x_of(f, m->at), y = AXIS_TOP - 3;

        strbuf_printf(b, "<g class=\"mark %s\"><title>", kinds[m->kind]);
        html_text(b, m->text);
        strbuf_printf(b, "</title><path d=\"M%.1f %.1fV%.1f\"/>", x, y,
                AXIS_TOP + axis_height(f));
        if (m->kind == CHART_MARK_OTHER)
                strbuf_printf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"6\" height=\"6\"/>", x - 3,
                        y - 6);
        else if (m->kind == CHART_MARK_NO_GAIN)
                strbuf_printf(b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", x, y - 3.5);
        else
                strbuf_printf(b, "<path d=\"M%.1f %.1fl4.5 -8h-9Z\"/>", x, y);
        strbuf_puts(b, "</g>\n");
}

static void draw_marks(StrBuf *b, const ChartFrame *f, const ChartMark *marks, size_t n)
{
        double last[_CHART_MARK_KIND_MAX];

        for (int k = 0; k < _CHART_MARK_KIND_MAX; k++)
                last[k] = -MARK_APART;
        for (size_t i = 0; i < n; i++) {
                double x = x_of(f, marks[i].at);

                if (marks[i].at < f->from || marks[i].at > f->to ||
                        x - last[marks[i].kind] < MARK_APART)
                        continue;
                last[marks[i].kind] = x;
                mark(b, f, &marks[i]);
        }
}

void chart_level(StrBuf *b, const ChartFrame *f, const ChartLevel *levels, size_t n,
        const ChartMark *marks, size_t n_marks)
{
        int64_t greatest = 0;
        Axis a;

        for (size_t i = 0; i < n; i++)
                greatest = MAX(greatest, MAX(levels[i].max, levels[i].wanted));
        a = axis_new(CHART_BYTES, greatest);
        begin(b, f);
        missed(b, f, levels, n);
        axis_draw(b, f, &a);
        runs(b, f, &a, levels, n, band);
        runs(b, f, &a, levels, n, line);
        wanted(b, f, &a, levels, n);
        draw_marks(b, f, marks, n_marks);
        end(b);
}

unsigned chart_heat_class(int permille)
{
        return (unsigned)(CLAMP(permille, 0, 999) * CHART_HEAT_MAX / 1000);
}

/* One path for all squares of a class: a square is 30 bytes so, and there are thousands. */
static void heat_class(StrBuf *b, const ChartFrame *f, const ChartCell *cells, size_t n,
        unsigned rows, unsigned class)
{
        double height = axis_height(f) / rows;
        bool any = false;

        for (size_t i = 0; i < n; i++) {
                const ChartCell *c = &cells[i];
                double x = x_of(f, c->at), w = x_of(f, c->at + c->span) - x;

                if (c->permille < 0 || chart_heat_class(c->permille) != class || w <= 0)
                        continue;
                if (!any)
                        strbuf_printf(b, "<path class=\"heat h%u\" d=\"", class);
                any = true;
                strbuf_printf(b, "M%.1f %.1fh%.1fv%.1fh%.1fz", x, AXIS_TOP + c->row * height,
                        w + 0.3, height - 1, -(w + 0.3));
        }
        if (any)
                strbuf_puts(b, "\"/>\n");
}

void chart_heat(StrBuf *b, const ChartFrame *f, const ChartCell *cells, size_t n,
        const char *const *names, unsigned rows)
{
        begin(b, f);
        for (unsigned i = 0; i < rows; i++) {
                double height = axis_height(f) / rows;

                strbuf_printf(b, "<text class=\"tick y\" x=\"%d\" y=\"%.1f\">", AXIS_LEFT - 6,
                        AXIS_TOP + (i + 0.5) * height + 3.5);
                html_text(b, names[i]);
                strbuf_puts(b, "</text>\n");
        }
        for (unsigned class = 0; rows > 0 && class < CHART_HEAT_MAX; class ++)
                heat_class(b, f, cells, n, rows, class);
        axis_draw_time(b, f, false);
        end(b);
}

void chart_bars(StrBuf *b, const ChartFrame *f, ChartUnit unit, const ChartBar *bars, size_t n)
{
        int64_t greatest = 0;
        Axis a;

        for (size_t i = 0; i < n; i++)
                greatest = MAX(greatest, bars[i].value);
        a = axis_new(unit, greatest);
        begin(b, f);
        axis_draw(b, f, &a);
        for (size_t i = 0; i < n; i++) {
                double y = axis_y(f, &a, bars[i].value), bottom = AXIS_TOP + axis_height(f);

                if (bars[i].at < f->from || bars[i].at > f->to)
                        continue;
                strbuf_printf(b,
                        "<rect class=\"bar %s\" x=\"%.1f\" y=\"%.1f\" width=\"4\" "
                        "height=\"%.1f\"><title>",
                        bars[i].kind, x_of(f, bars[i].at) - 2, MIN(y, bottom - 1),
                        MAX(bottom - y, 1.0));
                html_text(b, bars[i].text);
                strbuf_puts(b, "</title></rect>\n");
        }
        end(b);
}
