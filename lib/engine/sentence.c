/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "engine/sentence.h"

#include "base/rival.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"
#include "parse/parse.h"

/* A sentence under construction: appends, and stops at the end of the buffer. */
typedef struct Out {
        char *buf;
        size_t size, used;
} Out;

_printf_(2, 3) static void say(Out *o, const char *format, ...)
{
        va_list ap;
        int n;

        if (o->used + 1 >= o->size)
                return;
        va_start(ap, format);
        n = vsnprintf(o->buf + o->used, o->size - o->used, format, ap);
        va_end(ap);
        if (n > 0)
                o->used = MIN(o->used + (size_t)n, o->size - 1);
}

#define SIZE(bytes)  size_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, bytes)
#define TIME(t)      duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)
#define SHARE(p)     percent_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, p)

/* A time for people: whole seconds from a second on. */
static usec_t rounded(usec_t t)
{
        return t >= USEC_PER_SEC && t != USEC_INFINITY ? (t + USEC_PER_SEC / 2) / USEC_PER_SEC * USEC_PER_SEC : t;
}

static usec_t left(const Decision *d)
{
        return rounded(usec_sub(d->until, d->at));
}

static void say_node(Out *o, const Decision *d)
{
        if (d->node == NODE_ALL)
                say(o, "This machine");
        else
                say(o, "Node %u", d->node);
}

/* Where the reserve follows demand: which. */
static void say_demand(Out *o, const Decision *d)
{
        if (d->burst == UNKNOWN_U64)
                return;
        if (!d->burst)
                say(o, " (assumed, as nothing is known yet)");
        else if (d->burst_age < USEC_PER_SEC)
                say(o, " (%s were asked for at once, just now)", SIZE(d->burst));
        else
                say(o, " (%s were asked for at once, %s ago)", SIZE(d->burst), TIME(rounded(d->burst_age)));
}

static void say_hold(Out *o, const Decision *d)
{
        if (d->hold)
                say(o, " (hold %llu)", (unsigned long long)d->hold);
}

/* "Node 0 has 96 MiB of the 480 MiB wanted in blocks of 2 MiB" */
static void say_level(Out *o, const Decision *d)
{
        say_node(o, d);
        if (d->current == UNKNOWN_U64 || d->reserve == UNKNOWN_U64 || d->size == UNKNOWN_U64) {
                say(o, " cannot be judged");
                say_hold(o, d);
                return;
        }
        if (!d->reserve) {
                bool asked = d->burst && d->burst != UNKNOWN_U64;

                say(o, " has %s ready in blocks of %s; none%s", SIZE(d->current), SIZE(d->size),
                        asked ? " more are wanted for the moment" : " are wanted, as nobody has asked for any of late");
                if (asked)
                        say_demand(o, d);
                return;
        }
        if (d->current >= d->reserve) {
                say(o, " has %s ready in blocks of %s; %s are wanted", SIZE(d->current), SIZE(d->size), SIZE(d->reserve));
                say_demand(o, d);
                say_hold(o, d);
                return;
        }
        if (streq(SIZE(d->current), SIZE(d->reserve)))
                say(o, " has a little less than the %s wanted in blocks of %s", SIZE(d->reserve), SIZE(d->size));
        else
                say(o, " has %s%s of the %s wanted in blocks of %s", d->current ? "only " : "",
                        d->current ? SIZE(d->current) : "none", SIZE(d->reserve), SIZE(d->size));
        say_demand(o, d);
        say_hold(o, d);
}

static void say_although_free(Out *o, const Decision *d)
{
        if (d->free != UNKNOWN_U64 && d->verdict == VERDICT_FRAGMENTED)
                say(o, " although %s is free (fragmented)", SIZE(d->free));
}

static void say_next_try(Out *o, const Decision *d)
{
        if (d->until > d->at)
                say(o, "; next try in %s", TIME(MAX(left(d), USEC_PER_SEC)));
}

static const char *rival_name(uint64_t rival)
{
        return rival == RIVAL_NONE || rival >= _RIVAL_MAX ? "somebody else" : rival_info((Rival)rival)->name;
}

