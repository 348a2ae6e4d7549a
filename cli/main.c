/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragctl - asks fragd, and tells it what to do. One file a verb; the table of verbs is here. */
#include <langinfo.h>
#include <locale.h>

#include "cli/color.h"
#include "cli/fragctl.h"
#include "cli/options.h"
#include "cli/suggest.h"
#include <config.h>

static const Verb verbs[] = {
        { "status", "", "what fragd watches, wants and does now",
                "One screen: for each node and objective what is there, what is wanted, and\n"
                "why it is so. With --watch it is refreshed until Ctrl-C; without a terminal,\n"
                "a line is printed for each change.",
                OPTION_BIT(OPTION_WATCH) | OPTION_BIT(OPTION_FOR), 0, 0, verb_status },
        { "top", "", "the screen to leave open: all that is watched, as it happens",
                "Objectives with their last 10 minutes, a heat map of the free memory, what holds\n"
                "fragd back, its last decisions. Keys are shown; q quits. Needs a terminal of 80x24.",
                0, 0, 0, verb_top },
        { "zones", "", "free blocks of each zone and order",
                "ALLOCATABLE is what an allocation could really get: limited by the free\n"
                "blocks and by the low watermark. UNUSABLE and FRAGMENTATION are the kernel's\n"
                "own indices.",
                OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_NODE), 0, 0, verb_zones },
        { "census", "", "what does not move: pageblocks by migrate type, and the owners",
                "Pageblocks and free memory by migrate type, and who is likely to hold memory that\n"
                "compaction cannot move. Read when asked; where a zone has more than 1 TiB, only\n"
                "with --force (as root), since reading holds the zone up.",
                OPTION_BIT(OPTION_FORCE), 0, 0, verb_census },
        { "compaction", "", "who compacts how often, with what success and cost",
                "Direct compaction, kcompactd on demand and by itself, and by hand, in the last\n"
                "15 minutes or those that --window says; kcompactd of each node. Says what this\n"
                "kernel cannot tell apart, and what is in vain.",
                OPTION_BIT(OPTION_WINDOW), 0, 0, verb_compaction },
        { "hugepages", "", "transparent huge pages of each size, and pools of hugetlb",
                "What THP, multi-size THP and khugepaged may do, how many faults fell back in the\n"
                "last 15 minutes or those that --window says, and which size was missing; the pools\n"
                "of hugetlb, and what they are short of.",
                OPTION_BIT(OPTION_WINDOW), 0, 0, verb_hugepages },
        { "stalls", "", "who waits in direct compaction, and how long",
                "What programs and processes lost to it, as the kernel's delay accounting has it, and\n"
                "whether that can be trusted: only what is started while kernel.task_delayacct is 1\n"
                "is counted. The last hour, unless --since and --until say otherwise.",
                OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL), 0, 0, verb_stalls },
        { "events", "", "how often the kernel mixes movable and other pages",
                "Allocations that had to take pages from blocks of another type (the kernel's\n"
                "mm_page_alloc_extfrag), and how many there usually are on this machine: the\n"
                "beginning of fragmentation. --follow: a line for each sample.",
                OPTION_BIT(OPTION_FOLLOW), 0, 0, verb_events },
        { "explain", "", "why it is so, and what to do about it",
                "One sentence for each node and objective, then the numbers and the next step.\n"
                "With --since or --until: was it compaction, then? Yes, partly or no, with reasons\n"
                "from history, what is not recorded, and what to do.",
                OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_SIZE) | OPTION_BIT(OPTION_SINCE) |
                        OPTION_BIT(OPTION_UNTIL),
                0, 0, verb_explain },
        { "advise", "", "what to set here, in which version, and who says so",
                "Rules for databases, kernels and boot parameters, each with its reason, its source\n"
                "and the exact command; nothing is changed. Needs no daemon. --for redis: only for\n"
                "that program, even where it is not found; --for redis=6.0: as if of that version.",
                OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_LIST) | OPTION_BIT(OPTION_ROOT) |
                        OPTION_BIT(OPTION_RULES),
                0, 0, verb_advise },
        { "decode", "[FILE]", "a kernel message about memory, in plain words",
                "What was asked for, by whom, whether fragmentation is to blame, and what to do.\n"
                "Reads FILE, standard input (-), a directory of journal files, or on a terminal the\n"
                "journal: of this boot, or since --since. Equal messages are shown once. Needs no\n"
                "daemon.",
                OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_KERNEL), 0, 1, verb_decode },
        { "messages", "", "how often the kernel could not give memory, to whom, and why",
                "Its messages about allocations that failed, counted since fragd watches the journal: by\n"
                "what was to blame, the order, and who asked. Only fragmentation is what fragd can do\n"
                "something about. The messages themselves: 'fragctl decode --since 1h'.",
                0, 0, 0, verb_messages },
        { "policy", "list | show NAME | set NAME",
                "the policies there are, and which one is in force",
                "A policy that is set stays in force across restarts of fragd, unless --for or\n"
                "--runtime say otherwise.",
                OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_RUNTIME), 1, 2, verb_policy },
        { "reload", "", "read the configuration again",
                "Waits until fragd has accepted or refused it. Where it is refused, each error is\n"
                "printed as FILE:LINE: message, and fragd goes on with what it had.",
                0, 0, 0, verb_reload },
        { "knobs", "", "the kernel's knobs: values, before fragd, who set them",
                "SET BY other: somebody changed it after fragd did, and fragd keeps off.", 0, 0, 0,
                verb_knobs },
        { "compact", "--node N", "compact a node now",
                "Waits for the end, and prints what it gained and cost. Without --until, as\n"
                "much as can be had.",
                OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_UNTIL), 0, 0, verb_compact },
        { "prepare", "--size SIZE --count N", "make so many blocks ready now",
                "Compacts just enough, and says whether they are there: exit status 0; 3 where\n"
                "that is impossible now, with how many are possible; 4 where the time was too\n"
                "short. Ctrl-C ends it. What a pool of huge pages has grown by is taken back then,\n"
                "and wherever it is less than all, unless --keep-partial.",
                OPTION_BIT(OPTION_SIZE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_COUNT) |
                        OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_INTERLEAVE) |
                        OPTION_BIT(OPTION_TIMEOUT) | OPTION_BIT(OPTION_HUGETLB) |
                        OPTION_BIT(OPTION_ALLOW_DROP_CACHES) | OPTION_BIT(OPTION_KEEP_PARTIAL),
                0, 0, verb_prepare },
        { "hold", "[--size SIZE --count N --for DURATION | --release N]",
                "keep so many blocks ready for a while; what is held",
                "A temporary objective, beside those of the policy and within its budget. It ends by\n"
                "itself, or with --release; another policy does not end it. Exit status 3 where it\n"
                "could not be met even if nobody used the memory. Without options: what is held, by\n"
                "whom, and for how long.",
                OPTION_BIT(OPTION_SIZE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_COUNT) |
                        OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_FOR) | OPTION_BIT(OPTION_RELEASE),
                0, 0, verb_hold },
        { "check", "--size SIZE --count N", "would prepare succeed?",
                "Changes nothing. Exit status 0 where the blocks are there, 4 where compaction\n"
                "would probably make them, 3 where they cannot be had now.",
                OPTION_BIT(OPTION_SIZE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_COUNT) |
                        OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_INTERLEAVE),
                0, 0, verb_check },
        { "log", "", "what fragd did and changed, and why", "Oldest first.",
                OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_FOLLOW) | OPTION_BIT(OPTION_LINES), 0,
                0, verb_log },
        { "history", "", "how it was in the last hours or days",
                "For each node: the course of what is there in blocks of each size that is wanted,\n"
                "of stalls and fallbacks, and a table. --since and --until say of when: 14:02, -2h,\n"
                "\"2026-11-22 14:02\"; the last hour otherwise. --csv and --json have all there is.",
                OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_UNTIL) | OPTION_BIT(OPTION_STEP) |
                        OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_ORDER) | OPTION_BIT(OPTION_CSV),
                0, 0, verb_history },
        { "monitor", "", "a line for each decision, as it is made",
                "Until Ctrl-C, or for as long as --for says. What was before: 'fragctl log'.",
                OPTION_BIT(OPTION_NODE) | OPTION_BIT(OPTION_FOR), 0, 0, verb_monitor },
        { "report", "", "a page about it all, for a ticket",
                "Writes an HTML file that needs nothing else: what is fragmented and since when,\n"
                "what fragd did, gained and cost, the knobs, what to do. With --bundle an\n"
                "archive for a bug report, without names of machines and users: what is in it\n"
                "is printed first. An existing file stays, unless --force says otherwise.",
                OPTION_BIT(OPTION_OUTPUT) | OPTION_BIT(OPTION_SINCE) | OPTION_BIT(OPTION_FORCE) |
                        OPTION_BIT(OPTION_BUNDLE) | OPTION_BIT(OPTION_LIST),
                0, 0, verb_report },
        { "pause", "[DURATION]", "do nothing for a while, or until resumed",
                "Ends what is running, and puts the knobs back.", 0, 0, 1, verb_pause },
        { "resume", "", "go on after a pause",
                "Also takes knobs back that fragd had left to somebody else.", 0, 0, 0,
                verb_resume },
        { "config", "check [FILE]", "check a configuration without using it",
                "Prints every error as FILE:LINE: message. Needs no daemon.", 0, 1, 2,
                verb_config },
};

