/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/recorder.h"

#include "base/macros.h"
#include "daemon/message-ids.h"
#include "daemon/record-file.h"
#include "trace/trace.h"

/* Written as soon as there is this much of it. */
#define BATCH 256

/* How much later than the policy's longest interval a sample may come and still belong to the one
 * before. */
#define HOLD_SLACK (5 * USEC_PER_SEC)
/* Without a policy nothing is sampled by itself. */
#define HOLD_DEFAULT USEC_PER_MIN

struct Recorder {
        const Journal *journal;
        DecisionLog *log; /* borrowed */
        Record *record;
        int dir_fd; /* borrowed */
        RecordFile steps[_RECORD_TIER_MAX];
        RecordFile decisions;
        size_t n_unwritten; /* the last of the log that stand in no file */
        bool told_nodes, told_failure;
        uint8_t buf[RECORD_STEP_BYTES_MAX];
};

static const char *const step_files[_RECORD_TIER_MAX] = {
        [RECORD_SHORT] = "history.seconds",
        [RECORD_LONG] = "history.minutes",
};
static const size_t step_frames[_RECORD_TIER_MAX] = {
        [RECORD_SHORT] = RECORD_SHORT_MAX,
        [RECORD_LONG] = RECORD_LONG_MAX,
};
#define DECISION_FILE "history.decisions"

bool recorder_owns(const char *file)
{
        return record_file_owns(file, step_files[RECORD_SHORT]) ||
               record_file_owns(file, step_files[RECORD_LONG]) ||
               record_file_owns(file, DECISION_FILE);
}

/* --- decisions --- */

static int on_decision(const uint8_t *data, size_t size, void *userdata)
{
        json_t *j = json_loadb((const char *)data, size, 0, NULL);
        Recorder *r = userdata;
        const char *expected;
        json_int_t realtime;
        json_t *decision;
        Decision d;
        int k = -EBADMSG;

        if (j &&
                json_unpack(j, "{s:I, s:o}", "realtime_usec", &realtime, "decision", &decision) ==
                        0 &&
                realtime >= 0)
                k = decision_from_json(decision, &d, &expected);
        json_decref(j);
        if (k >= 0)
                decision_log_add(r->log, (usec_t)realtime, &d);
        return k;
}

static int add_decision(Recorder *r, const DecisionLogEntry *entry)
{
        json_t *j = json_pack("{s:I, s:o}", "realtime_usec", (json_int_t)entry->realtime,
                "decision", decision_to_json(&entry->decision));
        _cleanup_free_ char *text = j ? json_dumps(j, JSON_COMPACT) : NULL;

        json_decref(j);
        if (!text)
                return -ENOMEM;
        record_file_add(&r->decisions, (const uint8_t *)text, strlen(text));
        return 0;
}

static void write_decisions(Recorder *r)
{
        size_t n = MIN(r->n_unwritten, r->log->n);

        while (n > 0) {
                size_t batch = MIN(n, (size_t)BATCH);
                int k = 0;

                for (size_t i = 0; k >= 0 && i < batch; i++)
                        k = add_decision(r, decision_log_get(r->log, r->log->n - n + i));
                if (k >= 0)
                        k = record_file_flush(&r->decisions);
                if (k < 0)
                        break;
                n -= batch;
        }
        r->n_unwritten = n;
}

void recorder_decision(Recorder *r)
{
        r->n_unwritten++;
        write_decisions(r);
}

int recorder_new(Recorder **ret, int dir_fd, const Journal *journal, DecisionLog *log)
{
        Recorder *r = calloc(1, sizeof(*r));

        if (!r)
                return -ENOMEM;
        *r = (Recorder){
                .journal = journal, .log = log, .dir_fd = dir_fd, .decisions = RECORD_FILE_INIT
        };
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++)
                r->steps[t] = (RecordFile)RECORD_FILE_INIT;
        if (record_file_open(&r->decisions, dir_fd, DECISION_FILE, DECISION_LOG_MAX, journal,
                    on_decision, r)) {
                r->n_unwritten = log->n;
                write_decisions(r);
                record_file_renewed(&r->decisions);
        }
        *ret = r;
        return 0;
}

Recorder *recorder_free(Recorder *r)
{
        if (!r)
                return NULL;
        for (RecordTier t = 0; t < _RECORD_TIER_MAX; t++)
                record_file_done(&r->steps[t]);
        record_file_done(&r->decisions);
        record_free(r->record);
        free(r);
        return NULL;
}

/* --- steps --- */

typedef struct Loading {
        Recorder *recorder;
        RecordTier tier;
} Loading;

static int on_step(const uint8_t *data, size_t size, void *userdata)
{
        const Loading *l = userdata;

        return record_put(l->recorder->record, l->tier, data, size);
}

static void write_steps(Recorder *r, RecordTier tier)
{
        size_t size;

        do {
                size_t n = 0;

                while (n < BATCH && (size = record_take(r->record, tier, r->buf)) > 0) {
                        record_file_add(&r->steps[tier], r->buf, size);
                        n++;
                }
                if (record_file_flush(&r->steps[tier]) < 0) {
                        record_give_back(r->record, tier, n);
                        return;
                }
        } while (size > 0);
}

/* The orders are known with the first sample. */
static int start(Recorder *r, const Model *m)
{
        int k = record_new(&r->record, m->page_size, m->n_orders);

        if (k < 0)
                return k;
        for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++) {
                Loading loading = { .recorder = r, .tier = t };

                if (!record_file_open(&r->steps[t], r->dir_fd, step_files[t], step_frames[t],
                            r->journal, on_step, &loading))
                        continue;
                record_rewind(r->record, t);
                write_steps(r, t);
                record_file_renewed(&r->steps[t]);
        }
        return 0;
}

static void tell(Recorder *r, int error)
{
        if (error >= 0)
                r->told_failure = false;
        else if (!r->told_failure) {
                r->told_failure = true;
                journal_log(r->journal, LOG_WARNING, MESSAGE_ID_HISTORY,
                        "cannot record samples: %s; history has a gap", strerror(-error));
        }
        if (r->record && record_left_out(r->record) > 0 && !r->told_nodes) {
                r->told_nodes = true;
                journal_log(r->journal, LOG_NOTICE, MESSAGE_ID_HISTORY,
                        "history has the first %d nodes only: %zu more are left out",
                        RECORD_NODES_MAX, record_left_out(r->record));
        }
}

void recorder_sample(Recorder *r, const Model *m, const Engine *e, usec_t now, usec_t realtime)
{
        const Policy *p = engine_policy(e);
        int k = 0;

        if (!r->record && !model_has(m, SOURCE_BUDDYINFO))
                return; /* status says so */
        if (!r->record)
                k = start(r, m);
        if (k >= 0)
                k = record_add(r->record, m, e, now, realtime,
                        p ? usec_add(p->interval.max, HOLD_SLACK) : HOLD_DEFAULT);
        tell(r, k);
        if (r->record && record_untaken(r->record, RECORD_LONG) > 0)
                for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++)
                        write_steps(r, t);
        if (r->n_unwritten > 0)
                write_decisions(r);
}

void recorder_end(Recorder *r, usec_t now)
{
        if (r->record) {
                record_end(r->record, now);
                for (RecordTier t = RECORD_SHORT; t < _RECORD_TIER_MAX; t++)
                        write_steps(r, t);
        }
        write_decisions(r);
}

const Record *recorder_record(const Recorder *r)
{
        return r->record;
}
