/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who else sets what fragd looks at, as JSON. */
#include "daemon/api-internal.h"
#include "daemon/api-json.h"

static int put_text(json_t *j, const char *key, const char *text)
{
        json_t *string;

        if (!*text)
                return 0;
        string = json_string(text);
        /* not UTF-8: it is somebody else's file */
        return string ? api_json_put(j, key, string) : api_json_put(j, key, json_string("?"));
}

static json_t *writer_to_json(const Writer *w)
{
        json_t *j = json_pack("{s:s, s:b}", "kind", writer_kind_name(w->kind), "overridden", w->overridden);
        int r = j ? put_text(j, "who", w->who) : -ENOMEM;

        if (r == 0)
                r = put_text(j, "target", w->target);
        if (r == 0)
                r = put_text(j, "value", w->value);
        if (r == 0)
                r = put_text(j, "file", w->file);
        if (r == 0 && w->line > 0)
                r = api_json_put(j, "line", json_integer((json_int_t)w->line));
        if (r == 0)
                return j;
        json_decref(j);
        return NULL;
}

static json_t *rival_to_json(const WritersFound *found, Rival rival)
{
        const RivalInfo *info = rival_info(rival);

        return json_pack("{s:s, s:s, s:s, s:b, s:I, s:b}", "kind", writer_kind_name(WRITER_PROGRAM), "who", info->name, "target",
                info->does, "overridden", false, "pid", (json_int_t)found->pids[rival], "left_to",
                info->compacts || info->knobs != 0);
}

json_t *api_json_writers(const WritersFound *found)
{
        json_t *array = json_array();
        int r = array ? 0 : -ENOMEM;

        for (Rival rival = RIVAL_NONE + 1; r == 0 && found && rival < _RIVAL_MAX; rival++)
                if (found->rivals & 1u << rival)
                        r = json_array_append_new(array, rival_to_json(found, rival)) < 0 ? -ENOMEM : 0;
        for (size_t i = 0; r == 0 && found && i < found->list.n; i++)
                r = json_array_append_new(array, writer_to_json(&found->list.items[i])) < 0 ? -ENOMEM : 0;
        if (r == 0)
                return array;
        json_decref(array);
        return NULL;
}

json_t *api_json_writers_unread(const WritersFound *found)
{
        json_t *array = json_array();

        for (size_t i = 0; array && found && i < found->n_unread; i++)
                if (json_array_append_new(array, json_string(found->unread[i])) < 0) {
                        json_decref(array);
                        return NULL;
                }
        return array;
}
