/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts that are refused, and all that is said about them. */
#include "config-text.h"
#include "daemon/config.h"
#include "test.h"

typedef struct Refusal {
        const char *text;
        const char *errors; /* all of them */
} Refusal;

static const Refusal refusals[] = {
        /* names */
        { "polcy = \"balanced\";", "t:1: unknown option 'polcy', did you mean 'policy'?\n" },
        { "x = 1;", "t:1: unknown option 'x'\n" },
        { "policies: {\n balanced: {\n leavers = [];\n }; };",
                "t:3: unknown option 'policies.balanced.leavers', did you mean 'levers'?\n" },
        { IN_POLICY("budget = { time = \"1s\"; };"),
                "t:1: unknown option 'policies.p.budget.time'\n" },
        { IN_POLICY("budget = { run = 3; };"),
                "t:1: unknown option 'policies.p.budget.run', did you mean 'runs'?\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"1%\"; use = \"user\";"),
                "t:1: unknown option 'policies.p.objectives[0].use'\n" },
        { OBJECTIVE("size = \"thp\"; reserv = \"1%\";"),
                "t:1: unknown option 'policies.p.objectives[0].reserv', did you mean "
                "'reserve'?\n" },
        { "cooldown = \"1s\";",
                "t:1: unknown option 'cooldown', did you mean 'policies.NAME.cooldown'?\n" },
        { IN_POLICY("psi_cpu_some = \"1%\";"), "t:1: unknown option 'policies.p.psi_cpu_some', did "
                                               "you mean 'policies.NAME.hold.psi_cpu_some'?\n" },
        { "a234567890123456789012345678901234567890123456789012345678901234567890 = 1;",
                "t:1: unknown option "
                "'a234567890123456789012345678901234567890123456789012345678901234'\n" },
        { "hold: { psi_cpu_some = \"1%\"; };",
                "t:1: unknown option 'hold', did you mean 'policies.NAME.hold'?\n" },
        { "NAME: { };", "t:1: unknown option 'NAME', did you mean 'policies.NAME'?\n" },

        /* values of each kind */
        { "policy = 1;", "t:1: policy: expected the name of a policy, got 1 without quotes\n" },
        { "policy = \"balancd\";",
                "t:1: policy: there is no policy 'balancd', did you mean 'balanced'?\n" },
        { "policy = \"zzz\";", "t:1: policy: there is no policy 'zzz'\n" },
        { "policy = \"\";", "t:1: policy: expected the name of a policy, got \"\"\n" },
        { "policy = \"12345678901234567890123456789012\";",
                "t:1: policy: expected the name of a policy, got "
                "\"12345678901234567890123456789012\"\n" },
        { "user = 1000;", "t:1: user: expected a user's name or number, got 1000 without "
                          "quotes\n" },
        { "user = \"a b\";", "t:1: user: expected a user's name or number, got \"a b\"\n" },
        { "user = \"\";", "t:1: user: expected a user's name or number, got \"\"\n" },
        { IN_POLICY("act = 1;"), "t:1: policies.p.act: expected true or false, got 1\n" },
        { IN_POLICY("act = \"true\";"),
                "t:1: policies.p.act: expected true or false, got \"true\" in quotes\n" },
        { IN_POLICY("description = \"a\\tb\";"), "t:1: policies.p.description: expected one line "
                                                 "of text, at most 127 bytes, got \"a\\x09b\"\n" },
        { IN_POLICY("description = \"\\xff\\xc3\\xa4\";"),
                "t:1: policies.p.description: expected one line of text, at most 127 bytes, got "
                "\"\\xff\\xc3\\xa4\"\n" },
        { IN_POLICY("description = "
                    "\"ä123456789012345678901234567890123456789012345678901234567ä90123456789012345"
                    "678901234567890123456789"
                    "01234567890123456789012345678\";"),
                "t:1: policies.p.description: expected one line of text, at most 127 bytes, got "
                "\"ä123456789012345678901234567890123456789012345678901234567...\"\n" },
        { IN_POLICY("cooldown = 10;"), "t:1: policies.p.cooldown: expected a duration between 0s "
                                       "and 1d, got 10 without quotes\n" },
        { IN_POLICY("cooldown = 1.5;"), "t:1: policies.p.cooldown: expected a duration between 0s "
                                        "and 1d, got 1.5 without quotes\n" },
        { IN_POLICY("cooldown = 10L;"), "t:1: policies.p.cooldown: expected a duration between 0s "
                                        "and 1d, got 10 without quotes\n" },
        { IN_POLICY("cooldown = \"10 parsecs\";"), "t:1: policies.p.cooldown: expected a duration "
                                                   "between 0s and 1d, got \"10 parsecs\"\n" },
        { IN_POLICY("cooldown = \"25h\";"),
                "t:1: policies.p.cooldown: expected a duration between 0s and 1d, got \"25h\"\n" },
        { IN_POLICY("cooldown = true;"),
                "t:1: policies.p.cooldown: expected a duration between 0s and 1d, got true\n" },
        { IN_POLICY("cooldown = { };"),
                "t:1: policies.p.cooldown: expected a duration between 0s and 1d, got a group\n" },
        { IN_POLICY("cooldown = [ \"1s\" ];"),
                "t:1: policies.p.cooldown: expected a duration between 0s and 1d, got an array\n" },
        { IN_POLICY("cooldown = ( \"1s\" );"),
                "t:1: policies.p.cooldown: expected a duration between 0s and 1d, got a list\n" },
        { IN_POLICY("settle = \"11min\";"), "t:1: policies.p.settle: expected a duration between "
                                            "0s and 10min, got \"11min\"\n" },
        { IN_POLICY("hold = { psi_memory_some = \"10\"; };"),
                "t:1: policies.p.hold.psi_memory_some: expected a percentage between 0% and 100%, "
                "got \"10\"\n" },
        { IN_POLICY("hold = { psi_memory_some = \"101%\"; };"),
                "t:1: policies.p.hold.psi_memory_some: expected a percentage between 0% and 100%, "
                "got \"101%\"\n" },
        { IN_POLICY("budget = { runs = \"30\"; };"),
                "t:1: policies.p.budget.runs: expected a whole number between 1 and 256, got "
                "\"30\" in quotes\n" },
        { IN_POLICY("budget = { runs = 0; };"),
                "t:1: policies.p.budget.runs: expected a whole number between 1 and 256, got 0\n" },
        { IN_POLICY("budget = { runs = -1; };"), "t:1: policies.p.budget.runs: expected a whole "
                                                 "number between 1 and 256, got -1\n" },
        { IN_POLICY("budget = { runs = 257; };"), "t:1: policies.p.budget.runs: expected a whole "
                                                  "number between 1 and 256, got 257\n" },
        { IN_POLICY("window_max = 100;"), "t:1: policies.p.window_max: expected a whole number "
                                          "between 12 and 90, got 100\n" },
        { IN_POLICY("boost_max = 1e3;"), "t:1: policies.p.boost_max: expected a whole number "
                                         "between 0 and 15000, got 1000.0\n" },
        { IN_POLICY("budget = 3;"),
                "t:1: policies.p.budget: expected a group, { name = value; }, got 3\n" },
        { "policies = 3;", "t:1: policies: expected a group, { NAME: { ... }; }, got 3\n" },
        { "policies: { p = 3; };",
                "t:1: policies.p: expected a group, { name = value; }, got 3\n" },
        { IN_POLICY("levers = \"window\";"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\", \"boost\", \"scale\", \"defrag_mode\" or \"pagelists\", "
                "got \"window\"\n" },
        { IN_POLICY("levers = [ \"window\", \"kompact\" ];"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\", \"boost\", \"scale\", \"defrag_mode\" or \"pagelists\", "
                "got \"kompact\"\n" },
        { IN_POLICY("levers = [ \"none\" ];"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\", \"boost\", \"scale\", \"defrag_mode\" or \"pagelists\", "
                "got \"none\"\n" },
        { IN_POLICY("levers = ( 1, \"window\" );"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\", \"boost\", \"scale\", \"defrag_mode\" or \"pagelists\", "
                "got 1 without quotes\n" },

        /* objectives */
        { IN_POLICY("objectives = { };"), "t:1: policies.p.objectives: expected a list of groups, "
                                          "( { size = ...; }, { ... } ), got a group\n" },
        { IN_POLICY("objectives = 5;"), "t:1: policies.p.objectives: expected a list of groups, ( "
                                        "{ size = ...; }, { ... } ), got 5\n" },
        { IN_POLICY("objectives = ( 5 );"),
                "t:1: policies.p.objectives[0]: expected a group, { name = value; }, got 5\n" },
        { IN_POLICY("objectives = ( );"),
                "t:1: policies.p: has no objectives, so that there is nothing to hold\n" },
        { "policies: {\n\n p: { }; };",
                "t:3: policies.p: has no objectives, so that there is nothing to hold\n" },
        { IN_POLICY("objectives = ( {}, {}, {}, {}, {}, {}, {}, {}, {} );"),
                "t:1: policies.p.objectives: expected at most 8 objectives, got 9\n" },
        { OBJECTIVE(""), "t:1: policies.p.objectives[0]: 'size' is missing\n"
                         "t:1: policies.p.objectives[0]: 'reserve' is missing\n" },
        { OBJECTIVE("size = \"huge\"; reserve = \"1%\";"),
                "t:1: policies.p.objectives[0].size: expected \"thp\" or a size between 4K and "
                "32G, got \"huge\"\n" },
        { OBJECTIVE("size = \"64G\"; reserve = \"1%\";"),
                "t:1: policies.p.objectives[0].size: expected \"thp\" or a size between 4K and "
                "32G, got \"64G\"\n" },
        { OBJECTIVE("size = 65536; reserve = \"1%\";"),
                "t:1: policies.p.objectives[0].size: expected \"thp\" or a size between 4K and "
                "32G, got 65536 without "
                "quotes\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"0%\";"),
                "t:1: policies.p.objectives[0].reserve: expected \"auto\", a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"0%\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"1\";"),
                "t:1: policies.p.objectives[0].reserve: expected \"auto\", a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"1\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"99999999999999999999\";"),
                "t:1: policies.p.objectives[0].reserve: expected \"auto\", a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"99999999999999999999\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2%\";\nrefill = \"1%\";"),
                "t:2: policies.p.objectives[0].refill: expected at least the reserve of \"2%\", "
                "got \"1%\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2M\"; refill = \"1M\";"),
                "t:1: policies.p.objectives[0].refill: expected at least the reserve of \"2M\", "
                "got \"1M\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"auto\"; refill = \"1%\";"),
                "t:1: policies.p.objectives[0].refill: not with reserve = \"auto\", which says both\n" },
        { OBJECTIVE("size = \"64K\";\nreserve = \"auto\"; for = \"kernel\";"),
                "t:1: policies.p.objectives[0].size: expected \"thp\" with reserve = \"auto\": the kernel counts no demand for "
                "other sizes\n"
                "t:2: policies.p.objectives[0].for: expected \"user\" with reserve = \"auto\": the kernel counts no demand of its "
                "own\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"auto\"; at_least = \"3%\"; at_most = \"2%\";"),
                "t:1: policies.p.objectives[0].at_most: expected at least the at_least of \"3%\", got \"2%\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"1%\"; at_most = \"2%\"; at_start = \"2%\";"),
                "t:1: policies.p.objectives[0].at_start: only with reserve = \"auto\"\n"
                "t:1: policies.p.objectives[0].at_most: only with reserve = \"auto\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2M\"; for = \"root\";"),
                "t:1: policies.p.objectives[0].for: expected \"user\" or \"kernel\", got "
                "\"root\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2M\"; node = 1024;"),
                "t:1: policies.p.objectives[0].node: expected a whole number between 0 and 1023, "
                "got 1024\n" },

        /* where policies come from */
        { "policies: { q: { based_on = \"balancd\"; }; };",
                "t:1: policies.q.based_on: no policy \"balancd\" is defined before this, did you "
                "mean 'balanced'?\n" },
        { "policies: { q: { based_on = \"q\"; }; };",
                "t:1: policies.q.based_on: no policy \"q\" is defined before this\n" },
        { "policies: { q: { based_on = \"later\"; }; later: { based_on = \"balanced\"; }; };",
                "t:1: policies.q.based_on: no policy \"later\" is defined before this\n" },
        { "policies: { q: { based_on = 1; }; };",
                "t:1: policies.q.based_on: expected the name of a policy, got 1 without quotes\n" },
        { "policies: { balanced: { based_on = \"observe\"; }; };",
                "t:1: policies.balanced.based_on: only where a policy is defined first, but "
                "'balanced' is already defined "
                "(built in)\n" },
        { "policies: { p12345678901234567890123456789012: { }; };",
                "t:1: policies.p12345678901234567890123456789012: expected a policy's name of at "
                "most 31 letters, digits, "
                "'-' and '_'\n" },
        { "policies: { p*: { }; };", "t:1: policies.p*: expected a policy's name of at most 31 "
                                     "letters, digits, '-' and '_'\n" },

        /* what no option alone shows */
        { IN_POLICY("interval = { min = \"20s\"; };"),
                "t:1: policies.p: interval.max (15s) is below interval.min (20s)\n" },
        { IN_POLICY("backoff = { max = \"2s\"; };"),
                "t:1: policies.p: backoff.max (2s) is below backoff.min (1min)\n" },
        { IN_POLICY("proactiveness = { min = 50; };"),
                "t:1: policies.p: proactiveness.min (50) is above proactiveness.max (40)\n" },
        { IN_POLICY("budget = { compaction_time = \"2h\"; };"),
                "t:1: policies.p: budget.compaction_time (2h) is longer than budget.per (1h)\n" },
        { IN_POLICY("interval = { min = \"20s\"; }; act = 1;"),
                "t:1: policies.p.act: expected true or false, got 1\n" }, /* no cross-check on top
                                                                           */

        /* syntax, and what libconfig would take in silence */
        { "policy \"balanced\";", "t:1: syntax error here or just before, expected NAME = VALUE; "
                                  "with text in quotes, and no comma after the "
                                  "last in a list\n" },
        { "\n\npolicy = ;", "t:3: syntax error here or just before, expected NAME = VALUE; with "
                            "text in quotes, and no comma after the "
                            "last in a list\n" },
        { "policy = \"balanced\";\npolicy = \"observe\";",
                "t:2: an option is set twice in one group\n" },
        { IN_POLICY("levers = [ \"window\", 1 ];"),
                "t:1: an array [ ... ] has elements of different kinds\n" },
        { "policy = \"bal\nanced\";",
                "t:1: text without an end, expected '\"' on the same line\n" },
        { "policy = \"balanced\\\";",
                "t:1: text without an end, expected '\"' on the same line\n" },
        { "# one\n/* two\n", "t:2: the comment that begins here has no end, expected '*/'\n" },
        { "\npolicies: {\n", "t:2: '{' without an end, expected '}'\n" },
        { "policies: {\n )", "t:2: ')' here, expected '}' for the '{' of line 1\n" },
        { "}", "t:1: '}' closes nothing\n" },
        { "((((((((((((((((", "t:1: '(' without an end, expected ')'\n" },
        { "\n(((((((((((((((((", "t:2: brackets nested more than 16 deep\n" },
        { "@include \"/etc/shadow\"",
                "t:1: '@include' is not supported: further files go into fragd.conf.d\n" },
        { "a = 1; @include \"x\"",
                "t:1: '@include' is not supported: further files go into fragd.conf.d\n" },
        { IN_POLICY("cooldown = 10s;"), "t:1: a number with a unit must be in quotes: \"10s\"\n" },
        { IN_POLICY("cooldown = 1.5min;"),
                "t:1: a number with a unit must be in quotes: \"1.5min\"\n" },
        { IN_POLICY("hold = { psi_cpu_some = 10%; };"),
                "t:1: a number with a unit must be in quotes: \"10%\"\n" },
        { "policy = balanced;",
                "t:1: text must be in quotes: \"balanced\"; a flag is true or false\n" },
        { IN_POLICY("act = yes;\nlevers = [ window, \"compact\" ];"),
                "t:1: text must be in quotes: \"yes\"; a flag is true or false\n"
                "t:2: text must be in quotes: \"window\"; a flag is true or false\n" },
        { IN_POLICY("act = /* not now */ no;"),
                "t:1: text must be in quotes: \"no\"; a flag is true or false\n" },
        /* 1.5 reads 4294967316 as 20, and 0xfffffffff as -1 */
        { IN_POLICY("window_max = 4294967316;"),
                "t:1: a number of 10 digits, expected at most 9; sizes and times are text with a "
                "unit, such as \"512M\" or "
                "\"20s\"\n" },
        { IN_POLICY("window_max = -4294967276;"),
                "t:1: a number of 10 digits, expected at most 9; sizes and times are text with a "
                "unit, such as \"512M\" or "
                "\"20s\"\n" },
        { IN_POLICY("window_max = 0x100000014;"),
                "t:1: a number of 9 digits, expected at most 7; sizes and times are text with a "
                "unit, such as \"512M\" or "
                "\"20s\"\n" },
        { IN_POLICY("window_max = 50.00000000000;"), "t:1: policies.p.window_max: expected a whole "
                                                     "number between 12 and 90, got 50.0\n" },
        { IN_POLICY("window_max = 4294967316;\ncooldown = 3s;"),
                "t:1: a number of 10 digits, expected at most 9; sizes and times are text with a "
                "unit, such as \"512M\" or "
                "\"20s\"\nt:2: a number with a unit must be in quotes: \"3s\"\n" },

        /* all at once */
        { "policy = \"x\";\nuser = 1;\npolicies: { balanced: { act = 0;\nhold = { psi_cpu_some = "
          "\"x\"; }; };\n"
          "observe: { interval = { min = \"1min\"; }; }; };\nfoo = 1;",
                "t:2: user: expected a user's name or number, got 1 without quotes\n"
                "t:3: policies.balanced.act: expected true or false, got 0\n"
                "t:4: policies.balanced.hold.psi_cpu_some: expected a percentage between 0% and "
                "100%, got \"x\"\n"
                "t:6: unknown option 'foo'\n"
                "t:5: policies.observe: interval.max (15s) is below interval.min (1min)\n"
                "t:1: policy: there is no policy 'x'\n" },
};

