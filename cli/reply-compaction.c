/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/reply-compaction.h"

int reply_compaction(json_t *parameters, CompactionReply *ret)
{
        CompactionReply c = { .isolated_pages = REPLY_UNKNOWN,
                .scanned_pages = REPLY_UNKNOWN,
                .migrated_pages = REPLY_UNKNOWN,
                .not_migrated_pages = REPLY_UNKNOWN };
        json_t *j;
        int r;

        r = REPLY_UNPACK(parameters, "GetCompaction", "{s:o}", "compaction", &j);
        if (r != 0)
                return r;
        r = REPLY_UNPACK(j, "compaction", "{s:I, s?I, s?I, s?I, s?I}", "window_usec",
                &c.window_usec, "isolated_pages", &c.isolated_pages, "scanned_pages",
                &c.scanned_pages, "migrated_pages", &c.migrated_pages, "not_migrated_pages",
                &c.not_migrated_pages);
        if (r == 0)
                r = reply_list(j, "kinds", &c.kinds);
        if (r == 0)
                r = reply_list(j, "kcompactd", &c.kcompactd);
        if (r == 0)
                r = reply_list(j, "findings", &c.findings);
        if (r == 0)
                r = reply_list(j, "caveats", &c.caveats);
        if (r == 0)
                *ret = c;
        return r;
}

int reply_compaction_kind(json_t *j, CompactionKindReply *ret)
{
        CompactionKindReply k = { .runs = REPLY_UNKNOWN,
                .runs_per_hour = REPLY_UNKNOWN,
                .successes = REPLY_UNKNOWN,
                .failures = REPLY_UNKNOWN,
                .success_permyriad = REPLY_UNKNOWN,
                .cpu_usec = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "kind", "{s:s, s:s, s?I, s?I, s?I, s?I, s?I, s?I}", "kind", &k.kind,
                "how", &k.how, "runs", &k.runs, "runs_per_hour", &k.runs_per_hour, "successes",
                &k.successes, "failures", &k.failures, "success_permyriad", &k.success_permyriad,
                "cpu_usec", &k.cpu_usec);

        if (r == 0)
                *ret = k;
        return r;
}

int reply_kcompactd(json_t *j, KcompactdReply *ret)
{
        KcompactdReply k = { .cpu_usec = REPLY_UNKNOWN,
                .cpu_permyriad = REPLY_UNKNOWN,
                .score = REPLY_UNKNOWN,
                .score_before = REPLY_UNKNOWN,
                .score_high = REPLY_UNKNOWN };
        int r = REPLY_UNPACK(j, "kcompactd", "{s:I, s:s, s?s, s?I, s?I, s?I, s?I, s?I}", "node",
                &k.node, "doing", &k.doing, "state", &k.state, "cpu_usec", &k.cpu_usec,
                "cpu_permyriad", &k.cpu_permyriad, "score", &k.score, "score_before",
                &k.score_before, "score_high", &k.score_high);

        if (r == 0)
                *ret = k;
        return r;
}
