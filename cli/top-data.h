/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* top-data.h - what `top` shows: the last status, the course of the last 10 minutes, the last
 * decisions. Built from replies, read by top-view.c; neither waits for anything nor draws.
 *
 * Functions that take a reply return 0 or the exit code, having said why (fragctl.h); what was
 * there stays then. Times are microseconds: realtime where said, else monotonic. */
#pragma once

#include "base/limits.h"
#include "cli/reply.h"

#define TOP_SLOT_USEC (10 * USEC_PER_SEC)
#define TOP_SLOTS     60U /* 10 minutes */
#define TOP_LOG_MAX   100U

/* What a slot of 10 seconds saw, by its number since 1970. */
typedef struct TopSlot {
        uint64_t number; /* 0: nothing */
        int64_t least;   /* bytes */
        bool missed;
} TopSlot;

/* Of one objective of one node. The slot `number` stands at number % TOP_SLOTS. */
typedef struct TopCourse {
        json_int_t node, objective;
        TopSlot slots[TOP_SLOTS];
        uint64_t last;      /* the slot of the last sample; 0: none since the connection began */
        int64_t last_value; /* its value */
        bool last_missed;
} TopCourse;

typedef struct TopOrder {
        json_int_t size;        /* bytes of a block; 0: none */
        json_int_t allocatable; /* bytes */
        json_int_t unusable;    /* permille of the free memory */
} TopOrder;

/* A line of the heat map: a zone, or all zones of a node. */
typedef struct TopHeat {
        char name[ZONE_NAME_MAX];
        json_int_t free_bytes;
        unsigned n_orders;
        TopOrder orders[ORDERS_MAX];
} TopHeat;

typedef struct TopNode {
        NodeReply n;
        ObjectiveReply objectives[OBJECTIVES_MAX];
        unsigned n_objectives, n_missed;
        TopHeat heat, zones[ZONES_PER_NODE_MAX];
        unsigned n_zones;
} TopNode;

typedef struct TopEntry {
        json_int_t realtime;
        char *sentence;
} TopEntry;

typedef struct TopData {
        json_t *reply; /* the last status; nodes and s borrow from it */
        StatusReply s;
        usec_t received;
        TopNode *nodes;
        size_t n_nodes;
        unsigned n_objectives, n_missed; /* those that apply */
        TopCourse *courses;
        size_t n_courses;
        TopEntry log[TOP_LOG_MAX]; /* newest first */
        size_t n_log;
        bool lost;      /* no connection */
        usec_t lost_at; /* since when */
        char lost_why[256];
} TopData;

/* Takes the reply of GetStatus. */
int top_data_status(TopData *d, json_t *reply, usec_t now);
/* Each entry of a reply of GetLog. */
int top_data_log(TopData *d, json_t *reply);
/* Each step of a reply of GetHistory. */
int top_data_history(TopData *d, json_t *reply);
/* The connection is new or gone: what is known of the past stays, what comes is no continuation. */
void top_data_break(TopData *d);
/* Before a reply of GetLog that has all there is. */
void top_data_forget_log(TopData *d);
void top_data_done(TopData *d);
/* NULL: nothing is known of it. */
const TopCourse *top_course(const TopData *d, json_int_t node, json_int_t objective);
/* Applies and is not met. */
bool top_missed(const ObjectiveReply *o);
