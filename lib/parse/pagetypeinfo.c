/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/pagetypeinfo.h"

#include "base/macros.h"
#include "parse/zones.h"

static const char *const type_names[_MIGRATE_TYPE_MAX] = {
        [MIGRATE_UNMOVABLE] = "Unmovable",
        [MIGRATE_MOVABLE] = "Movable",
        [MIGRATE_RECLAIMABLE] = "Reclaimable",
        [MIGRATE_HIGHATOMIC] = "HighAtomic",
        [MIGRATE_CMA] = "CMA",
        [MIGRATE_ISOLATE] = "Isolate",
        [MIGRATE_OTHER] = "other",
};

const char *migrate_type_name(MigrateType t)
{
        assert(t < _MIGRATE_TYPE_MAX);
        return type_names[t];
}

static MigrateType type_from_word(const Text *word)
{
        for (MigrateType t = 0; t < MIGRATE_OTHER; t++)
                if (text_equal(word, type_names[t], strlen(type_names[t])))
                        return t;
        return MIGRATE_OTHER;
}

typedef enum Section {
        SECTION_NONE, /* before the first one of the set */
        SECTION_FREE,
        SECTION_BLOCKS,
        SECTION_MIXED,
        SECTION_FUTURE, /* of a name that is not known: its lines are skipped */
} Section;

/* A set is what is printed for one node: from "Page block order" up to the next one. */
typedef struct Reader {
        Pagetypeinfo *p;
        Section section;
        bool have_order, have_pages, have_free, have_blocks, have_mixed; /* of this set */
        bool any_set;
        size_t set_start;    /* first zone of this set */
        unsigned types_seen; /* bit t: the zone in hand has its free line of type t */
        MigrateType columns[MIGRATE_TYPES_MAX];
        unsigned n_columns;
        ZoneSequence sequence;
} Reader;

/* NULL, or what the set that ends here lacks. */
static const char *reader_end_set(const Reader *r)
{
        if (!r->any_set)
                return NULL;
        if (!r->have_pages)
                return "\"Pages per block\" in the part above";
        if (!r->have_free || r->set_start == r->p->n_zones)
                return "free counts of a zone in the part above";
        for (size_t i = r->set_start; i < r->p->n_zones; i++) {
                if (!r->p->zones[i].have_blocks)
                        return "numbers of blocks for each zone above";
                if (r->have_mixed && !r->p->zones[i].have_mixed)
                        return "numbers of mixed blocks for each zone above";
        }
        return NULL;
}

static const char *reader_take_order(Reader *r, Text *line)
{
        const char *expected = reader_end_set(r);
        uint64_t order;

        if (expected)
                return expected;
        if (!text_number(line, "", &order) || order >= ORDERS_MAX)
                return "a page block order below 24";
        if (r->any_set && order != r->p->pageblock_order)
                return "the same page block order for each node";
        r->p->skipped += text_count_words(line);
        r->p->pageblock_order = (unsigned)order;
        r->any_set = r->have_order = true;
        r->have_pages = r->have_free = r->have_blocks = r->have_mixed = false;
        r->set_start = r->p->n_zones;
        r->section = SECTION_NONE;
        return NULL;
}

static const char *reader_take_pages(Reader *r, Text *line)
{
        uint64_t pages;

        if (!r->have_order || r->have_pages || r->section != SECTION_NONE)
                return "\"Page block order\" before the next \"Pages per block\"";
        if (!text_number(line, "", &pages) || pages != UINT64_C(1) << r->p->pageblock_order)
                return "2 to the power of the page block order";
        r->p->skipped += text_count_words(line);
        r->p->pages_per_block = pages;
        r->have_pages = true;
        return NULL;
}

