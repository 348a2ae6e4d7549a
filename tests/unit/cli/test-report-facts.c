/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/utsname.h>

#include "cli/report-facts.h"
#include "test.h"

START_TEST(test_recorded)
{
        struct utsname u;
        Facts f;

        facts_read(&f, FIXTURES "/roots/6.1-after");
        ck_assert_int_eq(uname(&u), 0);
        ck_assert_str_eq(facts_get(&f, "Kernel"), u.release);
        ck_assert_str_eq(facts_get(&f, "Architecture"), u.machine);
        ck_assert_ptr_nonnull(facts_get(&f, "CPUs"));
        ck_assert_ptr_nonnull(facts_get(&f, "Memory"));
        ck_assert_ptr_nonnull(strstr(facts_get(&f, "Memory"), "iB"));
        ck_assert_ptr_null(facts_get(&f, "Distribution")); /* is not recorded */
        for (size_t i = 0; i < f.n; i++)
                ck_assert_ptr_null(strstr(f.facts[i].value, u.nodename));
}
END_TEST

START_TEST(test_nothing)
{
        Facts f;

        facts_read(&f, FIXTURES "/none");
        ck_assert_ptr_null(facts_get(&f, "Memory"));
        ck_assert_ptr_nonnull(facts_get(&f, "Page size"));
}
END_TEST

static void put(const char *root, const char *name, const char *text)
{
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", root, name);
        f = fopen(path, "we");
        ck_assert_ptr_nonnull(f);
        ck_assert_int_ge(fputs(text, f), 0);
        ck_assert_int_eq(fclose(f), 0);
}

START_TEST(test_texts)
{
        char root[] = "/tmp/test-facts-XXXXXX", path[256];
        Facts f;

        ck_assert_ptr_nonnull(mkdtemp(root));
        snprintf(path, sizeof(path), "mkdir -p %s/etc %s/proc", root, root);
        ck_assert_int_eq(system(path), 0);
        put(root, "etc/os-release", "NAME=\"x\"\nPRETTY_NAME=\"Linux <\033[1m> \xff 1\"\n");
        put(root, "proc/meminfo", "MemTotal:       16777216 kB\nHugePages_Total:       7\n");
        facts_read(&f, root);
        ck_assert_str_eq(facts_get(&f, "Distribution"), "Linux <?[1m> ? 1");
        ck_assert_str_eq(facts_get(&f, "Memory"), "16 GiB");
        ck_assert_str_eq(facts_get(&f, "Huge pages reserved"), "7");
        snprintf(path, sizeof(path), "rm -r %s", root);
        ck_assert_int_eq(system(path), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("facts");

        tcase_add_test(t, test_recorded);
        tcase_add_test(t, test_nothing);
        tcase_add_test(t, test_texts);
        suite_add_tcase(s, t);
}

TEST_MAIN("cli/report-facts", build)
