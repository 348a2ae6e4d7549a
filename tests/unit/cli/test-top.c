/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The screen of `fragctl top`: from replies and a size to cells, without a terminal. */
#include "test.h"

#include "cli/top-view.h"

#define MIB 1048576

/* 2026-11-22 14:02:00 UTC, a multiple of 10 s and of 30 s */
#define NOW (INT64_C(1795356120) * 1000000)

static void *keep(void *p)
{
        ck_assert_ptr_nonnull(p);
        return p;
}

static json_t *objective(int id, const char *verdict, json_int_t mib)
{
        return keep(json_pack("{s:i, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                "objective", id, "applies", true, "use", id ? "kernel" : "user", "verdict", verdict,
                "order", (json_int_t)(id ? 4 : 9), "size_bytes", (json_int_t)4096 << (id ? 4 : 9),
                "current_bytes", mib * MIB, "reserve_bytes", (json_int_t)512 * MIB, "refill_bytes",
                (json_int_t)768 * MIB, "slope_bytes_per_second", (json_int_t)0, "met_usec",
                (json_int_t)99, "observed_usec", (json_int_t)100));
}

static json_t *zone(const char *name, json_int_t free_mib, json_int_t permille)
{
        json_t *orders = keep(json_array());

        for (json_int_t i = 0; i < 11; i++)
                json_array_append_new(orders,
                        keep(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "order", i, "size_bytes",
                                (json_int_t)4096 << i, "free", (json_int_t)10, "allocatable",
                                (json_int_t)5, "unusable_permille", i == 0 ? 0 : permille,
                                "extfrag_permille", (json_int_t)-1000)));
        return keep(json_pack("{s:s, s:I, s:I, s:o}", "zone", name, "free_bytes", free_mib * MIB,
                "score", (json_int_t)10, "orders", orders));
}

static json_t *node(json_int_t id, const char *verdict, json_int_t mib)
{
        return keep(json_pack("{s:I, s:I, s:[o, o], s:[o, o], s:[o, o]}", "node", id, "free_bytes",
                (json_int_t)400 * MIB, "zones", zone("DMA32", 100, 1000), zone("Normal", 300, 200),
                "objectives", objective(0, verdict, mib), objective(1, "met", 600), "guards",
                keep(json_pack("{s:s, s:b, s:i, s:i}", "guard", "psi-memory", "held", false,
                        "value", 12, "limit", 1000)),
                keep(json_pack("{s:s, s:b, s:i, s:i}", "guard", "budget-runs", "held", true,
                        "value", 12, "limit", 12))));
}

static json_t *status(json_t *nodes)
{
        return keep(json_pack(
                "{s:{s:s, s:s, s:b, s:b, s:I, s:I, s:i, s:i, s:s, s:o, s:[], s:i, s:I,"
                " s:{s:i, s:i, s:i, s:i, s:I}}}",
                "status", "version", "1.2", "policy", "balanced", "acts", true, "paused", false,
                "now_realtime_usec", NOW, "started_realtime_usec", NOW - 1, "samples", 3,
                "page_size", 4096, "config", "none", "nodes", nodes, "sources", "psi_memory_permyriad",
                12, "sample_age_usec", (json_int_t)0, "budget", "spent_usec", 1000000, "limit_usec",
                20000000, "runs", 12, "runs_limit", 12, "per_usec", INT64_C(3600000000)));
}

static json_t *nodes_n(unsigned n, unsigned missed)
{
        json_t *all = keep(json_array());

        for (unsigned i = 0; i < n; i++)
                json_array_append_new(
                        all, node(i, i == missed ? "fragmented" : "met", i == missed ? 96 : 600));
        return all;
}

static void feed(TopData *d, json_t *nodes)
{
        ck_assert_int_eq(top_data_status(d, status(nodes), 1000), 0);
}

typedef struct Shot {
        TopScreen s;
        TopMoment m;
} Shot;

static void shoot(Shot *shot, const TopData *d, unsigned width, unsigned height)
{
        shot->m.now = 1000;
        shot->m.realtime = NOW;
        shot->m.host = "db1";
        ck_assert_int_eq(top_screen_resize(&shot->s, width, height), 0);
        top_view(&shot->s, d, &shot->m);
}

/* The first line with that text; -1: none. */
static int row_of(const Shot *shot, const char *text)
{
        for (unsigned i = 0; i < shot->s.height; i++) {
                char *line = keep(top_line(&shot->s, i));
                bool found = strstr(line, text);

                free(line);
                if (found)
                        return (int)i;
        }
        return -1;
}