/* "Free pages count per migrate type at order       0      1 ..." */
static const char *reader_begin_free(Reader *r, Text *line)
{
        unsigned n = 0;
        uint64_t order;

        if (!r->have_pages || r->have_free)
                return "\"Page block order\" before the next free counts";
        while (!text_at_end(line)) {
                if (n == ORDERS_MAX)
                        return "at most 24 orders";
                if (!text_number(line, "", &order) || order != n)
                        return "the orders from 0 up";
                n++;
        }
        if (n == 0)
                return "the orders from 0 up";
        if (r->p->n_orders > 0 && n != r->p->n_orders)
                return "the same orders for each node";
        r->p->n_orders = n;
        r->have_free = true;
        r->section = SECTION_FREE;
        return NULL;
}

/* "Number of blocks type     Unmovable      Movable ..." */
static const char *reader_begin_blocks(Reader *r, Text *line, bool mixed)
{
        unsigned seen = 0;
        Text word;

        if (!r->have_free || (mixed ? r->have_mixed : r->have_blocks))
                return "free counts before the numbers of blocks, and these once";
        r->n_columns = 0;
        while (text_word(line, &word)) {
                MigrateType type = type_from_word(&word);

                if (r->n_columns == MIGRATE_TYPES_MAX)
                        return "at most 12 migrate types";
                if (type != MIGRATE_OTHER && seen & 1U << type)
                        return "each migrate type once";
                seen |= 1U << type;
                r->columns[r->n_columns++] = type;
        }
        if (r->n_columns == 0)
                return "the names of migrate types";
        if (mixed)
                r->have_mixed = true;
        else
                r->have_blocks = true;
        r->section = mixed ? SECTION_MIXED : SECTION_BLOCKS;
        return NULL;
}

_Static_assert(ORDERS_MAX == 24 && MIGRATE_TYPES_MAX == 12, "error texts say these");

static PagetypeZone *reader_find_zone(const Reader *r, uint32_t node, const ZoneName *name)
{
        for (size_t i = r->set_start; i < r->p->n_zones; i++) {
                PagetypeZone *zone = &r->p->zones[i];

                if (zone->node == node && memcmp(zone->name, name->text, sizeof(zone->name)) == 0)
                        return zone;
        }
        return NULL;
}

/* The zone of a free line: the one in hand or a new one. */
static const char *reader_enter_zone(
        Reader *r, uint32_t node, const ZoneName *name, PagetypeZone **ret)
{
        PagetypeZone *last = r->p->n_zones > r->set_start ? &r->p->zones[r->p->n_zones - 1] : NULL;
        const char *expected;
        uint32_t index;

        if (!last || last != reader_find_zone(r, node, name)) {
                if (last && last->node != node)
                        return "zones of one node only";
                expected = zone_sequence_add(&r->sequence, node, name, &index);
                if (expected)
                        return expected;
                assert(r->p->zones); /* reserved for each line */
                last = &r->p->zones[r->p->n_zones++];
                *last = (PagetypeZone){ .node = node };
                memcpy(last->name, name->text, sizeof(last->name));
                r->types_seen = 0;
        }
        *ret = last;
        return NULL;
}

static const char *take_capped(Text *line, uint64_t *ret, bool *ret_capped)
{
        text_skip_blanks(line);
        if (TEXT_TAKE(line, ">"))
                *ret_capped = true;
        return text_number(line, "", ret) ? NULL : "a number of free blocks";
}

/* "Node    0, zone    DMA32, type      Movable >100000     18 ..." */
static const char *reader_take_free(Reader *r, Text *line)
{
        PagetypeZone *zone;
        const char *expected;
        MigrateType type;
        uint32_t node;
        ZoneName name;
        Text word;

        expected = zone_take_head(line, &node, &name);
        if (expected)
                return expected;
        if (!TEXT_TAKE(line, ", type ") || !text_word(line, &word))
                return "\"Node N, zone NAME, type NAME\"";
        expected = reader_enter_zone(r, node, &name, &zone);
        if (expected)
                return expected;
        type = type_from_word(&word);
        if (type != MIGRATE_OTHER && r->types_seen & 1U << type)
                return "each migrate type of a zone once";
        r->types_seen |= 1U << type;
        for (unsigned order = 0; order < r->p->n_orders; order++) {
                uint64_t n;

                expected = take_capped(line, &n, &zone->free_capped);
                if (expected)
                        return expected;
                if (__builtin_add_overflow(zone->free[type][order], n, &zone->free[type][order]))
                        return "a sum below 2 to the power of 64";
        }
        return text_at_end(line) ? NULL : "as many counts as orders";
}

