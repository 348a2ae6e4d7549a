/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people read, word for word: a change of wording shows here. */
#include "engine/sentence.h"

#include "test.h"

#define MIB (UINT64_C(1) << 20)
#define SEC USEC_PER_SEC

static const Decision base = {
        .at = 100 * SEC,
        .node = 0,
        .order = 9,
        .size = 2 * MIB,
        .current = 96 * MIB,
        .reserve = 480 * MIB,
        .refill = 720 * MIB,
        .ceiling = 3000 * MIB,
        .free = 3174 * MIB,
        .verdict = VERDICT_FRAGMENTED,
        .time_left = USEC_INFINITY,
        .burst = UNKNOWN_U64,
        .unmovable = UINT32_MAX,
};

#define WITH(...) ({ Decision d_ = base; __typeof__(d_) *d = &d_; __VA_ARGS__; d_; })

/* Compacting the node, where a window would have been usual. */
static Decision not_usual(int i)
{
        return WITH(d->reason = REASON_MISSED, d->lever = LEVER_COMPACT, d->act = ACT_COMPACT, d->limit_usec = 30 * SEC,
                d->would = i == 29, d->lever_why = i == 28 ? LEVER_WHY_DEARER : LEVER_WHY_TOO_LITTLE);
}

/* Of a reserve that follows demand. */
static Decision following(int i)
{
        switch (i) {
        case 24:
                return WITH(d->verdict = VERDICT_MET, d->reason = REASON_MET, d->current = 600 * MIB, d->reserve = 0, d->burst = 0);
        case 25: return WITH(d->reason = REASON_NO_LEVER, d->burst = 720 * MIB, d->burst_age = 200 * SEC);
        case 26: return WITH(d->reason = REASON_NO_LEVER, d->burst = 0);
        default:
                return WITH(d->verdict = VERDICT_MET, d->reason = REASON_MET, d->current = 600 * MIB, d->burst = 720 * MIB,
                        d->burst_age = 200);
        }
}

static Decision decision(int i)
{
        switch (i) {
        case 0: return WITH(d->verdict = VERDICT_MET, d->reason = REASON_MET, d->current = 600 * MIB);
        case 1:
                return WITH(d->reason = REASON_MISSED, d->lever = LEVER_COMPACT, d->act = ACT_COMPACT,
                        d->limit_usec = 30 * SEC);
        case 2:
                return WITH(d->reason = REASON_MISSED, d->lever = LEVER_WINDOW, d->act = ACT_SET_KNOB, d->old_value = 20,
                        d->new_value = 45, d->limit_usec = 30 * SEC);
        case 3:
                return WITH(d->reason = REASON_MISSED, d->lever = LEVER_COMPACT, d->act = ACT_COMPACT, d->would = true,
                        d->current = 0);
        case 4:
                return WITH(d->verdict = VERDICT_MET, d->reason = REASON_FORECAST, d->current = 500 * MIB, d->act = ACT_COMPACT,
                        d->lever = LEVER_COMPACT, d->time_left = 40 * SEC + 7, d->limit_usec = 30 * SEC);
        case 5:
                return WITH(d->verdict = VERDICT_SHORT, d->reason = REASON_SHORT, d->ceiling = 200 * MIB, d->free = 212 * MIB);
        case 6:
                return WITH(d->verdict = VERDICT_PINNED, d->reason = REASON_PINNED, d->unmovable = 4500, d->attempts = 2,
                        d->until = 340 * SEC);
        case 7:
                return WITH(d->verdict = VERDICT_FUTILE, d->reason = REASON_BACKOFF, d->attempts = 3, d->until = 1060 * SEC);
        case 8:
                return WITH(d->reason = REASON_HELD, d->guard = GUARD_PSI_MEMORY, d->guard_value = 2310, d->guard_limit = 1000);
        case 9:
                return WITH(d->reason = REASON_HELD, d->guard = GUARD_BUDGET_TIME, d->guard_value = 118 * SEC,
                        d->guard_limit = 120 * SEC, d->until = 700 * SEC);
        case 10:
                return WITH(d->reason = REASON_GAINED, d->lever = LEVER_COMPACT, d->action = 1, d->gain = 624 * (int64_t)MIB,
                        d->current = 720 * MIB, d->cost = 130000, d->took = 180000);
        case 11:
                return WITH(d->reason = REASON_NO_GAIN, d->lever = LEVER_WINDOW, d->action = 1, d->gain = 0, d->cost = 900000,
                        d->took = 2 * SEC, d->attempts = 1, d->until = 160 * SEC);
        case 12: return WITH(d->reason = REASON_GAINED, d->action = 0, d->current = 512 * MIB);
        case 13:
                return WITH(d->node = NODE_ALL, d->reason = REASON_KNOB_YIELDED, d->old_value = 45, d->new_value = 30);
        case 14:
                return WITH(d->node = NODE_ALL, d->reason = REASON_KNOB_RAISED, d->act = ACT_SET_KNOB, d->old_value = 0,
                        d->new_value = 14);
        case 15:
                return WITH(d->node = NODE_ALL, d->reason = REASON_PAUSED, d->act = ACT_RESTORE_KNOB, d->old_value = 45,
                        d->new_value = 20);
        case 16: return WITH(d->node = NODE_ALL, d->reason = REASON_PAUSED, d->until = 7300 * SEC);
        case 17: return WITH(d->reason = REASON_REFUSED, d->error = -EPERM);
        case 18: return WITH(d->reason = REASON_REFUSED, d->error = -EAGAIN, d->guard = GUARD_PAUSED);
        case 19: return WITH(d->reason = REASON_ACTION_FAILED, d->lever = LEVER_COMPACT, d->error = -ENOENT);
        case 20:
                return WITH(d->reason = REASON_REQUESTED, d->lever = LEVER_COMPACT, d->act = ACT_COMPACT, d->refill = 0,
                        d->limit_usec = 600 * SEC);
        case 21: return WITH(d->node = NODE_ALL, d->reason = REASON_TOPOLOGY);
        case 22: return WITH(d->reason = REASON_HELD, d->guard = GUARD_KCOMPACTD_STUCK, d->guard_value = 'D');
        case 23: return WITH(d->reason = REASON_NO_LEVER);
        case 28:
        case 29:
        case 30: return not_usual(i);
        default: return following(i);
        }
}

