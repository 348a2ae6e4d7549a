/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* report-scrub.h - takes out of texts and replies what is nobody else's business: the name of the
 * machine, the names of users in paths, comments in configuration files, who asked. */
#pragma once

#include <jansson.h>

#include "base/strbuf.h"

/* Appends text, with "HOST" for each word that is host or its first label (but for a few of fragd's
 * own words, such as "vm"), and "USER" for the directory of a user below
 * /home. host: "" for none. */
void scrub_text(StrBuf *b, const char *text, const char *host);
/* Appends a configuration file without its comments: #, //, and those in slashes and asterisks. */
void scrub_comments(StrBuf *b, const char *text);
/* The same as scrub_text() for each string in j, whose names stay; members uid and pid go. 0, -ENOMEM. */
int scrub_json(json_t *j, const char *host);
