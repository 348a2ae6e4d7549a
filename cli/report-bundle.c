/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-bundle.h"

#include <glob.h>
#include <sys/utsname.h>

#include "cli/report-scrub.h"
#include "cli/tar.h"
#include "cli/text.h"
#include <config.h>

#define TOP       "fragd-report/"
#define FILE_MAX  ((size_t)16 * 1024 * 1024) /* as much of a file is read */
#define FILES_MAX 96

/* As tools/record-root: what is here can be looked at with fragd --once --root. */
static const char *const machine_files[] = {
        "/proc/buddyinfo",
        "/proc/zoneinfo",
        "/proc/vmstat",
        "/proc/meminfo",
        "/proc/pagetypeinfo",
        "/proc/pressure/memory",
        "/proc/pressure/cpu",
        "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
        "/sys/kernel/mm/transparent_hugepage/enabled",
        "/sys/kernel/mm/transparent_hugepage/defrag",
        "/proc/sys/vm/compaction_proactiveness",
        "/proc/sys/vm/watermark_boost_factor",
        "/proc/sys/vm/watermark_scale_factor",
        "/proc/sys/vm/min_free_kbytes",
        "/proc/sys/vm/extfrag_threshold",
        "/proc/sys/vm/compact_unevictable_allowed",
        "/proc/sys/vm/defrag_mode",
        "/proc/sys/vm/percpu_pagelist_high_fraction",
};

typedef struct Collect {
        Bundle bundle;
        StrBuf missing; /* lines of the README */
        char host[sizeof(((struct utsname *)NULL)->nodename)];
} Collect;

/* A new file; NULL: no room, or the name is too long, which is said. */
static StrBuf *add(Collect *c, const char *directory, const char *name)
{
        BundleFile *f;

        if (c->bundle.n == FILES_MAX)
                return NULL;
        f = &c->bundle.files[c->bundle.n];
        if ((size_t)snprintf(f->name, sizeof(f->name), TOP "%s%s", directory, name) >=
                sizeof(f->name)) {
                strbuf_printf(&c->missing, "%s: its name is too long\n", name);
                return NULL;
        }
        c->bundle.n++;
        return &f->data;
}

/* Each of an array in a line; NULL: j in one. */
static int add_json(Collect *c, const char *name, const json_t *j, bool lines)
{
        StrBuf *b = add(c, "", name);
        const json_t *item;
        size_t i;

        if (!b)
                return cli_oom();
        if (!lines) {
                _cleanup_free_ char *text = json_dumps(j, JSON_INDENT(2));

                if (!text)
                        return cli_oom();
                strbuf_printf(b, "%s\n", text);
                return 0;
        }
        json_array_foreach(j, i, item)
        {
                _cleanup_free_ char *text = json_dumps(item, JSON_COMPACT);

                if (!text)
                        return cli_oom();
                strbuf_printf(b, "%s\n", text);
        }
        return 0;
}

/* 0 or negative errno. */
static int read_whole(const char *path, StrBuf *b)
{
        _cleanup_file_ FILE *f = fopen(path, "re");
        char buf[4096];
        size_t n;

        if (!f)
                return -errno;
        while ((n = fread(buf, 1, sizeof(buf), f)) > 0 && b->size < FILE_MAX)
                strbuf_add(b, buf, n);
        return ferror(f) ? -EIO : 0;
}

static void miss(Collect *c, const char *path, int error)
{
        scrub_text(&c->missing, path, c->host);
        strbuf_printf(&c->missing, ": %s\n", strerror(-error));
}

static void add_machine(Collect *c, const char *path)
{
        _cleanup_strbuf_ StrBuf text = { 0 };
        int r = read_whole(path, &text);
        StrBuf *b;

        if (r < 0) {
                miss(c, path, r);
                return;
        }
        b = add(c, "machine", path);
        if (b)
                strbuf_add(b, text.data, text.size);
}

static void add_config(Collect *c, const char *path)
{
        _cleanup_strbuf_ StrBuf text = { 0 }, plain = { 0 };
        const char *name = strrchr(path, '/');
        int r = read_whole(path, &text);
        StrBuf *b;

        if (r < 0) {
                miss(c, path, r);
                return;
        }
        b = add(c, strstr(path, ".conf.d/") ? "config/fragd.conf.d/" : "config/",
                name ? name + 1 : path);
        scrub_comments(&plain, strbuf_text(&text));
        if (b)
                scrub_text(b, strbuf_text(&plain), c->host);
}

/* The file that fragd said it has read, and those of the directory beside it. */
static void add_configs(Collect *c, const char *path)
{
        _cleanup_(globfree) glob_t found = { 0 };
        _cleanup_free_ char *pattern = NULL;

        add_config(c, path);
        if (asprintf(&pattern, "%s.d/*.conf", path) < 0) {
                pattern = NULL;
                c->missing.error = -ENOMEM;
                return;
        }
        if (glob(pattern, 0, NULL, &found) != 0)
                return;
        for (size_t i = 0; i < found.gl_pathc; i++)
                add_config(c, found.gl_pathv[i]);
}