static void print_help(void)
{
        puts("Usage: fragctl [OPTION]... VERB [ARGUMENT]...\n");
        puts("Asks fragd, which keeps contiguous memory ready, and tells it what to do.\n");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
        puts("\nOptions, before or after the verb ('fragctl VERB --help' for more):");
        options_print(stdout, options_global);
        puts("\nExit status: 0 done, 1 refused or failed, 2 usage, 3 impossible, 4 not in time,");
        puts("5 fragd not reachable, 6 permission missing.");
}

static void print_verb_help(const Verb *v)
{
        printf("Usage: fragctl %s%s%s%s\n\n", v->name, *v->arguments ? " " : "", v->arguments,
                v->options ? " [OPTION]..." : "");
        printf("%s: %s.\n\n%s\n", v->name, v->summary, v->help);
        if (v->options) {
                puts("\nOptions:");
                options_print(stdout, v->options);
        }
        puts("\nOptions of every verb:");
        options_print(stdout, options_global);
}

/* What people call it. */
static const char *verb_name(const char *name)
{
        return streq(name, "thp") || streq(name, "hugetlb") ? "hugepages" : name;
}

static const Verb *verb_find(const char *word)
{
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                if (streq(verb_name(word), verbs[i].name))
                        return &verbs[i];
        return NULL;
}

