/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/text.h"

#include <ctype.h>
#include <time.h>

size_t text_width(const char *text)
{
        size_t n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

void text_wrap(FILE *out, const char *text, unsigned columns, unsigned indent, unsigned used)
{
        size_t at = used;
        bool fresh = true; /* nothing stands on this line yet that needs a blank after it */

        while (*(text += strspn(text, " \t\n"))) {
                size_t size = strcspn(text, " \t\n"), width = 0;

                for (size_t i = 0; i < size; i++)
                        width += ((unsigned char)text[i] & 0xc0) != 0x80;
                if (columns && !fresh && at + 1 + width > columns) {
                        fprintf(out, "\n%*s", (int)indent, "");
                        at = indent;
                        fresh = true;
                }
                fprintf(out, "%s%.*s", fresh ? "" : " ", (int)size, text);
                at += width + !fresh;
                fresh = false;
                text += size;
        }
        fputc('\n', out);
}

const char *text_size(char buf[static UNIT_TEXT_MAX], int64_t bytes)
{
        char *blank;

        if (bytes < 0)
                return "-";
        size_format(buf, UNIT_TEXT_MAX, (uint64_t)bytes);
        /* "1.5 GiB" -> "1.5G"; "512 B" stays recognizable as "512B" */
        blank = strchr(buf, ' ');
        if (blank) {
                blank[0] = blank[1];
                blank[1] = '\0';
        }
        return buf;
}

const char *text_rate(char buf[static UNIT_TEXT_MAX], int64_t bytes_per_second)
{
        char size[UNIT_TEXT_MAX];

        if (bytes_per_second == 0)
                return "steady";
        if (bytes_per_second == INT64_MIN)
                return "-";
        snprintf(buf, UNIT_TEXT_MAX, "%c%.16s/s", bytes_per_second < 0 ? '-' : '+',
                text_size(size, bytes_per_second < 0 ? -bytes_per_second : bytes_per_second));
        return buf;
}

const char *text_duration_long(char buf[static UNIT_TEXT_MAX], int64_t usec)
{
        int64_t step = 1;

        if (usec < 0)
                return "-";
        /* three digits below a minute: nobody needs 12.345678s */
        while (usec < (int64_t)USEC_PER_MIN && usec / step >= 1000)
                step *= 10;
        return duration_format(buf, UNIT_TEXT_MAX, (usec_t)(usec / step * step));
}

const char *text_duration(char buf[static UNIT_TEXT_MAX], int64_t usec)
{
        if (usec < 0)
                return "-";
        duration_format(buf, UNIT_TEXT_MAX, (usec_t)usec / USEC_PER_SEC * USEC_PER_SEC);
        buf[strcspn(buf, " ")] = '\0';
        return buf;
}

const char *text_permyriad(char buf[static UNIT_TEXT_MAX], int64_t permyriad)
{
        return permyriad < 0 || permyriad > UINT32_MAX
                       ? "-"
                       : percent_format(buf, UNIT_TEXT_MAX, (uint32_t)permyriad);
}

const char *text_share(char buf[static UNIT_TEXT_MAX], int64_t part, int64_t whole)
{
        if (part < 0 || whole <= 0 || part > whole)
                return "-";
        /* 128 bits: a year of microseconds times 10000 does not fit in 64 */
        return text_permyriad(buf, (int64_t)((__int128)part * 10000 / whole));
}

const char *text_percent(char buf[static UNIT_TEXT_MAX], int64_t part, int64_t whole)
{
        int64_t permille;

        if (part < 0 || whole <= 0 || part > whole)
                return "-";
        permille = (int64_t)((__int128)part * 1000 / whole);
        if (part > 0 && permille == 0)
                return "<0.1%";
        if (permille >= 100 || permille % 10 == 0)
                snprintf(buf, UNIT_TEXT_MAX, "%" PRId64 "%%", permille / 10);
        else
                snprintf(buf, UNIT_TEXT_MAX, "%" PRId64 ".%" PRId64 "%%", permille / 10, permille % 10);
        return buf;
}

const char *text_permille(char buf[static UNIT_TEXT_MAX], int64_t permille)
{
        uint64_t value = permille < 0 ? -(uint64_t)permille : (uint64_t)permille;

        snprintf(buf, UNIT_TEXT_MAX, "%s%" PRIu64 ".%03" PRIu64, permille < 0 ? "-" : "",
                value / 1000, value % 1000);
        return buf;
}

const char *text_time(char buf[static UNIT_TEXT_MAX], int64_t realtime_usec)
{
        time_t t = (time_t)(realtime_usec / (int64_t)USEC_PER_SEC);
        struct tm tm;

        if (realtime_usec < 0 || !localtime_r(&t, &tm) ||
                strftime(buf, UNIT_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
                return "-";
        return buf;
}

const char *text_time_of_day(char buf[static UNIT_TEXT_MAX], int64_t realtime_usec, bool seconds)
{
        char text[UNIT_TEXT_MAX];
        const char *time = text_time(text, realtime_usec);

        if (streq(time, "-"))
                return "-";
        snprintf(buf, UNIT_TEXT_MAX, "%.*s", seconds ? 8 : 5, time + strlen("2026-11-22 "));
        return buf;
}
