/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in, policies or the exact error texts out. Files, drop-ins and owners are in
 * test-config-files.c. */
#include "daemon/config.h"
#include "test.h"

/* One member of a group of policy p, on the line that the row tells. */
#define IN_POLICY(text) "policies: { p: { based_on = \"balanced\"; " text " }; };"
#define OBJECTIVE(text) IN_POLICY("objectives = ( { " text " } );")

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
                "\"proactiveness\" or \"boost\", "
                "got \"window\"\n" },
        { IN_POLICY("levers = [ \"window\", \"kompact\" ];"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\" or \"boost\", "
                "got \"kompact\"\n" },
        { IN_POLICY("levers = [ \"none\" ];"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\" or \"boost\", "
                "got \"none\"\n" },
        { IN_POLICY("levers = ( 1, \"window\" );"),
                "t:1: policies.p.levers: expected a list of \"window\", \"compact\", "
                "\"proactiveness\" or \"boost\", "
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
                "t:1: policies.p.objectives[0].reserve: expected a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"0%\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"1\";"),
                "t:1: policies.p.objectives[0].reserve: expected a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"1\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"99999999999999999999\";"),
                "t:1: policies.p.objectives[0].reserve: expected a percentage between 0.01% and "
                "100% or a size between 4K "
                "and 1P, got \"99999999999999999999\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2%\";\nrefill = \"1%\";"),
                "t:2: policies.p.objectives[0].refill: expected at least the reserve of \"2%\", "
                "got \"1%\"\n" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2M\"; refill = \"1M\";"),
                "t:1: policies.p.objectives[0].refill: expected at least the reserve of \"2M\", "
                "got \"1M\"\n" },
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
                "t:1: policies.p: interval.max is below interval.min\n" },
        { IN_POLICY("backoff = { max = \"2s\"; };"),
                "t:1: policies.p: backoff.min is below 1s, or above backoff.max\n" },
        { IN_POLICY("proactiveness = { min = 50; };"),
                "t:1: policies.p: proactiveness.min and .max are not 0 <= min <= max <= 80\n" },
        { IN_POLICY("budget = { compaction_time = \"2h\"; };"),
                "t:1: policies.p: budget.compaction_time is longer than budget.per\n" },
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
                "t:5: policies.observe: interval.max is below interval.min\n"
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

typedef struct Acceptance {
        const char *text;
        const char *policy;
        const char *part; /* of config_policy_text() */
} Acceptance;

