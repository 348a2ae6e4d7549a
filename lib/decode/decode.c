/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "decode/decode.h"

#include "decode/header.h"
#include "decode/prefix.h"

/* Messages that are printed at the same time and can be told apart. */
#define OPEN_MAX 4

typedef struct Open {
        Decoded d;
        uint64_t stream;
        uint64_t age; /* lines since it began */
        bool used;
} Open;

struct Decoder {
        KernelVersion version; /* assumed */
        Open open[OPEN_MAX];
        Decoded done[OPEN_MAX + 1];
        unsigned n_done, taken;
        uint64_t suppressed; /* to be added to the next one */
        unsigned line;
};

int decoder_new(Decoder **ret, KernelVersion version)
{
        Decoder *d = calloc(1, sizeof(*d));

        if (!d)
                return -ENOMEM;
        d->version = version;
        *ret = d;
        return 0;
}

Decoder *decoder_free(Decoder *d)
{
        free(d);
        return NULL;
}

/* A hung task is only about memory if it hangs in compaction, or is there for nothing else. */
static bool concerns_memory(const Decoded *d)
{
        if (d->kind != DECODE_HUNG_TASK && d->kind != DECODE_LOCKUP)
                return true;
        return d->compacting || strncmp(d->comm, "kcompactd", 9) == 0 || streq(d->comm, "khugepaged");
}

static void open_close(Decoder *d, Open *o)
{
        o->used = false;
        header_gfp(&o->d, d->version);
        decode_classify(&o->d);
        if (concerns_memory(&o->d) && d->n_done < ELEMENTSOF(d->done))
                d->done[d->n_done++] = o->d;
}

static Open *open_find(Decoder *d, uint64_t stream)
{
        for (unsigned i = 0; i < OPEN_MAX; i++)
                if (d->open[i].used && d->open[i].stream == stream)
                        return &d->open[i];
        return NULL;
}

/* A place for a new one; the oldest one makes room. */
static Open *open_new(Decoder *d)
{
        Open *oldest = &d->open[0];

        for (unsigned i = 0; i < OPEN_MAX; i++) {
                if (!d->open[i].used)
                        return &d->open[i];
                if (d->open[i].age > oldest->age)
                        oldest = &d->open[i];
        }
        open_close(d, oldest);
        return oldest;
}

static void take_from(Decoded *d, const Decoded *later)
{
        if (!*d->comm)
                memcpy(d->comm, later->comm, sizeof(d->comm));
        if (d->pid < 0)
                d->pid = later->pid;
        if (!d->gfp.have_mask) {
                d->gfp = later->gfp;
                memcpy(d->gfp_names, later->gfp_names, sizeof(d->gfp_names));
        }
        if (d->bytes <= 0)
                d->bytes = later->bytes;
        if (d->order < 0)
                d->order = later->order;
        d->vmalloc_pages = d->vmalloc_pages || later->vmalloc_pages;
        d->nodes &= later->nodes;
}

/* Several lines that begin a message, but of the same one: vmalloc says first what it had no room for, then what for; the slab allocator
 * and the out-of-memory killer speak again after the pages. */
static bool same_message(Open *o, const Decoded *d)
{
        if (o->d.kind == DECODE_VMALLOC && o->age <= 3 && o->d.stack.n == 0 &&
                (d->kind == DECODE_VMALLOC || (d->kind == DECODE_PAGE_ALLOCATION && d->order == 0))) {
                take_from(&o->d, d);
                return true;
        }
        if (d->kind == DECODE_SLAB && o->d.kind == DECODE_PAGE_ALLOCATION && !*o->d.cache && (o->d.mem.n_zones > 0 || o->d.stack.n > 0))
                return true;
        return d->kind == DECODE_OOM && o->d.kind == DECODE_OOM && d->order < 0 && !d->cut;
}

static void begin(Decoder *d, Open *o, uint64_t stream, const Decoded *header)
{
        if (o)
                open_close(d, o);
        else
                o = open_new(d);
        *o = (Open){ .d = *header, .stream = stream, .used = true };
        o->d.line = d->line;
        o->d.suppressed = d->suppressed;
        d->suppressed = 0;
}

static void go_on(Open *o, Slice line)
{
        header_more(line, &o->d);
        if (!o->d.mem.begun && o->d.mem.n_zones == 0 && stack_line(&o->d.stack, line.p, slice_size(line)))
                return;
        (void)mem_line(&o->d.mem, line.p, slice_size(line));
}

