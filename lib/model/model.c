/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/model.h"

#include "base/macros.h"
#include "model/indices.h"

void model_done(Model *m)
{
        free(m->nodes);
        free(m->zones);
        *m = (Model)MODEL_INIT;
}

/* Room for n items of that size; the array and *allocated are untouched where there is none. */
static int reserve(void **array, size_t *allocated, size_t n, size_t item)
{
        void *grown;

        if (n <= *allocated)
                return 0;
        grown = reallocarray(*array, n, item);
        if (!grown)
                return -ENOMEM;
        *array = grown;
        *allocated = n;
        return 0;
}

static int reserve_zones(Model *m, size_t n)
{
        void *array = m->zones;
        int r = reserve(&array, &m->n_zones_allocated, n, sizeof(Zone));

        m->zones = array;
        return r;
}

static int reserve_nodes(Model *m, size_t n)
{
        void *array = m->nodes;
        int r = reserve(&array, &m->n_nodes_allocated, n, sizeof(Node));

        m->nodes = array;
        return r;
}

static Zone zone_from_buddyinfo(const BuddyZone *b, unsigned n_orders, unsigned huge_order)
{
        Zone z = ZONE_INIT;

        z.node = b->node;
        z.movable = streq(b->name, "Movable") || streq(b->name, "HighMem");
        memcpy(z.name, b->name, sizeof(z.name));
        memcpy(z.free, b->free, sizeof(z.free));
        z.free_pages = free_pages(z.free, n_orders);
        z.score = zone_score(z.free, n_orders, huge_order);
        return z;
}

static Node node_from_zone(const Model *m, size_t first)
{
        Node n = NODE_INIT;

        n.id = m->zones[first].node;
        n.first_zone = first;
        return n;
}

static int join_buddyinfo(Model *m, const Buddyinfo *b)
{
        size_t n_nodes = 0;
        int r;

        r = reserve_zones(m, b->n_zones);
        if (r < 0)
                return r;
        for (size_t i = 0; i < b->n_zones; i++)
                m->zones[i] = zone_from_buddyinfo(&b->zones[i], m->n_orders, m->huge_order);
        m->n_zones = b->n_zones;

        for (size_t i = 0; i < m->n_zones; i++)
                n_nodes += i == 0 || m->zones[i].node != m->zones[i - 1].node;
        r = reserve_nodes(m, n_nodes);
        if (r < 0)
                return r;

        for (size_t i = 0; i < m->n_zones; i++) {
                Node *n;

                assert(i == 0 ||
                        m->zones[i].node >= m->zones[i - 1].node); /* the parser refuses it */
                if (i == 0 || m->zones[i].node != m->zones[i - 1].node)
                        m->nodes[m->n_nodes++] = node_from_zone(m, i);
                n = &m->nodes[m->n_nodes - 1];
                n->n_zones++;
                n->free_pages += m->zones[i].free_pages;
        }
        return 0;
}

/* lowmem_reserve of the zone against a request whose highest zone is `highest`: none against its
 * own or a lower one. */
static uint64_t protection_against(const ZoneinfoZone *z, uint32_t highest)
{
        if (highest <= z->index || highest >= z->n_protection)
                return 0;
        return z->protection[highest];
}

/* One node's zones in zoneinfo: a run, as the kernel prints it. */
typedef struct ZoneinfoNode {
        const ZoneinfoZone *zones;
        size_t n;
        uint32_t highest_user,
                highest_kernel; /* zone index of the highest zone that such requests may use */
} ZoneinfoNode;

/* gfp_zone(): GFP_HIGHUSER_MOVABLE reaches up to Movable, GFP_KERNEL up to Normal. */
static void find_highest(ZoneinfoNode *g)
{
        bool have_movable = false, have_normal = false;

        for (size_t i = 0; i < g->n; i++) {
                const ZoneinfoZone *z = &g->zones[i];

                if (streq(z->name, "Movable")) {
                        g->highest_user = z->index;
                        have_movable = true;
                } else if (streq(z->name, "Normal")) {
                        g->highest_kernel = z->index;
                        have_normal = true;
                } else if (!have_normal && (streq(z->name, "DMA") || streq(z->name, "DMA32")))
                        g->highest_kernel = z->index;
                if (!have_movable && !streq(z->name, "Device"))
                        g->highest_user = z->index;
        }
}

/* *hint: where the search starts, and where the next one should. Both files are in node order, so
 * it is found at once. */
static bool find_zoneinfo_node(const Zoneinfo *zi, uint32_t node, size_t *hint, ZoneinfoNode *ret)
{
        for (size_t tried = 0; tried < zi->n_zones; tried++) {
                size_t i = (*hint + tried) % zi->n_zones;
                ZoneinfoNode g = { .zones = &zi->zones[i] };

                if (zi->zones[i].node != node)
                        continue;
                while (i + g.n < zi->n_zones && zi->zones[i + g.n].node == node)
                        g.n++;
                find_highest(&g);
                *hint = i + g.n;
                *ret = g;
                return true;
        }
        return false;
}

