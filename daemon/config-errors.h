/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-errors.h - for daemon/config*.c only: collecting what is wrong with a configuration,
 * instead of stopping at the first. */
#pragma once

#include <stdarg.h>

#include "base/macros.h"
#include "daemon/config.h"

/* line: 0 for the file as a whole. Beyond CONFIG_ERRORS_MAX, or out of memory, an error is counted
 * as dropped: it never vanishes. */
_printf_(4, 5) void config_error(
        ConfigErrors *e, const char *file, unsigned line, const char *format, ...);
_printf_(4, 0) void config_errorv(
        ConfigErrors *e, const char *file, unsigned line, const char *format, va_list args);

/* How many there are, with the dropped ones. */
static inline size_t config_errors_count(const ConfigErrors *e)
{
        return e->n + e->dropped;
}

/* Whether text is UTF-8: the API hands it on as JSON. */
bool config_is_utf8(const char *text);
/* Appends text in double quotes, as one line for a terminal: control characters, and everything
 * above ASCII in what is not UTF-8, as \xNN; cut where it gets long. */
void config_quote(StrBuf *ret, const char *text);
