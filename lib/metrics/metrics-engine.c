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

/* Decimal digits of a guard's value; -1: it has none. */
static int guard_digits(Guard g)
{
        switch (g) {
        case GUARD_PSI_MEMORY:
        case GUARD_PSI_CPU: return 4;
        case GUARD_COOLDOWN:
        case GUARD_BUDGET_TIME: return 6;
        case GUARD_BUDGET_RUNS: return 0;
        default: return -1;
        }
}

/* Where the guard looks at something that is there. */
static bool guard_value_known(const NodeView *n, Guard g)
{
        switch (g) {
        case GUARD_PSI_MEMORY: return n->last->psi_memory != UINT32_MAX;
        case GUARD_PSI_CPU: return n->last->psi_cpu != UINT32_MAX;
        case GUARD_COOLDOWN:
                return n->guards[g].held || n->guards[g].value > 0; /* after the first action */
        default: return true;
        }
}

static void add_guards(Exposition *x, MetricId id, const NodeView *n, const char *node)
{
        for (Guard g = GUARD_NONE + 1; g < _GUARD_MAX; g++) {
                const char *const *labels = LABELS(node, guard_name(g));
                int digits = guard_digits(g);

                if (id == METRIC_GUARD_HELD)
                        exposition_add(x, id, n->guards[g].held, 0, labels);
                else if (digits >= 0 && id == METRIC_GUARD_LIMIT)
                        exposition_add(x, id, n->guards[g].limit, (unsigned)digits, labels);
                else if (digits >= 0 && guard_value_known(n, g))
                        exposition_add(x, id, n->guards[g].value, (unsigned)digits, labels);
        }
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
        case METRIC_GUARD_HELD:
        case METRIC_GUARD_VALUE:
        case METRIC_GUARD_LIMIT: add_guards(x, id, n, node.text); break;
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
                if (v.value == KNOB_VALUE_NONE)
                        continue;
                if (id == METRIC_KNOB_VALUE)
                        exposition_add_signed(x, id, v.value, 0, labels);
                else if (!knob_info(k)->managed)
                        continue;
                else if (id == METRIC_KNOB_OWNER)
                        exposition_add_states(x, id, _KNOB_OWNER_MAX, owners, v.owner, labels);
                else if (v.baseline != KNOB_VALUE_NONE)
                        exposition_add_signed(x, id, v.baseline, 0, labels);
        }
}

void metrics_add_engine(Exposition *x, const MetricsInput *in)
{
        const Engine *e = in->engine;
        const Policy *p = engine_policy(e);

        for (MetricId id = METRIC_GUARD_HELD; p && id <= METRIC_ACTION_TIME; id++)
                for (size_t i = 0; i < engine_n_nodes(e); i++) {
                        NodeView n;

                        engine_node_view(e, i, &n);
                        node_add(x, id, in, &n);
                }
        for (Reason r = 0; r < _REASON_MAX; r++)
                exposition_add(
                        x, METRIC_DECISIONS, in->tally->reasons[r], 0, LABELS(reason_name(r)));
        if (p)
                add_budget(x, e, in->now);
        each_knob(x, METRIC_KNOB_VALUE, e);
        each_knob(x, METRIC_KNOB_BASELINE, e);
        each_knob(x, METRIC_KNOB_OWNER, e);
}