static void join_zoneinfo_zone(Zone *z, const ZoneinfoZone *zi, const ZoneinfoNode *g)
{
        z->min = zi->min;
        z->low = zi->low;
        z->high = zi->high;
        z->boost = zi->boost;
        z->present = zi->present;
        z->managed = zi->managed;
        z->free_cma = zi->free_cma;
        z->free_highatomic = zi->free_highatomic;
        z->protection_user = protection_against(zi, g->highest_user);
        z->protection_kernel = protection_against(zi, g->highest_kernel);
}

static void join_zoneinfo_node(Model *m, Node *n, const ZoneinfoNode *g)
{
        size_t hint = 0, matched = 0;
        uint64_t score = 0;

        n->present = n->managed = 0;
        for (size_t i = 0; i < g->n; i++) {
                n->present += g->zones[i].present;
                n->managed += g->zones[i].managed;
        }
        for (size_t i = 0; i < n->n_zones; i++) {
                Zone *z = &m->zones[n->first_zone + i];

                for (size_t tried = 0; tried < g->n; tried++) {
                        size_t k = (hint + tried) % g->n;

                        if (!streq(g->zones[k].name, z->name))
                                continue;
                        join_zoneinfo_zone(z, &g->zones[k], g);
                        score += z->present * z->score / (n->present + 1);
                        hint = k + 1;
                        matched++;
                        break;
                }
        }
        n->score_known = matched == n->n_zones;
        n->score = n->score_known ? (uint32_t)MIN(score, UINT64_C(100)) : 0;
}

static void join_zoneinfo(Model *m, const Zoneinfo *zi)
{
        size_t hint = 0;

        for (size_t i = 0; i < m->n_nodes; i++) {
                ZoneinfoNode g;

                if (find_zoneinfo_node(zi, m->nodes[i].id, &hint, &g))
                        join_zoneinfo_node(m, &m->nodes[i], &g);
        }
}

static void join_pagetype_zone(Zone *z, const PagetypeZone *p, uint64_t pages_per_block)
{
        z->pagetype_known = true;
        memcpy(z->blocks, p->blocks, sizeof(z->blocks));
        if (z->free_highatomic == UNKNOWN_U64)
                z->free_highatomic = p->blocks[MIGRATE_HIGHATOMIC] * pages_per_block;
}

static void join_pagetypeinfo(Model *m, const Pagetypeinfo *p)
{
        size_t hint = 0;

        for (size_t i = 0; i < m->n_zones; i++)
                for (size_t tried = 0; tried < p->n_zones; tried++) {
                        size_t k = (hint + tried) % p->n_zones;
                        const PagetypeZone *pz = &p->zones[k];

                        if (pz->node != m->zones[i].node || !streq(pz->name, m->zones[i].name))
                                continue;
                        if (pz->have_blocks)
                                join_pagetype_zone(&m->zones[i], pz, p->pages_per_block);
                        hint = k + 1;
                        break;
                }
}

static void compute_unmovable(const Model *m, Node *n)
{
        uint64_t all = 0, unmovable = 0;

        for (size_t i = 0; i < n->n_zones; i++) {
                const uint64_t *blocks = m->zones[n->first_zone + i].blocks;

                for (size_t t = 0; t < _MIGRATE_TYPE_MAX; t++)
                        all += blocks[t];
                unmovable += blocks[MIGRATE_UNMOVABLE] + blocks[MIGRATE_RECLAIMABLE] +
                             blocks[MIGRATE_HIGHATOMIC];
        }
        if (all > 0)
                n->unmovable_permyriad = (uint32_t)(MIN(unmovable, all) * 10000 / all);
}

static uint8_t order_of(uint64_t bytes, uint32_t page_size)
{
        uint64_t pages = bytes / page_size;

        return pages > 0 ? (uint8_t)(63 - __builtin_clzll(pages)) : UINT8_MAX;
}

/* mm/compaction.c COMPACTION_HPAGE_ORDER. Without THP it is the hugetlb order, which is what
 * pageblocks have. */
static void set_orders(Model *m, const ModelSources *s)
{
        uint8_t top, huge = 9;
        bool pageblock_known = s->pagetypeinfo && s->pagetypeinfo->n_zones > 0;

        m->n_orders = (uint8_t)s->buddyinfo->n_orders;
        top = m->n_orders > 0 ? (uint8_t)(m->n_orders - 1) : 0;
        if (m->thp_order != UINT8_MAX)
                huge = m->thp_order;
        else if (pageblock_known)
                huge = (uint8_t)MIN(s->pagetypeinfo->pageblock_order, (unsigned)top);
        m->huge_order = MIN(huge, top);
        m->pageblock_order = pageblock_known ? (uint8_t)s->pagetypeinfo->pageblock_order
                                             : m->huge_order;
}

