/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* range.h - from when to when, as --since and --until say it: for each verb that takes both. */
#pragma once

#include "cli/fragctl.h"

/* Without --until up to now, without --since the last `fallback` of it. 0 or EXIT_USAGE. */
int range_take(const Cli *cli, const char *verb, usec_t fallback, usec_t *ret_since, usec_t *ret_until);
/* As parameters of a call. Says why. */
int range_parameters(json_t **parameters, usec_t since, usec_t until);
