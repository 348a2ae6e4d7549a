/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-replay.c - recorded traces through the real engine: the same events give the same decisions,
 * to the last number.
 *
 *     test-replay NAME.trace ...            compares with NAME.expected, prints TAP
 *     test-replay --record NAME.trace       prints what NAME.expected should hold
 *
 * A trace has one event a line (trace/trace.h), what is expected one notable decision a line. */
#include <stdarg.h>
#include <stdio.h>

#include "base/macros.h"
#include "trace/trace.h"

typedef struct Replay {
        const char *name;
        FILE *trace, *expected; /* expected: NULL prints instead */
        char *line;
        size_t line_size;
        unsigned n_events, n_decisions;
        Engine *engine;
        Model model;
        Policy policy;
} Replay;

static void replay_done(Replay *r)
{
        if (r->trace)
                fclose(r->trace);
        if (r->expected)
                fclose(r->expected);
        free(r->line);
        engine_free(r->engine);
        model_done(&r->model);
}

/* Says on standard output, as a TAP remark, why this trace fails. */
_printf_(2, 3) static bool complain(const Replay *r, const char *format, ...)
{
        va_list args;

        printf("# %s, event %u: ", r->name, r->n_events);
        va_start(args, format);
        vprintf(format, args);
        va_end(args);
        putchar('\n');
        return false;
}

static bool next_line(Replay *r, FILE *f)
{
        ssize_t n = getline(&r->line, &r->line_size, f);

        if (n > 0 && r->line[n - 1] == '\n')
                r->line[n - 1] = 0;
        return n > 0;
}

static bool compare(Replay *r, const Decision *d)
{
        _cleanup_free_ char *text = NULL;
        json_t *j = decision_to_json(d);

        text = j ? json_dumps(j, JSON_COMPACT) : NULL;
        json_decref(j);
        if (!text)
                return complain(r, "out of memory");
        r->n_decisions++;
        if (!r->expected)
                return puts(text) >= 0;
        if (!next_line(r, r->expected))
                return complain(r, "decided, and nothing more was expected:\n#   %s", text);
        if (!streq(text, r->line))
                return complain(r, "decided\n#   %s\n# expected\n#   %s", text, r->line);
        return true;
}

static bool step(Replay *r)
{
        const char *expected = "JSON";
        json_error_t error;
        json_t *j = json_loads(r->line, JSON_REJECT_DUPLICATES, &error);
        Outcome out;
        Event e;
        usec_t now;
        int n;

        r->n_events++;
        n = j ? event_from_json(j, &e, &now, &r->model, &r->policy, &expected) : -EBADMSG;
        json_decref(j);
        if (n < 0)
                return complain(r, "not an event, expected %s", expected);
        n = engine_step(r->engine, &e, now, &out);
        if (n < 0)
                return complain(r, "the engine refuses it: %s", strerror(-n));
        for (size_t i = 0; i < out.n_decisions; i++)
                if (out.decisions[i].notable && !compare(r, &out.decisions[i]))
                        return false;
        return true;
}

static bool replay(Replay *r)
{
        if (engine_new(&r->engine, NODES_MAX, 1) < 0)
                return complain(r, "no engine");
        while (next_line(r, r->trace))
                if (!step(r))
                        return false;
        if (r->n_events == 0)
                return complain(r, "the trace is empty");
        if (r->expected && next_line(r, r->expected))
                return complain(r, "ended, and this was expected:\n#   %s", r->line);
        return true;
}

static bool open_files(Replay *r, bool record)
{
        size_t n = strlen(r->name);
        _cleanup_free_ char *path = NULL;

        r->trace = fopen(r->name, "re");
        if (!r->trace)
                return complain(r, "cannot open it: %s", strerror(errno));
        if (record)
                return true;
        if (n < 6 || !streq(r->name + n - 6, ".trace"))
                return complain(r, "the name of a trace ends in .trace");
        if (asprintf(&path, "%.*s.expected", (int)n - 6, r->name) < 0)
                return complain(r, "out of memory");
        r->expected = fopen(path, "re");
        if (!r->expected)
                return complain(r, "cannot open %s: %s", path, strerror(errno));
        return true;
}

int main(int argc, char *argv[])
{
        bool record = argc == 3 && streq(argv[1], "--record");
        bool all_good = true;

        if (argc < 2 || (!record && argv[1][0] == '-')) {
                fputs("usage: test-replay NAME.trace ... | --record NAME.trace\n", stderr);
                return 2;
        }
        if (!record)
                printf("1..%d\n", argc - 1);
        for (int i = 1 + record; i < argc; i++) {
                _cleanup_(replay_done) Replay r = { .name = argv[i], .model = MODEL_INIT };
                const char *base = strrchr(argv[i], '/');
                bool good = open_files(&r, record) && replay(&r);

                all_good &= good;
                if (!record)
                        printf("%sok %d - %s: %u events, %u decisions\n", good ? "" : "not ", i,
                                base ? base + 1 : argv[i], r.n_events, r.n_decisions);
        }
        return all_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
