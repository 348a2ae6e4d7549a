/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/decoding.h"

#include <systemd/sd-journal.h>

static void journal_closep(sd_journal **j)
{
        if (*j)
                sd_journal_close(*j);
}

/* What the kernel said, and of this boot where nothing else is wanted. */
static int match(sd_journal *j, bool this_boot)
{
        char text[sizeof("_BOOT_ID=") + SD_ID128_STRING_MAX];
        sd_id128_t boot;
        int r;

        r = sd_journal_add_match(j, "_TRANSPORT=kernel", 0);
        if (r < 0 || !this_boot)
                return r;
        r = sd_id128_get_boot(&boot);
        if (r < 0)
                return r;
        snprintf(text, sizeof(text), "_BOOT_ID=" SD_ID128_FORMAT_STR, SD_ID128_FORMAT_VAL(boot));
        return sd_journal_add_match(j, text, 0);
}

int decoding_read_journal(Decoding *d, const char *directory, usec_t since, uint64_t *ret_entries)
{
        _cleanup_(journal_closep) sd_journal *j = NULL;
        uint64_t entries = 0;
        int r;

        r = directory ? sd_journal_open_directory(&j, directory, 0) : sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r >= 0)
                r = match(j, !directory && since == 0);
        if (r >= 0)
                r = since > 0 ? sd_journal_seek_realtime_usec(j, since) : sd_journal_seek_head(j);
        if (r < 0)
                return r;
        while ((r = sd_journal_next(j)) > 0) {
                const void *data;
                size_t size;

                entries++;
                if (sd_journal_get_data(j, "MESSAGE", &data, &size) < 0 || size < strlen("MESSAGE="))
                        continue;
                decoding_text(d, (const char *)data + strlen("MESSAGE="), size - strlen("MESSAGE="));
        }
        if (r < 0)
                return r;
        decoding_end(d);
        *ret_entries = entries;
        return d->error;
}
