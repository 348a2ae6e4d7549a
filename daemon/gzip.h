/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gzip.h - a text, smaller (RFC 1952). */
#pragma once

#include <stddef.h>

/* A new buffer of *ret_size bytes, for free(). -ENOMEM. */
int gzip_compress(const char *data, size_t size, char **ret, size_t *ret_size);
