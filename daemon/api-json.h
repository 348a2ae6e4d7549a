/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* api-json.h - the types of api/io.fragd.Monitor.varlink as JSON. New references, NULL when out of memory. Members that are not
 * known are left out. */
#pragma once

#include <jansson.h>

#include "daemon/census.h"
#include "daemon/config.h"
#include "daemon/sampler.h"
#include "daemon/writers-read.h"
#include "engine/engine.h"

/* Sets a member; value is taken, NULL: -ENOMEM. */
int api_json_put(json_t *j, const char *key, json_t *value);
/* UINT64_MAX, which stands for unknown and for infinite, is left out. */
int api_json_put_u64(json_t *j, const char *key, uint64_t value);

/* []Source */
json_t *api_json_sources(const Sampler *s, const Census *census, usec_t now);
json_t *api_json_knobs(const Engine *e);    /* []Knob */
/* []Writer, and []string; found NULL: not looked yet. */
json_t *api_json_writers(const WritersFound *found);
json_t *api_json_writers_unread(const WritersFound *found);
json_t *api_json_budget(const Engine *e, usec_t now);
/* []Node with all there is about them. */
json_t *api_json_nodes(const Model *m, const Engine *e, usec_t now);
json_t *api_json_log_entry(usec_t realtime, const Decision *d);
json_t *api_json_config_errors(const ConfigErrors *e); /* []ConfigError */
