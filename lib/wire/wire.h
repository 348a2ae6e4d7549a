/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wire.h - what fragd and fragd-actor say to each other: fixed-size structs, one a packet, over SOCK_SEQPACKET.
 *
 * The actor trusts nothing: wire_request_check() is the whole validation and runs before anything is done. Both ends are on
 * one machine, so fields are in host order and sizes are the protocol's version. Each request gets exactly one reply with
 * its id; WIRE_COMPACT's comes when the run has ended, however it ended. A request that fails the check is answered with
 * result = -EBADMSG, -ENOTSUP (version), -EPERM (not on the allow-list) or -ERANGE and nothing is done. Fields that a
 * verb does not use must be 0. -EAGAIN: above the rate of limits.h, nothing is done. An empty packet ends the connection. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/knob.h"

#define WIRE_MAGIC   UINT32_C(0x46524744) /* "FRGD" */
#define WIRE_VERSION UINT32_C(2)

typedef enum WireVerb {
        WIRE_HELLO = 1, /* answered with the actor's pid in value */
        WIRE_SET_KNOB,  /* write `value` if the knob now is `expected`; -ESTALE and the current value if it is not */
        WIRE_COMPACT,   /* write node/nodeN/compact in a child; ended after limit_usec (0: no limit); -EBUSY: one runs there
                         * already, or ACTOR_COMPACTIONS_MAX elsewhere; -ENOENT: no such node, or a kernel without NUMA */
        WIRE_STOP,      /* end what runs on node `target`, compaction or growth; answered at once, the run's own reply follows;
                         * -ESRCH: none */
        WIRE_SOURCE,    /* open WireSource `source` read-only; the reply carries the fd by SCM_RIGHTS */
        WIRE_RESTORE,   /* put back every knob that is still as we wrote it, forget the baseline; value = how many */
        WIRE_RESTORE_KNOB, /* the same for one knob; value = its value after */
        WIRE_LEASE,     /* the next request comes within limit_usec, or the actor is to put back everything and end: a peer that
                         * is stopped keeps no knob. value = knobs not as before, pools not kept and what runs; while there are
                         * none, none is needed. Any other request is good for ACTOR_LEASE_USEC, but COUNTERS and RINGS, which hold
                         * nothing */
        WIRE_POOL_GROW, /* add `value` pages of `size` bytes to node `target`'s hugetlb pool, where it has grown by `expected` since the
                         * last KEEP or UNDO (-ESTALE: it has not, or somebody else changed it); in a child, as COMPACT; value = what it
                         * has grown by after, also where the kernel gave less or the run was ended; -ENOENT: no such node or size */
        WIRE_POOL_UNDO, /* take back that growth, if nobody else changed the pool since; value = pages that could not be taken back
                         * because they are in use; -EBUSY: it is growing */
        WIRE_POOL_KEEP, /* that growth is for good; value = what it is; -EBUSY as above */
        WIRE_DROP_CACHES, /* `value` to vm.drop_caches, in a child; 1: clean page cache, is all that is allowed */
        WIRE_COUNTERS, /* count kmem:mm_page_alloc_extfrag on CPUs 32 target + n for each bit n of `value`, below pageblock order `expected`
                        * (actor/counter.h: this event, these filters, nothing else); value = the CPUs for which it does, two fds for
                        * each by SCM_RIGHTS, ascending: the leader, whose read gives both counts, and its sibling, to be kept open.
                        * A CPU that is offline is left out. -ENXIO: tracefs is not mounted; -ENOENT: no such event; -EACCES: no
                        * CAP_PERFMON; -EPERM: not even with it; -ENODEV: no such CPU; nothing is handed over then */
        WIRE_RINGS, /* record the begin and the end of each compaction on CPUs 32 target + n for each bit n of `value` (actor/counter.h:
                     * these two events, these fields, nothing else); the answer is as for COUNTERS, the two fds are of the begin and
                     * of the end. Nothing is recorded before the peer has mapped a buffer and enabled both */
        _WIRE_VERB_MAX,
} WireVerb;

/* CPUs of one WIRE_COUNTERS or WIRE_RINGS, and fds of one reply. */
#define WIRE_CPUS    32
#define WIRE_FDS_MAX (2 * WIRE_CPUS)

typedef enum WireSource {
        WIRE_SOURCE_PAGETYPEINFO, /* proc/pagetypeinfo, 0400 */
        WIRE_SOURCE_EXTFRAG_INDEX, /* sys/kernel/debug/extfrag/extfrag_index */
        WIRE_SOURCE_UNUSABLE_INDEX,
        WIRE_SOURCE_SLABINFO, /* proc/slabinfo, 0400 */
        _WIRE_SOURCE_MAX,
} WireSource;

typedef struct WireRequest {
        uint32_t magic, version;
        uint32_t verb;   /* WireVerb */
        uint32_t target; /* KnobId, node id, WireSource or CPUs */
        uint64_t id;     /* echoed */
        int64_t value, expected;
        uint64_t limit_usec;
        uint64_t size; /* POOL_*: bytes of one huge page */
} WireRequest;

typedef struct WireReply {
        uint32_t magic, version;
        uint32_t verb, target;
        uint64_t id;
        int32_t result;    /* 0 or negative errno; WIRE_COMPACT: -ECANCELED when stopped, -ETIMEDOUT at the limit */
        uint32_t reserved; /* 0 */
        int64_t value;     /* SET_KNOB: as read back; others: see above */
        int64_t baseline;  /* SET_KNOB: value before the first touch; KNOB_VALUE_NONE if untouched; POOL_GROW: pages before it grew */
        uint64_t cpu_usec; /* COMPACT, POOL_GROW, DROP_CACHES: CPU time of the child */
        uint64_t wall_usec;
} WireReply;

_Static_assert(sizeof(WireRequest) == 56, "the size is the protocol");
_Static_assert(sizeof(WireReply) == 64, "the size is the protocol");

/* size: bytes received. 0 or the errno for the reply's result (see above). */
int wire_request_check(const WireRequest *r, size_t size);
/* For fragd: -EBADMSG where the actor's reply cannot be one. */
int wire_reply_check(const WireReply *r, size_t size);
void wire_request_init(WireRequest *r, WireVerb verb, uint32_t target, uint64_t id);
void wire_reply_init(WireReply *r, const WireRequest *to, int result);
const char *wire_source_path(WireSource s); /* below the root */
