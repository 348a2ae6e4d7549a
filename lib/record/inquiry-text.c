/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inquiry-text.c - what was found out, in words. */
#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "record/inquiry.h"

#define TIME(t)  duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)
#define SIZE(b)  size_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, b)
#define SHARE(f, part) percent_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, share((f)->known, part))

static uint32_t share(usec_t whole, usec_t part)
{
        return whole ? (uint32_t)MIN((__uint128_t)part * 10000 / whole, (__uint128_t)10000) : 0;
}

_printf_(2, 3) static void line(InquiryLines *l, const char *format, ...)
{
        va_list args;

        if (l->n == INQUIRY_LINES_MAX)
                return;
        va_start(args, format);
        (void)vsnprintf(l->items[l->n++], INQUIRY_TEXT_MAX, format, args);
        va_end(args);
}

static uint64_t count(const InquiryFacts *f, RecordCount c)
{
        return f->counts[c] == UNKNOWN_U64 ? 0 : f->counts[c];
}

const char *inquiry_sentence(const InquiryFacts *f, const Inquiry *q, char *buf, size_t size)
{
        static const char *const texts[_INQUIRY_CAUSE_MAX] = {
                [INQUIRY_NOTHING_RECORDED] = "Not known: nothing is recorded of that time.",
                [INQUIRY_BACKGROUND] = "Partly: compaction in the background used CPU time and moved pages, but hardly anybody waited for it.",
                [INQUIRY_SHORTAGE] = "No: memory was short. Tasks waited because they had to reclaim memory, not because it was in pieces.",
                [INQUIRY_OTHER] = ("No: tasks waited for memory, but neither compacted nor reclaimed it themselves: a memory cgroup at its limit, "
                                   "swap, or page cache that had to be read again."),
                [INQUIRY_NOBODY] = "No: hardly anybody waited for memory; look for the reason elsewhere.",
        };

        if (q->cause != INQUIRY_DIRECT)
                snprintf(buf, size, "%s", texts[q->cause]);
        else if (q->answer == INQUIRY_YES)
                snprintf(buf, size, "Yes: tasks that needed contiguous memory compacted it themselves, %" PRIu64 " times, and waited for that.",
                        count(f, RECORD_COMPACT_STALL));
        else
                snprintf(buf, size, "Partly: tasks waited to compact memory, %" PRIu64 " times, and to reclaim it, %" PRIu64 " times.",
                        count(f, RECORD_COMPACT_STALL), count(f, RECORD_ALLOCSTALL));
        return buf;
}

/* --- reasons --- */

static void waiting(const InquiryFacts *f, InquiryLines *l)
{
        uint64_t stalls = f->counts[RECORD_COMPACT_STALL], reclaims = f->counts[RECORD_ALLOCSTALL];

        if (f->counts[RECORD_PSI_MEMORY] != UNKNOWN_U64)
                line(l, "Some task waited for memory for %s of %s (%s), whatever for.", TIME(count(f, RECORD_PSI_MEMORY)), TIME(f->known),
                        SHARE(f, count(f, RECORD_PSI_MEMORY)));
        if (stalls != UNKNOWN_U64 && stalls > 0)
                line(l, "%" PRIu64 " direct compactions, %" PRIu64 " of them without success.", stalls, count(f, RECORD_COMPACT_FAIL));
        else if (stalls == 0)
                line(l, "No direct compaction: nobody had to compact memory to get a block.");
        if (reclaims != UNKNOWN_U64 && reclaims > 0)
                line(l, "%" PRIu64 " direct reclaims: free memory was below the watermarks.", reclaims);
        else if (reclaims == 0)
                line(l, "No direct reclaim: enough was free, in whatever pieces.");
        if (f->lost_known)
                line(l, "Processes that were asked about lost %s to direct compaction, %" PRIu64 " times, and %s to direct reclaim.",
                        TIME(f->lost), f->lost_times, TIME(f->lost_reclaim));
}

static void background(const InquiryFacts *f, InquiryLines *l)
{
        if (f->kcompactd != UNKNOWN_U64 && f->kcompactd > 0)
                line(l, "kcompactd used %s of CPU time, %s of it woken for an allocation.", TIME(f->kcompactd), TIME(count(f, RECORD_DEMAND)));
        if (f->runs > 0)
                line(l, "fragd compacted %u time%s, at a cost of %s of CPU time, and gained %s.", f->runs, f->runs == 1 ? "" : "s",
                        TIME(f->own_cost), SIZE(f->own_gain > 0 ? (uint64_t)f->own_gain : 0));
}

static void failures(const InquiryFacts *f, InquiryLines *l)
{
        if (count(f, RECORD_THP_FAULT_FALLBACK) > 0)
                line(l, "%" PRIu64 " page faults wanted a huge page and got small ones (%" PRIu64 " got one).",
                        count(f, RECORD_THP_FAULT_FALLBACK), count(f, RECORD_THP_FAULT_ALLOC));
        if (count(f, RECORD_HTLB_FAIL) > 0)
                line(l, "%" PRIu64 " huge pages for a pool could not be had.", count(f, RECORD_HTLB_FAIL));
        if (count(f, RECORD_CMA_FAIL) > 0)
                line(l, "%" PRIu64 " pages could not be had from CMA: what is in it could not be moved away.", count(f, RECORD_CMA_FAIL));
}

