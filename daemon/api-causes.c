/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What stands behind the verdicts, and what else is to be noticed: facts for lib/causes, and what it makes of them as JSON. */
#include "base/macros.h"
#include "causes/cause.h"
#include "daemon/api-causes.h"
#include "daemon/api-json.h"
#include "daemon/api-window.h"

static void read_pools(const Api *a, const Model *m, CauseFacts *ret)
{
        uint32_t nodes[HUGE_NODES_MAX];
        size_t n = MIN(m->n_nodes, ELEMENTSOF(nodes));
        const HugeFacts *huge;

        for (size_t i = 0; i < n; i++)
                nodes[i] = m->nodes[i].id;
        huge = hugepages_read(fragd_hugepages(a->fragd), fragd_now(a->fragd),
                model_has(m, SOURCE_MEMINFO) ? m->meminfo.hugepage_size : UNKNOWN_U64, nodes, n);
        ret->pools = huge->pools;
        ret->n_pools = huge->n_pools;
        ret->wanted = huge->wanted;
        ret->n_wanted = huge->n_wanted;
}

static int read_window(const Api *a, CauseFacts *ret)
{
        ApiWindow w;
        int r = api_window_read(a, API_WINDOW_DEFAULT, &w, NULL, NULL);

        if (r < 0)
                return r;
        ret->over = w.over;
        ret->thp_charge = w.counts[RECORD_THP_FALLBACK_CHARGE];
        ret->cma_alloc = w.counts[RECORD_CMA_ALLOC];
        ret->cma_fail = w.counts[RECORD_CMA_FAIL];
        ret->manual_seen = w.counts[RECORD_MANUAL_SEEN];
        return 0;
}

static const char *worst_area(const CensusFacts *c)
{
        const CmaArea *worst = NULL;

        for (size_t i = 0; i < c->n_areas; i++)
                if (c->areas[i].fail != UNKNOWN_U64 && c->areas[i].fail > (worst ? worst->fail : 0))
                        worst = &c->areas[i];
        return worst ? worst->name : NULL;
}

int api_causes_read(const Api *a, CauseFacts *ret, CgroupLimit *limit)
{
        const WritersFound *found = fragd_writers(a->fragd);
        CensusFacts census;
        int r;

        *ret = (CauseFacts){ .model = sampler_model(fragd_sampler(a->fragd)) };
        ret->zoneinfo = sampler_zoneinfo(fragd_sampler(a->fragd));
        census_facts(fragd_census(a->fragd), fragd_now(a->fragd), &census);
        ret->owners = census.owners;
        ret->cma_area = worst_area(&census);
        if (found) {
                ret->writers = &found->list;
                ret->rivals = found->rivals;
                ret->pids = found->pids;
        }
        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                KnobView v;

                engine_knob_view(fragd_engine(a->fragd), id, &v);
                if (v.owner == KNOB_OWNER_OTHER)
                        ret->yielded |= 1u << id;
        }
        read_pools(a, ret->model, ret);
        r = read_window(a, ret);
        if (r == 0 && causes_want_cgroup(ret) && cgroups_at_limit(fragd_root(a->fragd), limit)) {
                ret->cgroup = limit->name;
                ret->cgroup_hits = limit->hits;
        }
        return r;
}

/* Names of files need not be UTF-8, which JSON must be. */
static json_t *text(const char *s)
{
        char ascii[SENTENCE_MAX];
        json_t *j = json_string(s);
        size_t n;

        if (j)
                return j;
        for (n = 0; s[n] && n < sizeof(ascii) - 1; n++)
                ascii[n] = (char)((unsigned char)s[n] < 0x80 ? s[n] : '?');
        ascii[n] = '\0';
        return json_string(ascii);
}

/* sentence: taken. */
static int append(json_t *array, CauseId id, json_t *sentence, const char *next_step)
{
        json_t *j = json_pack("{s:s, s:o, s:s}", "cause", cause_name(id), "sentence", sentence, "next_step", next_step);

        return json_array_append_new(array, j) < 0 ? -ENOMEM : 0;
}

/* Sentences that are made elsewhere, as one cause each. */
static int append_evidence(const Api *a, json_t *array, CauseId id, int (*find)(const Api *a, json_t *evidence), const char *next_step)
{
        json_t *evidence = json_array(), *sentence;
        int r = evidence ? find(a, evidence) : -ENOMEM;
        size_t i;

        json_array_foreach(evidence, i, sentence)
                if (r >= 0)
                        r = append(array, id, json_incref(sentence), next_step);
        json_decref(evidence);
        return r;
}

/* What the kernel said in the last hour. Where single pages were refused, it is known what that is. */
static int append_messages(const Api *a, json_t *array, const Model *m)
{
        const TallyRow *rows[API_MESSAGES_TOLD];
        size_t n = api_messages_recent(a, rows);
        Cause reserve = { 0 };
        int r = 0;

        cause_advise_reserve(m, &reserve);
        for (size_t i = 0; r == 0 && i < n; i++) {
                bool atomic = rows[i]->class == CLASS_ATOMIC_RESERVE;

                r = append(array, atomic ? CAUSE_ATOMIC_RESERVE : CAUSE_KERNEL_MESSAGES, api_messages_sentence(a, rows[i]),
                        atomic ? reserve.next_step :
                                 "fragctl decode --since 1h says what each of them means and what to do; fragctl messages counts them.");
        }
        return r;
}

json_t *api_causes_machine(const Api *a, const CauseFacts *f)
{
        char sentence[SENTENCE_MAX];
        json_t *array = json_array();
        Cause causes[CAUSES_MAX];
        size_t n = causes_of_machine(f, causes);
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append(array, causes[i].id, text(cause_sentence(sentence, sizeof(sentence), &causes[i])), causes[i].next_step);
        if (r >= 0)
                r = append_messages(a, array, f->model);
        if (r >= 0)
                r = append_evidence(a, array, CAUSE_STALLS, api_stalls_evidence,
                        "fragctl stalls says more; blocks that are ready beforehand need no compaction: a larger reserve (fragd.conf(5)).");
        if (r >= 0)
                r = append_evidence(a, array, CAUSE_FALLBACKS, api_fallbacks_evidence, "fragctl census names who holds what does not move; fragctl events --follow shows when it happens.");
        if (r >= 0)
                return array;
        json_decref(array);
        return NULL;
}
