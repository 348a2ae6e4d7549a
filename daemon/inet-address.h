/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inet-address.h - an address to listen on, as people write it: "127.0.0.1:10816", "[::1]:10816".
 * Numbers only: a name would have to be looked up, which blocks, and may mean another host
 * tomorrow. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* The longest is "[" INET6_ADDRSTRLEN "]:65535". */
#define INET_ADDRESS_MAX 64

/* ret may be NULL: only checks. -EINVAL. */
int inet_address_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size);
/* A TCP socket that listens there, non-blocking; or negative errno. */
int inet_address_listen(const char *text, int backlog);
