/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-bundle.h - what a bug report needs, as files: what fragd told, its configuration, what the
 * kernel tells of memory, versions. Names of machines and users are taken out. */
#pragma once

#include "cli/report.h"

typedef struct BundleFile {
        char name[96];
        StrBuf data;
} BundleFile;

typedef struct Bundle {
        BundleFile *files;
        size_t n;
} Bundle;

/* Takes the private parts out of r, too. 0 or exit code (says why). */
int bundle_collect(Bundle *ret, Report *r);
void bundle_done(Bundle *b);
/* A line for each file, its size and name. */
void bundle_list(const Bundle *b, FILE *out);
/* All of it as a tar archive. */
int bundle_pack(const Bundle *b, usec_t mtime, StrBuf *ret);
