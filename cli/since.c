/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* since.c - points in time as people write them, see options.h. */
#include <time.h>

#include "base/units.h"
#include "cli/options.h"

/* Local time to realtime; refuses what mktime() would silently move, such as February 31st. */
static int local_to_realtime(const struct tm *wanted, usec_t *ret)
{
        struct tm tm = *wanted;
        time_t t;

        tm.tm_isdst = -1;
        t = mktime(&tm);
        if (t < 0 || tm.tm_mday != wanted->tm_mday || tm.tm_mon != wanted->tm_mon ||
                tm.tm_year != wanted->tm_year)
                return -EINVAL;
        *ret = (usec_t)t * USEC_PER_SEC;
        return 0;
}

/* The whole of text in one of the formats. strptime() takes fewer digits than it should; "1:2" is
 * no time of day here. */
static bool time_match(const char *text, const char *format, size_t length, struct tm *tm)
{
        const char *end;

        if (strlen(text) != length)
                return false;
        end = strptime(text, format, tm);
        return end && *end == '\0';
}

static bool match_day(const char *text, const char *format, size_t length, struct tm *tm)
{
        *tm = (struct tm){ 0 };
        return time_match(text, format, length, tm);
}

static int since_time_of_day(const char *text, usec_t now, usec_t *ret)
{
        time_t t = (time_t)(now / USEC_PER_SEC);
        struct tm tm;
        usec_t when;

        if (!localtime_r(&t, &tm))
                return -EINVAL;
        tm.tm_sec = 0;
        if (!time_match(text, "%H:%M", 5, &tm) && !time_match(text, "%H:%M:%S", 8, &tm))
                return -EINVAL;
        if (local_to_realtime(&tm, &when) < 0)
                return -EINVAL;
        if (when > now) {
                /* noon, so that a change of the clocks cannot make it another day */
                struct tm yesterday = { .tm_year = tm.tm_year,
                        .tm_mon = tm.tm_mon,
                        .tm_mday = tm.tm_mday - 1,
                        .tm_hour = 12,
                        .tm_isdst = -1 };

                if (mktime(&yesterday) < 0)
                        return -EINVAL;
                tm.tm_year = yesterday.tm_year;
                tm.tm_mon = yesterday.tm_mon;
                tm.tm_mday = yesterday.tm_mday;
                if (local_to_realtime(&tm, &when) < 0)
                        return -EINVAL;
        }
        *ret = when;
        return 0;
}

/* "2h", "-2h", "2h ago" */
static int since_ago(const char *text, usec_t now, usec_t *ret)
{
        size_t size = strlen(text);
        _cleanup_free_ char *duration = NULL;
        usec_t ago;

        if (*text == '-')
                text++, size--;
        else if (size > 4 && streq(text + size - 4, " ago"))
                size -= 4;
        duration = strndup(text, size);
        if (!duration)
                return -ENOMEM;
        if (*text == '-' || duration_parse(duration, &ago) < 0)
                return -EINVAL;
        *ret = usec_sub(now, ago);
        return 0;
}

/* The beginning of a day so many days ago. */
static int since_day(unsigned days, usec_t now, usec_t *ret)
{
        time_t t = (time_t)(now / USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&t, &tm))
                return -EINVAL;
        tm = (struct tm){ .tm_year = tm.tm_year,
                .tm_mon = tm.tm_mon,
                .tm_mday = tm.tm_mday - (int)days,
                .tm_isdst = -1 };
        t = mktime(&tm);
        if (t < 0)
                return -EINVAL;
        *ret = (usec_t)t * USEC_PER_SEC;
        return 0;
}

int since_parse(const char *text, usec_t now, usec_t *ret)
{
        struct tm tm;

        if (since_ago(text, now, ret) == 0)
                return 0;
        if (streq(text, "now")) {
                *ret = now;
                return 0;
        }
        if (streq(text, "today"))
                return since_day(0, now, ret);
        if (streq(text, "yesterday"))
                return since_day(1, now, ret);
        if (match_day(text, "%Y-%m-%d", 10, &tm) || match_day(text, "%Y-%m-%d %H:%M", 16, &tm) ||
                match_day(text, "%Y-%m-%d %H:%M:%S", 19, &tm))
                return local_to_realtime(&tm, ret);
        return since_time_of_day(text, now, ret);
}
