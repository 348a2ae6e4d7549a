/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/sampler.h"

#include <fcntl.h>
#include <time.h>

#include "base/macros.h"
#include "daemon/kthreads.h"
#include "parse/value.h"

#define PAGE_SIZE_FILE    "fragd-page-size"
#define PAGE_SIZE_DEFAULT 4096
#define PAGE_SIZE_MAX     (1024 * 1024)

struct Sampler {
        const RootDir *root;
        SourceState states[_SOURCE_MAX];
        RootFile files[_SOURCE_MAX]; /* of the sources that are one file */
        bool parsed[_SOURCE_MAX];    /* what was parsed is what the file's text says */
        Buddyinfo buddyinfo;
        Zoneinfo zoneinfo;
        Vmstat vmstat;
        Psi psi_memory, psi_cpu;
        Meminfo meminfo;
        Pagetypeinfo pagetypeinfo;
        IndexFile extfrag_index, unusable_index;
        Slabinfo slabinfo;
        RootFile knob_files[_KNOB_MAX];
        int64_t knobs[_KNOB_MAX];
        bool no_knob[_KNOB_MAX]; /* this kernel does not have it: not tried again before a rescan */
        Kthreads kthreads;
        bool kthreads_found; /* or known to be missing */
        bool slow_read;
        uint32_t page_size;
        uint64_t thp_size;
        bool news; /* something was read that the model does not have yet */
        Model model;
};

Sampler *sampler_free(Sampler *s)
{
        if (!s)
                return NULL;
        for (size_t i = 0; i < _SOURCE_MAX; i++)
                root_file_done(&s->files[i]);
        for (size_t i = 0; i < _KNOB_MAX; i++)
                root_file_done(&s->knob_files[i]);
        buddyinfo_done(&s->buddyinfo);
        zoneinfo_done(&s->zoneinfo);
        pagetypeinfo_done(&s->pagetypeinfo);
        index_file_done(&s->extfrag_index);
        index_file_done(&s->unusable_index);
        slabinfo_done(&s->slabinfo);
        kthreads_done(&s->kthreads);
        model_done(&s->model);
        free(s);
        return NULL;
}

const Model *sampler_model(const Sampler *s)
{
        return &s->model;
}

const IndexFile *sampler_index(const Sampler *s, Source source)
{
        assert(source == SOURCE_EXTFRAG_INDEX || source == SOURCE_UNUSABLE_INDEX);
        if (!s->states[source].available)
                return NULL;
        return source == SOURCE_EXTFRAG_INDEX ? &s->extfrag_index : &s->unusable_index;
}

const Pagetypeinfo *sampler_pagetypeinfo(const Sampler *s)
{
        return s->states[SOURCE_PAGETYPEINFO].available && s->pagetypeinfo.n_zones > 0 ? &s->pagetypeinfo : NULL;
}

const Slabinfo *sampler_slabinfo(const Sampler *s)
{
        return s->states[SOURCE_SLABINFO].available && s->slabinfo.n_caches > 0 ? &s->slabinfo : NULL;
}

const Zoneinfo *sampler_zoneinfo(const Sampler *s)
{
        return s->states[SOURCE_ZONEINFO].available && s->zoneinfo.n_zones > 0 ? &s->zoneinfo : NULL;
}

const SourceState *sampler_source(const Sampler *s, Source source)
{
        assert((unsigned)source < _SOURCE_MAX);
        return &s->states[source];
}

static void source_failed(Sampler *s, Source source, int error, const ParseError *parse)
{
        SourceState *state = &s->states[source];

        s->news |= state->available;
        state->available = false;
        state->error = error;
        state->line = parse ? parse->line : 0;
        state->expected = parse ? parse->expected : NULL;
        state->failures++;
        state->parse_failures += parse != NULL;
}

static void source_good(Sampler *s, Source source, unsigned skipped)
{
        SourceState *state = &s->states[source];

        s->news |= !state->available;
        state->available = true;
        state->error = 0;
        state->line = 0;
        state->expected = NULL;
        state->skipped = skipped;
}

/* Sources that are only looked for: there or not. */
static void source_probe(Sampler *s, Source source)
{
        int fd;

        if (s->files[source].foreign && s->files[source].fd >= 0) {
                source_good(s, source, 0);
                return;
        }
        fd = root_open(s->root, source_path(source), O_RDONLY | O_NOCTTY);
        if (fd < 0) {
                source_failed(s, source, fd, NULL);
                return;
        }
        safe_close(fd);
        source_good(s, source, 0);
}

