/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/config-value.h"

#include "base/units.h"
#include "daemon/config-describe.h"
#include "daemon/config-errors.h"
#include "daemon/config.h"
#include "daemon/inet-address.h"
#include "engine/policy.h"

/* Each parser returns 0, -EINVAL or -ENOMEM, and leaves the member alone on failure. */

static bool within(const Option *o, uint64_t value)
{
        return value >= o->min && value <= o->max;
}

static int parse_count(const Option *o, const config_setting_t *s, uint32_t *ret)
{
        long long value;

        if (config_setting_type(s) == CONFIG_TYPE_INT)
                value = config_setting_get_int(s);
        else if (config_setting_type(s) == CONFIG_TYPE_INT64)
                value = config_setting_get_int64(s);
        else
                return -EINVAL;
        if (value < 0 || !within(o, (uint64_t)value))
                return -EINVAL;
        *ret = (uint32_t)value;
        return 0;
}

static int parse_flag(const config_setting_t *s, bool *ret)
{
        if (config_setting_type(s) != CONFIG_TYPE_BOOL)
                return -EINVAL;
        *ret = config_setting_get_bool(s);
        return 0;
}

static int parse_amount(const Option *o, const char *text, Amount *ret)
{
        Amount a = {};

        if (percent_parse(text, &a.permyriad) >= 0) {
                if (a.permyriad == 0)
                        return -EINVAL;
        } else if (size_parse(text, &a.bytes) < 0 || !within(o, a.bytes))
                return -EINVAL;
        *ret = a;
        return 0;
}

static int parse_reserve(const Option *o, const char *text, Amount *ret)
{
        if (!streq(text, "auto"))
                return parse_amount(o, text, ret);
        *ret = (Amount){ .automatic = true };
        return 0;
}

static int parse_size(const Option *o, const char *text, uint64_t *ret)
{
        uint64_t size;

        if (streq(text, "thp")) {
                *ret = SIZE_THP;
                return 0;
        }
        if (size_parse(text, &size) < 0 || !within(o, size))
                return -EINVAL;
        *ret = size;
        return 0;
}

static int parse_duration(const Option *o, const char *text, usec_t *ret)
{
        usec_t t;

        if (duration_parse(text, &t) < 0 || !within(o, t))
                return -EINVAL;
        *ret = t;
        return 0;
}

static int parse_percent(const Option *o, const char *text, uint32_t *ret)
{
        uint32_t permyriad;

        if (percent_parse(text, &permyriad) < 0 || !within(o, permyriad))
                return -EINVAL;
        *ret = permyriad;
        return 0;
}

static int parse_use(const char *text, Use *ret)
{
        for (Use u = 0; u < _USE_MAX; u++)
                if (streq(use_name(u), text)) {
                        *ret = u;
                        return 0;
                }
        return -EINVAL;
}

/* One line that can be printed anywhere; `extra`: characters that are no good either. */
static bool is_line(const Option *o, const char *text, const char *extra)
{
        if (!within(o, strlen(text)) || !config_is_utf8(text))
                return false;
        for (const char *p = text; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f || strchr(extra, *p))
                        return false;
        return true;
}

static int parse_line(const Option *o, const char *text, char *ret)
{
        if (!is_line(o, text, ""))
                return -EINVAL;
        memset(ret, 0, o->max + 1);
        memcpy(ret, text, strlen(text) + 1);
        return 0;
}

static int replace(const char *text, char **ret)
{
        char *copy = strdup(text);

        if (!copy)
                return -ENOMEM;
        free(*ret);
        *ret = copy;
        return 0;
}

static int parse_user(const Option *o, const char *text, char **ret)
{
        return is_line(o, text, " :/,\"'\\") ? replace(text, ret) : -EINVAL;
}

static int parse_address(const char *text, char **ret)
{
        return inet_address_parse(text, NULL, NULL) < 0 ? -EINVAL : replace(text, ret);
}

static int parse_lever(const config_setting_t *s, uint32_t *levers)
{
        const char *name = config_setting_get_string(s);
        Lever l;

        if (!name || lever_from_name(name, &l) < 0 || l == LEVER_NONE)
                return -EINVAL;
        *levers |= 1u << l;
        return 0;
}

/* An array or a list: libconfig's difference between them says nothing to whoever writes a policy.
 */
static int parse_levers(
        const Option *o, const config_setting_t *s, uint32_t *ret, StrBuf *ret_wrong)
{
        uint32_t levers = 0;

        if (!config_setting_is_array(s) && !config_setting_is_list(s))
                return -EINVAL;
        for (int i = 0; i < config_setting_length(s); i++) {
                const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);

                if (parse_lever(element, &levers) < 0) {
                        option_mismatch(o, element, ret_wrong);
                        return -EINVAL;
                }
        }
        *ret = levers;
        return 0;
}

/* The same. Names of processes: the kernel's, thus without a slash. */
static int parse_processes(const Option *o, const config_setting_t *s, NameList *ret, StrBuf *ret_wrong)
{
        NameList list = { 0 };

        if ((!config_setting_is_array(s) && !config_setting_is_list(s)) || config_setting_length(s) > WATCHED_MAX)
                return -EINVAL;
        for (int i = 0; i < config_setting_length(s); i++) {
                const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);
                const char *name = config_setting_get_string(element);

                if (!name || !is_line(o, name, "/\"")) {
                        option_mismatch(o, element, ret_wrong);
                        return -EINVAL;
                }
                memcpy(list.items[list.n++], name, strlen(name) + 1);
        }
        *ret = list;
        return 0;
}

static int parse_text(const Option *o, const config_setting_t *s, void *member)
{
        const char *text = config_setting_get_string(s);

        if (!text)
                return -EINVAL;
        switch (o->kind) {
        case OPTION_DURATION: return parse_duration(o, text, member);
        case OPTION_PERCENT: return parse_percent(o, text, member);
        case OPTION_SIZE: return parse_size(o, text, member);
        case OPTION_AMOUNT: return parse_amount(o, text, member);
        case OPTION_RESERVE: return parse_reserve(o, text, member);
        case OPTION_USE: return parse_use(text, member);
        case OPTION_USER: return parse_user(o, text, member);
        case OPTION_ADDRESS: return parse_address(text, member);
        case OPTION_NAME:
        case OPTION_TEXT: return parse_line(o, text, member);
        default: assert(false); return -EINVAL;
        }
}

int option_parse(const Option *o, const config_setting_t *s, void *base, StrBuf *ret_wrong)
{
        void *member = (char *)base + o->offset;
        int r;

        if (o->kind == OPTION_COUNT)
                r = parse_count(o, s, member);
        else if (o->kind == OPTION_FLAG)
                r = parse_flag(s, member);
        else if (o->kind == OPTION_LEVERS)
                r = parse_levers(o, s, member, ret_wrong);
        else if (o->kind == OPTION_PROCESSES)
                r = parse_processes(o, s, member, ret_wrong);
        else
                r = parse_text(o, s, member);
        if (r == -EINVAL && ret_wrong->size == 0)
                option_mismatch(o, s, ret_wrong);
        return r;
}
