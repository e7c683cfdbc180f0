/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/verbs_list.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/list/guard.h"
#include "engine/list/question.h"
#include "engine/verdict/links.h"
#include "engine/verdict/record.h"
#include "plugin/live/live.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#define BY_OCTETS 96
#define MOST_S (10LL * 366 * 86400)

/* "uid:0 root": one person, whatever process they ask from */
static void person_of(const FzControlPeer *peer, char *by)
{
    char room[1024];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(peer->uid, &entry, room, sizeof room, &found) != 0)
        found = NULL;
    snprintf(by, BY_OCTETS, "uid:%ld %s", (long)peer->uid,
             found == NULL ? "?" : found->pw_name);
}

static const char *text_of(const FzControlCall *call, const char *name)
{
    return json_string_value(json_object_get(call->args, name));
}

/* --- what is asked for
 * ---------------------------------------------------------- */
static FzStatus check_types(FzControlCall *call)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)call->args, name, value)
    {
        if (strcmp(name, "expires_s") != 0 && strcmp(name, "score") != 0 &&
            strcmp(name, "force") != 0 && !json_is_string(value))
            return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "`%s' wants a string", name);
    }
    return FZ_OK;
}

static bool too_long(const char *text, size_t octets)
{
    return text != NULL && strlen(text) > octets;
}

static FzStatus read_action(FzControlCall *call, bool required,
                            FzAnswerKind *action_out)
{
    const char *action = text_of(call, "action");

    *action_out = FZ_ANSWER_NONE;
    if (action != NULL && strcmp(action, "block") == 0)
        *action_out = FZ_ANSWER_BLOCK;
    else if (action != NULL && strcmp(action, "allow") == 0)
        *action_out = FZ_ANSWER_ALLOW;
    else if (action != NULL || required)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "\"action\" is allow or block");
    return FZ_OK;
}

static FzStatus read_record(FzControlCall *call, FzOverlayVerb verb,
                            int64_t now_ms, const char *by, FzListKey *key,
                            FzOverlayRecord *record)
{
    FzFinding found;
    FzStatus status = check_types(call);

    *record = (FzOverlayRecord){.at_ms = now_ms,
                                .verb = verb,
                                .key = text_of(call, "key"),
                                .category = text_of(call, "category"),
                                .by = by,
                                .reference = text_of(call, "reference"),
                                .note = text_of(call, "note"),
                                .score = FZ_LIST_SCORE_UNSET};
    if (status == FZ_OK)
        status = read_action(call, verb == FZ_OVERLAY_ADD, &record->action);
    if (status != FZ_OK)
        return status;
    if (record->key == NULL)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "%s wants a \"key\": host:a.example, tel:+86...",
                       call->verb);
    found = fz_list_key_parse(fz_slice_of(record->key), fz_any_tld, key);
    if (found != FZ_FOUND_FINE)
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "the key `%.200s' %s", record->key,
                       fz_finding_sentence(found));
    if (too_long(record->category, FZ_LIMIT_NAME_OCTETS) ||
        too_long(record->reference, FZ_LIMIT_NOTE_OCTETS) ||
        too_long(record->note, FZ_LIMIT_NOTE_OCTETS))
        return fz_diag(&call->sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "a category has at most %u octets, reference and note "
                       "%u",
                       FZ_LIMIT_NAME_OCTETS, FZ_LIMIT_NOTE_OCTETS);
    /* it becomes part of a signal's name, which rules can write */
    if (record->category != NULL &&
        record->category[strspn(record->category,
                                "abcdefghijklmnopqrstuvwxyz0123456789-.")] !=
            '\0')
        return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "a category has small letters, digits, - and .");
    return FZ_OK;
}

static FzStatus read_bounds(FzControlCall *call, FzOverlayRecord *record)
{
    const json_t *expires = json_object_get(call->args, "expires_s");
    const json_t *score = json_object_get(call->args, "score");
    double points = json_number_value(score);

    if (expires != NULL) {
        json_int_t seconds = json_integer_value(expires);

        if (!json_is_integer(expires) || seconds < 1 || seconds > MOST_S)
            return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "\"expires_s\" wants 1 to %lld seconds", MOST_S);
        record->expires_ms = record->at_ms + seconds * 1000;
    }
    if (score != NULL) {
        if (!json_is_number(score) || !(points >= 0 && points <= 100))
            return fz_diag(&call->sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "\"score\" wants 0 to 100 points");
        record->score = FZ_POINTS(points);
    }
    return FZ_OK;
}

