/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/run-ring.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/macros.h"

static size_t page_size(void)
{
        return (size_t)sysconf(_SC_PAGESIZE);
}

/* One buffer for both, so that their records are in order. On a fake machine they are already. */
static int connect_events(RunRing *ring, bool real)
{
        ring->begin = 1;
        ring->end = 2;
        if (!real)
                return 0;
        if (ioctl(ring->begin_fd, PERF_EVENT_IOC_ID, &ring->begin) < 0 || ioctl(ring->end_fd, PERF_EVENT_IOC_ID, &ring->end) < 0 ||
                ioctl(ring->end_fd, PERF_EVENT_IOC_SET_OUTPUT, ring->begin_fd) < 0 ||
                ioctl(ring->end_fd, PERF_EVENT_IOC_ENABLE, 0) < 0 || ioctl(ring->begin_fd, PERF_EVENT_IOC_ENABLE, 0) < 0)
                return -errno;
        return 0;
}

int run_ring_open(RunRing *ret, const RootDir *root, const int fds[static 2])
{
        RunRing ring = { .size = MAX((size_t)RUN_RING_SIZE, page_size()), .begin_fd = fds[0], .end_fd = fds[1] };
        bool real = streq(root_path(root), "/");
        struct stat st;
        void *map;
        int r;

        /* What is read beyond the end of a file would be a signal. */
        if (!real && (fstat(fds[0], &st) < 0 || st.st_size < (off_t)(page_size() + ring.size)))
                return -EBADMSG;
        map = mmap(NULL, page_size() + ring.size, PROT_READ | PROT_WRITE, MAP_SHARED, fds[0], 0);
        if (map == MAP_FAILED)
                return -errno;
        ring.page = map;
        r = connect_events(&ring, real);
        if (r < 0) {
                (void)munmap(map, page_size() + ring.size);
                return r;
        }
        *ret = ring;
        return 0;
}

void run_ring_close(RunRing *ring)
{
        if (!ring->page)
                return;
        sd_event_source_disable_unref(ring->io);
        (void)munmap(ring->page, page_size() + ring->size);
        safe_close(ring->begin_fd);
        safe_close(ring->end_fd);
        *ring = (RunRing){ 0 };
}

int run_ring_collect(RunRing *ring, uint64_t until, RunEvents *events)
{
        Ring r = {
                .data = (const char *)ring->page + page_size(),
                .size = ring->size,
                .tail = ring->page->data_tail,
                .head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE),
                .begin = ring->begin,
                .end = ring->end,
        };
        int k = run_events_collect(events, &r, until, &ring->last);

        __atomic_store_n(&ring->page->data_tail, r.tail, __ATOMIC_RELEASE);
        return k;
}

bool run_ring_is_alive(RunRing *ring)
{
        uint64_t buf[2]; /* count, nsec that it was enabled */
        ssize_t n = pread(ring->begin_fd, buf, sizeof(buf), 0);
        bool alive;

        /* No file with a position, but for what stands for it on a fake machine. */
        if (n < 0 && errno == ESPIPE)
                n = read(ring->begin_fd, buf, sizeof(buf));
        if (n != sizeof(buf))
                return false;
        alive = buf[1] == 0 || buf[1] > ring->enabled; /* 0: a fake machine without time */
        ring->enabled = buf[1];
        return alive;
}
