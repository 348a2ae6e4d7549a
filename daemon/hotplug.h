/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hotplug.h - memory blocks and nodes that come and go: uevents of the kernel
 * (NETLINK_KOBJECT_UEVENT group 1, no privilege needed).
 *
 * One hot-plug is dozens of uevents, so the handler is called once, a second after the last of a
 * burst (and at the latest ten seconds after the first). Lost uevents count as one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <systemd/sd-event.h>

typedef struct Hotplug Hotplug;

/* A negative result ends the event loop. */
typedef int (*HotplugHandler)(void *userdata);

int hotplug_new(Hotplug **ret, sd_event *event, HotplugHandler handler, void *userdata);
Hotplug *hotplug_free(Hotplug *h);
static inline void hotplug_freep(Hotplug **h)
{
        if (*h)
                hotplug_free(*h);
}

/* Whether a uevent ("ACTION@DEVPATH", then KEY=VALUE, each NUL-terminated) says that memory or a
 * node came or went. */
bool uevent_is_topology(const char *message, size_t size);
