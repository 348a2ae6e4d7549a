/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-vmstat.c - values of every recorded machine, as written from the files by hand; names in any
 * order. */
#include "../test.h"

#include "parse/vmstat.h"

static void parse_fixture(Vmstat *v, const char *folder, const char *machine)
{
        _cleanup_free_ char *text = NULL;
        ParseError error = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "%s/%s/proc/vmstat", folder, machine);
        text = fixture_read(path, &size);
        ck_assert_msg(vmstat_parse(v, text, size, &error) == 0, "%s:%u: expected %s", path,
                error.line, error.expected);
}

static const struct {
        const char *root;
        uint64_t free, migrate_scanned, isolated, stall, migrate_success, thp_fault_alloc,
                allocstall_movable;
        unsigned lines;
} rows[] = {
        { "5.10-after", 116483, 8462, 4256, 0, 2053, 0, 0, 154 },
        { "5.10-before", 244210, 0, 0, 0, 0, 0, 0, 154 },
        { "5.4-after", 120349, 0, 0, 0, 0, 0, 0, 138 },
        { "5.4-before", 240262, 0, 0, 0, 0, 0, 0, 138 },
        { "6.1-after", 115938, 3794, 133, 0, 37, 0, 0, 171 },
        { "6.1-before", 238134, 0, 0, 0, 0, 0, 0, 171 },
        { "6.12-after", 120170, 45814, 68641, 0, 33908, 0, 0, 182 },
        { "6.12-before", 237895, 0, 0, 0, 0, 0, 0, 182 },
        { "6.18-vm", 1395770, 0, 0, 0, 0, 10159, 0, 192 },
        { "6.8-after", 111771, 74793, 2844, 0, 1312, 0, 0, 178 },
        { "6.8-before", 235490, 0, 0, 0, 0, 0, 0, 178 },
        { "7.3-after", 108958, 89924, 54790, 0, 27361, 0, 0, 202 },
        { "7.3-before", 233523, 0, 0, 0, 0, 0, 0, 202 },
};

START_TEST(row)
{
        unsigned known = 0;
        Vmstat v;

        parse_fixture(&v, "roots", rows[_i].root);
        ck_assert_uint_eq(v.nr_free_pages, rows[_i].free);
        ck_assert_uint_eq(v.compact_migrate_scanned, rows[_i].migrate_scanned);
        ck_assert_uint_eq(v.compact_isolated, rows[_i].isolated);
        ck_assert_uint_eq(v.compact_stall, rows[_i].stall);
        ck_assert_uint_eq(v.pgmigrate_success, rows[_i].migrate_success);
        ck_assert_uint_eq(v.thp_fault_alloc, rows[_i].thp_fault_alloc);
        ck_assert_uint_eq(v.allocstall_movable, rows[_i].allocstall_movable);
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                known += *vmstat_counter(&v, i) != UNKNOWN_U64;
        ck_assert_uint_eq(known + v.skipped, rows[_i].lines);
}
END_TEST

/* Which kernels have what (the names that came and went). */
static const struct {
        const char *root;
        bool blocks, fault_fallback_charge, foll_pin, demote;
        unsigned missing; /* in all */
} have[] = {
        { "5.4-before", false, false, false, false, 7 },
        { "5.10-before", false, true, true, false, 4 },
        { "6.1-before", false, true, true, true, 3 },
        { "6.8-before", false, true, true, true, 3 },
        { "6.12-before", false, true, true, true, 3 },
        { "6.18-vm", true, true, true, true, 2 },
        { "7.3-before", true, true, true, true, 0 },
};

START_TEST(names_of_kernels)
{
        unsigned missing = 0;
        Vmstat v;

        parse_fixture(&v, "roots", have[_i].root);
        ck_assert_int_eq(v.nr_free_pages_blocks != UNKNOWN_U64, have[_i].blocks);
        ck_assert_int_eq(
                v.thp_fault_fallback_charge != UNKNOWN_U64, have[_i].fault_fallback_charge);
        ck_assert_int_eq(v.nr_foll_pin_acquired != UNKNOWN_U64, have[_i].foll_pin);
        ck_assert_int_eq(v.pgdemote_kswapd != UNKNOWN_U64, have[_i].demote);
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                missing += *vmstat_counter(&v, i) == UNKNOWN_U64;
        ck_assert_uint_eq(missing, have[_i].missing);
}
END_TEST

/* All names, starting with the i-th and in steps that reach each: values by index, so that none
 * goes to a neighbour. */
START_TEST(any_order)
{
        _cleanup_free_ char *text = NULL;
        static const size_t steps[] = { 1, VMSTAT_COUNT - 1, 2, 3, 16 };
        size_t step = steps[_i], size = 0;
        bool written[VMSTAT_COUNT] = { 0 };
        ParseError error;
        Vmstat v;
        FILE *f;

        f = open_memstream(&text, &size);
        ck_assert_ptr_nonnull(f);
        for (size_t start = 0; start < step && start < VMSTAT_COUNT; start++)
                for (size_t i = start; i < VMSTAT_COUNT; i += step) {
                        ck_assert(!written[i]);
                        written[i] = true;
                        fprintf(f, "%s %zu\n%s_of_tomorrow 7\n", vmstat_name(i), 1000 + i,
                                vmstat_name(i));
                }
        fclose(f);
        ck_assert_int_eq(vmstat_parse(&v, text, size, &error), 0);
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                ck_assert_uint_eq(*vmstat_counter(&v, i), 1000 + i);
        ck_assert_uint_eq(v.skipped, VMSTAT_COUNT);
}
END_TEST

