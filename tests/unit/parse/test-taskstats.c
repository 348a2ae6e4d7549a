/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernels themselves answered (fixtures/taskstats): a process that was started before delay accounting was switched on
 * ("before"), one that stalled in direct compaction 24 times, and one that did nothing ("idle"). What each of them waited for was
 * measured by another program, on the same bytes. */
#include "../test.h"

#include "parse/taskstats.h"

static const struct {
        const char *path;
        unsigned version;
        uint64_t compactions, compact_usec;
        bool accounted;
} recorded[] = {
        { "taskstats/5.10-before", 10, UNKNOWN_U64, 0, false },
        { "taskstats/5.10-stalled", 10, UNKNOWN_U64, 0, false },
        { "taskstats/5.10-idle", 10, UNKNOWN_U64, 0, false },
        { "taskstats/6.1-before", 13, 0, 0, false },
        { "taskstats/6.1-stalled", 13, 23, 603818, true },
        { "taskstats/6.1-idle", 13, 0, 0, true },
        { "taskstats/7.3-before", 17, 0, 0, false },
        { "taskstats/7.3-stalled", 17, 24, 851067, true },
        { "taskstats/7.3-idle", 17, 0, 0, true },
};

START_TEST(kernels)
{
        Taskstats t;
        size_t size;
        _cleanup_free_ char *data = fixture_read(recorded[_i].path, &size);

        ck_assert_int_eq(taskstats_parse(&t, data, size), 0);
        ck_assert_uint_eq(t.version, recorded[_i].version);
        ck_assert_uint_eq(t.compactions, recorded[_i].compactions);
        if (t.compactions == UNKNOWN_U64)
                ck_assert_uint_eq(t.compact_nsec, UNKNOWN_U64);
        else
                ck_assert_uint_eq(t.compact_nsec / 1000, recorded[_i].compact_usec);
        ck_assert_uint_eq(t.reclaims, 0);
        ck_assert_int_eq(t.accounted, recorded[_i].accounted);
}
END_TEST

/* The layouts as include/uapi/linux/taskstats.h has them: a struct of that version, with these numbers. */
static const struct {
        uint16_t version;
        size_t size, compact, reclaim;
        int result;
} layouts[] = {
        { 8, 328, 0, 0, -ENOTSUP },
        { 9, 344, 0, 312, 0 },
        { 9, 343, 0, 0, -EBADMSG },
        { 10, 352, 0, 312, 0 },
        { 11, 368, 352, 312, 0 },
        { 11, 367, 0, 0, -EBADMSG },
        { 12, 400, 352, 312, 0 },
        { 13, 416, 352, 312, 0 },
        { 14, 432, 352, 312, 0 },
        { 14, 560, 0, 0, -ENOTSUP },
        { 15, 560, 432, 360, 0 },
        { 15, 432, 0, 0, -EBADMSG },
        { 16, 560, 352, 312, 0 },
        { 17, 688, 352, 312, 0 },
        { 18, 1024, 352, 312, 0 },
        { 17, 432, 0, 0, -EBADMSG },
};

static void put(char *data, size_t at, uint64_t value)
{
        memcpy(data + at, &value, sizeof(value));
}

START_TEST(versions)
{
        _cleanup_free_ char *data = calloc(1, layouts[_i].size); /* exactly so large: reading on is found */
        Taskstats t = { .version = 77 };

        memcpy(data, &layouts[_i].version, sizeof(uint16_t));
        if (layouts[_i].compact) {
                put(data, layouts[_i].compact, 5);
                put(data, layouts[_i].compact + 8, 5000);
        }
        if (layouts[_i].reclaim) {
                put(data, layouts[_i].reclaim, 7);
                put(data, layouts[_i].reclaim + 8, 7000);
        }
        ck_assert_int_eq(taskstats_parse(&t, data, layouts[_i].size), layouts[_i].result);
        if (layouts[_i].result < 0) {
                ck_assert_uint_eq(t.version, 77);
                return;
        }
        ck_assert_uint_eq(t.compactions, layouts[_i].compact ? 5 : UNKNOWN_U64);
        ck_assert_uint_eq(t.compact_nsec, layouts[_i].compact ? 5000 : UNKNOWN_U64);
        ck_assert_uint_eq(t.reclaims, 7);
        ck_assert_uint_eq(t.reclaim_nsec, 7000);
        ck_assert(t.accounted);
}
END_TEST

START_TEST(nothing)
{
        Taskstats t;

        ck_assert_int_eq(taskstats_parse(&t, "", 0), -EBADMSG);
        ck_assert_int_eq(taskstats_parse(&t, "\x0d", 1), -EBADMSG);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("taskstats");

        tcase_add_loop_test(t, kernels, 0, ELEMENTSOF(recorded));
        tcase_add_loop_test(t, versions, 0, ELEMENTSOF(layouts));
        tcase_add_test(t, nothing);
        suite_add_tcase(s, t);
}

TEST_MAIN("taskstats", build)
