/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rule.h - one rule of advice: to whom it applies, what to do, why, who says so.
 *
 * A rule is about a program (software, version) or about the machine. It applies where the ranges have the versions found and all of
 * `where` holds; then it is followed where `set` says so or one of `when` does not hold, and else to be done. Every rule has a source
 * and a range of versions: what was right for one version has been wrong for the next. Strings are owned by the rule. */
#pragma once

#include "advice/software.h"

#define ADVICE_CONDITIONS_MAX 8
#define ADVICE_VALUES_MAX     4

typedef enum AdviceSubject {
        ADVICE_FILE,     /* a file below the root: its first line, a bracketed choice, or with key the value of that key */
        ADVICE_BOOT,     /* a boot parameter: name= or name in /proc/cmdline */
        ADVICE_ARGUMENT, /* text in the command line of the rule's program */
        ADVICE_FRAME,    /* the order of the block that the largest frame of a network interface takes in one piece */
} AdviceSubject;

typedef enum AdviceTest {
        ADVICE_IS,     /* one of values */
        ADVICE_IS_NOT, /* none of values */
        ADVICE_BELOW,
        ADVICE_ABOVE,
        ADVICE_THERE, /* the file, parameter or argument is there */
        ADVICE_MISSING,
} AdviceTest;

/* A number, or a share of the machine's memory. */
typedef struct AdviceAmount {
        bool share;
        uint64_t value; /* as in the file times unit; permyriad of the memory's bytes */
} AdviceAmount;

typedef struct AdviceCondition {
        AdviceSubject subject;
        char *name; /* path without the leading '/', parameter, argument; NULL for ADVICE_FRAME */
        char *key;  /* first word of the line meant; NULL */
        AdviceTest test;
        char *values[ADVICE_VALUES_MAX];
        unsigned n_values;
        AdviceAmount amount;
        uint64_t unit; /* bytes that 1 in the file stands for; 1 where it is no size */
} AdviceCondition;

typedef struct AdviceRule {
        char *id, *title, *why, *source, *date;
        char *command; /* NULL: a note, nothing is to be done */
        char *keep;    /* how it stays so after a reboot; NULL */
        bool note, first;
        const SoftwareKind *software; /* NULL: about the machine */
        VersionRange version;         /* of the software */
        VersionRange kernel;
        char *distribution; /* ID of os-release(5), or one of ID_LIKE; NULL: any */
        VersionRange release; /* VERSION_ID of the distribution */
        char *ranges;         /* the ranges as they were written, for people */
        AdviceCondition where[ADVICE_CONDITIONS_MAX], when[ADVICE_CONDITIONS_MAX];
        unsigned n_where, n_when;
        AdviceCondition set; /* ADVICE_IS of a file: values[0] is what command sets; name NULL: none */
        char *file;          /* where it stands */
        unsigned line;
} AdviceRule;

void advice_rule_done(AdviceRule *r);
/* What is missing or contradictory: "has no source, ...", as the end of "rule X ...". NULL: nothing. */
const char *advice_rule_problem(const AdviceRule *r);

/* "5%", "0.4%", "64G", "20". -EINVAL, -ERANGE; ret is untouched. */
int advice_amount_parse(const char *text, AdviceAmount *ret);
