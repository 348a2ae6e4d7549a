/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rng.h - the simulator's dice (splitmix64): equal seeds give equal runs everywhere. */
#pragma once

#include <math.h>
#include <stdint.h>

typedef struct Rng {
        uint64_t state;
} Rng;

static inline uint64_t rng_next(Rng *r)
{
        uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
}

/* 0 to n - 1; 0 for n = 0. */
static inline uint32_t rng_below(Rng *r, uint32_t n)
{
        return (uint32_t)(((rng_next(r) >> 32) * n) >> 32);
}

/* [0, 1) */
static inline double rng_real(Rng *r)
{
        return (double)(rng_next(r) >> 11) * (1.0 / 9007199254740992.0);
}

static inline double rng_between(Rng *r, double low, double high)
{
        return low + (high - low) * rng_real(r);
}

static inline double rng_exponential(Rng *r, double mean)
{
        return -mean * log(1.0 - rng_real(r));
}

/* `expected` events, of which there are only whole ones: the rest of one by chance. */
static inline uint32_t rng_round(Rng *r, double expected)
{
        uint32_t whole = (uint32_t)expected;

        return whole + (rng_real(r) < expected - whole);
}
