/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetHugePages: transparent huge pages of each size, khugepaged, pools of hugetlb.
 */
#include <stdio.h>

#include "base/units.h"
#include "causes/cause.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "daemon/api-window.h"
#include "model/hugepages.h"

#define SIZE(bytes) size_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, bytes)
/* In whole seconds, where there are some. */
#define ABOUT(t)                                                                                   \
        duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX,                                 \
                (t) >= USEC_PER_SEC ? (t) / USEC_PER_SEC *USEC_PER_SEC : (t))

/* Said from so many fallbacks on. */
#define MANY 10

typedef struct Huge {
        const Model *model;
        const HugeFacts *facts;
        ApiWindow recorded;
        const ThpWindow *window;
        usec_t wanted; /* the window that was asked for */
        json_t *findings;
} Huge;

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

static int put_text(json_t *j, const char *key, const char *text)
{
        return text[0] ? api_json_put(j, key, json_string(text)) : 0;
}

static uint64_t thp_size(const Model *m)
{
        return m->thp_order == UINT8_MAX ? 0 : (uint64_t)m->page_size << m->thp_order;
}

static unsigned order_of(const Model *m, uint64_t size)
{
        unsigned order = 0;

        while (order < 63 && (uint64_t)m->page_size << order < size)
                order++;
        return order;
}

/* Of the PMD size vmstat counts, which is recorded; of the others, the last hour. */
static usec_t counts_of(const Huge *h, uint64_t size, ThpCounts *ret)
{
        const uint64_t *c = h->recorded.counts;

        if (size != thp_size(h->model))
                return thp_window_delta(h->window, &h->facts->reading, size, h->wanted, ret);
        *ret = (ThpCounts){ size, c[RECORD_THP_FAULT_ALLOC], c[RECORD_THP_FAULT_FALLBACK],
                c[RECORD_THP_FALLBACK_CHARGE] };
        return h->recorded.over;
}

/* --- what is to be noticed --- */

/* Faults that may not wait for compaction take only what is free: then it is a setting, not a lack.
 */
static bool not_tried(const Huge *h)
{
        return h->recorded.counts[RECORD_COMPACT_STALL] == 0 &&
               (streq(h->facts->defrag, "madvise") || streq(h->facts->defrag, "never") ||
                       streq(h->facts->defrag, "defer") ||
                       streq(h->facts->defrag, "defer+madvise"));
}

static int find_missing(Huge *h, uint64_t size, const ThpCounts *c, usec_t over)
{
        uint64_t none = thp_no_block(c);
        uint64_t charge = c->charge == UNKNOWN_U64 ? 0 : c->charge;
        uint64_t all = none != UNKNOWN_U64 && c->alloc != UNKNOWN_U64 ? none + c->alloc : 0;
        int r = 0;

        if (none != UNKNOWN_U64 && c->alloc != UNKNOWN_U64 && none >= MANY)
                r = append(h->findings,
                        json_sprintf("Blocks of %s (order %u) were missing: %llu of %llu faults in "
                                     "%s fell back to smaller pages%s%s%s.",
                                SIZE(size), order_of(h->model, size), (unsigned long long)none,
                                (unsigned long long)all,
                                ABOUT(over),
                                not_tried(h) ? "; nobody compacted for them, for defrag is " : "",
                                not_tried(h) ? h->facts->defrag : "",
                                not_tried(h) ? ", and they took only what was free" : ""));
        if (r == 0 && charge >= MANY)
                r = append(h->findings, json_sprintf("%llu faults did not get %s since a cgroup's "
                                                     "limit was reached: that is no fragmentation.",
                                                (unsigned long long)charge, SIZE(size)));
        return r;
}

static int find_pool(Huge *h, const PoolWanted *w)
{
        const CauseFacts facts = { .model = h->model, .pools = h->facts->pools, .n_pools = h->facts->n_pools };
        uint64_t fails = h->recorded.counts[RECORD_HTLB_FAIL];
        char failed[128] = "", sentence[SENTENCE_MAX];
        Cause c;

        if (!cause_pool(&facts, w, &c))
                return 0;
        if (fails != UNKNOWN_U64 && fails > 0)
                snprintf(failed, sizeof(failed),
                        " In the last %s the kernel failed to get one %llu times.",
                        ABOUT(h->recorded.over),
                        (unsigned long long)fails);
        return append(h->findings, json_sprintf("%s%s", cause_sentence(sentence, sizeof(sentence), &c), failed));
}

/* --- sizes --- */

static json_t *size_to_json(Huge *h, uint64_t size, const char *enabled)
{
        json_t *j = json_pack("{s:I, s:I}", "size_bytes", (json_int_t)size, "order",
                (json_int_t)order_of(h->model, size));
        ThpCounts c;
        usec_t over = counts_of(h, size, &c);
        int r = j ? put_text(j, "enabled", enabled) : -ENOMEM;

        if (r == 0 && over > 0)
                r = api_json_put_u64(j, "window_usec", over);
        if (r == 0)
                r = api_json_put_u64(j, "allocated", c.alloc);
        if (r == 0)
                r = api_json_put_u64(j, "fell_back", c.fallback);
        if (r == 0)
                r = api_json_put_u64(j, "cgroup_limit", c.charge);
        if (r == 0)
                r = api_json_put_u64(j, "no_block", thp_no_block(&c));
        if (r == 0 && thp_no_block_share(&c) != UINT32_MAX)
                r = api_json_put_u64(j, "no_block_permyriad", thp_no_block_share(&c));
        if (r == 0)
                r = find_missing(h, size, &c, over);
        return complete(j, r);
}

