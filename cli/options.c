/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/options.h"

#include <getopt.h>

#include "base/limits.h"
#include "base/units.h"
#include "cli/color.h"
#include "cli/suggest.h"
#include "decode/gfp.h"

typedef struct OptionInfo {
        const char *name;
        char letter;          /* 0: none */
        const char *argument; /* NULL: takes none */
        const char *help;
} OptionInfo;

static const OptionInfo infos[_OPTION_MAX] = {
        [OPTION_JSON] = { "json", 0, NULL, "print fragd's reply as JSON" },
        [OPTION_RUNTIME_DIR] = { "runtime-dir", 0, "DIR",
                "where fragd's sockets are (/run/fragd)" },
        [OPTION_COLOR] = { "color", 0, "WHEN", "auto, always or never" },
        [OPTION_HELP] = { "help", 'h', NULL, "this text; after a verb: about that verb" },
        [OPTION_VERSION] = { "version", 0, NULL, "the version of fragctl" },
        [OPTION_WATCH] = { "watch", 'w', NULL, "go on, and show each change" },
        [OPTION_FOR] = { "for", 0, "DURATION",
                "only for so long: 20s, 2h; advise: a program, mongodb=8" },
        [OPTION_NODE] = { "node", 0, "N", "only this memory node" },
        [OPTION_ORDER] = { "order", 0, "N", "only blocks of 2^N pages" },
        [OPTION_SIZE] = { "size", 0, "SIZE",
                "only blocks of this size: 2M, or thp for a huge page" },
        [OPTION_RUNTIME] = { "runtime", 0, NULL, "only until fragd is restarted" },
        [OPTION_UNTIL] = { "until", 0, "WHEN",
                "up to then: 14:05; compact: so many blocks, 2M:64" },
        [OPTION_SINCE] = { "since", 0, "WHEN",
                "from then on: 2h (ago), 14:02, \"2026-11-22 14:02\"" },
        [OPTION_FOLLOW] = { "follow", 'f', NULL, "go on, and print what is decided" },
        [OPTION_LINES] = { "lines", 'n', "N", "only the last N" },
        [OPTION_STEP] = { "step", 0, "DURATION", "a row for each such time: 1min, 1h" },
        [OPTION_CSV] = { "csv", 0, NULL, "print comma-separated values" },
        [OPTION_COUNT] = { "count", 0, "N", "so many blocks" },
        [OPTION_INTERLEAVE] = { "interleave", 0, NULL, "an even part on each node" },
        [OPTION_TIMEOUT] = { "timeout", 0, "DURATION", "give up after that (60s)" },
        [OPTION_HUGETLB] = { "hugetlb", 0, NULL, "add them to the pool of huge pages" },
        [OPTION_ALLOW_DROP_CACHES] = { "allow-drop-caches", 0, NULL,
                "drop the page cache if it must be" },
        [OPTION_KEEP_PARTIAL] = { "keep-partial", 0, NULL,
                "less than all of them is welcome, too" },
        [OPTION_OUTPUT] = { "output", 'o', "FILE", "write there; -: standard output" },
        [OPTION_FORCE] = { "force", 0, NULL, "census: even so; report: replace a file" },
        [OPTION_BUNDLE] = { "bundle", 0, NULL, "an archive for a bug report" },
        [OPTION_LIST] = { "list", 0, NULL,
                "report: what --bundle would hold; advise: all rules" },
        [OPTION_ROOT] = { "root", 0, "DIR", "look at a machine that is a directory" },
        [OPTION_RULES] = { "rules", 0, "DIR", "rules from there, not the installed ones" },
        [OPTION_WINDOW] = { "window", 0, "DURATION", "of the last so much time: 10min, 2h" },
        [OPTION_KERNEL] = { "kernel", 0, "VERSION", "the kernel that wrote it: 3.10" },
        [OPTION_RELEASE] = { "release", 0, "N", "end the hold of that number before its time" },
};

const uint64_t options_global = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_RUNTIME_DIR) |
                                OPTION_BIT(OPTION_COLOR) | OPTION_BIT(OPTION_HELP) |
                                OPTION_BIT(OPTION_VERSION);

