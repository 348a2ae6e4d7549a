/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* options.h - the command line: one option table for all verbs. Options may stand before or after
 * the verb. */
#pragma once

#include "cli/fragctl.h"

/* Every option of `verbs` and the ones that all take. Fills ret with values, *ret_args with what is
 * not an option (in argv, NULL-terminated). now: realtime, for --since. accepted: the OPTION_BIT()s that
 * go with such words, so that no other option is suggested. 0, or EXIT_USAGE, or
 * EXIT_FAILED where this kernel lacks what was named (says why). */
int options_parse(Cli *ret, int argc, char **argv, usec_t now, uint64_t (*accepted)(char **words), char ***ret_args);
/* The options that every verb takes. */
extern const uint64_t options_global;
/* Says that an option is not for this verb; 0 or EXIT_USAGE. accepted: OPTION_BIT()s besides the
 * global ones. */
int options_check(const Cli *cli, const char *verb, uint64_t accepted);
/* A line of help for each option of the mask. */
void options_print(FILE *out, uint64_t mask);

/* "2h" (ago; also "-2h", "2h ago"), "14:02", "14:02:30", "2026-11-22", "2026-11-22 14:02", "now", "today",
 * "yesterday"; local time, realtime usec. A time of day that is still to come is yesterday's. -EINVAL. */
int since_parse(const char *text, usec_t now, usec_t *ret);
/* "2M:64", "thp:64": bytes of one block, blocks. -EINVAL, -ERANGE; -ENODATA: a kernel without huge
 * pages. */
int until_parse(const char *text, uint64_t *ret_size, uint64_t *ret_count);
