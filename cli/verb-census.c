/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strbuf.h"
#include "cli/client.h"
#include "cli/findings.h"
#include "cli/reply-memory.h"
#include "cli/table.h"
#include "cli/text.h"

/* Owners on one screen; the others are summed up. */
#define OWNERS_SHOWN 9

/* --- pageblocks and free memory by migrate type --- */

#define TYPES_MAX 8
#define FIRST_TYPE 4 /* column */

typedef struct Types {
        const char *names[TYPES_MAX]; /* that some zone has, in the kernel's order */
        size_t n;
} Types;

static int types_find(json_t *zones, Types *ret)
{
        json_t *zone, *list, *item;
        size_t i, k;
        int r;

        *ret = (Types){ 0 };
        json_array_foreach(zones, i, zone)
        {
                r = reply_list(zone, "types", &list);
                if (r != 0)
                        return r;
                json_array_foreach(list, k, item)
                {
                        CensusTypeReply t;
                        size_t known = 0;

                        r = reply_census_type(item, &t);
                        if (r != 0)
                                return r;
                        while (known < ret->n && !streq(ret->names[known], t.type))
                                known++;
                        if (known == ret->n && ret->n < TYPES_MAX)
                                ret->names[ret->n++] = t.type;
                }
        }
        return 0;
}

static unsigned type_column(const Types *types, const char *name)
{
        for (size_t i = 0; i < types->n; i++)
                if (streq(types->names[i], name))
                        return FIRST_TYPE + (unsigned)i;
        return 0;
}

static Tone type_tone(const char *type, json_int_t blocks, json_int_t all)
{
        return (streq(type, "Unmovable") || streq(type, "Isolate")) && blocks * 4 >= all ? TONE_WARN : TONE_NONE;
}

/* Two rows: pageblocks, free memory; a third one for mixed blocks where the kernel counts them. */
static int zone_rows(Table *t, const Types *types, json_t *item)
{
        json_int_t free_bytes = 0, mixed = 0;
        char a[UNIT_TEXT_MAX];
        CensusZoneReply z;
        json_t *type;
        bool at_least = false, any_mixed = false;
        size_t i;
        int r;

        r = reply_census_zone(item, &z);
        if (r != 0)
                return r;
        table_row(t);
        table_setf(t, 0, TONE_NONE, "%" JSON_INTEGER_FORMAT, z.node);
        table_set(t, 1, TONE_NONE, z.zone);
        table_set(t, 2, TONE_NONE, "blocks");
        table_setf(t, 3, TONE_NONE, "%" JSON_INTEGER_FORMAT, z.blocks);
        for (int row = 0; row < 3; row++) {
                if (row == 2 && !any_mixed)
                        break;
                if (row > 0)
                        table_row(t);
                if (row > 0)
                        table_set(t, 2, TONE_DIM, row == 1 ? "free" : "mixed");
                json_array_foreach(z.types, i, type)
                {
                        CensusTypeReply c;
                        unsigned column;

                        r = reply_census_type(type, &c);
                        if (r != 0)
                                return r;
                        column = type_column(types, c.type);
                        any_mixed = any_mixed || c.mixed_blocks >= 0;
                        if (column == 0)
                                continue;
                        if (row == 0)
                                table_set(t, column, type_tone(c.type, c.blocks, z.blocks), text_percent(a, c.blocks, z.blocks));
                        else if (row == 1)
                                table_setf(t, column, TONE_DIM, "%s%s", c.free_at_least ? ">" : "", text_size(a, c.free_bytes));
                        else
                                table_setf(t, column, TONE_DIM, "%" JSON_INTEGER_FORMAT, c.mixed_blocks);
                        free_bytes += row == 1 ? c.free_bytes : 0;
                        mixed += row == 2 && c.mixed_blocks > 0 ? c.mixed_blocks : 0;
                        at_least = at_least || (row == 1 && c.free_at_least);
                }
                if (row == 1)
                        table_setf(t, 3, TONE_DIM, "%s%s", at_least ? ">" : "", text_size(a, free_bytes));
                if (row == 2)
                        table_setf(t, 3, TONE_DIM, "%" JSON_INTEGER_FORMAT, mixed);
        }
        return 0;
}

