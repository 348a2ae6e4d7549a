/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "parse/sysctld.h"

static const struct {
        const char *text;
        bool found;
        uint64_t value;
} rows[] = {
        { "vm.nr_hugepages = 512\n", true, 512 },
        { "vm.nr_hugepages=512", true, 512 },
        { "  -vm/nr_hugepages\t=  512\r\n", true, 512 },
        { "# vm.nr_hugepages = 512\n", false, 0 },
        { "; vm.nr_hugepages = 512\n", false, 0 },
        { "vm.nr_hugepages = 1\nvm.swappiness = 10\nvm.nr_hugepages = 2\n", true, 2 },
        { "vm.nr_hugepages = 1\nvm.nr_hugepages = many\n", true, 1 },
        { "vm.nr_hugepages_mempolicy = 7\n", false, 0 },
        { "vm.nr_hugepage = 7\n", false, 0 },
        { "vm_nr_hugepages = 7\n", false, 0 },
        { "vm.nr_hugepages\n= 7\n", false, 0 },
        { "vm.nr_hugepages = -7\n", false, 0 },
        { "vm.nr_hugepages = 7x\n", false, 0 },
        { "vm.nr_hugepages = 99999999999999999999999\n", false, 0 },
        { "vm.nr_hugepages =", false, 0 },
        { "\n\n\n", false, 0 },
        { "", false, 0 },
};

START_TEST(a_key)
{
        size_t size = strlen(rows[_i].text);
        _cleanup_free_ char *text = malloc(size + 1); /* no NUL behind it */
        uint64_t value = 77;

        memcpy(text, rows[_i].text, size);
        ck_assert_int_eq(sysctld_number(text, size, "vm.nr_hugepages", &value), rows[_i].found);
        ck_assert_uint_eq(value, rows[_i].found ? rows[_i].value : 77);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("sysctld");

        tcase_add_loop_test(t, a_key, 0, ELEMENTSOF(rows));
        suite_add_tcase(s, t);
}

TEST_MAIN("sysctld", build)
