/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judged.h - a message, or the parts of one, with the verdict on it
 *
 * Holds the generation that judged and its scanner, so that the text, the
 * reason and the names of rules stay readable until fz_judged_clear.
 */
#ifndef FZ_PLUGIN_JUDGED_H
#define FZ_PLUGIN_JUDGED_H

#include "config/bundle.h"
#include "engine/verdict/rewrite.h"
#include "plugin/disposition.h"
#include "plugin/plugin.h"

typedef struct FzJudged {
    FzMessage message; /* of parts: the first one, with header and octets as if
                          it had come whole */
    FzBundle *bundle;
    FzEntrySnapshot *entries;
    FzScanner *scanner; /* NULL without rules */
    FzVerdict verdict;
    FzRewrite rewrite; /* room of REWRITE alone */
    bool changed;      /* it holds what is to be delivered */
    FzMutedNow *muted; /* sources that the brake has stopped */
    bool bypass;
    bool wants; /* DNS lists could be asked (FzVerdict.dns) */
    int64_t began_us;
    int64_t micros;
} FzJudged;

/** Judge one message; its slices stay borrowed. */
void fz_judged_one(FzPlugin *plugin, const FzMessage *message,
                   FzJudged *judged);

/**
 * Judge parts as the text a phone shows.
 *
 * @param parts    in the order of their numbers, each with its own header
 * @param whole    the message that they are: fz_parts_whole
 * @param failures FZ_FAILURE_BIT set: what is known to be wrong beforehand
 */
void fz_judged_parts(FzPlugin *plugin, const FzMessage *parts, size_t count,
                     const FzMessage *whole, uint32_t failures,
                     FzJudged *judged);

/** The verdict with the answers of DNS lists: on the same message, by the same
 *  generation. Of parts: with what fz_judged_parts was given. */
void fz_judged_resume(FzPlugin *plugin, FzJudged *judged, FzDnsAnswers answers);
void fz_judged_resume_parts(FzPlugin *plugin, const FzMessage *parts,
                            size_t count, uint32_t failures,
                            FzDnsAnswers answers, FzJudged *judged);

/** Wait without a scanner: what it found is gone, the generation stays. Only
 *  the next two may follow. */
void fz_judged_rest(FzJudged *judged);
void fz_judged_wake(FzJudged *judged); /* with a scanner again, to resume */

/** What acts here was stopped since it was judged: look at what is stopped now,
 *  and judge it anew with fz_judged_resume. */
void fz_judged_look_again(FzPlugin *plugin, FzJudged *judged);

/** Something more is known to be wrong: decide again, and carry the rewrite out
 *  anew. `wants` ends: what is known now does not wait for answers. */
void fz_judged_fail(FzPlugin *plugin, FzJudged *judged, uint32_t failures);

void fz_judged_clear(FzPlugin *plugin, FzJudged *judged);

/** May a verdict act on anything now? Not in observe, not under bypass, not
 *  without an active rule, a list or a registry: then a message leaves as if
 *  there were no filter. */
bool fz_judged_may_act(const FzJudged *judged);
bool fz_judged_could_act(const FzBundle *bundle,
                         const FzOverlay *overlay); /* without a bypass */

const FzText *fz_judged_text(const FzJudged *judged); /* NULL without rules */

/** What the flight recorder keeps of it: what is done with the message (16
 *  octets of the gateway's id) that was judged, alone or as a part. */
FzFlight fz_judged_flight(const FzPlugin *plugin, const FzJudged *judged,
                          const uint8_t *id, FzDisposition disposition);

/** ... and keep it. */
void fz_judged_fly(FzPlugin *plugin, const FzJudged *judged, const uint8_t *id,
                   FzDisposition disposition);

/** Count what acts, before it is carried out. False when the brake stopped it
 *  in another thread since: the message is to be judged again, once; where the
 *  brake can mute no more it stays false. */
bool fz_judged_brake(FzPlugin *plugin, const FzJudged *judged);

/** Into the counters of messages. */
void fz_judged_count(FzPlugin *plugin, const FzJudged *judged);

/** Append the verdict record as fz_record_begin does; nothing where it would
 *  say nothing: it passed, and no rule has spoken. */
void fz_judged_record(FzPlugin *plugin, const FzJudged *judged, const char *id,
                      FzBuf *record);

/** Into the file of records, if there is one: a record as it was begun, with
 *  what was done. One that says nothing is none. */
void fz_judged_log(FzPlugin *plugin, const FzBuf *record,
                   FzDisposition disposition, int64_t now_ms);

#endif
