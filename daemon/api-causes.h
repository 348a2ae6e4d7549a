/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* api-causes.h - what stands behind the verdicts, and what else is to be noticed, for Explain. */
#pragma once

#include "causes/cause.h"
#include "daemon/cgroups.h"
#include "daemon/api-internal.h"

/* Borrows from all over the daemon, and of limit: of use until the event loop goes on. Pools and the record are read; owners are as the
 * last census has them. 0 or -ENOMEM. */
int api_causes_read(const Api *a, CauseFacts *ret, CgroupLimit *limit);
/* []Cause: of the machine as a whole. NULL: no memory. */
json_t *api_causes_machine(const Api *a, const CauseFacts *f);
