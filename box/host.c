/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/host.h"

#include <stdatomic.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define EXPORTED __attribute__((visibility("default")))

static _Atomic(FzHub *) serving;

static int want(PluginBoxPlugin *plugin, uint32_t types)
{
    return fz_chain_want(plugin, types);
}

static int inject(int emulate, Octstr *boxc_id, Msg *msg,
                  void (*done)(void *context, FzHostInjected how,
                               ack_status_t nack),
                  void *context)
{
    FzHub *hub = atomic_load(&serving);

    if (hub == NULL)
        return -1;
    return fz_hub_inject(hub, emulate, boxc_id, msg, done, context);
}

static int has_way(int emulate, Octstr *boxc_id)
{
    FzHub *hub = atomic_load(&serving);

    return hub != NULL && fz_hub_has_way(hub, emulate, boxc_id);
}

static const char *box_of(const PluginBoxMsg *m)
{
    return ((const FzRun *)m)->box;
}

EXPORTED const FzHost fanzhabox_host = {
    .abi = FZ_HOST_ABI,
    .octets = sizeof(FzHost),
    .msg_octets = sizeof(Msg),
    .capabilities =
        FZ_HOST_CAN_DEFER | FZ_HOST_CAN_STOP_MO | FZ_HOST_CAN_UNCHANGED |
        FZ_HOST_CAN_WANT | FZ_HOST_CAN_INJECT | FZ_HOST_CAN_INJECT_AWAY |
        FZ_HOST_CAN_NAME_BOX | FZ_HOST_CAN_REPORTS | FZ_HOST_CAN_SAY_WAY,
    .kannel = FZ_KANNEL_VERSION,
    .version = "fanzhabox " FZ_VERSION,
    .want = want,
    .inject = inject,
    .box = box_of,
    .has_way = has_way,
};

/* --- the classic call ---------------------------------------------------- */
typedef struct ClassicAck {
    void (*ack)(ack_status_t status, void *context);
    void *context;
} ClassicAck;

static void classic_done(void *context, FzHostInjected how, ack_status_t nack)
{
    ClassicAck *classic = context;

    classic->ack(how == FZ_HOST_INJECTED_ACKED ? nack : ack_failed_tmp,
                 classic->context);
    gw_free(classic);
}

EXPORTED int pluginbox_inject_message(int emulate, Octstr *boxc_id, Msg *msg,
                                      void (*on_ack)(ack_status_t status,
                                                     void *context),
                                      void *context)
{
    ClassicAck *classic = NULL;

    if (on_ack != NULL) {
        classic = gw_malloc(sizeof *classic);
        *classic = (ClassicAck){on_ack, context};
    }
    if (inject(emulate, boxc_id, msg, classic == NULL ? NULL : classic_done,
               classic) != 0) {
        gw_free(classic);
        return 0;
    }
    return 1;
}

/* --- the program --------------------------------------------------------- */
/* libgw's msg.o is linked only when something refers to it; plugins need all
 * of its functions, the host none of these. */
static const void *volatile exported_for_plugins[] = {
    (const void *)msg_create_real,    (const void *)msg_duplicate,
    (const void *)msg_type,           (const void *)msg_destroy,
    (const void *)msg_destroy_item,   (const void *)msg_dump,
    (const void *)msg_pack,           (const void *)msg_unpack_real,
    (const void *)msg_unpack_wrapper,
};

void fz_host_serve(FzHub *hub)
{
    (void)exported_for_plugins[0];
    atomic_store(&serving, hub);
}

const char *fz_host_wrong_kannel(void)
{
    Octstr *report = version_report_string("fanzhabox");
    bool same =
        octstr_search(report, octstr_imm("version `" FZ_KANNEL_VERSION "'"),
                      0) != -1;

    octstr_destroy(report);
    return same ? NULL
                : "the gwlib in this program is not that of "
                  "Kannel " FZ_KANNEL_VERSION;
}
