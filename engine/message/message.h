/* SPDX-License-Identifier: BSD-2-Clause
 *
 * message.h - what a message is to us
 *
 * The gateway's own struct (Kannel's Msg) stays in plugin/; the engine sees
 * this. All slices are borrowed from whoever fills it in, for one judgement.
 */
#ifndef FZ_ENGINE_MESSAGE_MESSAGE_H
#define FZ_ENGINE_MESSAGE_MESSAGE_H

#include "base/slice.h"
#include "base/status.h"

typedef enum FzDirection {
    FZ_DIRECTION_MT = 0, /* from an application (ESME, smsbox) to a phone */
    FZ_DIRECTION_MO = 1, /* from a phone to an application */
} FzDirection;
#define FZ_DIRECTIONS 2

/* As on the box protocol (docs/kannel.md "Message content"). */
typedef enum FzCoding {
    FZ_CODING_UNDEFINED = -1, /* taken for 7-bit */
    FZ_CODING_7BIT = 0,       /* octets are UTF-8: the gateway decoded them */
    FZ_CODING_8BIT = 1,       /* raw octets: text, WAP push or data */
    FZ_CODING_UCS2 = 2,       /* octets are UTF-16BE */
} FzCoding;

typedef struct FzMessage {
    FzDirection direction;
    FzSlice sender;
    FzSlice receiver;
    FzSlice identity; /* who was authenticated: service, else boxc */
    FzSlice account;  /* data of the client's choice, never an identity */
    FzSlice service;
    FzSlice smsc;
    FzSlice boxc;
    FzCoding coding;
    FzSlice udh;    /* user data header with its length octet; may be absent */
    FzSlice octets; /* user data, coded as `coding` says */
    int64_t now_ms; /* wall clock of the judgement */
} FzMessage;

/** One part of a concatenated message.
 *  Source: 3GPP TS 23.040 9.2.3.24.1 (8-bit), 9.2.3.24.8 (16-bit) */
typedef struct FzPartRef {
    uint16_t reference;
    uint8_t total;  /* 0: not a part */
    uint8_t number; /* 1..total */
    bool wide;      /* the 16-bit form */
} FzPartRef;

const char *fz_direction_name(FzDirection direction); /* "mt", "mo" */
FzStatus fz_direction_parse(const char *text,
                            FzDirection *direction_out) FZ_MUST_CHECK;

#endif
