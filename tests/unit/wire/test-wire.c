/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "wire/wire.h"

#include "base/limits.h"
#include "test.h"

typedef struct RequestCase {
        const char *name;
        int result;
        WireVerb verb;
        uint32_t target;
        int64_t value, expected;
        uint64_t limit_usec;
        uint64_t size;
} RequestCase;

#define P KNOB_COMPACTION_PROACTIVENESS
#define B KNOB_WATERMARK_BOOST_FACTOR
#define MIB2 (UINT64_C(2) << 20)

static const RequestCase requests[] = {
        { "hello", 0, WIRE_HELLO, 0, 0, 0, 0, 0 },
        { "hello with a target", -EBADMSG, WIRE_HELLO, 1, 0, 0, 0, 0 },
        { "hello with a value", -EBADMSG, WIRE_HELLO, 0, 1, 0, 0, 0 },
        { "hello with expected", -EBADMSG, WIRE_HELLO, 0, 0, 1, 0, 0 },
        { "hello with a limit", -EBADMSG, WIRE_HELLO, 0, 0, 0, 1, 0 },
        { "set", 0, WIRE_SET_KNOB, P, 30, 20, 0, 0 },
        { "set lowest", 0, WIRE_SET_KNOB, P, 0, 20, 0, 0 },
        { "set highest", 0, WIRE_SET_KNOB, P, 90, 20, 0, 0 },
        { "set above", -ERANGE, WIRE_SET_KNOB, P, 91, 20, 0, 0 },
        { "set below", -ERANGE, WIRE_SET_KNOB, P, -1, 20, 0, 0 },
        { "set far above", -ERANGE, WIRE_SET_KNOB, P, INT64_MAX, 20, 0, 0 },
        { "set far below", -ERANGE, WIRE_SET_KNOB, P, INT64_MIN, 20, 0, 0 },
        { "set where an admin has 100", 0, WIRE_SET_KNOB, P, 30, 100, 0, 0 },
        { "set, expecting no value", -ERANGE, WIRE_SET_KNOB, P, 30, KNOB_VALUE_NONE, 0, 0 },
        { "set with a limit", -EBADMSG, WIRE_SET_KNOB, P, 30, 20, 1, 0 },
        { "set boost", 0, WIRE_SET_KNOB, B, 15000, 0, 0, 0 },
        { "set boost above", -ERANGE, WIRE_SET_KNOB, B, 15001, 0, 0, 0 },
        { "set scale", 0, WIRE_SET_KNOB, KNOB_WATERMARK_SCALE_FACTOR, 20, 10, 0, 0 },
        { "set min_free", -EPERM, WIRE_SET_KNOB, KNOB_MIN_FREE_KBYTES, 1, 2, 0, 0 },
        { "set threshold", -EPERM, WIRE_SET_KNOB, KNOB_EXTFRAG_THRESHOLD, 500, 400, 0, 0 },
        { "set unevictable", -EPERM, WIRE_SET_KNOB, KNOB_COMPACT_UNEVICTABLE_ALLOWED, 1, 0, 0, 0 },
        { "set scale too high", -ERANGE, WIRE_SET_KNOB, KNOB_WATERMARK_SCALE_FACTOR, 1001, 10, 0, 0 },
        { "set defrag_mode", 0, WIRE_SET_KNOB, KNOB_DEFRAG_MODE, 1, 0, 0, 0 },
        { "set no knob", -EPERM, WIRE_SET_KNOB, _KNOB_MAX, 1, 0, 0, 0 },
        { "set no knob at all", -EPERM, WIRE_SET_KNOB, UINT32_MAX, 1, 0, 0, 0 },
        { "compact", 0, WIRE_COMPACT, 0, 0, 0, 0, 0 },
        { "compact with a limit", 0, WIRE_COMPACT, 1, 0, 0, UINT64_MAX, 0 },
        { "compact the last node", 0, WIRE_COMPACT, NODES_MAX - 1, 0, 0, 0, 0 },
        { "compact above", -ERANGE, WIRE_COMPACT, NODES_MAX, 0, 0, 0, 0 },
        { "compact far above", -ERANGE, WIRE_COMPACT, UINT32_MAX, 0, 0, 0, 0 },
        { "compact with a value", -EBADMSG, WIRE_COMPACT, 0, 1, 0, 0, 0 },
        { "stop", 0, WIRE_STOP, 3, 0, 0, 0, 0 },
        { "stop above", -ERANGE, WIRE_STOP, NODES_MAX, 0, 0, 0, 0 },
        { "stop with a limit", -EBADMSG, WIRE_STOP, 0, 0, 0, 1, 0 },
        { "pagetypeinfo", 0, WIRE_SOURCE, WIRE_SOURCE_PAGETYPEINFO, 0, 0, 0, 0 },
        { "unusable_index", 0, WIRE_SOURCE, WIRE_SOURCE_UNUSABLE_INDEX, 0, 0, 0, 0 },
        { "slabinfo", 0, WIRE_SOURCE, WIRE_SOURCE_SLABINFO, 0, 0, 0, 0 },
        { "slabinfo with a limit", -EBADMSG, WIRE_SOURCE, WIRE_SOURCE_SLABINFO, 0, 0, 1, 0 },
        { "slabinfo by its number and more", -EPERM, WIRE_SOURCE, WIRE_SOURCE_SLABINFO | 1u << 31, 0, 0, 0, 0 },
        { "no source", -EPERM, WIRE_SOURCE, _WIRE_SOURCE_MAX, 0, 0, 0, 0 },
        { "source with a value", -EBADMSG, WIRE_SOURCE, 0, 1, 0, 0, 0 },
        { "restore", 0, WIRE_RESTORE, 0, 0, 0, 0, 0 },
        { "restore with a target", -EBADMSG, WIRE_RESTORE, 1, 0, 0, 0, 0 },
        { "restore a knob", 0, WIRE_RESTORE_KNOB, B, 0, 0, 0, 0 },
        { "restore a knob that is not ours", -EPERM, WIRE_RESTORE_KNOB, KNOB_EXTFRAG_THRESHOLD, 0, 0, 0, 0 },
        { "restore no knob", -EPERM, WIRE_RESTORE_KNOB, _KNOB_MAX, 0, 0, 0, 0 },
        { "restore a knob to a value", -EBADMSG, WIRE_RESTORE_KNOB, B, 1, 0, 0, 0 },
        { "hello with a size", -EBADMSG, WIRE_HELLO, 0, 0, 0, 0, 2048 },
        { "compact with a size", -EBADMSG, WIRE_COMPACT, 0, 0, 0, 0, 2048 },
        { "set with a size", -EBADMSG, WIRE_SET_KNOB, P, 30, 20, 0, 2048 },
        { "grow", 0, WIRE_POOL_GROW, 0, 512, 0, 0, MIB2 },
        { "grow further, for a time", 0, WIRE_POOL_GROW, 1, 1, 511, 5000, MIB2 },
        { "grow by the most", 0, WIRE_POOL_GROW, NODES_MAX - 1, POOL_GROW_MAX, INT32_MAX, 0, UINT64_C(1) << 34 },
        { "grow by more", -ERANGE, WIRE_POOL_GROW, 0, POOL_GROW_MAX + 1, 0, 0, MIB2 },
        { "grow by nothing", -ERANGE, WIRE_POOL_GROW, 0, 0, 0, 0, MIB2 },
        { "grow by less than nothing", -ERANGE, WIRE_POOL_GROW, 0, -1, 5, 0, MIB2 },
        { "grow by far less", -ERANGE, WIRE_POOL_GROW, 0, INT64_MIN, 0, 0, MIB2 },
        { "grow from less than nothing", -ERANGE, WIRE_POOL_GROW, 0, 1, -1, 0, MIB2 },
        { "grow from far above", -ERANGE, WIRE_POOL_GROW, 0, 1, INT64_MAX, 0, MIB2 },
        { "grow no node", -ERANGE, WIRE_POOL_GROW, NODES_MAX, 1, 0, 0, MIB2 },
        { "grow without a size", -ERANGE, WIRE_POOL_GROW, 0, 1, 0, 0, 0 },
        { "grow by halves", -ERANGE, WIRE_POOL_GROW, 0, 1, 0, 0, 512 },
        { "grow by what is no power of two", -ERANGE, WIRE_POOL_GROW, 0, 1, 0, 0, 3 * MIB2 },
        { "undo", 0, WIRE_POOL_UNDO, 1, 0, 0, 0, MIB2 },
        { "undo to a value", -EBADMSG, WIRE_POOL_UNDO, 1, 1, 0, 0, MIB2 },
        { "undo without a size", -ERANGE, WIRE_POOL_UNDO, 1, 0, 0, 0, 0 },
        { "undo on no node", -ERANGE, WIRE_POOL_UNDO, UINT32_MAX, 0, 0, 0, MIB2 },
        { "keep", 0, WIRE_POOL_KEEP, 1, 0, 0, 0, MIB2 },
        { "keep a value", -EBADMSG, WIRE_POOL_KEEP, 1, 1, 0, 0, MIB2 },
        { "keep with a limit", -EBADMSG, WIRE_POOL_KEEP, 1, 0, 0, 1, MIB2 },
        { "drop the page cache", 0, WIRE_DROP_CACHES, 0, 1, 0, 0, 0 },
        { "drop the page cache, for a time", 0, WIRE_DROP_CACHES, 0, 1, 0, 5000, 0 },
        { "drop slab", -ERANGE, WIRE_DROP_CACHES, 0, 2, 0, 0, 0 },
        { "drop both", -ERANGE, WIRE_DROP_CACHES, 0, 3, 0, 0, 0 },
        { "drop quietly", -ERANGE, WIRE_DROP_CACHES, 0, 5, 0, 0, 0 },
        { "drop nothing", -ERANGE, WIRE_DROP_CACHES, 0, 0, 0, 0, 0 },
        { "drop, expecting something", -ERANGE, WIRE_DROP_CACHES, 0, 1, 1, 0, 0 },
        { "drop on a node", -EBADMSG, WIRE_DROP_CACHES, 1, 1, 0, 0, 0 },
        { "drop a size", -EBADMSG, WIRE_DROP_CACHES, 0, 1, 0, 0, 2048 },
        { "a lease", 0, WIRE_LEASE, 0, 0, 0, 1, 0 },
        { "the longest lease", 0, WIRE_LEASE, 0, 0, 0, ACTOR_LEASE_USEC_MAX, 0 },
        { "a lease for ever", -ERANGE, WIRE_LEASE, 0, 0, 0, ACTOR_LEASE_USEC_MAX + 1, 0 },
        { "a lease for nothing", -ERANGE, WIRE_LEASE, 0, 0, 0, 0, 0 },
        { "a lease of a knob", -EBADMSG, WIRE_LEASE, B, 0, 0, 1, 0 },
        { "counters", 0, WIRE_COUNTERS, 0, 1, 9, 0, 0 },
        { "counters of all CPUs", 0, WIRE_COUNTERS, 0, UINT32_MAX, 9, 0, 0 },
        { "counters of the last CPU", 0, WIRE_COUNTERS, CPUS_MAX / WIRE_CPUS - 1, INT64_C(1) << 31, 1, 0, 0 },
        { "counters of CPUs above", -ERANGE, WIRE_COUNTERS, CPUS_MAX / WIRE_CPUS, 1, 9, 0, 0 },
        { "counters of CPUs far above", -ERANGE, WIRE_COUNTERS, UINT32_MAX, 1, 9, 0, 0 },
        { "counters of no CPU", -ERANGE, WIRE_COUNTERS, 0, 0, 9, 0, 0 },
        { "counters of a CPU too many", -ERANGE, WIRE_COUNTERS, 0, INT64_C(1) << 32, 9, 0, 0 },
        { "counters of every CPU there is", -ERANGE, WIRE_COUNTERS, 0, -1, 9, 0, 0 },
        { "counters of all orders", -ERANGE, WIRE_COUNTERS, 0, 1, ORDERS_MAX, 0, 0 },
        { "counters of the last order", 0, WIRE_COUNTERS, 0, 1, ORDERS_MAX - 1, 0, 0 },
        { "counters of no order", -ERANGE, WIRE_COUNTERS, 0, 1, 0, 0, 0 },
        { "counters of less", -ERANGE, WIRE_COUNTERS, 0, 1, INT64_MIN, 0, 0 },
        { "counters of another event", -EBADMSG, WIRE_COUNTERS, 0, 1, 9, 0, 314 },
        { "rings", 0, WIRE_RINGS, 0, 1, 0, 0, 0 },
        { "rings of the last CPUs", 0, WIRE_RINGS, CPUS_MAX / WIRE_CPUS - 1, UINT32_MAX, 0, 0, 0 },
        { "rings of CPUs above", -ERANGE, WIRE_RINGS, CPUS_MAX / WIRE_CPUS, 1, 0, 0, 0 },
        { "rings of no CPU", -ERANGE, WIRE_RINGS, 0, 0, 0, 0, 0 },
        { "rings of a CPU too many", -ERANGE, WIRE_RINGS, 0, INT64_C(1) << 32, 0, 0, 0 },
        { "rings below an order", -ERANGE, WIRE_RINGS, 0, 1, 9, 0, 0 },
        { "rings of a size", -EBADMSG, WIRE_RINGS, 0, 1, 0, 0, 4096 },
        { "rings for a time", -EBADMSG, WIRE_RINGS, 0, 1, 0, 1, 0 },
        { "counters for a time", -EBADMSG, WIRE_COUNTERS, 0, 1, 9, 1, 0 },
        { "verb 0", -EBADMSG, (WireVerb)0, 0, 0, 0, 0, 0 },
        { "a verb of the future", -EBADMSG, _WIRE_VERB_MAX, 0, 0, 0, 0, 0 },
};

