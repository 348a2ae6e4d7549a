/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/findings.h"

#include "cli/color.h"
#include "cli/reply.h"
#include "cli/text.h"

int print_findings(const Cli *cli, json_t *findings)
{
        json_t *item;
        size_t i;

        json_array_foreach(findings, i, item)
        {
                if (!json_is_string(item))
                        return reply_unexpected("findings", "not a list of texts");
                if (i == 0)
                        putchar('\n');
                printf("%s!%s ", color_on(cli, TONE_WARN), color_off(cli, TONE_WARN));
                text_wrap(stdout, json_string_value(item), cli->columns, 2, 2);
        }
        return 0;
}
