/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sysfs.h - folders whose members are not known beforehand: sizes of huge pages, CMA areas. */
#pragma once

#include "root/root.h"

#define SYSFS_NAME_MAX 64
#define SYSFS_PATH_MAX 256

/* The names in a folder that begin with prefix, in alphabetical order; at most max (others are left out), each shorter than
 * SYSFS_NAME_MAX. Returns how many, or negative errno. */
int sysfs_list(const RootDir *root, const char *folder, const char *prefix, char names[][SYSFS_NAME_MAX], size_t max);
/* An unsigned number of folder/name; UNKNOWN_U64 where it is missing or none. */
uint64_t sysfs_number(const RootDir *root, const char *folder, const char *name);
/* "hugepages-2048kB" -> 2097152; 0 where it is not of that form. */
uint64_t sysfs_huge_size(const char *name);
/* "always [madvise] never" in folder/name -> "madvise"; "" where it is missing. */
void sysfs_choice(const RootDir *root, const char *folder, const char *name, char *buf, size_t size);
