/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/buddyinfo.h"

#include "base/macros.h"
#include "parse/zones.h"

static void buddyinfo_reset(Buddyinfo *b)
{
        b->n_zones = 0;
        b->n_orders = 0;
        b->skipped = 0;
}

void buddyinfo_done(Buddyinfo *b)
{
        free(b->zones);
        *b = (Buddyinfo)BUDDYINFO_INIT;
}

static const char *buddyinfo_take_counts(Text *line, BuddyZone *zone, unsigned *ret_n)
{
        unsigned n = 0;

        while (!text_at_end(line)) {
                if (n == ORDERS_MAX)
                        return "at most 24 orders";
                if (!text_number(line, "", &zone->free[n]))
                        return "a number of free blocks";
                n++;
        }
        if (n == 0)
                return "a number of free blocks";
        memset(zone->free + n, 0, (ORDERS_MAX - n) * sizeof(zone->free[0]));
        *ret_n = n;
        return NULL;
}

_Static_assert(ORDERS_MAX == 24, "an error text says it");

static const char *buddyinfo_take_zone(Buddyinfo *b, Text *line, ZoneSequence *sequence)
{
        BuddyZone *zone = b->zones + b->n_zones;
        const char *expected;
        ZoneName name;
        uint32_t index;
        unsigned n;

        expected = zone_take_head(line, &zone->node, &name);
        if (!expected)
                expected = buddyinfo_take_counts(line, zone, &n);
        if (!expected)
                expected = zone_sequence_add(sequence, zone->node, &name, &index);
        if (expected)
                return expected;
        if (b->n_zones > 0 && n != b->n_orders)
                return "as many orders as on the line above";
        memcpy(zone->name, name.text, sizeof(zone->name));
        b->n_orders = n;
        b->n_zones++;
        return NULL;
}

static int buddyinfo_parse_lines(Buddyinfo *b, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line;
        ZoneSequence sequence = { 0 };
        bool truncated = false;

        while (text_line(&t, &line, &truncated)) {
                const char *expected;
                BuddyZone *grown;

                if (!zone_line(&line)) {
                        b->skipped++;
                        continue;
                }
                grown = zones_reserve(b->zones, b->n_zones, &b->n_allocated, sizeof(*grown));
                if (!grown)
                        return -ENOMEM;
                b->zones = grown;
                expected = buddyinfo_take_zone(b, &line, &sequence);
                if (expected)
                        return parse_fail(ret_error, t.line, expected);
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        if (b->n_zones == 0)
                return parse_fail(ret_error, t.line, "a zone line");
        return 0;
}

int buddyinfo_parse(Buddyinfo *b, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        buddyinfo_reset(b);
        r = buddyinfo_parse_lines(b, text, size, ret_error);
        if (r < 0)
                buddyinfo_reset(b);
        return r;
}