/* --- the same for all that change
 * ------------------------------------------------ */
static void audit(FzPlugin *plugin, FzControlCall *call, const char *act,
                  int64_t now_ms, const char *by, const char *proposed_by)
{
    json_t *detail = json_deep_copy(call->args);
    char actor[BY_OCTETS + 24], *text;

    snprintf(actor, sizeof actor, "%s pid:%ld", by, (long)call->peer.pid);
    if (proposed_by != NULL)
        json_object_set_new(detail, "proposed_by",
                            fz_record_text(fz_slice_of(proposed_by)));
    text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
    if (fz_store_audit(plugin->store, now_ms, actor, act, text, &call->sink) !=
        FZ_OK)
        fz_diag_warn(&call->sink, FZ_E_IO, NULL, 0, NULL,
                     "the live entry is in force but not in the audit trail");
    fz_free(text);
    json_decref(detail);
    fz_diag_warn(&fz_plugin_log, FZ_OK, NULL, 0, NULL, "%s of `%.200s' by %s",
                 act, text_of(call, "key"), actor);
}

typedef struct Seek {
    const char *text; /* canonical */
    FzAnswerKind action;
    bool found, waiting;
    char by[BY_OCTETS];
} Seek;

static void seek_one(void *ctx, const FzOverlayRecord *record, bool waiting)
{
    Seek *seek = ctx;
    char text[FZ_LIMIT_KEY_OCTETS + 16];
    FzListKey key;

    if (fz_list_key_parse(fz_slice_of(record->key), fz_any_tld, &key) !=
        FZ_FOUND_FINE)
        return;
    fz_list_key_write(&key, text, sizeof text);
    if (strcmp(text, seek->text) != 0 ||
        (seek->action != FZ_ANSWER_NONE && seek->action != record->action))
        return;
    seek->found = true;
    seek->waiting = waiting;
    snprintf(seek->by, sizeof seek->by, "%s",
             record->by == NULL ? "" : record->by);
}

static Seek seek(FzPlugin *plugin, const char *text, FzAnswerKind action)
{
    FzEntrySnapshot *now = fz_entries_take(plugin->entries);
    Seek it = {.text = text, .action = action};

    if (now->overlay != NULL)
        fz_overlay_each(now->overlay, seek_one, &it);
    fz_entries_give(plugin->entries, now);
    return it;
}

static json_t *entry_json(const char *key, const char *state)
{
    return json_pack("{s:o,s:s}", "key", fz_record_text(fz_slice_of(key)),
                     "state", state);
}

/* --- add
 * ------------------------------------------------------------------------- */
FzStatus fz_verb_list_add(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    int64_t now_ms = fz_clock_wall_ms();
    char by[BY_OCTETS], text[FZ_LIMIT_KEY_OCTETS + 16];
    FzOverlayRecord record;
    FzFinding found;
    FzListKey key;
    FzStatus status;
    Seek made;

    person_of(&call->peer, by);
    status = read_record(call, FZ_OVERLAY_ADD, now_ms, by, &key, &record);
    if (status == FZ_OK)
        status = read_bounds(call, &record);
    if (status != FZ_OK)
        return status;
    found = fz_list_guard(&key, record.action == FZ_ANSWER_BLOCK);
    if (found != FZ_FOUND_FINE &&
        (!json_is_true(json_object_get(call->args, "force")) ||
         record.action == FZ_ANSWER_ALLOW))
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, NULL,
                       "the key `%.200s' %s%s", record.key,
                       fz_finding_sentence(found),
                       record.action == FZ_ANSWER_BLOCK
                           ? ": \"force\" takes it all the same"
                           : "");
    fz_list_key_write(&key, text, sizeof text);
    record.key = text;
    status = fz_entries_write(plugin->entries, &record, &call->sink);
    if (status != FZ_OK)
        return status;
    made = seek(plugin, text, record.action);
    audit(plugin, call, made.waiting ? "list-propose" : "list-add", now_ms, by,
          NULL);
    call->result = entry_json(text, made.waiting ? "waiting" : "in-force");
    return FZ_OK;
}

/* --- confirm
 * --------------------------------------------------------------------- */
