/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/knob.h"

#include "test.h"

START_TEST(test_row)
{
        const KnobInfo *k = knob_info((KnobId)_i);
        KnobId id;

        ck_assert_int_eq(knob_from_name(k->name, &id), 0);
        ck_assert_int_eq(id, _i);
        ck_assert_int_eq(strncmp(k->name, "vm.", 3), 0);
        ck_assert_int_eq(strncmp(k->path, "proc/sys/vm/", 12), 0);
        ck_assert_str_eq(k->name + 3, k->path + 12);
        ck_assert_int_le(k->min, k->max);
        ck_assert_int_ge(k->min, 0);
}
END_TEST

/* The kernel accepts more, but no one but an admin should ask for it: these are fragd's own bounds.
 */
START_TEST(test_managed)
{
        unsigned managed = 0;

        for (unsigned i = 0; i < _KNOB_MAX; i++)
                managed += knob_info((KnobId)i)->managed;
        ck_assert_uint_eq(managed, 5);
        ck_assert(knob_info(KNOB_COMPACTION_PROACTIVENESS)->managed);
        ck_assert_int_eq(knob_info(KNOB_COMPACTION_PROACTIVENESS)->max, 90);
        ck_assert(knob_info(KNOB_WATERMARK_BOOST_FACTOR)->managed);
        ck_assert_int_eq(knob_info(KNOB_WATERMARK_BOOST_FACTOR)->max, 15000);
}
END_TEST

START_TEST(test_unknown)
{
        KnobId id = KNOB_DEFRAG_MODE;

        ck_assert_int_eq(knob_from_name("vm.swappiness", &id), -ENOENT);
        ck_assert_int_eq(knob_from_name("", &id), -ENOENT);
        ck_assert_int_eq(knob_from_name("vm.compaction_proactivenes", &id), -ENOENT);
        ck_assert_int_eq(id, KNOB_DEFRAG_MODE);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("knob");

        tcase_add_loop_test(t, test_row, 0, _KNOB_MAX);
        tcase_add_test(t, test_managed);
        tcase_add_test(t, test_unknown);
        suite_add_tcase(s, t);
}

TEST_MAIN("knob", build)
