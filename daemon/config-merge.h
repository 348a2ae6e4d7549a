/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* config-merge.h - for daemon/config*.c only: one parsed file over what is there already, with the
 * option table as the guide. */
#pragma once

#include <libconfig.h>

#include "daemon/config.h"

/* Where something was set last; file lives as long as the Config. */
typedef struct ConfigPlace {
        const char *file;
        unsigned line;
        bool wrong; /* has an error already: no cross-checks on top */
} ConfigPlace;

typedef struct ConfigLoader {
        Config *config;
        ConfigErrors *errors;
        const char *file; /* being merged; CONFIG_BUILT_IN, or lives as long as the Config */
        ConfigPlace policy;
        ConfigPlace policies[POLICIES_MAX];
} ConfigLoader;

#define CONFIG_BUILT_IN "built in"

/* What stands below root into l->config. What is wrong with it goes to l->errors. Returns 0 or
 * -ENOMEM. */
int config_merge(ConfigLoader *l, const config_setting_t *root);
/* ", did you mean 'balanced'?" for the name of a policy that there is not, or "". Returns buf. */
const char *config_suggest_policy(const Config *c, const char *name, char *buf, size_t size);
