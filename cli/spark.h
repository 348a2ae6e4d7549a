/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spark.h - a course in one line: a mark for each value, as high as the value is. */
#pragma once

#include <stdio.h>

#include "cli/color.h"
#include "cli/fragctl.h"

typedef struct Spark {
        int64_t value; /* below 0: not known, a blank */
        Tone tone;
} Spark;

/* Of eight heights; the lowest stands for 0 and what is near it, the highest for max. Without
 * UTF-8: "_.:-=+*#". */
const char *spark_mark(bool utf8, int64_t value, int64_t max);
void spark_print(const Cli *cli, FILE *out, const Spark *values, size_t n, int64_t max);
