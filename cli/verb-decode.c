/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>

#include "cli/color.h"
#include "cli/decoding.h"
#include "cli/text.h"
#include "decode/words.h"

#define LABEL_WIDTH 10

/* --- JSON --- */

/* Numbers below 0 are not known: null. */
static json_t *json_known(int64_t n)
{
        return n >= 0 ? json_integer(n) : json_null();
}

/* What the kernel says is ASCII but for names, and those were cleaned. */
static json_t *json_text(const char *text)
{
        return *text ? json_string(text) : json_null();
}

static json_t *json_gfp(const Decoded *m)
{
        char text[GFP_TEXT_MAX];

        if (m->gfp.from == GFP_FROM_NOTHING)
                return json_null();
        decode_gfp_text(m, text);
        return json_string(text);
}

static json_t *json_mask(const Decoded *m)
{
        char text[16];

        if (!m->gfp.have_mask)
                return json_null();
        snprintf(text, sizeof(text), "0x%x", m->gfp.mask);
        return json_string(text);
}

static json_t *json_zone(const MemZone *z)
{
        json_t *blocks = json_array();

        for (unsigned o = 0; blocks && z->have_blocks && o < z->n_orders; o++)
                (void)json_array_append_new(blocks, json_integer((json_int_t)z->blocks[o]));
        return json_pack("{s:i, s:s, s:o, s:o, s:o, s:o}", "node", z->node, "zone", z->name, "free_kb", json_known(z->have_free ? z->free : -1), "min_kb",
                json_known(z->have_free ? z->min : -1), "low_kb", json_known(z->have_free ? z->low : -1), "blocks", blocks);
}

static json_t *json_zones(const Decoded *m)
{
        json_t *zones = json_array();

        for (unsigned i = 0; zones && i < m->mem.n_zones; i++)
                (void)json_array_append_new(zones, json_zone(&m->mem.zones[i]));
        return zones;
}

/* A sentence of words.h. */
static json_t *json_words(const Decoded *m, void (*words)(const Decoded *, StrBuf *))
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        words(m, &b);
        return strbuf_error(&b) < 0 ? NULL : json_string(strbuf_text(&b));
}

static json_t *json_steps(const Decoded *m)
{
        json_t *steps = json_array();

        for (unsigned i = 0; steps; i++) {
                _cleanup_strbuf_ StrBuf text = { 0 }, command = { 0 };

                if (!words_step(m, i, &text, &command))
                        break;
                (void)json_array_append_new(steps, json_pack("{s:s, s:o}", "text", strbuf_text(&text), "command", json_text(strbuf_text(&command))));
        }
        return steps;
}

static json_t *json_group(const DecodingGroup *g)
{
        static const char *const from[] = { [GFP_FROM_NAMES] = "names", [GFP_FROM_KERNEL] = "kernel", [GFP_FROM_BITS] = "bits" };
        const Decoded *m = &g->first;
        const StackFrame *f = stack_caller(&m->stack);
        bool known = m->gfp.from != GFP_FROM_NOTHING;
        json_t *j, *who;

        j = json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", decode_kind_name(m->kind), "class", decode_class_name(m->class), "shown",
                m->shown, "order", json_known(m->order), "gfp", json_gfp(m), "gfp_mask", json_mask(m), "gfp_from",
                known ? json_string(from[m->gfp.from]) : json_null(), "may_compact", known ? json_boolean(gfp_may_compact(&m->gfp, m->order)) : json_null(),
                "may_reclaim", known ? json_boolean(gfp_may_reclaim(&m->gfp)) : json_null(), "comm", json_text(m->comm));
        who = json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "pid", json_known(m->pid), "caller", json_text(f ? f->function : ""), "module",
                json_text(stack_module(&m->stack)), "caller_class", decode_caller_name(stack_class(&m->stack)), "workqueue", json_text(m->stack.workqueue),
                "kernel", json_text(m->kernel), "device", json_text(m->device), "cache", json_text(m->cache), "cgroup", json_text(m->cgroup));
        if (!j || !who || json_object_update(j, who) < 0) {
                json_decref(j);
                j = NULL;
        }
        json_decref(who);
        return j;
}

