/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetCompaction: what compaction did in a window, by its four kinds; from what is
 * recorded. */
#include <stdio.h>

#include "base/units.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "daemon/api-window.h"
#include "model/activity.h"

#define TIME(t) duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)
/* In whole seconds, where there are some. */
#define ABOUT(t) TIME((t) >= USEC_PER_SEC ? (t) / USEC_PER_SEC *USEC_PER_SEC : (t))

typedef struct NodeWindow {
        uint32_t id;
        KcompactdWindow k;
} NodeWindow;

typedef struct Own { /* what fragd itself started and measured */
        uint64_t runs, gained;
        usec_t cost;
} Own;

typedef struct Window {
        const Api *api;
        const Model *model;
        ApiWindow recorded;
        NodeWindow nodes[RECORD_NODES_MAX]; /* of the model */
        size_t n_nodes;
        Own compactions, windows;
} Window;

/* --- reading what is recorded --- */

static void nodes_init(Window *w)
{
        int64_t p = w->model->knobs[KNOB_COMPACTION_PROACTIVENESS];

        w->n_nodes = MIN(w->model->n_nodes, (size_t)RECORD_NODES_MAX);
        for (size_t i = 0; i < w->n_nodes; i++) {
                const Node *n = &w->model->nodes[i];

                w->nodes[i].id = n->id;
                w->nodes[i].k = (KcompactdWindow){
                        .cpu = UNKNOWN_U64,
                        .score_from = UNKNOWN_U64,
                        .score_to = n->score_known ? n->score : UNKNOWN_U64,
                        .score_min = UNKNOWN_U64,
                        .high = p > 0 ? score_wmarks(w->model->wmark_rule,
                                                (uint32_t)MIN(p, INT64_C(100)))
                                                .high
                                      : UNKNOWN_U64,
                        .state = n->kcompactd_state,
                };
        }
}

static void add_node(const RecordNode *n, void *userdata)
{
        Window *w = userdata;

        for (size_t i = 0; i < w->n_nodes; i++) {
                KcompactdWindow *k = &w->nodes[i].k;

                if (w->nodes[i].id != n->id)
                        continue;
                if (n->kcompactd != UNKNOWN_U64)
                        k->cpu = n->kcompactd + (k->cpu == UNKNOWN_U64 ? 0 : k->cpu);
                if (k->score_from == UNKNOWN_U64)
                        k->score_from = n->score.mean;
                k->score_min = MIN(k->score_min, n->score.min); /* UNKNOWN_U64 is the greatest */
        }
}

static void read_log(Window *w, usec_t since)
{
        const DecisionLog *log = fragd_log(w->api->fragd);

        for (size_t i = log->n; i-- > 0;) {
                const DecisionLogEntry *e = decision_log_get(log, i);
                const Decision *d = &e->decision;
                Own *o = d->lever == LEVER_COMPACT  ? &w->compactions
                         : d->lever == LEVER_WINDOW ? &w->windows
                                                    : NULL;

                if (e->realtime < since)
                        break;
                if (!o || (d->reason != REASON_GAINED && d->reason != REASON_NO_GAIN))
                        continue;
                o->runs++;
                o->gained += d->reason == REASON_GAINED;
                o->cost = usec_add(o->cost, d->cost);
        }
}

static int window_read(Window *w, const Api *a, usec_t window)
{
        int r;

        *w = (Window){ .api = a, .model = sampler_model(fragd_sampler(a->fragd)) };
        nodes_init(w);
        read_log(w, usec_sub(api_realtime(a), window));
        r = api_window_read(a, window, &w->recorded, add_node, w);
        for (size_t i = 0; i < w->n_nodes; i++)
                w->nodes[i].k.over = w->recorded.over;
        return r;
}

/* --- the four kinds --- */

typedef struct Kind {
        const char *name, *how;
        uint64_t runs, successes, failures, cpu; /* cpu: usec; UNKNOWN_U64 */
} Kind;

static int put_permyriad(json_t *j, const char *key, uint32_t value)
{
        return value == UINT32_MAX ? 0 : api_json_put_u64(j, key, value);
}

static json_t *complete(json_t *j, int r)
{
        if (j && r >= 0)
                return j;
        json_decref(j);
        return NULL;
}