void sampler_adopt(Sampler *s, Source source, int fd)
{
        assert((unsigned)source < _SOURCE_MAX);
        root_file_adopt(&s->files[source], fd);
        source_good(s, source, 0);
}

void sampler_set_fallbacks(Sampler *s, const FallbackSignal *signal, int error, const char *why)
{
        SourceState *state = &s->states[SOURCE_FALLBACKS];

        state->available = signal != NULL;
        state->error = error;
        state->why = why;
        s->model.have &= ~(UINT32_C(1) << SOURCE_FALLBACKS);
        if (!signal)
                return;
        s->model.have |= UINT32_C(1) << SOURCE_FALLBACKS;
        s->model.fallbacks = *signal;
}

static int find_page_size(Sampler *s)
{
        int64_t size;
        int r;

        r = root_read_int(s->root, PAGE_SIZE_FILE, &size);
        if (r == -ENOENT)
                size = streq(root_path(s->root), "/") ? sysconf(_SC_PAGESIZE) : PAGE_SIZE_DEFAULT;
        else if (r < 0)
                return r;
        if (size < PAGE_SIZE_DEFAULT || size > PAGE_SIZE_MAX || (size & (size - 1)))
                return -EINVAL;
        s->page_size = (uint32_t)size;
        return 0;
}

static void find_thp_size(Sampler *s)
{
        int64_t size;
        int r;

        s->thp_size = 0;
        r = root_read_int(s->root, source_path(SOURCE_THP), &size);
        if (r >= 0 && (size < (int64_t)s->page_size || (size & (size - 1))))
                r = -EBADMSG;
        if (r < 0) {
                source_failed(s, SOURCE_THP, r, NULL);
                return;
        }
        s->thp_size = (uint64_t)size;
        source_good(s, SOURCE_THP, 0);
}

int sampler_rescan(Sampler *s)
{
        int r;

        r = find_page_size(s);
        if (r < 0)
                return r;
        find_thp_size(s);
        source_probe(s, SOURCE_PAGETYPEINFO);
        source_probe(s, SOURCE_EXTFRAG_INDEX);
        source_probe(s, SOURCE_UNUSABLE_INDEX);
        source_probe(s, SOURCE_SLABINFO);
        memset(s->no_knob, 0, sizeof(s->no_knob));
        s->news = true;
        s->slow_read = false;
        s->kthreads_found = false; /* by the next sample, which knows how many there must be */
        return 0;
}

/* See RootFile. The others have a record for each node, zone or line. */
static bool is_single(Source s)
{
        return s == SOURCE_PSI_MEMORY || s == SOURCE_PSI_CPU || s == SOURCE_MEMINFO;
}

int sampler_new(Sampler **ret, const RootDir *root)
{
        _cleanup_(sampler_freep) Sampler *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->root = root;
        for (size_t i = 0; i < _SOURCE_MAX; i++) {
                s->files[i] = (RootFile){ .fd = -EBADF, .single = is_single((Source)i) };
                s->states[i].error = -ENODATA; /* not read yet */
        }
        for (size_t i = 0; i < _KNOB_MAX; i++) {
                s->knob_files[i] = (RootFile)ROOT_FILE_INIT_SINGLE;
                s->knobs[i] = KNOB_VALUE_NONE;
        }
        r = sampler_rescan(s);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(s);
        return 0;
}

