/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* api.h - the methods of io.fragd.Monitor and io.fragd.Control: JSON in, calls on Fragd, JSON out. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/fragd.h"
#include "engine/decision.h"

typedef struct Api Api;

/* monitor_fd, admin_fd: listening sockets, taken; -EBADF: not offered. */
int api_new(Api **ret, sd_event *event, Fragd *fragd, int monitor_fd, int admin_fd);
Api *api_free(Api *a);
static inline void api_freep(Api **a)
{
        if (*a)
                api_free(*a);
}
/* Clients of both sockets. */
size_t api_n_clients(const Api *a);
/* To be called for every decision, in order: completes waiting Compact calls, feeds followers of GetLog. */
void api_decision(Api *a, const Decision *d);
/* To be called after every sample: feeds followers of GetStatus. */
void api_sample(Api *a);
/* A look at who waits in direct compaction has ended. */
void api_stalls_looked(Api *a);
