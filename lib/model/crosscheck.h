/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* crosscheck.h - our indices beside those that the kernel prints in debugfs.
 *
 * The files are read one after another, so a machine that is not at rest gives differences of a thousandth or so where both are
 * right; on a recorded machine they count what was recorded at one instant. */
#pragma once

#include "model/model.h"
#include "parse/extfrag.h"

typedef enum IndexKind { INDEX_EXTFRAG, INDEX_UNUSABLE } IndexKind;

typedef struct Crosscheck {
        unsigned compared, equal; /* cells: zones times orders that both have */
} Crosscheck;

Crosscheck crosscheck_index(const Model *m, const IndexFile *printed, IndexKind kind);
