/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/stack.h"

#include "decode/slice.h"

/* --- reading --- */

/* Steps over "<IRQ>", "[<ffffffff810db746>]", "([<00000001>]", "[c000000000395038]", "(" and "?". */
static void skip_ornaments(Slice *s, bool *unsure)
{
        for (;;) {
                Slice t = *s;

                slice_skip_blanks(&t);
                if (slice_take(&t, "? ")) {
                        *unsure = true;
                } else if (slice_take(&t, "[<") || slice_take(&t, "([<")) {
                        (void)slice_until(&t, "]");
                        if (!slice_take(&t, "]"))
                                return;
                } else if (slice_take(&t, "[")) {
                        while (t.p < t.end && slice_is_hex(*t.p))
                                t.p++;
                        if (!slice_take(&t, "]"))
                                return;
                } else if (slice_take(&t, "<")) {
                        (void)slice_until(&t, ">");
                        if (!slice_take(&t, ">"))
                                return;
                } else if (!slice_take(&t, "(")) {
                        *s = t;
                        return;
                }
                *s = t;
        }
}

/* "veth", "nouveau ...", "mhi faa917c5..." between brackets. */
static void frame_module(Slice s, char *ret)
{
        const char *at = slice_find(s, " [");
        Slice t;

        if (!at)
                return;
        t = (Slice){ at + 2, s.end };
        if (t.p < t.end && slice_is_alpha(*t.p) && !slice_begins(t, "inline]"))
                slice_copy(slice_until(&t, " ]"), ret, STACK_MODULE_MAX);
}

/* Without what the compiler put behind it. */
static Slice function_plain(Slice name)
{
        static const char *const endings[] = { ".constprop", ".isra", ".part", ".cold", ".clone", ".llvm" };

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                const char *at = slice_find(name, endings[i]);

                if (at)
                        name.end = at;
        }
        return name;
}

/* What follows the name of a function in a trace, in all the ways that architectures and decode_stacktrace.sh print it. */
static bool frame_ends(Slice s, bool begun)
{
        if (slice_begins(s, "+0x") || slice_begins(s, ") from ") || slice_begins(s, " from ") || slice_begins(s, " ["))
                return true;
        return begun && (s.p == s.end || slice_begins(s, " (") || slice_begins(s, " mm/") || slice_begins(s, " net/") || slice_begins(s, " fs/"));
}

static bool stack_workqueue(Stack *s, Slice line)
{
        Slice function = { NULL, NULL };

        if (!slice_take(&line, "Workqueue: "))
                return false;
        frame_module(line, s->workqueue_module);
        if (slice_find(line, " ["))
                line.end = slice_find(line, " [");
        if (slice_find(line, " ("))
                line.end = slice_find(line, " (");
        while (line.p < line.end) {
                function = slice_until(&line, " ");
                slice_skip_blanks(&line);
        }
        if (function.p)
                slice_copy(function, s->workqueue, sizeof(s->workqueue));
        return true;
}

bool stack_line(Stack *s, const char *text, size_t size)
{
        Slice line = slice_of(text, size), name;
        bool unsure = false;
        StackFrame *f;

        slice_skip_blanks(&line);
        if (stack_workqueue(s, line))
                return true;
        if (slice_begins(line, "Call Trace:") || slice_begins(line, "Call trace:") || slice_begins(line, "Backtrace:")) {
                s->ended = s->begun; /* a second one is somebody else's */
                s->begun = true;
                return true;
        }
        skip_ornaments(&line, &unsure);
        name = line;
        if (name.p == name.end || !slice_is_alpha(*name.p))
                return false;
        while (line.p < line.end && (slice_is_alpha(*line.p) || slice_is_digit(*line.p) || *line.p == '.'))
                line.p++;
        name.end = line.p;
        if (!frame_ends(line, s->begun))
                return false;
        if (s->ended || s->n == STACK_FRAMES_MAX)
                return true;
        f = &s->frames[s->n++];
        *f = (StackFrame){ .unsure = unsure };
        slice_copy(function_plain(name), f->function, sizeof(f->function));
        frame_module(line, f->module);
        return true;
}

