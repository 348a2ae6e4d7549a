/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* client.h - a connection to fragd, and calls on it.
 *
 * Functions returning `int` say why on standard error and return the exit code, unless noted.
 * Replies are cleaned for a terminal (text_clean_json()) and without null members, except with
 * --json, where they are as they came. */
#pragma once

#include <jansson.h>

#include "cli/fragctl.h"

typedef struct Client Client;

typedef enum ClientSocket {
        CLIENT_MONITOR, /* fragd.sock: reading, for everybody */
        CLIENT_ADMIN,   /* admin.sock: changing */
} ClientSocket;

/* How long a reply may take where the daemon only has to look something up. */
#define CLIENT_REPLY_USEC (30 * USEC_PER_SEC)

int client_open(Client **ret, const Cli *cli, ClientSocket which);
Client *client_free(Client *c);
static inline void client_freep(Client **c)
{
        if (*c)
                client_free(*c);
}
#define _cleanup_client_ _cleanup_(client_freep)

/* Sends a call; takes parameters (NULL: none) even where it fails. */
int client_send(Client *c, const char *method, json_t *parameters, bool more);
/* To be polled for POLLIN. */
int client_fd(const Client *c);

typedef enum ClientReply {
        CLIENT_NOTHING, /* none yet */
        CLIENT_LAST,
        CLIENT_CONTINUES, /* more will follow */
} ClientReply;

/* Takes a reply that was received already, or reads what there is without waiting. An error reply
 * is said, and its exit code returned. ret_parameters: a new reference unless CLIENT_NOTHING. */
int client_take(Client *c, ClientReply *ret, json_t **ret_parameters);
/* The same, waiting for at most timeout (USEC_INFINITY: as long as it takes). */
int client_wait(Client *c, usec_t timeout, ClientReply *ret, json_t **ret_parameters);

/* Open, one call, its reply. */
int client_request(const Cli *cli, ClientSocket which, const char *method, json_t *parameters,
        json_t **ret_parameters);
/* Sends and waits for one reply on an open connection. */
int client_call(Client *c, const char *method, json_t *parameters, json_t **ret_parameters);

/* Adds a parameter to *parameters, a new object where that is NULL. Takes value; where anything
 * fails, *parameters is freed. */
int client_parameter(json_t **parameters, const char *name, json_t *value);

/* An error reply, said for people (and printed with --json); its exit code. */
int client_error(const Cli *cli, const char *error, json_t *parameters);
