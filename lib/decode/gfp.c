/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/gfp.h"

#include "decode/slice.h"

#define NOIO    (GFP_DIRECT | GFP_KSWAPD)
#define NOFS    (NOIO | GFP_IO)
#define KERNEL  (NOFS | GFP_FS)
#define USER    (KERNEL | GFP_HARDWALL)
#define HIGHUSER (USER | GFP_HIGHMEM)
#define HIGHUSER_MOVABLE (HIGHUSER | GFP_MOVABLE)
#define TRANSHUGE_LIGHT ((HIGHUSER_MOVABLE | GFP_COMP | GFP_NOMEMALLOC | GFP_NOWARN) & ~(GFP_DIRECT | GFP_KSWAPD))

typedef struct Bit {
        uint32_t mask;
        uint64_t flag;
} Bit;

/* What all layouts before 5.1 share. */
#define OLD_BITS                                                                                   \
        { 0x1, GFP_DMA }, { 0x2, GFP_HIGHMEM }, { 0x4, GFP_DMA32 }, { 0x8, GFP_MOVABLE },          \
        { 0x20, GFP_HIGH }, { 0x40, GFP_IO }, { 0x80, GFP_FS }, { 0x100, GFP_COLD },               \
        { 0x200, GFP_NOWARN }, { 0x400, GFP_RETRY }, { 0x800, GFP_NOFAIL },                        \
        { 0x1000, GFP_NORETRY }, { 0x2000, GFP_MEMALLOC }, { 0x4000, GFP_COMP },                   \
        { 0x8000, GFP_ZERO }, { 0x10000, GFP_NOMEMALLOC }, { 0x20000, GFP_HARDWALL },              \
        { 0x40000, GFP_THISNODE }

/* To 4.3. 0x10 is __GFP_WAIT; without 0x400000, __GFP_NO_KSWAPD, kswapd is woken. */
static const Bit bits_wait[] = { OLD_BITS, { 0x10, GFP_DIRECT }, { 0x80000, GFP_RECLAIMABLE }, { 0x100000, GFP_KMEMCG },
        { 0x200000, GFP_NOTRACK }, { 0x400000, 0 }, { 0x800000, GFP_OTHER_NODE }, { 0x1000000, GFP_WRITE }, { 0 } };
#define NO_KSWAPD 0x400000U
/* 4.4 to 4.9. */
static const Bit bits_44[] = { OLD_BITS, { 0x10, GFP_RECLAIMABLE }, { 0x80000, GFP_HARDER }, { 0x100000, GFP_ACCOUNT },
        { 0x200000, GFP_NOTRACK }, { 0x400000, GFP_DIRECT }, { 0x800000, GFP_OTHER_NODE }, { 0x1000000, GFP_WRITE },
        { 0x2000000, GFP_KSWAPD }, { 0 } };
/* 4.10 to 4.17. */
static const Bit bits_410[] = { OLD_BITS, { 0x10, GFP_RECLAIMABLE }, { 0x80000, GFP_HARDER }, { 0x100000, GFP_ACCOUNT },
        { 0x200000, GFP_NOTRACK }, { 0x400000, GFP_DIRECT }, { 0x800000, GFP_WRITE }, { 0x1000000, GFP_KSWAPD },
        { 0x2000000, GFP_NOLOCKDEP }, { 0x4000000, GFP_NOLOCKDEP }, { 0 } };
/* 4.18 to 5.0. */
static const Bit bits_418[] = { OLD_BITS, { 0x10, GFP_RECLAIMABLE }, { 0x80000, GFP_HARDER }, { 0x100000, GFP_ACCOUNT },
        { 0x200000, GFP_DIRECT }, { 0x400000, GFP_KSWAPD }, { 0x800000, GFP_WRITE }, { 0x1000000, GFP_NOLOCKDEP }, { 0 } };
