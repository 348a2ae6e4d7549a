/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The indices against what real kernels printed, token by token, and against hand-made free lists.
 */
#include "test.h"

#include "model/indices.h"
#include "parse/buddyinfo.h"
#include "parse/extfrag.h"

/* The values of one zone as text, to be compared with a printed line. */
static void print_zone(const BuddyZone *z, unsigned n_orders, bool extfrag, char *buf, size_t size)
{
        size_t n = (size_t)snprintf(buf, size, "%u %s", z->node, z->name);

        for (unsigned k = 0; k < n_orders; k++) {
                int32_t value = extfrag ? extfrag_permille(z->free, n_orders, k)
                                        : (int32_t)unusable_permille(z->free, n_orders, k);
                char text[16];

                n += (size_t)snprintf(
                        buf + n, size - n, " %s", index_format(text, sizeof(text), value));
        }
}

/* "Node 0, zone   Normal  -1.000 ..." -> "0 Normal -1.000 ...": widths differ between kernels. */
static void squeeze_line(char *line, char *buf, size_t size)
{
        char name[ZONE_NAME_MAX + 1], *token, *next = NULL;
        unsigned node;
        size_t n;
        int end;

        ck_assert_int_eq(sscanf(line, "Node %u, zone %16s%n", &node, name, &end), 2);
        n = (size_t)snprintf(buf, size, "%u %s", node, name);
        for (token = strtok_r(line + end, " \r", &next); token;
                token = strtok_r(NULL, " \r", &next))
                n += (size_t)snprintf(buf + n, size - n, " %s", token);
}

/* Some recordings read unusable_index moments after buddyinfo, and memory had moved. Then there
 * must be a change of a single order's count, of at most that many pages, that gives all the
 * printed digits of the zone. */
#define MOVED_PAGES_MAX 64

static bool zone_printed(
        const BuddyZone *z, unsigned n_orders, bool extfrag, bool moved, const char *printed)
{
        char text[512];

        print_zone(z, n_orders, extfrag, text, sizeof(text));
        if (streq(text, printed))
                return true;
        for (unsigned o = 0; moved && o < n_orders; o++)
                for (int64_t d = -(MOVED_PAGES_MAX >> o); d <= MOVED_PAGES_MAX >> o; d++) {
                        BuddyZone other = *z;

                        if (d < 0 && z->free[o] < (uint64_t)-d)
                                continue;
                        other.free[o] += (uint64_t)d;
                        print_zone(&other, n_orders, extfrag, text, sizeof(text));
                        if (streq(text, printed))
                                return true;
                }
        return false;
}

