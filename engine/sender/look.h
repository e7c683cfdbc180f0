/* SPDX-License-Identifier: BSD-2-Clause
 *
 * look.h - one message while it is looked at (inside engine/sender)
 */
#ifndef FZ_ENGINE_SENDER_LOOK_H
#define FZ_ENGINE_SENDER_LOOK_H

#include "engine/sender/claims.h"
#include "engine/sender/table.h"

typedef enum FzManner {
    FZ_MANNER_NONE = 0,
    FZ_MANNER_NAMED = 1, /* somewhere in the text */
    FZ_MANNER_POSED = 2, /* as who speaks: first, or last, in the text */
    FZ_MANNER_SIGNED = 3,
} FzManner;

typedef struct FzLook {
    const FzSenders *senders;
    const FzMessage *message;
    const FzText *text;
    FzViews *views;
    const FzView *view; /* the one that is looked through */
    const FzUrlTables *tables;
    const FzUrls *urls;
    FzSenderLook *look;
    FzSignals *signals;
    FzSenderAddress address;
    uint32_t identity; /* FZ_NO_NAME */
    bool trusted;      /* a registered application, by its own sender */
    uint32_t last;     /* the brand that was found before */
    bool last_owned;   /* likewise: is it its own? */
    uint32_t brand;    /* the strongest claim of one that is not its own */
    FzManner manner;   /* and how it is claimed */
    FzSpan place;      /* where */
    bool disguised;    /* looking through the skeleton now */
    bool silent;       /* a brand that never sends links is claimed */
    FzPlace sign[FZ_SIGNATURES_MAX];
    uint32_t signs;
    bool foreign_link, foreign_contact; /* leads to who is not the sender */
    FzSpan link, contact;
} FzLook;

typedef struct FzNameOwner {
    bool own, others;
    bool registered; /* of the others */
    bool silent;     /* it never sends links */
    uint32_t brand;  /* of the others */
} FzNameOwner;

/** Has the identity a row in force that speaks for a brand? */
bool fz_look_owns(const FzLook *it, uint32_t brand);

/** Its own, once: a row that has run out takes rights, and gives no guilt. */
bool fz_look_owned(const FzLook *it, uint32_t brand);

/** Whose a name is, and all of the same text from `item' on: its own, or
 *  somebody else's. Adds to `owner'. */
void fz_look_ask_owner(const FzLook *it, const FzNames *names, uint32_t item,
                       FzNameOwner *owner);

/** Is a name of a table its own? */
bool fz_look_is_own(const FzLook *it, const FzName *name);

#endif
