/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "advice/software.h"

#include "base/macros.h"

#define FIELD_TEXT_MAX 256

static const SoftwareKind kinds[] = {
        { "postgresql", "PostgreSQL", { "postgres", "postmaster" }, NULL, { "postgresql-#", "postgresql" },
                { "/postgresql/%/", "/pgsql-%/", "/postgresql-%/", "/postgres/%/" } },
        { "mysql", "MySQL", { "mysqld" }, NULL,
                { "mysql-server-core-#", "mysql-community-server-core", "mysql-community-server", "percona-server-server" },
                { "/mysql-%-", "/mysql-%/", "/mysql/%/" } },
        { "mariadb", "MariaDB", { "mariadbd", "mysqld" }, NULL, { "mariadb-server-core-#", "mariadb-server-core", "mariadb-server" },
                { "/mariadb-%-", "/mariadb-%/", "/mariadb/%/" } },
        { "mongodb", "MongoDB", { "mongod" }, NULL, { "mongodb-org-server", "mongodb-enterprise-server", "mongodb-server-core" },
                { "/mongodb-linux-*-*-%/", "/mongodb-%/", "/mongodb/%/" } },
        { "redis", "Redis", { "redis-server" }, NULL, { "redis-server", "redis-stack-server", "redis" },
                { "/redis-%/", "/redis/%/" } },
        { "oracle", "Oracle Database", { "ora_pmon_*", "db_pmon_*" }, NULL, { NULL }, { "/product/%/" } },
        { "cassandra", "Apache Cassandra", { "java" }, "org.apache.cassandra.service.CassandraDaemon", { "cassandra" },
                { "apache-cassandra-%.jar", "/apache-cassandra-%/" } },
        { "elasticsearch", "Elasticsearch", { "java" }, "org.elasticsearch.", { "elasticsearch" },
                { "/elasticsearch-%.jar", "/elasticsearch-%/" } },
        { "jvm", "Java", { "java" }, NULL, { NULL },
                { "/java-%-", "/jdk-%/", "/jdk%/", "/jre-%/" } },
        { "tikv", "TiKV", { "tikv-server" }, NULL, { NULL }, { "/tikv/v%/", "/tikv-v%/" } },
};

size_t software_kinds(const SoftwareKind **ret)
{
        *ret = kinds;
        return ELEMENTSOF(kinds);
}

const SoftwareKind *software_kind(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].name, name))
                        return &kinds[i];
        return NULL;
}

bool software_comm(const SoftwareKind *k, const char *comm)
{
        for (size_t i = 0; i < SOFTWARE_NAMES_MAX && k->comms[i]; i++) {
                size_t n = strlen(k->comms[i]);

                if (k->comms[i][n - 1] == '*' ? strncmp(comm, k->comms[i], n - 1) == 0 : streq(comm, k->comms[i]))
                        return true;
        }
        return false;
}

