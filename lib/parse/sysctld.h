/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sysctld.h - files of sysctl.d(5): what somebody wants a sysctl to be at each boot.
 *
 * Lines "key = value"; '#' and ';' begin comments, a '-' before the key means that failing does not
 * matter; dots and slashes are the same in a key. Lines that are none of that are skipped, as
 * sysctl(8) and systemd-sysctl(8) skip them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value that the file gives to the key ("vm.nr_hugepages"), the last one where there are more:
 * a decimal number. false where it gives none. */
bool sysctld_number(const char *text, size_t size, const char *key, uint64_t *ret);
