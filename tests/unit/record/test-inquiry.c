/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Was it compaction? Each row a minute that is past, and what has to be said about it. */
#include "../test.h"

#include "record/inquiry.h"

#define MINUTE USEC_PER_MIN
#define NONE   UNKNOWN_U64

static const struct {
        const char *what;
        uint64_t psi, compactions, reclaims, kcompactd;
        usec_t known;
        bool lost_known;
        uint64_t lost, lost_reclaim;
        InquiryAnswer answer;
        InquiryCause cause;
} cases[] = {
        { "nothing recorded", NONE, NONE, NONE, NONE, 0, false, 0, 0, INQUIRY_UNKNOWN, INQUIRY_NOTHING_RECORDED },
        { "all is quiet", 0, 0, 0, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_NOBODY },
        { "a compaction that nobody felt", 1000, 3, 0, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_NOBODY },
        { "just below what is noticed", MINUTE / 200 - 1, 3, 0, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_NOBODY },
        { "compactions alone", MINUTE / 200, 3, 0, 0, MINUTE, false, 0, 0, INQUIRY_YES, INQUIRY_DIRECT },
        { "twice as many as reclaims", MINUTE / 2, 20, 10, 0, MINUTE, false, 0, 0, INQUIRY_YES, INQUIRY_DIRECT },
        { "less than that", MINUTE / 2, 19, 10, 0, MINUTE, false, 0, 0, INQUIRY_PARTLY, INQUIRY_DIRECT },
        { "a tenth of the reclaims", MINUTE / 2, 10, 100, 0, MINUTE, false, 0, 0, INQUIRY_PARTLY, INQUIRY_DIRECT },
        { "less than that", MINUTE / 2, 9, 100, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_SHORTAGE },
        { "reclaims alone", MINUTE / 2, 0, 100, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_SHORTAGE },
        { "neither: a cgroup, swap", MINUTE / 2, 0, 0, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_OTHER },
        { "kcompactd at work, nobody waited", 0, 0, 0, MINUTE / 2, MINUTE, false, 0, 0, INQUIRY_PARTLY, INQUIRY_BACKGROUND },
        { "kcompactd hardly at work", 0, 0, 0, MINUTE / 20, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_NOBODY },
        { "kcompactd at work while memory was short", MINUTE / 2, 0, 9, MINUTE / 2, MINUTE, false, 0, 0, INQUIRY_PARTLY, INQUIRY_BACKGROUND },
        { "delays: most of the waiting", MINUTE / 2, 5, 500, 0, MINUTE, true, MINUTE / 3, 1, INQUIRY_YES, INQUIRY_DIRECT },
        { "delays: some of it", MINUTE / 2, 500, 5, 0, MINUTE, true, MINUTE / 10, 1, INQUIRY_PARTLY, INQUIRY_DIRECT },
        { "delays: many compactions, all short", MINUTE / 2, 500, 5, 0, MINUTE, true, 1000, 1, INQUIRY_NO, INQUIRY_SHORTAGE },
        { "delays of many tasks at once", MINUTE / 2, 5, 500, 0, MINUTE, true, MINUTE * 4, MINUTE * 40, INQUIRY_NO, INQUIRY_SHORTAGE },
        { "delays known, but of none: by counts", MINUTE / 2, 500, 5, 0, MINUTE, true, 0, 0, INQUIRY_YES, INQUIRY_DIRECT },
        { "no PSI: whoever waited", NONE, 5, 0, 0, MINUTE, false, 0, 0, INQUIRY_YES, INQUIRY_DIRECT },
        { "no PSI, and nobody", NONE, 0, 0, 0, MINUTE, false, 0, 0, INQUIRY_NO, INQUIRY_NOBODY },
};

static InquiryFacts facts(size_t i)
{
        InquiryFacts f = { .since = MINUTE, .until = 2 * MINUTE, .known = cases[i].known, .kcompactd = cases[i].kcompactd,
                .lost_known = cases[i].lost_known, .lost = cases[i].lost, .lost_reclaim = cases[i].lost_reclaim };

        f.counts[RECORD_PSI_MEMORY] = cases[i].psi;
        f.counts[RECORD_COMPACT_STALL] = cases[i].compactions;
        f.counts[RECORD_ALLOCSTALL] = cases[i].reclaims;
        return f;
}

