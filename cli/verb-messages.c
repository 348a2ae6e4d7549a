/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/findings.h"
#include "cli/reply-messages.h"
#include "cli/table.h"
#include "cli/text.h"

static const TableColumn columns[] = {
        { "TO BLAME", TABLE_LEFT },
        { "ORDER", TABLE_RIGHT },
        { "ASKED FOR BY", TABLE_LEFT },
        { "LAST IN", TABLE_LEFT },
        { "IN 1H", TABLE_RIGHT },
        { "ALTOGETHER", TABLE_RIGHT },
        { "LAST", TABLE_LEFT },
        { NULL, 0 },
};

static int message_row(Table *t, json_t *item)
{
        char when[UNIT_TEXT_MAX];
        KernelMessageReply m;
        int r;

        r = reply_kernel_message(item, &m);
        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, m.hour > 0 && streq(m.class, "fragmentation") ? TONE_BAD : TONE_NONE, m.class);
        table_set_number(t, 1, TONE_NONE, m.order);
        table_set(t, 2, TONE_NONE, m.caller);
        table_set(t, 3, TONE_NONE, m.comm ? m.comm : "-");
        table_setf(t, 4, m.hour > 0 ? TONE_STRONG : TONE_NONE, "%" JSON_INTEGER_FORMAT, m.hour);
        table_setf(t, 5, TONE_NONE, "%" JSON_INTEGER_FORMAT, m.total);
        table_set(t, 6, TONE_DIM, text_time(when, m.last_realtime_usec));
        return 0;
}

static int print_messages(const Cli *cli, const KernelMessagesReply *m)
{
        char since[UNIT_TEXT_MAX];
        int r;

        if (!m->watching) {
                fputs("The kernel's messages are not watched: ", stdout);
                text_wrap(stdout, m->why_not ? m->why_not : "fragd does not say why", cli->columns, 2, (unsigned)strlen("The kernel's messages are not watched: "));
        }
        if (m->since_realtime_usec < 0)
                return 0;
        if (json_array_size(m->messages) == 0) {
                printf("No message of the kernel about memory that could not be had since %s.\n", text_time(since, m->since_realtime_usec));
                return 0;
        }
        printf("What the kernel said of memory that could not be had, since %s\n\n", text_time(since, m->since_realtime_usec));
        r = table_print_list(cli, columns, m->messages, message_row, 0);
        if (r != 0)
                return r;
        if (m->suppressed > 0)
                printf("\nBeside these the kernel did not print %" JSON_INTEGER_FORMAT " more.\n", m->suppressed);
        return print_findings(cli, m->findings);
}

int verb_messages(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        KernelMessagesReply m;
        int r;

        r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetKernelMessages", NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        r = reply_kernel_messages(reply, &m);
        return r != 0 ? r : print_messages(cli, &m);
}
