/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* suggest.h - "did you mean": the word that was probably meant. */
#pragma once

#include <stddef.h>

typedef struct Suggest {
        const char *word; /* what was written */
        const char *best; /* closest so far, borrowed; NULL if none is close */
        size_t distance;  /* of best */
} Suggest;

static inline Suggest suggest_for(const char *word)
{
        return (Suggest){ .word = word, .best = NULL, .distance = (size_t)-1 };
}

/* Considers one candidate: kept where it is closer than the best and at most a third of its letters
 * (two at least) differ. */
void suggest_offer(Suggest *s, const char *candidate);
