/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* writes ready=FILE watch=PATH...: appends to /tmp/writes the path of each watched file that is
 * written to.
 *
 * The kernel tells inotify of writes through the VFS, for files of /proc and /sys, too; that it
 * does is for the caller to show with a write of its own. */
#include <sys/inotify.h>

#include "memory.h"

#define WATCH "watch="

int main(int argc, char **argv)
{
        char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
        const char *names[64] = { 0 };
        int fd = inotify_init1(IN_CLOEXEC), out;

        out = open("/tmp/writes", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0 || out < 0)
                die("/tmp/writes");
        for (char **arg = argv + 1; *arg; arg++) {
                const char *path = *arg + strlen(WATCH);
                int wd;

                if (strncmp(*arg, WATCH, strlen(WATCH)) != 0)
                        continue;
                wd = inotify_add_watch(fd, path, IN_MODIFY);
                if (wd < 0 || wd >= 64)
                        die(path);
                names[wd] = path;
        }
        announce(argv);
        for (;;) {
                ssize_t n = read(fd, buf, sizeof(buf));

                if (n <= 0)
                        die("inotify");
                for (char *p = buf; p < buf + n;) {
                        const struct inotify_event *e = (const struct inotify_event *)(void *)p;

                        dprintf(out, "%s/%s\n", names[e->wd], e->len ? e->name : "");
                        p += sizeof(*e) + e->len;
                }
        }
}
