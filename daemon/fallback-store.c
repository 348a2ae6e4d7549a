/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/fallback-store.h"

#include <zlib.h>

#include "base/macros.h"
#include "root/small-file.h"

#define STORE_FILE "fallbacks"
#define VERSION    1U
#define MARK       0x01020304U

typedef struct Store {
        char magic[8];
        uint32_t version, mark, order, n;
        char release[KERNEL_RELEASE_MAX]; /* padded with NULs */
        uint32_t steps[FALLBACK_STEPS][_FALLBACK_KIND_MAX]; /* n of them, then the checksum */
        uint32_t room;
} Store;

bool fallback_store_owns(const char *name)
{
        return small_file_owns(STORE_FILE, name);
}

static size_t size_of(uint32_t n)
{
        return offsetof(Store, steps) + n * sizeof(((Store *)NULL)->steps[0]);
}

static uint32_t checksum(const Store *s)
{
        return (uint32_t)crc32(crc32(0, Z_NULL, 0), (const Bytef *)s, (uInt)size_of(s->n));
}

static void head_init(Store *s, const char *release, unsigned order, uint32_t n)
{
        *s = (Store){ .magic = "fragdfbk", .version = VERSION, .mark = MARK, .order = order, .n = n };
        memcpy(s->release, release, MIN(strlen(release), sizeof(s->release) - 1));
}

int fallback_store_load(int dir_fd, const char *release, unsigned order, Fallbacks *f)
{
        _cleanup_free_ Store *s = malloc(sizeof(*s));
        uint32_t crc;
        Store wanted;
        ssize_t n;

        if (!s)
                return -ENOMEM;
        n = small_file_read(dir_fd, STORE_FILE, s, sizeof(*s));
        if (n < 0)
                return (int)n;
        if ((size_t)n < size_of(0) || s->n > FALLBACK_STEPS || (size_t)n != size_of(s->n) + sizeof(crc))
                return -EBADMSG;
        memcpy(&crc, (const char *)s + size_of(s->n), sizeof(crc));
        head_init(&wanted, release, order, s->n);
        if (crc != checksum(s) || memcmp(s, &wanted, offsetof(Store, order)) != 0)
                return -EBADMSG;
        if (memcmp(s, &wanted, offsetof(Store, steps)) != 0)
                return -ESTALE;
        fallbacks_learn(f, (const uint32_t(*)[_FALLBACK_KIND_MAX])s->steps, s->n);
        return 0;
}

int fallback_store_save(int dir_fd, const char *release, unsigned order, const Fallbacks *f)
{
        _cleanup_free_ Store *s = malloc(sizeof(*s));
        uint32_t crc;

        if (!s)
                return -ENOMEM;
        head_init(s, release, order, (uint32_t)f->n_steps);
        for (size_t i = 0; i < f->n_steps; i++)
                memcpy(s->steps[i], fallbacks_step(f, i), sizeof(s->steps[i]));
        crc = checksum(s);
        memcpy((char *)s + size_of(s->n), &crc, sizeof(crc));
        return small_file_replace(dir_fd, STORE_FILE, 0644, s, size_of(s->n) + sizeof(crc), false);
}
