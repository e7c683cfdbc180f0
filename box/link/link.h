/* SPDX-License-Identifier: BSD-2-Clause
 *
 * link.h - one box, its own connection to bearerbox, and all between them
 *
 * bearerbox routes by connection and keeps 100 unacknowledged messages for
 * each, so every box gets one of its own, opened when it identifies itself (or
 * sends a message without, as Kannel allows). Losing either end is not the end
 * of the other: while bearerbox is away the box stays and hears failed_tmp;
 * when the box ends, what it sent is still seen through.
 *
 * Private to box/link/. Everything here belongs to the thread of link->loop.
 *     link.c   life: opening, ending, draining, back-pressure
 *     up.c     the connection to bearerbox: connect, lose, back-off, leave
 *     own.c    a link without a box, for what plugins inject
 *     relay.c  what becomes of each frame, and of each outcome
 *     jobs.c   what waits in it, in lanes per (sender, receiver)
 *     judge.c  the chain, judging again, outcomes in order
 *     handover.c  what an upgrade takes from it, and gives back
 */
#ifndef FZ_BOX_LINK_LINK_H
#define FZ_BOX_LINK_LINK_H

#include "box/chain.h"
#include "box/link/flight.h"
#include "box/link/hub.h"
#include "box/link/stream.h"
#include "box/wire/packed.h"

typedef struct FzLink FzLink;
typedef struct FzJob FzJob;
typedef struct FzLane FzLane;

/** Where a message came from; 1 << side is PLUGINBOX_MESSAGE_FROM_*. */
typedef enum FzSide {
    FZ_SIDE_BOX = 0, /* MT */
    FZ_SIDE_UP = 1,  /* MO and delivery reports */
} FzSide;
#define FZ_SIDES 2

typedef enum FzBoxState {
    FZ_BOX_OPEN = 0,
    FZ_BOX_ENDED = 1, /* it sends no more; what it is owed is written */
    FZ_BOX_GONE = 2,  /* closed */
} FzBoxState;

typedef enum FzUpState {
    FZ_UP_NONE = 0,       /* the box has not asked for it yet */
    FZ_UP_CONNECTING = 1, /* what is written waits in the stream */
    FZ_UP_OPEN = 2,
    FZ_UP_LEAVING = 3,   /* bearerbox ends: acknowledgements only */
    FZ_UP_FINISHING = 4, /* our side is closed, the rest is read */
    FZ_UP_AWAY = 5,      /* lost; tried again unless the link ends */
    FZ_UP_WAITING = 6,   /* for its turn to be opened: see pace.h */
} FzUpState;

/** Messages of one side that wait in us, by the lane of their (sender,
 *  receiver); see jobs.h. */
#define FZ_QUEUE_CHAINS 256
typedef struct FzQueue {
    FzLane **chains; /* FZ_QUEUE_CHAINS; NULL until something waited */
    FzJob *oldest, *newest;
    size_t jobs;
} FzQueue;

/** Answers held back: failed_tmp, each a second after its message. A ring. */
typedef struct FzPacedAnswer {
    uint8_t id[FZ_UUID_OCTETS];
    int32_t time;
    int64_t due_ms;
} FzPacedAnswer;

typedef struct FzPaced {
    FzPacedAnswer *ring; /* FZ_LIMIT_BOX_PACED + 1; NULL until needed */
    size_t first, count;
    FzTimer timer;
} FzPaced;

#define FZ_LINK_NAME_OCTETS 65

struct FzLink {
    FzHub *hub;
    const FzPort *port; /* that it came in by */
    FzShard *shard;
    FzLoop *loop;
    uint64_t number; /* never used again in this process */
    FzLink *previous, *next;
    char peer[64]; /* "192.0.2.7:40112" */
    FzTask settle; /* at the end of each turn that stirred it */

    FzStream box;
    FzBoxState box_state;
    bool identified;
    uint8_t *identify; /* the frame it identified with; NULL */
    size_t identify_octets;
    char *boxc_id;                  /* NULL: none given */
    char name[FZ_LINK_NAME_OCTETS]; /* for the log; "": none */
    unsigned identifying; /* such frames in the chain: nothing is read past */