/* From 5.1; 0x200 is not used from 6.3 on, and what stands beyond 0x800000 depends on the configuration. */
static const Bit bits_51[] = { { 0x1, GFP_DMA }, { 0x2, GFP_HIGHMEM }, { 0x4, GFP_DMA32 }, { 0x8, GFP_MOVABLE },
        { 0x10, GFP_RECLAIMABLE }, { 0x20, GFP_HIGH }, { 0x40, GFP_IO }, { 0x80, GFP_FS }, { 0x100, GFP_ZERO },
        { 0x200, GFP_HARDER }, { 0x400, GFP_DIRECT }, { 0x800, GFP_KSWAPD }, { 0x1000, GFP_WRITE }, { 0x2000, GFP_NOWARN },
        { 0x4000, GFP_RETRY }, { 0x8000, GFP_NOFAIL }, { 0x10000, GFP_NORETRY }, { 0x20000, GFP_MEMALLOC },
        { 0x40000, GFP_COMP }, { 0x80000, GFP_NOMEMALLOC }, { 0x100000, GFP_HARDWALL }, { 0x200000, GFP_THISNODE },
        { 0x400000, GFP_ACCOUNT }, { 0x800000, GFP_ZEROTAGS }, { 0x1000000, GFP_OTHER }, { 0x2000000, GFP_OTHER },
        { 0x4000000, GFP_OTHER }, { 0x8000000, GFP_OTHER }, { 0 } };

typedef struct Layout {
        KernelVersion before;
        const Bit *bits;
        bool wait; /* __GFP_WAIT: kswapd is woken unless told otherwise */
} Layout;

/* Oldest first. */
static const Layout layouts[] = {
        { { 4, 4 }, bits_wait, true },
        { { 4, 10 }, bits_44, false },
        { { 4, 18 }, bits_410, false },
        { { 5, 1 }, bits_418, false },
        { { UINT32_MAX, 0 }, bits_51, false },
};

typedef struct Name {
        const char *name;
        uint64_t flags;
} Name;

