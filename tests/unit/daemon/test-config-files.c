/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files are read, in which order, and which are refused. Each test has a directory of its
 * own. */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "daemon/config.h"
#include "test.h"

#define NOBODY 65534

static char dir[] = "/tmp/fragd-test-config-XXXXXX";
static char main_path[128];
static ConfigErrors errors;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static void setup(void)
{
        strcpy(dir + strlen(dir) - 6, "XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(dir));
        ck_assert_int_eq(chmod(dir, 0755), 0);
        snprintf(main_path, sizeof(main_path), "%s/f.conf", dir);
}

static void teardown(void)
{
        config_errors_done(&errors);
        if (geteuid() != getuid())
                ck_assert_int_eq(seteuid(getuid()), 0);
        ck_assert_int_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* name: below dir. The same buffer each time. */
static const char *path_of(const char *name)
{
        static char path[256];

        snprintf(path, sizeof(path), "%s/%s", dir, name);
        return path;
}

static void put_bytes(const char *name, const char *text, size_t size)
{
        FILE *f = fopen(path_of(name), "we");

        ck_assert_ptr_nonnull(f);
        ck_assert_uint_eq(fwrite(text, 1, size, f), size);
        ck_assert_int_eq(fclose(f), 0);
        ck_assert_int_eq(chmod(path_of(name), 0644), 0);
}

static void put(const char *name, const char *text)
{
        put_bytes(name, text, strlen(text));
}

static void put_dir(const char *name)
{
        ck_assert_int_eq(mkdir(path_of(name), 0755), 0);
        ck_assert_int_eq(chmod(path_of(name), 0755), 0);
}

static Config *load_good(ConfigOwner owner)
{
        _cleanup_strbuf_ StrBuf text = {};
        Config *c = NULL;
        int r = config_load(&c, main_path, false, owner, &errors);

        config_errors_text(&errors, &text);
        ck_assert_str_eq(strbuf_text(&text), "");
        ck_assert_int_eq(r, 0);
        return c;
}

/* expected: all errors, with the paths below dir. */
static void load_bad(bool must_exist, ConfigOwner owner, const char *expected)
{
        _cleanup_strbuf_ StrBuf text = {}, shortened = {};
        Config *c = NULL;

        ck_assert_int_eq(config_load(&c, main_path, must_exist, owner, &errors), -EINVAL);
        ck_assert_ptr_null(c);
        config_errors_text(&errors, &text);
        for (const char *p = strbuf_text(&text); *p;)
                if (strncmp(p, dir, strlen(dir)) == 0)
                        p += strlen(dir) + 1;
                else
                        strbuf_add(&shortened, p++, 1);
        ck_assert_str_eq(strbuf_text(&shortened), expected);
}

static usec_t cooldown_of(const Config *c, const char *policy)
{
        return config_policy(c, policy)->policy.cooldown / USEC_PER_SEC;
}

START_TEST(test_nothing_there)
{
        _cleanup_(config_freep) Config *c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);

        ck_assert_uint_eq(c->n_files, 0);
        ck_assert_str_eq(c->policy, "balanced");
}
END_TEST

START_TEST(test_must_exist)
{
        load_bad(true, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: cannot open it: No such file or directory\n");
}
END_TEST

START_TEST(test_drop_in_order)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf", "policy = \"observe\"; policies: { balanced: { cooldown = \"20s\"; horizon = "
                      "\"2s\"; }; };");
        put_dir("f.conf.d");
        put("f.conf.d/90-b.conf", "policies: { balanced: { cooldown = \"40s\"; }; };");
        put("f.conf.d/10-a.conf",
                "policy = \"conserve\"; policies: { balanced: { cooldown = \"30s\"; }; };");
        put("f.conf.d/9.conf",
                "\n\npolicies: { balanced: { cooldown = \"50s\"; }; };"); /* strcmp: last but one */
        put("f.conf.d/A.conf", "policies: { mine: { based_on = \"balanced\"; }; };");
        put("f.conf.d/.hidden.conf", "garbage");
        put("f.conf.d/.conf", "garbage");
        put("f.conf.d/README", "garbage");
        put("f.conf.d/a.conf.bak", "garbage");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(c->n_files, 5);
        ck_assert_str_eq(c->files[0], main_path);
        ck_assert_str_eq(c->files[1], path_of("f.conf.d/10-a.conf"));
        ck_assert_str_eq(c->files[2], path_of("f.conf.d/9.conf"));
        ck_assert_str_eq(c->files[3], path_of("f.conf.d/90-b.conf"));
        ck_assert_str_eq(c->files[4], path_of("f.conf.d/A.conf"));
        ck_assert_str_eq(c->policy, "conserve");
        ck_assert_uint_eq(cooldown_of(c, "balanced"), 40);
        ck_assert_uint_eq(cooldown_of(c, "mine"), 40);
        ck_assert_uint_eq(config_policy(c, "balanced")->policy.horizon, 2 * USEC_PER_SEC);
        put("f.conf.d/A.conf", "\n\npolicies: { balanced: { cooldown = \"60s\"; }; };");
        c = config_free(c);
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_str_eq(strrchr(config_policy(c, "balanced")->source, '/'), "/A.conf:3");
        ck_assert_str_eq(config_policy(c, "observe")->source, "built in");
}
END_TEST

