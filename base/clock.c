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

void fz_clock_format(int64_t wall_ms, char *text)
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
