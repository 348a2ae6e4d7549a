/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/gzip.h"

#include <limits.h>
#include <zlib.h>

#include "base/macros.h"

/* zlib's: the largest window, and 16 for gzip's frame. */
#define WINDOW_BITS (15 + 16)
#define LEVEL       2
/* zlib's default: 128 KiB while it works. */
#define MEMORY_LEVEL 8

int gzip_compress(const char *data, size_t size, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *out = NULL;
        z_stream z = { .next_in = (z_const Bytef *)data };
        uLong bound;
        int r;

        if (size > UINT_MAX / 2)
                return -ENOMEM;
        /* Metrics are so repetitive that it takes no effort to make them a tenth; on such text this
         * level is faster than 1. */
        if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) !=
                Z_OK)
                return -ENOMEM;
        bound = deflateBound(&z, size);
        out = malloc(bound);
        if (!out) {
                deflateEnd(&z);
                return -ENOMEM;
        }
        z.avail_in = (uInt)size;
        z.next_out = (Bytef *)out;
        z.avail_out = (uInt)bound;
        r = deflate(&z, Z_FINISH);
        assert(r == Z_STREAM_END); /* the bound is one */
        *ret_size = z.total_out;
        deflateEnd(&z);
        *ret = TAKE_PTR(out);
        return 0;
}
