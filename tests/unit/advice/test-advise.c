/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/advise.h"

#include "test.h"

#define GIB (UINT64_C(1) << 30)

static const struct {
        uint64_t mtu, page;
        unsigned order;
} frames[] = {
        { 1500, 4096, 0 },
        { 3694, 4096, 0 },
        { 3695, 4096, 1 },
        { 9000, 4096, 2 },
        { 65520, 4096, 5 },
        { 9000, 65536, 0 },
        { 65520, 65536, 1 },
};

START_TEST(test_frame)
{
        ck_assert_uint_eq(advice_frame_order(frames[_i].mtu, frames[_i].page), frames[_i].order);
}
END_TEST

/* What a condition makes of a file. */
static const struct {
        const char *text; /* NULL: missing; "!": not readable */
        AdviceCondition c;
        AdviceState state;
} files[] = {
        { "always [madvise] never\n", { .test = ADVICE_IS, .values = { (char *)"madvise" }, .n_values = 1 }, ADVICE_TO_DO },
        { "always [madvise] never\n", { .test = ADVICE_IS, .values = { (char *)"always" }, .n_values = 1 }, ADVICE_FOLLOWED },
        { "always [madvise] never\n", { .test = ADVICE_IS_NOT, .values = { (char *)"always" }, .n_values = 1 }, ADVICE_TO_DO },
        { "0\n", { .test = ADVICE_IS, .values = { (char *)"1", (char *)"0" }, .n_values = 2 }, ADVICE_TO_DO },
        { "4194304\n", { .test = ADVICE_ABOVE, .unit = 1024, .amount = { true, 500 } }, ADVICE_TO_DO },
        { "1048576\n", { .test = ADVICE_ABOVE, .unit = 1024, .amount = { true, 500 } }, ADVICE_FOLLOWED },
        { "1048576\n", { .test = ADVICE_BELOW, .unit = 1024, .amount = { true, 500 } }, ADVICE_TO_DO },
        { "7\n", { .test = ADVICE_ABOVE, .amount = { false, 6 } }, ADVICE_TO_DO },
        { "many\n", { .test = ADVICE_ABOVE, .amount = { false, 6 } }, ADVICE_UNCLEAR },
        { "A: 1 kB\nMem:  2048 kB\n", { .test = ADVICE_ABOVE, .key = (char *)"Mem", .amount = { false, 1 << 20 } }, ADVICE_TO_DO },
        { "A: 1 kB\nMem:  2048 kB\n", { .test = ADVICE_IS, .key = (char *)"A", .values = { (char *)"1 kB" }, .n_values = 1 }, ADVICE_TO_DO },
        { "A: 1 kB\n", { .test = ADVICE_ABOVE, .key = (char *)"Mem", .amount = { false, 1 } }, ADVICE_FOLLOWED },
        { "x\n", { .test = ADVICE_THERE }, ADVICE_TO_DO },
        { NULL, { .test = ADVICE_THERE }, ADVICE_FOLLOWED },
        { NULL, { .test = ADVICE_MISSING }, ADVICE_TO_DO },
        { "!", { .test = ADVICE_THERE }, ADVICE_TO_DO },
        { "!", { .test = ADVICE_ABOVE, .amount = { false, 1 } }, ADVICE_UNCLEAR },
        { NULL, { .test = ADVICE_ABOVE, .amount = { false, 1 } }, ADVICE_FOLLOWED },
};

static int read_text(void *userdata, const char *path, char *buf, size_t size)
{
        const char *text = userdata;

        if (!text)
                return -ENOENT;
        if (streq(text, "!"))
                return -EACCES;
        return snprintf(buf, size, "%s", text);
}

START_TEST(test_file)
{
        AdviceMachine m = { .read = read_text, .userdata = (void *)files[_i].text, .memory = 64 * GIB, .frame_order = -1 };
        AdviceRule rule = { .command = (char *)"true", .n_when = 1 };
        AdviceResult r;

        rule.when[0] = files[_i].c;
        rule.when[0].name = (char *)"proc/sys/vm/x";
        rule.when[0].unit = MAX(rule.when[0].unit, UINT64_C(1));
        advise(&rule, NULL, &m, &r);
        ck_assert_str_eq(advice_state_name(r.state), advice_state_name(files[_i].state));
        ck_assert_int_eq(*r.unclear != 0, r.state == ADVICE_UNCLEAR);
}
END_TEST

START_TEST(test_boot)
{
        AdviceMachine m = { .read = read_text, .cmdline = "ro hugepagesz=1G nohugepages quiet", .frame_order = -1 };
        AdviceRule rule = { .command = (char *)"true", .n_when = 1 };
        AdviceCondition *c = &rule.when[0];
        AdviceResult r;

        *c = (AdviceCondition){ .subject = ADVICE_BOOT, .name = (char *)"hugepages", .test = ADVICE_THERE };
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_FOLLOWED); /* neither hugepagesz= nor nohugepages */
        c->name = (char *)"hugepagesz";
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_TO_DO);
        c->name = (char *)"quiet";
        c->test = ADVICE_MISSING;
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_FOLLOWED);
}
END_TEST

START_TEST(test_ranges)
{
        AdviceMachine m = { .read = read_text, .distribution = "rocky", .like = "rhel centos fedora", .frame_order = -1 };
        AdviceRule rule = { .command = (char *)"true" };
        AdviceResult r;

        ck_assert_int_eq(version_range_parse(">= 6.15", &rule.kernel), 0);
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_UNCLEAR);
        ck_assert_int_eq(version_parse("6.14", &m.kernel), 0);
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_NOT_HERE);
        ck_assert_int_eq(version_parse("7.0", &m.kernel), 0);
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_TO_DO);
        rule.distribution = (char *)"rhel";
        ck_assert_int_eq(version_range_parse(">= 8.4", &rule.release), 0);
        ck_assert_int_eq(version_parse("9.3", &m.release), 0);
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_TO_DO);
        rule.distribution = (char *)"hel";
        advise(&rule, NULL, &m, &r);
        ck_assert_int_eq(r.state, ADVICE_NOT_HERE);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("advise");

        tcase_add_loop_test(t, test_frame, 0, ELEMENTSOF(frames));
        tcase_add_loop_test(t, test_file, 0, ELEMENTSOF(files));
        tcase_add_test(t, test_boot);
        tcase_add_test(t, test_ranges);
        suite_add_tcase(s, t);
}

TEST_MAIN("advise", build)
