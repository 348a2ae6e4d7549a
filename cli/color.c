/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/color.h"

bool color_wanted(ColorMode mode, const ColorEnv *env)
{
        if (mode != COLOR_AUTO)
                return mode == COLOR_ALWAYS;
        if (env->no_color && *env->no_color)
                return false;
        if (env->clicolor_force && *env->clicolor_force && !streq(env->clicolor_force, "0"))
                return true;
        if (!env->term || !*env->term || streq(env->term, "dumb"))
                return false;
        return env->tty;
}

int color_mode_parse(const char *text, ColorMode *ret)
{
        static const char *const names[] = {
                [COLOR_AUTO] = "auto",
                [COLOR_ALWAYS] = "always",
                [COLOR_NEVER] = "never",
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(text, names[i])) {
                        *ret = (ColorMode)i;
                        return 0;
                }
        return -EINVAL;
}

const char *color_on(const Cli *cli, Tone tone)
{
        static const char *const sequences[_TONE_MAX] = {
                [TONE_NONE] = "",
                [TONE_GOOD] = "\033[32m",
                [TONE_WARN] = "\033[33m",
                [TONE_BAD] = "\033[1;31m",
                [TONE_DIM] = "\033[2m",
                [TONE_STRONG] = "\033[1m",
        };

        return cli->color ? sequences[tone] : "";
}

const char *color_off(const Cli *cli, Tone tone)
{
        return cli->color && tone != TONE_NONE ? "\033[0m" : "";
}

Tone color_verdict(const char *verdict)
{
        if (streq(verdict, "met"))
                return TONE_GOOD;
        if (streq(verdict, "fragmented") || streq(verdict, "short"))
                return TONE_WARN;
        if (streq(verdict, "pinned") || streq(verdict, "futile"))
                return TONE_BAD;
        return TONE_NONE;
}
