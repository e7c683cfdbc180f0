/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/box_kit.h"

#include "tests/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *build_path(const char *path)
{
    static char whole[4][1024];
    static unsigned turn;
    const char *top = getenv("top_builddir");

    turn = (turn + 1) % 4;
    snprintf(whole[turn], sizeof whole[turn], "%s/%s", top == NULL ? "." : top,
             path);
    return whole[turn];
}

/* --- connections --------------------------------------------------------- */
void kit_send(KitPeer *peer, const void *octets, size_t count)
{
    const uint8_t *at = octets;

    while (count > 0) {
        ssize_t put = send(peer->fd, at, count, MSG_NOSIGNAL);

        if (put < 0 && errno == EINTR)
            continue;
        ck_assert_msg(put > 0, "sending: %s", strerror(errno));
        at += put;
        count -= (size_t)put;
    }
}

uint8_t *kit_frame(Msg *msg, size_t *octets_out)
{
    Octstr *packed = msg_pack(msg);
    size_t octets = (size_t)octstr_len(packed);
    uint8_t *frame = gw_malloc(octets + 4);

    frame[0] = (uint8_t)(octets >> 24);
    frame[1] = (uint8_t)(octets >> 16);
    frame[2] = (uint8_t)(octets >> 8);
    frame[3] = (uint8_t)octets;
    memcpy(frame + 4, octstr_get_cstr(packed), octets);
    octstr_destroy(packed);
    *octets_out = octets + 4;
    return frame;
}

void kit_send_msg(KitPeer *peer, Msg *msg)
{
    size_t octets;
    uint8_t *frame = kit_frame(msg, &octets);

    kit_send(peer, frame, octets);
    gw_free(frame);
}

void kit_send_ack(KitPeer *peer, const Msg *of, ack_status_t status)
{
    Msg *msg = msg_create(ack);

    uuid_copy(msg->ack.id, of->sms.id);
    msg->ack.time = of->sms.time;
    msg->ack.nack = status;
    kit_send_msg(peer, msg);
    msg_destroy(msg);
}

void kit_send_admin(KitPeer *peer, long command, const char *boxc_id)
{
    Msg *msg = msg_create(admin);

    msg->admin.command = command;
    msg->admin.boxc_id = boxc_id == NULL ? NULL : octstr_create(boxc_id);
    kit_send_msg(peer, msg);
    msg_destroy(msg);
}

/* One read, waiting up to `ms`; false when nothing came or it has ended. */
static bool fill(KitPeer *peer, int ms)
{
    struct pollfd pfd = {.fd = peer->fd, .events = POLLIN};
    ssize_t got;

    if (poll(&pfd, 1, ms) != 1)
        return false;
    if (peer->room - peer->octets < 65536) {
        peer->room = peer->octets + 131072;
        peer->held = gw_realloc(peer->held, peer->room);
    }
    got =
        recv(peer->fd, peer->held + peer->octets, peer->room - peer->octets, 0);
    if (got <= 0)
        return false;
    peer->octets += (size_t)got;
    return true;
}

static size_t whole_frame(const KitPeer *peer)
{
    size_t octets;

    if (peer->octets < 4)
        return 0;
    octets = 4 + ((size_t)peer->held[0] << 24 | (size_t)peer->held[1] << 16 |
                  (size_t)peer->held[2] << 8 | (size_t)peer->held[3]);
    return peer->octets < octets ? 0 : octets;
}

bool kit_read_within(KitPeer *peer, int ms)
{
    int64_t until = now_ms() + ms;
    size_t octets;

    while ((octets = whole_frame(peer)) == 0) {
        int64_t left = until - now_ms();

        if (left < 0 || !fill(peer, (int)left))
            return false;
    }
    peer->frame = gw_realloc(peer->frame, octets);
    memcpy(peer->frame, peer->held, octets);
    peer->frame_octets = octets;
    memmove(peer->held, peer->held + octets, peer->octets - octets);
    peer->octets -= octets;
    return true;
}

void kit_read(KitPeer *peer)
{
    ck_assert_msg(kit_read_within(peer, KIT_PATIENCE_MS), "no frame came");
}

