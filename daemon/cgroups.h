/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroups.h - which control group was at its memory limit most often. Read only when somebody asks and a limit has refused something
 * of late; bounded by CGROUPS_MAX groups, the outer ones first. */
#pragma once

#include "daemon/sysfs.h"

#define CGROUPS_MAX 256

typedef struct CgroupLimit {
        char name[SYSFS_PATH_MAX]; /* "/system.slice/postgresql.service" */
        uint64_t hits;             /* "max" of memory.events.local (Documentation/admin-guide/cgroup-v2.rst), since it was made */
} CgroupLimit;

/* false: there is none, or no cgroup2 below /sys/fs/cgroup. */
bool cgroups_at_limit(const RootDir *root, CgroupLimit *ret);
