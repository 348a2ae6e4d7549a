/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/possible.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

static uint64_t gigantic(const Model *m, const Node *n, unsigned order)
{
        uint64_t blocks = 0;

        for (size_t i = 0; i < n->n_zones; i++) {
                const Zone *z = &m->zones[n->first_zone + i];

                blocks += LESS_BY(z->free_pages, z->high == UNKNOWN_U64 ? 0 : z->high) >> order;
        }
        return blocks;
}

void possible_on_node(const Model *m, const Node *n, unsigned order, Possible *ret)
{
        uint32_t movable = n->unmovable_permyriad == UINT32_MAX ? 10000 : 10000 - MIN(n->unmovable_permyriad, UINT32_C(10000));

        if (order >= m->n_orders) {
                ret->now = ret->compacted = ret->ceiling = gigantic(m, n, order);
                return;
        }
        ret->now = node_allocatable(m, n, order, USE_USER);
        ret->ceiling = node_ceiling(m, n, order, USE_USER);
        ret->compacted = ret->now + (ret->ceiling - ret->now) / 10000 * movable + (ret->ceiling - ret->now) % 10000 * movable / 10000;
}

static bool takes_part(const Node *n, uint32_t node)
{
        return node == NODE_ALL || node == n->id;
}

static int order_of(const Model *m, uint64_t size, unsigned *ret)
{
        for (*ret = 0; *ret < 63 && (uint64_t)m->page_size << *ret < size && (uint64_t)m->page_size << *ret <= UINT64_MAX / 4;)
                (*ret)++;
        return (uint64_t)m->page_size << *ret >= size ? 0 : -ERANGE;
}

void possible_answer(const Model *m, uint64_t size, uint64_t count, uint32_t node, bool even, PossibleAnswer *ret)
{
        uint64_t parts = 0, k = 0, managed = 0;
        unsigned order;
        int r = order_of(m, size, &order);

        *ret = (PossibleAnswer){ .size = r < 0 ? size : (uint64_t)m->page_size << order, .unmovable_known = true };
        for (size_t i = 0; i < m->n_nodes; i++)
                parts += takes_part(&m->nodes[i], node);
        for (size_t i = 0; i < m->n_nodes && r >= 0; i++) {
                const Node *n = &m->nodes[i];
                uint64_t part;
                Possible p;

                if (!takes_part(n, node) || parts == 0)
                        continue;
                part = even ? count / parts + (k < count % parts) : UINT64_MAX;
                k++;
                possible_on_node(m, n, order, &p);
                ret->blocks.now += MIN(p.now, part);
                ret->blocks.compacted += MIN(p.compacted, part);
                ret->blocks.ceiling += MIN(p.ceiling, part);
                ret->unmovable_known &= n->unmovable_permyriad != UINT32_MAX;
                managed += n->managed == UNKNOWN_U64 ? UINT64_MAX >> 8 : n->managed;
        }
        if (ret->blocks.now >= count)
                ret->outlook = OUTLOOK_NOW;
        else if (r < 0 || managed >> order < count)
                ret->outlook = OUTLOOK_NEVER;
        else if (ret->blocks.ceiling < count)
                ret->outlook = OUTLOOK_SHORT;
        else
                ret->outlook = ret->blocks.compacted < count ? OUTLOOK_PINNED : OUTLOOK_COMPACTION;
}

char *possible_sentence(const PossibleAnswer *a, uint64_t count, char *buf, size_t size)
{
        static const char *const words[_OUTLOOK_MAX] = {
                [OUTLOOK_NOW] = "they are there now",
                [OUTLOOK_COMPACTION] = "not now, but after compaction",
                [OUTLOOK_SHORT] = "not even after compaction, since too little memory is free",
                [OUTLOOK_PINNED] = "probably not before a reboot, since unmovable memory stands in the way",
                [OUTLOOK_NEVER] = "never, since the machine has no such memory",
        };
        char block[UNIT_TEXT_MAX];

        snprintf(buf, size,
                "%" PRIu64 " block%s of %s: %s. %" PRIu64 " now; about %" PRIu64 " after compaction (%s); %" PRIu64
                " if every page could be moved.",
                count, count == 1 ? "" : "s", size_format(block, sizeof(block), a->size), words[a->outlook], a->blocks.now,
                a->blocks.compacted,
                a->unmovable_known ? "free memory above the watermarks, less the share of pageblocks with unmovable pages" :
                                     "free memory above the watermarks; how much of it is unmovable is not known",
                a->blocks.ceiling);
        return buf;
}
