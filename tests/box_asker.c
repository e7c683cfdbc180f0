/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_asker.c - a plugin that uses the host's extension, as its texts ask
 *
 * The text of an sms says what to do with it:
 *     say:unchanged|ok|reject|drop|buffered|defer   that status
 *     say:odd          a status that nobody knows
 *     say:change       text and receiver changed
 *     say:id           another id and time
 *     say:swap         another Msg in place of this one
 *     say:null         the Msg destroyed and NULL in its place
 *     say:retype       the Msg's type changed
 *     say:huge         a text that no frame holds
 *     say:if FILE      DEFER while FILE exists, then UNCHANGED
 *     say:late MS STATUS...  the same, MS milliseconds later, from a thread
 *                            that gwlib does not know
 *     say:keep         never calls back
 *     say:inject-mt ID|say:inject-mo ID   UNCHANGED, and a message of its own
 *                      by FzHost.inject to the box ID (- for any)
 *     say:box          UNCHANGED, and a line "box NAME" for what the host calls
 *                      the box (- for none)
 *     say:classic-inject  the same by pluginbox_inject_message, to bearerbox
 * Anything else is UNCHANGED. args: a file to which a line "ms verb id" is
 * appended for each message judged, and "injected HOW NACK" when an injected
 * one has ended; "all" behind it asks for every message type, "reports" for
 * delivery reports besides.
 */
#include "config.h"

#include "abi/fanzhabox_host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static const FzHost *host;
static char trace_path[1024];
static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;

typedef struct Late {
    PluginBoxMsg *m;
    long ms;
    char rest[256];
} Late;

static void trace(const char *verb, const char *detail)
{
    struct timespec now;
    FILE *file;

    if (trace_path[0] == '\0')
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&trace_lock);
    file = fopen(trace_path, "a");
    if (file != NULL) {
        fprintf(file, "%lld %s %s\n",
                (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, verb,
                detail);
        fclose(file);
    }
    pthread_mutex_unlock(&trace_lock);
}

/* --- injecting ----------------------------------------------------------- */
static void injected(void *context, FzHostInjected how, ack_status_t nack)
{
    char detail[64];

    (void)context;
    snprintf(detail, sizeof detail, "%d %d", (int)how, (int)nack);
    trace("injected", detail);
}

static void classic_injected(ack_status_t status, void *context)
{
    injected(context, FZ_HOST_INJECTED_ACKED, status);
}

static Msg *own_message(const Msg *like)
{
    Msg *msg = msg_create(sms);

    msg->sms.sender = octstr_duplicate(like->sms.sender);
    msg->sms.receiver = octstr_duplicate(like->sms.receiver);
    msg->sms.msgdata = octstr_create("injected");
    msg->sms.time = 4711;
    msg->sms.sms_type = mt_push;
    return msg;
}

static void inject(int emulate, const char *to, const Msg *like)
{
    Octstr *boxc_id = strcmp(to, "-") == 0 ? NULL : octstr_create(to);
    Msg *msg = own_message(like);

    if (host->inject(emulate, boxc_id, msg, injected, NULL) != 0) {
        msg_destroy(msg);
        trace("injected", "no way");
    }
    octstr_destroy(boxc_id);
}

/* --- what the texts ask -------------------------------------------------- */
static void change(Msg *msg)
{
    octstr_destroy(msg->sms.msgdata);
    msg->sms.msgdata = octstr_create("changed");
    octstr_destroy(msg->sms.receiver);
    msg->sms.receiver = octstr_create("+4900");
}

static void swap(PluginBoxMsg *m)
{
    Msg *other = msg_duplicate(m->msg);

    msg_destroy(m->msg);
    m->msg = other;
    change(other);
}

static void grow(Octstr *text)
{
    while (octstr_len(text) < (2 << 20))
        octstr_append(text, text);
}

