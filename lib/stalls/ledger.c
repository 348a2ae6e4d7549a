/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stalls/ledger.h"

#include "base/macros.h"

int ledger_init(Ledger *l, usec_t since)
{
        *l = (Ledger){ .n_names = 1, .since = since };
        strcpy(l->names[0], LEDGER_OTHERS);
        l->entries = calloc(LEDGER_ENTRIES_MAX, sizeof(*l->entries));
        return l->entries ? 0 : -ENOMEM;
}

void ledger_done(Ledger *l)
{
        free(l->entries);
        *l = (Ledger){ 0 };
}

void lost_add(Lost *l, const Lost *more)
{
        l->compactions += more->compactions;
        l->compact_nsec += more->compact_nsec;
        l->reclaims += more->reclaims;
        l->reclaim_nsec += more->reclaim_nsec;
        l->longest_nsec = MAX(l->longest_nsec, more->longest_nsec);
}

static uint32_t name_index(Ledger *l, const char *name)
{
        size_t length = strnlen(name, TASK_NAME_MAX - 1);

        for (size_t i = 0; i < l->n_names; i++)
                if (strncmp(l->names[i], name, TASK_NAME_MAX - 1) == 0)
                        return (uint32_t)i;
        if (l->n_names == LEDGER_NAMES_MAX)
                return 0;
        memcpy(l->names[l->n_names], name, length);
        return (uint32_t)l->n_names++;
}

static LedgerEntry *entry(const Ledger *l, size_t i)
{
        return &l->entries[(l->first + i) % LEDGER_ENTRIES_MAX];
}

/* The one of the same look, else a new one. */
static LedgerEntry *entry_get(Ledger *l, usec_t realtime, uint32_t name)
{
        LedgerEntry *e;

        for (size_t i = l->n; i > 0 && entry(l, i - 1)->realtime == realtime; i--)
                if (entry(l, i - 1)->name == name)
                        return entry(l, i - 1);
        if (l->n == LEDGER_ENTRIES_MAX) {
                l->since = MAX(l->since, entry(l, 0)->realtime);
                l->first = (l->first + 1) % LEDGER_ENTRIES_MAX;
                l->n--;
        }
        e = entry(l, l->n++);
        *e = (LedgerEntry){ .realtime = realtime, .name = name };
        return e;
}

void ledger_add(Ledger *l, usec_t realtime, const char *name, const Lost *lost)
{
        if (lost->compactions == 0 && lost->reclaims == 0)
                return;
        lost_add(&entry_get(l, realtime, name_index(l, name))->lost, lost);
}

static int by_loss(const void *a, const void *b)
{
        const LedgerSum *x = a, *y = b;

        if (x->lost.compact_nsec != y->lost.compact_nsec)
                return x->lost.compact_nsec < y->lost.compact_nsec ? 1 : -1;
        return strcmp(x->name, y->name);
}

size_t ledger_sum(const Ledger *l, usec_t since, usec_t until, LedgerSum ret[static LEDGER_NAMES_MAX])
{
        size_t n = 0;

        for (size_t i = 0; i < l->n_names; i++)
                ret[i] = (LedgerSum){ .name = l->names[i] };
        for (size_t i = 0; i < l->n; i++) {
                const LedgerEntry *e = entry(l, i);

                if (e->realtime >= since && e->realtime < until)
                        lost_add(&ret[e->name].lost, &e->lost);
        }
        for (size_t i = 0; i < l->n_names; i++)
                if (ret[i].lost.compactions > 0 || ret[i].lost.reclaims > 0)
                        ret[n++] = ret[i];
        qsort(ret, n, sizeof(*ret), by_loss);
        return n;
}
