/* SPDX-License-Identifier: BSD-2-Clause
 *
 * up.c - a link's connection to bearerbox: made, lost, made again
 *
 * When it is lost, whoever waits for an acknowledgement from there hears
 * failed_tmp at once (the message may have arrived: a repetition is what a
 * lost connection costs everywhere in Kannel), and what bearerbox waits for is
 * forgotten: it sends that again. When bearerbox says that it ends, messages
 * are not sent any more but acknowledgements are waited for, so that nothing
 * needs to be repeated.
 */
#include "config.h"

#include "box/link/link.h"

#include <errno.h>
#include <string.h>

#include "gwlib/gwlib.h"

#define CONNECT_MS 10000
#define LEAVE_MS 2000  /* for acknowledgements after "shutdown" */
#define FINISH_MS 2000 /* for the peer's close after ours */

/* Back-off between attempts: doubled up to the longest, each varied by a
 * quarter so that many boxes do not knock at once. It is short, since a refused
 * attempt costs nobody anything; connections that end as soon as they are made
 * (bearerbox denies this address) are tried less and less often. */
#define AGAIN_FIRST_MS 250
#define AGAIN_LONGEST_MS 2000
#define SHORT_MS 1000 /* ended within, without a frame: so it was denied */
#define DENIED_LONGEST_MS 16000

/* bearerbox that ends says so to every box that it had when it began to, once
 * that has taken its messages; whoever came later hears nothing. */
#define WORDLESS_MS 5000 /* and no message: it was let in too late */

bool fz_up_takes_messages(const FzLink *link)
{
    return link->up_state == FZ_UP_CONNECTING || link->up_state == FZ_UP_OPEN;
}

bool fz_up_takes_frames(const FzLink *link)
{
    return fz_up_takes_messages(link) || link->up_state == FZ_UP_LEAVING;
}

static void set_state(FzLink *link, FzUpState state)
{
    link->up_state = state;
    fz_link_register(link);
    fz_link_stir(link);
}

/* Each of bearerbox's ports accepts at a pace of its own. */
static FzPace *pace_of(const FzLink *link)
{
    return &link->hub->port[link->port->kind].pace;
}

static FzFarewell *farewell_of(const FzLink *link)
{
    return &link->hub->port[link->port->kind].farewell;
}

bool fz_up_has_farewell(const FzLink *link)
{
    return fz_farewell_lasts(farewell_of(link), fz_loop_now_ms(link->loop));
}

/* --- losing -------------------------------------------------------------- */
static int64_t doubled(unsigned times, int64_t longest_ms)
{
    int64_t ms = AGAIN_FIRST_MS;

    for (unsigned i = 0; i < times && ms < longest_ms; i++)
        ms *= 2;
    return ms < longest_ms ? ms : longest_ms;
}

static int64_t back_off_ms(const FzLink *link)
{
    int64_t tries_ms = doubled(link->up_tries, AGAIN_LONGEST_MS);
    int64_t short_ms = doubled(link->up_short, DENIED_LONGEST_MS);
    int64_t ms = tries_ms > short_ms ? tries_ms : short_ms;

    return ms - ms / 4 + gw_rand() % (ms / 2 + 1);
}

static void answer_all(FzLink *link, bool was_open)
{
    FzHostInjected how =
        was_open ? FZ_HOST_INJECTED_LOST : FZ_HOST_INJECTED_UNSENT;
    FzFlying flying;

    while (fz_flight_take_oldest(&link->flight[FZ_SIDE_BOX], false, &flying))
        fz_relay_answer_box(link, flying.its_id, flying.its_time,
                            ack_failed_tmp);
    while (fz_flight_take_oldest(&link->flight[FZ_SIDE_BOX], true, &flying))
        fz_injection_end(flying.injection, how, ack_failed_tmp);
    while (fz_flight_take_oldest(&link->flight[FZ_SIDE_UP], false, &flying))
        continue; /* bearerbox sends them again */
}

void fz_up_lose(FzLink *link, int sys_errno, const char *why)
{
    bool was_open = link->up_state != FZ_UP_CONNECTING;
    int64_t now = fz_loop_now_ms(link->loop), again_ms;

    fz_stream_close(&link->up);
    fz_judge_forget(link, FZ_SIDE_UP);
    answer_all(link, was_open);
    if (!was_open)
        link->up_tries++;
    else if (link->up_heard || now - link->up_since_ms >= SHORT_MS)
        link->up_short = 0;
    else
        link->up_short++;
    if (sys_errno == ECONNREFUSED)
        fz_pace_give_back(pace_of(link));

    if (link->ending || link->draining) {
        fz_loop_timer_stop(link->loop, &link->up_timer);
    } else {
        if (!link->up_lost)
            warning(sys_errno,
                    "fanzhabox: Box `%s' has no connection to bearerbox (%s); "
                    "its messages are answered failed_tmp until it is back.",
                    fz_link_name(link), why);
        link->up_lost = true;
        again_ms = back_off_ms(link);
        debug("fanzha.box", 0,
              "fanzhabox: Box `%s' tries bearerbox again in %lld ms.",
              fz_link_name(link), (long long)again_ms);
        fz_loop_timer_set(link->loop, &link->up_timer, now + again_ms);
    }
    set_state(link, FZ_UP_AWAY);
}

