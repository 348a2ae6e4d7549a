/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-policy.c - which policy is followed. Set for a time (until it ends) goes before chosen at
 * run time (kept in the state directory unless told otherwise) goes before the configuration's. */
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/units.h"
#include "daemon/fragd-private.h"
#include "daemon/message-ids.h"
#include "daemon/policy-store.h"

static const char *policy_after(const Fragd *f)
{
        return f->chosen[0] ? f->chosen : f->config->policy;
}

static const char *policy_wanted(const Fragd *f)
{
        return f->timed[0] ? f->timed : policy_after(f);
}

/* Two policies are the same if they would stand in a file in the same words. */
static int policy_is_same(const Policy *a, const Policy *b)
{
        _cleanup_strbuf_ StrBuf text_a = { 0 }, text_b = { 0 };

        config_policy_text(a, &text_a);
        config_policy_text(b, &text_b);
        if (strbuf_error(&text_a) < 0 || strbuf_error(&text_b) < 0)
                return -ENOMEM;
        return streq(strbuf_text(&text_a), strbuf_text(&text_b)) && streq(a->name, b->name) &&
               a->act == b->act;
}

/* As a service fragd never is root: what is missing then is the actor's socket. */
static void say_no_actor(Fragd *f)
{
        if (f->places.bound_monitor)
                snprintf(f->why_not, sizeof(f->why_not), "not started as root");
        else
                snprintf(f->why_not, sizeof(f->why_not),
                        "no socket at %s/" ACTOR_SOCKET ": systemctl restart fragd starts "
                        "fragd-actor.socket",
                        f->options->runtime_dir);
}

static void set_why_not(Fragd *f, const Policy *p)
{
        if (f->options->observe)
                snprintf(f->why_not, sizeof(f->why_not), "started with --observe");
        else if (!f->actor)
                say_no_actor(f);
        else if (!p->act)
                snprintf(f->why_not, sizeof(f->why_not), "policy %s never acts", p->name);
        else
                f->why_not[0] = 0;
}

int fragd_apply_policy(Fragd *f)
{
        const ConfigPolicy *wanted = config_policy(f->config, policy_wanted(f));
        Policy policy, followed;
        int r;

        assert(wanted); /* config_load() and those who choose have checked */
        policy = wanted->policy;
        if (f->options->observe)
                policy.act = false;
        set_why_not(f, &policy);
        if (engine_policy(f->engine)) {
                engine_policy_own(f->engine, &followed);
                r = policy_is_same(&followed, &policy);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        return fragd_step(f, &(Event){ .type = EVENT_POLICY, .policy = &policy });
}

/* The name of a policy that exists; -ENOENT. */
static int choose(Fragd *f, char ret[static POLICY_NAME_MAX], const char *name)
{
        const ConfigPolicy *p = config_policy(f->config, name);

        if (!p)
                return -ENOENT;
        memcpy(ret, p->policy.name, POLICY_NAME_MAX);
        return 0;
}

static void log_forgotten(const Fragd *f, const char *name)
{
        journal_log(&f->journal, LOG_WARNING, NULL,
                "policy \"%s\", which was set at run time, is not in the configuration any more: "
                "following \"%s\" instead",
                name, f->config->policy);
}

int fragd_choose_given_policy(Fragd *f)
{
        int r;

        if (!f->options->policy)
                return 0;
        r = choose(f, f->chosen, f->options->policy);
        if (r < 0)
                journal_log(&f->journal, LOG_ERR, NULL,
                        "--policy %s: expected a policy of the configuration: not starting",
                        f->options->policy);
        return r;
}

void fragd_choose_kept_policy(Fragd *f)
{
        char kept[POLICY_NAME_MAX];
        int r;

        if (f->options->policy || f->places.state_fd < 0)
                return;
        r = policy_store_load(f->places.state_fd, kept);
        if (r == -ENOENT)
                return;
        if (r < 0)
                journal_log(&f->journal, LOG_WARNING, NULL,
                        "ignoring %s/policy: %s; following \"%s\"", f->options->state_dir,
                        r == -EBADMSG ? "expected the name of a policy" : strerror(-r),
                        f->config->policy);
        else if (choose(f, f->chosen, kept) < 0)
                log_forgotten(f, kept);
}

static int on_policy_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Fragd *f = userdata;

        f->timed[0] = 0;
        return fragd_apply_policy(f);
}

static int arm_policy_timer(Fragd *f)
{
        int r;

        if (!f->policy_timer) {
                r = sd_event_add_time(
                        f->event, &f->policy_timer, CLOCK_MONOTONIC, 0, 0, on_policy_timer, f);
                if (r < 0)
                        return r;
                (void)sd_event_source_set_description(f->policy_timer, "policy");
                r = sd_event_source_set_exit_on_failure(f->policy_timer, true);
                if (r < 0)
                        return r;
        }
        if (!f->timed[0])
                return sd_event_source_set_enabled(f->policy_timer, SD_EVENT_OFF);
        r = sd_event_source_set_time(f->policy_timer, f->timed_until);
        return r < 0 ? r : sd_event_source_set_enabled(f->policy_timer, SD_EVENT_ONESHOT);
}

