/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/knock.h"

#include "box/link/link.h"

#include <string.h>

#include "gwlib/gwlib.h"

/* bearerbox that ends accepts one a second, so its queue does not fill up. */
#define KNOCK_MS 1000

static FzLoop *loop_of(const FzPort *port)
{
    return port->hub->shard[0].loop;
}

/* --- the end ------------------------------------------------------------- */
void fz_knock_stop(FzPort *port)
{
    FzKnock *knock = &port->knock;

    if (knock->port == NULL)
        return;
    fz_loop_timer_stop(loop_of(port), &knock->timer);
    fz_stream_close(&knock->stream);
    knock->port = NULL;
}

static void is_over(FzPort *port, const char *what)
{
    info(0, "fanzhabox: bearerbox %s (its port %u); boxes connect again.", what,
         port->bearerbox_port);
    fz_knock_stop(port);
    fz_farewell_over(&port->farewell);
    fz_hub_order(port->hub, fz_up_try_all);
}

static void has_ended(FzPort *port)
{
    is_over(port, "has ended");
}

/* --- one connection ------------------------------------------------------ */
/* With no descriptor for two the one before leaves first: it must not stay. */
static int ask(FzKnock *knock)
{
    const FzAddress *to = &knock->addresses.at[knock->address];
    int failed = fz_stream_connect(&knock->stream, to);

    if (!fz_stream_is_shortage(failed) || !fz_stream_is_open(&knock->stream))
        return failed;
    fz_stream_close(&knock->stream);
    return fz_stream_connect(&knock->stream, to);
}

static void try_next(FzPort *port)
{
    FzKnock *knock = &port->knock;
    const FzAddresses *addresses = &knock->addresses;
    int failed;

    while (knock->refused < addresses->count) {
        failed = ask(knock);
        if (failed == 0 || fz_stream_is_shortage(failed))
            return; /* that says nothing of bearerbox: again when time is up */
        knock->refused++;
        knock->address = (knock->address + 1) % addresses->count;
    }
    has_ended(port);
}

static void next(FzPort *port)
{
    FzKnock *knock = &port->knock;

    fz_up_find_bearerbox(port, &knock->addresses);
    if (knock->address >= knock->addresses.count)
        knock->address = 0;
    knock->refused = 0;
    fz_loop_timer_set(loop_of(port), &knock->timer,
                      fz_loop_now_ms(loop_of(port)) + KNOCK_MS);
    try_next(port);
}

static void time_is_up(FzTimer *timer)
{
    FzPort *port =
        ((FzKnock *)((char *)timer - offsetof(FzKnock, timer)))->port;

    if (fz_farewell_lasts(&port->farewell, fz_loop_now_ms(loop_of(port))))
        next(port);
    else
        is_over(port, "was not seen to end within half a minute");
}

static FzPort *port_of(FzStream *stream)
{
    return ((FzKnock *)((char *)stream - offsetof(FzKnock, stream)))->port;
}

static void connected(FzStream *stream, int sys_errno)
{
    FzPort *port = port_of(stream);

    if (sys_errno == 0)
        return;
    port->knock.refused++;
    port->knock.address =
        (port->knock.address + 1) % port->knock.addresses.count;
    try_next(port);
}

static void ended(FzStream *stream, FzStreamEnd end, int sys_errno,
                  const char *why)
{
    (void)end, (void)sys_errno, (void)why;
    has_ended(port_of(stream));
}

static bool is_farewell(const FzFrame *frame)
{
    FzPackedFault fault;
    FzPacked packed;

    return fz_packed_read(fz_frame_payload(frame), &packed, &fault) == FZ_OK &&
           packed.type == admin &&
           (packed.admin.command == cmd_shutdown ||
            packed.admin.command == cmd_restart);
}

/* Who says anything else is there to stay. */
static FzStreamNext frame_came(FzStream *stream, const FzFrame *frame)
{
    if (is_farewell(frame))
        return FZ_STREAM_GO_ON;
    is_over(port_of(stream), "serves boxes");
    return FZ_STREAM_PAUSE;
}

static void stirred(FzStream *stream)
{
    (void)stream;
}

void fz_knock_begin(FzPort *port)
{
    static const FzStreamUser user = {.frame = frame_came,
                                      .ended = ended,
                                      .connected = connected,
                                      .stirred = stirred};
    FzKnock *knock = &port->knock;

    if (knock->port != NULL)
        return;
    memset(knock, 0, sizeof *knock);
    knock->port = port;
    knock->timer.fire = time_is_up;
    fz_stream_init(&knock->stream, loop_of(port), &user);
    fz_stream_use_tls(&knock->stream, port->up_tls);
    next(port);
}