/* Of the first word that is a verb: before it, one may be the value of an option that there is not. */
static uint64_t verb_options(char **words)
{
        for (; *words; words++) {
                const Verb *v = verb_find(*words);

                if (v)
                        return v->options;
        }
        return 0;
}

static int say_unknown_verb(const char *word)
{
        Suggest s = suggest_for(word);

        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                suggest_offer(&s, verbs[i].name);
        if (s.best)
                cli_error("unknown verb '%s'; did you mean '%s'?", word, s.best);
        else
                cli_error("unknown verb '%s'; see 'fragctl --help'", word);
        return EXIT_USAGE;
}

static int check_arguments(const Verb *v, char **args)
{
        unsigned n = 0;

        while (args[n])
                n++;
        if (n >= v->args_min && n <= v->args_max)
                return 0;
        if (v->args_max == 0)
                cli_error("%s: takes no arguments, got '%s'", v->name, args[0]);
        else if (n < v->args_min)
                cli_error("%s: expected %s, got nothing", v->name, v->arguments);
        else
                cli_error("%s: expected %s, got one more: '%s'", v->name, v->arguments,
                        args[v->args_max]);
        return EXIT_USAGE;
}

static void look_around(Cli *cli)
{
        const char *term = getenv("TERM");
        bool able = term && *term && !streq(term, "dumb");
        ColorEnv env = {
                .no_color = getenv("NO_COLOR"),
                .clicolor_force = getenv("CLICOLOR_FORCE"),
                .term = term,
                .tty = isatty(STDOUT_FILENO),
        };

        cli->color = color_wanted(cli->color_mode, &env);
        cli->utf8 = streq(nl_langinfo(CODESET), "UTF-8");
        cli->out_tty = able && isatty(STDOUT_FILENO);
        cli->err_tty = able && isatty(STDERR_FILENO);
        cli_measure(cli);
}

static int run(int argc, char **argv)
{
        Cli cli = { .runtime_dir = FRAGD_RUNTIME_DIR };
        const Verb *verb;
        char **args;
        int r;

        r = options_parse(&cli, argc, argv, cli_now_realtime(), verb_options, &args);
        if (r != 0)
                return r;
        if (cli_has(&cli, OPTION_VERSION)) {
                puts("fragctl " FRAGD_VERSION);
                return EXIT_OK;
        }
        if (!args[0] && cli_has(&cli, OPTION_HELP)) {
                print_help();
                return EXIT_OK;
        }
        if (!args[0]) {
                cli_error("expected a verb, got nothing; see 'fragctl --help'");
                return EXIT_USAGE;
        }
        verb = verb_find(args[0]);
        if (!verb)
                return say_unknown_verb(args[0]);
        if (cli_has(&cli, OPTION_HELP)) {
                print_verb_help(verb);
                return EXIT_OK;
        }
        r = options_check(&cli, verb->name, verb->options);
        if (r == 0)
                r = check_arguments(verb, args + 1);
        if (r != 0)
                return r;
        look_around(&cli);
        return verb->run(&cli, args + 1);
}

int main(int argc, char **argv)
{
        int r;

        (void)setlocale(LC_CTYPE, "");
        r = run(argc, argv);
        if ((fflush(stdout) != 0 || ferror(stdout))) {
                cli_error("cannot write to standard output: %s", strerror(errno));
                return EXIT_FAILED;
        }
        return r;
}
