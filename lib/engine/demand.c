/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/demand.h"

#include <string.h>

#include "base/macros.h"

/* Of n counters: those that the kernel has. */
static uint64_t sum(const uint64_t *counters, size_t n)
{
        uint64_t total = 0;
        bool any = false;

        for (size_t i = 0; i < n; i++)
                if (counters[i] != UNKNOWN_U64) {
                        total += counters[i];
                        any = true;
                }
        return any ? total : UNKNOWN_U64;
}

void demand_count(const Vmstat *v, DemandCount *ret)
{
        const uint64_t asked[] = { v->thp_fault_alloc, v->thp_fault_fallback, v->thp_collapse_alloc, v->thp_collapse_alloc_failed,
                v->htlb_buddy_alloc_success, v->htlb_buddy_alloc_fail };
        const uint64_t missed[] = { v->compact_stall, v->thp_fault_fallback, v->htlb_buddy_alloc_fail };

        ret->asked = sum(asked, ELEMENTSOF(asked));
        ret->missed = sum(missed, ELEMENTSOF(missed));
}

static uint64_t add(uint64_t a, uint64_t b)
{
        uint64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* The points of the longer span only; where they are more than fit, the two oldest become one. */
static void remember_point(Demand *d, usec_t now, uint64_t bytes, uint64_t missed)
{
        unsigned old = 0;

        while (old < d->n && usec_sub(now, d->points[old].at) >= DEMAND_SPAN_SLOW)
                old++;
        if (old == 0 && d->n == DEMAND_POINTS) {
                d->points[1].bytes = add(d->points[1].bytes, d->points[0].bytes);
                d->points[1].missed = add(d->points[1].missed, d->points[0].missed);
                old = 1;
        }
        memmove(d->points, d->points + old, (d->n - old) * sizeof(d->points[0]));
        d->n -= old;
        d->points[d->n++] = (DemandPoint){ .at = now, .bytes = bytes, .missed = missed };
}

/* Goes on to the part of `remember` that now is in. */
static void turn(Demand *d, usec_t now, usec_t remember)
{
        usec_t part = MAX(remember / DEMAND_SLOTS, (usec_t)1);
        uint64_t parts = usec_sub(now, d->slot_since) / part;

        if (!d->started) {
                d->started = true;
                d->slot_since = now;
                return;
        }
        if (parts >= DEMAND_SLOTS) {
                memset(d->bursts, 0, sizeof(d->bursts));
                d->slot_since = now;
                return;
        }
        for (uint64_t i = 0; i < parts; i++) {
                d->slot = (d->slot + 1) % DEMAND_SLOTS;
                d->bursts[d->slot] = (DemandPoint){ 0 };
                d->slot_since += part;
        }
}

void demand_add(Demand *d, usec_t now, uint64_t bytes, uint64_t missed, usec_t remember)
{
        uint64_t burst;

        turn(d, now, remember);
        if (!bytes)
                return;
        remember_point(d, now, bytes, MIN(missed, bytes));
        burst = demand_recent(d, now);
        if (burst >= d->bursts[d->slot].bytes)
                d->bursts[d->slot] = (DemandPoint){ .at = now, .bytes = burst };
        if (burst >= d->served.bytes || usec_sub(now, d->served.at) >= DEMAND_SERVED)
                d->served = (DemandPoint){ .at = now, .bytes = burst };
}

uint64_t demand_recent(const Demand *d, usec_t now)
{
        uint64_t quick = 0, slow = 0, missed = 0;

        for (unsigned i = 0; i < d->n; i++) {
                usec_t age = usec_sub(now, d->points[i].at);

                if (age >= DEMAND_SPAN_SLOW)
                        continue;
                slow = add(slow, d->points[i].bytes);
                missed = add(missed, d->points[i].missed);
                if (age < DEMAND_SPAN)
                        quick = add(quick, d->points[i].bytes);
        }
        return missed && missed >= slow / DEMAND_PART ? slow : quick;
}

/* In proportion to what is left of the time that it is remembered. */
static uint64_t counts_for(const DemandPoint *p, usec_t now, usec_t remember)
{
        usec_t age = usec_sub(now, p->at);

        if (age >= remember)
                return 0;
        return (uint64_t)((unsigned __int128)p->bytes * (remember - age) / remember);
}

uint64_t demand_peak(const Demand *d, usec_t now, usec_t remember, uint64_t *ret_burst, usec_t *ret_age)
{
        uint64_t peak = 0;

        *ret_burst = 0;
        *ret_age = 0;
        for (unsigned i = 0; i < DEMAND_SLOTS; i++) {
                uint64_t weight = counts_for(&d->bursts[i], now, remember);

                if (weight <= peak)
                        continue;
                peak = weight;
                *ret_burst = d->bursts[i].bytes;
                *ret_age = usec_sub(now, d->bursts[i].at);
        }
        return peak;
}

static uint64_t served(const Demand *d, usec_t now, uint64_t peak)
{
        return usec_sub(now, d->served.at) < DEMAND_SERVED && d->served.bytes >= peak / DEMAND_PART ? d->served.bytes : 0;
}

uint64_t demand_wanted(const Demand *d, usec_t now, usec_t remember, uint64_t assumed)
{
        uint64_t burst, asked = 0, missed = 0, peak, rest;
        usec_t age;

        for (unsigned i = 0; i < d->n; i++)
                if (usec_sub(now, d->points[i].at) < DEMAND_RUSH) {
                        asked = add(asked, d->points[i].bytes);
                        missed = add(missed, d->points[i].missed);
                }
        peak = MAX(demand_peak(d, now, remember, &burst, &age), assumed);
        rest = LESS_BY(peak, served(d, now, peak));
        if (rest < peak / DEMAND_PART && asked < rest)
                rest = 0; /* it is over, and was a little smaller this time */
        return MAX(rest, missed);
}

usec_t demand_served_until(const Demand *d, usec_t now, usec_t remember)
{
        uint64_t burst;
        usec_t age;

        return served(d, now, demand_peak(d, now, remember, &burst, &age)) ? usec_add(d->served.at, DEMAND_SERVED) : 0;
}
