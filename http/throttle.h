/* SPDX-License-Identifier: BSD-2-Clause
 *
 * throttle.h - who has been wrong too often of late, and who was right
 *
 * Fixed tables of clients: beyond its room the one silent for longest is
 * forgotten, so a storm from many addresses costs no memory. Those who were
 * right have a table of their own, which no storm fills.
 */
#ifndef FZ_HTTP_THROTTLE_H
#define FZ_HTTP_THROTTLE_H

#include <stdbool.h>
#include <stdint.h>

#define FZ_THROTTLE_CLIENTS 256
#define FZ_THROTTLE_WINDOW_MS 60000
#define FZ_THROTTLE_KNOWN 32
#define FZ_THROTTLE_KNOWN_MS 3600000

typedef struct FzThrottle {
    struct {
        char client[48];
        int64_t since_ms;
        int64_t last_ms;
        unsigned wrong;
    } row[FZ_THROTTLE_CLIENTS];
    struct {
        char client[48];
        int64_t last_ms;
    } known[FZ_THROTTLE_KNOWN];
    unsigned limit; /* wrong ones a window */
} FzThrottle;

void fz_throttle_init(FzThrottle *throttle, unsigned limit);
bool fz_throttle_blocked(const FzThrottle *throttle, const char *client,
                         int64_t now_ms);
void fz_throttle_wrong(FzThrottle *throttle, const char *client,
                       int64_t now_ms);

/** A right answer clears what stood against the client, who is known by it. */
void fz_throttle_right(FzThrottle *throttle, const char *client,
                       int64_t now_ms);

/** Was this client right within the last hour, and not wrong too often? */
bool fz_throttle_knows(const FzThrottle *throttle, const char *client,
                       int64_t now_ms);

#endif
