/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start.h - what a program does before anything else. Not in a library: what decides must not reach a file. */
#pragma once

#include <fcntl.h>

#include "base/macros.h"

/* What is opened while 0, 1 or 2 is free would get what is meant for stdout and stderr. */
static inline void reserve_stdio(void)
{
        int fd;

        do
                fd = open("/", O_RDONLY | O_DIRECTORY); /* not writable; there is no /dev/null everywhere */
        while (fd >= 0 && fd <= STDERR_FILENO);
        (void)safe_close(fd);
}
