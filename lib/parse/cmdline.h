/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cmdline.h - /proc/cmdline: the boot parameters that shape contiguous memory.
 *
 * Documentation/admin-guide/kernel-parameters.txt. A value may stand in double quotes. Everything behind "--" is init's.
 * Values are kept as they stand, cut at their size and with control characters replaced: they are shown, not obeyed. What
 * is given twice counts the last time, as for the kernel; pools of huge pages add up by hugepagesz=. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"
#include "parse/parse.h"

#define BOOT_VALUE_MAX 64

typedef enum BootParameter {
        BOOT_KERNELCORE,
        BOOT_MOVABLECORE,
        BOOT_MOVABLE_NODE, /* "" when given: it has no value */
        BOOT_CMA,
        BOOT_HUGETLB_CMA,
        BOOT_TRANSPARENT_HUGEPAGE,
        _BOOT_PARAMETER_MAX,
} BootParameter;
const char *boot_parameter_name(BootParameter p); /* "kernelcore" */

/* hugepagesz=SIZE hugepages=N. size 0: hugepages= without a size before it, thus of the default size. */
typedef struct BootPool {
        uint64_t size, count;
} BootPool;

typedef struct Cmdline {
        bool given[_BOOT_PARAMETER_MAX];
        char value[_BOOT_PARAMETER_MAX][BOOT_VALUE_MAX];
        uint64_t default_hugepage_size; /* 0: not given */
        BootPool pools[HUGE_SIZES_MAX];
        size_t n_pools;
        unsigned skipped; /* parameters that fragd does not use */
} Cmdline;

int cmdline_parse(Cmdline *c, const char *text, size_t size, ParseError *ret_error);
