/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record.h - small text files in the runtime directory that outlive the actor: what must be undone after it.
 *
 * The first line says what it is, the last one is "end": what was cut off is not taken for the whole. A file is replaced as a whole
 * (root/small-file.h): at any instant it is the old one or the new one. */
#pragma once

#include <stddef.h>

/* Calls take() for each line between `head` and "end", which it may write to; negative errno of it ends that.
 * 0: all were taken, or there is no file. -EBADMSG: not a plain file that only this user can write, or not such lines. */
int record_load(int dir_fd, const char *name, const char *head, int (*take)(void *userdata, char *line), void *userdata);
/* On disk when this returns 0. data NULL: no file. */
int record_save(int dir_fd, const char *name, const char *data, size_t size);
