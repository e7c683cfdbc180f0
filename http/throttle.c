/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "http/throttle.h"

#include <stdio.h>
#include <string.h>

void fz_throttle_init(FzThrottle *throttle, unsigned limit)
{
    memset(throttle, 0, sizeof *throttle);
    throttle->limit = limit;
}

static int find(const FzThrottle *throttle, const char *client)
{
    for (int i = 0; i < FZ_THROTTLE_CLIENTS; i++)
        if (strcmp(throttle->row[i].client, client) == 0)
            return i;
    return -1;
}

bool fz_throttle_blocked(const FzThrottle *throttle, const char *client,
                         int64_t now_ms)
{
    int i = find(throttle, client);

    return i >= 0 && throttle->row[i].wrong >= throttle->limit &&
           now_ms - throttle->row[i].since_ms < FZ_THROTTLE_WINDOW_MS;
}

static int oldest(const FzThrottle *throttle)
{
    int found = 0;

    for (int i = 1; i < FZ_THROTTLE_CLIENTS; i++)
        if (throttle->row[i].last_ms < throttle->row[found].last_ms)
            found = i;
    return found;
}

void fz_throttle_wrong(FzThrottle *throttle, const char *client, int64_t now_ms)
{
    int i = find(throttle, client);

    if (i < 0) {
        i = oldest(throttle);
        snprintf(throttle->row[i].client, sizeof throttle->row[i].client, "%s",
                 client);
        throttle->row[i].wrong = 0;
        throttle->row[i].since_ms = now_ms;
    }
    if (now_ms - throttle->row[i].since_ms >= FZ_THROTTLE_WINDOW_MS) {
        throttle->row[i].wrong = 0;
        throttle->row[i].since_ms = now_ms;
    }
    throttle->row[i].wrong++;
    throttle->row[i].last_ms = now_ms;
}

void fz_throttle_right(FzThrottle *throttle, const char *client, int64_t now_ms)
{
    int i = find(throttle, client), known = 0;

    if (i >= 0)
        memset(&throttle->row[i], 0, sizeof throttle->row[i]);
    for (int at = 0; at < FZ_THROTTLE_KNOWN; at++) {
        if (strcmp(throttle->known[at].client, client) == 0) {
            known = at;
            break;
        }
        if (throttle->known[at].last_ms < throttle->known[known].last_ms)
            known = at;
    }
    snprintf(throttle->known[known].client,
             sizeof throttle->known[known].client, "%s", client);
    throttle->known[known].last_ms = now_ms;
}

bool fz_throttle_knows(const FzThrottle *throttle, const char *client,
                       int64_t now_ms)
{
    if (client[0] == '\0' || fz_throttle_blocked(throttle, client, now_ms))
        return false;
    for (int at = 0; at < FZ_THROTTLE_KNOWN; at++)
        if (strcmp(throttle->known[at].client, client) == 0)
            return now_ms - throttle->known[at].last_ms < FZ_THROTTLE_KNOWN_MS;
    return false;
}
