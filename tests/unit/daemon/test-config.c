/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts in, policies out. What is refused is in test-config-refusals.c; files, drop-ins and owners
 * are in test-config-files.c. */
#include "config-text.h"
#include "daemon/config.h"
#include "test.h"

typedef struct Acceptance {
        const char *text;
        const char *policy;
        const char *part; /* of config_policy_text() */
} Acceptance;

static const Acceptance acceptances[] = {
        { "", "balanced", "act = true;" },
        { "", "observe", "act = false;" },
        { "", "observe", "levers = [ \"window\", \"compact\", \"proactiveness\", \"pagelists\" ];" },
        { "", "conserve", "levers = [ \"window\", \"proactiveness\", \"pagelists\" ];" },
        { "", "aggressive", "levers = [ \"window\", \"compact\", \"proactiveness\", \"boost\", \"pagelists\" ];" },
        /* one scalar of a built-in one; what stands beside it stays */
        { "policies: { balanced: { hold = { psi_memory_some = \"5%\"; }; }; };", "balanced",
                "hold = { psi_memory_some = \"5%\"; psi_cpu_some = \"95%\"; };" },
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
                ck_assert_int_eq(a->objectives[i].reserve.automatic, b->objectives[i].reserve.automatic);
                ck_assert_int_eq(memcmp(&a->objectives[i].at_least, &b->objectives[i].at_least, sizeof(Amount)), 0);
                ck_assert_int_eq(memcmp(&a->objectives[i].at_most, &b->objectives[i].at_most, sizeof(Amount)), 0);
                ck_assert_int_eq(memcmp(&a->objectives[i].at_start, &b->objectives[i].at_start, sizeof(Amount)), 0);
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
        ck_assert_uint_eq(a->remember, b->remember);
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
        ck_assert_uint_eq(a->scale_max, b->scale_max);
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
        p.objectives[0] = (Objective){ .size = 65537, .reserve = { .bytes = 1234567 }, .refill = { .permyriad = 9999 },
                .use = USE_KERNEL, .node = 1023 };
        p.objectives[1] = (Objective){ .size = SIZE_THP, .reserve = { .permyriad = 1 }, .refill = { .permyriad = 105 },
                .use = USE_USER, .node = NODE_EVERY };
        p.objectives[2] = (Objective){ .size = SIZE_THP, .reserve = { .automatic = true }, .at_least = { .bytes = 8192 },
                .at_most = { .permyriad = 9000 }, .at_start = { .permyriad = 7 }, .use = USE_USER, .node = 1 };
        p.n_objectives = 3;
        p.remember = 29 * 24 * USEC_PER_HOUR;
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
        p.scale_max = 11;
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

        tcase_add_loop_test(tc, test_acceptance, 0, ELEMENTSOF(acceptances));
        tcase_add_loop_test(tc, test_round_trip, 0, ELEMENTSOF(built_in));
        tcase_add_test(tc, test_round_trip_odd);
        tcase_add_test(tc, test_balanced_is_default);
        tcase_add_test(tc, test_observe_is_balanced);
        tcase_add_test(tc, test_globals);
        tcase_add_test(tc, test_too_many_policies);
        tcase_add_test(tc, test_options_text);
        suite_add_tcase(s, tc);
}

TEST_MAIN("config", build)