static const char *const sentences[] = {
        "Node 0 has 600 MiB ready in blocks of 2 MiB; 480 MiB are wanted.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): compacting it "
        "until 720 MiB are ready, for at most 30s.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): raising "
        "vm.compaction_proactiveness from 20 to 45 until kcompactd has made 720 MiB, for at most 30s.",
        "Node 0 has none of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): it would be compacted "
        "until 720 MiB are ready (observing only: nothing was done).",
        "Node 0 has 500 MiB ready in blocks of 2 MiB; 480 MiB are wanted, but not for long: less than that in about 40s: "
        "compacting it until 720 MiB are ready, for at most 30s.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB: memory is short, compaction could make at most "
        "200 MiB of the 212 MiB that is free.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB: 45% of its pageblocks hold unmovable memory and 2 "
        "attempts brought nothing or too little; next try in 4min.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB: 3 attempts to compact it brought nothing or too "
        "little; next try in 16min.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented); held back "
        "because tasks wait for memory 23.1% of the time (limit 10%).",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented); held back "
        "because 1min 58s of the budget of 2min of compaction is spent, until in 10min.",
        "Compacting node 0 brought 624 MiB in blocks of 2 MiB (720 MiB left) for 130ms of CPU in 180ms.",
        "Letting kcompactd work on node 0 brought nothing in blocks of 2 MiB (96 MiB left) for 900ms of CPU in 2s: too little "
        "to be worth it; next try in 1min.",
        "Node 0 has 512 MiB in blocks of 2 MiB already: nothing to compact.",
        "Somebody changed vm.compaction_proactiveness from fragd's 45 to 30: fragd leaves it alone from now on.",
        "vm.compaction_proactiveness goes from 0 to 14: compaction was needed and helped again and again.",
        "vm.compaction_proactiveness goes back from 45 to 20: fragd is paused.",
        "Paused for 2h: fragd watches, and leaves memory and knobs alone.",
        "Compacting node 0 was refused: the policy only observes.",
        "Compacting node 0 was refused: fragd is paused.",
        "An action on node 0 (compact) failed: No such file or directory.",
        "Asked to compact node 0: compacting it, for at most 10min.",
        "Memory or nodes came or went: looking at the machine anew.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented); held back "
        "because kcompactd0 hangs in uninterruptible sleep.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented), and nothing "
        "that the policy allows can help now.",
        "Node 0 has 600 MiB ready in blocks of 2 MiB; none are wanted, as nobody has asked for any of late.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB (720 MiB were asked for at once, 3min 20s ago) although 3 GiB "
        "is free (fragmented), and nothing that the policy allows can help now.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB (assumed, as nothing is known yet) although 3 GiB is free "
        "(fragmented), and nothing that the policy allows can help now.",
        "Node 0 has 600 MiB ready in blocks of 2 MiB; 480 MiB are wanted (720 MiB were asked for at once, just now).",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): compacting it, "
        "which brought more for its cost than kcompactd of late, until 720 MiB are ready, for at most 30s.",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): it would be compacted, "
        "since kcompactd brought too little of late, until 720 MiB are ready, for at most 30s (observing only: nothing was done).",
        "Node 0 has only 96 MiB of the 480 MiB wanted in blocks of 2 MiB although 3 GiB is free (fragmented): compacting it, "
        "since kcompactd brought too little of late, until 720 MiB are ready, for at most 30s.",
};

