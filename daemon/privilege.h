/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* privilege.h - started as root: spawn the actor, then become somebody without any privilege. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct Identity {
        uid_t uid;
        gid_t gid;
        gid_t journal_gid; /* 0: none */
} Identity;

/* Who fragd becomes. name: a user's name or a number (which need not stand in /etc/passwd); NULL:
 * "fragd", else "nobody", else 65534. -ESRCH: no such user; -EPERM: that is root. */
int identity_find(const char *name, Identity *ret);

/* So that it may read the journal afterwards, too: with the group systemd-journal, where there is one. */
void identity_add_journal(Identity *id);

/* For good: no group but its own and the journal's, no capability in any set, no_new_privs. Negative errno, after
 * which the process must end. */
int privilege_drop(const Identity *id);

/* Where fragd-actor is: `given` if not NULL, else beside this program, else FRAGD_ACTOR_PATH.
 * -ENOENT: at neither. */
int actor_find(const char *given, char *buf, size_t size);

/* The same for fragd-taskstats and FRAGD_TASKSTATS_PATH. */
int taskstats_find(const char *given, char *buf, size_t size);

/* Starts it with one end of a new SOCK_SEQPACKET pair as its fd 3. It gets a session of its own: a
 * Ctrl-C at the terminal must not end it before it has put back the knobs. counters: it keeps CAP_PERFMON. Returns our end and its
 * pid. */
int actor_spawn(
        const char *path, const char *root, const char *runtime_dir, bool counters, int *ret_fd, pid_t *ret_pid);
/* The same for fragd-taskstats. */
int taskstats_spawn(const char *path, int *ret_fd, pid_t *ret_pid);
