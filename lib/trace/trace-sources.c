/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/trace-sources.h"

#include "trace/fields.h"

static const Field vmstat_fields[] = {
#define X(name) FIELD_DEFINE_U64(Vmstat, name, #name, 0),
        VMSTAT_COUNTERS(X)
#undef X
                FIELD_DEFINE_U32(Vmstat, skipped, "skipped", 0),
};

#define PSI_LINE(line)                                                                             \
        FIELD_DEFINE_U32(Psi, line.avg10, "avg10", FIELD_ALWAYS),                                  \
                FIELD_DEFINE_U32(Psi, line.avg60, "avg60", FIELD_ALWAYS),                          \
                FIELD_DEFINE_U32(Psi, line.avg300, "avg300", FIELD_ALWAYS),                        \
                FIELD_DEFINE_U64(Psi, line.total, "total_usec", FIELD_ALWAYS)
static const Field psi_some_fields[] = { PSI_LINE(some) };
static const Field psi_full_fields[] = { PSI_LINE(full) };
static const Field psi_fields[] = { FIELD_DEFINE_U32(Psi, skipped, "skipped", 0) };
static const Psi psi_defaults = { 0 };

#define MEMINFO(name) FIELD_DEFINE_U64(Meminfo, name, #name, 0)
static const Field meminfo_fields[] = {
        MEMINFO(total),
        MEMINFO(free),
        MEMINFO(available),
        MEMINFO(cached),
        MEMINFO(dirty),
        MEMINFO(writeback),
        MEMINFO(mlocked),
        MEMINFO(unevictable),
        MEMINFO(slab_reclaimable),
        MEMINFO(slab_unreclaimable),
        MEMINFO(active),
        MEMINFO(inactive),
        MEMINFO(kernel_stack),
        MEMINFO(page_tables),
        MEMINFO(sec_page_tables),
        MEMINFO(vmalloc_used),
        MEMINFO(percpu),
        MEMINFO(shmem_huge_pages),
        MEMINFO(file_huge_pages),
        MEMINFO(balloon),
        MEMINFO(slab),
        MEMINFO(anon_huge_pages),
        MEMINFO(cma_total),
        MEMINFO(cma_free),
        MEMINFO(hugepages_total),
        MEMINFO(hugepages_free),
        MEMINFO(hugepage_size),
        MEMINFO(hugetlb),
        FIELD_DEFINE_U32(Meminfo, skipped, "skipped", 0),
};

static const Field fallback_fields[] = {
        FIELD_DEFINE_U64(FallbackSignal, total[FALLBACK_UNMOVABLE], "unmovable", FIELD_ALWAYS),
        FIELD_DEFINE_U64(FallbackSignal, total[FALLBACK_MOVABLE], "movable", FIELD_ALWAYS),
        FIELD_DEFINE_U64(FallbackSignal, recent[FALLBACK_UNMOVABLE], "unmovable_recent", 0),
        FIELD_DEFINE_U64(FallbackSignal, recent[FALLBACK_MOVABLE], "movable_recent", 0),
        FIELD_DEFINE_U64(FallbackSignal, usual[FALLBACK_UNMOVABLE], "unmovable_usual", 0),
        FIELD_DEFINE_U64(FallbackSignal, usual[FALLBACK_MOVABLE], "movable_usual", 0),
        FIELD_DEFINE_U64(FallbackSignal, upper[FALLBACK_UNMOVABLE], "unmovable_upper", 0),
        FIELD_DEFINE_U64(FallbackSignal, upper[FALLBACK_MOVABLE], "movable_upper", 0),
        FIELD_DEFINE_BOOL(FallbackSignal, unusual[FALLBACK_UNMOVABLE], "unmovable_unusual", 0),
        FIELD_DEFINE_BOOL(FallbackSignal, unusual[FALLBACK_MOVABLE], "movable_unusual", 0),
        FIELD_DEFINE_U32(FallbackSignal, steps, "steps", 0),
};

static const FallbackSignal fallback_defaults = {
        .recent = { UNKNOWN_U64, UNKNOWN_U64 },
        .usual = { UNKNOWN_U64, UNKNOWN_U64 },
        .upper = { UNKNOWN_U64, UNKNOWN_U64 },
};

static void meminfo_reset(Meminfo *m)
{
        memset(m, 0xff,
                sizeof(*m)); /* UNKNOWN_U64 is all ones, and all but the last member are sizes */
        m->skipped = 0;
}

