/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sampler.h"

#include "fake-root.h"

static RootDir *root;
static Sampler *sampler;

static void setup(void)
{
        fake_root_make("6.1-after");
        ck_assert_int_eq(root_new(&root, fake_root), 0);
        ck_assert_int_eq(sampler_new(&sampler, root), 0);
}

static void teardown(void)
{
        sampler = sampler_free(sampler);
        root = root_free(root);
        fake_root_remove();
}

static const Model *sample(unsigned what)
{
        ck_assert_int_eq(sampler_sample(sampler, what), 0);
        return sampler_model(sampler);
}

static const char *const recorded[] = {
        "5.4-before",
        "5.4-after",
        "5.10-after",
        "6.1-before",
        "6.8-after",
        "6.12-before",
        "6.18-vm",
        "7.3-after",
};

START_TEST(recorded_machines_give_a_model)
{
        char path[512];
        const Model *m;

        snprintf(path, sizeof(path), "%s/roots/%s", FIXTURES, recorded[_i]);
        ck_assert_int_eq(root_new(&root, path), 0);
        ck_assert_int_eq(sampler_new(&sampler, root), 0);
        m = sample(SAMPLE_PAGETYPEINFO);
        ck_assert(model_has(m, SOURCE_BUDDYINFO));
        ck_assert(model_has(m, SOURCE_ZONEINFO));
        ck_assert(model_has(m, SOURCE_VMSTAT));
        ck_assert(model_has(m, SOURCE_MEMINFO));
        ck_assert(model_has(m, SOURCE_PAGETYPEINFO));
        ck_assert(model_has(m, SOURCE_EXTFRAG_INDEX));
        ck_assert(model_has(m, SOURCE_UNUSABLE_INDEX));
        ck_assert(model_has(m, SOURCE_KNOBS));
        ck_assert_uint_ge(m->n_nodes, 1);
        ck_assert_uint_eq(m->page_size, 4096);
        if (streq(recorded[_i], "6.18-vm")) /* built without THP */
                ck_assert(!model_has(m, SOURCE_THP));
        else
                ck_assert_uint_eq(m->thp_order, 9);
        ck_assert(m->nodes[0].score_known);
        ck_assert_uint_ne(m->nodes[0].unmovable_permyriad, UINT32_MAX);
        /* Nothing of them is recorded. */
        ck_assert(!model_has(m, SOURCE_KCOMPACTD));
        ck_assert_int_eq(sampler_source(sampler, SOURCE_KCOMPACTD)->error, -ESRCH);
        sampler = sampler_free(sampler);
        root = root_free(root);
}
END_TEST

/* What each file costs where it is missing, and nothing else. */
static const struct {
        const char *path;
        Source source;
} single[] = {
        { "proc/buddyinfo", SOURCE_BUDDYINFO },
        { "proc/zoneinfo", SOURCE_ZONEINFO },
        { "proc/vmstat", SOURCE_VMSTAT },
        { "proc/meminfo", SOURCE_MEMINFO },
        { "proc/pagetypeinfo", SOURCE_PAGETYPEINFO },
};

START_TEST(a_missing_file_costs_itself)
{
        uint32_t before = sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have, lost;
        const SourceState *s = sampler_source(sampler, single[_i].source);

        ck_assert(s->available);
        fake_unlink(single[_i].path);
        lost = before & ~sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have;
        ck_assert_uint_eq(lost, UINT32_C(1) << single[_i].source);
        ck_assert(!s->available);
        ck_assert_int_eq(s->error, -ENOENT);
        ck_assert_uint_eq(s->failures, 1);

        fake_copy("6.1-after", single[_i].path);
        ck_assert_uint_eq(sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have, before);
        ck_assert(s->available);
        ck_assert_int_eq(s->error, 0);
}
END_TEST

START_TEST(a_garbled_file_costs_itself)
{
        const SourceState *s = sampler_source(sampler, single[_i].source);
        uint32_t before = sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have, lost;

        fake_write(single[_i].path, "Node 0, zone      DMA     17     x\nnr_free_pages x\nPage "
                                    "block order: x\nMemTotal: x kB\n");
        for (unsigned i = 1; i <= 2; i++) { /* the second time its text has not changed */
                lost = before & ~sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have;
                ck_assert_uint_eq(lost, UINT32_C(1) << single[_i].source);
                ck_assert(!s->available);
                ck_assert_int_eq(s->error, -EBADMSG);
                ck_assert_uint_ge(s->line, 1);
                ck_assert_ptr_nonnull(s->expected);
                ck_assert_uint_eq(s->failures, i);
        }
        fake_copy("6.1-after", single[_i].path);
        ck_assert_uint_eq(sample(SAMPLE_SLOW | SAMPLE_PAGETYPEINFO)->have, before);
        ck_assert_uint_eq(s->line, 0);
}
END_TEST

