/* SPDX-License-Identifier: BSD-2-Clause
 *
 * assembly_kit.h - fanzha.so in a host of the test's that has the extension
 *
 * The program is the host: it exports fanzhabox_host, calls process as
 * fanzhabox does, and does with what is injected whatever the test says.
 */
#ifndef FZ_TESTS_ASSEMBLY_KIT_H
#define FZ_TESTS_ASSEMBLY_KIT_H

#include "abi/fanzhabox_host.h"
#include "base/buf.h"
#include "tests/support.h"

#include <jansson.h>
#include <stdbool.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* --- the plugin ------------------------------------------------------------
 */
/** Write the configuration: `more` are top level settings ("mode" is set to
 *  enforce unless it begins with one). */
void kit_configure(const char *mode, const char *more);
void kit_load(void);    /* init */
void kit_promote(void); /* the working files */
void kit_unload(void);  /* shutdown */
/** Configure, load, promote. */
void kit_start(const char *mode, const char *more);
/** Unload, and the end of gwlib. */
void kit_stop(void);

json_t *kit_ask(const char *verb, const char *args); /* the result; decref */
/** The whole answer, also a refusal; decref. */
json_t *kit_try(const char *verb, const char *args);
/** A number of the status, by its path: "assembly.pending". */
long long kit_figure(const char *path);
void kit_expect_figure(const char *path, long long want); /* waits */
/** The records so far, as one array; decref. */
json_t *kit_records(void);
/** The texts of held rows (state: FzHeldState or -1), each followed by '\n';
 *  static storage. */
const char *kit_texts(int state);
/** The packed messages of all rows, one behind the other; the caller's. */
FzBuf kit_packed(void);
/** How many messages the packed form of the newest row holds. */
size_t kit_packed_count(void);
const char *kit_database(void);
const char *kit_key_file(void); /* of the database */

/* --- messages --------------------------------------------------------------
 */
typedef struct KitPart {
    long type; /* PLUGINBOX_MESSAGE_FROM_*; 0: FROM_SMSBOX */
    unsigned reference, total, number;
    bool wide;
    const char *text;
    const char *sender, *receiver; /* NULL: those of all */
    const char *box;               /* as the host names it; NULL: "box-one" */
    const char *own_box;           /* the message's own boxc_id; NULL: none */
    const char *dlr_url;           /* NULL: none */
    long dlr_mask;                 /* that goes with it; 0: 19 */
    long coding; /* of `text`, which is UTF-8; 2: UTF-16BE is made */
    bool ports;  /* addressed to a port, too */
    size_t bulk; /* octets more, none of which is text */
    uint8_t id;  /* every octet of the gateway's id; 0: one of its own */
} KitPart;

Msg *kit_part(const KitPart *part);

/** What a sender hears. */
typedef struct KitGiven KitGiven;
KitGiven *kit_give(const KitPart *part);
int kit_answer(KitGiven *given); /* waits; the status */
bool kit_is_answered(const KitGiven *given);
/** A delivery report of bearerbox's on a message that was injected. */
KitGiven *kit_report(const Msg *on, long type);
/** Waits; its status. Where it goes on it bears these. */
int kit_reported(KitGiven *given, const char *url, const char *meta_data);
/** Give it and expect that status. */
void kit_expect(const KitPart *part, int status);

/* --- what is injected ------------------------------------------------------
 */
typedef enum KitWay {
    KIT_TAKES = 0,   /* acknowledged as success */
    KIT_NOBODY = 1,  /* nobody is there */
    KIT_KEEPS = 2,   /* no answer until kit_release */
    KIT_LOSES = 3,   /* the link closes */
    KIT_TMP = 4,     /* failed_tmp */
    KIT_REFUSES = 5, /* failed */
    KIT_UNSENT = 6,  /* no link takes it, after all */
} KitWay;
void kit_way(KitWay way);
/** Called when something is injected, before its way is taken; NULL. */
void kit_watch(void (*seen)(void));
/** How those that were kept end. */
void kit_release(FzHostInjected how, ack_status_t nack);

typedef struct KitInjected {
    int emulate;
    char *box; /* NULL: any */
    Msg *msg;
} KitInjected;
/** Waits for the n-th (from 0) that had a way. */
const KitInjected *kit_injected(size_t at);
size_t kit_injections(void); /* so far */
size_t kit_tries(void);      /* also without a way */

/* --- in short ---------------------------------------------------------------
 */
KitPart kit_part_of(unsigned reference, unsigned total, unsigned number,
                    const char *text);
/** Give such a part; its sender must hear `status`. */
void kit_part_gets(unsigned reference, unsigned total, unsigned number,
                   const char *text, int status);
void kit_expect_injected(size_t at, const char *text);
/** Everything that was accepted has ended. */
void kit_expect_nothing_left(void);
/** A string of a record; "-" without it. */
const char *kit_name(json_t *record, const char *key);
/** The injected message is our failing report on a part. */
void kit_expect_report(size_t at, const char *url, const char *code,
                       const char *box);

#endif
