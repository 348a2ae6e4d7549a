/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply-memory.h"

int reply_census(json_t *parameters, CensusReply *ret)
{
        CensusReply c = { .read_realtime_usec = REPLY_UNKNOWN, .read_usec = REPLY_UNKNOWN, .block_bytes = REPLY_UNKNOWN,
                .total_bytes = REPLY_UNKNOWN, .cma_total_bytes = REPLY_UNKNOWN, .cma_free_bytes = REPLY_UNKNOWN };
        json_t *j;
        int r;

        r = REPLY_UNPACK(parameters, "GetCensus", "{s:o}", "census", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "census", "{s?I, s?I, s?I, s?I, s?I, s?I, s?s, s?s, s?o}", "read_realtime_usec", &c.read_realtime_usec,
                "read_usec", &c.read_usec, "block_bytes", &c.block_bytes, "total_bytes", &c.total_bytes, "cma_total_bytes",
                &c.cma_total_bytes, "cma_free_bytes", &c.cma_free_bytes, "not_read", &c.not_read, "hot_plugged_memory",
                &c.hot_plugged_memory, "memory_blocks", &c.memory_blocks);
        if (r == 0)
                r = reply_list(j, "nodes", &c.nodes);
        if (r == 0)
                r = reply_list(j, "zones", &c.zones);
        if (r == 0)
                r = reply_list(j, "owners", &c.owners);
        if (r == 0)
                r = reply_list(j, "cma_areas", &c.cma_areas);
        if (r == 0)
                r = reply_list(j, "boot", &c.boot);
        if (r == 0)
                r = reply_list(j, "findings", &c.findings);
        if (r == 0)
                *ret = c;
        return r;
}

int reply_memory_blocks(json_t *j, MemoryBlocksReply *ret)
{
        return REPLY_UNPACK(j, "memory blocks", "{s:I, s:I, s:I, s:I, s:I}", "block_bytes", &ret->block_bytes, "blocks", &ret->blocks,
                "looked_at", &ret->looked_at, "movable", &ret->movable, "offline", &ret->offline);
}

int reply_census_node(json_t *j, CensusNodeReply *ret)
{
        CensusNodeReply n = { .managed_bytes = REPLY_UNKNOWN, .movable_zone_bytes = REPLY_UNKNOWN, .user_only_free_bytes = REPLY_UNKNOWN, .unmovable_permyriad = REPLY_UNKNOWN,
                .unmovable_before_permyriad = REPLY_UNKNOWN, .grown_over_usec = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "node", "{s:I, s?I, s?I, s?I, s?I, s?I, s?I}", "node", &n.node, "user_only_free_bytes", &n.user_only_free_bytes, "managed_bytes", &n.managed_bytes,
                "movable_zone_bytes", &n.movable_zone_bytes, "unmovable_permyriad", &n.unmovable_permyriad, "unmovable_before_permyriad",
                &n.unmovable_before_permyriad, "grown_over_usec", &n.grown_over_usec);

        if (r == 0)
                *ret = n;
        return r;
}

int reply_census_zone(json_t *j, CensusZoneReply *ret)
{
        CensusZoneReply z = { .unmovable_permyriad = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "zone", "{s:I, s:s, s:I, s?I}", "node", &z.node, "zone", &z.zone, "blocks", &z.blocks,
                "unmovable_permyriad", &z.unmovable_permyriad);

        if (r == 0)
                r = reply_list(j, "types", &z.types);
        if (r == 0)
                *ret = z;
        return r;
}

int reply_census_type(json_t *j, CensusTypeReply *ret)
{
        CensusTypeReply t = { .mixed_blocks = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "type", "{s:s, s:I, s:I, s:b, s?I}", "type", &t.type, "blocks", &t.blocks, "free_bytes", &t.free_bytes,
                "free_at_least", &t.free_at_least, "mixed_blocks", &t.mixed_blocks);

        if (r == 0)
                *ret = t;
        return r;
}

int reply_census_owner(json_t *j, CensusOwnerReply *ret)
{
        CensusOwnerReply o = { .order = REPLY_UNKNOWN, .used_permyriad = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "owner", "{s:s, s:s, s:I, s:s, s?I, s?I}", "owner", &o.owner, "kind", &o.kind, "bytes", &o.bytes, "note",
                &o.note, "order", &o.order, "used_permyriad", &o.used_permyriad);

        if (r == 0)
                *ret = o;
        return r;
}

int reply_cma_area(json_t *j, CmaAreaReply *ret)
{
        CmaAreaReply a = { .total_bytes = REPLY_UNKNOWN, .free_bytes = REPLY_UNKNOWN, .allocated_pages = REPLY_UNKNOWN,
                .failed_pages = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "CMA area", "{s:s, s?I, s?I, s?I, s?I}", "name", &a.name, "total_bytes", &a.total_bytes, "free_bytes",
                &a.free_bytes, "allocated_pages", &a.allocated_pages, "failed_pages", &a.failed_pages);

        if (r == 0)
                *ret = a;
        return r;
}

int reply_fallbacks(json_t *parameters, FallbacksReply *ret)
{
        FallbacksReply f = { .below_order = REPLY_UNKNOWN };
        json_t *j;
        int r;

        r = REPLY_UNPACK(parameters, "GetFallbacks", "{s:o}", "fallbacks", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "fallbacks", "{s:b, s?s, s:I, s?I, s:I, s:I, s:I}", "counting", &f.counting, "why_not", &f.why_not, "cpus",
                &f.cpus, "below_order", &f.below_order, "step_usec", &f.step_usec, "steps", &f.steps, "steps_needed", &f.steps_needed);
        if (r == 0)
                r = reply_list(j, "kinds", &f.kinds);
        if (r == 0)
                r = reply_list(j, "rates", &f.rates);
        if (r == 0)
                r = reply_list(j, "findings", &f.findings);
        if (r == 0)
                *ret = f;
        return r;
}

int reply_fallback_kind(json_t *j, FallbackKindReply *ret)
{
        FallbackKindReply k = { .recent = REPLY_UNKNOWN, .usual = REPLY_UNKNOWN, .upper = REPLY_UNKNOWN, .times_permyriad = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "kind", "{s:s, s:I, s:b, s?I, s?I, s?I, s?I}", "kind", &k.kind, "total", &k.total, "unusual", &k.unusual,
                "recent", &k.recent, "usual", &k.usual, "upper", &k.upper, "times_permyriad", &k.times_permyriad);

        if (r == 0)
                *ret = k;
        return r;
}

int reply_fallback_rate(json_t *j, FallbackRateReply *ret)
{
        FallbackRateReply f = { 0 };
        int r = REPLY_UNPACK(j, "rate", "{s:I, s:I, s:I, s:I}", "window_usec", &f.window_usec, "over_usec", &f.over_usec, "unmovable",
                &f.unmovable, "movable", &f.movable);

        if (r == 0)
                *ret = f;
        return r;
}