static const Acceptance acceptances[] = {
        { "", "balanced", "act = true;" },
        { "", "observe", "act = false;" },
        { "", "observe", "levers = [ \"window\", \"compact\", \"proactiveness\" ];" },
        { "", "conserve", "levers = [ \"window\", \"proactiveness\" ];" },
        { "", "aggressive", "levers = [ \"window\", \"compact\", \"proactiveness\", \"boost\" ];" },
        /* one scalar of a built-in one; what stands beside it stays */
        { "policies: { balanced: { hold = { psi_memory_some = \"5%\"; }; }; };", "balanced",
                "hold = { psi_memory_some = \"5%\"; psi_cpu_some = \"80%\"; };" },
        { "policies: { balanced: { hold: { psi_memory_some: \"5.25 %\" } } }", "balanced",
                "psi_memory_some = \"5.25%\";" },
        { "policies: { balanced: { cooldown = \"1h 30min\"; }; };", "balanced",
                "cooldown = \"90min\";" },
        { "policies: { balanced: { cooldown = \"1h 30min\"; }; };", "balanced",
                "levers = [ \"window\", \"compact\"" },
        /* others are not touched by that, whatever they are based on */
        { "policies: { balanced: { cooldown = \"1h\"; }; };", "observe", "cooldown = \"10s\";" },
        /* lists replace */
        { "policies: { balanced: { levers = [ \"boost\" ]; }; };", "balanced",
                "levers = [ \"boost\" ];" },
        { "policies: { balanced: { levers = ( \"boost\", \"boost\" ); }; };", "balanced",
                "levers = [ \"boost\" ];" },
        { "policies: { balanced: { levers = []; }; };", "balanced", "levers = [ ];" },
        { "policies: { balanced: { objectives = ( { size = \"1.5M\"; reserve = \"8M\"; } ); }; };",
                "balanced",
                "objectives = (\n                        { size = \"1536K\"; reserve = \"8M\"; "
                "refill = \"12M\"; for = "
                "\"user\"; }\n                );" },
        { OBJECTIVE("size = \"thp\"; reserve = \"80%\";"), "p", "refill = \"100%\";" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2%\"; refill = \"2%\";"), "p",
                "refill = \"2%\";" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2%\"; refill = \"64M\";"), "p",
                "refill = \"64M\";" },
        { OBJECTIVE("size = \"thp\"; reserve = \"2%\"; node = 3;"), "p",
                "for = \"user\"; node = 3; }" },
        { OBJECTIVE("size = \"4097\"; reserve = \"4097\";"), "p",
                "{ size = \"4097\"; reserve = \"4097\"; refill = \"6145\";" },
        /* based on another: all but its name and description */
        { "policies: { q: { based_on = \"aggressive\"; }; };", "q",
                "q: {\n                description = \"\";" },
        { "policies: { q: { based_on = \"aggressive\"; }; };", "q", "cooldown = \"3s\";" },
        { "policies: { q: { cooldown = \"4s\"; based_on = \"aggressive\"; }; };", "q",
                "cooldown = \"4s\";" },
        { "policies: { q: { based_on = \"aggressive\"; window_max = 50; }; r: { based_on = \"q\"; "
          "}; };",
                "r", "window_max = 50;" },
        /* a new one without: policy_init()'s figures */
        { "policies: { q: { objectives = ( { size = \"64K\"; reserve = \"8M\"; } ); }; };", "q",
                "levers = [ ];" },
        { "policies: { q: { objectives = ( { size = \"64K\"; reserve = \"8M\"; } ); }; };", "q",
                "cooldown = \"10s\";" },
        /* the ends of ranges, exact units */
        { IN_POLICY("cooldown = \"0\";"), "p", "cooldown = \"0s\";" },
        { IN_POLICY("cooldown = \"1d\";"), "p", "cooldown = \"1d\";" },
        { IN_POLICY("settle = \"1500ms\";"), "p", "settle = \"1500ms\";" },
        { IN_POLICY("settle = \"1us\";"), "p", "settle = \"1us\";" },
        { IN_POLICY("window_max = 0x0c;"), "p", "window_max = 12;" },
        { IN_POLICY("window_max = 90L;"), "p", "window_max = 90;" },
        { IN_POLICY("budget = { runs = 256; per = \"1min\"; compaction_time = \"100ms\"; };"), "p",
                "budget = { compaction_time = \"100ms\"; runs = 256; per = \"1min\"; };" },
        { IN_POLICY("hold = { psi_cpu_some = \"100%\"; psi_memory_some = \"0%\"; };"), "p",
                "hold = { psi_memory_some = \"0%\"; psi_cpu_some = \"100%\"; };" },
        { IN_POLICY("description = \"Büro \\\"\\\\\\\" 日本\";"), "p",
                "description = \"Büro \\\"\\\\\\\" 日本\";" },
        { IN_POLICY("description = \"two \" \"parts\";"), "p", "description = \"two parts\";" },
        /* what looks like trouble only where it does not count */
        { "# @include \"x\" 99999999999 {\n// \" (\n/* \" 10s [ */ policies: { balanced: { "
          "description = "
          "\"@include 99999999999 10s { // # /*\"; }; };",
                "balanced", "description = \"@include 99999999999 10s { // # /*\";" },
        { "policies: {\r\n  balanced: {\r\n    cooldown = \"7s\";\r\n  };\r\n};\r\n", "balanced",
                "cooldown = \"7s\";" },
        { "policies: { a1-_: { based_on = \"balanced\"; }; };", "a1-_", "a1-_: {" },
        { "policies: { p123456789012345678901234567890: { based_on = \"balanced\"; }; };",
                "p123456789012345678901234567890", "act = true;" },
};

START_TEST(test_acceptance)
{
        const Acceptance *row = &acceptances[_i];
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_strbuf_ StrBuf text = {};
        ConfigErrors errors = {};
        const ConfigPolicy *p;
        int r;

        r = config_load_text(&c, "t", row->text, &errors);
        config_errors_text(&errors, &text);
        ck_assert_str_eq(strbuf_text(&text), "");
        ck_assert_int_eq(r, 0);
        p = config_policy(c, row->policy);
        ck_assert_ptr_nonnull(p);
        strbuf_reset(&text);
        config_policy_text(&p->policy, &text);
        ck_assert_msg(strstr(strbuf_text(&text), row->part) != NULL, "no '%s' in\n%s", row->part,
                strbuf_text(&text));
}
END_TEST

static Config *load_good(const char *text)
{
        ConfigErrors errors = {};
        _cleanup_strbuf_ StrBuf all = {};
        Config *c = NULL;
        int r = config_load_text(&c, "t", text, &errors);

        config_errors_text(&errors, &all);
        ck_assert_str_eq(strbuf_text(&all), "");
        ck_assert_int_eq(r, 0);
        return c;
}

static const char *const built_in[] = { "balanced", "observe", "conserve", "aggressive" };

