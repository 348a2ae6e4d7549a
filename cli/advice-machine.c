/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/advice-machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

#define TEXT_MAX 16384

static int read_below(void *userdata, const char *path, char *buf, size_t size)
{
        const RootDir *root = userdata;
        _cleanup_close_ int fd = root_open(root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
        size_t n = 0;

        if (fd < 0)
                return fd;
        while (n < size - 1) {
                ssize_t k = read(fd, buf + n, size - 1 - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t)k;
        }
        buf[n] = 0;
        return (int)n;
}

/* KEY=value or KEY="value" of os-release(5); "" without it. */
static void os_value(const char *text, const char *key, char *buf, size_t size)
{
        size_t n = strlen(key);

        buf[0] = 0;
        for (const char *line = text; *line;) {
                size_t length = strcspn(line, "\n");

                if (length > n && strncmp(line, key, n) == 0 && line[n] == '=') {
                        const char *value = line + n + 1;

                        length -= n + 1;
                        if (length >= 2 && (*value == '"' || *value == '\'')) {
                                value++;
                                length -= 2;
                        }
                        snprintf(buf, size, "%.*s", (int)length, value);
                }
                line += strcspn(line, "\n");
                line += *line == '\n';
        }
}

static void read_distribution(AdviceMachine *m)
{
        char text[TEXT_MAX], release[64];

        if (m->read(m->userdata, "etc/os-release", text, sizeof(text)) < 0 &&
                m->read(m->userdata, "usr/lib/os-release", text, sizeof(text)) < 0)
                return;
        os_value(text, "ID", m->distribution, sizeof(m->distribution));
        os_value(text, "ID_LIKE", m->like, sizeof(m->like));
        os_value(text, "VERSION_ID", release, sizeof(release));
        (void)version_parse(release, &m->release);
}

static void read_memory(AdviceMachine *m)
{
        char text[TEXT_MAX], *line, *end;
        uint64_t kib;

        if (m->read(m->userdata, "proc/meminfo", text, sizeof(text)) < 0)
                return;
        line = strstr(text, "MemTotal:");
        if (!line)
                return;
        line += strlen("MemTotal:");
        line += strspn(line, " ");
        end = line + strspn(line, "0123456789");
        *end = 0;
        if (number_parse(line, &kib) == 0 && kib < UINT64_MAX / 1024)
                m->memory = kib * 1024;
}

/* --- network --- */

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static uint64_t number_of(const AdviceMachine *m, const char *path, uint64_t otherwise)
{
        char text[64];
        uint64_t n;

        if (m->read(m->userdata, path, text, sizeof(text)) < 0)
                return otherwise;
        text[strcspn(text, "\n")] = 0;
        return number_parse(text, &n) == 0 ? n : otherwise;
}

static DIR *open_folder(const RootDir *root, const char *path)
{
        int fd = root_open(root, path, O_RDONLY | O_DIRECTORY);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);

        if (!d && fd >= 0)
                safe_close(fd);
        return d;
}

/* The interface with the largest frames, but for the loopback, where no driver receives anything. */
static void read_frames(AdviceMachine *m, const RootDir *root)
{
        _cleanup_(closedirp) DIR *d = open_folder(root, "sys/class/net");
        uint64_t page = number_of(m, "fragd-page-size", (uint64_t)sysconf(_SC_PAGESIZE)), most = 0;
        const struct dirent *entry;

        m->frame_order = -1;
        while (d && (entry = readdir(d))) {
                char path[300];
                uint64_t mtu;

                if (entry->d_name[0] == '.' || streq(entry->d_name, "lo"))
                        continue;
                snprintf(path, sizeof(path), "sys/class/net/%s/mtu", entry->d_name);
                mtu = number_of(m, path, 0);
                if (mtu <= most || mtu > UINT32_MAX || page == 0)
                        continue;
                most = mtu;
                m->frame_order = (int)advice_frame_order(mtu, page);
                snprintf(m->frame_of, sizeof(m->frame_of), "%.40s (MTU %u)", entry->d_name, (unsigned)mtu);
        }
}

int advice_machine_read(AdviceMachine *ret, const RootDir *root)
{
        AdviceMachine m = { .read = read_below, .userdata = (void *)root };
        char text[TEXT_MAX];
        int r;

        if (m.read(m.userdata, "proc/sys/kernel/osrelease", text, sizeof(text)) > 0)
                (void)version_parse(text, &m.kernel);
        if (m.read(m.userdata, "proc/cmdline", m.cmdline, sizeof(m.cmdline)) < 0)
                m.cmdline[0] = 0;
        m.cmdline[strcspn(m.cmdline, "\n")] = 0;
        read_distribution(&m);
        read_memory(&m);
        read_frames(&m, root);
        r = advice_software_read(&m.software, root);
        if (r < 0) {
                software_list_done(&m.software);
                return r;
        }
        *ret = m;
        return 0;
}

void advice_machine_done(AdviceMachine *m)
{
        software_list_done(&m->software);
}
