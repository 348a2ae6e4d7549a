/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/advice-load.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/macros.h"
#include "cli/advice-parse.h"

void advice_rules_done(AdviceRules *r)
{
        for (size_t i = 0; i < r->n; i++)
                advice_rule_done(&r->items[i]);
        for (size_t i = 0; i < r->n_errors; i++) {
                free(r->errors[i].file);
                free(r->errors[i].message);
        }
        free(r->items);
        free(r->errors);
        *r = (AdviceRules){ 0 };
}

int advice_error(AdviceRules *r, const char *file, unsigned line, const char *format, ...)
{
        AdviceError *errors = reallocarray(r->errors, r->n_errors + 1, sizeof(*errors));
        char *message = NULL, *name = strdup(file);
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&message, format, ap);
        va_end(ap);
        if (errors)
                r->errors = errors;
        if (!errors || !name || n < 0) {
                free(name);
                if (n >= 0)
                        free(message);
                return -ENOMEM;
        }
        r->errors[r->n_errors++] = (AdviceError){ .file = name, .line = line, .message = message };
        return 0;
}

/* --- which files there are --- */

typedef struct Files {
        char *items[ADVICE_FILES_MAX]; /* paths, owned */
        size_t n;
} Files;

static void files_done(Files *f)
{
        for (size_t i = 0; i < f->n; i++)
                free(f->items[i]);
}

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static const char *base_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

static int by_name(const void *a, const void *b)
{
        return strcmp(base_name(*(char *const *)a), base_name(*(char *const *)b));
}

static bool is_rules(const char *name)
{
        size_t n = strlen(name), tail = strlen(".conf");

        return name[0] != '.' && n > tail && streq(name + n - tail, ".conf");
}

static int files_put(Files *f, const char *folder, const char *name, AdviceRules *r)
{
        char *path;
        size_t i = 0;

        if (asprintf(&path, "%s/%s", folder, name) < 0)
                return -ENOMEM;
        while (i < f->n && !streq(base_name(f->items[i]), name))
                i++;
        if (i == ADVICE_FILES_MAX) {
                free(path);
                return advice_error(r, folder, 0, "more than %d files that end in .conf; ignoring %s", ADVICE_FILES_MAX, name);
        }
        if (i < f->n)
                free(f->items[i]);
        else
                f->n++;
        f->items[i] = path;
        return 0;
}

static int files_list(Files *f, const char *folder, AdviceRules *r)
{
        _cleanup_(closedirp) DIR *d = opendir(folder);
        const struct dirent *entry;
        int e = 0;

        if (!d)
                return errno == ENOENT ? 0 : advice_error(r, folder, 0, "cannot list it: %s", strerror(errno));
        while (e == 0 && (entry = readdir(d)))
                if (is_rules(entry->d_name))
                        e = files_put(f, folder, entry->d_name, r);
        return e;
}

/* --- reading one --- */

/* libconfig would follow @include to anywhere. Comments and strings may say what they want. */
static unsigned include_line(const char *text)
{
        unsigned line = 1;

        for (const char *p = text; p; line++) {
                if (strncmp(p + strspn(p, " \t"), "@include", 8) == 0)
                        return line;
                p = strchr(p, '\n');
                if (p)
                        p++;
        }
        return 0;
}

static int read_file(const char *path, char text[static ADVICE_FILE_MAX + 1], const char **ret_wrong)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        size_t n = 0;
        ssize_t k;

        *ret_wrong = NULL;
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode)) {
                *ret_wrong = S_ISCHR(st.st_mode) ? "" : "expected a regular file"; /* /dev/null: no rules, on purpose */
                return -EINVAL;
        }
        while (n <= ADVICE_FILE_MAX && (k = read(fd, text + n, ADVICE_FILE_MAX + 1 - n)) != 0) {
                if (k < 0 && errno != EINTR)
                        return -errno;
                n += k > 0 ? (size_t)k : 0;
        }
        if (n > ADVICE_FILE_MAX)
                *ret_wrong = "larger than 64 KiB";
        else if (memchr(text, 0, n))
                *ret_wrong = "has a NUL byte, expected text in UTF-8";
        text[MIN(n, (size_t)ADVICE_FILE_MAX)] = 0;
        return *ret_wrong ? -EINVAL : 0;
}

int advice_rules_load_text(AdviceRules *r, const char *name, const char *text)
{
        unsigned line = include_line(text);

        if (line > 0)
                return advice_error(r, name, line, "@include is not for rules; the file is ignored");
        return advice_parse(r, name, text);
}

static int load_file(AdviceRules *r, const char *path, char *text)
{
        const char *wrong;
        int e = read_file(path, text, &wrong);

        if (wrong)
                return *wrong ? advice_error(r, path, 0, "%s; it is ignored", wrong) : 0;
        if (e < 0)
                return advice_error(r, path, 0, "cannot read it: %s", strerror(-e));
        r->n_files++;
        return advice_rules_load_text(r, path, text);
}

int advice_rules_load(AdviceRules *ret, const char *folder, const char *over)
{
        _cleanup_(files_done) Files files = { 0 };
        _cleanup_free_ char *text = malloc(ADVICE_FILE_MAX + 1);
        int e = text ? files_list(&files, folder, ret) : -ENOMEM;

        if (e == 0 && over)
                e = files_list(&files, over, ret);
        qsort(files.items, files.n, sizeof(files.items[0]), by_name);
        for (size_t i = 0; e == 0 && i < files.n; i++)
                e = load_file(ret, files.items[i], text);
        return e;
}
