/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "recorded.h"

static Recorded d;

static void setup(void)
{
        recorded_init(&d, 2);
}

static void teardown(void)
{
        recorded_done(&d);
}

/* What is kept, as a file would have it. */
static uint8_t bytes[RECORD_STEP_BYTES_MAX];

static void move(Record *to, Record *from)
{
        for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++) {
                size_t size;

                while ((size = record_take(from, t, bytes)) > 0)
                        ck_assert_int_eq(record_put(to, t, bytes, size), 0);
                ck_assert_uint_eq(record_take(to, t, bytes), 0); /* it came from there */
        }
}

static Record *restarted(void)
{
        Record *after = NULL;

        ck_assert_int_eq(record_new(&after, 4096, 11), 0);
        record_end(d.record, d.machine.now);
        move(after, d.record);
        return after;
}

static void course(unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                recorded_sample(&d, 10 + i % 90);
                recorded_wait(&d, 7 * S);
                d.machine.model.vmstat.compact_stall += i % 3;
        }
}

START_TEST(a_restart_loses_nothing)
{
        static Read before;
        const Read *read;
        Record *after;

        course(3000);
        after = restarted();
        before = *recorded_all(&d, 60 * S);
        record_free(d.record);
        d.record = after;
        for (unsigned i = 0; i < 2; i++) {
                read = recorded_all(&d, 60 * S);
                ck_assert_uint_eq(read->n, before.n + i);
                ck_assert_int_eq(
                        memcmp(read->steps, before.steps, before.n * sizeof(before.steps[0])), 0);
                ck_assert_int_eq(
                        memcmp(read->huge, before.huge, before.n * sizeof(before.huge[0])), 0);
                ck_assert_uint_eq(read->nodes[0], 2);
                recorded_wait(&d, 600 * S); /* off for 10 minutes */
                recorded_sample(&d, 5);
                recorded_wait(&d, S);
        }
        ck_assert_uint_eq(
                recorded_all(&d, 10 * S)->steps[before.n].counts[RECORD_HTLB_FAIL], UNKNOWN_U64);
}
END_TEST

/* After the restart the clock is an hour behind, and monotonic time starts anew. */
START_TEST(a_restart_with_the_clock_behind)
{
        const Read *read;
        Record *after;

        course(10);
        after = restarted();
        record_free(d.record);
        d.record = after;
        d.realtime -= 3600 * S;
        d.machine.now = 2000 * S; /* the engine only knows that it goes on */
        recorded_sample(&d, 33);
        recorded_wait(&d, 10 * S);
        recorded_sample(&d, 33);
        read = recorded_read(&d, NOON - 3600 * S, NOON, 60 * S);
        ck_assert_uint_eq(read->n, 1);
        level_is(read->huge[0], 33, 33, 33);
        ck_assert_uint_ge(recorded_all(&d, 60 * S)->n, 3);
}
END_TEST

START_TEST(what_is_cut_off_is_refused)
{
        _cleanup_(record_freep) Record *r = NULL;
        size_t size;

        course(10);
        record_end(d.record, d.machine.now);
        size = record_take(d.record, RECORD_SHORT, bytes);
        ck_assert_uint_gt(size, 0);
        ck_assert_int_eq(record_new(&r, 4096, 11), 0);
        for (size_t i = 0; i < size; i++)
                ck_assert_int_eq(record_put(r, RECORD_SHORT, bytes, i), -EBADMSG);
        ck_assert_int_eq(record_put(r, RECORD_LONG, bytes, size), -EBADMSG);
        ck_assert_int_eq(record_put(r, RECORD_SHORT, bytes, size), 0);
        ck_assert_int_eq(record_put(r, RECORD_SHORT, bytes, size), -EBADMSG); /* not after itself */
}
END_TEST

START_TEST(another_kernel_is_another_record)
{
        _cleanup_(record_freep) Record *pages = NULL, *orders = NULL;
        size_t size;

        course(10);
        record_end(d.record, d.machine.now);
        size = record_take(d.record, RECORD_SHORT, bytes);
        ck_assert_int_eq(record_new(&pages, 65536, 11), 0);
        ck_assert_int_eq(record_new(&orders, 4096, 14), 0);
        ck_assert_int_eq(record_put(pages, RECORD_SHORT, bytes, size), -ESTALE);
        ck_assert_int_eq(record_put(orders, RECORD_SHORT, bytes, size), -ESTALE);
}
END_TEST

