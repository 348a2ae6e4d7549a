/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/range.h"
#include "cli/reply-stalls.h"
#include "cli/table.h"
#include "cli/text.h"

#define SINCE_DEFAULT USEC_PER_HOUR

static const TableColumn name_columns[] = {
        { "PROGRAM", TABLE_LEFT },
        { "PROCESSES", TABLE_RIGHT },
        { "COUNTED", TABLE_LEFT },
        { "COMPACTIONS", TABLE_RIGHT },
        { "LOST", TABLE_RIGHT },
        { "EACH", TABLE_RIGHT },
        { "RECLAIM", TABLE_RIGHT },
        { NULL, 0 },
};

static const TableColumn process_columns[] = {
        { "PID", TABLE_RIGHT },
        { "PROGRAM", TABLE_LEFT },
        { "COUNTED", TABLE_LEFT },
        { "COMPACTIONS", TABLE_RIGHT },
        { "LOST", TABLE_RIGHT },
        { "EACH", TABLE_RIGHT },
        { "RECLAIM", TABLE_RIGHT },
        { NULL, 0 },
};

static const TableColumn traced_columns[] = {
        { "PROGRAM", TABLE_LEFT },
        { "RUNS", TABLE_RIGHT },
        { "LOST", TABLE_RIGHT },
        { "EACH", TABLE_RIGHT },
        { "LONGEST", TABLE_RIGHT },
        { NULL, 0 },
};

/* From the column of compactions on. */
static void lost_cells(Table *t, json_int_t compactions, json_int_t usec, json_int_t reclaim_usec)
{
        char a[UNIT_TEXT_MAX];
        Tone tone = usec > 0 ? TONE_WARN : TONE_DIM;

        table_setf(t, 3, TONE_NONE, "%" JSON_INTEGER_FORMAT, compactions);
        table_set(t, 4, tone, text_duration_long(a, usec));
        table_set(t, 5, TONE_DIM, compactions > 0 ? text_duration_long(a, usec / compactions) : "-");
        table_set(t, 6, TONE_DIM, text_duration_long(a, reclaim_usec));
}

/* Of how many processes it is known that they are counted, or not. */
static void counted_cell(Table *t, const StallNameReply *n)
{
        json_int_t known = n->counted + n->not_counted;

        if (n->processes == 0 || known == 0)
                table_set(t, 2, TONE_DIM, "-");
        else if (n->not_counted == 0)
                table_set(t, 2, TONE_GOOD, n->counted >= n->processes ? "all" : "yes");
        else if (n->counted == 0)
                table_set(t, 2, TONE_WARN, "none");
        else
                table_setf(t, 2, TONE_WARN, "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT, n->counted, known);
}

static int name_row(Table *t, json_t *item)
{
        StallNameReply n;
        int r = reply_stall_name(item, &n);

        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, n.watched ? TONE_STRONG : TONE_NONE, n.name);
        table_setf(t, 1, TONE_NONE, "%" JSON_INTEGER_FORMAT, n.processes);
        counted_cell(t, &n);
        lost_cells(t, n.compactions, n.compaction_usec, n.reclaim_usec);
        return 0;
}

/* Processes of watched names, which were read before. */
static json_int_t count_not_counted(json_t *names)
{
        json_int_t sum = 0;
        json_t *item;
        size_t i;

        json_array_foreach(names, i, item)
        {
                StallNameReply n;

                if (reply_stall_name(item, &n) == 0 && n.watched)
                        sum += n.not_counted;
        }
        return sum;
}

static int process_row(Table *t, json_t *item)
{
        StallProcessReply p;
        int r = reply_stall_process(item, &p);

        if (r != 0)
                return r;
        table_row(t);
        table_setf(t, 0, TONE_NONE, "%" JSON_INTEGER_FORMAT, p.pid);
        table_set(t, 1, p.watched ? TONE_STRONG : TONE_NONE, p.name);
        table_set(t, 2, streq(p.counted, "yes") ? TONE_GOOD : TONE_WARN, p.counted);
        lost_cells(t, p.compactions, p.compaction_usec, p.reclaim_usec);
        return 0;
}

static int print_processes(const Cli *cli, json_t *processes)
{
        if (json_array_size(processes) == 0)
                return 0;
        puts("\nSince each was started:");
        return table_print_list(cli, process_columns, processes, process_row, 0);
}

/* One line of an advice, wrapped. */
static void print_note(const Cli *cli, const char *lead, const char *text)
{
        fputs(lead, stdout);
        text_wrap(stdout, text, cli->columns, (unsigned)strlen(lead), (unsigned)strlen(lead));
}

