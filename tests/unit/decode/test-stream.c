/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes out when, and in which order: the decoder as the daemon uses it, line by line. */
#include "../test.h"

#include "decode/words.h"

static unsigned feed(Decoder *d, const char *line)
{
        unsigned n = 0;

        decoder_line(d, line, strlen(line));
        while (decoder_take(d))
                n++;
        return n;
}

#define FAILURE "a: page allocation failure: order:4, mode:0xcc0(GFP_KERNEL)"

START_TEST(test_one)
{
        _cleanup_decoder_ Decoder *d = NULL;
        const Decoded *m;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        ck_assert(!decoder_pending(d));
        ck_assert_uint_eq(feed(d, "usb 1-1: new device"), 0);
        ck_assert(!decoder_pending(d));
        ck_assert_uint_eq(feed(d, FAILURE), 0);
        ck_assert(decoder_pending(d));
        ck_assert_uint_eq(feed(d, "Call Trace:"), 0);
        ck_assert_uint_eq(feed(d, "f+0x1/0x2"), 0);
        decoder_end(d);
        m = decoder_take(d);
        ck_assert_ptr_nonnull(m);
        ck_assert_int_eq(m->order, 4);
        ck_assert_str_eq(stack_caller(&m->stack)->function, "f");
        ck_assert_ptr_null(decoder_take(d));
        ck_assert(!decoder_pending(d));
        decoder_end(d);
        ck_assert_ptr_null(decoder_take(d));
}
END_TEST

/* The next one ends it. */
START_TEST(test_next)
{
        _cleanup_decoder_ Decoder *d = NULL;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        ck_assert_uint_eq(feed(d, FAILURE), 0);
        ck_assert_uint_eq(feed(d, FAILURE), 1);
        ck_assert_uint_eq(feed(d, FAILURE), 1);
        decoder_end(d);
        ck_assert_ptr_nonnull(decoder_take(d));
        ck_assert_ptr_null(decoder_take(d));
}
END_TEST

/* More tasks at once than there are places: the oldest is given, none is lost. */
START_TEST(test_many_streams)
{
        _cleanup_decoder_ Decoder *d = NULL;
        unsigned n = 0;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        for (int i = 1; i <= 50; i++) {
                char line[128];

                snprintf(line, sizeof(line), "[    1.0][  T%d] " FAILURE, i);
                n += feed(d, line);
        }
        decoder_end(d);
        for (unsigned line = 0; n < 50; n++) {
                const Decoded *m = decoder_take(d);

                ck_assert_ptr_nonnull(m);
                ck_assert_uint_gt(m->line, line);
                line = m->line;
        }
        ck_assert_ptr_null(decoder_take(d));
}
END_TEST

/* A message that nothing follows for long is no longer waited for. */
START_TEST(test_age)
{
        _cleanup_decoder_ Decoder *d = NULL;
        unsigned n = 0;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        (void)feed(d, FAILURE);
        for (unsigned i = 0; i <= DECODE_LINES_MAX; i++)
                n += feed(d, "usb 1-1: new device");
        ck_assert_uint_eq(n, 1);
        ck_assert(!decoder_pending(d));
}
END_TEST

START_TEST(test_hung_elsewhere)
{
        _cleanup_decoder_ Decoder *d = NULL;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        (void)feed(d, "INFO: task postgres:7 blocked for more than 122 seconds.");
        (void)feed(d, "Call Trace:");
        (void)feed(d, "rwsem_down_read+0x1/0x2");
        decoder_end(d);
        ck_assert_ptr_null(decoder_take(d));
        (void)feed(d, "INFO: task postgres:7 blocked for more than 122 seconds.");
        (void)feed(d, "Call Trace:");
        (void)feed(d, "__alloc_pages_direct_compact+0x1/0x2");
        decoder_end(d);
        ck_assert_ptr_nonnull(decoder_take(d));
}
END_TEST

START_TEST(test_same)
{
        _cleanup_decoder_ Decoder *d = NULL;
        static Decoded a, b;

        ck_assert_int_eq(decoder_new(&d, (KernelVersion){ 0 }), 0);
        (void)feed(d, FAILURE);
        decoder_end(d);
        a = *decoder_take(d);
        (void)feed(d, "[9.9] " FAILURE);
        decoder_end(d);
        b = *decoder_take(d);
        ck_assert(decode_same(&a, &b));
        b.order = 5;
        ck_assert(!decode_same(&a, &b));
}
END_TEST

/* Each class has words, and steps that come to an end. */
START_TEST(test_words)
{
        static Decoded m;

        for (int shown = 0; shown <= 1; shown++)
                for (DecodeKind k = 0; k < _DECODE_KIND_MAX; k++) {
                        _cleanup_strbuf_ StrBuf b = { 0 };
                        unsigned i = 0;

                        m = (Decoded){ .kind = k, .class = (DecodeClass)_i, .shown = shown, .order = -1, .bytes = -1, .pages = -1, .got = -1, .total = -1,
                                .seconds = -1, .pid = -1, .free_kb = -1 };
                        words_asked(&m, &b);
                        words_flags(&m, &b);
                        words_who(&m, &b);
                        words_evidence(&m, &b);
                        words_meaning(&m, &b);
                        while (words_step(&m, i, &b, &b))
                                i++;
                        ck_assert_uint_ge(i, 1);
                        ck_assert_uint_lt(i, 10);
                        ck_assert_int_eq(strbuf_error(&b), 0);
                        ck_assert_ptr_null(strstr(strbuf_text(&b), "(null)"));
                        ck_assert_ptr_null(strchr(strbuf_text(&b), '\n'));
                        ck_assert_ptr_nonnull(decode_kind_name(k));
                }
        ck_assert_ptr_nonnull(decode_class_name((DecodeClass)_i));
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("stream");

        tcase_add_test(t, test_one);
        tcase_add_test(t, test_next);
        tcase_add_test(t, test_many_streams);
        tcase_add_test(t, test_age);
        tcase_add_test(t, test_hung_elsewhere);
        tcase_add_test(t, test_same);
        tcase_add_loop_test(t, test_words, 0, _DECODE_CLASS_MAX);
        suite_add_tcase(s, t);
}

TEST_MAIN("decode/stream", build)
