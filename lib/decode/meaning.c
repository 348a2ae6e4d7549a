/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/units.h"
#include "decode/slice.h"
#include "decode/words.h"

/* A bounce buffer's longest run: IO_TLB_SEGSIZE (128) slots of 2 KiB. */
#define SWIOTLB_RUN_MAX (256 * 1024)
/* What the file systems of the network wait for is another machine, or a process of this one. */
static const char *const waits_for_others[] = { "nfs", "fuse", "cifs", "ceph", "9p", "v9fs" };

static const char *waited_for(const Decoded *d)
{
        for (unsigned i = 0; i < d->stack.n; i++)
                for (size_t k = 0; k < ELEMENTSOF(waits_for_others); k++)
                        if (!d->stack.frames[i].unsure && (strncmp(d->stack.frames[i].function, waits_for_others[k], strlen(waits_for_others[k])) == 0 ||
                                                                  streq(d->stack.frames[i].module, waits_for_others[k])))
                                return waits_for_others[k];
        return NULL;
}

/* --- meaning --- */

static void meaning_fragmentation(const Decoded *d, StrBuf *b)
{
        strbuf_puts(b, d->shown ? "There was enough free memory, but not in one piece." : "Most likely there was enough free memory, but not in one piece.");
        if (d->gfp.from == GFP_FROM_NOTHING)
                return;
        if (!gfp_may_reclaim(&d->gfp))
                strbuf_puts(b, " Who asked could not wait for compaction (interrupts, packets): only blocks that are ready before help it.");
        else if (!gfp_may_compact(&d->gfp, d->order))
                strbuf_puts(b, " Who asked may not compact, for it might wait for itself: only blocks that are ready before, made by kcompactd or fragd, help it.");
        else
                strbuf_puts(b, " The kernel may have tried to compact for it, and did not succeed: what is in the way does not move, or was moved too late.");
}

static void meaning_memcg(const Decoded *d, StrBuf *b)
{
        strbuf_puts(b, "A control group (container, service) has reached its own memory limit. How fragmented the machine is, or how much it has free, does not matter.");
        if (*d->cache && d->kind != DECODE_OOM)
                strbuf_puts(b, " Kernels before 5.9 also run into this when dead control groups hold on to their caches.");
}

static void meaning_cma(const Decoded *d, StrBuf *b)
{
        char a[UNIT_TEXT_MAX];

        if (d->error == 16)
                strbuf_puts(b, "The area has a range as long, but pages in it could not be moved away: they are pinned (direct I/O, RDMA, VFIO), or busy for the moment.");
        else
                strbuf_puts(b, "The area has no free range as long: it is too small, or cut into pieces by earlier users.");
        if (d->got >= 0 && d->total > 0 && d->total < INT32_MAX)
                strbuf_printf(b, " %lld of its %lld pages are free (%s).", (long long)d->got, (long long)d->total,
                        size_format(a, sizeof(a), (uint64_t)d->got * 4096));
        strbuf_puts(b, " Compacting the machine does not help; memory outside the area is of no use to it.");
}

static void meaning_vmalloc(const Decoded *d, StrBuf *b)
{
        if (d->vmalloc_pages)
                strbuf_puts(b, "Kernel addresses were there, but no pages to put behind them: memory was short, or a control group's limit was reached.");
        else
                strbuf_puts(b, "The range of kernel addresses for this (vmalloc, modules, BPF) had no gap as large. Physical memory has nothing to do with it, nor has compaction.");
        if (d->order > 0)
                strbuf_printf(b, " It asked for pages of order %d first; single ones would have done.", d->order);
}

static void meaning_compaction(const Decoded *d, StrBuf *b)
{
        const char *other = waited_for(d);

        if (d->seconds >= 0)
                strbuf_printf(b, "Compaction has not got on for %lld seconds", (long long)d->seconds);
        else
                strbuf_puts(b, "Compaction does not get on");
        strbuf_puts(b, d->kind == DECODE_LOCKUP ? ", and kept a CPU busy meanwhile." : ".");
        if (other)
                strbuf_printf(b, " It waits for a page of %s, whose server or process may itself be waiting for memory.", other);
        else if (d->kind == DECODE_HUNG_TASK)
                strbuf_puts(b, " It waits for a page that somebody holds locked, or that is being written.");
        strbuf_puts(b, " Starting more compaction makes it worse.");
}

static void meaning_swiotlb(const Decoded *d, StrBuf *b)
{
        if (d->bytes > SWIOTLB_RUN_MAX)
                strbuf_puts(b, "One transfer may be copied in pieces of at most 256 KiB, and this one is longer: the driver should split it. The buffer itself need not be full.");
        else if (d->total > 0 && d->got >= 0 && d->got * 10 < d->total * 9)
                strbuf_puts(b, "The bounce buffer for devices that cannot reach all memory has room, but none in one piece.");
        else
                strbuf_puts(b, "The bounce buffer for devices that cannot reach all memory is full.");
        strbuf_puts(b, " It is of a fixed size and set apart at boot: compaction does not help.");
}

