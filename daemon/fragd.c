/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/fragd-private.h"

#include <signal.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/macros.h"
#include "daemon/message-ids.h"
#include "daemon/priorities.h"
#include "daemon/privilege.h"

/* --- reading --- */

const Engine *fragd_engine(const Fragd *f)
{
        return f->engine;
}

const Sampler *fragd_sampler(const Fragd *f)
{
        return f->sampler;
}

const DecisionLog *fragd_log(const Fragd *f)
{
        return &f->log;
}

const Record *fragd_record(const Fragd *f)
{
        return recorder_record(f->recorder);
}

Census *fragd_census(const Fragd *f)
{
        return f->census;
}

Hugepages *fragd_hugepages(const Fragd *f)
{
        return f->hugepages;
}

Latency *fragd_latency(const Fragd *f)
{
        return f->latency;
}

Stalls *fragd_stalls(const Fragd *f)
{
        return f->stalls;
}

Counting *fragd_counting(const Fragd *f)
{
        return f->counting;
}

const KernelLog *fragd_kernel_log(const Fragd *f)
{
        return f->kernel_log;
}

const Config *fragd_config(const Fragd *f)
{
        return f->config;
}

const RootDir *fragd_root(const Fragd *f)
{
        return f->root;
}

usec_t fragd_now(const Fragd *f)
{
        usec_t now;
        int r = sd_event_now(f->event, CLOCK_MONOTONIC, &now);

        assert(r >= 0); /* it only fails for clocks it does not know, and after a fork */
        return now;
}

void fragd_facts(const Fragd *f, FragdFacts *ret)
{
        *ret = (FragdFacts){
                .acts = !f->why_not[0],
                .why_not = f->why_not[0] ? f->why_not : NULL,
                .policy_left = f->timed[0] ? usec_sub(f->timed_until, fragd_now(f)) : USEC_INFINITY,
                .policy_after = f->timed[0] ? (f->chosen[0] ? f->chosen : f->config->policy) : NULL,
                .started_realtime = f->started_realtime,
                .interval = usec_sub(f->next_sample, f->sampled),
                .config_path = f->options->config_path,
        };
}

/* --- requests --- */

static int on_requests(sd_event_source *source, void *userdata)
{
        Fragd *f = userdata;

        for (size_t i = 0; i < f->n_requests; i++) {
                int r = fragd_step(f, &(Event){ .type = EVENT_REQUEST, .request = f->requests[i] });

                if (r < 0)
                        return r;
        }
        f->n_requests = 0;
        return 0;
}

int fragd_request(Fragd *f, Request *request)
{
        int r;

        if (request->type == REQUEST_COMPACT &&
                !model_node_const(sampler_model(f->sampler), request->node))
                return -ENOENT;
        if (f->n_requests == ELEMENTSOF(f->requests))
                return -EBUSY;
        r = sd_event_source_set_enabled(f->requests_source, SD_EVENT_ONESHOT);
        if (r < 0)
                return r;
        request->token = ++f->last_token;
        f->requests[f->n_requests++] = *request;
        return 0;
}

/* --- what happens --- */

static int on_sample_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        return fragd_sample(userdata);
}

static int on_pressure(bool lost, void *userdata)
{
        Fragd *f = userdata;

        if (lost) {
                journal_log(&f->journal, LOG_NOTICE, NULL,
                        "the kernel gave up the memory pressure trigger: pressure is seen at the "
                        "next sample only");
                return 0;
        }
        return fragd_sample_early(f);
}

static int on_hotplug(void *userdata)
{
        Fragd *f = userdata;
        int r;

        r = sampler_rescan(f->sampler);
        if (r < 0)
                return r;
        r = fragd_step(f, &(Event){ .type = EVENT_TOPOLOGY });
        return r < 0 ? r : fragd_sample_early(f);
}

static int on_end_signal(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        return sd_event_exit(sd_event_source_get_event(source), EXIT_SUCCESS);
}