static void say_guard(Out *o, const Decision *d)
{
        switch (d->guard) {
        case GUARD_PAUSED: say(o, "fragd is paused"); break;
        case GUARD_PSI_MEMORY:
                say(o, "tasks wait for memory %s of the time (limit %s)", SHARE((uint32_t)d->guard_value),
                        SHARE((uint32_t)d->guard_limit));
                break;
        case GUARD_PSI_CPU:
                say(o, "tasks wait for a CPU %s of the time (limit %s)", SHARE((uint32_t)d->guard_value),
                        SHARE((uint32_t)d->guard_limit));
                break;
        case GUARD_KCOMPACTD_BUSY: say(o, "kcompactd%u is at work already", d->node); break;
        case GUARD_KCOMPACTD_STUCK: say(o, "kcompactd%u hangs in uninterruptible sleep", d->node); break;
        case GUARD_COOLDOWN: say(o, "the last action was %s ago", TIME(rounded(d->guard_value))); break;
        case GUARD_BUDGET_TIME:
                say(o, "%s of the budget of %s of compaction is spent", TIME(rounded(d->guard_value)), TIME(d->guard_limit));
                break;
        case GUARD_BUDGET_RUNS:
                say(o, "%u of %u actions of the budget are spent", (unsigned)d->guard_value, (unsigned)d->guard_limit);
                break;
        case GUARD_KNOB_OWNED:
                say(o, "%s set%s %s", rival_name(d->guard_limit), d->guard_limit ? "s" : "", knob_info((KnobId)d->guard_value)->name);
                break;
        case GUARD_RIVAL: say(o, "%s runs, which compacts by itself", rival_name(d->guard_value)); break;
        case GUARD_NO_ACTOR: say(o, "fragd has no right to act here"); break;
        default: say(o, "%s", guard_name(d->guard)); break;
        }
        if (d->until && d->until != USEC_INFINITY && d->until > d->at)
                say(o, ", until in %s", TIME(left(d)));
}

/* Where it is not what is usually done first. */
static void say_lever_why(Out *o, const Decision *d)
{
        switch (d->lever_why) {
        case LEVER_WHY_TOO_LITTLE: say(o, ", since kcompactd brought too little of late"); break;
        case LEVER_WHY_DEARER: say(o, ", which brought more for its cost than kcompactd of late"); break;
        default: break;
        }
}

/* What is done about it, or would be. */
static void say_act(Out *o, const Decision *d)
{
        const char *knob = knob_info(d->knob)->name;

        if (d->act == ACT_SET_KNOB) {
                say(o, d->would ? "%s would be raised" : "raising %s", knob);
                say(o, " from %lld to %lld until kcompactd has made %s", (long long)d->old_value, (long long)d->new_value,
                        SIZE(d->refill));
        } else {
                say(o, d->would ? "it would be compacted" : "compacting it");
                say_lever_why(o, d);
                if (d->refill && d->refill != UNKNOWN_U64)
                        say(o, "%s until %s are ready", d->lever_why == LEVER_WHY_USUAL ? "" : ",", SIZE(d->refill));
        }
        if (d->limit_usec)
                say(o, ", for at most %s", TIME(rounded(d->limit_usec)));
        if (d->would)
                say(o, " (observing only: nothing was done)");
}

static void say_start(Out *o, const Decision *d)
{
        if (d->reason == REASON_REQUESTED) {
                say(o, "Asked to compact node %u: ", d->node);
                say_act(o, d);
                return;
        }
        say_level(o, d);
        if (d->reason == REASON_FORECAST)
                say(o, ", but not for long: less than that in about %s", TIME(rounded(d->time_left)));
        else
                say_although_free(o, d);
        if (d->act == ACT_NONE)
                return;
        say(o, ": ");
        say_act(o, d);
}

static void say_result(Out *o, const Decision *d)
{
        const char *what = d->lever == LEVER_WINDOW ? "Letting kcompactd work on" : "Compacting";

        if (!d->action) {
                say(o, "Node %u has %s in blocks of %s already: nothing to compact", d->node, SIZE(d->current), SIZE(d->size));
                return;
        }
        say(o, "%s node %u", what, d->node);
        if (d->hold)
                say(o, " for hold %llu", (unsigned long long)d->hold);
        say(o, " brought %s in blocks of %s", d->gain > 0 ? SIZE((uint64_t)d->gain) : "nothing", SIZE(d->size));
        say(o, " (%s left) for %s of CPU in %s", SIZE(d->current), TIME(d->cost), TIME(d->took));
        if (d->reason == REASON_GAINED)
                return;
        if (d->attempts)
                say(o, ": too little to be worth it");
        say_next_try(o, d);
}

