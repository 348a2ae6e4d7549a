/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/kcompactd.h"

#include "base/macros.h"

ScoreWmarks score_wmarks(WmarkRule rule, uint32_t proactiveness)
{
        uint32_t low = 100 - MIN(proactiveness, 100U);
        uint32_t leeway = 10;

        if (rule == WMARK_RULE_CAPPED)
                low = MAX(low, 5U);
        else
                leeway = MIN(10U, low / 2);
        return (ScoreWmarks){ .low = low, .high = MIN(low + leeway, 100U) };
}

bool kcompactd_would_act(WmarkRule rule, uint32_t proactiveness, uint32_t node_score)
{
        return proactiveness > 0 && node_score > score_wmarks(rule, proactiveness).high;
}
