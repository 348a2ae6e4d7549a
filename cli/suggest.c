/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/suggest.h"

#include "base/macros.h"

#define WORD_MAX 64U

/* Letters to add, drop or change, or to swap with their neighbour, to get from a to b (optimal
 * string alignment). */
static size_t word_distance(const char *a, size_t la, const char *b, size_t lb)
{
        size_t rows[3][WORD_MAX + 1];
        size_t *before = rows[0], *last = rows[1], *now = rows[2];

        for (size_t j = 0; j <= lb; j++)
                last[j] = j;
        for (size_t i = 1; i <= la; i++) {
                size_t *spare = before;

                now[0] = i;
                for (size_t j = 1; j <= lb; j++) {
                        size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);

                        now[j] = MIN(MIN(last[j] + 1, now[j - 1] + 1), change);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                now[j] = MIN(now[j], before[j - 2] + 1);
                }
                before = last;
                last = now;
                now = spare;
        }
        return last[lb];
}

void suggest_offer(Suggest *s, const char *candidate)
{
        size_t la = strlen(s->word), lb = strlen(candidate), distance;

        if (la == 0 || la > WORD_MAX || lb > WORD_MAX)
                return;
        /* What was written is the beginning: as good as one letter wrong. */
        distance = la >= 2 && strncmp(s->word, candidate, la) == 0
                           ? 1
                           : word_distance(s->word, la, candidate, lb);
        if (distance >= la || distance > MAX(lb / 3, (size_t)2) || distance > s->distance)
                return;
        if (s->best && distance == s->distance && lb >= strlen(s->best)) /* the shorter one */
                return;
        s->distance = distance;
        s->best = candidate;
}
