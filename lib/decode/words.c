/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/words.h"

#include "base/units.h"
#include "decode/slice.h"

static const char *size_text(char buf[static UNIT_TEXT_MAX], uint64_t bytes)
{
        return size_format(buf, UNIT_TEXT_MAX, bytes);
}

uint64_t decode_page_size(const Decoded *d)
{
        return d->mem.page_kb > 0 ? (uint64_t)d->mem.page_kb * 1024 : strstr(d->kernel, "64k") ? 65536 : 4096;
}

/* --- what was asked for --- */

static void asked_order(const Decoded *d, StrBuf *b)
{
        char a[UNIT_TEXT_MAX];

        if (d->order < 0) {
                strbuf_puts(b, "the message does not say how much");
                return;
        }
        if (d->order >= 32) {
                strbuf_printf(b, "order %d", d->order);
                return;
        }
        if (d->order == 0) {
                strbuf_puts(b, "order 0: a single page");
                return;
        }
        strbuf_printf(b, "order %d: %s in one piece (%llu pages)", d->order, size_text(a, decode_page_size(d) << d->order), 1ULL << d->order);
        if (d->mem.page_kb == 0 && decode_page_size(d) == 4096)
                strbuf_puts(b, ", where a page has 4 KiB");
}

static void asked_pages(const Decoded *d, StrBuf *b)
{
        char a[UNIT_TEXT_MAX];

        strbuf_printf(b, "%lld pages in a row", (long long)d->pages);
        if (d->pages >= 0 && d->pages < INT32_MAX)
                strbuf_printf(b, " (%s where a page has 4 KiB)", size_text(a, (uint64_t)d->pages * 4096));
        if (*d->area)
                strbuf_printf(b, " of the area %s", d->area);
}

void words_asked(const Decoded *d, StrBuf *b)
{
        char a[UNIT_TEXT_MAX];

        switch (d->kind) {
        case DECODE_CMA:
        case DECODE_PFNS_BUSY:
                if (d->pages >= 0)
                        asked_pages(d, b);
                else
                        strbuf_puts(b, "the message does not say how much");
                break;
        case DECODE_HUGETLB:
                strbuf_printf(b, "%lld huge pages", (long long)d->total);
                if (d->bytes > 0)
                        strbuf_printf(b, " of %s", size_text(a, (uint64_t)d->bytes));
                if (d->got >= 0)
                        strbuf_printf(b, ", got %lld", (long long)d->got);
                break;
        case DECODE_VMALLOC:
        case DECODE_SWIOTLB:
                if (d->bytes >= 0)
                        strbuf_printf(b, "%s%s", size_text(a, (uint64_t)d->bytes), d->kind == DECODE_VMALLOC ? " of kernel addresses" : " to be copied for a device");
                else
                        strbuf_puts(b, "the message does not say how much");
                break;
        case DECODE_HUNG_TASK:
        case DECODE_LOCKUP: strbuf_puts(b, "nothing: a task does not get on"); break;
        case DECODE_TOO_LARGE: strbuf_puts(b, "more than the largest block that there can be"); break;
        case DECODE_KMEM:
                if (d->bytes >= 0)
                        strbuf_printf(b, "%s; ", size_text(a, (uint64_t)d->bytes));
                asked_order(d, b);
                break;
        default: asked_order(d, b); break;
        }
}

void words_flags(const Decoded *d, StrBuf *b)
{
        const Gfp *g = &d->gfp;

        if (g->from == GFP_FROM_NOTHING) {
                if (g->have_mask)
                        strbuf_printf(b, "0x%x means different things in different kernels, and the message does not say which one it was: give --kernel VERSION", g->mask);
                else
                        strbuf_puts(b, "not said");
                return;
        }
        if (!gfp_may_reclaim(g)) {
                strbuf_puts(b, g->flags & GFP_HIGH ? "may not wait, so neither reclaim nor compact; may use part of the reserve"
                                                   : "may not wait, so neither reclaim nor compact, nor use the reserve");
                return;
        }
        strbuf_puts(b, "may reclaim");
        if (d->order == 0)
                strbuf_puts(b, "; there is nothing to compact for a single page");
        else if (gfp_may_compact(g, d->order))
                strbuf_puts(b, " and compact");
        else if (!(g->flags & GFP_IO))
                strbuf_puts(b, ", but not compact: that needs __GFP_IO");
        else
                strbuf_puts(b, ", but not compact: before 4.10 that needed __GFP_FS");
        if (g->flags & GFP_NORETRY)
                strbuf_puts(b, ", but is not to try hard (__GFP_NORETRY)");
        if (g->flags & (GFP_DMA | GFP_DMA32))
                strbuf_printf(b, "; only memory of the zone %s will do", g->flags & GFP_DMA ? "DMA" : "DMA32");
}