/* What stands for several flags, the largest first (include/trace/events/mmflags.h). */
static const Name compounds[] = {
        { "GFP_TRANSHUGE", TRANSHUGE_LIGHT | GFP_DIRECT },
        { "GFP_TRANSHUGE_LIGHT", TRANSHUGE_LIGHT },
        { "GFP_HIGHUSER_MOVABLE", HIGHUSER_MOVABLE },
        { "GFP_HIGHUSER", HIGHUSER },
        { "GFP_USER", USER },
        { "GFP_KERNEL_ACCOUNT", KERNEL | GFP_ACCOUNT },
        { "GFP_KERNEL", KERNEL },
        { "GFP_NOFS", NOFS },
        { "GFP_ATOMIC", GFP_HIGH | GFP_HARDER | GFP_KSWAPD },
        { "GFP_ATOMIC", GFP_HIGH | GFP_KSWAPD },
        { "GFP_NOIO", NOIO },
        { "GFP_NOWAIT", GFP_KSWAPD },
};
/* Not printed any more, or only beside others. */
static const Name old_compounds[] = {
        { "GFP_TEMPORARY", KERNEL | GFP_RECLAIMABLE },
        { "__GFP_RECLAIM", GFP_DIRECT | GFP_KSWAPD },
};
static const Name names[] = {
        { "GFP_DMA", GFP_DMA },
        { "__GFP_HIGHMEM", GFP_HIGHMEM },
        { "GFP_DMA32", GFP_DMA32 },
        { "__GFP_HIGH", GFP_HIGH },
        { "__GFP_ATOMIC", GFP_HARDER },
        { "__GFP_IO", GFP_IO },
        { "__GFP_FS", GFP_FS },
        { "__GFP_NOWARN", GFP_NOWARN },
        { "__GFP_RETRY_MAYFAIL", GFP_RETRY },
        { "__GFP_NOFAIL", GFP_NOFAIL },
        { "__GFP_NORETRY", GFP_NORETRY },
        { "__GFP_COMP", GFP_COMP },
        { "__GFP_ZERO", GFP_ZERO },
        { "__GFP_NOMEMALLOC", GFP_NOMEMALLOC },
        { "__GFP_MEMALLOC", GFP_MEMALLOC },
        { "__GFP_HARDWALL", GFP_HARDWALL },
        { "__GFP_THISNODE", GFP_THISNODE },
        { "__GFP_RECLAIMABLE", GFP_RECLAIMABLE },
        { "__GFP_MOVABLE", GFP_MOVABLE },
        { "__GFP_ACCOUNT", GFP_ACCOUNT },
        { "__GFP_WRITE", GFP_WRITE },
        { "__GFP_DIRECT_RECLAIM", GFP_DIRECT },
        { "__GFP_KSWAPD_RECLAIM", GFP_KSWAPD },
        { "__GFP_ZEROTAGS", GFP_ZEROTAGS },
        { "__GFP_COLD", GFP_COLD },
        { "__GFP_NOTRACK", GFP_NOTRACK },
        { "__GFP_KMEMCG", GFP_KMEMCG },
        { "__GFP_NOACCOUNT", GFP_NOACCOUNT },
        { "__GFP_OTHER_NODE", GFP_OTHER_NODE },
        { "__GFP_NOLOCKDEP", GFP_NOLOCKDEP },
        /* as other kernels have printed them */
        { "__GFP_REPEAT", GFP_RETRY },
        { "GFP_REPEAT", GFP_RETRY },
        { "GFP_NOTRACK", GFP_NOTRACK },
        { "__GFP_DMA", GFP_DMA },
        { "__GFP_DMA32", GFP_DMA32 },
        { "__GFP_SKIP_ZERO", GFP_OTHER },
        { "__GFP_SKIP_KASAN", GFP_OTHER },
        { "__GFP_SKIP_KASAN_POISON", GFP_OTHER },
        { "__GFP_SKIP_KASAN_UNPOISON", GFP_OTHER },
        { "__GFP_NO_OBJ_EXT", GFP_OTHER },
        { "__GFP_CMA", GFP_OTHER },
};

KernelVersion kernel_version(const char *text, size_t size)
{
        Slice s = slice_of(text, size);
        uint64_t major, minor;

        if (!slice_number(&s, &major) || !slice_take(&s, ".") || !slice_number(&s, &minor))
                return (KernelVersion){ 0 };
        if (major < 2 || major > 99 || minor > 999)
                return (KernelVersion){ 0 };
        return (KernelVersion){ (unsigned)major, (unsigned)minor };
}

static bool name_find(const Name *table, size_t n, Slice word, uint64_t *ret)
{
        for (size_t i = 0; i < n; i++)
                if (slice_equal(word, table[i].name)) {
                        *ret = table[i].flags;
                        return true;
                }
        return false;
}

static bool name_flags(Slice word, uint64_t *ret)
{
        uint32_t bits;

        if (slice_hex32(&word, &bits)) { /* a bit that its kernel had no name for */
                *ret = GFP_OTHER;
                return word.p == word.end;
        }
        return name_find(compounds, ELEMENTSOF(compounds), word, ret) ||
               name_find(old_compounds, ELEMENTSOF(old_compounds), word, ret) ||
               name_find(names, ELEMENTSOF(names), word, ret);
}

bool gfp_from_names(const char *text, size_t size, uint64_t *ret)
{
        Slice s = slice_of(text, size);
        uint64_t all = 0;

        while (s.p < s.end) {
                Slice word = slice_until(&s, "|");
                uint64_t flags;

                if (s.p < s.end)
                        s.p++;
                if (slice_equal(word, "none"))
                        continue;
                if (!name_flags(word, &flags))
                        return false;
                all |= flags;
        }
        *ret = all;
        return true;
}