static void has(const Shot *shot, const char *text)
{
        ck_assert_msg(row_of(shot, text) >= 0, "not on the screen: %s", text);
}

static void lacks(const Shot *shot, const char *text)
{
        ck_assert_msg(row_of(shot, text) < 0, "on the screen: %s", text);
}

static void line_is(const Shot *shot, unsigned row, const char *text)
{
        char *line = keep(top_line(&shot->s, row));

        ck_assert_str_eq(line, text);
        free(line);
}

static TopStyle style_at(const Shot *shot, int row, const char *text)
{
        char *line = keep(top_line(&shot->s, (unsigned)row));
        const char *at = strstr(line, text);
        size_t column = (size_t)(at - line);

        ck_assert_ptr_nonnull(at);
        free(line);
        return (TopStyle)shot->s.cells[(size_t)row * shot->s.width + column].style;
}

static void done(Shot *shot, TopData *d)
{
        top_screen_done(&shot->s);
        top_data_done(d);
}

START_TEST(narrow)
{
        TopData d = { 0 };
        Shot shot = { 0 };

        feed(&d, nodes_n(1, 0));
        shoot(&shot, &d, 80, 24);
        has(&shot, " db1  fragd 1.2, policy balanced: acts");
        line_is(&shot, 1, " 1 OF 2 OBJECTIVES MISSED: node 0 has 96M of 512M in 2M blocks (fragmented)");
        line_is(&shot, 4,
                "NODE   SIZE FOR      HAVE    WANT VERDICT         TREND    MET  LAST 10 MINUTES");
        /* of 80 columns, 16 are left for 10 minutes: 15 marks of 40 s */
        line_is(&shot, 5,
                "   0     2M user      96M    512M fragmented     steady    99%                .");
        line_is(&shot, 9,
                "NODE     FREE    4K    8K   16K   32K  *64K  128K  256K  512K    1M   *2M    4M");
        /* (100 MiB * 100% + 300 MiB * 20%) / 400 MiB */
        line_is(&shot, 10,
                "   0     400M     0 :  40 :  40 :  40 :  40 :  40 :  40 :  40 :  40 :  40 :  40");
        has(&shot, "1s of 20s of compaction time, 12 of 12 runs in the last 1h");
        has(&shot, "Node 0    holds back: runs (12 of 12)");
        has(&shot, "Nothing was done or changed yet.");
        has(&shot, "q quit");
        ck_assert_int_eq(style_at(&shot, 1, "1 OF"), TOP_BAD);
        ck_assert_int_eq(style_at(&shot, 5, "fragmented"), TOP_WARN);
        ck_assert_int_eq(style_at(&shot, 10, ":  40"), TOP_HEAT + 2);
        done(&shot, &d);
}
END_TEST

START_TEST(wide)
{
        TopData d = { 0 };
        Shot shot = { .m.utf8 = true };

        feed(&d, nodes_n(1, 7));
        shoot(&shot, &d, 160, 50);
        line_is(&shot, 1, " ALL 2 OBJECTIVES MET");
        ck_assert_int_eq(style_at(&shot, 1, "ALL"), TOP_GOOD);
        has(&shot, "REFILL CEILING VERDICT");
        has(&shot, "GUARDS OF NODE 0");
        has(&shot, "holds runs (12 of 12)");
        has(&shot, "-     memory pressure (0.12%, limit 10%)");
        has(&shot, "\u2592 40"); /* with what can be had: 2 zones, 5 blocks of 4 MiB each */
        has(&shot, "40     40M");
        lacks(&shot, "Normal");
        shot.m.by_zone = true;
        shoot(&shot, &d, 160, 50);
        has(&shot, "   0 DMA32");
        has(&shot, "   0 Normal");
        has(&shot, "\u2588100");
        done(&shot, &d);
}
END_TEST

static const unsigned sizes[][2] = { { 79, 24 }, { 80, 23 }, { 40, 10 }, { 12, 3 }, { 1, 1 } };

START_TEST(too_small)
{
        TopData d = { 0 };
        Shot shot = { 0 };
        char said[64];

        feed(&d, nodes_n(2, 1));
        shoot(&shot, &d, sizes[_i][0], sizes[_i][1]);
        snprintf(said, sizeof(said), "this terminal has %ux%u", sizes[_i][0], sizes[_i][1]);
        if (sizes[_i][0] >= 79) {
                has(&shot, said);
                has(&shot, "1 OF 4 OBJECTIVES MISSED: node 1");
        }
        done(&shot, &d);
}
END_TEST

