/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list.h - what a reputation list answers
 *
 * A list file (docs/lists.md) is compiled, mapped and immutable; live entries
 * are in an overlay snapshot (overlay.h). One look-up asks all of them; its
 * answer is typed, so that "not listed", "could not ask" and "too late" are
 * never confused, and it names the list and the entry that gave it.
 *
 * Threads: everything here may be called from any thread; looking up takes no
 * lock, allocates nothing and does no I/O beyond the mapping.
 */
#ifndef FZ_ENGINE_LIST_LIST_H
#define FZ_ENGINE_LIST_LIST_H

#include "engine/signal/signal.h"
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
#define FZ_LIST_LEVELS 7

/* Whose word it is: an operator's entry stands above any feed's. */
typedef enum FzListOwner {
    FZ_OWNER_OPERATOR = 0, /* the overlay, and lists marked so */
    FZ_OWNER_FEED = 1,
} FzListOwner;

#define FZ_LIST_SCORE_UNSET (-1) /* the entry states no points of its own */
#define FZ_LIST_USE_DNS (-2)     /* FzAnswer.use: a DNS list answered */

typedef struct FzAnswer {
    FzAnswerKind kind;
    FzListLevel level;
    FzListOwner owner;
    bool stale;           /* the source is past its age: score is 0 */
    uint8_t bits;         /* of an address range; 0 elsewhere */
    FzPoints score;       /* FZ_LIST_SCORE_UNSET: as the category is worth */
    const char *category; /* borrowed from the list, as are list and note */
    const char *list;     /* the source's name; "overlay" for a live entry */
    const char *note;     /* reference and note of the entry; NULL for none */
    FzSlice entry;        /* what is listed, as it stood in the key that was
                             asked (borrowed from that key); see
                             fz_answer_entry */
    int32_t age_s;        /* since the entry was first seen; -1 unknown */
    int16_t use;          /* which list of the set; -1 for a live entry;
                             FZ_LIST_USE_DNS */
} FzAnswer;

/** The entry as a source file writes it: "host:a.example", ".a.example",
 *  "ip:192.0.2.0/24"; cut to `room` octets with its NUL. */
void fz_answer_entry(const FzAnswer *answer, char *out, size_t room);

/** A number for the entry: the same for every answer that it gives, whatever
 *  list or build it comes from. For counting (brakes), not for proof. */
uint64_t fz_answer_entry_id(const FzAnswer *answer);

const char *fz_answer_name(FzAnswerKind kind);     /* "block" */
const char *fz_list_level_name(FzListLevel level); /* "host" */

/* --- one file ------------------------------------------------------------ */
typedef struct FzList FzList; /* one mapped file, immutable */

#define FZ_LIST_PUBLIC_KEY_OCTETS 32 /* Ed25519 */
#define FZ_LIST_HASH_KEY_OCTETS 16   /* SipHash */

typedef struct FzListOpen {
    const uint8_t *public_key; /* the signature must be by this key; NULL: a
                                  signature is not asked for */
    int64_t built_after_ms;    /* refuse a file built before; 0: any age */
} FzListOpen;

/**
 * Map a compiled list. Takes the same time whatever its size: header, section
 * bounds and signature are checked, the digest of the content is not
 * (fz_list_verify). A file that is empty, cut, damaged in its head, of another
 * format version, wrongly signed or older than asked is refused.
 *
 * The file must be replaced by rename, never written in place: a mapping of a
 * file that shrinks ends the process.
 *
 * @param how  NULL: no key, any age
 */
FzStatus fz_list_open(const char *path, const FzListOpen *how,
                      const FzDiagSink *sink, FzList **list_out) FZ_MUST_CHECK;

/** The same over octets that stay in place until the list is closed; `name`
 *  stands for the path in diags. `data` is aligned to 8. */
FzStatus fz_list_open_memory(const void *data, size_t octets, const char *name,
                             const FzListOpen *how, const FzDiagSink *sink,
                             FzList **list_out) FZ_MUST_CHECK;