/* --- leaving ------------------------------------------------------------- */
static void finish(FzLink *link)
{
    set_state(link, FZ_UP_FINISHING);
    fz_stream_finish(&link->up);
    fz_loop_timer_set(link->loop, &link->up_timer,
                      fz_loop_now_ms(link->loop) + FINISH_MS);
}

void fz_up_leave(FzLink *link)
{
    if (link->up_state != FZ_UP_OPEN)
        return;
    info(0,
         "fanzhabox: bearerbox ends; box `%s' stays and waits for its return.",
         fz_link_name(link));
    set_state(link, FZ_UP_LEAVING);
    fz_loop_timer_set(link->loop, &link->up_timer,
                      fz_loop_now_ms(link->loop) + LEAVE_MS);
}

/* Over a link that bearerbox let in too late there will be no word. */
static void expect_word(FzLink *link)
{
    if (link->up_state == FZ_UP_OPEN)
        fz_loop_timer_set(link->loop, &link->up_timer,
                          fz_loop_now_ms(link->loop) + WORDLESS_MS);
}

static void leave_unless_given(FzLink *link)
{
    if (!fz_up_has_farewell(link))
        return;
    if (link->up_mo_ms > fz_loop_now_ms(link->loop) - WORDLESS_MS ||
        link->flight[FZ_SIDE_UP].count > 0 || link->queue[FZ_SIDE_UP].jobs > 0)
        expect_word(link);
    else
        fz_up_leave(link);
}

static void hear_of_farewell(FzPost *post)
{
    FzShard *shard = ((FzOrder *)post)->shard;
    FzHub *hub = shard->hub;
    int64_t now = fz_loop_now_ms(shard->loop);

    gw_free(post);
    for (size_t i = 0; shard == &hub->shard[0] && i < FZ_PORTS; i++)
        if (fz_farewell_lasts(&hub->port[i].farewell, now))
            fz_knock_begin(&hub->port[i]);
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        if (fz_up_has_farewell(link))
            expect_word(link);
}

void fz_up_hear_farewell(FzLink *link)
{
    if (fz_farewell_said(farewell_of(link), fz_loop_now_ms(link->loop)))
        fz_hub_order(link->hub, hear_of_farewell);
}

void fz_up_settle(FzLink *link)
{
    if (link->up_state == FZ_UP_LEAVING &&
        link->flight[FZ_SIDE_BOX].count == 0 &&
        link->flight[FZ_SIDE_UP].count == 0)
        finish(link);
}

/* --- connecting ---------------------------------------------------------- */
static void open_in_turn(FzLink *link);

static void time_is_up(FzTimer *timer)
{
    FzLink *link = (FzLink *)((char *)timer - offsetof(FzLink, up_timer));

    switch (link->up_state) {
    case FZ_UP_CONNECTING:
        fz_up_lose(link, ETIMEDOUT,
                   link->up.shaking && !link->up.connecting
                       ? "it does not answer in TLS"
                       : "no connection came about");
        return;
    case FZ_UP_LEAVING:
        finish(link);
        return;
    case FZ_UP_FINISHING:
        fz_up_lose(link, 0, "bearerbox ended");
        return;
    case FZ_UP_AWAY:
        fz_up_open(link);
        return;
    case FZ_UP_WAITING:
        open_in_turn(link);
        return;
    case FZ_UP_OPEN:
        leave_unless_given(link);
        return;
    case FZ_UP_NONE:
        return;
    }
}

static void try_next(FzLink *link, int sys_errno);

static void put_identify(FzLink *link)
{
    if (link->identify != NULL)
        memcpy(fz_stream_put(&link->up, link->identify_octets), link->identify,
               link->identify_octets);
}

/* The address that link->up_address says; others follow when it fails. */
static void open_address(FzLink *link)
{
    const FzAddress *to = &link->up_addresses.at[link->up_address];
    int failed = fz_stream_connect(&link->up, to);

    if (failed != 0) {
        try_next(link, failed);
        return;
    }
    put_identify(link);
    fz_loop_timer_set(link->loop, &link->up_timer,
                      fz_loop_now_ms(link->loop) + CONNECT_MS);
    set_state(link, FZ_UP_CONNECTING);
}

void fz_up_find_bearerbox(const FzPort *port, FzAddresses *addresses_out)
{
    const char *name = port->hub->config->bearerbox_host;
    char text[FZ_ADDRESS_TEXT_OCTETS];

    switch (fz_resolver_get(port->hub->bearerbox, port->bearerbox_port,
                            addresses_out)) {
    case FZ_RESOLVER_SAME:
        return;
    case FZ_RESOLVER_MOVED:
        fz_address_text(&addresses_out->at[0], text);
        info(0, "fanzhabox: bearerbox-host `%s' is at %s now.", name, text);
        return;
    case FZ_RESOLVER_LOST:
        warning(0,
                "fanzhabox: bearerbox-host `%s' cannot be resolved now; what "
                "it stood for last is used.",
                name);
        return;
    }
}