/* Whatever the size, all is on the screen or cut off; the sanitizers look on. */
START_TEST(any_size)
{
        TopData d = { 0 };
        Shot shot = { 0 };

        feed(&d, nodes_n(9, 3));
        for (unsigned width = 0; width < 170; width += 7)
                for (unsigned height = 0; height < 60; height += 3) {
                        shot.m.by_zone = height % 2;
                        shoot(&shot, &d, width, height);
                }
        top_data_done(&d);
        feed(&d, keep(json_array())); /* before the first sample */
        shoot(&shot, &d, 80, 24);
        has(&shot, "NO OBJECTIVE APPLIES HERE");
        done(&shot, &d);
}
END_TEST

START_TEST(scrolls)
{
        TopData d = { 0 };
        Shot shot = { 0 };

        feed(&d, nodes_n(64, 40));
        shoot(&shot, &d, 80, 24);
        has(&shot, "nodes 1-1 of 64");
        lacks(&shot, "  40     2M");
        shot.m.first = 40;
        shoot(&shot, &d, 80, 24);
        has(&shot, "  40     2M");
        has(&shot, "nodes 41-41 of 64");
        has(&shot, "  40     400M");
        shot.m.first = 100000; /* the last one, and no further */
        shoot(&shot, &d, 80, 24);
        ck_assert_uint_eq(shot.m.first, 63);
        has(&shot, "  63    64K");
        shot.m.missed_only = true;
        shoot(&shot, &d, 80, 24);
        has(&shot, "  40     2M");
        lacks(&shot, "  40    64K");
        has(&shot, "1 node");
        /* a larger one shows more of them */
        shot.m.missed_only = false;
        shot.m.first = 0;
        shoot(&shot, &d, 160, 60);
        ck_assert_uint_gt(shot.m.page, 5);
        done(&shot, &d);
}
END_TEST

static json_t *step(json_int_t ago_sec, json_int_t span_sec, json_int_t mib, const char *verdict)
{
        return keep(json_pack("{s:I, s:I, s:[{s:I, s:[], s:[{s:i, s:i, s:i, s:s, s:s, s:i,"
                              " s:{s:I, s:I, s:I}}]}]}",
                "realtime_usec", NOW - ago_sec * 1000000, "span_usec", span_sec * 1000000, "nodes",
                "node", (json_int_t)0, "orders", "objectives", "objective", 0, "order", 9,
                "size_bytes", 2 * MIB, "use", "user", "verdict", verdict, "met_permyriad", 10000,
                "current_bytes", "min", mib * MIB, "mean", mib * MIB, "max", mib * MIB));
}

START_TEST(course)
{
        TopData d = { 0 };
        Shot shot = { 0 };
        const TopCourse *c;
        json_t *past = keep(json_pack("{s:[o, o]}", "steps", step(300, 200, 1024, "met"),
                step(90, 10, 100, "fragmented")));

        feed(&d, nodes_n(1, 0));
        ck_assert_int_eq(top_data_history(&d, past), 0);
        json_decref(past);
        c = top_course(&d, 0, 0);
        ck_assert_ptr_nonnull(c);
        ck_assert_ptr_null(top_course(&d, 1, 0));
        shoot(&shot, &d, 160, 24); /* a mark for each 10 s: 30 unknown, 20 full, one low, the one now */
        has(&shot, "  ####################"
                   " _        _");
        /* a sample 40 s later: until then it was as before */
        json_t *later = status(nodes_n(1, 7));
        json_object_set_new(json_object_get(later, "status"), "now_realtime_usec",
                json_integer(NOW + 40 * 1000000));
        ck_assert_int_eq(top_data_status(&d, later, 2000), 0);
        ck_assert_int_eq(c->slots[(NOW / 10000000 + 3) % TOP_SLOTS].least, 96 * MIB);
        ck_assert_int_eq(c->slots[(NOW / 10000000 + 4) % TOP_SLOTS].least, 600 * MIB);
        ck_assert(c->slots[(NOW / 10000000 + 3) % TOP_SLOTS].missed);
        ck_assert(!c->slots[(NOW / 10000000 + 4) % TOP_SLOTS].missed);
        done(&shot, &d);
}
END_TEST

