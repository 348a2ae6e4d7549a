/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "writers/writers.h"

#include "test.h"

#define PROFILE "[main]\nsummary=x\ninclude=throughput-performance\n"

/* "vm.drop_caches=3@2 ..." of what was found. */
static const char *found(const Writers *w, char buf[static 1024])
{
        size_t used = 0;

        buf[0] = 0;
        for (size_t i = 0; i < w->n; i++)
                used += (size_t)snprintf(buf + used, 1024 - used, "%s%s=%s@%u%s", i > 0 ? " " : "", w->items[i].target,
                        w->items[i].value, w->items[i].line, w->items[i].overridden ? "!" : "");
        return buf;
}

static const struct {
        WriterKind kind;
        const char *text, *found;
} cases[] = {
        { WRITER_SYSCTL, "# vm.min_free_kbytes=1\n; x\nvm.min_free_kbytes = 65536\n", "vm.min_free_kbytes=65536@3" },
        { WRITER_SYSCTL, "-vm/compaction_proactiveness=0\n", "vm.compaction_proactiveness=0@1" },
        { WRITER_SYSCTL, "vm.swappiness=1\nkernel.drop_caches=1\nvm.drop_caches\nnet.vm.drop_caches=1\n", "" },
        { WRITER_SYSCTL, "vm.nr_hugepages=1\nvm.nr_hugepages=2", "vm.nr_hugepages=1@1! vm.nr_hugepages=2@2" },
        { WRITER_SYSCTL, "", "" },
        { WRITER_TMPFILES, "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never\n", "transparent_hugepage/enabled=never@1" },
        { WRITER_TMPFILES, "d /run/x\nw! /sys/kernel/mm/transparent_hugepage/defrag - - - - defer+madvise",
                "transparent_hugepage/defrag=defer+madvise@2" },
        { WRITER_TMPFILES, "f /tmp/transparent_hugepage/enabled - - - - x\nw /sys/x/enabled - - - - 1\nw\n", "" },
        { WRITER_TUNED, PROFILE "[sysctl]\nvm.min_free_kbytes=90112\nvm.dirty_ratio=10\n[vm]\ntransparent_hugepages = never\n",
                "vm.min_free_kbytes=90112@5 transparent_hugepage/enabled=never@8" },
        { WRITER_TUNED, PROFILE "[sysfs]\n/sys/kernel/mm/transparent_hugepage/defrag=always\n[cpu]\nvm.drop_caches=1\n",
                "transparent_hugepage/defrag=always@5" },
        { WRITER_CRON, "0 */6 * * * root echo 1 > /proc/sys/vm/compact_memory; echo 3 > /proc/sys/vm/drop_caches\n",
                "vm.compact_memory=1@1 vm.drop_caches=3@1" },
        { WRITER_CRON, "# echo 1 > /proc/sys/vm/drop_caches\n* * * * * root cat /proc/sys/vm/min_free_kbytes\n", "" },
        { WRITER_CRON, "1 2 * * * root sysctl -w vm.min_free_kbytes=1048576\n", "vm.min_free_kbytes=1048576@1" },
        { WRITER_CRON, "1 2 * * * root echo never | tee /sys/kernel/mm/transparent_hugepage/enabled\n",
                "transparent_hugepage/enabled=never@1" },
        { WRITER_CRON, "x=/proc/sys/vm/drop_caches_old; echo 1 > /tmp/drop_cachesx\n", "" },
        { WRITER_CRON, "for n in 0 1; do echo 1 > /sys/devices/system/node/node$n/compact; done\n", "nodeN/compact=1@1" },
        { WRITER_CRON, "echo 1 > /srv/compact\n", "" },
        { WRITER_CRON, "#!/bin/sh\nsync\n  echo '3' > /proc/sys/vm/drop_caches\n", "vm.drop_caches=3@3" },
        { WRITER_UNIT, "[Service]\nDescription=echo 1 > /proc/sys/vm/drop_caches\nExecStart=/bin/sh -c 'echo never > "
                       "/sys/kernel/mm/transparent_hugepage/enabled'\n", "transparent_hugepage/enabled=never@3" },
        { WRITER_UNIT, "#!/bin/sh\necho 1 >/proc/sys/vm/compact_memory\n", "vm.compact_memory=1@2" },
};

