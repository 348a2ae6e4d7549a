/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/memory-blocks.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

#define FOLDER "sys/devices/system/memory"
#define PREFIX "memory"
/* 16 TiB in blocks of 128 MiB. */
#define NUMBERS_MAX (128U * 1024)

static void closedirp(DIR **d)
{
        if (*d)
                closedir(*d);
}

static int descending(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

        return x < y ? 1 : x > y ? -1 : 0;
}

/* The numbers of the blocks, in no order. */
static size_t list(const RootDir *root, uint32_t *numbers)
{
        _cleanup_(closedirp) DIR *dir = NULL;
        const struct dirent *entry;
        size_t n = 0;
        int fd;

        fd = root_open(root, FOLDER, O_RDONLY | O_DIRECTORY);
        if (fd < 0)
                return 0;
        dir = fdopendir(fd);
        if (!dir) {
                safe_close(fd);
                return 0;
        }
        while (n < NUMBERS_MAX && (entry = readdir(dir))) {
                uint64_t number;

                if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
                        number_parse(entry->d_name + strlen(PREFIX), &number) == 0 &&
                        number <= UINT32_MAX)
                        numbers[n++] = (uint32_t)number;
        }
        return n;
}

/* The size of a block, in hexadecimal. */
static uint64_t block_size(const RootDir *root)
{
        char text[32], *end;
        uint64_t size;

        if (root_read_text(root, FOLDER "/block_size_bytes", text, sizeof(text)) <= 0)
                return UNKNOWN_U64;
        errno = 0;
        size = strtoull(text, &end, 16);
        return errno != 0 || *end || size == 0 ? UNKNOWN_U64 : size;
}

static void look_at(const RootDir *root, uint32_t number, MemoryBlocks *ret)
{
        char path[SYSFS_PATH_MAX], text[64];

        snprintf(path, sizeof(path), FOLDER "/" PREFIX "%" PRIu32 "/state", number);
        if (root_read_text(root, path, text, sizeof(text)) < 0)
                return; /* it went meanwhile */
        ret->looked_at++;
        if (!streq(text, "online")) {
                ret->offline++;
                return;
        }
        snprintf(path, sizeof(path), FOLDER "/" PREFIX "%" PRIu32 "/valid_zones", number);
        if (root_read_text(root, path, text, sizeof(text)) < 0)
                return;
        /* what is online is in the first of them */
        ret->movable += strncmp(text, "Movable", strlen("Movable")) == 0;
}

void memory_blocks_read(const RootDir *root, MemoryBlocks *ret)
{
        _cleanup_free_ uint32_t *numbers = NULL;

        *ret = (MemoryBlocks){ .size = block_size(root) };
        if (ret->size == UNKNOWN_U64)
                return;
        numbers = calloc(NUMBERS_MAX, sizeof(*numbers)); /* touched as far as it fills */
        if (!numbers)
                return;
        ret->n = list(root, numbers);
        qsort(numbers, ret->n, sizeof(*numbers), descending);
        for (size_t i = 0; i < MIN(ret->n, (size_t)MEMORY_BLOCKS_MAX); i++)
                look_at(root, numbers[i], ret);
}