/* --- who asked --- */

/* Beginnings of names of functions that pass on what others ask for. */
static const char *const passing_on[] = {
        "dump_stack", "dump_backtrace", "dump_trace", "__dump_stack", "dump_header", "show_stack", "unwind_backtrace", "warn_alloc",
        /* pages */
        "__alloc_pages", "alloc_pages", "__alloc_frozen", "alloc_frozen", "__folio_alloc", "folio_alloc", "vma_alloc_folio",
        "get_page_from_freelist", "__get_free_page", "get_zeroed_page", "alloc_page_interleave", "alloc_kmem_pages", "alloc_kmem_pages_node",
        "drain_", "zone_watermark", "page_alloc_cpu_notify", "alloc_contig", "cma_alloc", "__cma_alloc", "try_to_compact", "report_addr",
        /* slab */
        "kmalloc", "__kmalloc", "___kmalloc", "__do_kmalloc", "krealloc", "kvmalloc", "__kvmalloc", "kvzalloc", "kzalloc", "kcalloc",
        "kmem_cache_alloc", "__kmem_cache_alloc", "kmem_getpages", "kmem_alloc", "cache_alloc", "cache_grow", "fallback_alloc", "____cache_alloc",
        "__slab_alloc", "___slab_alloc", "new_slab", "allocate_slab", "alloc_slab_page", "slab_alloc", "__memcg_slab", "refill_", "spl_kmem",
        "spl_vmem", "mempool_alloc",
        /* vmalloc */
        "__vmalloc", "vmalloc", "vzalloc", "alloc_vmap_area", "__get_vm_area_node", "module_alloc", "execmem_",
        /* the out-of-memory killer, control groups */
        "out_of_memory", "oom_kill_process", "pagefault_out_of_memory", "mm_fault_error", "mem_cgroup", "__mem_cgroup", "try_charge",
        "charge_memcg", "obj_cgroup_charge", "cred_has_capability", "selinux_capable", "find_lock_task",
        /* memory for devices, for packets */
        "__dma_direct_alloc", "dma_direct_alloc", "dma_alloc", "__dma_alloc", "arm_dma_alloc", "remap_allocator_alloc", "alloc_single_sgt",
        "iommu_dma_alloc", "__iommu_dma_alloc", "__alloc_skb", "alloc_skb", "__netdev_alloc", "netdev_alloc", "__napi_alloc_skb",
        "napi_alloc_skb", "__napi_build_skb", "napi_build_skb", "napi_skb_cache_get", "page_frag_alloc", "__alloc_page_frag",
        "__page_frag", "swiotlb", "dma_map", "dma_direct_map",
        /* waiting */
        "__schedule", "schedule", "io_schedule", "bit_wait", "__wait_on_bit", "folio_wait", "__folio_lock", "wait_on_page", "__lock_page",
        "__folio_wait", "unmap_and_move", "__unmap_and_move",
};

static bool passes_on(const StackFrame *f)
{
        for (size_t i = 0; i < ELEMENTSOF(passing_on); i++)
                if (strncmp(f->function, passing_on[i], strlen(passing_on[i])) == 0)
                        return !*f->module || streq(f->module, "spl");
        return false;
}

static const StackFrame *first_caller(const Stack *s, bool unsure)
{
        for (unsigned i = 0; i < s->n; i++)
                if (s->frames[i].unsure == unsure && !passes_on(&s->frames[i]))
                        return &s->frames[i];
        return NULL;
}

const StackFrame *stack_caller(const Stack *s)
{
        const StackFrame *f = first_caller(s, false);

        /* some kernels are sure of nothing */
        return f ? f : first_caller(s, true);
}

