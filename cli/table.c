/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/table.h"

#include <libsmartcols.h>
#include <stdarg.h>

#include "cli/text.h"

/* A wrapped column narrower than this helps nobody; the terminal then breaks the lines. */
#define WRAP_MIN 20U

struct Table {
        const Cli *cli;
        struct libscols_table *scols;
        struct libscols_line *line; /* borrowed */
        size_t width[TABLE_COLUMNS_MAX];
        unsigned n_columns;
        int wrap; /* the column, -1: none */
        int error;
};

static int column_add(Table *t, const TableColumn *column)
{
        struct libscols_column *c;
        int flags = 0;

        if (column->flags & TABLE_RIGHT)
                flags |= SCOLS_FL_RIGHT;
        if (column->flags & TABLE_WRAP)
                flags |= SCOLS_FL_WRAP;
        c = scols_table_new_column(t->scols, column->header, 0, flags);
        if (!c)
                return -ENOMEM;
        if (column->flags & TABLE_WRAP) {
                t->wrap = (int)t->n_columns;
                if (scols_column_set_wrapfunc(
                            c, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) != 0 ||
                        scols_column_set_safechars(c, "\n") != 0)
                        return -ENOMEM;
        }
        if (t->cli->color && scols_cell_set_color(scols_column_get_header(c),
                                     color_on(t->cli, TONE_STRONG)) != 0)
                return -ENOMEM;
        t->width[t->n_columns++] = text_width(column->header);
        return 0;
}

int table_new(Table **ret, const Cli *cli, const TableColumn *columns, bool headers)
{
        _cleanup_table_ Table *t = NULL;

        t = calloc(1, sizeof(*t));
        if (!t)
                return -ENOMEM;
        t->cli = cli;
        t->wrap = -1;
        t->scols = scols_new_table();
        if (!t->scols)
                return -ENOMEM;
        (void)scols_table_enable_colors(t->scols, cli->color);
        (void)scols_table_enable_noheadings(t->scols, !headers);
        for (const TableColumn *c = columns; c->header; c++) {
                assert(t->n_columns < TABLE_COLUMNS_MAX);
                if (column_add(t, c) < 0)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(t);
        return 0;
}

Table *table_free(Table *t)
{
        if (!t)
                return NULL;
        scols_unref_table(t->scols);
        free(t);
        return NULL;
}

void table_row(Table *t)
{
        t->line = scols_table_new_line(t->scols, NULL);
        if (!t->line)
                t->error = -ENOMEM;
}

void table_set(Table *t, unsigned column, Tone tone, const char *text)
{
        assert(column < t->n_columns);
        if (t->error < 0)
                return;
        if (scols_line_set_data(t->line, column, text) != 0) {
                t->error = -ENOMEM;
                return;
        }
        if (tone != TONE_NONE && t->cli->color &&
                scols_cell_set_color(
                        scols_line_get_cell(t->line, column), color_on(t->cli, tone)) != 0)
                t->error = -ENOMEM;
        t->width[column] = MAX(t->width[column], text_width(text));
}

void table_setf(Table *t, unsigned column, Tone tone, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        if (!text)
                t->error = -ENOMEM;
        else
                table_set(t, column, tone, text);
}

void table_set_number(Table *t, unsigned column, Tone tone, json_int_t n)
{
        if (n >= 0)
                table_setf(t, column, tone, "%" JSON_INTEGER_FORMAT, n);
        else
                table_set(t, column, TONE_DIM, "-");
}

/* Columns of the terminal that the table needs, but for the column that wraps. */
static size_t table_width(const Table *t, unsigned indent, unsigned gap)
{
        size_t used = indent + (size_t)gap * (t->n_columns - 1);

        for (unsigned i = 0; i < t->n_columns; i++)
                if ((int)i != t->wrap)
                        used += t->width[i];
        return used;
}

/* Two blanks between columns where there is room, else one. */
static unsigned table_gap(const Table *t, unsigned indent)
{
        size_t least = t->wrap >= 0 ? 2 * WRAP_MIN : 0;

        return t->cli->columns && table_width(t, indent, 2) + least > t->cli->columns ? 1 : 2;
}

/* libsmartcols breaks anywhere; breaking at blanks is done here, and it is told to break where a
 * line ends. */
static int cell_wrap(struct libscols_line *line, unsigned column, unsigned width)
{
        const char *text = scols_cell_get_data(scols_line_get_cell(line, column));
        _cleanup_free_ char *wrapped = NULL;
        size_t size = 0;
        FILE *f;

        if (!text)
                return 0;
        f = open_memstream(&wrapped, &size);
        if (!f)
                return -ENOMEM;
        text_wrap(f, text, width, 0, 0);
        if (fclose(f) != 0)
                return -ENOMEM;
        wrapped[size - 1] = '\0'; /* the last line's end */
        return scols_line_set_data(line, column, wrapped) != 0 ? -ENOMEM : 0;
}

static void print_indented(FILE *out, const char *text, unsigned indent)
{
        while (*text) {
                size_t size = strcspn(text, "\n"), shown = size;

                /* libsmartcols fills the last column with blanks */
                while (shown > 0 && text[shown - 1] == ' ')
                        shown--;
                fprintf(out, "%*s%.*s\n", shown > 0 ? (int)indent : 0, "", (int)shown, text);
                text += size;
                text += *text == '\n';
        }
}

int table_print(Table *t, FILE *out, unsigned indent)
{
        unsigned gap = table_gap(t, indent);
        size_t left = MAX(
                LESS_BY((size_t)t->cli->columns, table_width(t, indent, gap)), (size_t)WRAP_MIN);
        _cleanup_free_ char *text = NULL;

        for (size_t i = 0; t->error == 0 && t->wrap >= 0 && t->cli->columns &&
                           i < scols_table_get_nlines(t->scols);
                i++)
                t->error = cell_wrap(
                        scols_table_get_line(t->scols, i), (unsigned)t->wrap, (unsigned)left);
        if (t->error == 0 && scols_table_set_column_separator(t->scols, gap == 2 ? "  " : " ") != 0)
                t->error = -ENOMEM;
        if (t->error < 0)
                return t->error;
        /* Columns have the width that they need: nothing may be cut here, and the wrapped one was
         * fitted above. */
        (void)scols_table_set_termforce(t->scols, SCOLS_TERMFORCE_NEVER);
        if (scols_print_table_to_string(t->scols, &text) != 0)
                return -ENOMEM;
        print_indented(out, text, indent);
        return ferror(out) ? -ENOMEM : 0;
}

int table_print_list(const Cli *cli, const TableColumn *columns, json_t *list, int (*row)(Table *t, json_t *item), unsigned indent)
{
        _cleanup_table_ Table *t = NULL;
        json_t *item;
        size_t i;

        if (table_new(&t, cli, columns, true) < 0)
                return cli_oom();
        json_array_foreach(list, i, item)
        {
                int r = row(t, item);

                if (r != 0)
                        return r;
        }
        return table_print(t, stdout, indent) < 0 ? cli_oom() : 0;
}
