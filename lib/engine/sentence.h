/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sentence.h - a decision in words that a database administrator understands. Used by the journal, the log and explain. */
#pragma once

#include <stddef.h>

#include "engine/decision.h"

#define SENTENCE_MAX 512

/* One sentence, what and why, with its numbers: "Node 0 holds 96 MiB of 512 MiB wanted in 2 MiB blocks although 3.1 GiB is free:
 * fragmented; compacting it." Always NUL-terminated; returns buf. */
char *decision_sentence(const Decision *d, char *buf, size_t size);
/* The next step for a person, or "" where there is none: "Nothing to do." is never said. */
char *decision_next_step(const Decision *d, char *buf, size_t size);
