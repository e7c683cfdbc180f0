/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_load.c - boxes that send as many messages as their window allows
 *
 *     box-load --port N [--boxes N] [--texts FILE]
 *
 * Each box connects, gives its name and sends one message; when all are
 * answered (bearerbox takes a connection a second) a line says so. Then each
 * line `MESSAGES WINDOW` of standard input is a round: every box keeps WINDOW
 * messages without an answer, every answer sends the next, and one JSON object
 * tells messages a second and round trips (submit to acknowledgement) in
 * microseconds.
 *
 * FILE has one text a line (UTF-8); lines are sent in turn, as UCS-2 where the
 * 7-bit alphabet does not carry them. Without it, one sentence.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "bench/ends/peer.h"
#include "box/wire/pack.h"
#include "engine/message/message.h"
#include "engine/verdict/rewrite.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

enum {
    BOXES_MOST = 1000,
    UUID_TEXT = 36,
    ACK_OCTETS = FZ_PACK_ACK_OCTETS,
    TYPE_ACK = 3,
};

/* What the template's UUID looks like in the frame. */
static const char id_text[] = "11111111-1111-1111-1111-111111111111";

typedef struct Template {
    uint8_t *frame;
    size_t octets;
    size_t id_at; /* the UUID's text */
} Template;

typedef struct Load {
    int port, boxes;
    Template *templates;
    size_t template_count;
    Peer *peer[BOXES_MOST];
    /* one round */
    int window;
    long messages;    /* to be sent */
    long before;      /* sent in earlier rounds: numbers are never used again */
    int64_t *sent_ns; /* by number of the message in the round */
    uint32_t *trip_ns; /* in order of the answers */
    long sent, answered, refused;
    int64_t begun_ns;
} Load;

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* --- what is sent --------------------------------------------------------- */
static void add_template(Load *load, FzSlice text)
{
    FzBuf octets = FZ_BUF_INIT;
    Msg *msg = msg_create(sms);
    FzCoding coding = fz_encode_text(text, &octets);
    Template *made;

    msg->sms.sender = octstr_create("10690000");
    msg->sms.receiver = octstr_create("+8613900000000");
    msg->sms.msgdata =
        octstr_create_from_data((char *)octets.data, (long)octets.octets);
    msg->sms.service = octstr_create("bench");
    msg->sms.sms_type = mt_push;
    msg->sms.coding = (long)coding;
    msg->sms.time = 1;
    memset(msg->sms.id, 0x11, sizeof msg->sms.id);
    load->templates =
        fz_realloc(load->templates, (load->template_count + 1) * sizeof *made);
    made = &load->templates[load->template_count++];
    made->octets = fz_pack_octets(msg);
    made->frame = fz_malloc(made->octets);
    fz_pack(msg, made->frame);
    made->id_at = (size_t)((uint8_t *)memmem(made->frame, made->octets, id_text,
                                             UUID_TEXT) -
                           made->frame);
    msg_destroy(msg);
    fz_buf_clear(&octets);
}

