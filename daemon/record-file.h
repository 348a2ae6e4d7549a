/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record-file.h - a file of frames in the state directory, which is only ever appended to.
 *
 *     file  = "fragdrec" version:u32 mark:u32 frame...    in this machine's byte order
 *     frame = size:u32 crc32:u32 bytes                    crc32: of size and bytes
 *
 * Nothing is synced while fragd runs: what was appended survives its end in whatever way, and of a
 * crash of the machine as much as the kernel had written by itself. A frame that is cut off at the
 * end is dropped; whatever else is not as it should be makes the file be set aside as
 * NAME.damaged, in one line of the log, and its good frames stand in a new one. A file that is
 * full becomes NAME.old, and replaces the one before: so there are at most two, and never more
 * than twice frames_max frames. A file that cannot be written is told once, and what is to be
 * written waits (see record_file_flush()).
 *
 * Version 2 has more in each step of history than version 1, whose files are read, too, and then
 * written anew. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "daemon/journal.h"

#define RECORD_FRAME_MAX (128U * 1024)

typedef struct RecordFile {
        int dir_fd;       /* borrowed; -EBADF: nothing is kept */
        const char *name; /* "history.minutes" */
        size_t frames_max;
        const Journal *journal;
        int fd;
        uint64_t size; /* up to its last whole frame */
        size_t frames;
        StrBuf pending; /* frames that wait */
        size_t n_pending;
        bool renewing; /* it is NAME.new still */
        bool failing;  /* told */
} RecordFile;

#define RECORD_FILE_INIT                                                                           \
        {                                                                                          \
                .dir_fd = -EBADF, .fd = -EBADF                                                     \
        }

/* A frame that was read. 0; -EBADMSG: it is damaged; -ESTALE: it is of another kernel; other
 * negative errno ends the reading. */
typedef int (*RecordFileHandler)(const uint8_t *data, size_t size, void *userdata);

/* Reads NAME.old and NAME, in this order, and opens NAME for appending. Logs what is wrong. Returns
 * true where something was set aside or is of version 1: then all that is still known is to be added, flushed, and
 * record_file_renewed() called. */
bool record_file_open(RecordFile *f, int dir_fd, const char *name, size_t frames_max,
        const Journal *journal, RecordFileHandler handler, void *userdata);
void record_file_renewed(RecordFile *f);
void record_file_done(RecordFile *f);

/* A frame more, to be written by the next record_file_flush(). */
void record_file_add(RecordFile *f, const uint8_t *data, size_t size);
/* Writes what was added. 0; negative errno: nothing of it stands in the file, and it is forgotten:
 * to be added again. */
int record_file_flush(RecordFile *f);

/* Whether a file of that name in the state directory is from here. */
bool record_file_owns(const char *file, const char *name);
