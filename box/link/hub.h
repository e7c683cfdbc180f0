/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hub.h - all links of the host: the port, the event loops, the way in
 *
 * The first event loop accepts and hands each connection to the one with the
 * fewest. Nothing but the registry (who is connected, for inject) and the
 * counters is shared between loops.
 */
#ifndef FZ_BOX_LINK_HUB_H
#define FZ_BOX_LINK_HUB_H

#include "abi/fanzhabox_host.h"
#include "base/status.h"
#include "box/boxconf.h"
#include "box/chain.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "box/link/address.h"
#include "box/link/farewell.h"
#include "box/link/knock.h"
#include "box/link/loop.h"
#include "box/link/pace.h"
#include "box/upgrade/state.h"
#include "box/link/resolver.h"
#include "box/link/tls.h"

typedef struct FzHub FzHub;
typedef struct FzShard FzShard;

/** What happened, since the start. One writer a shard; read from anywhere. */
typedef struct FzBoxCounters {
    _Atomic uint64_t accepted; /* connections of boxes */
    _Atomic uint64_t denied;   /* connections turned away: address, too many,
                                  silent */
    _Atomic uint64_t nonsense; /* connections closed for what they sent */
    _Atomic uint64_t mt, mo;   /* sms taken from that side */
    _Atomic uint64_t passed, changed;  /* sent on: as they came, packed anew */
    _Atomic uint64_t refused, dropped; /* REJECT, DROP */
    _Atomic uint64_t buffered;         /* taken over by a plugin */
    _Atomic uint64_t deferred;         /* times that DEFER was said */
    _Atomic uint64_t away;      /* MT answered failed_tmp: no bearerbox */
    _Atomic uint64_t isolated;  /* MT answered failed_tmp: isolated */
    _Atomic uint64_t unmatched; /* acknowledgements of nothing in flight */
    _Atomic uint64_t faults;    /* a plugin left what cannot be sent */
} FzBoxCounters;

/** What the administrator asked of the host; docs/box.md says
 *  what each means for MT and MO. */
typedef enum FzHubState {
    FZ_HUB_RUNNING = 0,
    FZ_HUB_ISOLATED = 1,  /* nothing new is taken, what is inside goes on */
    FZ_HUB_SUSPENDED = 2, /* nothing is taken and nothing goes on */
    FZ_HUB_DRAINING = 3,  /* ends: as isolated, for good */
} FzHubState;
const char *fz_hub_state_name(FzHubState state); /* "running" */

/** Count one more, on the shard's own thread. */
#define FZ_BOX_COUNT(counter)                                                  \
    atomic_store_explicit(                                                     \
        &(counter),                                                            \
        atomic_load_explicit(&(counter), memory_order_relaxed) + 1,            \
        memory_order_relaxed)

typedef struct FzBoxTotals {
    uint64_t accepted, denied, nonsense, mt, mo, passed, changed, refused,
        dropped, buffered, deferred, away, isolated, unmatched, faults;
    size_t links; /* boxes connected now */
} FzBoxTotals;

/** Resolve bearerbox's address and listen; whoever connects waits until
 *  fz_hub_start. `config` lives as long as the hub. A port that `taken` has a
 *  listening socket for is taken over from it, by a copy of the descriptor;
 *  NULL: there is none. */
FzStatus fz_hub_open(const FzBoxConfig *config, const FzState *taken,
                     const FzDiagSink *sink, FzHub **hub_out) FZ_MUST_CHECK;

/** Start the loops. `chain` lives until fz_hub_drain is through. */
FzStatus fz_hub_start(FzHub *hub, const FzChain *chain,
                      const FzDiagSink *sink) FZ_MUST_CHECK;

/** bearerbox has a port of each kind, and each is fronted by one of ours. */
typedef enum FzPortKind {
    FZ_PORT_SMSBOX = 0,
    FZ_PORT_WAPBOX = 1, /* no identification, acknowledgements ignored */
} FzPortKind;
#define FZ_PORTS 2

/** The port that boxes of this kind connect to; 0 when there is none. */
uint16_t fz_hub_port(const FzHub *hub, FzPortKind kind);

/** Run, isolate or suspend from now on; from any thread. The loops follow at
 *  once, each in its turn. @return false when it is so already, or ends */
bool fz_hub_set_state(FzHub *hub, FzHubState state);
FzHubState fz_hub_state(const FzHub *hub);

/** Take no new message, finish the acknowledgements, close every link; returns
 *  when all are closed. A link that is not done after `patience_ms` is closed
 *  as it is. Messages that plugins still have in hand then are waited for a
 *  little longer. @return false when even those did not come back: neither the
 *  plugins nor the hub can be given up then */
bool fz_hub_drain(FzHub *hub, int64_t patience_ms);

/** A hub that was never started, or was drained. NULL is allowed. */
void fz_hub_destroy(FzHub *hub);

FzBoxTotals fz_hub_totals(const FzHub *hub);

/** FzHost.has_way; from any thread. */
bool fz_hub_has_way(FzHub *hub, int emulate, Octstr *boxc_id);

/** FzHost.inject and pluginbox_inject_message; from any thread. */
int fz_hub_inject(FzHub *hub, int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context);

