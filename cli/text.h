/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* text.h - text on a terminal: cleaning, wrapping, and the short forms that tables use. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/units.h"
#include "cli/fragctl.h"

/* Replaces in place, by '?', what a terminal would obey rather than show: C0, DEL and C1 controls,
 * direction overrides, line separators. keep_lines: '\n' and '\t' stay. utf8 false: every byte
 * beyond ASCII, which may be a C1 control there. Returns text. */
char *text_clean(char *text, bool utf8, bool keep_lines);
/* The same for each string and name in j, which is changed; members that are null are dropped, for
 * they mean "missing". Line breaks stay only in members called "text". 0, -ENOMEM. */
int text_clean_json(json_t *j, bool utf8);

/* Columns that a cleaned text takes: one for each character. */
size_t text_width(const char *text);
/* Prints text broken at blanks so that no line is longer than columns (0: no limit); the first line
 * goes on after `used` columns, further lines start with `indent` blanks. Ends the last line. */
void text_wrap(FILE *out, const char *text, unsigned columns, unsigned indent, unsigned used);

/* 2097152 -> "2M", 1610612736 -> "1.5G": as in configuration files. "-" below 0, which is how
 * replies say unknown. */
const char *text_size(char buf[static UNIT_TEXT_MAX], int64_t bytes);
/* Bytes a second: "+1.2M/s", "-300K/s", "steady". */
const char *text_rate(char buf[static UNIT_TEXT_MAX], int64_t bytes_per_second);
/* The largest unit of a duration, seconds at least: "1h 30min" -> "1h". "-" below 0. */
const char *text_duration(char buf[static UNIT_TEXT_MAX], int64_t usec);
/* Both units, three digits below a minute: "1h 30min", "1.23s"; "-" below 0. */
const char *text_duration_long(char buf[static UNIT_TEXT_MAX], int64_t usec);
/* part of whole, rounded down: "99.91%"; "-" where whole is 0 or either unknown. */
const char *text_share(char buf[static UNIT_TEXT_MAX], int64_t part, int64_t whole);
/* The same for a glance: whole percents from 10% on, else one decimal; "<0.1%", "0%". */
const char *text_percent(char buf[static UNIT_TEXT_MAX], int64_t part, int64_t whole);
const char *text_permyriad(char buf[static UNIT_TEXT_MAX], int64_t permyriad);
/* 996 -> "0.996", as the kernel prints it. */
const char *text_permille(char buf[static UNIT_TEXT_MAX], int64_t permille);
/* "14:02:11", or "14:02" without seconds, local time; "-" where that cannot be. */
const char *text_time_of_day(char buf[static UNIT_TEXT_MAX], int64_t realtime_usec, bool seconds);
/* "2026-11-22 14:02:11", local time; "-" where that cannot be. */
const char *text_time(char buf[static UNIT_TEXT_MAX], int64_t realtime_usec);
