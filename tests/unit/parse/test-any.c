/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-any.c - what all parsers promise (parse.h): bad texts are refused with the right line, a
 * failed parse leaves nothing behind, and a repeated one does not allocate. */
#include "../test.h"

#include "parse-any.h"
#include "parse/text.h"

#include <dirent.h>

#define TRUNCATED TEXT_TRUNCATED

/* The line numbers were looked up in the files. */
static const struct {
        const char *file; /* below fixtures/bad, in the folder of its parser */
        unsigned line;
        const char *expected;
} bad[] = {
        { "arcstats/cut", 5, TRUNCATED },
        { "arcstats/empty", 1, "the line \"size\"" },
        { "arcstats/letter", 4, "a type and a number of bytes" },
        { "arcstats/no-size", 5, "the line \"size\"" },
        { "arcstats/no-value", 5, "a type and a number of bytes" },
        { "arcstats/size-twice", 6, "each value once" },
        { "buddyinfo/column-lost", 3, "as many orders as on the line above" },
        { "buddyinfo/comma-lost", 1, "\"Node N, zone NAME\"" },
        { "buddyinfo/count-2-to-64", 2, "a number of free blocks" },
        { "buddyinfo/count-negative", 3, "a number of free blocks" },
        { "buddyinfo/cut", 3, TRUNCATED },
        { "buddyinfo/empty", 1, "a zone line" },
        { "buddyinfo/letter-in-count", 2, "a number of free blocks" },
        { "buddyinfo/name-garbled", 2, "a zone name of letters and digits" },
        { "buddyinfo/name-long", 2, "a zone name of at most 15 characters" },
        { "buddyinfo/no-counts", 1, "a number of free blocks" },
        { "buddyinfo/node-1024", 4, "a node number below 1024" },
        { "buddyinfo/nodes-descending", 4, "nodes in ascending order" },
        { "buddyinfo/not-a-zone-at-all", 3, "a zone line" },
        { "buddyinfo/nul-in-count", 2, "a number of free blocks" },
        { "buddyinfo/orders-25", 1, "at most 24 orders" },
        { "buddyinfo/zone-twice", 4, "each zone of a node once" },
        { "buddyinfo/zones-9", 9, "at most 8 zones on a node" },
        { "extfrag/above-one", 2, "an index from -1.000 to 1.000" },
        { "extfrag/below-minus-one", 1, "an index from -1.000 to 1.000" },
        { "extfrag/column-lost", 2, "as many orders as on the line above" },
        { "extfrag/cut", 2, TRUNCATED },
        { "extfrag/empty", 1, "a zone line" },
        { "extfrag/four-digits", 2, "an index from -1.000 to 1.000" },
        { "extfrag/half-signed", 2, "an index from -1.000 to 1.000" },
        { "extfrag/letter", 2, "an index from -1.000 to 1.000" },
        { "extfrag/no-values", 1, "an index from -1.000 to 1.000" },
        { "extfrag/orders-25", 1, "at most 24 orders" },
        { "extfrag/signed-zero", 2, "an index from -1.000 to 1.000" },
        { "extfrag/two-digits", 2, "an index from -1.000 to 1.000" },
        { "extfrag/zone-twice", 3, "each zone of a node once" },
        { "meminfo/beyond-64-bits", 1, "a size of less than 16 EiB" },
        { "meminfo/cut", 51, TRUNCATED },
        { "meminfo/empty", 1, "\"MemTotal:\"" },
        { "meminfo/letter", 25, "a number" },
        { "meminfo/megabytes", 5, "a number of kB" },
        { "meminfo/no-free", 50, "\"MemFree:\"" },
        { "meminfo/no-total", 50, "\"MemTotal:\"" },
        { "meminfo/no-unit", 17, "a number of kB" },
        { "meminfo/twice", 52, "each value once" },
        { "pagetypeinfo/blocks-column-lost", 18, "a number of blocks for each migrate type" },
        { "pagetypeinfo/blocks-column-more", 18, "as many numbers as migrate types" },
        { "pagetypeinfo/blocks-head-garbled", 18, "numbers of blocks for each zone above" },
        { "pagetypeinfo/blocks-zone-twice", 18, "each zone once" },
        { "pagetypeinfo/blocks-zone-unknown", 17, "a zone that has free counts above" },
        { "pagetypeinfo/cut", 18, TRUNCATED },
        { "pagetypeinfo/cut-behind-free", 15, "numbers of blocks for each zone above" },
        { "pagetypeinfo/cut-behind-head", 4, "free counts of a zone in the part above" },
        { "pagetypeinfo/cut-behind-order", 1, "\"Pages per block\" in the part above" },
        { "pagetypeinfo/cut-behind-pages", 3, "free counts of a zone in the part above" },
        { "pagetypeinfo/empty", 1, "\"Page block order\"" },
        { "pagetypeinfo/free-column-lost", 7, "a number of free blocks" },
        { "pagetypeinfo/free-column-more", 7, "as many counts as orders" },
        { "pagetypeinfo/free-letter", 11, "a number of free blocks" },
        { "pagetypeinfo/free-sign", 11, "a number of free blocks" },
        { "pagetypeinfo/lines-before-head", 3, "the head of a section before its lines" },
        { "pagetypeinfo/no-order", 1, "\"Page block order\" before the next \"Pages per block\"" },
        { "pagetypeinfo/node-twice", 23, "each zone of a node once" },
        { "pagetypeinfo/order-24", 1, "a page block order below 24" },
        { "pagetypeinfo/orders-differ", 19, "the same page block order for each node" },
        { "pagetypeinfo/orders-gap", 4, "the orders from 0 up" },
        { "pagetypeinfo/pages-not-order", 2, "2 to the power of the page block order" },
        { "pagetypeinfo/two-nodes-in-a-part", 10, "zones of one node only" },
        { "pagetypeinfo/type-lost", 6, "\"Node N, zone NAME, type NAME\"" },
        { "pagetypeinfo/type-twice", 7, "each migrate type of a zone once" },
        { "pagetypeinfo/types-13", 16, "at most 12 migrate types" },
        { "pagetypeinfo/types-twice", 16, "each migrate type once" },
        { "pagetypeinfo/zone-returns", 15, "each zone of a node once" },
        { "pagetypeinfo/zone-without-blocks", 17, "numbers of blocks for each zone above" },
        { "pagetypeinfo/zone-without-mixed", 31, "numbers of mixed blocks for each zone above" },
        { "psi/average-above-100", 1, "an average from 0.00 to 100.00 or a total in microseconds" },
        { "psi/average-empty", 1, "an average from 0.00 to 100.00 or a total in microseconds" },
        { "psi/average-one-decimal", 1,
                "an average from 0.00 to 100.00 or a total in microseconds" },
        { "psi/average-three-decimals", 2,
                "an average from 0.00 to 100.00 or a total in microseconds" },
        { "psi/comma-in-average", 2, "an average from 0.00 to 100.00 or a total in microseconds" },
        { "psi/cut", 2, TRUNCATED },
        { "psi/empty", 1, "a \"some\" line" },
        { "psi/full-twice", 3, "\"full\" once" },
        { "psi/key-twice", 1, "each value of a line once" },
        { "psi/no-some", 1, "a \"some\" line" },
        { "psi/no-total", 2, "avg10=, avg60=, avg300= and total=" },
        { "psi/some-twice", 2, "\"some\" once" },
        { "psi/total-garbled", 2, "an average from 0.00 to 100.00 or a total in microseconds" },
        { "slabinfo/blank-line", 7, "the name of a cache" },
        { "slabinfo/cut", 6, TRUNCATED },
        { "slabinfo/empty", 1, "\"slabinfo - version: 2.\"" },
        { "slabinfo/no-cache", 2, "the line of a cache" },
        { "slabinfo/no-size", 3, "an object size and objects per slab" },
        { "slabinfo/no-slabdata", 4, "\"slabdata\"" },
        { "slabinfo/objects-letter", 3, "numbers of objects" },
        { "slabinfo/objects-negative", 3, "numbers of objects" },
        { "slabinfo/pages-0", 3, "a number of pages per slab" },
        { "slabinfo/pages-far", 4, "a number of pages per slab" },
        { "slabinfo/slabs-beyond", 4, "a number of slabs that memory can hold" },
        { "slabinfo/slabs-cut", 4, "numbers of slabs after \"slabdata\"" },
        { "slabinfo/slabs-letter", 4, "numbers of slabs after \"slabdata\"" },
        { "slabinfo/version-3", 1, "\"slabinfo - version: 2.\"" },
        { "vmstat/cut", 192, TRUNCATED },
        { "vmstat/cut-in-name", 139, TRUNCATED },
        { "vmstat/empty", 1, "a counter that fragd knows" },
        { "vmstat/letter-in-value", 139, "a counter's value" },
        { "vmstat/no-value", 132, "a counter's value" },
        { "vmstat/nothing-known", 2, "a counter that fragd knows" },
        { "vmstat/twice", 193, "each counter once" },
        { "vmstat/value-2-to-64", 1, "a counter's value" },
        { "vmstat/value-glued", 124, "a counter's value" },
        { "vmstat/value-unknown-mark", 11, "a counter's value" },
        { "zoneinfo/cut-behind-managed", 108, "\"protection:\" in the zone above" },
        { "zoneinfo/cut-behind-zone-line", 145, "\"pages free\" in the zone above" },
        { "zoneinfo/cut-in-line", 104, TRUNCATED },
        { "zoneinfo/empty", 1, "a zone line" },
        { "zoneinfo/free-cma-negative", 121, "a number of pages" },
        { "zoneinfo/free-cma-twice", 122, "each value of a zone once" },
        { "zoneinfo/free-highatomic-garbled", 119, "a number of pages" },
        { "zoneinfo/letter-in-min", 148, "a number of pages" },
        { "zoneinfo/min-twice", 103, "each value of a zone once" },
        { "zoneinfo/no-low", 144, "\"low\" in the zone above" },
        { "zoneinfo/no-number", 60, "a number of pages" },
        { "zoneinfo/no-pages-free", 190, "\"pages free\" in the zone above" },
        { "zoneinfo/no-protection", 144, "\"protection:\" in the zone above" },
        { "zoneinfo/node-1024", 203, "a node number below 1024" },
        { "zoneinfo/protection-9", 64, "at most 8 zones on a node" },
        { "zoneinfo/protection-letter", 64, "a number of pages" },
        { "zoneinfo/protection-open", 64, "a list of pages in parentheses" },
        { "zoneinfo/zone-line-garbled", 100, "a zone line before the next \"pages free\"" },
        { "zoneinfo/zone-line-lost", 99, "a zone line before the next \"pages free\"" },
        { "zoneinfo/zone-twice", 145, "each zone of a node once" },
};

