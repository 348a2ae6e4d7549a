/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host-model.c - what fragd's sampler would see of the machine. */
#include "base/macros.h"
#include "host.h"
#include "model/indices.h"

static void fill_zone(const Kernel *k, uint32_t node, uint8_t huge_order, Zone *ret)
{
        const Buddy *b = &k->buddy;

        *ret = (Zone)ZONE_INIT;
        ret->node = node;
        memcpy(ret->name, "Normal", sizeof("Normal"));
        for (unsigned o = 0; o < b->n_orders; o++)
                ret->free[o] = buddy_blocks(b, o);
        ret->free_pages = b->free_pages;
        ret->min = buddy_mark(b, b->min);
        ret->low = buddy_mark(b, b->low);
        ret->high = buddy_mark(b, b->high);
        ret->boost = b->boost;
        ret->present = ret->managed = b->n_pages;
        ret->free_cma = 0;
        ret->protection_user = ret->protection_kernel = 0;
        for (uint32_t i = 0; i < buddy_n_blocks(b); i++)
                ret->blocks[b->block_type[i] == MOBILITY_MOVABLE     ? MIGRATE_MOVABLE
                            : b->block_type[i] == MOBILITY_UNMOVABLE ? MIGRATE_UNMOVABLE
                                                                     : MIGRATE_RECLAIMABLE]++;
        ret->pagetype_known = true;
        ret->score = zone_score(ret->free, b->n_orders, huge_order);
}

static void fill_node(const Host *h, uint32_t i, const Zone *z, Node *ret)
{
        const Kernel *k = &h->node[i].kernel;

        *ret = (Node)NODE_INIT;
        ret->id = i;
        ret->first_zone = i;
        ret->n_zones = 1;
        ret->present = ret->managed = z->managed;
        ret->free_pages = z->free_pages;
        ret->score = kernel_score(k);
        ret->score_known = true;
        if (h->spec->visible) {
                ret->kcompactd_state = 'S';
                if (k->kcompactd.running)
                        ret->kcompactd_state = 'R';
                ret->kcompactd_cpu_nsec = k->stats.kcompactd_nsec;
        }
        ret->unmovable_permyriad = (uint32_t)((z->blocks[MIGRATE_UNMOVABLE] +
                                                      z->blocks[MIGRATE_RECLAIMABLE]) *
                                              10000 / buddy_n_blocks(&k->buddy));
}

static void fill_vmstat(const Host *h, Vmstat *v)
{
        KernelStats s = host_stats(h);
        const Costs *c = &h->costs;
        uint64_t faults = c->kind[KIND_BATCH].tried + c->kind[KIND_TRICKLE].tried;

        vmstat_reset(v);
        v->nr_free_pages = host_free_pages(h, 0);
        v->pgmigrate_success = s.moved;
        v->compact_migrate_scanned = s.scanned - s.scanned_free;
        v->compact_free_scanned = s.scanned_free;
        v->compact_isolated = 2 * s.moved;
        v->compact_stall = s.compact_stall;
        v->compact_fail = s.compact_fail;
        v->compact_success = s.compact_stall - s.compact_fail;
        v->compact_daemon_wake = s.daemon_wake;
        v->allocstall_normal = s.allocstall;
        v->pgsteal_kswapd = v->pgscan_kswapd = s.stolen_pages;
        v->thp_fault_alloc = c->kind[KIND_BATCH].ok + c->kind[KIND_TRICKLE].ok;
        v->thp_fault_fallback = faults - v->thp_fault_alloc;
        v->thp_fault_fallback_charge = 0;
        v->htlb_buddy_alloc_success = c->kind[KIND_POOL].ok;
        v->htlb_buddy_alloc_fail = 0;
        v->oom_kill = 0;
}

static void fill_meminfo(const Host *h, Meminfo *m)
{
        uint64_t pages = 0, cached = 0, pools = 0;

        *m = (Meminfo){ 0 };
        for (uint32_t i = 0; i < h->spec->n_nodes; i++) {
                const Kernel *k = &h->node[i].kernel;

                pages += k->buddy.n_pages;
                cached += k->cache ? (uint64_t)k->cache->n * k->cache->unit : 0;
                pools += h->node[i].demand.pool->n;
        }
        m->total = pages * h->spec->page_size;
        m->free = host_free_pages(h, 0) * h->spec->page_size;
        m->cached = cached * h->spec->page_size;
        m->available = m->free + m->cached;
        m->hugepages_total = pools;
        m->hugepage_size = (uint64_t)h->spec->page_size << h->spec->block_order;
        m->hugetlb = pools * m->hugepage_size;
        m->anon_huge_pages = m->dirty = m->writeback = m->mlocked = m->unevictable =
                m->slab_reclaimable = 0;
}

/* The averages are the last interval's only to a sampler that has seen no total before; 0 does for
 * that one. */
static void fill_psi(uint64_t usec, Psi *p)
{
        *p = (Psi){ .some = { .total = usec }, .have_full = true };
}

const Model *host_model(Host *h)
{
        Model *m = &h->model;

        for (uint32_t i = 0; i < h->spec->n_nodes; i++) {
                fill_zone(&h->node[i].kernel, i, h->spec->block_order, &h->model_zones[i]);
                fill_node(h, i, &h->model_zones[i], &h->model_nodes[i]);
        }
        m->have = 1U << SOURCE_BUDDYINFO | 1U << SOURCE_ZONEINFO | 1U << SOURCE_VMSTAT |
                  1U << SOURCE_PSI_MEMORY | 1U << SOURCE_PSI_CPU | 1U << SOURCE_KNOBS |
                  1U << SOURCE_MEMINFO | 1U << SOURCE_PAGETYPEINFO | 1U << SOURCE_THP |
                  (h->spec->visible ? 1U << SOURCE_KCOMPACTD : 0);
        m->page_size = h->spec->page_size;
        m->n_orders = h->spec->n_orders;
        m->thp_order = m->pageblock_order = m->huge_order = h->spec->block_order;
        m->wmark_rule = h->spec->rule;
        m->nodes = h->model_nodes;
        m->zones = h->model_zones;
        m->n_nodes = m->n_zones = h->spec->n_nodes;
        fill_vmstat(h, &m->vmstat);
        fill_meminfo(h, &m->meminfo);
        fill_psi(host_stats(h).pressure_nsec / 1000, &m->psi_memory);
        fill_psi(h->psi_cpu_usec, &m->psi_cpu);
        memcpy(m->knobs, h->knobs, sizeof(m->knobs));
        return m;
}
