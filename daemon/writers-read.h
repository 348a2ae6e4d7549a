/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* writers-read.h - who else sets what fragd looks at, read from the machine, and bounded (WRITER_*_MAX): all of it at
 * start and on reload only. Never logs.
 *
 * Read are the processes' names; sysctl.d and tmpfiles.d in systemd's order (a file takes the place of those of its name in later
 * folders; of entries the last one counts), then /etc/sysctl.conf; the active profile of TuneD with what it includes; cron's tables and
 * folders; units. Of what cron and the administrator's own units run, scripts are looked into. */
#pragma once

#include "base/rival.h"
#include "root/root.h"
#include "writers/writers.h"

#define WRITERS_UNREAD_MAX 8

typedef struct WritersFound {
        Writers list;
        uint32_t rivals;                  /* 1u << Rival: running */
        uint32_t pids[_RIVAL_MAX];        /* of them */
        char unread[WRITERS_UNREAD_MAX][64]; /* folders that could not be listed, with the leading '/' */
        size_t n_unread;
        size_t files; /* looked at */
} WritersFound;

/* A new one, to be freed with free(). -ENOMEM. */
int writers_read(WritersFound **ret, const RootDir *root);
/* The same, of sysctl.d and /etc/sysctl.conf alone: some small files. */
int writers_read_sysctl(WritersFound **ret, const RootDir *root);