static const AnyParser *parser_of(const char *file)
{
        char name[32];

        snprintf(name, sizeof(name), "%.*s", (int)strcspn(file, "/"), file);
        ck_assert_ptr_nonnull(any_parser(name));
        return any_parser(name);
}

/* A good text of the parser, for the struct to hold something. */
static void parse_good(const AnyParser *parser, AnyState *s)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "odd/nodes-8-sparse/%s", parser->path);
        text = fixture_read(path, &size);
        ck_assert_msg(parser->parse(s, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
        ck_assert(!parser->empty(s));
}

START_TEST(refused)
{
        const AnyParser *parser = parser_of(bad[_i].file);
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        AnyState s = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "bad/%s", bad[_i].file);
        text = fixture_read(path, &size);
        parse_good(parser, &s);
        ck_assert_int_eq(parser->parse(&s, text, size, &error), -EBADMSG);
        ck_assert_uint_eq(error.line, bad[_i].line);
        ck_assert_str_eq(error.expected, bad[_i].expected);
        ck_assert(parser->empty(&s));
        /* The struct is as good as new. */
        parse_good(parser, &s);
        ck_assert_int_eq(parser->parse(&s, text, size, NULL), -EBADMSG);
        parser->done(&s);
}
END_TEST

START_TEST(every_bad_file_is_listed)
{
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(any_parsers); i++) {
                const struct dirent *entry;
                char path[4096];
                DIR *d;

                snprintf(path, sizeof(path), "%s/bad/%s", FIXTURES, any_parsers[i].name);
                d = opendir(path);
                ck_assert_msg(d != NULL, "cannot open %s: %m", path);
                while ((entry = readdir(d)))
                        n += entry->d_name[0] != '.';
                closedir(d);
        }
        ck_assert_uint_eq(n, ELEMENTSOF(bad));
}
END_TEST

