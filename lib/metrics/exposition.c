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

/* Lines are many and short: they are put together character by character, in room that was made
 * before. */
static char *put(char *p, const char *text)
{
        while (*text)
                *p++ = *text++;
        return p;
}

/* A label's value: backslash, quote and line feed are escaped. */
static char *put_escaped(char *p, const char *text)
{
        for (; *text; text++) {
                if (*text == '\\' || *text == '"' || *text == '\n')
                        *p++ = '\\';
                *p++ = (char)(*text == '\n' ? 'n' : *text);
        }
        return p;
}

static char *put_label(char *p, char before, const char *name, const char *value)
{
        *p++ = before;
        p = put(p, name);
        p = put(p, "=\"");
        p = put_escaped(p, value);
        *p++ = '"';
        return p;
}

static size_t label_room(const char *name, const char *value)
{
        return strlen(name) + 2 * strlen(value) + strlen(",=\"\"");
}

typedef struct Line {
        const MetricFamily *family;
        const char *ending;
        const char *values[METRIC_LABELS_MAX];
        size_t n_values;
} Line;

static void add_begin(StrBuf *b, const Line *l)
{
        size_t room = strlen(l->family->name) + strlen(l->ending) + strlen("} ");
        char *p;

        for (size_t i = 0; i < l->n_values; i++)
                room += label_room(l->family->labels[i], l->values[i]);
        p = strbuf_room(b, room);
        if (!p)
                return;
        p = put(put(p, l->family->name), l->ending);
        for (size_t i = 0; i < l->n_values; i++)
                p = put_label(p, i == 0 ? '{' : ',', l->family->labels[i], l->values[i]);
        strbuf_grown(b, put(p, l->n_values > 0 ? "} " : " "));
}

/* All of a line but the value; last: the value of the family's last label where it is not in
 * `labels`. */
static void begin(Exposition *x, MetricId id, const char *ending, const char *const labels[],
        const char *last)
{
        Line l = { .family = metric_family(id), .ending = ending };

        if (x->current != id)
                heading(x, id);
        while (l.n_values < METRIC_LABELS_MAX && l.family->labels[l.n_values])
                l.n_values++;
        for (size_t i = 0; i < l.n_values; i++) {
                bool is_last = last && i + 1 == l.n_values;

                assert(labels || is_last);
                l.values[i] = is_last ? last : labels[i];
        }
        add_begin(x->out, &l);
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
        const char *name = metric_family(id)->name;
        char *p = strbuf_room(x->out, strlen(name) + strlen("_bucket} ") + label_room("le", bound));

        if (p) {
                p = put_label(put(put(p, name), "_bucket"), '{', "le", bound);
                strbuf_grown(x->out, put(p, "} "));
        }
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
