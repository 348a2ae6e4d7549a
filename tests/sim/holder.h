/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* holder.h - who holds which pages: tables of page numbers, so that a page can be found, dropped at
 * random, and follow when compaction moves it.
 *
 * An item is what is held and let go together: a page of a buffer pool, a chunk of page cache, the
 * memory of a process. It consists of `unit` blocks of one order, and may be incomplete (PFN_NONE)
 * where memory ran out. */
#pragma once

#include "buddy.h"
#include "rng.h"

#define HOLDERS_MAX 24

typedef struct Holder {
        uint32_t unit;
        uint8_t order, id;
        Mobility mobility;
        bool pinned;   /* asked for as movable, but cannot be moved (long-term pins) */
        uint32_t *pfn; /* [(n_max + 1) * unit]: behind the last place, the item that is being filled
                        */
        uint32_t n, n_max;
} Holder;

/* The holders of one zone; Page.owner is the index. */
typedef struct Holders {
        Buddy *buddy;
        Holder holder[HOLDERS_MAX];
        unsigned n;
} Holders;

/* 0 or -ENOMEM. n_max: most items it will ever have. */
int holders_add(Holders *h, uint32_t unit, unsigned order, Mobility mobility, bool pinned,
        uint32_t n_max, Holder **ret);
void holders_done(Holders *h);
/* Where the next block of the item that is being filled goes: pass to buddy_alloc() as index. */
static inline uint32_t holder_place(const Holder *h, uint32_t item, uint32_t part)
{
        return item * h->unit + part;
}
/* What stands at item n_max becomes the last one. */
void holder_append(Holders *all, Holder *h);
/* Frees the item; the last one takes its place. */
void holder_drop(Holders *all, Holder *h, uint32_t item);
void holder_drop_all(Holders *all, Holder *h);
/* Whether compaction can move what stands on the used page. */
bool holders_movable(const Holders *h, uint32_t pfn);
/* Moves it to the taken page, and tells its holder. */
void holders_move(Holders *h, uint32_t from, uint32_t to);
/* Blocks held in all, in pages. For tests. */
uint64_t holders_pages(const Holders *h);