static int on_reload_signal(
        sd_event_source *source, const struct signalfd_siginfo *si, void *userdata)
{
        ConfigErrors errors = { 0 };
        int r;

        r = fragd_reload(userdata, &errors);
        config_errors_done(&errors);
        return r == -EINVAL ? 0 : r;
}

static int on_end_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        return sd_event_exit(sd_event_source_get_event(source), EXIT_SUCCESS);
}

/* --- start --- */

static int source_setup(sd_event_source *source, const char *description, int64_t priority)
{
        int r;

        (void)sd_event_source_set_description(source, description);
        r = sd_event_source_set_priority(source, priority);
        if (r < 0)
                return r;
        return sd_event_source_set_exit_on_failure(source, true);
}

static int add_signal(
        Fragd *f, int signal, sd_event_signal_handler_t handler, const char *description)
{
        sd_event_source *source;
        int r;

        r = sd_event_add_signal(f->event, &source, signal, handler, f);
        if (r < 0)
                return r;
        r = source_setup(source, description, PRIORITY_SIGNAL);
        if (r < 0) {
                sd_event_source_unref(source);
                return r;
        }
        r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}

static int add_end_timer(Fragd *f)
{
        sd_event_source *source;
        int r;

        if (f->options->duration == USEC_INFINITY)
                return 0;
        r = sd_event_add_time_relative(
                f->event, &source, CLOCK_MONOTONIC, f->options->duration, 0, on_end_timer, f);
        if (r < 0)
                return r;
        r = source_setup(source, "end", PRIORITY_SIGNAL);
        if (r >= 0)
                r = sd_event_source_set_floating(source, true);
        sd_event_source_unref(source);
        return r;
}

static int add_sources(Fragd *f)
{
        int r;

        r = add_signal(f, SIGTERM, on_end_signal, "sigterm");
        if (r >= 0)
                r = add_signal(f, SIGINT, on_end_signal, "sigint");
        if (r >= 0)
                r = add_signal(f, SIGHUP, on_reload_signal, "sighup");
        if (r >= 0)
                r = add_end_timer(f);
        if (r >= 0)
                r = sd_event_add_defer(f->event, &f->requests_source, on_requests, f);
        if (r >= 0)
                r = source_setup(f->requests_source, "requests", PRIORITY_REQUEST);
        if (r >= 0)
                r = sd_event_source_set_enabled(f->requests_source, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_time(
                        f->event, &f->sample_timer, CLOCK_MONOTONIC, 0, 0, on_sample_timer, f);
        if (r >= 0)
                r = source_setup(f->sample_timer, "sample", PRIORITY_SAMPLE);
        if (r >= 0)
                r = sd_event_set_watchdog(f->event, true);
        return r < 0 ? r : 0;
}

/* What only a real machine has, and what fragd can do without. */
static void add_wakers(Fragd *f)
{
        int r;

        if (!streq(f->options->root, "/"))
                return;
        r = psi_trigger_new(&f->psi, f->event, f->root, on_pressure, f);
        if (r < 0)
                journal_log(&f->journal, LOG_INFO, NULL,
                        "no memory pressure trigger: %s; pressure is seen at the next sample only",
                        strerror(-r));
        r = hotplug_new(&f->hotplug, f->event, on_hotplug, f);
        if (r < 0)
                journal_log(&f->journal, LOG_INFO, NULL,
                        "no memory hot-plug events: %s; hot-plug is seen at the next sample only",
                        strerror(-r));
}

static int load_config(Fragd *f)
{
        const Options *o = f->options;
        ConfigErrors errors = { 0 };
        int r;

        r = config_load(
                &f->config, o->config_path, o->config_given, CONFIG_OWNER_ROOT_OR_CALLER, &errors);
        if (r < 0) {
                fragd_log_config_errors(f, &errors);
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_CONFIG_REFUSED,
                        "configuration refused%s%s: not starting", r == -EINVAL ? "" : ": ",
                        r == -EINVAL ? "" : strerror(-r));
        }
        config_errors_done(&errors);
        return r;
}

