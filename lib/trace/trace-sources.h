/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trace-sources.h - for lib/trace only: the part of a model that is taken over from its sources as
 * it is.
 *
 * "have" lists the sources that were good; each of vmstat, meminfo, psi_memory, psi_cpu and knobs
 * is there if, and only if, it is listed. */
#pragma once

#include <jansson.h>

#include "model/model.h"

/* 0 or -ENOMEM. */
int sources_encode(json_t *j, const Model *m);
/* *ret_n: how many members of j were taken. */
int sources_decode(const json_t *j, Model *m, size_t *ret_n, const char **ret_expected);
