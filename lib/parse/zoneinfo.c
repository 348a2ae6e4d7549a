/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/zoneinfo.h"

#include "base/macros.h"
#include "parse/zones.h"

/* The kernel tells the parts of a zone apart by indentation. */
enum {
        INDENT_HEADING = 2, /* "  pages free     3840", "  pagesets", "  start_pfn:           1" */
        INDENT_CPU = 4,     /* "    cpu: 0" */
        INDENT_COUNTER = 6, /* "      nr_free_pages 3840", also those of "per-node stats" */
        INDENT_MARK = 8,    /* "        min      25" */
        INDENT_PAGESET = 14 /* "              count:    0" */
};

typedef enum Section {
        SECTION_NODE,     /* from "Node 0, zone ..." on: perhaps the per-node stats */
        SECTION_MARKS,    /* from "pages free" on: watermarks and sizes */
        SECTION_COUNTERS, /* from "protection:" on */
} Section;

#define MARK(n, required)                                                                          \
        {                                                                                          \
#n, sizeof(#n) - 1, offsetof(ZoneinfoZone, n), required                            \
        }
static const struct {
        const char *name;
        size_t size, offset;
        const char *required; /* what to say where it is missing */
} marks[] = {
        MARK(boost, NULL),
        MARK(min, "\"min\" in the zone above"),
        MARK(low, "\"low\" in the zone above"),
        MARK(high, "\"high\" in the zone above"),
        MARK(spanned, "\"spanned\" in the zone above"),
        MARK(present, "\"present\" in the zone above"),
        MARK(managed, "\"managed\" in the zone above"),
        MARK(cma, NULL),
};

typedef struct Reader {
        Zoneinfo *z;
        Section section;
        unsigned have; /* bit i: marks[i] was seen in this zone */
        ZoneSequence sequence;
} Reader;

static ZoneinfoZone *reader_zone(Reader *r)
{
        return r->z->zones + r->z->n_zones - 1;
}

/* The zone in hand, if any, must be complete. NULL, or what was expected. */
static const char *reader_end_zone(Reader *r)
{
        if (r->z->n_zones == 0)
                return NULL;
        if (r->section == SECTION_NODE)
                return "\"pages free\" in the zone above";
        for (size_t i = 0; i < ELEMENTSOF(marks); i++)
                if (marks[i].required && !(r->have & 1U << i))
                        return marks[i].required;
        if (r->section != SECTION_COUNTERS)
                return "\"protection:\" in the zone above";
        return NULL;
}

static const char *reader_begin_zone(Reader *r, Text *line)
{
        ZoneinfoZone *zone = r->z->zones + r->z->n_zones;
        const char *expected;
        ZoneName name;

        expected = reader_end_zone(r);
        if (expected)
                return expected;
        *zone = (ZoneinfoZone){
                .boost = UNKNOWN_U64,
                .cma = UNKNOWN_U64,
                .free_cma = UNKNOWN_U64,
                .inactive_file = UNKNOWN_U64,
                .active_file = UNKNOWN_U64,
                .write_pending = UNKNOWN_U64,
                .free_highatomic = UNKNOWN_U64,
        };
        expected = zone_take_head(line, &zone->node, &name);
        if (!expected)
                expected = zone_sequence_add(&r->sequence, zone->node, &name, &zone->index);
        if (expected)
                return expected;
        memcpy(zone->name, name.text, sizeof(zone->name));
        r->z->skipped += text_count_words(line);
        r->z->n_zones++;
        r->section = SECTION_NODE;
        r->have = 0;
        return NULL;
}

static const char *reader_take_pages(Reader *r, Text *line, uint64_t *ret)
{
        if (!text_number(line, "", ret))
                return "a number of pages";
        r->z->skipped += text_count_words(line);
        return NULL;
}

/* "protection: (0, 3019, 9803, 9803, 9803)" */
static const char *reader_take_protection(Reader *r, Text *line)
{
        ZoneinfoZone *zone = reader_zone(r);

        text_skip_blanks(line);
        if (!TEXT_TAKE(line, "("))
                return "a list of pages in parentheses";
        do {
                if (zone->n_protection == ZONES_PER_NODE_MAX)
                        return "at most 8 zones on a node";
                if (!text_number(line, ",)", &zone->protection[zone->n_protection]))
                        return "a number of pages";
                zone->n_protection++;
        } while (TEXT_TAKE(line, ","));
        if (!TEXT_TAKE(line, ")"))
                return "a list of pages in parentheses";
        r->z->skipped += text_count_words(line);
        r->section = SECTION_COUNTERS;
        return NULL;
}

