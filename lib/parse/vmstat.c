/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/vmstat.h"

#include "base/macros.h"
#include "parse/text.h"

/* A line is first told apart by its first eight bytes: most of the file's names are of no interest,
 * and those of interest share few beginnings. */
#define PREFIX_SIZE 8

static const struct {
        const char *name;
        size_t size, offset;
} counters[] = {
#define X(n) [VMSTAT_INDEX_##n] = { #n, sizeof(#n) - 1, offsetof(Vmstat, n) },
        VMSTAT_COUNTERS(X)
#undef X
};

#define X(n) _Static_assert(sizeof(#n) > PREFIX_SIZE, "shorter than the prefix");
VMSTAT_COUNTERS(X)
#undef X

typedef struct Prefixes {
        uint64_t bits[4];
} Prefixes;

static inline unsigned prefix_hash(const char *p)
{
        uint64_t v;

        memcpy(&v, p, sizeof(v));
        return (unsigned)(v * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static void prefixes_init(Prefixes *p)
{
        *p = (Prefixes){ 0 };
        for (size_t i = 0; i < VMSTAT_COUNT; i++) {
                unsigned h = prefix_hash(counters[i].name);

                p->bits[h / 64] |= UINT64_C(1) << h % 64;
        }
}

static inline bool prefixes_have(const Prefixes *p, const Text *line)
{
        unsigned h;

        if (line->end - line->p < PREFIX_SIZE)
                return false;
        h = prefix_hash(line->p);
        return p->bits[h / 64] >> h % 64 & 1;
}

static inline bool counter_matches(size_t i, const Text *line, size_t size)
{
        return counters[i].size == size && memcmp(counters[i].name, line->p, size) == 0;
}

/* Takes the name if it is one of ours. `next` is the one to try first, since kernels keep their
 * order. */
static bool counter_take(Text *line, size_t next, size_t *ret)
{
        const char *blank = memchr(line->p, ' ', (size_t)(line->end - line->p));
        size_t size = (size_t)((blank ? blank : line->end) - line->p);
        size_t i = next;

        if (i == VMSTAT_COUNT || !counter_matches(i, line, size))
                for (i = 0; i < VMSTAT_COUNT; i++)
                        if (counter_matches(i, line, size))
                                break;
        if (i == VMSTAT_COUNT)
                return false;
        line->p += size;
        *ret = i;
        return true;
}

void vmstat_reset(Vmstat *v)
{
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                *vmstat_counter(v, i) = UNKNOWN_U64;
        v->skipped = 0;
}

const char *vmstat_name(size_t i)
{
        assert(i < VMSTAT_COUNT);
        return counters[i].name;
}

uint64_t *vmstat_counter(Vmstat *v, size_t i)
{
        assert(i < VMSTAT_COUNT);
        return (uint64_t *)((char *)v + counters[i].offset);
}

static int vmstat_parse_lines(Vmstat *v, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        bool truncated = false, any = false;
        size_t i, next = 0;
        Prefixes prefixes;

        prefixes_init(&prefixes);
        while (text_line(&t, &line, &truncated)) {
                uint64_t *counter;

                if (!prefixes_have(&prefixes, &line) || !counter_take(&line, next, &i)) {
                        v->skipped++;
                        continue;
                }
                counter = vmstat_counter(v, i);
                if (*counter != UNKNOWN_U64)
                        return parse_fail(ret_error, t.line, "each counter once");
                if (!text_number(&line, "", counter))
                        return parse_fail(ret_error, t.line, "a counter's value");
                v->skipped += text_count_words(&line);
                next = i + 1;
                any = true;
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        if (!any)
                return parse_fail(ret_error, t.line, "a counter that fragd knows");
        return 0;
}

int vmstat_parse(Vmstat *v, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        vmstat_reset(v);
        r = vmstat_parse_lines(v, text, size, ret_error);
        if (r < 0)
                vmstat_reset(v);
        return r;
}

/* How many bytes both begin with. */
static size_t same_bytes(const Text *a, const Text *b)
{
        size_t size = MIN((size_t)(a->end - a->p), (size_t)(b->end - b->p)), i = 0;
        uint64_t x, y;

        for (; i + sizeof(x) <= size; i += sizeof(x)) {
                memcpy(&x, a->p + i, sizeof(x));
                memcpy(&y, b->p + i, sizeof(y));
                if (x != y)
                        break;
        }
        while (i < size && a->p[i] == b->p[i])
                i++;
        return i;
}

/* Goes on to the line in which they differ, which begins at the same distance in both. False where they do not. */
static bool differing_line(Text *a, Text *b)
{
        size_t same = same_bytes(a, b);

        if (a->p + same == a->end && b->p + same == b->end)
                return false;
        while (same > 0 && a->p[same - 1] != '\n')
                same--;
        a->p += same;
        b->p += same;
        return true;
}

/* Takes the changed value of one line. False where more than a value has changed: another name, a line more or less, an error. */
static bool update_line(Vmstat *v, const Prefixes *prefixes, Text *line, Text *before)
{
        const char *blank = memchr(line->p, ' ', (size_t)(line->end - line->p));
        size_t name = blank ? (size_t)(blank - line->p) + 1 : 0, i;

        if (!name || (size_t)(before->end - before->p) < name || memcmp(line->p, before->p, name) != 0)
                return false;
        if (!prefixes_have(prefixes, line) || !counter_take(line, VMSTAT_COUNT, &i))
                return true;
        before->p += name;
        return text_count_words(before) == 1 && text_number(line, "", vmstat_counter(v, i)) && text_at_end(line);
}

static bool update_lines(Vmstat *v, Text text, Text before)
{
        bool truncated = false;
        Text line, line_before;
        Prefixes prefixes;

        prefixes_init(&prefixes);
        while (differing_line(&text, &before))
                if (!text_line(&text, &line, &truncated) || !text_line(&before, &line_before, &truncated) ||
                        !update_line(v, &prefixes, &line, &line_before))
                        return false;
        return true;
}

int vmstat_parse_again(Vmstat *v, const char *before, size_t before_size, const char *text, size_t size, ParseError *ret_error)
{
        if (update_lines(v, text_init(text, size), text_init(before, before_size)))
                return 0;
        return vmstat_parse(v, text, size, ret_error);
}
