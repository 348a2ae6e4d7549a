/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reply-hugepages.h - the reply about huge pages, as structs; as reply.h has it. */
#pragma once

#include "cli/reply.h"

typedef struct HugePagesReply {
        json_int_t page_bytes, thp_bytes, window_usec;
        const char *enabled, *defrag, *shmem_enabled;
        json_t *khugepaged;               /* see reply_khugepaged() */
        json_t *sizes, *pools, *findings; /* lists */
} HugePagesReply;

typedef struct KhugepagedReply {
        int defrag; /* -1: unknown */
        json_int_t pages_to_scan, scan_sleep_msec, allocated, failed, collapsed_since_boot;
} KhugepagedReply;

typedef struct ThpSizeReply {
        json_int_t size_bytes, order, window_usec, allocated, fell_back, cgroup_limit, no_block,
                no_block_permyriad;
        const char *enabled;
} ThpSizeReply;

typedef struct HugePoolReply {
        json_int_t size_bytes, node, pages, free, surplus, reserved, overcommit, wanted, missing;
        const char *wanted_by;
} HugePoolReply;

int reply_huge_pages(json_t *parameters, HugePagesReply *ret);
int reply_khugepaged(json_t *j, KhugepagedReply *ret);
int reply_thp_size(json_t *j, ThpSizeReply *ret);
int reply_huge_pool(json_t *j, HugePoolReply *ret);
