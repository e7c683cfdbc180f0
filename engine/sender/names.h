/* SPDX-License-Identifier: BSD-2-Clause
 *
 * names.h - many names, found by themselves, within a text, or nearly
 *
 * Filled in while loading, then sealed and immutable; whole names are found at
 * any time, within texts and nearly once sealed. A name may be there several
 * times, with other values.
 */
#ifndef FZ_ENGINE_SENDER_NAMES_H
#define FZ_ENGINE_SENDER_NAMES_H

#include "base/slice.h"

#define FZ_NO_NAME UINT32_MAX

typedef struct FzName {
    FzSlice text; /* borrowed: it lives as long as the names */
    uint32_t value;
    uint32_t same;   /* the next of this text; FZ_NO_NAME */
    uint32_t begins; /* the next that begins alike; FZ_NO_NAME */
    bool flag;       /* the owner's */
} FzName;

/* Octets by which names are found in a text: two Han characters, or for short
 * Latin words three letters. */
#define FZ_NAME_HEAD 6
#define FZ_NAME_HEAD_SHORT 3
#define FZ_NAME_BUCKETS (1u << 13)
#define FZ_NAME_FIRSTS (1u << 16)

typedef struct FzNames {
    FzName *item;
    uint32_t count, room;
    uint32_t *slot; /* item + 1 by hash; 0 empty; a power of two many */
    uint32_t slots;
    uint64_t lengths;  /* of the texts: 1 << octets, 63 and more together */
    uint32_t *head[2]; /* by hash of the head: item + 1; NULL: not asked for */
    uint64_t *first;   /* which three octets names begin with: most places of
                          a text are passed over by this alone */
    /* words with one character left out: who is one edit away */
    struct FzNames *cut; /* value: item */
} FzNames;

typedef enum FzNamesUse {
    FZ_NAMES_IN_TEXT = 1 << 0, /* fz_names_scan */
    FZ_NAMES_NEAR = 1 << 1,    /* fz_names_near */
} FzNamesUse;

/* Names that are compared for nearness: shorter ones are near to too many. */
#define FZ_NEAR_MIN 5
#define FZ_NEAR_MAX 32

void fz_names_init(FzNames *names);
void fz_names_clear(FzNames *names);
void fz_names_add(FzNames *names, FzSlice text, uint32_t value, bool flag);
void fz_names_seal(FzNames *names, unsigned use);

/** The first of a text; FZ_NO_NAME. */
uint32_t fz_names_find(const FzNames *names, FzSlice text);

/** One that is an edit away (a character more, less, other, or two exchanged)
 *  and accepted; FZ_NO_NAME. */
uint32_t fz_names_near(const FzNames *names, FzSlice text,
                       bool (*accept)(const void *ctx, uint32_t item),
                       const void *ctx);

typedef enum FzNamesPlace {
    FZ_NAMES_ANYWHERE = 0,
    FZ_NAMES_AS_WORDS = 1, /* those that begin with a letter or digit (ASCII,
                              small) only where no such stands before */
} FzNamesPlace;

/** Call `found' for each place where a name stands, by ascending places; it
 *  says whether to go on. Names and text are UTF-8. */
void fz_names_scan(const FzNames *names, FzNamesPlace place,
                   const uint8_t *octets, uint32_t length,
                   bool (*found)(void *ctx, uint32_t item, uint32_t from,
                                 uint32_t to),
                   void *ctx);

#endif