START_TEST(test_drop_ins_alone)
{
        _cleanup_(config_freep) Config *c = NULL;

        put_dir("f.conf.d");
        put("f.conf.d/a.conf", "policies: { balanced: { levers = [ \"boost\" ]; }; };");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(c->n_files, 1);
        ck_assert_uint_eq(config_policy(c, "balanced")->policy.levers, 1u << LEVER_BOOST);
        ck_assert_uint_eq(config_policy(c, "balanced")->policy.n_objectives, 2);
}
END_TEST

START_TEST(test_list_replaced_by_drop_in)
{
        _cleanup_(config_freep) Config *c = NULL;
        const Policy *p;

        put("f.conf",
                "policies: { balanced: { objectives = ( { size = \"8K\"; reserve = \"1M\"; },\n"
                "{ size = \"16K\"; reserve = \"1M\"; node = 1; }, { size = \"32K\"; reserve = "
                "\"1M\"; } ); }; };");
        put_dir("f.conf.d");
        put("f.conf.d/a.conf", "policies: { balanced: { objectives = ( { size = \"64K\"; reserve = "
                               "\"1%\"; } ); }; };");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        p = &config_policy(c, "balanced")->policy;
        ck_assert_uint_eq(p->n_objectives, 1);
        ck_assert_uint_eq(p->objectives[0].size, 64 * 1024);
        ck_assert_uint_eq(p->objectives[0].refill.permyriad, 150);
        ck_assert_uint_eq(p->objectives[1].size, 0);
        ck_assert_uint_eq(p->objectives[1].node, 0);
}
END_TEST

/* A policy that a drop-in defines a second time, or completes. */
START_TEST(test_across_files)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf", "policies: { mine: { cooldown = \"3s\"; }; };");
        put_dir("f.conf.d");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER,
                "f.conf:1: policies.mine: has no objectives, so that there is nothing to hold\n");
        config_errors_done(&errors);
        put("f.conf.d/a.conf", "policies: { mine: { objectives = ( { size = \"thp\"; reserve = "
                               "\"1%\"; } ); }; };");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(cooldown_of(c, "mine"), 3);
        put("f.conf.d/b.conf", "\npolicies: { mine: { based_on = \"balanced\"; }; };");
        _cleanup_strbuf_ StrBuf expected = {};
        strbuf_printf(&expected, "f.conf.d/b.conf:2: policies.mine.based_on: only where a policy "
                                 "is defined first, but 'mine' is already "
                                 "defined (f.conf.d/a.conf:1)\n");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, strbuf_text(&expected));
}
END_TEST

/* One bad file does not hide what is wrong with the others. */
START_TEST(test_errors_of_all_files)
{
        put("f.conf", "policy = 1;");
        put_dir("f.conf.d");
        put("f.conf.d/a.conf", "policy = ;");
        put("f.conf.d/b.conf", "policy = \"x\nuser = 1;");
        put("f.conf.d/c.conf", "\nuser = 1;");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER,
                "f.conf:1: policy: expected the name of a policy, got 1 without quotes\n"
                "f.conf.d/a.conf:1: syntax error here or just before, expected NAME = VALUE; with "
                "text in quotes, and no comma "
                "after the last in a list\n"
                "f.conf.d/b.conf:1: text without an end, expected '\"' on the same line\n"
                "f.conf.d/c.conf:2: user: expected a user's name or number, got 1 "
                "without quotes\n");
}
END_TEST

