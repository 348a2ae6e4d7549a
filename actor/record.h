/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h - small text files in the runtime directory that outlive the actor: what must be undone after it.
 *
 * A file is replaced as a whole (write, fsync, rename, fsync of the folder): at any instant it is the old one or the new one. */
#pragma once

#include <stddef.h>

/* 1: read, NUL-terminated; 0: there is none. -EBADMSG: not a plain file that only this user can write, or with a NUL. A file
 * of `size` bytes or more is read in part. */
int record_load(int dir_fd, const char *name, char *buf, size_t size);
/* On disk when this returns 0. data NULL: no file. */
int record_save(int dir_fd, const char *name, const char *data, size_t size);
