/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* value.h - the one-line files: integers of sysctls and sysfs, the bracketed choice of THP's
 * "enabled", the state of a kernel thread. */
#pragma once

#include "parse/parse.h"

#include <stddef.h>

/* All refuse a second line. */

/* "20\n" -> 20. One integer, perhaps negative, on the first line. Further integers on the line
 * (lowmem_reserve_ratio) are refused. */
int value_parse_int(const char *text, size_t size, int64_t *ret, ParseError *ret_error);
/* "always [madvise] never\n" -> "madvise", into buf. -EBADMSG without brackets or where it does not
 * fit. */
int value_parse_choice(
        const char *text, size_t size, char *buf, size_t buf_size, ParseError *ret_error);
/* /proc/PID/stat: "35 (kcompactd0) S 2 ..." -> comm and state letter (proc(5): R S D Z T I ...).
 * comm may hold blanks and parentheses. */
int value_parse_task_stat(const char *text, size_t size, char *comm, size_t comm_size,
        char *ret_state, ParseError *ret_error);
/* /proc/PID/stat -> when the process was started, in clock ticks since boot (its 22nd field). */
int value_parse_task_start(const char *text, size_t size, uint64_t *ret, ParseError *ret_error);
/* /proc/PID/schedstat: "cpu_ns wait_ns timeslices" -> the first
 * (Documentation/scheduler/sched-stats.rst). */
int value_parse_schedstat(
        const char *text, size_t size, uint64_t *ret_cpu_nsec, ParseError *ret_error);
/* "0-3,8" (nodes online) -> ids into ret, ascending; *ret_n how many. -EBADMSG also where max is
 * exceeded. */
int value_parse_list(const char *text, size_t size, uint32_t *ret, size_t max, size_t *ret_n,
        ParseError *ret_error);