START_TEST(each_name_alone)
{
        char text[128];
        ParseError error;
        int size;
        Vmstat v;

        size = snprintf(text, sizeof(text), "%s 18446744073709551609\n", vmstat_name((size_t)_i));
        ck_assert_int_eq(vmstat_parse(&v, text, (size_t)size, &error), 0);
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                ck_assert_uint_eq(*vmstat_counter(&v, i),
                        i == (size_t)_i ? UINT64_C(18446744073709551609) : UNKNOWN_U64);
}
END_TEST

/* What it makes of a text beside the one before is what it makes of it alone, errors included. */
static int same_again(const char *before, size_t before_size, const char *text, size_t size)
{
        Vmstat v = { 0 }, alone = { 0 };
        ParseError error = { 0 }, error_alone = { 0 };
        int r;

        ck_assert_int_eq(vmstat_parse(&v, before, before_size, NULL), 0);
        r = vmstat_parse_again(&v, before, before_size, text, size, &error);
        ck_assert_int_eq(r, vmstat_parse(&alone, text, size, &error_alone));
        ck_assert_uint_eq(error.line, error_alone.line);
        ck_assert_msg(memcmp(&v, &alone, sizeof(v)) == 0, "%.*s", (int)size, text);
        return r;
}

/* A number here or there grows, gets a digit more or less, loses its newline, a line is cut off or comes twice, or any byte is another. */
static size_t change(char *text, size_t size, unsigned *seed)
{
        for (int n = rand_r(seed) % 12; n > 0 && size > 1; n--) {
                size_t at = (size_t)rand_r(seed) % size;

                switch (rand_r(seed) % 24) {
                case 0: text[at] = (char)(' ' + rand_r(seed) % 95); break;
                case 1: size = at; break;
                case 2:
                        memmove(text + at, text + at + 1, size - at - 1);
                        size--;
                        break;
                default:
                        while (at < size && (text[at] < '0' || text[at] > '9'))
                                at++;
                        if (at == size || (at > 0 && text[at - 1] != ' '))
                                break;
                        if (rand_r(seed) % 2) {
                                text[at] = (char)('0' + rand_r(seed) % 10);
                        } else {
                                memmove(text + at + 1, text + at, size - at);
                                text[at] = '7';
                                size++;
                        }
                        break;
                }
        }
        return size;
}

START_TEST(again)
{
        _cleanup_free_ char *before = NULL, *text = NULL;
        char path[256];
        size_t before_size, size;
        unsigned seed = (unsigned)_i + 1, good = 0, bad = 0;

        snprintf(path, sizeof(path), "roots/%s/proc/vmstat", rows[_i].root);
        before = fixture_read(path, &before_size);
        ck_assert_int_eq(same_again(before, before_size, before, before_size), 0);
        text = malloc(before_size + 64);
        ck_assert_ptr_nonnull(text);
        for (int round = 0; round < 2000; round++) {
                memcpy(text, before, before_size);
                size = change(text, before_size, &seed);
                if (same_again(before, before_size, text, size) < 0)
                        bad++;
                else
                        good++;
        }
        ck_assert_uint_gt(good, 500);
        ck_assert_uint_gt(bad, 100);
}
END_TEST

START_TEST(again_on_another_kernel)
{
        _cleanup_free_ char *before = NULL, *text = NULL;
        char path[256];
        size_t before_size, size;

        before = fixture_read("roots/5.10-before/proc/vmstat", &before_size);
        snprintf(path, sizeof(path), "roots/%s/proc/vmstat", rows[_i].root);
        text = fixture_read(path, &size);
        ck_assert_int_eq(same_again(before, before_size, text, size), 0);
}
END_TEST

START_TEST(future_names)
{
        Vmstat v;

        parse_fixture(&v, "odd", "future");
        ck_assert_uint_eq(v.compact_stall, 5);
        ck_assert_uint_eq(v.compact_fail, 2);
        /* Two new names, a new column, and three names of today that are not used. */
        ck_assert_uint_eq(v.skipped, 6);
}
END_TEST

START_TEST(reset)
{
        Vmstat v = { .oom_kill = 1, .skipped = 3 };

        vmstat_reset(&v);
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                ck_assert_uint_eq(*vmstat_counter(&v, i), UNKNOWN_U64);
        ck_assert_uint_eq(v.skipped, 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("vmstat");

        tcase_add_loop_test(t, row, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, names_of_kernels, 0, ELEMENTSOF(have));
        tcase_add_loop_test(t, again, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, again_on_another_kernel, 0, ELEMENTSOF(rows));
        tcase_add_loop_test(t, any_order, 0, 5);
        tcase_add_loop_test(t, each_name_alone, 0, VMSTAT_COUNT);
        tcase_add_test(t, future_names);
        tcase_add_test(t, reset);
        suite_add_tcase(s, t);
}

TEST_MAIN("parse/vmstat", build)