/* Compares every printed digit of an index file with what is computed from buddyinfo. */
static void compare_printed(const Buddyinfo *b, char *file, bool extfrag, bool moved)
{
        char *line, *rest = NULL;
        size_t zone = 0;

        for (line = strtok_r(file, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                char printed[512], computed[512];

                ck_assert_uint_lt(zone, b->n_zones);
                squeeze_line(line, printed, sizeof(printed));
                print_zone(&b->zones[zone], b->n_orders, extfrag, computed, sizeof(computed));
                ck_assert_msg(zone_printed(&b->zones[zone], b->n_orders, extfrag, moved, printed),
                        "printed  %s\ncomputed %s", printed, computed);
                zone++;
        }
        ck_assert_uint_eq(zone, b->n_zones);
}

static const struct {
        const char *name;
        bool moved; /* between buddyinfo and unusable_index */
} roots[] = {
        { "5.4-before", true },
        { "5.4-after", true },
        { "5.10-before", false },
        { "5.10-after", true },
        { "6.1-before", false },
        { "6.1-after", false },
        { "6.8-before", false },
        { "6.8-after", true },
        { "6.12-before", false },
        { "6.12-after", true },
        { "6.18-vm", false },
        { "7.3-before", false },
        { "7.3-after", true },
};

static void check_root(const char *root, const char *file, bool extfrag, bool moved)
{
        _cleanup_free_ char *buddy_text = NULL, *text = NULL;
        _cleanup_(buddyinfo_done) Buddyinfo b = BUDDYINFO_INIT;
        ParseError e = { 0 };
        char path[256];
        size_t size;

        snprintf(path, sizeof(path), "roots/%s/proc/buddyinfo", root);
        buddy_text = fixture_read(path, &size);
        ck_assert_int_eq(buddyinfo_parse(&b, buddy_text, size, &e), 0);
        snprintf(path, sizeof(path), "roots/%s/sys/kernel/debug/extfrag/%s", root, file);
        text = fixture_read(path, &size);
        compare_printed(&b, text, extfrag, moved);
}

START_TEST(test_extfrag_of_root)
{
        check_root(roots[_i].name, "extfrag_index", true, false);
}
END_TEST

START_TEST(test_unusable_of_root)
{
        check_root(roots[_i].name, "unusable_index", false, roots[_i].moved);
}
END_TEST

/* n zone lines of a console log, the first of them the skip-th after the line that starts with
 * `after`. */
static char *log_lines(const char *log, const char *after, size_t skip, size_t n, size_t *ret_size)
{
        const char *p = strstr(log, after), *start;
        char *lines, *to;

        ck_assert_ptr_nonnull(p);
        p = strchr(p, '\n') + 1;
        for (; skip > 0; skip--)
                p = strchr(p, '\n') + 1;
        start = p;
        for (; n > 0; n--)
                p = strchr(p, '\n') + 1;
        lines = to = calloc(1, (size_t)(p - start) + 1);
        ck_assert_ptr_nonnull(lines);
        for (; start < p; start++)
                if (*start != '\r')
                        *to++ = *start;
        *ret_size = (size_t)(to - lines);
        return lines;
}

/* In a console log: a buddyinfo, and an index file of the same instant. */
static const struct {
        const char *buddy_after, *after;
        size_t skip;
        bool extfrag;
} log_rows[] = {
        { "first pass", "first pass", 3, true }, /* the garbled negatives 0.-500 to 0.-07 */
        { "first pass", "first pass", 6, false },
        { "-- buddyinfo", "-- mine", 0,
                true }, /* a zone without free blocks: what the formula gives */
        { "-- buddyinfo", "-- kernel unusable", 0, false },
};

START_TEST(test_indices_of_log)
{
        _cleanup_free_ char *log = NULL, *buddy_text = NULL, *text = NULL;
        _cleanup_(buddyinfo_done) Buddyinfo b = BUDDYINFO_INIT;
        ParseError e = { 0 };
        size_t size;

        log = fixture_read("extra/log.neg3.4M", &size);
        buddy_text = log_lines(log, log_rows[_i].buddy_after, 0, 3, &size);
        ck_assert_int_eq(buddyinfo_parse(&b, buddy_text, size, &e), 0);
        text = log_lines(log, log_rows[_i].after, log_rows[_i].skip, 3, &size);
        compare_printed(&b, text, log_rows[_i].extfrag, false);
}
END_TEST

/* Free lists by hand, with values worked out on paper. */
static const struct {
        uint64_t free[ORDERS_MAX];
        unsigned n_orders, order;
        uint64_t pages, suitable;
        int32_t extfrag;
        uint32_t unusable, score;
} hand[] = {
        { { 0 }, 11, 0, 0, 0, 0, 1000, 0 },
        { { 0 }, 11, 9, 0, 0, 0, 1000, 0 },
        { { 1 }, 11, 0, 1, 1, -1000, 0, 0 },
        { { 1 }, 11, 1, 1, 0, -500, 1000, 100 },
        { { 1 }, 11, 9, 1, 0, -1, 1000, 100 },
        { { 2 }, 11, 1, 2, 0, 0, 1000, 100 },
        { { 1000 }, 11, 9, 1000, 0, 998, 1000, 100 },
        { { 3, 0, 1 }, 11, 2, 7, 1, -1000, 428, 42 },
        { { 3, 0, 1 }, 11, 1, 7, 2, -1000, 428, 42 },
        { { 3, 0, 1 }, 3, 2, 7, 1, -1000, 428, 42 },
        { { 1, 1, 1 }, 3, 3, 7, 0, 375, 1000, 100 },     /* an order the kernel does not have */
        { { [13] = 2 }, 14, 13, 16384, 2, -1000, 0, 0 }, /* arm64, 64K pages: 14 orders */
        { { [0] = 1, [13] = 1 }, 14, 13, 8193, 1, -1000, 0, 0 },
        { { [0] = 8192, [13] = 1 }, 14, 13, 16384, 1, -1000, 500, 50 },
        { { [23] = 3 }, 24, 0, 25165824, 25165824, -1000, 0,
                0 }, /* as many orders as there is room for */
        { { [0] = 1, [1] = 1 }, 11, 9, 3, 0, 498, 1000, 100 },
};

START_TEST(test_by_hand)
{
        ck_assert_uint_eq(free_pages(hand[_i].free, hand[_i].n_orders), hand[_i].pages);
        ck_assert_uint_eq(free_blocks_suitable(hand[_i].free, hand[_i].n_orders, hand[_i].order),
                hand[_i].suitable);
        ck_assert_int_eq(extfrag_permille(hand[_i].free, hand[_i].n_orders, hand[_i].order),
                hand[_i].extfrag);
        ck_assert_uint_eq(unusable_permille(hand[_i].free, hand[_i].n_orders, hand[_i].order),
                hand[_i].unusable);
        ck_assert_uint_eq(
                zone_score(hand[_i].free, hand[_i].n_orders, hand[_i].order), hand[_i].score);
}
END_TEST

/* Counts that no kernel has: the ranges hold, and nothing traps. */
START_TEST(test_absurd_counts_stay_in_range)
{
        uint64_t seed = 0x9e3779b97f4a7c15, free[ORDERS_MAX];

        for (unsigned round = 0; round < 20000; round++) {
                for (unsigned o = 0; o < ORDERS_MAX; o++) {
                        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
                        free[o] = seed >> (seed >> 58);
                }
                for (unsigned k = 0; k < ORDERS_MAX; k++) {
                        ck_assert_uint_le(unusable_permille(free, ORDERS_MAX, k), 1000);
                        ck_assert_uint_le(zone_score(free, ORDERS_MAX, k), 100);
                        (void)extfrag_permille(free, ORDERS_MAX, k);
                }
        }
}
END_TEST

/* Follows from the formula for any free list: no suitable block means at least 500 - 1000/total. */
START_TEST(test_extfrag_lower_bound)
{
        uint64_t seed = 42, free[ORDERS_MAX] = { 0 };

        for (unsigned round = 0; round < 20000; round++) {
                uint64_t total = 0;

                for (unsigned o = 0; o < 9; o++) {
                        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
                        free[o] = (seed >> 40) % 64;
                        total += free[o];
                }
                if (total == 0)
                        continue;
                ck_assert_int_ge(
                        extfrag_permille(free, 11, 9), 500 - (int32_t)((1000 + total - 1) / total));
                ck_assert_int_le(extfrag_permille(free, 11, 9), 1000);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("indices");

        tcase_add_loop_test(t, test_extfrag_of_root, 0, ELEMENTSOF(roots));
        tcase_add_loop_test(t, test_unusable_of_root, 0, ELEMENTSOF(roots));
        tcase_add_loop_test(t, test_indices_of_log, 0, ELEMENTSOF(log_rows));
        tcase_add_loop_test(t, test_by_hand, 0, ELEMENTSOF(hand));
        tcase_add_test(t, test_absurd_counts_stay_in_range);
        tcase_add_test(t, test_extfrag_lower_bound);
        suite_add_tcase(s, t);
}

TEST_MAIN("indices", build)
