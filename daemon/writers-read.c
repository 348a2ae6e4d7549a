/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/writers-read.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

#define NAMES_MAX    512 /* of files in the folders of one kind */
#define NAME_MAX_    128
#define INCLUDES_MAX 8

typedef struct Reader {
        const RootDir *root;
        WritersFound *found;
        char *text; /* of the file that is read; WRITER_FILE_MAX + 1 */
        char *script;
        WriterPlace place; /* of the file whose scripts are looked into */
} Reader;

/* A file by its name, and the folder that it was found in. */
typedef struct Name {
        char name[NAME_MAX_];
        const char *folder;
} Name;

typedef struct Names {
        Name items[NAMES_MAX];
        size_t n;
} Names;

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static void unread(WritersFound *f, const char *folder)
{
        if (f->n_unread < WRITERS_UNREAD_MAX)
                snprintf(f->unread[f->n_unread++], sizeof(f->unread[0]), "/%s", folder);
}

/* NULL where it is missing, or may not be listed, which is noted. */
static DIR *open_folder(const Reader *r, const char *folder)
{
        int fd = root_open(r->root, folder, O_RDONLY | O_DIRECTORY);
        DIR *d = fd < 0 ? NULL : fdopendir(fd);

        if (fd == -EACCES || fd == -EPERM)
                unread(r->found, folder);
        if (!d && fd >= 0)
                safe_close(fd);
        return d;
}

