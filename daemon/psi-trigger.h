/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* psi-trigger.h - the kernel wakes us when tasks wait for memory: 150 ms within a window of 2 s.
 *
 * Source: Documentation/accounting/psi.rst. A window that is a multiple of 2 s needs no privilege
 * (6.5, and what backported it). */
#pragma once

#include <systemd/sd-event.h>

#include "root/root.h"

typedef struct PsiTrigger PsiTrigger;

/* lost: the kernel gave the trigger up; it does not come again. A negative result ends the event
 * loop. */
typedef int (*PsiHandler)(bool lost, void *userdata);

/* Negative errno where this kernel has none or does not let us: -ENOENT, -EOPNOTSUPP (psi=0),
 * -EPERM, -EACCES, -EINVAL. */
int psi_trigger_new(
        PsiTrigger **ret, sd_event *event, const RootDir *root, PsiHandler handler, void *userdata);
PsiTrigger *psi_trigger_free(PsiTrigger *t);
static inline void psi_trigger_freep(PsiTrigger **t)
{
        if (*t)
                psi_trigger_free(*t);
}
