/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/tally.h"

#include "base/limits.h"
#include "base/units.h"
#include "decode/slice.h"

static_assert(TALLY_MINUTES * USEC_PER_MIN > USEC_PER_HOUR, "an hour and the minute that is not over");

/* --- counting --- */

/* "kworker/3:1H", "nginx: worker", "CPU 3/KVM": what stays the same. */
static void name_of_task(const char *comm, char ret[static STACK_FUNCTION_MAX])
{
        size_t n = strcspn(comm, "/:"), digits = 0;

        while (digits < n && slice_is_digit(comm[n - digits - 1]))
                digits++;
        if (digits + 1 < n && comm[n - digits - 1] == ' ')
                n -= digits + 1;
        slice_copy(slice_of(comm, n > 0 ? n : strlen(comm)), ret, STACK_FUNCTION_MAX);
}

static void who_asked(const Decoded *d, char ret[static STACK_FUNCTION_MAX])
{
        const StackFrame *f = stack_caller(&d->stack);
        const char *name = f ? f->function : *d->stack.workqueue ? d->stack.workqueue : d->kind == DECODE_KMEM ? d->area : "";

        if (*name)
                slice_copy(slice_of(name, strlen(name)), ret, STACK_FUNCTION_MAX);
        else if (*d->comm)
                name_of_task(d->comm, ret);
        else
                slice_copy(slice_of("unknown", strlen("unknown")), ret, STACK_FUNCTION_MAX);
}

static TallyRow *row_find(DecodeTally *t, DecodeClass class, int order, const char *caller)
{
        for (size_t i = 0; i < t->n; i++) {
                TallyRow *r = &t->rows[i];

                if (r->class == class && r->order == order && streq(r->caller, caller))
                        return r;
        }
        return NULL;
}

static TallyRow *row_new(DecodeTally *t, DecodeClass class, int order, const char *caller)
{
        TallyRow *r = &t->rows[t->n];

        assert(t->n < ELEMENTSOF(t->rows));
        t->n++;
        *r = (TallyRow){ .class = class, .order = order };
        slice_copy(slice_of(caller, strlen(caller)), r->caller, sizeof(r->caller));
        return r;
}

static size_t rows_of_others(const DecodeTally *t)
{
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++)
                n += t->rows[i].order == TALLY_ORDER_OTHERS;
        return n;
}

static TallyRow *row_get(DecodeTally *t, const Decoded *d)
{
        int order = d->order < ORDERS_MAX ? d->order : -1;
        char caller[STACK_FUNCTION_MAX];
        TallyRow *r;

        who_asked(d, caller);
        r = row_find(t, d->class, order, caller);
        if (r)
                return r;
        if (t->n - rows_of_others(t) < TALLY_ROWS_MAX)
                return row_new(t, d->class, order, caller);
        r = row_find(t, d->class, TALLY_ORDER_OTHERS, TALLY_OTHERS);
        return r ? r : row_new(t, d->class, TALLY_ORDER_OTHERS, TALLY_OTHERS);
}

static void row_advance(TallyRow *r, uint64_t minute)
{
        if (r->total == 0)
                r->minute = minute;
        for (unsigned i = 0; i < TALLY_MINUTES && r->minute < minute; i++)
                r->minutes[++r->minute % TALLY_MINUTES] = 0;
        r->minute = MAX(r->minute, minute);
}

void tally_message(DecodeTally *t, const Decoded *d, usec_t now, usec_t realtime)
{
        TallyRow *r = row_get(t, d);

        row_advance(r, now / USEC_PER_MIN);
        r->minutes[r->minute % TALLY_MINUTES]++;
        r->total++;
        r->shown += d->shown;
        r->last_realtime = realtime;
        memcpy(r->comm, d->comm, sizeof(r->comm));
        t->suppressed += d->suppressed;
}

uint64_t tally_hour(const TallyRow *r, usec_t now)
{
        uint64_t minute = MAX(now / USEC_PER_MIN, r->minute), sum = 0;

        for (unsigned i = 0; i < TALLY_MINUTES && i <= minute; i++)
                if (minute - i <= r->minute)
                        sum += r->minutes[(minute - i) % TALLY_MINUTES];
        return sum;
}

/* --- what to tell first --- */

static unsigned rank(DecodeClass c)
{
        return c == CLASS_FRAGMENTATION ? 0 : c == CLASS_COMPACTION ? 1 : 2;
}

static bool goes_before(const TallyRow *a, const TallyRow *b, usec_t now)
{
        uint64_t hour_a = tally_hour(a, now), hour_b = tally_hour(b, now);

        if (rank(a->class) != rank(b->class))
                return rank(a->class) < rank(b->class);
        return hour_a != hour_b ? hour_a > hour_b : a->last_realtime > b->last_realtime;
}