static void print_title(const Cli *cli, const StallsReply *s, usec_t since, usec_t until)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX], c[UNIT_TEXT_MAX];
        bool later = (usec_t)s->since_realtime_usec > since;

        printf("Lost to direct compaction from %s to %s, by the kernel's delay accounting", text_time(a, (int64_t)since),
                text_time(b, (int64_t)until));
        if (later)
                printf(" (counted from %s on)", text_time(c, s->since_realtime_usec));
        puts(":");
}

static int traced_row(Table *t, json_t *item)
{
        char a[UNIT_TEXT_MAX];
        TraceNameReply n;
        int r = reply_trace_name(item, &n);

        if (r != 0)
                return r;
        table_row(t);
        table_set(t, 0, n.watched ? TONE_STRONG : TONE_NONE, n.name);
        table_setf(t, 1, TONE_NONE, "%" JSON_INTEGER_FORMAT, n.runs);
        table_set(t, 2, TONE_WARN, text_duration_long(a, n.usec));
        table_set(t, 3, TONE_DIM, n.runs > 0 ? text_duration_long(a, n.usec / n.runs) : "-");
        table_set(t, 4, TONE_DIM, text_duration_long(a, n.longest_usec));
        return 0;
}

/* What trace events say of those that delay accounting does not count. */
static int print_traced(const Cli *cli, const StallsReply *s, usec_t since, usec_t until)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX], c[UNIT_TEXT_MAX];
        bool later = s->trace_since_realtime_usec > (json_int_t)since;
        int r;

        if (json_array_size(s->traced) > 0) {
                printf("\nRuns of compaction from %s to %s, by trace events", text_time(a, (int64_t)since), text_time(b, (int64_t)until));
                if (later)
                        printf(" (traced from %s on)", text_time(c, s->trace_since_realtime_usec));
                puts(", of what delay accounting does not count:");
                r = table_print_list(cli, traced_columns, s->traced, traced_row, 0);
                if (r != 0)
                        return r;
        } else if (streq(s->trace_state, "on"))
                puts("No other process has compacted while trace events were recorded.");
        if (streq(s->trace_state, "off"))
                print_note(cli, "Not traced: ", s->trace_why ? s->trace_why : "");
        if (s->lost > 0)
                printf("\n%" JSON_INTEGER_FORMAT " records of trace events were lost, so that this is less than it was.\n", s->lost);
        return 0;
}

/* What delay accounting says. */
static int print_counted(const Cli *cli, const StallsReply *s, usec_t since, usec_t until)
{
        int r;

        /* What was found out before stays true. */
        if (json_array_size(s->names) == 0 && json_array_size(s->most) == 0) {
                if (streq(s->state, "on"))
                        puts("No process is known to have waited in direct compaction.");
                return 0;
        }
        print_title(cli, s, since, until);
        r = table_print_list(cli, name_columns, s->names, name_row, 0);
        if (r == 0)
                r = print_processes(cli, s->most);
        if (r != 0)
                return r;
        if (count_not_counted(s->names) > 0)
                print_note(cli, "\nNext step: ",
                        "restart what is not counted: it was started while delay accounting was off, and what it waits for is not "
                        "counted before that.");
        if (s->processes > s->asked)
                printf("\n%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
                       " processes were asked about at the last look (stalls.asked); the others get their turn.\n",
                        s->asked, s->processes);
        return 0;
}

static int print_stalls(const Cli *cli, json_t *reply, usec_t since, usec_t until)
{
        StallsReply s;
        int r;

        r = reply_stalls(reply, &s);
        if (r != 0)
                return r;
        if (streq(s.state, "not-asked"))
                puts("Nobody has waited in direct compaction since fragd was started.");
        if (s.why) {
                print_note(cli, streq(s.trace_state, "on") ? "Not counted: " : "Not known: ", s.why);
                if (s.next_step && !streq(s.trace_state, "on"))
                        print_note(cli, "Next step: ", s.next_step);
        }
        r = print_counted(cli, &s, since, until);
        return r == 0 ? print_traced(cli, &s, since, until) : r;
}

int verb_stalls(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        usec_t since, until;
        int r;

        r = range_take(cli, "stalls", SINCE_DEFAULT, &since, &until);
        if (r == 0)
                r = range_parameters(&parameters, since, until);
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetStalls", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_stalls(cli, reply, since, until);
}
