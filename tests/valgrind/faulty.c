/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What valgrind has to find, so that a silent valgrind means something. */
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[])
{
        const char *what = argc > 1 ? argv[1] : "";
        char *volatile memory = malloc(16);
        volatile char first = 0;

        if (!memory)
                return 1;
        if (strcmp(what, "overrun") == 0)
                memory[16] = 1;
        if (strcmp(what, "unset") == 0 && memory[3])
                first = 1;
        if (strcmp(what, "leak") != 0)
                free(memory);
        memory = NULL;
        return first;
}
