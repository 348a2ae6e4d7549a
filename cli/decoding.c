/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/decoding.h"

#define LINE_MAX_SIZE (16U * 1024)

int decoding_init(Decoding *d, KernelVersion version)
{
        *d = (Decoding){ 0 };
        return decoder_new(&d->decoder, version);
}

void decoding_done(Decoding *d)
{
        d->decoder = decoder_free(d->decoder);
        free(TAKE_PTR(d->groups));
}

static void keep(Decoding *d, const Decoded *m)
{
        for (size_t i = 0; i < d->n; i++)
                if (decode_same(&d->groups[i].first, m)) {
                        d->groups[i].times++;
                        d->groups[i].first.suppressed += m->suppressed;
                        return;
                }
        if (d->n == DECODING_GROUPS_MAX) {
                d->dropped++;
                return;
        }
        /* doubled: one is some 20 KiB */
        if ((d->n & (d->n - 1)) == 0) {
                DecodingGroup *more = reallocarray(d->groups, MAX(d->n * 2, (size_t)1), sizeof(*more));

                if (!more) {
                        d->error = -ENOMEM;
                        return;
                }
                d->groups = more;
        }
        d->groups[d->n++] = (DecodingGroup){ *m, 1 };
}

static void keep_all(Decoding *d)
{
        const Decoded *m;

        while ((m = decoder_take(d->decoder)))
                keep(d, m);
}

void decoding_line(Decoding *d, const char *line, size_t size)
{
        d->lines++;
        decoder_line(d->decoder, line, size);
        keep_all(d);
}

void decoding_text(Decoding *d, const char *text, size_t size)
{
        const char *end = text + size, *line;
        size_t n;

        while (decode_next_line(&text, end, &line, &n))
                decoding_line(d, line, n);
}

void decoding_end(Decoding *d)
{
        decoder_end(d->decoder);
        keep_all(d);
}

int decoding_read(Decoding *d, FILE *in)
{
        _cleanup_free_ char *line = malloc(LINE_MAX_SIZE);
        size_t n = 0;
        int c;

        if (!line)
                return -ENOMEM;
        errno = 0;
        while ((c = getc_unlocked(in)) != EOF) {
                if (c == '\n') {
                        decoding_line(d, line, n);
                        n = 0;
                } else if (n < LINE_MAX_SIZE) {
                        line[n++] = (char)c;
                }
        }
        if (ferror(in))
                return errno > 0 ? -errno : -EIO;
        if (n > 0)
                decoding_line(d, line, n);
        decoding_end(d);
        return d->error;
}
