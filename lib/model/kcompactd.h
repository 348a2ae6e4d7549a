/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kcompactd.h - would the kernel compact a node proactively now? Source: mm/compaction.c fragmentation_score_wmark(),
 * should_proactive_compact_node().
 *     high = 5.9 to 6.15: low = max(100 - p, 5), high = min(low + 10, 100)
 *            6.16 on:     low = 100 - p,         high = min(low + min(10, low / 2), 100)
 * and kcompactd acts when p > 0 and score > high. Which one a kernel has is not printed anywhere; it is told by
 * nr_free_pages_blocks in vmstat (6.15 on) - off by one release, in which it makes a difference only for p > 80. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef enum WmarkRule { WMARK_RULE_CAPPED, WMARK_RULE_UNCAPPED } WmarkRule; /* up to 6.15, from 6.16 */

typedef struct ScoreWmarks {
        uint32_t low, high; /* 0..100 */
} ScoreWmarks;

/* proactiveness 0..100. */
ScoreWmarks score_wmarks(WmarkRule rule, uint32_t proactiveness);
/* Whether kcompactd's check would start a proactive run now (leaving its 32 s back-off and kswapd aside). */
bool kcompactd_would_act(WmarkRule rule, uint32_t proactiveness, uint32_t node_score);