static void meaning_shortage(const Decoded *d, StrBuf *b)
{
        strbuf_puts(b, "Free memory was used up");
        if (d->gfp.from != GFP_FROM_NOTHING && (d->gfp.flags & (GFP_DMA | GFP_DMA32)))
                strbuf_printf(b, " in the zone %s, which is small and the only one that will do", d->gfp.flags & GFP_DMA ? "DMA" : "DMA32");
        strbuf_puts(b, ": reclaim could not keep up. Compaction moves pages, it frees none.");
}

void words_meaning(const Decoded *d, StrBuf *b)
{
        switch (d->class) {
        case CLASS_FRAGMENTATION: meaning_fragmentation(d, b); break;
        case CLASS_SHORTAGE: meaning_shortage(d, b); break;
        case CLASS_ATOMIC_RESERVE:
                strbuf_puts(b, "This is not fragmentation: a single page was missing. Who asked could not wait, and the reserve for such (vm.min_free_kbytes) was used up, "
                               "mostly by a burst of packets or I/O. Often harmless: the packet is sent again.");
                break;
        case CLASS_MEMCG: meaning_memcg(d, b); break;
        case CLASS_POLICY: strbuf_puts(b, "The task may only use some of the memory nodes (cpuset or mempolicy), and those were used up; others may have had plenty."); break;
        case CLASS_CMA: meaning_cma(d, b); break;
        case CLASS_PINNED:
                strbuf_puts(b, "A range of memory was to be made free, for a device, for huge pages or to unplug it, and pages in it could not be moved away: pinned (direct I/O, "
                               "RDMA, VFIO), or busy for the moment. One such line is harmless, as the kernel goes on with the next range.");
                break;
        case CLASS_VMALLOC: meaning_vmalloc(d, b); break;
        case CLASS_HUGETLB:
                strbuf_puts(b, "The pool of huge pages is smaller than asked for: the memory was not there in such pieces, or not on that node.");
                break;
        case CLASS_COMPACTION: meaning_compaction(d, b); break;
        case CLASS_SWIOTLB: meaning_swiotlb(d, b); break;
        case CLASS_TOO_LARGE:
                strbuf_puts(b, "More was asked for at once than the page allocator ever gives (4 MiB on most machines): a fault of the caller, or of what told it the size. "
                               "No setting and no compaction helps.");
                break;
        case CLASS_UNKNOWN:
        case _DECODE_CLASS_MAX: strbuf_puts(b, "Memory could not be had, for a reason that this message does not tell."); break;
        }
}

/* --- next steps --- */

typedef struct Step {
        const char *text, *command;
} Step;

#define DOUBLE_RESERVE "sysctl -w vm.min_free_kbytes=$((2 * $(cat /proc/sys/vm/min_free_kbytes)))"

