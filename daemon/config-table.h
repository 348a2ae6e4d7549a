/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-table.h - for daemon/config*.c only: the one table of options. Parsing, ranges, error
 * texts, printing a policy, `fragd --list-options` and the drift test against conf/ and man/ all
 * come from it.
 *
 * To add an option: a member of Policy (or Objective), its default in policy_init(), a row here, an
 * entry in conf/fragd.conf and in man/fragd.conf.5. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands in a configuration file, and the type of the member that it fills. */
typedef enum OptionKind {
        OPTION_GROUP,      /* { name = value; }: no member of its own */
        OPTION_POLICIES,   /* a group of policies, each of any name */
        OPTION_OBJECTIVES, /* a list of groups; Policy */
        OPTION_BASE,       /* the name of a policy to start from; Policy */
        OPTION_NAME,       /* the name of a policy; char[POLICY_NAME_MAX] */
        OPTION_USER,       /* a user's name or number; char * */
        OPTION_ADDRESS,    /* a numeric address and a port; char * */
        OPTION_TEXT,       /* one line for people; char[max + 1] */
        OPTION_FLAG,       /* true or false; bool */
        OPTION_COUNT,      /* a number from min to max; uint32_t */
        OPTION_DURATION,   /* text with a unit, min to max microseconds; usec_t */
        OPTION_PERCENT,    /* text with %, min to max permyriad; uint32_t */
        OPTION_SIZE,       /* "thp", or text with a unit, min to max bytes; uint64_t */
        OPTION_AMOUNT,     /* a percentage above 0%, or a size from min to max bytes; Amount */
        OPTION_RESERVE,    /* the same, or "auto"; Amount */
        OPTION_USE,        /* "user" or "kernel"; Use */
        OPTION_LEVERS,     /* a list of names; uint32_t, 1u << Lever */
        OPTION_PROCESSES,  /* a list of names of processes; NameList */
        _OPTION_KIND_MAX,
} OptionKind;

/* The struct that offset counts from. */
typedef enum OptionScope {
        SCOPE_CONFIG,
        SCOPE_POLICY,
        SCOPE_OBJECTIVE,
} OptionScope;

typedef struct Option {
        const char *path; /* "policies.NAME.hold.psi_cpu_some"; NAME: any policy, []: each group of
                             a list */
        OptionKind kind;
        OptionScope scope;
        size_t offset;
        uint64_t min, max;
        const char *fallback; /* what holds where it is not given; NULL: see policy_init() */
} Option;

#define OPTION_POLICY_PATH    "policies.NAME"
#define OPTION_OBJECTIVE_PATH "policies.NAME.objectives[]"
#define OPTION_PATH_MAX       128

/* In the order in which they are printed; members of a group stand together. */
const Option *option_table(size_t *ret_n);
/* NULL if there is none. */
const Option *option_find(const char *path);
/* The part of o's path below parent ("" for all), NULL where it is not below it. */
const char *option_below(const Option *o, const char *parent);
/* What might have been meant by an unknown `name` in `parent`: the most similar name there, or the
 * path of an option of exactly that name elsewhere; NULL if nothing comes near. */
const char *option_suggest(const char *parent, const char *name);
/* Whether somebody who wrote `a` may well have meant `b`. *best: the distance to beat, UINT_MAX at
 * first; lowered on true. */
bool option_similar(const char *a, const char *b, unsigned *best);
