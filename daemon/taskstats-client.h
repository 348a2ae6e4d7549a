/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* taskstats-client.h - fragd's end of the connection to fragd-taskstats (lib/wire/taskstats.h). Asks for many processes at once and
 * waits for nothing: the answers come one by one, in the order of asking. */
#pragma once

#include <systemd/sd-event.h>

#include "wire/taskstats.h"

typedef struct TaskstatsClient TaskstatsClient;

typedef struct TaskstatsHandlers {
        /* One answer. */
        void (*on_reply)(const TaskstatsReply *reply, void *userdata);
        /* All that was asked is answered. */
        void (*on_done)(void *userdata);
        /* The connection is over, or it took too long: error 0 when the other side closed it. Called once, nothing comes after it; the
         * client may be freed there. */
        void (*on_gone)(int error, void *userdata);
} TaskstatsHandlers;

/* fd: connected, taken on success. -ENOMEM, or sd-event's errors. */
int taskstats_client_new(
        TaskstatsClient **ret, sd_event *event, int fd, const TaskstatsHandlers *handlers, void *userdata);
TaskstatsClient *taskstats_client_free(TaskstatsClient *c);
/* Not while others are still to be answered. pids are copied. -ENOMEM, or sd-event's errors. */
int taskstats_client_ask(TaskstatsClient *c, const uint32_t *pids, size_t n);
