/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stalls.h - who waits in direct compaction: looks at the processes (lib/stalls), and asks fragd-taskstats about them.
 *
 * A look is taken when there were direct compactions since the last one (vmstat's compact_stall), at most every STALLS_INTERVAL,
 * or when somebody asks. It lists /proc, reads the names of new processes and asks about so many as the configuration allows.
 * Nothing waits for the answers: they come as events.
 *
 * Where there are no figures, stalls_why() says why, in a clause, and stalls_next_step() what to do about it. */
#pragma once

#include <systemd/sd-event.h>

#include "base/usec.h"
#include "daemon/config.h"
#include "root/root.h"
#include "stalls/ledger.h"
#include "stalls/tasks.h"

#define STALLS_INTERVAL (10 * USEC_PER_SEC)

typedef enum StallsState {
        STALLS_NOT_ASKED,  /* no direct compaction yet, nothing to ask */
        STALLS_ON,         /* there are figures */
        STALLS_DISABLED,   /* stalls.asked is 0 */
        STALLS_OFF,        /* kernel.task_delayacct is 0 */
        STALLS_NO_HELPER,  /* fragd-taskstats cannot be reached */
        STALLS_REFUSED,    /* the kernel does not answer */
        STALLS_OLD_KERNEL, /* its TASKSTATS has no compaction */
        STALLS_UNKNOWN_VERSION,
        _STALLS_STATE_MAX,
} StallsState;
const char *stalls_state_name(StallsState s);

typedef struct Stalls Stalls;

typedef struct StallsFacts {
        StallsState state;
        unsigned version;       /* of TASKSTATS; 0: not known */
        usec_t looked_realtime; /* 0: never */
        size_t processes, asked; /* at the last look */
        bool partial_start;     /* when delay accounting was switched on is not known */
} StallsFacts;

/* What a watched name lost since fragd was started. */
typedef struct StallsWatch {
        char name[TASK_NAME_MAX];
        Lost lost;
        size_t processes;
} StallsWatch;

/* root, runtime_dir: borrowed. fd: connected to a fragd-taskstats, taken; -EBADF: one is looked for in runtime_dir. on_looked: after
 * each look. -ENOMEM. */
int stalls_new(Stalls **ret, sd_event *event, const RootDir *root, const char *runtime_dir, int fd, usec_t realtime,
        void (*on_looked)(void *userdata), void *userdata);
Stalls *stalls_free(Stalls *s);
static inline void stalls_freep(Stalls **s)
{
        if (*s)
                stalls_free(*s);
}
void stalls_configure(Stalls *s, const StallsConfig *c);
/* After a sample, in which vmstat's compact_stall was `stalls` (UNKNOWN_U64: not known): looks where it is time to. -ENOMEM, or
 * sd-event's errors. */
int stalls_sampled(Stalls *s, uint64_t stalls, usec_t now, usec_t realtime);
/* Looks now, where there is something new. Returns 1 if on_looked() follows, 0 if all is as it was told last; negative errno as above. */
int stalls_look(Stalls *s, usec_t now, usec_t realtime);

void stalls_facts(const Stalls *s, StallsFacts *ret);
/* NULL where there are figures, or would be. */
const char *stalls_why(const Stalls *s, char *buf, size_t size);
const char *stalls_next_step(const Stalls *s);
/* Whether delay accounting tells, as far as is known: of what it counts. */
bool stalls_answers(const Stalls *s);
/* And of all processes, since it has been on since boot. */
bool stalls_tell_all(const Stalls *s);
const Tasks *stalls_tasks(const Stalls *s);
const Ledger *stalls_ledger(const Stalls *s);
/* The watched names, then what all others lost, under LEDGER_OTHERS. */
size_t stalls_watched(const Stalls *s, StallsWatch ret[static WATCHED_MAX + 1]);
/* Another configuration: names that stay keep what they lost. n: names before. Returns how many there are now. */
size_t stalls_watch_renew(StallsWatch w[static WATCHED_MAX + 1], size_t n, const StallsConfig *c);
