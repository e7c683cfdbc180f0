/* SPDX-License-Identifier: BSD-2-Clause
 *
 * upgrade.h - this process goes on as another program, with its connections
 *
 * The running program tries the one that bears its name now, holds its breath,
 * writes down what it knows of its connections (box/upgrade/state.h) and
 * executes the other one: process, sockets and supervisor stay. The new one
 * goes back to the old, and to the plugins' files that the old one had, when
 * it cannot start; nobody but the log notices.
 *
 * There is one process, so there is one upgrade: this module's state is its
 * own. Threads: the main one; fz_upgrade_ask and fz_upgrade_told any.
 * Source: docs/upgrade.md, docs/decisions/
 */
#ifndef FZ_BOX_UPGRADE_UPGRADE_H
#define FZ_BOX_UPGRADE_UPGRADE_H

#include "base/status.h"
#include "box/boxconf.h"
#include "box/chain.h"
#include "box/link/hub.h"
#include "box/upgrade/state.h"

#include <signal.h>

/* --- asking and telling -------------------------------------------------- */
typedef enum FzUpgradeStage {
    FZ_UPGRADE_NONE = 0,
    FZ_UPGRADE_ASKED = 1,
    FZ_UPGRADE_CHECKING = 2, /* the new program, beside the running one */
    FZ_UPGRADE_HOLDING = 3,  /* nothing is taken, nothing is lost */
    FZ_UPGRADE_STARTING = 4, /* the new one's plugins are being loaded */
    FZ_UPGRADE_DONE = 5,
    FZ_UPGRADE_REFUSED = 6,   /* nothing happened */
    FZ_UPGRADE_WENT_BACK = 7, /* the old one serves again */
} FzUpgradeStage;

typedef struct FzUpgradeTold {
    FzUpgradeStage stage; /* of the last attempt */
    uint32_t attempt;     /* its number; 0: there was none */
    uint32_t done;        /* how many went well */
    char text[512];       /* a sentence about it; "" when there is none */
} FzUpgradeTold;

void fz_upgrade_told(FzUpgradeTold *told_out);
/** "none", "asked", "checking", "holding", "starting", "done", "refused",
 *  "went back" */
const char *fz_upgrade_stage_name(FzUpgradeStage stage);

/** Ask the main thread for one, by this signal; its attempt's number, or 0 when
 *  one is under way. The signal alone, from outside, does nothing. */
#define FZ_UPGRADE_SIGNAL SIGUSR1
uint32_t fz_upgrade_ask(void);
/** What the main thread waits for: blocked in every thread, and from one
 * program to the next, so that none of them is lost or ends the process
 * between. */
void fz_upgrade_signals(sigset_t *set_out);
bool fz_upgrade_is_asked(void);

/* --- the program that comes ---------------------------------------------- */
/** First of all in main: notes program and arguments, and what was handed
 *  over. A state that cannot be read is told, and closed. */
void fz_upgrade_begin(int argc, char **argv, const FzDiagSink *sink);

/** What was handed over; NULL when nothing was, or after fz_upgrade_serves. */
const FzState *fz_upgrade_taken(void);

/** We are the old program, come back: serve with what it had, not with what
 *  is there now. */
bool fz_upgrade_came_back(void);

/** Starting failed, for that reason: be the old program again. Returns when
 *  there is none, or when we are it. */
void fz_upgrade_go_back(const char *why);

/** The loops run: take the connections up, and close what else there was. */
void fz_upgrade_serves(FzHub *hub, const FzChain *chain);

/** --check --takes-over=N: can a state of format N be read? */
bool fz_upgrade_reads(long format);

/* --- the program that goes ----------------------------------------------- */
typedef struct FzUpgradeHost {
    const FzBoxConfig *config;
    FzHub *hub;
    FzChain *chain;
    void (*stop_serving)(void *context); /* pages, plugins' own messages: the
                                            loops are held by then */
    void *context;
} FzUpgradeHost;

/** What was asked for. Returns when it was refused and all is as before; never
 *  after `stop_serving` was called. */
void fz_upgrade_run(const FzUpgradeHost *host);

/* --- trying (try.c) ------------------------------------------------------ */
/** Have `program' look at that configuration and say whether it could take over
 *  from us; false with a clause in `why'. */
bool fz_upgrade_try(char *program, const char *config, char *why, size_t room);

/** Leave the first line of what a program said, without its name and period. */
void fz_upgrade_first_line(char *text);

/* --- from outside (ask.c) ------------------------------------------------ */
/** `fanzhabox --upgrade': ask the running one by its pages, wait, say how it
 *  went on standard output; the exit status. */
int fz_upgrade_ask_running(const FzBoxConfig *config);

#endif
