/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/header.h"

/* --- parts --- */

static Slice trim(Slice s)
{
        slice_skip_blanks(&s);
        while (s.end > s.p && (s.end[-1] == ' ' || s.end[-1] == '\t'))
                s.end--;
        return s;
}

/* The name of a task: at most 15 characters, blanks among them. What is longer has something before it that is no part of it. */
static void read_comm(Slice s, Decoded *d)
{
        s = trim(s);
        while (slice_size(s) > DECODE_COMM_MAX - 2 && slice_find(s, " "))
                s = trim((Slice){ slice_find(s, " ") + 1, s.end });
        slice_copy(s, d->comm, sizeof(d->comm));
}

/* "fs_mark(3289)" */
static void read_comm_pid(Slice s, Decoded *d)
{
        Slice name = trim(s), pid;
        uint64_t n;

        for (const char *c = name.end; c > name.p; c--)
                if (c[-1] == '(') {
                        pid = (Slice){ c, name.end };
                        if (slice_number(&pid, &n) && slice_take(&pid, ")") && pid.p == pid.end) {
                                d->pid = (int64_t)n;
                                name.end = c - 1;
                        }
                        break;
                }
        read_comm(name, d);
}

/* The number after `key`, into *ret; -1 stays where it is not there. */
static bool read_after(Slice s, const char *key, int64_t *ret)
{
        uint64_t n;

        if (!slice_after(s, key, &s))
                return false;
        slice_skip_blanks(&s);
        if (!slice_number(&s, &n))
                return false;
        *ret = (int64_t)n;
        return true;
}

static void read_order(Slice s, const char *key, Decoded *d)
{
        int64_t n;

        if (d->order < 0 && read_after(s, key, &n) && n < 64)
                d->order = (int)n;
}

/* "0x40dc0(GFP_KERNEL|__GFP_COMP)", "0x20". The names may be cut off, or stand in the next line. */
static void read_gfp(Slice s, const char *key, Decoded *d)
{
        Slice names = { NULL, NULL }, t;
        uint32_t mask;

        if (d->gfp.have_mask || !slice_after(s, key, &s))
                return;
        slice_skip_blanks(&s);
        if (!slice_hex32(&s, &mask))
                return;
        t = s;
        if (slice_take(&t, "(")) {
                names = slice_until(&t, ")");
                if (!slice_take(&t, ")"))
                        names = (Slice){ NULL, NULL };
        }
        d->gfp = gfp_make(names.p, slice_size(names), true, mask, kernel_version(d->kernel, strlen(d->kernel)));
        if (d->gfp.from == GFP_FROM_NAMES)
                slice_copy(names, d->gfp_names, sizeof(d->gfp_names));
}

/* "0-1,3": bits; UINT64_MAX where it is no list or goes beyond 64. */
static uint64_t read_nodes(Slice s)
{
        uint64_t nodes = 0, first, last;

        do {
                if (!slice_number(&s, &first))
                        return UINT64_MAX;
                last = first;
                if (slice_take(&s, "-") && !slice_number(&s, &last))
                        return UINT64_MAX;
                if (first > last || last > 63)
                        return UINT64_MAX;
                for (uint64_t i = first; i <= last; i++)
                        nodes |= UINT64_C(1) << i;
        } while (slice_take(&s, ","));
        return nodes;
}

static void read_allowed(Slice line, Decoded *d)
{
        Slice s;

        if (slice_after(line, "mems_allowed=", &s))
                d->nodes &= read_nodes(s);
        if (slice_after(line, "nodemask=", &s) && s.p < s.end && slice_is_digit(*s.p))
                d->nodes &= read_nodes(s);
}

/* --- first lines --- */

static bool read_page_allocation(Slice before, Slice after, Decoded *d)
{
        /* "swapper: page allocation failure. order:1", before 3.0 */
        if (before.end > before.p && before.end[-1] == ':')
                before.end--;
        else if (before.end > before.p)
                return false; /* in a sentence */
        read_comm(before, d);
        read_order(after, "order:", d);
        read_gfp(after, "mode:", d);
        read_allowed(after, d);
        d->cut = d->order < 0;
        return true;
}

static bool read_stall(Slice before, Slice after, Decoded *d)
{
        int64_t ms;

        if (before.end > before.p && before.end[-1] == ':')
                before.end--;
        read_comm_pid(before, d);
        if (!read_after(after, "for ", &ms))
                return false;
        d->seconds = ms / 1000;
        read_order(after, "order:", d);
        read_gfp(after, "mode:", d);
        d->cut = d->order < 0;
        return true;
}