#define THP_SIZE_PATH "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"

/* Beyond every letter, so that getopt's value tells which it was. */
#define LONG_BASE 0x100

static int usage_value(Option o, const char *value, const char *expected)
{
        cli_error("--%s: expected %s, got '%s'", infos[o].name, expected, value);
        return EXIT_USAGE;
}

static int parse_u32(const char *text, uint64_t max, uint32_t *ret)
{
        uint64_t n;

        if (number_parse(text, &n) < 0 || n > max)
                return -EINVAL;
        *ret = (uint32_t)n;
        return 0;
}

/* "thp" as in fragd.conf(5): the huge page of this kernel. -ENODATA: it has none. */
static int block_size_parse(const char *text, uint64_t *ret)
{
        _cleanup_file_ FILE *f = NULL;
        char line[32];

        if (!streq(text, "thp"))
                return size_parse(text, ret);
        f = fopen(THP_SIZE_PATH, "re");
        if (!f || !fgets(line, sizeof(line), f))
                return -ENODATA;
        line[strcspn(line, "\n")] = '\0';
        return number_parse(line, ret) < 0 ? -ENODATA : 0;
}

int until_parse(const char *text, uint64_t *ret_size, uint64_t *ret_count)
{
        const char *colon = strrchr(text, ':');
        _cleanup_free_ char *left = NULL;
        uint64_t size, count;
        int r;

        if (!colon)
                return -EINVAL;
        left = strndup(text, (size_t)(colon - text));
        if (!left)
                return -ENOMEM;
        r = block_size_parse(left, &size);
        if (r < 0)
                return r;
        if (number_parse(colon + 1, &count) < 0)
                return -EINVAL;
        if (size == 0 || count == 0 || size > INT64_MAX || count > (uint64_t)INT64_MAX / size)
                return -ERANGE;
        *ret_size = size;
        *ret_count = count;
        return 0;
}

/* Values that go into JSON integers: up to 2^63-1. */
static int parse_duration(const char *text, usec_t *ret)
{
        usec_t t;

        if (duration_parse(text, &t) < 0 || t == 0 || t > INT64_MAX)
                return -EINVAL;
        *ret = t;
        return 0;
}

/* As long as fragd is willing to try. */
static int parse_timeout(const char *text, usec_t *ret)
{
        int r = parse_duration(text, ret);

        return r == 0 && *ret > 24 * USEC_PER_HOUR ? -ERANGE : r;
}

/* What is recorded. "10m", too, is ten minutes here. */
static int parse_window(const char *text, usec_t *ret)
{
        char minutes[32];
        size_t n = strlen(text);
        usec_t t;
        int r;

        if (n > 1 && n < sizeof(minutes) - 3 && text[n - 1] == 'm') {
                snprintf(minutes, sizeof(minutes), "%sin", text);
                text = minutes;
        }
        r = parse_duration(text, &t);
        if (r < 0)
                return r;
        if (t < USEC_PER_SEC || t > 7 * 24 * USEC_PER_HOUR)
                return -ERANGE;
        *ret = t;
        return 0;
}

static int parse_size(const char *text, uint64_t *ret)
{
        uint64_t n;
        int r;

        r = block_size_parse(text, &n);
        if (r < 0)
                return r;
        if (n == 0 || n > INT64_MAX)
                return -ERANGE;
        *ret = n;
        return 0;
}

static int parse_count(const char *text, uint64_t *ret)
{
        uint64_t n;

        if (number_parse(text, &n) < 0 || n == 0 || n > INT64_MAX)
                return -EINVAL;
        *ret = n;
        return 0;
}

