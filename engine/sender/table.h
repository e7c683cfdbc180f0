/* SPDX-License-Identifier: BSD-2-Clause
 *
 * table.h - the inside of FzSenders, for the files that build and ask it
 */
#ifndef FZ_ENGINE_SENDER_TABLE_H
#define FZ_ENGINE_SENDER_TABLE_H

#include "base/arena.h"
#include "engine/sender/names.h"
#include "engine/sender/sender.h"

/** A name that is worth stealing: a row of a brands file, or what stands in
 *  the registry and in no brands file. */
typedef struct FzBrand {
    const char *id;
    FzBrandClass class_;
    bool silent;   /* it never sends links or contacts */
    bool implicit; /* known by the registry alone */
    const char *file;
    uint32_t line;
    uint32_t owner, owners; /* rows of the registry that may speak for it:
                               first of `owners' in FzSenders.owner */
} FzBrand;

/** One row of the registry. */
typedef struct FzSenderRow {
    uint32_t identity;
    int64_t until_ms; /* 0: for good */
    const char *file;
    uint32_t line;
} FzSenderRow;

typedef struct FzIdentity {
    const char *name;
    FzSenderClass class_;
    uint32_t row, rows; /* first of `rows' in FzSenders.row_of */
    uint32_t brand;     /* its own implicit one; FZ_NO_NAME */
} FzIdentity;

/* What a value of the names below is: a row, or (flag set) a brand. */
struct FzSenders {
    FzArena arena;
    FzRuleState state;
    char country[8];
    FzBrand *brand;
    uint32_t brands;
    FzSenderRow *row;
    uint32_t rows;
    FzIdentity *identity;
    uint32_t identities;
    uint32_t *owner;  /* rows */
    uint32_t *row_of; /* rows by identity */

    FzNames identity_name; /* value: identity */
    FzNames sender;        /* canonical, whole */
    FzNames sender_front;  /* canonical, those written with * */
    FzNames sender_shape;  /* of names, as the eye takes them */
    FzNames signature;     /* folded */
    FzNames host;          /* canonical */
    FzNames word;          /* folded; value: brand */
    FzNames label;         /* what brands' hosts are called; value: brand */
    FzNames receiver;      /* canonical; value: class of receivers */
    const char *receiver_class[FZ_LIMIT_RECEIVER_CLASSES];
    uint32_t receiver_classes;
};

/* Octets of a sender or receiver that is looked up; longer ones are nobody's.
 */
#define FZ_SENDER_OCTETS 40

/** What kind of address a sender is. */
typedef enum FzSenderShape {
    FZ_SHAPE_NONE = 0,  /* absent, or longer than any */
    FZ_SHAPE_NAME = 1,  /* has a letter */
    FZ_SHAPE_SHORT = 2, /* a service number */
    FZ_SHAPE_MOBILE = 3,
    FZ_SHAPE_FOREIGN = 4, /* an international number of another country */
    FZ_SHAPE_OTHER = 5,
} FzSenderShape;

/** Never copied: it may point into itself. */
typedef struct FzSenderAddress {
    FzSenderShape shape;
    const uint8_t *text; /* small letters; digits without country; in `room',
                            or in the sender that it was made from */
    uint32_t octets;
    uint8_t room[FZ_SENDER_OCTETS];
} FzSenderAddress;

/** The one way to write a sender. */
void fz_sender_canonical(FzSlice sender, const char *country,
                         FzSenderAddress *out);

/** A name as the eye takes it: 0 for o, 1 for l, rn for m; room for as many
 *  octets. How many. */
uint32_t fz_sender_shape(FzSlice canonical, uint8_t *room);

static inline bool fz_row_is_in_force(const FzSenderRow *row, int64_t now_ms)
{
    return row->until_ms == 0 || now_ms < row->until_ms;
}

/** Once all rows are read: whose they are, and what is one. link.c */
void fz_senders_link(FzSenders *senders);

/* --- host.c ----------------------------------------------------------------
 */
typedef enum FzHostFinding {
    FZ_HOST_UNKNOWN = 0,
    FZ_HOST_GENUINE = 1,   /* a brand's own, or an identity's */
    FZ_HOST_TOKEN = 2,     /* a brand's label stands within a label */
    FZ_HOST_SUFFIX = 3,    /* a brand's label with another suffix */
    FZ_HOST_AFFIX = 4,     /* a brand's label with a word that baits, or a
                              number, and nothing else */
    FZ_HOST_LOOKALIKE = 5, /* one edit from a brand's label */
    FZ_HOST_SHAPE = 6,     /* a brand's label to the eye: 0 for o */
    FZ_HOST_INSIDE = 7,    /* a brand's host in front of another's */
} FzHostFinding;

typedef struct FzHostAnswer {
    FzHostFinding finding;
    uint32_t brand;  /* whose; FZ_NO_NAME */
    uint32_t octets; /* of the brand's label that says so */
    uint32_t item;   /* GENUINE: in `host', and all of the same text */
} FzHostAnswer;

/** What a link's host is to the brands that are known; the strongest. */
void fz_sender_host(const FzSenders *senders, const FzUrlTables *tables,
                    FzSlice host, FzHostAnswer *answer_out);

/** The label a registrable domain is known by, as the eye takes it; 0 when it
 *  has none of use. Room for FZ_SENDER_OCTETS. */
FzSlice fz_sender_label(const FzUrlTables *tables, FzSlice host);

#endif
