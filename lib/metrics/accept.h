/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* accept.h - which form of an answer a client wants, from its headers. Source: RFC 9110, 12.4.2
 * and 12.5; what a client sends beyond that, or wrongly, is passed over, and it gets the plain text
 * that everybody reads. */
#pragma once

#include <stdbool.h>

#include "metrics/exposition.h"

/* Accept: OpenMetrics where it is asked for by name, in version 1.0.0 or any, and text/plain is not
 * preferred. NULL: no header. */
MetricsFormat accept_format(const char *header);
/* Accept-Encoding: whether gzip may be used. NULL: no header. */
bool accept_gzip(const char *header);
