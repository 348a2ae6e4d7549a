/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* places.h - what fragd needs in the file system, prepared while it still is root: the runtime
 * directory with its lock and sockets, and the state directory.
 *
 * The runtime directory stays root's: the actor keeps its baseline there, which the unprivileged
 * fragd must not be able to forge. So a fragd that dropped its privileges leaves its socket nodes
 * behind; the next one replaces them. For the same reason root does not take one that others may
 * write. The state directory is the user's that fragd becomes; one that holds anything else than
 * fragd's own is not given away. */
#pragma once

#include "daemon/journal.h"
#include "daemon/privilege.h"

typedef struct Places {
        int runtime_fd; /* of the runtime directory */
        int lock_fd;    /* of the file "lock" there, locked: one fragd a directory (its actor has a
                           lock of its own); -EBADF where both sockets were passed */
        int state_fd;   /* of the state directory; -EBADF: policies are not kept */
        int monitor_fd; /* listening, or -EBADF once taken */
        int admin_fd;
        int actor_fd;                    /* of an actor that somebody else started; -EBADF */
        int metrics_fd;                  /* listening, or -EBADF: metrics are not asked for */
        bool bound_monitor, bound_admin; /* the node in the runtime directory is ours */
} Places;

#define PLACES_INIT                                                                                \
        {                                                                                          \
                .runtime_fd = -EBADF, .lock_fd = -EBADF, .state_fd = -EBADF, .monitor_fd = -EBADF, \
                .admin_fd = -EBADF, .actor_fd = -EBADF, .metrics_fd = -EBADF                                             \
        }

void places_done(Places *p);
/* owner: who will write the state directory; NULL: whoever we are. Logs what fails; negative errno
 * where fragd cannot run. */
int places_prepare(Places *p, const char *runtime_dir, const char *state_dir, const Identity *owner,
        const Journal *journal);
/* Removes the socket nodes that were bound here, if we still may. */
void places_remove_sockets(const Places *p);
