/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd.h - the running daemon: what its parts share, and what the API may ask of it. Wiring only: whatever decides is in lib/. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/usec.h"
#include "daemon/census.h"
#include "daemon/hugepages.h"
#include "daemon/kernel-log.h"
#include "daemon/config.h"
#include "daemon/counting.h"
#include "daemon/decision-log.h"
#include "daemon/latency.h"
#include "daemon/sampler.h"
#include "daemon/writers-read.h"
#include "daemon/stalls.h"
#include "engine/engine.h"
#include "record/record.h"

typedef struct Fragd Fragd;

/* --- for the API: reading. Borrowed, valid until the event loop goes on. --- */
const Engine *fragd_engine(const Fragd *f);
const Sampler *fragd_sampler(const Fragd *f); /* sources, and the last model */
const DecisionLog *fragd_log(const Fragd *f);
const Record *fragd_record(const Fragd *f); /* NULL before the first sample */
Census *fragd_census(const Fragd *f); /* may be told to read */
Hugepages *fragd_hugepages(const Fragd *f); /* same */
const WritersFound *fragd_writers(const Fragd *f); /* NULL before the first look */
Stalls *fragd_stalls(const Fragd *f); /* may be told to look */
const KernelLog *fragd_kernel_log(const Fragd *f);
Latency *fragd_latency(const Fragd *f); /* may be told to read */
Counting *fragd_counting(const Fragd *f); /* the same */
const Config *fragd_config(const Fragd *f);
const RootDir *fragd_root(const Fragd *f);

typedef struct FragdFacts {
        bool acts;           /* policy acts and there is an actor */
        const char *why_not; /* NULL when it acts; "policy observe never acts", "not started as root", "no socket at ...", ... */
        usec_t policy_left;  /* of a policy set for a time; USEC_INFINITY: for good */
        const char *policy_after; /* what follows then; NULL */
        usec_t started_realtime;
        usec_t interval; /* to the next sample */
        const char *config_path;
} FragdFacts;
void fragd_facts(const Fragd *f, FragdFacts *ret);
usec_t fragd_now(const Fragd *f); /* monotonic, of this loop iteration */

/* --- for the API: asking. --- */
/* duration: 0 for good. runtime: not kept across restarts (a duration implies it). -ENOENT: no such policy. */
int fragd_set_policy(Fragd *f, const char *name, usec_t duration, bool runtime, uint32_t uid, uint32_t pid);
/* -EINVAL: refused, errors filled, goes on with the configuration before. */
int fragd_reload(Fragd *f, ConfigErrors *errors);
/* Hands a request to the engine; token is filled in and returned in Decision.request of what follows. The API learns of decisions
 * through api_decision(). 0 or negative errno (-ENOENT: no such node). */
int fragd_request(Fragd *f, Request *request);