/* Any byte may be anything: it is taken or refused, and read without harm. */
START_TEST(what_is_damaged_does_no_harm)
{
        size_t size;

        course(10);
        record_end(d.record, d.machine.now);
        size = record_take(d.record, RECORD_SHORT, bytes);
        for (size_t i = 0; i < size; i++) {
                Recorded other = d;

                ck_assert_int_eq(record_new(&other.record, 4096, 11), 0);
                bytes[i] ^= 0xff;
                if (record_put(other.record, RECORD_SHORT, bytes, size) == 0)
                        ck_assert_uint_le(recorded_all(&other, 0)->n, 1);
                bytes[i] ^= 0xff;
                record_free(other.record);
        }
}
END_TEST

START_TEST(all_can_be_taken_again)
{
        size_t n = 0, again = 0;

        course(100);
        while (record_take(d.record, RECORD_SHORT, bytes) > 0)
                n++;
        record_rewind(d.record, RECORD_SHORT);
        while (record_take(d.record, RECORD_SHORT, bytes) > 0)
                again++;
        ck_assert_uint_eq(n, 69);
        ck_assert_uint_eq(again, n);
}
END_TEST

START_TEST(who_does_not_take_for_long_gets_what_is_there)
{
        size_t n = 0;

        course(5000);
        while (record_take(d.record, RECORD_SHORT, bytes) > 0)
                n++;
        ck_assert_uint_eq(n, RECORD_SHORT_MAX);
}
END_TEST

START_TEST(nodes_come_and_go)
{
        Model *m = &d.machine.model;
        const Read *read;

        course(10);
        m->n_nodes = m->n_zones = 1;
        course(10);
        m->n_nodes = m->n_zones = 2;
        course(10);
        read = recorded_all(&d, 10 * S);
        ck_assert_uint_eq(read->nodes[0], 2);
        ck_assert_uint_eq(read->nodes[10], 1);
        ck_assert_uint_eq(read->nodes[18], 2);
}
END_TEST

START_TEST(thirty_two_nodes_at_most)
{
        Recorded many;

        recorded_init(&many, 1);
        free(many.machine.model.nodes);
        free(many.machine.model.zones);
        many.machine.model.nodes = calloc(40, sizeof(Node));
        many.machine.model.zones = calloc(40, sizeof(Zone));
        for (uint32_t i = 0; i < 40; i++) {
                many.machine.model.nodes[i] = (Node){ .id = 2 * i, .first_zone = i, .n_zones = 1 };
                many.machine.model.zones[i] = (Zone){ .node = 2 * i, .name = "Normal" };
        }
        many.machine.model.n_nodes = many.machine.model.n_zones = 40;
        ck_assert_int_eq(
                record_add(many.record, &many.machine.model, many.machine.engine, S, NOON, 60 * S),
                0);
        many.machine.now = 2 * S;
        ck_assert_uint_eq(recorded_all(&many, 0)->nodes[0], RECORD_NODES_MAX);
        ck_assert_uint_eq(record_left_out(many.record), 40 - RECORD_NODES_MAX);
        ck_assert_uint_le(record_size(many.record), record_size_max(11, 40, 1));
        recorded_done(&many);
}
END_TEST

static RecordObjective objective(usec_t step, size_t at, size_t index)
{
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        RecordNode n;
        RecordStep s;

        ck_assert_int_eq(
                record_reader_new(&reader, d.record, &(RecordRange){ 0, USEC_INFINITY, step }), 0);
        for (size_t i = 0; i <= at; i++)
                ck_assert(record_read(reader, d.machine.now, &s));
        ck_assert(record_read_node(reader, 0, &n));
        return n.objectives[index];
}

