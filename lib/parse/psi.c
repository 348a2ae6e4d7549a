/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "parse/psi.h"

#include "base/macros.h"
#include "parse/text.h"

/* "4.06" or "100.00" -> 406, 10000: the kernel prints two decimals ("%lu.%02lu"). The whole of t
 * must be that. */
static bool psi_average(Text *t, uint32_t *ret)
{
        uint64_t whole, hundredths;

        if (t->p == t->end || *t->p == ' ' || !text_number(t, ".", &whole) || whole > 100)
                return false;
        if (!TEXT_TAKE(t, ".") || t->end - t->p != 2 || !text_number(t, "", &hundredths) ||
                t->p != t->end)
                return false;
        if (whole * 100 + hundredths > 10000)
                return false;
        *ret = (uint32_t)(whole * 100 + hundredths);
        return true;
}

static bool psi_total(Text *t, uint64_t *ret)
{
        return text_number(t, "", ret) && t->p == t->end;
}

enum {
        PSI_AVG10 = 1 << 0,
        PSI_AVG60 = 1 << 1,
        PSI_AVG300 = 1 << 2,
        PSI_TOTAL = 1 << 3,
        PSI_ALL = PSI_AVG10 | PSI_AVG60 | PSI_AVG300 | PSI_TOTAL,
};

/* One "key=value" of a line. 0 for a key of the future, -1 for a known key with a wrong value. */
static int psi_take_key(Text *word, PsiLine *line)
{
        if (TEXT_TAKE(word, "avg10="))
                return psi_average(word, &line->avg10) ? PSI_AVG10 : -1;
        if (TEXT_TAKE(word, "avg60="))
                return psi_average(word, &line->avg60) ? PSI_AVG60 : -1;
        if (TEXT_TAKE(word, "avg300="))
                return psi_average(word, &line->avg300) ? PSI_AVG300 : -1;
        if (TEXT_TAKE(word, "total="))
                return psi_total(word, &line->total) ? PSI_TOTAL : -1;
        return 0;
}

static const char *psi_take_line(Text *t, PsiLine *ret, unsigned *skipped)
{
        PsiLine line = { 0 };
        int have = 0;
        Text word;

        while (text_word(t, &word)) {
                int key = psi_take_key(&word, &line);

                if (key < 0)
                        return "an average from 0.00 to 100.00 or a total in microseconds";
                if (key == 0)
                        (*skipped)++;
                if (have & key)
                        return "each value of a line once";
                have |= key;
        }
        if (have != PSI_ALL)
                return "avg10=, avg60=, avg300= and total=";
        *ret = line;
        return NULL;
}

static int psi_parse_lines(Psi *p, const char *text, size_t size, ParseError *ret_error)
{
        Text t = text_init(text, size), line, word;
        bool truncated = false, have_some = false;

        while (text_line(&t, &line, &truncated)) {
                const char *expected = NULL;
                bool named = text_word(&line, &word);

                if (named && TEXT_EQUAL(&word, "some")) {
                        expected = have_some ? "\"some\" once"
                                             : psi_take_line(&line, &p->some, &p->skipped);
                        have_some = true;
                } else if (named && TEXT_EQUAL(&word, "full")) {
                        expected = p->have_full ? "\"full\" once"
                                                : psi_take_line(&line, &p->full, &p->skipped);
                        p->have_full = true;
                } else {
                        p->skipped++;
                }
                if (expected)
                        return parse_fail(ret_error, t.line, expected);
        }
        if (truncated)
                return parse_fail(ret_error, t.line, TEXT_TRUNCATED);
        if (!have_some)
                return parse_fail(ret_error, t.line, "a \"some\" line");
        return 0;
}

int psi_parse(Psi *p, const char *text, size_t size, ParseError *ret_error)
{
        int r;

        *p = (Psi){ 0 };
        r = psi_parse_lines(p, text, size, ret_error);
        if (r < 0)
                *p = (Psi){ 0 };
        return r;
}
