/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-parse.h - for cli/advice-*.c only: the text of a file of rules into rules. */
#pragma once

#include "cli/advice-load.h"

/* Adds the rules of text, and an error for each that is not loaded. -ENOMEM. */
int advice_parse(AdviceRules *r, const char *file, const char *text);
/* -ENOMEM. */
__attribute__((format(printf, 4, 5))) int advice_error(
        AdviceRules *r, const char *file, unsigned line, const char *format, ...);
