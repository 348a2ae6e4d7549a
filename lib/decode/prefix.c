/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/prefix.h"

/* Prefixes on one line: quotes, priority, date, host, "kernel:", time since boot, task. */
#define PREFIXES_MAX 16
/* "kernel:" stands at most here, after a date and a host's name. */
#define KERNEL_TAG_MAX 120

static bool is_weekday(Slice s)
{
        static const char *const days[] = { "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun " };

        for (size_t i = 0; i < ELEMENTSOF(days); i++)
                if (slice_begins(s, days[i]))
                        return true;
        return false;
}

/* "T1234", "C33": a task or a CPU. */
static bool take_stream(Slice s, uint64_t *ret_stream)
{
        bool cpu = slice_begins(s, "C");
        uint64_t n;

        if (!slice_take(&s, "T") && !slice_take(&s, "C"))
                return false;
        if (!slice_number(&s, &n) || s.p != s.end)
                return false;
        *ret_stream = (n + 1) * 2 + cpu;
        return true;
}

/* "170238.829785", "309805.658142s": with its dot, for traces have addresses in such brackets. */
static bool is_uptime(Slice s)
{
        uint64_t n;

        if (!slice_number(&s, &n) || !slice_take(&s, "."))
                return false;
        while (s.p < s.end && slice_is_digit(*s.p))
                s.p++;
        (void)slice_take(&s, "s");
        slice_skip_blanks(&s);
        return s.p == s.end;
}

/* What phones print: "pid:1361,cpu5,name", "3:  Binder:9343_3:22875". */
static bool is_task(Slice s)
{
        uint64_t n;

        if (slice_begins(s, "pid:"))
                return true;
        return slice_number(&s, &n) && slice_take(&s, ": ") && slice_find(s, ":");
}

static bool take_bracket(Slice *s, uint64_t *ret_stream)
{
        Slice t = *s, inner;

        if (!slice_take(&t, "["))
                return false;
        inner = slice_until(&t, "]");
        if (!slice_take(&t, "]"))
                return false;
        slice_skip_blanks(&inner);
        if (!is_uptime(inner) && !is_weekday(inner) && !is_task(inner) && !take_stream(inner, ret_stream))
                return false;
        *s = t;
        return true;
}

/* "<4>". */
static bool take_priority(Slice *s)
{
        Slice t = *s;
        uint64_t n;

        if (!slice_take(&t, "<") || !slice_number(&t, &n) || n > 999 || !slice_take(&t, ">"))
                return false;
        *s = t;
        return true;
}

/* "2024-08-08T08:37:09.914376+00:00", "08:41:51.341", "192.168.186.128:6666". */
static bool take_date(Slice *s)
{
        Slice t = *s;
        bool marked = false, digit;

        digit = t.p < t.end && slice_is_digit(*t.p);
        for (; t.p < t.end && *t.p != ' ' && *t.p != '\t'; t.p++) {
                if (!slice_is_digit(*t.p) && !(*t.p && strchr(":-.,+TZ", *t.p)))
                        return false;
                marked = marked || *t.p == ':' || *t.p == '-';
        }
        if (!digit || !marked || t.p == t.end)
                return false;
        *s = t;
        return true;
}

/* Everything to "kernel:", where that is the tag of a log. */
static bool take_kernel(Slice *s)
{
        Slice head = { s->p, s->p + MIN(slice_size(*s), (size_t)KERNEL_TAG_MAX) };
        const char *at = slice_find(head, "kernel:");

        if (!at || (at > s->p && at[-1] != ' ' && at[-1] != '\t'))
                return false;
        /* in a sentence of the kernel's own, or in a time since boot that comes later */
        if (at > s->p && slice_find((Slice){ s->p, at }, "BUG"))
                return false;
        s->p = at + strlen("kernel:");
        return true;
}

/* "kern  :warn  : ", as dmesg -x prints. */
static bool take_facility(Slice *s)
{
        Slice t = *s;

        if (!slice_take(&t, "kern "))
                return false;
        slice_skip_blanks(&t);
        if (!slice_take(&t, ":"))
                return false;
        (void)slice_until(&t, ":");
        if (!slice_take(&t, ":"))
                return false;
        *s = t;
        return true;
}

Slice prefix_strip(Slice line, uint64_t *ret_stream)
{
        *ret_stream = 0;
        while (line.end > line.p && (line.end[-1] == '\n' || line.end[-1] == '\r' || line.end[-1] == ' ' || line.end[-1] == '\t'))
                line.end--;
        for (unsigned i = 0; i < PREFIXES_MAX; i++) {
                slice_skip_blanks(&line);
                if (!slice_take(&line, ">") && !take_priority(&line) && !take_bracket(&line, ret_stream) && !take_facility(&line) &&
                        !take_kernel(&line) && !take_date(&line))
                        break;
        }
        slice_skip_blanks(&line);
        return line;
}
