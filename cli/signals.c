/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include "cli/fragctl.h"

int signals_take(int *ret_fd)
{
        static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP };
        sigset_t set;
        int fd;

        (void)sigemptyset(&set);
        for (size_t i = 0; i < ELEMENTSOF(wanted); i++)
                (void)sigaddset(&set, wanted[i]);
        fd = sigprocmask(SIG_BLOCK, &set, NULL) < 0
                     ? -1
                     : signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0) {
                cli_error("cannot wait for signals: %s", strerror(errno));
                return EXIT_FAILED;
        }
        *ret_fd = fd;
        return 0;
}

int signals_next(int fd)
{
        struct signalfd_siginfo info;

        return read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info) ? (int)info.ssi_signo : 0;
}
