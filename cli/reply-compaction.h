/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply-compaction.h - the reply about who compacts, as structs; as reply.h has it. */
#pragma once

#include "cli/reply.h"

typedef struct CompactionReply {
        json_int_t window_usec, isolated_pages, scanned_pages, migrated_pages, not_migrated_pages;
        json_t *kinds, *kcompactd, *findings, *caveats; /* lists */
} CompactionReply;

typedef struct CompactionKindReply {
        const char *kind, *how;
        json_int_t runs, runs_per_hour, successes, failures, success_permyriad, cpu_usec;
} CompactionKindReply;

typedef struct KcompactdReply {
        const char *state, *doing;
        json_int_t node, cpu_usec, cpu_permyriad, score, score_before, score_high;
} KcompactdReply;

int reply_compaction(json_t *parameters, CompactionReply *ret);
int reply_compaction_kind(json_t *j, CompactionKindReply *ret);
int reply_kcompactd(json_t *j, KcompactdReply *ret);