    FzStream up;
    FzUpState up_state;
    FzAddresses up_addresses; /* of bearerbox, when this connect began */
    size_t up_address;        /* of them, tried now */
    unsigned up_tries;        /* that failed since the last one that did not */
    unsigned up_short; /* connections in a row that ended as they began */
    bool up_heard;     /* a frame came over this one */
    bool up_lost;      /* its end was told; so will be its return */
    int64_t up_since_ms;
    int64_t up_mo_ms; /* when a message last came over this one */
    FzTimer up_timer; /* of the state: connect time-out, back-off ... */

    FzFlight flight[FZ_SIDES]; /* by the side the message came from */
    FzQueue queue[FZ_SIDES];
    FzPaced paced;

    bool own; /* it has no box; see own.c */
    FzTimer idle_timer;

    bool draining; /* the host ends: no new message is taken */
    bool ending;   /* this link ends: see link.c */
    bool closing;  /* it owes nothing any more; waits for both ends */
    FzTimer end_timer;

    bool is_guest; /* it has yet to say who it is; guest.c */
    bool is_box;   /* it is counted as one */
    FzLink *guest_before, *guest_behind; /* of its shard, in order of coming */
    int64_t came_ms;

    uint64_t unmatched; /* acknowledgements of nothing in flight */
    size_t lost;        /* kept for a wapbox, and given up at the end */
};

/* --- link.c -------------------------------------------------------------- */
/** Serve an accepted connection, on the shard's thread. */
void fz_link_open(const FzPort *port, FzShard *shard, int fd, const char *peer);
/** A link of no connection yet; counted, and the shard's from now on. */
FzLink *fz_link_make(const FzPort *port, FzShard *shard, uint64_t number,
                     const char *peer);
void fz_link_end(FzLink *link);
void fz_link_drain(FzLink *link);
/** Go on, or stop, as shard->holding says now. */
void fz_link_regulate(FzLink *link);
void fz_link_follow_state(FzLink *link); /* the shard's is another one now */
void fz_link_abort(FzLink *link);        /* close both ends now */

void fz_link_register(FzLink *link); /* its name or its state is new */

/** A message of our own, packed, on the shard's thread; false when that side
 *  cannot take it. */
bool fz_link_inject(FzLink *link, FzSide as_from, const uint8_t *id,
                    int32_t time, const uint8_t *frame, size_t octets,
                    FzInjection *injection);

/** Something changed: look at it at the end of the turn. */
void fz_link_stir(FzLink *link);

/** The administrator has suspended the host: nothing goes on. A link that ends
 *  is seen through all the same. */
bool fz_link_is_suspended(const FzLink *link);

/** No more frames from this side until what waits gets less? */
bool fz_link_is_full(const FzLink *link, FzSide from);

/**
 * A wapbox: it never identifies, so its connection to bearerbox is opened when
 * it comes, and it takes no notice of acknowledgements, so none is waited for
 * or sent. What would be answered failed_tmp to an smsbox is kept, and nothing
 * further is read meanwhile. Source: docs/box-ports.md
 */
static inline bool fz_link_is_wap(const FzLink *link)
{
    return link->port->kind == FZ_PORT_WAPBOX;
}

/** Name for the log: its boxc_id, else its address; printable, of one line,
 *  whatever the box called itself. */
const char *fz_link_name(const FzLink *link);
/** It calls itself so now; an absent one has no name. */
void fz_link_set_name(FzLink *link, FzSlice boxc_id);

/* --- guest.c ------------------------------------------------------------- */
void fz_guest_init(FzShard *shard);
/** It has connected, and has a time to become a box. */
void fz_guest_came(FzLink *link);
/** It says that it is one, or sends as one; false when there are too many: the
 *  link is aborted then. */
bool fz_guest_is_box(FzLink *link);
/** It comes from the process before, as what it was. */
void fz_guest_taken_up(FzLink *link);
void fz_guest_left(FzLink *link);

