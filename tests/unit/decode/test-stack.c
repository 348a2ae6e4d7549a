/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../test.h"

#include "decode/stack.h"

static Stack stack;

static bool line(const char *text)
{
        return stack_line(&stack, text, strlen(text));
}

static const struct {
        const char *text, *function, *module;
        bool unsure;
} frames[] = {
        { " veth_alloc_queues+0x25/0x80 [veth]", "veth_alloc_queues", "veth", false },
        { "? __alloc_pages_direct_compact+0x168/0x170", "__alloc_pages_direct_compact", "", true },
        { "<IRQ>  [<ffffffff810db746>] warn_alloc_failed+0xf6/0x160", "warn_alloc_failed", "", false },
        { "<EOI>  [<ffffffff8148523f>] ? _raw_spin_unlock+0xf/0x20", "_raw_spin_unlock", "", true },
        { "[<c0013a7c>] (unwind_backtrace+0x0/0xf0) from [<c009274c>] (warn_alloc_failed+0xc4/0x11c)", "unwind_backtrace", "", false },
        { "[<bf17c574>] (_rtl_rx_completed [rtl_usb]) from [<c03f08c8>] (__usb_hcd_giveback_urb+0x70/0x108)", "_rtl_rx_completed", "rtl_usb", false },
        { "unwind_backtrace from show_stack+0x18/0x1c", "unwind_backtrace", "", false },
        { "([<00000001f848fe2a>] show_stack+0x7a/0xc0)", "show_stack", "", false },
        { "mhi_alloc_bhie_table+0xe8/0x190 [mhi faa917c5aa23a5f5b12d6a2c597067e16d2fedc0]", "mhi_alloc_bhie_table", "mhi", false },
        { "copy_process.part.46+0x140/0x15ac", "copy_process", "", false },
        { "__dma_direct_alloc_pages.isra.0+0x1b2/0x3b0", "__dma_direct_alloc_pages", "", false },
        { "[c00000000170fc80] [c0000000003e5080] __kmalloc_node+0x520/0x890", "__kmalloc_node", "", false },
        { "__alloc_skb", "__alloc_skb", "", false },
};

START_TEST(test_frames)
{
        stack = (Stack){ 0 };
        ck_assert(line("Call Trace:"));
        ck_assert(line(frames[_i].text));
        ck_assert_uint_eq(stack.n, 1);
        ck_assert_str_eq(stack.frames[0].function, frames[_i].function);
        ck_assert_str_eq(stack.frames[0].module, frames[_i].module);
        ck_assert(stack.frames[0].unsure == frames[_i].unsure);
}
END_TEST

static const char *const others[] = {
        "Hardware name: QEMU Standard PC", "CPU: 1 PID: 2 Comm: a Not tainted 6.1", "Code: 48 89 df", "RSP: 0018:ffff EFLAGS: 1", "Mem-Info:", "<TASK>", "", "?", "(", "[<",
        "[<ffff>]", "[<ffff>] (", "0000000000000000 ffff880aea4239c8", "Function entered at [<c0011e48>] from [<c03b1630>]", "Stack : 00000001",
};

START_TEST(test_others)
{
        stack = (Stack){ 0 };
        ck_assert(line("Call Trace:"));
        ck_assert(!line(others[_i]));
        ck_assert_uint_eq(stack.n, 0);
}
END_TEST

START_TEST(test_caller)
{
        stack = (Stack){ 0 };
        ck_assert_ptr_null(stack_caller(&stack));
        ck_assert_str_eq(stack_module(&stack), "");
        ck_assert_int_eq(stack_class(&stack), CALLER_UNKNOWN);
        ck_assert(line("Workqueue: nvme-wq nvme_scan_work [nvme_core]"));
        ck_assert_str_eq(stack.workqueue, "nvme_scan_work");
        ck_assert_str_eq(stack_module(&stack), "nvme_core");
        ck_assert(line("Call Trace:"));
        ck_assert(line("warn_alloc+0x1/0x2"));
        ck_assert(line("? other+0x1/0x2 [fuse]"));
        ck_assert(line("kmalloc_order+0x1/0x2"));
        ck_assert_str_eq(stack_caller(&stack)->function, "other"); /* unsure, but all there is */
        ck_assert(line("usb_alloc_noncoherent+0x1/0x2"));
        ck_assert(line("uvc_alloc_urb_buffers+0x1/0x2 [uvcvideo]"));
        ck_assert_str_eq(stack_caller(&stack)->function, "usb_alloc_noncoherent");
        ck_assert_str_eq(stack_module(&stack), "uvcvideo");
        ck_assert_int_eq(stack_class(&stack), CALLER_MEDIA);
        ck_assert(stack_has(&stack, "usb_"));
        ck_assert(!stack_has(&stack, "other"));
}
END_TEST

/* A second trace is somebody else's; and there is an end to one. */
START_TEST(test_limits)
{
        stack = (Stack){ 0 };
        ck_assert(line("Call Trace:"));
        for (int i = 0; i < 100; i++)
                ck_assert(line("f+0x1/0x2"));
        ck_assert_uint_eq(stack.n, STACK_FRAMES_MAX);
        stack = (Stack){ 0 };
        ck_assert(line("Call Trace:"));
        ck_assert(line("f+0x1/0x2"));
        ck_assert(line("Call Trace:"));
        ck_assert(line("g+0x1/0x2"));
        ck_assert_uint_eq(stack.n, 1);
}
END_TEST

static const struct {
        const char *text;
        CallerClass class;
} classes[] = {
        { "mlx5e_alloc_rq+0x1/0x2 [mlx5_core]", CALLER_NETWORK }, { "xfs_buf_alloc+0x1/0x2 [xfs]", CALLER_FILESYSTEM }, { "nvme_validate_ns+0x1/0x2 [nvme_core]", CALLER_BLOCK },
        { "ttm_pool_alloc+0x1/0x2 [ttm]", CALLER_GPU }, { "copy_process+0x1/0x2", CALLER_PROCESS }, { "do_huge_pmd_anonymous_page+0x1/0x2", CALLER_MEMORY },
        { "kvm_set_irq_routing+0x1/0x2", CALLER_VIRTUALIZATION }, { "load_module+0x1/0x2", CALLER_MODULE }, { "frobnicate+0x1/0x2 [frob]", CALLER_DRIVER },
        { "devkmsg_open+0x1/0x2", CALLER_KERNEL }, { "tcp_send_ack+0x1/0x2", CALLER_NETWORK },
};

START_TEST(test_class)
{
        stack = (Stack){ 0 };
        ck_assert(line(classes[_i].text));
        ck_assert_str_eq(decode_caller_name(stack_class(&stack)), decode_caller_name(classes[_i].class));
}
END_TEST

START_TEST(test_names)
{
        for (CallerClass a = 0; a < _CALLER_CLASS_MAX; a++)
                for (CallerClass b = 0; b < a; b++)
                        ck_assert_str_ne(decode_caller_name(a), decode_caller_name(b));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("stack");

        tcase_add_loop_test(t, test_frames, 0, ELEMENTSOF(frames));
        tcase_add_loop_test(t, test_others, 0, ELEMENTSOF(others));
        tcase_add_test(t, test_caller);
        tcase_add_test(t, test_limits);
        tcase_add_loop_test(t, test_class, 0, ELEMENTSOF(classes));
        tcase_add_test(t, test_names);
        suite_add_tcase(s, t);
}

TEST_MAIN("decode/stack", build)
