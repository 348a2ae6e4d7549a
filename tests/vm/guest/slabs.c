/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* slabs pipes=N keep=EVERY lock=MIB ready=FILE
 *
 * Memory that does not move: opens N pipes and closes all but every EVERY-th, so that slabs of the
 * kernel's caches for them stay with few objects in use; and locks so much memory. */
#include <sys/resource.h>

#include "memory.h"

int main(int argc, char **argv)
{
        uint64_t n = option_number(argv, "pipes", 0), keep = option_number(argv, "keep", 1),
                 size = option_number(argv, "lock", 0) * MIB;
        struct rlimit files = { 2 * n + 64, 2 * n + 64 };
        int(*pipes)[2] = calloc(n + 1, sizeof(*pipes));

        if (!pipes || setrlimit(RLIMIT_NOFILE, &files) < 0)
                die("RLIMIT_NOFILE");
        for (uint64_t i = 0; i < n; i++)
                if (pipe2(pipes[i], O_NONBLOCK | O_CLOEXEC) < 0)
                        die("pipe2");
        for (uint64_t i = 0; i < n; i++)
                if (i % keep != 0) {
                        close(pipes[i][0]);
                        close(pipes[i][1]);
                }
        no_huge_pages();
        if (size > 0 && mlock(reserve_address_space(size), size) < 0)
                die("mlock");
        printf("slabs: %llu pipes, %llu MiB locked\n", (unsigned long long)n,
                (unsigned long long)(size / MIB));
        fflush(stdout);
        stay(argv);
}
