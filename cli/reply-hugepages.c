/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply-hugepages.h"

int reply_huge_pages(json_t *parameters, HugePagesReply *ret)
{
        HugePagesReply h = { .thp_bytes = REPLY_UNKNOWN };
        json_t *j;
        int r;

        r = REPLY_UNPACK(parameters, "GetHugePages", "{s:o}", "huge_pages", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "huge_pages", "{s:I, s:I, s?I, s?s, s?s, s?s, s:o}", "page_bytes",
                &h.page_bytes, "window_usec", &h.window_usec, "thp_bytes", &h.thp_bytes, "enabled",
                &h.enabled, "defrag", &h.defrag, "shmem_enabled", &h.shmem_enabled, "khugepaged",
                &h.khugepaged);
        if (r == 0)
                r = reply_list(j, "sizes", &h.sizes);
        if (r == 0)
                r = reply_list(j, "pools", &h.pools);
        if (r == 0)
                r = reply_list(j, "findings", &h.findings);
        if (r == 0)
                *ret = h;
        return r;
}

int reply_khugepaged(json_t *j, KhugepagedReply *ret)
{
        KhugepagedReply k = { .defrag = -1,
                .pages_to_scan = REPLY_UNKNOWN,
                .scan_sleep_msec = REPLY_UNKNOWN,
                .allocated = REPLY_UNKNOWN,
                .failed = REPLY_UNKNOWN,
                .collapsed_since_boot = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "khugepaged", "{s?b, s?I, s?I, s?I, s?I, s?I}", "defrag", &k.defrag,
                "pages_to_scan", &k.pages_to_scan, "scan_sleep_msec", &k.scan_sleep_msec,
                "allocated", &k.allocated, "failed", &k.failed, "collapsed_since_boot",
                &k.collapsed_since_boot);

        if (r == 0)
                *ret = k;
        return r;
}

int reply_thp_size(json_t *j, ThpSizeReply *ret)
{
        ThpSizeReply s = { .window_usec = REPLY_UNKNOWN,
                .allocated = REPLY_UNKNOWN,
                .fell_back = REPLY_UNKNOWN,
                .cgroup_limit = REPLY_UNKNOWN,
                .no_block = REPLY_UNKNOWN,
                .no_block_permyriad = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "size", "{s:I, s:I, s?I, s?I, s?I, s?I, s?I, s?I, s?s}",
                "size_bytes", &s.size_bytes, "order", &s.order, "window_usec", &s.window_usec,
                "allocated", &s.allocated, "fell_back", &s.fell_back, "cgroup_limit",
                &s.cgroup_limit, "no_block", &s.no_block, "no_block_permyriad",
                &s.no_block_permyriad, "enabled", &s.enabled);

        if (r == 0)
                *ret = s;
        return r;
}

int reply_huge_pool(json_t *j, HugePoolReply *ret)
{
        HugePoolReply p = { .node = REPLY_UNKNOWN,
                .pages = REPLY_UNKNOWN,
                .free = REPLY_UNKNOWN,
                .surplus = REPLY_UNKNOWN,
                .reserved = REPLY_UNKNOWN,
                .overcommit = REPLY_UNKNOWN,
                .wanted = REPLY_UNKNOWN,
                .missing = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "pool", "{s:I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?I, s?s}",
                "size_bytes", &p.size_bytes, "node", &p.node, "pages", &p.pages, "free", &p.free,
                "surplus", &p.surplus, "reserved", &p.reserved, "overcommit", &p.overcommit,
                "wanted", &p.wanted, "short", &p.missing, "wanted_by", &p.wanted_by);

        if (r == 0)
                *ret = p;
        return r;
}
