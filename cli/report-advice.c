/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a person can do about it, with the commands. */
#include "cli/report-html.h"
#include "cli/report.h"
#include "cli/text.h"

typedef struct Advice {
        const Report *report;
        StrBuf *b;
        unsigned n;
} Advice;

/* An item; commands: what to run, NULL: nothing. Opened and closed here, so that what is inside
 * cannot be left open. */
static void advise(Advice *a, const char *text, const char *commands)
{
        if (a->n++ == 0)
                strbuf_puts(a->b, "<ol class=\"advice\">\n");
        strbuf_puts(a->b, "<li>");
        html_element(a->b, "p", NULL, text);
        if (commands)
                html_element(a->b, "pre", NULL, commands);
        strbuf_puts(a->b, "</li>\n");
}

static void for_fragmented(Advice *a, const NodeReply *n, const ObjectiveReply *o)
{
        char text[256], command[256], size[UNIT_TEXT_MAX], flag[UNIT_TEXT_MAX];
        json_int_t blocks = o->size_bytes > 0 && o->reserve_bytes > 0
                                    ? (o->reserve_bytes + o->size_bytes - 1) / o->size_bytes
                                    : 0;

        if (blocks <= 0)
                return;
        snprintf(text, sizeof(text),
                "Node %" JSON_INTEGER_FORMAT " lacks blocks of %s although memory is free. fragd "
                "sees to it within its budget; where it cannot wait, as root:",
                n->node, report_size(size, o->size_bytes));
        snprintf(command, sizeof(command),
                "fragctl compact --node %" JSON_INTEGER_FORMAT " --until %s:%" JSON_INTEGER_FORMAT,
                n->node, text_size(flag, o->size_bytes), blocks);
        advise(a, text, command);
}

static void for_short(Advice *a, const NodeReply *n, const ObjectiveReply *o)
{
        char text[256], size[UNIT_TEXT_MAX];

        snprintf(text, sizeof(text),
                "Node %" JSON_INTEGER_FORMAT " has too little free memory for its reserve in "
                "blocks of %s: compaction cannot make any. Less use of memory helps, or a smaller "
                "reserve. Who uses it there:",
                n->node, report_size(size, o->size_bytes));
        advise(a, text,
                "grep -E 'MemAvailable|AnonPages|Cached|SUnreclaim|Hugetlb' /proc/meminfo\n"
                "ps -eo rss,pid,comm --sort=-rss | head");
}

static void for_pinned(Advice *a, const NodeReply *n, const ObjectiveReply *o)
{
        char text[320], size[UNIT_TEXT_MAX];

        snprintf(text, sizeof(text),
                "On node %" JSON_INTEGER_FORMAT " compaction cannot make more blocks of %s: what "
                "is in the way does not move. A reboot, or moving the work elsewhere, helps; set "
                "huge pages aside early (hugepages= on the kernel's command line) where they are "
                "needed for certain. What holds the memory, as root:",
                n->node, report_size(size, o->size_bytes));
        advise(a, text, "cat /proc/pagetypeinfo\nslabtop -o -s c | head -20");
}

static int for_objective(const NodeReply *n, const ObjectiveReply *o, void *userdata)
{
        Advice *a = userdata;

        if (streq(o->verdict, "fragmented") && a->report->now.acts && !a->report->now.paused)
                for_fragmented(a, n, o);
        else if (streq(o->verdict, "short"))
                for_short(a, n, o);
        else if (streq(o->verdict, "pinned") || streq(o->verdict, "futile"))
                for_pinned(a, n, o);
        return 0;
}

/* Where fragd could act and does not. */
static void for_fragd(Advice *a)
{
        const StatusReply *s = &a->report->now;
        _cleanup_strbuf_ StrBuf text = { 0 };

        if (s->paused) {
                advise(a, "fragd is paused. To go on, as root:", "fragctl resume");
                return;
        }
        if (s->acts)
                return;
        strbuf_printf(&text, "fragd only watches%s%s. %s", s->why_not ? ": " : "",
                s->why_not ? s->why_not : "",
                streq(s->policy, "observe") ? "To let it act, for two hours at first, as root:"
                                            : "Where and why:");
        advise(a, strbuf_text(&text),
                streq(s->policy, "observe") ? "fragctl policy set balanced --for 2h"
                                            : "fragctl status\njournalctl -u fragd -n 50");
}

/* What fragd itself advises, where it has something to say. */
static void for_explanations(Advice *a)
{
        const char *said = NULL;
        json_t *item;
        size_t i;

        json_array_foreach(json_object_get(a->report->explanations, "explanations"), i, item)
        {
                const char *step = json_string_value(json_object_get(item, "next_step"));

                if (!step || !*step || (said && streq(step, said)))
                        continue;
                said = step;
                advise(a, step, NULL);
        }
}

static int for_knobs(Advice *a)
{
        json_t *item;
        size_t i;

        json_array_foreach(json_object_get(a->report->knobs, "knobs"), i, item)
        {
                char text[256], commands[256];
                const char *name;
                KnobReply k;
                int e = reply_knob(item, &k);

                if (e != 0)
                        return e;
                if (!streq(k.owner, "other"))
                        continue;
                snprintf(text, sizeof(text),
                        "Somebody else set %.60s after fragd did, and fragd keeps off it. To find "
                        "who writes it, and to hand it back to fragd (as root):",
                        k.knob);
                name = strrchr(k.knob, '.');
                snprintf(commands, sizeof(commands),
                        "grep -rs %.60s /etc/sysctl.conf /etc/sysctl.d /usr/lib/sysctl.d "
                        "/etc/tuned\nfragctl resume",
                        name ? name + 1 : k.knob);
                advise(a, text, commands);
        }
        return 0;
}

static void for_thp(Advice *a)
{
        const char *enabled = facts_get(&a->report->facts, "Transparent huge pages");
        const char *defrag = facts_get(&a->report->facts, "THP defrag");

        if (enabled && strstr(enabled, "[never]"))
                advise(a,
                        "Transparent huge pages are switched off: a reserve of them is only of use "
                        "to the pool of huge pages (vm.nr_hugepages). To let programs ask for "
                        "them, as root:",
                        "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
        else if (defrag && strstr(defrag, "[always]"))
                advise(a,
                        "Each page fault may compact memory before it goes on, which shows as "
                        "latency. To leave that to kcompactd but for programs that ask, as root:",
                        "echo defer+madvise > /sys/kernel/mm/transparent_hugepage/defrag");
}

int report_advice(const Report *r, StrBuf *b)
{
        Advice a = { .report = r, .b = b };
        int e;

        html_section(b, "advice", "What to do");
        for_fragd(&a);
        e = report_each_objective(r, for_objective, &a);
        if (e == 0)
                e = for_knobs(&a);
        if (e != 0)
                return e;
        for_explanations(&a);
        for_thp(&a);
        if (a.n > 0)
                strbuf_puts(b, "</ol>\n");
        else
                html_element(b, "p", NULL, "Nothing needs to be done.");
        html_element(b, "p", "dim", "How it goes on, and why:");
        html_element(b, "pre", NULL, "fragctl status --watch\nfragctl explain\nfragctl log --follow");
        html_section_end(b);
        return 0;
}
