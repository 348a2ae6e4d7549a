/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config.h (daemon) - the configuration: files, drop-ins, built-in policies, one option table.
 *
 * Built-in policies (conf/policies, compiled in) < FILE < FILE.d/NAME.conf in strcmp order. Scalars override one by one, groups merge,
 * lists replace. Any error refuses the whole: all errors are collected, each with file:line. Reads files, never logs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "base/strbuf.h"
#include "engine/policy.h"

typedef struct ConfigError {
        char *file; /* owned */
        unsigned line; /* 0: the file as a whole */
        char *message; /* what, what was expected, did you mean; owned */
} ConfigError;

typedef struct ConfigErrors {
        ConfigError items[CONFIG_ERRORS_MAX];
        size_t n;
        size_t dropped; /* beyond CONFIG_ERRORS_MAX */
} ConfigErrors;
void config_errors_done(ConfigErrors *e);
/* All of them, one line each: "FILE:LINE: message", or "FILE: message" for line 0. */
void config_errors_text(const ConfigErrors *e, StrBuf *ret);

typedef struct ConfigPolicy {
        Policy policy;
        char *source; /* "built in", or "FILE:LINE" where it was defined or changed last; owned */
} ConfigPolicy;

/* Names of processes, as the kernel has them. */
typedef struct NameList {
        char items[WATCHED_MAX][TASK_NAME_MAX];
        uint32_t n;
} NameList;

/* What is set where the configuration says nothing: the most usual databases, and virtual machines. */
#define STALLS_WATCH(X) X("postgres") X("mysqld") X("mariadbd") X("mongod") X("redis-server") X("java") X("qemu-system-x86")
#define STALLS_WATCH_TEXT "postgres, mysqld, mariadbd, mongod, redis-server, java, qemu-system-x86"
#define STALLS_ASKED      256
#define STALLS_ASKED_TEXT "256"

typedef struct StallsConfig {
        uint32_t asked; /* processes at one look; 0: none */
        bool trace;     /* compactions, where delay accounting does not tell */
        NameList watch;
} StallsConfig;

typedef struct Config {
        char policy[POLICY_NAME_MAX]; /* the one to follow; "balanced" unless set */
        char *user;                   /* NULL: the default; owned */
        char *metrics_listen;         /* NULL: nowhere; owned */
        StallsConfig stalls;
        bool fallback_events;         /* whether they are counted */
        bool kernel_log;              /* whether messages of the kernel are */
        ConfigPolicy policies[POLICIES_MAX];
        size_t n_policies;
        char *files[CONFIG_FILES_MAX]; /* what was read, in order; owned */
        size_t n_files;
} Config;

/* Whose files are accepted; they must not be writable by others, either. fragd that has left root keeps to root's: who takes it over
 * must not feed it a configuration. */
typedef enum ConfigOwner {
        CONFIG_OWNER_ANY, /* nothing is checked */
        CONFIG_OWNER_ROOT,
        CONFIG_OWNER_ROOT_OR_CALLER,
} ConfigOwner;

/* path: the main file; it and path.d may be missing unless must_exist. Returns 0 and a new Config; -EINVAL with errors filled;
 * -ENOMEM. */
int config_load(Config **ret, const char *path, bool must_exist, ConfigOwner owner, ConfigErrors *errors);
/* The same for one text under that name, without files. */
int config_load_text(Config **ret, const char *name, const char *text, ConfigErrors *errors);
Config *config_free(Config *c);
static inline void config_freep(Config **c)
{
        if (*c)
                config_free(*c);
}
/* NULL if there is none of that name. */
const ConfigPolicy *config_policy(const Config *c, const char *name);
/* The policy as it would stand in a configuration file. */
void config_policy_text(const Policy *p, StrBuf *ret);
/* The option table, for `fragd --list-options` and the drift test: one line an option: "path<TAB>kind<TAB>range<TAB>default". */
void config_options_text(StrBuf *ret);
