/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sysctls.h - what sysctl.d(5) wants a sysctl to be: read where that matters, never applied. */
#pragma once

#include "root/root.h"

/* The value that is applied last: files of /etc, /run, /usr/local/lib and /usr/lib sysctl.d in the order of their names, one
 * in an earlier of these folders instead of one of the same name in a later one; then /etc/sysctl.conf, which sysctl(8)
 * reads. where: the file ("/etc/sysctl.d/50-db.conf"). At most SYSCTL_FILES_MAX files a folder, SYSCTL_SIZE_MAX bytes each:
 * others are left out. false where none says anything. */
bool sysctls_find(const RootDir *root, const char *key, uint64_t *ret, char *where, size_t size);
