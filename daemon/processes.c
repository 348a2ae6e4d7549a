/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "base/macros.h"
#include "base/units.h"
#include "base/usec.h"
#include "parse/value.h"

#define LIST_MAX (4 * 1024 * 1024) /* the kernel's PID_MAX_LIMIT */

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static int by_pid(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return (x > y) - (x < y);
}

static int collect(DIR *dir, uint32_t **pids, size_t *n)
{
        const struct dirent *entry;
        size_t allocated = 0;

        while ((entry = readdir(dir)) && *n < LIST_MAX) {
                uint64_t pid;

                if (number_parse(entry->d_name, &pid) < 0 || pid == 0 || pid > LIST_MAX)
                        continue;
                if (*n == allocated) {
                        uint32_t *more = reallocarray(*pids, allocated + 1024, sizeof(*more));

                        if (!more)
                                return -ENOMEM;
                        *pids = more;
                        allocated += 1024;
                }
                (*pids)[(*n)++] = (uint32_t)pid;
        }
        return 0;
}

int processes_list(const RootDir *root, uint32_t **ret, size_t *ret_n)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        _cleanup_free_ uint32_t *pids = NULL;
        size_t n = 0;
        int fd, r;

        fd = root_open(root, "proc", O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd;
        dir = fdopendir(fd);
        if (!dir) {
                r = -errno;
                safe_close(fd);
                return r;
        }
        r = collect(dir, &pids, &n);
        if (r < 0)
                return r;
        if (n > 0)
                qsort(pids, n, sizeof(*pids), by_pid); /* as the kernel gives them; a recorded machine may not */
        *ret = TAKE_PTR(pids);
        *ret_n = n;
        return 0;
}

int processes_read(const RootDir *root, uint32_t pid, char name[static TASK_NAME_MAX], uint64_t *ret_start)
{
        char path[40], text[1024], comm[64]; /* kernel threads may have names of up to 63 characters there */
        char state;
        int n, r;

        snprintf(path, sizeof(path), "proc/%" PRIu32 "/stat", pid);
        n = root_read_text(root, path, text, sizeof(text) - 1);
        if (n < 0)
                return n;
        text[n++] = '\n'; /* which root_read_text() takes away, and the parsers want */
        text[n] = 0;
        r = value_parse_task_stat(text, (size_t)n, comm, sizeof(comm), &state, NULL);
        if (r >= 0)
                r = value_parse_task_start(text, (size_t)n, ret_start, NULL);
        if (r < 0)
                return r;
        comm[TASK_NAME_MAX - 1] = 0;
        memset(name, 0, TASK_NAME_MAX);
        memcpy(name, comm, strlen(comm) + 1);
        return 0;
}

uint64_t processes_ticks_now(void)
{
        uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
        struct timespec t;

        (void)clock_gettime(CLOCK_BOOTTIME, &t); /* fails only for clocks that there are not */
        return (uint64_t)t.tv_sec * hz + (uint64_t)t.tv_nsec * hz / (NSEC_PER_USEC * USEC_PER_SEC);
}

bool processes_boot_has(const RootDir *root, const char *parameter)
{
        char text[4096], *save = NULL;

        if (root_read_text(root, "proc/cmdline", text, sizeof(text)) < 0)
                return false;
        for (const char *word = strtok_r(text, " \t\n", &save); word; word = strtok_r(NULL, " \t\n", &save))
                if (streq(word, parameter))
                        return true;
        return false;
}

int processes_connect(const char *dir, const char *name)
{
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        _cleanup_close_ int fd = -EBADF;

        if ((size_t)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/%s", dir, name) >= sizeof(sa.sun_path))
                return -ENOENT; /* nobody can listen there */
        fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
                return -errno;
        return TAKE_FD(fd);
}
