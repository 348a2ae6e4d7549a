/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why things are as they are, per node and objective: the engine's last decision where it is about
 * the objective, else one that says the same about it that the engine would say if it were the most
 * urgent. */
#include "daemon/api-causes.h"
#include "daemon/api-json.h"
#include "engine/sentence.h"
#include "trace/trace.h"

/* Whether the node as a whole waits for this, so that it is the reason for each of its objectives.
 */
static bool concerns_node(Reason r)
{
        return r == REASON_HELD || r == REASON_RUNNING || r == REASON_SETTLING ||
               r == REASON_BUSY || r == REASON_UNKNOWN_SOURCE;
}

static Reason reason_of(const ObjectiveView *o, const Decision *last)
{
        switch (o->verdict) {
        case VERDICT_MET: return REASON_MET;
        case VERDICT_SHORT: return REASON_SHORT;
        case VERDICT_PINNED: return REASON_PINNED;
        case VERDICT_FUTILE: return REASON_BACKOFF;
        case VERDICT_FRAGMENTED: return concerns_node(last->reason) ? last->reason : REASON_MISSED;
        default: return REASON_UNKNOWN_SOURCE;
        }
}

/* The state of the node in a decision of its own; nothing of an act. */
static void decision_about(const NodeView *v, const Policy *p, unsigned index, Decision *ret)
{
        const ObjectiveView *o = &v->objectives[index];
        const Decision *last = v->last;

        decision_init(ret);
        ret->at = last->at;
        ret->node = v->id;
        ret->objective = (int32_t)index;
        ret->hold = p->objectives[index].hold;
        ret->order = o->order;
        ret->verdict = o->verdict;
        ret->reason = reason_of(o, last);
        ret->size = o->size;
        ret->current = o->current;
        ret->reserve = o->reserve;
        ret->refill = o->refill;
        ret->ceiling = o->ceiling;
        ret->slope = o->slope;
        ret->time_left = o->time_left;
        ret->burst = o->burst;
        ret->burst_age = o->burst_age;
        ret->free = last->free;
        ret->score = last->score;
        ret->score_low = last->score_low;
        ret->score_high = last->score_high;
        ret->psi_memory = last->psi_memory;
        ret->psi_cpu = last->psi_cpu;
        ret->unmovable = last->unmovable;
        ret->attempts = v->attempts;
        ret->until = v->backoff_until;
        if (ret->reason != last->reason)
                return;
        ret->lever = last->lever;
        ret->guard = last->guard;
        ret->guard_value = last->guard_value;
        ret->guard_limit = last->guard_limit;
        ret->until = last->until;
}

/* Something in memory keeps compaction from helping: who, is the question. */
static bool stands_in_the_way(Verdict v)
{
        return v == VERDICT_PINNED || v == VERDICT_FUTILE;
}

/* What may be in the way is known from a census. */
static bool wants_owners(const Api *a, Verdict v)
{
        const Model *m = sampler_model(fragd_sampler(a->fragd));

        return stands_in_the_way(v) || (v == VERDICT_FRAGMENTED && m->knobs[KNOB_COMPACT_UNEVICTABLE_ALLOWED] == 0);
}

static size_t find_causes(const CauseFacts *f, const NodeView *v, const Objective *o, const ObjectiveView *view, Cause ret[static CAUSES_MAX])
{
        CauseQuestion q = {
                .node = model_node_const(f->model, v->id),
                .use = o->use,
                .verdict = view->verdict,
                .size = view->size,
                .current = view->current,
                .reserve = view->reserve,
        };

        if (!q.node) /* it went after the last step */
                q.verdict = VERDICT_UNKNOWN;
        return causes_of_objective(f, &q, ret);
}

/* What else applies beside the first cause, and what holds the memory, where that matters. */
static int put_evidence(const Api *a, json_t *j, const NodeView *v, Verdict verdict, const Cause *others, size_t n)
{
        bool in_the_way = stands_in_the_way(verdict);
        json_t *evidence = in_the_way ? api_census_evidence(a, v->id) : json_array();
        char sentence[SENTENCE_MAX];
        int r = evidence ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = json_array_append_new(evidence, json_string(cause_sentence(sentence, sizeof(sentence), &others[i]))) < 0 ? -ENOMEM : 0;
        if (r < 0 || (!in_the_way && json_array_size(evidence) == 0)) {
                json_decref(evidence);
                return r;
        }
        return api_json_put(j, "evidence", evidence);
}

