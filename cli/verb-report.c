/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/utsname.h>
#include <time.h>

#include "cli/progress.h"
#include "cli/report-bundle.h"
#include "cli/report-output.h"
#include "cli/report.h"

/* "fragd-report-20261122-140211.html": a name that is not taken, where nobody gave one. */
static const char *default_name(char buf[static 64], usec_t now, const char *ending)
{
        time_t t = (time_t)(now / USEC_PER_SEC);
        char when[32] = "now";
        struct tm tm;

        if (localtime_r(&t, &tm))
                (void)strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
        snprintf(buf, 64, "fragd-report-%s.%s", when, ending);
        return buf;
}

static int say_written(const Cli *cli, const char *path, size_t size)
{
        _cleanup_json_ json_t *j = NULL;

        if (streq(path, "-"))
                return EXIT_OK;
        if (!cli->json) {
                printf("%s written, %zu bytes\n", path, size);
                return EXIT_OK;
        }
        j = json_pack("{s:s%, s:I}", "file", path, strlen(path), "bytes", (json_int_t)size);
        if (!j) {
                cli_error("%s was written; its name is not UTF-8, which JSON cannot say", path);
                return EXIT_FAILED;
        }
        return cli_print_json(cli, j);
}

static int write_page(const Cli *cli, Report *r, const char *path)
{
        _cleanup_strbuf_ StrBuf page = { 0 };
        int e;

        e = report_page(r, &page);
        if (e == 0)
                e = output_write(path, cli_has(cli, OPTION_FORCE), page.data, page.size);
        return e != 0 ? e : say_written(cli, path, page.size);
}

static int list_json(const Cli *cli, const Bundle *b)
{
        _cleanup_json_ json_t *list = json_array();

        for (size_t i = 0; i < b->n; i++)
                if (json_array_append_new(list, json_pack("{s:s, s:I}", "name", b->files[i].name,
                                                        "bytes",
                                                        (json_int_t)b->files[i].data.size)) < 0)
                        return cli_oom();
        return cli_print_json(cli, list);
}

static int write_bundle(const Cli *cli, Report *r, const char *path)
{
        _cleanup_(bundle_done) Bundle bundle = { 0 };
        _cleanup_strbuf_ StrBuf archive = { 0 };
        int e;

        e = bundle_collect(&bundle, r);
        if (e != 0)
                return e;
        if (cli_has(cli, OPTION_LIST)) {
                if (cli->json)
                        return list_json(cli, &bundle);
                bundle_list(&bundle, stdout);
                return EXIT_OK;
        }
        bundle_list(&bundle, stderr);
        e = bundle_pack(&bundle, (usec_t)r->to, &archive);
        if (e == 0)
                e = output_write(path, cli_has(cli, OPTION_FORCE), archive.data, archive.size);
        return e != 0 ? e : say_written(cli, path, archive.size);
}

static int check(const Cli *cli, const char *path)
{
        if (cli_has(cli, OPTION_LIST) && !cli_has(cli, OPTION_BUNDLE)) {
                cli_error("report: --list says what --bundle would hold; without it there is one "
                          "file");
                return EXIT_USAGE;
        }
        if (cli_has(cli, OPTION_LIST))
                return 0;
        if (streq(path, "-") && cli_has(cli, OPTION_BUNDLE) && isatty(STDOUT_FILENO)) {
                cli_error("report: an archive is nothing for a terminal: -o FILE, or a pipe");
                return EXIT_USAGE;
        }
        return output_check(path, cli_has(cli, OPTION_FORCE));
}

int verb_report(const Cli *cli, char **args)
{
        _cleanup_(report_done) Report r = { 0 };
        bool bundle = cli_has(cli, OPTION_BUNDLE);
        char name[64], zone[16] = "";
        const char *path = cli->output;
        usec_t now = cli_now_realtime();
        time_t seconds = (time_t)(now / USEC_PER_SEC);
        struct utsname u;
        struct tm tm;
        int e;

        if (!path)
                path = default_name(name, now, bundle ? "tar" : "html");
        e = check(cli, path);
        if (e == 0)
                e = report_fetch(&r, cli, cli_has(cli, OPTION_SINCE) ? cli->since : 0);
        if (e != 0)
                return e;
        if (localtime_r(&seconds, &tm))
                (void)strftime(zone, sizeof(zone), "%Z", &tm);
        r.zone = zone;
        r.host = uname(&u) == 0 ? u.nodename : NULL;
        return bundle ? write_bundle(cli, &r, path) : write_page(cli, &r, path);
}