static const Step steps_wait[] = {
        { "What is ready now, and why not more", "fragctl explain" },
        { "Make blocks of this order now; exit status 3 says that compaction cannot", "fragctl prepare --order %d --count 16" },
        { "What does not move, if it cannot", "fragctl census" },
        { "Keep such blocks ready: an objective with for = \"kernel\" in /etc/fragd/fragd.conf", "" },
        { NULL, NULL },
};
static const Step steps_no_wait[] = {
        { "Keep such blocks ready: an objective with for = \"kernel\" in /etc/fragd/fragd.conf; it could not wait for them to be made", "" },
        { "What is ready now, and why not more", "fragctl explain" },
        { "A larger reserve also keeps larger blocks: twice as much is a start, 5 % of memory the end (MemAvailable falls by it)", DOUBLE_RESERVE },
        { "Of a network card: smaller buffers (MTU, ring, offloads) need smaller orders", "ip link" },
        { NULL, NULL },
};
static const Step steps_shortage[] = {
        { "Who has the memory", "ps -eo pid,comm,rss --sort=-rss | head" },
        { "Caches of the kernel that grow", "fragctl census" },
        { "Start reclaim earlier, at 1 % of memory instead of the kernel's own 0.1 %", "sysctl -w vm.watermark_scale_factor=100" },
        { "Whether it lasts", "cat /proc/pressure/memory" },
        { NULL, NULL },
};
static const Step steps_reserve[] = {
        { "A larger reserve: twice as much is a start, 5 % of memory the end (MemAvailable falls by it)", DOUBLE_RESERVE },
        { "Start reclaim earlier, at 1 % of memory instead of the kernel's own 0.1 %", "sysctl -w vm.watermark_scale_factor=100" },
        { "How often it happens", "fragctl status" },
        { NULL, NULL },
};
static const Step steps_memcg[] = {
        { "Who has which limit, and what is used", "systemd-cgtop -m" },
        { "How often each one ran into it", "grep -H . /sys/fs/cgroup/*/memory.events" },
        { "A larger one, for a service", "systemctl set-property UNIT MemoryMax=4G" },
        { NULL, NULL },
};
static const Step steps_policy[] = {
        { "Nodes that the task may use", "grep Mems_allowed_list /proc/PID/status" },
        { "What is free on each", "numastat -m" },
        { NULL, NULL },
};
static const Step steps_cma[] = {
        { "Areas, and how often they failed", "grep . /sys/kernel/mm/cma/*/alloc_pages_fail" },
        { "Size and what is free of it", "grep Cma /proc/meminfo" },
        { "A larger one, at the next boot: a kernel parameter", "cma=256M" },
        { NULL, NULL },
};
static const Step steps_pinned[] = {
        { "Pins that come and go, and what is locked", "grep -E 'nr_foll_pin|nr_mlock|nr_unevictable' /proc/vmstat" },
        { "What does not move, and who has it", "fragctl census" },
        { NULL, NULL },
};
static const Step steps_vmalloc[] = {
        { "What there is of it, and in use", "grep Vmalloc /proc/meminfo" },
        { "Who uses it", "sort -k2 -n -r /proc/vmallocinfo | head" },
        { "On 32 bits a larger range, at the next boot: a kernel parameter", "vmalloc=512M" },
        { NULL, NULL },
};
static const Step steps_hugetlb[] = {
        { "Whether more can be had now", "fragctl check --size %s --count %lld" },
        { "Have them now, compacting as far as it helps", "fragctl prepare --size %s --count %lld --hugetlb" },
        { "Pages of 1 GiB mostly only at boot: a kernel parameter", "hugepagesz=1G hugepages=N" },
        { NULL, NULL },
};
static const Step steps_compaction[] = {
        { "Stop fragd from starting more", "fragctl pause" },
        { "Where it waits now", "cat /proc/%lld/stack" },
        { "No more in the background until it is over; put it back afterwards to what it says first", "sysctl vm.compaction_proactiveness; sysctl -w vm.compaction_proactiveness=0" },
        { "Known faults: kcompactd could wait for ever for a page of NFS; 6.14 and the stable kernels of then have the repair (ce6d9c1c2b5c)", "uname -r" },
        { NULL, NULL },
};
static const Step steps_swiotlb[] = {
        { "How it is used (kernels from 5.14 on)", "grep . /sys/kernel/debug/swiotlb/io_tlb_*" },
        { "Devices that can reach all memory need none: switch the IOMMU on in the firmware", "" },
        { "A larger one, at the next boot: a kernel parameter, in slots of 2 KiB", "swiotlb=65536" },
        { NULL, NULL },
};
static const Step steps_too_large[] = {
        { "Report it to whom the call trace names, with the trace", "" },
        { NULL, NULL },
};
static const Step steps_unknown[] = {
        { "The lines around it", "journalctl -k -b" },
        { "How memory is now", "fragctl explain" },
        { NULL, NULL },
};

static const Step *steps_of(const Decoded *d)
{
        switch (d->class) {
        case CLASS_FRAGMENTATION:
                return d->gfp.from != GFP_FROM_NOTHING && !gfp_may_reclaim(&d->gfp) ? steps_no_wait : steps_wait;
        case CLASS_SHORTAGE: return steps_shortage;
        case CLASS_ATOMIC_RESERVE: return steps_reserve;
        case CLASS_MEMCG: return steps_memcg;
        case CLASS_POLICY: return steps_policy;
        case CLASS_CMA: return steps_cma;
        case CLASS_PINNED: return steps_pinned;
        case CLASS_VMALLOC: return d->vmalloc_pages ? steps_shortage : steps_vmalloc;
        case CLASS_HUGETLB: return steps_hugetlb;
        case CLASS_COMPACTION: return steps_compaction;
        case CLASS_SWIOTLB: return steps_swiotlb;
        case CLASS_TOO_LARGE: return steps_too_large;
        default: return steps_unknown;
        }
}

/* The command with what it needs of the message; literal where the message does not have it. */
static void step_command(const Decoded *d, const char *command, StrBuf *b)
{
        char size[UNIT_TEXT_MAX];
        int64_t n = d->total > 0 && d->got >= 0 ? MAX(d->total - d->got, 0) : 16;

        if (strstr(command, "--order %d")) {
                strbuf_printf(b, "fragctl prepare --order %d --count 16", d->order >= 0 ? d->order : 4);
        } else if (strstr(command, "--size %s")) {
                snprintf(size, sizeof(size), d->bytes >= 1 << 30 ? "1G" : "%lldM", (long long)MAX(d->bytes, 2 << 20) >> 20);
                strbuf_printf(b, "fragctl %s --size %s --count %lld%s", strstr(command, "check") ? "check" : "prepare", size, (long long)n,
                        strstr(command, "--hugetlb") ? " --hugetlb" : "");
        } else if (strstr(command, "%lld/stack")) {
                if (d->pid > 0)
                        strbuf_printf(b, "cat /proc/%lld/stack", (long long)d->pid);
                else
                        strbuf_puts(b, "cat /proc/PID/stack");
        } else {
                strbuf_puts(b, command);
        }
}

bool words_step(const Decoded *d, unsigned i, StrBuf *ret_text, StrBuf *ret_command)
{
        const Step *steps = steps_of(d);

        for (unsigned k = 0; k <= i; k++)
                if (!steps[k].text)
                        return false;
        strbuf_puts(ret_text, steps[i].text);
        step_command(d, steps[i].command, ret_command);
        return true;
}
