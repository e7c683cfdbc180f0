/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/list_kit.h"

#include "engine/url/canonical.h"

#include <stdio.h>

const char *const kit_tlds[] = {"example", "test", NULL};

void kit_report(void *ctx, const FzListReport *report)
{
    KitReport *kept = ctx;
    size_t room = sizeof kept->text - kept->octets;
    int octets;

    if (report->other_source != NULL)
        octets = snprintf(kept->text + kept->octets, room, "%s:%u %s %s:%u\n",
                          report->source, report->line,
                          fz_finding_name(report->finding),
                          report->other_source, report->other_line);
    else
        octets = snprintf(kept->text + kept->octets, room, "%s:%u %s\n",
                          report->source, report->line,
                          fz_finding_name(report->finding));
    ck_assert_msg((size_t)octets < room, "more findings than a test keeps");
    kept->octets += (size_t)octets;
}

FzListBuild kit_build(KitReport *report)
{
    report->octets = 0;
    report->text[0] = '\0';
    return (FzListBuild){.now_ms = KIT_NOW_MS,
                         .extra_tlds = kit_tlds,
                         .report = kit_report,
                         .ctx = report};
}

FzListSource kit_source(const char *name)
{
    return (FzListSource){.name = name,
                          .action = FZ_ITEM_BLOCK,
                          .fetched_ms = KIT_NOW_MS,
                          .score = FZ_LIST_SCORE_UNSET};
}

void kit_add(FzListBuilder *builder, const FzListSource *source,
             const char *content, FzSourceFormat format)
{
    ck_assert_int_eq(fz_list_builder_source(builder, source, NULL), FZ_OK);
    fz_list_builder_read(builder, fz_slice_of(content), NULL, format);
}

/* A list does not own the octets it lies in; the test's process does. */
static uint8_t *kept[64];
static size_t kept_count;

FzList *kit_open(FzListBuilder *builder)
{
    FzTestSink sink;
    uint8_t *data;
    size_t octets;
    FzList *list;

    fz_test_sink_init(&sink);
    if (fz_list_builder_make(builder, &sink.sink, &data, &octets) != FZ_OK ||
        fz_list_open_memory(data, octets, "kit", NULL, &sink.sink, &list) !=
            FZ_OK ||
        fz_list_verify(list, &sink.sink) != FZ_OK)
        ck_abort_msg("no list: %s", sink.diag[0].text);
    ck_assert_uint_lt(kept_count, COUNT(kept));
    kept[kept_count++] = data;
    return list;
}

FzList *kit_list(const char *name, const char *content)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source(name);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzList *list;

    kit_add(builder, &source, content, FZ_SOURCE_OWN);
    list = kit_open(builder);
    fz_list_builder_destroy(builder);
    return list;
}

static bool is_link(const char *what)
{
    return strstr(what, "://") != NULL;
}

FzAnswer kit_ask(const FzListSet *set, const FzOverlay *overlay,
                 const char *what, int64_t now_ms)
{
    static uint8_t room[FZ_CANONICAL_ROOM];
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzKey keys[FZ_LIMIT_URL_EXPRESSIONS] = {0};
    FzCanonical canonical;
    FzAnswer answer;
    size_t count = 1;

    if (is_link(what)) {
        ck_assert_int_eq(
            fz_canonical_url(fz_slice_of(what), room, &canonical, NULL), FZ_OK);
        count = fz_canonical_expressions(&canonical, expressions);
        for (size_t i = 0; i < count; i++)
            keys[i] = (FzKey){.kind = FZ_KEY_URL, .text = expressions[i]};
    } else if (strncmp(what, "ip:", 3) == 0) {
        keys[0] = (FzKey){.kind = FZ_KEY_IP, .text = fz_slice_of(what + 3)};
    } else if (strncmp(what, "sender:", 7) == 0 ||
               strncmp(what, "sig:", 4) == 0) {
        keys[0] = (FzKey){.kind = FZ_KEY_SENDER, .text = fz_slice_of(what)};
    } else {
        keys[0] = (FzKey){.kind = FZ_KEY_CONTACT, .text = fz_slice_of(what)};
    }
    fz_lists_find(set, overlay, keys, count, now_ms, &answer);
    return answer;
}

const char *kit_words(const FzAnswer *answer)
{
    static char words[4096];
    char entry[2500];

    if (answer->kind == FZ_ANSWER_NONE)
        return "none";
    fz_answer_entry(answer, entry, sizeof entry);
    snprintf(words, sizeof words, "%s %s %s", fz_answer_name(answer->kind),
             fz_list_level_name(answer->level), entry);
    return words;
}