static int source_parse(Sampler *s, Source source, unsigned *ret_skipped, ParseError *e)
{
        const char *text = s->files[source].text;
        size_t size = s->files[source].size;
        int r;

        switch (source) {
        case SOURCE_BUDDYINFO:
                r = buddyinfo_parse(&s->buddyinfo, text, size, e);
                *ret_skipped = s->buddyinfo.skipped;
                return r;
        case SOURCE_ZONEINFO:
                r = zoneinfo_parse(&s->zoneinfo, text, size, e);
                *ret_skipped = s->zoneinfo.skipped;
                return r;
        case SOURCE_VMSTAT:
                if (s->parsed[source])
                        r = vmstat_parse_again(&s->vmstat, s->files[source].spare, s->files[source].spare_size, text, size, e);
                else
                        r = vmstat_parse(&s->vmstat, text, size, e);
                *ret_skipped = s->vmstat.skipped;
                return r;
        case SOURCE_PSI_MEMORY:
                r = psi_parse(&s->psi_memory, text, size, e);
                *ret_skipped = s->psi_memory.skipped;
                return r;
        case SOURCE_PSI_CPU:
                r = psi_parse(&s->psi_cpu, text, size, e);
                *ret_skipped = s->psi_cpu.skipped;
                return r;
        case SOURCE_MEMINFO:
                r = meminfo_parse(&s->meminfo, text, size, e);
                *ret_skipped = s->meminfo.skipped;
                return r;
        case SOURCE_PAGETYPEINFO:
                r = pagetypeinfo_parse(&s->pagetypeinfo, text, size, e);
                *ret_skipped = s->pagetypeinfo.skipped;
                return r;
        case SOURCE_EXTFRAG_INDEX:
                r = index_file_parse(&s->extfrag_index, text, size, e);
                *ret_skipped = s->extfrag_index.skipped;
                return r;
        case SOURCE_UNUSABLE_INDEX:
                r = index_file_parse(&s->unusable_index, text, size, e);
                *ret_skipped = s->unusable_index.skipped;
                return r;
        case SOURCE_SLABINFO:
                r = slabinfo_parse(&s->slabinfo, text, size, e);
                *ret_skipped = s->slabinfo.skipped;
                return r;
        default: assert(!"a source that is not one file"); return -EINVAL;
        }
}

/* Only -ENOMEM is a failure of the sample. */
static int source_read(Sampler *s, Source source)
{
        RootFile *f = &s->files[source];
        unsigned skipped = 0;
        ParseError e = { 0 };
        int r;

        r = root_file_read(f, s->root, source_path(source));
        if (r < 0) {
                source_failed(s, source, r, NULL);
                return r == -ENOMEM ? r : 0;
        }
        if (!f->changed && s->parsed[source]) {
                source_good(s, source, s->states[source].skipped);
                return 0;
        }
        s->news = true;
        r = source_parse(s, source, &skipped, &e);
        s->parsed[source] = r >= 0;
        if (r < 0) {
                source_failed(s, source, r, &e);
                return r == -ENOMEM ? r : 0;
        }
        source_good(s, source, skipped);
        return 0;
}

int sampler_read(Sampler *s, Source source)
{
        SourceState *state = &s->states[source];
        struct timespec before, after;
        int r;

        assert(source == SOURCE_PAGETYPEINFO || source == SOURCE_SLABINFO || source == SOURCE_MEMINFO);
        (void)clock_gettime(CLOCK_MONOTONIC, &before);
        r = source_read(s, source);
        (void)clock_gettime(CLOCK_MONOTONIC, &after);
        state->read_usec = (usec_t)((after.tv_sec - before.tv_sec) * (int64_t)USEC_PER_SEC +
                                    (after.tv_nsec - before.tv_nsec) / 1000);
        state->reads++;
        if (source == SOURCE_MEMINFO && state->available) {
                s->model.meminfo = s->meminfo;
                s->model.have |= UINT32_C(1) << SOURCE_MEMINFO;
        }
        return r;
}

static int knob_read(Sampler *s, KnobId id, ParseError *e)
{
        RootFile *f = &s->knob_files[id];
        int64_t before = s->knobs[id];
        int r;

        r = root_file_read(f, s->root, knob_info(id)->path);
        if (r == -ENOENT)
                s->no_knob[id] = true;
        if (r >= 0 && (f->changed || s->knobs[id] == KNOB_VALUE_NONE))
                r = value_parse_int(f->text, f->size, &s->knobs[id], e);
        if (r < 0)
                s->knobs[id] = KNOB_VALUE_NONE;
        s->news |= s->knobs[id] != before;
        return r;
}

/* One knob is enough for the source to be there; what is wrong with another one is told all the
 * same. */
static int knobs_read(Sampler *s, bool all)
{
        ParseError parse = { 0 };
        int error = 0;
        bool any = false;

        for (KnobId id = 0; id < _KNOB_MAX; id++) {
                ParseError e = { 0 };
                int r;

                if (s->no_knob[id])
                        continue;
                if (!all && !knob_info(id)->managed) {
                        any = any || s->knobs[id] != KNOB_VALUE_NONE;
                        continue;
                }
                r = knob_read(s, id, &e);
                if (r == -ENOMEM)
                        return r;
                any = any || r >= 0;
                if (r < 0 && r != -ENOENT) {
                        error = r;
                        parse = e;
                }
        }
        if (error < 0 || !any)
                source_failed(
                        s, SOURCE_KNOBS, error < 0 ? error : -ENOENT, parse.line ? &parse : NULL);
        else
                source_good(s, SOURCE_KNOBS, 0);
        s->states[SOURCE_KNOBS].available = any;
        return 0;
}

