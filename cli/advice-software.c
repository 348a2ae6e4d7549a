/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the programs that advice is about run or are installed, and in which version: from /proc and dpkg's record. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "cli/advice-machine.h"

#define COMM_MAX    64
#define COMMAND_MAX 65536 /* class paths are long */

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

/* --- installed --- */

typedef struct Installed {
        SoftwareList *list;
} Installed;

static int on_package(void *userdata, const SoftwareKind *k, const char *package, const char *version)
{
        Installed *in = userdata;
        _cleanup_free_ char *found = NULL;
        Software s = { .kind = k };

        if (asprintf(&found, "package %s %s", package, version) < 0)
                return -ENOMEM;
        s.found = found;
        (void)version_parse(version, &s.version);
        return software_list_add(in->list, &s);
}

static int read_dpkg(SoftwareList *list, const RootDir *root)
{
        RootFile f = ROOT_FILE_INIT;
        int r = root_file_read(&f, root, "var/lib/dpkg/status");

        if (r == 0)
                r = software_dpkg(f.text, on_package, &(Installed){ list });
        else if (r != -ENOMEM)
                r = 0; /* no Debian, or nothing installed */
        root_file_done(&f);
        return r;
}

/* --- running --- */

/* The command line with blanks between the words. "" where it cannot be read; kernel threads have none. */
static void read_command(int dir_fd, char buf[static COMMAND_MAX])
{
        _cleanup_close_ int fd = openat(dir_fd, "cmdline", O_RDONLY | O_CLOEXEC);
        size_t n = 0;

        while (fd >= 0 && n < COMMAND_MAX - 1) {
                ssize_t k = read(fd, buf + n, COMMAND_MAX - 1 - n);

                if (k <= 0)
                        break;
                n += (size_t)k;
        }
        for (size_t i = 0; i < n; i++)
                if (buf[i] == 0)
                        buf[i] = ' ';
        while (n > 0 && buf[n - 1] == ' ')
                n--;
        buf[n] = 0;
}

/* The path of the program: of others' processes only root may read it; most begin their command line with it, too. */
static void read_program(int dir_fd, const char *command, char buf[static PATH_MAX])
{
        ssize_t n = readlinkat(dir_fd, "exe", buf, PATH_MAX - 1);

        if (n > 0) {
                buf[n] = 0;
                return;
        }
        snprintf(buf, PATH_MAX, "%.*s", *command == '/' ? (int)MIN(strcspn(command, " :"), (size_t)PATH_MAX - 1) : 0, command);
}

static int add_process(SoftwareList *list, const SoftwareKind *k, int dir_fd, const char *pid, const char *comm, const char *command)
{
        char program[PATH_MAX], id[64];
        Software s = { .kind = k, .running = true };

        read_program(dir_fd, command, program);
        if (software_version_in(k, program, &s.version) < 0 && k->java)
                (void)software_version_in(k, command, &s.version);
        snprintf(id, sizeof(id), "process %.20s (%.30s)", pid, comm);
        s.found = s.version.n > 0 && !k->java ? program : id;
        s.command = (char *)command;
        return software_list_add(list, &s);
}

static bool has_package(const SoftwareList *list, const SoftwareKind *k)
{
        for (size_t i = 0; i < list->n; i++)
                if (list->items[i].kind == k)
                        return true;
        return false;
}

/* mysqld may be MySQL's or MariaDB's: the one that is installed, else the first that it may be. */
static bool is_better(const SoftwareList *list, const SoftwareKind *have, const SoftwareKind *k)
{
        return !have || (!has_package(list, have) && has_package(list, k));
}

static int look_at(SoftwareList *list, const RootDir *root, const char *pid, char *command)
{
        const SoftwareKind *kinds, *plain = NULL;
        size_t n = software_kinds(&kinds);
        _cleanup_close_ int dir_fd = -EBADF;
        char path[64], comm[COMM_MAX];
        bool any = false;
        int r = 0;

        snprintf(path, sizeof(path), "proc/%.20s/comm", pid);
        if (root_read_text(root, path, comm, sizeof(comm)) < 0)
                return 0; /* it has ended, or is hidden */
        for (size_t i = 0; i < n && !any; i++)
                any = software_comm(&kinds[i], comm);
        if (!any)
                return 0;
        snprintf(path, sizeof(path), "proc/%.20s", pid);
        dir_fd = root_open(root, path, O_PATH | O_DIRECTORY);
        if (dir_fd < 0)
                return 0;
        read_command(dir_fd, command);
        for (size_t i = 0; i < n && r == 0; i++) {
                if (!software_runs(&kinds[i], comm, command))
                        continue;
                if (kinds[i].java)
                        r = add_process(list, &kinds[i], dir_fd, pid, comm, command);
                else if (is_better(list, plain, &kinds[i]))
                        plain = &kinds[i];
        }
        return r == 0 && plain ? add_process(list, plain, dir_fd, pid, comm, command) : r;
}

int advice_software_read(SoftwareList *ret, const RootDir *root)
{
        _cleanup_(closedirp) DIR *d = NULL;
        _cleanup_free_ char *command = malloc(COMMAND_MAX);
        const struct dirent *entry;
        int r = command ? read_dpkg(ret, root) : -ENOMEM, fd;

        if (r < 0)
                return r;
        fd = root_open(root, "proc", O_RDONLY | O_DIRECTORY);
        d = fd < 0 ? NULL : fdopendir(fd);
        if (!d) {
                safe_close(fd);
                return 0;
        }
        while (r == 0 && (entry = readdir(d))) {
                uint64_t pid;

                if (number_parse(entry->d_name, &pid) == 0)
                        r = look_at(ret, root, entry->d_name, command);
        }
        return r;
}
