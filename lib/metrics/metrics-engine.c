/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* metrics-engine.c - what the engine thinks and what has come of its actions. */
#include "base/macros.h"
#include "metrics/internal.h"

/* --- objectives --- */

static void objective_add(
        Exposition *x, MetricId id, const ObjectiveView *v, const char *const labels[])
{
        const char *verdicts[_VERDICT_MAX];

        switch (id) {
        case METRIC_OBJECTIVE_RESERVE: exposition_add(x, id, v->reserve, 0, labels); break;
        case METRIC_OBJECTIVE_REFILL: exposition_add(x, id, v->refill, 0, labels); break;
        case METRIC_OBJECTIVE_CURRENT: exposition_add(x, id, v->current, 0, labels); break;
        case METRIC_OBJECTIVE_CEILING: exposition_add(x, id, v->ceiling, 0, labels); break;
        case METRIC_OBJECTIVE_MET: exposition_add(x, id, v->met_usec, 6, labels); break;
        case METRIC_OBJECTIVE_OBSERVED: exposition_add(x, id, v->observed_usec, 6, labels); break;
        case METRIC_OBJECTIVE_EXHAUSTION:
                if (v->time_left == USEC_INFINITY)
                        exposition_add_infinite(x, id, labels);
                else
                        exposition_add(x, id, v->time_left, 6, labels);
                break;
        default:
                assert(id == METRIC_VERDICT);
                for (Verdict verdict = 0; verdict < _VERDICT_MAX; verdict++)
                        verdicts[verdict] = verdict_name(verdict);
                exposition_add_states(x, id, _VERDICT_MAX, verdicts, v->verdict, labels);
                break;
        }
}

static void each_objective(Exposition *x, MetricId id, const Engine *e, const Policy *p)
{
        for (size_t i = 0; i < engine_n_nodes(e); i++) {
                NumberLabel node, objective, size;
                NodeView n;

                engine_node_view(e, i, &n);
                number_label(&node, n.id);
                for (unsigned k = 0; k < p->n_objectives; k++) {
                        const ObjectiveView *v = &n.objectives[k];

                        if (v->applies)
                                objective_add(x, id, v,
                                        LABELS(node.text, number_label(&objective, k),
                                                number_label(&size, v->order),
                                                use_name(p->objectives[k].use)));
                }
        }
}

void metrics_add_objectives(Exposition *x, const MetricsInput *in)
{
        const Policy *p = engine_policy(in->engine);

        for (MetricId id = METRIC_OBJECTIVE_RESERVE; p && id <= METRIC_VERDICT; id++)
                each_objective(x, id, in->engine, p);
}

/* --- nodes: guards, and what goes on --- */

static void add_held(Exposition *x, const NodeView *n, const char *node)
{
        for (Guard g = GUARD_NONE + 1; g < _GUARD_MAX; g++)
                exposition_add(
                        x, METRIC_GUARD_HELD, n->guards[g].held, 0, LABELS(node, guard_name(g)));
}

/* Guards whose value is a number, and how many decimal digits that has. What they watch is the same
 * for all nodes, but the cooldown's. */
static const struct {
        Guard guard;
        unsigned digits;
} counting[] = {
        { GUARD_PSI_MEMORY, 4 },
        { GUARD_PSI_CPU, 4 },
        { GUARD_COOLDOWN, 6 },
        { GUARD_BUDGET_TIME, 6 },
        { GUARD_BUDGET_RUNS, 0 },
};

static bool guard_value_known(const NodeView *n, Guard g)
{
        switch (g) {
        case GUARD_PSI_MEMORY: return n->last->psi_memory != UINT32_MAX;
        case GUARD_PSI_CPU: return n->last->psi_cpu != UINT32_MAX;
        case GUARD_COOLDOWN: return false;
        default: return true;
        }
}

static void add_guards(Exposition *x, const Engine *e)
{
        NodeView n;

        if (engine_n_nodes(e) == 0)
                return;
        engine_node_view(e, 0, &n);
        for (size_t i = 0; i < ELEMENTSOF(counting); i++)
                if (guard_value_known(&n, counting[i].guard))
                        exposition_add(x, METRIC_GUARD_VALUE, n.guards[counting[i].guard].value,
                                counting[i].digits, LABELS(guard_name(counting[i].guard)));
        for (size_t i = 0; i < ELEMENTSOF(counting); i++)
                exposition_add(x, METRIC_GUARD_LIMIT, n.guards[counting[i].guard].limit,
                        counting[i].digits, LABELS(guard_name(counting[i].guard)));
}

/* After the first one. */
static void add_since(Exposition *x, const NodeView *n, const char *node)
{
        const GuardView *g = &n->guards[GUARD_COOLDOWN];

        if (g->held || g->value > 0)
                exposition_add(x, METRIC_SINCE_ACTION, g->value, 6, LABELS(node));
}

