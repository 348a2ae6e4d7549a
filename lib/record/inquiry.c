/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "record/inquiry.h"

#include "base/macros.h"

/* Steps that are put together while reading: their length does not matter to sums. */
#define READ_STEP RECORD_LONG_STEP

const char *inquiry_answer_name(InquiryAnswer a)
{
        static const char *const names[_INQUIRY_ANSWER_MAX] = {
                [INQUIRY_UNKNOWN] = "unknown", [INQUIRY_NO] = "no", [INQUIRY_PARTLY] = "partly", [INQUIRY_YES] = "yes"
        };

        assert(a >= 0 && a < _INQUIRY_ANSWER_MAX);
        return names[a];
}

const char *inquiry_cause_name(InquiryCause c)
{
        static const char *const names[_INQUIRY_CAUSE_MAX] = {
                [INQUIRY_NOTHING_RECORDED] = "not-recorded", [INQUIRY_DIRECT] = "direct", [INQUIRY_BACKGROUND] = "background",
                [INQUIRY_SHORTAGE] = "shortage", [INQUIRY_OTHER] = "other-memory", [INQUIRY_NOBODY] = "nobody-waited"
        };

        assert(c >= 0 && c < _INQUIRY_CAUSE_MAX);
        return names[c];
}

static void add_known(uint64_t *sum, uint64_t value)
{
        if (value != UNKNOWN_U64)
                *sum = *sum == UNKNOWN_U64 ? value : *sum + value;
}

/* The longest that an objective was judged to be so in a step, of its unmet time. */
static void add_verdicts(InquiryFacts *f, const RecordReader *reader, usec_t span)
{
        usec_t longest[_VERDICT_MAX] = { 0 };
        RecordNode n;

        for (size_t i = 0; record_read_node(reader, i, &n); i++) {
                add_known(&f->kcompactd, n.kcompactd);
                for (size_t k = 0; k < OBJECTIVES_MAX; k++) {
                        const RecordObjective *o = &n.objectives[k];

                        if (o->known && o->verdict != VERDICT_MET)
                                longest[o->verdict] = MAX(longest[o->verdict], span * (10000 - MIN(o->met, UINT32_C(10000))) / 10000);
                }
        }
        for (Verdict v = 0; v < _VERDICT_MAX; v++)
                f->stood[v] += longest[v];
}

int inquiry_read(InquiryFacts *ret, const Record *r, usec_t since, usec_t until, usec_t now)
{
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        RecordRange range = { .since = since, .until = until };
        InquiryFacts f = { .since = since, .until = until, .first = USEC_INFINITY, .kcompactd = UNKNOWN_U64 };
        RecordStep s;
        int k;

        if (until - since >= 24 * USEC_PER_HOUR)
                range.step = READ_STEP;
        k = record_reader_new(&reader, r, &range);
        if (k < 0)
                return k;
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                f.counts[c] = UNKNOWN_U64;
        while (record_read(reader, now, &s)) {
                f.known = usec_add(f.known, s.span);
                f.first = MIN(f.first, s.realtime);
                for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                        add_known(&f.counts[c], s.counts[c]);
                add_verdicts(&f, reader, s.span);
        }
        *ret = f;
        return 0;
}

static uint64_t known_or(uint64_t value, uint64_t fallback)
{
        return value == UNKNOWN_U64 ? fallback : value;
}

static bool is_share(usec_t part, usec_t whole, unsigned permyriad)
{
        return (__uint128_t)part * 10000 >= (__uint128_t)whole * permyriad;
}

/* Whether so many waited that somebody noticed. Without PSI: whether anybody waited at all. */
static bool many_waited(const InquiryFacts *f)
{
        uint64_t psi = f->counts[RECORD_PSI_MEMORY];

        if (psi != UNKNOWN_U64)
                return is_share(psi, f->known, INQUIRY_NOTABLE);
        return known_or(f->counts[RECORD_COMPACT_STALL], 0) + known_or(f->counts[RECORD_ALLOCSTALL], 0) > 0;
}

static InquiryAnswer by_delays(const InquiryFacts *f)
{
        /* Several tasks may wait at one time: then they lose more than the time that passes. */
        usec_t waited = MAX(known_or(f->counts[RECORD_PSI_MEMORY], 0), f->lost + f->lost_reclaim);

        if (is_share(f->lost, waited, INQUIRY_MOST))
                return INQUIRY_YES;
        return is_share(f->lost, waited, INQUIRY_SOME) ? INQUIRY_PARTLY : INQUIRY_NO;
}

static InquiryAnswer by_counts(const InquiryFacts *f)
{
        uint64_t compactions = known_or(f->counts[RECORD_COMPACT_STALL], 0), reclaims = known_or(f->counts[RECORD_ALLOCSTALL], 0);

        if (compactions == 0)
                return INQUIRY_NO;
        if (compactions / 2 >= reclaims)
                return INQUIRY_YES;
        return compactions >= reclaims / 10 ? INQUIRY_PARTLY : INQUIRY_NO;
}

static bool background_busy(const InquiryFacts *f)
{
        return is_share(known_or(f->kcompactd, 0) + f->own_cost, f->known, INQUIRY_BUSY);
}

void inquiry_judge(const InquiryFacts *f, Inquiry *ret)
{
        if (f->known == 0) {
                *ret = (Inquiry){ INQUIRY_UNKNOWN, INQUIRY_NOTHING_RECORDED };
                return;
        }
        if (!many_waited(f)) {
                *ret = background_busy(f) ? (Inquiry){ INQUIRY_PARTLY, INQUIRY_BACKGROUND } : (Inquiry){ INQUIRY_NO, INQUIRY_NOBODY };
                return;
        }
        ret->answer = f->lost_known && f->lost + f->lost_reclaim > 0 ? by_delays(f) : by_counts(f);
        if (ret->answer != INQUIRY_NO)
                ret->cause = INQUIRY_DIRECT;
        else if (background_busy(f))
                *ret = (Inquiry){ INQUIRY_PARTLY, INQUIRY_BACKGROUND };
        else
                ret->cause = known_or(f->counts[RECORD_ALLOCSTALL], 0) > 0 ? INQUIRY_SHORTAGE : INQUIRY_OTHER;
}