START_TEST(test_request)
{
        const RequestCase *c = &requests[_i];
        WireRequest r;
        int result;

        wire_request_init(&r, c->verb, c->target, 9);
        r.value = c->value;
        r.expected = c->expected;
        r.limit_usec = c->limit_usec;
        r.size = c->size;
        result = wire_request_check(&r, sizeof(r));
        ck_assert_msg(result == c->result, "%s: %d, expected %d", c->name, result, c->result);
}
END_TEST

/* Every size but the right one, with bytes that would be a good request. */
START_TEST(test_request_size)
{
        WireRequest r[2];

        wire_request_init(&r[0], WIRE_HELLO, 0, 9);
        wire_request_init(&r[1], WIRE_HELLO, 0, 9);
        for (size_t size = 0; size <= sizeof(r); size++)
                ck_assert_int_eq(wire_request_check(r, size), size == sizeof(r[0]) ? 0 : -EBADMSG);
}
END_TEST

START_TEST(test_request_header)
{
        WireRequest r;

        wire_request_init(&r, WIRE_HELLO, 0, 9);
        r.magic++;
        ck_assert_int_eq(wire_request_check(&r, sizeof(r)), -EBADMSG);
        wire_request_init(&r, WIRE_HELLO, 0, 9);
        r.version++;
        ck_assert_int_eq(wire_request_check(&r, sizeof(r)), -ENOTSUP);
        r.verb = 4711; /* a version that is not ours is said first: nothing else can be read */
        ck_assert_int_eq(wire_request_check(&r, sizeof(r)), -ENOTSUP);
        memset(&r, 0xff, sizeof(r));
        ck_assert_int_eq(wire_request_check(&r, sizeof(r)), -EBADMSG);
}
END_TEST