static bool has(const InquiryLines *l, const char *text)
{
        for (size_t i = 0; i < l->n; i++)
                if (strstr(l->items[i], text))
                        return true;
        return false;
}

START_TEST(judged)
{
        InquiryFacts f = facts((size_t)_i);
        InquiryLines reasons, blind, next;
        char sentence[INQUIRY_TEXT_MAX];
        Inquiry q;

        inquiry_judge(&f, &q);
        ck_assert_msg(q.answer == cases[_i].answer && q.cause == cases[_i].cause, "%s: %s, %s", cases[_i].what, inquiry_answer_name(q.answer),
                inquiry_cause_name(q.cause));
        inquiry_sentence(&f, &q, sentence, sizeof(sentence));
        ck_assert_int_eq(strncmp(sentence, q.answer == INQUIRY_YES ? "Yes: " : q.answer == INQUIRY_NO ? "No: " : q.answer == INQUIRY_PARTLY ? "Partly: " : "Not known: ",
                                 3), 0);
        inquiry_reasons(&f, &q, &reasons);
        inquiry_blind(&f, &q, &blind);
        inquiry_next(&f, &q, true, &next);
        ck_assert(next.n > 0);
        ck_assert((reasons.n > 0) == (q.answer != INQUIRY_UNKNOWN));
        ck_assert((blind.n > 0) == (q.answer != INQUIRY_UNKNOWN));
        ck_assert(q.answer == INQUIRY_UNKNOWN || has(&blind, "each process waited") != f.lost_known);
        ck_assert(q.answer == INQUIRY_UNKNOWN || has(&blind, "/proc/pressure/memory") == (cases[_i].psi == NONE));
}
END_TEST

START_TEST(words)
{
        InquiryFacts f = { .since = 0, .until = 3 * MINUTE, .known = MINUTE, .kcompactd = 1200000, .runs = 2, .own_cost = 1500000,
                .own_gain = 64 << 20 };
        InquiryLines l;
        Inquiry q = { INQUIRY_YES, INQUIRY_DIRECT };

        f.counts[RECORD_PSI_MEMORY] = 6 * USEC_PER_SEC;
        f.counts[RECORD_COMPACT_STALL] = 231;
        f.counts[RECORD_COMPACT_FAIL] = 214;
        f.counts[RECORD_DEMAND] = 300000;
        f.counts[RECORD_THP_FAULT_FALLBACK] = 40;
        f.counts[RECORD_CMA_FAIL] = 8;
        f.stood[VERDICT_PINNED] = MINUTE / 2;
        inquiry_reasons(&f, &q, &l);
        ck_assert(has(&l, "Some task waited for memory for 6s of 1min (10%), whatever for."));
        ck_assert(has(&l, "231 direct compactions, 214 of them without success."));
        ck_assert(has(&l, "No direct reclaim"));
        ck_assert(has(&l, "kcompactd used 1.2s of CPU time, 300ms of it woken for an allocation."));
        ck_assert(has(&l, "fragd compacted 2 times, at a cost of 1.5s of CPU time, and gained 64 MiB."));
        ck_assert(has(&l, "40 page faults wanted a huge page and got small ones"));
        ck_assert(has(&l, "8 pages could not be had from CMA"));
        ck_assert(has(&l, "For 50% of the time an objective was missed since unmovable memory stood in the way (pinned)"));
        inquiry_blind(&f, &q, &l);
        ck_assert(has(&l, "1min of the 3min are recorded"));
        inquiry_next(&f, &q, true, &l);
        ck_assert(has(&l, "fragctl census"));
        inquiry_next(&f, &q, false, &l);
        ck_assert(has(&l, "fragctl policy set balanced"));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("inquiry");

        tcase_add_loop_test(t, judged, 0, ELEMENTSOF(cases));
        tcase_add_test(t, words);
        suite_add_tcase(s, t);
}

TEST_MAIN("inquiry", build)
