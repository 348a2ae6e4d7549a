/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/explain-past.h"

#include "cli/client.h"
#include "cli/color.h"
#include "cli/range.h"
#include "cli/reply.h"
#include "cli/text.h"

#define SINCE_DEFAULT (15 * USEC_PER_MIN)

typedef struct PastReply {
        const char *answer, *sentence;
        json_t *reasons, *not_recorded, *next_steps; /* lists of texts */
} PastReply;

static int reply_past(json_t *parameters, PastReply *ret)
{
        json_t *j;
        PastReply p;
        int r;

        r = REPLY_UNPACK(parameters, "ExplainPast", "{s:o}", "past", &j);
        if (r == 0)
                r = REPLY_UNPACK(j, "past", "{s:s, s:s}", "answer", &p.answer, "sentence", &p.sentence);
        if (r == 0)
                r = reply_list(j, "reasons", &p.reasons);
        if (r == 0)
                r = reply_list(j, "not_recorded", &p.not_recorded);
        if (r == 0)
                r = reply_list(j, "next_steps", &p.next_steps);
        if (r == 0)
                *ret = p;
        return r;
}

static Tone answer_tone(const char *answer)
{
        return streq(answer, "yes") ? TONE_BAD : streq(answer, "partly") ? TONE_WARN : TONE_STRONG;
}

static int print_list(const Cli *cli, const char *title, json_t *list)
{
        json_t *item;
        size_t i;

        json_array_foreach(list, i, item)
        {
                if (!json_is_string(item))
                        return reply_unexpected("past", "a list is not one of texts");
                if (i == 0)
                        printf("\n%s\n", title);
                fputs("  - ", stdout);
                text_wrap(stdout, json_string_value(item), cli->columns, 4, 4);
        }
        return 0;
}

static int print_past(const Cli *cli, json_t *reply, usec_t since, usec_t until)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];
        PastReply p;
        Tone tone;
        int r;

        r = reply_past(reply, &p);
        if (r != 0)
                return r;
        tone = answer_tone(p.answer);
        printf("Was it compaction, from %s to %s?\n  %s", text_time(a, (int64_t)since), text_time(b, (int64_t)until), color_on(cli, tone));
        text_wrap(stdout, p.sentence, cli->columns, 2, 2);
        fputs(color_off(cli, tone), stdout);
        r = print_list(cli, "Reasons:", p.reasons);
        if (r == 0)
                r = print_list(cli, "Not recorded:", p.not_recorded);
        return r == 0 ? print_list(cli, "Next steps:", p.next_steps) : r;
}

int explain_past(const Cli *cli)
{
        _cleanup_json_ json_t *reply = NULL;
        json_t *parameters = NULL;
        usec_t since, until;
        int r;

        if (cli_has(cli, OPTION_NODE) || cli_has(cli, OPTION_SIZE)) {
                cli_error("explain: --node and --size are for what is now: not with --since and --until");
                return EXIT_USAGE;
        }
        r = range_take(cli, "explain", SINCE_DEFAULT, &since, &until);
        if (r == 0)
                r = range_parameters(&parameters, since, until);
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.ExplainPast", parameters, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_past(cli, reply, since, until);
}
