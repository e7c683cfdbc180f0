/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sender.h - who speaks: what is known about senders, and what a message
 * claims
 *
 * Two tables that people keep (docs/senders.md): brands, whose names are worth
 * stealing, and the registry of who may sign and send as whom. Loaded once
 * into one immutable table of a generation; a message is held against it and
 * what is found are signals, some of them contradictions that no score has to
 * weigh.
 *
 * Threads: a table may be used from any thread. Looking takes no lock,
 * allocates nothing, does no I/O.
 */
#ifndef FZ_ENGINE_SENDER_SENDER_H
#define FZ_ENGINE_SENDER_SENDER_H

#include "engine/message/message.h"
#include "engine/signal/signal.h"
#include "engine/url/url.h"

/* --- classes -------------------------------------------------------------- */
/** What kind of sender an identity is; by registry, never by text. */
typedef enum FzSenderClass {
    FZ_SENDER_UNKNOWN = 0,
    FZ_SENDER_P2P = 1, /* a person's phone */
    FZ_SENDER_A2P = 2, /* a company's application */
    FZ_SENDER_CODE = 3,
    FZ_SENDER_BANK = 4,
    FZ_SENDER_AUTHORITY = 5,
    FZ_SENDER_IOT = 6,
    FZ_SENDER_RESELLER = 7, /* sends for others */
    FZ_SENDER_PROBATION = 8,
} FzSenderClass;
#define FZ_SENDER_CLASSES 9

const char *fz_sender_class_name(FzSenderClass which); /* "bank" */

/** Any case; FZ_E_RULE for a name that is none. */
FzStatus fz_sender_class_parse(const char *name,
                               FzSenderClass *class_out) FZ_MUST_CHECK;

/** What kind of brand: what `<brand:bank>' asks for. In the order of
 *  brand_classes.def. */
typedef enum FzBrandClass {
#define FZ_BRAND_CLASS(identifier, name) FZ_BRAND_##identifier,
#include "engine/sender/brand_classes.def"
#undef FZ_BRAND_CLASS
    FZ_BRAND_CLASSES
} FzBrandClass;

const char *fz_brand_class_name(FzBrandClass which); /* "bank" */

/* --- the table ------------------------------------------------------------ */
typedef struct FzSenders FzSenders;
typedef struct FzSendersBuilder FzSendersBuilder;

/** How a table looks; the builder's own copy. */
typedef struct FzSendersConfig {
    FzRuleState state; /* SHADOW: what is found is recorded, never acts */
    /* host names are cut as the links of messages are */
    const FzUrlTables *urls; /* borrowed for the build; NULL: last two labels */
    const char *country;     /* of numbers without code, digits; NULL: "86" */
} FzSendersConfig;

/** @param sink  where problems go, with file and line; kept until the build */
FzSendersBuilder *fz_senders_builder_create(const FzSendersConfig *config,
                                            const FzDiagSink *sink);
void fz_senders_builder_destroy(FzSendersBuilder *builder); /* NULL allowed */

/**
 * Add a brands file (TSV: brand, class, words, hosts, signatures, senders).
 * Every problem goes to the sink; the first says how it ends.
 *
 * @param path  for messages
 * @return FZ_E_SYNTAX, FZ_E_RULE, FZ_E_LIMIT: the table cannot be built
 */
FzStatus fz_senders_add_brands(FzSendersBuilder *builder, FzSlice content,
                               const char *path) FZ_MUST_CHECK;

/** Add a registry (CSV: identity, class, signatures, senders, hosts,
 *  valid-until, note). Likewise. */
FzStatus fz_senders_add_registry(FzSendersBuilder *builder, FzSlice content,
                                 const char *path) FZ_MUST_CHECK;

/** Add receivers, a number a line, that are of one class of receivers. */
FzStatus fz_senders_add_receivers(FzSendersBuilder *builder, FzSlice content,
                                  const char *path,
                                  const char *name) FZ_MUST_CHECK;

/** Make the table of what was added; the builder is empty afterwards. */
FzSenders *fz_senders_build(FzSendersBuilder *builder);
void fz_senders_destroy(FzSenders *senders); /* NULL is allowed */

/** Tell, as warnings, what loads and still looks wrong: names too short to
 *  mean somebody, hosts that two brands call their own, rows that have run
 *  out. How many there were. */
uint32_t fz_senders_lint(const FzSenders *senders, int64_t now_ms,
                         const FzDiagSink *sink);

typedef struct FzSendersCounts {
    uint32_t brands, identities, rows, receivers;
} FzSendersCounts;
void fz_senders_counts(const FzSenders *senders, FzSendersCounts *counts_out);

/**
 * The ways in which somebody else may have written a phone's number: with
 * country code and plus, with the code alone, without. None for names and
 * service numbers.
 *
 * @param country  code of numbers without one, digits
 * @param forms    NUL-terminated
 * @return how many
 */
#define FZ_SENDER_FORMS 3
#define FZ_SENDER_FORM_OCTETS 48
uint32_t fz_sender_forms(FzSlice sender, const char *country,
                         char forms[FZ_SENDER_FORMS][FZ_SENDER_FORM_OCTETS]);

/* --- one message ---------------------------------------------------------- */
/** What a sample says of itself, whatever is known here. */
typedef struct FzSenderStated {
    bool has_class, has_owner;
    FzSenderClass class_;
    bool owns_brand;
} FzSenderStated;

/* Receiver classes of one table; 0 is "none". */
#define FZ_LIMIT_RECEIVER_CLASSES 15

/** Who it is; for conditions, profiles and ceilings. */
typedef struct FzSenderFacts {
    FzSenderClass class_;
    bool registered;   /* the identity has a row in force */
    bool own_sender;   /* and the sender is one of its own */
    bool owns_brand;   /* the text names a brand that it speaks for */
    bool code;         /* a one-time code and nothing to follow, from a
                          registered sender */
    uint16_t receiver; /* classes of the receiver: 1 << index */
    const char *const *receiver_class; /* their names, by index; borrowed */
} FzSenderFacts;

#define FZ_LIMIT_BRAND_HITS 16
typedef struct FzBrandHit {
    FzBrandClass class_;
    FzSpan span;
    const char *brand; /* borrowed from the table */
    bool owned;        /* by the sender */
} FzBrandHit;

/** What was found of one message; caller's storage. */
typedef struct FzSenderLook {
    FzSenderFacts facts;
    FzBrandHit brand[FZ_LIMIT_BRAND_HITS]; /* ascending; more are dropped */
    uint16_t brand_count;
} FzSenderLook;

/**
 * Hold a message against the table: facts into `look', signals behind those
 * that are there.
 *
 * @param senders  NULL: nothing is known; what is stated counts all the same
 * @param stated   NULL: nothing is
 * @param views    with the folded view of `text', and what is worth looking at
 *                 besides; completed where a place is told
 * @param urls     its links and contacts
 */
void fz_senders_look(const FzSenders *senders, const FzSenderStated *stated,
                     const FzMessage *message, const FzText *text,
                     FzViews *views, const FzUrlTables *tables,
                     const FzUrls *urls, FzSenderLook *look,
                     FzSignals *signals);

/** Whether what is found acts; ACTIVE without a table. */
FzRuleState fz_senders_state(const FzSenders *senders);

/** The number of a class of receivers, for FzSenderFacts.receiver; -1 when
 *  this table has none of that name. */
int fz_senders_receiver_class(const FzSenders *senders, const char *name);

#endif
