/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "metrics/accept.h"

#include "base/macros.h"

#define BLANKS " \t"

/* Part of a header, not NUL-terminated. */
typedef struct Span {
        const char *at;
        size_t size;
} Span;

static Span trim(const char *at, size_t size)
{
        size_t lead;

        while (size > 0 && strchr(BLANKS, at[size - 1]))
                size--;
        lead = strspn(at, BLANKS);
        lead = MIN(lead, size);
        return (Span){ at + lead, size - lead };
}

/* Takes the text up to the next `separator` (or the end of *rest) from *rest; false where nothing
 * is left. */
static bool next(Span *rest, char separator, Span *ret)
{
        const char *end;

        if (!rest->at)
                return false;
        end = memchr(rest->at, separator, rest->size);
        if (!end) {
                *ret = trim(rest->at, rest->size);
                rest->at = NULL;
                return true;
        }
        *ret = trim(rest->at, (size_t)(end - rest->at));
        rest->size -= (size_t)(end - rest->at) + 1;
        rest->at = end + 1;
        return true;
}

static bool is(Span s, const char *text)
{
        return s.size == strlen(text) && strncasecmp(s.at, text, s.size) == 0;
}

static bool starts(Span s, const char *text)
{
        return s.size >= strlen(text) && strncasecmp(s.at, text, strlen(text)) == 0;
}

/* "0.75" -> 750; what is none counts as 0: not wanted. */
static unsigned quality(Span s)
{
        unsigned q = 0, unit = 1000;

        for (size_t i = 0; i < s.size; i++) {
                if (i == 1 && s.at[i] == '.')
                        continue;
                if (s.at[i] < '0' || s.at[i] > '9' || i > 4)
                        return 0;
                q += (unsigned)(s.at[i] - '0') * unit;
                unit /= 10;
        }
        return MIN(q, 1000u);
}

/* One element of a list: its name, its quality in thousandths, and whether it asks for another
 * version of the format than `version`. */
static Span element(Span text, const char *version, unsigned *ret_quality, bool *ret_other)
{
        Span name = { "", 0 }, parameter;

        *ret_quality = 1000;
        *ret_other = false;
        (void)next(&text, ';', &name);
        while (next(&text, ';', &parameter)) {
                if (starts(parameter, "q="))
                        *ret_quality = quality((Span){ parameter.at + 2, parameter.size - 2 });
                else if (starts(parameter, "version="))
                        *ret_other |= !is((Span){ parameter.at + 8, parameter.size - 8 }, version);
        }
        return name;
}

MetricsFormat accept_format(const char *header)
{
        Span rest = { header, header ? strlen(header) : 0 }, one;
        unsigned open = 0, text = 0, q;
        bool other;

        while (next(&rest, ',', &one)) {
                Span name = element(one, "1.0.0", &q, &other);

                if (is(name, "application/openmetrics-text") && !other)
                        open = MAX(open, q);
                else if (is(name, "text/plain"))
                        text = MAX(text, q);
        }
        return open > 0 && open >= text ? METRICS_OPENMETRICS : METRICS_TEXT;
}

bool accept_gzip(const char *header)
{
        Span rest = { header, header ? strlen(header) : 0 }, one;
        unsigned gzip = 0, any = 0, q;
        bool other, named = false;

        while (next(&rest, ',', &one)) {
                Span name = element(one, "", &q, &other);

                if (is(name, "gzip") || is(name, "x-gzip")) {
                        gzip = MAX(gzip, q);
                        named = true;
                } else if (is(name, "*"))
                        any = q;
        }
        return named ? gzip > 0 : any > 0;
}
