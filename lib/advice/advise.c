/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/advise.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"
#include "base/units.h"

#define FILE_TEXT_MAX 16384
/* NET_SKB_PAD 64, Ethernet with a VLAN tag 18, struct skb_shared_info 320 on 64 bit. */
#define FRAME_EXTRA 402

/* What a condition comes to. */
typedef enum Answer {
        ANSWER_NO,
        ANSWER_YES,
        ANSWER_UNCLEAR,
} Answer;

const char *advice_state_name(AdviceState s)
{
        static const char *const names[_ADVICE_STATE_MAX] = { "not-here", "followed", "to-do", "unclear" };

        assert((unsigned)s < _ADVICE_STATE_MAX);
        return names[s];
}

unsigned advice_frame_order(uint64_t mtu, uint64_t page_size)
{
        unsigned order = 0;

        while (order < 20 && page_size << order < mtu + FRAME_EXTRA)
                order++;
        return order;
}

/* --- one condition --- */

/* "always [madvise] never" -> "madvise"; else the first line, in place. */
static char *first_value(char *text)
{
        char *open, *close;

        text[strcspn(text, "\n")] = 0;
        open = strchr(text, '[');
        close = open ? strchr(open, ']') : NULL;
        if (!close)
                return text;
        *close = 0;
        return open + 1;
}

/* The words behind "MemTotal:", in place; NULL: no such line. */
static char *value_of(char *text, const char *key)
{
        size_t n = strlen(key);

        for (char *line = text; *line;) {
                size_t size = strcspn(line, "\n");

                if (size > n && strncmp(line, key, n) == 0 && strchr(": \t=", line[n])) {
                        line[size] = 0;
                        return line + n + strspn(line + n, ": \t=");
                }
                line += size;
                line += *line == '\n';
        }
        return NULL;
}

/* What is read as the name of the thing: the last two parts of a path, or the last with its key. */
static const char *short_name(const AdviceCondition *c)
{
        const char *name = c->name;
        size_t slashes = 0;

        for (const char *p = c->name; *p; p++)
                slashes += *p == '/';
        for (; *name && slashes > 1; name++)
                slashes -= *name == '/';
        if (strncmp(c->name, "proc/sys/", 9) == 0 || c->key)
                name = strrchr(c->name, '/') ? strrchr(c->name, '/') + 1 : c->name;
        return name;
}

static void note(AdviceResult *r, const char *name, const char *key, const char *value)
{
        size_t used = strlen(r->now);

        snprintf(r->now + used, sizeof(r->now) - used, "%s%s%s%s is %s", used > 0 ? "; " : "", name, key ? " " : "",
                key ? key : "", value);
}

/* "12345 kB" -> bytes; other numbers as they are, times unit. -EINVAL. */
static int number_in(char *text, uint64_t unit, uint64_t *ret)
{
        size_t digits = strspn(text, "0123456789");
        bool kib = strncmp(text + digits, " kB", 3) == 0;
        uint64_t n;

        text[digits] = 0;
        if (number_parse(text, &n) < 0)
                return -EINVAL;
        if (kib)
                unit = 1024;
        *ret = n > UINT64_MAX / unit ? UINT64_MAX : n * unit;
        return 0;
}

static Answer compare(const AdviceCondition *c, const AdviceMachine *m, uint64_t value, AdviceResult *r)
{
        uint64_t limit = c->amount.value;

        if (c->amount.share && m->memory == 0) {
                snprintf(r->unclear, sizeof(r->unclear), "how much memory there is");
                return ANSWER_UNCLEAR;
        }
        if (c->amount.share)
                limit = m->memory / 10000 * c->amount.value;
        return (c->test == ADVICE_BELOW ? value < limit : value > limit) ? ANSWER_YES : ANSWER_NO;
}

static Answer ask_value(const AdviceCondition *c, const AdviceMachine *m, char *value, AdviceResult *r)
{
        char shown[UNIT_TEXT_MAX];
        bool is = false;
        uint64_t n;

        if (c->test == ADVICE_IS || c->test == ADVICE_IS_NOT) {
                for (unsigned i = 0; i < c->n_values; i++)
                        is = is || streq(value, c->values[i]);
                note(r, short_name(c), c->key, *value ? value : "empty");
                return is == (c->test == ADVICE_IS) ? ANSWER_YES : ANSWER_NO;
        }
        if (number_in(value, c->unit, &n) < 0) {
                snprintf(r->unclear, sizeof(r->unclear), "/%s: expected a number", c->name);
                return ANSWER_UNCLEAR;
        }
        if (c->unit > 1 || c->key)
                size_format(shown, sizeof(shown), n);
        else
                snprintf(shown, sizeof(shown), "%" PRIu64, n);
        note(r, short_name(c), c->key, shown);
        return compare(c, m, n, r);
}

static Answer ask_file(const AdviceCondition *c, const AdviceMachine *m, AdviceResult *r)
{
        char text[FILE_TEXT_MAX], *value;
        int n = m->read(m->userdata, c->name, text, sizeof(text));
        bool there = n >= 0;

        if (n < 0 && n != -ENOENT && n != -ENOTDIR && !((c->test == ADVICE_THERE || c->test == ADVICE_MISSING) && n == -EACCES)) {
                snprintf(r->unclear, sizeof(r->unclear), "/%s: %s", c->name,
                        n == -EACCES || n == -EPERM ? "only root can read it" : "it cannot be read");
                return ANSWER_UNCLEAR;
        }
        if (c->test == ADVICE_THERE || c->test == ADVICE_MISSING)
                return (there || n == -EACCES) == (c->test == ADVICE_THERE) ? ANSWER_YES : ANSWER_NO;
        if (!there)
                return ANSWER_NO;
        value = c->key ? value_of(text, c->key) : first_value(text);
        return value ? ask_value(c, m, value, r) : ANSWER_NO;
}