START_TEST(an_empty_file_costs_itself)
{
        sample(SAMPLE_SLOW);
        fake_write("proc/vmstat", "");
        ck_assert(!model_has(sample(0), SOURCE_VMSTAT));
        ck_assert_int_eq(sampler_source(sampler, SOURCE_VMSTAT)->error, -ENODATA);
        ck_assert(model_has(sample(0), SOURCE_BUDDYINFO));
}
END_TEST

START_TEST(a_source_that_comes_back_unchanged_is_good)
{
        sample(SAMPLE_SLOW);
        fake_write("proc/vmstat", "");
        sample(0);
        fake_copy("6.1-after", "proc/vmstat");
        ck_assert(model_has(sample(0), SOURCE_VMSTAT));
        ck_assert_uint_ne(sampler_model(sampler)->vmstat.nr_free_pages, UNKNOWN_U64);
}
END_TEST

START_TEST(a_sample_follows_the_file)
{
        uint64_t before = sample(0)->nodes[0].free_pages;

        fake_write("proc/buddyinfo", "Node 0, zone   Normal      1      0      0      1\n");
        ck_assert_uint_eq(sample(0)->nodes[0].free_pages, 9);
        ck_assert_uint_ne(before, 9);
        ck_assert_uint_eq(sampler_model(sampler)->n_orders, 4);
}
END_TEST

START_TEST(slow_sources_are_read_when_asked)
{
        uint64_t before = sample(0)->zones[0].low; /* the first sample reads them anyway */

        ck_assert_uint_ne(before, UNKNOWN_U64);
        fake_unlink("proc/zoneinfo");
        fake_unlink("proc/meminfo");
        ck_assert_uint_eq(sample(0)->zones[0].low, before);
        ck_assert(model_has(sampler_model(sampler), SOURCE_MEMINFO));
        ck_assert_uint_eq(sample(SAMPLE_SLOW)->zones[0].low, UNKNOWN_U64);
        ck_assert(!model_has(sampler_model(sampler), SOURCE_MEMINFO));
}
END_TEST

START_TEST(pagetypeinfo_is_read_when_asked)
{
        ck_assert(sampler_source(sampler, SOURCE_PAGETYPEINFO)->available);
        ck_assert(!model_has(sample(SAMPLE_SLOW), SOURCE_PAGETYPEINFO));
        ck_assert(model_has(sample(SAMPLE_PAGETYPEINFO), SOURCE_PAGETYPEINFO));
        ck_assert(sampler_model(sampler)->zones[0].pagetype_known);
        ck_assert(model_has(sample(0), SOURCE_PAGETYPEINFO)); /* what was read stands */
}
END_TEST

START_TEST(a_handed_over_source_is_read_through_its_fd)
{
        char path[512];
        int fd;

        fake_path(path, sizeof(path), "proc/pagetypeinfo");
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        sampler_adopt(sampler, SOURCE_PAGETYPEINFO, fd);
        ck_assert_int_eq(sampler_rescan(sampler), 0);
        ck_assert(sampler_source(sampler, SOURCE_PAGETYPEINFO)->available);
        ck_assert(model_has(sample(SAMPLE_PAGETYPEINFO), SOURCE_PAGETYPEINFO));
}
END_TEST

static const struct {
        const char *text; /* NULL: no file */
        int error;
        uint32_t size;
} page_sizes[] = {
        { NULL, 0, 4096 },
        { "4096\n", 0, 4096 },
        { "65536\n", 0, 65536 },
        { "16384", 0, 16384 },
        { "4095\n", -EINVAL, 0 },
        { "2048\n", -EINVAL, 0 },
        { "1073741824\n", -EINVAL, 0 },
        { "-4096\n", -EINVAL, 0 },
        { "4K\n", -EINVAL, 0 },
};