/* The text of a regular file, cut at WRITER_FILE_MAX; false where there is none. */
static bool read_text(const Reader *r, const char *path, char *text)
{
        _cleanup_close_ int fd = -EBADF;
        size_t n = 0;
        ssize_t k;

        if (r->found->files >= WRITER_FILES_MAX)
                return false;
        r->found->files++;
        fd = root_open(r->root, path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
        while (fd >= 0 && n < WRITER_FILE_MAX && (k = read(fd, text + n, WRITER_FILE_MAX - n)) > 0)
                n += (size_t)k;
        text[n] = 0;
        return fd >= 0 && n > 0 && !memchr(text, 0, n);
}

/* --- files by name, over several folders --- */

static int by_name(const void *a, const void *b)
{
        return strcmp(((const Name *)a)->name, ((const Name *)b)->name);
}

static bool ends_in(const char *name, const char *tail)
{
        size_t n = strlen(name), k = strlen(tail);

        return n > k && streq(name + n - k, tail);
}

static bool known(const Names *names, const char *name)
{
        for (size_t i = 0; i < names->n; i++)
                if (streq(names->items[i].name, name))
                        return true;
        return false;
}

/* Adds the files of the folder that end so, but for those whose name an earlier folder has. */
static void list_folder(const Reader *r, const char *folder, const char *tail, Names *names)
{
        _cleanup_(closedirp) DIR *d = open_folder(r, folder);
        const struct dirent *entry;

        while (d && names->n < NAMES_MAX && (entry = readdir(d))) {
                if (entry->d_name[0] == '.' || strlen(entry->d_name) >= NAME_MAX_ || (*tail && !ends_in(entry->d_name, tail)) ||
                        entry->d_type == DT_DIR || known(names, entry->d_name))
                        continue;
                if (streq(entry->d_name, "99-sysctl.conf") && entry->d_type == DT_LNK)
                        continue; /* Debian's link to /etc/sysctl.conf, which comes last by its own name */
                memcpy(names->items[names->n].name, entry->d_name, strlen(entry->d_name) + 1);
                names->items[names->n++].folder = folder;
        }
}

static int list_folders(const Reader *r, const char *const *folders, const char *tail, Names **ret)
{
        Names *names = calloc(1, sizeof(*names));

        if (!names)
                return -ENOMEM;
        for (; *folders; folders++)
                list_folder(r, *folders, tail, names);
        qsort(names->items, names->n, sizeof(names->items[0]), by_name);
        *ret = names;
        return 0;
}

static int read_drop_ins(Reader *r, const char *const *folders, WriterKind kind, const char *who,
        void (*parse)(Writers *w, const WriterPlace *place, const char *text))
{
        _cleanup_free_ Names *names = NULL;
        size_t first = r->found->list.n;
        char path[256];
        int e = list_folders(r, folders, ".conf", &names);

        for (size_t i = 0; e == 0 && i < names->n; i++) {
                WriterPlace place = { kind, who, path };

                snprintf(path, sizeof(path), "/%s/%s", names->items[i].folder, names->items[i].name);
                if (read_text(r, path + 1, r->text))
                        parse(&r->found->list, &place, r->text);
        }
        if (e == 0 && kind == WRITER_SYSCTL && read_text(r, "etc/sysctl.conf", r->text))
                parse(&r->found->list, &(WriterPlace){ kind, "sysctl.conf", "/etc/sysctl.conf" }, r->text);
        writers_last_counts(&r->found->list, first, kind);
        return e;
}

static int read_sysctl(Reader *r)
{
        static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", NULL };

        return read_drop_ins(r, folders, WRITER_SYSCTL, "sysctl.d", writers_sysctl);
}

static int read_tmpfiles(Reader *r)
{
        static const char *const folders[] = { "etc/tmpfiles.d", "run/tmpfiles.d", "usr/local/lib/tmpfiles.d", "usr/lib/tmpfiles.d",
                NULL };

        return read_drop_ins(r, folders, WRITER_TMPFILES, "tmpfiles.d", writers_tmpfiles);
}

/* --- TuneD --- */

static bool read_profile(Reader *r, const char *name, char path[static 256])
{
        static const char *const folders[] = { "etc/tuned/profiles", "etc/tuned", "usr/lib/tuned/profiles", "usr/lib/tuned" };

        for (size_t i = 0; i < ELEMENTSOF(folders); i++) {
                snprintf(path, 256, "/%s/%.100s/tuned.conf", folders[i], name);
                if (read_text(r, path + 1, r->text))
                        return true;
        }
        return false;
}

/* What is included comes first, and what includes it goes over it. */
static void add_profile(Reader *r, const char *profile, const char *name, unsigned depth)
{
        char path[256], include[128] = "", who[WRITER_TEXT_MAX];
        WriterPlace place = { WRITER_TUNED, who, path };
        Writers *own = NULL;

        snprintf(who, sizeof(who), "TuneD, profile %.60s", profile);
        if (strchr(name, '/') || depth > INCLUDES_MAX || !read_profile(r, name, path))
                return;
        own = calloc(1, sizeof(*own));
        if (!own)
                return;
        writers_tuned(own, &place, r->text, include, sizeof(include));
        include[strcspn(include, " ,;")] = 0;
        if (*include)
                add_profile(r, profile, include, depth + 1);
        for (size_t i = 0; i < own->n && r->found->list.n < WRITERS_MAX; i++)
                r->found->list.items[r->found->list.n++] = own->items[i];
        free(own);
}

static void read_tuned(Reader *r)
{
        char names[512], *save = NULL;
        size_t first = r->found->list.n;

        if (!read_text(r, "etc/tuned/active_profile", r->text))
                return;
        snprintf(names, sizeof(names), "%s", r->text);
        for (char *name = strtok_r(names, " \t\n", &save); name; name = strtok_r(NULL, " \t\n", &save))
                add_profile(r, name, name, 0);
        writers_last_counts(&r->found->list, first, WRITER_TUNED);
}

/* --- cron and units --- */

static void on_script(void *userdata, const char *path)
{
        Reader *r = userdata;
        char who[WRITER_TEXT_MAX];
        WriterPlace place = { r->place.kind, who, path };

        if (strlen(path) >= 256 || !read_text(r, path + 1, r->script) || strncmp(r->script, "#!", 2) != 0)
                return;
        snprintf(who, sizeof(who), "%s", r->place.who);
        writers_commands(&r->found->list, &place, r->script);
}

static void read_commands(Reader *r, WriterKind kind, const char *who, const char *path, bool scripts)
{
        WriterPlace place = { kind, who, path };

        if (!read_text(r, path + 1, r->text))
                return;
        writers_commands(&r->found->list, &place, r->text);
        r->place = place;
        if (scripts)
                writers_scripts(kind, r->text, on_script, r);
}

static int read_folder(Reader *r, const char *folder, WriterKind kind, const char *tail, bool scripts)
{
        _cleanup_free_ Names *names = NULL;
        char path[256], who[WRITER_TEXT_MAX];
        int e = list_folders(r, (const char *const[]){ folder, NULL }, tail, &names);

        for (size_t i = 0; e == 0 && i < names->n; i++) {
                snprintf(path, sizeof(path), "/%s/%s", folder, names->items[i].name);
                snprintf(who, sizeof(who), kind == WRITER_UNIT ? "unit %.100s" : "cron", names->items[i].name);
                read_commands(r, kind, who, path, scripts);
        }
        return e;
}

static int read_cron(Reader *r)
{
        static const char *const folders[] = { "etc/cron.d", "etc/cron.hourly", "etc/cron.daily", "etc/cron.weekly",
                "etc/cron.monthly", "var/spool/cron/crontabs", "var/spool/cron" };
        int e = 0;

        read_commands(r, WRITER_CRON, "cron", "/etc/crontab", true);
        for (size_t i = 0; e == 0 && i < ELEMENTSOF(folders); i++)
                e = read_folder(r, folders[i], WRITER_CRON, "", true);
        return e;
}

static int read_units(Reader *r)
{
        int e = read_folder(r, "etc/systemd/system", WRITER_UNIT, ".service", true);

        if (e == 0)
                e = read_folder(r, "run/systemd/system", WRITER_UNIT, ".service", false);
        return e == 0 ? read_folder(r, "usr/lib/systemd/system", WRITER_UNIT, ".service", false) : e;
}

/* --- processes --- */

static void read_processes(Reader *r)
{
        _cleanup_(closedirp) DIR *d = open_folder(r, "proc");
        const struct dirent *entry;

        while (d && (entry = readdir(d))) {
                char path[64], comm[64];
                uint64_t pid;
                Rival rival;

                if (number_parse(entry->d_name, &pid) < 0 || pid > UINT32_MAX)
                        continue;
                snprintf(path, sizeof(path), "proc/%.20s/comm", entry->d_name);
                if (root_read_text(r->root, path, comm, sizeof(comm)) < 0)
                        continue;
                rival = rival_from_comm(comm);
                if (rival == RIVAL_NONE)
                        continue;
                r->found->rivals |= 1u << rival;
                r->found->pids[rival] = (uint32_t)pid;
        }
}

static int read_all(Reader *r)
{
        int e;

        read_processes(r);
        e = read_sysctl(r);
        if (e == 0)
                e = read_tmpfiles(r);
        if (e == 0)
                read_tuned(r);
        if (e == 0)
                e = read_cron(r);
        return e == 0 ? read_units(r) : e;
}

static int read_by(WritersFound **ret, const RootDir *root, int (*read_what)(Reader *r))
{
        _cleanup_free_ WritersFound *found = calloc(1, sizeof(*found));
        _cleanup_free_ char *text = malloc(WRITER_FILE_MAX + 1), *script = malloc(WRITER_FILE_MAX + 1);
        Reader r = { .root = root, .found = found, .text = text, .script = script };
        int e;

        if (!found || !text || !script)
                return -ENOMEM;
        e = read_what(&r);
        if (e < 0)
                return e;
        *ret = TAKE_PTR(found);
        return 0;
}

int writers_read(WritersFound **ret, const RootDir *root)
{
        return read_by(ret, root, read_all);
}

int writers_read_sysctl(WritersFound **ret, const RootDir *root)
{
        return read_by(ret, root, read_sysctl);
}
