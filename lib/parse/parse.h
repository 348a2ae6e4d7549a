/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse.h - what all parsers of kernel texts have in common.
 *
 * A parser turns a whole text (size bytes; NUL-terminated after them) into a struct of its own,
 * without I/O. All follow one contract:
 *   - 0 on success; on failure -EBADMSG and *ret_error says which line and what was expected there,
 *     or -ENOMEM. The struct is then empty (as after X_reset()), never half filled.
 *   - Strict about what they know: a known line with a wrong number, a missing field, a number
 *     beyond 64 bits, a text that does not end in a newline (a truncated read) are refused. Of the
 *     64-bit numbers the six largest are refused too, so that none is taken for UNKNOWN_U64. Zones
 *     must come as the kernel walks them: nodes upwards, each zone of a node once (limits.h).
 *   - Tolerant about the future: unknown lines, trailing unknown columns and unknown keys are
 *     skipped and counted in `skipped`.
 *   - What a kernel may lack is marked in `have` bits or said by a documented "none" value.
 *   - In steady state (same shape as the time before) a parse does not allocate. */
#pragma once

#include <stdint.h>

typedef struct ParseError {
        unsigned line;        /* from 1 */
        const char *expected; /* "a number of free blocks"; static text */
} ParseError;

#define UNKNOWN_U64 UINT64_MAX /* "this kernel does not print it" for counters and pages */