static const char *raised_why(Lever l)
{
        switch (l) {
        case LEVER_BOOST: return "unmovable memory stands in the way, and a boost keeps more from spreading";
        case LEVER_SCALE: return "memory is short, and kswapd then keeps more of it free, from clean page cache";
        case LEVER_PAGELISTS: return "while memory is compacted, what that frees is to merge into blocks at once";
        case LEVER_DEFRAG_MODE: return "the policy names it, and allocations then keep to pageblocks of their kind";
        default: return "compaction was needed and helped again and again";
        }
}

static const char *knob_why(const Decision *d)
{
        switch (d->reason) {
        case REASON_KNOB_RAISED:
                return raised_why(d->lever);
        case REASON_KNOB_LOWERED:
                return d->lever == LEVER_SCALE ? "less is wanted now, or safe" : "kcompactd would work on memory that does not move";
        case REASON_KNOB_STOOD_DOWN: return "fragd makes what is asked for, kcompactd would begin right after a burst, when blocks are dearest";
        case REASON_POLICY_CHANGED: return "the policy was changed";
        case REASON_PAUSED: return "fragd is paused";
        default: return "the reason for it has passed";
        }
}

static void say_knob(Out *o, const Decision *d)
{
        const char *verb = d->would ? "would go" : d->act == ACT_RESTORE_KNOB ? "goes back" : "goes";

        say(o, "%s %s from %lld to %lld: %s", knob_info(d->knob)->name, verb, (long long)d->old_value, (long long)d->new_value,
                knob_why(d));
}

static void say_refusal(Out *o, const Decision *d)
{
        say(o, "Compacting node %u was refused: ", d->node);
        switch (d->error) {
        case -EPERM: say(o, "the policy only observes"); break;
        case -EBUSY: say(o, "another one is running on it or waiting"); break;
        case -ENODEV: say(o, "there is no such node"); break;
        case -ENODATA: say(o, "its free memory cannot be read"); break;
        case -ENOENT: say(o, "this kernel has no node%u/compact", d->node); break;
        case -ERANGE: say(o, "this kernel has no blocks of that size"); break;
        case -EAGAIN: say_guard(o, d); break;
        default: say(o, "%s", strerror(-d->error)); break;
        }
}

static void say_failure(Out *o, const Decision *d)
{
        if (d->node == NODE_ALL)
                say(o, "Setting %s failed: %s", knob_info(d->knob)->name, strerror(-d->error));
        else if (d->error == -ENOTCONN || d->error == -ENODEV)
                say(o, "An action on node %u was cut off: the %s is gone", d->node, d->error == -ENODEV ? "node" : "actor");
        else if (d->error == -ENODATA)
                say(o, "What an action on node %u brought is not known: free memory cannot be read", d->node);
        else
                say(o, "An action on node %u (%s) failed: %s", d->node, lever_name(d->lever), strerror(-d->error));
        say_next_try(o, d);
}

static void say_pool(Out *o, const Decision *d)
{
        int64_t pages = d->act == ACT_GROW_POOL ? d->new_value : d->old_value;

        if (d->act == ACT_DROP_CACHES) {
                say(o, "Dropping the page cache, as was allowed, to prepare %s in blocks of %s", SIZE(d->reserve), SIZE(d->size));
                return;
        }
        say(o, "%s %s of huge pages of %s %s node %u", d->act == ACT_GROW_POOL ? "Adding" : d->act == ACT_KEEP_POOL ? "Leaving" : "Taking",
                SIZE((uint64_t)pages * d->size), SIZE(d->size),
                d->act == ACT_GROW_POOL         ? "to the pool of"
                        : d->act == ACT_KEEP_POOL ? "in the pool of"
                                                  : "back from the pool of",
                d->node);
}

static void say_impossible(Out *o, const Decision *d)
{
        if (d->error == -ENOENT || d->error == -ENODATA || d->error == -ERANGE) {
                say(o, d->error == -ENOENT ? ": there is no pool of huge pages of that size" :
                                d->error == -ENODATA ? ": this kernel has no transparent huge pages" :
                                                       ": this kernel has no blocks of that size");
                return;
        }
        if (d->ceiling)
                say(o, ": at most %s are possible now, ", SIZE(d->ceiling));
        else
                say(o, ": none is possible now, ");
        switch (d->verdict) {
        case VERDICT_SHORT: say(o, "since too little memory is free"); break;
        case VERDICT_PINNED: say(o, "since unmovable memory stands in the way"); break;
        default: say(o, "since compaction brings no more"); break;
        }
}