static uint32_t have_bit(Source s, bool have)
{
        return have ? UINT32_C(1) << s : 0;
}

static bool any_knob(const int64_t *knobs)
{
        for (size_t i = 0; knobs && i < _KNOB_MAX; i++)
                if (knobs[i] != KNOB_VALUE_NONE)
                        return true;
        return false;
}

/* Everything that is taken over as it is. */
static void take_sources(Model *m, const ModelSources *s)
{
        m->have = have_bit(SOURCE_BUDDYINFO, s->buddyinfo && s->buddyinfo->n_zones > 0) |
                  have_bit(SOURCE_ZONEINFO, s->zoneinfo && s->zoneinfo->n_zones > 0) |
                  have_bit(SOURCE_VMSTAT, s->vmstat) | have_bit(SOURCE_PSI_MEMORY, s->psi_memory) |
                  have_bit(SOURCE_PSI_CPU, s->psi_cpu) | have_bit(SOURCE_MEMINFO, s->meminfo) |
                  have_bit(SOURCE_PAGETYPEINFO, s->pagetypeinfo && s->pagetypeinfo->n_zones > 0) |
                  have_bit(SOURCE_THP, s->thp_size > 0) |
                  have_bit(SOURCE_KNOBS, any_knob(s->knobs));
        m->page_size = s->page_size;
        m->thp_order = order_of(s->thp_size, s->page_size);

        if (s->vmstat)
                m->vmstat = *s->vmstat;
        else
                vmstat_reset(&m->vmstat);
        m->wmark_rule = m->vmstat.nr_free_pages_blocks != UNKNOWN_U64 ? WMARK_RULE_UNCAPPED
                                                                      : WMARK_RULE_CAPPED;
        m->psi_memory = s->psi_memory ? *s->psi_memory : (Psi){ 0 };
        m->psi_cpu = s->psi_cpu ? *s->psi_cpu : (Psi){ 0 };
        if (s->meminfo)
                m->meminfo = *s->meminfo;
        else {
                /* All members but the last are sizes, and UNKNOWN_U64 is all ones. */
                memset(&m->meminfo, 0xff, sizeof(m->meminfo));
                m->meminfo.skipped = 0;
        }
        for (size_t i = 0; i < _KNOB_MAX; i++)
                m->knobs[i] = s->knobs ? s->knobs[i] : KNOB_VALUE_NONE;
}

int model_update(Model *m, const ModelSources *s)
{
        int r;

        assert(s->page_size > 0);

        m->n_nodes = m->n_zones = 0;
        m->n_orders = m->huge_order = m->pageblock_order = 0;
        take_sources(m, s);
        if (!model_has(m, SOURCE_BUDDYINFO))
                return 0;

        set_orders(m, s);
        r = join_buddyinfo(m, s->buddyinfo);
        if (r < 0) {
                model_done(m);
                return r;
        }
        if (model_has(m, SOURCE_ZONEINFO))
                join_zoneinfo(m, s->zoneinfo);
        if (model_has(m, SOURCE_PAGETYPEINFO)) {
                join_pagetypeinfo(m, s->pagetypeinfo);
                for (size_t i = 0; i < m->n_nodes; i++)
                        compute_unmovable(m, &m->nodes[i]);
        }
        return 0;
}

const Node *model_node_const(const Model *m, uint32_t id)
{
        size_t lo = 0, hi = m->n_nodes;

        while (lo < hi) {
                size_t mid = lo + (hi - lo) / 2;

                if (m->nodes[mid].id == id)
                        return &m->nodes[mid];
                if (m->nodes[mid].id < id)
                        lo = mid + 1;
                else
                        hi = mid;
        }
        return NULL;
}

Node *model_node(Model *m, uint32_t id)
{
        return (Node *)model_node_const(m, id);
}

int model_copy(Model *dst, const Model *src)
{
        Model copy = *src;

        if (reserve_nodes(dst, src->n_nodes) < 0 || reserve_zones(dst, src->n_zones) < 0) {
                model_done(dst);
                return -ENOMEM;
        }

        copy.nodes = dst->nodes;
        copy.n_nodes_allocated = dst->n_nodes_allocated;
        copy.zones = dst->zones;
        copy.n_zones_allocated = dst->n_zones_allocated;
        *dst = copy;
        if (src->n_nodes > 0)
                memcpy(dst->nodes, src->nodes, src->n_nodes * sizeof(Node));
        if (src->n_zones > 0)
                memcpy(dst->zones, src->zones, src->n_zones * sizeof(Zone));
        return 0;
}
