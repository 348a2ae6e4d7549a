/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* meminfo.h - /proc/meminfo: the sizes fragd uses, in bytes (the file prints kB). Source:
 * fs/proc/meminfo.c. UNKNOWN_U64 where the kernel does not print it. */
#pragma once

#include "parse/parse.h"

#include <stddef.h>

typedef struct Meminfo {
        uint64_t total, free, available, cached, dirty, writeback;
        uint64_t mlocked, unevictable, slab_reclaimable, slab_unreclaimable;
        uint64_t active, inactive; /* with unevictable: all pages of processes and files */
        uint64_t slab, kernel_stack, page_tables, sec_page_tables, vmalloc_used, percpu, balloon;
        uint64_t shmem_huge_pages, file_huge_pages;
        uint64_t anon_huge_pages, cma_total, cma_free;
        uint64_t hugepages_total, hugepages_free, hugepage_size; /* two counts, and bytes */
        uint64_t hugetlb;                                        /* bytes in all hugetlb pools */
        unsigned skipped;
} Meminfo;

int meminfo_parse(Meminfo *m, const char *text, size_t size, ParseError *ret_error);