/* A text that ends anywhere but at a line's end is refused at its last line; the struct is then
 * empty. */
START_TEST(every_prefix)
{
        const AnyParser *parser = &any_parsers[_i];
        _cleanup_free_ char *text = NULL;
        AnyState s = { 0 };
        unsigned lines = 0;
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "odd/empty-zone-cma/%s", parser->path);
        text = fixture_read(path, &size);
        for (size_t i = 1; i <= size; i++) {
                _cleanup_free_ char *prefix = malloc(i + 1);
                ParseError error = { 0 };
                int r;

                ck_assert_ptr_nonnull(prefix);
                memcpy(prefix, text, i);
                prefix[i] = 0;
                r = parser->parse(&s, prefix, i, &error);
                if (text[i - 1] == '\n')
                        lines++;
                else
                        ck_assert_int_eq(r, -EBADMSG);
                if (r < 0) {
                        ck_assert_int_eq(r, -EBADMSG);
                        ck_assert_uint_eq(error.line, lines + (text[i - 1] != '\n'));
                        ck_assert(parser->empty(&s));
                }
        }
        parser->done(&s);
}
END_TEST

/* What grows is the array of zones: its address and size stay from the second parse of the same
 * shape on. */
START_TEST(steady_state_does_not_allocate)
{
        const AnyParser *parser = &any_parsers[_i];
        AnyState s = { 0 }, before;

        parse_good(parser, &s);
        memcpy(&before, &s, sizeof(s));
        parse_good(parser, &s);
        if (streq(parser->name, "buddyinfo")) {
                ck_assert_ptr_eq(s.buddyinfo.zones, before.buddyinfo.zones);
                ck_assert_uint_eq(s.buddyinfo.n_allocated, before.buddyinfo.n_allocated);
        } else if (streq(parser->name, "zoneinfo")) {
                ck_assert_ptr_eq(s.zoneinfo.zones, before.zoneinfo.zones);
                ck_assert_uint_eq(s.zoneinfo.n_allocated, before.zoneinfo.n_allocated);
        } else if (streq(parser->name, "pagetypeinfo")) {
                ck_assert_ptr_eq(s.pagetypeinfo.zones, before.pagetypeinfo.zones);
                ck_assert_uint_eq(s.pagetypeinfo.n_allocated, before.pagetypeinfo.n_allocated);
        } else if (streq(parser->name, "slabinfo")) {
                ck_assert_ptr_eq(s.slabinfo.caches, before.slabinfo.caches);
                ck_assert_uint_eq(s.slabinfo.n_allocated, before.slabinfo.n_allocated);
        } else {
                ck_assert_str_eq(parser->name, "extfrag");
                ck_assert_ptr_eq(s.extfrag.zones, before.extfrag.zones);
                ck_assert_uint_eq(s.extfrag.n_allocated, before.extfrag.n_allocated);
        }
        parser->done(&s);
        ck_assert(parser->empty(&s));
        parser->done(&s);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("any");

        tcase_add_loop_test(t, refused, 0, ELEMENTSOF(bad));
        tcase_add_test(t, every_bad_file_is_listed);
        tcase_add_loop_test(t, every_prefix, 0, ELEMENTSOF(any_parsers));
        for (size_t i = 0; i < ELEMENTSOF(any_parsers); i++)
                if (any_parsers[i].done != any_nothing_done)
                        tcase_add_loop_test(t, steady_state_does_not_allocate, (int)i, (int)i + 1);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/any", build)
