/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-describe.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/units.h"
#include "daemon/config-errors.h"
#include "engine/policy.h"

typedef struct KindInfo {
        const char *name;
        const char *expected; /* what a value must be; followed by the bounds where it has them */
        const char *range;    /* the same, short */
        bool bounds;          /* min and max of the row mean something */
        bool quotes;          /* values are written in quotes */
} KindInfo;

static const KindInfo kinds[_OPTION_KIND_MAX] = {
        [OPTION_GROUP] = { "group", "a group, { name = value; }", "-", false, false },
        [OPTION_POLICIES] = { "group", "a group, { NAME: { ... }; }", "-", false, false },
        [OPTION_OBJECTIVES] = { "list of groups", "a list of groups, ( { size = ...; }, { ... } )",
                "-", false, false },
        [OPTION_BASE] = { "policy name", "the name of a policy", "-", false, true },
        [OPTION_NAME] = { "policy name", "the name of a policy", "-", false, true },
        [OPTION_USER] = { "user", "a user's name or number", "-", false, true },
        [OPTION_ADDRESS] = { "address", "an address and a port, \"127.0.0.1:10816\" or \"[::1]:10816\"", "-",
                false, true },
        [OPTION_TEXT] = { "text", "one line of text, at most 127 bytes", "-", false, true },
        [OPTION_FLAG] = { "flag", "true or false", "true or false", false, false },
        [OPTION_COUNT] = { "number", "a whole number between ", "", true, false },
        [OPTION_DURATION] = { "duration", "a duration between ", "", true, true },
        [OPTION_PERCENT] = { "percentage", "a percentage between ", "", true, true },
        [OPTION_SIZE] = { "size", "\"thp\" or a size between ", "thp or ", true, true },
        [OPTION_AMOUNT] = { "amount", "a percentage between 0.01% and 100% or a size between ",
                "0.01%..100% or ", true, true },
        [OPTION_RESERVE] = { "amount", "\"auto\", a percentage between 0.01% and 100% or a size between ",
                "auto or 0.01%..100% or ", true, true },
        [OPTION_USE] = { "use", "\"user\" or \"kernel\"", "user or kernel", false, true },
        [OPTION_LEVERS] = { "list",
                "a list of \"window\", \"compact\", \"proactiveness\", \"boost\", \"scale\", \"defrag_mode\" or \"pagelists\"",
                "window, compact, proactiveness, boost, scale, defrag_mode, pagelists", false, true },
        [OPTION_PROCESSES] = { "list", "a list of at most 16 names of processes, each of 1 to 15 bytes", "16 names of 1 to 15 bytes", false, true },
};

_Static_assert(WATCHED_MAX == 16 && TASK_NAME_MAX == 16, "kinds[] says how many names and how long");
_Static_assert(_LEVER_MAX == LEVER_PAGELISTS + 1, "kinds[] names every lever");
_Static_assert(sizeof(((Policy *)0)->description) == 128, "kinds[] says how long a text may be");

const char *option_kind_name(OptionKind kind)
{
        return kinds[kind].name;
}

