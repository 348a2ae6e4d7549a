/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* priorities.h - who comes first when several sources of the event loop are ready. Lower is
 * earlier. */
#pragma once

#include <systemd/sd-event.h>

enum {
        PRIORITY_SIGNAL = SD_EVENT_PRIORITY_NORMAL -
                          50, /* an end that was asked for comes before all else */
        PRIORITY_ACTOR = SD_EVENT_PRIORITY_NORMAL -
                         40, /* results, before the sample that they explain */
        PRIORITY_REQUEST = SD_EVENT_PRIORITY_NORMAL -
                           30, /* what a client asked, before the next client */
        PRIORITY_HOTPLUG = SD_EVENT_PRIORITY_NORMAL - 20,
        PRIORITY_PSI = SD_EVENT_PRIORITY_NORMAL - 15,
        PRIORITY_SAMPLE = SD_EVENT_PRIORITY_NORMAL - 10,
        PRIORITY_KERNEL_LOG = SD_EVENT_PRIORITY_NORMAL -
                              5, /* at most once a second, and bounded: before clients that ask for it */
        PRIORITY_CLIENT = SD_EVENT_PRIORITY_NORMAL, /* many, and none may delay the above */
};
