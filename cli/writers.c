/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/writers.h"

#include "base/strbuf.h"
#include "cli/table.h"
#include "cli/text.h"

static const TableColumn columns[] = {
        { "ALSO SET", TABLE_LEFT },
        { "TO", TABLE_LEFT },
        { "BY", TABLE_LEFT },
        { "WHERE", TABLE_LEFT },
        { NULL, 0 },
};

static int writer_row(Table *t, json_t *item)
{
        WriterReply w;
        bool program;
        int r;

        r = reply_writer(item, &w);
        if (r != 0)
                return r;
        program = streq(w.kind, "program");
        table_row(t);
        table_set(t, 0, w.overridden ? TONE_DIM : TONE_NONE, program ? "-" : w.target);
        table_set(t, 1, w.overridden ? TONE_DIM : TONE_NONE, w.value ? w.value : "-");
        table_setf(t, 2, w.left_to ? TONE_WARN : TONE_NONE, "%s%s", w.who, w.overridden ? " (overridden)" : "");
        if (program && w.pid != REPLY_UNKNOWN)
                table_setf(t, 3, TONE_NONE, "process %" JSON_INTEGER_FORMAT ", which %s", w.pid, w.target);
        else if (w.file && w.line != REPLY_UNKNOWN)
                table_setf(t, 3, TONE_NONE, "%s:%" JSON_INTEGER_FORMAT, w.file, w.line);
        else
                table_set(t, 3, TONE_NONE, w.file ? w.file : "-");
        return 0;
}

int writers_table(const Cli *cli, json_t *writers)
{
        if (json_array_size(writers) == 0)
                return 0;
        putchar('\n');
        return table_print_list(cli, columns, writers, writer_row, 0);
}

void writers_unread(const Cli *cli, json_t *unread)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        json_t *item;
        size_t i;

        json_array_foreach(unread, i, item)
        {
                const char *folder = json_string_value(item);

                strbuf_printf(&text, "%s%s", i > 0 ? ", " : "Not looked into, since only root may: ", folder ? folder : "?");
        }
        if (i == 0)
                return;
        putchar('\n');
        text_wrap(stdout, strbuf_text(&text), cli->columns, 0, 0);
}

static void writer_text(const WriterReply *w, StrBuf *text)
{
        if (streq(w->kind, "program")) {
                strbuf_printf(text, "%s runs, which %s%s", w->who, w->target, w->left_to ? "; fragd leaves that to it" : "");
                return;
        }
        strbuf_printf(text, "%s writes %s", w->who, w->target);
        if (w->value)
                strbuf_printf(text, " = %s", w->value);
        if (w->file && w->line != REPLY_UNKNOWN)
                strbuf_printf(text, " (%s:%" JSON_INTEGER_FORMAT ")", w->file, w->line);
}

int writers_lines(json_t *writers, void (*line)(const char *text, void *userdata), void *userdata)
{
        json_t *item;
        size_t i;

        json_array_foreach(writers, i, item)
        {
                _cleanup_strbuf_ StrBuf text = { 0 };
                WriterReply w;
                int r = reply_writer(item, &w);

                if (r != 0)
                        return r;
                if (!streq(w.kind, "program") && !streq(w.kind, "cron") && !streq(w.kind, "unit"))
                        continue;
                writer_text(&w, &text);
                line(strbuf_text(&text), userdata);
        }
        return 0;
}