static void assert_same_policy(const Policy *a, const Policy *b)
{
        ck_assert_str_eq(a->description, b->description);
        ck_assert_int_eq(a->act, b->act);
        ck_assert_uint_eq(a->n_objectives, b->n_objectives);
        for (unsigned i = 0; i < a->n_objectives; i++) {
                ck_assert_uint_eq(a->objectives[i].size, b->objectives[i].size);
                ck_assert_uint_eq(a->objectives[i].reserve.bytes, b->objectives[i].reserve.bytes);
                ck_assert_uint_eq(
                        a->objectives[i].reserve.permyriad, b->objectives[i].reserve.permyriad);
                ck_assert_uint_eq(a->objectives[i].refill.bytes, b->objectives[i].refill.bytes);
                ck_assert_uint_eq(
                        a->objectives[i].refill.permyriad, b->objectives[i].refill.permyriad);
                ck_assert_uint_eq(a->objectives[i].use, b->objectives[i].use);
                ck_assert_uint_eq(a->objectives[i].node, b->objectives[i].node);
        }
        ck_assert_uint_eq(a->levers, b->levers);
        ck_assert_int_eq(memcmp(&a->budget, &b->budget, sizeof(a->budget)), 0);
        ck_assert_int_eq(memcmp(&a->hold, &b->hold, sizeof(a->hold)), 0);
        ck_assert_int_eq(memcmp(&a->interval, &b->interval, sizeof(a->interval)), 0);
        ck_assert_uint_eq(a->horizon, b->horizon);
        ck_assert_uint_eq(a->cooldown, b->cooldown);
        ck_assert_uint_eq(a->settle, b->settle);
        ck_assert_uint_eq(a->action_limit, b->action_limit);
        ck_assert_uint_eq(a->backoff_min, b->backoff_min);
        ck_assert_uint_eq(a->backoff_max, b->backoff_max);
        ck_assert_uint_eq(a->window_max, b->window_max);
        ck_assert_uint_eq(a->proactiveness_min, b->proactiveness_min);
        ck_assert_uint_eq(a->proactiveness_max, b->proactiveness_max);
        ck_assert_uint_eq(a->boost_max, b->boost_max);
}

/* Printed under another name, so that nothing of the built-in one is there to help. */
START_TEST(test_round_trip)
{
        _cleanup_(config_freep) Config *first = load_good(""), *second = NULL;
        Policy p = config_policy(first, built_in[_i])->policy;
        _cleanup_strbuf_ StrBuf text = {};

        strcpy(p.name, "copy");
        config_policy_text(&p, &text);
        ck_assert_int_eq(strbuf_error(&text), 0);
        second = load_good(strbuf_text(&text));
        assert_same_policy(&p, &config_policy(second, "copy")->policy);
}
END_TEST

/* The round trip of a policy in which no member has its default: a member that is not printed would
 * show. */
START_TEST(test_round_trip_odd)
{
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_strbuf_ StrBuf text = {};
        Policy p;

        policy_init(&p, "odd");
        strcpy(p.description, "\\ \" #{");
        p.act = false;
        p.objectives[0] = (Objective){ 65537, { .bytes = 1234567 }, { .permyriad = 9999 },
                USE_KERNEL, 1023 };
        p.objectives[1] = (Objective){ SIZE_THP, { .permyriad = 1 }, { .permyriad = 105 }, USE_USER,
                NODE_EVERY };
        p.n_objectives = 2;
        p.levers = 1u << LEVER_BOOST;
        p.budget.compaction_time = 61 * USEC_PER_SEC;
        p.budget.runs = 7;
        p.budget.per = 3601 * USEC_PER_SEC;
        p.hold.psi_memory_some = 1;
        p.hold.psi_cpu_some = 1234;
        p.interval.min = 100001;
        p.interval.max = 3599999 * USEC_PER_MSEC;
        p.horizon = 86399999999;
        p.cooldown = 1;
        p.settle = 2;
        p.action_limit = 100000;
        p.backoff_min = 26 * USEC_PER_HOUR;
        p.backoff_max = 7 * 24 * USEC_PER_HOUR;
        p.window_max = 12;
        p.proactiveness_min = 1;
        p.proactiveness_max = 80;
        p.boost_max = 1;
        config_policy_text(&p, &text);
        c = load_good(strbuf_text(&text));
        assert_same_policy(&p, &config_policy(c, "odd")->policy);
}
END_TEST

/* The engine's defaults are balanced's figures: both say so. */
START_TEST(test_balanced_is_default)
{
        _cleanup_(config_freep) Config *c = load_good("");
        Policy balanced = config_policy(c, "balanced")->policy, p;

        policy_init(&p, "balanced");
        memset(balanced.description, 0, sizeof(balanced.description));
        memset(balanced.objectives, 0, sizeof(balanced.objectives));
        balanced.n_objectives = 0;
        balanced.levers = 0;
        assert_same_policy(&balanced, &p);
        ck_assert_str_eq(c->policy, "balanced");
        ck_assert_ptr_null(c->user);
        ck_assert_uint_eq(c->n_policies, ELEMENTSOF(built_in));
        ck_assert_uint_eq(c->n_files, 0);
}
END_TEST

