/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* arcstats.h - /proc/spl/kstat/zfs/arcstats: the size of OpenZFS's cache, which the kernel's own files count nowhere.
 * Source: module/os/linux/spl/spl-kstat.c kstat_seq_show_named(): two lines of heading, then "name type value". */
#pragma once

#include <stddef.h>

#include "parse/parse.h"

typedef struct Arcstats {
        uint64_t size, c_max; /* bytes: now, and the most that it may have; UNKNOWN_U64 where not printed */
        unsigned skipped;
} Arcstats;

int arcstats_parse(Arcstats *a, const char *text, size_t size, ParseError *ret_error);
