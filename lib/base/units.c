/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"

/* So that a fraction times a remainder below 10^9 stays within 64 bits (decimal_scale). */
#define DECIMALS_MAX 9

typedef struct Unit {
        const char *name;
        uint64_t factor;
} Unit;

static const char size_prefixes[] = "KMGTPE";

static const Unit duration_units[] = {
        { "w", 7 * 24 * USEC_PER_HOUR },
        { "d", 24 * USEC_PER_HOUR },
        { "h", USEC_PER_HOUR },
        { "min", USEC_PER_MIN },
        { "s", USEC_PER_SEC },
        { "ms", USEC_PER_MSEC },
        { "us", 1 },
        { "m", USEC_PER_MIN }, /* never written */
};

/* Digits, perhaps a point and digits. The value is whole + fraction / power. */
typedef struct Decimal {
        uint64_t whole, fraction, power;
        unsigned decimals;
        bool overflow; /* remembered, not returned: what follows decides whether the form is right
                          at all */
} Decimal;

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *p)
{
        while (*p == ' ' || *p == '\t')
                p++;
        return p;
}

static const char *scan_digits(const char *p, uint64_t *ret, bool *overflow)
{
        uint64_t n = 0;

        for (; is_digit(*p); p++)
                if (__builtin_mul_overflow(n, UINT64_C(10), &n) ||
                        __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
                        *overflow = true;
        *ret = n;
        return p;
}

/* Returns what follows, NULL where there is no number at p. */
static const char *scan_decimal(const char *p, Decimal *ret)
{
        Decimal d = { .power = 1 };

        if (!is_digit(*p))
                return NULL;
        p = scan_digits(p, &d.whole, &d.overflow);
        if (*p == '.') {
                const char *start = ++p;

                for (; is_digit(*p); p++) {
                        if (p - start == DECIMALS_MAX)
                                return NULL;
                        d.fraction = d.fraction * 10 + (uint64_t)(*p - '0');
                        d.power *= 10;
                }
                if (p == start)
                        return NULL;
                d.decimals = (unsigned)(p - start);
        }
        *ret = d;
        return p;
}

/* d * factor, rounded down; false where that does not fit. */
static bool decimal_scale(const Decimal *d, uint64_t factor, uint64_t *ret)
{
        /* factor * fraction / power in two exact steps, none of which overflows: fraction < power
         * <= 10^9. */
        uint64_t part = factor / d->power * d->fraction +
                        factor % d->power * d->fraction / d->power;

        return !d->overflow && !__builtin_mul_overflow(d->whole, factor, ret) &&
               !__builtin_add_overflow(*ret, part, ret);
}

int size_parse(const char *text, uint64_t *ret_bytes)
{
        const char *p, *prefix;
        uint64_t factor = 1, bytes;
        Decimal d;

        p = scan_decimal(skip_blanks(text), &d);
        if (!p)
                return -EINVAL;
        p = skip_blanks(p);
        prefix = *p ? strchr(size_prefixes, *p) : NULL;
        if (prefix) {
                factor = UINT64_C(1) << (10 * (prefix - size_prefixes + 1));
                p++;
                if (p[0] == 'i' && p[1] == 'B')
                        p++;
        }
        if (*p == 'B')
                p++;
        if (*skip_blanks(p) != 0 || (factor == 1 && d.decimals > 0))
                return -EINVAL;
        if (!decimal_scale(&d, factor, &bytes))
                return -ERANGE;
        *ret_bytes = bytes;
        return 0;
}

char *size_format(char *buf, size_t size, uint64_t bytes)
{
        unsigned i = 0;
        uint64_t unit, tenths;

        while (i < sizeof(size_prefixes) - 1 && bytes >> (10 * (i + 1)) > 0)
                i++;
        if (i == 0) {
                snprintf(buf, size, "%" PRIu64 " B", bytes);
                return buf;
        }
        unit = UINT64_C(1) << (10 * i);
        tenths = bytes % unit * 10 / unit;
        if (tenths > 0)
                snprintf(buf, size, "%" PRIu64 ".%" PRIu64 " %ciB", bytes / unit, tenths,
                        size_prefixes[i - 1]);
        else
                snprintf(buf, size, "%" PRIu64 " %ciB", bytes / unit, size_prefixes[i - 1]);
        return buf;
}

/* The unit that stands at p as a whole word; NULL if none does. */
static const Unit *duration_unit(const char *p, size_t *ret_length)
{
        size_t length = 0;

        while (p[length] >= 'a' && p[length] <= 'z')
                length++;
        for (size_t i = 0; i < ELEMENTSOF(duration_units); i++)
                if (strlen(duration_units[i].name) == length &&
                        strncmp(p, duration_units[i].name, length) == 0) {
                        *ret_length = length;
                        return &duration_units[i];
                }
        return NULL;
}

int duration_parse(const char *text, usec_t *ret)
{
        const char *p = skip_blanks(text);
        usec_t sum = 0, term;
        bool overflow = false;

        for (bool first = true; first || *p; first = false) {
                uint64_t factor = USEC_PER_SEC;
                Decimal d;

                p = scan_decimal(p, &d);
                if (!p)
                        return -EINVAL;
                p = skip_blanks(p);
                if (*p || !first) { /* a bare number stands alone: what "1h 30" means is anybody's
                                       guess */
                        size_t length;
                        const Unit *unit = duration_unit(p, &length);

                        if (!unit)
                                return -EINVAL;
                        factor = unit->factor;
                        p = skip_blanks(p + length);
                }
                if (!decimal_scale(&d, factor, &term) || __builtin_add_overflow(sum, term, &sum))
                        overflow = true;
        }
        if (overflow || sum == USEC_INFINITY)
                return -ERANGE;
        *ret = sum;
        return 0;
}

/* n / 10^decimals without trailing zeros: 1500, 3 -> "1.5". */
static void format_decimal(char *buf, size_t size, uint64_t n, unsigned decimals, const char *unit)
{
        uint64_t power = 1;

        for (unsigned i = 0; i < decimals; i++)
                power *= 10;
        while (decimals > 0 && n % 10 == 0) {
                n /= 10;
                power /= 10;
                decimals--;
        }
        if (decimals > 0)
                snprintf(buf, size, "%" PRIu64 ".%0*" PRIu64 "%s", n / power, (int)decimals,
                        n % power, unit);
        else
                snprintf(buf, size, "%" PRIu64 "%s", n, unit);
}

char *duration_format(char *buf, size_t size, usec_t t)
{
        size_t i = 0;
        usec_t next;

        if (t == USEC_INFINITY) {
                snprintf(buf, size, "infinity");
                return buf;
        }
        if (t == 0 || (t >= USEC_PER_SEC && t < USEC_PER_MIN))
                format_decimal(buf, size, t / USEC_PER_MSEC, 3, "s");
        else if (t < USEC_PER_MSEC)
                format_decimal(buf, size, t, 0, "us");
        else if (t < USEC_PER_SEC)
                format_decimal(buf, size, t, 3, "ms");
        else {
                while (duration_units[i].factor > t)
                        i++;
                next = t % duration_units[i].factor / duration_units[i + 1].factor;
                if (next > 0)
                        snprintf(buf, size, "%" PRIu64 "%s %" PRIu64 "%s",
                                t / duration_units[i].factor, duration_units[i].name, next,
                                duration_units[i + 1].name);
                else
                        snprintf(buf, size, "%" PRIu64 "%s", t / duration_units[i].factor,
                                duration_units[i].name);
        }
        return buf;
}

int percent_parse(const char *text, uint32_t *ret_permyriad)
{
        const char *p;
        uint64_t n;
        Decimal d;

        p = scan_decimal(skip_blanks(text), &d);
        if (!p)
                return -EINVAL;
        p = skip_blanks(p);
        if (*p != '%' || *skip_blanks(p + 1) != 0 || d.decimals > 2)
                return -EINVAL;
        if (!decimal_scale(&d, 100, &n) || n > 10000)
                return -ERANGE;
        *ret_permyriad = (uint32_t)n;
        return 0;
}

char *percent_format(char *buf, size_t size, uint32_t permyriad)
{
        format_decimal(buf, size, permyriad, 2, "%");
        return buf;
}

int number_parse(const char *text, uint64_t *ret)
{
        bool overflow = false;
        uint64_t n;

        if (!is_digit(*text) || *scan_digits(text, &n, &overflow) != 0)
                return -EINVAL;
        if (overflow)
                return -ERANGE;
        *ret = n;
        return 0;
}
