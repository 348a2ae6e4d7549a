/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetCensus: grouping by mobility, and who holds the memory that does not move. */
#include <stdio.h>

#include "base/units.h"
#include "causes/cause.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "model/mobility.h"

/* Said where the share of unmovable pageblocks has grown by this much, permyriad. */
#define GREW_NOTABLE 500
/* Said where a slab cache has this share of memory and so few of its objects are in use, permyriad. */
#define SPARSE_SHARE 200
#define SPARSE_USED  5000

#define SIZE(bytes)  size_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, bytes)
#define SHARE(p)     percent_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, p)
#define TIME(t)      duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)

static int append(json_t *array, json_t *value)
{
        return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static json_t *complete(json_t *j, int r)
{
        if (j && r >= 0)
                return j;
        json_decref(j);
        return NULL;
}

/* Since when the share of unmovable pageblocks is known: by history, which survives restarts and has seven days, or by this run
 * of fragd, whichever goes back further. */
static bool growth(const Api *a, const Census *c, uint32_t node, GrowthSpan *ret)
{
        const Pagetypeinfo *p = sampler_pagetypeinfo(fragd_sampler(a->fragd));
        const Record *record = fragd_record(a->fragd);
        uint32_t share = p ? mobility_of_node(p, node) : UINT32_MAX;
        bool known = census_growth(c, node, ret);
        usec_t at, over;
        uint32_t before;

        if (!record || share == UINT32_MAX || !record_oldest_unmovable(record, node, &at, &before))
                return known;
        over = usec_sub(api_realtime(a), at);
        if (over == 0 || (known && ret->over >= over))
                return known;
        *ret = (GrowthSpan){ .from = before, .to = share, .over = over };
        return true;
}

/* NULL where it did not grow. */
static json_t *growth_sentence(const Api *a, const Census *c, uint32_t node, uint32_t by)
{
        GrowthSpan g;

        if (!growth(a, c, node, &g) || g.to < g.from + by)
                return NULL;
        return json_sprintf("Node %u: unmovable pageblocks grew from %s to %s in %s.", node, SHARE(g.from), SHARE(g.to),
                TIME(g.over >= USEC_PER_MIN ? g.over / USEC_PER_MIN * USEC_PER_MIN : g.over / USEC_PER_SEC * USEC_PER_SEC));
}

static uint32_t share_of(uint64_t part, uint64_t whole)
{
        return whole && whole != UNKNOWN_U64 ? (uint32_t)(MIN((__uint128_t)part * 10000 / whole, (__uint128_t)10000)) : 0;
}

/* --- grouping by mobility --- */

static json_t *type_to_json(const MobilityType *t, MigrateType id, bool capped)
{
        json_t *j = json_pack("{s:s, s:I, s:I, s:b}", "type", migrate_type_name(id), "blocks", (json_int_t)t->blocks, "free_bytes",
                (json_int_t)t->free_bytes, "free_at_least", capped && t->free_bytes > 0);

        return complete(j, j ? api_json_put_u64(j, "mixed_blocks", t->mixed_blocks) : -ENOMEM);
}

static json_t *zone_to_json(const Pagetypeinfo *p, const PagetypeZone *z, uint32_t page_size)
{
        json_t *j, *types = json_array();
        Mobility m;
        int r = 0;

        mobility_of_zone(p, z, page_size, &m);
        for (size_t t = 0; types && r == 0 && t < _MIGRATE_TYPE_MAX; t++)
                if (m.types[t].blocks > 0 || m.types[t].free_bytes > 0)
                        r = append(types, type_to_json(&m.types[t], (MigrateType)t, z->free_capped));
        if (!types || r < 0) {
                json_decref(types);
                return NULL;
        }
        j = json_pack("{s:I, s:s, s:I, s:o}", "node", (json_int_t)z->node, "zone", z->name, "blocks", (json_int_t)m.blocks, "types",
                types);
        if (j && m.unmovable_permyriad != UINT32_MAX)
                r = api_json_put_u64(j, "unmovable_permyriad", m.unmovable_permyriad);
        return complete(j, r);
}

static json_t *zones_to_json(const Pagetypeinfo *p, uint32_t page_size)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && p && r == 0 && i < p->n_zones; i++)
                r = append(array, zone_to_json(p, &p->zones[i], page_size));
        return complete(array, r);
}

/* Pages free in zones that the kernel's own allocations never come from. */
static uint64_t movable_free(const Model *m, const Node *n)
{
        uint64_t pages = 0;

        for (size_t i = 0; i < n->n_zones; i++)
                if (m->zones[n->first_zone + i].movable)
                        pages += m->zones[n->first_zone + i].free_pages;
        return pages;
}

