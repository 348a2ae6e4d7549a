/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* actor-client.h - fragd's end of the connection to fragd-actor (lib/wire/wire.h).
 *
 * Requests go out by id and are never waited for: each answer comes back as an event of the engine,
 * or a time-out does. The only calls that wait are those of the start and of the end, where no
 * event loop runs. */
#pragma once

#include <systemd/sd-event.h>

#include "engine/engine.h"
#include "wire/wire.h"

typedef struct ActorClient ActorClient;

typedef struct ActorHandlers {
        /* EVENT_ACTION_DONE or EVENT_ACTION_TIMEOUT. A negative result ends the event loop. */
        int (*on_event)(const Event *event, void *userdata);
        /* The answer to actor_client_counters(), -ETIMEDOUT included; fds are taken. */
        int (*on_counters)(uint32_t group, int result, uint32_t opened, const int *fds, size_t n, void *userdata);
        /* The same for actor_client_rings(). */
        int (*on_rings)(uint32_t group, int result, uint32_t opened, const int *fds, size_t n, void *userdata);
        /* The connection is over: error 0 when the actor closed it (it has ended), else negative
         * errno. Called once. */
        int (*on_gone)(int error, void *userdata);
} ActorHandlers;

/* fd: connected, taken on success. */
int actor_client_new(ActorClient **ret, int fd);
ActorClient *actor_client_free(ActorClient *c);
static inline void actor_client_freep(ActorClient **c)
{
        if (*c)
                actor_client_free(*c);
}

/* --- waiting, without an event loop: at the start and at the end. timeout: -ETIMEDOUT after it;
 * -ECONNRESET when it closed. --- */
int actor_client_hello(ActorClient *c, usec_t timeout);
/* Returns an fd, or what the actor or the connection said. */
int actor_client_source(ActorClient *c, WireSource source, usec_t timeout);
/* Every knob back to its baseline. Returns how many were put back. */
int actor_client_restore(ActorClient *c, usec_t timeout);

/* --- in an event loop --- */
int actor_client_attach(
        ActorClient *c, sd_event *event, const ActorHandlers *handlers, void *userdata);
/* Asks for what the decision says (d->act is not ACT_NONE). -ENOMEM, or sd-event's errors; what the
 * actor or the connection refuses comes back as an event. */
int actor_client_act(ActorClient *c, const Decision *d);
/* Asks for counters of these CPUs (WIRE_COUNTERS): on_counters() has the answer. -ENOMEM, or sd-event's errors. */
int actor_client_counters(ActorClient *c, uint32_t group, uint32_t cpus, unsigned order);
/* Asks for records of compactions on these CPUs (WIRE_RINGS): on_rings() has the answer. The same errors. */
int actor_client_rings(ActorClient *c, uint32_t group, uint32_t cpus);
/* If the actor may hold a knob or compact: sees to it that it does not let go before `until` (WIRE_LEASE), nor much later. Both are
 * monotonic. -ENOMEM, or sd-event's errors. */
int actor_client_lease(ActorClient *c, usec_t now, usec_t until);
