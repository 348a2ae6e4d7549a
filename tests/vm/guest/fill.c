/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fill leave=MIB ready=FILE: takes memory until only `leave` is free. */
#include "memory.h"

int main(int argc, char **argv)
{
        uint64_t leave = option_number(argv, "leave", 64) * MIB, size = free_bytes(-1) & ~(MIB - 1);
        char *base;

        no_huge_pages();
        base = reserve_address_space(size);
        for (uint64_t i = 0; i < size; i += 4096) {
                /* Looking costs more than taking: once for 256 KiB. */
                if (i % (MIB / 4) == 0 && free_bytes(-1) <= leave)
                        break;
                base[i] = 1;
        }
        stay(argv);
}
