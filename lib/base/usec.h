/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* usec.h - time as a number of microseconds. Whether it counts from boot (monotonic) or from 1970 (realtime) is
 * said where it is used; decisions only ever see monotonic time. */
#pragma once

#include <inttypes.h>
#include <stdint.h>

typedef uint64_t usec_t;

#define USEC_INFINITY  UINT64_MAX
#define USEC_PER_MSEC  UINT64_C(1000)
#define USEC_PER_SEC   UINT64_C(1000000)
#define USEC_PER_MIN   (60 * USEC_PER_SEC)
#define USEC_PER_HOUR  (60 * USEC_PER_MIN)
#define NSEC_PER_USEC  UINT64_C(1000)
#define PRI_USEC       PRIu64

/* a + b, staying at USEC_INFINITY on overflow or when either is infinite. */
static inline usec_t usec_add(usec_t a, usec_t b)
{
        return a > USEC_INFINITY - b ? USEC_INFINITY : a + b;
}

/* a - b, 0 where b is later. */
static inline usec_t usec_sub(usec_t a, usec_t b)
{
        return a > b ? a - b : 0;
}