/* --- an upgrade (handover.c) --------------------------------------------- */
typedef enum FzHeld {
    FZ_HELD = 0,
    FZ_HELD_BY_PLUGIN = 1, /* a message is with a plugin still */
} FzHeld;

/**
 * Take nothing more from any connection, refuse plugins' own messages, wait
 * until plugins have none in hand and theirs are acknowledged.
 *
 * @return FZ_HELD: fz_hub_freeze may follow; anything else: time was up, and
 *         fz_hub_release is to follow
 */
FzHeld fz_hub_hold(FzHub *hub, int64_t patience_ms) FZ_MUST_CHECK;
void fz_hub_release(FzHub *hub); /* go on as before */
/** How much fz_hub_save would write down of a hub that is held; false when its
 *  loops do not say so in time. */
bool fz_hub_measure(FzHub *hub, int64_t patience_ms, size_t *links_out,
                    size_t *octets_out);
/** Stop the loops for good: connections stay open, nobody serves them. */
void fz_hub_freeze(FzHub *hub);
/** Write down a frozen hub: its state, listeners and connections. */
void fz_hub_save(FzHub *hub, FzState *state, FzBuf *listeners, FzBuf *links);

/** What became of the connections of a state. */
typedef struct FzHubTaken {
    size_t kept;
    size_t lost; /* a descriptor was none of a connection */
} FzHubTaken;
/** Serve the state's connections, once the loops run; their descriptors are
 *  the hub's then.
 *  @param inherited  by descriptor, of `most`: was it left open for us? Those
 *                    that are taken are no more
 */
FzHubTaken fz_hub_restore(FzHub *hub, const FzState *state, bool *inherited,
                          size_t most);

/* --- for the files of box/link/ ------------------------------------------ */
struct FzLink;
struct FzJob;

struct FzShard {
    FzHub *hub;
    struct FzLink *first_guest, *last_guest; /* guest.c */
    size_t turned_out;
    int64_t told_ms; /* when the log was told of one turned out */
    FzTimer guest_timer;
    FzLoop *loop;
    long thread;
    struct FzLink *links;
    _Atomic size_t link_count;
    struct FzJob *spare_jobs;
    size_t spares;
    FzHubState state; /* as this loop has heard */
    bool holding;     /* for an upgrade: nothing is read or begun */
    _Atomic size_t in_hand, injected; /* by handover.c: seen when it looked */
    _Atomic size_t state_octets;      /* the same, when it measured */
    _Atomic unsigned looks;
    unsigned looked;      /* of the thread that asks */
    _Atomic bool running; /* its thread was started and has to be joined */
    FzBoxCounters counters;
};

/** A port of ours and bearerbox's behind it; door.c. */
typedef struct FzPort {
    FzHub *hub;
    FzPortKind kind;
    const char *name;      /* "smsbox": what its keys begin with */
    bool fronted;          /* false: nobody listens and nothing below holds */
    const char *interface; /* NULL: every one */
    uint16_t wanted;       /* 0: any free port */
    uint16_t number;       /* listened on */
    uint16_t bearerbox_port;
    FzPace pace;         /* of connections to it */
    FzFarewell farewell; /* of bearerbox */
    FzKnock knock;       /* while that lasts; of the first loop */
    const FzTls *tls;    /* what boxes speak here; NULL: plain */
    const FzTls *up_tls; /* what bearerbox does */
    size_t denied;       /* by their address, since the log was told */
    int64_t told_ms;
    FzWatch listener;     /* of the first loop */
    FzTimer listen_again; /* after descriptors ran out */
} FzPort;

struct FzHub {
    const FzBoxConfig *config;
    const FzChain *chain;
    FzPort port[FZ_PORTS];          /* by FzPortKind */
    FzResolver *bearerbox;          /* where it is */
    FzTls *server_tls, *client_tls; /* NULL: no port wants it */
    FzShard *shard;
    size_t shards;
    _Atomic uint64_t last_number;
    _Atomic size_t boxes;        /* links that are counted as one */
    _Atomic size_t guests;       /* that have not said who they are */
    _Atomic int state;           /* FzHubState */
    struct FzRegistry *registry; /* inject.c */
};

/** Something that every loop that runs is told. */
typedef struct FzOrder {
    FzPost post; /* first */
    FzShard *shard;
} FzOrder;
void fz_hub_order(FzHub *hub, void (*run)(FzPost *post));
void fz_hub_stop(FzHub *hub); /* the loops, as they are; joins their threads */
FzShard *fz_hub_least_loaded(FzHub *hub);

/* inject.c: who can be injected to */
struct FzRegistry *fz_registry_create(void);
void fz_registry_destroy(struct FzRegistry *registry);
/** No link of our own is opened from now on. */
void fz_registry_end(FzHub *hub);
/** Nothing is injected, until it is told otherwise. */
void fz_registry_hold(FzHub *hub, bool holds);
/** Note that a link's state is this now; `boxc_id` may be NULL. */
void fz_registry_set(FzHub *hub, uint64_t number, FzShard *shard,
                     const char *boxc_id, bool box_open, bool up_open);
void fz_registry_remove(FzHub *hub, uint64_t number);

#endif