FzStatus fz_verb_list_confirm(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    int64_t now_ms = fz_clock_wall_ms();
    char by[BY_OCTETS], text[FZ_LIMIT_KEY_OCTETS + 16];
    FzOverlayRecord record;
    FzListKey key;
    FzStatus status;
    Seek waits;

    person_of(&call->peer, by);
    status = read_record(call, FZ_OVERLAY_CONFIRM, now_ms, by, &key, &record);
    if (status != FZ_OK)
        return status;
    record.action = FZ_ANSWER_ALLOW; /* nothing else waits */
    fz_list_key_write(&key, text, sizeof text);
    record.key = text;
    waits = seek(plugin, text, FZ_ANSWER_ALLOW);
    if (!waits.found || !waits.waiting)
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, NULL,
                       "no allow for `%.200s' waits for a second person", text);
    if (strcmp(waits.by, by) == 0)
        return fz_diag(
            &call->sink, FZ_E_RULE, NULL, 0, NULL,
            "`%.200s' was proposed by %s: another person confirms it", text,
            by);
    status = fz_entries_write(plugin->entries, &record, &call->sink);
    if (status != FZ_OK)
        return status;
    audit(plugin, call, "list-confirm", now_ms, by, waits.by);
    call->result = entry_json(text, "in-force");
    json_object_set_new(call->result, "proposed_by",
                        fz_record_text(fz_slice_of(waits.by)));
    return FZ_OK;
}

/* --- asking
 * ---------------------------------------------------------------------- */
static void answer_now(FzPlugin *plugin, const FzKey *key, FzAnswer *answer,
                       json_t **json_out)
{
    FzEntrySnapshot *entries = fz_entries_take(plugin->entries);
    FzBundle *bundle = fz_live_take(plugin);

    fz_lists_find(bundle->lists, entries->overlay, key, 1, fz_clock_wall_ms(),
                  answer);
    *json_out = fz_links_answer_json(answer);
    fz_live_give(plugin, bundle);
    fz_entries_give(plugin->entries, entries);
}

FzStatus fz_verb_list_query(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    const json_t *keys = json_object_get(call->args, "keys");
    json_t *answers = json_array(), *key;
    FzQuestion *question = fz_malloc(sizeof *question);
    size_t i;

    json_array_foreach((json_t *)(uintptr_t)keys, i, key)
    {
        FzAnswer answer;
        json_t *it = NULL;

        if (!json_is_string(key)) {
            json_array_append_new(answers,
                                  json_pack("{s:s}", "error", "no string"));
            continue;
        }
        fz_question_read(
            fz_slice(json_string_value(key), json_string_length(key)),
            question);
        if (question->fault[0] != '\0') {
            it = json_pack("{s:s}", "error", question->fault);
        } else {
            answer_now(plugin, &question->key, &answer, &it);
        }
        json_array_append_new(answers, it);
    }
    fz_free(question);
    call->result = json_pack("{s:o}", "answers", answers);
    return FZ_OK;
}

static void add_live(void *ctx, const FzOverlayRecord *record, bool waiting)
{
    char at[FZ_CLOCK_TEXT];
    json_t *it = entry_json(record->key, waiting ? "waiting" : "in-force");

    json_object_set_new(it, "action",
                        json_string(fz_answer_name(record->action)));
    if (record->category != NULL)
        json_object_set_new(it, "category", json_string(record->category));
    fz_clock_format(record->at_ms, at);
    json_object_set_new(it, "since", json_string(at));
    if (record->expires_ms != 0) {
        fz_clock_format(record->expires_ms, at);
        json_object_set_new(it, "expires", json_string(at));
    }
    if (record->score != FZ_LIST_SCORE_UNSET)
        json_object_set_new(it, "score", fz_record_points(record->score));
    if (record->by != NULL)
        json_object_set_new(it, "by", fz_record_text(fz_slice_of(record->by)));
    if (record->reference != NULL)
        json_object_set_new(it, "reference",
                            fz_record_text(fz_slice_of(record->reference)));
    if (record->note != NULL)
        json_object_set_new(it, "note",
                            fz_record_text(fz_slice_of(record->note)));
    json_array_append_new(ctx, it);
}

FzStatus fz_verb_list_live(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    FzEntrySnapshot *entries = fz_entries_take(plugin->entries);
    json_t *list = json_array();

    if (entries->overlay != NULL)
        fz_overlay_each(entries->overlay, add_live, list);
    fz_entries_give(plugin->entries, entries);
    call->result = json_pack("{s:o}", "entries", list);
    return FZ_OK;
}

