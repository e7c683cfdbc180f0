/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build.c - brands, registry and receivers, read into one table
 */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "engine/sender/sheet.h"
#include "engine/sender/table.h"

#include <ctype.h>
#include <stdio.h>

#define NAME_OCTETS_MAX 120 /* of one name, folded */

struct FzSendersBuilder {
    const FzDiagSink *sink;
    const FzUrlTables *urls;
    FzSenders *senders;
    uint32_t brand_room, row_room, identity_room;
    FzNames brand_name; /* value: brand */
    FzStatus status;
};

static uint32_t grow(uint32_t count, uint32_t *room, void *place, size_t octets)
{
    void **items = place;

    if (count == *room) {
        *room = *room == 0 ? 64 : 2 * *room;
        *items = fz_realloc_array(*items, *room, octets);
    }
    return count;
}

FzSendersBuilder *fz_senders_builder_create(const FzSendersConfig *config,
                                            const FzDiagSink *sink)
{
    FzSendersBuilder *builder = fz_calloc(1, sizeof *builder);
    const char *country = config->country == NULL ? "86" : config->country;

    builder->sink = sink;
    builder->urls = config->urls;
    builder->senders = fz_calloc(1, sizeof *builder->senders);
    builder->senders->state = config->state;
    snprintf(builder->senders->country, sizeof builder->senders->country, "%s",
             country);
    fz_arena_init(&builder->senders->arena);
    return builder;
}

void fz_senders_builder_destroy(FzSendersBuilder *builder)
{
    if (builder == NULL)
        return;
    fz_senders_destroy(builder->senders);
    fz_names_clear(&builder->brand_name);
    fz_free(builder);
}

void fz_senders_destroy(FzSenders *senders)
{
    if (senders == NULL)
        return;
    fz_names_clear(&senders->identity_name);
    fz_names_clear(&senders->sender);
    fz_names_clear(&senders->sender_front);
    fz_names_clear(&senders->sender_shape);
    fz_names_clear(&senders->signature);
    fz_names_clear(&senders->host);
    fz_names_clear(&senders->word);
    fz_names_clear(&senders->label);
    fz_names_clear(&senders->receiver);
    fz_free(senders->brand);
    fz_free(senders->row);
    fz_free(senders->identity);
    fz_arena_clear(&senders->arena);
    fz_free(senders);
}

/* --- names of a row ---------------------------------------------------------
 */
static FzSlice keep(FzSendersBuilder *it, const void *data, size_t octets)
{
    return fz_slice(fz_arena_strndup(&it->senders->arena, data, octets),
                    octets);
}

static const char *keep_text(FzSendersBuilder *it, FzSlice text)
{
    return (const char *)keep(it, text.data, text.octets).data;
}

#define CUT(slice)                                                             \
    (int)((slice).octets > 60 ? 60 : (slice).octets), (slice).data

/* Folded as messages are; absent when nothing of it is left. */
static FzSlice fold(FzSendersBuilder *it, FzSheet *sheet, FzSlice name)
{
    FzBuf out = FZ_BUF_INIT;
    FzSlice folded = {NULL, 0};

    if (fz_fold_word(FZ_VIEW_FOLDED, name, &out) == FZ_OK && out.octets > 0 &&
        out.octets <= NAME_OCTETS_MAX)
        folded = keep(it, out.data, out.octets);
    else
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`%.*s' is no name that a message can "
                      "have",
                      CUT(name));
    fz_buf_clear(&out);
    return folded;
}

static size_t chars_of(FzSlice text)
{
    size_t chars = 0;

    for (size_t i = 0; i < text.octets; i++)
        chars += (text.data[i] & 0xC0) != 0x80;
    return chars;
}

static void add_words(FzSendersBuilder *it, FzSheet *sheet, FzSlice cell,
                      uint32_t brand)
{
    FzSlice item, folded;

    while (fz_sheet_item(&cell, &item)) {
        folded = fold(it, sheet, item);
        if (folded.data == NULL)
            continue;
        if (chars_of(folded) < (folded.data[0] >= 0x80 ? 2u : 3u))
            fz_sheet_fail(sheet, FZ_E_RULE,
                          "the word `%.*s' is too short to mean anybody: two "
                          "Han characters or three letters at least",
                          CUT(item));
        else
            fz_names_add(&it->senders->word, folded, brand, true);
    }
}

