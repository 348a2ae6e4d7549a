/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fuzz-decode.c - any text is decoded to something sound, or to nothing; a single page is never called fragmented; and the same text gives
 * the same again. */
#include <stdio.h>

#include "decode/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good, const char *what)
{
        if (good)
                return;
        fprintf(stderr, "fuzz-decode: %s\n", what);
        abort();
}

static bool ends(const char *text, size_t size)
{
        return memchr(text, 0, size) != NULL;
}

static void look_at(const Decoded *m, StrBuf *b)
{
        char gfp[GFP_TEXT_MAX];

        require(m->kind < _DECODE_KIND_MAX && m->class < _DECODE_CLASS_MAX, "no such kind or class");
        require(m->order >= -1 && m->order < 64, "no such order");
        require(m->order != 0 || m->class != CLASS_FRAGMENTATION, "a single page called fragmented");
        require(m->bytes >= -1 && m->pages >= -1 && m->got >= -1 && m->total >= -1 && m->seconds >= -1 && m->pid >= -1, "a number below \"not said\"");
        require(ends(m->comm, sizeof(m->comm)) && ends(m->kernel, sizeof(m->kernel)) && ends(m->device, sizeof(m->device)) && ends(m->cache, sizeof(m->cache)) &&
                        ends(m->area, sizeof(m->area)) && ends(m->cgroup, sizeof(m->cgroup)) && ends(m->gfp_names, sizeof(m->gfp_names)),
                "a text without an end");
        require(m->mem.n_zones <= MEM_ZONES_MAX && m->stack.n <= STACK_FRAMES_MAX, "more than there may be");
        require(m->line >= 1, "no line");
        decode_gfp_text(m, gfp);
        strbuf_printf(b, "%s %s %d %s %s %d ", decode_kind_name(m->kind), decode_class_name(m->class), m->order, gfp, m->comm, m->shown);
        words_asked(m, b);
        words_flags(m, b);
        words_who(m, b);
        words_evidence(m, b);
        words_meaning(m, b);
        for (unsigned i = 0; words_step(m, i, b, b); i++)
                require(i < 10, "steps without an end");
}

static void decode_all(const char *text, size_t size, StrBuf *b)
{
        const char *end = text + size;
        const Decoded *m;
        Decoder *d;

        require(decoder_new(&d, (KernelVersion){ 0 }) == 0, "out of memory");
        while (text < end) {
                const char *nl = memchr(text, '\n', (size_t)(end - text));

                decoder_line(d, text, (size_t)((nl ? nl : end) - text));
                while ((m = decoder_take(d)))
                        look_at(m, b);
                text = nl ? nl + 1 : end;
        }
        decoder_end(d);
        while ((m = decoder_take(d)))
                look_at(m, b);
        require(!decoder_pending(d), "something is left at the end");
        (void)decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        StrBuf once = { 0 }, again = { 0 };

        decode_all((const char *)data, size, &once);
        decode_all((const char *)data, size, &again);
        require(strbuf_error(&once) == 0 && strcmp(strbuf_text(&once), strbuf_text(&again)) == 0, "another result the second time");
        for (const char *c = strbuf_text(&once); *c; c++)
                require((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f, "what a terminal would obey");
        strbuf_done(&once);
        strbuf_done(&again);
        return 0;
}
