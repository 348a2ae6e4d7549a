/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fragd-actor - the only privileged part of fragd: serves one connection, and leaves the machine as
 * it found it. */

#include <config.h>
#include <getopt.h>
#include <signal.h>

#include "actor/baseline.h"
#include "actor/listen.h"
#include "actor/pool.h"
#include "actor/privilege.h"
#include "actor/say.h"
#include "actor/serve.h"
#include "base/start.h"

#define EXIT_USAGE 2
#define USAGE      "fragd-actor --fd N|--listen|--restore --root DIR --runtime-dir DIR [--counters], or fragd-restore"

typedef struct Options {
        int fd; /* -EBADF: --listen or --restore */
        bool listen, restore;
        bool counters; /* CAP_PERFMON is kept, where it was given */
        const char *root, *runtime_dir;
} Options;

static int usage_error(const char *what, const char *value)
{
        say("%s%s%s; usage: " USAGE, what, value ? " " : "", value ? value : "");
        return EXIT_USAGE;
}

/* By the name fragd-restore it does what there is to do after a kill, on the real machine. */
static bool is_restore(const char *name)
{
        const char *slash = name ? strrchr(name, '/') : NULL;

        return name && streq(slash ? slash + 1 : name, "fragd-restore");
}

/* 0, or the exit status and a line was printed. */
static int parse_arguments(int argc, char *argv[], Options *ret)
{
        static const struct option options[] = {
                { "fd", required_argument, NULL, 'f' },
                { "listen", no_argument, NULL, 'l' },
                { "restore", no_argument, NULL, 'x' },
                { "counters", no_argument, NULL, 'c' },
                { "root", required_argument, NULL, 'r' },
                { "runtime-dir", required_argument, NULL, 'd' },
                {},
        };
        Options o = { .fd = -EBADF };
        int c;

        if (is_restore(argv[0]))
                o = (Options){ .fd = -EBADF, .restore = true, .root = "/",
                               .runtime_dir = FRAGD_RUNTIME_DIR };

        opterr = 0;
        while ((c = getopt_long(argc, argv, ":", options, NULL)) >= 0)
                switch (c) {
                case 'f':
                        if (peer_parse(optarg, &o.fd) < 0)
                                return usage_error(
                                        "--fd: no SOCK_SEQPACKET socket has the number", optarg);
                        break;
                case 'l': o.listen = true; break;
                case 'x': o.restore = true; break;
                case 'c': o.counters = true; break;
                case 'r': o.root = optarg; break;
                case 'd': o.runtime_dir = optarg; break;
                case ':': return usage_error("a value is missing after", argv[optind - 1]);
                default: return usage_error("unknown option", argv[optind - 1]);
                }
        if (optind < argc)
                return usage_error("unexpected argument", argv[optind]);
        if (o.restore + o.listen + (o.fd >= 0) != 1)
                return usage_error("one of --fd, --listen and --restore is needed", NULL);
        if (!o.root || !o.runtime_dir)
                return usage_error(o.root ? "--runtime-dir is missing" : "--root is missing", NULL);
        *ret = o;
        return 0;
}

/* Whatever was inherited: children must be waited for, the lock's alarm must come, a closed
 * terminal must not end us before the knobs are back. SIGTERM and SIGINT are serve()'s; before it
 * nothing has been touched. */
static void reset_signals(void)
{
        sigset_t none;

        sigemptyset(&none);
        (void)signal(SIGCHLD, SIG_DFL);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGHUP, SIG_IGN);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int run(const Options *o)
{
        Listener listener = LISTENER_NONE;
        _cleanup_(root_freep) RootDir *root = NULL;
        _cleanup_baseline_ Baseline baseline = BASELINE_INIT;
        Pools pools;
        unsigned count;
        int r, k;

        r = o->listen ? listener_take(&listener) : 0;
        if (r < 0)
                return r;
        r = root_new(&root, o->root);
        if (r < 0) {
                say("cannot open the root %s: %s", o->root, strerror(-r));
                return r;
        }
        r = baseline_open(&baseline, root, o->runtime_dir);
        if (r < 0) {
                say(r == -EBUSY       ? "%s: another fragd-actor is at work there (%s)"
                        : r == -EPERM ? "%s: expected a directory of our own that nobody else can "
                                        "write (%s)"
                                      : "cannot use the runtime directory %s: %s",
                        o->runtime_dir, strerror(-r));
                return r;
        }
        r = baseline_restore_all(&baseline, true, &count);
        k = pools_open(&pools, root, baseline.dir_fd);
        if (k < 0) {
                say("cannot read the record of pools of huge pages: %s", strerror(-k));
                return k;
        }
        k = pools_undo_all(&pools, true);
        if (o->restore)
                return r < 0 ? r : k;
        /* What could not be put back was said, and stays on record for the end. */
        r = o->listen ? listener_accept(&listener) : o->fd;
        return r < 0 ? r : serve(r, &listener, root, &baseline, &pools);
}

int main(int argc, char *argv[])
{
        Options options;
        int r;

        reserve_stdio();
        r = parse_arguments(argc, argv, &options);
        if (r != 0)
                return r;
        reset_signals();
        r = privilege_drop(options.counters);
        if (r < 0) {
                say("cannot drop privileges: %s", strerror(-r));
                return EXIT_FAILURE;
        }
        return run(&options) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
