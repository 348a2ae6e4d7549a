/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "holder.h"

#include "base/macros.h"

int holders_add(Holders *h, uint32_t unit, unsigned order, Mobility mobility, bool pinned,
        uint32_t n_max, Holder **ret)
{
        Holder *added = &h->holder[h->n];

        assert(h->n < HOLDERS_MAX);
        *added = (Holder){ .unit = unit,
                .order = (uint8_t)order,
                .id = (uint8_t)h->n,
                .mobility = mobility,
                .pinned = pinned,
                .n_max = n_max };
        added->pfn = malloc(((size_t)n_max + 1) * unit * sizeof(*added->pfn));
        if (!added->pfn)
                return -ENOMEM;
        h->n++;
        *ret = added;
        return 0;
}

void holders_done(Holders *h)
{
        for (unsigned i = 0; i < h->n; i++)
                free(h->holder[i].pfn);
        h->n = 0;
}

static void relocate(Holders *all, Holder *h, uint32_t from, uint32_t to)
{
        for (uint32_t i = 0; i < h->unit; i++) {
                uint32_t pfn = h->pfn[holder_place(h, from, i)];

                h->pfn[holder_place(h, to, i)] = pfn;
                if (pfn != PFN_NONE)
                        all->buddy->pages[pfn].next = holder_place(h, to, i);
        }
}

void holder_append(Holders *all, Holder *h)
{
        relocate(all, h, h->n_max, h->n++);
}

void holder_drop(Holders *all, Holder *h, uint32_t item)
{
        for (uint32_t i = 0; i < h->unit; i++)
                if (h->pfn[holder_place(h, item, i)] != PFN_NONE)
                        buddy_free(all->buddy, h->pfn[holder_place(h, item, i)]);
        h->n--;
        if (item != h->n)
                relocate(all, h, h->n, item);
}

void holder_drop_all(Holders *all, Holder *h)
{
        while (h->n > 0)
                holder_drop(all, h, h->n - 1);
}

bool holders_movable(const Holders *h, uint32_t pfn)
{
        const Page *p = &h->buddy->pages[pfn];

        return p->order == 0 && p->mobility == MOBILITY_MOVABLE && !h->holder[p->owner].pinned;
}

void holders_move(Holders *h, uint32_t from, uint32_t to)
{
        const Page *p = &h->buddy->pages[from];

        h->holder[p->owner].pfn[p->next] = to;
        buddy_move(h->buddy, from, to);
}

uint64_t holders_pages(const Holders *h)
{
        uint64_t pages = 0;

        for (unsigned i = 0; i < h->n; i++)
                for (uint32_t k = 0; k < h->holder[i].n * h->holder[i].unit; k++)
                        pages += h->holder[i].pfn[k] != PFN_NONE ? UINT64_C(1) << h->holder[i].order
                                                                 : 0;
        return pages;
}
