/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-describe.h - for daemon/config*.c only: a row of the option table, or a value of it, in
 * words. */
#pragma once

#include <libconfig.h>

#include "base/strbuf.h"
#include "daemon/config-table.h"

/* "duration"; one word or a few. */
const char *option_kind_name(OptionKind kind);
/* "0s..1d"; "-" where there is nothing to say. */
void option_range(const Option *o, StrBuf *ret);
/* What is wrong with a value: "expected a duration between 0s and 1d, got 10 without quotes". */
void option_mismatch(const Option *o, const config_setting_t *s, StrBuf *ret);
/* The member as it would stand in a configuration file, without loss: units_format() rounds for
 * people, this does not. */
void option_format(const Option *o, const void *base, StrBuf *ret);