Msg *kit_read_msg(KitPeer *peer)
{
    Octstr *packed;
    Msg *msg;

    kit_read(peer);
    packed = octstr_create_from_data((char *)peer->frame + 4,
                                     (long)peer->frame_octets - 4);
    msg = msg_unpack(packed);
    octstr_destroy(packed);
    ck_assert_ptr_nonnull(msg);
    return msg;
}

void kit_expect(KitPeer *peer, const void *frame, size_t octets)
{
    kit_read(peer);
    ck_assert_uint_eq(peer->frame_octets, octets);
    ck_assert_mem_eq(peer->frame, frame, octets);
}

void kit_expect_ack(KitPeer *peer, const Msg *of, ack_status_t status)
{
    Msg *msg = kit_read_msg(peer);

    ck_assert_int_eq(msg_type(msg), ack);
    ck_assert_int_eq(msg->ack.nack, status);
    ck_assert_int_eq(msg->ack.time, of->sms.time);
    ck_assert_mem_eq(msg->ack.id, of->sms.id, sizeof(uuid_t));
    msg_destroy(msg);
}

void kit_expect_silence(KitPeer *peer)
{
    ck_assert_msg(!kit_read_within(peer, KIT_SILENCE_MS),
                  "a frame of %zu octets came, type %d", peer->frame_octets,
                  peer->frame[7]);
}

void kit_expect_works(KitPeer *box, KitPeer *up)
{
    Msg *down = kit_sms(mt_push, "works"), *back = kit_sms(mo, "works too");

    kit_send_msg(box, down);
    msg_destroy(kit_read_msg(up));
    kit_send_ack(up, down, ack_success);
    kit_expect_ack(box, down, ack_success);
    kit_send_msg(up, back);
    msg_destroy(kit_read_msg(box));
    kit_send_ack(box, back, ack_success);
    kit_expect_ack(up, back, ack_success);
    msg_destroy(down);
    msg_destroy(back);
}

void kit_expect_end(KitPeer *peer)
{
    int64_t until = now_ms() + KIT_PATIENCE_MS;

    while (now_ms() < until) {
        struct pollfd pfd = {.fd = peer->fd, .events = POLLIN};
        char octet[4096];

        if (poll(&pfd, 1, 100) == 1 &&
            recv(peer->fd, octet, sizeof octet, 0) <= 0)
            return;
    }
    ck_abort_msg("the connection was not closed");
}

void kit_close(KitPeer *peer)
{
    if (peer->fd > 0) /* a static one that was never used has 0 */
        close(peer->fd);
    gw_free(peer->held);
    gw_free(peer->frame);
    *peer = (KitPeer){.fd = -1};
}

/* --- messages ------------------------------------------------------------ */
Msg *kit_sms_between(long sms_type, const char *sender, const char *receiver,
                     const char *text)
{
    static long count;
    Msg *msg = msg_create(sms);

    msg->sms.sender = octstr_create(sender);
    msg->sms.receiver = octstr_create(receiver);
    msg->sms.msgdata = octstr_create(text);
    msg->sms.sms_type = sms_type;
    msg->sms.time = 1700000000 + count++;
    return msg;
}

Msg *kit_sms(long sms_type, const char *text)
{
    static unsigned count;
    char receiver[32];

    snprintf(receiver, sizeof receiver, "+49170%07u", count++);
    return kit_sms_between(sms_type, "12345", receiver, text);
}

/* --- the host ------------------------------------------------------------ */
void kit_begin(void)
{
    gwlib_init();
    log_set_output_level(GW_PANIC);
}

void kit_end(void)
{
    gwlib_shutdown();
}

/* Below the range from which the kernel takes ports for outgoing connections
 * (32768 on Linux): one that is given up for a while, for a program or a
 * bearerbox that comes later, is not taken by a connection meanwhile, nor
 * connected to itself. */
#define PORT_LOW 12000
#define PORT_HIGH 30000

static bool bind_to(int fd, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(port)};

    return bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
}

static uint16_t any_port(void)
{
    uint16_t number;

    ck_assert_int_eq(getrandom(&number, sizeof number, 0), sizeof number);
    return (uint16_t)(PORT_LOW + number % (PORT_HIGH - PORT_LOW));
}

