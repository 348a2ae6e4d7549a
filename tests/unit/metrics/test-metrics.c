/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of an engine as metrics: how many series that are, and that they say what engine and
 * model say. */
#include "metrics/metrics.h"
#include "test.h"

#define ZONES_MAX 4

static Model model;
static Engine *engine;
static Tally tally;
static Policy policy;
static MetricsInput in;
/* As many as there may be. */
static const MetricsWatch watched_names[WATCHED_MAX + 1] = { { "postgres", 7, 70000000, 3 }, { .name = "b" }, { .name = "c" }, { .name = "d" },
        { .name = "e" }, { .name = "f" }, { .name = "g" }, { .name = "h" }, { .name = "i" }, { .name = "j" }, { .name = "k" }, { .name = "l" },
        { .name = "m" }, { .name = "n" }, { .name = "o" }, { .name = "p" }, { "(others)", 2, 2000000, UNKNOWN_U64 } };
/* Each of its own class, more classes than there are: 20 rows, and one of each of 13 classes for the rest. */
static MetricsMessage messages[33];
static char classes[13][8];
static StrBuf out;

static void zone_init(Zone *z, uint32_t node, unsigned n_orders)
{
        static const char *const names[ZONES_MAX] = { "DMA", "DMA32", "Normal", "Movable" };

        *z = (Zone)ZONE_INIT;
        z->node = node;
        strcpy(z->name, names[(z - model.zones) % ZONES_MAX]);
        z->min = 100;
        z->low = 200;
        z->high = 300;
        z->boost = z->free_cma = z->free_highatomic = 0;
        z->present = z->managed = 1 << 20;
        for (unsigned o = 0; o < n_orders; o++) {
                z->free[o] = 10;
                z->free_pages += UINT64_C(10) << o;
        }
}

/* All that a machine can have, all of it known. */
static void machine(size_t n_nodes, size_t zones_each, unsigned n_orders)
{
        model = (Model){
                .have = (1U << _SOURCE_MAX) - 1, .page_size = 4096, .n_orders = (uint8_t)n_orders
        };
        model.thp_order = model.huge_order = model.pageblock_order = 9;
        model.n_nodes = n_nodes;
        model.n_zones = n_nodes * zones_each;
        model.nodes = calloc(n_nodes, sizeof(Node));
        model.zones = calloc(model.n_zones, sizeof(Zone));
        for (size_t i = 0; i < model.n_zones; i++)
                zone_init(&model.zones[i], (uint32_t)(i / zones_each), n_orders);
        for (size_t i = 0; i < n_nodes; i++)
                model.nodes[i] = (Node){ .id = (uint32_t)i,
                        .first_zone = i * zones_each,
                        .n_zones = zones_each,
                        .present = zones_each << 20,
                        .managed = zones_each << 20,
                        .free_pages = 4096,
                        .score = 42,
                        .score_known = true,
                        .kcompactd_state = 'S',
                        .kcompactd_cpu_nsec = 1500000001,
                        .unmovable_permyriad = 250 };
        for (size_t i = 0; i < _KNOB_MAX; i++)
                model.knobs[i] = 20;
        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                *vmstat_counter(&model.vmstat, i) = 100 + i;
        model.psi_memory = (Psi){
                .some = { .total = 2500000 }, .full = { .total = 500000 }, .have_full = true
        };
        model.psi_cpu = model.psi_memory;
}

static void step(const Event *event, usec_t now)
{
        Outcome o;

        ck_assert_int_eq(engine_step(engine, event, now, &o), 0);
        for (size_t i = 0; i < o.n_decisions; i++)
                tally_decision(&tally, &o.decisions[i]);
}

/* One more than there may be. */
static const MetricsPool pools[METRICS_POOLS_MAX + 1] = { { 18, 2 }, { 9, 28 }, { 15, 0 }, { 13, 0 }, { 12, 0 } };

static void say(void)
{
        for (size_t i = 0; i < ELEMENTSOF(classes); i++)
                snprintf(classes[i], sizeof(classes[i]), "class%zu", i);
        for (size_t i = 0; i < ELEMENTSOF(messages); i++)
                messages[i] = (MetricsMessage){ classes[i % ELEMENTSOF(classes)], "f", "4", 5 + i, 1700000001000000 + i * 1000000 };
        messages[1].order = "other";
}

