/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/hotplug.h"

#include "test.h"

/* Strings separated by "|", which stands for NUL; ended: whether the last one has its NUL too. */
static const struct {
        const char *message;
        bool ended, expected;
} uevents[] = {
        { "online@/devices/system/memory/memory32|ACTION=online|DEVPATH=/devices/system/memory/"
          "memory32|SUBSYSTEM=memory|SEQNUM=9",
                true, true },
        { "offline@/devices/system/memory/memory3|ACTION=offline|DEVPATH=/x|SUBSYSTEM=memory", true,
                true },
        { "add@/devices/system/memory/memory40|ACTION=add|SUBSYSTEM=memory", true, true },
        { "remove@/devices/system/memory/memory40|ACTION=remove|SUBSYSTEM=memory", true, true },
        { "add@/devices/system/node/node2|ACTION=add|SUBSYSTEM=node", true, true },
        { "remove@/devices/system/node/node2|SUBSYSTEM=node|ACTION=remove", true, true },
        { "change@/devices/system/node/node2|ACTION=change|SUBSYSTEM=node", true, false },
        { "add@/devices/system/cpu/cpu2|ACTION=add|SUBSYSTEM=cpu", true, false },
        { "add@/module/memory|ACTION=add|SUBSYSTEM=module", true, false },
        { "add@/x|ACTION=add|SUBSYSTEM=memory_tiering", true, false },
        { "add@/x|ACTION=add|XSUBSYSTEM=memory", true, false },
        { "add@/x|SUBSYSTEM=memory", true, false },
        { "add@/x|ACTION=add|SUBSYSTEM=", true, false },
        { "add@/x|ACTION=add|SUBSYSTEM=memory", false, false },
        { "libudev", true, false },
        { "", true, false },
        { "", false, false },
};

START_TEST(topology_is_memory_and_nodes)
{
        size_t size = strlen(uevents[_i].message) + uevents[_i].ended;
        char *message = malloc(size + 1); /* to the byte: the sanitizer sees who reads on */

        ck_assert_ptr_nonnull(message);
        memcpy(message, uevents[_i].message, size);
        for (size_t i = 0; i < size; i++)
                if (message[i] == '|')
                        message[i] = 0;
        message = realloc(message, MAX(size, (size_t)1));
        ck_assert_int_eq(uevent_is_topology(message, size), uevents[_i].expected);
        free(message);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("uevent");

        tcase_add_loop_test(t, topology_is_memory_and_nodes, 0, (int)ELEMENTSOF(uevents));
        suite_add_tcase(s, t);
}

TEST_MAIN("hotplug", build)
