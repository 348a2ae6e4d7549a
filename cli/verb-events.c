/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/client.h"
#include "cli/findings.h"
#include "cli/reply-memory.h"
#include "cli/table.h"
#include "cli/text.h"

#define METHOD "io.fragd.Monitor.GetFallbacks"

/* Kinds and windows that there is room for. */
#define KINDS_MAX   4
#define WINDOWS_MAX 6

typedef struct Events {
        FallbacksReply all;
        FallbackKindReply kinds[KINDS_MAX];
        FallbackRateReply rates[WINDOWS_MAX];
        size_t n_kinds, n_rates;
} Events;

static int events_take(json_t *reply, Events *ret)
{
        json_t *item;
        size_t i;
        int r;

        *ret = (Events){ 0 };
        r = reply_fallbacks(reply, &ret->all);
        if (r != 0)
                return r;
        json_array_foreach(ret->all.kinds, i, item)
        {
                if (i == KINDS_MAX)
                        break;
                r = reply_fallback_kind(item, &ret->kinds[ret->n_kinds++]);
                if (r != 0)
                        return r;
        }
        json_array_foreach(ret->all.rates, i, item)
        {
                if (i == WINDOWS_MAX)
                        break;
                r = reply_fallback_rate(item, &ret->rates[ret->n_rates++]);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* --- a table --- */

static json_int_t events_of(const FallbackRateReply *rate, const char *kind)
{
        return streq(kind, "movable") ? rate->movable : rate->unmovable;
}

static int print_kinds(const Cli *cli, const Events *e)
{
        char headers[WINDOWS_MAX][UNIT_TEXT_MAX + 1], usual[UNIT_TEXT_MAX + 16], step[UNIT_TEXT_MAX];
        TableColumn columns[WINDOWS_MAX + 5] = { { "PAGES", TABLE_LEFT } };
        _cleanup_table_ Table *t = NULL;
        unsigned n = 1;

        for (size_t i = 0; i < e->n_rates; i++) {
                char window[UNIT_TEXT_MAX];

                /* A window that is not full yet is named for what there is. */
                snprintf(headers[i], sizeof(headers[i]), "%s", text_duration(window, MIN(e->rates[i].over_usec, e->rates[i].window_usec)));
                if (i > 0 && e->rates[i].over_usec == e->rates[i - 1].over_usec)
                        break;
                columns[n++] = (TableColumn){ headers[i], TABLE_RIGHT };
        }
        snprintf(usual, sizeof(usual), "USUAL IN %s", text_duration(step, e->all.step_usec));
        columns[n] = (TableColumn){ usual, TABLE_RIGHT };
        columns[n + 1] = (TableColumn){ "AT MOST", TABLE_RIGHT };
        columns[n + 2] = (TableColumn){ "ALTOGETHER", TABLE_RIGHT };
        columns[n + 3] = (TableColumn){ NULL, 0 };
        if (table_new(&t, cli, columns, true) < 0)
                return cli_oom();
        for (size_t i = 0; i < e->n_kinds; i++) {
                const FallbackKindReply *k = &e->kinds[i];

                table_row(t);
                table_set(t, 0, TONE_NONE, k->kind);
                for (unsigned c = 1; c < n; c++)
                        table_set_number(t, c, k->unusual ? TONE_WARN : TONE_NONE, events_of(&e->rates[c - 1], k->kind));
                table_set_number(t, n, TONE_NONE, k->usual);
                table_set_number(t, n + 1, TONE_NONE, k->upper);
                table_set_number(t, n + 2, TONE_NONE, k->total);
        }
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

static int print_events(const Cli *cli, const Events *e)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];
        int r;

        if (!e->all.counting) {
                printf("Fallbacks are not counted: %s\n", e->all.why_not ? e->all.why_not : "fragd does not say why");
                return 0;
        }
        printf("Pages taken from blocks of another type, below order %" JSON_INTEGER_FORMAT ", counted on %" JSON_INTEGER_FORMAT
               " CPU%s\n\n",
                e->all.below_order, e->all.cpus, e->all.cpus == 1 ? "" : "s");
        r = print_kinds(cli, e);
        if (r != 0)
                return r;
        if (e->all.steps < e->all.steps_needed)
                printf("\nWhat is usual is known after %s of counting; so far it is %s.\n",
                        text_duration_long(a, e->all.steps_needed * e->all.step_usec),
                        e->all.steps > 0 ? text_duration_long(b, e->all.steps * e->all.step_usec) : "less than a step");
        return print_findings(cli, e->all.findings);
}

/* --- a line for each sample --- */

static void print_line(const Cli *cli, const Events *e, const Events *before)
{
        char when[UNIT_TEXT_MAX], times[UNIT_TEXT_MAX];

        printf("%s%s%s", color_on(cli, TONE_DIM), text_time(when, (int64_t)cli_now_realtime()), color_off(cli, TONE_DIM));
        if (!e->all.counting)
                printf("  not counted: %s", e->all.why_not ? e->all.why_not : "fragd does not say why");
        for (size_t i = 0; e->all.counting && i < e->n_kinds; i++) {
                const FallbackKindReply *k = &e->kinds[i];
                json_int_t last = before->n_kinds == e->n_kinds ? before->kinds[i].total : k->total;

                printf("  %s +%" JSON_INTEGER_FORMAT, k->kind, k->total - last);
                if (k->unusual && k->times_permyriad >= 0)
                        printf(" %s(%s of what is usual)%s", color_on(cli, TONE_WARN), text_percent(times, k->times_permyriad, 10000),
                                color_off(cli, TONE_WARN));
                else if (k->unusual)
                        printf(" %s(unusual)%s", color_on(cli, TONE_WARN), color_off(cli, TONE_WARN));
        }
        putchar('\n');
}

static int follow(const Cli *cli)
{
        _cleanup_client_ Client *c = NULL;
        _cleanup_json_ json_t *kept = NULL; /* what `before` borrows from */
        Events before = { 0 };
        int r;

        r = client_open(&c, cli, CLIENT_MONITOR);
        if (r == 0)
                r = client_send(c, METHOD, NULL, true);
        while (r == 0) {
                _cleanup_json_ json_t *reply = NULL;
                ClientReply kind;
                Events e;

                r = client_wait(c, USEC_INFINITY, &kind, &reply);
                if (r == 0 && cli->json)
                        r = cli_print_json(cli, reply);
                else if (r == 0) {
                        r = events_take(reply, &e);
                        if (r == 0 && !kept)
                                r = print_events(cli, &e);
                        else if (r == 0)
                                print_line(cli, &e, &before);
                        before = e;
                        json_decref(kept);
                        kept = TAKE_PTR(reply);
                }
                if (r != 0)
                        return r;
                if (fflush(stdout) != 0) /* said by main() */
                        return EXIT_FAILED;
                if (kind == CLIENT_LAST) {
                        cli_error("fragd ended the events");
                        return EXIT_UNREACHABLE;
                }
        }
        return r;
}

int verb_events(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *reply = NULL;
        Events e;
        int r;

        if (cli_has(cli, OPTION_FOLLOW))
                return follow(cli);
        r = client_request(cli, CLIENT_MONITOR, METHOD, NULL, &reply);
        if (r != 0)
                return r;
        if (cli->json)
                return cli_print_json(cli, reply);
        r = events_take(reply, &e);
        return r != 0 ? r : print_events(cli, &e);
}
