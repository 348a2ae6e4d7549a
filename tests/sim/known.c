/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "known.h"

#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

static int add(Known *k, char *line)
{
        char *blank;

        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || line[0] == 0)
                return 0;
        blank = strchr(line, ' ');
        if (!blank || !blank[1] || k->n == KNOWN_MAX)
                return -EBADMSG;
        *blank = 0;
        if (number_parse(line, &k->seed[k->n]) < 0)
                return -EBADMSG;
        snprintf(k->reason[k->n++], sizeof(k->reason[0]), "%s", blank + 1);
        return 0;
}

int known_read(Known *k, const char *path, unsigned *ret_line)
{
        char line[512];
        unsigned number = 0;
        FILE *f = fopen(path, "re");
        int r = 0;

        if (!f)
                return -errno;
        *k = (Known){ 0 };
        while (r == 0 && fgets(line, sizeof(line), f)) {
                number++;
                r = add(k, line);
        }
        fclose(f);
        *ret_line = number;
        return r;
}

const char *known_reason(const Known *k, uint64_t seed)
{
        for (unsigned i = 0; i < k->n; i++)
                if (k->seed[i] == seed)
                        return k->reason[i];
        return NULL;
}
