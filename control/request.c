/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "control/request.h"

#include "base/limits.h"
#include "base/nearest.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* ----------------------------------------------------------------- parsing */
FzStatus fz_control_request_parse(FzSlice line, const FzDiagSink *sink,
                                  FzControlRequest *request_out)
{
    FzControlRequest request = {0};
    FzStatus status = FZ_OK;
    json_error_t error;
    const char *key;
    json_t *value;

    request.root = json_loadb((const char *)line.data, line.octets,
                              JSON_REJECT_DUPLICATES, &error);
    if (request.root == NULL)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "the request is no JSON object: %s", error.text);
    if (!json_is_object(request.root)) {
        status = fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                         "the request is JSON, but no object");
        goto out;
    }
    json_object_foreach(request.root, key, value)
    {
        if (strcmp(key, "verb") == 0 && json_is_string(value))
            request.verb = json_string_value(value);
        else if (strcmp(key, "args") == 0 && json_is_object(value))
            request.args = value;
        else {
            status = fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                             "`%.64s' is not part of a request, or of the "
                             "wrong type: \"verb\" is a string, \"args\" an "
                             "object",
                             key);
            goto out;
        }
    }
    if (request.verb == NULL) {
        status = fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                         "the request names no \"verb\"");
        goto out;
    }
    if (request.args == NULL) {
        request.none = json_object();
        request.args = request.none;
    }
    *request_out = request;
    return FZ_OK;
out:
    fz_control_request_clear(&request);
    return status;
}

void fz_control_request_clear(FzControlRequest *request)
{
    json_decref(request->root);
    json_decref(request->none);
    memset(request, 0, sizeof *request);
}

typedef struct Verbs {
    const FzControlVerb *verb;
    size_t count;
} Verbs;

static const char *verb_at(const void *ctx, size_t i)
{
    const Verbs *verbs = ctx;

    return i < verbs->count ? verbs->verb[i].name : NULL;
}

const FzControlVerb *fz_control_verb_find(const FzControlVerb *verbs,
                                          size_t count, const char *name,
                                          const FzDiagSink *sink)
{
    const Verbs all = {verbs, count};
    const char *nearest;

    for (size_t i = 0; i < count; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    nearest = fz_nearest_name(name, verb_at, &all);
    if (nearest != NULL)
        fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                "there is no verb `%.64s': did you mean `%s'?", name, nearest);
    else
        fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL, "there is no verb `%.64s'",
                name);
    return NULL;
}

/* What stands behind the name in the list of args: the kind of its value, or
 * the end of the word for a string. NULL: there is no such arg. */
static const char *find_arg(const FzControlVerb *verb, const char *name)
{
    size_t octets = strlen(name);

    for (const char *at = verb->args; *at != '\0'; at += *at == ' ') {
        size_t word = strcspn(at, " ?#*");

        if (word == octets && memcmp(at, name, octets) == 0)
            return at + word;
        at += strcspn(at, " ");
    }
    return NULL;
}

static bool is_kind(const json_t *value, char kind)
{
    switch (kind) {
    case '?':
        return json_is_boolean(value);
    case '#':
        return json_is_number(value);
    case '*':
        return json_is_array(value);
    default:
        return json_is_string(value);
    }
}

static const char *kind_name(char kind)
{
    switch (kind) {
    case '?':
        return "true or false";
    case '#':
        return "a number";
    case '*':
        return "a list";
    default:
        return "a string";
    }
}

static FzStatus refuse_unknown(const FzControlVerb *verb, const char *name,
                               const FzDiagSink *sink)
{
    char known[256];
    size_t octets = 0;

    for (const char *at = verb->args; *at != '\0'; at++)
        if (strchr("?#*", *at) == NULL && octets < sizeof known - 1)
            known[octets++] = *at;
    known[octets] = '\0';
    return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                   "`%.40s' is nothing that %s takes%s%s", name, verb->name,
                   octets == 0 ? "" : ": there are ", known);
}

/* A null says as much as leaving it out. */
FzStatus fz_control_verb_check_args(const FzControlVerb *verb,
                                    const json_t *args, const FzDiagSink *sink)
{
    const char *name, *kind;
    json_t *value;

    if (verb->args == NULL)
        return FZ_OK;
    json_object_foreach((json_t *)(uintptr_t)args, name, value)
    {
        kind = find_arg(verb, name);
        if (kind == NULL)
            return refuse_unknown(verb, name, sink);
        if (!json_is_null(value) && !is_kind(value, *kind))
            return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "\"%.40s\" of %s wants %s", name, verb->name,
                           kind_name(*kind));
    }
    return FZ_OK;
}

/* ------------------------------------------------------------------- diags */
/* JSON is UTF-8; a path in a diag may be anything. */
static json_t *string_of(const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = strlen(text);
    json_t *value = json_string(text);
    FzBuf clean = FZ_BUF_INIT;

    if (value != NULL)
        return value;
    while (left > 0) {
        uint32_t cp;
        size_t used = fz_utf8_decode(at, left, &cp);

        if (used == 0)
            fz_buf_append_octet(&clean, '?');
        else
            fz_buf_append(&clean, at, used);
        at += used == 0 ? 1 : used;
        left -= used == 0 ? 1 : used;
    }
    value = json_string(fz_buf_text(&clean));
    fz_buf_clear(&clean);
    return value;
}

