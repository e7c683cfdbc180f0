/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_reporter.c - a plugin that takes messages over and reports their failure
 *
 * An MT whose text is "report CODE REFERENCE" is answered as buffered; then its
 * sender is sent a failing report of ours, as architecture.md 5a has it:
 * report_mo with the message's dlr_url, dlr_mask 2, `err:' and `text:', through
 * the host's inject to the box that the message names. A box that is not there
 * is tried again, each 100 ms. args: a file to which "no way" and "reported
 * HOW NACK" are appended.
 */
#include "config.h"

#include "abi/fanzhabox_host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define DLR_FAIL 2
#define AGAIN_S 0.1

static const FzHost *host;
static char trace_path[1024];
static List *reports; /* of Msg; closed at the end */
static long reporter;

static void trace(const char *text)
{
    FILE *file = fopen(trace_path, "a");

    if (file == NULL)
        return;
    fprintf(file, "%s\n", text);
    fclose(file);
}

static void reported(void *context, FzHostInjected how, ack_status_t nack)
{
    char text[64];

    (void)context;
    snprintf(text, sizeof text, "reported %d %d", (int)how, (int)nack);
    trace(text);
}

static void send_reports(void *arg)
{
    Msg *report;

    (void)arg;
    while ((report = gwlist_consume(reports)) != NULL) {
        bool told = false;

        while (host->inject(PLUGINBOX_MESSAGE_FROM_BEARERBOX,
                            report->sms.boxc_id, report, reported, NULL) != 0) {
            if (!told)
                trace("no way");
            told = true;
            if (gwlist_producer_count(reports) == 0) {
                msg_destroy(report);
                break;
            }
            gwthread_sleep(AGAIN_S);
        }
    }
}

static Msg *report_about(const Msg *msg, const char *code,
                         const char *reference)
{
    Msg *report = msg_create(sms);

    report->sms.sms_type = report_mo;
    report->sms.dlr_mask = DLR_FAIL;
    report->sms.time = (long)time(NULL);
    report->sms.sender = octstr_duplicate(msg->sms.sender);
    report->sms.receiver = octstr_duplicate(msg->sms.receiver);
    report->sms.service = octstr_duplicate(msg->sms.service);
    report->sms.dlr_url = octstr_duplicate(msg->sms.dlr_url);
    report->sms.boxc_id = octstr_duplicate(msg->sms.boxc_id);
    report->sms.msgdata = octstr_format(
        "id:%s sub:001 dlvrd:000 submit date:2601010000 done date:2601010000 "
        "stat:UNDELIV err:%s text:%s",
        reference, code, reference);
    return report;
}

static void process(PluginBoxPlugin *p, PluginBoxMsg *m)
{
    char code[4], reference[21];
    Msg *report = NULL;

    (void)p;
    m->status = FZBOX_STATUS_UNCHANGED;
    if (m->msg->sms.msgdata != NULL &&
        sscanf(octstr_get_cstr(m->msg->sms.msgdata), "report %3s %20s", code,
               reference) == 2) {
        report = report_about(m->msg, code, reference);
        m->status = FZBOX_STATUS_BUFFERED;
    }
    m->callback(m);
    if (report != NULL)
        gwlist_produce(reports, report);
}

static void stop(PluginBoxPlugin *p)
{
    (void)p;
    gwlist_remove_producer(reports);
    gwthread_join(reporter);
    gwlist_destroy(reports, NULL);
}

__attribute__((visibility("default"))) int
box_reporter_init(PluginBoxPlugin *p);

int box_reporter_init(PluginBoxPlugin *p)
{
    p->context = NULL;
    host = dlsym(RTLD_DEFAULT, FZ_HOST_SYMBOL);
    if (host == NULL || (host->capabilities & FZ_HOST_CAN_INJECT) == 0 ||
        host->want(p, FZ_HOST_TYPE_SMS) != 0 || p->args == NULL)
        return 0;
    snprintf(trace_path, sizeof trace_path, "%s", octstr_get_cstr(p->args));
    reports = gwlist_create();
    gwlist_add_producer(reports);
    reporter = gwthread_create(send_reports, NULL);
    p->direction = PLUGINBOX_MESSAGE_FROM_SMSBOX;
    p->process = process;
    p->shutdown = stop;
    return 1;
}
