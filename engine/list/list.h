/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list.h - what a reputation list answers
 *
 * A list file is compiled, mapped and immutable; live entries are in an
 * overlay snapshot. One look-up asks both; its answer is typed, so that "not
 * listed", "could not ask" and "too late" are never confused.
 */
#ifndef FZ_ENGINE_LIST_LIST_H
#define FZ_ENGINE_LIST_LIST_H

#include "engine/url/key.h"

typedef enum FzAnswerKind {
    FZ_ANSWER_NONE = 0,
    FZ_ANSWER_ALLOW = 1,
    FZ_ANSWER_BLOCK = 2,
    FZ_ANSWER_ERROR = 3, /* the source said something that is no listing */
    FZ_ANSWER_LATE = 4,  /* no answer within the budget */
} FzAnswerKind;

/* Most specific first. */
typedef enum FzListLevel {
    FZ_LEVEL_URL = 0,
    FZ_LEVEL_PREFIX = 1,
    FZ_LEVEL_HOST = 2,
    FZ_LEVEL_DOMAIN = 3, /* the host and all below it */
    FZ_LEVEL_IP = 4,
    FZ_LEVEL_CONTACT = 5,
    FZ_LEVEL_SENDER = 6,
} FzListLevel;

typedef struct FzAnswer {
    FzAnswerKind kind;
    FzListLevel level;
    const char *category; /* borrowed from the list, as are all below */
    const char *list;
    const char *entry;
    int32_t age_s; /* of the entry; -1 unknown */
} FzAnswer;

typedef struct FzList FzList;       /* one mapped file */
typedef struct FzListSet FzListSet; /* those of a generation, in order */
typedef struct FzOverlay FzOverlay; /* immutable snapshot of live entries */

#endif