static void say_prepare_refusal(Out *o, const Decision *d)
{
        switch (d->error) {
        case -EPERM: say(o, "the policy only observes"); break;
        case -EBUSY: say(o, "too many others wait for theirs"); break;
        case -ENODEV: say(o, "there is no such node"); break;
        case -ENOTCONN: say(o, "the actor is gone"); break;
        case -ESTALE: say(o, "somebody else changed the pool of huge pages meanwhile"); break;
        case -EAGAIN: say_guard(o, d); break;
        default: say(o, "%s", strerror(-d->error)); break;
        }
}

/* A request to prepare blocks: going on, or over. */
static void say_prepare(Out *o, const Decision *d)
{
        if (d->act != ACT_NONE && d->act != ACT_STOP) {
                say_pool(o, d);
                return;
        }
        say(o, d->reason == REASON_PREPARING ? "Preparing" : d->reason == REASON_PREPARED ? "Prepared" : "Could not prepare");
        say(o, " %s in blocks of %s", SIZE(d->reserve), SIZE(d->size));
        if (d->node != NODE_ALL)
                say(o, " on node %u", d->node);
        switch (d->reason) {
        case REASON_PREPARING: say(o, ": %s are there", d->current ? SIZE(d->current) : "none"); break;
        case REASON_PREPARED: say(o, " in %s", TIME(rounded(d->took))); break;
        case REASON_IMPOSSIBLE: say_impossible(o, d); break;
        case REASON_TIMED_OUT: say(o, " within %s: %s were there", TIME(rounded(d->took)), d->current ? SIZE(d->current) : "none"); break;
        case REASON_ABANDONED: say(o, ": who asked for it has gone"); break;
        default:
                say(o, ": ");
                say_prepare_refusal(o, d);
                break;
        }
        if (d->reason != REASON_PREPARED && d->reason != REASON_PREPARING && d->gain > 0)
                say(o, "; %s stay in the pool of huge pages", SIZE((uint64_t)d->gain));
}

static void say_hold_refusal(Out *o, const Decision *d)
{
        if (d->error == -ESRCH) {
                say(o, "There is no hold %llu to release", (unsigned long long)d->hold);
                return;
        }
        say(o, "Could not hold ");
        if (d->reserve != UNKNOWN_U64)
                say(o, "%llu ", (unsigned long long)(d->reserve / d->size));
        say(o, d->reserve == d->size ? "block of %s" : "blocks of %s", SIZE(d->size));
        if (d->node != NODE_ALL)
                say(o, " on node %u", d->node);
        switch (d->error) {
        case -E2BIG:
                if (d->ceiling)
                        say(o, ": at most %llu %s possible, even if nobody used the memory", (unsigned long long)(d->ceiling / d->size),
                                d->ceiling == d->size ? "is" : "are");
                else
                        say(o, ": none is possible, even if nobody used the memory");
                break;
        case -ERANGE: say(o, ": this kernel has no blocks of that size"); break;
        case -EPERM: say(o, ": the policy only observes"); break;
        case -ENOTCONN: say(o, ": fragd has no right to act here"); break;
        case -EBUSY: say(o, ": %u are held already; fragctl hold lists them", HOLDS_MAX); break;
        case -ENODEV: say(o, ": there is no such node"); break;
        case -ENODATA: say(o, ": nothing is known of the memory now"); break;
        default: say(o, ": %s", strerror(-d->error)); break;
        }
}

/* Blocks that are kept ready for somebody for a while: begun, over or refused. */
static void say_held(Out *o, const Decision *d)
{
        if (d->reason == REASON_HOLD_REFUSED) {
                say_hold_refusal(o, d);
                return;
        }
        if (d->reason == REASON_HOLD_BEGUN)
                say(o, "Holding %s in blocks of %s", SIZE(d->reserve), SIZE(d->size));
        else
                say(o, "Hold %llu ends after %s: %s in blocks of %s", (unsigned long long)d->hold, TIME(rounded(d->took)), SIZE(d->reserve),
                        SIZE(d->size));
        if (d->node != NODE_ALL)
                say(o, " on node %u", d->node);
        if (d->reason == REASON_HOLD_BEGUN)
                say(o, " for %s (hold %llu): %s are there", TIME(left(d)), (unsigned long long)d->hold,
                        d->current ? SIZE(d->current) : "none");
        else if (d->request)
                say(o, " are released");
        else
                say(o, " are not held any more");
}

