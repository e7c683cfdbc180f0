/* SPDX-License-Identifier: BSD-2-Clause
 *
 * find.h - what the finders of links and contacts share
 *
 * Inside this room only.
 */
#ifndef FZ_ENGINE_URL_FIND_H
#define FZ_ENGINE_URL_FIND_H

#include "base/cpu.h"
#include "engine/text/chars.h"
#include "engine/url/octets.h"
#include "engine/url/url.h"

/** Where what can begin, a bit each of FZ_GLANCE_OCTETS places. Some are none,
 *  but at no other place anything is found. */
typedef struct FzGlance {
    uint64_t link; /* a dot, a colon, an @, a dot in words */
    uint64_t dot;  /* of a decimal, 点: matters where there are links, as the
                      end of one if nothing else */
    uint64_t contact; /* a number; the name of a messenger */
} FzGlance;
#define FZ_GLANCE_OCTETS 54
#define FZ_GLANCES 24 /* that are kept: of more octets than most texts have */

/** One text at work. Places ("at") are octets of the folded view. */
typedef struct FzFind {
    const FzText *text;
    const uint8_t *octets;  /* of the folded view */
    const FzGlance *glance; /* FZ_GLANCES of it */
    FzViews *views;         /* made complete when a place is first asked for */
    uint32_t length;
    uint32_t floor; /* all before it is settled */
    uint32_t tries; /* at hosts with escapes, which cost more */
    const FzUrlTables *tables;
    FzUrls *urls;
} FzFind;

#define FZ_HOST_LABELS 127 /* 255 octets have no more */
#define FZ_HOST_OCTETS 255

typedef struct FzHostLabel {
    uint32_t from, to;
    bool ascii;
} FzHostLabel;

/** Labels with dots, of whatever kind, between them; not yet known to be a
 *  host. */
typedef struct FzHostRun {
    FzHostLabel label[FZ_HOST_LABELS];
    uint32_t count;
    uint32_t to;    /* end of its last label */
    uint32_t flags; /* FZ_URL_DEFANGED, _DOT_VARIANT; not all of the latter */
    bool words;     /* a dot was written as a word */
    bool too_many;
} FzHostRun;

typedef struct FzHost {
    uint32_t from, to;
    uint32_t labels; /* of the run */
    bool ip;
    bool core; /* its last label is hardly ever a word */
    bool www;
    bool brackets; /* IPv6 */
} FzHost;

typedef enum FzHostManner {
    FZ_HOST_BARE = 0,   /* grown from a dot in running text */
    FZ_HOST_SCHEME = 1, /* behind a scheme: any letters, any address */
    FZ_HOST_MAIL = 2,   /* behind an @ */
} FzHostManner;

static inline const uint16_t *fz_find_map(const FzFind *find)
{
    const FzView *view = &find->views->view[FZ_VIEW_FOLDED];

    if (view->map == NULL)
        fz_views_complete(find->text, find->views);
    return view->map;
}

/** The code point of the text that the octet at `at` came from. */
static inline uint16_t fz_find_cp(const FzFind *find, uint32_t at)
{
    return fz_find_map(find)[at];
}

/** The code point at `at` (< length), and the octets it has. */
static inline uint32_t fz_find_char(const FzFind *find, uint32_t at,
                                    uint32_t *used_out)
{
    const uint8_t *it = find->octets + at;

    if (it[0] < 0x80) {
        *used_out = 1;
        return it[0];
    }
    if (it[0] < 0xE0) {
        *used_out = 2;
        return (it[0] & 0x1Fu) << 6 | (it[1] & 0x3Fu);
    }
    if (it[0] < 0xF0) {
        *used_out = 3;
        return (it[0] & 0x0Fu) << 12 | (it[1] & 0x3Fu) << 6 | (it[2] & 0x3Fu);
    }
    *used_out = 4;
    return (it[0] & 0x07u) << 18 | (it[1] & 0x3Fu) << 12 |
           (it[2] & 0x3Fu) << 6 | (it[3] & 0x3Fu);
}

/** Octets [from, to) as a span of the text. */
static inline FzSpan fz_find_span(const FzFind *find, uint32_t from,
                                  uint32_t to)
{
    return (FzSpan){fz_find_cp(find, from),
                    (uint16_t)(fz_find_cp(find, to - 1) + 1u)};
}

/** Where the code point in front of `at` (> 0) begins. */
static inline uint32_t fz_find_before(const FzFind *find, uint32_t at)
{
    do
        at--;
    while (at > 0 && (find->octets[at] & 0xC0) == 0x80);
    return at;
}

/** The octet there; 0 beyond the end. */
static inline uint8_t fz_find_octet(const FzFind *find, uint32_t at)
{
    return at < find->length ? find->octets[at] : 0;
}

/** Does the view go on with this ASCII or UTF-8 text? */
static inline bool fz_find_is(const FzFind *find, uint32_t at, const char *text)
{
    size_t octets = strlen(text);

    return find->length - at >= octets &&
           memcmp(find->octets + at, text, octets) == 0;
}