void fz_list_close(FzList *list); /* NULL is allowed */

/** Read it all: the digest, and that every table is in order and points
 *  inside. Linear; for loaders, after open and before use. */
FzStatus fz_list_verify(const FzList *list,
                        const FzDiagSink *sink) FZ_MUST_CHECK;

typedef struct FzListInfo {
    const char *path;
    uint32_t version;
    uint64_t octets;
    int64_t built_ms;
    int64_t not_after_ms;          /* 0: no end */
    uint64_t allow, block, shared; /* entries */
    uint64_t ranges;               /* of them, address ranges */
    uint32_t sources;
    bool is_signed;
    char digest[65]; /* of the content, hexadecimal */
} FzListInfo;
void fz_list_info(const FzList *list, FzListInfo *info_out);

typedef struct FzListSourceInfo {
    const char *name;
    int64_t fetched_ms; /* when its content was current; 0 unknown */
    uint64_t entries;
    uint64_t refused; /* by the builder, dirt included */
} FzListSourceInfo;
/** `index` below FzListInfo.sources. */
void fz_list_source_info(const FzList *list, uint32_t index,
                         FzListSourceInfo *info_out);

/** Ask one file for one key, exactly as it stands: no host suffixes, no
 *  prefixes, any level. What fz_lists_find is made of; for tools and
 *  measurements. FZ_ANSWER_NONE when it is not there. */
void fz_list_get(const FzList *list, FzSlice key, int64_t now_ms,
                 FzAnswer *answer_out);

/* --- those of a generation ------------------------------------------------ */
typedef struct FzListSet FzListSet; /* immutable, in order */
typedef struct FzOverlay FzOverlay; /* immutable snapshot of live entries */

typedef struct FzListUse {
    FzList *list; /* the set owns it afterwards */
    FzListOwner owner;
    int64_t max_age_s; /* a source older than this no longer counts; 0: none */
} FzListUse;

/** At most FZ_LIMIT_LISTS; the first has precedence among equals. */
FzListSet *fz_list_set_create(const FzListUse *uses, size_t count);
void fz_list_set_destroy(FzListSet *set); /* and its lists; NULL is allowed */

size_t fz_list_set_count(const FzListSet *set); /* NULL: 0 */
const FzList *fz_list_set_list(const FzListSet *set, size_t index);
FzListOwner fz_list_set_owner(const FzListSet *set, size_t index);

/**
 * The one look-up: what all lists together say of one link, address, contact
 * or sender.
 *
 * One answer: the most specific level; there an operator's entry before a
 * feed's; then allow before block; then the order of the set. Entries past
 * their expiry are not there. An allow for a host does not cover what others
 * can put there (docs/lists.md). Of a stale source a block answers with
 * score 0 where nothing fresh answers, and an allow never.
 *
 * @param set      NULL: none
 * @param overlay  NULL: none
 * @param keys     those of one link: the first is its most specific expression
 *                 (host, path, query), from which all others follow; a caller
 *                 that has them may pass them all. Or one address, contact or
 *                 sender ("sender:..." or "sig:...")
 * @param answer_out  overwritten; FZ_ANSWER_NONE when nobody knows it
 *
 * Cost: at most FZ_LIST_PROBES hashes a list; no allocation.
 */
#define FZ_LIST_PATH_DEPTH 6 /* folders of a path that are asked for */
#define FZ_LIST_HOST_DEPTH 8 /* labels of a domain, likewise */
#define FZ_LIST_PROBES 20
void fz_lists_find(const FzListSet *set, const FzOverlay *overlay,
                   const FzKey *keys, size_t count, int64_t now_ms,
                   FzAnswer *answer_out);

/** Sources that are past their age now, for the condition list-stale and for
 *  status: calls `stale` for each (may be NULL), returns how many. */
size_t fz_list_set_stale(const FzListSet *set, int64_t now_ms,
                         void (*stale)(void *ctx, const FzList *list,
                                       const FzListSourceInfo *source),
                         void *ctx);

#endif
