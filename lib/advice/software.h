/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* software.h - the programs that advice is about: how a running process, an installed package and its version are recognised.
 *
 * Nothing is executed for it. A version comes from a path (a directory that carries it: /usr/lib/postgresql/15/bin/postgres), from
 * the command line of a program in Java, or from dpkg's record of what is installed; else it is not known. The table is in
 * software.c. */
#pragma once

#include "advice/version.h"

#define SOFTWARE_NAMES_MAX 4

typedef struct SoftwareKind {
        const char *name;  /* as rules and --for say it */
        const char *title; /* for people */
        /* Names of processes (/proc/PID/comm); a '*' at the end: that begin so. */
        const char *comms[SOFTWARE_NAMES_MAX];
        const char *java; /* what stands in the command line of a JVM that runs it; NULL: no JVM */
        /* dpkg's packages; a '#' at the end: and a version. */
        const char *packages[SOFTWARE_NAMES_MAX];
        /* Where the version stands in the program's path, or (java) in the command line: '%' is the version, '*' any letters
         * but '/'. */
        const char *paths[SOFTWARE_NAMES_MAX];
} SoftwareKind;

size_t software_kinds(const SoftwareKind **ret); /* how many */
const SoftwareKind *software_kind(const char *name); /* NULL: none of that name */

/* Whether a process of that name may be of that kind; the command line decides for programs in Java (software_runs()). */
bool software_comm(const SoftwareKind *k, const char *comm);
/* Whether this process is of that kind. command: its command line, blanks between the words. */
bool software_runs(const SoftwareKind *k, const char *comm, const char *command);
bool software_package(const SoftwareKind *k, const char *package);
/* The version that stands in a path or command line. -ENOENT: none; ret is untouched. */
int software_version_in(const SoftwareKind *k, const char *text, Version *ret);

/* One program, as it was found. */
typedef struct Software {
        const SoftwareKind *kind;
        Version version; /* n 0: not known */
        bool running;
        char *found;   /* where: "/usr/lib/postgresql/15/bin/postgres", "package postgresql-15 15.5-0+deb12u1"; owned */
        char *command; /* of the process, NULL where it does not run; owned */
} Software;

typedef struct SoftwareList {
        Software *items; /* owned */
        size_t n, allocated;
} SoftwareList;

void software_list_done(SoftwareList *l);
/* Adds what was found, unless the same is there. A running one takes the place of an installed one of the same version, or, where
 * its own version is not known, of the only installed one, whose version it then is said to have. -ENOMEM. */
int software_list_add(SoftwareList *l, const Software *s);

/* Calls found() for each package of dpkg's status file (dpkg(1): paragraphs of Package, Status, Version) that is installed and of a
 * known kind. What found() returns below 0 ends it, and is returned. text is NUL-terminated. */
int software_dpkg(const char *text, int (*found)(void *userdata, const SoftwareKind *k, const char *package, const char *version),
        void *userdata);
