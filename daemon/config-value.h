/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-value.h - for daemon/config*.c only: one value of a configuration file into the member of
 * its row. */
#pragma once

#include <libconfig.h>

#include "base/strbuf.h"
#include "daemon/config-table.h"

/* Parses s into the member of o. base: the Config, Policy or Objective that o->offset counts from.
 * Returns 0; -EINVAL with "expected ..., got ..." in ret_wrong and the member as it was; -ENOMEM.
 * Not for groups, lists of groups and OPTION_BASE. */
int option_parse(const Option *o, const config_setting_t *s, void *base, StrBuf *ret_wrong);