/* Numbers and sizes. */
static int number_set(Cli *cli, Option o, const char *value, const char **ret_expected)
{
        int r = 0;

        switch (o) {
        case OPTION_NODE:
                *ret_expected = "the number of a node";
                r = parse_u32(value, NODES_MAX - 1, &cli->node);
                break;
        case OPTION_ORDER:
                *ret_expected = "an order (0: one page, 9: 2M where pages have 4K)";
                r = parse_u32(value, ORDERS_MAX - 1, &cli->order);
                break;
        case OPTION_SIZE:
                *ret_expected = "a size such as 64K, 2M or thp";
                r = parse_size(value, &cli->size);
                break;
        case OPTION_COUNT:
                *ret_expected = "a number of blocks, from 1";
                r = parse_count(value, &cli->count);
                break;
        case OPTION_RELEASE:
                *ret_expected = "the number of a hold";
                r = parse_count(value, &cli->release);
                break;
        case OPTION_LINES:
                *ret_expected = "a number of entries, from 1";
                r = parse_count(value, &cli->lines);
                break;
        default: break; /* takes no value */
        }
        return r;
}

static int parse_path(const char *text, const char **ret)
{
        *ret = text;
        return *text ? 0 : -EINVAL;
}

/* A time, or a size and a number of blocks: the verb decides which of them it is. */
static int parse_until(Cli *cli, const char *text, usec_t now)
{
        int r;

        cli->until_size = cli->until_count = cli->until_time = 0;
        r = until_parse(text, &cli->until_size, &cli->until_count);
        return since_parse(text, now, &cli->until_time) >= 0 ? 0 : r;
}

static int parse_kernel(const char *text, const char **ret)
{
        *ret = text;
        return kernel_version(text, strlen(text)).major > 0 ? 0 : -EINVAL;
}

static int option_set(Cli *cli, Option o, const char *value, usec_t now)
{
        const char *expected = NULL;
        int r = 0;

        switch (o) {
        case OPTION_RUNTIME_DIR:
                expected = "a directory";
                r = parse_path(value, &cli->runtime_dir);
                break;
        case OPTION_COLOR:
                expected = "auto, always or never";
                r = color_mode_parse(value, &cli->color_mode);
                break;
        case OPTION_FOR:
                cli->for_what = value;
                if (parse_duration(value, &cli->for_usec) < 0)
                        cli->for_usec = 0; /* options_check() says so, where that matters */
                break;
        case OPTION_ROOT:
        case OPTION_RULES:
                expected = "a directory";
                r = parse_path(value, o == OPTION_ROOT ? &cli->root : &cli->rules);
                break;
        case OPTION_UNTIL:
                expected = "a size and a number of blocks, such as 2M:64";
                r = parse_until(cli, value, now);
                break;
        case OPTION_WINDOW:
                expected = "a duration from 1s to 7d such as 10min";
                r = parse_window(value, &cli->window);
                break;
        case OPTION_STEP:
                expected = "a duration such as 10s or 1h";
                r = parse_duration(value, &cli->step);
                break;
        case OPTION_SINCE:
                expected = "2h (ago), 14:02, 2026-11-22 or \"2026-11-22 14:02\"";
                r = since_parse(value, now, &cli->since);
                break;
        case OPTION_TIMEOUT:
                expected = "a duration such as 60s, at most 1d";
                r = parse_timeout(value, &cli->timeout);
                break;
        case OPTION_KERNEL:
                expected = "a version such as 3.10 or 5.15.0-91-generic";
                r = parse_kernel(value, &cli->kernel);
                break;
        case OPTION_OUTPUT:
                expected = "a file, or - for standard output";
                r = parse_path(value, &cli->output);
                break;
        default: r = number_set(cli, o, value, &expected); break;
        }
        if (r == -ENODATA) {
                cli_error("--%s: this kernel has no huge pages: %s says no size", infos[o].name,
                        THP_SIZE_PATH);
                return EXIT_FAILED;
        }
        return r < 0 ? usage_value(o, value, expected) : 0;
}

static void getopt_tables(
        struct option longs[static _OPTION_MAX + 1], char shorts[static 2 * _OPTION_MAX + 3])
{
        char *s = shorts;

