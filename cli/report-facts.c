/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/report-facts.h"

#include <stdio.h>
#include <sys/utsname.h>

#include "base/units.h"
#include "cli/fragctl.h"
#include "cli/text.h"

#define THP "/sys/kernel/mm/transparent_hugepage/"

typedef struct FactFile {
        const char *name, *path;
        const char *key; /* of the line; NULL: the first line */
} FactFile;

static const FactFile files[] = {
        { "Distribution", "/etc/os-release", "PRETTY_NAME=" },
        { "Memory", "/proc/meminfo", "MemTotal:" },
        { "Memory available", "/proc/meminfo", "MemAvailable:" },
        { "Swap", "/proc/meminfo", "SwapTotal:" },
        { "Huge pages reserved", "/proc/meminfo", "HugePages_Total:" },
        { "Huge pages free", "/proc/meminfo", "HugePages_Free:" },
        { "Huge page size", "/proc/meminfo", "Hugepagesize:" },
        { "Transparent huge pages", THP "enabled", NULL },
        { "THP defrag", THP "defrag", NULL },
        { "THP size", THP "hpage_pmd_size", NULL },
        { "THP for shared memory", THP "shmem_enabled", NULL },
        { "khugepaged defrag", THP "khugepaged/defrag", NULL },
        { "Overcommit of memory", "/proc/sys/vm/overcommit_memory", NULL },
        { "Huge pages wanted", "/proc/sys/vm/nr_hugepages", NULL },
        { "Zone reclaim", "/proc/sys/vm/zone_reclaim_mode", NULL },
};

static void add(Facts *f, const char *name, const char *path, const char *value)
{
        Fact *fact;

        assert(f->n < FACTS_MAX);
        fact = &f->facts[f->n++];
        fact->name = name;
        fact->path = path;
        snprintf(fact->value, sizeof(fact->value), "%s", value);
        (void)text_clean(fact->value, false, false);
}

/* Trims blanks and the quotes of os-release in place. */
static char *trim(char *text)
{
        size_t n;

        text += strspn(text, " \t\"");
        n = strlen(text);
        while (n > 0 && strchr(" \t\n\"", text[n - 1]))
                text[--n] = '\0';
        return text;
}

/* "16303428 kB" -> "15.5 GiB". */
static const char *value_text(char buf[static UNIT_TEXT_MAX], char *text)
{
        char *unit = strstr(text, " kB");
        uint64_t kib;

        if (!unit)
                return text;
        *unit = '\0';
        if (number_parse(text, &kib) < 0 || kib > UINT64_MAX / 1024)
                return text;
        return size_format(buf, UNIT_TEXT_MAX, kib * 1024);
}

static void read_file(Facts *f, const FactFile *file, const char *root)
{
        _cleanup_file_ FILE *stream = NULL;
        char path[4096], line[256], size[UNIT_TEXT_MAX];
        size_t key = file->key ? strlen(file->key) : 0;

        if (snprintf(path, sizeof(path), "%s%s", root, file->path) >= (int)sizeof(path))
                return;
        stream = fopen(path, "re");
        while (stream && fgets(line, sizeof(line), stream)) {
                if (key && strncmp(line, file->key, key) != 0)
                        continue;
                add(f, file->name, file->path, value_text(size, trim(line + key)));
                return;
        }
}

void facts_read(Facts *ret, const char *root)
{
        char text[FACT_TEXT_MAX];
        struct utsname u;
        long cpus = sysconf(_SC_NPROCESSORS_ONLN);

        *ret = (Facts){ 0 };
        if (uname(&u) == 0) {
                add(ret, "Kernel", "", u.release);
                add(ret, "Architecture", "", u.machine);
        }
        snprintf(text, sizeof(text), "%ld", cpus);
        if (cpus > 0)
                add(ret, "CPUs", "", text);
        snprintf(text, sizeof(text), "%ld B", sysconf(_SC_PAGESIZE));
        add(ret, "Page size", "", text);
        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                read_file(ret, &files[i], root);
}

const char *facts_get(const Facts *f, const char *name)
{
        for (size_t i = 0; i < f->n; i++)
                if (streq(f->facts[i].name, name))
                        return f->facts[i].value;
        return NULL;
}
