/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/spark.h"

#define HEIGHTS 8

const char *spark_mark(bool utf8, int64_t value, int64_t max)
{
        static const char *const blocks[HEIGHTS] = { "\u2581", "\u2582", "\u2583", "\u2584",
                "\u2585", "\u2586", "\u2587", "\u2588" };
        static const char *const ascii[HEIGHTS] = { "_", ".", ":", "-", "=", "+", "*", "#" };
        double height;
        size_t i;

        if (value < 0)
                return " ";
        height = max > 0 ? (double)value / (double)max * HEIGHTS : 0;
        i = height >= HEIGHTS ? HEIGHTS - 1 : (size_t)height;
        return utf8 ? blocks[i] : ascii[i];
}

void spark_print(const Cli *cli, FILE *out, const Spark *values, size_t n, int64_t max)
{
        Tone tone = TONE_NONE;

        for (size_t i = 0; i < n; i++) {
                Tone next = values[i].value < 0 ? tone : values[i].tone;

                if (next != tone)
                        fprintf(out, "%s%s", color_off(cli, tone), color_on(cli, next));
                tone = next;
                fputs(spark_mark(cli->utf8, values[i].value, max), out);
        }
        fputs(color_off(cli, tone), out);
}