static void verdicts(const InquiryFacts *f, InquiryLines *l)
{
        static const char *const texts[_VERDICT_MAX] = {
                [VERDICT_FRAGMENTED] = "free memory was in pieces (fragmented)",
                [VERDICT_SHORT] = "too little memory was free (short): compaction could not have helped",
                [VERDICT_PINNED] = "unmovable memory stood in the way (pinned): compaction could not have helped",
                [VERDICT_FUTILE] = "compaction had been tried in vain (futile)",
        };

        for (Verdict v = 0; v < _VERDICT_MAX; v++)
                if (texts[v] && share(f->known, f->stood[v]) > 0)
                        line(l, "For %s of the time an objective was missed since %s.", SHARE(f, f->stood[v]), texts[v]);
}

void inquiry_reasons(const InquiryFacts *f, const Inquiry *q, InquiryLines *ret)
{
        ret->n = 0;
        if (q->answer == INQUIRY_UNKNOWN)
                return;
        waiting(f, ret);
        background(f, ret);
        failures(f, ret);
        verdicts(f, ret);
}

/* --- what is not had --- */

void inquiry_blind(const InquiryFacts *f, const Inquiry *q, InquiryLines *ret)
{
        ret->n = 0;
        if (q->answer == INQUIRY_UNKNOWN)
                return;
        if (f->known < (f->until - f->since) / 10 * 9)
                line(ret, "%s of the %s are recorded; fragd was not running, or did not know, the rest of the time.", TIME(f->known),
                        TIME(f->until - f->since));
        if (f->counts[RECORD_PSI_MEMORY] == UNKNOWN_U64)
                line(ret, "How long tasks waited for memory: this kernel does not tell (/proc/pressure/memory).");
        if (!f->lost_known)
                line(ret, "How long each process waited in direct compaction: see fragctl stalls. The answer is by how often it happened.");
        line(ret, "Memory cgroups at their limits, swap and page cache read again: part of the waiting, and not told apart.");
        line(ret, "Allocations in interrupts that failed for want of free pages (order 0): no fragmentation; only the kernel's messages have them.");
}

/* --- next steps --- */

static void next_direct(const InquiryFacts *f, bool acts, InquiryLines *l)
{
        if (!acts)
                line(l, "fragctl policy set balanced: fragd only watched; with this it makes blocks ready before they are needed.");
        else if (f->stood[VERDICT_PINNED] + f->stood[VERDICT_FUTILE] > f->known / 10)
                line(l, "fragctl census: whose memory does not move; no compaction helps against that.");
        else
                line(l, "fragctl explain: whether the reserve suffices; a larger one in fragd.conf(5) is ready for more at once.");
        if (f->counts[RECORD_THP_FAULT_FALLBACK] != UNKNOWN_U64 && count(f, RECORD_THP_FAULT_ALLOC) + count(f, RECORD_THP_FAULT_FALLBACK) > 0)
                line(l, "cat /sys/kernel/mm/transparent_hugepage/defrag: with \"always\" each page fault may compact; defer+madvise leaves it to "
                        "kcompactd.");
        if (!f->lost_known)
                line(l, "fragctl stalls: how to learn whose waiting it is.");
}

void inquiry_next(const InquiryFacts *f, const Inquiry *q, bool acts, InquiryLines *ret)
{
        ret->n = 0;
        switch (q->cause) {
        case INQUIRY_NOTHING_RECORDED: line(ret, "fragctl history --since 7d: from when to when there is something recorded."); return;
        case INQUIRY_DIRECT: next_direct(f, acts, ret); break;
        case INQUIRY_BACKGROUND:
                line(ret, "fragctl compaction: which kind of compaction it is, and whether it is in vain.");
                line(ret, "fragctl knobs: vm.compaction_proactiveness says how much kcompactd does by itself.");
                break;
        case INQUIRY_SHORTAGE:
                line(ret, "systemd-cgtop -m: who uses the memory.");
                line(ret, "sysctl vm.watermark_scale_factor: a higher one has kswapd begin earlier, so that fewer tasks reclaim themselves.");
                break;
        case INQUIRY_OTHER:
                line(ret, "grep . /sys/fs/cgroup/*/memory.events /sys/fs/cgroup/*/*/memory.events | grep -v ' 0$': cgroups that were at a limit (high, "
                          "max).");
                line(ret, "vmstat 1: si and so are swap; grep workingset_refault /proc/vmstat: page cache read again.");
                break;
        default: line(ret, "cat /proc/pressure/cpu /proc/pressure/io: whether tasks wait for something else."); break;
        }
        line(ret, "journalctl -k -g 'page allocation failure': allocations that failed; order:0 is no fragmentation.");
}
