/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/census.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "daemon/memory-blocks.h"
#include "model/mobility.h"

#define CMA_FOLDER   "sys/kernel/mm/cma"
#define AUTO_ONLINE  "sys/devices/system/memory/auto_online_blocks"
#define ARCSTATS     "proc/spl/kstat/zfs/arcstats"
#define CMDLINE      "proc/cmdline"
/* However many ask. */
#define MEMINFO_INTERVAL USEC_PER_SEC

typedef struct NodeGrowth {
        uint32_t node;
        Growth growth;
} NodeGrowth;

struct Census {
        const RootDir *root;
        Sampler *sampler;
        Gate pagetypeinfo, slabinfo;
        uint64_t reads, slab_reads; /* of the sampler's, as taken notice of */
        usec_t started;             /* monotonic, of the first sample */
        usec_t read_realtime;
        usec_t meminfo_read; /* monotonic */
        NodeGrowth *growths; /* owned */
        size_t n_growths;
        Owners owners;
        Cmdline boot;
        bool have_boot;
        CmaArea areas[CMA_AREAS_MAX];
        size_t n_areas;
        char auto_online[SYSFS_NAME_MAX];
        MemoryBlocks blocks;
};

int census_new(Census **ret, const RootDir *root, Sampler *sampler)
{
        Census *c = calloc(1, sizeof(*c));

        if (!c)
                return -ENOMEM;
        c->root = root;
        c->sampler = sampler;
        *ret = c;
        return 0;
}

Census *census_free(Census *c)
{
        if (!c)
                return NULL;
        free(c->growths);
        free(c);
        return NULL;
}

static uint64_t largest_zone(const Census *c)
{
        const Model *m = sampler_model(c->sampler);
        uint64_t largest = 0, bytes;

        for (size_t i = 0; i < m->n_zones; i++)
                if (m->zones[i].managed != UNKNOWN_U64 &&
                        !__builtin_mul_overflow(m->zones[i].managed, m->page_size, &bytes))
                        largest = MAX(largest, bytes);
        return largest;
}

bool census_allows(const Census *c, usec_t now)
{
        return gate_ask(&c->pagetypeinfo, largest_zone(c), now) == GATE_OPEN;
}

bool census_due(const Census *c, usec_t now)
{
        usec_t last = c->pagetypeinfo.read ? c->pagetypeinfo.at : c->started;

        return c->started > 0 && usec_sub(now, last) >= GATE_INTERVAL && census_allows(c, now);
}

/* NULL without memory: that node's growth is then not told. */
static Growth *growth_of(Census *c, uint32_t node)
{
        NodeGrowth *growths;

        for (size_t i = 0; i < c->n_growths; i++)
                if (c->growths[i].node == node)
                        return &c->growths[i].growth;
        if (c->n_growths == NODES_MAX)
                return NULL;
        growths = reallocarray(c->growths, c->n_growths + 1, sizeof(*growths));
        if (!growths)
                return NULL;
        c->growths = growths;
        growths[c->n_growths] = (NodeGrowth){ .node = node };
        return &growths[c->n_growths++].growth;
}

static void take_shares(Census *c, usec_t realtime)
{
        const Pagetypeinfo *p = sampler_pagetypeinfo(c->sampler);

        c->read_realtime = p ? realtime : 0;
        for (size_t i = 0; p && i < p->n_zones; i++) {
                Growth *g;
                uint32_t share;

                if (i > 0 && p->zones[i].node == p->zones[i - 1].node)
                        continue;
                share = mobility_of_node(p, p->zones[i].node);
                g = share == UINT32_MAX ? NULL : growth_of(c, p->zones[i].node);
                if (g)
                        growth_add(g, realtime, share);
        }
}

void census_sampled(Census *c, usec_t now, usec_t realtime)
{
        const SourceState *s = sampler_source(c->sampler, SOURCE_PAGETYPEINFO);

        if (c->started == 0)
                c->started = MAX(now, (usec_t)1);
        if (s->reads != c->reads) {
                c->reads = s->reads;
                gate_passed(&c->pagetypeinfo, now, s->read_usec);
                take_shares(c, realtime);
        }
        s = sampler_source(c->sampler, SOURCE_SLABINFO);
        if (s->reads != c->slab_reads) {
                c->slab_reads = s->reads;
                gate_passed(&c->slabinfo, now, s->read_usec);
        }
}

