/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* table.h - aligned tables (libsmartcols). On a terminal no line is longer than it is wide: the
 * wrapped column breaks at blanks; elsewhere nothing is cut. A failed allocation is remembered and
 * reported by table_print(). */
#pragma once

#include <stdio.h>

#include "cli/color.h"
#include "cli/fragctl.h"

typedef struct Table Table;

typedef enum TableFlag {
        TABLE_LEFT = 0,
        TABLE_RIGHT = 1,
        TABLE_WRAP = 2, /* takes what the others leave; at most one, the last */
} TableFlag;

typedef struct TableColumn {
        const char *header;
        unsigned flags;
} TableColumn;

#define TABLE_COLUMNS_MAX 16

/* columns: ended by a NULL header. headers false: none are printed. -ENOMEM. */
int table_new(Table **ret, const Cli *cli, const TableColumn *columns, bool headers);
Table *table_free(Table *t);
static inline void table_freep(Table **t)
{
        if (*t)
                table_free(*t);
}
#define _cleanup_table_ _cleanup_(table_freep)

void table_row(Table *t);
/* A cell of the last row. Cells that are not set are empty. */
void table_set(Table *t, unsigned column, Tone tone, const char *text);
_printf_(4, 5) void table_setf(Table *t, unsigned column, Tone tone, const char *format, ...);
/* "-" where it is negative: not known. */
void table_set_number(Table *t, unsigned column, Tone tone, json_int_t n);
/* Each line after `indent` blanks. 0, or -ENOMEM for anything since table_new(). */
int table_print(Table *t, FILE *out, unsigned indent);

/* A table on standard output of what row() makes of each item. row: 0, or it said why. Says why. */
int table_print_list(const Cli *cli, const TableColumn *columns, json_t *list, int (*row)(Table *t, json_t *item), unsigned indent);