static void open_now(FzLink *link)
{
    fz_up_find_bearerbox(link->port, &link->up_addresses);
    link->up_address = 0;
    open_address(link);
}

/* --- in turns ------------------------------------------------------------ */
/* It is told when that is over (fz_up_try_all), or sees the time pass. */
static void wait_for_the_end(FzLink *link)
{
    fz_loop_timer_set(link->loop, &link->up_timer,
                      fz_farewell_until(farewell_of(link)));
    set_state(link, FZ_UP_AWAY);
}

static void open_in_turn(FzLink *link)
{
    if (fz_up_has_farewell(link)) {
        fz_pace_give_back(pace_of(link));
        wait_for_the_end(link);
    } else {
        open_now(link);
    }
}

void fz_up_open(FzLink *link)
{
    int64_t now = fz_loop_now_ms(link->loop), due;

    if (fz_up_has_farewell(link)) {
        wait_for_the_end(link);
        return;
    }
    due = fz_pace_take(pace_of(link), now);
    /* what is injected cannot wait for a turn; it is one connection of all */
    if (due <= now || link->own) {
        open_now(link);
        return;
    }
    debug("fanzha.box", 0,
          "fanzhabox: Box `%s' is connected to bearerbox in %lld ms: others "
          "are before it.",
          fz_link_name(link), (long long)(due - now));
    fz_loop_timer_set(link->loop, &link->up_timer, due);
    set_state(link, FZ_UP_WAITING);
}

void fz_up_give_up(FzLink *link)
{
    switch (link->up_state) {
    case FZ_UP_WAITING:
        fz_pace_give_back(pace_of(link));
        break;
    case FZ_UP_AWAY:
        break;
    case FZ_UP_NONE:
    case FZ_UP_CONNECTING:
    case FZ_UP_OPEN:
    case FZ_UP_LEAVING:
    case FZ_UP_FINISHING:
        return;
    }
    fz_loop_timer_stop(link->loop, &link->up_timer);
    link->up_state = FZ_UP_AWAY;
}

static void try_now(FzLink *link)
{
    if (link->up_state == FZ_UP_AWAY && !link->ending && !link->draining)
        fz_up_open(link);
}

void fz_up_try_all(FzPost *order)
{
    FzShard *shard = ((FzOrder *)order)->shard;

    gw_free(order);
    for (FzLink *link = shard->links; link != NULL; link = link->next)
        try_now(link);
}

/* A name may stand for several addresses (localhost for ::1 and 127.0.0.1, and
 * bearerbox listens on the second alone). */
static void try_next(FzLink *link, int sys_errno)
{
    if (link->up_address + 1 == link->up_addresses.count) {
        fz_up_lose(link, sys_errno, "connecting failed");
        return;
    }
    link->up_address++;
    open_address(link);
}

static void begin(FzLink *link)
{
    fz_loop_timer_stop(link->loop, &link->up_timer);
    link->up_since_ms = fz_loop_now_ms(link->loop);
    link->up_mo_ms = link->up_since_ms;
    link->up_heard = false;
    link->up_tries = 0;
    if (link->up_lost)
        info(0, "fanzhabox: Box `%s' has its connection to bearerbox again.",
             fz_link_name(link));
    link->up_lost = false;
    set_state(link, FZ_UP_OPEN);
    if (fz_up_has_farewell(link))
        expect_word(link);
}

static void connected(FzStream *up, int sys_errno)
{
    FzLink *link = (FzLink *)((char *)up - offsetof(FzLink, up));

    if (sys_errno != 0)
        try_next(link, sys_errno);
    else
        begin(link);
}

void fz_up_heard(FzLink *link, enum msg_type type)
{
    link->up_heard = true;
    if (type == sms || type == wdp_datagram)
        link->up_mo_ms = fz_loop_now_ms(link->loop);
}

static void ended(FzStream *up, FzStreamEnd end, int sys_errno, const char *why)
{
    FzLink *link = (FzLink *)((char *)up - offsetof(FzLink, up));

    if (end == FZ_STREAM_NONSENSE)
        FZ_BOX_COUNT(link->shard->counters.nonsense);
    if (end == FZ_STREAM_EOF && !up->heard && link->up_state == FZ_UP_OPEN)
        why = "it was closed without a word: does bearerbox let us in by "
              "box-allow-ip, and speak TLS or not as bearerbox-port-ssl says";
    fz_up_lose(link, sys_errno, why);
}

static void stirred(FzStream *up)
{
    fz_link_stir((FzLink *)((char *)up - offsetof(FzLink, up)));
}

const FzStreamUser fz_up_user = {
    .frame = fz_relay_from_up,
    .ended = ended,
    .connected = connected,
    .stirred = stirred,
};

void fz_up_init(FzLink *link)
{
    fz_stream_init(&link->up, link->loop, &fz_up_user);
    fz_stream_use_tls(&link->up, link->port->up_tls);
    link->up_state = FZ_UP_NONE;
    link->up_timer.fire = time_is_up;
}
