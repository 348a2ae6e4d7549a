/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of its own, for <term.h> makes macros of common words. */
#include "cli/top-terminfo.h"

#include <curses.h>
#include <term.h>
#include <unistd.h>

const char *top_terminal_unable(void)
{
        const char *cup;
        int error;

        if (setupterm(NULL, STDOUT_FILENO, &error) == ERR)
                return "this terminal is not known here";
        cup = tigetstr("cup");
        (void)del_curterm(cur_term);
        return !cup ? "this terminal cannot place its cursor" : NULL;
}
