/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain-past.h - explain with --since or --until: was it compaction? */
#pragma once

#include "cli/fragctl.h"

int explain_past(const Cli *cli);