static int open_trace(Fragd *f)
{
        const char *path = f->options->trace;
        int r = path ? tracer_open(&f->tracer, path, TRACE_SIZE_MAX) : 0;

        if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL, "--trace %s: cannot create it: %s: not starting", path,
                        r == -EEXIST ? "it is there already, expected a new file" : strerror(-r));
        return r;
}

static int become_nobody(Fragd *f, const Identity *id)
{
        int r = privilege_drop(id);

        if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL, "cannot become uid %u: %s", id->uid,
                        strerror(-r));
        return r;
}

/* All that needs root, then no root any more. */
static int prepare(Fragd *f)
{
        const Options *o = f->options;
        bool root = geteuid() == 0;
        Identity id;
        int r;

        f->config_owner = root ? CONFIG_OWNER_ROOT : CONFIG_OWNER_ROOT_OR_CALLER;
        if (root) {
                const char *user = o->user ? o->user : f->config->user;

                r = identity_find(user, &id);
                if (r < 0) {
                        journal_log(&f->journal, LOG_ERR, NULL, "cannot become user \"%s\": %s",
                                user ? user : "fragd",
                                r == -EPERM ? "expected one without privilege"
                                            : "there is no such user");
                        return r;
                }
                if (f->config->kernel_log)
                        identity_add_journal(&id);
        }
        r = places_prepare(
                &f->places, o->runtime_dir, o->state_dir, root ? &id : NULL, &f->journal);
        if (r >= 0)
                r = fragd_metrics_listen(f);
        if (r < 0)
                return r;
        r = fragd_actor_start(f);
        if (r < 0)
                return r;
        fragd_taskstats_start(f);
        return root ? become_nobody(f, &id) : 0;
}

static int open_machine(Fragd *f)
{
        int r;

        r = root_new(&f->root, f->options->root);
        if (r < 0) {
                journal_log(&f->journal, LOG_ERR, NULL, "cannot open %s: %s", f->options->root,
                        strerror(-r));
                return r;
        }
        r = sampler_new(&f->sampler, f->root);
        if (r == -EINVAL)
                journal_log(&f->journal, LOG_ERR, NULL,
                        "%s/fragd-page-size: expected a page size in bytes", f->options->root);
        else if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL, "cannot read %s: %s", f->options->root,
                        strerror(-r));
        return r;
}

/* What fails here is fds, memory or the connection to the actor. */
static int connect_parts(Fragd *f)
{
        int r = 0;

        if (f->actor)
                r = fragd_actor_sources(f);
        if (r >= 0)
                r = census_new(&f->census, f->root, f->sampler);
        if (r >= 0)
                r = hugepages_new(&f->hugepages, f->root);
        if (r >= 0)
                r = counting_new(&f->counting, f->root, f->sampler, &f->journal, f->places.state_fd);
        if (r >= 0)
                counting_set(f->counting, f->config->fallback_events, f->actor);
        if (r >= 0)
                r = decision_log_init(&f->log);
        if (r >= 0)
                r = recorder_new(&f->recorder, f->places.state_fd, &f->journal, &f->log);
        if (r >= 0)
                r = engine_new(&f->engine, NODES_MAX, decision_log_next_number(&f->log));
        if (r >= 0)
                r = sd_event_default(&f->event);
        if (r >= 0)
                r = kernel_log_new(&f->kernel_log, f->event, f->root, &f->journal);
        if (r >= 0)
                r = add_sources(f);
        if (r >= 0 && f->actor)
                r = fragd_actor_attach(f);
        if (r >= 0)
                r = api_new(&f->api, f->event, f, TAKE_FD(f->places.monitor_fd),
                        TAKE_FD(f->places.admin_fd));
        if (r >= 0)
                r = fragd_metrics_start(f);
        if (r >= 0)
                r = fragd_taskstats_attach(f);
        if (r >= 0)
                r = kernel_log_set(f->kernel_log, f->config->kernel_log, fragd_now(f));
        if (r >= 0)
                r = sd_event_now(f->event, CLOCK_REALTIME, &f->started_realtime);
        return r;
}

