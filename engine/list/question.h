/* SPDX-License-Identifier: BSD-2-Clause
 *
 * question.h - what a person or a program asks lists for
 *
 * A link with its scheme, or a key as a source writes it ("host:a.example",
 * "tel:+86...", "sender:10086"); what has no form is taken as in a feed.
 */
#ifndef FZ_ENGINE_LIST_QUESTION_H
#define FZ_ENGINE_LIST_QUESTION_H

#include "engine/list/keyform.h"
#include "engine/url/canonical.h"

typedef struct FzQuestion {
    FzKey key; /* into the rest */
    uint8_t room[FZ_CANONICAL_ROOM];
    FzListKey form;
    char fault[160]; /* a clause: why it cannot be asked; empty: it can */
} FzQuestion;

/** Either of them, by its look. */
void fz_question_read(FzSlice text, FzQuestion *question);
void fz_question_read_url(FzSlice url, FzQuestion *question);
void fz_question_read_key(FzSlice key, FzQuestion *question);

#endif
