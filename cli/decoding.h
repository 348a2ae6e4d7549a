/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* decoding.h - kernel messages for `fragctl decode`: where they are read from, and the ones found, equal ones once. */
#pragma once

#include "cli/fragctl.h"
#include "decode/decode.h"

/* Different messages that are kept; what comes after is counted only. */
#define DECODING_GROUPS_MAX 256

typedef struct DecodingGroup {
        Decoded first;
        uint64_t times;
} DecodingGroup;

typedef struct Decoding {
        Decoder *decoder;
        DecodingGroup *groups;
        size_t n;
        uint64_t lines, dropped; /* read; messages that had no place */
        int error;               /* -ENOMEM */
} Decoding;

/* -ENOMEM. */
int decoding_init(Decoding *d, KernelVersion version);
void decoding_done(Decoding *d);
#define _cleanup_decoding_ _cleanup_(decoding_done)
void decoding_line(Decoding *d, const char *line, size_t size);
/* The same for a text of several lines. */
void decoding_text(Decoding *d, const char *text, size_t size);
void decoding_end(Decoding *d);

/* All of a stream; what stands beyond 16 KiB in a line is skipped. Negative errno. */
int decoding_read(Decoding *d, FILE *in);
/* Kernel messages of the journal: of a directory, or (NULL) this machine's: since then (realtime), or (0) since it was booted. Negative errno.
 * ret_entries: how many there were. */
int decoding_read_journal(Decoding *d, const char *directory, usec_t since, uint64_t *ret_entries);
