/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-extfrag.c - the kernel's printed indices, garbled negative ones among them. */
#include "../test.h"

#include "parse/extfrag.h"

#define _cleanup_index_file_ _cleanup_(index_file_done)

static const struct {
        int32_t permille;
        const char *text;
} formats[] = {
        { -1000, "-1.000" },
        { -999, "0.-999" },
        { -500, "0.-500" },
        { -250, "0.-250" },
        { -125, "0.-125" },
        { -62, "0.-62" },
        { -31, "0.-31" },
        { -15, "0.-15" },
        { -7, "0.-07" },
        { -1, "0.-01" },
        { 0, "0.000" },
        { 7, "0.007" },
        { 62, "0.062" },
        { 969, "0.969" },
        { 1000, "1.000" },
};

START_TEST(format)
{
        char buf[16];

        ck_assert_ptr_eq(index_format(buf, sizeof(buf), formats[_i].permille), buf);
        ck_assert_str_eq(buf, formats[_i].text);
}
END_TEST

/* Every value that an index can have is read back exactly. */
START_TEST(every_value)
{
        _cleanup_index_file_ IndexFile f = INDEX_FILE_INIT;
        char text[64], value[16];
        ParseError error;

        for (int32_t v = -1000; v <= 1000; v++) {
                int size = snprintf(text, sizeof(text), "Node 0, zone   Normal %s \n",
                        index_format(value, sizeof(value), v));

                ck_assert_msg(index_file_parse(&f, text, (size_t)size, &error) == 0, "%s", text);
                ck_assert_int_eq(f.zones[0].permille[0], v);
        }
}
END_TEST

static void parse_fixture(IndexFile *f, const char *folder, const char *machine, const char *name)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s/sys/kernel/debug/extfrag/%s", folder, machine, name);
        text = fixture_read(path, &size);
        ck_assert_msg(index_file_parse(f, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static const struct {
        const char *folder, *machine, *file;
        size_t n_zones;
        unsigned n_orders;
        size_t zone;
        const char *name;
        unsigned order;
        int32_t permille;
} rows[] = {
        { "roots", "5.4-before", "extfrag_index", 2, 11, 1, "DMA32", 10, -1000 },
        { "roots", "5.4-after", "extfrag_index", 2, 11, 0, "DMA", 0, -1000 },
        { "roots", "5.4-after", "extfrag_index", 2, 11, 1, "DMA32", 5, -1000 },
        { "roots", "5.4-after", "extfrag_index", 2, 11, 1, "DMA32", 6, 983 },
        { "roots", "5.4-after", "extfrag_index", 2, 11, 1, "DMA32", 10, 999 },
        { "roots", "5.4-after", "unusable_index", 2, 11, 0, "DMA", 10, 227 },
        { "roots", "5.4-after", "unusable_index", 2, 11, 1, "DMA32", 1, 905 },
        { "roots", "5.4-after", "unusable_index", 2, 11, 1, "DMA32", 10, 1000 },
        { "roots", "6.18-vm", "extfrag_index", 3, 11, 2, "Normal", 10, -1000 },
        { "roots", "6.18-vm", "unusable_index", 3, 11, 2, "Normal", 9, 623 },
        { "odd", "arm64-64k", "extfrag_index", 2, 14, 1, "Normal", 13, 1000 },
        { "odd", "negative", "extfrag_index", 3, 11, 2, "Movable", 3, -1000 },
        { "odd", "negative", "extfrag_index", 3, 11, 2, "Movable", 4, -500 },
        { "odd", "negative", "extfrag_index", 3, 11, 2, "Movable", 7, -62 },
        { "odd", "negative", "extfrag_index", 3, 11, 2, "Movable", 10, -7 },
        { "odd", "negative", "unusable_index", 3, 11, 2, "Movable", 4, 1000 },
        { "odd", "empty-zone-cma", "extfrag_index", 3, 11, 2, "Movable", 9, 0 },
        { "odd", "empty-zone-cma", "unusable_index", 3, 11, 2, "Movable", 0, 1000 },
        { "odd", "nodes-8-sparse", "extfrag_index", 10, 11, 9, "Normal", 10, -1000 },
};

START_TEST(row)
{
        _cleanup_index_file_ IndexFile f = INDEX_FILE_INIT;

        parse_fixture(&f, rows[_i].folder, rows[_i].machine, rows[_i].file);
        ck_assert_uint_eq(f.n_zones, rows[_i].n_zones);
        ck_assert_uint_eq(f.n_orders, rows[_i].n_orders);
        ck_assert_str_eq(f.zones[rows[_i].zone].name, rows[_i].name);
        ck_assert_int_eq(f.zones[rows[_i].zone].permille[rows[_i].order], rows[_i].permille);
        ck_assert_int_eq(f.zones[0].permille[f.n_orders], 0);
        ck_assert_uint_eq(f.skipped, 0);
}
END_TEST

/* The lines as a 6.1 guest printed them, with blanks before a short number. */
START_TEST(as_printed_by_6_1)
{
        static const char text[] =
                "Node 0, zone  Movable -1.000 -1.000 -1.000 -1.000  0.-500  0.-250  0.-125"
                "  0.-62  0.-31  0.-15  0.-07 \n";
        static const int32_t permille[] = { -1000, -1000, -1000, -1000, -500, -250, -125, -62, -31,
                -15, -7 };
        _cleanup_index_file_ IndexFile f = INDEX_FILE_INIT;
        ParseError error;

        ck_assert_int_eq(index_file_parse(&f, text, sizeof(text) - 1, &error), 0);
        ck_assert_uint_eq(f.n_orders, ELEMENTSOF(permille));
        for (size_t i = 0; i < ELEMENTSOF(permille); i++)
                ck_assert_int_eq(f.zones[0].permille[i], permille[i]);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("extfrag");

        tcase_add_loop_test(t, format, 0, ELEMENTSOF(formats));
        tcase_add_test(t, every_value);
        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_test(t, as_printed_by_6_1);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/extfrag", build)
