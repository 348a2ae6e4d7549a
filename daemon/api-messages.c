/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.fragd.Monitor.GetKernelMessages: what the kernel said of memory that could not be had, counted. */
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

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

static json_t *row_to_json(const TallyRow *row, usec_t now)
{
        json_t *j = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "class", decode_class_name(row->class), "caller", row->caller, "total",
                (json_int_t)row->total, "hour", (json_int_t)tally_hour(row, now), "shown", (json_int_t)row->shown, "last_realtime_usec",
                (json_int_t)row->last_realtime);
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && row->order >= 0)
                r = api_json_put_u64(j, "order", (uint64_t)row->order);
        if (r == 0 && *row->comm)
                r = api_json_put(j, "comm", json_string(row->comm));
        return complete(j, r);
}

static json_t *rows_to_json(const DecodeTally *t, usec_t now)
{
        json_t *array = json_array();
        int r = 0;

        for (size_t i = 0; array && r == 0 && i < t->n; i++)
                r = append(array, row_to_json(&t->rows[i], now));
        return complete(array, r);
}

json_t *api_messages_sentence(const Api *a, const TallyRow *row)
{
        uint64_t page_size = sampler_model(fragd_sampler(a->fragd))->page_size;
        _cleanup_strbuf_ StrBuf b = { 0 };

        tally_sentence(row, fragd_now(a->fragd), page_size, &b);
        return strbuf_error(&b) < 0 ? NULL : json_string(strbuf_text(&b));
}

size_t api_messages_recent(const Api *a, const TallyRow *ret[static API_MESSAGES_TOLD])
{
        return tally_recent(kernel_log_tally(fragd_kernel_log(a->fragd)), fragd_now(a->fragd), ret, API_MESSAGES_TOLD);
}

json_t *api_messages_findings(const Api *a)
{
        const TallyRow *rows[API_MESSAGES_TOLD];
        size_t n = api_messages_recent(a, rows);
        json_t *array = json_array();
        int r = array ? 0 : -ENOMEM;

        for (size_t i = 0; r == 0 && i < n; i++)
                r = append(array, api_messages_sentence(a, rows[i]));
        return complete(array, r);
}

json_t *api_messages_source(const Api *a)
{
        const KernelLog *k = fragd_kernel_log(a->fragd);
        const char *why = kernel_log_why(k);
        json_t *j = json_pack("{s:s, s:s, s:b, s:I}", "source", "kernel-log", "path", "journal", "available", !why, "skipped", (json_int_t)0);
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && why)
                r = api_json_put(j, "error", json_string(why));
        if (r == 0 && why && kernel_log_wanted(k))
                r = api_json_put(j, "loss", json_string("what the kernel says of allocations that failed is not counted"));
        return complete(j, r);
}

static json_t *messages(const Api *a)
{
        const KernelLog *k = fragd_kernel_log(a->fragd);
        const DecodeTally *t = kernel_log_tally(k);
        const char *why = kernel_log_why(k);
        json_t *j = json_pack("{s:b, s:I, s:o, s:o}", "watching", !why, "suppressed", (json_int_t)t->suppressed, "messages",
                rows_to_json(t, fragd_now(a->fragd)), "findings", api_messages_findings(a));
        int r = j ? 0 : -ENOMEM;

        if (r == 0 && why)
                r = api_json_put(j, "why_not", json_string(why));
        if (r == 0 && kernel_log_since(k) > 0)
                r = api_json_put_u64(j, "since_realtime_usec", kernel_log_since(k));
        j = complete(j, r);
        return j ? json_pack("{s:o}", "kernel_messages", j) : NULL;
}

int api_get_kernel_messages(VarlinkConn *c, json_t *parameters, bool more, void *userdata)
{
        const char *bad = api_params(parameters, NULL, 0);

        return bad ? varlink_conn_invalid_parameter(c, bad) : api_reply(c, messages(userdata), false);
}