static int print_json(const Cli *cli, const DecodingGroup *g)
{
        _cleanup_json_ json_t *j = json_group(g), *more = NULL;
        const Decoded *m = &g->first;

        more = json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:i, s:I, s:I, s:o, s:o, s:o, s:o}", "bytes", json_known(m->bytes), "pages", json_known(m->pages), "got",
                json_known(m->got), "total", json_known(m->total), "seconds", json_known(m->seconds), "cut", m->cut, "line", (int)MIN(m->line, (unsigned)INT32_MAX),
                "times", (json_int_t)g->times, "suppressed", (json_int_t)MIN(m->suppressed, (uint64_t)INT64_MAX), "zones", json_zones(m), "evidence",
                json_words(m, words_evidence), "meaning", json_words(m, words_meaning), "next", json_steps(m));
        if (!j || !more || json_object_update(j, more) < 0)
                return cli_oom();
        return cli_print_json(cli, j);
}

/* --- for people --- */

static void print_label(const Cli *cli, const char *label)
{
        printf("  %s%-*s%s", color_on(cli, TONE_DIM), LABEL_WIDTH, label, color_off(cli, TONE_DIM));
}

static void print_words(const Cli *cli, const char *label, const Decoded *m, void (*words)(const Decoded *, StrBuf *))
{
        _cleanup_strbuf_ StrBuf b = { 0 };

        words(m, &b);
        print_label(cli, label);
        text_wrap(stdout, strbuf_text(&b), cli->columns, LABEL_WIDTH + 2, LABEL_WIDTH + 2);
}

static Tone class_tone(DecodeClass c)
{
        return c == CLASS_FRAGMENTATION || c == CLASS_SHORTAGE || c == CLASS_COMPACTION ? TONE_BAD : TONE_WARN;
}

static void print_flags(const Cli *cli, const Decoded *m)
{
        char text[GFP_TEXT_MAX];

        if (!m->gfp.have_mask && m->gfp.from == GFP_FROM_NOTHING)
                return;
        print_words(cli, "flags", m, words_flags);
        if (m->gfp.from == GFP_FROM_NOTHING)
                return;
        decode_gfp_text(m, text);
        print_label(cli, "");
        printf("%s%s", color_on(cli, TONE_DIM), *text ? text : "none");
        if (m->gfp.unknown)
                printf("|0x%x", m->gfp.unknown);
        if (m->gfp.from == GFP_FROM_KERNEL)
                printf(" (0x%x in a kernel as old as this)", m->gfp.mask);
        if (m->gfp.from == GFP_FROM_BITS)
                printf(" (0x%x, which makes sense in one generation of kernels only)", m->gfp.mask);
        printf("%s\n", color_off(cli, TONE_DIM));
}

static void print_steps(const Cli *cli, const Decoded *m)
{
        for (unsigned i = 0;; i++) {
                _cleanup_strbuf_ StrBuf text = { 0 }, command = { 0 };

                if (!words_step(m, i, &text, &command))
                        return;
                print_label(cli, i == 0 ? "next" : "");
                text_wrap(stdout, strbuf_text(&text), cli->columns, LABEL_WIDTH + 2, LABEL_WIDTH + 2);
                if (command.size > 0)
                        printf("  %*s  %s%s%s\n", LABEL_WIDTH, "", color_on(cli, TONE_STRONG), strbuf_text(&command), color_off(cli, TONE_STRONG));
        }
}

static void print_title(const Cli *cli, const DecodingGroup *g)
{
        static const char *const titles[_DECODE_KIND_MAX] = {
                [DECODE_PAGE_ALLOCATION] = "page allocation failure",
                [DECODE_STALL] = "page allocation stalled",
                [DECODE_OOM] = "out-of-memory killer",
                [DECODE_SLAB] = "slab allocator without memory",
                [DECODE_VMALLOC] = "vmalloc failure",
                [DECODE_KMEM] = "possible deadlock for want of memory",
                [DECODE_HUNG_TASK] = "hung task",
                [DECODE_LOCKUP] = "soft lockup",
                [DECODE_HUGETLB] = "huge pages missing",
                [DECODE_CMA] = "CMA allocation failure",
                [DECODE_PFNS_BUSY] = "range of memory busy",
                [DECODE_SWIOTLB] = "bounce buffer full",
                [DECODE_TOO_LARGE] = "allocation too large",
                [DECODE_DRIVER] = "driver out of memory",
        };
        const Decoded *m = &g->first;

        printf("%s%s%s: %s%s%s", color_on(cli, TONE_STRONG), titles[m->kind], color_off(cli, TONE_STRONG), color_on(cli, class_tone(m->class)),
                decode_class_name(m->class), color_off(cli, class_tone(m->class)));
        if (!m->shown && m->class != CLASS_UNKNOWN)
                printf(", likely");
        printf(" %s(line %u", color_on(cli, TONE_DIM), m->line);
        if (g->times > 1)
                printf(", %" PRIu64 " times", g->times);
        if (m->suppressed > 0)
                printf(", %" PRIu64 " more that the kernel did not print", m->suppressed);
        printf(")%s\n", color_off(cli, TONE_DIM));
}

