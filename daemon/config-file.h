/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-file.h - for daemon/config*.c only: which files there are, reading one, and what is
 * checked before libconfig sees it.
 *
 * libconfig itself would read any number of bytes from anything, follow @include, wrap large
 * integers without a word (before 1.7) and call every mistake a "syntax error"; what stands here
 * makes that impossible, or says it better. */
#pragma once

#include "base/limits.h"
#include "daemon/config.h"

typedef struct ConfigPaths {
        char *items[CONFIG_FILES_MAX]; /* owned */
        size_t n;
} ConfigPaths;
void config_paths_done(ConfigPaths *p);

/* dir/NAME.conf in strcmp order, without names that start with a dot. A missing directory has none.
 * limit: how many there may be. Returns 0, -EINVAL with an error added, -ENOMEM. */
int config_paths_list(
        ConfigPaths *ret, const char *dir, size_t limit, ConfigOwner owner, ConfigErrors *errors);

/* The whole file as a NUL-terminated string, a byte order mark left out and an end of line added.
 * Returns 0 with *ret NULL where the file is missing and need not exist; -EINVAL with an error
 * added; -ENOMEM. */
int config_file_read(
        char **ret, const char *path, bool must_exist, ConfigOwner owner, ConfigErrors *errors);

/* Brackets, strings, comments, numbers that are too long, nesting and @include. 0, or -EINVAL with
 * errors added under `file`. */
int config_text_check(const char *file, const char *text, ConfigErrors *errors);
