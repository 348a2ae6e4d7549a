/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* psi.h - /proc/pressure/{memory,cpu}: share of time in which tasks waited. Source:
 * kernel/sched/psi.c psi_show(), Documentation/accounting/psi.rst. Averages are permyriad
 * (avg10=4.06 -> 406), totals microseconds since boot. */
#pragma once

#include "parse/parse.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct PsiLine {
        uint32_t avg10, avg60, avg300; /* permyriad, 0..10000 */
        uint64_t total;                /* microseconds */
} PsiLine;

typedef struct Psi {
        PsiLine some, full;
        bool have_full; /* pressure/cpu has it from 5.13 on */
        unsigned skipped;
} Psi;

int psi_parse(Psi *p, const char *text, size_t size, ParseError *ret_error);