static int obey(PluginBoxMsg *m, const char *wish)
{
    static const struct {
        const char *verb;
        int status;
    } statuses[] = {
        {"unchanged", FZBOX_STATUS_UNCHANGED},
        {"ok", PLUGINBOX_MESSAGE_OK},
        {"reject", PLUGINBOX_MESSAGE_REJECT},
        {"drop", PLUGINBOX_MESSAGE_DROP},
        {"buffered", FZBOX_STATUS_BUFFERED},
        {"defer", FZBOX_STATUS_DEFER},
        {"odd", 99},
    };
    char verb[64] = "", argument[512] = "";

    sscanf(wish, "%63s %511s", verb, argument);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (strcmp(verb, statuses[i].verb) == 0)
            return statuses[i].status;
    if (strcmp(verb, "if") == 0)
        return access(argument, F_OK) == 0 ? FZBOX_STATUS_DEFER
                                           : FZBOX_STATUS_UNCHANGED;
    if (strcmp(verb, "inject-mt") == 0)
        inject(PLUGINBOX_MESSAGE_FROM_SMSBOX, argument, m->msg);
    if (strcmp(verb, "inject-mo") == 0)
        inject(PLUGINBOX_MESSAGE_FROM_BEARERBOX, argument, m->msg);
    if (strcmp(verb, "box") == 0)
        trace("box", host->box(m) == NULL ? "-" : host->box(m));
    if (strcmp(verb, "classic-inject") == 0)
        pluginbox_inject_message(PLUGINBOX_MESSAGE_FROM_SMSBOX, NULL,
                                 own_message(m->msg), classic_injected, NULL);

    if (strcmp(verb, "change") == 0) {
        change(m->msg);
    } else if (strcmp(verb, "id") == 0) {
        memset(m->msg->sms.id, 0x5A, sizeof(uuid_t));
        m->msg->sms.time = 12345;
    } else if (strcmp(verb, "swap") == 0) {
        swap(m);
    } else if (strcmp(verb, "null") == 0) {
        msg_destroy(m->msg);
        m->msg = NULL;
    } else if (strcmp(verb, "retype") == 0) {
        m->msg->type = heartbeat;
    } else if (strcmp(verb, "huge") == 0) {
        grow(m->msg->sms.msgdata);
    } else {
        return FZBOX_STATUS_UNCHANGED;
    }
    return PLUGINBOX_MESSAGE_OK;
}

static void *answer_late(void *arg)
{
    Late *late = arg;

    usleep((useconds_t)late->ms * 1000);
    late->m->status = obey(late->m, late->rest);
    late->m->callback(late->m);
    gw_free(late);
    return NULL;
}

static void process(PluginBoxPlugin *p, PluginBoxMsg *m)
{
    char id[UUID_STR_LEN + 1] = "-";
    const char *text = "";
    int after = 0;
    long ms = 0;

    (void)p;
    if (msg_type(m->msg) == sms) {
        uuid_unparse(m->msg->sms.id, id);
        if (m->msg->sms.msgdata != NULL)
            text = octstr_get_cstr(m->msg->sms.msgdata);
    }
    trace(msg_type(m->msg) == sms ? "sms" : "other", id);
    if (sscanf(text, "say:late %ld %n", &ms, &after) == 1 && after > 0) {
        Late *late = gw_malloc(sizeof *late);
        pthread_t thread;

        *late = (Late){.m = m, .ms = ms};
        snprintf(late->rest, sizeof late->rest, "%s", text + after);
        if (pthread_create(&thread, NULL, answer_late, late) == 0)
            pthread_detach(thread);
        return;
    }
    if (strcmp(text, "say:keep") == 0)
        return;
    m->status = strncmp(text, "say:", 4) == 0 ? obey(m, text + 4)
                                              : FZBOX_STATUS_UNCHANGED;
    m->callback(m);
}

static void stop(PluginBoxPlugin *p)
{
    (void)p;
    trace("shutdown", "-");
}

__attribute__((visibility("default"))) int box_asker_init(PluginBoxPlugin *p);

int box_asker_init(PluginBoxPlugin *p)
{
    char mode[16] = "";

    p->context = NULL;
    host = dlsym(RTLD_DEFAULT, FZ_HOST_SYMBOL);
    if (host == NULL || host->abi != FZ_HOST_ABI ||
        host->msg_octets != sizeof(Msg) ||
        strcmp(host->kannel, FZ_KANNEL_VERSION) != 0)
        return 0;
    if (p->args != NULL)
        sscanf(octstr_get_cstr(p->args), "%1023s %15s", trace_path, mode);
    if (strcmp(mode, "reports") == 0 &&
        (host->capabilities & FZ_HOST_CAN_REPORTS) == 0)
        return 0;
    if (strcmp(mode, "all") != 0 &&
        host->want(p, FZ_HOST_TYPE_SMS |
                          (strcmp(mode, "reports") == 0 ? FZ_HOST_TYPE_REPORT
                                                        : 0)) != 0)
        return 0;
    if (host->want(p, 1u << 30) != -1 || host->want(NULL, 0) != -1)
        return 0;
    if (p->running_configuration != NULL) {
        CfgGroup *group = cfg_get_single_group(p->running_configuration,
                                               octstr_imm("fanzhabox"));
        Octstr *port =
            group == NULL ? NULL : cfg_get(group, octstr_imm("bearerbox-port"));

        trace("bearerbox-port", port == NULL ? "?" : octstr_get_cstr(port));
        octstr_destroy(port);
    }
    p->direction =
        PLUGINBOX_MESSAGE_FROM_SMSBOX | PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    p->process = process;
    p->shutdown = stop;
    return 1;
}
