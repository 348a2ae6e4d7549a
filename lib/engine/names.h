/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* names.h - for lib/engine only: an enum's names as a table, both ways. */
#pragma once

#include "base/macros.h"

/* Defines X_name(v) for an enum whose names stand in `table`, in order. */
#define DEFINE_NAME(prefix, Type, table)                                                           \
        const char *prefix##_name(Type v)                                                          \
        {                                                                                          \
                assert((size_t)v < ELEMENTSOF(table));                                             \
                return table[v];                                                                   \
        }

/* Also X_from_name(name, ret). */
#define DEFINE_NAMES(prefix, Type, table)                                                          \
        DEFINE_NAME(prefix, Type, table)                                                           \
        int prefix##_from_name(const char *name, Type *ret)                                        \
        {                                                                                          \
                for (size_t i = 0; i < ELEMENTSOF(table); i++)                                     \
                        if (streq(table[i], name)) {                                               \
                                *ret = (Type)i;                                                    \
                                return 0;                                                          \
                        }                                                                          \
                return -ENOENT;                                                                    \
        }