static const char *reader_take_mark(Reader *r, Text *line)
{
        Text name;

        if (!text_word(line, &name) || TEXT_EQUAL(&name, "promo"))
                return NULL;
        if (TEXT_EQUAL(&name, "protection:"))
                return reader_take_protection(r, line);
        for (size_t i = 0; i < ELEMENTSOF(marks); i++) {
                if (!text_equal(&name, marks[i].name, marks[i].size))
                        continue;
                if (r->have & 1U << i)
                        return "each value of a zone once";
                r->have |= 1U << i;
                return reader_take_pages(
                        r, line, (uint64_t *)((char *)reader_zone(r) + marks[i].offset));
        }
        r->z->skipped++;
        return NULL;
}

static const char *reader_take_once(Reader *r, Text *line, uint64_t *ret)
{
        if (*ret != UNKNOWN_U64)
                return "each value of a zone once";
        return reader_take_pages(r, line, ret);
}

static const char *reader_take_heading(Reader *r, Text *line)
{
        if (TEXT_TAKE(line, "vm stats threshold:") || TEXT_TAKE(line, "pagesets") ||
                TEXT_TAKE(line, "per-node stats") || TEXT_TAKE(line, "node_unreclaimable:") ||
                TEXT_TAKE(line, "start_pfn:") || TEXT_TAKE(line, "reserved_highatomic:"))
                return NULL;
        if (TEXT_TAKE(line, "pages free ")) {
                if (r->section != SECTION_NODE)
                        return "a zone line before the next \"pages free\"";
                r->section = SECTION_MARKS;
                return reader_take_pages(r, line, &reader_zone(r)->free);
        }
        if (TEXT_TAKE(line, "free_highatomic:"))
                return reader_take_once(r, line, &reader_zone(r)->free_highatomic);
        r->z->skipped++;
        return NULL;
}

static unsigned take_indent(Text *line)
{
        const char *start = line->p;

        while (line->p < line->end && *line->p == ' ')
                line->p++;
        return (unsigned)(line->p - start);
}

static const char *reader_take_counter(Reader *r, Text *line)
{
        ZoneinfoZone *zone = reader_zone(r);

        if (TEXT_TAKE(line, "nr_free_cma "))
                return reader_take_once(r, line, &zone->free_cma);
        if (!TEXT_TAKE(line, "nr_zone_"))
                return NULL;
        if (TEXT_TAKE(line, "inactive_file "))
                return reader_take_once(r, line, &zone->inactive_file);
        if (TEXT_TAKE(line, "active_file "))
                return reader_take_once(r, line, &zone->active_file);
        if (TEXT_TAKE(line, "write_pending "))
                return reader_take_once(r, line, &zone->write_pending);
        return NULL;
}

/* Any line but a zone's first. */
static const char *reader_take_line(Reader *r, Text *line)
{
        switch (take_indent(line)) {
        case INDENT_COUNTER:
                return r->section == SECTION_COUNTERS ? reader_take_counter(r, line) : NULL;
        case INDENT_MARK:
                if (r->section == SECTION_MARKS)
                        return reader_take_mark(r, line);
                break;
        case INDENT_HEADING: return reader_take_heading(r, line);
        case INDENT_CPU:
        case INDENT_PAGESET:
                if (r->section == SECTION_COUNTERS)
                        return NULL;
                break;
        }
        r->z->skipped++;
        return NULL;
}

static void zoneinfo_reset(Zoneinfo *z)
{
        z->n_zones = 0;
        z->skipped = 0;
}

void zoneinfo_done(Zoneinfo *z)
{
        free(z->zones);
        *z = (Zoneinfo)ZONEINFO_INIT;
}

static int zoneinfo_parse_lines(Zoneinfo *z, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        Reader reader = { .z = z };
        const char *expected = NULL;
        bool truncated = false;

        while (!expected && text_line(&t, &line, &truncated)) {
                if (zone_line(&line)) {
                        ZoneinfoZone *grown;

                        grown = zones_reserve(
                                z->zones, z->n_zones, &z->n_allocated, sizeof(*grown));
                        if (!grown)
                                return -ENOMEM;
                        z->zones = grown;
                        expected = reader_begin_zone(&reader, &line);
                } else if (z->n_zones > 0) {
                        expected = reader_take_line(&reader, &line);
                } else {
                        z->skipped++;
                }
        }
        if (!expected && truncated)
                expected = TEXT_TRUNCATED;
        if (!expected && z->n_zones == 0)
                expected = "a zone line";
        if (!expected)
                expected = reader_end_zone(&reader);
        return expected ? parse_fail(ret_error, t.line, expected) : 0;
}

int zoneinfo_parse(Zoneinfo *z, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        zoneinfo_reset(z);
        r = zoneinfo_parse_lines(z, text, size, ret_error);
        if (r < 0)
                zoneinfo_reset(z);
        return r;
}
