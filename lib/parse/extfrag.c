/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/extfrag.h"

#include "base/macros.h"
#include "parse/zones.h"

#include <stdio.h>

static void index_file_reset(IndexFile *f)
{
        f->n_zones = 0;
        f->n_orders = 0;
        f->skipped = 0;
}

void index_file_done(IndexFile *f)
{
        free(f->zones);
        *f = (IndexFile)INDEX_FILE_INIT;
}

char *index_format(char *buf, size_t size, int32_t permille)
{
        snprintf(buf, size, "%d.%03d", permille / 1000, permille % 1000);
        return buf;
}

static bool take_signed(Text *word, const char *stops, int32_t *ret)
{
        bool negative = TEXT_TAKE(word, "-");
        uint64_t v;

        if (word->p == word->end || !text_number(word, stops, &v) || v > 1000)
                return false;
        *ret = negative ? -(int32_t)v : (int32_t)v;
        return true;
}

/* Printing it again tells whether the kernel could have printed it. */
static bool index_take(Text word, int32_t *ret)
{
        int32_t whole, thousandths, permille;
        Text rest = word;
        char buf[16];

        if (!take_signed(&rest, ".", &whole) || !TEXT_TAKE(&rest, ".") ||
                !take_signed(&rest, "", &thousandths))
                return false;
        permille = whole * 1000 + thousandths;
        if (permille < -1000 || permille > 1000)
                return false;
        index_format(buf, sizeof(buf), permille);
        if (!text_equal(&word, buf, strlen(buf)))
                return false;
        *ret = permille;
        return true;
}

static const char *index_take_values(Text *line, IndexZone *zone, unsigned *ret_n)
{
        unsigned n = 0;
        Text word;

        while (text_word(line, &word)) {
                if (n == ORDERS_MAX)
                        return "at most 24 orders";
                if (!index_take(word, &zone->permille[n]))
                        return "an index from -1.000 to 1.000";
                n++;
        }
        if (n == 0)
                return "an index from -1.000 to 1.000";
        memset(zone->permille + n, 0, (ORDERS_MAX - n) * sizeof(zone->permille[0]));
        *ret_n = n;
        return NULL;
}

_Static_assert(ORDERS_MAX == 24, "an error text says it");

static const char *index_take_zone(IndexFile *f, Text *line, ZoneSequence *sequence)
{
        IndexZone *zone = f->zones + f->n_zones;
        const char *expected;
        ZoneName name;
        uint32_t index;
        unsigned n;

        expected = zone_take_head(line, &zone->node, &name);
        if (!expected)
                expected = index_take_values(line, zone, &n);
        if (!expected)
                expected = zone_sequence_add(sequence, zone->node, &name, &index);
        if (expected)
                return expected;
        if (f->n_zones > 0 && n != f->n_orders)
                return "as many orders as on the line above";
        memcpy(zone->name, name.text, sizeof(zone->name));
        f->n_orders = n;
        f->n_zones++;
        return NULL;
}

static int index_file_parse_lines(
        IndexFile *f, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        ZoneSequence sequence = { 0 };
        bool truncated = false;

        while (text_line(&t, &line, &truncated)) {
                const char *expected;
                IndexZone *grown;

                if (!zone_line(&line)) {
                        f->skipped++;
                        continue;
                }
                grown = zones_reserve(f->zones, f->n_zones, &f->n_allocated, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                f->zones = grown;
                expected = index_take_zone(f, &line, &sequence);
                if (expected)
                        return parse_fail(ret_error, t.line, expected);
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        if (f->n_zones == 0)
                return parse_fail(ret_error, t.line, "a zone line");
        return 0;
}

int index_file_parse(IndexFile *f, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        index_file_reset(f);
        r = index_file_parse_lines(f, text, size, ret_error);
        if (r < 0)
                index_file_reset(f);
        return r;
}