static uint64_t layout_flags(const Layout *l, uint32_t mask, uint32_t *ret_unknown)
{
        uint64_t flags = l->wait && !(mask & NO_KSWAPD) ? GFP_KSWAPD : 0;

        *ret_unknown = mask;
        for (const Bit *b = l->bits; b->mask; b++)
                if (mask & b->mask) {
                        flags |= b->flag;
                        *ret_unknown &= ~b->mask;
                }
        return flags;
}

/* Whether anybody would ask so: I/O only serves reclaim, retrying as well, and from 4.4 on who reclaims also wakes kswapd, huge
 * pages aside. */
static bool layout_plausible(const Layout *l, uint64_t flags, uint32_t unknown)
{
        bool huge = (flags & TRANSHUGE_LIGHT) == TRANSHUGE_LIGHT;

        if (unknown)
                return false;
        if ((flags & (GFP_NOFAIL | GFP_RETRY)) && !(flags & GFP_DIRECT))
                return false;
        if ((flags & (GFP_IO | GFP_FS)) && !(flags & GFP_DIRECT) && !huge)
                return false;
        if ((flags & GFP_DMA) && (flags & GFP_HIGHMEM))
                return false;
        if ((flags & GFP_HARDER) && !(flags & GFP_HIGH))
                return false;
        return l->wait || huge || (flags & GFP_KSWAPD);
}

static const Layout *layout_of_version(KernelVersion v)
{
        const Layout *l = layouts;

        while (!kernel_before(v, l->before.major, l->before.minor))
                l++;
        return l;
}

/* The only layout in which the mask makes sense; NULL. */
static const Layout *layout_of_bits(uint32_t mask)
{
        const Layout *found = NULL;

        for (size_t i = 0; i < ELEMENTSOF(layouts); i++) {
                uint32_t unknown;
                uint64_t flags = layout_flags(&layouts[i], mask, &unknown);

                if (!layout_plausible(&layouts[i], flags, unknown))
                        continue;
                if (found)
                        return NULL;
                found = &layouts[i];
        }
        return found;
}

Gfp gfp_make(const char *text, size_t text_size, bool have_mask, uint32_t mask, KernelVersion version)
{
        Gfp g = { .mask = mask, .have_mask = have_mask };
        const Layout *l = version.major > 0 ? layout_of_version(version) : have_mask ? layout_of_bits(mask) : NULL;

        if (text && gfp_from_names(text, text_size, &g.flags))
                g.from = GFP_FROM_NAMES;
        else if (l && have_mask) {
                g.flags = layout_flags(l, mask, &g.unknown);
                g.from = version.major > 0 ? GFP_FROM_KERNEL : GFP_FROM_BITS;
                /* the bit changed its name while the layout stayed */
                if ((g.flags & GFP_KMEMCG) && version.major == 4)
                        g.flags ^= GFP_KMEMCG | GFP_NOACCOUNT;
        }
        g.old_zonelists = l && l->wait;
        g.needs_fs = l && kernel_before(l->before, 4, 11);
        return g;
}

static void append(char *text, const char *name)
{
        size_t n = strlen(text);

        if (n + strlen(name) + 2 <= GFP_TEXT_MAX)
                snprintf(text + n, GFP_TEXT_MAX - n, "%s%s", n > 0 ? "|" : "", name);
}

static uint64_t append_all(char *text, uint64_t flags, const Name *table, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (table[i].flags && (flags & table[i].flags) == table[i].flags) {
                        append(text, table[i].name);
                        flags &= ~table[i].flags;
                }
        return flags;
}

void gfp_format(uint64_t flags, char ret[static GFP_TEXT_MAX])
{
        *ret = 0;
        for (size_t i = 0; i < ELEMENTSOF(compounds); i++)
                if ((flags & compounds[i].flags) == compounds[i].flags) {
                        append(ret, compounds[i].name);
                        flags &= ~compounds[i].flags;
                        break;
                }
        flags = append_all(ret, flags, &old_compounds[1], 1);
        (void)append_all(ret, flags & ~GFP_OTHER, names, ELEMENTSOF(names));
}
