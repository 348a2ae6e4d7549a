/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/activity.h"

#include "base/macros.h"

/* kcompactd looks at the score twice a second: that much of its time is not work. */
#define IDLE_CPU       (2 * USEC_PER_MSEC)
#define IDLE_CPU_SHARE 1000 /* one thousandth of the interval */
/* Pages from which on isolation is somebody's work: migration for other reasons takes some, too. */
#define MANUAL_PAGES 1024
/* When it can be said what kcompactd does: it defers for 32 s (mm/compaction.c,
 * HPAGE_FRAG_CHECK_INTERVAL_MSEC << 6). */
#define DOING_SPAN (2 * USEC_PER_MIN)
/* From this CPU time on it has tried. */
#define TRIED USEC_PER_SEC
/* A direct compaction that runs looks at this many pages at least before it ends (mm/compaction.c,
 * SWAP_CLUSTER_MAX). */
#define SCANNED_LEAST 32

static bool happened(uint64_t count)
{
        return count != UNKNOWN_U64 && count > 0;
}

static void find_kcompactd(const ActivityInterval *i, uint64_t idle, ActivityFound *ret)
{
        if (i->kcompactd == UNKNOWN_U64 || i->wake == UNKNOWN_U64)
                return;
        *ret = (ActivityFound){ .manual_seen = UNKNOWN_U64, .manual_pages = UNKNOWN_U64 };
        ret->on_demand = i->wake > 0 || (i->demand && i->kcompactd > idle);
        if (ret->on_demand || (i->kcompactd > idle && !i->may_act))
                ret->demand = i->kcompactd;
        else if (i->kcompactd > idle) {
                ret->proactive = i->kcompactd;
                ret->proactive_seen = 1;
        }
}

void activity_attribute(const ActivityInterval *i, ActivityFound *ret)
{
        uint64_t idle = MAX(IDLE_CPU, i->took / IDLE_CPU_SHARE);

        *ret = (ActivityFound){ UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64, UNKNOWN_U64,
                false };
        find_kcompactd(i, idle, ret);
        if (i->isolated == UNKNOWN_U64 || i->stall == UNKNOWN_U64 || ret->demand == UNKNOWN_U64)
                return;
        ret->manual_seen = i->isolated >= MANUAL_PAGES && i->stall == 0 && i->wake == 0 &&
                           i->kcompactd <= idle && !i->own && !happened(i->cma);
        ret->manual_pages = ret->manual_seen ? i->isolated : 0;
}

uint32_t activity_success(uint64_t success, uint64_t fail)
{
        if (success == UNKNOWN_U64 || fail == UNKNOWN_U64 || (success == 0 && fail == 0))
                return UINT32_MAX;
        return (uint32_t)((__uint128_t)success * 10000 / ((__uint128_t)success + fail));
}

bool activity_direct_futile(uint64_t success, uint64_t fail)
{
        uint32_t share = activity_success(success, fail);

        return share != UINT32_MAX && fail >= ACTIVITY_MANY && share < 1000;
}

bool activity_direct_deferred(uint64_t fail, uint64_t migrate_scanned)
{
        return fail != UNKNOWN_U64 && migrate_scanned != UNKNOWN_U64 && fail >= ACTIVITY_MANY &&
               migrate_scanned / SCANNED_LEAST < fail;
}

const char *kcompactd_doing_name(KcompactdDoing d)
{
        static const char *const names[_KCOMPACTD_DOING_MAX] = {
                [KCOMPACTD_UNKNOWN] = "unknown",
                [KCOMPACTD_IDLE] = "idle",
                [KCOMPACTD_WORKING] = "working",
                [KCOMPACTD_DEFERRED] = "deferred",
                [KCOMPACTD_FUTILE] = "futile",
        };

        assert((unsigned)d < _KCOMPACTD_DOING_MAX);
        return names[d];
}

uint32_t kcompactd_share(const KcompactdWindow *w)
{
        if (w->cpu == UNKNOWN_U64 || w->over == 0)
                return UINT32_MAX;
        return (uint32_t)MIN((__uint128_t)w->cpu * 10000 / w->over, (__uint128_t)10000);
}

KcompactdDoing kcompactd_judge(const KcompactdWindow *w)
{
        uint32_t share = kcompactd_share(w);
        bool scores = w->score_from != UNKNOWN_U64 && w->score_to != UNKNOWN_U64 &&
                      w->high != UNKNOWN_U64;
        bool above = scores && w->over >= DOING_SPAN && w->score_to > w->high;

        if (share == UINT32_MAX)
                return KCOMPACTD_UNKNOWN;
        if (above && w->cpu >= TRIED && w->score_to >= w->score_from)
                return KCOMPACTD_FUTILE;
        if (w->state == 'R' || w->state == 'D')
                return KCOMPACTD_WORKING;
        if (above && share < 1000 && w->score_min != UNKNOWN_U64 && w->score_min > w->high)
                return KCOMPACTD_DEFERRED;
        return share >= 100 ? KCOMPACTD_WORKING : KCOMPACTD_IDLE;
}