static json_t *node_to_json(const Api *a, const Census *c, const Pagetypeinfo *p, const Model *m, const Node *n)
{
        uint32_t share = p ? mobility_of_node(p, n->id) : UINT32_MAX;
        uint64_t movable = 0, present = 0, cma = 0;
        json_t *j;
        GrowthSpan g;
        int r;

        for (size_t i = 0; i < n->n_zones; i++) {
                const Zone *z = &m->zones[n->first_zone + i];
                uint64_t pages = z->managed == UNKNOWN_U64 ? 0 : z->managed;

                present += pages;
                movable += z->movable ? pages : 0;
                cma += z->movable || z->free_cma == UNKNOWN_U64 ? 0 : z->free_cma;
        }
        j = json_pack("{s:I}", "node", (json_int_t)n->id);
        r = j ? 0 : -ENOMEM;
        if (r == 0 && present > 0)
                r = api_json_put_u64(j, "managed_bytes", present * m->page_size);
        if (r == 0 && present > 0)
                r = api_json_put_u64(j, "movable_zone_bytes", movable * m->page_size);
        if (r == 0 && present > 0)
                r = api_json_put_u64(j, "user_only_free_bytes", (movable_free(m, n) + cma) * m->page_size);
        if (r == 0 && share != UINT32_MAX)
                r = api_json_put_u64(j, "unmovable_permyriad", share);
        if (r == 0 && growth(a, c, n->id, &g)) {
                r = api_json_put_u64(j, "unmovable_before_permyriad", g.from);
                if (r == 0)
                        r = api_json_put_u64(j, "grown_over_usec", g.over);
        }
        return complete(j, r);
}

static json_t *nodes_to_json(const Api *a, const Census *c, const Pagetypeinfo *p, const Model *m)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < m->n_nodes; i++)
                r = append(array, node_to_json(a, c, p, m, &m->nodes[i]));
        return complete(array, r);
}

/* --- owners --- */

static const char *note_of(const Owner *o, const Model *m)
{
        int64_t allowed = m->knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED];

        if (o->reclaimable == 1)
                return "reclaimable: shrinks under pressure; does not move";
        if (o->kind == OWNER_MLOCKED && allowed == 1)
                return "moves, for vm.compact_unevictable_allowed is 1";
        if (o->kind == OWNER_MLOCKED && allowed == 0)
                return "does not move, for vm.compact_unevictable_allowed is 0";
        return owner_kind_note(o->kind);
}

static json_t *owner_to_json(const Owner *o, const Model *m)
{
        json_t *j = json_pack("{s:s, s:s, s:I, s:s}", "owner", o->name, "kind", owner_kind_name(o->kind), "bytes",
                (json_int_t)MIN(o->bytes, (uint64_t)INT64_MAX), "note",
                note_of(o, m));
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && o->order != UINT32_MAX)
                r = api_json_put_u64(j, "order", o->order);
        if (r == 0 && o->used_permyriad != UINT32_MAX)
                r = api_json_put_u64(j, "used_permyriad", o->used_permyriad);
        if (r == 0 && o->reclaimable >= 0)
                r = api_json_put(j, "reclaimable", json_boolean(o->reclaimable));
        return complete(j, r);
}

static json_t *owners_to_json(const Owners *o, const Model *m)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < o->n; i++)
                r = append(array, owner_to_json(&o->items[i], m));
        return complete(array, r);
}

/* --- CMA and the boot --- */

static json_t *areas_to_json(const CensusFacts *f, uint32_t page_size)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < f->n_areas; i++) {
                const CmaArea *a = &f->areas[i];
                json_t *j = json_pack("{s:s}", "name", a->name);

                r = j ? 0 : -ENOMEM;
                if (r == 0 && a->total < INT64_MAX / page_size)
                        r = api_json_put_u64(j, "total_bytes", a->total * page_size);
                if (r == 0 && a->available < INT64_MAX / page_size)
                        r = api_json_put_u64(j, "free_bytes", a->available * page_size);
                if (r == 0)
                        r = api_json_put_u64(j, "allocated_pages", a->success);
                if (r == 0)
                        r = api_json_put_u64(j, "failed_pages", a->fail);
                r = append(array, complete(j, r));
        }
        return complete(array, r);
}

static json_t *blocks_to_json(const MemoryBlocks *b)
{
        return json_pack("{s:I, s:I, s:I, s:I, s:I}", "block_bytes", (json_int_t)b->size, "blocks",
                (json_int_t)b->n, "looked_at", (json_int_t)b->looked_at, "movable",
                (json_int_t)b->movable, "offline", (json_int_t)b->offline);
}

static json_t *boot_to_json(const Cmdline *c)
{
        json_t *array = json_array();
        int r = 0;

        for (BootParameter p = 0; array && c && r == 0 && p < _BOOT_PARAMETER_MAX; p++)
                if (c->given[p])
                        r = append(array, json_sprintf("%s%s%s", boot_parameter_name(p), c->value[p][0] ? "=" : "", c->value[p]));
        return complete(array, r);
}

