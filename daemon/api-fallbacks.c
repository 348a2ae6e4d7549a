/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetFallbacks: how often the kernel mixed types of pages, and how often it usually does. */
#include <stdio.h>

#include "base/units.h"
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

#define TIME(t) duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)

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

static json_t *kind_to_json(const FallbackSignal *s, FallbackKind k)
{
        json_t *j = json_pack("{s:s, s:b}", "kind", fallback_kind_name(k), "unusual", s->unusual[k]);
        int r = j ? api_json_put_u64(j, "total", s->total[k]) : -ENOMEM;

        if (r == 0)
                r = api_json_put_u64(j, "recent", s->recent[k]);
        if (r == 0)
                r = api_json_put_u64(j, "usual", s->usual[k]);
        if (r == 0)
                r = api_json_put_u64(j, "upper", s->upper[k]);
        if (r == 0)
                r = api_json_put_u64(j, "times_permyriad", fallback_times(s, k));
        return complete(j, r);
}

static json_t *kinds_to_json(const FallbackSignal *s)
{
        json_t *array = json_array();
        int r = 0;

        for (FallbackKind k = 0; array && s && r == 0 && k < _FALLBACK_KIND_MAX; k++)
                r = append(array, kind_to_json(s, k));
        return complete(array, r);
}

static json_t *rates_to_json(const Fallbacks *f, bool counting)
{
        static const usec_t windows[] = { USEC_PER_MIN, 10 * USEC_PER_MIN, USEC_PER_HOUR };
        json_t *array = json_array();
        FallbackRate rate;
        int r = 0;

        for (size_t i = 0; array && counting && r == 0 && i < ELEMENTSOF(windows); i++)
                if (fallbacks_rate(f, windows[i], &rate))
                        r = append(array, json_pack("{s:I, s:I, s:I, s:I}", "window_usec", (json_int_t)windows[i], "over_usec",
                                                  (json_int_t)rate.over, "unmovable", (json_int_t)rate.events[FALLBACK_UNMOVABLE],
                                                  "movable", (json_int_t)rate.events[FALLBACK_MOVABLE]));
        return complete(array, r);
}

/* "14", or "2.4" where that is not much. */
static const char *times_text(char *buf, size_t size, uint64_t permyriad)
{
        if (permyriad < 100000)
                snprintf(buf, size, "%" PRIu64 ".%" PRIu64, permyriad / 10000, permyriad % 10000 / 1000);
        else
                snprintf(buf, size, "%" PRIu64, permyriad / 10000);
        return buf;
}

static json_t *finding(const FallbackSignal *s, FallbackKind k)
{
        uint64_t times = fallback_times(s, k);
        char text[32];

        if (times == UNKNOWN_U64)
                return json_sprintf("%s fallbacks are unusual: %" PRIu64 " in %s, and usually none", fallback_kind_name(k), s->recent[k],
                        TIME(FALLBACK_STEP));
        return json_sprintf("%s fallbacks are %s times their usual rate: %" PRIu64 " in %s, usually %" PRIu64, fallback_kind_name(k),
                times_text(text, sizeof(text), times), s->recent[k], TIME(FALLBACK_STEP), s->usual[k]);
}

static json_t *findings(const FallbackSignal *s)
{
        json_t *array = json_array();
        int r = 0;

        for (FallbackKind k = 0; array && s && r == 0 && k < _FALLBACK_KIND_MAX; k++)
                if (s->unusual[k])
                        r = append(array, finding(s, k));
        return complete(array, r);
}

static const FallbackSignal *signal_of(const Api *a)
{
        const Model *m = sampler_model(fragd_sampler(a->fragd));

        return model_has(m, SOURCE_FALLBACKS) ? &m->fallbacks : NULL;
}

int api_fallbacks_evidence(const Api *a, json_t *evidence)
{
        const FallbackSignal *s = signal_of(a);

        if (!s || !s->unusual[FALLBACK_UNMOVABLE])
                return 0;
        return append(evidence, finding(s, FALLBACK_UNMOVABLE));
}

static json_t *fallbacks(const Api *a)
{
        const Counting *c = fragd_counting(a->fragd);
        const FallbackSignal *s = signal_of(a);
        json_t *j = json_pack("{s:b, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "counting", s != NULL, "cpus", (json_int_t)counting_cpus(c),
                "step_usec", (json_int_t)FALLBACK_STEP, "steps", (json_int_t)counting_fallbacks(c)->n_steps, "steps_needed",
                (json_int_t)FALLBACK_STEPS_MIN, "kinds", kinds_to_json(s), "rates", rates_to_json(counting_fallbacks(c), s),
                "findings", findings(s));
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && counting_why(c))
                r = api_json_put(j, "why_not", json_string(counting_why(c)));
        if (r == 0 && s)
                r = api_json_put_u64(j, "below_order", counting_order(c));
        j = complete(j, r);
        return j ? json_pack("{s:o}", "fallbacks", j) : NULL;
}

int api_get_fallbacks(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);
        Api *a = userdata;
        ApiCall *call;
        int r;

        if (bad)
                return varlink_conn_invalid_parameter(c, bad);
        r = counting_read(fragd_counting(a->fragd), fragd_now(a->fragd));
        if (r >= 0 && more)
                r = api_call_new(&call, a, c, API_FOLLOW_FALLBACKS, more);
        return r < 0 ? r : api_reply(c, fallbacks(a), more);
}

void api_fallbacks_sample(Api *a)
{
        json_t *j = NULL;

        for (ApiCall *call = a->calls; call; call = call->next) {
                if (call->type != API_FOLLOW_FALLBACKS || varlink_conn_is_behind(call->conn))
                        continue;
                if (!j)
                        j = fallbacks(a);
                if (j)
                        (void)varlink_conn_reply(call->conn, j, true);
        }
        json_decref(j);
}
