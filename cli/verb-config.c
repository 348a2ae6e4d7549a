/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>

#include "cli/fragctl.h"
#include "cli/suggest.h"

/* The fragd that belongs to this fragctl: installed beside it, or in the same build tree; else that
 * of PATH. Returns only where it could not be started. */
static int exec_fragd(char **argv)
{
        static const char *const places[] = { "../sbin/fragd", "fragd", "../daemon/fragd" };
        char self[PATH_MAX], path[PATH_MAX + 32];
        ssize_t n;
        char *slash;

        n = readlink("/proc/self/exe", self, sizeof(self) - 1);
        if (n > 0) {
                self[n] = '\0';
                slash = strrchr(self, '/');
                for (size_t i = 0; slash && i < ELEMENTSOF(places); i++) {
                        snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - self), self,
                                places[i]);
                        if (access(path, X_OK) < 0)
                                continue;
                        (void)execv(path, argv);
                        return -errno;
                }
        }
        (void)execvp("fragd", argv);
        return -errno;
}

int verb_config(const Cli *cli, char **args)
{
        char fragd[] = "fragd", check[] = "--check-config";
        char *argv[] = { fragd, check, args[1], NULL };
        int r;

        if (!streq(args[0], "check")) {
                Suggest s = suggest_for(args[0]);

                suggest_offer(&s, "check");
                cli_error(s.best ? "config: unknown '%s'; did you mean 'check'?"
                                 : "config: unknown '%s'; expected check",
                        args[0]);
                return EXIT_USAGE;
        }
        if (cli->json) {
                cli_error("config check: --json is not for this: it asks no daemon, fragd itself "
                          "prints the errors");
                return EXIT_USAGE;
        }
        r = exec_fragd(argv);
        cli_error("config check: cannot start fragd: %s", strerror(-r));
        return EXIT_FAILED;
}