size_t tally_recent(const DecodeTally *t, usec_t now, const TallyRow **ret, size_t max)
{
        size_t n = 0;

        for (size_t i = 0; i < t->n; i++) {
                const TallyRow *r = &t->rows[i];
                size_t at = n;

                if (tally_hour(r, now) == 0)
                        continue;
                while (at > 0 && goes_before(r, ret[at - 1], now))
                        at--;
                if (at == max)
                        continue;
                n = MIN(n + 1, max);
                for (size_t k = n - 1; k > at; k--)
                        ret[k] = ret[k - 1];
                ret[at] = r;
        }
        return n;
}

/* --- in words --- */

/* What there was so many of, for one and for more, and what it says of fragmentation. */
static const struct {
        const char *one, *more, *meaning;
} said[_DECODE_CLASS_MAX] = {
        [CLASS_UNKNOWN] = { "allocation%s failed", "allocations%s failed", " for a reason that the kernel did not print" },
        [CLASS_FRAGMENTATION] = { "allocation%s failed", "allocations%s failed", " for fragmentation" },
        [CLASS_SHORTAGE] = { "allocation%s failed", "allocations%s failed", " for want of free memory, which compaction does not make" },
        [CLASS_ATOMIC_RESERVE] = { "allocation%s failed", "allocations%s failed",
                " as the reserve for those that cannot wait was used up, which is no fragmentation" },
        [CLASS_MEMCG] = { "allocation%s failed", "allocations%s failed", " at the limit of a control group, which is no fragmentation" },
        [CLASS_POLICY] = { "allocation%s failed", "allocations%s failed", " on the nodes that were allowed, which is no fragmentation" },
        [CLASS_CMA] = { "allocation%s from CMA failed", "allocations%s from CMA failed", "" },
        [CLASS_PINNED] = { "range of memory%s could not be made free", "ranges of memory%s could not be made free",
                " for pages in it that were pinned or busy" },
        [CLASS_VMALLOC] = { "allocation%s of kernel addresses (vmalloc) failed", "allocations%s of kernel addresses (vmalloc) failed",
                ", which is no fragmentation of memory" },
        [CLASS_HUGETLB] = { "pool of huge pages%s came out too small", "times%s a pool of huge pages came out too small", "" },
        [CLASS_COMPACTION] = { "time%s compaction did not come to an end", "times%s compaction did not come to an end", "" },
        [CLASS_SWIOTLB] = { "transfer%s found no bounce buffer", "transfers%s found no bounce buffer", ", which is no fragmentation of memory" },
        [CLASS_TOO_LARGE] = { "allocation%s failed", "allocations%s failed", " as it was larger than the kernel ever gives" },
};

static void put_order(const TallyRow *r, uint64_t page_size, StrBuf *b)
{
        char size[UNIT_TEXT_MAX];

        if (r->order == TALLY_ORDER_OTHERS)
                strbuf_puts(b, " of several orders");
        else if (r->order >= 0)
                strbuf_printf(b, " of order %d (%s)", r->order, size_format(size, sizeof(size), page_size << r->order));
}

static void put_subject(const char *pattern, const TallyRow *r, uint64_t page_size, StrBuf *b)
{
        const char *hole = strstr(pattern, "%s");

        strbuf_add(b, pattern, (size_t)(hole - pattern));
        put_order(r, page_size, b);
        strbuf_puts(b, hole + 2);
}

static void put_who(const TallyRow *r, StrBuf *b)
{
        char task[STACK_FUNCTION_MAX];

        if (r->order == TALLY_ORDER_OTHERS) {
                strbuf_puts(b, ", asked for by others");
                return;
        }
        if (streq(r->caller, "unknown"))
                return;
        name_of_task(r->comm, task);
        strbuf_printf(b, r->class == CLASS_COMPACTION ? ", in %s" : ", asked for by %s", r->caller);
        if (*r->comm && !streq(task, r->caller))
                strbuf_printf(b, " in %s", r->comm);
}

void tally_sentence(const TallyRow *r, usec_t now, uint64_t page_size, StrBuf *b)
{
        uint64_t n = tally_hour(r, now);

        strbuf_printf(b, "%" PRIu64 " ", n);
        put_subject(n == 1 ? said[r->class].one : said[r->class].more, r, page_size, b);
        strbuf_puts(b, " in the last hour");
        if (r->class == CLASS_FRAGMENTATION && r->shown == 0)
                strbuf_puts(b, ", most likely");
        strbuf_puts(b, said[r->class].meaning);
        put_who(r, b);
}
