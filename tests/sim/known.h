/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* known.h - scenarios that are known to break a property, each with the reason: a file of lines
 * "SEED REASON"; "#" begins a comment.
 *
 * They are run, told in every report, and do not fail the test; every other one does. The list
 * belongs to the engine as it is: a change that mends one takes it off, and a scenario comes onto
 * it only with its reason, after it was looked into. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define KNOWN_MAX 64

typedef struct Known {
        uint64_t seed[KNOWN_MAX];
        char reason[KNOWN_MAX][160];
        unsigned n;
} Known;

/* 0; -EBADMSG for a line that is not of the form (*ret_line says which) or too many; negative
 * errno. */
int known_read(Known *k, const char *path, unsigned *ret_line);
/* The reason; NULL for one that is not known. */
const char *known_reason(const Known *k, uint64_t seed);
