/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-load.h - rules of advice from files: conf/advice/NAME.conf, in the syntax of libconfig. See fragctl-advice(5).
 *
 * A rule that cannot be what was meant is not loaded; the others are. */
#pragma once

#include <stdio.h>

#include "advice/rule.h"

/* Files, and rules in all of them. */
#define ADVICE_FILES_MAX 64
#define ADVICE_RULES_MAX 256
#define ADVICE_FILE_MAX  (64U * 1024)

typedef struct AdviceError {
        char *file; /* owned */
        unsigned line; /* 0: the file as a whole */
        char *message; /* owned */
} AdviceError;

typedef struct AdviceRules {
        AdviceRule *items; /* owned */
        size_t n;
        AdviceError *errors; /* owned */
        size_t n_errors;
        size_t n_files; /* that were read */
} AdviceRules;

void advice_rules_done(AdviceRules *r);
/* The rules of a folder's files NAME.conf, in order of name. Where `over` (NULL: none) has a file of the same name, that one is read
 * in its place; its others follow. A folder that is missing has none. -ENOMEM; what is wrong with files stands in errors. */
int advice_rules_load(AdviceRules *ret, const char *folder, const char *over);
/* One text, under that name. */
int advice_rules_load_text(AdviceRules *r, const char *name, const char *text);
