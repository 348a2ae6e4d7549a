/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/cmdline.h"

#include "base/macros.h"
#include "base/units.h"
#include "parse/text.h"

static const char *const names[_BOOT_PARAMETER_MAX] = {
        [BOOT_KERNELCORE] = "kernelcore",
        [BOOT_MOVABLECORE] = "movablecore",
        [BOOT_MOVABLE_NODE] = "movable_node",
        [BOOT_CMA] = "cma",
        [BOOT_HUGETLB_CMA] = "hugetlb_cma",
        [BOOT_TRANSPARENT_HUGEPAGE] = "transparent_hugepage",
};

const char *boot_parameter_name(BootParameter p)
{
        assert((unsigned)p < _BOOT_PARAMETER_MAX);
        return names[p];
}

/* A parameter: up to the next blank that is not in double quotes. lib/cmdline.c next_arg(). */
static bool take_parameter(Text *t, Text *ret)
{
        bool quoted = false;
        const char *start;

        text_skip_blanks(t);
        start = t->p;
        for (; t->p < t->end && (quoted || (*t->p != ' ' && *t->p != '\t')); t->p++)
                quoted ^= *t->p == '"';
        *ret = (Text){ .p = start, .end = t->p, .line = t->line };
        return t->p > start;
}

static void copy_value(char value[static BOOT_VALUE_MAX], const Text *from)
{
        size_t n = 0;

        for (const char *p = from->p; p < from->end && n < BOOT_VALUE_MAX - 1; p++)
                if (*p != '"')
                        value[n++] = (char)(*p >= ' ' && *p < 0x7f ? *p : '?');
        value[n] = 0;
}

/* "name=value" or "name"; dashes and underscores are the same to the kernel. */
static bool is_name(const Text *parameter, const char *name, Text *ret_value)
{
        const char *p = parameter->p;

        for (; *name; name++, p++)
                if (p == parameter->end || (*p == '-' ? '_' : *p) != *name)
                        return false;
        if (p < parameter->end && *p != '=')
                return false;
        *ret_value = (Text){ .p = p < parameter->end ? p + 1 : p, .end = parameter->end, .line = parameter->line };
        return true;
}

static bool value_size(const Text *value, uint64_t *ret)
{
        char text[BOOT_VALUE_MAX];

        copy_value(text, value);
        return size_parse(text, ret) == 0 && *ret > 0;
}

/* hugepages=N; hugepages=0:N,1:M gives them by node. */
static bool value_count(const Text *value, uint64_t *ret)
{
        Text t = *value;
        uint64_t n, sum = 0;

        while (text_number(&t, ":,", &n)) {
                if (t.p < t.end && *t.p == ':') { /* that was a node */
                        t.p++;
                        if (!text_number(&t, ",", &n))
                                return false;
                }
                if (__builtin_add_overflow(sum, n, &sum))
                        return false;
                if (t.p == t.end) {
                        *ret = sum;
                        return true;
                }
                t.p++;
        }
        return false;
}

static bool take_pool(Cmdline *c, const Text *parameter, uint64_t *size)
{
        Text value;
        uint64_t n;

        if (is_name(parameter, "default_hugepagesz", &value)) {
                if (value_size(&value, &n))
                        c->default_hugepage_size = n;
                return true;
        }
        if (is_name(parameter, "hugepagesz", &value)) {
                *size = value_size(&value, &n) ? n : 0;
                return true;
        }
        if (!is_name(parameter, "hugepages", &value))
                return false;
        if (value_count(&value, &n) && c->n_pools < ELEMENTSOF(c->pools))
                c->pools[c->n_pools++] = (BootPool){ .size = *size, .count = n };
        return true;
}

static bool take_known(Cmdline *c, const Text *parameter)
{
        Text value;

        for (size_t i = 0; i < _BOOT_PARAMETER_MAX; i++)
                if (is_name(parameter, names[i], &value)) {
                        c->given[i] = true;
                        copy_value(c->value[i], &value);
                        return true;
                }
        return false;
}

int cmdline_parse(Cmdline *c, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line, parameter;
        bool truncated = false;
        uint64_t pool = 0;

        *c = (Cmdline){ 0 };
        if (!text_line(&t, &line, &truncated))
                return parse_fail(ret_error, 1, TEXT_TRUNCATED);
        if (t.p != t.end)
                return parse_fail(ret_error, 2, "one line");
        while (take_parameter(&line, &parameter)) {
                if (TEXT_EQUAL(&parameter, "--"))
                        break;
                if (!take_pool(c, &parameter, &pool) && !take_known(c, &parameter))
                        c->skipped++;
        }
        return 0;
}
