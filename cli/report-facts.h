/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-facts.h - the machine that a report is about: kernel, memory, settings of huge pages. Reads
 * files below a root; what is missing is left out. Nothing that names a machine or its users. */
#pragma once

#include <stddef.h>

#include "base/macros.h"

#define FACT_TEXT_MAX 160
#define FACTS_MAX     24

typedef struct Fact {
        const char *name;
        char value[FACT_TEXT_MAX]; /* printable ASCII */
        const char *path;          /* where it stands; "" where in no file */
} Fact;

typedef struct Facts {
        Fact facts[FACTS_MAX];
        size_t n;
} Facts;

/* root: "" for this machine. */
void facts_read(Facts *ret, const char *root);
/* NULL: not known. */
const char *facts_get(const Facts *f, const char *name);
