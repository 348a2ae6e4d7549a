/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* writers.h - who else sets what fragd looks at, from the text of configuration files: sysctl.d, tmpfiles.d, profiles of TuneD, jobs of
 * cron and units of systemd, and the scripts that they run.
 *
 * Text in, findings out; files are read by the caller. Commands are recognised as a shell writes them ("echo 1 > .../compact_memory",
 * "sysctl -w vm.min_free_kbytes=..."), not run and not understood: what a program of another kind does remains unseen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

#define WRITER_TEXT_MAX 128

typedef enum WriterKind {
        WRITER_PROGRAM,  /* that runs */
        WRITER_SYSCTL,   /* sysctl.d(5) */
        WRITER_TMPFILES, /* tmpfiles.d(5) */
        WRITER_TUNED,    /* the active profile of TuneD */
        WRITER_CRON,
        WRITER_UNIT,
        _WRITER_KIND_MAX,
} WriterKind;
const char *writer_kind_name(WriterKind k); /* "program", "sysctl", "tmpfiles", "tuned", "cron", "unit" */

typedef struct Writer {
        WriterKind kind;
        char who[WRITER_TEXT_MAX];    /* "sysctl.d", "TuneD, profile throughput-performance", "cron", "unit defrag.service" */
        char target[WRITER_TEXT_MAX]; /* "vm.compact_memory", "transparent_hugepage/enabled", "nodeN/compact" */
        char value[WRITER_TEXT_MAX];  /* "": not known */
        char file[256];               /* with the leading '/'; "" for a program */
        unsigned line;
        bool overridden; /* another entry of the same kind for the target counts */
} Writer;

typedef struct Writers {
        Writer items[WRITERS_MAX];
        size_t n;
        size_t dropped; /* beyond WRITERS_MAX */
} Writers;

/* Where a finding comes from. */
typedef struct WriterPlace {
        WriterKind kind;
        const char *who, *file;
} WriterPlace;

/* "vm.min_free_kbytes = 65536", "-vm/drop_caches=1"; comments # and ;. */
void writers_sysctl(Writers *w, const WriterPlace *place, const char *text);
/* "w /sys/kernel/mm/transparent_hugepage/enabled - - - - never" */
void writers_tmpfiles(Writers *w, const WriterPlace *place, const char *text);
/* tuned.conf: sections sysctl, vm and sysfs. The names that it includes into include, "" without. */
void writers_tuned(Writers *w, const WriterPlace *place, const char *text, char *include, size_t include_size);
/* Lines of a crontab, a unit (Exec*= only) or a script. */
void writers_commands(Writers *w, const WriterPlace *place, const char *text);
/* Calls found() for each word of those lines that begins with '/': a script, perhaps. */
void writers_scripts(WriterKind kind, const char *text, void (*found)(void *userdata, const char *path), void *userdata);

/* Of the entries of a kind from `first` on, in the order in which they are read, only the last for each target counts. */
void writers_last_counts(Writers *w, size_t first, WriterKind kind);
/* The last entry of the kind that sets the target to a decimal number, which is *ret_number; NULL where there is none. Others are
 * taken for what the kernel would refuse. */
const Writer *writers_number(const Writers *w, WriterKind kind, const char *target, uint64_t *ret_number);
