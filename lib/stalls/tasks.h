/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tasks.h - which processes wait in direct compaction: all that there are, by pid; whom to ask next; what is new in an answer.
 *
 * One look: tasks_list() with the pids of now, tasks_name() for those that are new, tasks_choose() says whom to ask (not more than
 * asked for, whatever there is), tasks_told() takes each answer. Processes of watched names come first, then those that waited
 * lately; a quarter of the questions go to those that were not asked for the longest time, so that each gets its turn.
 *
 * A process' counts are since its start. What is told as new is what came since the answer before; all of it, where the process was
 * started after `since` (tasks_init). What a process lost after its last answer is not known.
 *
 * No I/O, no clock. Times are monotonic; a process' start is in clock ticks since boot, as /proc/PID/stat has it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "base/usec.h"
#include "parse/taskstats.h"

/* Whether a process' waits are counted: only those of tasks that were started while delay accounting was on. */
typedef enum Counted {
        COUNTED_UNKNOWN, /* nothing was counted yet, and when it was switched on is not known */
        COUNTED_NO,      /* started while it was off */
        COUNTED_YES,
} Counted;
const char *counted_name(Counted c);

typedef struct Task {
        uint32_t pid;
        uint64_t start;           /* UINT64_MAX: not named yet */
        char name[TASK_NAME_MAX]; /* the kernel's, cut off after 15 */
        int watch;                /* index of the watched name; -1 */
        Counted counted;
        uint64_t compactions, compact_nsec, reclaims, reclaim_nsec; /* as told last, since its start; UNKNOWN_U64: never told */
        usec_t asked; /* 0: never */
        usec_t moved; /* when its compactions were seen to have grown; 0: never */
} Task;

typedef struct Tasks {
        Task *items; /* by pid; owned */
        size_t n;
        char watched[WATCHED_MAX][TASK_NAME_MAX];
        size_t n_watched;
        size_t dropped;         /* processes beyond TASKS_MAX at the last list */
        uint64_t since;         /* what was started then or later, is new as a whole */
        uint64_t on_since;      /* delay accounting has been on since then at the latest; UINT64_MAX: it is off */
        uint64_t off_until;     /* it was seen to be off then */
} Tasks;

/* since: clock ticks since boot. */
void tasks_init(Tasks *t, uint64_t since);
void tasks_done(Tasks *t);
/* Names beyond WATCHED_MAX are ignored; longer ones are cut off as the kernel does. */
void tasks_watch(Tasks *t, const char *const *names, size_t n);
/* Whether delay accounting is on at `now`, clock ticks since boot; since_boot: it has been on all the time. */
void tasks_accounting(Tasks *t, bool on, bool since_boot, uint64_t now);

/* The processes there are now, ascending pids. -ENOMEM. */
int tasks_list(Tasks *t, const uint32_t *pids, size_t n);
/* Those without a name yet, at most max. */
size_t tasks_unnamed(const Tasks *t, uint32_t *ret, size_t max);
/* Another start than before: another process with that pid. An unknown pid is ignored. */
void tasks_name(Tasks *t, uint32_t pid, const char *name, uint64_t start);
/* Pids to ask, at most max. */
size_t tasks_choose(const Tasks *t, usec_t now, uint32_t *ret, size_t max);

typedef struct TaskNews {
        const Task *task;
        uint64_t compactions, compact_nsec, reclaims, reclaim_nsec;
} TaskNews;
/* false: the process is not known any more. */
bool tasks_told(Tasks *t, uint32_t pid, const Taskstats *s, usec_t now, TaskNews *ret);
const Task *tasks_find(const Tasks *t, uint32_t pid);
