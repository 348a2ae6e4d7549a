/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history-view.h - steps of GetHistory as marks, as a table, as comma-separated values. */
#pragma once

#include <jansson.h>

#include "cli/fragctl.h"

#define HISTORY_LABEL 12U /* columns for what a line of marks is about, behind two blanks */

typedef struct HistoryRange {
        usec_t since, until; /* realtime */
} HistoryRange;

/* The lengths of steps that are shown: the shortest of which at most so many cover the range. */
usec_t history_step(const HistoryRange *range, unsigned n);

/* For each node: a line of marks for each objective, or for the order of --order, one for stalls
 * and fallbacks, and a table. marks: steps of mark_step; rows: those of the table. Both are arrays
 * of steps. 0 or exit code (says why). */
int history_print(
        const Cli *cli, const HistoryRange *range, json_t *marks, usec_t mark_step, json_t *rows);
/* A line for each step, node and order. */
int history_csv(json_t *steps);