static void follow(unsigned n_objectives)
{
        say();
        ck_assert_int_eq(tally_init(&tally), 0);
        ck_assert_int_eq(engine_new(&engine, 128, 1), 0);
        policy_init(&policy, "test");
        for (unsigned k = 0; k < n_objectives; k++)
                policy.objectives[policy.n_objectives++] = (Objective){ .size = UINT64_C(4096)
                                                                                << (k + 1),
                        .reserve = { .bytes = 1 << 20 },
                        .refill = { .bytes = 2 << 20 },
                        .node = NODE_EVERY,
                        .use = k % 2 ? USE_KERNEL : USE_USER };
        step(&(Event){ .type = EVENT_ACTOR, .actor_present = true }, 1000000);
        step(&(Event){ .type = EVENT_POLICY, .policy = &policy }, 1000000);
        step(&(Event){ .type = EVENT_SAMPLE, .sample = &model }, 1000000);
        model.psi_memory.some.total += 2000000;
        step(&(Event){ .type = EVENT_SAMPLE, .sample = &model }, 11000000);
        in = (MetricsInput){ .model = &model,
                .engine = engine,
                .tally = &tally,
                .now = 12000000,
                .realtime = 1700000012500000,
                .sampled = 11000000,
                .version = "1.2.3",
                .acts = true,
                .config_good = true,
                .watches = watched_names,
                .n_watches = ELEMENTSOF(watched_names),
                .kernel_log = true,
                .messages = messages,
                .n_messages = ELEMENTSOF(messages),
                .pools = pools,
                .n_pools = ELEMENTSOF(pools),
                .messages_suppressed = 9,
                .tracing = true,
                .traced_lost = 12,
                .pagetypeinfo_read = 1234,
                .api_clients = 2,
                .metrics_clients = 1,
                .scrapes = 7,
                .cpu = 2500000,
                .rss = 5 << 20,
                .started_realtime = 1700000000000000 };
        in.sources[SOURCE_VMSTAT] = (MetricsSource){
                .available = true, .read_failures = 3, .parse_failures = 4
        };
}

static void setup(void)
{
        out = (StrBuf){ 0 };
}

static void teardown(void)
{
        strbuf_done(&out);
        engine = engine_free(engine);
        tally_done(&tally);
        free(model.nodes);
        free(model.zones);
}

static size_t lines(const char *text)
{
        size_t n = 0;

        for (const char *p = text; *p; p = strchr(p, '\n') + 1)
                n += *p != '#';
        return n;
}

static size_t formula(size_t nodes, size_t objectives, size_t zones, size_t orders, size_t watched)
{
        return METRICS_SERIES_FIXED + METRICS_SERIES_NODE * nodes +
               METRICS_SERIES_OBJECTIVE * objectives * nodes +
               zones * (METRICS_SERIES_ORDER * orders + METRICS_SERIES_WATCHED * watched);
}

/* On one node at most 600, whatever the machine and the policy. watched: orders 1 to 8 of the
 * objectives, and 9 for huge pages. */
static const struct {
        size_t nodes, zones_each;
        unsigned orders, objectives;
        size_t watched, most;
} shapes[] = {
        { 1, 3, 11, 2, 3, 600 },
        { 1, 4, 11, 8, 9, 600 },
        { 1, 4, 14, 8, 9, 600 },
        { 2, 2, 11, 2, 3, 600 },
        { 8, 1, 11, 2, 3, 1200 },
        { 64, 1, 11, 2, 3, 8000 },
        { 8, 4, 14, 8, 9, SIZE_MAX },
        { 64, 4, 14, 8, 9, SIZE_MAX },
};

START_TEST(test_series)
{
        size_t n, zones = shapes[_i].nodes * shapes[_i].zones_each, cooldowns = shapes[_i].nodes;
        int r;

        machine(shapes[_i].nodes, shapes[_i].zones_each, shapes[_i].orders);
        follow(shapes[_i].objectives);
        r = metrics_render(&in, METRICS_TEXT, &out);
        ck_assert_int_gt(r, 0);
        n = formula(shapes[_i].nodes, shapes[_i].objectives, zones, shapes[_i].orders,
                shapes[_i].watched);
        /* Nothing has been done yet, so that there is no time since then. */
        ck_assert_uint_eq((size_t)r, n - cooldowns);
        ck_assert_uint_eq(lines(strbuf_text(&out)), (size_t)r);
        ck_assert_uint_le(n, shapes[_i].most);
        strbuf_reset(&out);
        ck_assert_int_eq(metrics_render(&in, METRICS_OPENMETRICS, &out), r);
}
END_TEST