/** The code point of the text at index `cp`; 0 at its end. */
static inline uint32_t fz_find_raw(const FzText *text, uint32_t cp)
{
    FzFind find = {.octets = text->raw + text->cp_octet[cp]};
    uint32_t used;

    return cp < text->chars ? fz_find_char(&find, 0, &used) : 0;
}

/** A place behind which all comes from code points from `cp` on. */
uint32_t fz_find_place(const FzFind *find, uint32_t at, uint32_t cp);

/* --- host.c ----------------------------------------------------------------
 */
/** May stand in a label. */
bool fz_host_char(uint32_t cp, FzHostManner manner);

/** Read labels from `at` on; run->count is 0 when there is none. */
void fz_host_read(const FzFind *find, uint32_t at, FzHostManner manner,
                  FzHostRun *run);

/** All its flags. */
uint32_t fz_host_run_flags(const FzFind *find, const FzHostRun *run);

/** Find the host in a run: up to a last label that exists. False when there is
 *  none. */
bool fz_host_settle(const FzFind *find, const FzHostRun *run,
                    FzHostManner manner, FzHost *host_out);

/** A last label that is not ASCII, and exists. */
bool fz_host_is_idn_tld(const FzFind *find, const FzHostLabel *label);

/** Does a dot that is written otherwise stand at `at`? Its octets, 0 none. */
uint32_t fz_host_odd_dot(const FzFind *find, uint32_t at);

/* --- tables.c --------------------------------------------------------------
 */
typedef enum FzTld {
    FZ_TLD_NONE = 0,
    FZ_TLD_WEAK = 1, /* it exists, but is a word too */
    FZ_TLD_CORE = 2,
    FZ_TLD_EXTRA = 3, /* configured */
} FzTld;

/** What a last label is; lower case, UTF-8 or xn--. */
FzTld fz_tables_tld(const FzUrlTables *tables, FzSlice label);
bool fz_tables_shortener(FzSlice host);
const char *fz_tables_country(const FzUrlTables *tables);

/* --- glance.c --------------------------------------------------------------
 */
/** Look over all octets; of the first, what was seen is kept.
 *  @return what there is anywhere: no places */
FzGlance fz_glance_over(const FzView *view, FzGlance *kept);

/** False when there is none: fz_urls_extract finds nothing. Tests ask. */
bool fz_urls_are_possible(const FzViews *views);

/** The places of one block. */
FzGlance fz_glance_at(const FzView *view, uint32_t block);

/** The places of the block that begins at `from`, once more. */
static inline FzGlance fz_find_glance(const FzFind *find, uint32_t from)
{
    uint32_t block = from / FZ_GLANCE_OCTETS;

    return block < FZ_GLANCES
               ? find->glance[block]
               : fz_glance_at(&find->views->view[FZ_VIEW_FOLDED], block);
}

/** What kinds of octets stand from the one in front of `from` on, 64 bits for
 *  each kind. Both say the same, which a test compares. */
#define FZ_GLANCE_KINDS 20
void fz_glance_kinds_plain(const FzView *view, uint32_t from, uint64_t *bits);
#ifdef FZ_CPU_WIDE
void fz_glance_kinds_wide(const FzView *view, uint32_t from, uint64_t *bits);
#endif

/* --- extract.c ---------------------------------------------------------------
 */
/** Octets of the room that are free. */
size_t fz_urls_room(const FzUrls *urls);
/** fz_urls_extract at every octet, not only where the glance says: a test
 *  compares. */
void fz_urls_walk(const FzText *text, FzViews *views, const FzUrlTables *tables,
                  FzUrls *urls);

/* --- number.c --------------------------------------------------------------
 */
#define FZ_NUMBER_DIGITS 24 /* more are no number of anybody */

/** At a digit, or a plus in front of one: add the longest number that whole
 *  groups of digits make, from the first on; where to go on looking. */
uint32_t fz_number_take(FzFind *find, uint32_t at);
bool fz_number_is_chinese_mobile(FzSlice digits);
/** Short numbers are amounts, years and codes as well. */
bool fz_number_is_amount(const FzFind *find, uint32_t from, uint32_t to);
/** A number within a name or code is none. */
bool fz_number_stands_alone(const FzFind *find, uint32_t from, uint32_t to);

/* --- contact.c -------------------------------------------------------------
 */
void fz_contacts_find(FzFind *find);
/** The same at every octet, not only where the glance says. */
void fz_contacts_walk(FzFind *find);
/** An address around the @ at `at`; where it ends, or 0.
 *  @param from_out  where it begins; may be NULL */
uint32_t fz_contact_mail(FzFind *find, uint32_t at, uint32_t *from_out);
/** Links that are contacts: t.me/name, wa.me/number. */
void fz_contact_of_url(FzUrls *urls, const FzUrl *url);
/** Add one; `text` is copied behind the kind's name and a colon. */
void fz_contact_add(FzUrls *urls, FzContactKind kind, const char *front,
                    FzSlice text, FzSpan span);

#endif