static void add_signatures(FzSendersBuilder *it, FzSheet *sheet, FzSlice cell,
                           uint32_t value, bool is_brand)
{
    FzSlice item, folded;

    while (fz_sheet_item(&cell, &item)) {
        folded = fold(it, sheet, item);
        if (folded.data != NULL)
            fz_names_add(&it->senders->signature, folded, value, is_brand);
    }
}

static void add_senders(FzSendersBuilder *it, FzSheet *sheet, FzSlice cell,
                        uint32_t value, bool is_brand)
{
    FzSenders *senders = it->senders;
    FzSenderAddress address;
    FzSlice item, text;

    while (fz_sheet_item(&cell, &item)) {
        bool front = item.data[item.octets - 1] == '*';
        uint8_t shape[FZ_SENDER_OCTETS];

        fz_sender_canonical(fz_slice(item.data, item.octets - front),
                            senders->country, &address);
        if (address.shape == FZ_SHAPE_NONE || (front && address.octets < 4)) {
            fz_sheet_fail(sheet, FZ_E_RULE,
                          "`%.*s' is no sender: a number, a name, or at least "
                          "four digits and a *",
                          CUT(item));
            continue;
        }
        text = keep(it, address.text, address.octets);
        fz_names_add(front ? &senders->sender_front : &senders->sender, text,
                     value, is_brand);
        if (address.shape != FZ_SHAPE_NAME)
            continue;
        address.octets = fz_sender_shape(text, shape);
        fz_names_add(&senders->sender_shape, keep(it, shape, address.octets),
                     value, is_brand);
    }
}

static void add_label(FzSendersBuilder *it, FzSlice host, uint32_t brand)
{
    FzSlice label = fz_sender_label(it->urls, host);
    uint8_t shape[FZ_SENDER_OCTETS];
    uint32_t octets;

    if (label.octets == 0 || brand == FZ_NO_NAME)
        return;
    label = keep(it, label.data, label.octets);
    fz_names_add(&it->senders->label, label, brand, true);
    octets = fz_sender_shape(label, shape);
    if (!fz_slice_equal(label, fz_slice(shape, octets)))
        fz_names_add(&it->senders->label, keep(it, shape, octets), brand, true);
}

static void add_hosts(FzSendersBuilder *it, FzSheet *sheet, FzSlice cell,
                      uint32_t value, bool is_brand, uint32_t brand)
{
    uint8_t room[3 * FZ_LIMIT_HOST_OCTETS + 256];
    FzSlice item, host;

    while (fz_sheet_item(&cell, &item)) {
        uint32_t flags = 0;

        host = item.octets > FZ_LIMIT_HOST_OCTETS
                   ? fz_slice(NULL, 0)
                   : fz_canonical_host(item, room, &flags);
        if (host.octets == 0 || memchr(host.data, '.', host.octets) == NULL ||
            memchr(host.data, '/', host.octets) != NULL ||
            (flags & FZ_CANONICAL_IDN_BAD) != 0) {
            fz_sheet_fail(sheet, FZ_E_RULE,
                          "`%.*s' is no host: write a name such as "
                          "bank.example, without scheme or path",
                          CUT(item));
            continue;
        }
        if (it->urls != NULL && fz_url_is_public_suffix(it->urls, host)) {
            fz_sheet_fail(sheet, FZ_E_RULE,
                          "`%.*s' is a public suffix: everybody's", CUT(item));
            continue;
        }
        host = keep(it, host.data, host.octets);
        fz_names_add(&it->senders->host, host, value, is_brand);
        add_label(it, host, brand);
    }
}

/* --- brands -----------------------------------------------------------------
 */
enum {
    BRAND_ID,
    BRAND_CLASS,
    BRAND_WORDS,
    BRAND_HOSTS,
    BRAND_SIGNATURES,
    BRAND_SENDERS,
    BRAND_LINKS,
    BRAND_NOTE,
};
static const char *const brand_columns[] = {"!brand", "!class",      "!words",
                                            "!hosts", "!signatures", "!senders",
                                            "links",  "note",        NULL};

static bool is_id(FzSlice text)
{
    if (text.octets == 0 || text.octets > FZ_LIMIT_ID_OCTETS)
        return false;
    for (size_t i = 0; i < text.octets; i++)
        if (!islower(text.data[i]) && !isdigit(text.data[i]) &&
            text.data[i] != '-')
            return false;
    return true;
}