static int print_zones(const Cli *cli, json_t *zones)
{
        TableColumn columns[FIRST_TYPE + TYPES_MAX + 1] = { { "NODE", TABLE_RIGHT }, { "ZONE", TABLE_LEFT }, { "", TABLE_LEFT },
                { "ALL", TABLE_RIGHT } };
        _cleanup_table_ Table *t = NULL;
        json_t *item;
        Types types;
        size_t i;
        int r;

        r = types_find(zones, &types);
        if (r != 0 || types.n == 0)
                return r;
        for (i = 0; i < types.n; i++)
                columns[FIRST_TYPE + i] = (TableColumn){ types.names[i], TABLE_RIGHT };
        if (table_new(&t, cli, columns, true) < 0)
                return cli_oom();
        json_array_foreach(zones, i, item)
        {
                r = zone_rows(t, &types, item);
                if (r != 0)
                        return r;
        }
        return table_print(t, stdout, 2) < 0 ? cli_oom() : 0;
}

/* --- what a node comes to --- */

static int print_node(const Cli *cli, json_t *item)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];
        CensusNodeReply n;
        Tone tone;
        int r;

        r = reply_census_node(item, &n);
        if (r != 0)
                return r;
        printf("%sNode %" JSON_INTEGER_FORMAT "%s", color_on(cli, TONE_STRONG), n.node, color_off(cli, TONE_STRONG));
        tone = n.unmovable_permyriad >= 5000 ? TONE_BAD : n.unmovable_permyriad >= 2500 ? TONE_WARN : TONE_GOOD;
        if (n.unmovable_permyriad >= 0)
                printf(": %s%s%s of its pageblocks are of types that do not move", color_on(cli, tone),
                        text_percent(a, n.unmovable_permyriad, 10000), color_off(cli, tone));
        else
                printf(": how much does not move is not known");
        if (n.grown_over_usec > 0)
                printf(" (%s %s ago)", text_percent(a, n.unmovable_before_permyriad, 10000), text_duration(b, n.grown_over_usec));
        putchar('\n');
        if (n.movable_zone_bytes > 0)
                printf("  ZONE_MOVABLE: %s, %s of its memory\n", text_size(a, n.movable_zone_bytes),
                        text_percent(b, n.movable_zone_bytes, n.managed_bytes));
        if (n.user_only_free_bytes > 0)
                printf("  free in ZONE_MOVABLE and CMA: %s; objectives for user memory count on it, those for kernel memory do not\n",
                        text_size(a, n.user_only_free_bytes));
        return 0;
}

/* --- owners --- */

static const TableColumn owner_columns[] = {
        { "LIKELY OWNER", TABLE_LEFT },
        { "SIZE", TABLE_RIGHT },
        { "SHARE", TABLE_RIGHT },
        { "ORDER", TABLE_RIGHT },
        { "IN USE", TABLE_RIGHT },
        { "", TABLE_WRAP },
        { NULL, 0 },
};

static void owner_row(Table *t, const CensusOwnerReply *o, json_int_t total)
{
        char a[UNIT_TEXT_MAX];

        table_row(t);
        table_set(t, 0, streq(o->kind, "slab") ? TONE_STRONG : TONE_NONE, o->owner);
        table_set(t, 1, TONE_NONE, text_size(a, o->bytes));
        table_set(t, 2, total > 0 && o->bytes >= total / 10 ? TONE_WARN : TONE_NONE, text_percent(a, o->bytes, total));
        if (o->order >= 0)
                table_setf(t, 3, TONE_NONE, "%" JSON_INTEGER_FORMAT, o->order);
        if (o->used_permyriad >= 0)
                table_set(t, 4, o->used_permyriad < 5000 ? TONE_WARN : TONE_NONE, text_percent(a, o->used_permyriad, 10000));
        table_set(t, 5, TONE_DIM, o->note);
}

static int print_owners(const Cli *cli, const CensusReply *c)
{
        _cleanup_table_ Table *t = NULL;
        json_int_t rest = 0;
        json_t *item;
        size_t i;
        char a[UNIT_TEXT_MAX];

        if (table_new(&t, cli, owner_columns, true) < 0)
                return cli_oom();
        json_array_foreach(c->owners, i, item)
        {
                CensusOwnerReply o;
                int r = reply_census_owner(item, &o);

                if (r != 0)
                        return r;
                if (i < OWNERS_SHOWN)
                        owner_row(t, &o, c->total_bytes);
                else
                        rest += o.bytes;
        }
        if (table_print(t, stdout, 2) < 0)
                return cli_oom();
        if (i > OWNERS_SHOWN)
                printf("  and %zu more with %s\n", i - OWNERS_SHOWN, text_size(a, rest));
        return 0;
}

