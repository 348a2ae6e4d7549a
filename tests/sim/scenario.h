/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* scenario.h - what is simulated: a machine with its load and demand, and the policy that fragd
 * follows on it.
 *
 * scenario_dbmix() is the lab's workload of that name (bench/lab/workloads/dbmix.conf) on the lab's
 * guest, page for page. scenario_random() draws everything from a seed: machines of 64 to 768 MiB a
 * node in pages of 64 KiB (huge pages of 2 MiB: a sixteenth of the work for the same number of
 * huge pages), one or two nodes, loads of all kinds, demand of none to much, policies from the built-in
 * ones to odd ones. */
#pragma once

#include "controller.h"

#define BUILTIN_MAX 8

typedef struct Scenario {
        uint64_t seed;
        HostSpec host;
        Policy policy;
        usec_t warm, duration; /* costs count after the first, for the second */
} Scenario;

/* seed: the demand's times and the luck. */
void scenario_dbmix(Scenario *s, uint64_t seed, const Policy *policy);
/* builtin: the policies that come with fragd. */
void scenario_random(Scenario *s, uint64_t seed, const Policy *builtin, unsigned n_builtin);