/* Whether word stands in the line by itself, or before a '='. */
static bool has_word(const char *line, const char *word)
{
        size_t n = strlen(word);

        for (const char *at = strstr(line, word); at; at = strstr(at + 1, word))
                if ((at == line || at[-1] == ' ') && (at[n] == 0 || at[n] == ' ' || at[n] == '='))
                        return true;
        return false;
}

static Answer ask(const AdviceCondition *c, const AdviceMachine *m, const Software *software, AdviceResult *r)
{
        bool there;

        switch (c->subject) {
        case ADVICE_FILE: return ask_file(c, m, r);
        case ADVICE_BOOT:
                there = has_word(m->cmdline, c->name);
                note(r, c->name, NULL, there ? "given at boot" : "not given at boot");
                break;
        case ADVICE_ARGUMENT:
                if (!software || !software->command) {
                        snprintf(r->unclear, sizeof(r->unclear), "the command line of the program, which does not run");
                        return ANSWER_UNCLEAR;
                }
                there = strstr(software->command, c->name);
                break;
        default:
                if (m->frame_order < 0)
                        return ANSWER_NO;
                snprintf(r->now, sizeof(r->now), "a frame of %s in one piece takes a block of order %d", m->frame_of, m->frame_order);
                return compare(c, m, (uint64_t)m->frame_order, r);
        }
        return there == (c->test == ADVICE_THERE) ? ANSWER_YES : ANSWER_NO;
}

static Answer ask_all(const AdviceCondition *conditions, unsigned n, const AdviceMachine *m, const Software *software,
        AdviceResult *r)
{
        Answer answer = ANSWER_YES;

        for (unsigned i = 0; i < n; i++)
                switch (ask(&conditions[i], m, software, r)) {
                case ANSWER_NO: return ANSWER_NO;
                case ANSWER_UNCLEAR: answer = ANSWER_UNCLEAR; break;
                default: break;
                }
        return answer;
}

/* --- a rule --- */

/* Whether id is one of the words of list. */
static bool is_like(const char *list, const char *id)
{
        return has_word(list, id);
}

static Answer in_range(const Version *v, const VersionRange *range, const char *what, AdviceResult *r)
{
        if (range->n == 0)
                return ANSWER_YES;
        if (v->n > 0)
                return version_in(v, range) ? ANSWER_YES : ANSWER_NO;
        snprintf(r->unclear, sizeof(r->unclear), "the version of %s", what);
        return ANSWER_UNCLEAR;
}

static Answer applies(const AdviceRule *rule, const Software *software, const AdviceMachine *m, AdviceResult *r)
{
        Answer kernel = in_range(&m->kernel, &rule->kernel, "the kernel", r), release = ANSWER_YES;

        if (rule->distribution) {
                if (!streq(m->distribution, rule->distribution) && !is_like(m->like, rule->distribution))
                        return ANSWER_NO;
                release = in_range(&m->release, &rule->release, "the distribution", r);
        }
        if (kernel == ANSWER_NO || release == ANSWER_NO)
                return ANSWER_NO;
        switch (ask_all(rule->where, rule->n_where, m, software, r)) {
        case ANSWER_NO: return ANSWER_NO;
        case ANSWER_UNCLEAR: return ANSWER_UNCLEAR;
        default: return MAX(kernel, release);
        }
}

/* Whether there is something to be done. A file that this kernel does not have needs nothing. */
static Answer needed(const AdviceRule *rule, const Software *software, const AdviceMachine *m, AdviceResult *r)
{
        Answer a;

        if (rule->note)
                return ANSWER_NO;
        if (rule->set.name) {
                AdviceCondition wrong = rule->set;

                wrong.test = ADVICE_IS_NOT;
                a = ask_file(&wrong, m, r);
                if (a != ANSWER_YES)
                        return a;
        }
        return ask_all(rule->when, rule->n_when, m, software, r);
}

void advise(const AdviceRule *rule, const Software *software, const AdviceMachine *m, AdviceResult *ret)
{
        AdviceResult r = { .rule = rule, .software = software, .state = ADVICE_NOT_HERE };
        Answer here = ANSWER_YES;

        if (software && software->version.n == 0)
                r.version_unknown = true;
        else if (software)
                here = in_range(&software->version, &rule->version, software->kind->title, &r);
        if (here == ANSWER_YES)
                here = applies(rule, software, m, &r);
        r.now[0] = 0; /* what made it apply is not what is wrong */
        if (here == ANSWER_YES)
                switch (needed(rule, software, m, &r)) {
                case ANSWER_YES: r.state = ADVICE_TO_DO; break;
                case ANSWER_NO: r.state = ADVICE_FOLLOWED; break;
                default: r.state = ADVICE_UNCLEAR; break;
                }
        else if (here == ANSWER_UNCLEAR)
                r.state = ADVICE_UNCLEAR;
        *ret = r;
}

bool advice_contradicts(const AdviceRule *a, const AdviceRule *b)
{
        if (!a->set.name || !b->set.name || !streq(a->set.name, b->set.name))
                return false;
        for (unsigned i = 0; i < a->set.n_values; i++)
                for (unsigned k = 0; k < b->set.n_values; k++)
                        if (streq(a->set.values[i], b->set.values[k]))
                                return false;
        return true;
}