/* --- up.c ---------------------------------------------------------------- */
extern const FzStreamUser fz_up_user;
void fz_up_init(FzLink *link);
/** Connect, when its turn comes. */
void fz_up_open(FzLink *link);
/** It waits, for its turn or after a loss: stop that. */
void fz_up_give_up(FzLink *link);
/** All that wait after a loss try now. */
void fz_up_try_all(FzPost *order);
/** Where bearerbox is now. */
void fz_up_find_bearerbox(const FzPort *port, FzAddresses *addresses_out);
/** Lost or given up: what was in flight is answered, MO forgotten. */
void fz_up_lose(FzLink *link, int sys_errno, const char *why);
/** Has bearerbox said so, and was not seen gone? */
bool fz_up_has_farewell(const FzLink *link);
/** bearerbox said that it ends, over this link ... */
void fz_up_hear_farewell(FzLink *link);
void fz_up_leave(FzLink *link); /* ... which is closed when all is answered */
void fz_up_heard(FzLink *link, enum msg_type type); /* a frame came */
void fz_up_settle(FzLink *link);
/** May new messages be sent to bearerbox? */
bool fz_up_takes_messages(const FzLink *link);
/** May anything be written to it? */
bool fz_up_takes_frames(const FzLink *link);

/* --- relay.c ------------------------------------------------------------- */
FzStreamNext fz_relay_from_box(FzStream *box, const FzFrame *frame);
FzStreamNext fz_relay_from_up(FzStream *up, const FzFrame *frame);

/** What the chain made of a message. */
typedef struct FzOutcome {
    FzSide side;
    const uint8_t *id; /* as its sender knows it; sms only */
    int32_t time;
    enum msg_type type;   /* as it came */
    int status;           /* PLUGINBOX_MESSAGE_*, FZBOX_STATUS_* */
    const FzFrame *frame; /* as it came */
    const FzPacked *packed;
    const Msg *msg; /* what to send instead of the frame; NULL: the frame */
} FzOutcome;
void fz_relay_outcome(FzLink *link, const FzOutcome *outcome);

void fz_relay_answer_box(FzLink *link, const uint8_t *id, int32_t time,
                         ack_status_t status);
void fz_relay_answer_up(FzLink *link, const uint8_t *id, int32_t time,
                        ack_status_t status);
/** failed_tmp, after a while. */
void fz_relay_answer_box_paced(FzLink *link, const uint8_t *id, int32_t time);
void fz_relay_init_paced(FzLink *link);
void fz_relay_flush_paced(FzLink *link); /* now */
void fz_relay_save_paced(const FzLink *link, FzBuf *paced);
void fz_relay_restore_paced(FzLink *link, FzSlice paced);
void fz_relay_go_on_paced(FzLink *link); /* behind a suspension */

/* --- judge.c ------------------------------------------------------------- */
/** Send a message through the chain; fz_relay_outcome is called now, or in the
 *  order of its (sender, receiver) when a plugin has answered. */
void fz_judge(FzLink *link, FzSide side, const FzFrame *frame,
              const FzPacked *packed);
/** Keep a message as it came, unacknowledged and in order, until
 *  fz_judge_go_on: the host is isolated. */
void fz_judge_keep(FzLink *link, FzSide side, const FzFrame *frame,
                   const FzPacked *packed);
/** What a suspension stopped goes on, and, unless isolated still, what was
 *  kept. */
void fz_judge_go_on(FzLink *link);
/** Forget what waits on this side, without an outcome: all but what a plugin
 *  has in hand ... */
void fz_judge_forget_waiting(FzLink *link, FzSide side);
/** ... or that too: it is dropped when the plugin calls back. */
void fz_judge_forget(FzLink *link, FzSide side);
void fz_judge_clear(FzLink *link); /* when no job is left */
/** Messages that plugins have in hand. */
size_t fz_judge_in_hand(const FzLink *link);
/** Those of one side in order of arrival; no plugin has one in hand. */
void fz_judge_save(const FzLink *link, FzSide side, FzBuf *jobs);
/** Queue it up behind those that are there; fz_judge_go_on begins with them.
 *  One that cannot be read is left out: it comes again, unanswered. */
void fz_judge_restore(FzLink *link, FzSide side, const FzStateJob *state);

/* --- own.c --------------------------------------------------------------- */
/** Open our own link, on the thread of the first loop. */
void fz_own_open(FzHub *hub, uint64_t number);
void fz_own_settle(FzLink *link);
/** bearerbox sent it a message, which it cannot give to anybody. */
void fz_own_refuse(FzLink *link, const FzPacked *packed);

/* --- inject.c ------------------------------------------------------------ */
/** The message was acknowledged, or its connection is lost. */
void fz_injection_end(FzInjection *injection, FzHostInjected how,
                      ack_status_t status);

#endif
