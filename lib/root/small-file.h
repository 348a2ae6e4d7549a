/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* small-file.h - a small file of our own in a folder of our own, replaced as a whole: at any instant it is the old one or the new one.
 *
 * It is written as NAME.new and renamed; what stands under that name is what a killed process left, and goes. dir_fd: the folder,
 * borrowed. name: at most SMALL_FILE_NAME_MAX letters. Negative errno. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SMALL_FILE_NAME_MAX 32

/* Bytes read; `size` of them where the file has as many or more. -ELOOP: a symbolic link. */
ssize_t small_file_read(int dir_fd, const char *name, void *buf, size_t size);
/* On failure the file is as before. durable: on disk, with its name, when this returns 0; without it a crash of the machine may
 * leave anything. */
int small_file_replace(int dir_fd, const char *name, mode_t mode, const void *data, size_t size, bool durable);
/* Durable; 0 also where there was none. */
int small_file_remove(int dir_fd, const char *name);
/* Whether `found` in the folder is the file `name`, or what a killed process left of it. */
bool small_file_owns(const char *name, const char *found);
