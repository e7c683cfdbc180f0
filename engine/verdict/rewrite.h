/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rewrite.h - the text that a rewrite delivers, in a form the gateway takes
 *
 * Edits are made on the original text by span, sorted, merged where they
 * touch, applied once; an edit never cuts a character from its combining
 * marks. What is outside the edits keeps its octets' meaning; the coding stays
 * where it can carry what was put in.
 *
 * Pure but for the memory of FzRewrite. Only messages that are rewritten come
 * here: the message path of the others allocates nothing.
 */
#ifndef FZ_ENGINE_VERDICT_REWRITE_H
#define FZ_ENGINE_VERDICT_REWRITE_H

#include "base/buf.h"
#include "engine/decode/decoded.h"
#include "engine/rules/ruleset.h"
#include "engine/verdict/verdict.h"

/** One replacement in the original text. An empty span inserts. */
typedef struct FzEdit {
    FzSpan span;
    const char *text; /* UTF-8; borrowed, for the call */
} FzEdit;

/* As an edit's text, told by their address: what stands in the span is changed.
 */
extern const char fz_edit_mask[];        /* a star for each character */
extern const char fz_edit_defang[];      /* hxxp and (.): in every alphabet */
extern const char fz_edit_defang_ucs2[]; /* hxxp and [.], as people write */

/* Four spans of each signal, and one warning of each in front. */
#define FZ_REWRITE_EDITS (FZ_LIMIT_SIGNALS * (FZ_SIGNAL_SPANS + 1))

/** A rewritten message: reuse it between calls. */
typedef struct FzRewrite {
    FzBuf text;      /* the new text, UTF-8 */
    FzBuf octets;    /* the new user data, coded as `coding` says */
    FzCoding coding; /* for the gateway; the UDH stays as it is */
    uint32_t edits;  /* made; after merging */
    bool shortened;  /* a rule's text could not be carried: the short warning
                        of the alphabet stands in its place */
    uint32_t segments_before; /* short messages that the gateway will make */
    uint32_t segments_after;
} FzRewrite;

void fz_rewrite_init(FzRewrite *rewrite);
void fz_rewrite_clear(FzRewrite *rewrite);

/**
 * Rewrite a judged message: the edits of its active signals' rules, applied
 * and coded again.
 *
 * 7-bit stays 7-bit (UTF-8 on the wire) when the GSM 03.38 alphabet and its
 * extension carry what was put in. Otherwise: without a UDH the message
 * becomes UCS-2; with one (a part, an application's port) the short warning of
 * the alphabet is put in instead. 8-bit text stays 8-bit in the character set
 * it was in. With a UDH, header and text still fit 140 octets. Without one
 * the gateway cuts it into at most profile.rewrite_growth short messages more
 * than before; where that is not enough for UCS-2 or for the rules' words, the
 * short warning takes their place.
 *
 * @param text     what fz_judge decoded (fz_scanner_text)
 * @param verdict  its signals; shadow signals make no edits
 * @param rewrite  initialised; overwritten
 * @return FZ_OK; FZ_E_LIMIT when it cannot be made to fit or cannot be coded
 *         (opaque data, WAP push, a locking shift table, a text that was cut):
 *         the profile's rewrite_fallback applies;
 *         FZ_E_RULE when no active signal's rule has a rewrite
 *
 * Source: 3GPP TS 23.038 6.1.2.1 (alphabet and its extension), TS 23.040
 *         9.2.3.24 (what a header leaves of 140 octets)
 */
FzStatus fz_rewrite_message(const FzMessage *message, const FzText *text,
                            const FzRuleset *ruleset, const FzVerdict *verdict,
                            FzRewrite *rewrite) FZ_MUST_CHECK;

/**
 * Carry a REWRITE verdict out: rewrite, or let the profile's rewrite_fallback
 * take its place in the verdict (`would`, `acted`). Any other verdict stays.
 *
 * @return whether `rewrite` holds what is to be delivered
 */
bool fz_rewrite_verdict(const FzMessage *message, const FzText *text,
                        const FzJudgeEnv *env, FzVerdict *verdict,
                        FzRewrite *rewrite);

/**
 * The same with edits of the caller's own; they need not be sorted and may
 * overlap. Of edits that overlap the first in the text gives its words.
 *
 * @param growth  short messages that the rewritten one may have more
 */
FzStatus fz_rewrite_edits(const FzMessage *message, const FzText *text,
                          const FzEdit *edits, size_t edit_count,
                          uint32_t growth, FzRewrite *rewrite) FZ_MUST_CHECK;

/** Apply edits to a text and append the result; no coding. FZ_E_LIMIT when
 *  the result has more than FZ_LIMIT_TEXT_CHARS code points. Sorts `edits`. */
FzStatus fz_rewrite_apply(const FzText *text, FzEdit *edits, size_t edit_count,
                          FzBuf *out, uint32_t *made_out) FZ_MUST_CHECK;

/** Append the user data of a text as a phone would send it: UTF-8 for 7-bit
 *  where the alphabet carries it, else UTF-16BE. Returns the coding. */
FzCoding fz_encode_text(FzSlice utf8, FzBuf *out);

/** Septets of a text in the GSM default alphabet with its extension (two
 *  septets each); false when a character is in neither. */
bool fz_gsm_septets(FzSlice utf8, uint32_t *septets_out);

/** Short messages that user data will need: 1 when it fits (or is empty), more
 *  when the gateway has to cut it. `octets` as on the box protocol. */
uint32_t fz_segments(FzCoding coding, FzSlice udh, FzSlice octets);

#endif
