/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <config.h>

#include "base/strbuf.h"
#include "cli/advice-view.h"
#include "cli/suggest.h"

/* --for NAME or NAME=VERSION. */
static int take_for(Advice *a, const char *text)
{
        _cleanup_free_ char *name = strndup(text, strcspn(text, "="));
        const char *version = strchr(text, '=');
        const SoftwareKind *kinds;
        size_t n = software_kinds(&kinds);
        Suggest best;

        if (!name)
                return cli_oom();
        a->only = software_kind(name);
        if (a->only && (!version || version_parse(version + 1, &a->as_if) == 0))
                return 0;
        if (a->only) {
                cli_error("--for: expected a version such as 8.0 behind '%s=', got '%s'", name, version + 1);
                return EXIT_USAGE;
        }
        best = suggest_for(name);
        for (size_t i = 0; i < n; i++)
                suggest_offer(&best, kinds[i].name);
        if (best.best)
                cli_error("--for: no advice is about '%s'; did you mean '%s'?", name, best.best);
        else
                cli_error("--for: no advice is about '%s'; 'fragctl advise --list' names what there is", name);
        return EXIT_USAGE;
}

/* What is asked for stands in for what is found of that kind; where nothing is found, as if it were here. */
static int suppose(Advice *a)
{
        SoftwareList *l = &a->machine.software;
        Software s = { .kind = a->only, .version = a->as_if, .found = (char *)"--for" };
        bool found = false;

        if (!a->only)
                return 0;
        for (size_t i = 0; i < l->n; i++) {
                if (l->items[i].kind != a->only)
                        continue;
                found = true;
                if (a->as_if.n > 0)
                        l->items[i].version = a->as_if;
        }
        a->supposed = !found || a->as_if.n > 0;
        return !found && software_list_add(l, &s) < 0 ? cli_oom() : 0;
}

static int read_machine(Advice *a, const Cli *cli)
{
        const char *path = cli->root ? cli->root : "/";
        int r = root_new(&a->root, path);

        if (r >= 0)
                r = advice_machine_read(&a->machine, a->root);
        if (r == -ENOMEM)
                return cli_oom();
        if (r < 0) {
                cli_error("cannot look at %s: %s", path, strerror(-r));
                return EXIT_FAILED;
        }
        a->have_machine = true;
        return 0;
}

static int read_rules(Advice *a, const Cli *cli)
{
        const char *folder = cli->rules ? cli->rules : FRAGD_ADVICE_DIR;

        if (advice_rules_load(&a->rules, folder, cli->rules ? NULL : FRAGD_ADVICE_OVER_DIR) < 0)
                return cli_oom();
        for (size_t i = 0; i < a->rules.n_errors; i++) {
                const AdviceError *e = &a->rules.errors[i];

                if (e->line > 0)
                        cli_error("%s:%u: %s", e->file, e->line, e->message);
                else
                        cli_error("%s: %s", e->file, e->message);
        }
        if (a->rules.n > 0)
                return 0;
        cli_error("no rules in %s", folder);
        return EXIT_FAILED;
}

static int result_add(Advice *a, const AdviceRule *rule, const Software *software)
{
        AdviceResult *results = reallocarray(a->results, a->n + 1, sizeof(*results));

        if (!results)
                return cli_oom();
        a->results = results;
        advise(rule, software, &a->machine, &a->results[a->n++]);
        return 0;
}

/* Each rule for each program that it is about; what comes first is asked first. */
static int judge(Advice *a, bool first)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < a->rules.n; i++) {
                const AdviceRule *rule = &a->rules.items[i];

                if (rule->first != first || (a->only && rule->software != a->only))
                        continue;
                if (!rule->software)
                        r = result_add(a, rule, NULL);
                for (size_t k = 0; r == 0 && rule->software && k < a->machine.software.n; k++)
                        if (a->machine.software.items[k].kind == rule->software)
                                r = result_add(a, rule, &a->machine.software.items[k]);
        }
        return r;
}

static void advice_done(Advice *a)
{
        free(a->results);
        advice_rules_done(&a->rules);
        if (a->have_machine)
                advice_machine_done(&a->machine);
        (void)root_free(a->root);
}

int verb_advise(const Cli *cli, char **args)
{
        _cleanup_(advice_done) Advice a = { 0 };
        int r = cli_has(cli, OPTION_FOR) ? take_for(&a, cli->for_what) : 0;

        if (r == 0)
                r = read_rules(&a, cli);
        if (r == 0)
                r = read_machine(&a, cli);
        if (r == 0)
                r = suppose(&a);
        if (r == 0)
                r = judge(&a, true);
        if (r == 0)
                r = judge(&a, false);
        if (r == 0)
                r = cli->json ? advice_print_json(cli, &a) : cli_has(cli, OPTION_LIST) ? advice_print_list(cli, &a)
                                                                                      : advice_print(cli, &a);
        if (r != 0)
                return r;
        return a.rules.n_errors > 0 ? EXIT_FAILED : EXIT_OK;
}
