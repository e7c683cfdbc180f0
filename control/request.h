/* SPDX-License-Identifier: BSD-2-Clause
 *
 * request.h - the lines of the control socket, in and out
 *
 * Pure: octets to a request, an outcome to octets. Whatever octets come in,
 * one answer goes out.
 */
#ifndef FZ_CONTROL_REQUEST_H
#define FZ_CONTROL_REQUEST_H

#include "base/buf.h"
#include "control/control.h"

typedef struct FzControlRequest {
    const char *verb;   /* into root */
    const json_t *args; /* into root, or `none`; an object */
    json_t *root;       /* owned */
    json_t *none;       /* owned */
} FzControlRequest;

/**
 * Parse one line, without its newline.
 *
 * @return FZ_E_SYNTAX, said to the sink: no JSON object, no verb, args that
 *         are no object, or a key that is not known
 */
FzStatus fz_control_request_parse(FzSlice line, const FzDiagSink *sink,
                                  FzControlRequest *request_out) FZ_MUST_CHECK;
void fz_control_request_clear(FzControlRequest *request);

/** NULL, said to the sink with the nearest name, when there is none. */
const FzControlVerb *fz_control_verb_find(const FzControlVerb *verbs,
                                          size_t count, const char *name,
                                          const FzDiagSink *sink);

/** FZ_E_SYNTAX, said to the sink, when there are args that the verb does not
 *  take, or of another kind: a misspelt one must not change what is done. */
FzStatus fz_control_verb_check_args(const FzControlVerb *verb,
                                    const json_t *args,
                                    const FzDiagSink *sink) FZ_MUST_CHECK;

/** Collects diags as JSON; the first error becomes the answer's "error". */
typedef struct FzControlDiags {
    json_t *list; /* owned */
    FzBuf error;  /* "" while there was none */
} FzControlDiags;

void fz_control_diags_init(FzControlDiags *diags);
void fz_control_diags_clear(FzControlDiags *diags);
FzDiagSink fz_control_diags_sink(FzControlDiags *diags);

/** Append the last line of an exchange; `result` is borrowed, NULL is {}. An
 *  answer beyond FZ_LIMIT_CONTROL_ANSWER_OCTETS becomes a failure. */
void fz_control_write_answer(FzBuf *out, FzStatus status,
                             const FzControlDiags *diags, const json_t *result);

void fz_control_write_progress(FzBuf *out, uint64_t done, uint64_t total,
                               const char *what);

/** Append a JSON value and a newline. */
void fz_control_write_line(FzBuf *out, const json_t *value);

#endif
