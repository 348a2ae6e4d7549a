/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* api-window.h - what was recorded in the last so much time, for methods that take window_usec. */
#pragma once

#include "daemon/api-internal.h"
#include "record/record.h"

#define API_WINDOW_DEFAULT (15 * USEC_PER_MIN)
#define API_WINDOW_MAX     (7 * 24 * USEC_PER_HOUR)
#define API_WINDOW_PARAM(variable)                                                                 \
        {                                                                                          \
                .name = "window_usec", .type = API_PARAM_UINT, .value = &(variable),               \
                .min = USEC_PER_SEC, .max = API_WINDOW_MAX                                         \
        }

typedef struct ApiWindow {
        usec_t over; /* known of it, up to the last sample; 0: nothing */
        uint64_t counts[_RECORD_COUNT_MAX]; /* UNKNOWN_U64 */
} ApiWindow;

/* For each node of each of some 60 steps, oldest first. */
typedef void (*ApiWindowHandler)(const RecordNode *n, void *userdata);

/* handler may be NULL. -ENOMEM. */
int api_window_read(
        const Api *a, usec_t window, ApiWindow *ret, ApiWindowHandler handler, void *userdata);
