/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* memory.h - what the guest's helper programs share: options KEY=VALUE, free memory of a node, a
 * ready file, waiting.
 *
 * Each program shapes memory, creates the file ready=PATH and stays until it is killed; its memory
 * goes with it. */
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MIB   (UINT64_C(1) << 20)
#define BLOCK (2 * MIB) /* a huge page */

static inline void die(const char *what)
{
        perror(what);
        exit(1);
}

/* The value of KEY=VALUE among the arguments, or fallback. */
static inline const char *option(char **argv, const char *key, const char *fallback)
{
        size_t n = strlen(key);

        for (; *argv; argv++)
                if (strncmp(*argv, key, n) == 0 && (*argv)[n] == '=')
                        return *argv + n + 1;
        return fallback;
}

static inline uint64_t option_number(char **argv, const char *key, uint64_t fallback)
{
        const char *text = option(argv, key, NULL);

        return text ? strtoull(text, NULL, 10) : fallback;
}

/* Of the whole machine. */
static inline uint64_t free_bytes_everywhere(void)
{
        struct sysinfo info;

        if (sysinfo(&info) < 0)
                die("sysinfo");
        return (uint64_t)info.freeram * info.mem_unit;
}

/* node < 0: the whole machine. A node's file holds "Node 0 MemFree: 123 kB". */
static inline uint64_t free_bytes(int node)
{
        char path[64], text[4096], *at;
        ssize_t n;
        int fd;

        if (node < 0)
                return free_bytes_everywhere();
        snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/meminfo", node);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                die(path);
        n = read(fd, text, sizeof(text) - 1);
        close(fd);
        if (n <= 0)
                die(path);
        text[n] = '\0';
        at = strstr(text, "MemFree:");
        if (!at)
                die("MemFree");
        return strtoull(at + strlen("MemFree:"), NULL, 10) * 1024;
}

/* From now on this process allocates on that node only; node < 0: anywhere. */
static inline void bind_to_node(int node)
{
        unsigned long mask;

        if (node < 0)
                return;
        mask = 1UL << node;
        if (syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &mask, sizeof(mask) * 8) < 0)
                die("set_mempolicy");
}

/* Small pages only, whatever the machine's setting. */
static inline void no_huge_pages(void)
{
        if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
                die("PR_SET_THP_DISABLE");
}

static inline char *reserve_address_space(uint64_t size)
{
        char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (p == MAP_FAILED)
                die("mmap");
        return p;
}

/* A fixed pseudo-random sequence: the same run gives the same pattern (xorshift64). */
static inline uint64_t next_random(uint64_t *state)
{
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* Free blocks of at least 2 MiB, in units of 2 MiB, on a node (all of them: node < 0). */
static inline uint64_t whole_blocks(int node)
{
        char line[1024];
        uint64_t sum = 0;
        FILE *f = fopen("/proc/buddyinfo", "re");
        int n, at;

        if (!f)
                die("/proc/buddyinfo");
        while (fgets(line, sizeof(line), f)) {
                char *p, *end;

                if (sscanf(line, "Node %d, zone %*s%n", &n, &at) < 1 || (node >= 0 && n != node))
                        continue;
                p = line + at;
                for (int order = 0; order < 32; order++, p = end) {
                        uint64_t count = strtoull(p, &end, 10);

                        if (end == p)
                                break;
                        if (order >= 9)
                                sum += count << (order - 9);
                }
        }
        fclose(f);
        return sum;
}

/* The machine must have THP enabled=always or madvise and defrag=never, else the faults would
 * compact by themselves. A few more faults than blocks: the first ones may be served from the CPU's
 * own list. A fault that finds no block takes a small page. */
static inline void take_whole_blocks(int node)
{
        uint64_t n = whole_blocks(node) + 8;
        char *base;

        base = reserve_address_space((n + 1) * BLOCK);
        base = (char *)(((uintptr_t)base + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
        if (madvise(base, n * BLOCK, MADV_HUGEPAGE) < 0)
                die("MADV_HUGEPAGE");
        for (uint64_t i = 0; i < n && whole_blocks(node) > 0; i++)
                base[i * BLOCK] = 1;
        /* From here on khugepaged must not make up for the small ones. */
        if (madvise(base, n * BLOCK, MADV_NOHUGEPAGE) < 0)
                die("MADV_NOHUGEPAGE");
}

/* Memory is as it should be. */
static inline void announce(char **argv)
{
        const char *ready = option(argv, "ready", NULL);
        int fd;

        if (!ready)
                return;
        fd = open(ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
                die(ready);
        close(fd);
}

static inline void stay(char **argv)
{
        announce(argv);
        for (;;)
                pause();
}