/* @param port  0: any that is free */
static int listen_on(uint16_t port, uint16_t *port_out)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    bool bound = false;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    for (int tries = 0; !bound && tries < 1000; tries++) {
        *port_out = port != 0 ? port : any_port();
        bound = bind_to(fd, *port_out);
        if (port != 0)
            break;
    }
    ck_assert_msg(bound, "bind: %s", strerror(errno));
    ck_assert_int_eq(listen(fd, 512), 0);
    return fd;
}

uint16_t kit_taken_port(int *fd_out)
{
    uint16_t port;

    *fd_out = listen_on(0, &port);
    return port;
}

const char *kit_program;

int kit_run(const char *option, char **said_out)
{
    const char *program =
        kit_program == NULL ? build_path("box/fanzhabox") : kit_program;
    char command[2048], folder[1024];
    FILE *out;
    size_t octets;
    int status;

    snprintf(folder, sizeof folder, "%s", fz_test_folder());
    snprintf(command, sizeof command,
             "'%s' --config '%s/fanzhabox.conf' %s 2>&1", program, folder,
             option);
    out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    *said_out = gw_malloc(1 << 16);
    octets = fread(*said_out, 1, (1 << 16) - 1, out);
    (*said_out)[octets] = '\0';
    status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static pid_t spawn(const char *config, const char *log)
{
    const char *program =
        kit_program == NULL ? build_path("box/fanzhabox") : kit_program;
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

        /* a test that fails leaves no process behind */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(fd, STDERR_FILENO);
        dup2(fd, STDOUT_FILENO);
        execl(program, program, "--config", config, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

char *kit_read_file(const char *path)
{
    char *text = gw_malloc(1 << 20);
    FILE *file = fopen(path, "r");
    size_t octets = 0;

    if (file != NULL) {
        octets = fread(text, 1, (1 << 20) - 1, file);
        fclose(file);
    }
    text[octets] = '\0';
    return text;
}

char *kit_log(KitHost *host)
{
    return kit_read_file(host->log);
}

static bool file_has(const char *path, const char *text)
{
    char *content = kit_read_file(path);
    bool has = strstr(content, text) != NULL;

    gw_free(content);
    return has;
}

void kit_expect_in_file(const char *path, const char *text)
{
    int64_t until = now_ms() + KIT_PATIENCE_MS;

    while (!file_has(path, text)) {
        ck_assert_msg(now_ms() < until, "%s never said `%s'", path, text);
        usleep(10000);
    }
}

void kit_expect_log(KitHost *host, const char *text)
{
    kit_expect_in_file(host->log, text);
}

const char *kit_plugin(const char *name, const char *args, int priority)
{
    static char text[4][2048];
    static unsigned turn;
    char path[256];

    turn = (turn + 1) % 4;
    snprintf(path, sizeof path, "tests/.libs/%s.so", name);
    snprintf(text[turn], sizeof text[turn],
             "\ngroup = pluginbox-plugin\nid = %s-%u\npath = %s\n"
             "init = %s_init\nargs = \"%s\"\npriority = %d\n",
             name, turn, build_path(path), name, args, priority);
    return text[turn];
}

/* The port behind `said' in the log, once it stands there. */
static uint16_t port_said(KitHost *host, const char *said)
{
    uint16_t port;
    char *log;

    kit_expect_log(host, said);
    log = kit_log(host);
    port = (uint16_t)atoi(strstr(log, said) + strlen(said));
    gw_free(log);
    return port;
}

static void start(KitHost *host, const char *keys, const char *groups)
{
    char config[16384];

    snprintf(config, sizeof config,
             "group = fanzhabox\nbearerbox-host = 127.0.0.1\n"
             "bearerbox-port = %u\nsmsbox-interface = 127.0.0.1\n"
             "smsbox-port = 0\nlog-level = 0\n%s%s\n%s",
             host->up_port,
             /* the stub accepts at once */
             strstr(keys, "bearerbox-connect-pause") != NULL
                 ? ""
                 : "bearerbox-connect-pause = 0\n",
             keys, groups);
    snprintf(host->log, sizeof host->log, "%s/stderr", fz_test_folder());
    host->pid = spawn(fz_test_write("fanzhabox.conf", config), host->log);
    host->port = port_said(host, "listening for boxes on 127.0.0.1:");
    host->wap_port = 0;
}

void kit_start(KitHost *host, const char *keys, const char *groups)
{
    host->listener = listen_on(0, &host->up_port);
    start(host, keys, groups);
}

void kit_start_wap(KitHost *host, const char *keys, const char *groups)
{
    char more[8192];

    host->listener = listen_on(0, &host->up_port);
    snprintf(more, sizeof more,
             "wapbox-interface = 127.0.0.1\nwapbox-port = 0\n"
             "bearerbox-wapbox-port = %u\n%s",
             host->up_port, keys);
    start(host, more, groups);
    host->wap_port = port_said(host, "listening for wapboxes on 127.0.0.1:");
}

void kit_signal(KitHost *host, int number)
{
    kill(host->pid, number);
}

int kit_wait(KitHost *host)
{
    int64_t until = now_ms() + 2 * KIT_PATIENCE_MS;
    int status = 0;

    while (waitpid(host->pid, &status, WNOHANG) == 0) {
        ck_assert_msg(now_ms() < until, "it does not end");
        usleep(5000);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void kit_stop(KitHost *host)
{
    int status;

    kit_signal(host, SIGTERM);
    status = kit_wait(host);
    if (status != 0) {
        char *log = kit_log(host);
        size_t octets = strlen(log);

        ck_abort_msg("ended with %d:\n%s", status,
                     octets > 6000 ? log + octets - 6000 : log);
    }
    if (host->listener >= 0)
        close(host->listener);
}

void kit_bearerbox_away(KitHost *host)
{
    close(host->listener);
    host->listener = -1;
}

void kit_bearerbox_back(KitHost *host)
{
    uint16_t port;

    host->listener = listen_on(host->up_port, &port);
}

void kit_connect(KitPeer *box, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(port)};
    int one = 1;

    kit_close(box);
    box->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_msg(connect(box->fd, (struct sockaddr *)&at, sizeof at) == 0,
                  "connect: %s", strerror(errno));
    setsockopt(box->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void kit_box(KitHost *host, KitPeer *box, const char *boxc_id)
{
    kit_connect(box, host->port);
    if (boxc_id != NULL)
        kit_send_admin(box, cmd_identify, boxc_id);
}

bool kit_accept_within(KitHost *host, KitPeer *up, int ms)
{
    struct pollfd pfd = {.fd = host->listener, .events = POLLIN};
    int one = 1;

    if (poll(&pfd, 1, ms) != 1)
        return false;
    kit_close(up);
    up->fd = accept4(host->listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(up->fd, 0);
    setsockopt(up->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

void kit_accept(KitHost *host, KitPeer *up)
{
    ck_assert_msg(kit_accept_within(host, up, KIT_PATIENCE_MS),
                  "the host does not connect");
}

void kit_accept_box(KitHost *host, KitPeer *up, const char *boxc_id)
{
    Msg *msg;

    kit_accept(host, up);
    msg = kit_read_msg(up);
    ck_assert_int_eq(msg_type(msg), admin);
    ck_assert_int_eq(msg->admin.command, cmd_identify);
    ck_assert_str_eq(octstr_get_cstr(msg->admin.boxc_id), boxc_id);
    msg_destroy(msg);
}

void kit_pair(KitHost *host, KitPeer *box, KitPeer *up, const char *boxc_id)
{
    kit_box(host, box, boxc_id);
    kit_accept_box(host, up, boxc_id);
}

void kit_wap_pair(KitHost *host, KitPeer *wapbox, KitPeer *up)
{
    kit_connect(wapbox, host->wap_port);
    kit_accept(host, up);
}

char *kit_ended(const char *config, int *status_out)
{
    KitHost host = {.listener = -1};

    snprintf(host.log, sizeof host.log, "%s/stderr", fz_test_folder());
    host.pid = spawn(fz_test_write("fanzhabox.conf", config), host.log);
    *status_out = kit_wait(&host);
    return kit_log(&host);
}

char *kit_refused(const char *config)
{
    char *said;
    int status;

    said = kit_ended(config, &status);
    ck_assert_int_eq(status, 1);
    return said;
}

size_t kit_count_lines(const char *path, const char *word)
{
    char *text = kit_read_file(path);
    size_t lines = 0;

    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n"))
        lines += strstr(line, word) != NULL;
    gw_free(text);
    return lines;
}