        *s++ = ':'; /* a missing value is told apart */
        for (int i = 0; i < _OPTION_MAX; i++) {
                longs[i] = (struct option){ infos[i].name,
                        infos[i].argument ? required_argument : no_argument, NULL, LONG_BASE + i };
                if (infos[i].letter)
                        *s++ = infos[i].letter;
                if (infos[i].letter && infos[i].argument)
                        *s++ = ':';
        }
        *s = '\0';
        longs[_OPTION_MAX] = (struct option){ 0 };
}

static Option option_from_getopt(int value)
{
        for (int i = 0; i < _OPTION_MAX; i++)
                if (value == LONG_BASE + i || (infos[i].letter && value == infos[i].letter))
                        return (Option)i;
        return _OPTION_MAX;
}

/* '?' of getopt: unknown, ambiguous, or a value where there is none. */
static int say_unknown(const char *word, int opt, uint64_t accepted)
{
        _cleanup_free_ char *name = NULL;
        Suggest s;

        if (opt != 0 && option_from_getopt(opt) != _OPTION_MAX) {
                cli_error("--%s takes no value", infos[option_from_getopt(opt)].name);
                return EXIT_USAGE;
        }
        if (opt != 0) {
                cli_error("unknown option -%c; see 'fragctl --help'", opt);
                return EXIT_USAGE;
        }
        name = strndup(word + 2, strcspn(word + 2, "="));
        if (!name)
                return cli_oom();
        s = suggest_for(name);
        for (int i = 0; i < _OPTION_MAX; i++)
                if ((accepted | options_global) & OPTION_BIT(i))
                        suggest_offer(&s, infos[i].name);
        if (s.best)
                cli_error("unknown option --%s; did you mean --%s?", name, s.best);
        else
                cli_error("unknown option --%s; see 'fragctl --help'", name);
        return EXIT_USAGE;
}

int options_parse(Cli *ret, int argc, char **argv, usec_t now, uint64_t (*accepted)(char **words), char ***ret_args)
{
        struct option longs[_OPTION_MAX + 1];
        char shorts[2 * _OPTION_MAX + 3];
        int c, r;

        getopt_tables(longs, shorts);
        opterr = 0;
        while ((c = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
                Option o = option_from_getopt(c);

                if (c == ':') {
                        o = option_from_getopt(optopt);
                        cli_error(
                                "--%s: expected %s, got nothing", infos[o].name, infos[o].argument);
                        return EXIT_USAGE;
                }
                if (o == _OPTION_MAX) {
                        const char *word = argv[optind - 1];
                        int opt = optopt;

                        while (getopt_long(argc, argv, shorts, longs, NULL) >= 0)
                                ; /* which verb is it about? */
                        return say_unknown(word, opt, accepted(argv + optind));
                }
                r = option_set(ret, o, optarg, now);
                if (r != 0)
                        return r;
                ret->given |= OPTION_BIT(o);
        }
        ret->json = cli_has(ret, OPTION_JSON);
        *ret_args = argv + optind;
        return 0;
}

int options_check(const Cli *cli, const char *verb, uint64_t accepted)
{
        uint64_t wrong = cli->given & ~(accepted | options_global);

        for (int i = 0; i < _OPTION_MAX; i++)
                if (wrong & OPTION_BIT(i)) {
                        cli_error("--%s is not for '%s'; see 'fragctl %s --help'", infos[i].name,
                                verb, verb);
                        return EXIT_USAGE;
                }
        if (cli_has(cli, OPTION_FOR) && cli->for_usec == 0 && !streq(verb, "advise"))
                return usage_value(OPTION_FOR, cli->for_what, "a duration such as 20s or 2h");
        return 0;
}

void options_print(FILE *out, uint64_t mask)
{
        for (int i = 0; i < _OPTION_MAX; i++) {
                char text[64];

                if (!(mask & OPTION_BIT(i)))
                        continue;
                snprintf(text, sizeof(text), "%s%c%s--%s%s%s", infos[i].letter ? "-" : "  ",
                        infos[i].letter ? infos[i].letter : ' ', infos[i].letter ? ", " : " ",
                        infos[i].name, infos[i].argument ? " " : "",
                        infos[i].argument ? infos[i].argument : "");
                fprintf(out, "  %-26s %s\n", text, infos[i].help);
        }
}