START_TEST(test_reply_init)
{
        WireRequest q;
        WireReply r;

        wire_request_init(&q, WIRE_SET_KNOB, P, 0x1122334455667788);
        memset(&r, 0xff, sizeof(r));
        wire_reply_init(&r, &q, -ESTALE);
        ck_assert_uint_eq(r.magic, WIRE_MAGIC);
        ck_assert_uint_eq(r.version, WIRE_VERSION);
        ck_assert_uint_eq(r.verb, WIRE_SET_KNOB);
        ck_assert_uint_eq(r.target, P);
        ck_assert_uint_eq(r.id, 0x1122334455667788);
        ck_assert_int_eq(r.result, -ESTALE);
        ck_assert_uint_eq(r.reserved, 0);
        ck_assert_int_eq(r.value, KNOB_VALUE_NONE);
        ck_assert_int_eq(r.baseline, KNOB_VALUE_NONE);
        ck_assert_uint_eq(r.cpu_usec, 0);
        ck_assert_uint_eq(r.wall_usec, 0);
        ck_assert_int_eq(wire_reply_check(&r, sizeof(r)), 0);
}
END_TEST

typedef struct ReplyCase {
        const char *name;
        int checked;
        uint32_t magic, version, verb;
        int32_t result;
        uint32_t reserved;
} ReplyCase;