static int append(json_t *array, json_t *value)
{
        return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static json_t *kind_to_json(const Window *w, const Kind *k)
{
        json_t *j = json_pack("{s:s, s:s}", "kind", k->name, "how", k->how);
        int r = j ? api_json_put_u64(j, "runs", k->runs) : -ENOMEM;

        if (r == 0 && k->runs != UNKNOWN_U64 && w->recorded.over > 0)
                r = api_json_put_u64(j, "runs_per_hour",
                        (uint64_t)((__uint128_t)k->runs * USEC_PER_HOUR / w->recorded.over));
        if (r == 0)
                r = api_json_put_u64(j, "successes", k->successes);
        if (r == 0)
                r = api_json_put_u64(j, "failures", k->failures);
        if (r == 0)
                r = put_permyriad(
                        j, "success_permyriad", activity_success(k->successes, k->failures));
        if (r == 0)
                r = api_json_put_u64(j, "cpu_usec", k->cpu);
        return complete(j, r);
}

static json_t *kinds_to_json(const Window *w)
{
        const uint64_t *c = w->recorded.counts, none = UNKNOWN_U64;
        const Own *o = &w->compactions;
        const Kind kinds[] = {
                { "direct", "counted", c[RECORD_COMPACT_STALL], c[RECORD_COMPACT_SUCCESS],
                        c[RECORD_COMPACT_FAIL], none },
                { "demand", "counted", c[RECORD_COMPACT_WAKE], none, none, c[RECORD_DEMAND] },
                { "proactive", "inferred", c[RECORD_PROACTIVE_SEEN], none, none,
                        c[RECORD_PROACTIVE] },
                { "own", "counted", o->runs, o->gained, o->runs - o->gained, o->cost },
                { "others", "inferred", c[RECORD_MANUAL_SEEN], none, none, none },
        };
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < ELEMENTSOF(kinds); i++)
                r = append(array, kind_to_json(w, &kinds[i]));
        return complete(array, r);
}

/* --- kcompactd --- */

static json_t *kcompactd_to_json(const NodeWindow *n)
{
        const KcompactdWindow *k = &n->k;
        json_t *j = json_pack("{s:I, s:s}", "node", (json_int_t)n->id, "doing",
                kcompactd_doing_name(kcompactd_judge(k)));
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && k->state)
                r = api_json_put(j, "state", json_stringn(&k->state, 1));
        if (r == 0)
                r = api_json_put_u64(j, "cpu_usec", k->cpu);
        if (r == 0)
                r = put_permyriad(j, "cpu_permyriad", kcompactd_share(k));
        if (r == 0)
                r = api_json_put_u64(j, "score", k->score_to);
        if (r == 0)
                r = api_json_put_u64(j, "score_before", k->score_from);
        if (r == 0)
                r = api_json_put_u64(j, "score_high", k->high);
        return complete(j, r);
}

static json_t *kcompactds_to_json(const Window *w)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < w->n_nodes; i++)
                r = append(array, kcompactd_to_json(&w->nodes[i]));
        return complete(array, r);
}

/* --- what is to be noticed --- */

/* Kernels up to 5.10 lack it, those from 5.15 on have it; what it stands for changed in 5.13. */
static bool counts_skipped(const Model *m)
{
        return model_has(m, SOURCE_VMSTAT) && m->vmstat.pgdemote_kswapd == UNKNOWN_U64;
}

static int find_direct(json_t *array, const Window *w)
{
        uint64_t fail = w->recorded.counts[RECORD_COMPACT_FAIL],
                 success = w->recorded.counts[RECORD_COMPACT_SUCCESS], all = fail + success;
        int r = 0;

        if (activity_direct_futile(success, fail))
                r = append(array,
                        json_sprintf("Direct compaction is futile: %llu of %llu attempts "
                                     "in %s failed, while a task waited for each.",
                                (unsigned long long)fail, (unsigned long long)all,
                                ABOUT(w->recorded.over)));
        if (r == 0 && activity_direct_deferred(fail, w->recorded.counts[RECORD_COMPACT_SCANNED]))
                r = append(array, json_sprintf("Most of them ended without looking at memory "
                                               "(inferred): the kernel defers compaction after "
                                               "failures%s.",
                                          counts_skipped(w->model)
                                                  ? ", or skips it where free memory is short"
                                                  : ""));
        return r;
}

static int find_node(json_t *array, const Window *w, const NodeWindow *n)
{
        const KcompactdWindow *k = &n->k;

        switch (kcompactd_judge(k)) {
        case KCOMPACTD_FUTILE:
                return append(array, json_sprintf("kcompactd%u is futile: %s of CPU in %s, and the "
                                                  "score of node %u went from %llu to %llu.",
                                             n->id, TIME(k->cpu), ABOUT(w->recorded.over), n->id,
                                             (unsigned long long)k->score_from,
                                             (unsigned long long)k->score_to));
        case KCOMPACTD_DEFERRED:
                return append(
                        array, json_sprintf("kcompactd%u defers (inferred): the score of node %u "
                                            "is %llu, above %llu, yet it hardly works. "
                                            "After a pass that does not lower the score it waits "
                                            "for 32s, and while kswapd runs.",
                                       n->id, n->id, (unsigned long long)k->score_to,
                                       (unsigned long long)k->high));
        default:
                return k->state != 'D'
                               ? 0
                               : append(array, json_sprintf("kcompactd%u is in uninterruptible "
                                                            "sleep (D): it waits for a lock or "
                                                            "for I/O.",
                                                       n->id));
        }
}

