/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/wire.h"

#include "base/limits.h"
#include "base/macros.h"

/* The kernel's MAX_ERRNO. */
#define ERRNO_MAX 4095

static const char *const source_paths[_WIRE_SOURCE_MAX] = {
        [WIRE_SOURCE_PAGETYPEINFO] = "proc/pagetypeinfo",
        [WIRE_SOURCE_EXTFRAG_INDEX] = "sys/kernel/debug/extfrag/extfrag_index",
        [WIRE_SOURCE_UNUSABLE_INDEX] = "sys/kernel/debug/extfrag/unusable_index",
        [WIRE_SOURCE_SLABINFO] = "proc/slabinfo",
};

/* Which fields a verb uses; the others must be 0. */
enum {
        USES_TARGET = 1 << 0,
        USES_VALUES = 1 << 1,
        USES_LIMIT = 1 << 2,
        USES_SIZE = 1 << 3,
};

static const unsigned verb_fields[_WIRE_VERB_MAX] = {
        [WIRE_SET_KNOB] = USES_TARGET | USES_VALUES,
        [WIRE_COMPACT] = USES_TARGET | USES_LIMIT,
        [WIRE_STOP] = USES_TARGET,
        [WIRE_SOURCE] = USES_TARGET,
        [WIRE_RESTORE_KNOB] = USES_TARGET,
        [WIRE_LEASE] = USES_LIMIT,
        [WIRE_POOL_GROW] = USES_TARGET | USES_VALUES | USES_LIMIT | USES_SIZE,
        [WIRE_POOL_UNDO] = USES_TARGET | USES_SIZE,
        [WIRE_POOL_KEEP] = USES_TARGET | USES_SIZE,
        [WIRE_DROP_CACHES] = USES_VALUES | USES_LIMIT,
        [WIRE_COUNTERS] = USES_TARGET | USES_VALUES,
        [WIRE_RINGS] = USES_TARGET | USES_VALUES,
};

static int check_fields(const WireRequest *r)
{
        unsigned used = verb_fields[r->verb];

        if (!(used & USES_TARGET) && r->target != 0)
                return -EBADMSG;
        if (!(used & USES_VALUES) && (r->value != 0 || r->expected != 0))
                return -EBADMSG;
        if (!(used & USES_LIMIT) && r->limit_usec != 0)
                return -EBADMSG;
        if (!(used & USES_SIZE) && r->size != 0)
                return -EBADMSG;
        return 0;
}

static int check_knob(const WireRequest *r)
{
        const KnobInfo *info;

        if (r->target >= _KNOB_MAX)
                return -EPERM;
        info = knob_info((KnobId)r->target);
        if (!info->managed)
                return -EPERM;
        if (r->verb == WIRE_SET_KNOB &&
                (r->value < info->min || r->value > info->max || r->expected < 0))
                return -ERANGE;
        return 0;
}

/* Sizes are powers of two of at least 1K: the kernel's files are named in K. */
static int check_pool(const WireRequest *r)
{
        if (r->target >= NODES_MAX || r->size < 1024 || (r->size & (r->size - 1)))
                return -ERANGE;
        if (r->verb != WIRE_POOL_GROW)
                return 0;
        return r->value >= 1 && r->value <= POOL_GROW_MAX && r->expected >= 0 && r->expected <= INT32_MAX ? 0 : -ERANGE;
}

static int check_counters(const WireRequest *r)
{
        if (r->target >= CPUS_MAX / WIRE_CPUS || r->value < 1 || r->value > UINT32_MAX)
                return -ERANGE;
        if (r->verb == WIRE_RINGS)
                return r->expected == 0 ? 0 : -ERANGE;
        return r->expected >= 1 && r->expected < ORDERS_MAX ? 0 : -ERANGE;
}

int wire_request_check(const WireRequest *r, size_t size)
{
        int error;

        if (size != sizeof(*r) || r->magic != WIRE_MAGIC)
                return -EBADMSG;
        if (r->version != WIRE_VERSION)
                return -ENOTSUP;
        if (r->verb < WIRE_HELLO || r->verb >= _WIRE_VERB_MAX)
                return -EBADMSG;
        error = check_fields(r);
        if (error < 0)
                return error;
        switch ((WireVerb)r->verb) {
        case WIRE_SET_KNOB:
        case WIRE_RESTORE_KNOB: return check_knob(r);
        case WIRE_COMPACT:
        case WIRE_STOP: return r->target < NODES_MAX ? 0 : -ERANGE;
        case WIRE_LEASE:
                return r->limit_usec > 0 && r->limit_usec <= ACTOR_LEASE_USEC_MAX ? 0 : -ERANGE;
        case WIRE_SOURCE: return r->target < _WIRE_SOURCE_MAX ? 0 : -EPERM;
        case WIRE_POOL_GROW:
        case WIRE_POOL_UNDO:
        case WIRE_POOL_KEEP: return check_pool(r);
        case WIRE_DROP_CACHES: return r->value == 1 && r->expected == 0 ? 0 : -ERANGE;
        case WIRE_COUNTERS:
        case WIRE_RINGS: return check_counters(r);
        default: return 0;
        }
}

int wire_reply_check(const WireReply *r, size_t size)
{
        if (size != sizeof(*r) || r->magic != WIRE_MAGIC || r->version != WIRE_VERSION)
                return -EBADMSG;
        if (r->result > 0 || r->result < -ERRNO_MAX || r->reserved != 0)
                return -EBADMSG;
        /* The reply to a request that was none echoes whatever stood there. */
        if (r->result != -EBADMSG && r->result != -ENOTSUP && r->result != -EAGAIN &&
                (r->verb < WIRE_HELLO || r->verb >= _WIRE_VERB_MAX))
                return -EBADMSG;
        return 0;
}

void wire_request_init(WireRequest *r, WireVerb verb, uint32_t target, uint64_t id)
{
        *r = (WireRequest){
                .magic = WIRE_MAGIC,
                .version = WIRE_VERSION,
                .verb = verb,
                .target = target,
                .id = id,
        };
}

void wire_reply_init(WireReply *r, const WireRequest *to, int result)
{
        *r = (WireReply){
                .magic = WIRE_MAGIC,
                .version = WIRE_VERSION,
                .verb = to->verb,
                .target = to->target,
                .id = to->id,
                .result = result,
                .value = KNOB_VALUE_NONE,
                .baseline = KNOB_VALUE_NONE,
        };
}

const char *wire_source_path(WireSource s)
{
        assert((unsigned)s < _WIRE_SOURCE_MAX);
        return source_paths[s];
}
