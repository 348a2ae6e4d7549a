/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* units.h - what people write and read: sizes ("512M"), durations ("90s", "1h 30min"), percentages ("2.5%").
 *
 * Parsers take a whole string (surrounding blanks allowed), return 0, or
 *   -EINVAL  not of the form, or a unit that does not exist,
 *   -ERANGE  of the form, but does not fit;
 * ret is untouched on failure. Formatters write into buf (always NUL-terminated) and return buf. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/usec.h"

#define UNIT_TEXT_MAX 64

/* "4096", "64K", "1.5G"; K M G T P E are powers of 1024, with or without "iB"/"B". ret in bytes. */
int size_parse(const char *text, uint64_t *ret_bytes);
/* 2097152 -> "2 MiB", 1610612736 -> "1.5 GiB"; at most one decimal, rounded down. */
char *size_format(char *buf, size_t size, uint64_t bytes);

/* "500ms", "90s", "2h", "1h 30min", "1d"; units us ms s min (or m) h d w; a bare number is seconds. */
int duration_parse(const char *text, usec_t *ret);
/* 5400000000 -> "1h 30min", 1500 -> "1.5ms"; the two largest units. USEC_INFINITY -> "infinity". */
char *duration_format(char *buf, size_t size, usec_t t);

/* "2%", "0.25%" -> permyriad (200, 25); at most two decimals, 0% to 100%. */
int percent_parse(const char *text, uint32_t *ret_permyriad);
/* 250 -> "2.5%". */
char *percent_format(char *buf, size_t size, uint32_t permyriad);

/* A decimal number without sign or blanks, the whole string. */
int number_parse(const char *text, uint64_t *ret);
