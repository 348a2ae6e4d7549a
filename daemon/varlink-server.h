/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* varlink-server.h - Varlink sockets in an sd-event loop: listening, clients, limits, the org.varlink.service interface.
 *
 * Shaped like sd-varlink's server, so that it can be replaced by it. One VarlinkServer holds any number of listening sockets; each
 * socket offers a set of interfaces. A method handler replies at once (varlink_conn_reply/_error), or keeps the connection and
 * replies later; when a client goes away meanwhile, its on_closed is called and the pointer is dead after that. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/usec.h"

typedef struct VarlinkServer VarlinkServer;
typedef struct VarlinkConn VarlinkConn;

/* Returns 0 when it replied or will; negative errno closes the connection. parameters: an object, borrowed. */
typedef int (*VarlinkMethod)(VarlinkConn *c, json_t *parameters, bool more, void *userdata);

typedef struct VarlinkMethodInfo {
        const char *name; /* "GetStatus" */
        VarlinkMethod handler;
} VarlinkMethodInfo;

typedef struct VarlinkInterface {
        const char *name;        /* "io.fragd.Monitor" */
        const char *description; /* the interface text from api/ */
        const VarlinkMethodInfo *methods; /* ended by { NULL, NULL } */
} VarlinkInterface;

int varlink_server_new(VarlinkServer **ret, sd_event *event, const char *version, void *userdata);
VarlinkServer *varlink_server_free(VarlinkServer *s);
static inline void varlink_server_freep(VarlinkServer **s)
{
        if (*s)
                varlink_server_free(*s);
}
/* How long a client may neither call, unless fragd still owes it an answer, nor read what is sent to it. VARLINK_IDLE_USEC unless
 * set. */
void varlink_server_set_idle(VarlinkServer *s, usec_t idle);
/* Takes fd, a listening Unix stream socket, also on failure. Clients are limited for each socket alone. interfaces: ended by NULL, borrowed for the server's life. */
int varlink_server_listen(VarlinkServer *s, int fd, const VarlinkInterface *const *interfaces);
/* Creates the listening socket: unlinks a stale node of that path first, then mode and group (gid -1: as is). Returns an fd.
 * -EADDRINUSE: somebody listens there; -EEXIST: something else than a socket is there; other negative errno. */
int varlink_socket_bind(const char *path, unsigned mode, int64_t gid);
size_t varlink_server_n_clients(const VarlinkServer *s);

/* A failed reply (too much unread, no memory) ends the connection, but only when the loop comes round: c stays valid. */
int varlink_conn_reply(VarlinkConn *c, json_t *parameters, bool continues);
int varlink_conn_error(VarlinkConn *c, const char *error, json_t *parameters);
/* The client has not read all that it was sent. */
bool varlink_conn_is_behind(const VarlinkConn *c);
/* org.varlink.service.InvalidParameter */
int varlink_conn_invalid_parameter(VarlinkConn *c, const char *parameter);
void varlink_conn_peer(const VarlinkConn *c, uint32_t *ret_uid, uint32_t *ret_pid);
/* Called when the client has taken all that was sent to it: for answers in pieces, the next of which waits until then. At most one;
 * replaces the one before. NULL: none. */
void varlink_conn_set_on_drained(VarlinkConn *c, void (*on_drained)(VarlinkConn *c, void *data), void *data);
/* At most one; replaces the one before. NULL: none. */
void varlink_conn_set_on_closed(VarlinkConn *c, void (*on_closed)(VarlinkConn *c, void *data), void *data);