static bool find_brand_class(FzSlice text, FzBrandClass *class_out)
{
    for (int i = 0; i < FZ_BRAND_CLASSES; i++) {
        if (fz_slice_is(text, fz_brand_class_name((FzBrandClass)i))) {
            *class_out = (FzBrandClass)i;
            return true;
        }
    }
    return false;
}

static uint32_t new_brand(FzSendersBuilder *it, FzSheet *sheet)
{
    FzSenders *senders = it->senders;
    uint32_t brand = grow(senders->brands, &it->brand_room, &senders->brand,
                          sizeof *senders->brand);

    senders->brand[brand] = (FzBrand){
        .file = keep_text(it, fz_slice_of(sheet->path)), .line = sheet->line};
    senders->brands++;
    return brand;
}

static bool has_room(FzSendersBuilder *it, FzSheet *sheet)
{
    if (it->senders->brands + it->senders->rows < FZ_LIMIT_SENDER_ROWS)
        return true;
    fz_sheet_fail(sheet, FZ_E_LIMIT, "there are more than %u rows",
                  FZ_LIMIT_SENDER_ROWS);
    return false;
}

static void read_brand(FzSendersBuilder *it, FzSheet *sheet)
{
    FzSlice id = sheet->cell[BRAND_ID], links = sheet->cell[BRAND_LINKS];
    FzBrandClass class_ = FZ_BRAND_OTHER;
    uint32_t brand;

    if (!is_id(id)) {
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`brand' must be small letters, digits and hyphens");
        return;
    }
    if (!find_brand_class(sheet->cell[BRAND_CLASS], &class_)) {
        FzBuf all = FZ_BUF_INIT;

        for (int i = 0; i < FZ_BRAND_CLASSES; i++)
            fz_buf_printf(&all, "%s%s", i == 0 ? "" : ", ",
                          fz_brand_class_name((FzBrandClass)i));
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`class' cannot be `%.*s': it is one of %s",
                      CUT(sheet->cell[BRAND_CLASS]), fz_buf_text(&all));
        fz_buf_clear(&all);
        return;
    }
    if (links.data != NULL && !fz_slice_is(links, "none") &&
        !fz_slice_is(links, "own")) {
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`links' is own, or none for a name that never sends "
                      "any");
        return;
    }
    brand = fz_names_find(&it->brand_name, id);
    if (brand != FZ_NO_NAME) {
        const FzBrand *there =
            &it->senders->brand[it->brand_name.item[brand].value];

        fz_sheet_fail(sheet, FZ_E_RULE,
                      "the brand `%.*s' is there already, on line %u of %s",
                      CUT(id), there->line, there->file);
        return;
    }
    if (sheet->cell[BRAND_WORDS].data == NULL &&
        sheet->cell[BRAND_SIGNATURES].data == NULL &&
        sheet->cell[BRAND_SENDERS].data == NULL &&
        sheet->cell[BRAND_HOSTS].data == NULL) {
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "the brand `%.*s' has no word, host, signature or "
                      "sender that it could be known by",
                      CUT(id));
        return;
    }
    if (!has_room(it, sheet))
        return;
    brand = new_brand(it, sheet);
    it->senders->brand[brand].id = keep_text(it, id);
    it->senders->brand[brand].class_ = class_;
    it->senders->brand[brand].silent = fz_slice_is(links, "none");
    fz_names_add(&it->brand_name, fz_slice_of(it->senders->brand[brand].id),
                 brand, true);
    add_words(it, sheet, sheet->cell[BRAND_WORDS], brand);
    add_words(it, sheet, sheet->cell[BRAND_SIGNATURES], brand);
    add_signatures(it, sheet, sheet->cell[BRAND_SIGNATURES], brand, true);
    add_senders(it, sheet, sheet->cell[BRAND_SENDERS], brand, true);
    add_hosts(it, sheet, sheet->cell[BRAND_HOSTS], brand, true, brand);
}

static FzStatus done(FzSendersBuilder *it, const FzSheet *sheet)
{
    if (it->status == FZ_OK)
        it->status = sheet->status;
    return sheet->status;
}

FzStatus fz_senders_add_brands(FzSendersBuilder *builder, FzSlice content,
                               const char *path)
{
    FzSheet sheet;

    if (fz_sheet_open(&sheet, FZ_SHEET_TSV, content, path, brand_columns,
                      &builder->senders->arena, builder->sink))
        while (fz_sheet_next(&sheet))
            read_brand(builder, &sheet);
    return done(builder, &sheet);
}

