/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "causes/internal.h"

const char *cause_name(CauseId id)
{
        static const char *const names[_CAUSE_MAX] = {
#define X(id, name) [CAUSE_##id] = name,
                CAUSES(X)
#undef X
        };

        assert((unsigned)id < _CAUSE_MAX);
        return names[id];
}

void cause_say(Cause *c, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(c->sentence, sizeof(c->sentence), format, ap);
        va_end(ap);
}

void cause_advise(Cause *c, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(c->next_step, sizeof(c->next_step), format, ap);
        va_end(ap);
}

char *cause_size_argument(char buf[static UNIT_TEXT_MAX], uint64_t bytes)
{
        static const char units[] = "KMGT";
        size_t unit = 0;

        bytes /= 1024; /* a page has at least 4 KiB */
        while (bytes >= 1024 && bytes % 1024 == 0 && units[unit + 1]) {
                bytes /= 1024;
                unit++;
        }
        snprintf(buf, UNIT_TEXT_MAX, "%" PRIu64 "%c", bytes, units[unit]);
        return buf;
}

uint32_t cause_share(uint64_t part, uint64_t whole)
{
        if (!whole || whole == UNKNOWN_U64 || part == UNKNOWN_U64)
                return 0;
        return (uint32_t)(MIN((__uint128_t)part * 10000 / whole, (__uint128_t)10000));
}

uint64_t cause_bytes(const Model *m, uint64_t pages)
{
        uint64_t bytes;

        return pages == UNKNOWN_U64 || __builtin_mul_overflow(pages, m->page_size, &bytes) ? UNKNOWN_U64 : bytes;
}

uint64_t cause_total(const Model *m)
{
        uint64_t pages = 0, bytes;

        for (size_t i = 0; i < m->n_nodes; i++)
                if (m->nodes[i].managed != UNKNOWN_U64)
                        pages += m->nodes[i].managed;
        bytes = cause_bytes(m, pages);
        return bytes == UNKNOWN_U64 ? 0 : bytes;
}

char *cause_join(char *buf, size_t size, const char *sentence, const Cause *c)
{
        size_t n = strlen(sentence);

        if (!c->sentence[0])
                snprintf(buf, size, "%s", sentence);
        else
                snprintf(buf, size, "%.*s; %s.", (int)(n > 0 && sentence[n - 1] == '.' ? n - 1 : n), sentence, c->sentence);
        return buf;
}

char *cause_sentence(char *buf, size_t size, const Cause *c)
{
        snprintf(buf, size, "%s%s", c->sentence, c->sentence[0] ? "." : "");
        if (size > 0 && buf[0] >= 'a' && buf[0] <= 'z')
                buf[0] = (char)(buf[0] - 'a' + 'A');
        return buf;
}
