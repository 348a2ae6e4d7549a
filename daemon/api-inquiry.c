/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.ExplainPast: was it compaction? From the record, the decision log and what processes lost. */
#include "daemon/api-internal.h"
#include "daemon/api-json.h"
#include "record/inquiry.h"

static json_t *lines_to_json(const InquiryLines *l)
{
        json_t *array = json_array();

        for (size_t i = 0; array && i < l->n; i++)
                if (json_array_append_new(array, json_string(l->items[i])) < 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}

/* What fragd itself did then. */
static void add_decisions(InquiryFacts *f, const DecisionLog *log)
{
        for (size_t i = 0; i < log->n; i++) {
                const DecisionLogEntry *e = decision_log_get(log, i);
                const Decision *d = &e->decision;

                if (e->realtime < f->since || e->realtime >= f->until || (d->reason != REASON_GAINED && d->reason != REASON_NO_GAIN))
                        continue;
                f->runs++;
                f->own_cost = usec_add(f->own_cost, d->cost == USEC_INFINITY ? 0 : d->cost);
                f->own_gain += d->gain;
        }
}

/* The ledger has it where it goes back as far as what is recorded, to a step, and the kernel tells it. Those that lost most are named in *ret_names. */
static int add_losses(InquiryFacts *f, const Stalls *s, json_t *ret_names)
{
        const Ledger *l = stalls_ledger(s);
        LedgerSum sums[LEDGER_NAMES_MAX];
        StallsFacts facts;
        size_t n;

        stalls_facts(s, &facts);
        /* What came before a look stands at it. */
        n = ledger_sum(l, f->since, usec_add(f->until, STALLS_INTERVAL), sums);
        f->lost_known = (facts.state == STALLS_ON || n > 0) && l->since <= usec_add(MAX(f->since, f->first), RECORD_LONG_STEP);
        if (!f->lost_known)
                return 0;
        for (size_t i = 0; i < n; i++) {
                f->lost += sums[i].lost.compact_nsec / NSEC_PER_USEC;
                f->lost_times += sums[i].lost.compactions;
                f->lost_reclaim += sums[i].lost.reclaim_nsec / NSEC_PER_USEC;
                if (i < 5 && sums[i].lost.compactions > 0 &&
                        json_array_append_new(ret_names, api_stalls_lost(&sums[i], "in that time")) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static json_t *inquiry_to_json(const Api *a, const InquiryFacts *f, const json_t *names)
{
        InquiryLines reasons, blind, next;
        char sentence[INQUIRY_TEXT_MAX];
        FragdFacts fragd;
        json_t *j, *list;
        Inquiry q;

        inquiry_judge(f, &q);
        inquiry_reasons(f, &q, &reasons);
        inquiry_blind(f, &q, &blind);
        fragd_facts(a->fragd, &fragd);
        inquiry_next(f, &q, fragd.acts, &next);
        list = lines_to_json(&reasons);
        if (list && q.answer != INQUIRY_UNKNOWN && json_array_extend(list, (json_t *)names) < 0) {
                json_decref(list);
                list = NULL;
        }
        j = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "answer", inquiry_answer_name(q.answer), "cause", inquiry_cause_name(q.cause),
                "sentence", inquiry_sentence(f, &q, sentence, sizeof(sentence)), "reasons", list, "not_recorded", lines_to_json(&blind),
                "next_steps", lines_to_json(&next));
        if (j && api_json_put_u64(j, "known_usec", f->known) < 0) {
                json_decref(j);
                return NULL;
        }
        return j ? json_pack("{s:o}", "past", j) : NULL;
}

int api_explain_past(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        uint64_t since = 0, until = 0;
        const ApiParam params[] = {
                { .name = "since_realtime_usec", .type = API_PARAM_UINT, .required = true, .value = &since, .max = INT64_MAX },
                { .name = "until_realtime_usec", .type = API_PARAM_UINT, .required = true, .value = &until, .min = 1, .max = INT64_MAX },
        };
        const char *bad = api_params(parameters, params, ELEMENTSOF(params));
        const Api *a = userdata;
        InquiryFacts f;
        json_t *names, *j = NULL;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        if (since >= until)
                return varlink_conn_invalid_parameter(c, "until_realtime_usec");
        if (!api_node_known(a, c, NODE_ALL, &r))
                return r;
        if (!fragd_record(a->fragd))
                return -ENOMEM; /* the recorder could not be had: it tries again with each sample */
        r = inquiry_read(&f, fragd_record(a->fragd), since, until, fragd_now(a->fragd));
        if (r < 0)
                return r;
        add_decisions(&f, fragd_log(a->fragd));
        names = json_array();
        r = names ? add_losses(&f, fragd_stalls(a->fragd), names) : -ENOMEM;
        if (r >= 0)
                r = api_latency_evidence(a, usec_sub(f.since, LATENCY_STEP), f.until, "in that time", names);
        if (r >= 0)
                j = inquiry_to_json(a, &f, names);
        json_decref(names);
        return api_reply(c, j, false);
}
