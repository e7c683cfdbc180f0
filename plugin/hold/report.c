/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/report.h"
#include "base/digest.h"

#include <time.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* gw/dlr.h is not part of what a plugin may use; its numbers are the box
 * protocol's. */
#define DLR_UNDEFINED (-1)
#define DLR_FAIL 2
#define DLR_SMSC_FAIL 16

#define NO_CODE "999" /* three characters, as every SMSC's "unknown" */
#define REFERENCE_ID_OCTETS 8
#define DATE_OCTETS sizeof "2601022359"

bool fz_report_is_wanted(const Msg *msg)
{
    return octstr_len(msg->sms.dlr_url) > 0 &&
           msg->sms.dlr_mask != DLR_UNDEFINED &&
           (msg->sms.dlr_mask & (DLR_FAIL | DLR_SMSC_FAIL)) != 0;
}

const char *fz_report_box(const Msg *msg, const char *came_over)
{
    return octstr_len(msg->sms.boxc_id) > 0 ? octstr_get_cstr(msg->sms.boxc_id)
                                            : came_over;
}

void fz_report_reference(const Msg *msg, char text[FZ_REFERENCE_TEXT])
{
    fz_hex_encode(msg->sms.id, REFERENCE_ID_OCTETS, text);
}

static void write_date(int64_t time_s, char text[DATE_OCTETS])
{
    time_t seconds = (time_t)time_s;
    struct tm at;

    localtime_r(&seconds, &at); /* as bearerbox and SMSCs write it */
    snprintf(text, DATE_OCTETS, "%02u%02u%02u%02u%02u",
             (unsigned)at.tm_year % 100, (unsigned)at.tm_mon % 12 + 1,
             (unsigned)at.tm_mday % 32, (unsigned)at.tm_hour % 24,
             (unsigned)at.tm_min % 60);
}

/* The mask that was asked for goes along, for boxes that keep no state. */
static Octstr *with_mask(Octstr *meta_data, long mask)
{
    Octstr *out =
        meta_data == NULL ? octstr_create("") : octstr_duplicate(meta_data);

    octstr_format_append(out, "?orig_msg?dlr_mask=%ld&", mask);
    return out;
}

Msg *fz_report_failed(const Msg *msg, const char *code, const char *reference,
                      int64_t now_ms)
{
    char submitted[DATE_OCTETS], done[DATE_OCTETS];
    Msg *report = msg_create(sms);

    write_date(msg->sms.time, submitted);
    write_date(now_ms / 1000, done);
    report->sms.sms_type = report_mo;
    report->sms.dlr_mask = DLR_FAIL;
    report->sms.time = (long)(now_ms / 1000);
    report->sms.sender = octstr_duplicate(msg->sms.sender);
    report->sms.receiver = octstr_duplicate(msg->sms.receiver);
    report->sms.service = octstr_duplicate(msg->sms.service);
    report->sms.smsc_id = octstr_duplicate(msg->sms.smsc_id);
    report->sms.foreign_id = octstr_duplicate(msg->sms.foreign_id);
    report->sms.dlr_url = octstr_duplicate(msg->sms.dlr_url);
    report->sms.boxc_id = octstr_duplicate(msg->sms.boxc_id);
    report->sms.account = octstr_duplicate(msg->sms.account);
    report->sms.meta_data = with_mask(msg->sms.meta_data, msg->sms.dlr_mask);
    report->sms.msgdata = octstr_format(
        "id:%s sub:001 dlvrd:000 submit date:%s done date:%s stat:UNDELIV "
        "err:%s text:%s",
        reference, submitted, done, code == NULL ? NO_CODE : code, reference);
    return report;
}

void fz_report_note(const char *code, const char *reference,
                    char text[FZ_REPORT_NOTE_TEXT])
{
    snprintf(text, FZ_REPORT_NOTE_TEXT, "%.*s %.*s",
             FZ_LIMIT_REASON_CODE_OCTETS, code == NULL ? NO_CODE : code,
             FZ_LIMIT_REFERENCE_OCTETS, reference);
}

Msg *fz_report_from_note(const Msg *msg, FzSlice note, int64_t now_ms)
{
    char text[FZ_REPORT_NOTE_TEXT] = "", code[FZ_LIMIT_REASON_CODE_OCTETS + 1];
    char reference[FZ_REFERENCE_TEXT];

    if (note.octets > 0)
        snprintf(text, sizeof text, "%.*s", (int)note.octets,
                 (const char *)note.data);
    if (sscanf(text, "%3s %20s", code, reference) != 2) {
        strcpy(code, NO_CODE);
        fz_report_reference(msg, reference);
    }
    return fz_report_failed(msg, code, reference, now_ms);
}
