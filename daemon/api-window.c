/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/api-window.h"

#include "base/macros.h"

#define STEPS 60

static uint64_t plus(uint64_t a, uint64_t b)
{
        return a == UNKNOWN_U64 ? b : b == UNKNOWN_U64 ? a : a + b;
}

int api_window_read(
        const Api *a, usec_t window, ApiWindow *ret, ApiWindowHandler handler, void *userdata)
{
        const RecordRange range = { .since = usec_sub(api_realtime(a), window),
                .until = USEC_INFINITY,
                .step = MAX(window / STEPS, USEC_PER_SEC) };
        _cleanup_(record_reader_freep) RecordReader *reader = NULL;
        const Record *record = fragd_record(a->fragd);
        usec_t now = fragd_now(a->fragd);
        RecordStep s;
        RecordNode n;
        int r;

        *ret = (ApiWindow){ 0 };
        for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                ret->counts[c] = UNKNOWN_U64;
        if (!record)
                return 0;
        r = record_reader_new(&reader, record, &range);
        if (r < 0)
                return r;
        while (record_read(reader, now, &s)) {
                ret->over += s.span;
                for (RecordCount c = 0; c < _RECORD_COUNT_MAX; c++)
                        ret->counts[c] = plus(ret->counts[c], s.counts[c]);
                for (size_t i = 0; handler && record_read_node(reader, i, &n); i++)
                        handler(&n, userdata);
        }
        /* The last sample stands until now, and nothing is counted since. */
        ret->over = usec_sub(ret->over, usec_sub(now, a->sampled));
        return 0;
}
