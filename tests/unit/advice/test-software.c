/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/software.h"

#include "test.h"

static const struct {
        const char *kind, *text, *version; /* NULL: none */
} paths[] = {
        { "postgresql", "/usr/lib/postgresql/15/bin/postgres", "15" },
        { "postgresql", "/usr/pgsql-9.6/bin/postgres", "9.6" },
        { "postgresql", "/usr/local/pgsql/bin/postgres", NULL },
        { "mongodb", "/opt/mongodb-linux-x86_64-rhel90-7.0.5/bin/mongod", "7.0.5" },
        { "mongodb", "/usr/bin/mongod", NULL },
        { "oracle", "/u01/app/oracle/product/19.0.0/dbhome_1/bin/oracle", "19.0.0" },
        { "oracle", "/opt/oracle/product/23ai/dbhomeFree/bin/oracle", "23" },
        { "cassandra", "java -cp /x/a.jar:/x/apache-cassandra-4.1.3.jar org.apache", "4.1.3" },
        { "jvm", "/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "17" },
        { "jvm", "/usr/lib/jvm/jdk1.8.0_202/bin/java", "1.8.0" },
        { "jvm", "/usr/bin/java", NULL },
};

START_TEST(test_path)
{
        const SoftwareKind *k = software_kind(paths[_i].kind);
        char text[VERSION_TEXT_MAX];
        Version v = { 0 };
        int r;

        ck_assert_ptr_nonnull(k);
        r = software_version_in(k, paths[_i].text, &v);
        ck_assert_int_eq(r, paths[_i].version ? 0 : -ENOENT);
        ck_assert_str_eq(version_text(&v, text), paths[_i].version ? paths[_i].version : "");
}
END_TEST

START_TEST(test_process)
{
        ck_assert(software_runs(software_kind("oracle"), "ora_pmon_orcl", ""));
        ck_assert(!software_runs(software_kind("oracle"), "ora_lgwr_orcl", ""));
        ck_assert(software_runs(software_kind("cassandra"), "java", "java org.apache.cassandra.service.CassandraDaemon"));
        ck_assert(!software_runs(software_kind("cassandra"), "java", "java -jar other.jar"));
        ck_assert(!software_runs(software_kind("redis"), "redis-cli", ""));
        ck_assert_ptr_null(software_kind("nothing"));
}
END_TEST

START_TEST(test_package)
{
        const SoftwareKind *k = software_kind("postgresql");

        ck_assert(software_package(k, "postgresql-15"));
        ck_assert(software_package(k, "postgresql"));
        ck_assert(!software_package(k, "postgresql-common"));
        ck_assert(!software_package(k, "postgresql-15-postgis-3"));
        ck_assert(!software_package(k, "postgresql-"));
}
END_TEST

typedef struct Found {
        char text[256];
        int result;
} Found;

static int on_found(void *userdata, const SoftwareKind *k, const char *package, const char *version)
{
        Found *f = userdata;
        size_t used = strlen(f->text);

        snprintf(f->text + used, sizeof(f->text) - used, "%s=%s=%s;", k->name, package, version);
        return f->result;
}

START_TEST(test_dpkg)
{
        static const char status[] = "Package: redis-server\nStatus: install ok installed\nDescription: x\n Package: mysql\nVersion: 5:7.0\n\n"
                                     "Package: mongodb-org-server\nStatus: deinstall ok config-files\nVersion: 6\n\n\n"
                                     "Package: postgresql-15\nStatus: hold ok installed\nVersion: 15.5-0\n\n"
                                     "Package: mysql-server-core-8.0\nStatus: install ok half-installed\nVersion: 8";
        Found f = { 0 };

        ck_assert_int_eq(software_dpkg(status, on_found, &f), 0);
        ck_assert_str_eq(f.text, "redis=redis-server=5:7.0;postgresql=postgresql-15=15.5-0;");
        f = (Found){ .result = -ENOMEM };
        ck_assert_int_eq(software_dpkg(status, on_found, &f), -ENOMEM);
        ck_assert_str_eq(f.text, "redis=redis-server=5:7.0;");
        f = (Found){ 0 };
        ck_assert_int_eq(software_dpkg("", on_found, &f), 0);
        ck_assert_str_eq(f.text, "");
}
END_TEST

static void add(SoftwareList *l, const char *kind, const char *version, bool running)
{
        Software s = { .kind = software_kind(kind), .running = running, .found = (char *)(running ? "run" : "package") };

        if (version)
                ck_assert_int_eq(version_parse(version, &s.version), 0);
        ck_assert_int_eq(software_list_add(l, &s), 0);
}

START_TEST(test_list)
{
        SoftwareList l = { 0 };

        add(&l, "postgresql", "13.14", false);
        add(&l, "postgresql", "15.5", false);
        add(&l, "postgresql", "15", true);
        ck_assert_uint_eq(l.n, 2);
        ck_assert(!l.items[0].running && l.items[1].running);
        ck_assert_uint_eq(l.items[1].version.n, 2);
        ck_assert_str_eq(l.items[1].found, "package");
        /* Which of the two it is, nobody knows; another one as little known is the same. */
        add(&l, "postgresql", NULL, true);
        add(&l, "postgresql", NULL, true);
        ck_assert_uint_eq(l.n, 3);
        /* The only one that is installed is the one that runs. */
        add(&l, "redis", "7.0.15", false);
        add(&l, "redis", NULL, true);
        ck_assert_uint_eq(l.n, 4);
        ck_assert(l.items[3].running);
        /* A process without a version, then one that has one. */
        add(&l, "mongodb", NULL, true);
        add(&l, "mongodb", "8.0", true);
        ck_assert_uint_eq(l.n, 5);
        ck_assert_uint_eq(l.items[4].version.numbers[0], 8);
        software_list_done(&l);
}
END_TEST

static void build(Suite *s)
{
        TCase *t = tcase_create("software");

        tcase_add_loop_test(t, test_path, 0, ELEMENTSOF(paths));
        tcase_add_test(t, test_process);
        tcase_add_test(t, test_package);
        tcase_add_test(t, test_dpkg);
        tcase_add_test(t, test_list);
        suite_add_tcase(s, t);
}

TEST_MAIN("software", build)