/* --- the registry -----------------------------------------------------------
 */
enum {
    ROW_IDENTITY,
    ROW_CLASS,
    ROW_SIGNATURES,
    ROW_SENDERS,
    ROW_HOSTS,
    ROW_UNTIL,
    ROW_NOTE,
};
static const char *const row_columns[] = {"!identity", "class",  "!signatures",
                                          "!senders",  "!hosts", "valid-until",
                                          "note",      NULL};

/* The last day; false when it is none. */
static bool read_until(FzSlice cell, int64_t *until_ms)
{
    char whole[FZ_CLOCK_TEXT], again[FZ_CLOCK_TEXT];

    *until_ms = 0;
    if (cell.data == NULL)
        return true;
    if (cell.octets != 10)
        return false;
    snprintf(whole, sizeof whole, "%.10sT23:59:59Z", (const char *)cell.data);
    if (fz_clock_parse(whole, until_ms) != FZ_OK)
        return false;
    fz_clock_format(*until_ms, again);
    *until_ms += 1000;
    return memcmp(again, whole, 10) == 0; /* no 30th of February */
}

static bool speaks_for_itself(FzSenderClass which)
{
    return which != FZ_SENDER_P2P && which != FZ_SENDER_RESELLER &&
           which != FZ_SENDER_PROBATION;
}

static FzBrandClass kind_of(FzSenderClass which)
{
    return which == FZ_SENDER_BANK        ? FZ_BRAND_BANK
           : which == FZ_SENDER_AUTHORITY ? FZ_BRAND_AUTHORITY
                                          : FZ_BRAND_OTHER;
}

static uint32_t find_identity(FzSendersBuilder *it, FzSheet *sheet,
                              FzSenderClass which)
{
    FzSenders *senders = it->senders;
    FzSlice name = sheet->cell[ROW_IDENTITY];
    uint32_t found;

    found = fz_names_find(&senders->identity_name, name);
    if (found == FZ_NO_NAME) {
        found = grow(senders->identities, &it->identity_room,
                     &senders->identity, sizeof *senders->identity);
        senders->identity[found] = (FzIdentity){
            .name = keep_text(it, name), .class_ = which, .brand = FZ_NO_NAME};
        senders->identities++;
        fz_names_add(&senders->identity_name,
                     fz_slice_of(senders->identity[found].name), found, false);
    } else if (which != FZ_SENDER_UNKNOWN &&
               senders->identity[found].class_ == FZ_SENDER_UNKNOWN) {
        senders->identity[found].class_ = which;
    } else if (which != FZ_SENDER_UNKNOWN &&
               senders->identity[found].class_ != which) {
        fz_sheet_fail(
            sheet, FZ_E_RULE,
            "the identity `%s' is of class %s already: it has one class",
            senders->identity[found].name,
            fz_sender_class_name(senders->identity[found].class_));
    }
    return found;
}

/* Whoever is registered and in no brands file is protected all the same. */
static void make_implicit(FzSendersBuilder *it, FzSheet *sheet,
                          uint32_t identity)
{
    FzSenders *senders = it->senders;
    FzIdentity *who = &senders->identity[identity];

    if (who->brand != FZ_NO_NAME || !speaks_for_itself(who->class_))
        return;
    who->brand = new_brand(it, sheet);
    senders->brand[who->brand].id = who->name;
    senders->brand[who->brand].class_ = kind_of(who->class_);
    senders->brand[who->brand].implicit = true;
}

