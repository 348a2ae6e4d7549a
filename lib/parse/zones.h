/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* zones.h - what the parsers of this folder that list zones share: the "Node 0, zone   Normal" head
 * of a line, which zones may follow each other, and the growth of their arrays. Header-only because
 * every poll runs it. */
#pragma once

#include "base/limits.h"
#include "base/macros.h"
#include "parse/text.h"

/* A zone's name, filled up with NULs to its end so that it compares as a whole. */
typedef struct ZoneName {
        char text[ZONE_NAME_MAX];
} ZoneName;

static inline bool zone_name_equal(const ZoneName *a, const ZoneName *b)
{
        return memcmp(a->text, b->text, sizeof(a->text)) == 0;
}

/* Whether the line is a zone's; anything else may be of the future, but this must be right to its
 * end. */
static inline bool zone_line(const Text *line)
{
        return line->end - line->p >= 5 && memcmp(line->p, "Node ", 5) == 0;
}

static inline bool zone_name_has(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
}

/* Takes "Node %d, zone %8s"; behind the name may come a blank, the end or a comma. NULL, or what
 * was expected. */
static inline const char *zone_take_head(Text *line, uint32_t *ret_node, ZoneName *ret_name)
{
        uint64_t node;
        ZoneName name = { 0 };
        const char *start;

        if (!TEXT_TAKE(line, "Node ") || !text_number(line, ",", &node) ||
                !TEXT_TAKE(line, ", zone "))
                return "\"Node N, zone NAME\"";
        if (node >= NODES_MAX)
                return "a node number below 1024";
        text_skip_blanks(line);
        start = line->p;
        while (line->p < line->end && zone_name_has(*line->p))
                line->p++;
        if (line->p == start || (line->p < line->end && *line->p != ' ' && *line->p != ','))
                return "a zone name of letters and digits";
        if ((size_t)(line->p - start) >= sizeof(name.text))
                return "a zone name of at most 15 characters";
        memcpy(name.text, start, (size_t)(line->p - start));
        *ret_node = (uint32_t)node;
        *ret_name = name;
        return NULL;
}

_Static_assert(NODES_MAX == 1024 && ZONE_NAME_MAX == 16 && ZONES_PER_NODE_MAX == 8,
        "error texts say these");

/* The zones seen so far of the node that is being listed. */
typedef struct ZoneSequence {
        bool any;
        uint32_t node;
        uint32_t n;
        ZoneName names[ZONES_PER_NODE_MAX];
} ZoneSequence;

/* The kernel walks nodes upwards and each node's zones once (mm/vmstat.c walk_zones_in_node(),
 * for_each_online_pgdat()). Gives the zone's position in its node; NULL, or what was expected. */
static inline const char *zone_sequence_add(
        ZoneSequence *s, uint32_t node, const ZoneName *name, uint32_t *ret_index)
{
        if (s->any && node < s->node)
                return "nodes in ascending order";
        if (!s->any || node > s->node) {
                s->any = true;
                s->node = node;
                s->n = 0;
        }
        for (uint32_t i = 0; i < s->n; i++)
                if (zone_name_equal(&s->names[i], name))
                        return "each zone of a node once";
        if (s->n == ZONES_PER_NODE_MAX)
                return "at most 8 zones on a node";
        s->names[s->n] = *name;
        *ret_index = s->n++;
        return NULL;
}

/* Makes room for item n of the array; gives the array, or NULL when there is no memory (the old one
 * stays). */
static inline void *zones_reserve(void *zones, size_t n, size_t *n_allocated, size_t item_size)
{
        size_t wanted = *n_allocated > 0 ? *n_allocated : 4;
        void *grown;

        if (n < *n_allocated)
                return zones;
        while (wanted <= n)
                wanted *= 2;
        grown = reallocarray(zones, wanted, item_size);
        if (grown)
                *n_allocated = wanted;
        return grown;
}