START_TEST(objectives_have_verdict_and_share)
{
        RecordObjective o;

        for (unsigned i = 0; i < 10; i++) {
                recorded_sample(&d, i < 7 ? 10 : 100); /* 32 are wanted */
                recorded_wait(&d, 6 * S);
        }
        recorded_sample(&d, 100);
        recorded_wait(&d, S);
        o = objective(60 * S, 0, 0);
        ck_assert(o.known);
        ck_assert_uint_eq(o.order, 9);
        ck_assert_int_eq(o.use, USE_USER);
        ck_assert_uint_eq(o.met, 3000);
        ck_assert_int_eq(o.verdict, VERDICT_FRAGMENTED);
        ck_assert_uint_eq(o.reserve, 64 * MIB);
        level_is(o.current, 20 * MIB, (7 * 20 + 3 * 200) * MIB / 10, 200 * MIB);
        o = objective(60 * S, 1, 0);
        ck_assert_int_eq(o.verdict, VERDICT_MET);
        ck_assert_uint_eq(o.met, 10000);
        ck_assert(!objective(60 * S, 0, 1).known);
}
END_TEST

START_TEST(a_policy_with_more_objectives)
{
        Record *after;

        course(20);
        recorded_follow(&d, 3);
        course(20);
        after = restarted();
        record_free(d.record);
        d.record = after;
        ck_assert(objective(60 * S, 0, 0).known);
        ck_assert(!objective(60 * S, 0, 2).known);
        ck_assert_uint_eq(objective(60 * S, 3, 2).order, 6);
}
END_TEST

/* A step as version 1 kept it: nine counts, and rows without the share of unmovable pageblocks. */
static size_t as_version_1(uint8_t *to, const uint8_t *from, size_t nodes, unsigned orders, unsigned slots)
{
        const size_t head = 32, counts = 9 * 2, row = 4 + 2 * 3 * (2 * orders + 2), tail = 2 * (1 + 6 * slots);
        uint8_t *p = to;

        memcpy(p, from, head + counts);
        p[27] = 9;
        p += head + counts;
        from += head + 2 * _RECORD_COUNT_MAX;
        for (size_t i = 0; i < nodes; i++, from += row + 6 + tail, p += row + tail) {
                memcpy(p, from, row);
                memcpy(p + row, from + row + 6, tail);
        }
        return (size_t)(p - to);
}

START_TEST(steps_of_version_1_are_read)
{
        static uint8_t old[RECORD_STEP_BYTES_MAX];
        static Read before;
        const Read *read;
        Record *after = NULL;
        uint32_t share;
        usec_t at;

        d.machine.model.nodes[0].unmovable_permyriad = 1200;
        course(3000);
        ck_assert_int_eq(record_new(&after, 4096, 11), 0);
        record_end(d.record, d.machine.now);
        before = *recorded_all(&d, 60 * S);
        for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++)
                while (record_take(d.record, t, bytes) > 0)
                        ck_assert_int_eq(record_put(after, t, old, as_version_1(old, bytes, 2, 11, 1)), 0);
        record_free(d.record);
        d.record = after;
        read = recorded_all(&d, 60 * S);
        ck_assert_uint_eq(read->n, before.n);
        ck_assert_uint_eq(recorded_sum(read, RECORD_COMPACT_STALL), recorded_sum(&before, RECORD_COMPACT_STALL));
        ck_assert_int_eq(memcmp(read->huge, before.huge, before.n * sizeof(before.huge[0])), 0);
        ck_assert_uint_eq(read->steps[0].counts[RECORD_COMPACT_SUCCESS], UNKNOWN_U64);
        ck_assert(objective(3600 * S, 0, 0).known);
        ck_assert(!record_oldest_unmovable(d.record, 0, &at, &share));
        ck_assert_int_eq(record_put(after, RECORD_LONG, old, 60), -EBADMSG);
}
END_TEST

