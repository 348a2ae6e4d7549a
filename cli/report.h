/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report.h - a report: what fragd knows, asked once, and the page that is made of it.
 *
 * Functions that return `int` say why on standard error and return the exit code, unless noted.
 * Texts are borrowed from the replies. */
#pragma once

#include <jansson.h>

#include "base/strbuf.h"
#include "base/units.h"
#include "cli/report-facts.h"
#include "cli/reply.h"

typedef struct Report {
        const char *host; /* NULL: not told */
        const char *zone; /* of time: "UTC", "CET" */
        json_int_t from, to; /* realtime: what the pictures show; to is when it was asked */
        json_t *status, *zones, *explanations, *knobs, *log; /* the replies, owned */
        json_t *steps;                                       /* of history, all replies' */
        StatusReply now;
        Facts facts;
} Report;

/* What fragd did, from its log: one entry. */
typedef struct ReportEntry {
        json_int_t realtime, node /* REPLY_UNKNOWN: all */, action;
        const char *sentence, *lever, *act;
        int would;
        ResultReply result;
} ReportEntry;

/* What the actions of a lever brought. */
typedef struct ReportWork {
        unsigned actions, helped;
        json_int_t gain, cost;
} ReportWork;

/* since: realtime, 0 for as long as fragd remembers. Shows progress where that takes long. */
int report_fetch(Report *ret, const Cli *cli, usec_t since);
void report_done(Report *r);
/* The whole page into b. */
int report_page(const Report *r, StrBuf *b);

int report_entry(json_t *item, ReportEntry *ret);
/* Sums of all results; lever NULL: of every lever. */
int report_work(const Report *r, const char *lever, ReportWork *ret);
/* Whether this is the result of an action. */
bool report_is_result(const ReportEntry *e);

/* The sections, in this order. */
int report_summary(const Report *r, StrBuf *b);
int report_now(const Report *r, StrBuf *b);
int report_advice(const Report *r, StrBuf *b);
int report_levels(const Report *r, StrBuf *b);
int report_orders(const Report *r, StrBuf *b);
int report_work_section(const Report *r, StrBuf *b);
int report_decisions(const Report *r, StrBuf *b);
int report_knobs(const Report *r, StrBuf *b);
int report_machine(const Report *r, StrBuf *b);

/* "1.5 GiB", "-" below 0; "node 0"; what is wanted, "2 MiB blocks for user memory". */
const char *report_size(char buf[static UNIT_TEXT_MAX], json_int_t bytes);
/* For each objective of each node that is of use there; stops where f does not return 0. */
int report_each_objective(const Report *r,
        int (*f)(const NodeReply *n, const ObjectiveReply *o, void *userdata), void *userdata);