static int build(Fragd *f)
{
        int r;

        r = open_machine(f);
        if (r < 0)
                return r;
        r = connect_parts(f);
        if (r < 0) {
                journal_log(&f->journal, LOG_ERR, NULL, "cannot start: %s", strerror(-r));
                return r;
        }
        add_wakers(f);
        return 0;
}

/* The signals are taken by the event loop; from here on none may be lost. */
static int block_signals(void)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
                return -errno;
        return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -errno : 0;
}

static int start(Fragd *f)
{
        int r;

        r = load_config(f);
        if (r >= 0)
                r = fragd_choose_given_policy(f);
        if (r >= 0)
                r = open_trace(f);
        if (r >= 0)
                r = block_signals();
        if (r >= 0)
                r = prepare(f);
        if (r < 0)
                return r;
        fragd_choose_kept_policy(f);
        return build(f);
}

int fragd_new(Fragd **ret, const Options *options)
{
        _cleanup_(fragd_freep) Fragd *f = calloc(1, sizeof(*f));
        int r;

        if (!f)
                return -ENOMEM;
        f->options = options;
        f->places = (Places)PLACES_INIT;
        f->tracer = (Tracer)TRACER_INIT;
        f->taskstats_fd = -EBADF;
        r = journal_init(&f->journal, options->log);
        if (r < 0) {
                fprintf(stderr, "fragd: --log journal: there is no journal here\n");
                return r;
        }
        r = start(f);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(f);
        return 0;
}

/* --- run and end --- */

static int follow(Fragd *f)
{
        int r;

        r = fragd_step(f, &(Event){ .type = EVENT_ACTOR, .actor_present = f->actor });
        if (r >= 0)
                r = fragd_apply_policy(f);
        if (r >= 0)
                r = fragd_writers_look(f);
        return r < 0 ? r : fragd_arm_sample(f, 0);
}

int fragd_run(Fragd *f)
{
        int r;

        r = follow(f);
        if (r >= 0)
                r = sd_event_loop(f->event);
        (void)sd_notify(false, "STOPPING=1");
        if (r < 0)
                journal_log(
                        &f->journal, LOG_ERR, MESSAGE_ID_STOPPED, "cannot go on: %s", strerror(-r));
        fragd_metrics_end(f);
        f->api = api_free(f->api);
        if (fragd_actor_end(f) < 0)
                r = -EIO;
        fragd_taskstats_end(f);
        recorder_end(f->recorder, fragd_now(f));
        counting_end(f->counting);
        places_remove_sockets(&f->places);
        return r == EXIT_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}

Fragd *fragd_free(Fragd *f)
{
        if (!f)
                return NULL;
        fragd_metrics_end(f);
        api_free(f->api);
        (void)fragd_actor_end(f);
        fragd_taskstats_end(f);
        kernel_log_free(f->kernel_log);
        psi_trigger_free(f->psi);
        hotplug_free(f->hotplug);
        sd_event_source_disable_unref(f->requests_source);
        sd_event_source_disable_unref(f->policy_timer);
        sd_event_source_disable_unref(f->sample_timer);
        sd_event_unref(f->event);
        engine_free(f->engine);
        recorder_free(f->recorder);
        decision_log_done(&f->log);
        tracer_done(&f->tracer);
        census_free(f->census);
        hugepages_free(f->hugepages);
        free(f->writers);
        counting_free(f->counting);
        sampler_free(f->sampler);
        root_free(f->root);
        config_free(f->config);
        places_done(&f->places);
        journal_drain(&f->journal);
        free(f);
        return NULL;
}