/* Why an objective that is not met is left alone. */
static void say_waiting(Out *o, const Decision *d)
{
        say_level(o, d);
        switch (d->reason) {
        case REASON_SHORT:
                say(o, ": memory is short, compaction could make at most %s of the %s that is free", SIZE(d->ceiling),
                        SIZE(d->free));
                break;
        case REASON_PINNED:
                say(o, ": %s of its pageblocks hold unmovable memory and %u attempt%s brought nothing or too little", SHARE(d->unmovable),
                        d->attempts, d->attempts == 1 ? "" : "s");
                say_next_try(o, d);
                break;
        case REASON_BACKOFF:
                if (!d->attempts) {
                        say(o, "; the last action was refused");
                        say_next_try(o, d);
                        break;
                }
                say(o, ": %u attempt%s to compact it brought nothing or too little", d->attempts, d->attempts == 1 ? "" : "s");
                say_next_try(o, d);
                break;
        case REASON_NO_LEVER:
                say_although_free(o, d);
                say(o, ", and nothing that the policy allows can help now");
                break;
        case REASON_KERNEL_ACTS:
                say_although_free(o, d);
                say(o, "; left to kcompactd%u, which compacts by itself at this score (%u, above %u)", d->node, d->score,
                        d->score_high);
                break;
        case REASON_BUSY: say(o, "; kcompactd is at work for another node"); break;
        case REASON_SETTLING: say(o, "; an action has just ended and is being measured"); break;
        case REASON_RUNNING: say(o, "; an action (%s) is running", lever_name(d->lever)); break;
        case REASON_HELD:
                say_although_free(o, d);
                say(o, "; held back because ");
                say_guard(o, d);
                break;
        default: break;
        }
}

static const char *end_why(Reason r)
{
        switch (r) {
        case REASON_TIME_LIMIT: return "it has taken as long as the policy allows";
        case REASON_BUDGET_LIMIT: return "nothing is left of the budget";
        case REASON_PRESSURE_LIMIT: return "tasks wait for memory";
        case REASON_CANCELLED: return "a pause, another policy, the end of a hold, or the node went";
        case REASON_REFILLED:
        case REASON_REQUEST_MET: return "enough is there";
        default: return "the kernel is through";
        }
}

static void say_global(Out *o, const Decision *d)
{
        switch (d->reason) {
        case REASON_POLICY_CHANGED: say(o, "Policy %s takes effect", d->policy); break;
        case REASON_PAUSED:
                say(o, "Paused");
                if (d->until && d->until != USEC_INFINITY)
                        say(o, " for %s", TIME(left(d)));
                say(o, ": fragd watches, and leaves memory and knobs alone");
                break;
        case REASON_RESUMED: say(o, "Resumed"); break;
        case REASON_TOPOLOGY: say(o, "Memory or nodes came or went: looking at the machine anew"); break;
        case REASON_ACTOR_LOST: say(o, "The actor is gone: fragd cannot act, and a knob may still be changed"); break;
        case REASON_UNKNOWN_SOURCE:
                say_node(o, d);
                say(o, " cannot be judged: a file that is needed cannot be read");
                break;
        default: say(o, "An action on node %u (%s) ends: %s", d->node, lever_name(d->lever), end_why(d->reason)); break;
        }
}

