/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* policy-store.h - the policy that was chosen at run time, kept across restarts in the file
 * `policy` of the state directory.
 *
 * The file holds the name and a newline. It is replaced as a whole (write, fsync, rename, fsync of
 * the directory), so that a crash leaves either the old or the new name. dir_fd: the state
 * directory, borrowed. */
#pragma once

#include <stdbool.h>

#include "base/limits.h"

/* 0; -ENOENT: nothing is kept; -EBADMSG: the file does not hold a policy name; other negative
 * errno. */
int policy_store_load(int dir_fd, char ret[static POLICY_NAME_MAX]);
/* 0 or negative errno; the file is then as before. -EINVAL: not a policy name. */
int policy_store_save(int dir_fd, const char *name);
/* Whether a file of that name in the state directory is from here. */
bool policy_store_owns(const char *name);
/* Nothing is kept from now on. 0 also if nothing was. */
int policy_store_forget(int dir_fd);
