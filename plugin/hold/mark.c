/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/mark.h"
#include "base/digest.h"

#include <string.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* gw/dlr.h is not part of what a plugin may use; its numbers are the box
 * protocol's. */
#define DLR_UNDEFINED (-1)
#define DLR_BUFFERED 4
#define DLR_SMSC_SUCCESS 8
#define DLR_ANY 0x7F

#define PREFIX "#fanzha-"
#define PREFIX_OCTETS ((long)sizeof PREFIX - 1)
#define ID_TEXT (2 * FZ_MARK_ID_OCTETS)
#define MASK_DIGITS 3
#define URL_OCTETS 255
#define MARK_OCTETS (PREFIX_OCTETS + ID_TEXT + 1 + MASK_DIGITS)

#define META_GROUP "?orig_msg?"
#define META_MASK "dlr_mask="

static long mask_of(const Msg *msg)
{
    return msg->sms.dlr_mask == DLR_UNDEFINED ? 0 : msg->sms.dlr_mask & DLR_ANY;
}

bool fz_mark_is_wanted(const Msg *msg)
{
    return octstr_len(msg->sms.dlr_url) > 0 && mask_of(msg) != 0;
}

bool fz_mark_fits(const Msg *msg)
{
    return octstr_len(msg->sms.dlr_url) + MARK_OCTETS <= URL_OCTETS;
}

bool fz_mark_is_final(long type)
{
    return (type & (DLR_BUFFERED | DLR_SMSC_SUCCESS)) == 0;
}

/* As the gateway makes one for a message. */
void fz_mark_make_id(uint8_t id[FZ_MARK_ID_OCTETS])
{
    Msg *fresh = msg_create(sms);

    memcpy(id, fresh->sms.id, FZ_MARK_ID_OCTETS);
    msg_destroy(fresh);
}

void fz_mark_put(Msg *whole, const uint8_t *id, long asked)
{
    bool fits = fz_mark_fits(whole);
    long own = fits && fz_mark_is_wanted(whole) ? mask_of(whole) : 0;
    char text[ID_TEXT + 1];

    if (!fits || whole->sms.dlr_url == NULL) {
        octstr_destroy(whole->sms.dlr_url);
        whole->sms.dlr_url = octstr_create("");
    }
    fz_hex_encode(id, FZ_MARK_ID_OCTETS, text);
    octstr_format_append(whole->sms.dlr_url, PREFIX "%s-%ld", text, own);
    whole->sms.dlr_mask = asked & DLR_ANY;
}

/* "-" and the digits behind it, to the end. */
static bool read_mask(const char *text, const char *end, long *mask_out)
{
    long mask = 0;

    if (end - text < 2 || end - text > 1 + MASK_DIGITS || *text != '-')
        return false;
    while (++text < end) {
        if (*text < '0' || *text > '9')
            return false;
        mask = 10 * mask + (*text - '0');
    }
    *mask_out = mask & DLR_ANY;
    return true;
}

bool fz_mark_read(const Msg *report, FzMark *mark_out)
{
    long octets = octstr_len(report->sms.dlr_url);
    const char *url, *end, *at;

    if (octets < PREFIX_OCTETS + ID_TEXT + 2)
        return false;
    url = octstr_get_cstr(report->sms.dlr_url);
    end = url + octets;
    at = memrchr(url, '#', (size_t)octets);
    if (at == NULL || end - at < PREFIX_OCTETS + ID_TEXT + 2 ||
        memcmp(at, PREFIX, (size_t)PREFIX_OCTETS) != 0)
        return false;
    mark_out->url_octets = at - url;
    at += PREFIX_OCTETS;
    return fz_hex_decode(at, ID_TEXT, mark_out->id) == FZ_OK &&
           read_mask(at + ID_TEXT, end, &mark_out->mask);
}

/* Boxes that keep no state read there what was asked for. */
static void set_meta_mask(Octstr *meta_data, long mask)
{
    long group = meta_data == NULL
                     ? -1
                     : octstr_search(meta_data, octstr_imm(META_GROUP), 0);
    long at =
        group < 0 ? -1 : octstr_search(meta_data, octstr_imm(META_MASK), group);
    long digits = 0;
    char text[24];

    if (at < 0)
        return;
    at += (long)sizeof META_MASK - 1;
    for (int c = octstr_get_char(meta_data, at); c >= '0' && c <= '9';
         c = octstr_get_char(meta_data, at + digits))
        digits++;
    snprintf(text, sizeof text, "%ld", mask);
    octstr_delete(meta_data, at, digits);
    octstr_insert_data(meta_data, at, text, (long)strlen(text));
}

void fz_mark_remove(Msg *report, const FzMark *mark)
{
    if (mark->url_octets > 0) {
        octstr_truncate(report->sms.dlr_url, (int)mark->url_octets);
    } else {
        octstr_destroy(report->sms.dlr_url);
        report->sms.dlr_url = NULL;
    }
    set_meta_mask(report->sms.meta_data, mark->mask);
}

static void replace(Octstr **field, Octstr *with)
{
    octstr_destroy(*field);
    *field = octstr_duplicate(with);
}

Msg *fz_mark_copy(const Msg *report, const Msg *part)
{
    Msg *copy = msg_duplicate((Msg *)report);

    /* of its own: two in flight at one box are told apart by it */
    fz_mark_make_id(copy->sms.id);
    replace(&copy->sms.sender, part->sms.sender);
    replace(&copy->sms.receiver, part->sms.receiver);
    replace(&copy->sms.service, part->sms.service);
    replace(&copy->sms.dlr_url, part->sms.dlr_url);
    replace(&copy->sms.boxc_id, part->sms.boxc_id);
    replace(&copy->sms.account, part->sms.account);
    set_meta_mask(copy->sms.meta_data, mask_of(part));
    return copy;
}
