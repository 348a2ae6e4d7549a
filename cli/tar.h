/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tar.h - an archive in POSIX's ustar format, in memory: plain files only, owner and group root, so
 * that nothing of who packs it is in there. */
#pragma once

#include "base/strbuf.h"
#include "base/usec.h"

/* A name in an archive: at most this, so that it needs no prefix. */
#define TAR_NAME_MAX 99

/* mtime: realtime. 0, or -ENAMETOOLONG, -EFBIG (8 GiB); a failed allocation sticks to b. */
int tar_add(StrBuf *b, const char *name, usec_t mtime, const char *data, size_t size);
/* The end of the archive. */
void tar_end(StrBuf *b);
