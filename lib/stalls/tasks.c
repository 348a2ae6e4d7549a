/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "stalls/tasks.h"

#include "base/macros.h"

/* Who waited within this time is asked before others. */
#define LATELY (10 * USEC_PER_MIN)

const char *counted_name(Counted c)
{
        static const char *const names[] = { [COUNTED_UNKNOWN] = "unknown", [COUNTED_NO] = "no", [COUNTED_YES] = "yes" };

        assert((size_t)c < ELEMENTSOF(names));
        return names[c];
}

void tasks_init(Tasks *t, uint64_t since)
{
        *t = (Tasks){ .since = since, .on_since = UINT64_MAX };
}

void tasks_done(Tasks *t)
{
        free(t->items);
        *t = (Tasks){ 0 };
}

static void copy_name(char *ret, const char *name)
{
        size_t n = strnlen(name, TASK_NAME_MAX - 1);

        memcpy(ret, name, n);
        memset(ret + n, 0, TASK_NAME_MAX - n);
}

static int watch_of(const Tasks *t, const char *name)
{
        for (size_t i = 0; i < t->n_watched; i++)
                if (streq(t->watched[i], name))
                        return (int)i;
        return -1;
}

void tasks_watch(Tasks *t, const char *const *names, size_t n)
{
        t->n_watched = MIN(n, (size_t)WATCHED_MAX);
        for (size_t i = 0; i < t->n_watched; i++)
                copy_name(t->watched[i], names[i]);
        for (size_t i = 0; i < t->n; i++)
                t->items[i].watch = watch_of(t, t->items[i].name);
}

void tasks_accounting(Tasks *t, bool on, bool since_boot, uint64_t now)
{
        if (!on) {
                t->off_until = now;
                t->on_since = UINT64_MAX;
        } else if (since_boot)
                t->on_since = 0;
        else if (t->on_since == UINT64_MAX)
                t->on_since = now;
}

static Task *find(const Tasks *t, uint32_t pid)
{
        size_t low = 0, high = t->n;

        while (low < high) {
                size_t middle = (low + high) / 2;

                if (t->items[middle].pid == pid)
                        return &t->items[middle];
                if (t->items[middle].pid < pid)
                        low = middle + 1;
                else
                        high = middle;
        }
        return NULL;
}

const Task *tasks_find(const Tasks *t, uint32_t pid)
{
        return find(t, pid);
}

static Task task_new(uint32_t pid)
{
        return (Task){ .pid = pid, .start = UINT64_MAX, .watch = -1, .compactions = UNKNOWN_U64 };
}

int tasks_list(Tasks *t, const uint32_t *pids, size_t n)
{
        size_t kept = MIN(n, (size_t)TASKS_MAX), old = 0;
        Task *items;

        items = calloc(MAX(kept, (size_t)1), sizeof(*items));
        if (!items)
                return -ENOMEM;
        for (size_t i = 0; i < kept; i++) {
                while (old < t->n && t->items[old].pid < pids[i])
                        old++;
                items[i] = old < t->n && t->items[old].pid == pids[i] ? t->items[old] : task_new(pids[i]);
        }
        free(t->items);
        t->items = items;
        t->n = kept;
        t->dropped = n - kept;
        return 0;
}

size_t tasks_unnamed(const Tasks *t, uint32_t *ret, size_t max)
{
        size_t n = 0;

        for (size_t i = 0; i < t->n && n < max; i++)
                if (t->items[i].start == UINT64_MAX)
                        ret[n++] = t->items[i].pid;
        return n;
}

void tasks_name(Tasks *t, uint32_t pid, const char *name, uint64_t start)
{
        Task *task = find(t, pid);

        if (!task)
                return;
        if (task->start != start)
                *task = task_new(pid);
        task->start = start;
        copy_name(task->name, name);
        task->watch = watch_of(t, task->name);
}

/* --- whom to ask --- */

/* 0: watched and waited lately, 1: watched, 2: waited lately, 3: others. */
static unsigned rank(const Task *task, usec_t now)
{
        bool lately = task->moved > 0 && usec_sub(now, task->moved) < LATELY;

        return task->watch >= 0 ? (lately ? 0 : 1) : (lately ? 2 : 3);
}

typedef struct Turn {
        unsigned rank;
        usec_t asked;
        uint32_t pid;
} Turn;

static int compare(uint64_t a, uint64_t b)
{
        return (a > b) - (a < b);
}

static int by_turn(const void *a, const void *b)
{
        const Turn *x = a, *y = b;

        return compare(x->rank, y->rank) ?: compare(x->asked, y->asked) ?: compare(x->pid, y->pid);
}

size_t tasks_choose(const Tasks *t, usec_t now, uint32_t *ret, size_t max)
{
        _cleanup_free_ Turn *turns = calloc(MAX(t->n, (size_t)1), sizeof(*turns));
        size_t n = 0, first;

        if (!turns)
                return 0;
        for (size_t i = 0; i < t->n; i++)
                if (t->items[i].start != UINT64_MAX)
                        turns[n++] = (Turn){ rank(&t->items[i], now), t->items[i].asked, t->items[i].pid };
        qsort(turns, n, sizeof(*turns), by_turn);
        first = n > max ? max - max / 4 : n;
        for (size_t i = first; i < n; i++)
                turns[i].rank = 0;
        qsort(turns + first, n - first, sizeof(*turns), by_turn);
        n = MIN(n, max);
        for (size_t i = 0; i < n; i++)
                ret[i] = turns[i].pid;
        return n;
}

/* --- what is new --- */

static Counted judge(const Tasks *t, const Task *task, const Taskstats *s)
{
        if (s->accounted || task->start >= t->on_since)
                return COUNTED_YES;
        return task->start < t->off_until ? COUNTED_NO : COUNTED_UNKNOWN;
}

static uint64_t grown(uint64_t before, uint64_t now)
{
        return before == UNKNOWN_U64 || now == UNKNOWN_U64 ? 0 : LESS_BY(now, before);
}

bool tasks_told(Tasks *t, uint32_t pid, const Taskstats *s, usec_t now, TaskNews *ret)
{
        Task *task = find(t, pid);
        bool first;

        if (!task)
                return false;
        first = task->compactions == UNKNOWN_U64;
        if (first && task->start >= t->since)
                task->compactions = task->compact_nsec = task->reclaims = task->reclaim_nsec = 0;
        else if (first) {
                task->compactions = s->compactions;
                task->compact_nsec = s->compact_nsec;
                task->reclaims = s->reclaims;
                task->reclaim_nsec = s->reclaim_nsec;
        }
        *ret = (TaskNews){
                .task = task,
                .compactions = grown(task->compactions, s->compactions),
                .compact_nsec = grown(task->compact_nsec, s->compact_nsec),
                .reclaims = grown(task->reclaims, s->reclaims),
                .reclaim_nsec = grown(task->reclaim_nsec, s->reclaim_nsec),
        };
        task->compactions = s->compactions;
        task->compact_nsec = s->compact_nsec;
        task->reclaims = s->reclaims;
        task->reclaim_nsec = s->reclaim_nsec;
        task->counted = judge(t, task, s);
        task->asked = MAX(now, (usec_t)1);
        if (ret->compactions > 0)
                task->moved = task->asked;
        return true;
}
