/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/tar.h"

#include <inttypes.h>
#include <stdio.h>

#define BLOCK 512
/* Eleven octal digits. */
#define SIZE_BEYOND (UINT64_C(1) << 33)

/* POSIX.1-1988 ustar; numbers are octal digits. */
typedef struct Header {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
                magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
} Header;
static_assert(sizeof(Header) == BLOCK, "ustar has blocks of 512 bytes");

static void octal(char *field, size_t size, uint64_t value)
{
        char text[32];

        snprintf(text, sizeof(text), "%0*" PRIo64, (int)size - 1, value);
        memcpy(field, text, size);
}

static unsigned checksum(const Header *h)
{
        const unsigned char *byte = (const unsigned char *)h;
        unsigned sum = 0;

        for (size_t i = 0; i < BLOCK; i++)
                sum += byte[i];
        return sum;
}

int tar_add(StrBuf *b, const char *name, usec_t mtime, const char *data, size_t size)
{
        static const char zeros[BLOCK];
        Header h = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

        if (strlen(name) > TAR_NAME_MAX)
                return -ENAMETOOLONG;
        if (size >= SIZE_BEYOND)
                return -EFBIG;
        memcpy(h.name, name, strlen(name));
        octal(h.mode, sizeof(h.mode), 0644);
        octal(h.uid, sizeof(h.uid), 0);
        octal(h.gid, sizeof(h.gid), 0);
        octal(h.size, sizeof(h.size), size);
        octal(h.mtime, sizeof(h.mtime), mtime / USEC_PER_SEC % SIZE_BEYOND);
        octal(h.major, sizeof(h.major), 0);
        octal(h.minor, sizeof(h.minor), 0);
        memcpy(h.user, "root", 4);
        memcpy(h.group, "root", 4);
        memset(h.checksum, ' ', sizeof(h.checksum));
        octal(h.checksum, sizeof(h.checksum) - 1, checksum(&h));
        strbuf_add(b, (const char *)&h, sizeof(h));
        strbuf_add(b, data, size);
        strbuf_add(b, zeros, (BLOCK - size % BLOCK) % BLOCK);
        return 0;
}

void tar_end(StrBuf *b)
{
        static const char zeros[2 * BLOCK];

        strbuf_add(b, zeros, sizeof(zeros));
}
