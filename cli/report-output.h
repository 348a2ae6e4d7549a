/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-output.h - a file that appears whole, or not at all, and never in place of another one
 * unless that was asked for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Whether a file may be written there: 0 or exit code (says why). "-" is standard output. */
int output_check(const char *path, bool force);
/* Writes it. 0 or exit code (says why); then there is no file that was not there before. */
int output_write(const char *path, bool force, const char *data, size_t size);
