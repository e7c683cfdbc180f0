/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lint.c - what loads and still looks wrong
 */
#include "config.h"

#include "engine/sender/table.h"

#include <stdio.h>

typedef struct Lint {
    const FzSenders *senders;
    int64_t now_ms;
    const FzDiagSink *sink;
    uint32_t count;
} Lint;

#define WARN(it, file, line, ...)                                              \
    do {                                                                       \
        (it)->count++;                                                         \
        fz_diag_warn((it)->sink, FZ_E_RULE, (file), (line), NULL,              \
                     __VA_ARGS__);                                             \
    } while (0)

static const FzBrand *brand_of(const Lint *it, const FzName *name)
{
    return name->flag ? &it->senders->brand[name->value] : NULL;
}

/* A name that two brands call their own says nothing of either. */
static void look_for_shared(Lint *it, const FzNames *names, const char *what)
{
    for (uint32_t i = 0; i < names->count; i++) {
        const FzBrand *brand = brand_of(it, &names->item[i]), *other = NULL;
        FzSlice text = names->item[i].text;

        for (uint32_t next = names->item[i].same;
             brand != NULL && other == NULL && next != FZ_NO_NAME;
             next = names->item[next].same)
            other = brand_of(it, &names->item[next]);
        if (other == NULL || other == brand || brand->implicit ||
            other->implicit)
            continue;
        WARN(it, brand->file, brand->line,
             "the %s `%.*s' is also `%s''s, on line %u", what, (int)text.octets,
             (const char *)text.data, other->id, other->line);
    }
}

/* Labels that are too short or too common to be compared with others. */
static void look_at_labels(Lint *it)
{
    const FzNames *labels = &it->senders->label;

    for (uint32_t i = 0; i < labels->count; i++) {
        const FzBrand *brand = brand_of(it, &labels->item[i]);
        FzSlice text = labels->item[i].text;

        if (text.octets >= 4 || labels->item[i].same != FZ_NO_NAME)
            continue;
        WARN(it, brand->file, brand->line,
             "the host's label `%.*s' of `%s' is too short: hosts that only "
             "look like it are not found",
             (int)text.octets, (const char *)text.data, brand->id);
    }
}

static void look_at_rows(Lint *it)
{
    const FzSenders *senders = it->senders;

    for (uint32_t i = 0; i < senders->rows; i++) {
        const FzSenderRow *row = &senders->row[i];

        if (!fz_row_is_in_force(row, it->now_ms))
            WARN(it, row->file, row->line,
                 "the row of `%s' has run out: its sender is unregistered",
                 senders->identity[row->identity].name);
    }
    for (uint32_t i = 0; i < senders->identities; i++) {
        const FzIdentity *who = &senders->identity[i];
        const FzSenderRow *row = &senders->row[senders->row_of[who->row]];

        if (who->class_ == FZ_SENDER_UNKNOWN)
            WARN(it, row->file, row->line,
                 "the identity `%s' has no class: nothing is bound or allowed "
                 "to it",
                 who->name);
    }
}

/* A brand that nobody may speak for is one whose own messages are held. */
static void look_at_owners(Lint *it)
{
    const FzSenders *senders = it->senders;

    for (uint32_t i = 0; i < senders->brands && senders->rows > 0; i++)
        if (senders->brand[i].owners == 0)
            WARN(it, senders->brand[i].file, senders->brand[i].line,
                 "nobody is registered for the brand `%s': whoever signs as "
                 "it is held",
                 senders->brand[i].id);
}

uint32_t fz_senders_lint(const FzSenders *senders, int64_t now_ms,
                         const FzDiagSink *sink)
{
    Lint it = {senders, now_ms, sink, 0};

    look_for_shared(&it, &senders->word, "word");
    look_for_shared(&it, &senders->signature, "signature");
    look_for_shared(&it, &senders->sender, "sender");
    look_for_shared(&it, &senders->host, "host");
    look_at_labels(&it);
    look_at_rows(&it);
    look_at_owners(&it);
    return it.count;
}