START_TEST(page_size_is_that_of_the_recorded_machine)
{
        Sampler *s = NULL;

        if (page_sizes[_i].text)
                fake_write("fragd-page-size", page_sizes[_i].text);
        ck_assert_int_eq(sampler_new(&s, root), page_sizes[_i].error);
        if (page_sizes[_i].error == 0) {
                ck_assert_int_eq(sampler_sample(s, 0), 0);
                ck_assert_uint_eq(sampler_model(s)->page_size, page_sizes[_i].size);
        } else
                ck_assert_ptr_null(s);
        sampler_free(s);
}
END_TEST

START_TEST(knobs_are_read_each_time)
{
        const Model *m = sample(0);

        ck_assert_int_eq(m->knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        ck_assert_int_eq(m->knobs[KNOB_DEFRAG_MODE], KNOB_VALUE_NONE);
        fake_write("proc/sys/vm/compaction_proactiveness", "35\n");
        ck_assert_int_eq(sample(0)->knobs[KNOB_COMPACTION_PROACTIVENESS], 35);
}
END_TEST

START_TEST(a_new_knob_is_found_by_a_rescan)
{
        sample(0);
        fake_write("proc/sys/vm/defrag_mode", "0\n");
        ck_assert_int_eq(sample(0)->knobs[KNOB_DEFRAG_MODE], KNOB_VALUE_NONE);
        ck_assert_int_eq(sampler_rescan(sampler), 0);
        ck_assert_int_eq(sample(0)->knobs[KNOB_DEFRAG_MODE], 0);
}
END_TEST

START_TEST(a_garbled_knob_costs_itself)
{
        const SourceState *s = sampler_source(sampler, SOURCE_KNOBS);

        fake_write("proc/sys/vm/compaction_proactiveness", "twenty\n");
        ck_assert_int_eq(sample(0)->knobs[KNOB_COMPACTION_PROACTIVENESS], KNOB_VALUE_NONE);
        ck_assert_int_ne(
                sampler_model(sampler)->knobs[KNOB_WATERMARK_BOOST_FACTOR], KNOB_VALUE_NONE);
        ck_assert(s->available);
        ck_assert_int_eq(s->error, -EBADMSG);
        fake_write("proc/sys/vm/compaction_proactiveness", "20\n");
        ck_assert_int_eq(sample(0)->knobs[KNOB_COMPACTION_PROACTIVENESS], 20);
        ck_assert_int_eq(s->error, 0);
}
END_TEST

START_TEST(without_any_knob_the_source_is_missing)
{
        fake_unlink("proc/sys/vm/compaction_proactiveness");
        fake_unlink("proc/sys/vm/watermark_boost_factor");
        fake_unlink("proc/sys/vm/extfrag_threshold");
        ck_assert(!model_has(sample(0), SOURCE_KNOBS));
        ck_assert_int_eq(sampler_source(sampler, SOURCE_KNOBS)->error, -ENOENT);
}
END_TEST

static void make_kcompactd(unsigned pid, unsigned node, char state, unsigned cpu)
{
        char path[64], text[128];

        snprintf(path, sizeof(path), "proc/%u/comm", pid);
        snprintf(text, sizeof(text), "kcompactd%u\n", node);
        fake_write(path, text);
        snprintf(path, sizeof(path), "proc/%u/stat", pid);
        snprintf(text, sizeof(text), "%u (kcompactd%u) %c 2 0 0 0 -1 2129984 0 0 0\n", pid, node,
                state);
        fake_write(path, text);
        snprintf(path, sizeof(path), "proc/%u/schedstat", pid);
        snprintf(text, sizeof(text), "%u 0 0\n", cpu);
        fake_write(path, text);
}

START_TEST(kcompactd_is_found_and_followed)
{
        const Model *m;

        fake_write("proc/1/comm", "init\n");
        fake_write("proc/34/comm", "kcompactdx\n");
        make_kcompactd(35, 0, 'S', 1000);
        m = sample(0);
        ck_assert(model_has(m, SOURCE_KCOMPACTD));
        ck_assert_int_eq(m->nodes[0].kcompactd_state, 'S');
        ck_assert_uint_eq(m->nodes[0].kcompactd_cpu_nsec, 1000);
        make_kcompactd(35, 0, 'D', 3000);
        m = sample(0);
        ck_assert_int_eq(m->nodes[0].kcompactd_state, 'D');
        ck_assert_uint_eq(m->nodes[0].kcompactd_cpu_nsec, 3000);
        m = sample(0); /* unchanged */
        ck_assert_int_eq(m->nodes[0].kcompactd_state, 'D');
        ck_assert_uint_eq(m->nodes[0].kcompactd_cpu_nsec, 3000);
}
END_TEST

START_TEST(kcompactd_without_schedstat_is_seen)
{
        make_kcompactd(35, 0, 'R', 0);
        fake_unlink("proc/35/schedstat");
        ck_assert_int_eq(sample(0)->nodes[0].kcompactd_state, 'R');
        ck_assert_uint_eq(sampler_model(sampler)->nodes[0].kcompactd_cpu_nsec, UNKNOWN_U64);
        ck_assert(sampler_source(sampler, SOURCE_KCOMPACTD)->available);
}
END_TEST

START_TEST(kcompactd_that_went_is_looked_for_again)
{
        make_kcompactd(35, 0, 'S', 1000);
        sample(0);
        fake_unlink("proc/35/comm");
        fake_unlink("proc/35/stat");
        fake_unlink("proc/35/schedstat");
        make_kcompactd(77, 0, 'S', 2000);
        ck_assert(!model_has(sample(0), SOURCE_KCOMPACTD));
        ck_assert(model_has(sample(0), SOURCE_KCOMPACTD));
        ck_assert_uint_eq(sampler_model(sampler)->nodes[0].kcompactd_cpu_nsec, 2000);
}
END_TEST

START_TEST(each_node_has_its_kcompactd)
{
        fake_write("proc/buddyinfo",
                "Node 0, zone   Normal      1      0\nNode 2, zone   Normal      1      0\n");
        make_kcompactd(35, 0, 'S', 1);
        make_kcompactd(36, 2, 'R', 2);
        make_kcompactd(37, 1, 'R', 3); /* of a node without free memory to speak of */
        sample(0);
        ck_assert_int_eq(model_node_const(sampler_model(sampler), 0)->kcompactd_state, 'S');
        ck_assert_int_eq(model_node_const(sampler_model(sampler), 2)->kcompactd_state, 'R');
}
END_TEST

START_TEST(thp_size_is_checked)
{
        static const struct {
                const char *text;
                int error;
        } cases[] = { { "2097152\n", 0 }, { "0\n", -EBADMSG }, { "3000000\n", -EBADMSG },
                { "never\n", -EINVAL } };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fake_write("sys/kernel/mm/transparent_hugepage/hpage_pmd_size", cases[i].text);
                ck_assert_int_eq(sampler_rescan(sampler), 0);
                ck_assert_int_eq(sampler_source(sampler, SOURCE_THP)->error, cases[i].error);
                ck_assert_int_eq(model_has(sample(0), SOURCE_THP), cases[i].error == 0);
        }
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("recorded");

        tcase_add_loop_test(t, recorded_machines_give_a_model, 0, (int)ELEMENTSOF(recorded));
        suite_add_tcase(s, t);

        t = tcase_create("sources");
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, a_missing_file_costs_itself, 0, (int)ELEMENTSOF(single));
        tcase_add_loop_test(t, a_garbled_file_costs_itself, 0, (int)ELEMENTSOF(single));
        tcase_add_test(t, an_empty_file_costs_itself);
        tcase_add_test(t, a_source_that_comes_back_unchanged_is_good);
        tcase_add_test(t, a_sample_follows_the_file);
        tcase_add_test(t, slow_sources_are_read_when_asked);
        tcase_add_test(t, pagetypeinfo_is_read_when_asked);
        tcase_add_test(t, a_handed_over_source_is_read_through_its_fd);
        tcase_add_loop_test(
                t, page_size_is_that_of_the_recorded_machine, 0, (int)ELEMENTSOF(page_sizes));
        tcase_add_test(t, thp_size_is_checked);
        suite_add_tcase(s, t);

        t = tcase_create("knobs");
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, knobs_are_read_each_time);
        tcase_add_test(t, a_new_knob_is_found_by_a_rescan);
        tcase_add_test(t, a_garbled_knob_costs_itself);
        tcase_add_test(t, without_any_knob_the_source_is_missing);
        suite_add_tcase(s, t);

        t = tcase_create("kcompactd");
        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, kcompactd_is_found_and_followed);
        tcase_add_test(t, kcompactd_without_schedstat_is_seen);
        tcase_add_test(t, kcompactd_that_went_is_looked_for_again);
        tcase_add_test(t, each_node_has_its_kcompactd);
        suite_add_tcase(s, t);
}

TEST_MAIN("sampler", build)
