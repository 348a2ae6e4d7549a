/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tracer.h - fragd --trace FILE: every event that the engine is given, a line each, as tests/replay
 * takes them (trace/trace.h). The same engine given the same lines decides the same.
 *
 * The file must not exist yet: one line of a mistyped command must not cost somebody a file. It never
 * gets larger than it may, and always ends with a whole line. */
#pragma once

#include "engine/engine.h"

typedef struct Tracer {
        int fd; /* -EBADF: not recording */
        uint64_t size, size_max;
} Tracer;

#define TRACER_INIT { .fd = -EBADF }

/* -EEXIST, or another errno of open(2). size_max in bytes. */
int tracer_open(Tracer *r, const char *path, uint64_t size_max);
void tracer_done(Tracer *r);
/* Nothing where it does not record. On failure recording is over and the file ends with the event
 * before: -EFBIG where it has its size, -ENOMEM, or an errno of write(2). */
int tracer_event(Tracer *r, const Event *event, usec_t now);
