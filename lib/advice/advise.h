/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* advise.h - which rules apply to a machine, and whether they are followed. Pure: the machine is asked through a function. */
#pragma once

#include "advice/rule.h"

#define ADVICE_TEXT_MAX 256

typedef struct AdviceMachine {
        Version kernel; /* n 0: not known */
        char distribution[64], like[128]; /* ID, ID_LIKE; "" */
        Version release;                  /* VERSION_ID */
        uint64_t memory;                  /* bytes; 0: not known */
        char cmdline[4096];
        int frame_order;   /* -1: no interface is known */
        char frame_of[96]; /* "eth0, MTU 9000" */
        SoftwareList software;
        /* The text of a file below the root, NUL-terminated, cut at size: its length, or negative errno. */
        int (*read)(void *userdata, const char *path, char *buf, size_t size);
        void *userdata;
} AdviceMachine;

typedef enum AdviceState {
        ADVICE_NOT_HERE, /* does not apply */
        ADVICE_FOLLOWED,
        ADVICE_TO_DO,
        ADVICE_UNCLEAR, /* something that it depends on cannot be read: see unclear */
        _ADVICE_STATE_MAX,
} AdviceState;
const char *advice_state_name(AdviceState s); /* "not-here", "followed", "to-do", "unclear" */

typedef struct AdviceResult {
        const AdviceRule *rule;
        const Software *software; /* NULL: about the machine */
        AdviceState state;        /* if the version is in the range, where that is not known */
        bool version_unknown;     /* the rule is one of several branches */
        char now[ADVICE_TEXT_MAX];     /* what stands now, for people: "transparent_hugepage/enabled is always"; "" */
        char unclear[ADVICE_TEXT_MAX]; /* what could not be read, and why */
} AdviceResult;

/* One rule for one program of its kind, or, software NULL, for the machine. */
void advise(const AdviceRule *rule, const Software *software, const AdviceMachine *m, AdviceResult *ret);

/* Whether the two set the same file to values of which neither is right for the other. */
bool advice_contradicts(const AdviceRule *a, const AdviceRule *b);

/* The order of the smallest block of pages of page_size that a frame of an interface with this MTU fits in one piece, as
 * __alloc_skb() asks for it: link header, headroom and struct skb_shared_info come on top (include/linux/skbuff.h). */
unsigned advice_frame_order(uint64_t mtu, uint64_t page_size);
