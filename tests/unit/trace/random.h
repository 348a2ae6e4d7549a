/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* random.h - repeatable pseudo-random numbers for property tests, small and large ones alike. */
#pragma once

#include <stdint.h>

typedef struct Random {
        uint64_t state;
} Random;

static inline uint64_t random_u64(Random *r)
{
        uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */

        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

static inline uint64_t random_below(Random *r, uint64_t n)
{
        return random_u64(r) % n;
}

/* A number of any size that JSON holds, or 0, or `none`. */
static inline uint64_t random_number(Random *r, uint64_t none)
{
        switch (random_below(r, 4)) {
        case 0: return none;
        case 1: return 0;
        default: return (random_u64(r) >> 1) >> random_below(r, 63);
        }
}

static inline int64_t random_signed(Random *r, int64_t none)
{
        switch (random_below(r, 8)) {
        case 0: return none;
        case 1: return INT64_MIN;
        case 2: return INT64_MAX;
        case 3: return 0;
        default: return (int64_t)random_u64(r) >> random_below(r, 64);
        }
}
