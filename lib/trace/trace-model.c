/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trace/fields.h"
#include "trace/trace-sources.h"
#include "trace/trace.h"

static const char *rule_text(unsigned v)
{
        return v == WMARK_RULE_CAPPED ? "capped" : "uncapped";
}

static const FieldNames rule_names = { rule_text, 2 };

static const Field model_fields[] = {
        FIELD_DEFINE_U32(Model, page_size, "page_size", FIELD_ALWAYS),
        FIELD_DEFINE_U8(Model, n_orders, "n_orders", FIELD_ALWAYS),
        FIELD_DEFINE_U8(Model, thp_order, "thp_order", 0),
        FIELD_DEFINE_U8(Model, pageblock_order, "pageblock_order", FIELD_ALWAYS),
        FIELD_DEFINE_U8(Model, huge_order, "huge_order", FIELD_ALWAYS),
        FIELD_DEFINE_ENUM(Model, wmark_rule, "wmark_rule", FIELD_ALWAYS, &rule_names),
};

static const Model model_defaults = { .thp_order = UINT8_MAX };

static const Field node_fields[] = {
        FIELD_DEFINE_U32(Node, id, "node", FIELD_ALWAYS),
        FIELD_DEFINE_U64(Node, present, "present", 0),
        FIELD_DEFINE_U64(Node, managed, "managed", 0),
        FIELD_DEFINE_U64(Node, free_pages, "free_pages", FIELD_ALWAYS),
        FIELD_DEFINE_U32(Node, score, "score", 0),
        FIELD_DEFINE_BOOL(Node, score_known, "score_known", FIELD_ALWAYS),
        FIELD_DEFINE_CHAR(Node, kcompactd_state, "kcompactd_state", 0),
        FIELD_DEFINE_U64(Node, kcompactd_cpu_nsec, "kcompactd_cpu_nsec", 0),
        FIELD_DEFINE_U32(Node, unmovable_permyriad, "unmovable_permyriad", 0),
};

static const Node node_defaults = NODE_INIT;

static const Field zone_fields[] = {
        FIELD_DEFINE_TEXT(Zone, name, "zone", FIELD_ALWAYS),
        FIELD_DEFINE_BOOL(Zone, movable, "movable", 0),
        FIELD_DEFINE_U64(Zone, free_pages, "free_pages", FIELD_ALWAYS),
        FIELD_DEFINE_U64(Zone, min, "min", 0),
        FIELD_DEFINE_U64(Zone, low, "low", 0),
        FIELD_DEFINE_U64(Zone, high, "high", 0),
        FIELD_DEFINE_U64(Zone, boost, "boost", 0),
        FIELD_DEFINE_U64(Zone, present, "present", 0),
        FIELD_DEFINE_U64(Zone, managed, "managed", 0),
        FIELD_DEFINE_U64(Zone, free_cma, "free_cma", 0),
        FIELD_DEFINE_U64(Zone, free_highatomic, "free_highatomic", 0),
        FIELD_DEFINE_U64(Zone, protection_user, "protection_user", 0),
        FIELD_DEFINE_U64(Zone, protection_kernel, "protection_kernel", 0),
        FIELD_DEFINE_U32(Zone, score, "score", FIELD_ALWAYS),
};

static const Zone zone_defaults = ZONE_INIT;