START_TEST(test_cross_check_place)
{
        put("f.conf", "policies: { balanced: { interval = { max = \"5s\"; }; }; };");
        put_dir("f.conf.d");
        put("f.conf.d/a.conf", "policy = \"balance\";\n\npolicies: { balanced: { interval = { min "
                               "= \"6s\"; }; }; };");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER,
                "f.conf.d/a.conf:3: policies.balanced: interval.max (5s) is below interval.min (6s)\n"
                "f.conf.d/a.conf:1: policy: there is no policy 'balance', did you mean "
                "'balanced'?\n");
}
END_TEST

START_TEST(test_byte_order_mark)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf",
                "\xef\xbb\xbfpolicies: { balanced: { cooldown = \"20s\"; }; };\r\n# more\r\n");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(cooldown_of(c, "balanced"), 20);
}
END_TEST

START_TEST(test_empty)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf", "");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(c->n_files, 1);
}
END_TEST

START_TEST(test_comment_at_end)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf", "policies: { balanced: { cooldown = \"20s\"; }; };\n# no end of line");
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(cooldown_of(c, "balanced"), 20);
}
END_TEST

START_TEST(test_size)
{
        _cleanup_free_ char *text = malloc(CONFIG_FILE_MAX + 1);
        _cleanup_(config_freep) Config *c = NULL;

        ck_assert_ptr_nonnull(text);
        memset(text, '#', CONFIG_FILE_MAX + 1);
        put_bytes("f.conf", text, CONFIG_FILE_MAX);
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        put_bytes("f.conf", text, CONFIG_FILE_MAX + 1);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: larger than 64 KiB\n");
}
END_TEST

/* As deep, and as long, as a file can be. */
START_TEST(test_deep)
{
        _cleanup_free_ char *text = malloc(CONFIG_FILE_MAX);

        ck_assert_ptr_nonnull(text);
        memset(text, '(', CONFIG_FILE_MAX);
        memcpy(text, "a = ", 4);
        put_bytes("f.conf", text, CONFIG_FILE_MAX);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf:1: brackets nested more than 16 deep\n");
        config_errors_done(&errors);
        memset(text, '\n', CONFIG_FILE_MAX);
        text[CONFIG_FILE_MAX - 1] = '}';
        put_bytes("f.conf", text, CONFIG_FILE_MAX);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf:65536: '}' closes nothing\n");
}
END_TEST

START_TEST(test_nul)
{
        put_bytes("f.conf", "policy = \"balanced\";\0garbage", 28);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: has a NUL byte, expected text in UTF-8\n");
}
END_TEST

START_TEST(test_directory)
{
        put_dir("f.conf");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: a directory, expected a regular file\n");
}
END_TEST

START_TEST(test_drop_in_directory)
{
        put_dir("f.conf.d");
        put_dir("f.conf.d/a.conf");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf.d/a.conf: a directory, expected a regular file\n");
}
END_TEST

/* Nobody writes to it: opening must not wait for that. */
START_TEST(test_fifo)
{
        ck_assert_int_eq(mkfifo(main_path, 0644), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: a device, pipe or socket, expected a regular file\n");
}
END_TEST

START_TEST(test_file_as_drop_in_directory)
{
        put("f.conf.d", "");
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf.d: cannot open it: Not a directory\n");
}
END_TEST

START_TEST(test_link)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("target", "policies: { balanced: { cooldown = \"20s\"; }; };");
        ck_assert_int_eq(symlink("target", main_path), 0);
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(cooldown_of(c, "balanced"), 20);
}
END_TEST

