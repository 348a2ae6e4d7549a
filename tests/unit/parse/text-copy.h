/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text-copy.h - a text as the sampler hands it over: on the heap, with one NUL behind it and
 * nothing else, so that ASan sees a parser that reads further. */
#pragma once

#include <check.h>
#include <stdlib.h>
#include <string.h>

static inline char *text_copy(const char *text, size_t size)
{
        char *copy = malloc(size + 1);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, size);
        copy[size] = 0;
        return copy;
}
