/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* varlink-internal.h - what varlink-server.c and varlink-conn.c share. Nobody else includes it. */
#pragma once

#include <systemd/sd-event.h>

#include "base/usec.h"
#include "daemon/varlink-server.h"
#include "proto/varlink.h"

/* One listening socket. Limits on clients count for each alone, so that a crowd on the public one cannot lock out the
 * administrator. */
typedef struct Listener Listener;
struct Listener {
        VarlinkServer *server;
        Listener *next;
        int fd;
        sd_event_source *source, *retry;
        const VarlinkInterface *const *interfaces;
        VarlinkConn *conns; /* owned */
        size_t n_conns;
};

struct VarlinkServer {
        sd_event *event;
        char *version;
        void *userdata;
        usec_t idle;
        Listener *listeners; /* owned */
};

struct VarlinkConn {
        Listener *listener;
        VarlinkConn *next, *previous; /* in listener->conns */
        int fd;
        Varlink *codec;
        sd_event_source *io, *idle;
        uint32_t uid, pid;
        bool eof;    /* the peer writes no more; it may still read */
        bool failed; /* nothing can be said any more: it is closed as soon as the loop comes round */
        bool busy;   /* its handler runs and arms the sources in the end */
        void (*on_closed)(VarlinkConn *c, void *data);
        void *on_closed_data;
        void (*on_drained)(VarlinkConn *c, void *data);
        void *on_drained_data;
};

/* Takes fd also on failure. */
int varlink_conn_new(Listener *l, int fd, uint32_t uid, uint32_t pid);
/* Calls on_closed. */
void varlink_conn_free(VarlinkConn *c);

/* An error with one string parameter. */
int varlink_conn_error_about(VarlinkConn *c, const char *error, const char *key, const char *value);

/* The interface of that name if the socket offers it, or NULL. org.varlink.service always is. */
const VarlinkInterface *listener_interface(const Listener *l, const char *name, size_t length);
