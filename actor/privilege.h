/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privilege.h - what the actor gives up before it does anything, and the one capability that it may keep.
 *
 * uid 0 without any capability is all that the knobs, pagetypeinfo and debugfs ask for. Counting events of the kernel asks for
 * CAP_PERFMON: where it was given, and --counters says so, it stays permitted, and is in force only between privilege_raise()
 * and privilege_lower(). Kernels before 5.8 do not have it: they want CAP_SYS_ADMIN, which is never kept. */
#pragma once

#include <stdbool.h>

/* counters: keep CAP_PERFMON. 0 or negative errno. */
int privilege_drop(bool counters);
/* Puts CAP_PERFMON into force; false: we do not have it. */
bool privilege_raise(void);
void privilege_lower(void);