static json_t *have_to_json(const Model *m)
{
        _cleanup_json_ json_t *a = json_array();

        for (unsigned s = 0; a && s < _SOURCE_MAX; s++)
                if (model_has(m, (Source)s) &&
                        json_array_append_new(a, json_string(source_name((Source)s))) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static json_t *psi_to_json(const Psi *p)
{
        _cleanup_json_ json_t *j = fields_to_json(
                psi_fields, ELEMENTSOF(psi_fields), p, &psi_defaults, 0);

        if (!j || member_set(j, "some",
                          fields_to_json(psi_some_fields, ELEMENTSOF(psi_some_fields), p,
                                  &psi_defaults, 0)) < 0)
                return NULL;
        if (p->have_full && member_set(j, "full",
                                    fields_to_json(psi_full_fields, ELEMENTSOF(psi_full_fields), p,
                                            &psi_defaults, 0)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static json_t *knobs_to_json(const int64_t knobs[static _KNOB_MAX])
{
        _cleanup_json_ json_t *j = json_object();

        for (unsigned i = 0; j && i < _KNOB_MAX; i++)
                if (knobs[i] != KNOB_VALUE_NONE &&
                        member_set(j, knob_info((KnobId)i)->name, json_integer(knobs[i])) < 0)
                        return NULL;
        return TAKE_PTR(j);
}

int sources_encode(json_t *j, const Model *m)
{
        Vmstat vmstat;
        Meminfo meminfo;

        vmstat_reset(&vmstat);
        meminfo_reset(&meminfo);
        if (member_set(j, "have", have_to_json(m)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_VMSTAT) &&
                member_set(j, "vmstat",
                        fields_to_json(vmstat_fields, ELEMENTSOF(vmstat_fields), &m->vmstat,
                                &vmstat, 0)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_MEMINFO) &&
                member_set(j, "meminfo",
                        fields_to_json(meminfo_fields, ELEMENTSOF(meminfo_fields), &m->meminfo,
                                &meminfo, 0)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_PSI_MEMORY) &&
                member_set(j, "psi_memory", psi_to_json(&m->psi_memory)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_PSI_CPU) && member_set(j, "psi_cpu", psi_to_json(&m->psi_cpu)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_KNOBS) && member_set(j, "knobs", knobs_to_json(m->knobs)) < 0)
                return -ENOMEM;
        if (model_has(m, SOURCE_FALLBACKS) &&
                member_set(j, "fallbacks",
                        fields_to_json(fallback_fields, ELEMENTSOF(fallback_fields), &m->fallbacks,
                                &fallback_defaults, 0)) < 0)
                return -ENOMEM;
        return 0;
}

static int have_from_json(const json_t *a, Model *m, const char **ret_expected)
{
        static const char expected[] = "member have: an array of source names, each once";
        const json_t *item;
        size_t i;

        if (!json_is_array(a))
                return bad_member(ret_expected, expected);
        json_array_foreach(a, i, item)
        {
                unsigned s = 0;

                while (s < _SOURCE_MAX && json_is_string(item) &&
                        !streq(source_name((Source)s), json_string_value(item)))
                        s++;
                if (!json_is_string(item) || s == _SOURCE_MAX || model_has(m, (Source)s))
                        return bad_member(ret_expected, expected);
                m->have |= UINT32_C(1) << s;
        }
        return 0;
}

static int psi_from_json(const json_t *j, Psi *p, const char **ret_expected)
{
        const json_t *full = json_object_get(j, "full");
        int taken, r;

        taken = fields_decode(j, psi_fields, ELEMENTSOF(psi_fields), p, ret_expected);
        if (taken < 0)
                return taken;
        r = fields_from_json(json_object_get(j, "some"), psi_some_fields,
                ELEMENTSOF(psi_some_fields), p, ret_expected);
        if (r < 0)
                return r;
        if (full) {
                r = fields_from_json(
                        full, psi_full_fields, ELEMENTSOF(psi_full_fields), p, ret_expected);
                if (r < 0)
                        return r;
                p->have_full = true;
        }
        if ((size_t)taken + 1 + p->have_full != json_object_size(j))
                return bad_member(
                        ret_expected, "pressure without other members than some, full, skipped");
        return 0;
}

static int knobs_from_json(
        const json_t *j, int64_t knobs[static _KNOB_MAX], const char **ret_expected)
{
        size_t taken = 0;

        for (unsigned i = 0; i < _KNOB_MAX; i++) {
                const json_t *v = json_object_get(j, knob_info((KnobId)i)->name);

                if (!v)
                        continue;
                if (!json_is_integer(v) || json_integer_value(v) < 0)
                        return bad_member(ret_expected, "member knobs: integers from 0");
                knobs[i] = json_integer_value(v);
                taken++;
        }
        if (!json_is_object(j) || taken != json_object_size(j))
                return bad_member(ret_expected, "member knobs: an object of known knobs");
        return 0;
}

static int source_from_json(const json_t *j, Source s, Model *m, const char **ret_expected)
{
        switch (s) {
        case SOURCE_VMSTAT:
                return fields_from_json(
                        j, vmstat_fields, ELEMENTSOF(vmstat_fields), &m->vmstat, ret_expected);
        case SOURCE_MEMINFO:
                return fields_from_json(
                        j, meminfo_fields, ELEMENTSOF(meminfo_fields), &m->meminfo, ret_expected);
        case SOURCE_PSI_MEMORY: return psi_from_json(j, &m->psi_memory, ret_expected);
        case SOURCE_PSI_CPU: return psi_from_json(j, &m->psi_cpu, ret_expected);
        case SOURCE_FALLBACKS:
                return fields_from_json(j, fallback_fields, ELEMENTSOF(fallback_fields),
                        &m->fallbacks, ret_expected);
        default: assert(s == SOURCE_KNOBS); return knobs_from_json(j, m->knobs, ret_expected);
        }
}

int sources_decode(const json_t *j, Model *m, size_t *ret_n, const char **ret_expected)
{
        static const struct {
                Source source;
                const char *member;
        } members[] = {
                { SOURCE_VMSTAT, "vmstat" },
                { SOURCE_MEMINFO, "meminfo" },
                { SOURCE_PSI_MEMORY, "psi_memory" },
                { SOURCE_PSI_CPU, "psi_cpu" },
                { SOURCE_KNOBS, "knobs" },
                { SOURCE_FALLBACKS, "fallbacks" },
        };
        size_t n = 1; /* have */
        int r;

        vmstat_reset(&m->vmstat);
        meminfo_reset(&m->meminfo);
        m->fallbacks = fallback_defaults;
        for (size_t i = 0; i < _KNOB_MAX; i++)
                m->knobs[i] = KNOB_VALUE_NONE;
        r = have_from_json(json_object_get(j, "have"), m, ret_expected);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(members); i++) {
                if (!model_has(m, members[i].source))
                        continue;
                r = source_from_json(
                        json_object_get(j, members[i].member), members[i].source, m, ret_expected);
                if (r < 0)
                        return r;
                n++;
        }
        *ret_n = n;
        return 0;
}
