/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* witness node=N size=MIB ready=FILE: notes the physical places of its own pages on that node.
 *
 * At SIGUSR1 it writes to /tmp/moved how many of them lie elsewhere now, and notes the new places.
 * Every second page that it had is given back, at random, so that there is something to compact. */
#include "memory.h"

#define PAGE 4096

static volatile sig_atomic_t asked;

static void ask(int signal)
{
        asked = 1;
}

/* Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 are the page frame number, bit 63 present.
 */
static void look(const char *base, uint64_t n_pages, uint64_t *ret_frames)
{
        int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
        off_t at = (off_t)((uintptr_t)base / PAGE * sizeof(uint64_t));
        size_t size = n_pages * sizeof(uint64_t);

        if (fd < 0)
                die("/proc/self/pagemap");
        if (pread(fd, ret_frames, size, at) != (ssize_t)size)
                die("pagemap");
        close(fd);
        for (uint64_t i = 0; i < n_pages; i++)
                ret_frames[i] = ret_frames[i] >> 63 ? ret_frames[i] & ((UINT64_C(1) << 55) - 1) : 0;
}

static void report(const uint64_t *before, const uint64_t *after, uint64_t n_pages)
{
        uint64_t held = 0, moved = 0;
        FILE *f = fopen("/tmp/moved.new", "we");

        if (!f)
                die("/tmp/moved.new");
        for (uint64_t i = 0; i < n_pages; i++) {
                held += after[i] != 0;
                moved += before[i] != after[i];
        }
        fprintf(f, "%llu of %llu\n", (unsigned long long)moved, (unsigned long long)held);
        if (fclose(f) != 0 || rename("/tmp/moved.new", "/tmp/moved") < 0)
                die("/tmp/moved");
}

/* The page frame numbers are zero for a process without CAP_SYS_ADMIN: then nothing can be seen. */
static void check_privilege(const uint64_t *frames, uint64_t n_pages)
{
        for (uint64_t i = 0; i < n_pages; i++)
                if (frames[i] != 0)
                        return;
        fprintf(stderr, "witness: no page frame numbers to be seen\n");
        exit(1);
}

int main(int argc, char **argv)
{
        uint64_t size = option_number(argv, "size", 64) * MIB, n_pages = size / PAGE;
        uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
        uint64_t *before = calloc(n_pages, sizeof(*before));
        uint64_t *after = calloc(n_pages, sizeof(*after));
        struct sigaction action = { .sa_handler = ask };
        sigset_t usr1, none;
        char *base;

        if (!before || !after)
                die("calloc");
        sigemptyset(&none);
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        sigaction(SIGUSR1, &action, NULL);
        bind_to_node((int)option_number(argv, "node", 0));
        no_huge_pages();
        base = reserve_address_space(size);
        for (uint64_t i = 0; i < size; i += PAGE)
                base[i] = 1;
        for (uint64_t i = 0; i < size; i += PAGE)
                if (next_random(&state) % 2 && madvise(base + i, PAGE, MADV_DONTNEED) < 0)
                        die("MADV_DONTNEED");
        look(base, n_pages, before);
        check_privilege(before, n_pages);
        announce(argv);
        for (;;) {
                while (!asked)
                        sigsuspend(&none);
                asked = 0;
                look(base, n_pages, after);
                report(before, after, n_pages);
                memcpy(before, after, n_pages * sizeof(*before));
        }
}