static const char *severity_name(FzSeverity severity)
{
    switch (severity) {
    case FZ_SEVERITY_ERROR:
        return "error";
    case FZ_SEVERITY_WARNING:
        return "warning";
    case FZ_SEVERITY_NOTE:
        return "note";
    }
    return "note";
}

static void keep_diag(void *ctx, const FzDiag *diag)
{
    FzControlDiags *diags = ctx;
    json_t *object = json_object();

    json_object_set_new(object, "severity",
                        json_string(severity_name(diag->severity)));
    json_object_set_new(object, "code",
                        json_string(fz_status_name(diag->code)));
    if (diag->file != NULL)
        json_object_set_new(object, "file", string_of(diag->file));
    if (diag->line != 0)
        json_object_set_new(object, "line", json_integer(diag->line));
    if (diag->rule_id != NULL)
        json_object_set_new(object, "rule", string_of(diag->rule_id));
    if (diag->sys_errno != 0)
        json_object_set_new(object, "system",
                            string_of(strerror(diag->sys_errno)));
    json_object_set_new(object, "text", string_of(diag->text));
    json_array_append_new(diags->list, object);

    if (diag->severity != FZ_SEVERITY_ERROR || diags->error.octets != 0)
        return;
    if (diag->file != NULL)
        fz_buf_printf(&diags->error, "%s:", diag->file);
    if (diag->file != NULL && diag->line != 0)
        fz_buf_printf(&diags->error, "%u:", diag->line);
    if (diag->file != NULL)
        fz_buf_append_octet(&diags->error, ' ');
    if (diag->rule_id != NULL)
        fz_buf_printf(&diags->error, "rule `%s': ", diag->rule_id);
    fz_buf_append_text(&diags->error, diag->text);
    if (diag->sys_errno != 0)
        fz_buf_printf(&diags->error, ": %s", strerror(diag->sys_errno));
}

void fz_control_diags_init(FzControlDiags *diags)
{
    diags->list = json_array();
    fz_buf_init(&diags->error);
}

void fz_control_diags_clear(FzControlDiags *diags)
{
    json_decref(diags->list);
    diags->list = NULL;
    fz_buf_clear(&diags->error);
}

FzDiagSink fz_control_diags_sink(FzControlDiags *diags)
{
    return (FzDiagSink){keep_diag, diags};
}

/* ----------------------------------------------------------------- writing */
static int append(const char *octets, size_t count, void *ctx)
{
    FzBuf *out = ctx;

    fz_buf_append(out, octets, count);
    return 0;
}

void fz_control_write_line(FzBuf *out, const json_t *value)
{
    json_dump_callback(value, append, out, JSON_COMPACT);
    fz_buf_append_octet(out, '\n');
}

static void write_failure(FzBuf *out, const char *error, json_t *diags)
{
    json_t *answer = json_object();

    json_object_set_new(answer, "ok", json_false());
    json_object_set_new(answer, "error", string_of(error));
    if (diags != NULL)
        json_object_set(answer, "diags", diags);
    fz_control_write_line(out, answer);
    json_decref(answer);
}

void fz_control_write_answer(FzBuf *out, FzStatus status,
                             const FzControlDiags *diags, const json_t *result)
{
    size_t before = out->octets;
    json_t *answer;
    char error[64];

    if (status != FZ_OK) {
        snprintf(error, sizeof error, "it failed (%s), and nobody said why",
                 fz_status_name(status));
        write_failure(
            out, diags->error.octets == 0 ? error : fz_buf_text(&diags->error),
            diags->list);
        return;
    }
    answer = json_object();
    json_object_set_new(answer, "ok", json_true());
    if (result == NULL)
        json_object_set_new(answer, "result", json_object());
    else
        json_object_set(answer, "result", (json_t *)result);
    if (json_array_size(diags->list) != 0)
        json_object_set(answer, "diags", diags->list);
    fz_control_write_line(out, answer);
    json_decref(answer);
    if (out->octets - before > FZ_LIMIT_CONTROL_ANSWER_OCTETS) {
        out->octets = before;
        write_failure(out, "it was done, but the answer is too long to be told",
                      NULL);
    }
}

void fz_control_write_progress(FzBuf *out, uint64_t done, uint64_t total,
                               const char *what)
{
    json_t *line = json_object(), *progress = json_object();

    json_object_set_new(progress, "done", json_integer((json_int_t)done));
    json_object_set_new(progress, "total", json_integer((json_int_t)total));
    json_object_set_new(progress, "what", string_of(what == NULL ? "" : what));
    json_object_set_new(line, "progress", progress);
    fz_control_write_line(out, line);
    json_decref(line);
}