/* --- what is to be noticed --- */

static int append_cause(json_t *a, bool applies, const Cause *c)
{
        char sentence[SENTENCE_MAX];

        return applies ? append(a, json_string(cause_sentence(sentence, sizeof(sentence), c))) : 0;
}

static int find_in_owners(json_t *a, const Owners *o, const Model *m)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < o->n; i++) {
                const Owner *w = &o->items[i];

                if (w->kind == OWNER_SLAB && w->used_permyriad < SPARSE_USED && model_has(m, SOURCE_MEMINFO) &&
                        share_of(w->bytes, m->meminfo.total) >= SPARSE_SHARE)
                        r = append(a, json_sprintf("Slab cache %s has %s, and only %s of its objects are in use: a slab is given back "
                                                   "when all of its objects are free.",
                                              w->name, SIZE(w->bytes), SHARE(w->used_permyriad)));
                if (w->kind == OWNER_MLOCKED && m->knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] == 0)
                        r = append(a, json_sprintf("%s are locked (mlock), and vm.compact_unevictable_allowed is 0: compaction does not "
                                                   "move them.",
                                              SIZE(w->bytes)));
        }
        return r;
}

static int find_blocks(json_t *a, const CensusFacts *f, bool movable)
{
        const MemoryBlocks *b = &f->blocks;
        int r = 0;

        if (b->size == UNKNOWN_U64)
                return 0;
        if (movable && b->movable > 0 && f->boot && !f->boot->given[BOOT_MOVABLECORE] && !f->boot->given[BOOT_KERNELCORE] &&
                !f->boot->given[BOOT_MOVABLE_NODE])
                r = append(a, json_sprintf("ZONE_MOVABLE is of hot-plugged memory: %zu blocks of %s were made online as movable.", b->movable,
                                      SIZE(b->size)));
        if (r == 0 && b->offline > 0)
                r = append(a, json_sprintf("%zu %s of memory with %s %s not online: nobody has it.", b->offline, b->offline == 1 ? "block" : "blocks", SIZE(b->size), b->offline == 1 ? "is" : "each are"));
        return r;
}

static int find_areas(json_t *a, const CensusFacts *f)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < f->n_areas; i++) {
                const CmaArea *area = &f->areas[i];

                if (area->fail == UNKNOWN_U64 || area->fail == 0)
                        continue;
                r = append(a, json_sprintf("CMA area %s refused %llu pages since boot and gave %llu: usually since pages in it were pinned or could "
                                           "not be moved, not for want of free memory.",
                                      area->name, (unsigned long long)area->fail,
                                      (unsigned long long)(area->success == UNKNOWN_U64 ? 0 : area->success)));
        }
        return r;
}

static int find_in_machine(json_t *a, const CensusFacts *f, const Model *m)
{
        const Meminfo *i = &m->meminfo;
        bool movable = false;
        Cause pins;
        int r = 0;

        for (size_t k = 0; k < m->n_zones; k++)
                movable = movable || streq(m->zones[k].name, "Movable");
        if (model_has(m, SOURCE_MEMINFO) && i->cma_total != UNKNOWN_U64 && i->cma_free != UNKNOWN_U64 && i->cma_free > i->cma_total)
                r = append(a, json_sprintf("CmaFree (%s) is more than CmaTotal (%s): the kernel's count of CMA pages is wrong, and so may "
                                           "be its watermark checks. A reboot puts it right; report it to the distributor.",
                                      SIZE(i->cma_free), SIZE(i->cma_total)));
        if (r == 0)
                r = append_cause(a, cause_pins(m, &pins), &pins);
        if (r == 0)
                r = find_blocks(a, f, movable);
        if (r == 0)
                r = find_areas(a, f);
        if (r == 0 && f->boot && !movable && (f->boot->given[BOOT_MOVABLECORE] || f->boot->given[BOOT_KERNELCORE]))
                r = append(a, json_string("kernelcore= or movablecore= was given at boot, yet there is no ZONE_MOVABLE."));
        return r;
}

static json_t *findings(const Api *api, const Census *c, const CensusFacts *f, const Model *m)
{
        json_t *a = json_array();
        int r = a ? 0 : -ENOMEM;
        Cause zone;

        for (size_t i = 0; r == 0 && i < m->n_nodes; i++) {
                json_t *grew = growth_sentence(api, c, m->nodes[i].id, GREW_NOTABLE);

                r = grew ? append(a, grew) : 0;
        }
        if (r == 0)
                r = append_cause(a, cause_movable_zone(m, &zone), &zone);
        if (r == 0)
                r = find_in_owners(a, f->owners, m);
        if (r == 0)
                r = find_in_machine(a, f, m);
        return complete(a, r);
}

/* --- the method --- */