static void read_row(FzSendersBuilder *it, FzSheet *sheet)
{
    FzSenders *senders = it->senders;
    FzSenderClass which = FZ_SENDER_UNKNOWN;
    FzSlice cell = sheet->cell[ROW_CLASS];
    uint32_t identity, row, brand;
    int64_t until_ms;

    if (sheet->cell[ROW_IDENTITY].data == NULL) {
        fz_sheet_fail(sheet, FZ_E_RULE, "the row names no identity");
        return;
    }
    if (cell.data != NULL &&
        fz_sender_class_parse(keep_text(it, cell), &which) != FZ_OK) {
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`class' cannot be `%.*s': it is P2P, A2P, code, bank, "
                      "authority, IoT, reseller or probation",
                      CUT(cell));
        return;
    }
    if (!read_until(sheet->cell[ROW_UNTIL], &until_ms)) {
        fz_sheet_fail(sheet, FZ_E_RULE,
                      "`valid-until' is a last day, as in 2027-06-30");
        return;
    }
    if (!has_room(it, sheet))
        return;
    identity = find_identity(it, sheet, which);
    make_implicit(it, sheet, identity);
    brand = senders->identity[identity].brand;
    row =
        grow(senders->rows, &it->row_room, &senders->row, sizeof *senders->row);
    senders->row[row] =
        (FzSenderRow){identity, until_ms,
                      keep_text(it, fz_slice_of(sheet->path)), sheet->line};
    senders->rows++;
    senders->identity[identity].rows++;
    add_signatures(it, sheet, sheet->cell[ROW_SIGNATURES], row, false);
    if (brand != FZ_NO_NAME)
        add_words(it, sheet, sheet->cell[ROW_SIGNATURES], brand);
    add_senders(it, sheet, sheet->cell[ROW_SENDERS], row, false);
    add_hosts(it, sheet, sheet->cell[ROW_HOSTS], row, false, brand);
}

FzStatus fz_senders_add_registry(FzSendersBuilder *builder, FzSlice content,
                                 const char *path)
{
    FzSheet sheet;

    if (fz_sheet_open(&sheet, FZ_SHEET_CSV, content, path, row_columns,
                      &builder->senders->arena, builder->sink))
        while (fz_sheet_next(&sheet))
            read_row(builder, &sheet);
    return done(builder, &sheet);
}

/* --- receivers --------------------------------------------------------------
 */
FzStatus fz_senders_add_receivers(FzSendersBuilder *builder, FzSlice content,
                                  const char *path, const char *name)
{
    static const char *const columns[] = {"!receiver", "note", NULL};
    FzSenders *senders = builder->senders;
    FzSenderAddress address;
    FzSheet sheet;
    uint32_t at = 0;

    while (at < senders->receiver_classes &&
           strcmp(senders->receiver_class[at], name) != 0)
        at++;
    if (at == FZ_LIMIT_RECEIVER_CLASSES)
        return builder->status =
                   fz_diag(builder->sink, FZ_E_LIMIT, path, 0, NULL,
                           "there are more than %d classes of receivers",
                           FZ_LIMIT_RECEIVER_CLASSES);
    if (at == senders->receiver_classes)
        senders->receiver_class[senders->receiver_classes++] =
            keep_text(builder, fz_slice_of(name));
    if (!fz_sheet_open(&sheet, FZ_SHEET_CSV, content, path, columns,
                       &senders->arena, builder->sink))
        return done(builder, &sheet);
    while (fz_sheet_next(&sheet)) {
        fz_sender_canonical(sheet.cell[0], senders->country, &address);
        if (address.shape == FZ_SHAPE_NONE || address.shape == FZ_SHAPE_NAME)
            fz_sheet_fail(&sheet, FZ_E_RULE, "`%.*s' is no telephone number",
                          CUT(sheet.cell[0]));
        else
            fz_names_add(&senders->receiver,
                         keep(builder, address.text, address.octets), at,
                         false);
    }
    return done(builder, &sheet);
}

/* --- the table ------------------------------------------------------------ */
FzSenders *fz_senders_build(FzSendersBuilder *builder)
{
    FzSenders *senders = builder->senders;

    builder->senders = NULL;
    fz_names_seal(&senders->sender_shape, FZ_NAMES_NEAR);
    fz_names_seal(&senders->word, FZ_NAMES_IN_TEXT);
    fz_names_seal(&senders->label, FZ_NAMES_IN_TEXT | FZ_NAMES_NEAR);
    fz_senders_link(senders);
    return senders;
}

FzRuleState fz_senders_state(const FzSenders *senders)
{
    return senders == NULL ? FZ_RULE_ACTIVE : senders->state;
}

void fz_senders_counts(const FzSenders *senders, FzSendersCounts *counts_out)
{
    *counts_out = (FzSendersCounts){0, senders->identities, senders->rows,
                                    senders->receiver.count};
    for (uint32_t i = 0; i < senders->brands; i++)
        counts_out->brands += !senders->brand[i].implicit;
}

int fz_senders_receiver_class(const FzSenders *senders, const char *name)
{
    for (uint32_t i = 0; senders != NULL && i < senders->receiver_classes; i++)
        if (strcmp(senders->receiver_class[i], name) == 0)
            return (int)i;
    return -1;
}
