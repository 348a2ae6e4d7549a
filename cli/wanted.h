/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wanted.h - blocks of a size on a node: the options and parameters that check and prepare share. */
#pragma once

#include <jansson.h>

#include "cli/fragctl.h"

/* The parameters of the call, a new reference. Says what is missing or too much. */
int wanted_parameters(const Cli *cli, const char *verb, json_t **ret);
