/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-terminfo.h - what is known of a terminal, asked before it is touched. */
#pragma once

/* Why the terminal that TERM names cannot show a screen, a clause; NULL: it can. */
const char *top_terminal_unable(void);
