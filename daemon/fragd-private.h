/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-private.h - struct Fragd, for the files it is spread over:
 *
 *     fragd.c         its life: start, loop, end
 *     fragd-step.c    one step: sample or event -> engine -> actor, journal, log, API, next wake-up
 *     fragd-actor.c   the actor: started first, ended last
 *     fragd-metrics.c what it knows, for Prometheus
 *     fragd-writers.c who else sets what fragd sets
 *     fragd-taskstats.c who asks what processes waited for
 *     fragd-policy.c  which policy is followed: configuration, run-time choice, reload
 *
 * main.c uses the second half. */
#pragma once

#include "daemon/actor-client.h"
#include "daemon/api.h"
#include "daemon/counting.h"
#include "daemon/fragd.h"
#include "daemon/hotplug.h"
#include "daemon/journal.h"
#include "daemon/kernel-log.h"
#include "daemon/latency.h"
#include "daemon/options.h"
#include "daemon/places.h"
#include "daemon/psi-trigger.h"
#include "daemon/recorder.h"
#include "daemon/status-line.h"
#include "daemon/tracer.h"

/* Requests of one dispatch of the event loop. Clients have one call in flight each. */
#define REQUESTS_MAX 32
/* Where an actor that a service manager starts is reached, in the runtime directory. */
#define ACTOR_SOCKET "actor.sock"

typedef struct FragdMetrics FragdMetrics; /* fragd-metrics.c */

struct Fragd {
        const Options *options;
        Journal journal;
        Places places;
        Config *config;
        bool config_refused; /* at the last reload */
        ConfigOwner config_owner; /* whose files a reload accepts: still root's when we are it no more */
        RootDir *root;
        Sampler *sampler;
        Census *census;
        Hugepages *hugepages;
        WritersFound *writers; /* NULL: not looked yet */
        Stalls *stalls;
        Latency *latency;
        Counting *counting;
        KernelLog *kernel_log;
        Engine *engine;
        DecisionLog log;
        Recorder *recorder;
        Tracer tracer; /* --trace */
        sd_event *event;
        Api *api;
        FragdMetrics *metrics; /* NULL: nobody can ask */
        PsiTrigger *psi;
        Hotplug *hotplug;

        ActorClient *actor; /* NULL: fragd only watches */
        pid_t actor_pid;    /* 0: not our child */
        bool actor_gone;
        int taskstats_fd;    /* to a fragd-taskstats of our own, until it is handed on */
        pid_t taskstats_pid; /* 0: none of our own */

        /* Requests wait for the next turn of the loop: who asks must know the token before the
         * first decision carries it. */
        Request requests[REQUESTS_MAX];
        size_t n_requests;
        uint64_t last_token;
        sd_event_source *requests_source;

        char chosen[POLICY_NAME_MAX]; /* at run time, or by --policy; "": the configuration's */
        char timed[POLICY_NAME_MAX];  /* goes before both until timed_until; "": none */
        usec_t timed_until;
        sd_event_source *policy_timer;
        char why_not[POLICY_NAME_MAX + 192]; /* "": it acts */

        sd_event_source *sample_timer;
        usec_t sampled, sampled_slow; /* monotonic; 0: never */
        usec_t next_sample;
        bool want_pagetypeinfo;
        bool ready; /* after the first sample */
        usec_t started_realtime;
        char status[STATUS_LINE_MAX]; /* as told to the service manager last */
};

/* --- for main.c --- */
/* Logs what fails. Negative errno: fragd cannot run; nothing was changed. */
int fragd_new(Fragd **ret, const Options *options);
/* Until it is to end; puts everything back. Returns the exit status. */
int fragd_run(Fragd *f);
Fragd *fragd_free(Fragd *f);
static inline void fragd_freep(Fragd **f)
{
        if (*f)
                fragd_free(*f);
}

/* --- between its files; negative errno ends the event loop --- */
int fragd_step(Fragd *f, const Event *event);
int fragd_sample(Fragd *f);
/* Samples now, or as soon as the policy's shortest interval allows. */
int fragd_sample_early(Fragd *f);
int fragd_arm_sample(Fragd *f, usec_t at);
void fragd_log_config_errors(const Fragd *f, const ConfigErrors *errors);
/* By --policy. -ENOENT: there is no such policy. */
int fragd_choose_given_policy(Fragd *f);
/* What was chosen before the restart, unless --policy says otherwise. */
void fragd_choose_kept_policy(Fragd *f);
/* Has the engine follow what should be followed now, if that differs from what it follows. */
int fragd_apply_policy(Fragd *f);

/* Looks who else sets what fragd sets, and tells the engine. */
int fragd_writers_look(Fragd *f);

/* While still root. 0 also where there is none to be had. */
int fragd_actor_start(Fragd *f);
/* Root-only sources, for the sampler. */
int fragd_actor_sources(Fragd *f);
int fragd_actor_attach(Fragd *f);
/* Every knob as before, and the actor gone. */
int fragd_actor_end(Fragd *f);

/* While still root: fragd-taskstats, where we are to start it ourselves. Logs what fails; fragd does without. */
void fragd_taskstats_start(Fragd *f);
/* -ENOMEM, or sd-event's errors. */
int fragd_taskstats_attach(Fragd *f);
void fragd_taskstats_end(Fragd *f);

/* Metrics: listens where the configuration says so; while still root. Logs what fails. */
int fragd_metrics_listen(Fragd *f);
/* Serves them, where there is a socket. */
int fragd_metrics_start(Fragd *f);
void fragd_metrics_end(Fragd *f);
void fragd_metrics_decision(Fragd *f, const Decision *d);
/* A poll that began at that fragd_metrics_clock() has ended. */
void fragd_metrics_polled(Fragd *f, usec_t started);
usec_t fragd_metrics_clock(const Fragd *f);
/* Before the configuration is replaced by `now`. */
void fragd_metrics_reloaded(const Fragd *f, const Config *now);