/* What decision_next_step() has to say is about the reason, not the verdict. */
static bool reason_has_a_step(Reason r)
{
        return r == REASON_HELD || r == REASON_REFUSED || r == REASON_KNOB_YIELDED || r == REASON_NO_LEVER || r == REASON_ACTOR_LOST ||
               r == REASON_UNKNOWN_SOURCE;
}

/* A person first lets fragd do what it is kept from; then what stands behind the verdict is next. */
static const char *next_step(const Decision *d, const Cause *cause, char *buf, size_t size)
{
        if (cause->next_step[0] && !reason_has_a_step(d->reason))
                return cause->next_step;
        decision_next_step(d, buf, size);
        return buf[0] ? buf : cause->next_step;
}

/* guards: of the node, shared. */
static json_t *explanation(const Api *a, const CauseFacts *f, const NodeView *v, const Policy *p, json_t *guards, unsigned index)
{
        char sentence[SENTENCE_MAX], step[SENTENCE_MAX], all[2 * SENTENCE_MAX];
        Cause causes[CAUSES_MAX];
        Decision d;
        json_t *j;
        size_t n;

        if (v->last->objective == (int32_t)index)
                d = *v->last;
        else
                decision_about(v, p, index, &d);
        n = find_causes(f, v, &p->objectives[index], &v->objectives[index], causes);
        j = json_pack("{s:I, s:s, s:s, s:s, s:o, s:o, s:O}", "node", (json_int_t)v->id, "cause", cause_name(causes[0].id), "sentence",
                cause_join(all, sizeof(all), decision_sentence(&d, sentence, sizeof(sentence)), &causes[0]), "next_step",
                next_step(&d, &causes[0], step, sizeof(step)), "objective",
                objective_view_to_json(&v->objectives[index], &p->objectives[index], (int)index, fragd_now(a->fragd)), "decision",
                decision_to_json(&d), "guards", guards);
        if (j && (efficacy_to_members(j, v->efficacy) < 0 || put_evidence(a, j, v, v->objectives[index].verdict, &causes[1], n - 1) < 0 ||
                         (d.hold && api_json_put(j, "held", api_hold(a, d.hold)) < 0))) {
                json_decref(j);
                return NULL;
        }
        return j;
}

bool api_explain_asks(const Api *a)
{
        const Engine *e = fragd_engine(a->fragd);
        const Policy *p = engine_policy(e);

        for (size_t i = 0; p && i < engine_n_nodes(e); i++) {
                NodeView v;

                engine_node_view(e, i, &v);
                for (unsigned k = 0; k < p->n_objectives; k++)
                        if (v.objectives[k].applies && wants_owners(a, v.objectives[k].verdict))
                                return true;
        }
        return false;
}

bool api_explains(const NodeView *v, const Policy *p, unsigned index, uint64_t size)
{
        const ObjectiveView *o = &v->objectives[index];

        return o->applies && (size == 0 || o->size == size || p->objectives[index].size == size);
}

static int append_node(const Api *a, const CauseFacts *f, json_t *array, const NodeView *v, const Policy *p, uint64_t size)
{
        json_t *view = node_view_to_json(v, p, fragd_now(a->fragd));
        int r = view ? 0 : -ENOMEM;

        for (unsigned i = 0; r == 0 && i < p->n_objectives; i++)
                if (api_explains(v, p, i, size))
                        r = json_array_append_new(array, explanation(a, f, v, p, json_object_get(view, "guards"), i)) < 0 ? -ENOMEM : 0;
        json_decref(view);
        return r;
}

static json_t *explanations(const Api *a, const CauseFacts *f, uint32_t node, uint64_t size)
{
        const Engine *e = fragd_engine(a->fragd);
        const Policy *p = engine_policy(e);
        json_t *array = json_array();

        for (size_t i = 0; array && p && i < engine_n_nodes(e); i++) {
                NodeView v;

                engine_node_view(e, i, &v);
                if (node != NODE_ALL && v.id != node)
                        continue;
                if (append_node(a, f, array, &v, p, size) < 0) {
                        json_decref(array);
                        return NULL;
                }
        }
        return array;
}

json_t *api_explain(const Api *a, uint32_t node, uint64_t size)
{
        CgroupLimit limit;
        CauseFacts facts;

        if (api_causes_read(a, &facts, &limit) < 0)
                return NULL;
        return json_pack("{s:o, s:o}", "explanations", explanations(a, &facts, node, size), "machine", api_causes_machine(a, &facts));
}
