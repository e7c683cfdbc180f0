/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/host.h"

#include <dlfcn.h>

/* gwlib last: see docs/style */
#include "gwlib/gwlib.h"
#include "gw/msg.h"

const char *const fz_host_classic_lacks[] = {
    "defer: where a message should be tried again later, MT is rejected",
    "stop an MO: one that is held or rejected reaches the application with an "
    "empty text",
    "keep the frame: a message that passes is packed anew",
    "join parts: each part of a longer message is judged alone",
    "send a warning of our own, or release to bearerbox while the box is away",
    NULL,
};

static FzStatus check_extension(const FzHost *host, const FzDiagSink *sink)
{
    if (host->abi != FZ_HOST_ABI)
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "the host offers plugin extension %u and this "
                       "fanzha.so was built for %u: install both from one "
                       "release",
                       (unsigned)host->abi, (unsigned)FZ_HOST_ABI);
    if (strcmp(host->kannel, FZ_KANNEL_VERSION) != 0 ||
        host->msg_octets != sizeof(Msg))
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "the host was built for Kannel %s and this fanzha.so "
                       "for %s: their messages are laid out differently, "
                       "rebuild one of them",
                       host->kannel, FZ_KANNEL_VERSION);
    return FZ_OK;
}

/* A classic host tells its version in the sentence it reports about itself
 * only ("... version `1.4.5'."). */
static FzStatus check_classic(const FzDiagSink *sink)
{
    Octstr *report = version_report_string("plugin host");
    FzStatus status = FZ_OK;

    if (octstr_search(report, octstr_imm("version `" FZ_KANNEL_VERSION "'"),
                      0) < 0)
        status = fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                         "the host was not built for Kannel %s, for which "
                         "this fanzha.so was built: their messages are laid "
                         "out differently, rebuild one of them",
                         FZ_KANNEL_VERSION);
    octstr_destroy(report);
    return status;
}

FzStatus fz_host_find(PluginBoxPlugin *p, const FzDiagSink *sink,
                      FzHostLink *link_out)
{
    const FzHost *host = dlsym(RTLD_DEFAULT, FZ_HOST_SYMBOL);
    uint32_t types = FZ_HOST_TYPE_SMS;
    FzStatus status;

    if (host == NULL) {
        status = check_classic(sink);
        *link_out = (FzHostLink){.name = "a classic plugin host"};
        return status;
    }
    status = check_extension(host, sink);
    if (status != FZ_OK)
        return status;
    *link_out = (FzHostLink){
        .extension = host, .can = host->capabilities, .name = host->version};
    if ((host->capabilities & FZ_HOST_CAN_REPORTS) != 0)
        types |= FZ_HOST_TYPE_REPORT;
    if ((host->capabilities & FZ_HOST_CAN_WANT) != 0 &&
        host->want(p, types) != 0)
        return fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                       "the host does not let us ask for the types of "
                       "messages that we need");
    return FZ_OK;
}

const char *fz_host_box(const FzPlugin *plugin, const PluginBoxMsg *m)
{
    return (plugin->host.can & FZ_HOST_CAN_NAME_BOX) == 0
               ? NULL
               : plugin->host.extension->box(m);
}

static void empty_text(Msg *msg)
{
    octstr_destroy(msg->sms.msgdata);
    msg->sms.msgdata = octstr_create("");
}

static int classic_status(PluginBoxMsg *m, FzDisposition disposition)
{
    switch (disposition) {
    case FZ_DISPOSE_DELIVER:
    case FZ_DISPOSE_DELIVER_CHANGED:
        return PLUGINBOX_MESSAGE_OK;
    case FZ_DISPOSE_HOLD:
    case FZ_DISPOSE_WAIT:
        break;
    case FZ_DISPOSE_REFUSE:
    case FZ_DISPOSE_DEFER:
        if (m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX)
            return PLUGINBOX_MESSAGE_REJECT;
        break;
    }
    if (m->type == PLUGINBOX_MESSAGE_FROM_BEARERBOX)
        empty_text(m->msg); /* it is forwarded whatever we say */
    return PLUGINBOX_MESSAGE_DROP;
}

static int extension_status(const FzHostLink *host, FzDisposition disposition)
{
    switch (disposition) {
    case FZ_DISPOSE_DELIVER:
        return (host->can & FZ_HOST_CAN_UNCHANGED) != 0 ? FZBOX_STATUS_UNCHANGED
                                                        : PLUGINBOX_MESSAGE_OK;
    case FZ_DISPOSE_DELIVER_CHANGED:
        return PLUGINBOX_MESSAGE_OK;
    case FZ_DISPOSE_HOLD:
    case FZ_DISPOSE_WAIT:
        return FZBOX_STATUS_BUFFERED;
    case FZ_DISPOSE_REFUSE:
        return PLUGINBOX_MESSAGE_REJECT;
    case FZ_DISPOSE_DEFER:
        return FZBOX_STATUS_DEFER;
    }
    return FZBOX_STATUS_DEFER;
}

void fz_host_finish(FzPlugin *plugin, PluginBoxMsg *m,
                    FzDisposition disposition)
{
    int direction = m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX ? FZ_DIRECTION_MT
                                                             : FZ_DIRECTION_MO;

    fz_count(&plugin->counters.disposed[direction][disposition]);
    if (disposition == FZ_DISPOSE_DEFER &&
        (plugin->host.can & FZ_HOST_CAN_DEFER) == 0)
        fz_count(&plugin->counters.host_cannot_defer);
    m->status = plugin->host.extension == NULL
                    ? classic_status(m, disposition)
                    : extension_status(&plugin->host, disposition);
    m->callback(m);
}