/* --- remove
 * ---------------------------------------------------------------------- */
static FzStatus read_question(const FzListKey *key, const char *text,
                              FzQuestion *question)
{
    if (key->level == FZ_LEVEL_IP && key->octets == 0)
        return FZ_E_RULE; /* a range answers for no single key */
    fz_question_read_key(fz_slice_of(text), question);
    return question->fault[0] == '\0' ? FZ_OK : FZ_E_RULE;
}

FzStatus fz_verb_list_remove(void *ctx, FzControlCall *call)
{
    FzPlugin *plugin = ctx;
    int64_t now_ms = fz_clock_wall_ms();
    char by[BY_OCTETS], text[FZ_LIMIT_KEY_OCTETS + 16];
    FzQuestion *question;
    FzOverlayRecord record;
    FzListKey key;
    FzStatus status;
    FzAnswer answer;

    person_of(&call->peer, by);
    status = read_record(call, FZ_OVERLAY_REMOVE, now_ms, by, &key, &record);
    if (status != FZ_OK)
        return status;
    fz_list_key_write(&key, text, sizeof text);
    record.key = text;
    if (!seek(plugin, text, record.action).found)
        return fz_diag(&call->sink, FZ_E_RULE, NULL, 0, NULL,
                       "there is no live entry `%.200s': what a list holds is "
                       "taken out of its source, or allowed live",
                       text);
    status = fz_entries_write(plugin->entries, &record, &call->sink);
    if (status != FZ_OK)
        return status;
    audit(plugin, call, "list-remove", now_ms, by, NULL);
    call->result = entry_json(text, "removed");
    /* whoever thinks it is gone should hear of who still lists it */
    question = fz_malloc(sizeof *question);
    if (read_question(&key, text, question) == FZ_OK) {
        json_t *it = NULL;

        answer_now(plugin, &question->key, &answer, &it);
        json_object_set_new(call->result, "answer", it);
    }
    fz_free(question);
    return FZ_OK;
}

/* --- folding
 * --------------------------------------------------------------------- */
typedef struct Lists {
    const FzListSet *now, *before;
    int64_t now_ms;
} Lists;

static bool set_says(const FzListSet *set, const FzListKey *key,
                     const FzOverlayRecord *record, int64_t now_ms)
{
    for (size_t i = 0; i < fz_list_set_count(set); i++) {
        const FzList *list = fz_list_set_list(set, i);
        FzListInfo info;
        FzAnswer answer;

        fz_list_info(list, &info);
        if (fz_list_set_owner(set, i) != FZ_OWNER_OPERATOR ||
            info.built_ms < record->at_ms)
            continue;
        fz_list_get(list, fz_slice(key->text, key->octets), now_ms, &answer);
        if (answer.kind == record->action && answer.level == key->level &&
            answer.score == record->score && !answer.stale)
            return true;
    }
    return false;
}

/* An operator's list says the very same: this key at this level. What expires
 * stays: a list knows the day alone. */
static bool is_listed(const void *ctx, const FzOverlayRecord *record)
{
    const Lists *lists = ctx;
    FzListKey key;

    if (record->expires_ms != 0 ||
        fz_list_key_parse(fz_slice_of(record->key), fz_any_tld, &key) !=
            FZ_FOUND_FINE ||
        key.octets == 0)
        return false;
    return set_says(lists->now, &key, record, lists->now_ms) &&
           set_says(lists->before, &key, record, lists->now_ms);
}

void fz_lists_fold(FzPlugin *plugin, const FzBundle *before,
                   const FzDiagSink *sink)
{
    FzBundle *bundle = fz_live_take(plugin);
    Lists lists = {bundle->lists, before->lists, fz_clock_wall_ms()};
    size_t folded = 0;

    if (bundle->lists != NULL && before->lists != NULL &&
        strcmp(bundle->digest, before->digest) != 0) {
        if (fz_entries_fold(plugin->entries, is_listed, &lists, lists.now_ms,
                            sink, &folded) != FZ_OK)
            fz_diag_warn(sink, FZ_E_IO, fz_entries_path(plugin->entries), 0,
                         NULL,
                         "live entries that a list has by now stay live, too");
        else if (folded > 0)
            fz_diag_warn(&fz_plugin_log, FZ_OK, NULL, 0, NULL,
                         "%zu live entries are in a list by now and left the "
                         "log",
                         folded);
    }
    fz_live_give(plugin, bundle);
}
