/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/decision.h"

#include "engine/names.h"
#include "parse/parse.h"

static const char *const verdict_names[_VERDICT_MAX] = {
        [VERDICT_UNKNOWN] = "unknown",
        [VERDICT_MET] = "met",
        [VERDICT_FRAGMENTED] = "fragmented",
        [VERDICT_SHORT] = "short",
        [VERDICT_PINNED] = "pinned",
        [VERDICT_FUTILE] = "futile",
};
DEFINE_NAME(verdict, Verdict, verdict_names)

static const char *const reason_names[_REASON_MAX] = {
#define X(id, name) [REASON_##id] = name,
        REASONS(X)
#undef X
};
DEFINE_NAME(reason, Reason, reason_names)

static const char *const guard_names[_GUARD_MAX] = {
        [GUARD_NONE] = "none",
        [GUARD_PAUSED] = "paused",
        [GUARD_PSI_MEMORY] = "psi-memory",
        [GUARD_PSI_CPU] = "psi-cpu",
        [GUARD_KCOMPACTD_BUSY] = "kcompactd-busy",
        [GUARD_KCOMPACTD_STUCK] = "kcompactd-stuck",
        [GUARD_COOLDOWN] = "cooldown",
        [GUARD_BUDGET_TIME] = "budget-time",
        [GUARD_BUDGET_RUNS] = "budget-runs",
        [GUARD_KNOB_OWNED] = "knob-owned",
        [GUARD_RIVAL] = "rival",
        [GUARD_NO_ACTOR] = "no-actor",
};
DEFINE_NAMES(guard, Guard, guard_names)

static const char *const lever_why_names[_LEVER_WHY_MAX] = {
        [LEVER_WHY_USUAL] = "usual",
        [LEVER_WHY_TOO_LITTLE] = "too-little",
        [LEVER_WHY_DEARER] = "dearer",
};
DEFINE_NAME(lever_why, LeverWhy, lever_why_names)

static const char *const act_names[_ACT_MAX] = {
        [ACT_NONE] = "none",
        [ACT_SET_KNOB] = "set-knob",
        [ACT_RESTORE_KNOB] = "restore-knob",
        [ACT_COMPACT] = "compact",
        [ACT_STOP] = "stop",
        [ACT_GROW_POOL] = "grow-pool",
        [ACT_UNDO_POOL] = "undo-pool",
        [ACT_KEEP_POOL] = "keep-pool",
        [ACT_DROP_CACHES] = "drop-caches",
};
DEFINE_NAME(act, Act, act_names)

void decision_init(Decision *d)
{
        *d = (Decision){
                .node = NODE_ALL,
                .objective = -1,
                .size = UNKNOWN_U64,
                .current = UNKNOWN_U64,
                .reserve = UNKNOWN_U64,
                .refill = UNKNOWN_U64,
                .ceiling = UNKNOWN_U64,
                .free = UNKNOWN_U64,
                .time_left = USEC_INFINITY,
                .burst = UNKNOWN_U64,
                .score = UINT32_MAX,
                .score_low = UINT32_MAX,
                .score_high = UINT32_MAX,
                .psi_memory = UINT32_MAX,
                .psi_cpu = UINT32_MAX,
                .unmovable = UINT32_MAX,
                .old_value = KNOB_VALUE_NONE,
                .new_value = KNOB_VALUE_NONE,
                .migrated = UNKNOWN_U64,
                .scanned = UNKNOWN_U64,
                .uid = UINT32_MAX,
                .pid = UINT32_MAX,
        };
}
