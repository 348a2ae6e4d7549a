/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hog [node=N] leave=MIB keep=PERCENT [lock=1] ready=FILE
 *
 * Fragments memory with movable pages: takes everything but `leave` in small pages, gives all but
 * `keep` percent of them back in a random pattern, and then takes the 2 MiB blocks that are still
 * whole, so that none is left free. lock=1: what is kept is locked.
 *
 * The pattern must be random: with exactly every second page free, the strides of the kernel's free
 * scanner (2, 4, ... 32) skip all free pages and compaction ends at once (mm/compaction.c,
 * isolate_freepages_block). */
#include "memory.h"

static uint64_t take(char *base, uint64_t size, int node, uint64_t leave)
{
        uint64_t taken = 0;

        while (taken + MIB <= size && free_bytes(node) > leave + MIB) {
                for (uint64_t i = 0; i < MIB; i += 4096)
                        base[taken + i] = 1;
                taken += MIB;
        }
        return taken;
}

static void give_back(char *base, uint64_t taken, uint64_t keep)
{
        uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

        for (uint64_t i = 0; i < taken; i += 4096)
                if (next_random(&state) % 100 >= keep && madvise(base + i, 4096, MADV_DONTNEED) < 0)
                        die("MADV_DONTNEED");
}

int main(int argc, char **argv)
{
        int node = (int)option_number(argv, "node", UINT32_MAX);
        uint64_t leave = option_number(argv, "leave", 8) * MIB,
                 keep = option_number(argv, "keep", 40), size, taken;
        char *base;

        bind_to_node(node);
        size = free_bytes(node) & ~(MIB - 1);
        base = reserve_address_space(size);
        if (madvise(base, size, MADV_NOHUGEPAGE) < 0)
                die("MADV_NOHUGEPAGE");
        taken = take(base, size, node, leave);
        give_back(base, taken, keep);
        if (option_number(argv, "lock", 0) && mlock2(base, size, MLOCK_ONFAULT) < 0)
                die("mlock2");
        take_whole_blocks(node);
        printf("hog: took %llu MiB, gave back %llu%%, %llu whole blocks left\n",
                (unsigned long long)(taken / MIB), (unsigned long long)(100 - keep),
                (unsigned long long)whole_blocks(node));
        fflush(stdout);
        stay(argv);
}
