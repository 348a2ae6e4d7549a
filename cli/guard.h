/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* guard.h - guards in words, with the units that each has (engine/decision.h). */
#pragma once

#include "cli/reply.h"

#define GUARD_TEXT_MAX 256

/* "memory pressure", "cool-down"; the name itself where it is of a later version. Borrowed from
 * here or from g. */
const char *guard_title(const GuardReply *g);
/* One clause for a guard that holds: "memory pressure (12.3%, limit 10%)".
 * elapsed: since the reply came. */
char *guard_text(char *buf, size_t size, const GuardReply *g, usec_t elapsed);
