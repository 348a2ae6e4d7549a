/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* listen.h - whom to serve: a connected socket by its number, or who comes to the listening socket that a service manager
 * passes (sd_listen_fds(3), done by hand, as no library is to run with the actor's privilege).
 *
 * Who may open the socket is for its owner and mode to say. The peer's credentials are looked at
 * all the same: root or the owner of the socket's node. One peer is served; others that come
 * meanwhile are sent away. */
#pragma once

#include <sys/types.h>

typedef struct Listener {
        int fd;      /* -EBADF: none; not owned */
        uid_t owner; /* of the node in the file system */
} Listener;

#define LISTENER_NONE                                                                              \
        {                                                                                          \
                .fd = -EBADF                                                                       \
        }

/* A SOCK_SEQPACKET socket by the number of its fd; it is not inherited further. Negative errno: it is none. */
int peer_parse(const char *text, int *ret);
/* What follows says on stderr why it fails.
 * -ENOENT: none was passed to this process; -EPROTOTYPE: not one listening SOCK_SEQPACKET socket;
 * -EINVAL: it has no node, or one whose owner cannot be told. */
int listener_take(Listener *ret);
/* Waits for the first peer that may be served; those that may not are told on stderr and sent away.
 * Returns its fd. */
int listener_accept(const Listener *l);
/* Sends away who came while `served` is connected. Once that one has hung up, who waits is for the
 * next actor and stays in the queue. */
void listener_refuse(const Listener *l, int served);