static int add_page(Collect *c, const Report *r)
{
        StrBuf *b = add(c, "", "report.html");

        return b ? report_page(r, b) : cli_oom();
}

static int add_versions(Collect *c, const Report *r)
{
        StrBuf *b = add(c, "", "versions.txt");

        if (!b)
                return cli_oom();
        strbuf_printf(b, "fragctl: " FRAGD_VERSION "\nfragd: %s\n", r->now.version);
        for (size_t i = 0; i < r->facts.n; i++)
                strbuf_printf(b, "%s: %s\n", r->facts.facts[i].name, r->facts.facts[i].value);
        return 0;
}

static int add_readme(Collect *c, const Report *r)
{
        char text[UNIT_TEXT_MAX];
        StrBuf *b = add(c, "", "README");

        if (!b || strbuf_error(&c->missing) < 0)
                return cli_oom();
        strbuf_printf(b,
                "What fragd knew on %s %s, for a bug report.\n\n"
                "report.html     to look at\n"
                "*.json, *.jsonl what fragd answered (man io.fragd)\n"
                "config/         its configuration, without comments\n"
                "machine/        what the kernel told of memory: fragd --once --root machine\n\n"
                "Left out: the machine's name, names of users in paths, who asked fragd for "
                "something.\n",
                text_time(text, r->to), r->zone);
        if (c->missing.size > 0)
                strbuf_printf(b, "\nCould not be read:\n%s", strbuf_text(&c->missing));
        return 0;
}

static int scrub(Collect *c, Report *r)
{
        json_t *const replies[] = { r->status, r->zones, r->explanations, r->knobs, r->log,
                r->steps };
        struct utsname u;

        if (uname(&u) == 0 && !streq(u.nodename, "localhost") && !streq(u.nodename, "(none)"))
                memcpy(c->host, u.nodename, sizeof(u.nodename));
        r->host = NULL;
        for (size_t i = 0; i < ELEMENTSOF(replies); i++)
                if (scrub_json(replies[i], c->host) < 0)
                        return cli_oom();
        return reply_status(r->status, &r->now); /* it has borrowed what was changed */
}

static int collect(Collect *c, Report *r)
{
        _cleanup_free_ char *config = strdup(r->now.config);
        int e;

        if (!config)
                return cli_oom();
        e = scrub(c, r);
        if (e == 0)
                e = add_page(c, r);
        if (e == 0)
                e = add_versions(c, r);
        if (e == 0)
                e = add_json(c, "status.json", r->status, false);
        if (e == 0)
                e = add_json(c, "zones.json", r->zones, false);
        if (e == 0)
                e = add_json(c, "explain.json", r->explanations, false);
        if (e == 0)
                e = add_json(c, "knobs.json", r->knobs, false);
        if (e == 0)
                e = add_json(c, "decisions.jsonl", json_object_get(r->log, "entries"), true);
        if (e == 0)
                e = add_json(c, "samples.jsonl", r->steps, true);
        if (e != 0)
                return e;
        add_configs(c, config);
        for (size_t i = 0; i < ELEMENTSOF(machine_files); i++)
                add_machine(c, machine_files[i]);
        return add_readme(c, r);
}

int bundle_collect(Bundle *ret, Report *r)
{
        Collect c = { 0 };
        int e;

        c.bundle.files = calloc(FILES_MAX, sizeof(*c.bundle.files));
        if (!c.bundle.files)
                return cli_oom();
        e = collect(&c, r);
        for (size_t i = 0; e == 0 && i < c.bundle.n; i++)
                if (strbuf_error(&c.bundle.files[i].data) < 0)
                        e = cli_oom();
        strbuf_done(&c.missing);
        if (e != 0)
                bundle_done(&c.bundle);
        else
                *ret = c.bundle;
        return e;
}

void bundle_done(Bundle *b)
{
        for (size_t i = 0; i < b->n; i++)
                strbuf_done(&b->files[i].data);
        free(b->files);
        *b = (Bundle){ 0 };
}

void bundle_list(const Bundle *b, FILE *out)
{
        for (size_t i = 0; i < b->n; i++)
                fprintf(out, "%9zu  %s\n", b->files[i].data.size, b->files[i].name);
}

int bundle_pack(const Bundle *b, usec_t mtime, StrBuf *ret)
{
        for (size_t i = 0; i < b->n; i++) {
                const BundleFile *f = &b->files[i];
                int r = tar_add(ret, f->name, mtime, f->data.data, f->data.size);

                if (r < 0) {
                        cli_error("cannot pack %s: %s", f->name, strerror(-r));
                        return EXIT_FAILED;
                }
        }
        tar_end(ret);
        return strbuf_error(ret) < 0 ? cli_oom() : 0;
}