START_TEST(breaks)
{
        TopData d = { 0 };
        Shot shot = { 0 };
        const TopCourse *c;

        feed(&d, nodes_n(1, 0));
        c = top_course(&d, 0, 0);
        top_data_break(&d);
        json_t *later = status(nodes_n(1, 0));
        json_object_set_new(json_object_get(later, "status"), "now_realtime_usec",
                json_integer(NOW + 60 * 1000000));
        ck_assert_int_eq(top_data_status(&d, later, 2000), 0);
        /* nothing is known of the time between */
        ck_assert_uint_eq(c->slots[(NOW / 10000000 + 3) % TOP_SLOTS].number, 0);
        d.lost = true;
        d.lost_at = 1000;
        snprintf(d.lost_why, sizeof(d.lost_why), "it is gone");
        shoot(&shot, &d, 80, 24);
        has(&shot, "NOT CONNECTED since 0s, what is below is old; trying again: it is gone");
        done(&shot, &d);
}
END_TEST

START_TEST(decisions)
{
        TopData d = { 0 };
        Shot shot = { 0 };

        feed(&d, nodes_n(1, 7));
        for (int i = 0; i < 150; i++) {
                char text[64];
                json_t *reply;

                snprintf(text, sizeof(text), "decision %d of many words that make a line too long", i);
                reply = keep(json_pack("{s:[{s:I, s:s, s:{}}]}", "entries", "realtime_usec",
                        i < 149 ? NOW - INT64_C(2) * 24 * 3600 * 1000000 : NOW, "sentence", text, "decision"));
                ck_assert_int_eq(top_data_log(&d, reply), 0);
                json_decref(reply);
        }
        ck_assert_uint_eq(d.n_log, TOP_LOG_MAX);
        shoot(&shot, &d, 80, 24);
        ck_assert_int_lt(row_of(&shot, "decision 149"), row_of(&shot, "decision 148"));
        has(&shot, "14:02:00  decision 149");
        has(&shot, "11-20     decision 148");
        done(&shot, &d);
}
END_TEST

START_TEST(refuses)
{
        TopData d = { 0 };
        json_t *odd = status(keep(json_pack("[{s:i}]", "node", 3)));

        feed(&d, nodes_n(2, 0));
        ck_assert_int_eq(top_data_status(&d, odd, 2000), EXIT_FAILED);
        ck_assert_uint_eq(d.n_nodes, 2); /* what was there stays */
        odd = keep(json_pack("{s:[i]}", "entries", 3));
        ck_assert_int_eq(top_data_log(&d, odd), EXIT_FAILED);
        json_decref(odd);
        odd = keep(json_pack("{s:[{s:I, s:I, s:[]}]}", "steps", "realtime_usec", (json_int_t)1,
                "span_usec", INT64_MAX, "nodes"));
        ck_assert_int_eq(top_data_history(&d, odd), EXIT_FAILED);
        json_decref(odd);
        top_data_done(&d);
}
END_TEST

START_TEST(cells)
{
        TopScreen s = { 0 };
        char *line;

        ck_assert_int_eq(top_screen_resize(&s, 10, 3), 0);
        ck_assert_uint_eq(top_put(&s, 0, 7, 100, TOP_BAD, "\u2588\u2588\u2588\u2588"), 10);
        (void)top_put(&s, 3, 0, 10, TOP_BAD, "outside");
        top_put_right(&s, 1, 4, TOP_PLAIN, "abcdefg"); /* begins on the left, ends there */
        ck_assert_uint_eq(top_wrap(&s, 2, 1, 0, 10, TOP_PLAIN, "aa bb cc dd ee"), 1);
        line = keep(top_line(&s, 0));
        ck_assert_str_eq(line, "       \u2588\u2588\u2588");
        free(line);
        line = keep(top_line(&s, 1));
        ck_assert_str_eq(line, "abcd");
        free(line);
        line = keep(top_line(&s, 2));
        ck_assert_str_eq(line, "aa bb c...");
        free(line);
        top_screen_done(&s);
}
END_TEST

static void build(Suite *suite)
{
        TCase *c = tcase_create("top");

        (void)setenv("TZ", "UTC", 1);
        tcase_add_test(c, narrow);
        tcase_add_test(c, wide);
        tcase_add_loop_test(c, too_small, 0, ELEMENTSOF(sizes));
        tcase_add_test(c, any_size);
        tcase_add_test(c, scrolls);
        tcase_add_test(c, course);
        tcase_add_test(c, breaks);
        tcase_add_test(c, decisions);
        tcase_add_test(c, refuses);
        tcase_add_test(c, cells);
        suite_add_tcase(suite, c);
}

TEST_MAIN("cli/top", build)
