/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* extfrag.h - debugfs extfrag/extfrag_index and extfrag/unusable_index: one value per zone and
 * order, in thousandths.
 *
 * Source: mm/vmstat.c extfrag_show_print(), unusable_show_print(). Both print v/1000 "." v%1000
 * with the parts signed separately, so small negative values come out garbled: -500 is "0.-500", -7
 * is "0.-07". They are read back exactly. fragd computes both itself (model/indices.h) and reads
 * these only to cross-check. */
#pragma once

#include "base/limits.h"
#include "parse/parse.h"

#include <stddef.h>

typedef struct IndexZone {
        uint32_t node;
        char name[ZONE_NAME_MAX];
        int32_t permille[ORDERS_MAX]; /* -1000..1000 */
} IndexZone;

typedef struct IndexFile {
        IndexZone *zones; /* owned */
        size_t n_zones, n_allocated;
        unsigned n_orders;
        unsigned skipped;
} IndexFile;

#define INDEX_FILE_INIT                                                                            \
        {                                                                                          \
                0                                                                                  \
        }
void index_file_done(IndexFile *f);
int index_file_parse(IndexFile *f, const char *text, size_t size, ParseError *ret_error);
/* The kernel's printed digits for a value: 969 -> "0.969", -1000 -> "-1.000", -7 -> "0.-07". buf of
 * 16 is enough. */
char *index_format(char *buf, size_t size, int32_t permille);