const char *stack_module(const Stack *s)
{
        const StackFrame *f = stack_caller(s);

        for (; f && f < s->frames + s->n && f < stack_caller(s) + 4; f++)
                if (*f->module && f->unsure == stack_caller(s)->unsure)
                        return f->module;
        return s->workqueue_module;
}

bool stack_has(const Stack *s, const char *prefix)
{
        for (unsigned i = 0; i < s->n; i++)
                if (!s->frames[i].unsure && strncmp(s->frames[i].function, prefix, strlen(prefix)) == 0)
                        return true;
        return false;
}

/* --- what kind --- */

typedef struct Kind {
        const char *begins;
        CallerClass class;
} Kind;

static const Kind modules[] = {
        { "veth", CALLER_NETWORK }, { "mlx", CALLER_NETWORK }, { "ixgbe", CALLER_NETWORK }, { "i40e", CALLER_NETWORK }, { "ice", CALLER_NETWORK },
        { "igb", CALLER_NETWORK }, { "e100", CALLER_NETWORK }, { "bnx", CALLER_NETWORK }, { "tg3", CALLER_NETWORK }, { "r8", CALLER_NETWORK },
        { "hv_netvsc", CALLER_NETWORK }, { "virtio_net", CALLER_NETWORK }, { "vmxnet3", CALLER_NETWORK }, { "ena", CALLER_NETWORK },
        { "be2net", CALLER_NETWORK }, { "ath", CALLER_NETWORK }, { "mhi", CALLER_NETWORK }, { "iwl", CALLER_NETWORK }, { "rtl", CALLER_NETWORK },
        { "rtw", CALLER_NETWORK }, { "brcm", CALLER_NETWORK }, { "mt76", CALLER_NETWORK }, { "mac80211", CALLER_NETWORK }, { "cfg80211", CALLER_NETWORK },
        { "nf_", CALLER_NETWORK }, { "xt_", CALLER_NETWORK }, { "ip_tables", CALLER_NETWORK }, { "bonding", CALLER_NETWORK }, { "bridge", CALLER_NETWORK },
        { "netmap", CALLER_NETWORK }, { "asix", CALLER_NETWORK }, { "ib_", CALLER_NETWORK }, { "rdma", CALLER_NETWORK }, { "rds", CALLER_NETWORK },
        { "ext4", CALLER_FILESYSTEM }, { "xfs", CALLER_FILESYSTEM }, { "btrfs", CALLER_FILESYSTEM }, { "zfs", CALLER_FILESYSTEM }, { "spl", CALLER_FILESYSTEM },
        { "nfs", CALLER_FILESYSTEM }, { "cifs", CALLER_FILESYSTEM }, { "ksmbd", CALLER_FILESYSTEM }, { "ceph", CALLER_FILESYSTEM }, { "fuse", CALLER_FILESYSTEM },
        { "overlay", CALLER_FILESYSTEM }, { "exfat", CALLER_FILESYSTEM }, { "bcachefs", CALLER_FILESYSTEM }, { "9p", CALLER_FILESYSTEM }, { "f2fs", CALLER_FILESYSTEM },
        { "nvme", CALLER_BLOCK }, { "dm_", CALLER_BLOCK }, { "md_", CALLER_BLOCK }, { "raid", CALLER_BLOCK }, { "scsi", CALLER_BLOCK }, { "sd_mod", CALLER_BLOCK },
        { "mpt", CALLER_BLOCK }, { "megaraid", CALLER_BLOCK }, { "qla2", CALLER_BLOCK }, { "lpfc", CALLER_BLOCK }, { "virtio_blk", CALLER_BLOCK },
        { "zram", CALLER_BLOCK }, { "zsmalloc", CALLER_BLOCK }, { "dattobd", CALLER_BLOCK }, { "rbd", CALLER_BLOCK }, { "libsas", CALLER_BLOCK }, { "rr6", CALLER_BLOCK },
        { "ttm", CALLER_GPU }, { "amdgpu", CALLER_GPU }, { "radeon", CALLER_GPU }, { "nouveau", CALLER_GPU }, { "nvidia", CALLER_GPU }, { "i915", CALLER_GPU },
        { "xe", CALLER_GPU }, { "drm", CALLER_GPU }, { "v3d", CALLER_GPU }, { "vc4", CALLER_GPU },
        { "usb", CALLER_USB }, { "xhci", CALLER_USB }, { "ehci", CALLER_USB }, { "uas", CALLER_USB },
        { "uvc", CALLER_MEDIA }, { "video", CALLER_MEDIA }, { "v4l2", CALLER_MEDIA }, { "snd", CALLER_MEDIA }, { "saa7", CALLER_MEDIA },
        { "kvm", CALLER_VIRTUALIZATION }, { "vhost", CALLER_VIRTUALIZATION }, { "vfio", CALLER_VIRTUALIZATION }, { "vbox", CALLER_VIRTUALIZATION },
};