static int read_templates(Load *load, const char *path)
{
    FzBuf file = FZ_BUF_INIT;
    char *line, *rest;

    if (path == NULL) {
        add_template(load, fz_slice_of("Your order 40127 has left our store; "
                                       "it will be with you on Tuesday."));
        return 0;
    }
    if (fz_buf_read_file(&file, path, 64u << 20, NULL) != FZ_OK) {
        fprintf(stderr, "box-load: %s cannot be read\n", path);
        return 1;
    }
    for (line = strtok_r((char *)file.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        add_template(load, fz_slice_of(line));
    fz_buf_clear(&file);
    return load->template_count == 0;
}

/* The number of the message is its UUID, so that an answer finds its time. */
static void send_one(Load *load, Peer *peer)
{
    const Template *from =
        &load->templates[(size_t)load->sent % load->template_count];
    uint8_t *at = peer_put(peer, from->octets);
    char tail[20];

    memcpy(at, from->frame, from->octets);
    snprintf(tail, sizeof tail, "%012lx",
             (load->before + load->sent) & 0xffffffffffff);
    memcpy(at + from->id_at + UUID_TEXT - 12, tail, 12);
    load->sent_ns[load->sent++] = now_ns();
}

/* --- what comes back ------------------------------------------------------ */
static void take_ack(Load *load, const uint8_t *frame)
{
    char tail[13] = "";
    uint32_t status = peer_get32(frame + 8);
    long number;

    memcpy(tail, frame + ACK_OCTETS - 12, 12);
    number = strtol(tail, NULL, 16) - load->before;
    if (number < 0 || number >= load->sent || load->sent_ns[number] == 0)
        return;
    load->trip_ns[load->answered] =
        (uint32_t)(now_ns() - load->sent_ns[number]);
    load->sent_ns[number] = 0;
    if (status != ack_success && status != ack_buffered)
        load->refused++;
    load->answered++;
}

static bool serve(Load *load, Peer *peer)
{
    size_t at = 0;
    long answered = load->answered;

    if (!peer_read(peer))
        return false;
    while (peer->in_octets - at >= 8) {
        uint32_t octets = peer_get32(peer->in + at);

        if (peer->in_octets - at < 4 + (size_t)octets)
            break;
        if (peer_get32(peer->in + at + 4) == TYPE_ACK)
            take_ack(load, peer->in + at);
        at += 4 + (size_t)octets;
    }
    peer_take(peer, at);
    while (answered++ < load->answered && load->sent < load->messages)
        send_one(load, peer);
    peer_flush(peer);
    return true;
}

static int open_boxes(Load *load, int loop)
{
    for (int i = 0; i < load->boxes; i++) {
        int fd = peer_connect(load->port);
        char name[16];
        FzSlice boxc;

        if (fd < 0) {
            perror("box-load: connect");
            return 1;
        }
        snprintf(name, sizeof name, "bench%d", i);
        boxc = fz_slice_of(name);
        load->peer[i] = peer_create(loop, fd, NULL);
        fz_pack_admin(cmd_identify, boxc,
                      peer_put(load->peer[i], fz_pack_admin_octets(boxc)));
        peer_flush(load->peer[i]);
    }
    return 0;
}

static int play(Load *load, int loop, long messages, int window)
{
    struct epoll_event events[64];

    load->before += load->sent;
    load->sent = load->answered = load->refused = 0;
    load->messages = messages;
    load->window = window;
    load->sent_ns =
        fz_realloc(load->sent_ns, (size_t)messages * sizeof *load->sent_ns);
    load->trip_ns =
        fz_realloc(load->trip_ns, (size_t)messages * sizeof *load->trip_ns);
    load->begun_ns = now_ns();
    for (int i = 0; i < load->boxes; i++) {
        for (int j = 0; j < window && load->sent < messages; j++)
            send_one(load, load->peer[i]);
        peer_flush(load->peer[i]);
    }
    while (load->answered < messages) {
        int found = epoll_wait(loop, events, 64, 60000);

        if (found == 0) {
            fprintf(stderr, "box-load: no answer for a minute, %ld of %ld\n",
                    load->answered, messages);
            return 1;
        }
        for (int i = 0; i < found; i++)
            if (!serve(load, events[i].data.ptr)) {
                fprintf(stderr, "box-load: the connection was closed\n");
                return 1;
            }
    }
    return 0;
}

/* --- what is told --------------------------------------------------------- */
static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static double trip_us(const Load *load, double share)
{
    return load->trip_ns[(long)(share * (double)(load->answered - 1))] / 1e3;
}

static void tell(Load *load)
{
    double seconds = (double)(now_ns() - load->begun_ns) / 1e9;

    qsort(load->trip_ns, (size_t)load->answered, sizeof *load->trip_ns,
          compare);
    printf("{\"boxes\":%d,\"window\":%d,\"messages\":%ld,\"refused\":%ld,"
           "\"seconds\":%.4f,\"per_second\":%.0f,\"round_trip_us\":"
           "{\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"most\":%.1f}}\n",
           load->boxes, load->window, load->answered, load->refused, seconds,
           (double)load->answered / seconds, trip_us(load, 0.5),
           trip_us(load, 0.9), trip_us(load, 0.99), trip_us(load, 1));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"port", 1, NULL, 'p'},
                                            {"boxes", 1, NULL, 'b'},
                                            {"texts", 1, NULL, 't'},
                                            {0}};
    Load load = {.boxes = 4};
    const char *texts = NULL;
    int loop = epoll_create1(EPOLL_CLOEXEC), window, c;
    long messages;
    char line[64];

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'p')
            load.port = atoi(optarg);
        else if (c == 'b')
            load.boxes = atoi(optarg);
        else if (c == 't')
            texts = optarg;
        else
            return 2;
    }
    if (load.port <= 0 || load.boxes < 1 || load.boxes > BOXES_MOST) {
        fprintf(stderr,
                "usage: box-load --port N [--boxes N] [--texts FILE]\n");
        return 2;
    }
    gwlib_init();
    log_set_output_level(GW_PANIC);
    if (read_templates(&load, texts) != 0 || open_boxes(&load, loop) != 0 ||
        play(&load, loop, load.boxes, 1) != 0)
        return 1;
    printf("{\"ready\":true}\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "%ld %d", &messages, &window) != 2 || messages < 1 ||
            window < 1) {
            fprintf(stderr, "box-load: a line is `MESSAGES WINDOW'\n");
            return 2;
        }
        if (play(&load, loop, messages, window) != 0)
            return 1;
        tell(&load);
    }
    return 0;
}