static const ReplyCase replies[] = {
        { "good", 0, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, 0, 0 },
        { "failed", 0, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, -ETIMEDOUT, 0 },
        { "largest errno", 0, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, -4095, 0 },
        { "to garbage", 0, WIRE_MAGIC, WIRE_VERSION, 4711, -EBADMSG, 0 },
        { "to a stranger", 0, WIRE_MAGIC, WIRE_VERSION, 4711, -ENOTSUP, 0 },
        { "to garbage above the rate", 0, WIRE_MAGIC, WIRE_VERSION, 0, -EAGAIN, 0 },
        { "good reply to garbage", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, _WIRE_VERB_MAX, 0, 0 },
        { "no verb", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, 0, 0, 0 },
        { "positive", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, 1, 0 },
        { "not an errno", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, -4096, 0 },
        { "least of all", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, INT32_MIN, 0 },
        { "reserved", -EBADMSG, WIRE_MAGIC, WIRE_VERSION, WIRE_COMPACT, 0, 1 },
        { "magic", -EBADMSG, WIRE_MAGIC + 1, WIRE_VERSION, WIRE_COMPACT, 0, 0 },
        { "version", -EBADMSG, WIRE_MAGIC, WIRE_VERSION + 1, WIRE_COMPACT, 0, 0 },
};

