/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/kthreads.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "parse/value.h"

#define COMM_MAX    64 /* kernel threads may have names of up to 63 characters there */
#define COMM_PREFIX "kcompactd"

void kthreads_done(Kthreads *k)
{
        for (size_t i = 0; i < k->n; i++) {
                root_file_done(&k->items[i].stat);
                root_file_done(&k->items[i].schedstat);
        }
        free(k->items);
        *k = (Kthreads){ 0 };
}

static int kthreads_add(Kthreads *k, uint32_t pid, uint32_t node)
{
        Kthread *t;

        if (k->n == k->n_allocated) {
                t = reallocarray(k->items, k->n_allocated + 8, sizeof(*t));
                if (!t)
                        return -ENOMEM;
                k->items = t;
                k->n_allocated += 8;
        }
        t = &k->items[k->n++];
        *t = (Kthread){
                .node = node,
                .stat = ROOT_FILE_INIT_SINGLE,
                .schedstat = ROOT_FILE_INIT_SINGLE,
                .cpu_nsec = UNKNOWN_U64,
        };
        snprintf(t->stat_path, sizeof(t->stat_path), "proc/%" PRIu32 "/stat", pid);
        snprintf(t->schedstat_path, sizeof(t->schedstat_path), "proc/%" PRIu32 "/schedstat", pid);
        return 0;
}

/* Whether the process is a kcompactd, and which node's. */
static bool is_kcompactd(const RootDir *root, uint32_t pid, uint32_t *ret_node)
{
        char path[KTHREAD_PATH_MAX], comm[COMM_MAX];
        uint64_t node;

        snprintf(path, sizeof(path), "proc/%" PRIu32 "/comm", pid);
        if (root_read_text(root, path, comm, sizeof(comm)) <
                0) /* it ended meanwhile, or is hidden from us */
                return false;
        if (strncmp(comm, COMM_PREFIX, strlen(COMM_PREFIX)) != 0)
                return false;
        if (number_parse(comm + strlen(COMM_PREFIX), &node) < 0 || node >= NODES_MAX)
                return false;
        *ret_node = (uint32_t)node;
        return true;
}

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

int kthreads_find(Kthreads *k, const RootDir *root, size_t expected)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        int fd, r;

        kthreads_done(k);
        fd = root_open(root, "proc", O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return fd;
        dir = fdopendir(fd);
        if (!dir) {
                r = -errno;
                safe_close(fd);
                return r;
        }
        /* In order of pid, and kernel threads come early: on a busy host this ends long before the
         * last process. */
        while (k->n < expected && (entry = readdir(dir))) {
                uint64_t pid;
                uint32_t node;

                if (number_parse(entry->d_name, &pid) < 0 || pid > UINT32_MAX)
                        continue;
                if (!is_kcompactd(root, (uint32_t)pid, &node))
                        continue;
                r = kthreads_add(k, (uint32_t)pid, node);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_schedstat(Kthread *t, const RootDir *root, ParseError *ret_error)
{
        int r;

        if (t->no_schedstat)
                return 0;
        r = root_file_read(&t->schedstat, root, t->schedstat_path);
        if (r == -ENOENT) {
                t->no_schedstat = true;
                return 0;
        }
        if (r < 0)
                return r;
        if (!t->schedstat.changed && t->cpu_nsec != UNKNOWN_U64)
                return 0;
        return value_parse_schedstat(t->schedstat.text, t->schedstat.size, &t->cpu_nsec, ret_error);
}

static int read_stat(Kthread *t, const RootDir *root, ParseError *ret_error)
{
        char comm[COMM_MAX];
        int r;

        r = root_file_read(&t->stat, root, t->stat_path);
        if (r < 0)
                return r;
        if (!t->stat.changed && t->state)
                return 0;
        return value_parse_task_stat(
                t->stat.text, t->stat.size, comm, sizeof(comm), &t->state, ret_error);
}

int kthreads_read(Kthreads *k, const RootDir *root, Model *m, ParseError *ret_error)
{
        int error = 0;

        for (size_t i = 0; i < k->n; i++) {
                Kthread *t = &k->items[i];
                Node *node = model_node(m, t->node);
                int r;

                if (!node) /* its memory went; the thread is about to */
                        continue;
                r = read_stat(t, root, ret_error);
                if (r >= 0)
                        r = read_schedstat(t, root, ret_error);
                if (r < 0) {
                        error = error < 0 ? error : r;
                        continue;
                }
                node->kcompactd_state = t->state;
                node->kcompactd_cpu_nsec = t->cpu_nsec;
        }
        return error;
}
