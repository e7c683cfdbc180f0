/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/links.h"
#include "engine/verdict/record.h"

static void set_span(json_t *it, FzSpan span)
{
    json_object_set_new(it, "start", json_integer(span.cp_from));
    json_object_set_new(it, "end", json_integer(span.cp_to));
}

json_t *fz_links_slices_json(const FzSlice *slices, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, fz_record_text(slices[i]));
    return list;
}

static json_t *flag_names(uint32_t flags)
{
    json_t *names = json_array();

    for (int i = 0; i < FZ_URL_FLAGS; i++)
        if ((flags & 1u << i) != 0)
            json_array_append_new(
                names, json_string(fz_url_flag_name((FzUrlFlag)(1u << i))));
    return names;
}

json_t *fz_links_json(const FzUrls *urls)
{
    json_t *list = json_array();

    for (uint16_t i = 0; i < urls->url_count; i++) {
        const FzUrl *url = &urls->url[i];
        json_t *it;

        if ((url->flags & FZ_URL_INNER) != 0)
            continue;
        it = json_object();
        json_object_set_new(it, "text", fz_record_text(url->raw));
        set_span(it, url->span);
        json_object_set_new(it, "host", fz_record_text(url->host));
        json_object_set_new(it, "canonical", fz_record_text(url->canonical));
        json_object_set_new(it, "flags", flag_names(url->flags));
        json_object_set_new(
            it, "expressions",
            fz_links_slices_json(url->expression, url->expression_count));
        json_array_append_new(list, it);
    }
    return list;
}

json_t *fz_links_contacts_json(const FzUrls *urls)
{
    json_t *list = json_array();

    for (uint16_t i = 0; i < urls->contact_count; i++) {
        const FzContact *contact = &urls->contact[i];
        json_t *it = json_object();

        json_object_set_new(it, "kind",
                            json_string(fz_contact_kind_name(contact->kind)));
        json_object_set_new(it, "key", fz_record_text(contact->key));
        set_span(it, contact->span);
        json_array_append_new(list, it);
    }
    return list;
}

void fz_links_flags(uint32_t flags, FzBuf *out)
{
    bool first = true;

    for (int i = 0; i < FZ_URL_FLAGS; i++) {
        if ((flags & 1u << i) == 0)
            continue;
        fz_buf_printf(out, "%s%s", first ? "" : ", ",
                      fz_url_flag_name((FzUrlFlag)(1u << i)));
        first = false;
    }
}

json_t *fz_links_answer_json(const FzAnswer *answer)
{
    json_t *it = json_pack("{s:s}", "answer", fz_answer_name(answer->kind));
    bool said =
        answer->kind == FZ_ANSWER_ALLOW || answer->kind == FZ_ANSWER_BLOCK;
    char entry[2 * FZ_LIMIT_KEY_OCTETS + 64] = "";

    if (said)
        fz_answer_entry(answer, entry, sizeof entry);
    json_object_set_new(it, "category",
                        said ? json_string(answer->category) : json_null());
    json_object_set_new(it, "list",
                        said ? json_string(answer->list) : json_null());
    json_object_set_new(
        it, "entry", said ? fz_record_text(fz_slice_of(entry)) : json_null());
    json_object_set_new(it, "level",
                        said ? json_string(fz_list_level_name(answer->level))
                             : json_null());
    if (!said)
        return it;
    if (answer->score != FZ_LIST_SCORE_UNSET)
        json_object_set_new(it, "score", fz_record_points(answer->score));
    if (answer->note != NULL)
        json_object_set_new(it, "note",
                            fz_record_text(fz_slice_of(answer->note)));
    if (answer->age_s >= 0)
        json_object_set_new(it, "age_s", json_integer(answer->age_s));
    if (answer->stale)
        json_object_set_new(it, "stale", json_true());
    return it;
}