/* Each on a line of its own. */
/* clang-format off */
static const char *const said[] = {
        "fragd_free_blocks{node=\"0\",zone=\"Normal\",size=\"3\"} 10",
        "fragd_allocatable_blocks{node=\"0\",zone=\"Normal\",size=\"10\"} 10",
        "fragd_unusable_free_ratio{node=\"0\",zone=\"Normal\",size=\"9\"} 0.249",
        "fragd_fragmentation_index{node=\"0\",zone=\"Normal\",size=\"1\"} -1",
        "fragd_node_managed_bytes{node=\"0\"} 17179869184",
        "fragd_node_free_bytes{node=\"0\"} 16777216",
        "fragd_node_score_ratio{node=\"0\"} 0.42",
        "fragd_kcompactd_threshold_ratio{mark=\"low\"} 0.8",
        "fragd_kcompactd_threshold_ratio{mark=\"high\"} 0.9",
        "fragd_node_unmovable_pageblocks_ratio{node=\"0\"} 0.025",
        "fragd_kcompactd_cpu_seconds_total{node=\"0\"} 1.500000001",
        "fragd_pressure_waiting_seconds_total{resource=\"memory\"} 4.5",
        "fragd_pressure_stalled_seconds_total{resource=\"cpu\"} 0.5",
        "fragd_watched_direct_compactions_total{watch=\"postgres\"} 7",
        "fragd_watched_direct_compaction_seconds_total{watch=\"(others)\"} 0.002",
        "fragd_watched_processes{watch=\"postgres\"} 3",
        "fragd_kernel_messages_total{class=\"class0\",caller=\"f\",order=\"4\"} 5",
        "fragd_kernel_messages_total{class=\"class1\",caller=\"f\",order=\"other\"} 6",
        "fragd_kernel_last_message_timestamp_seconds{class=\"class0\"} 1700000027",
        "fragd_kernel_messages_suppressed_total 9",
        "fragd_hugetlb_short_pages{size=\"18\"} 2",
        "fragd_hugetlb_short_pages{size=\"9\"} 28",
        "fragd_source_available{source=\"kernel-log\"} 1",
        "fragd_traced_lost_records_total 12",
        "fragd_source_available{source=\"compaction-trace\"} 1",
        "fragd_objective_reserve_bytes{node=\"0\",objective=\"0\",size=\"1\",for=\"user\"} 1048576",
        "fragd_objective_refill_bytes{node=\"0\",objective=\"1\",size=\"2\",for=\"kernel\"} 2097152",
        "fragd_objective_exhaustion_seconds{node=\"0\",objective=\"0\",size=\"1\",for=\"user\"} +Inf",
        "fragd_objective_met_seconds_total{node=\"0\",objective=\"0\",size=\"1\",for=\"user\"} 10",
        "fragd_objective_observed_seconds_total{node=\"0\",objective=\"0\",size=\"1\",for=\"user\"} 10",
        "fragd_verdict{node=\"0\",objective=\"0\",size=\"1\",for=\"user\",fragd_verdict=\"met\"} 1",
        "fragd_verdict{node=\"0\",objective=\"0\",size=\"1\",for=\"user\",fragd_verdict=\"short\"} 0",
        "fragd_guard_held{node=\"0\",guard=\"psi-memory\"} 1",
        "fragd_guard_value{guard=\"psi-memory\"} 0.2",
        "fragd_guard_limit{guard=\"psi-memory\"} 0.1",
        "fragd_guard_limit{guard=\"cooldown\"} 10",
        "fragd_actions_total{node=\"0\",lever=\"window\",result=\"gained\"} 0",
        "fragd_decisions_total{reason=\"policy-changed\"} 1",
        "fragd_knob_value{knob=\"vm.compaction_proactiveness\"} 20",
        "fragd_knob_baseline{knob=\"vm.compaction_proactiveness\"} 20",
        "fragd_knob_owner{knob=\"vm.watermark_boost_factor\",fragd_knob_owner=\"nobody\"} 1",
        "fragd_build_info{version=\"1.2.3\"} 1",
        "fragd_policy_info{policy=\"test\"} 1",
        "fragd_acts 1",
        "fragd_paused 0",
        "fragd_config_last_reload_successful 1",
        "fragd_last_sample_timestamp_seconds 1700000011.5",
        "fragd_poll_duration_seconds_count 0",
        "fragd_source_available{source=\"vmstat\"} 1",
        "fragd_source_available{source=\"zoneinfo\"} 0",
        "fragd_source_read_failures_total{source=\"vmstat\"} 3",
        "fragd_source_parse_failures_total{source=\"vmstat\"} 4",
        "fragd_pagetypeinfo_read_duration_seconds 0.001234",
        "fragd_clients{interface=\"varlink\"} 2",
        "fragd_scrapes_total 7",
        "process_cpu_seconds_total 2.5",
        "process_resident_memory_bytes 5242880",
        "process_start_time_seconds 1700000000",
};
/* clang-format on */