START_TEST(test_text)
{
        WriterPlace place = { cases[_i].kind, "somebody", "/etc/x" };
        char text[1024], include[64];
        Writers *w = calloc(1, sizeof(*w));

        ck_assert_ptr_nonnull(w);
        switch (cases[_i].kind) {
        case WRITER_SYSCTL:
                writers_sysctl(w, &place, cases[_i].text);
                writers_last_counts(w, 0, WRITER_SYSCTL);
                break;
        case WRITER_TMPFILES: writers_tmpfiles(w, &place, cases[_i].text); break;
        case WRITER_TUNED:
                writers_tuned(w, &place, cases[_i].text, include, sizeof(include));
                ck_assert_str_eq(include, "throughput-performance");
                break;
        default: writers_commands(w, &place, cases[_i].text); break;
        }
        ck_assert_str_eq(found(w, text), cases[_i].found);
        for (size_t i = 0; i < w->n; i++) {
                ck_assert_str_eq(w->items[i].who, "somebody");
                ck_assert_str_eq(w->items[i].file, "/etc/x");
        }
        free(w);
}
END_TEST

static const struct {
        const char *text;
        bool found;
        uint64_t value;
} numbers[] = {
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

/* What sysctl(8) would apply of a file. */
START_TEST(test_number)
{
        WriterPlace place = { WRITER_SYSCTL, "sysctl.d", "/x" };
        Writers *w = calloc(1, sizeof(*w));
        const Writer *found;
        uint64_t value = 77;

        ck_assert_ptr_nonnull(w);
        writers_sysctl(w, &place, numbers[_i].text);
        writers_sysctl(w, &(WriterPlace){ WRITER_TUNED, "TuneD", "/y" }, "vm.nr_hugepages=99\n");
        found = writers_number(w, WRITER_SYSCTL, "vm.nr_hugepages", &value);
        ck_assert_int_eq(found != NULL, numbers[_i].found);
        ck_assert_uint_eq(value, numbers[_i].found ? numbers[_i].value : 77);
        if (found)
                ck_assert_str_eq(found->file, "/x");
        free(w);
}
END_TEST

/* More than there is room for is counted; long lines are cut, not overrun. */
START_TEST(test_bounds)
{
        WriterPlace place = { WRITER_SYSCTL, "x", "/x" };
        Writers *w = calloc(1, sizeof(*w));
        char *text = malloc(65536);

        ck_assert_ptr_nonnull(w);
        ck_assert_ptr_nonnull(text);
        for (unsigned i = 0; i < WRITERS_MAX + 3; i++)
                writers_sysctl(w, &place, "vm.drop_caches=1\n");
        ck_assert_uint_eq(w->n, WRITERS_MAX);
        ck_assert_uint_eq(w->dropped, 3);
        *w = (Writers){ 0 };
        memset(text, 'x', 65535);
        text[65535] = 0;
        writers_commands(w, &place, text);
        memcpy(text, "vm.drop_caches=", 15);
        writers_sysctl(w, &place, text);
        ck_assert_uint_eq(w->n, 1);
        ck_assert_uint_eq(strlen(w->items[0].value), WRITER_TEXT_MAX - 1);
        free(text);
        free(w);
}
END_TEST

static void on_script(void *userdata, const char *path)
{
        char *text = userdata;

        snprintf(text + strlen(text), 256 - strlen(text), "%s ", path);
}

START_TEST(test_scripts)
{
        char text[256] = "";

        writers_scripts(WRITER_CRON, "1 2 * * * root /usr/local/bin/a.sh && cd / ; '/opt/b' # /c\n#/d\n", on_script, text);
        ck_assert_str_eq(text, "/usr/local/bin/a.sh /opt/b /c ");
        text[0] = 0;
        writers_scripts(WRITER_UNIT, "Documentation=/x\nExecStart=-/usr/bin/y /z\n", on_script, text);
        ck_assert_str_eq(text, "/usr/bin/y /z ");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("writers");

        tcase_add_loop_test(t, test_text, 0, ELEMENTSOF(cases));
        tcase_add_loop_test(t, test_number, 0, ELEMENTSOF(numbers));
        tcase_add_test(t, test_bounds);
        tcase_add_test(t, test_scripts);
        suite_add_tcase(s, t);
}

TEST_MAIN("writers", build)
