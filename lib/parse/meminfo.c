/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/meminfo.h"

#include "base/macros.h"
#include "parse/text.h"

#define FIELD(name, field, kilobytes, required)                                                    \
        {                                                                                          \
                name, sizeof(name) - 1, offsetof(Meminfo, field), kilobytes,                       \
                        required ? "\"" name "\"" : NULL                                           \
        }
static const struct {
        const char *name;
        size_t size, offset;
        bool kilobytes;       /* printed with " kB"; else a count */
        const char *required; /* what to say where it is missing */
} fields[] = {
        FIELD("MemTotal:", total, true, true),
        FIELD("MemFree:", free, true, true),
        FIELD("MemAvailable:", available, true, false),
        FIELD("Cached:", cached, true, false),
        FIELD("Dirty:", dirty, true, false),
        FIELD("Writeback:", writeback, true, false),
        FIELD("Mlocked:", mlocked, true, false),
        FIELD("Unevictable:", unevictable, true, false),
        FIELD("SReclaimable:", slab_reclaimable, true, false),
        FIELD("SUnreclaim:", slab_unreclaimable, true, false),
        FIELD("Active:", active, true, false),
        FIELD("Inactive:", inactive, true, false),
        FIELD("KernelStack:", kernel_stack, true, false),
        FIELD("PageTables:", page_tables, true, false),
        FIELD("SecPageTables:", sec_page_tables, true, false),
        FIELD("VmallocUsed:", vmalloc_used, true, false),
        FIELD("Percpu:", percpu, true, false),
        FIELD("ShmemHugePages:", shmem_huge_pages, true, false),
        FIELD("FileHugePages:", file_huge_pages, true, false),
        FIELD("Balloon:", balloon, true, false),
        FIELD("Slab:", slab, true, false),
        FIELD("AnonHugePages:", anon_huge_pages, true, false),
        FIELD("CmaTotal:", cma_total, true, false),
        FIELD("CmaFree:", cma_free, true, false),
        FIELD("HugePages_Total:", hugepages_total, false, false),
        FIELD("HugePages_Free:", hugepages_free, false, false),
        FIELD("Hugepagesize:", hugepage_size, true, false),
        FIELD("Hugetlb:", hugetlb, true, false),
};

static uint64_t *meminfo_field(Meminfo *m, size_t i)
{
        return (uint64_t *)((char *)m + fields[i].offset);
}

static void meminfo_reset(Meminfo *m)
{
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                *meminfo_field(m, i) = UNKNOWN_U64;
        m->skipped = 0;
}

static const char *meminfo_take_value(Meminfo *m, size_t i, Text *line)
{
        uint64_t value;
        Text unit;

        if (*meminfo_field(m, i) != UNKNOWN_U64)
                return "each value once";
        if (!text_number(line, "", &value))
                return "a number";
        if (fields[i].kilobytes) {
                if (!text_word(line, &unit) || !TEXT_EQUAL(&unit, "kB"))
                        return "a number of kB";
                if (__builtin_mul_overflow(value, UINT64_C(1024), &value))
                        return "a size of less than 16 EiB";
        }
        m->skipped += text_count_words(line);
        *meminfo_field(m, i) = value;
        return NULL;
}

static const char *meminfo_take_line(Meminfo *m, Text *line)
{
        Text name;

        if (text_word(line, &name))
                for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                        if (text_equal(&name, fields[i].name, fields[i].size))
                                return meminfo_take_value(m, i, line);
        m->skipped++;
        return NULL;
}

static int meminfo_parse_lines(Meminfo *m, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        bool truncated = false;

        while (text_line(&t, &line, &truncated)) {
                const char *expected = meminfo_take_line(m, &line);

                if (expected)
                        return parse_fail(ret_error, t.line, expected);
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (fields[i].required && *meminfo_field(m, i) == UNKNOWN_U64)
                        return parse_fail(ret_error, t.line, fields[i].required);
        return 0;
}

int meminfo_parse(Meminfo *m, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        meminfo_reset(m);
        r = meminfo_parse_lines(m, text, size, ret_error);
        if (r < 0)
                meminfo_reset(m);
        return r;
}