START_TEST(wording)
{
        Decision d = decision(_i);
        char buf[SENTENCE_MAX];

        ck_assert_str_eq(decision_sentence(&d, buf, sizeof(buf)), sentences[_i]);
}
END_TEST

/* Every reason, guard and error has words, whatever is unknown; and nothing is written beyond the buffer. */
START_TEST(never_empty_never_too_long)
{
        char buf[SENTENCE_MAX + 1];

        for (Guard g = 0; g < _GUARD_MAX; g++)
                for (Act a = 0; a < _ACT_MAX; a++) {
                        Decision d;

                        decision_init(&d);
                        d.reason = (Reason)_i;
                        d.guard = g;
                        d.act = a;
                        d.error = -EIO;
                        memset(buf, 'x', sizeof(buf));
                        decision_sentence(&d, buf, SENTENCE_MAX);
                        ck_assert_uint_gt(strlen(buf), 5);
                        ck_assert_int_eq(buf[strlen(buf) - 1], '.');
                        ck_assert_int_eq(buf[SENTENCE_MAX], 'x');
                        decision_sentence(&d, buf, 8);
                        ck_assert_uint_le(strlen(buf), 7);
                        decision_next_step(&d, buf, SENTENCE_MAX);
                        ck_assert_int_eq(buf[SENTENCE_MAX], 'x');
                }
}
END_TEST

/* What was done for a hold names it, as what is said of the hold's level does. */
START_TEST(for_a_hold)
{
        static const struct {
                int decision;
                const char *sentence;
        } rows[] = {
                { 0, "Node 0 has 600 MiB ready in blocks of 2 MiB; 480 MiB are wanted (hold 7)." },
                { 10, "Compacting node 0 for hold 7 brought 624 MiB in blocks of 2 MiB (720 MiB left) for 130ms of CPU in 180ms." },
                { 11, "Letting kcompactd work on node 0 for hold 7 brought nothing in blocks of 2 MiB (96 MiB left) for 900ms of CPU in "
                      "2s: too little to be worth it; next try in 1min." },
        };
        char buf[SENTENCE_MAX];

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Decision d = decision(rows[i].decision);

                d.hold = 7;
                ck_assert_str_eq(decision_sentence(&d, buf, sizeof(buf)), rows[i].sentence);
        }
}
END_TEST

/* Nothing is wanted: for want of demand, or since it has just been served. */
START_TEST(nothing_wanted)
{
        Decision d = decision(24);
        char buf[SENTENCE_MAX];

        ck_assert_str_eq(decision_sentence(&d, buf, sizeof(buf)),
                "Node 0 has 600 MiB ready in blocks of 2 MiB; none are wanted, as nobody has asked for any of late.");
        d.burst = 222 * MIB;
        d.burst_age = 8 * SEC;
        ck_assert_str_eq(decision_sentence(&d, buf, sizeof(buf)),
                "Node 0 has 600 MiB ready in blocks of 2 MiB; none more are wanted for the moment (222 MiB were asked for at once, 8s ago).");
}
END_TEST

START_TEST(next_step)
{
        static const struct {
                int decision;
                const char *part;
        } rows[] = { { 5, "smaller reserve" }, { 6, "reboot" }, { 7, "mlocked" }, { 8, "pressure" }, { 13, "fragctl resume" },
                { 9, "larger budget" }, { 22, "FUSE" }, { 23, "fragd.conf(5)" }, { 1, "" }, { 0, "" } };
        char buf[SENTENCE_MAX];

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Decision d = decision(rows[i].decision);

                decision_next_step(&d, buf, sizeof(buf));
                ck_assert_msg(strstr(buf, rows[i].part) != NULL, "%s", buf);
                ck_assert_int_eq(!*buf, !*rows[i].part);
        }
}
END_TEST

/* It is not known here how fragd was started: both ways are told. */
START_TEST(next_step_without_actor)
{
        char buf[SENTENCE_MAX];
        Decision d;

        decision_init(&d);
        d.reason = REASON_HELD;
        d.guard = GUARD_NO_ACTOR;
        decision_next_step(&d, buf, sizeof(buf));
        ck_assert_str_eq(buf, "As a service: systemctl restart fragd, which starts fragd-actor.socket; by hand: run fragd as root.");
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("sentence");

        tcase_add_loop_test(t, wording, 0, ELEMENTSOF(sentences));
        tcase_add_loop_test(t, never_empty_never_too_long, 0, _REASON_MAX);
        tcase_add_test(t, for_a_hold);
        tcase_add_test(t, nothing_wanted);
        tcase_add_test(t, next_step);
        tcase_add_test(t, next_step_without_actor);
        suite_add_tcase(s, t);
}

TEST_MAIN("sentence", build)