static bool read_oom(Slice before, Slice after, Decoded *d)
{
        read_comm(before, d);
        read_order(after, "order=", d);
        read_gfp(after, "gfp_mask=", d);
        d->cut = d->order < 0;
        return *d->comm;
}

/* "Out of memory: Killed process 1234 (mysqld)", where nothing stood before it. */
static bool read_killed(Slice before, Slice after, Decoded *d)
{
        Slice s;
        uint64_t n;

        if (before.p < before.end || (!slice_after(after, "Killed process ", &s) && !slice_after(after, "Kill process ", &s)))
                return false;
        if (slice_number(&s, &n))
                d->pid = (int64_t)n;
        if (slice_take(&s, " ("))
                read_comm(slice_until(&s, ")"), d);
        return true;
}

static bool read_memcg_killed(Slice before, Slice after, Decoded *d)
{
        d->memcg = true;
        return read_killed(before, after, d);
}

static bool read_oom_kill(Slice before, Slice after, Decoded *d)
{
        header_more((Slice){ before.p, after.end }, d);
        if (slice_after(after, "task=", &after))
                read_comm(slice_until(&after, ","), d);
        return true;
}

static bool read_slab(Slice before, Slice after, Decoded *d)
{
        int64_t node;

        if (slice_find(before, ":") && !slice_begins(before, "SLUB:") && !slice_begins(before, "SLAB:"))
                return false;
        read_gfp(after, "gfp=", d);
        if (read_after(after, " on node ", &node) && node < NODES_MAX)
                d->node = (int)node;
        d->cut = !d->gfp.have_mask;
        return true;
}

/* "insmod: vmalloc error: size 16384, vm_struct allocation failed, mode:0xcc0(GFP_KERNEL)" */
static bool read_vmalloc(Slice before, Slice after, Decoded *d)
{
        before = trim(before);
        if (before.end > before.p && before.end[-1] == ':') {
                before.end--;
                read_comm(before, d);
        }
        if (!read_after(after, "size ", &d->bytes) && !read_after(after, "failure: ", &d->bytes))
                (void)read_after(after, "allocated ", &d->bytes);
        (void)read_after(after, "bytes of ", &d->bytes);
        (void)read_after(after, " of ", &d->bytes);
        d->vmalloc_pages = slice_find(after, "failed to allocate pages") || slice_find(after, "page order") || slice_find(after, "allocated ");
        read_order(after, "page order ", d);
        if (d->order < 0)
                d->order = 0;
        read_gfp(after, "mode:", d);
        read_allowed(after, d);
        return true;
}

static bool read_vmap(Slice before, Slice after, Decoded *d)
{
        d->order = 0;
        return before.p == before.end && read_after(after, "size ", &d->bytes);
}

/* "XFS: fs_mark(3289) possible memory allocation deadlock size 65624 in kmem_alloc (mode:0x2408240)" */
static bool read_kmem(Slice before, Slice after, Decoded *d)
{
        Slice s;

        d->xfs = slice_begins(before, "XFS");
        if (d->xfs && slice_after(before, ": ", &s))
                read_comm_pid(s, d);
        if (!read_after(after, "size ", &d->bytes))
                (void)read_after(after, "size=", &d->bytes);
        if (slice_after(after, " in ", &s))
                slice_copy(slice_until(&s, " ("), d->area, sizeof(d->area));
        read_gfp(after, "mode:", d);
        read_gfp(after, "lflags=", d);
        return d->xfs || d->gfp.have_mask;
}

/* "kcompactd0:170 blocked for more than 122 seconds." */
static bool read_hung(Slice before, Slice after, Decoded *d)
{
        const char *at = slice_find(after, " blocked for more than "), *colon = at;
        Slice s;
        uint64_t n;

        if (!at || slice_size(before) > 16)
                return false;
        while (colon > after.p && *colon != ':')
                colon--;
        s = (Slice){ colon + 1, at };
        if (colon == after.p || !slice_number(&s, &n))
                return false;
        d->pid = (int64_t)n;
        read_comm((Slice){ after.p, colon }, d);
        (void)read_after(after, "more than ", &d->seconds);
        return true;
}

/* "CPU#33 stuck for 26s! [kcompactd0:479]" */
static bool read_lockup(Slice before, Slice after, Decoded *d)
{
        const char *end = after.end, *colon;
        Slice s;
        uint64_t n;

        if (!read_after(after, "stuck for ", &d->seconds) || !slice_after(after, "[", &s))
                return false;
        while (end > s.p && *--end != ']')
                ;
        for (colon = end; colon > s.p && *colon != ':'; colon--)
                ;
        if (colon <= s.p)
                return false;
        read_comm((Slice){ s.p, colon }, d);
        s = (Slice){ colon + 1, end };
        if (slice_number(&s, &n))
                d->pid = (int64_t)n;
        return true;
}