static void read_areas(Census *c)
{
        char names[CMA_AREAS_MAX][SYSFS_NAME_MAX], folder[SYSFS_PATH_MAX];
        int n = sysfs_list(c->root, CMA_FOLDER, "", names, ELEMENTSOF(names));

        c->n_areas = 0;
        for (int i = 0; i < n; i++) {
                CmaArea *a = &c->areas[c->n_areas++];

                snprintf(folder, sizeof(folder), CMA_FOLDER "/%s", names[i]);
                *a = (CmaArea){
                        .total = sysfs_number(c->root, folder, "total_pages"),
                        .available = sysfs_number(c->root, folder, "available_pages"),
                        .success = sysfs_number(c->root, folder, "alloc_pages_success"),
                        .fail = sysfs_number(c->root, folder, "alloc_pages_fail"),
                };
                memcpy(a->name, names[i], sizeof(a->name));
        }
}

static int read_boot(Census *c)
{
        _cleanup_(root_file_done) RootFile f = ROOT_FILE_INIT_SINGLE;
        int r;

        if (c->have_boot) /* it does not change */
                return 0;
        r = root_file_read(&f, c->root, CMDLINE);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        c->have_boot = cmdline_parse(&c->boot, f.text, f.size, NULL) == 0;
        return 0;
}

/* OpenZFS is there on few machines; false without it. */
static int read_arc(Census *c, Arcstats *ret, bool *ret_found)
{
        _cleanup_(root_file_done) RootFile f = ROOT_FILE_INIT;
        int r;

        *ret_found = false;
        r = root_file_read(&f, c->root, ARCSTATS);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        *ret_found = arcstats_parse(ret, f.text, f.size, NULL) == 0;
        return 0;
}

static int read_held(Census *c, usec_t now, bool force)
{
        GateAnswer answer = gate_ask(&c->pagetypeinfo, largest_zone(c), now);
        int r = 0;

        if (answer == GATE_OPEN || force)
                r = sampler_read(c->sampler, SOURCE_PAGETYPEINFO);
        if (r >= 0 && gate_ask(&c->slabinfo, 0, now) == GATE_OPEN)
                r = sampler_read(c->sampler, SOURCE_SLABINFO);
        /* Samples read it rarely while all is calm. */
        if (r >= 0 && usec_sub(now, c->meminfo_read) >= MEMINFO_INTERVAL) {
                c->meminfo_read = now;
                r = sampler_read(c->sampler, SOURCE_MEMINFO);
        }
        return r;
}

int census_read(Census *c, usec_t now, usec_t realtime, bool force)
{
        bool have_arc = false;
        Arcstats arc;
        int r;

        r = read_held(c, now, force);
        census_sampled(c, now, realtime);
        if (r >= 0)
                r = read_boot(c);
        if (r >= 0)
                r = read_arc(c, &arc, &have_arc);
        if (r < 0)
                return r;
        read_areas(c);
        if (root_read_text(c->root, AUTO_ONLINE, c->auto_online, sizeof(c->auto_online)) < 0)
                c->auto_online[0] = 0;
        memory_blocks_read(c->root, &c->blocks);
        owners_find(&c->owners, sampler_model(c->sampler), sampler_slabinfo(c->sampler), have_arc ? &arc : NULL);
        return 0;
}

void census_facts(const Census *c, usec_t now, CensusFacts *ret)
{
        *ret = (CensusFacts){
                .read_realtime = c->read_realtime,
                .next = gate_next(&c->pagetypeinfo),
                .gate = gate_ask(&c->pagetypeinfo, largest_zone(c), now),
                .largest_zone = largest_zone(c),
                .owners = &c->owners,
                .boot = c->have_boot ? &c->boot : NULL,
                .areas = c->areas,
                .n_areas = c->n_areas,
                .blocks = c->blocks,
        };
        memcpy(ret->auto_online, c->auto_online, sizeof(ret->auto_online));
}

bool census_growth(const Census *c, uint32_t node, GrowthSpan *ret)
{
        for (size_t i = 0; i < c->n_growths; i++)
                if (c->growths[i].node == node)
                        return growth_span(&c->growths[i].growth, ret);
        return false;
}

const char *census_held(const Census *c, usec_t now, char *buf, size_t size)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];
        usec_t left = usec_sub(gate_next(&c->pagetypeinfo), now);

        switch (gate_ask(&c->pagetypeinfo, largest_zone(c), now)) {
        case GATE_LARGE:
                snprintf(buf, size, "a zone has %s, and reading would hold it up for long: only fragctl census --force reads it",
                        size_format(a, sizeof(a), largest_zone(c)));
                return buf;
        case GATE_WAIT:
                if (left < USEC_PER_MIN)
                        return NULL; /* soon enough */
                snprintf(buf, size, "the last read took %s: not again for %s", duration_format(a, sizeof(a), c->pagetypeinfo.took),
                        duration_format(b, sizeof(b), left));
                return buf;
        default: return NULL;
        }
}