START_TEST(test_values)
{
        char line[256];

        machine(1, 4, 11);
        follow(2);
        ck_assert_int_gt(metrics_render(&in, METRICS_TEXT, &out), 0);
        for (size_t i = 0; i < ELEMENTSOF(said); i++) {
                snprintf(line, sizeof(line), "\n%s\n", said[i]);
                ck_assert_msg(strstr(strbuf_text(&out), line), "not there: %s\n%s", said[i],
                        strbuf_text(&out));
        }
}
END_TEST

/* By trace events instead of delay accounting. */
START_TEST(test_traced)
{
        machine(1, 1, 11);
        follow(1);
        in.n_watches = 0;
        in.traced = watched_names;
        in.n_traced = ELEMENTSOF(watched_names);
        ck_assert_int_gt(metrics_render(&in, METRICS_TEXT, &out), 0);
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "\nfragd_traced_compaction_runs_total{watch=\"postgres\"} 7\n"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "\nfragd_traced_compaction_seconds_total{watch=\"(others)\"} 0.002\n"));
        ck_assert_ptr_null(strstr(strbuf_text(&out), "fragd_watched_"));
        strbuf_reset(&out);
        in.tracing = false;
        ck_assert_int_gt(metrics_render(&in, METRICS_TEXT, &out), 0);
        ck_assert_ptr_null(strstr(strbuf_text(&out), "fragd_traced_"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "\nfragd_source_available{source=\"compaction-trace\"} 0\n"));
}
END_TEST

/* Names that must not be there where nothing is known. */
static const char *const unknown[] = { "fragd_allocatable_blocks", "fragd_node_managed_bytes",
        "fragd_node_score_ratio", "fragd_kcompactd_threshold_ratio",
        "fragd_node_unmovable_pageblocks_ratio", "fragd_kcompactd_cpu_seconds_total",
        "fragd_direct_compaction_stalls_total", "fragd_pressure_waiting_seconds_total",
        "fragd_knob_value", "fragd_guard_value{guard=\"psi-memory\"}",
        "fragd_pagetypeinfo_read_duration_seconds", "process_cpu_seconds_total",
        "process_resident_memory_bytes", "18446744073709551615", "{knob=" };

START_TEST(test_unknown)
{
        machine(1, 1, 11);
        model.have = 1U << SOURCE_BUDDYINFO;
        model.nodes[0] = (Node)NODE_INIT;
        model.nodes[0].n_zones = 1;
        for (size_t i = 0; i < _KNOB_MAX; i++)
                model.knobs[i] = KNOB_VALUE_NONE;
        follow(1);
        in.pagetypeinfo_read = 0;
        in.cpu = USEC_INFINITY;
        in.rss = UNKNOWN_U64;
        ck_assert_int_gt(metrics_render(&in, METRICS_TEXT, &out), 0);
        for (size_t i = 0; i < ELEMENTSOF(unknown); i++)
                ck_assert_msg(!strstr(strbuf_text(&out), unknown[i]), "there: %s", unknown[i]);
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "fragd_verdict=\"unknown\"} 1"));
}
END_TEST

/* Before the first sample and policy there is little to say. */
START_TEST(test_nothing)
{
        model = (Model)MODEL_INIT;
        ck_assert_int_eq(tally_init(&tally), 0);
        ck_assert_int_eq(engine_new(&engine, 4, 1), 0);
        in = (MetricsInput){ .model = &model,
                .engine = engine,
                .tally = &tally,
                .version = "",
                .rss = UNKNOWN_U64 };
        ck_assert_int_gt(metrics_render(&in, METRICS_OPENMETRICS, &out), 0);
        ck_assert_ptr_null(strstr(strbuf_text(&out), "fragd_policy"));
        ck_assert_ptr_null(strstr(strbuf_text(&out), "fragd_last_sample"));
        ck_assert_ptr_nonnull(strstr(strbuf_text(&out), "fragd_build_info{version=\"\"} 1\n"));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("metrics");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_loop_test(t, test_series, 0, (int)ELEMENTSOF(shapes));
        tcase_add_test(t, test_values);
        tcase_add_test(t, test_traced);
        tcase_add_test(t, test_unknown);
        tcase_add_test(t, test_nothing);
        suite_add_tcase(s, t);
}

TEST_MAIN("metrics/metrics", build)