static int kthreads_update(Sampler *s)
{
        ParseError e = { 0 };
        int r;

        if (!s->kthreads_found) {
                r = kthreads_find(&s->kthreads, s->root, s->model.n_nodes);
                if (r == -ENOMEM)
                        return r;
                s->kthreads_found = true;
                if (r < 0) {
                        source_failed(s, SOURCE_KCOMPACTD, r, NULL);
                        return 0;
                }
        }
        r = s->kthreads.n ? kthreads_read(&s->kthreads, s->root, &s->model, &e) : -ESRCH;
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                source_failed(s, SOURCE_KCOMPACTD, r, e.line ? &e : NULL);
                /* One that was there has gone: look again. Where there were none, there will be
                 * none. */
                s->kthreads_found = s->kthreads.n == 0;
                return 0;
        }
        source_good(s, SOURCE_KCOMPACTD, 0);
        return 0;
}

static int sources_read(Sampler *s, unsigned what)
{
        static const Source always[] = { SOURCE_BUDDYINFO, SOURCE_VMSTAT, SOURCE_PSI_MEMORY,
                SOURCE_PSI_CPU };
        static const Source slow[] = { SOURCE_ZONEINFO, SOURCE_MEMINFO };
        bool slow_due = (what & SAMPLE_SLOW) || !s->slow_read;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(always); i++)
                r = source_read(s, always[i]);
        if (slow_due)
                for (size_t i = 0; r >= 0 && i < ELEMENTSOF(slow); i++)
                        r = source_read(s, slow[i]);
        if (r >= 0 && (what & SAMPLE_PAGETYPEINFO))
                r = sampler_read(s, SOURCE_PAGETYPEINFO);
        if (r >= 0 && (what & SAMPLE_INDICES))
                r = source_read(s, SOURCE_EXTFRAG_INDEX);
        if (r >= 0 && (what & SAMPLE_INDICES))
                r = source_read(s, SOURCE_UNUSABLE_INDEX);
        if (r >= 0)
                r = knobs_read(s, slow_due);
        s->slow_read = true;
        return r;
}

/* A text that equals the one before is not parsed again, and where none has changed, the model
 * stands as it is: on a calm host a poll costs little more than the reads. */
static int join(Sampler *s)
{
        ModelSources sources;
        int r;

        if (!s->news)
                return 0;
#define IF_GOOD(source, member) (s->states[source].available ? &s->member : NULL)
        sources = (ModelSources){
                .buddyinfo = IF_GOOD(SOURCE_BUDDYINFO, buddyinfo),
                .zoneinfo = IF_GOOD(SOURCE_ZONEINFO, zoneinfo),
                .vmstat = IF_GOOD(SOURCE_VMSTAT, vmstat),
                .psi_memory = IF_GOOD(SOURCE_PSI_MEMORY, psi_memory),
                .psi_cpu = IF_GOOD(SOURCE_PSI_CPU, psi_cpu),
                .meminfo = IF_GOOD(SOURCE_MEMINFO, meminfo),
                .pagetypeinfo = IF_GOOD(
                        SOURCE_PAGETYPEINFO, pagetypeinfo), /* empty until it is read */
                .knobs = s->knobs,
                .page_size = s->page_size,
                .thp_size = s->thp_size,
        };
#undef IF_GOOD
        r = model_update(&s->model, &sources);
        s->news = r < 0;
        return r;
}

int sampler_sample(Sampler *s, unsigned what)
{
        int r;

        r = sources_read(s, what);
        if (r >= 0)
                r = join(s);
        if (r >= 0)
                r = kthreads_update(s);
        if (r < 0)
                return r;
        for (Source source = SOURCE_EXTFRAG_INDEX; source < _SOURCE_MAX; source++)
                s->model.have = (s->model.have & ~(UINT32_C(1) << source)) |
                                (uint32_t)s->states[source].available << source;
        return 0;
}
