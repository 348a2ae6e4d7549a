/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* parse-any.h - every parser of lib/parse behind one signature, for the tests of what all of them
 * promise (lib/parse/parse.h).
 *
 * An AnyState of zeros may be parsed into again and again by one parser, and ends with its done().
 */
#pragma once

#include "base/macros.h"
#include "parse/arcstats.h"
#include "parse/buddyinfo.h"
#include "parse/cmdline.h"
#include "parse/extfrag.h"
#include "parse/meminfo.h"
#include "parse/pagetypeinfo.h"
#include "parse/psi.h"
#include "parse/slabinfo.h"
#include "parse/vmstat.h"
#include "parse/zoneinfo.h"

typedef union AnyState {
        Buddyinfo buddyinfo;
        Zoneinfo zoneinfo;
        Vmstat vmstat;
        Psi psi;
        Meminfo meminfo;
        Pagetypeinfo pagetypeinfo;
        IndexFile extfrag;
        Slabinfo slabinfo;
        Cmdline cmdline;
        Arcstats arcstats;
} AnyState;

typedef struct AnyParser {
        const char *name;
        const char *path; /* of a text that it parses, below a recorded root */
        int (*parse)(AnyState *s, const char *text, size_t size, ParseError *ret_error);
        void (*done)(AnyState *s);
        bool (*empty)(const AnyState *s); /* as a failed parse must leave it */
} AnyParser;

static inline int any_buddyinfo(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return buddyinfo_parse(&s->buddyinfo, text, size, e);
}

static inline void any_buddyinfo_done(AnyState *s)
{
        buddyinfo_done(&s->buddyinfo);
}

static inline bool any_buddyinfo_empty(const AnyState *s)
{
        return s->buddyinfo.n_zones == 0 && s->buddyinfo.n_orders == 0 && s->buddyinfo.skipped == 0;
}

static inline int any_zoneinfo(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return zoneinfo_parse(&s->zoneinfo, text, size, e);
}

static inline void any_zoneinfo_done(AnyState *s)
{
        zoneinfo_done(&s->zoneinfo);
}

static inline bool any_zoneinfo_empty(const AnyState *s)
{
        return s->zoneinfo.n_zones == 0 && s->zoneinfo.skipped == 0;
}

static inline int any_vmstat(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return vmstat_parse(&s->vmstat, text, size, e);
}

static inline void any_nothing_done(AnyState *s)
{
        memset(s, 0, sizeof(*s));
}

static inline bool any_vmstat_empty(const AnyState *s)
{
        Vmstat v = s->vmstat;

        for (size_t i = 0; i < VMSTAT_COUNT; i++)
                if (*vmstat_counter(&v, i) != UNKNOWN_U64)
                        return false;
        return v.skipped == 0;
}

static inline int any_psi(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return psi_parse(&s->psi, text, size, e);
}

static inline bool any_psi_empty(const AnyState *s)
{
        const PsiLine *some = &s->psi.some, *full = &s->psi.full;

        return !s->psi.have_full && s->psi.skipped == 0 && some->total == 0 && full->total == 0 &&
               some->avg10 + some->avg60 + some->avg300 == 0 &&
               full->avg10 + full->avg60 + full->avg300 == 0;
}

static inline int any_meminfo(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return meminfo_parse(&s->meminfo, text, size, e);
}

static inline bool any_meminfo_empty(const AnyState *s)
{
        const Meminfo *m = &s->meminfo;
        const uint64_t fields[] = { m->total, m->free, m->available, m->cached, m->dirty,
                m->writeback, m->mlocked, m->unevictable, m->slab_reclaimable,
                m->slab_unreclaimable, m->active, m->inactive, m->slab, m->kernel_stack,
                m->page_tables, m->sec_page_tables, m->vmalloc_used, m->percpu, m->balloon,
                m->shmem_huge_pages, m->file_huge_pages, m->anon_huge_pages, m->cma_total, m->cma_free,
                m->hugepages_total, m->hugepages_free, m->hugepage_size, m->hugetlb };

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                if (fields[i] != UNKNOWN_U64)
                        return false;
        return m->skipped == 0;
}

static inline int any_pagetypeinfo(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return pagetypeinfo_parse(&s->pagetypeinfo, text, size, e);
}

static inline void any_pagetypeinfo_done(AnyState *s)
{
        pagetypeinfo_done(&s->pagetypeinfo);
}

static inline bool any_pagetypeinfo_empty(const AnyState *s)
{
        const Pagetypeinfo *p = &s->pagetypeinfo;

        return p->n_zones == 0 && p->pageblock_order == 0 && p->pages_per_block == 0 &&
               p->n_orders == 0 && p->skipped == 0;
}

static inline int any_extfrag(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return index_file_parse(&s->extfrag, text, size, e);
}

static inline void any_extfrag_done(AnyState *s)
{
        index_file_done(&s->extfrag);
}

static inline bool any_extfrag_empty(const AnyState *s)
{
        return s->extfrag.n_zones == 0 && s->extfrag.n_orders == 0 && s->extfrag.skipped == 0;
}

static inline int any_slabinfo(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return slabinfo_parse(&s->slabinfo, text, size, e);
}

static inline void any_slabinfo_done(AnyState *s)
{
        slabinfo_done(&s->slabinfo);
}

static inline bool any_slabinfo_empty(const AnyState *s)
{
        return s->slabinfo.n_caches == 0 && s->slabinfo.skipped == 0;
}

static inline int any_arcstats(AnyState *s, const char *text, size_t size, ParseError *e)
{
        return arcstats_parse(&s->arcstats, text, size, e);
}

static inline bool any_arcstats_empty(const AnyState *s)
{
        const Arcstats *a = &s->arcstats;

        return a->size == UNKNOWN_U64 && a->c_max == UNKNOWN_U64 && a->skipped == 0;
}

static const AnyParser any_parsers[] = {
        { "buddyinfo", "proc/buddyinfo", any_buddyinfo, any_buddyinfo_done, any_buddyinfo_empty },
        { "zoneinfo", "proc/zoneinfo", any_zoneinfo, any_zoneinfo_done, any_zoneinfo_empty },
        { "vmstat", "proc/vmstat", any_vmstat, any_nothing_done, any_vmstat_empty },
        { "psi", "proc/pressure/memory", any_psi, any_nothing_done, any_psi_empty },
        { "meminfo", "proc/meminfo", any_meminfo, any_nothing_done, any_meminfo_empty },
        { "pagetypeinfo", "proc/pagetypeinfo", any_pagetypeinfo, any_pagetypeinfo_done,
                any_pagetypeinfo_empty },
        { "extfrag", "sys/kernel/debug/extfrag/extfrag_index", any_extfrag, any_extfrag_done,
                any_extfrag_empty },
        { "slabinfo", "proc/slabinfo", any_slabinfo, any_slabinfo_done, any_slabinfo_empty },
        { "arcstats", "proc/spl/kstat/zfs/arcstats", any_arcstats, any_nothing_done, any_arcstats_empty },
};

static inline const AnyParser *any_parser(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(any_parsers); i++)
                if (streq(any_parsers[i].name, name))
                        return &any_parsers[i];
        return NULL;
}
