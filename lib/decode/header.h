/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* header.h - the first line of a message, and the lines that add to it. Internal to this folder. */
#pragma once

#include "decode/decode.h"
#include "decode/slice.h"

/* Whether a message begins in this line; then *ret is all that it says, and for the rest "not said". */
bool header_read(Slice line, Decoded *ret);
/* What later lines of the same message say: the rest of a line that a mail program broke, the task, the kernel's version, the cache, the
 * control group. */
void header_more(Slice line, Decoded *d);
/* "warn_alloc: 3 callbacks suppressed" */
bool header_suppressed(Slice line, uint64_t *ret);
/* gfp again, with what has become known of the kernel since. */
void header_gfp(Decoded *d, KernelVersion assumed);

/* The class, and what it is seen from. */
void decode_classify(Decoded *d);