bool software_runs(const SoftwareKind *k, const char *comm, const char *command)
{
        return software_comm(k, comm) && (!k->java || strstr(command, k->java));
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

bool software_package(const SoftwareKind *k, const char *package)
{
        for (size_t i = 0; i < SOFTWARE_NAMES_MAX && k->packages[i]; i++) {
                size_t n = strlen(k->packages[i]);

                if (k->packages[i][n - 1] != '#') {
                        if (streq(package, k->packages[i]))
                                return true;
                } else if (strncmp(package, k->packages[i], n - 1) == 0 && is_digit(package[n - 1]) &&
                        package[n - 1 + strspn(package + n - 1, "0123456789.")] == 0)
                        return true;
        }
        return false;
}

/* Whether text begins with the pattern; then the version in it. */
static bool matches(const char *pattern, const char *text, Version *ret)
{
        Version v = { 0 };

        for (; *pattern; pattern++) {
                if (*pattern == '%') {
                        if (version_parse(text, &v) < 0)
                                return false;
                        text += strspn(text, "0123456789._"); /* 1.8.0_202 */
                        if (pattern[1] != '.') /* "19c", "23ai" */
                                text += strspn(text, "abcdefghijklmnopqrstuvwxyz");
                        else if (text[-1] == '.') /* "%.jar" */
                                text--;
                } else if (*pattern == '*') {
                        text += strcspn(text, "/-");
                } else if (*text++ != *pattern)
                        return false;
        }
        *ret = v;
        return v.n > 0;
}

int software_version_in(const SoftwareKind *k, const char *text, Version *ret)
{
        for (size_t i = 0; i < SOFTWARE_NAMES_MAX && k->paths[i]; i++)
                for (const char *at = text; *at; at++)
                        if (matches(k->paths[i], at, ret))
                                return 0;
        return -ENOENT;
}

/* --- what was found --- */

static void software_done(Software *s)
{
        free(s->found);
        free(s->command);
        *s = (Software){ 0 };
}

void software_list_done(SoftwareList *l)
{
        for (size_t i = 0; i < l->n; i++)
                software_done(&l->items[i]);
        free(l->items);
        *l = (SoftwareList){ 0 };
}

/* The one of that kind that it is the same as: of the same version, or the only one where either is not known. */
static Software *find(SoftwareList *l, const Software *s)
{
        Software *only = NULL;
        size_t same_kind = 0;

        for (size_t i = 0; i < l->n; i++) {
                Software *have = &l->items[i];

                if (have->kind != s->kind)
                        continue;
                if (have->version.n > 0 && s->version.n > 0) {
                        /* a path says 15 where the package says 15.5 */
                        unsigned n = MIN(have->version.n, s->version.n);

                        if (memcmp(have->version.numbers, s->version.numbers, n * sizeof(s->version.numbers[0])) == 0)
                                return have;
                        same_kind++;
                        continue;
                }
                if (have->version.n == s->version.n)
                        return have; /* neither is known */
                only = have;
                same_kind++;
        }
        return same_kind == 1 ? only : NULL;
}

static int append(SoftwareList *l, const Software *s)
{
        Software *items;

        if (l->n == l->allocated) {
                items = reallocarray(l->items, l->allocated + 8, sizeof(*items));
                if (!items)
                        return -ENOMEM;
                l->items = items;
                l->allocated += 8;
        }
        l->items[l->n] = (Software){ .kind = s->kind, .version = s->version, .running = s->running };
        l->items[l->n].found = strdup(s->found);
        l->items[l->n].command = s->command ? strdup(s->command) : NULL;
        if (!l->items[l->n].found || (s->command && !l->items[l->n].command)) {
                software_done(&l->items[l->n]);
                return -ENOMEM;
        }
        l->n++;
        return 0;
}

int software_list_add(SoftwareList *l, const Software *s)
{
        Software *have = find(l, s);
        char *command;

        if (!have)
                return append(l, s);
        if (s->running && !have->command && s->command) {
                command = strdup(s->command);
                if (!command)
                        return -ENOMEM;
                have->command = command;
        }
        have->running = have->running || s->running;
        if (s->version.n > have->version.n) {
                char *found = strdup(s->found);

                if (!found)
                        return -ENOMEM;
                free(have->found);
                have->found = found;
                have->version = s->version;
        }
        return 0;
}

/* --- dpkg --- */

/* "Package: redis-server\n": its value into buf, where the line is of that field. */
static void field(const char *line, size_t size, const char *name, char buf[static FIELD_TEXT_MAX])
{
        size_t n = strlen(name);

        if (size <= n || strncmp(line, name, n) != 0)
                return;
        line += n;
        size -= n;
        while (size > 0 && *line == ' ') {
                line++;
                size--;
        }
        size = MIN(size, (size_t)FIELD_TEXT_MAX - 1);
        memcpy(buf, line, size);
        buf[size] = 0;
}

int software_dpkg(const char *text, int (*found)(void *userdata, const SoftwareKind *k, const char *package, const char *version),
        void *userdata)
{
        char package[FIELD_TEXT_MAX] = "", status[FIELD_TEXT_MAX] = "", version[FIELD_TEXT_MAX] = "";

        for (;;) {
                size_t size = strcspn(text, "\n");

                if (size > 0) {
                        field(text, size, "Package:", package);
                        field(text, size, "Status:", status);
                        field(text, size, "Version:", version);
                } else {
                        for (size_t i = 0; i < ELEMENTSOF(kinds) && strstr(status, " installed"); i++) {
                                int r = software_package(&kinds[i], package) ? found(userdata, &kinds[i], package, version) : 0;

                                if (r < 0)
                                        return r;
                        }
                        package[0] = status[0] = version[0] = 0;
                }
                if (size == 0 && !*text)
                        return 0;
                text += size;
                text += *text == '\n';
        }
}
