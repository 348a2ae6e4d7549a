/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who else sets what fragd sets: looked for at start and on reload, told to the engine, the journal and the API. */
#include "daemon/fragd-private.h"
#include "daemon/writers-read.h"

static void log_rival(const Fragd *f, Rival rival, uint32_t before)
{
        const RivalInfo *info = rival_info(rival);
        bool now = f->writers->rivals & 1u << rival, was = before & 1u << rival;

        if (now == was)
                return;
        if (!now)
                journal_log(&f->journal, LOG_NOTICE, NULL, "%s does not run any more: fragd goes on", info->name);
        else if (info->compacts || info->knobs)
                journal_log(&f->journal, LOG_NOTICE, NULL, "%s runs (process %" PRIu32 "), which %s: fragd leaves that to it%s",
                        info->name, f->writers->pids[rival], info->does,
                        info->compacts ? ", and compacts only when asked" : "");
        else
                journal_log(&f->journal, LOG_INFO, NULL, "%s runs (process %" PRIu32 "), which %s", info->name,
                        f->writers->pids[rival], info->does);
}

int fragd_writers_look(Fragd *f)
{
        uint32_t before = f->writers ? f->writers->rivals : 0;
        WritersFound *found;
        int r = writers_read(&found, f->root);

        if (r < 0)
                return r;
        free(f->writers);
        f->writers = found;
        for (Rival rival = RIVAL_NONE + 1; rival < _RIVAL_MAX; rival++)
                log_rival(f, rival, before);
        if (found->rivals == before)
                return 0;
        return fragd_step(f, &(Event){ .type = EVENT_RIVALS, .rivals.running = found->rivals });
}

const WritersFound *fragd_writers(const Fragd *f)
{
        return f->writers;
}
