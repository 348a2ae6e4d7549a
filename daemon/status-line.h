/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status-line.h - one line for the service manager: policy, and the node that is worst off.
 * "policy balanced, node 0 met: 512 MiB of 480 MiB in 2 MiB blocks" */
#pragma once

#include <stddef.h>

#include "engine/engine.h"

#define STATUS_LINE_MAX 256

/* why_not: why fragd does not act, or NULL. Always NUL-terminated; returns buf. */
char *status_line(const Engine *e, usec_t now, const char *why_not, char *buf, size_t size);