START_TEST(test_link_loop)
{
        ck_assert_int_eq(symlink("g.conf", main_path), 0);
        ck_assert_int_eq(symlink("f.conf", path_of("g.conf")), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: cannot open it: Too many levels of symbolic links\n");
}
END_TEST

/* A main file may be missing; a drop-in that is there and leads nowhere is a mistake. */
START_TEST(test_dangling_drop_in)
{
        put_dir("f.conf.d");
        ck_assert_int_eq(symlink("nowhere", path_of("f.conf.d/a.conf")), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf.d/a.conf: cannot open it: No such file or directory\n");
}
END_TEST

static void put_drop_ins(int n)
{
        char name[64];

        put_dir("f.conf.d");
        for (int i = 0; i < n; i++) {
                snprintf(name, sizeof(name), "f.conf.d/%02d.conf", i);
                put(name, i == n - 1 ? "policy = \"observe\";" : "");
        }
}

START_TEST(test_drop_ins_max)
{
        _cleanup_(config_freep) Config *c = NULL;

        put("f.conf", "");
        put_drop_ins(CONFIG_FILES_MAX - 1);
        c = load_good(CONFIG_OWNER_ROOT_OR_CALLER);
        ck_assert_uint_eq(c->n_files, CONFIG_FILES_MAX);
        ck_assert_str_eq(c->policy, "observe");
}
END_TEST

START_TEST(test_too_many_drop_ins)
{
        put_drop_ins(CONFIG_FILES_MAX + 1);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf.d: more than 63 files that end in .conf\n");
}
END_TEST

/* Root may read everything: look with nobody's eyes. */
static void drop_root(void)
{
        if (geteuid() == 0)
                ck_assert_int_eq(seteuid(NOBODY), 0);
}

START_TEST(test_unreadable)
{
        put("f.conf", "");
        ck_assert_int_eq(chmod(main_path, 0), 0);
        drop_root();
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: cannot open it: Permission denied\n");
}
END_TEST

START_TEST(test_unreadable_directory)
{
        put_dir("f.conf.d");
        ck_assert_int_eq(chmod(path_of("f.conf.d"), 0), 0);
        drop_root();
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf.d: cannot open it: Permission denied\n");
        if (geteuid() == getuid()) /* so that it can be removed */
                ck_assert_int_eq(chmod(path_of("f.conf.d"), 0755), 0);
}
END_TEST

START_TEST(test_writable_by_others)
{
        put("f.conf", "");
        ck_assert_int_eq(chmod(main_path, 0664), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER,
                "f.conf: writable by others than its owner (mode 0664), expected at most 0755 for "
                "a directory and 0644 for a "
                "file\n");
        config_errors_done(&errors);
        config_free(load_good(CONFIG_OWNER_ANY));
}
END_TEST

START_TEST(test_directory_writable_by_others)
{
        put_dir("f.conf.d");
        ck_assert_int_eq(chmod(path_of("f.conf.d"), 01777), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER,
                "f.conf.d: writable by others than its owner (mode 1777), expected at most 0755 "
                "for a directory and 0644 for "
                "a file\n");
        config_errors_done(&errors);
        config_free(load_good(CONFIG_OWNER_ANY));
}
END_TEST

START_TEST(test_owner)
{
        put("f.conf", "");
        ck_assert_int_eq(chown(main_path, NOBODY, (gid_t)-1), 0);
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: owned by uid 65534, expected root\n");
        config_errors_done(&errors);
        config_free(load_good(CONFIG_OWNER_ANY));
        drop_root(); /* now it is the caller's own */
        config_free(load_good(CONFIG_OWNER_ROOT_OR_CALLER));
}
END_TEST

START_TEST(test_owner_without_root)
{
        put("f.conf", "");
        ck_assert_int_eq(chown(main_path, 1, (gid_t)-1), 0);
        drop_root();
        load_bad(false, CONFIG_OWNER_ROOT_OR_CALLER, "f.conf: owned by uid 1, expected root or yourself\n");
}
END_TEST

static void build(Suite *s)
{
        const TTest *const tests[] = {
                test_nothing_there,
                test_must_exist,
                test_drop_in_order,
                test_drop_ins_alone,
                test_list_replaced_by_drop_in,
                test_across_files,
                test_errors_of_all_files,
                test_cross_check_place,
                test_byte_order_mark,
                test_empty,
                test_comment_at_end,
                test_size,
                test_deep,
                test_nul,
                test_directory,
                test_drop_in_directory,
                test_fifo,
                test_file_as_drop_in_directory,
                test_link,
                test_link_loop,
                test_dangling_drop_in,
                test_drop_ins_max,
                test_too_many_drop_ins,
                test_unreadable,
                test_unreadable_directory,
                test_writable_by_others,
                test_directory_writable_by_others,
                /* Only root can give a file away. */
                test_owner,
                test_owner_without_root,
        };
        TCase *tc = tcase_create("config-files");

        tcase_add_checked_fixture(tc, setup, teardown);
        for (size_t i = 0; i < ELEMENTSOF(tests) - (geteuid() == 0 ? 0 : 2); i++)
                tcase_add_test(tc, tests[i]);
        suite_add_tcase(s, tc);
}

TEST_MAIN("config-files", build)