static json_t *sizes_to_json(Huge *h)
{
        const HugeFacts *f = h->facts;
        json_t *array = json_array();
        uint64_t pmd = thp_size(h->model);
        bool told = pmd == 0;
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < f->n_sizes; i++) {
                told = told || f->sizes[i].size == pmd;
                r = append(array, size_to_json(h, f->sizes[i].size, f->sizes[i].enabled));
        }
        if (array && r == 0 && !told) /* before 6.8 there is no other */
                r = append(array, size_to_json(h, pmd, f->enabled));
        return complete(array, r);
}

/* --- pools --- */

static json_t *pool_to_json(Huge *h, const HugePool *p)
{
        json_t *j = json_pack("{s:I}", "size_bytes", (json_int_t)p->size);
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && p->node != NODE_ALL)
                r = api_json_put_u64(j, "node", p->node);
        if (r == 0)
                r = api_json_put_u64(j, "pages", p->pages);
        if (r == 0)
                r = api_json_put_u64(j, "free", p->free);
        if (r == 0)
                r = api_json_put_u64(j, "surplus", p->surplus);
        if (r == 0)
                r = api_json_put_u64(j, "reserved", p->reserved);
        if (r == 0)
                r = api_json_put_u64(j, "overcommit", p->overcommit);
        for (size_t i = 0; r == 0 && p->node == NODE_ALL && i < h->facts->n_wanted; i++) {
                const PoolWanted *w = &h->facts->wanted[i];

                if (w->size != p->size)
                        continue;
                r = api_json_put_u64(j, "wanted", w->count);
                if (r == 0)
                        r = put_text(j, "wanted_by", w->by);
                if (r == 0)
                        r = api_json_put_u64(j, "short", huge_pool_short(p, w->count));
                if (r == 0)
                        r = find_pool(h, w);
        }
        return complete(j, r);
}

static json_t *pools_to_json(Huge *h)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < h->facts->n_pools; i++)
                r = append(array, pool_to_json(h, &h->facts->pools[i]));
        return complete(array, r);
}

/* --- khugepaged --- */

static json_t *khugepaged_to_json(const Huge *h)
{
        const Khugepaged *k = &h->facts->khugepaged;
        const struct {
                const char *key;
                uint64_t value;
        } members[] = {
                { "pages_to_scan", k->pages_to_scan },
                { "scan_sleep_msec", k->scan_sleep },
                { "alloc_sleep_msec", k->alloc_sleep },
                { "max_ptes_none", k->max_ptes_none },
                { "collapsed_since_boot", k->collapsed },
                { "full_scans_since_boot", k->full_scans },
                { "allocated", h->recorded.counts[RECORD_THP_COLLAPSE_ALLOC] },
                { "failed", h->recorded.counts[RECORD_THP_COLLAPSE_FAILED] },
        };
        json_t *j = json_object();
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && k->defrag != UNKNOWN_U64)
                r = api_json_put(j, "defrag", json_boolean(k->defrag));
        for (size_t i = 0; r == 0 && i < ELEMENTSOF(members); i++)
                r = api_json_put_u64(j, members[i].key, members[i].value);
        return complete(j, r);
}

/* --- the method --- */

static json_t *huge_to_json(Huge *h)
{
        const HugeFacts *f = h->facts;
        uint64_t pmd = thp_size(h->model);
        json_t *j, *sizes, *pools;
        int r;

        h->findings = json_array();
        if (!h->findings)
                return NULL;
        sizes = sizes_to_json(h); /* in the order in which findings are told */
        pools = pools_to_json(h);
        j = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "page_bytes",
                (json_int_t)h->model->page_size, "window_usec", (json_int_t)h->recorded.over,
                "khugepaged", khugepaged_to_json(h), "sizes", sizes, "pools", pools, "findings",
                h->findings);
        r = j ? put_text(j, "enabled", f->enabled) : -ENOMEM;
        if (r == 0)
                r = put_text(j, "defrag", f->defrag);
        if (r == 0)
                r = put_text(j, "shmem_enabled", f->shmem);
        if (r == 0 && pmd > 0)
                r = api_json_put_u64(j, "thp_bytes", pmd);
        return complete(j, r);
}

static int read_huge(Huge *ret, const Api *a, usec_t window)
{
        Hugepages *huge = fragd_hugepages(a->fragd);
        const Model *m = sampler_model(fragd_sampler(a->fragd));
        uint32_t nodes[HUGE_NODES_MAX];
        size_t n = MIN(m->n_nodes, ELEMENTSOF(nodes));

        for (size_t i = 0; i < n; i++)
                nodes[i] = m->nodes[i].id;
        *ret = (Huge){ .model = m, .wanted = window };
        ret->facts = hugepages_read(huge, fragd_now(a->fragd),
                model_has(m, SOURCE_MEMINFO) ? m->meminfo.hugepage_size : UNKNOWN_U64, nodes, n);
        ret->window = hugepages_window(huge);
        return api_window_read(a, window, &ret->recorded, NULL, NULL);
}

int api_get_huge_pages(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t window = API_WINDOW_DEFAULT;
        const ApiParam params[] = { API_WINDOW_PARAM(window) };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        Api *a = userdata;
        json_t *j;
        Huge h;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, NODE_ALL, &r))
                return r;
        r = read_huge(&h, a, window);
        if (r < 0)
                return r;
        j = huge_to_json(&h);
        return api_reply(c, j ? json_pack("{s:o}", "huge_pages", j) : NULL, false);
}