static int put_reading(json_t *j, const Api *a, const Census *c, const CensusFacts *f)
{
        const Pagetypeinfo *p = sampler_pagetypeinfo(fragd_sampler(a->fragd));
        const SourceState *s = sampler_source(fragd_sampler(a->fragd), SOURCE_PAGETYPEINFO);
        uint32_t page_size = sampler_model(fragd_sampler(a->fragd))->page_size;
        char why[256];
        int r = 0;

        if (!p) {
                const char *held = census_held(c, fragd_now(a->fragd), why, sizeof(why));

                return api_json_put(j, "not_read", json_string(held && f->gate == GATE_LARGE ? held
                                                               : s->error < 0                ? strerror(-s->error)
                                                                                             : "not read yet"));
        }
        if (f->read_realtime > 0)
                r = api_json_put_u64(j, "read_realtime_usec", f->read_realtime);
        if (r == 0)
                r = api_json_put_u64(j, "read_usec", s->read_usec);
        if (r == 0)
                r = api_json_put_u64(j, "block_bytes", (uint64_t)page_size << MIN(p->pageblock_order, ORDERS_MAX + 0U));
        return r;
}

static int put_totals(json_t *j, const Model *m)
{
        int r = 0;

        if (!model_has(m, SOURCE_MEMINFO))
                return 0;
        r = api_json_put_u64(j, "total_bytes", m->meminfo.total);
        if (r == 0)
                r = api_json_put_u64(j, "cma_total_bytes", m->meminfo.cma_total);
        if (r == 0)
                r = api_json_put_u64(j, "cma_free_bytes", m->meminfo.cma_free);
        return r;
}

static json_t *census_to_json(const Api *a, const Census *c)
{
        const Sampler *s = fragd_sampler(a->fragd);
        const Pagetypeinfo *p = sampler_pagetypeinfo(s);
        const Model *m = sampler_model(s);
        CensusFacts f;
        json_t *j;
        int r;

        census_facts(c, fragd_now(a->fragd), &f);
        j = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "nodes", nodes_to_json(a, c, p, m), "zones",
                zones_to_json(p, m->page_size), "owners", owners_to_json(f.owners, m), "cma_areas",
                areas_to_json(&f, m->page_size), "boot", boot_to_json(f.boot), "findings", findings(a, c, &f, m));
        r = j ? put_reading(j, a, c, &f) : -ENOMEM;
        if (r == 0)
                r = put_totals(j, m);
        if (r == 0 && f.blocks.size != UNKNOWN_U64)
                r = api_json_put(j, "memory_blocks", blocks_to_json(&f.blocks));
        if (r == 0 && f.auto_online[0])
                r = api_json_put(j, "hot_plugged_memory", json_string(f.auto_online));
        return complete(j, r);
}

int api_get_census(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        Api *a = userdata;
        Census *census = fragd_census(a->fragd);
        json_t *j;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, NODE_ALL, &r))
                return r;
        r = census_read(census, fragd_now(a->fragd), api_realtime(a), false);
        if (r < 0)
                return r;
        j = census_to_json(a, census);
        return api_reply(c, j ? json_pack("{s:o}", "census", j) : NULL, false);
}

/* --- evidence for explain --- */

/* What stands in the way, for a verdict that says that something does: as far as it was read before; nothing is read here. */
json_t *api_census_evidence(const Api *a, uint32_t node)
{
        const Census *c = fragd_census(a->fragd);
        const Pagetypeinfo *p = sampler_pagetypeinfo(fragd_sampler(a->fragd));
        json_t *array = json_array();
        json_t *grew;
        CensusFacts f;
        uint32_t share;
        int r = array ? 0 : -ENOMEM;

        census_facts(c, fragd_now(a->fragd), &f);
        share = p ? mobility_of_node(p, node) : UINT32_MAX;
        if (r == 0 && share != UINT32_MAX)
                r = append(array, json_sprintf("%s of the pageblocks of node %u are of a type that does not move (%s ago).", SHARE(share),
                                          node, TIME(usec_sub(api_realtime(a), f.read_realtime) / USEC_PER_SEC * USEC_PER_SEC)));
        grew = growth_sentence(a, c, node, 1);
        if (r == 0 && grew)
                r = append(array, json_incref(grew));
        json_decref(grew);
        for (size_t i = 0, n = 0; r == 0 && i < f.owners->n && n < 3; i++) {
                const Owner *o = &f.owners->items[i];

                if (o->kind == OWNER_CMA || o->kind == OWNER_SLAB_OTHER)
                        continue;
                n++;
                r = append(array, json_sprintf("%s%s: %s on the whole machine (%s).", o->kind == OWNER_SLAB ? "slab cache " : "", o->name,
                                          SIZE(o->bytes), note_of(o, sampler_model(fragd_sampler(a->fragd)))));
        }
        return complete(array, r);
}