static const Kind functions[] = {
        { "copy_process", CALLER_PROCESS }, { "dup_task_struct", CALLER_PROCESS }, { "alloc_thread_stack", CALLER_PROCESS }, { "pgd_alloc", CALLER_PROCESS },
        { "__pte_alloc", CALLER_PROCESS }, { "pte_alloc", CALLER_PROCESS }, { "__pmd_alloc", CALLER_PROCESS }, { "load_elf", CALLER_PROCESS },
        { "load_flat", CALLER_PROCESS }, { "do_mmap", CALLER_PROCESS },
        { "do_huge", CALLER_MEMORY }, { "khugepaged", CALLER_MEMORY }, { "collapse_huge", CALLER_MEMORY }, { "alloc_fresh_huge", CALLER_MEMORY },
        { "alloc_pool_huge", CALLER_MEMORY }, { "alloc_buddy_huge", CALLER_MEMORY }, { "vmemmap", CALLER_MEMORY }, { "sparse_", CALLER_MEMORY },
        { "__page_cache_alloc", CALLER_MEMORY }, { "filemap", CALLER_MEMORY }, { "__filemap", CALLER_MEMORY }, { "pagecache", CALLER_MEMORY },
        { "page_cache", CALLER_MEMORY }, { "__do_page_cache", CALLER_MEMORY }, { "do_anonymous_page", CALLER_MEMORY }, { "do_swap_page", CALLER_MEMORY },
        { "__read_swap", CALLER_MEMORY }, { "read_swap", CALLER_MEMORY }, { "swap", CALLER_MEMORY }, { "wp_page_copy", CALLER_MEMORY }, { "do_wp_page", CALLER_MEMORY },
        { "handle_pte_fault", CALLER_MEMORY }, { "__handle_mm", CALLER_MEMORY }, { "handle_mm_fault", CALLER_MEMORY }, { "migrate_pages", CALLER_MEMORY },
        { "compact", CALLER_MEMORY }, { "kcompactd", CALLER_MEMORY }, { "isolate_", CALLER_MEMORY }, { "__anon_vma", CALLER_MEMORY }, { "shmem", CALLER_MEMORY },
        { "zs_malloc", CALLER_BLOCK }, { "zram", CALLER_BLOCK }, { "bio_", CALLER_BLOCK }, { "blk_", CALLER_BLOCK }, { "rescan_partitions", CALLER_BLOCK },
        { "check_partition", CALLER_BLOCK }, { "scsi_", CALLER_BLOCK }, { "sd_", CALLER_BLOCK }, { "nvme", CALLER_BLOCK },
        { "load_module", CALLER_MODULE }, { "layout_and_allocate", CALLER_MODULE }, { "bpf", CALLER_MODULE }, { "move_module", CALLER_MODULE },
        { "copy_verifier_state", CALLER_MODULE },
        { "kvm", CALLER_VIRTUALIZATION }, { "vhost", CALLER_VIRTUALIZATION },
        { "usb", CALLER_USB }, { "proc_submiturb", CALLER_USB }, { "proc_do_submiturb", CALLER_USB }, { "uvc", CALLER_MEDIA }, { "vb2_", CALLER_MEDIA }, { "snd_", CALLER_MEDIA }, { "drm_", CALLER_GPU }, { "dc_create", CALLER_GPU },
        { "tcp_", CALLER_NETWORK }, { "udp", CALLER_NETWORK }, { "ip_", CALLER_NETWORK }, { "ip6", CALLER_NETWORK }, { "inet", CALLER_NETWORK },
        { "sock", CALLER_NETWORK }, { "sk_", CALLER_NETWORK }, { "skb_", CALLER_NETWORK }, { "__skb", CALLER_NETWORK }, { "net_", CALLER_NETWORK },
        { "netdev", CALLER_NETWORK }, { "netif", CALLER_NETWORK }, { "napi", CALLER_NETWORK }, { "rtnl", CALLER_NETWORK }, { "netlink", CALLER_NETWORK },
        { "nf_", CALLER_NETWORK }, { "update_or_create_fnhe", CALLER_NETWORK }, { "rx_submit", CALLER_NETWORK }, { "mtk_open", CALLER_NETWORK },
        { "mtk_init", CALLER_NETWORK }, { "bcmgenet", CALLER_NETWORK }, { "dev_", CALLER_NETWORK }, { "__dev_open", CALLER_NETWORK }, { "p9_", CALLER_FILESYSTEM },
        { "ext4", CALLER_FILESYSTEM }, { "xfs", CALLER_FILESYSTEM }, { "btrfs", CALLER_FILESYSTEM }, { "f2fs", CALLER_FILESYSTEM }, { "iomap", CALLER_FILESYSTEM },
        { "nfs", CALLER_FILESYSTEM }, { "fuse", CALLER_FILESYSTEM }, { "seq_", CALLER_FILESYSTEM }, { "alloc_inode", CALLER_FILESYSTEM }, { "d_alloc", CALLER_FILESYSTEM },
        { "__d_alloc", CALLER_FILESYSTEM }, { "proc_sys", CALLER_FILESYSTEM }, { "zstd_", CALLER_FILESYSTEM },
};

