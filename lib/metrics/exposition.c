/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/exposition.h"

/* A number of 64 bits, a sign, a point and a zero before it. */
#define NUMBER_MAX 32

const char *metrics_content_type(MetricsFormat format)
{
        return format == METRICS_OPENMETRICS
                       ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                       : "text/plain; version=0.0.4; charset=utf-8";
}

/* What a sample's name has beyond the family's. */
static const char *suffix(MetricType type)
{
        return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}

static const char *type_name(MetricType type, MetricsFormat format)
{
        static const char *const names[_METRIC_TYPE_MAX][_METRICS_FORMAT_MAX] = {
                [METRIC_GAUGE] = { "gauge", "gauge" },
                [METRIC_COUNTER] = { "counter", "counter" },
                [METRIC_HISTOGRAM] = { "histogram", "histogram" },
                [METRIC_STATESET] = { "gauge", "stateset" },
                [METRIC_INFO] = { "gauge", "info" },
        };

        return names[type][format];
}

static void heading(Exposition *x, MetricId id)
{
        const MetricFamily *f = metric_family(id);
        const char *more = x->format == METRICS_TEXT ? suffix(f->type) : "";

        assert(x->current == _METRIC_MAX || x->current < id);
        x->current = id;
        strbuf_printf(x->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", f->name, more, f->help, f->name,
                more, type_name(f->type, x->format));
        if (x->format == METRICS_OPENMETRICS && f->unit)
                strbuf_printf(x->out, "# UNIT %s %s\n", f->name, f->unit);
}

/* A label's value: backslash, quote and line feed are escaped. */
static void add_escaped(StrBuf *b, const char *text)
{
        for (;;) {
                size_t n = strcspn(text, "\\\"\n");

                strbuf_add(b, text, n);
                text += n;
                if (!*text)
                        return;
                strbuf_puts(b, *text == '\n' ? "\\n" : *text == '"' ? "\\\"" : "\\\\");
                text++;
        }
}

static void add_label(StrBuf *b, char before, const char *name, const char *value)
{
        strbuf_add(b, &before, 1);
        strbuf_puts(b, name);
        strbuf_add(b, "=\"", 2);
        add_escaped(b, value);
        strbuf_add(b, "\"", 1);
}

/* All of a line but the value; last: the value of the family's last label where it is not in
 * `labels`. */
static void begin(Exposition *x, MetricId id, const char *ending, const char *const labels[],
        const char *last)
{
        const MetricFamily *f = metric_family(id);
        char before = '{';

        if (x->current != id)
                heading(x, id);
        strbuf_puts(x->out, f->name);
        strbuf_puts(x->out, ending);
        for (size_t i = 0; i < METRIC_LABELS_MAX && f->labels[i]; i++) {
                bool is_last = i + 1 == METRIC_LABELS_MAX || !f->labels[i + 1];

                assert(labels || (last && is_last));
                add_label(x->out, before, f->labels[i], last && is_last ? last : labels[i]);
                before = ',';
        }
        strbuf_puts(x->out, before == ',' ? "} " : " ");
        x->series++;
}

/* value / 10^digits, backwards from the end of buf; returns where it starts. Zeros at the end of
 * the fraction are left out. */
static char *format_number(char buf[static NUMBER_MAX], uint64_t value, unsigned digits)
{
        char *p = buf + NUMBER_MAX;
        bool fraction = false;

        *--p = 0;
        for (; digits > 0; digits--, value /= 10)
                if (fraction || value % 10) {
                        *--p = (char)('0' + value % 10);
                        fraction = true;
                }
        if (fraction)
                *--p = '.';
        do {
                *--p = (char)('0' + value % 10);
                value /= 10;
        } while (value > 0);
        return p;
}

static void end(Exposition *x, bool negative, uint64_t value, unsigned digits)
{
        char buf[NUMBER_MAX], *p = format_number(buf, value, digits);

        if (negative)
                *--p = '-';
        buf[NUMBER_MAX - 1] = '\n';
        strbuf_add(x->out, p, (size_t)(buf + NUMBER_MAX - p));
}

void exposition_add(
        Exposition *x, MetricId id, uint64_t value, unsigned digits, const char *const labels[])
{
        begin(x, id, suffix(metric_family(id)->type), labels, NULL);
        end(x, false, value, digits);
}

void exposition_add_signed(
        Exposition *x, MetricId id, int64_t value, unsigned digits, const char *const labels[])
{
        begin(x, id, suffix(metric_family(id)->type), labels, NULL);
        end(x, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value, digits);
}

void exposition_add_infinite(Exposition *x, MetricId id, const char *const labels[])
{
        begin(x, id, suffix(metric_family(id)->type), labels, NULL);
        strbuf_puts(x->out, "+Inf\n");
}

void exposition_add_states(Exposition *x, MetricId id, size_t n, const char *const names[],
        size_t current, const char *const labels[])
{
        for (size_t i = 0; i < n; i++) {
                begin(x, id, "", labels, names[i]);
                end(x, false, i == current, 0);
        }
}

static void bucket(Exposition *x, MetricId id, const char *bound, uint64_t count)
{
        strbuf_puts(x->out, metric_family(id)->name);
        strbuf_puts(x->out, "_bucket");
        add_label(x->out, '{', "le", bound);
        strbuf_puts(x->out, "} ");
        end(x, false, count, 0);
        x->series++;
}

void exposition_add_histogram(Exposition *x, MetricId id, size_t n, const uint64_t bounds[],
        const uint64_t counts[], uint64_t sum)
{
        char buf[NUMBER_MAX + 2];
        uint64_t count = 0;

        heading(x, id);
        for (size_t i = 0; i < n; i++) {
                char *p = format_number(buf, bounds[i], 6);

                /* OpenMetrics wants a bound to be written as a fraction always. */
                if (!strchr(p, '.'))
                        memcpy(p + strlen(p), ".0", sizeof(".0"));
                count += counts[i];
                bucket(x, id, p, count);
        }
        count += counts[n];
        bucket(x, id, "+Inf", count);
        begin(x, id, "_sum", NULL, NULL);
        end(x, false, sum, 6);
        begin(x, id, "_count", NULL, NULL);
        end(x, false, count, 0);
}

void exposition_end(Exposition *x)
{
        if (x->format == METRICS_OPENMETRICS)
                strbuf_puts(x->out, "# EOF\n");
}