START_TEST(test_refusal)
{
        const Refusal *row = &refusals[_i];
        ConfigErrors errors = {};
        Config *c = (Config *)&errors; /* any pointer: to be left alone */
        _cleanup_strbuf_ StrBuf text = {};

        ck_assert_int_eq(config_load_text(&c, "t", row->text, &errors), -EINVAL);
        ck_assert_ptr_eq(c, &errors);
        config_errors_text(&errors, &text);
        ck_assert_str_eq(strbuf_text(&text), row->errors);
        config_errors_done(&errors);
        ck_assert_uint_eq(errors.n, 0);
}
END_TEST

/* More errors than are kept: the rest is counted. */
START_TEST(test_too_many_errors)
{
        _cleanup_strbuf_ StrBuf text = {}, all = {};
        ConfigErrors errors = {};
        Config *c = NULL;

        for (int i = 0; i < CONFIG_ERRORS_MAX + 3; i++)
                strbuf_printf(&text, "x%d = 1;\n", i);
        ck_assert_int_eq(config_load_text(&c, "t", strbuf_text(&text), &errors), -EINVAL);
        ck_assert_uint_eq(errors.n, CONFIG_ERRORS_MAX);
        ck_assert_uint_eq(errors.dropped, 3);
        config_errors_text(&errors, &all);
        ck_assert_ptr_nonnull(
                strstr(strbuf_text(&all), "t:64: unknown option 'x63'\n3 more not shown\n"));
        config_errors_done(&errors);
}
END_TEST

static void build(Suite *s)
{
        TCase *tc = tcase_create("refusals");

        tcase_add_loop_test(tc, test_refusal, 0, ELEMENTSOF(refusals));
        tcase_add_test(tc, test_too_many_errors);
        suite_add_tcase(s, tc);
}

TEST_MAIN("config-refusals", build)
