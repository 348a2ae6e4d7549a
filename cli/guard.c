/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/guard.h"

#include "base/knob.h"
#include "base/rival.h"
#include "cli/text.h"
#include "engine/decision.h"

typedef enum GuardUnit {
        UNIT_NONE,
        UNIT_PERMYRIAD,
        UNIT_USEC,
        UNIT_COUNT,
        UNIT_STATE, /* letter of a process state; no limit */
        UNIT_KNOB,  /* id; no limit */
        UNIT_RIVAL, /* id; no limit */
} GuardUnit;

typedef struct GuardInfo {
        const char *title;
        GuardUnit unit;
} GuardInfo;

static const GuardInfo guard_infos[_GUARD_MAX] = {
        [GUARD_PAUSED] = { "paused", UNIT_NONE },
        [GUARD_PSI_MEMORY] = { "memory pressure", UNIT_PERMYRIAD },
        [GUARD_PSI_CPU] = { "CPU pressure", UNIT_PERMYRIAD },
        [GUARD_KCOMPACTD_BUSY] = { "kcompactd is working", UNIT_STATE },
        [GUARD_KCOMPACTD_STUCK] = { "kcompactd is stuck", UNIT_STATE },
        [GUARD_COOLDOWN] = { "cool-down", UNIT_USEC },
        [GUARD_BUDGET_TIME] = { "compaction time", UNIT_USEC },
        [GUARD_BUDGET_RUNS] = { "runs", UNIT_COUNT },
        [GUARD_KNOB_OWNED] = { "somebody else set", UNIT_KNOB },
        [GUARD_RIVAL] = { "another compacts by itself:", UNIT_RIVAL },
        [GUARD_NO_ACTOR] = { "fragd may not act here", UNIT_NONE },
};

static const GuardInfo *guard_info(const GuardReply *g)
{
        static const GuardInfo unknown = { NULL, UNIT_COUNT };
        Guard id;

        if (guard_from_name(g->guard, &id) < 0 || !guard_infos[id].title)
                return &unknown;
        return &guard_infos[id];
}

const char *guard_title(const GuardReply *g)
{
        const GuardInfo *info = guard_info(g);

        return info->title ? info->title : g->guard;
}

/* The value or limit in its unit; "" where the guard has none. */
static void guard_number(char *buf, size_t size, const GuardReply *g, int64_t number)
{
        char unit[UNIT_TEXT_MAX];

        switch (guard_info(g)->unit) {
        case UNIT_NONE: snprintf(buf, size, "%s", ""); break;
        case UNIT_PERMYRIAD: snprintf(buf, size, "%s", text_permyriad(unit, number)); break;
        case UNIT_USEC: snprintf(buf, size, "%s", text_duration_long(unit, number)); break;
        case UNIT_COUNT: snprintf(buf, size, "%" PRId64, number); break;
        case UNIT_STATE:
                /* 0: the thread was not seen */
                snprintf(buf, size, "%.*s", number > ' ' && number < 0x7f,
                        (char[]){ (char)number, '\0' });
                break;
        case UNIT_KNOB:
                snprintf(buf, size, "%s",
                        number >= 0 && number < _KNOB_MAX ? knob_info((KnobId)number)->name
                                                          : "a knob");
                break;
        case UNIT_RIVAL:
                snprintf(buf, size, "%s",
                        number > 0 && number < _RIVAL_MAX ? rival_info((Rival)number)->name
                                                          : "a program");
                break;
        }
}

/* What stands in parentheses: the numbers, "" where there are none. */
static void guard_numbers(char *buf, size_t size, const GuardReply *g)
{
        char value[UNIT_TEXT_MAX], limit[UNIT_TEXT_MAX];

        guard_number(value, sizeof(value), g, g->value);
        guard_number(limit, sizeof(limit), g, g->limit);
        switch (guard_info(g)->unit) {
        case UNIT_PERMYRIAD: snprintf(buf, size, "%s, limit %s", value, limit); break;
        case UNIT_USEC:
        case UNIT_COUNT: snprintf(buf, size, "%s of %s", value, limit); break;
        case UNIT_STATE: snprintf(buf, size, "%s%s", *value ? "state " : "", value); break;
        case UNIT_NONE:
        case UNIT_RIVAL:
        case UNIT_KNOB: snprintf(buf, size, "%s", ""); break;
        }
}

char *guard_text(char *buf, size_t size, const GuardReply *g, usec_t elapsed)
{
        char knob[UNIT_TEXT_MAX] = "", numbers[2 * UNIT_TEXT_MAX + 16], left[UNIT_TEXT_MAX],
             until[UNIT_TEXT_MAX + 16] = "";
        const char *comma;

        if (guard_info(g)->unit == UNIT_KNOB || guard_info(g)->unit == UNIT_RIVAL)
                guard_number(knob, sizeof(knob), g, g->value);
        guard_numbers(numbers, sizeof(numbers), g);
        if (g->left_usec >= 0)
                snprintf(until, sizeof(until), "%s left",
                        text_duration(left, (int64_t)usec_sub((usec_t)g->left_usec, elapsed)));
        comma = *numbers && *until ? ", " : "";
        snprintf(buf, size, "%.60s%s%s", guard_title(g), *knob ? " " : "", knob);
        if (*numbers || *until) {
                size_t used = strlen(buf);

                snprintf(buf + used, size - used, " (%s%s%s)", numbers, comma, until);
        }
        return buf;
}
