/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/question.h"

#include <stdio.h>

static void refuse(FzQuestion *q, const char *why)
{
    snprintf(q->fault, sizeof q->fault, "%s", why);
}

void fz_question_read_url(FzSlice url, FzQuestion *q)
{
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzCanonical canonical;

    q->fault[0] = '\0';
    switch (fz_canonical_url(url, q->room, &canonical, NULL)) {
    case FZ_OK:
        fz_canonical_expressions(&canonical, expressions);
        q->key = (FzKey){.kind = FZ_KEY_URL, .text = expressions[0]};
        return;
    case FZ_E_LIMIT:
        refuse(q, "the link is too long");
        return;
    default:
        refuse(q, "this is no link");
        return;
    }
}

void fz_question_read_key(FzSlice text, FzQuestion *q)
{
    FzFinding found = fz_list_key_parse(text, fz_any_tld, &q->form);

    if (found == FZ_FOUND_KEY)
        found = fz_list_key_guess(text, FZ_HOST_ALONE, fz_any_tld, &q->form);
    q->fault[0] = '\0';
    if (found != FZ_FOUND_FINE) {
        snprintf(q->fault, sizeof q->fault, "the key %s",
                 fz_finding_sentence(found));
        return;
    }
    q->key = (FzKey){.text = fz_slice(q->form.text, q->form.octets)};
    switch (q->form.level) {
    case FZ_LEVEL_URL:
    case FZ_LEVEL_PREFIX:
    case FZ_LEVEL_HOST:
    case FZ_LEVEL_DOMAIN:
        q->key.kind = FZ_KEY_URL;
        return;
    case FZ_LEVEL_IP:
        q->key.kind = FZ_KEY_IP;
        q->key.text = fz_list_key_host(&q->form);
        if (q->form.octets == 0)
            refuse(q, "ask for one address, not for a range");
        return;
    case FZ_LEVEL_CONTACT:
        q->key.kind = FZ_KEY_CONTACT;
        return;
    case FZ_LEVEL_SENDER:
        q->key.kind = FZ_KEY_SENDER;
        return;
    }
}

static bool has_scheme(FzSlice text)
{
    for (size_t i = 0; i + 3 <= text.octets; i++)
        if (memcmp(text.data + i, "://", 3) == 0)
            return true;
    return false;
}

void fz_question_read(FzSlice text, FzQuestion *q)
{
    if (has_scheme(text))
        fz_question_read_url(text, q);
    else
        fz_question_read_key(text, q);
}
