/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/upgrade_kit.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

KitHost host;
KitPeer box, up, other_box, other_up;
char trace[1024], program[1024], plugin[1024], keys[512];
uint16_t admin_port;
static const char *groups; /* of the configuration */

/* --- files that are replaced --------------------------------------------- */
void install(const char *source, const char *to, const char *from,
             const char *into, size_t octets)
{
    static char content[64 << 20];
    char temporary[1200];
    FILE *in = fopen(source, "rb"), *out;
    size_t length, changed = 0;

    ck_assert_msg(in != NULL, "%s", source);
    length = fread(content, 1, sizeof content, in);
    fclose(in);
    ck_assert_uint_lt(length, sizeof content);
    for (size_t i = 0; from != NULL && i + octets <= length; i++)
        if (memcmp(content + i, from, octets) == 0) {
            memcpy(content + i, into, octets);
            changed++;
        }
    ck_assert(from == NULL || changed > 0);
    snprintf(temporary, sizeof temporary, "%s.new", to);
    out = fopen(temporary, "wb");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(content, 1, length, out), length);
    fclose(out);
    ck_assert_int_eq(chmod(temporary, 0755), 0);
    ck_assert_int_eq(rename(temporary, to), 0);
}

const char *built(const char *path)
{
    static char text[1024];
    const char *build = getenv("top_builddir");

    snprintf(text, sizeof text, "%s/%s", build == NULL ? "." : build, path);
    return text;
}

void install_program(const char *version)
{
    install(built("box/fanzhabox"), program,
            version == NULL ? NULL : FZ_VERSION, version, strlen(FZ_VERSION));
}

void install_plugin(const char *word)
{
    install(built("tests/.libs/box_asker.so"), plugin,
            word == NULL ? NULL : "\0sms", word, 5);
}

/* --- the host ------------------------------------------------------------ */
static void configure(const char *more)
{
    static char text[4096];

    snprintf(text, sizeof text,
             "\ngroup = pluginbox-plugin\nid = asker\npath = %s\n"
             "init = box_asker_init\nargs = \"%s\"\n%s",
             plugin, trace, more);
    groups = text;
}

void start(const char *more_keys, const char *more_groups)
{
    int taken;

    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    snprintf(program, sizeof program, "%s/fanzhabox", fz_test_folder());
    snprintf(plugin, sizeof plugin, "%s/asker.so", fz_test_folder());
    snprintf(keys, sizeof keys,
             "admin-port = %u\nadmin-password = change\nevent-loops = 2\n%s",
             admin_port = kit_taken_port(&taken), more_keys);
    close(taken);
    install_program(NULL);
    install_plugin(NULL);
    configure(more_groups);
    kit_program = program;
    kit_start(&host, keys, groups);
    kit_pair(&host, &box, &up, "box-one");
}

void stop(void)
{
    kit_close(&box);
    kit_close(&up);
    kit_close(&other_box);
    kit_close(&other_up);
    kit_stop(&host);
    kit_program = NULL;
}

void add_to_config(const char *more)
{
    char path[1100], *old;
    Octstr *text;

    snprintf(path, sizeof path, "%s/fanzhabox.conf", fz_test_folder());
    old = kit_read_file(path);
    text = octstr_format("%s%s", old, more);
    fz_test_write("fanzhabox.conf", octstr_get_cstr(text));
    octstr_destroy(text);
    gw_free(old);
}

void upgrade(int exit_status, const char *words)
{
    char *said;
    int status = kit_run("--upgrade", &said);

    ck_assert_msg(status == exit_status && strstr(said, words) != NULL,
                  "exit status %d, said `%s', wanted %d and `%s'", status, said,
                  exit_status, words);
    gw_free(said);
}

void upgraded(void)
{
    upgrade(0, " connections from version ");
}

int page(const char *path, const char **body_out)
{
    static char answer[65536];
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                             .sin_port = htons(admin_port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t octets = 0;
    char request[512];
    ssize_t got;

    ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    snprintf(request, sizeof request,
             "GET %s HTTP/1.0\r\nAuthorization: Basic "
             "YW55b25lOmNoYW5nZQ==\r\n\r\n", /* anyone:change */
             path);
    ck_assert_int_eq(send(fd, request, strlen(request), MSG_NOSIGNAL),
                     (ssize_t)strlen(request));
    while ((got = recv(fd, answer + octets, sizeof answer - 1 - octets, 0)) > 0)
        octets += (size_t)got;
    close(fd);
    answer[octets] = '\0';
    *body_out = strstr(answer, "\r\n\r\n");
    ck_assert_ptr_nonnull(*body_out);
    *body_out += 4;
    return atoi(answer + strlen("HTTP/1.1 "));
}