START_TEST(test_observe_is_balanced)
{
        _cleanup_(config_freep) Config *c = load_good("");
        Policy observe = config_policy(c, "observe")->policy,
               balanced = config_policy(c, "balanced")->policy;

        ck_assert_int_eq(observe.act, false);
        observe.act = true;
        strcpy(observe.description, balanced.description);
        assert_same_policy(&observe, &balanced);
}
END_TEST

START_TEST(test_globals)
{
        _cleanup_(config_freep) Config *c = load_good(
                "user = \"1000\"; policy = \"mine\";\n"
                "policies: { mine: { based_on = \"observe\"; };\n balanced: { act = false; }; };");

        ck_assert_str_eq(c->user, "1000");
        ck_assert_str_eq(c->policy, "mine");
        ck_assert_ptr_null(config_policy(c, "none"));
        ck_assert_str_eq(config_policy(c, "mine")->source, "t:2");
        ck_assert_str_eq(config_policy(c, "balanced")->source, "t:3");
        ck_assert_str_eq(config_policy(c, "conserve")->source, "built in");
}
END_TEST

/* Every policy that fits, and one more. */
START_TEST(test_too_many_policies)
{
        _cleanup_strbuf_ StrBuf text = {}, all = {};
        _cleanup_(config_freep) Config *c = NULL;
        size_t room = POLICIES_MAX - ELEMENTSOF(built_in);
        ConfigErrors errors = {};

        strbuf_puts(&text, "policies: {\n");
        for (size_t i = 0; i < room; i++)
                strbuf_printf(&text, "p%zu: { based_on = \"balanced\"; };\n", i);
        strbuf_puts(&text, "}; policies2: {};");
        ck_assert_int_eq(
                config_load_text(&c, "t", strbuf_text(&text), &errors), -EINVAL); /* policies2 */
        config_errors_done(&errors);
        text.data[strlen(text.data) - strlen(" policies2: {};")] = 0;
        c = load_good(strbuf_text(&text));
        ck_assert_uint_eq(c->n_policies, POLICIES_MAX);
        text.size = strlen(text.data) - strlen("};");
        strbuf_puts(&text, "more: { }; };");
        c = config_free(c);
        ck_assert_int_eq(config_load_text(&c, "t", strbuf_text(&text), &errors), -EINVAL);
        config_errors_text(&errors, &all);
        ck_assert_str_eq(strbuf_text(&all), "t:30: policies.more: more than 32 policies\n");
        config_errors_done(&errors);
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

/* Each line of the table has its four columns, and each default that is a literal is accepted. */
START_TEST(test_options_text)
{
        _cleanup_strbuf_ StrBuf text = {};
        unsigned lines = 0;

        config_options_text(&text);
        for (char *p = text.data; *p; lines++) {
                char *end = strchr(p, '\n');
                unsigned tabs = 0;

                ck_assert_ptr_nonnull(end);
                for (; p < end; p++)
                        tabs += *p == '\t';
                ck_assert_uint_eq(tabs, 3);
                p = end + 1;
        }
        ck_assert_uint_ge(lines, 29);
        ck_assert_ptr_nonnull(
                strstr(text.data, "\npolicies.NAME.backoff.max\tduration\t1s..7d\t\"6h\"\n"));
        ck_assert_ptr_nonnull(strstr(
                text.data, "\npolicies.NAME.objectives[].size\tsize\tthp or 4K..32G\trequired\n"));
        ck_assert_ptr_null(strstr(text.data, "policies.NAME.hold\t"));
}
END_TEST

static void build(Suite *s)
{
        TCase *tc = tcase_create("config");

        tcase_add_loop_test(tc, test_refusal, 0, ELEMENTSOF(refusals));
        tcase_add_loop_test(tc, test_acceptance, 0, ELEMENTSOF(acceptances));
        tcase_add_loop_test(tc, test_round_trip, 0, ELEMENTSOF(built_in));
        tcase_add_test(tc, test_round_trip_odd);
        tcase_add_test(tc, test_balanced_is_default);
        tcase_add_test(tc, test_observe_is_balanced);
        tcase_add_test(tc, test_globals);
        tcase_add_test(tc, test_too_many_policies);
        tcase_add_test(tc, test_too_many_errors);
        tcase_add_test(tc, test_options_text);
        suite_add_tcase(s, tc);
}

TEST_MAIN("config", build)
