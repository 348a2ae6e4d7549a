/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* percpu.h - events of the kernel that the actor opens for each CPU, two fds each (actor/counter.h): which CPUs are online, for which
 * it was asked, and what its refusals mean. CPUs go in groups of WIRE_CPUS, bit n of group g is CPU WIRE_CPUS g + n. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/limits.h"
#include "root/root.h"
#include "wire/wire.h"

#define CPU_GROUPS_MAX (CPUS_MAX / WIRE_CPUS)

typedef struct PerCpu {
        RootFile file;
        uint32_t online[CPU_GROUPS_MAX];
        uint32_t asked[CPU_GROUPS_MAX]; /* not answered yet */
} PerCpu;

void percpu_init(PerCpu *p);
void percpu_done(PerCpu *p);
/* -E2BIG: more CPUs than CPUS_MAX; -ENOMEM, or why it cannot be read. */
int percpu_find_online(PerCpu *p, const RootDir *root);
bool percpu_is_online(const PerCpu *p, size_t cpu);
/* Has as many files open as all of fragd's events take on the CPUs that are online; as far as it is allowed without privilege. */
void percpu_make_room(const PerCpu *p);
/* What an answer for a group comes to: its result, or -EMFILE or -EBADMSG where it is not what was asked for. */
int percpu_answer(const PerCpu *p, uint32_t group, int result, uint32_t opened, size_t n_fds);
/* Why there is nothing, one clause, static. */
const char *percpu_explain(const RootDir *root, int error);
