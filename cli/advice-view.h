/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advice-view.h - for cli/advice-*.c and verb-advise.c: all that `advise` has found out, and how it is shown. */
#pragma once

#include "cli/advice-load.h"
#include "cli/advice-machine.h"
#include "cli/fragctl.h"

typedef struct Advice {
        AdviceRules rules;
        RootDir *root;
        AdviceMachine machine;
        bool have_machine;
        const SoftwareKind *only; /* --for; NULL: everything */
        Version as_if;            /* --for NAME=VERSION */
        bool supposed;            /* what --for names is not what was found */
        AdviceResult *results;    /* owned; in the order in which they are shown */
        size_t n;
} Advice;

/* 0, or says why and the exit code. */
int advice_print(const Cli *cli, const Advice *a);
int advice_print_list(const Cli *cli, const Advice *a);
int advice_print_json(const Cli *cli, const Advice *a);

/* Two pieces of advice that cannot both be followed; false: there are no more. *i, *k: 0, 0 at first. */
bool advice_next_contradiction(const Advice *a, size_t *i, size_t *k, const AdviceResult **ret_a, const AdviceResult **ret_b);
/* "PostgreSQL 15"; the title alone where the version is not known. */
const char *advice_software_text(const Software *s, char buf[static ADVICE_TEXT_MAX]);
