/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cell.h - a number in 16 bits, with 12 significant binary digits: exact below 4096, at most 1/4096
 * off above, up to about 4.4e12 (larger ones are kept as that). 0 stands for "not known", so that
 * memory that was never written says that. */
#pragma once

#include <stdint.h>

#include "parse/parse.h" /* UNKNOWN_U64 */

typedef uint16_t Cell;

#define CELL_UNKNOWN 0

static inline Cell cell_from(uint64_t value)
{
        unsigned e = 0;
        uint64_t m = value;

        if (value == UNKNOWN_U64)
                return CELL_UNKNOWN;
        if (value >= 2048) {
                unsigned shift = 63U - (unsigned)__builtin_clzll(value) - 11;

                /* to the nearest; a carry goes into the exponent by itself */
                m = shift ? (value + (UINT64_C(1) << (shift - 1))) >> shift : value;
                e = shift + 1;
                if (m == 4096) {
                        m = 2048;
                        e++;
                }
                m -= 2048;
        }
        return e > 31 || (e == 31 && m > 2046) ? UINT16_MAX : (Cell)(1 + (e << 11 | m));
}

static inline uint64_t cell_value(Cell c)
{
        unsigned e;
        uint64_t m;

        if (c == CELL_UNKNOWN)
                return UNKNOWN_U64;
        c--;
        e = c >> 11;
        m = c & 2047;
        return e == 0 ? m : (2048 + m) << (e - 1);
}
