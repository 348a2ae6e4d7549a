/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* once.h - `fragd --once`: one sample of a machine or of a recorded one, and what would be decided
 * about it. Needs no privilege, writes nothing, asks nobody. */
#pragma once

#include "daemon/options.h"

/* Prints on stdout, errors on stderr; returns the exit status. */
int once_run(const Options *options);
