/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recorder.h - history kept across restarts: what lib/record remembers, and the decisions, in files
 * of the state directory (record-file.h):
 *
 *     history.seconds    steps of 10 s
 *     history.minutes    steps of 1 min
 *     history.decisions  {"realtime_usec": ..., "decision": {...}}, see io.fragd(7)
 *
 * Nothing wakes up for it: steps are written when a sample completes a minute, decisions at once.
 * So what kills fragd costs at most the steps since the last whole minute, and the single samples
 * of the last ten minutes, which then are steps of 10 s. Without a state directory, or where it
 * cannot be written, history is in memory only. */
#pragma once

#include "daemon/decision-log.h"
#include "daemon/journal.h"
#include "engine/engine.h"
#include "model/model.h"
#include "record/record.h"

typedef struct Recorder Recorder;

/* dir_fd: the state directory, borrowed; -EBADF: nothing is kept. Fills the log with the decisions
 * from before. Logs what is wrong with files. -ENOMEM. */
int recorder_new(Recorder **ret, int dir_fd, const Journal *journal, DecisionLog *log);
Recorder *recorder_free(Recorder *r);
/* The last decision of the log is new. */
void recorder_decision(Recorder *r);
/* now: monotonic. What fails is logged: nothing of it keeps fragd from going on. */
void recorder_sample(Recorder *r, const Model *m, const Engine *e, usec_t now, usec_t realtime);
/* There will be no further sample. */
void recorder_end(Recorder *r, usec_t now);
/* NULL before the first sample. */
const Record *recorder_record(const Recorder *r);
/* Whether a file of that name in the state directory is from here. */
bool recorder_owns(const char *file);
