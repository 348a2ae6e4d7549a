/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* version.h - versions of kernels and programs, and the ranges that rules of advice are for.
 *
 * A version is numbers with points between: "6.1.0-18-amd64" is 6.1.0, "19c" is 19, "1:7.0.15-1~deb12u1" (dpkg: epoch, Debian
 * revision) is 7.0.15. What follows the numbers is left out.
 *
 * A range is one or more bounds, all of which must hold: ">= 3.0, < 8.0". A bound looks at as many numbers as it has itself:
 * 7.0.12 is "<= 7.0" and "= 7", and is not "> 7.0". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERSION_NUMBERS_MAX 6
#define VERSION_BOUNDS_MAX  4
#define VERSION_TEXT_MAX    48

typedef struct Version {
        uint32_t numbers[VERSION_NUMBERS_MAX];
        unsigned n; /* 0: not known */
} Version;

typedef enum VersionTest {
        VERSION_LESS,
        VERSION_AT_MOST,
        VERSION_EQUAL,
        VERSION_AT_LEAST,
        VERSION_MORE,
} VersionTest;

typedef struct VersionRange {
        struct {
                VersionTest test;
                Version version;
        } bounds[VERSION_BOUNDS_MAX];
        unsigned n; /* 0: no range */
} VersionRange;

/* -EINVAL: does not begin with a number (after an epoch); ret is untouched. */
int version_parse(const char *text, Version *ret);
/* "7.0.15"; "" where it is not known. Returns buf. */
const char *version_text(const Version *v, char buf[static VERSION_TEXT_MAX]);

/* -EINVAL: not of the form; ret is untouched. */
int version_range_parse(const char *text, VersionRange *ret);
/* v is known. A range without bounds has every version. */
bool version_in(const Version *v, const VersionRange *range);
