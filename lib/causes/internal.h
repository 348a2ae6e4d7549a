/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* internal.h - what the files of lib/causes share: words. */
#pragma once

#include "base/macros.h"
#include "base/units.h"
#include "causes/cause.h"

#define SIZE(bytes) size_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, bytes)
#define SHARE(p)    percent_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, p)
#define TIME(t)     duration_format((char[UNIT_TEXT_MAX]){ 0 }, UNIT_TEXT_MAX, t)
/* As --size takes it: "2M". */
#define ARGUMENT(bytes) cause_size_argument((char[UNIT_TEXT_MAX]){ 0 }, bytes)
char *cause_size_argument(char buf[static UNIT_TEXT_MAX], uint64_t bytes);

_printf_(2, 3) void cause_say(Cause *c, const char *format, ...);
_printf_(2, 3) void cause_advise(Cause *c, const char *format, ...);

/* At most OTHERS_MAX. */
#define OTHERS_MAX 4
size_t others_find(const CauseFacts *f, Cause *ret);

/* part of whole, permyriad; 0 where one is not known. */
uint32_t cause_share(uint64_t part, uint64_t whole);
/* All memory, bytes; 0 not known. */
uint64_t cause_total(const Model *m);
/* UNKNOWN_U64 where the pages are not known, or too many. */
uint64_t cause_bytes(const Model *m, uint64_t pages);