void decoder_line(Decoder *d, const char *text, size_t size)
{
        uint64_t stream;
        Slice line = prefix_strip(slice_of(text, size), &stream);
        Decoded header;
        Open *o;

        d->n_done = d->taken = 0;
        d->line++;
        for (unsigned i = 0; i < OPEN_MAX; i++)
                d->open[i].age++;
        if (header_suppressed(line, &d->suppressed) || line.p == line.end)
                return;
        o = open_find(d, stream);
        if (header_read(line, &header) && !(o && same_message(o, &header))) {
                begin(d, o, stream, &header);
                return;
        }
        if (!o)
                return;
        go_on(o, line);
        if (o->age > DECODE_LINES_MAX)
                open_close(d, o);
}

bool decode_next_line(const char **text, const char *end, const char **ret, size_t *ret_size)
{
        const char *nl = *text < end ? memchr(*text, '\n', (size_t)(end - *text)) : NULL;

        if (*text >= end)
                return false;
        *ret = *text;
        *ret_size = (size_t)((nl ? nl : end) - *text);
        *text = nl ? nl + 1 : end;
        return true;
}

void decoder_end(Decoder *d)
{
        d->n_done = d->taken = 0;
        /* in the order in which they began */
        for (;;) {
                Open *first = NULL;

                for (unsigned i = 0; i < OPEN_MAX; i++)
                        if (d->open[i].used && (!first || d->open[i].d.line < first->d.line))
                                first = &d->open[i];
                if (!first)
                        return;
                open_close(d, first);
        }
}

bool decoder_pending(const Decoder *d)
{
        for (unsigned i = 0; i < OPEN_MAX; i++)
                if (d->open[i].used)
                        return true;
        return false;
}

const Decoded *decoder_take(Decoder *d)
{
        return d->taken < d->n_done ? &d->done[d->taken++] : NULL;
}

bool decode_same(const Decoded *a, const Decoded *b)
{
        const StackFrame *fa = stack_caller(&a->stack), *fb = stack_caller(&b->stack);

        return a->kind == b->kind && a->class == b->class && a->order == b->order && a->gfp.flags == b->gfp.flags &&
               a->gfp.mask == b->gfp.mask && a->error == b->error && a->cut == b->cut && streq(a->comm, b->comm) &&
               streq(a->device, b->device) && streq(a->cache, b->cache) && streq(a->area, b->area) && !fa == !fb &&
               (!fa || streq(fa->function, fb->function));
}

void decode_gfp_text(const Decoded *d, char ret[static GFP_TEXT_MAX])
{
        *ret = 0;
        if (d->gfp.from == GFP_FROM_NAMES && *d->gfp_names)
                memcpy(ret, d->gfp_names, GFP_TEXT_MAX);
        else if (d->gfp.from != GFP_FROM_NOTHING)
                gfp_format(d->gfp.flags, ret);
}

const char *decode_kind_name(DecodeKind k)
{
        static const char *const names[_DECODE_KIND_MAX] = {
                [DECODE_PAGE_ALLOCATION] = "page-allocation",
                [DECODE_STALL] = "stall",
                [DECODE_OOM] = "oom",
                [DECODE_SLAB] = "slab",
                [DECODE_VMALLOC] = "vmalloc",
                [DECODE_KMEM] = "kmem",
                [DECODE_HUNG_TASK] = "hung-task",
                [DECODE_LOCKUP] = "soft-lockup",
                [DECODE_HUGETLB] = "hugetlb",
                [DECODE_CMA] = "cma",
                [DECODE_PFNS_BUSY] = "pfns-busy",
                [DECODE_SWIOTLB] = "swiotlb",
                [DECODE_TOO_LARGE] = "too-large",
                [DECODE_DRIVER] = "driver",
        };

        return names[k];
}

const char *decode_class_name(DecodeClass c)
{
        static const char *const names[_DECODE_CLASS_MAX] = {
                [CLASS_UNKNOWN] = "unknown",
                [CLASS_FRAGMENTATION] = "fragmentation",
                [CLASS_SHORTAGE] = "shortage",
                [CLASS_ATOMIC_RESERVE] = "atomic-reserve",
                [CLASS_MEMCG] = "memcg",
                [CLASS_POLICY] = "policy",
                [CLASS_CMA] = "cma",
                [CLASS_PINNED] = "pinned",
                [CLASS_VMALLOC] = "vmalloc",
                [CLASS_HUGETLB] = "hugetlb",
                [CLASS_COMPACTION] = "compaction",
                [CLASS_SWIOTLB] = "swiotlb",
                [CLASS_TOO_LARGE] = "too-large",
        };

        return names[c];
}
