/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who else compacts, or sets what fragd sets, again and again. */
#include <inttypes.h>

#include "base/rival.h"
#include "causes/internal.h"

/* What is done once at boot (sysctl.d, tmpfiles.d, TuneD) is the machine's own setting, and fragd's baseline. */
static bool writes_again(const Writer *w)
{
        static const char *const targets[] = { "vm.compact_memory", "vm.drop_caches" };

        if (w->overridden || (w->kind != WRITER_CRON && w->kind != WRITER_UNIT))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                if (streq(w->target, targets[i]))
                        return true;
        if (strstr(w->target, "/compact"))
                return true;
        for (KnobId id = 0; id < _KNOB_MAX; id++)
                if (knob_info(id)->managed && streq(w->target, knob_info(id)->name))
                        return true;
        return false;
}

static bool compacts(const Writer *w)
{
        return streq(w->target, "vm.compact_memory") || strstr(w->target, "/compact");
}

static void add_rival(const CauseFacts *f, Rival r, Cause *ret)
{
        *ret = (Cause){ .id = CAUSE_OTHER_WRITER };
        cause_say(ret, "%s runs (process %" PRIu32 "), which %s: fragd leaves that to it", rival_info(r)->name, f->pids[r], rival_info(r)->does);
        cause_advise(ret, "Two that do the same disturb each other: stop one of them; fragctl reload tells fragd to look again.");
}

static void add_writer(const Writer *w, Cause *ret)
{
        *ret = (Cause){ .id = CAUSE_OTHER_WRITER };
        cause_say(ret, "%.64s writes %.64s%s%.32s (%.128s:%u)", w->who, w->target, w->value[0] ? " = " : "", w->value, w->file, w->line);
        if (streq(w->target, "vm.drop_caches"))
                cause_advise(ret, "Take it out: it throws away what is read again, and puts hardly anything together.");
        else if (compacts(w))
                cause_advise(ret, "Take it out: fragd compacts where something is missing, and ends when enough is there; or let fragd only watch (fragctl policy set observe).");
        else
                cause_advise(ret, "Take it out, or take the lever for it from fragd's policy (fragd.conf(5)): one of the two should set it.");
}

static void add_yielded(KnobId id, const Model *m, Cause *ret)
{
        *ret = (Cause){ .id = CAUSE_OTHER_WRITER };
        cause_say(ret, "somebody set %s to %" PRId64 " after fragd had set it: fragd leaves it alone", knob_info(id)->name, m->knobs[id]);
        cause_advise(ret, "fragctl knobs names who may have; fragctl resume lets fragd turn it again.");
}

static void add_unknown(const CauseFacts *f, Cause *ret)
{
        *ret = (Cause){ .id = CAUSE_OTHER_WRITER };
        cause_say(ret, "somebody else compacts by hand (inferred): pages were moved in the last %s while neither the kernel nor fragd compacted",
                TIME(f->over >= USEC_PER_SEC ? f->over / USEC_PER_SEC * USEC_PER_SEC : f->over));
        cause_advise(ret, "Look for scripts: grep -rl -e compact_memory -e node/node /etc/cron* /var/spool/cron /usr/local; fragctl compaction has the figures.");
}

size_t others_find(const CauseFacts *f, Cause *ret)
{
        bool compactor = rival_that_compacts(f->rivals) != RIVAL_NONE;
        size_t n = 0;

        for (Rival r = RIVAL_NONE + 1; r < _RIVAL_MAX && n < OTHERS_MAX; r++)
                if (f->rivals & 1u << r && (rival_info(r)->compacts || rival_info(r)->knobs != 0))
                        add_rival(f, r, &ret[n++]);
        for (size_t i = 0; f->writers && i < f->writers->n && n < OTHERS_MAX; i++) {
                if (!writes_again(&f->writers->items[i]))
                        continue;
                compactor = compactor || compacts(&f->writers->items[i]);
                add_writer(&f->writers->items[i], &ret[n++]);
        }
        for (KnobId id = 0; id < _KNOB_MAX && n < OTHERS_MAX; id++)
                if (f->yielded & 1u << id)
                        add_yielded(id, f->model, &ret[n++]);
        if (n < OTHERS_MAX && !compactor && f->manual_seen != UNKNOWN_U64 && f->manual_seen > 0)
                add_unknown(f, &ret[n++]);
        return n;
}