/* "1.00 GiB", "2.00 MiB", "16.0 MiB": string_get_size() */
static int64_t read_size(Slice s)
{
        static const struct {
                const char *unit;
                int shift;
        } units[] = { { " KiB", 10 }, { " MiB", 20 }, { " GiB", 30 }, { " TiB", 40 } };
        uint64_t whole, fraction = 0;

        if (!slice_number(&s, &whole) || whole > 99999)
                return -1;
        if (slice_take(&s, ".") && !slice_number(&s, &fraction))
                return -1;
        for (size_t i = 0; i < ELEMENTSOF(units) && fraction == 0; i++)
                if (slice_begins(s, units[i].unit))
                        return (int64_t)whole << units[i].shift;
        return -1;
}

/* "HugeTLB: allocating 64 of page size 1.00 GiB failed.  Only allocated 0 hugepages." */
static bool read_hugetlb(Slice before, Slice after, Decoded *d)
{
        Slice s;
        int64_t node;

        if (!read_after(after, "", &d->total) || !slice_after(after, "of page size ", &s))
                return false;
        d->bytes = read_size(s);
        (void)read_after(after, "Only allocated ", &d->got);
        if (read_after(after, "failed node", &node) && node < NODES_MAX)
                d->node = (int)node;
        d->cut = d->got < 0;
        return true;
}

/* "cma: __cma_alloc: reserved: alloc failed, req-size: 257 pages, ret: -16" */
static bool read_cma(Slice before, Slice after, Decoded *d)
{
        int64_t error = 0;
        Slice s;

        if (!slice_find(before, "cma_alloc:"))
                return false;
        (void)slice_after(before, "cma_alloc:", &s);
        s = trim(s);
        if (s.end > s.p && s.end[-1] == ':')
                slice_copy((Slice){ s.p, s.end - 1 }, d->area, sizeof(d->area));
        (void)read_after(after, "req-size: ", &d->pages);
        (void)read_after(after, "ret: -", &error);
        d->error = (int)MIN(error, 4095);
        d->cut = d->pages < 0;
        return true;
}

static bool read_pfn(Slice *s, uint64_t *ret)
{
        const char *start = s->p;

        for (*ret = 0; s->p < s->end && slice_is_hex(*s->p) && s->p < start + 15; s->p++)
                *ret = *ret * 16 + (uint64_t)(slice_is_digit(*s->p) ? *s->p - '0' : (*s->p | 0x20) - 'a' + 10);
        return s->p > start;
}

/* "alloc_contig_range: [2f100, 2f20a) PFNs busy" */
static bool read_busy(Slice before, Slice after, Decoded *d)
{
        uint64_t first, last;

        if (before.p < before.end || !slice_take(&after, "[") || !read_pfn(&after, &first) || !slice_take(&after, ", ") || !read_pfn(&after, &last))
                return false;
        if (!slice_find(after, "PFNs busy") || last < first)
                return false;
        d->pages = (int64_t)(last - first);
        d->error = 16;
        return true;
}

/* "rtl8192ee 0000:05:00.0: swiotlb buffer is full (sz: 4000 bytes), total 32768 (slots), used 32768 (slots)" */
static bool read_swiotlb(Slice before, Slice after, Decoded *d)
{
        before = trim(before);
        if (before.end > before.p && before.end[-1] == ':')
                before.end--;
        slice_copy(before, d->device, sizeof(d->device));
        if (!read_after(after, "(sz: ", &d->bytes))
                (void)read_after(after, "space for ", &d->bytes);
        (void)read_after(after, "total ", &d->total);
        (void)read_after(after, "used ", &d->got);
        return true;
}

/* "WARNING: CPU: 3 PID: 204 at mm/page_alloc.c:5535 __alloc_pages+0x1e8/0xad2", from 6.19 on without CPU and PID, which come last. */
static bool read_too_large(Slice before, Slice after, Decoded *d)
{
        Slice s;
        int64_t pid;

        if (!slice_find(after, "__alloc_pages") && !slice_find(after, "__alloc_frozen_pages"))
                return false;
        if (read_after(before, "PID: ", &pid))
                d->pid = pid;
        if (slice_after(after, ", CPU#", &s) && slice_after(s, ": ", &s))
                read_comm(slice_until(&s, "/"), d);
        return true;
}

