/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fallback-store.h - what fragd has learned of this machine's fallbacks (model/fallback.h), kept across restarts in the file
 * `fallbacks` of the state directory.
 *
 *     file = "fragdfbk" version:u32 mark:u32 order:u32 n:u32 release:char[64] steps:u32[n][2] crc32:u32    in this machine's byte order
 *
 * It is replaced as a whole, without fsync: what a crash of the machine takes is an hour or a week of learning, and an event loop that
 * waits for a disk is worse. crc32 is of all before it. Counts of another kernel (release, order of pageblocks) are of no use:
 * they are refused. dir_fd: the state directory, borrowed. */
#pragma once

#include <stdbool.h>

#include "model/fallback.h"

#define KERNEL_RELEASE_MAX 64

/* Adds the steps that were kept. 0; -ENOENT: nothing is kept; -ESTALE: of another kernel; -EBADMSG: the file is damaged;
 * other negative errno. */
int fallback_store_load(int dir_fd, const char *release, unsigned order, Fallbacks *f);
/* 0 or negative errno; the file is then as before. */
int fallback_store_save(int dir_fd, const char *release, unsigned order, const Fallbacks *f);
/* Whether a file of that name in the state directory is from here. */
bool fallback_store_owns(const char *name);