static void add_actions(
        Exposition *x, MetricId id, const Tally *t, const NodeView *n, const char *node)
{
        static const NodeTally nothing;
        const NodeTally *tally = tally_node(t, n->id) ?: &nothing;

        for (TallyLever i = 0; i < _TALLY_LEVER_MAX; i++) {
                const LeverTally *l = &tally->levers[i];
                const char *lever = lever_name(tally_lever(i));

                for (TallyResult r = 0; id == METRIC_ACTIONS && r < _TALLY_RESULT_MAX; r++)
                        exposition_add(
                                x, id, l->results[r], 0, LABELS(node, lever, tally_result_name(r)));
                if (id == METRIC_GAINED)
                        exposition_add(x, id, l->gained, 0, LABELS(node, lever));
                else if (id == METRIC_COMPACTION_CPU)
                        exposition_add(x, id, l->cpu, 6, LABELS(node, lever));
                else if (id == METRIC_ACTION_TIME)
                        exposition_add(x, id, l->wall, 6, LABELS(node, lever));
        }
}

static void node_add(Exposition *x, MetricId id, const MetricsInput *in, const NodeView *n)
{
        NumberLabel node;

        number_label(&node, n->id);
        switch (id) {
        case METRIC_GUARD_HELD: add_held(x, n, node.text); break;
        case METRIC_SINCE_ACTION: add_since(x, n, node.text); break;
        case METRIC_ACTING: exposition_add(x, id, n->acting, 0, LABELS(node.text)); break;
        case METRIC_ATTEMPTS: exposition_add(x, id, n->attempts, 0, LABELS(node.text)); break;
        case METRIC_BACKOFF:
                exposition_add(x, id, usec_sub(n->backoff_until, in->now), 6, LABELS(node.text));
                break;
        default: add_actions(x, id, in->tally, n, node.text); break;
        }
}

/* --- the whole machine: decisions, budget, knobs --- */

static void add_budget(Exposition *x, const Engine *e, usec_t now)
{
        BudgetView b;

        engine_budget_view(e, now, &b);
        exposition_add(x, METRIC_BUDGET_LEFT, LESS_BY(b.limit, b.spent), 6, NULL);
        exposition_add(x, METRIC_BUDGET_LIMIT, b.limit, 6, NULL);
        exposition_add(x, METRIC_BUDGET_RUNS_LEFT, LESS_BY(b.runs_limit, b.runs), 0, NULL);
        exposition_add(x, METRIC_BUDGET_RUNS_LIMIT, b.runs_limit, 0, NULL);
        exposition_add(x, METRIC_BUDGET_SPAN, b.per, 6, NULL);
}

static void each_knob(Exposition *x, MetricId id, const Engine *e)
{
        const char *owners[_KNOB_OWNER_MAX];

        for (KnobOwner o = 0; o < _KNOB_OWNER_MAX; o++)
                owners[o] = knob_owner_name(o);
        for (KnobId k = 0; k < _KNOB_MAX; k++) {
                const char *const *labels = LABELS(knob_info(k)->name);
                KnobView v;

                engine_knob_view(e, k, &v);
                if (v.value == KNOB_VALUE_NONE || !knob_info(k)->managed)
                        continue;
                if (id == METRIC_KNOB_VALUE)
                        exposition_add_signed(x, id, v.value, 0, labels);
                else if (id == METRIC_KNOB_OWNER)
                        exposition_add_states(x, id, _KNOB_OWNER_MAX, owners, v.owner, labels);
                else if (v.baseline != KNOB_VALUE_NONE)
                        exposition_add_signed(x, id, v.baseline, 0, labels);
        }
}

static void each_node(Exposition *x, MetricId first, MetricId last, const MetricsInput *in)
{
        for (MetricId id = first; id <= last; id++)
                for (size_t i = 0; i < engine_n_nodes(in->engine); i++) {
                        NodeView n;

                        engine_node_view(in->engine, i, &n);
                        node_add(x, id, in, &n);
                }
}

void metrics_add_engine(Exposition *x, const MetricsInput *in)
{
        const Engine *e = in->engine;
        bool follows = engine_policy(e);

        if (follows) {
                each_node(x, METRIC_GUARD_HELD, METRIC_GUARD_HELD, in);
                add_guards(x, e);
                each_node(x, METRIC_SINCE_ACTION, METRIC_ACTION_TIME, in);
        }
        for (Reason r = 0; r < _REASON_MAX; r++)
                exposition_add(
                        x, METRIC_DECISIONS, in->tally->reasons[r], 0, LABELS(reason_name(r)));
        if (follows)
                add_budget(x, e, in->now);
        each_knob(x, METRIC_KNOB_VALUE, e);
        each_knob(x, METRIC_KNOB_BASELINE, e);
        each_knob(x, METRIC_KNOB_OWNER, e);
}