/* --- CMA, boot, findings --- */

static int print_cma(const CensusReply *c)
{
        char a[UNIT_TEXT_MAX], b[UNIT_TEXT_MAX];
        json_t *item;
        size_t i;

        if (c->cma_total_bytes <= 0 && json_array_size(c->cma_areas) == 0)
                return 0;
        printf("CMA: %s, %s of it free", text_size(a, c->cma_total_bytes), text_size(b, c->cma_free_bytes));
        json_array_foreach(c->cma_areas, i, item)
        {
                CmaAreaReply area;
                int r = reply_cma_area(item, &area);

                if (r != 0)
                        return r;
                printf("%s %s", i > 0 ? "," : "; areas:", area.name);
                if (area.total_bytes >= 0)
                        printf(" %s", text_size(a, area.total_bytes));
                if (area.allocated_pages >= 0 && area.failed_pages >= 0)
                        printf(" (since boot %" JSON_INTEGER_FORMAT " pages given, %" JSON_INTEGER_FORMAT " refused)", area.allocated_pages,
                                area.failed_pages);
        }
        putchar('\n');
        return 0;
}

static int print_blocks(const CensusReply *c)
{
        char a[UNIT_TEXT_MAX];
        MemoryBlocksReply b;
        int r;

        if (!c->memory_blocks)
                return 0;
        r = reply_memory_blocks(c->memory_blocks, &b);
        if (r != 0 || (b.movable == 0 && b.offline == 0))
                return r;
        printf("Blocks of memory: %" JSON_INTEGER_FORMAT " of %s; %" JSON_INTEGER_FORMAT " movable, %" JSON_INTEGER_FORMAT " offline", b.blocks,
                text_size(a, b.block_bytes), b.movable, b.offline);
        if (b.looked_at < b.blocks)
                printf(" of the %" JSON_INTEGER_FORMAT " that were looked at", b.looked_at);
        if (c->hot_plugged_memory)
                printf("; new ones become %s", c->hot_plugged_memory);
        putchar('\n');
        return 0;
}

static void print_boot(const CensusReply *c)
{
        json_t *item;
        size_t i;

        json_array_foreach(c->boot, i, item)
                printf("%s%s", i > 0 ? " " : "Boot parameters: ", json_string_value(item) ? json_string_value(item) : "?");
        if (i > 0)
                putchar('\n');
}

static int print_census(const Cli *cli, json_t *reply)
{
        CensusReply c;
        json_t *item;
        size_t i;
        int r;

        r = reply_census(reply, &c);
        if (r != 0)
                return r;
        json_array_foreach(c.nodes, i, item)
        {
                r = print_node(cli, item);
                if (r != 0)
                        return r;
        }
        if (c.not_read)
                printf("Pageblocks are not known: %s\n", c.not_read);
        putchar('\n');
        r = print_zones(cli, c.zones);
        if (r != 0)
                return r;
        if (json_array_size(c.zones) > 0)
                putchar('\n');
        r = print_owners(cli, &c);
        if (r == 0 && (c.cma_total_bytes > 0 || json_array_size(c.boot) > 0))
                putchar('\n');
        if (r == 0)
                r = print_cma(&c);
        if (r == 0)
                r = print_blocks(&c);
        if (r != 0)
                return r;
        print_boot(&c);
        return print_findings(cli, c.findings);
}

int verb_census(const Cli *cli, char **args)
{
        _cleanup_json_ json_t *forced = NULL, *reply = NULL;
        int r = 0;

        if (cli_has(cli, OPTION_FORCE))
                r = client_request(cli, CLIENT_ADMIN, "io.fragd.Control.ReadPagetypeinfo", NULL, &forced);
        if (r == 0)
                r = client_request(cli, CLIENT_MONITOR, "io.fragd.Monitor.GetCensus", NULL, &reply);
        if (r != 0)
                return r;
        return cli->json ? cli_print_json(cli, reply) : print_census(cli, reply);
}
