/* SPDX-License-Identifier: BSD-2-Clause
 *
 * corpus.h - a file of messages to try rules on
 *
 * One message a line: an object as `fanzhactl scan --format jsonl` reads it, or
 * a text as it is. Both may stand in one file.
 */
#ifndef FZ_TOOLS_CORPUS_H
#define FZ_TOOLS_CORPUS_H

#include "base/status.h"
#include "tools/lines.h"
#include "tools/message_in.h"

typedef struct FzCorpus {
    const char *path; /* borrowed */
    FzLines lines;
    FzMessageIn in; /* `in.message` is the one handed out last */
    json_t *object; /* what its slices are about */
    FzSlice text;   /* as it stands in the file; of an object its `text`, absent
                       when it has octets instead */
    int64_t now_ms; /* for messages that name no time */
    uint64_t octets, total; /* read so far, of the file; total 0: a pipe */
    unsigned bad;           /* lines that are no message */
} FzCorpus;

/** @param path  "-" is standard input */
FzStatus fz_corpus_open(FzCorpus *corpus, const char *path,
                        const FzDiagSink *sink) FZ_MUST_CHECK;
void fz_corpus_close(FzCorpus *corpus);

/** The next message; bad lines go to the sink as errors and are passed over.
 *  False at the end. */
bool fz_corpus_next(FzCorpus *corpus, const FzDiagSink *sink);

#endif