/* The largest unit that loses nothing: unlike duration_format(), which is for people. */
static void duration_exact(StrBuf *ret, usec_t t)
{
        static const struct {
                const char *name;
                usec_t factor;
        } units[] = {
                { "d", 24 * USEC_PER_HOUR },
                { "h", USEC_PER_HOUR },
                { "min", USEC_PER_MIN },
                { "s", USEC_PER_SEC },
                { "ms", USEC_PER_MSEC },
        };

        if (t == 0) {
                strbuf_puts(ret, "0s");
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (t % units[i].factor == 0) {
                        strbuf_printf(ret, "%" PRIu64 "%s", t / units[i].factor, units[i].name);
                        return;
                }
        strbuf_printf(ret, "%" PRIu64 "us", t);
}

static void size_exact(StrBuf *ret, uint64_t bytes)
{
        static const char prefixes[] = "KMGTPE";
        unsigned i = 0;

        while (bytes > 0 && i < sizeof(prefixes) - 1 && bytes % 1024 == 0) {
                bytes /= 1024;
                i++;
        }
        strbuf_printf(ret, "%" PRIu64, bytes);
        if (i > 0)
                strbuf_add(ret, &prefixes[i - 1], 1);
}

static void percent_exact(StrBuf *ret, uint32_t permyriad)
{
        char buf[UNIT_TEXT_MAX];

        strbuf_puts(ret, percent_format(buf, sizeof(buf), permyriad));
}

/* One bound, with the unit of the kind. */
static void bound_append(const Option *o, uint64_t bound, StrBuf *ret)
{
        if (o->kind == OPTION_COUNT)
                strbuf_printf(ret, "%" PRIu64, bound);
        else if (o->kind == OPTION_DURATION)
                duration_exact(ret, bound);
        else if (o->kind == OPTION_PERCENT)
                percent_exact(ret, (uint32_t)bound);
        else
                size_exact(ret, bound);
}

static void bounds_append(const Option *o, const char *between, StrBuf *ret)
{
        if (!kinds[o->kind].bounds)
                return;
        bound_append(o, o->min, ret);
        strbuf_puts(ret, between);
        bound_append(o, o->max, ret);
}

void option_range(const Option *o, StrBuf *ret)
{
        strbuf_puts(ret, kinds[o->kind].range);
        bounds_append(o, "..", ret);
}

/* As somebody wrote it, near enough: 90.0 must not become 90. */
static void float_append(StrBuf *ret, double value)
{
        char buf[UNIT_TEXT_MAX];

        snprintf(buf, sizeof(buf), "%g", value);
        strbuf_puts(ret, buf);
        if (strspn(buf, "-0123456789") == strlen(buf))
                strbuf_puts(ret, ".0");
}

static void got_append(const Option *o, const config_setting_t *s, StrBuf *ret)
{
        bool quotes = kinds[o->kind].quotes;
        const char *without = quotes ? " without quotes" : "";

        switch (config_setting_type(s)) {
        case CONFIG_TYPE_STRING:
                config_quote(ret, config_setting_get_string(s));
                strbuf_puts(ret, quotes ? "" : " in quotes");
                break;
        case CONFIG_TYPE_INT: strbuf_printf(ret, "%d%s", config_setting_get_int(s), without); break;
        case CONFIG_TYPE_INT64:
                strbuf_printf(ret, "%lld%s", config_setting_get_int64(s), without);
                break;
        case CONFIG_TYPE_FLOAT:
                float_append(ret, config_setting_get_float(s));
                strbuf_puts(ret, without);
                break;
        case CONFIG_TYPE_BOOL:
                strbuf_puts(ret, config_setting_get_bool(s) ? "true" : "false");
                break;
        case CONFIG_TYPE_GROUP: strbuf_puts(ret, "a group"); break;
        case CONFIG_TYPE_ARRAY: strbuf_puts(ret, "an array"); break;
        default: strbuf_puts(ret, "a list"); break;
        }
}

void option_mismatch(const Option *o, const config_setting_t *s, StrBuf *ret)
{
        strbuf_printf(ret, "expected %s", kinds[o->kind].expected);
        bounds_append(o, " and ", ret);
        strbuf_puts(ret, ", got ");
        got_append(o, s, ret);
}

static void format_text(StrBuf *ret, const char *text)
{
        strbuf_puts(ret, "\"");
        for (const char *p = text; *p; p++) {
                if (*p == '"' || *p == '\\')
                        strbuf_puts(ret, "\\");
                strbuf_add(ret, p, 1);
        }
        strbuf_puts(ret, "\"");
}

static void format_levers(StrBuf *ret, uint32_t levers)
{
        const char *separator = " ";

        strbuf_puts(ret, "[");
        for (Lever l = LEVER_NONE + 1; l < _LEVER_MAX; l++)
                if (levers & 1u << l) {
                        strbuf_printf(ret, "%s\"%s\"", separator, lever_name(l));
                        separator = ", ";
                }
        strbuf_puts(ret, " ]");
}

/* The kinds that are written in quotes, with a unit. */
static void format_quoted(const Option *o, const void *member, StrBuf *ret)
{
        strbuf_puts(ret, "\"");
        if (o->kind == OPTION_DURATION)
                duration_exact(ret, *(const usec_t *)member);
        else if (o->kind == OPTION_PERCENT)
                percent_exact(ret, *(const uint32_t *)member);
        else if (o->kind == OPTION_USE)
                strbuf_puts(ret, use_name(*(const Use *)member));
        else if (o->kind == OPTION_SIZE && *(const uint64_t *)member == SIZE_THP)
                strbuf_puts(ret, "thp");
        else if (o->kind == OPTION_SIZE)
                size_exact(ret, *(const uint64_t *)member);
        else if (((const Amount *)member)->automatic)
                strbuf_puts(ret, "auto");
        else if (((const Amount *)member)->permyriad > 0)
                percent_exact(ret, ((const Amount *)member)->permyriad);
        else
                size_exact(ret, ((const Amount *)member)->bytes);
        strbuf_puts(ret, "\"");
}

void option_format(const Option *o, const void *base, StrBuf *ret)
{
        const void *member = (const char *)base + o->offset;

        switch (o->kind) {
        case OPTION_FLAG: strbuf_puts(ret, *(const bool *)member ? "true" : "false"); break;
        case OPTION_COUNT: strbuf_printf(ret, "%" PRIu32, *(const uint32_t *)member); break;
        case OPTION_TEXT:
        case OPTION_NAME: format_text(ret, member); break;
        case OPTION_LEVERS: format_levers(ret, *(const uint32_t *)member); break;
        default: format_quoted(o, member, ret); break;
        }
}
