/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_relay.c - a host between boxes and bearerbox as Kannel's own tools are
 * written: what fanzhabox is compared with
 *
 *     box-relay --port N --upstream N
 *
 * gwlib's Connection, msg_unpack and msg_pack, a List a direction, a thread
 * that reads and a thread that writes for each: four threads a box. It runs no
 * plugin.
 */
#include "config.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct Way {
    Connection *from, *to;
    List *queue;
} Way;

static void read_from(void *arg)
{
    Way *way = arg;
    Octstr *pack;
    Msg *msg;

    while (!conn_eof(way->from) && !conn_error(way->from)) {
        pack = conn_read_withlen(way->from);
        if (pack == NULL) {
            conn_wait(way->from, -1.0);
            continue;
        }
        msg = msg_unpack(pack);
        octstr_destroy(pack);
        if (msg != NULL)
            gwlist_produce(way->queue, msg);
    }
    gwlist_remove_producer(way->queue);
}

static void write_to(void *arg)
{
    Way *way = arg;
    Octstr *pack;
    Msg *msg;

    while ((msg = gwlist_consume(way->queue)) != NULL) {
        pack = msg_pack(msg);
        conn_write_withlen(way->to, pack);
        octstr_destroy(pack);
        msg_destroy(msg);
    }
}

static void relay(Connection *from, Connection *to)
{
    Way *way = gw_malloc(sizeof *way);

    way->from = from;
    way->to = to;
    way->queue = gwlist_create();
    gwlist_add_producer(way->queue);
    gwthread_create(read_from, way);
    gwthread_create(write_to, way);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", 1, NULL, 'p'}, {"upstream", 1, NULL, 'u'}, {0}};
    int port = 0, upstream = 0, fd, c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'p')
            port = atoi(optarg);
        else if (c == 'u')
            upstream = atoi(optarg);
        else
            return 2;
    }
    gwlib_init();
    log_set_output_level(GW_PANIC);
    signal(SIGPIPE, SIG_IGN);
    fd = make_server_socket(port, "127.0.0.1");
    if (fd < 0) {
        fprintf(stderr, "box-relay: port %d cannot be listened on\n", port);
        return 1;
    }
    printf("%d\n", port);
    fflush(stdout);
    for (;;) { /* until a signal ends it */
        int one = accept(fd, NULL, NULL);
        Connection *box, *bearerbox;

        if (one < 0)
            return 1;
        box = conn_wrap_fd(one, 0);
        bearerbox = conn_open_tcp(octstr_imm("127.0.0.1"), upstream, NULL);
        if (box == NULL || bearerbox == NULL)
            return 1;
        relay(box, bearerbox);
        relay(bearerbox, box);
    }
}
