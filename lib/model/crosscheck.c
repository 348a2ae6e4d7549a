/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/crosscheck.h"

#include "base/macros.h"
#include "model/indices.h"

static const Zone *find_zone(const Model *m, const IndexZone *printed)
{
        for (size_t i = 0; i < m->n_zones; i++)
                if (m->zones[i].node == printed->node && streq(m->zones[i].name, printed->name))
                        return &m->zones[i];
        return NULL;
}

Crosscheck crosscheck_index(const Model *m, const IndexFile *printed, IndexKind kind)
{
        Crosscheck c = { 0 };

        for (size_t i = 0; i < printed->n_zones; i++) {
                const IndexZone *p = &printed->zones[i];
                const Zone *z = find_zone(m, p);

                for (unsigned o = 0; z && o < MIN(printed->n_orders, (unsigned)m->n_orders); o++) {
                        int32_t ours = kind == INDEX_EXTFRAG ?
                                extfrag_permille(z->free, m->n_orders, o) :
                                (int32_t)unusable_permille(z->free, m->n_orders, o);

                        c.compared++;
                        c.equal += ours == p->permille[o];
                }
        }
        return c;
}
