/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_kit.h - a running fanzhabox between a stub bearerbox and stub boxes
 *
 * The host runs as the program that ships; both of its sides are plain
 * blocking sockets of the test, so that a test reads as what is sent and what
 * comes. Waits are bounded by KIT_PATIENCE_MS and end the test when nothing
 * came; "nothing comes" is waited for KIT_SILENCE_MS.
 */
#ifndef FZ_TESTS_BOX_KIT_H
#define FZ_TESTS_BOX_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define KIT_PATIENCE_MS 20000
#define KIT_SILENCE_MS 300

/* --- connections --------------------------------------------------------- */
typedef struct KitPeer { /* zeroed before its first use */
    int fd;
    uint8_t *held;
    size_t octets, room;
    uint8_t *frame; /* the last one read; valid until the next */
    size_t frame_octets;
} KitPeer;

void kit_send(KitPeer *peer, const void *octets, size_t count);
void kit_send_msg(KitPeer *peer, Msg *msg); /* msg stays the caller's */
void kit_send_ack(KitPeer *peer, const Msg *of, ack_status_t status);
void kit_send_admin(KitPeer *peer, long command, const char *boxc_id);

/** The next frame is in peer->frame; false when none came within `ms` or the
 *  connection has ended (kit_ended). */
bool kit_read_within(KitPeer *peer, int ms);
void kit_read(KitPeer *peer); /* fails the test when none comes */
Msg *kit_read_msg(KitPeer *peer);
/** The next frame is exactly this one. */
void kit_expect(KitPeer *peer, const void *frame, size_t octets);
/** The next message is an ack of `of` with this status. */
void kit_expect_ack(KitPeer *peer, const Msg *of, ack_status_t status);
void kit_expect_silence(KitPeer *peer);
/** A message each way with its acknowledgement. */
void kit_expect_works(KitPeer *box, KitPeer *up);
void kit_expect_end(KitPeer *peer); /* the other side closed */
void kit_close(KitPeer *peer);

/** A message's frame as Kannel would send it; gw_free it. */
uint8_t *kit_frame(Msg *msg, size_t *octets_out);
/** An sms with this text, a sender and receiver of its own. */
Msg *kit_sms(long sms_type, const char *text);
Msg *kit_sms_between(long sms_type, const char *sender, const char *receiver,
                     const char *text);

/* --- the host ------------------------------------------------------------ */
typedef struct KitHost {
    pid_t pid;
    uint16_t port;     /* for boxes */
    uint16_t wap_port; /* for wapboxes; 0: not fronted */
    uint16_t up_port;  /* of the stub bearerbox, for both */
    int listener;      /* -1 while bearerbox is away */
    char log[512];     /* its standard error */
} KitHost;

/** The program that is started; NULL: the one that was built. */
extern const char *kit_program;
/** Run a program with `--config' of this host and one option more; its exit
 *  status, and what it said (gw_free it). */
int kit_run(const char *option, char **said_out);

/** Checked fixture of every test case that uses this. */
void kit_begin(void);
void kit_end(void);

/** Start a host: keys are added to `group = fanzhabox', groups come behind;
 *  both may be "". The stub bearerbox listens already. */
void kit_start(KitHost *host, const char *keys, const char *groups);
/** The same with the WAP port fronted. */
void kit_start_wap(KitHost *host, const char *keys, const char *groups);
/** A plugin group for `groups`; static storage, several may be joined. */
const char *kit_plugin(const char *name, const char *args, int priority);

void kit_signal(KitHost *host, int signal);
int kit_wait(KitHost *host);  /* its exit status; -signal when it was killed */
void kit_stop(KitHost *host); /* TERM; it must end with 0 */
char *kit_log(KitHost *host); /* gw_free it */
/** Wait until the log has this text. */
void kit_expect_log(KitHost *host, const char *text);

void kit_bearerbox_away(KitHost *host); /* no connect succeeds */
void kit_bearerbox_back(KitHost *host);

/** A box connects; named NULL it sends nothing. */
void kit_box(KitHost *host, KitPeer *box, const char *boxc_id);
/** Connect to one of the host's ports, sending nothing. */
void kit_connect(KitPeer *peer, uint16_t port);
/** A wapbox and its connection to the stub bearerbox. */
void kit_wap_pair(KitHost *host, KitPeer *wapbox, KitPeer *up);
/** bearerbox's end of the next connection of the host. */
void kit_accept(KitHost *host, KitPeer *up);
bool kit_accept_within(KitHost *host, KitPeer *up, int ms);
/** The same, and the box is named on it. */
void kit_accept_box(KitHost *host, KitPeer *up, const char *boxc_id);
/** Both, and the identification between them. */
void kit_pair(KitHost *host, KitPeer *box, KitPeer *up, const char *boxc_id);

/** Start with that file's text as the configuration and expect exit status 1;
 *  what it said; gw_free it. */
char *kit_refused(const char *config);
/** The same, with any exit status. */
char *kit_ended(const char *config, int *status_out);
/** Free port of the loopback, taken as long as *fd_out is open. */
uint16_t kit_taken_port(int *fd_out);

/** The lines of a plugin's trace that hold `word`. */
size_t kit_count_lines(const char *path, const char *word);
void kit_expect_in_file(const char *path, const char *text); /* waits */
char *kit_read_file(const char *path); /* "" when missing; gw_free it */

#endif