/* "Node 0, zone    DMA32           35          463 ..." */
static const char *reader_take_blocks(Reader *r, Text *line, bool mixed)
{
        PagetypeZone *zone;
        const char *expected;
        uint64_t *blocks;
        uint32_t node;
        ZoneName name;

        expected = zone_take_head(line, &node, &name);
        if (expected)
                return expected;
        zone = reader_find_zone(r, node, &name);
        if (!zone)
                return "a zone that has free counts above";
        if (mixed ? zone->have_mixed : zone->have_blocks)
                return "each zone once";
        blocks = mixed ? zone->mixed_blocks : zone->blocks;
        for (unsigned i = 0; i < r->n_columns; i++) {
                uint64_t n;

                if (!text_number(line, "", &n))
                        return "a number of blocks for each migrate type";
                if (__builtin_add_overflow(blocks[r->columns[i]], n, &blocks[r->columns[i]]))
                        return "a sum below 2 to the power of 64";
        }
        *(mixed ? &zone->have_mixed : &zone->have_blocks) = true;
        return text_at_end(line) ? NULL : "as many numbers as migrate types";
}

static const char *reader_take_zone_line(Reader *r, Text *line)
{
        switch (r->section) {
        case SECTION_FREE: return reader_take_free(r, line);
        case SECTION_BLOCKS: return reader_take_blocks(r, line, false);
        case SECTION_MIXED: return reader_take_blocks(r, line, true);
        case SECTION_FUTURE: r->p->skipped++; return NULL;
        case SECTION_NONE: break;
        }
        return "the head of a section before its lines";
}

static const char *reader_take_line(Reader *r, Text *line)
{
        if (zone_line(line))
                return reader_take_zone_line(r, line);
        if (TEXT_TAKE(line, "Page block order:"))
                return reader_take_order(r, line);
        if (TEXT_TAKE(line, "Pages per block:"))
                return reader_take_pages(r, line);
        if (TEXT_TAKE(line, "Free pages count per migrate type at order "))
                return reader_begin_free(r, line);
        if (TEXT_TAKE(line, "Number of blocks type "))
                return reader_begin_blocks(r, line, false);
        if (TEXT_TAKE(line, "Number of mixed blocks "))
                return reader_begin_blocks(r, line, true);
        if (text_at_end(line))
                return NULL;
        r->p->skipped++;
        r->section = SECTION_FUTURE;
        return NULL;
}

static void pagetypeinfo_reset(Pagetypeinfo *p)
{
        *p = (Pagetypeinfo){ .zones = p->zones, .n_allocated = p->n_allocated };
}

void pagetypeinfo_done(Pagetypeinfo *p)
{
        free(p->zones);
        *p = (Pagetypeinfo)PAGETYPEINFO_INIT;
}

static int pagetypeinfo_parse_lines(
        Pagetypeinfo *p, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        Reader reader = { .p = p };
        const char *expected = NULL;
        bool truncated = false;

        while (!expected && text_line(&t, &line, &truncated)) {
                PagetypeZone *grown;

                grown = zones_reserve(p->zones, p->n_zones, &p->n_allocated, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                p->zones = grown;
                expected = reader_take_line(&reader, &line);
        }
        if (!expected && truncated)
                expected = TEXT_TRUNCATED;
        if (!expected && !reader.any_set)
                expected = "\"Page block order\"";
        if (!expected)
                expected = reader_end_set(&reader);
        return expected ? parse_fail(ret_error, t.line, expected) : 0;
}

int pagetypeinfo_parse(Pagetypeinfo *p, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        pagetypeinfo_reset(p);
        r = pagetypeinfo_parse_lines(p, text, size, ret_error);
        if (r < 0)
                pagetypeinfo_reset(p);
        return r;
}
