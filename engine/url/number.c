/* SPDX-License-Identifier: BSD-2-Clause
 *
 * number.c - which digits are the telephone number of somebody
 */
#include "config.h"

#include "engine/url/find.h"

#include <stdio.h>

#define NUMBER_GROUPS 10

/* Digits, and where they were held apart. */
typedef struct Number {
    char digit[FZ_NUMBER_DIGITS + 1];
    uint32_t place[FZ_NUMBER_DIGITS]; /* of each digit, in the view */
    uint32_t digits;
    uint8_t border[NUMBER_GROUPS + 1]; /* digits in front of each group */
    uint32_t groups;
    uint32_t first_end; /* of the first group, in the view */
    bool plus;
} Number;

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

/* At a digit, or a plus in front of one; groups are held apart by two
 * separators at most. Groups that have no room are left for later. */
static void read_number(const FzFind *find, uint32_t at, Number *number)
{
    number->digits = number->groups = 0;
    number->plus = find->octets[at] == '+';
    if (number->plus)
        at++;
    while (number->groups < NUMBER_GROUPS) {
        uint32_t from = number->digits, next = at;

        for (; fz_is_digit(fz_find_octet(find, at)); at++) {
            if (number->digits < FZ_NUMBER_DIGITS) {
                number->digit[number->digits] = (char)find->octets[at];
                number->place[number->digits] = at;
            }
            number->digits++;
        }
        if (number->digits > FZ_NUMBER_DIGITS) {
            number->digits = from;
            number->first_end = number->groups == 0 ? at : number->first_end;
            break;
        }
        number->border[number->groups++] = (uint8_t)from;
        if (number->groups == 1)
            number->first_end = at;
        for (next = at; next < at + 2; next++)
            if (!is_separator(fz_find_octet(find, next)))
                break;
        if (next == at || !fz_is_digit(fz_find_octet(find, next)))
            break;
        at = next;
    }
    number->border[number->groups] = (uint8_t)number->digits;
}

/* How a number is dialled from anywhere: this in front of the digits behind
 * `skip`. */
typedef struct Dialled {
    char front[6];
    uint32_t skip;
} Dialled;

static bool starts(FzSlice digits, const char *with)
{
    return digits.octets >= strlen(with) &&
           memcmp(digits.data, with, strlen(with)) == 0;
}

bool fz_number_is_chinese_mobile(FzSlice digits)
{
    return digits.octets == 11 && digits.data[0] == '1' &&
           digits.data[1] >= '3';
}

/* 010 and 02x have eight digits behind them, the others seven or eight, which
 * begin with 2 to 8. */
static bool is_chinese_landline(FzSlice digits)
{
    size_t area = starts(digits, "010") || starts(digits, "02") ? 3 : 4;

    if (digits.octets < 11 || digits.data[0] != '0' || digits.data[1] < '1' ||
        digits.data[area] < '2' || digits.data[area] > '8')
        return false;
    return area == 3 ? digits.octets == 11 : digits.octets <= 12;
}

/* 400 and 800 numbers, short ones of banks and operators, access codes: dialled
 * as they are, and from nowhere else. */
static bool is_chinese_service(FzSlice digits)
{
    if (digits.octets == 10)
        return starts(digits, "400") || starts(digits, "800");
    if (digits.octets == 5)
        return starts(digits, "95") || starts(digits, "10086") ||
               starts(digits, "10010") || starts(digits, "10000");
    return digits.octets >= 8 && digits.octets <= 20 && starts(digits, "106");
}

static bool dial_chinese(FzSlice digits, Dialled *out)
{
    if (is_chinese_service(digits)) {
        *out = (Dialled){"", 0};
        return true;
    }
    if (fz_number_is_chinese_mobile(digits)) {
        *out = (Dialled){"+86", 0};
        return true;
    }
    if (starts(digits, "86") && fz_number_is_chinese_mobile(fz_slice(
                                    digits.data + 2, digits.octets - 2))) {
        *out = (Dialled){"+", 0};
        return true;
    }
    if (is_chinese_landline(digits)) {
        *out = (Dialled){"+86", 1};
        return true;
    }
    return false;
}

static bool dial_american(FzSlice digits, Dialled *out)
{
    uint32_t area = digits.octets == 11 && digits.data[0] == '1' ? 1 : 0;

    if (digits.octets - area != 10 || digits.data[area] < '2' ||
        digits.data[area + 3] < '2')
        return false;
    *out = (Dialled){"+1", area};
    return true;
}

/* What these digits, all of them, are to who would dial them. */
static bool dial(const char *country, FzSlice digits, bool plus, Dialled *out)
{
    if (plus) {
        *out = (Dialled){"+", 0};
        return digits.octets >= 7 && digits.octets <= 15 &&
               digits.data[0] != '0';
    }
    if (starts(digits, "00")) {
        *out = (Dialled){"+", 2};
        return digits.octets >= 12 && digits.octets <= 17 &&
               digits.data[2] != '0';
    }
    if (strcmp(country, "86") == 0)
        return dial_chinese(digits, out);
    if (strcmp(country, "1") == 0)
        return dial_american(digits, out);
    /* elsewhere a national number begins with 0, or is not told from others */
    if (digits.octets < 9 || digits.octets > 12 || digits.data[0] != '0' ||
        digits.data[1] == '0')
        return false;
    snprintf(out->front, sizeof out->front, "+%s", country);
    out->skip = 1;
    return true;
}

/* Short numbers are amounts, years and codes as well. */
bool fz_number_is_amount(const FzFind *find, uint32_t from, uint32_t to)
{
    static const char *const units[] = {"元",   "块", "万", "%",  "个", "人",
                                        "积分", "分", "名", "份", "rmb"};

    if (from > 0 && strchr("$", find->octets[from - 1]) != NULL)
        return true;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (to < find->length && fz_find_is(find, to, units[i]))
            return true;
    return false;
}

/* A number within a name or code is none. */
bool fz_number_stands_alone(const FzFind *find, uint32_t from, uint32_t to)
{
    uint8_t behind = fz_find_octet(find, to);

    return !fz_is_alpha(behind) && behind != '_' &&
           (from == 0 || find->octets[from - 1] != '_');
}

static bool add_dialled(FzFind *find, const Number *number, uint32_t groups)
{
    uint32_t from = number->place[0];
    uint32_t to = number->place[number->border[groups] - 1] + 1;
    FzSlice digits = fz_slice(number->digit, number->border[groups]);
    bool letter = from > 0 && fz_is_alpha(find->octets[from - 1]);
    Dialled dialled = {"", 0};

    if (!dial(fz_tables_country(find->tables), digits, number->plus,
              &dialled) ||
        !fz_number_stands_alone(find, from, to))
        return false;
    if (dialled.front[0] == '\0' &&
        (letter || fz_number_is_amount(find, from, to)))
        return false;
    if (number->plus)
        from--;
    fz_contact_add(
        find->urls, FZ_CONTACT_TEL, dialled.front,
        fz_slice(digits.data + dialled.skip, digits.octets - dialled.skip),
        fz_find_span(find, from, to));
    return true;
}

/* The longest number that whole groups make, from the first on; where to go on
 * looking. */
static uint32_t add_number(FzFind *find, const Number *number)
{
    for (uint32_t groups = number->groups; groups > 0; groups--)
        if (add_dialled(find, number, groups))
            return number->place[number->border[groups] - 1] + 1;
    return number->first_end;
}

uint32_t fz_number_take(FzFind *find, uint32_t at)
{
    Number number;

    read_number(find, at, &number);
    return add_number(find, &number);
}
