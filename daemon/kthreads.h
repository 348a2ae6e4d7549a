/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* kthreads.h - the kcompactd threads, one a node with memory: their state and CPU time, from
 * /proc/PID/stat and /proc/PID/schedstat. They live as long as their node: looked for once, then
 * only read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"
#include "root/root.h"

#define KTHREAD_PATH_MAX 40

typedef struct Kthread {
        uint32_t node;
        char stat_path[KTHREAD_PATH_MAX], schedstat_path[KTHREAD_PATH_MAX];
        RootFile stat, schedstat;
        bool no_schedstat; /* the kernel does not have it (CONFIG_SCHED_INFO) */
        char state;        /* 0: not read yet */
        uint64_t cpu_nsec; /* UNKNOWN_U64 */
} Kthread;

typedef struct Kthreads {
        Kthread *items; /* owned */
        size_t n, n_allocated;
} Kthreads;

void kthreads_done(Kthreads *k);
/* Scans /proc by thread name, up to `expected` threads. 0 also where there are none (containers,
 * recorded machines); -ENOMEM, or why /proc cannot be listed. */
int kthreads_find(Kthreads *k, const RootDir *root, size_t expected);
/* Reads them all into the model's nodes. Negative errno of the first that fails (find them again
 * then; error: as the parsers). */
int kthreads_read(Kthreads *k, const RootDir *root, Model *m, ParseError *ret_error);
