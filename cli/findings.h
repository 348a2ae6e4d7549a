/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* findings.h - what fragd noticed by itself, below the numbers it was noticed in. */
#pragma once

#include "cli/fragctl.h"

/* A list of sentences; nothing where it is empty. Says why where it is no such list. */
int print_findings(const Cli *cli, json_t *findings);