static json_t *numbers_to_json(const uint64_t *numbers, size_t n)
{
        _cleanup_json_ json_t *a = json_array();

        for (size_t i = 0; a && i < n; i++)
                if (json_array_append_new(a, integer_from_u64(numbers[i])) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

static json_t *zone_to_json(const Model *m, const Zone *z)
{
        _cleanup_json_ json_t *j = fields_to_json(
                zone_fields, ELEMENTSOF(zone_fields), z, &zone_defaults, 0);

        if (!j || member_set(j, "free", numbers_to_json(z->free, m->n_orders)) < 0)
                return NULL;
        if (z->pagetype_known &&
                member_set(j, "blocks", numbers_to_json(z->blocks, _MIGRATE_TYPE_MAX)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static json_t *node_to_json(const Model *m, const Node *n)
{
        _cleanup_json_ json_t *j = fields_to_json(
                node_fields, ELEMENTSOF(node_fields), n, &node_defaults, 0);
        _cleanup_json_ json_t *zones = json_array();

        if (!j || !zones)
                return NULL;
        for (size_t i = 0; i < n->n_zones; i++)
                if (json_array_append_new(zones, zone_to_json(m, &m->zones[n->first_zone + i])) < 0)
                        return NULL;
        if (member_set(j, "zones", TAKE_PTR(zones)) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static json_t *nodes_to_json(const Model *m)
{
        _cleanup_json_ json_t *a = json_array();

        for (size_t i = 0; a && i < m->n_nodes; i++)
                if (json_array_append_new(a, node_to_json(m, &m->nodes[i])) < 0)
                        return NULL;
        return TAKE_PTR(a);
}

json_t *model_to_json(const Model *m)
{
        _cleanup_json_ json_t *j = json_object();

        if (!j ||
                fields_encode(j, model_fields, ELEMENTSOF(model_fields), m, &model_defaults, 0) <
                        0 ||
                member_set(j, "nodes", nodes_to_json(m)) < 0 || sources_encode(j, m) < 0)
                return NULL;
        return TAKE_PTR(j);
}

static int numbers_from_json(const json_t *a, uint64_t *numbers, size_t n, const char *expected,
        const char **ret_expected)
{
        if (!json_is_array(a) || json_array_size(a) != n)
                return bad_member(ret_expected, expected);
        for (size_t i = 0; i < n; i++)
                if (!integer_get_u64(json_array_get(a, i), &numbers[i]))
                        return bad_member(ret_expected, expected);
        return 0;
}

static int zone_from_json(const json_t *j, const Model *m, Zone *z, const char **ret_expected)
{
        const json_t *blocks = json_object_get(j, "blocks");
        int taken, r;

        *z = zone_defaults;
        taken = fields_decode(j, zone_fields, ELEMENTSOF(zone_fields), z, ret_expected);
        if (taken < 0)
                return taken;
        r = numbers_from_json(json_object_get(j, "free"), z->free, m->n_orders,
                "member free: an array of n_orders integers from 0", ret_expected);
        if (r < 0)
                return r;
        if (blocks) {
                r = numbers_from_json(blocks, z->blocks, _MIGRATE_TYPE_MAX,
                        "member blocks: an array of integers from 0, one a migrate type",
                        ret_expected);
                if (r < 0)
                        return r;
                z->pagetype_known = true;
        }
        if ((size_t)taken + 1 + !!blocks != json_object_size(j))
                return bad_member(ret_expected, "a zone without other members than the known ones");
        return 0;
}

/* Adds the node and its zones at the end; there is room. */
static int node_from_json(const json_t *j, Model *m, const char **ret_expected)
{
        const json_t *zones = json_object_get(j, "zones"), *item;
        Node *n = &m->nodes[m->n_nodes];
        size_t i;
        int taken;

        *n = node_defaults;
        n->first_zone = m->n_zones;
        taken = fields_decode(j, node_fields, ELEMENTSOF(node_fields), n, ret_expected);
        if (taken < 0)
                return taken;
        if (m->n_nodes > 0 && n->id <= m->nodes[m->n_nodes - 1].id)
                return bad_member(ret_expected, "nodes in ascending order");
        if ((size_t)taken + 1 != json_object_size(j))
                return bad_member(ret_expected, "a node without other members than the known ones");
        json_array_foreach(zones, i, item)
        {
                int r = zone_from_json(item, m, &m->zones[m->n_zones], ret_expected);

                if (r < 0)
                        return r;
                m->zones[m->n_zones++].node = n->id;
                n->n_zones++;
        }
        m->n_nodes++;
        return 0;
}

static int nodes_from_json(const json_t *nodes, Model *m, const char **ret_expected)
{
        const json_t *item;
        size_t i, n_zones = 0;

        if (!json_is_array(nodes) || json_array_size(nodes) > NODES_MAX)
                return bad_member(ret_expected, "member nodes: an array of at most 1024 objects");
        json_array_foreach(nodes, i, item)
        {
                const json_t *zones = json_object_get(item, "zones");

                if (!json_is_array(zones) || json_array_size(zones) > ZONES_PER_NODE_MAX)
                        return bad_member(
                                ret_expected, "member zones: an array of at most 8 objects");
                n_zones += json_array_size(zones);
        }

        m->nodes = calloc(json_array_size(nodes) + 1, sizeof(Node));
        m->zones = calloc(n_zones + 1, sizeof(Zone));
        if (!m->nodes || !m->zones)
                return -ENOMEM;
        m->n_nodes_allocated = json_array_size(nodes) + 1;
        m->n_zones_allocated = n_zones + 1;
        json_array_foreach(nodes, i, item)
        {
                int r = node_from_json(item, m, ret_expected);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* What code that uses a model takes for granted. */
static const char *orders_complaint(const Model *m)
{
        if (m->page_size == 0 || (m->page_size & (m->page_size - 1)) != 0)
                return "member page_size: a power of two";
        if (m->n_orders > ORDERS_MAX)
                return "member n_orders: an integer from 0 to 24";
        if (m->huge_order >= MAX(m->n_orders, (uint8_t)1))
                return "member huge_order: an integer below n_orders";
        if (m->pageblock_order >= 64)
                return "member pageblock_order: an integer from 0 to 63";
        if (m->thp_order >= 64 && m->thp_order != UINT8_MAX)
                return "member thp_order: an integer from 0 to 63";
        return NULL;
}

int model_from_json(const json_t *j, Model *m, const char **ret_expected)
{
        _cleanup_(model_done) Model decoded = model_defaults;
        const char *complaint;
        size_t n_sources;
        int taken, r;

        taken = fields_decode(j, model_fields, ELEMENTSOF(model_fields), &decoded, ret_expected);
        if (taken < 0)
                return taken;
        complaint = orders_complaint(&decoded);
        if (complaint)
                return bad_member(ret_expected, complaint);
        r = nodes_from_json(json_object_get(j, "nodes"), &decoded, ret_expected);
        if (r < 0)
                return r;
        r = sources_decode(j, &decoded, &n_sources, ret_expected);
        if (r < 0)
                return r;
        if ((size_t)taken + 1 + n_sources != json_object_size(j))
                return bad_member(ret_expected,
                        "a model without other members than the known ones, and "
                        "none of sources that `have` does not list");
        model_done(m);
        *m = decoded;
        decoded = (Model)MODEL_INIT;
        return 0;
}
