/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now_us(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t fz_clock_wall_ms(void)
{
    return now_us(CLOCK_REALTIME) / 1000;
}

int64_t fz_clock_monotonic_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t fz_clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

static char *put_two(char *at, uint32_t number)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
    return at + 2;
}

/* The calendar in years that begin with March, so that the day that leap years
 * have is the last of them; four hundred years are 146,097 days. From 1970 to
 * 9999. */
static char *put_day(char *at, uint32_t since_epoch)
{
    uint32_t days = since_epoch + 719468; /* since 0000-03-01 */
    uint32_t era = days / 146097, of_era = days % 146097;
    uint32_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * of_year + 2) / 153; /* 0: March */
    uint32_t day = of_year - (153 * month + 2) / 5 + 1;
    uint32_t year = 400 * era + year_of_era + (month >= 10);

    month = month < 10 ? month + 3 : month - 9;
    at = put_two(put_two(at, year / 100), year % 100);
    *at++ = '-';
    at = put_two(at, month);
    *at++ = '-';
    return put_two(at, day);
}

/* libc's calendar knows all years, and costs more than a message's verdict. */
static void format_any(int64_t wall_ms, char *text)
{
    int64_t seconds = wall_ms / 1000;
    int milli = (int)(wall_ms % 1000);
    struct tm tm;
    time_t t;
    size_t n;

    if (milli < 0) {
        milli += 1000;
        seconds -= 1;
    }
    t = (time_t)seconds;
    gmtime_r(&t, &tm);
    n = strftime(text, FZ_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, FZ_CLOCK_TEXT - n, ".%03dZ", milli);
}

void fz_clock_format(int64_t wall_ms, char *text)
{
    const int64_t day_ms = INT64_C(86400000), year_10000 = 2932897 * day_ms;
    uint32_t of_day;
    char *at;

    if (wall_ms < 0 || wall_ms >= year_10000) {
        format_any(wall_ms, text);
        return;
    }
    of_day = (uint32_t)(wall_ms % day_ms);
    at = put_day(text, (uint32_t)(wall_ms / day_ms));
    *at++ = 'T';
    at = put_two(at, of_day / 3600000);
    *at++ = ':';
    at = put_two(at, of_day / 60000 % 60);
    *at++ = ':';
    at = put_two(at, of_day / 1000 % 60);
    *at++ = '.';
    *at++ = (char)('0' + of_day / 100 % 10);
    at = put_two(at, of_day % 100);
    *at++ = 'Z';
    *at = '\0';
}

static FzStatus parse_epoch(const char *text, int64_t *wall_ms_out)
{
    char *end;
    double seconds;

    errno = 0;
    seconds = strtod(text, &end);
    if (errno != 0 || *end != '\0' || !(fabs(seconds) < 1e12))
        return FZ_E_SYNTAX;
    *wall_ms_out = (int64_t)llround(seconds * 1000.0);
    return FZ_OK;
}

FzStatus fz_clock_parse(const char *text, int64_t *wall_ms_out)
{
    struct tm tm = {0};
    const char *rest;
    double fraction = 0.0;
    int offset_s = 0;

    if (strchr(text, 'T') == NULL && strchr(text, 't') == NULL)
        return text[0] == '\0' || isspace((unsigned char)text[0])
                   ? FZ_E_SYNTAX
                   : parse_epoch(text, wall_ms_out);
    rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL)
        return FZ_E_SYNTAX;
    if (*rest == '.') {
        char *end;

        fraction = strtod(rest, &end);
        rest = end;
    }
    if (*rest == 'Z' || *rest == 'z') {
        rest++;
    } else if (*rest == '+' || *rest == '-') {
        unsigned hours, minutes;
        int used = 0;

        if (sscanf(rest + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 ||
            used != 5 || hours > 23 || minutes > 59)
            return FZ_E_SYNTAX;
        offset_s = (int)(hours * 3600 + minutes * 60);
        if (*rest == '-')
            offset_s = -offset_s;
        rest += 6;
    } else {
        return FZ_E_SYNTAX;
    }
    if (*rest != '\0')
        return FZ_E_SYNTAX;
    *wall_ms_out = ((int64_t)timegm(&tm) - offset_s) * 1000 +
                   (int64_t)llround(fraction * 1000.0);
    return FZ_OK;
}

FzStatus fz_clock_parse_day(const char *text, int64_t *end_ms_out)
{
    unsigned year, month, day;
    char whole[FZ_CLOCK_TEXT];
    int used = 0;
    int64_t last_ms;

    if (sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &used) != 3 ||
        used != 10 || text[10] != '\0')
        return FZ_E_SYNTAX;
    snprintf(whole, sizeof whole, "%.10sT23:59:59Z", text);
    if (fz_clock_parse(whole, &last_ms) != FZ_OK)
        return FZ_E_SYNTAX;
    /* there and back, so that no 30th of February becomes a day */
    fz_clock_format(last_ms, whole);
    if (strncmp(whole, text, 10) != 0)
        return FZ_E_SYNTAX;
    *end_ms_out = last_ms + 1000;
    return FZ_OK;
}