static void print_group(const Cli *cli, const DecodingGroup *g)
{
        const Decoded *m = &g->first;

        print_title(cli, g);
        print_words(cli, "asked", m, words_asked);
        print_words(cli, "by", m, words_who);
        print_flags(cli, m);
        print_words(cli, "seen from", m, words_evidence);
        print_words(cli, "meaning", m, words_meaning);
        print_steps(cli, m);
}

/* --- where from --- */

static int say_cannot(const char *what, int error)
{
        if (error == -ENOMEM)
                return cli_oom();
        cli_error("decode: cannot read %s: %s", what, strerror(-error));
        return error == -EACCES || error == -EPERM ? EXIT_PERMISSION : EXIT_FAILED;
}

static int read_journal(const Cli *cli, Decoding *d, const char *directory)
{
        uint64_t entries;
        int r;

        r = decoding_read_journal(d, directory, cli_has(cli, OPTION_SINCE) ? cli->since : 0, &entries);
        if (r < 0)
                return say_cannot(directory ? directory : "the journal", r);
        if (entries == 0) {
                cli_error("decode: %s: no kernel messages that you may read; as root, or in the group systemd-journal, there may be some",
                        directory ? directory : "the journal");
                return EXIT_PERMISSION;
        }
        return 0;
}

static int read_file(const Cli *cli, Decoding *d, const char *path)
{
        _cleanup_file_ FILE *f = NULL;
        struct stat st;
        int r;

        if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
                return read_journal(cli, d, path);
        if (cli_has(cli, OPTION_SINCE)) {
                cli_error("decode: --since is for the journal; %s has no times that could be trusted", path);
                return EXIT_USAGE;
        }
        f = fopen(path, "re");
        r = f ? decoding_read(d, f) : -errno;
        return r < 0 ? say_cannot(path, r) : 0;
}

static int read_any(const Cli *cli, Decoding *d, const char *path, const char **ret_name)
{
        bool in = path ? streq(path, "-") : !isatty(STDIN_FILENO) && !cli_has(cli, OPTION_SINCE);
        int r;

        *ret_name = in ? "standard input" : path ? path : "the journal";
        if (path && !in)
                return read_file(cli, d, path);
        if (!in)
                return read_journal(cli, d, NULL);
        r = decoding_read(d, stdin);
        return r < 0 ? say_cannot("standard input", r) : 0;
}

int verb_decode(const Cli *cli, char **args)
{
        KernelVersion version = { 0 };
        _cleanup_decoding_ Decoding d = { 0 };
        const char *name;
        int r;

        if (cli->kernel)
                version = kernel_version(cli->kernel, strlen(cli->kernel));
        if (decoding_init(&d, version) < 0)
                return cli_oom();
        r = read_any(cli, &d, args[0], &name);
        if (r != 0)
                return r;
        if (d.n == 0) {
                cli_error("decode: %s: no kernel message about memory in %" PRIu64 " line%s; expected one such as 'dockerd: page allocation failure: order:4, mode:0x40dc0(...)'",
                        name, d.lines, d.lines == 1 ? "" : "s");
                return EXIT_FAILED;
        }
        for (size_t i = 0; i < d.n; i++) {
                if (cli->json) {
                        r = print_json(cli, &d.groups[i]);
                        if (r != 0)
                                return r;
                        continue;
                }
                if (i > 0)
                        putchar('\n');
                print_group(cli, &d.groups[i]);
        }
        if (d.dropped > 0)
                cli_error("decode: %s: more than %d different messages; %" PRIu64 " are not shown", name, DECODING_GROUPS_MAX, d.dropped);
        return EXIT_OK;
}
