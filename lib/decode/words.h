/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* words.h - a decoded message in plain words: what was asked for, whether the flags let the kernel do something about it, what it
 * means, and what to do, with the commands. Each function appends to b (strbuf_error() tells). No line breaks. */
#pragma once

#include "base/strbuf.h"
#include "decode/decode.h"

/* "order 4: 16 pages in one piece, 64 KiB" */
void words_asked(const Decoded *d, StrBuf *b);
/* "may reclaim and compact", "may neither wait nor compact: ..." */
void words_flags(const Decoded *d, StrBuf *b);
/* "dockerd (pid 3830513), in veth_alloc_queues of veth" */
void words_who(const Decoded *d, StrBuf *b);
/* What the class was seen from, or why it is not certain. */
void words_evidence(const Decoded *d, StrBuf *b);
void words_meaning(const Decoded *d, StrBuf *b);
/* One of the next steps, from 0; false: there are no more. ret_command: what to type, "" for a step without; both appended. */
bool words_step(const Decoded *d, unsigned i, StrBuf *ret_text, StrBuf *ret_command);
/* Bytes of a page: what the message says, else 4096. */
uint64_t decode_page_size(const Decoded *d);
