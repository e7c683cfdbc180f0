/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address.c - senders as they are written, and as the eye takes them
 */
#include "config.h"

#include "engine/sender/table.h"

#define SHORT_DIGITS 8   /* service numbers: 110, 95588, 9500001 */
#define MOBILE_DIGITS 11 /* of the country whose code is 86 */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_home_mobile(const char *country, const uint8_t *digit,
                           uint32_t digits)
{
    return strcmp(country, "86") == 0 && digits == MOBILE_DIGITS &&
           digit[0] == '1' && digit[1] >= '3';
}

/* Without the country's own code; says whether there was another's. */
static bool cut_country(FzSenderAddress *out, const char *country, bool plus)
{
    uint32_t code = (uint32_t)strlen(country);
    bool own = out->octets > code && memcmp(out->text, country, code) == 0;

    /* without a plus it may be a number that only begins so */
    if (own && (plus || is_home_mobile(country, out->text + code,
                                       out->octets - code))) {
        out->octets -= code;
        memmove(out->text, out->text + code, out->octets);
        return false;
    }
    return plus;
}

void fz_sender_canonical(FzSlice sender, const char *country,
                         FzSenderAddress *out)
{
    bool letters = false, plus = false, foreign;

    out->shape = FZ_SHAPE_NONE;
    out->octets = 0;
    if (sender.data == NULL || sender.octets > FZ_SENDER_OCTETS)
        return;
    for (size_t i = 0; i < sender.octets; i++) {
        uint8_t c = sender.data[i];

        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        letters |= (c >= 'a' && c <= 'z') || c >= 0x80;
        out->text[out->octets++] = c;
    }
    if (letters) {
        out->shape = FZ_SHAPE_NAME;
        return;
    }
    out->octets = 0;
    for (size_t i = 0; i < sender.octets; i++) {
        plus |= sender.data[i] == '+' && out->octets == 0;
        if (is_digit(sender.data[i]))
            out->text[out->octets++] = sender.data[i];
    }
    if (!plus && out->octets > 10 && out->text[0] == '0' &&
        out->text[1] == '0') {
        plus = true;
        out->octets -= 2;
        memmove(out->text, out->text + 2, out->octets);
    }
    if (out->octets == 0)
        return;
    foreign = cut_country(out, country, plus);
    if (foreign)
        out->shape = FZ_SHAPE_FOREIGN;
    else if (is_home_mobile(country, out->text, out->octets))
        out->shape = FZ_SHAPE_MOBILE;
    else
        out->shape =
            out->octets <= SHORT_DIGITS ? FZ_SHAPE_SHORT : FZ_SHAPE_OTHER;
}

uint32_t fz_sender_shape(FzSlice canonical, uint8_t *room)
{
    /* pairs: what is written, what it is taken for */
    static const char alike[] = "0oil1l|l5s$s@a8b";
    uint32_t used = 0;

    for (size_t i = 0; i < canonical.octets; i++) {
        uint8_t c = canonical.data[i];

        for (const char *pair = alike; *pair != '\0'; pair += 2)
            if (c == (uint8_t)*pair) {
                c = (uint8_t)pair[1];
                break;
            }
        if (c < 0x80 && !is_digit(c) && !(c >= 'a' && c <= 'z'))
            continue; /* blanks, hyphens, dots: nobody remembers them */
        room[used++] = c;
        if (used >= 2 && room[used - 2] == 'r' && room[used - 1] == 'n') {
            room[used - 2] = 'm';
            used--;
        } else if (used >= 2 && room[used - 2] == 'v' &&
                   room[used - 1] == 'v') {
            room[used - 2] = 'w';
            used--;
        }
    }
    return used;
}

static void put_form(char *out, const char *front, const char *country,
                     const FzSenderAddress *address)
{
    size_t at = 0;

    for (; *front != '\0'; front++)
        out[at++] = *front;
    for (; *country != '\0'; country++)
        out[at++] = *country;
    memcpy(out + at, address->text, address->octets);
    out[at + address->octets] = '\0';
}

uint32_t fz_sender_forms(FzSlice sender, const char *country,
                         char forms[FZ_SENDER_FORMS][FZ_SENDER_FORM_OCTETS])
{
    FzSenderAddress address;

    fz_sender_canonical(sender, country, &address);
    if (strlen(country) > 4 ||
        (address.shape != FZ_SHAPE_MOBILE && address.shape != FZ_SHAPE_FOREIGN))
        return 0;
    if (address.shape == FZ_SHAPE_FOREIGN)
        country = "";
    put_form(forms[0], "+", country, &address);
    put_form(forms[1], "", country, &address);
    put_form(forms[2], address.shape == FZ_SHAPE_FOREIGN ? "00" : "", "",
             &address);
    return FZ_SENDER_FORMS;
}