static void who_trace(const Decoded *d, StrBuf *b, size_t before)
{
        const StackFrame *f = stack_caller(&d->stack);
        const char *module = stack_module(&d->stack);

        if (f)
                strbuf_printf(b, "%s%s", b->size > before ? ", in " : "", f->function);
        if (f && *module)
                strbuf_printf(b, " of %s", module);
        if (*d->stack.workqueue && (!f || !streq(d->stack.workqueue, f->function)))
                strbuf_printf(b, "%sfor the work queue's %s", b->size > before ? ", " : "", d->stack.workqueue);
}

void words_who(const Decoded *d, StrBuf *b)
{
        const StackFrame *f = stack_caller(&d->stack);
        size_t before = b->size;

        if (*d->comm)
                strbuf_puts(b, d->comm);
        else if (*d->device)
                strbuf_puts(b, d->device);
        if (d->pid > 0 && *d->comm)
                strbuf_printf(b, " (pid %lld)", (long long)d->pid);
        if (*d->area && d->kind == DECODE_KMEM)
                strbuf_printf(b, "%s%s of %s", b->size > before ? ", in " : "", d->area, d->xfs ? "XFS" : "ZFS");
        who_trace(d, b, before);
        if (*d->cache)
                strbuf_printf(b, "%sthe slab cache %s", b->size > before ? ", for " : "for ", d->cache);
        if (b->size == before)
                strbuf_puts(b, "not said");
        else if (!f && (d->kind == DECODE_PAGE_ALLOCATION || d->kind == DECODE_VMALLOC))
                strbuf_puts(b, "; there is no call trace that says for what");
}

/* --- what it was seen from --- */

static void evidence_zone(const Decoded *d, StrBuf *b)
{
        char a[UNIT_TEXT_MAX];

        if (d->free_kb >= 0 && *d->zone)
                strbuf_printf(b, "Mem-Info: %s free for it in zone %s", size_text(a, (uint64_t)d->free_kb * 1024), d->zone);
}

/* Without numbers, or where they say something else. */
static void evidence_missing(const Decoded *d, StrBuf *b)
{
        if (d->mem.garbled)
                strbuf_puts(b, "likely, not shown: the counts of Mem-Info do not add up, lines of two CPUs were mixed");
        else if (d->mem.n_zones > 0 && d->gfp.from == GFP_FROM_NOTHING)
                strbuf_puts(b, "likely, not shown: Mem-Info is there, but not what the flags mean");
        else if (d->free_kb >= 0 && d->order == 0)
                strbuf_puts(b, "likely, not shown: by the time Mem-Info was printed enough was free");
        else if (d->free_kb >= 0)
                strbuf_puts(b, "likely, not shown: by the time Mem-Info was printed a block that would have done was free, or the counts of blocks are missing");
        else
                strbuf_puts(b, "likely, not shown: there is no Mem-Info block in the text that would say how much was free, and in what pieces");
}

void words_evidence(const Decoded *d, StrBuf *b)
{
        if (d->cut) {
                strbuf_puts(b, "the line that says what was asked for is cut off");
                return;
        }
        switch (d->class) {
        case CLASS_FRAGMENTATION:
        case CLASS_SHORTAGE:
        case CLASS_ATOMIC_RESERVE:
                if (d->kind == DECODE_KMEM)
                        strbuf_puts(b, "likely, not shown: only the file system speaks here, not the page allocator");
                else if (!d->shown)
                        evidence_missing(d, b);
                else {
                        evidence_zone(d, b);
                        if (d->class == CLASS_FRAGMENTATION)
                                strbuf_puts(b, ", above its watermark, but no block as large");
                        else
                                strbuf_puts(b, ", which is not above its watermark");
                }
                break;
        case CLASS_MEMCG:
                if (!d->shown)
                        strbuf_puts(b, "likely, not shown: the page allocator does not refuse as little as this");
                else if (*d->cache)
                        strbuf_printf(b, "the cache %s belongs to a control group", d->cache);
                else
                        strbuf_puts(b, "the kernel says so");
                break;
        case CLASS_COMPACTION:
                strbuf_puts(b, d->shown ? "compaction is in the call trace" : "likely, not shown: by the task's name alone");
                break;
        case CLASS_UNKNOWN: strbuf_puts(b, "the message does not say enough"); break;
        default: strbuf_puts(b, "the kernel says so"); break;
        }
}