static void say_decision(Out *o, const Decision *d)
{
        switch (d->reason) {
        case REASON_MET: say_level(o, d); break;
        case REASON_MISSED:
        case REASON_FORECAST:
        case REASON_REQUESTED: say_start(o, d); break;
        case REASON_GAINED:
        case REASON_NO_GAIN: say_result(o, d); break;
        case REASON_SHORT:
        case REASON_PINNED:
        case REASON_BACKOFF:
        case REASON_NO_LEVER:
        case REASON_BUSY:
        case REASON_KERNEL_ACTS:
        case REASON_SETTLING:
        case REASON_RUNNING:
        case REASON_HELD: say_waiting(o, d); break;
        case REASON_KNOB_RAISED:
        case REASON_KNOB_LOWERED:
        case REASON_KNOB_STOOD_DOWN:
        case REASON_KNOB_RESTORED: say_knob(o, d); break;
        case REASON_KNOB_YIELDED:
                if (d->act == ACT_RESTORE_KNOB) {
                        say(o, "%s goes back from %lld to %lld: %s runs, and fragd leaves it alone from now on",
                                knob_info(d->knob)->name, (long long)d->old_value, (long long)d->new_value, rival_name(d->guard_value));
                        break;
                }
                say(o, "Somebody changed %s from fragd's %lld to %lld: fragd leaves it alone from now on",
                        knob_info(d->knob)->name, (long long)d->old_value, (long long)d->new_value);
                break;
        case REASON_PREPARING:
        case REASON_PREPARED:
        case REASON_IMPOSSIBLE:
        case REASON_TIMED_OUT:
        case REASON_ABANDONED:
        case REASON_NOT_PREPARED: say_prepare(o, d); break;
        case REASON_HOLD_BEGUN:
        case REASON_HOLD_ENDED:
        case REASON_HOLD_REFUSED: say_held(o, d); break;
        case REASON_REFUSED: say_refusal(o, d); break;
        case REASON_ACTION_FAILED: say_failure(o, d); break;
        case REASON_POLICY_CHANGED:
        case REASON_PAUSED:
                if (d->act != ACT_NONE) {
                        say_knob(o, d);
                        break;
                }
                say_global(o, d);
                break;
        default: say_global(o, d); break;
        }
}

char *decision_sentence(const Decision *d, char *buf, size_t size)
{
        Out o = { .buf = buf, .size = size };

        if (size)
                buf[0] = 0;
        say_decision(&o, d);
        say(&o, ".");
        return buf;
}

static const char *guard_step(Guard g)
{
        switch (g) {
        case GUARD_PAUSED: return "fragctl resume ends the pause.";
        case GUARD_NO_ACTOR: return "As a service: systemctl restart fragd, which starts fragd-actor.socket; by hand: run fragd as root.";
        case GUARD_BUDGET_TIME:
        case GUARD_BUDGET_RUNS: return "Wait, or give the policy a larger budget (fragd.conf(5)).";
        case GUARD_KNOB_OWNED: return "fragctl resume lets fragd turn the knob again.";
        case GUARD_RIVAL: return "Two that compact disturb each other: stop one of them; fragctl reload tells fragd to look again.";
        case GUARD_KCOMPACTD_STUCK:
                return "See what kcompactd waits for: cat /proc/PID/stack for its PID (pgrep kcompactd); often a FUSE or network file system.";
        case GUARD_PSI_MEMORY: return "Memory is under pressure: see what allocates; compaction now would add to it.";
        default: return "";
        }
}

char *decision_next_step(const Decision *d, char *buf, size_t size)
{
        Out o = { .buf = buf, .size = size };
        const char *step = "";

        if (size)
                buf[0] = 0;
        if (d->reason == REASON_KNOB_YIELDED)
                step = "fragctl resume lets fragd turn the knob again.";
        else if (d->reason == REASON_HELD || d->reason == REASON_REFUSED)
                step = guard_step(d->guard);
        else if (d->reason == REASON_NO_LEVER)
                step = "fragctl policy show and fragctl knobs tell what is allowed; levers are chosen in fragd.conf(5).";
        else if (d->reason == REASON_ACTOR_LOST)
                step = "Start fragd again: it puts the knobs back first.";
        else if (d->reason == REASON_UNKNOWN_SOURCE || d->verdict == VERDICT_UNKNOWN)
                step = d->node == NODE_ALL ? "" : "fragctl status names the file that cannot be read.";
        else if (d->verdict == VERDICT_SHORT)
                step = "If page cache fills the memory this is normal: the kernel reclaims it on demand. Otherwise use less memory, release idle hugetlb pages (vm.nr_hugepages), or ask for a smaller reserve.";
        else if (d->verdict == VERDICT_PINNED)
                step = "A drain or a reboot is what helps; slabtop and /proc/pagetypeinfo show what holds memory, hugepages= or movablecore= at boot keep it from coming back.";
        else if (d->verdict == VERDICT_FUTILE)
                step = "If it stays so, memory is mlocked, pinned or unmovable: see Mlocked in /proc/meminfo and vm.compact_unevictable_allowed; a drain or a reboot is what helps.";
        say(&o, "%s", step);
        return buf;
}
