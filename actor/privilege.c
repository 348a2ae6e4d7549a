/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actor/privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/macros.h"

typedef struct __user_cap_data_struct Sets[_LINUX_CAPABILITY_U32S_3];

#define PERFMON_WORD CAP_TO_INDEX(CAP_PERFMON)
#define PERFMON_BIT  CAP_TO_MASK(CAP_PERFMON)

static int sets_get(Sets sets)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

        return syscall(SYS_capget, &header, sets) < 0 ? -errno : 0;
}

static int sets_put(const Sets sets)
{
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

        return syscall(SYS_capset, &header, sets) < 0 ? -errno : 0;
}

/* Whether some set has a capability beyond these. */
static bool has_more(const Sets sets, const Sets than)
{
        for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
                if ((sets[i].effective | sets[i].permitted | sets[i].inheritable) & ~than[i].permitted)
                        return true;
        return false;
}

int privilege_drop(bool counters)
{
        Sets now = {}, kept = {};
        int r;

        (void)umask(077);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                return -errno;
        /* Without CAP_SETPCAP this cannot be done, nor does it matter then. */
        for (unsigned long cap = 0; cap < 64; cap++)
                if (cap != CAP_PERFMON || !counters)
                        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        r = sets_get(now);
        if (r == 0 && counters)
                kept[PERFMON_WORD].permitted = now[PERFMON_WORD].permitted & PERFMON_BIT;
        /* Where a service manager has left us no more, its filter may forbid even this. */
        if (sets_put(kept) < 0 && (r < 0 || has_more(now, kept)))
                return -errno;
        return 0;
}

bool privilege_raise(void)
{
        Sets sets = {};

        if (sets_get(sets) < 0 || !(sets[PERFMON_WORD].permitted & PERFMON_BIT))
                return false;
        sets[PERFMON_WORD].effective |= PERFMON_BIT;
        (void)sets_put(sets); /* where that is forbidden, it is in force all the time */
        return true;
}

void privilege_lower(void)
{
        Sets sets = {};

        if (sets_get(sets) < 0)
                return;
        sets[PERFMON_WORD].effective = 0;
        (void)sets_put(sets);
}
