/* SPDX-License-Identifier: BSD-2-Clause
 *
 * each.h - verbs that answer about one thing, or about each line of a pipe
 *
 * `fanzhactl VERB THING' prints for people; with --format jsonl objects come
 * on standard input, one a line, and each gets its answer.
 */
#ifndef FZ_TOOLS_EACH_H
#define FZ_TOOLS_EACH_H

#include "base/slice.h"

/** What a verb of the kind is about. */
typedef struct FzEach {
    const char *key;  /* of the objects: "text" */
    const char *noun; /* in what is said: "text", "URL" */
    const char *args_doc;
    const char *doc;
} FzEach;

/** Read the command line. NULL: lines come on standard input. Wrong usage ends
 *  the program, as argp does. */
const char *fz_each_parse(const FzEach *each, int argc, char **argv);

/**
 * Answer every line of standard input; a line without the key is answered
 * with its fault.
 *
 * @param answer  prints one object about what stands behind the key
 * @return the exit status
 */
int fz_each_line(const FzEach *each, void (*answer)(void *ctx, FzSlice thing),
                 void *ctx);

#endif
