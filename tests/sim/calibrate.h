/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* calibrate.h - the simulated lab against the recorded one: the same load under the same
 * controllers, figure by figure. */
#pragma once

#include "engine/policy.h"

/* Prints the table. directory: holds dbmix-6.1.jsonl (records of bench/lab) and
 * CONTROLLER-SEED.trace ("seconds, MiB free, MiB free in huge blocks"). *ret_worse: figures whose
 * error is beyond the bound that calibrate.c states for each. 0 or negative errno. */
int calibrate(const char *directory, const Policy *policy, unsigned *ret_worse);
