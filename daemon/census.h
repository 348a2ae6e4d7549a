/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* census.h - what is read rarely: who holds the memory that does not move. pagetypeinfo and slabinfo through the sampler, as
 * lib/model/gate.h allows; the boot parameters, CMA areas and OpenZFS's cache.
 *
 * Read when somebody asks; pagetypeinfo also every GATE_INTERVAL, to see what grows. The growth is of this run of fragd. */
#pragma once

#include "daemon/sampler.h"
#include "daemon/sysfs.h"
#include "model/gate.h"
#include "model/growth.h"
#include "model/owners.h"
#include "parse/cmdline.h"

#define CMA_AREAS_MAX 64

/* /sys/kernel/mm/cma/NAME; pages. UNKNOWN_U64 for what the kernel does not have. */
typedef struct CmaArea {
        char name[SYSFS_NAME_MAX];
        uint64_t total, available, success, fail;
} CmaArea;

/* /sys/devices/system/memory: where ZONE_MOVABLE of hot-plugged memory is seen. Of at most MEMORY_BLOCKS_MAX blocks the zone is
 * read, those with the highest addresses: there hot-plugged memory and ZONE_MOVABLE are. */
#define MEMORY_BLOCKS_MAX 1024

typedef struct MemoryBlocks {
        uint64_t size; /* of one, bytes; UNKNOWN_U64: this kernel has none */
        size_t n, looked_at;
        size_t movable, offline; /* of those looked at: online in ZONE_MOVABLE; not online */
} MemoryBlocks;

typedef struct Census Census;

/* Both borrowed. -ENOMEM. */
int census_new(Census **ret, const RootDir *root, Sampler *sampler);
Census *census_free(Census *c);
static inline void census_freep(Census **c)
{
        if (*c)
                census_free(*c);
}

/* Whether pagetypeinfo may be read for a question of the engine, and whether it is time to read it anyway. */
bool census_allows(const Census *c, usec_t now);
bool census_due(const Census *c, usec_t now);
/* After each sample and read: takes notice of what was read. */
void census_sampled(Census *c, usec_t now, usec_t realtime);
/* Reads all that may be read now; force: pagetypeinfo even where a zone is large. -ENOMEM; else what cannot be read is
 * missing, and sampler_source() says why. */
int census_read(Census *c, usec_t now, usec_t realtime, bool force);

typedef struct CensusFacts {
        usec_t read_realtime;  /* of pagetypeinfo; 0: never */
        usec_t next;           /* monotonic: when it may be read again; 0: now */
        GateAnswer gate;       /* for pagetypeinfo, as of now */
        uint64_t largest_zone; /* bytes; 0 not known */
        const Owners *owners;
        const Cmdline *boot;   /* NULL: cannot be read */
        const CmaArea *areas;
        size_t n_areas;
        char auto_online[SYSFS_NAME_MAX]; /* auto_online_blocks; "" */
        MemoryBlocks blocks;
} CensusFacts;
void census_facts(const Census *c, usec_t now, CensusFacts *ret);
/* false where too little is known. */
bool census_growth(const Census *c, uint32_t node, GrowthSpan *ret);
/* Why pagetypeinfo is not read now, one clause; NULL where nothing keeps it for more than a minute. */
const char *census_held(const Census *c, usec_t now, char *buf, size_t size);
