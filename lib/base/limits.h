/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* limits.h - every hard limit on something that comes from outside, in one place. */
#pragma once

/* The kernel's shape. Memory for these is only touched as far as the machine reaches. */
#define NODES_MAX          1024 /* MAX_NUMNODES is at most 1 << 10 (NODES_SHIFT) */
#define ZONES_PER_NODE_MAX 8    /* DMA DMA32 Normal HighMem Movable Device, and two of the future */
#define ORDERS_MAX         24   /* columns of buddyinfo: 11 on x86-64, 14 on arm64 64K */
#define ZONE_NAME_MAX      16   /* with the NUL; the kernel prints %8s */
#define MIGRATE_TYPES_MAX  12   /* columns of pagetypeinfo's block section */

/* CPUs whose events are counted: two counters each, hence twice as many open files. */
#define CPUS_MAX           1024

/* Slab caches of slabinfo (some 250 are usual), the longest name that is kept, and sizes of huge pages. */
#define SLAB_CACHES_MAX    4096
#define SLAB_NAME_MAX      48
#define HUGE_SIZES_MAX     16 /* x86-64 has 2, arm64 up to 4; multi-size THP up to 11 */

/* Texts read from /proc and /sys. zoneinfo is the largest: about 80 bytes for each CPU of each zone. */
#define SOURCE_SIZE_MAX    (16U * 1024 * 1024)

/* Policies; objectives of one, and of what is held besides (fragctl hold). */
#define POLICIES_MAX       32
#define POLICY_NAME_MAX    32
#define POLICY_OBJECTIVES_MAX 8
#define HOLDS_MAX          8
#define OBJECTIVES_MAX     (POLICY_OBJECTIVES_MAX + HOLDS_MAX)
#define HOLD_USEC_MAX      (24ULL * 3600 * 1000 * 1000)

/* Configuration files: bytes in one, drop-ins, errors collected before giving up. */
#define CONFIG_FILE_MAX    (64U * 1024)
#define CONFIG_FILES_MAX   64
#define CONFIG_ERRORS_MAX  64

/* Runs remembered for the hourly budget; a policy may not ask for more runs than this. */
#define BUDGET_RUNS_MAX    256

/* Decisions kept in memory for `fragctl log`, and at most twice as many in the state directory. */
#define DECISION_LOG_MAX   4096

/* Nodes whose levels are recorded (`fragctl history`): about 2 MiB each. */
#define RECORD_NODES_MAX   32

/* Others that set what fragd sets: entries kept, files looked at for them, and bytes of one. */
#define WRITERS_MAX        256
#define WRITER_FILES_MAX   2048
#define WRITER_FILE_MAX    (64U * 1024)

/* fragd --trace FILE, bytes: about 1 kB for each node and sample. */
#define TRACE_SIZE_MAX     (64U * 1024 * 1024)

/* Varlink sockets. */
#define VARLINK_MESSAGE_MAX  (64U * 1024)   /* one request */
#define VARLINK_REPLY_MAX    (16U * 1024 * 1024) /* bytes queued for one client; 1024 nodes give about 4 MiB */
#define VARLINK_CLIENTS_MAX  128
#define VARLINK_CLIENTS_PER_UID_MAX 32
#define VARLINK_IDLE_USEC    (60U * 1000 * 1000)

/* Metrics over HTTP: clients at one time, and how long one may stay for its one request. */
#define METRICS_CLIENTS_MAX  32
#define METRICS_CLIENT_USEC  (10U * 1000 * 1000)

/* The actor: requests accepted per second, knobs set and compactions begun per minute, compactions at one time. */
#define ACTOR_REQUESTS_PER_SEC_MAX 200
#define ACTOR_WRITES_PER_MIN_MAX   120
#define ACTOR_COMPACTIONS_PER_MIN_MAX 60
#define ACTOR_COMPACTIONS_MAX      16
/* While it holds a knob or compacts, fragd must be heard of: within the first of any other request, within what it says itself
 * (WIRE_LEASE), the second at most. */
#define ACTOR_LEASE_USEC     (60ULL * 1000 * 1000)
#define ACTOR_LEASE_USEC_MAX (24ULL * 3600 * 1000 * 1000)
/* Page cache dropped a minute; pools of huge pages grown and not yet kept; pages in one request. */
#define ACTOR_DROPS_PER_MIN_MAX    2
#define ACTOR_POOLS_MAX            256
#define POOL_GROW_MAX              (1 << 20)

/* Who waits in direct compaction: processes that are kept track of, the most that may be asked at one look, the longest name the
 * kernel has for a process (with the NUL), names that may be watched; names and entries of the ledger. */
#define TASKS_MAX          32768
#define TASKS_ASKED_MAX    4096
#define TASK_NAME_MAX      16
#define WATCHED_MAX        16
#define LEDGER_NAMES_MAX   64
#define LEDGER_ENTRIES_MAX 4096

/* Compaction runs that are traced: threads that compact at one time; processes that did between two looks; bytes of a CPU's ring
 * buffer, or a page where that is more. */
#define RUNS_OPEN_MAX      1024
#define RUN_SUMS_MAX       256
#define RUN_RING_SIZE      (16U * 1024)