/* What is kept is only what differs from the configuration: who chooses what stands there follows
 * it from now on. */
static void keep_policy(Fragd *f)
{
        int r;

        if (f->places.state_fd < 0)
                return; /* said at the start */
        if (f->chosen[0])
                r = policy_store_save(f->places.state_fd, f->chosen);
        else
                r = policy_store_forget(f->places.state_fd);
        if (r < 0)
                journal_log(&f->journal, LOG_WARNING, NULL,
                        "policy \"%s\" is not kept across restarts: cannot write %s/policy: %s",
                        policy_after(f), f->options->state_dir, strerror(-r));
}

static void log_asked(const Fragd *f, usec_t duration, uint32_t uid, uint32_t pid)
{
        char text[UNIT_TEXT_MAX];

        if (duration)
                journal_log_peer(&f->journal, LOG_NOTICE, MESSAGE_ID_POLICY_ASKED, uid, pid,
                        "policy \"%s\" asked for by uid %" PRIu32 " (pid %" PRIu32
                        ") for %s, then \"%s\"",
                        policy_wanted(f), uid, pid, duration_format(text, sizeof(text), duration),
                        policy_after(f));
        else
                journal_log_peer(&f->journal, LOG_NOTICE, MESSAGE_ID_POLICY_ASKED, uid, pid,
                        "policy \"%s\" asked for by uid %" PRIu32 " (pid %" PRIu32 ")",
                        policy_wanted(f), uid, pid);
}

int fragd_set_policy(
        Fragd *f, const char *name, usec_t duration, bool runtime, uint32_t uid, uint32_t pid)
{
        int r;

        if (duration) {
                r = choose(f, f->timed, name);
                if (r < 0)
                        return r;
                f->timed_until = usec_add(fragd_now(f), duration);
        } else {
                r = choose(f, f->chosen, name);
                if (r < 0)
                        return r;
                f->timed[0] = 0;
                if (!runtime) {
                        if (streq(f->chosen, f->config->policy))
                                f->chosen[0] = 0;
                        keep_policy(f);
                }
        }
        log_asked(f, duration, uid, pid);
        r = arm_policy_timer(f);
        return r < 0 ? r : fragd_apply_policy(f);
}

void fragd_log_config_errors(const Fragd *f, const ConfigErrors *errors)
{
        for (size_t i = 0; i < errors->n; i++) {
                const ConfigError *e = &errors->items[i];

                if (e->line)
                        journal_log(&f->journal, LOG_ERR, MESSAGE_ID_CONFIG_REFUSED, "%s:%u: %s",
                                e->file, e->line, e->message);
                else
                        journal_log(&f->journal, LOG_ERR, MESSAGE_ID_CONFIG_REFUSED, "%s: %s",
                                e->file, e->message);
        }
        if (errors->dropped)
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_CONFIG_REFUSED, "and %zu more errors",
                        errors->dropped);
}

/* Choices that the new configuration does not have any more. */
static void forget_missing(Fragd *f)
{
        if (f->chosen[0] && !config_policy(f->config, f->chosen)) {
                log_forgotten(f, f->chosen);
                f->chosen[0] = 0;
                keep_policy(f);
        }
        if (f->timed[0] && !config_policy(f->config, f->timed)) {
                log_forgotten(f, f->timed);
                f->timed[0] = 0;
        }
}

static int reload(Fragd *f, ConfigErrors *errors)
{
        Config *config;
        int r;

        r = config_load(&config, f->options->config_path, f->options->config_given, f->config_owner, errors);
        if (r < 0) {
                fragd_log_config_errors(f, errors);
                journal_log(&f->journal, LOG_ERR, MESSAGE_ID_CONFIG_REFUSED,
                        "configuration refused%s%s: going on with the one before",
                        r == -EINVAL ? "" : ": ", r == -EINVAL ? "" : strerror(-r));
                return r;
        }
        fragd_metrics_reloaded(f, config);
        config_free(f->config);
        f->config = config;
        stalls_configure(f->stalls, &config->stalls);
        journal_log(&f->journal, LOG_NOTICE, MESSAGE_ID_CONFIG_RELOADED,
                "configuration read: %zu file%s, policy \"%s\"", config->n_files,
                config->n_files == 1 ? "" : "s", config->policy);
        counting_set(f->counting, config->fallback_events, f->actor_gone ? NULL : f->actor);
        latency_configure(f->latency, &config->stalls, f->actor_gone ? NULL : f->actor);
        forget_missing(f);
        r = kernel_log_set(f->kernel_log, config->kernel_log, fragd_now(f));
        if (r >= 0)
                r = arm_policy_timer(f);
        return r < 0 ? r : fragd_apply_policy(f);
}

int fragd_reload(Fragd *f, ConfigErrors *errors)
{
        int r;

        (void)sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%" PRI_USEC, fragd_now(f));
        r = reload(f, errors);
        f->config_refused = r == -EINVAL;
        if (r >= 0)
                r = fragd_writers_look(f);
        (void)sd_notify(false, "READY=1");
        return r;
}
