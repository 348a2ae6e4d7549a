/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/run-ring.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <sys/mman.h>

#include "test.h"

#include "../stalls/ring-writer.h"

/* What a CPU's events are on a fake machine: a file with the page and the ring. */
static char *map;
static int fds[2];
static size_t page, size;
static RootDir *root;

static void setup(void)
{
        page = (size_t)sysconf(_SC_PAGESIZE);
        size = MAX((size_t)RUN_RING_SIZE, page);
        fds[0] = memfd_create("ring", MFD_CLOEXEC);
        ck_assert_int_ge(fds[0], 0);
        ck_assert_int_eq(ftruncate(fds[0], (off_t)(page + size)), 0);
        fds[1] = dup(fds[0]);
        map = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
        ck_assert_ptr_ne(map, MAP_FAILED);
        ck_assert_int_eq(root_new(&root, "/tmp"), 0);
}

static void teardown(void)
{
        ck_assert_int_eq(munmap(map, page + size), 0);
        root = root_free(root);
}

static struct perf_event_mmap_page *header(void)
{
        return (struct perf_event_mmap_page *)map;
}

/* As the kernel does it, from where its count is. */
static void record(uint64_t id, uint64_t nsec)
{
        Writer w = { .ring = { .size = size, .head = header()->data_head }, .data = map + page };

        sample(&w, id, 1, 1, nsec);
        __atomic_store_n(&header()->data_head, w.ring.head, __ATOMIC_RELEASE);
}

START_TEST(collected)
{
        RunEvents events = { 0 };
        RunRing ring;

        ck_assert_int_eq(run_ring_open(&ring, root, fds), 0);
        ck_assert_int_eq(run_ring_collect(&ring, UINT64_MAX, &events), 0);
        ck_assert_uint_eq(events.n, 0);
        for (uint64_t n = 0; n < 2000; n++) { /* some times around */
                record(1, 10 * n);
                record(2, 10 * n + 5);
                events.n = 0;
                ck_assert_int_eq(run_ring_collect(&ring, 10 * n + 5, &events), 0);
                ck_assert(events.n == 1 && events.items[0].type == RUN_BEGIN && events.items[0].nsec == 10 * n);
                ck_assert_uint_eq(header()->data_head - header()->data_tail, 32); /* what is too young has its place */
                ck_assert_int_eq(run_ring_collect(&ring, UINT64_MAX, &events), 0);
                ck_assert(events.n == 2 && events.items[1].type == RUN_END);
                ck_assert_uint_eq(header()->data_head, header()->data_tail);
        }
        header()->data_head += size + 8;
        ck_assert_int_eq(run_ring_collect(&ring, UINT64_MAX, &events), -EBADMSG);
        run_events_done(&events);
        run_ring_close(&ring);
        ck_assert_ptr_null(ring.page);
        ck_assert_int_eq(fcntl(fds[0], F_GETFD), -1);
        ck_assert_int_eq(fcntl(fds[1], F_GETFD), -1);
        run_ring_close(&ring); /* again: nothing */
}
END_TEST

/* The first numbers of the file stand for what a read of the event gives: how many, and nanoseconds that it was enabled. */
START_TEST(alive)
{
        uint64_t told[2] = { 0, 0 };
        RunRing ring;

        ck_assert_int_eq(run_ring_open(&ring, root, fds), 0);
        ck_assert(run_ring_is_alive(&ring));
        told[1] = 500;
        memcpy(map, told, sizeof(told));
        ck_assert(run_ring_is_alive(&ring));
        ck_assert(!run_ring_is_alive(&ring));
        told[1] = 501;
        memcpy(map, told, sizeof(told));
        ck_assert(run_ring_is_alive(&ring));
        run_ring_close(&ring);
}
END_TEST

START_TEST(too_small)
{
        RunRing ring = { .last = 77 };

        ck_assert_int_eq(ftruncate(fds[0], (off_t)(page + size - 1)), 0);
        ck_assert_int_eq(run_ring_open(&ring, root, fds), -EBADMSG);
        ck_assert_uint_eq(ring.last, 77);
        ck_assert_int_eq(close(fds[0]), 0); /* still ours */
        ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("run-ring");

        tcase_add_checked_fixture(t, setup, teardown);
        tcase_add_test(t, collected);
        tcase_add_test(t, alive);
        tcase_add_test(t, too_small);
        suite_add_tcase(s, t);
}

TEST_MAIN("run-ring", build)
