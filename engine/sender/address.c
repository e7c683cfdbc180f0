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
    return digits == MOBILE_DIGITS && digit[0] == '1' && digit[1] >= '3' &&
           country[0] == '8' && country[1] == '6' && country[2] == '\0';
}

/* Without the country's own code; says whether there was another's. */
static bool cut_country(FzSenderAddress *out, const char *country, bool plus)
{
    uint32_t code = 0;

    while (code < out->octets && country[code] != '\0' &&
           out->text[code] == (uint8_t)country[code])
        code++;
    /* without a plus it may be a number that only begins so */
    if (code == out->octets || country[code] != '\0' ||
        !(plus ||
          is_home_mobile(country, out->text + code, out->octets - code)))
        return plus;
    out->text += code;
    out->octets -= code;
    return false;
}

static bool are_eight_digits(const uint8_t *octet)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t eight;

    memcpy(&eight, octet, sizeof eight);
    /* 3 above, and no more than 9 below */
    return ((eight & 0xF0 * ones) |
            ((eight + 0x06 * ones) >> 4 & 0x0F * ones)) == 0x33 * ones;
}

static bool are_digits(const uint8_t *octet, size_t count)
{
    size_t i = 0;

    for (; i + 8 <= count; i += 8)
        if (!are_eight_digits(octet + i))
            return false;
    if (i != 0) /* the rest, and some once more */
        return are_eight_digits(octet + count - 8);
    for (; i < count; i++)
        if (!is_digit(octet[i]))
            return false;
    return true;
}

static bool take_name(FzSlice sender, FzSenderAddress *out)
{
    bool letters = false;

    for (size_t i = 0; i < sender.octets; i++) {
        uint8_t c = sender.data[i];

        if (c >= 'A' && c <= 'Z')
            c |= 0x20;
        letters |= (c >= 'a' && c <= 'z') || c >= 0x80;
        out->room[i] = c;
    }
    out->octets = letters ? (uint32_t)sender.octets : 0;
    return letters;
}

/* Says whether there is a plus before them. */
static bool take_digits(FzSlice sender, FzSenderAddress *out)
{
    bool plus = false;

    for (size_t i = 0; i < sender.octets; i++) {
        plus |= sender.data[i] == '+' && out->octets == 0;
        if (is_digit(sender.data[i]))
            out->room[out->octets++] = sender.data[i];
    }
    return plus;
}

void fz_sender_canonical(FzSlice sender, const char *country,
                         FzSenderAddress *out)
{
    bool plus;

    out->shape = FZ_SHAPE_NONE;
    out->text = out->room;
    out->octets = 0;
    if (sender.data == NULL || sender.octets > FZ_SENDER_OCTETS ||
        sender.octets == 0)
        return;
    plus = sender.data[0] == '+';
    /* nearly all stand there as they are to be */
    if (are_digits(sender.data + plus, sender.octets - plus)) {
        out->text = sender.data + plus;
        out->octets = (uint32_t)(sender.octets - plus);
    } else if (take_name(sender, out)) {
        out->shape = FZ_SHAPE_NAME;
        return;
    } else {
        plus = take_digits(sender, out);
    }
    if (!plus && out->octets > 10 && out->text[0] == '0' &&
        out->text[1] == '0') {
        plus = true;
        out->text += 2;
        out->octets -= 2;
    }
    if (out->octets == 0)
        return;
    if (cut_country(out, country, plus))
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
    if ((address.shape != FZ_SHAPE_MOBILE &&
         address.shape != FZ_SHAPE_FOREIGN) ||
        strlen(country) > 4)
        return 0;
    if (address.shape == FZ_SHAPE_FOREIGN)
        country = "";
    put_form(forms[0], "+", country, &address);
    put_form(forms[1], "", country, &address);
    put_form(forms[2], address.shape == FZ_SHAPE_FOREIGN ? "00" : "", "",
             &address);
    return FZ_SENDER_FORMS;
}
