/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pin leave=MIB keep=PAGES ready=FILE
 *
 * Fragments memory with pages that nothing can move: fills pipes until only `leave` is free, then
 * reads each of them down to about `keep` of its 16 pages. Pages of one pipe were allocated in a
 * row, so that hardly a run of free pages is longer than 32. keep=0: they stay full, and whole
 * blocks stay free. */
#include <errno.h>
#include <sys/resource.h>

#include "memory.h"

#define PIPE_PAGES 16

int main(int argc, char **argv)
{
        uint64_t leave = option_number(argv, "leave", 32) * MIB,
                 keep = option_number(argv, "keep", 6);
        uint64_t n_max = free_bytes(-1) / (PIPE_PAGES * 4096), n = 0,
                 state = UINT64_C(0x9e3779b97f4a7c15);
        struct rlimit files = { 2 * n_max + 64, 2 * n_max + 64 };
        static char buf[PIPE_PAGES * 4096];
        int(*pipes)[2];

        if (setrlimit(RLIMIT_NOFILE, &files) < 0)
                die("RLIMIT_NOFILE");
        pipes = calloc(n_max, sizeof(*pipes));
        if (!pipes)
                die("calloc");
        for (; n < n_max && free_bytes(-1) > leave; n++) {
                if (pipe2(pipes[n], O_NONBLOCK | O_CLOEXEC) < 0)
                        die("pipe2");
                if (write(pipes[n][1], buf, sizeof(buf)) != sizeof(buf))
                        die("write");
        }
        /* keep is the mean: each pipe keeps between 1 and 2 * keep - 1 pages. */
        for (uint64_t i = 0; keep > 0 && i < n; i++) {
                uint64_t drop = PIPE_PAGES - 1 - next_random(&state) % (2 * keep - 1);

                if (read(pipes[i][0], buf, drop * 4096) < 0 && errno != EAGAIN)
                        die("read");
        }
        if (keep > 0)
                take_whole_blocks(-1);
        printf("pin: %llu pipes\n", (unsigned long long)n);
        fflush(stdout);
        stay(argv);
}
