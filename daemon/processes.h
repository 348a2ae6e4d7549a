/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* processes.h - which processes there are, below the root's /proc; and what else of the machine stalls.c asks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"
#include "root/root.h"

/* All pids, ascending, into a new array. -ENOMEM, or why /proc cannot be listed. */
int processes_list(const RootDir *root, uint32_t **ret, size_t *ret_n);
/* Its name, and its start in clock ticks since boot. Negative errno: it has ended, or is hidden. */
int processes_read(const RootDir *root, uint32_t pid, char name[static TASK_NAME_MAX], uint64_t *ret_start);
/* Clock ticks since boot, as a process' start counts them. */
uint64_t processes_ticks_now(void);
/* Whether the kernel was booted with that parameter, a word without a value. */
bool processes_boot_has(const RootDir *root, const char *parameter);
/* A SOCK_SEQPACKET connection to DIR/NAME. Returns an fd or negative errno. */
int processes_connect(const char *dir, const char *name);