static bool read_driver(Slice before, Slice after, Decoded *d)
{
        if (!slice_begins(before, "NVRM:"))
                return false;
        slice_copy(slice_of("NVRM", 4), d->device, sizeof(d->device));
        return true;
}

static const struct {
        const char *mark; /* stands in the line */
        DecodeKind kind;
        bool (*read)(Slice before, Slice after, Decoded *d);
        bool keep; /* the mark is a part of what is read after it */
} headers[] = {
        { " page allocation failure", DECODE_PAGE_ALLOCATION, read_page_allocation, false },
        { "page allocation failure", DECODE_PAGE_ALLOCATION, read_page_allocation, false },
        { " page allocation stalls ", DECODE_STALL, read_stall, false },
        { " invoked oom-killer", DECODE_OOM, read_oom, false },
        { "Unable to allocate memory on ", DECODE_SLAB, read_slab, false },
        { "vmalloc error:", DECODE_VMALLOC, read_vmalloc, true },
        { "vmalloc: allocation failure", DECODE_VMALLOC, read_vmalloc, true },
        { "vmalloc size ", DECODE_VMALLOC, read_vmalloc, true },
        { "vmap allocation for ", DECODE_VMALLOC, read_vmap, false },
        { "vmalloc_node_range for ", DECODE_VMALLOC, read_vmap, false },
        { "possible memory allocation deadlock", DECODE_KMEM, read_kmem, false },
        { "Possible memory allocation deadlock", DECODE_KMEM, read_kmem, false },
        { "INFO: task ", DECODE_HUNG_TASK, read_hung, false },
        { "soft lockup - CPU#", DECODE_LOCKUP, read_lockup, false },
        { "HugeTLB: allocating ", DECODE_HUGETLB, read_hugetlb, false },
        { "alloc failed, req-size:", DECODE_CMA, read_cma, true },
        { "alloc_contig_range: ", DECODE_PFNS_BUSY, read_busy, false },
        { "swiotlb buffer is full", DECODE_SWIOTLB, read_swiotlb, false },
        { "Out of SW-IOMMU ", DECODE_SWIOTLB, read_swiotlb, true },
        { "at mm/page_alloc.c:", DECODE_TOO_LARGE, read_too_large, true },
        { "WARNING: mm/page_alloc.c:", DECODE_TOO_LARGE, read_too_large, true },
        { "[NV_ERR_NO_MEMORY]", DECODE_DRIVER, read_driver, false },
        { "Memory cgroup out of memory: ", DECODE_OOM, read_memcg_killed, false },
        { "oom-kill:constraint=", DECODE_OOM, read_oom_kill, true },
        { "Out of memory: ", DECODE_OOM, read_killed, false },
};

bool header_read(Slice line, Decoded *ret)
{
        for (size_t i = 0; i < ELEMENTSOF(headers); i++) {
                const char *at = slice_find(line, headers[i].mark);

                if (!at)
                        continue;
                *ret = (Decoded){ .kind = headers[i].kind, .order = -1, .bytes = -1, .pages = -1, .got = -1, .total = -1, .seconds = -1,
                        .node = -1, .nodes = UINT64_MAX, .pid = -1, .free_kb = -1 };
                if (headers[i].read((Slice){ line.p, at }, (Slice){ headers[i].keep ? at : at + strlen(headers[i].mark), line.end }, ret))
                        return true;
        }
        return false;
}

/* --- further lines --- */

/* "CPU: 8 PID: 3830513 Comm: dockerd Tainted: P  O  5.15.0-91-generic #101", "Pid: 80, comm: kswapd1 Not tainted 3.4.9", and what a hung
 * task says: "      Not tainted 6.6.92 #1". */
static void more_task(Slice line, Decoded *d)
{
        Slice s, name;

        if (d->pid < 0 && (slice_begins(line, "CPU: ") || slice_begins(line, "Pid: ")))
                if (!read_after(line, "PID: ", &d->pid))
                        (void)read_after(line, "Pid: ", &d->pid);
        if (!*d->comm && slice_begins(line, "CPU: ") && slice_after(line, "Comm: ", &s)) {
                name = s;
                name.end = slice_find(s, " Not tainted") ? slice_find(s, " Not tainted") : slice_find(s, " Tainted:") ? slice_find(s, " Tainted:") : s.end;
                if (slice_find(name, " Kdump:"))
                        name.end = slice_find(name, " Kdump:");
                read_comm(name, d);
        }
        if (*d->kernel || !slice_after(line, "ainted", &s))
                return;
        while (s.p < s.end) {
                Slice word;

                slice_skip_blanks(&s);
                word = slice_until(&s, " ");
                if (kernel_version(word.p, slice_size(word)).major > 0) {
                        slice_copy(word, d->kernel, sizeof(d->kernel));
                        return;
                }
        }
}

