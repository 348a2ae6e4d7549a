/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* possible.h - how many blocks of an order a node has, could have, and will probably have after compaction.
 *
 *     now        what an allocation could get: allocatable.h
 *     ceiling    if every page were movable: allocatable.h. No compaction makes more.
 *     compacted  an estimate: now + (ceiling - now) * the share of pageblocks without unmovable memory, where pagetypeinfo has told
 *                that; else the ceiling
 *
 * An order beyond the buddy allocator's (a huge page of 1 GiB) has no free lists: the kernel puts such a page together itself from
 * whatever it can move. All three are then the free memory above the high watermarks, in whole pages of that size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/decision.h"
#include "model/allocatable.h"

typedef struct Possible {
        uint64_t now, compacted, ceiling; /* blocks */
} Possible;

/* For user memory. order < 64. */
void possible_on_node(const Model *m, const Node *n, unsigned order, Possible *ret);

typedef enum Outlook {
        OUTLOOK_NOW,        /* they are there */
        OUTLOOK_COMPACTION, /* they probably are after compaction */
        OUTLOOK_SHORT,      /* too little memory is free for that; less in use, or the page cache, could help */
        OUTLOOK_PINNED,     /* unmovable memory is in the way: as it stays until a reboot, mostly */
        OUTLOOK_NEVER,      /* the nodes have less memory than that, or no such blocks */
        _OUTLOOK_MAX,
} Outlook;

typedef struct PossibleAnswer {
        Outlook outlook;
        Possible blocks;      /* that count: with an even part for each node, no node more than its part */
        uint64_t size;        /* of a block: rounded up to an order */
        bool unmovable_known; /* for all of the nodes: else `compacted` is the ceiling */
} PossibleAnswer;

/* count blocks of size bytes on a node, NODE_ALL: on all of them together, or (even) on each its part. */
void possible_answer(const Model *m, uint64_t size, uint64_t count, uint32_t node, bool even, PossibleAnswer *ret);
/* In words; buf is always terminated. */
char *possible_sentence(const PossibleAnswer *a, uint64_t count, char *buf, size_t size);
