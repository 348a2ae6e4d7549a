/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* message-ids.h - MESSAGE_ID of each kind of journal entry, for `journalctl MESSAGE_ID=...` and the message catalog. Fixed for ever. */
#pragma once

/* fragd is up: the first sample was taken */
#define MESSAGE_ID_STARTED         "c97c4ec24b224467bb2229852ba630be"
/* fragd ends; says how many knobs were put back */
#define MESSAGE_ID_STOPPED         "b8e90f89db134258b3fb95711058eff0"
/* one error of a configuration that is not used */
#define MESSAGE_ID_CONFIG_REFUSED  "7c5b00543bd6455a8797b8f1f9c3c250"
/* the configuration was read again and is used */
#define MESSAGE_ID_CONFIG_RELOADED "876feb45748049ed92cf8ce0f3a46f1f"
/* another policy is followed from now on */
#define MESSAGE_ID_POLICY_CHANGED  "c3ed30b7956d42ac833bf3bfa6f5b4bf"
/* somebody asked for a policy through the admin socket; FRAGD_UID and FRAGD_PID say who */
#define MESSAGE_ID_POLICY_ASKED    "427dc02c55fe4fb4971febc2e55ffd7b"
/* a lever is pulled: compaction, or a window of proactive compaction */
#define MESSAGE_ID_ACTION_STARTED  "3054b65d0cdf493fac7f0fc9b3af39a1"
/* an action was cut short: by a limit, a pause or another policy */
#define MESSAGE_ID_ACTION_ENDED    "a88738e59c2645ecba04877b218c1078"
/* what an action gained and cost */
#define MESSAGE_ID_ACTION_MEASURED "41f886d5bd19494d86afe8369757b050"
/* the kernel or the actor refused an action */
#define MESSAGE_ID_ACTION_FAILED   "62d2e866bfc64c4da112130cac0d00f4"
/* the standing value of a knob was changed */
#define MESSAGE_ID_KNOB_SET        "1d39d8ced67242a697ceabf77aaaf07e"
/* a knob is back at its value before fragd */
#define MESSAGE_ID_KNOB_RESTORED   "fbda83edbf6c4b66b4cdb6885fa92b3b"
/* somebody else changed a knob that fragd managed; fragd keeps off it */
#define MESSAGE_ID_KNOB_YIELDED    "4842e03735cb4c0eb1c7845226655b5a"
/* whether an objective is met has changed */
#define MESSAGE_ID_VERDICT         "db569647f0244574971511601a3660b9"
/* an action would be due, but a guard holds */
#define MESSAGE_ID_HELD            "03999de82dbd4269ad663a7761fae698"
/* fragd was asked to do nothing */
#define MESSAGE_ID_PAUSED          "d91f2f2691ad4bb8a6646845eb713679"
/* fragd was asked to go on */
#define MESSAGE_ID_RESUMED         "16e29c2164354921b40dde3d36769eea"
/* somebody asked for what cannot be done */
#define MESSAGE_ID_REFUSED         "b4d04129402f4a9cb8ce29edd1308aa3"
/* somebody asked for blocks or huge pages to be made ready: what is done for it, and how it ended */
#define MESSAGE_ID_PREPARE         "d6150c18a7be48c3a2ed3878594c88ee"
/* blocks are kept ready for somebody for a while, or not any more, or that was refused */
#define MESSAGE_ID_HOLD            "bae3c4931f57446db6bfee36eba01429"
/* memory or nodes came or went */
#define MESSAGE_ID_TOPOLOGY        "9489b3baee104e73b2615074fe2c77cd"
/* fragd-actor has ended: fragd cannot act and exits */
#define MESSAGE_ID_ACTOR_LOST      "e1742baae4f045d9893ae4060493a7cd"
/* a source of facts went away or came back */
#define MESSAGE_ID_SOURCE          "85ae72ae1e5e40d78d9fa1274a708848"
/* history cannot be kept, or was damaged, or is kept again */
#define MESSAGE_ID_HISTORY         "d8b29b2ba124427ab1ee02c4f9198539"
/* fragd only watches; says why */
#define MESSAGE_ID_OBSERVING       "1fb177212bad47559f2542a75abc9322"
