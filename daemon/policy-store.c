/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/policy-store.h"

#include <stdio.h>

#include "base/macros.h"
#include "root/small-file.h"

#define STORE_FILE "policy"

/* The characters of a libconfig name; anything else in the file was not written by us. */
static bool name_is_valid(const char *name)
{
        size_t n = strspn(
                name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-*");

        return n > 0 && n < POLICY_NAME_MAX && name[n] == 0;
}

bool policy_store_owns(const char *name)
{
        return small_file_owns(STORE_FILE, name);
}

int policy_store_load(int dir_fd, char ret[static POLICY_NAME_MAX])
{
        char buf[POLICY_NAME_MAX + 1];
        ssize_t n = small_file_read(dir_fd, STORE_FILE, buf, sizeof(buf));

        if (n < 0)
                return (int)n;
        /* A name that fits leaves room for its newline; a file without it was not written by
         * policy_store_save(). */
        if (n < 2 || buf[n - 1] != '\n')
                return -EBADMSG;
        buf[n - 1] = 0;
        if (strlen(buf) != (size_t)n - 1 || !name_is_valid(buf))
                return -EBADMSG;
        memcpy(ret, buf, (size_t)n);
        return 0;
}

int policy_store_save(int dir_fd, const char *name)
{
        char text[POLICY_NAME_MAX + 1];

        if (!name_is_valid(name))
                return -EINVAL;
        return small_file_replace(dir_fd, STORE_FILE, 0644, text, (size_t)snprintf(text, sizeof(text), "%s\n", name), true);
}

int policy_store_forget(int dir_fd)
{
        return small_file_remove(dir_fd, STORE_FILE);
}