/* "  cache: kmalloc-1024(1793:c8ed), object size: 1024, buffer size: 1024, default order: 3, min order: 0" */
static void more_cache(Slice line, Decoded *d)
{
        Slice s = line, name;

        if (!slice_take(&s, "cache: "))
                return;
        name = slice_until(&s, ",");
        slice_copy(name, d->cache, sizeof(d->cache));
        if (slice_find(name, "("))
                d->memcg = true;
        if (d->kind != DECODE_SLAB)
                return;
        read_order(line, "min order: ", d);
        if (!slice_find(line, "default order"))
                read_order(line, " order: ", d);
        (void)read_after(line, "object size: ", &d->bytes);
}

static void more_oom(Slice line, Decoded *d)
{
        Slice s;

        if (slice_find(line, "CONSTRAINT_MEMCG") || slice_begins(line, "Memory cgroup out of memory") ||
                slice_find(line, " killed as a result of limit of "))
                d->memcg = true;
        if (slice_find(line, "CONSTRAINT_CPUSET") || slice_find(line, "CONSTRAINT_MEMORY_POLICY"))
                d->constrained = true;
        if (slice_after(line, "oom_memcg=", &s) || slice_after(line, "as a result of limit of ", &s))
                slice_copy(slice_until(&s, ","), d->cgroup, sizeof(d->cgroup));
        else if (!*d->cgroup && slice_after(line, "Memory cgroup stats for ", &s))
                slice_copy(slice_until(&s, ":"), d->cgroup, sizeof(d->cgroup));
}

/* "mode:0x60820(GFP_ATOMIC)" that a mail program put into a line of its own. */
static void more_broken(Slice line, Decoded *d)
{
        Slice s = line, names;
        uint64_t flags;

        if (d->kind == DECODE_OOM) {
                read_gfp(line, "gfp_mask=", d);
                read_order(line, "order=", d);
        } else {
                if (slice_begins(line, "order:") || slice_begins(line, "mode:")) {
                        read_order(line, "order:", d);
                        read_gfp(line, "mode:", d);
                }
        }
        d->cut = d->cut && d->order < 0;
        if (d->gfp.from == GFP_FROM_NAMES || !slice_take(&s, "("))
                return;
        names = slice_until(&s, ")");
        if (slice_take(&s, ")") && slice_begins(names, "GFP_") && gfp_from_names(names.p, slice_size(names), &flags)) {
                d->gfp = gfp_make(names.p, slice_size(names), d->gfp.have_mask, d->gfp.mask, (KernelVersion){ 0 });
                slice_copy(names, d->gfp_names, sizeof(d->gfp_names));
        }
}

void header_more(Slice line, Decoded *d)
{
        int64_t n;

        if (d->kind == DECODE_PAGE_ALLOCATION || d->kind == DECODE_OOM || d->kind == DECODE_STALL)
                if (d->stack.n == 0 && !d->mem.begun)
                        more_broken(line, d);
        more_task(line, d);
        more_cache(line, d);
        if (d->kind == DECODE_OOM)
                more_oom(line, d);
        if (d->kind == DECODE_PAGE_ALLOCATION || d->kind == DECODE_VMALLOC || d->kind == DECODE_STALL)
                read_allowed(line, d);
        if (d->kind == DECODE_CMA && slice_find(line, " total pages") && read_after(line, "=> ", &n)) {
                d->got = n;
                (void)read_after(line, "free of ", &d->total);
        }
}

bool header_suppressed(Slice line, uint64_t *ret)
{
        Slice s;

        if (!slice_find(line, " callbacks suppressed"))
                return false;
        if (!slice_begins(line, "warn_alloc") && !slice_begins(line, "__alloc_pages") && !slice_begins(line, "slab_out_of_memory"))
                return false;
        return slice_after(line, ": ", &s) && slice_number(&s, ret);
}

void header_gfp(Decoded *d, KernelVersion assumed)
{
        KernelVersion own = kernel_version(d->kernel, strlen(d->kernel)), version = own.major > 0 ? own : assumed;
        Gfp again;

        if (!d->gfp.have_mask && d->gfp.from == GFP_FROM_NOTHING)
                return;
        again = gfp_make(NULL, 0, d->gfp.have_mask, d->gfp.mask, version);
        if (d->gfp.from == GFP_FROM_NAMES) {
                again.flags = d->gfp.flags;
                again.from = GFP_FROM_NAMES;
                again.unknown = 0;
        }
        d->gfp = again;
}