static CallerClass kind_of(const Kind *table, size_t n, const char *name)
{
        for (size_t i = 0; i < n; i++)
                if (strncmp(name, table[i].begins, strlen(table[i].begins)) == 0)
                        return table[i].class;
        return CALLER_UNKNOWN;
}

CallerClass stack_class(const Stack *s)
{
        const StackFrame *caller = stack_caller(s), *f = caller;
        CallerClass class;

        if (!caller)
                return CALLER_UNKNOWN;
        class = kind_of(modules, ELEMENTSOF(modules), stack_module(s));
        /* the allocator's caller may be a helper that says nothing: the next ones do */
        for (; class == CALLER_UNKNOWN && f < s->frames + s->n && f < caller + 5; f++)
                if (f->unsure == caller->unsure)
                        class = kind_of(functions, ELEMENTSOF(functions), f->function);
        if (class == CALLER_UNKNOWN)
                class = *stack_module(s) ? CALLER_DRIVER : CALLER_KERNEL;
        return class;
}

const char *decode_caller_name(CallerClass c)
{
        static const char *const names[_CALLER_CLASS_MAX] = {
                [CALLER_UNKNOWN] = "unknown",
                [CALLER_NETWORK] = "network",
                [CALLER_FILESYSTEM] = "filesystem",
                [CALLER_BLOCK] = "block",
                [CALLER_GPU] = "gpu",
                [CALLER_USB] = "usb",
                [CALLER_MEDIA] = "media",
                [CALLER_VIRTUALIZATION] = "virtualization",
                [CALLER_PROCESS] = "process",
                [CALLER_MEMORY] = "memory",
                [CALLER_MODULE] = "module",
                [CALLER_DRIVER] = "driver",
                [CALLER_KERNEL] = "kernel",
        };

        return names[c];
}