static int find_own(json_t *array, const char *what, const Own *o)
{
        if (o->runs < 2 || o->gained > 0)
                return 0;
        return append(array,
                json_sprintf("fragd's own %s are futile: %llu, none with a gain, for %s of CPU.",
                        what, (unsigned long long)o->runs, TIME(o->cost)));
}

static json_t *findings(const Window *w)
{
        uint64_t seen = w->recorded.counts[RECORD_MANUAL_SEEN],
                 pages = w->recorded.counts[RECORD_MANUAL_PAGES];
        json_t *array = json_array();
        int r = array ? find_direct(array, w) : -ENOMEM;

        for (size_t i = 0; r == 0 && i < w->n_nodes; i++)
                r = find_node(array, w, &w->nodes[i]);
        if (r == 0)
                r = find_own(array, "compactions", &w->compactions);
        if (r == 0)
                r = find_own(array, "windows for kcompactd", &w->windows);
        if (r == 0 && seen != UNKNOWN_U64 && seen > 0)
                r = append(array, json_sprintf("Somebody else compacts by hand (inferred): %llu "
                                               "pages were isolated while neither kcompactd nor a "
                                               "direct compaction nor fragd was at work. Look for "
                                               "cron jobs and scripts that write to "
                                               "vm.compact_memory or nodeN/compact.",
                                          (unsigned long long)pages));
        return complete(array, r);
}

/* --- what this kernel cannot tell apart --- */

static json_t *caveats(const Window *w)
{
        const Model *m = w->model;
        json_t *array = json_array();
        int r = array ? 0 : -ENOMEM;

        if (r == 0 && model_has(m, SOURCE_VMSTAT))
                r = append(array,
                        json_string(counts_skipped(m)
                                            ? "This kernel (before 5.13) counts direct compactions "
                                              "that it skipped for want of free memory as failed: "
                                              "the success is a lower bound."
                                            : "Direct compactions that the kernel merely deferred "
                                              "count as failed; those that it skipped for want of "
                                              "free memory do not count."));
        if (r == 0 && m->knobs[KNOB_COMPACTION_PROACTIVENESS] == KNOB_VALUE_NONE)
                r = append(array,
                        json_string(
                                "This kernel does not compact proactively (5.9 and later do)."));
        if (r == 0 && !model_has(m, SOURCE_KCOMPACTD))
                r = append(array, json_string("kcompactd cannot be seen: proactive and manual "
                                              "compaction cannot be told apart."));
        else if (r == 0)
                r = append(array, json_string("The kernel counts neither proactive nor manual "
                                              "compaction: they are inferred from sample to "
                                              "sample, as often as they were seen. Neither shows "
                                              "as memory pressure (PSI)."));
        if (r == 0 && w->windows.runs > 0)
                r = append(array, json_sprintf("Proactive: %llu times at fragd's request.",
                                          (unsigned long long)w->windows.runs));
        if (r == 0 && m->n_nodes > 1)
                r = append(array, json_string("Which node a wake-up of kcompactd, a direct "
                                              "compaction or a moved page was of is not counted."));
        return complete(array, r);
}

/* --- the method --- */

static json_t *window_to_json(const Window *w)
{
        json_t *j = json_pack("{s:I, s:o, s:o, s:o, s:o}", "window_usec",
                (json_int_t)w->recorded.over, "kinds", kinds_to_json(w), "kcompactd",
                kcompactds_to_json(w), "findings", findings(w), "caveats", caveats(w));
        int r = j ? api_json_put_u64(
                            j, "isolated_pages", w->recorded.counts[RECORD_COMPACT_ISOLATED])
                  : -ENOMEM;

        if (r == 0)
                r = api_json_put_u64(
                        j, "scanned_pages", w->recorded.counts[RECORD_COMPACT_SCANNED]);
        if (r == 0)
                r = api_json_put_u64(j, "migrated_pages", w->recorded.counts[RECORD_MIGRATED]);
        if (r == 0)
                r = api_json_put_u64(
                        j, "not_migrated_pages", w->recorded.counts[RECORD_NOT_MIGRATED]);
        return complete(j, r);
}

int api_get_compaction(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t window = API_WINDOW_DEFAULT;
        const ApiParam params[] = {
                API_WINDOW_PARAM(window),
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        Api *a = userdata;
        json_t *j;
        Window w;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (!api_node_known(a, c, NODE_ALL, &r))
                return r;
        r = window_read(&w, a, window);
        if (r < 0)
                return r;
        j = window_to_json(&w);
        return api_reply(c, j ? json_pack("{s:o}", "compaction", j) : NULL, false);
}