/* Seven days: what was nine days ago is not there any more, what is older than a restart is. */
START_TEST(unmovable_memory_grows)
{
        RecordNode n;
        uint32_t share;
        usec_t at;
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        RecordStep step;
        const uint32_t oldest = 1000 + (9 * 1440 - RECORD_LONG_MAX - 1) / 10;
        Record *after;

        d.machine.model.nodes[1].unmovable_permyriad = UINT32_MAX;
        ck_assert(!record_oldest_unmovable(d.record, 0, &at, &share));
        for (unsigned i = 0; i < 9 * 24 * 60; i++) {
                d.machine.model.nodes[0].unmovable_permyriad = i == 0 ? UINT32_MAX : 1000 + i / 10;
                recorded_sample(&d, 10);
                recorded_wait(&d, 60 * S);
        }
        ck_assert(record_oldest_unmovable(d.record, 0, &at, &share));
        ck_assert_uint_eq(share, oldest);
        ck_assert_uint_le(d.realtime - at, (RECORD_LONG_MAX + 1) * 60 * S);
        ck_assert(!record_oldest_unmovable(d.record, 1, &at, &share));
        ck_assert(!record_oldest_unmovable(d.record, 7, &at, &share));
        after = restarted();
        record_free(d.record);
        d.record = after;
        ck_assert(record_oldest_unmovable(d.record, 0, &at, &share));
        ck_assert_uint_ge(share, oldest);
        ck_assert_uint_le(share, oldest + 1); /* the step that was open took the oldest one's place */
        ck_assert_int_eq(record_reader_new(&reader, d.record, &(RecordRange){ .since = d.realtime - 3600 * S,
                                                                      .until = d.realtime, .step = 3600 * S }), 0);
        ck_assert(record_read(reader, d.machine.now, &step));
        ck_assert(record_read_node(reader, 0, &n));
        level_is(n.unmovable, 2290, 2293, 2295);
}
END_TEST

/* What compacted is inferred from sample to sample, and the sums say so: model/activity.h. */
START_TEST(who_compacted_is_counted)
{
        Model *m = &d.machine.model;
        const Read *read;

        m->vmstat.compact_daemon_wake = m->vmstat.compact_isolated = m->vmstat.cma_alloc_success = 0;
        m->nodes[0].kcompactd_cpu_nsec = m->nodes[1].kcompactd_cpu_nsec = 0;
        for (unsigned i = 0; i < 60; i++) {
                recorded_sample(&d, 1); /* its score is far above the mark */
                recorded_wait(&d, S);
                m->vmstat.compact_isolated += i == 10 ? 5000 : i == 20 ? 3000 : i == 30 ? 2000 : 0;
                m->vmstat.compact_daemon_wake += i == 20;
                m->nodes[1].kcompactd_cpu_nsec += i == 20 ? 262144000 : i == 40 ? 524288000 : 0;
                m->vmstat.cma_alloc_success += i == 30;
        }
        read = recorded_all(&d, 0);
        ck_assert_uint_eq(recorded_sum(read, RECORD_MANUAL_SEEN), 1);
        ck_assert_uint_eq(recorded_sum(read, RECORD_MANUAL_PAGES), 5000);
        ck_assert_uint_eq(recorded_sum(read, RECORD_PROACTIVE_SEEN), 1);
        ck_assert_uint_eq(recorded_sum(read, RECORD_PROACTIVE), 4096 << 7);
        ck_assert_uint_eq(recorded_sum(read, RECORD_DEMAND), 2048 << 7);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("keep");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, a_restart_loses_nothing);
        tcase_add_test(t, a_restart_with_the_clock_behind);
        tcase_add_test(t, what_is_cut_off_is_refused);
        tcase_add_test(t, another_kernel_is_another_record);
        tcase_add_test(t, what_is_damaged_does_no_harm);
        tcase_add_test(t, all_can_be_taken_again);
        tcase_add_test(t, who_does_not_take_for_long_gets_what_is_there);
        tcase_add_test(t, nodes_come_and_go);
        tcase_add_test(t, thirty_two_nodes_at_most);
        tcase_add_test(t, objectives_have_verdict_and_share);
        tcase_add_test(t, a_policy_with_more_objectives);
        tcase_add_test(t, steps_of_version_1_are_read);
        tcase_add_test(t, unmovable_memory_grows);
        tcase_add_test(t, who_compacted_is_counted);
        suite_add_tcase(s, t);
}

TEST_MAIN("record-keep", build)