START_TEST(test_reply)
{
        const ReplyCase *c = &replies[_i];
        WireReply r = {
                .magic = c->magic,
                .version = c->version,
                .verb = c->verb,
                .result = c->result,
                .reserved = c->reserved,
        };

        ck_assert_msg(wire_reply_check(&r, sizeof(r)) == c->checked, "%s", c->name);
        ck_assert_int_eq(wire_reply_check(&r, sizeof(r) - 1), -EBADMSG);
        ck_assert_int_eq(wire_reply_check(&r, sizeof(r) + 1), -EBADMSG);
        ck_assert_int_eq(wire_reply_check(&r, 0), -EBADMSG);
}
END_TEST

START_TEST(test_source_path)
{
        const char *path = wire_source_path((WireSource)_i);

        ck_assert_ptr_nonnull(path);
        ck_assert_int_ne(path[0], '/');
        ck_assert_ptr_null(strstr(path, ".."));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("wire");

        tcase_add_loop_test(t, test_request, 0, ELEMENTSOF(requests));
        tcase_add_test(t, test_request_size);
        tcase_add_test(t, test_request_header);
        tcase_add_test(t, test_reply_init);
        tcase_add_loop_test(t, test_reply, 0, ELEMENTSOF(replies));
        tcase_add_loop_test(t, test_source_path, 0, _WIRE_SOURCE_MAX);
        suite_add_tcase(s, t);
}

TEST_MAIN("wire", build)
