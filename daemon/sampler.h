/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sampler.h - reads the sources, has them parsed, joins them into the model. One call, one sample.
 * Allocates nothing in steady state; a source that fails costs only itself and is remembered with
 * its error until it works again. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/usec.h"
#include "model/model.h"
#include "parse/extfrag.h"
#include "parse/slabinfo.h"
#include "root/root.h"

typedef struct Sampler Sampler;

typedef struct SourceState {
        bool available;
        int error;            /* negative errno of the last failure, 0 */
        unsigned line;        /* of a parse error, else 0 */
        const char *expected; /* of a parse error, static, else NULL */
        const char *why;      /* says more than `error`; static, else NULL */
        uint64_t failures;    /* since the start */
        uint64_t parse_failures; /* of those, the ones with a line */
        unsigned skipped;     /* lines and columns of the future in the last good read */
        usec_t read_usec;     /* duration of the last sampler_read(), and of SAMPLE_PAGETYPEINFO */
        uint64_t reads;       /* same */
} SourceState;

/* root: borrowed. -ENOMEM; -EINVAL as sampler_rescan(). */
int sampler_new(Sampler **ret, const RootDir *root);
Sampler *sampler_free(Sampler *s);
static inline void sampler_freep(Sampler **s)
{
        if (*s)
                sampler_free(*s);
}
/* A root-only source as an fd from the actor; taken. */
void sampler_adopt(Sampler *s, Source source, int fd);
/* What is counted (counting.h) as part of the samples from now on; NULL: it is not, with an error and a reason (static). */
void sampler_set_fallbacks(Sampler *s, const FallbackSignal *signal, int error, const char *why);
/* Finds the kcompactd threads, the knobs and the page and THP sizes again: done by sampler_new(),
 * and to be called when topology changed. 0; -EINVAL: ROOT/fragd-page-size holds no page size. */
int sampler_rescan(Sampler *s);

/* What a sample reads beside the cheap sources. What it leaves out stands as it was read last. */
enum {
        SAMPLE_PAGETYPEINFO = 1 << 0, /* holds the zone lock for long: rarely */
        SAMPLE_INDICES = 1 << 2,      /* the kernel's own indices: to compare with ours */
        SAMPLE_SLOW = 1 << 1, /* zoneinfo, meminfo and the knobs that only are shown: lines for each CPU, and little news while all
                                 is calm */
};
/* what: SAMPLE_*. The first sample reads SAMPLE_SLOW anyway. 0 even when sources fail; -ENOMEM. */
int sampler_sample(Sampler *s, unsigned what);
/* What the last SAMPLE_INDICES read of the two index files; NULL where it could not. Borrowed. */
const IndexFile *sampler_index(const Sampler *s, Source source);
/* Reads pagetypeinfo, slabinfo or meminfo now, outside a sample: the next one takes notice. As sampler_sample(). meminfo also goes into
 * the model at once, for it stands beside the other sources and nothing is made of it. */
int sampler_read(Sampler *s, Source source);
/* As read last; NULL where it could not be, or was not yet. Borrowed. */
const Pagetypeinfo *sampler_pagetypeinfo(const Sampler *s);
const Slabinfo *sampler_slabinfo(const Sampler *s);
const Zoneinfo *sampler_zoneinfo(const Sampler *s);
const Model *sampler_model(const Sampler *s); /* of the last sample; borrowed */
const SourceState *sampler_source(const Sampler *s, Source source);
