/* SPDX-License-Identifier: BSD-2-Clause
 *
 * list_key.c - fanzhactl list key: a pair of keys to sign lists with
 */
#include "config.h"

#include "base/digest.h"
#include "tools/list.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

typedef struct Args {
    const char *name;
} Args;

static error_t parse(int key, char *arg, struct argp_state *state)
{
    Args *args = state->input;

    switch (key) {
    case ARGP_KEY_ARG:
        if (args->name != NULL)
            argp_usage(state);
        args->name = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Never over a key that is there: lists are signed with it. */
static bool write_key(const char *name, const char *suffix, mode_t mode,
                      const uint8_t *key, size_t octets, const FzDiagSink *sink)
{
    char text[2 * crypto_sign_SECRETKEYBYTES + 2];
    FzBuf path = FZ_BUF_INIT;
    bool written = false;
    size_t length;
    int fd;

    fz_buf_printf(&path, "%s%s", name, suffix);
    fz_hex_encode(key, octets, text);
    length = strlen(text);
    text[length++] = '\n';
    fd =
        open(fz_buf_text(&path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0) {
        written = write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
        written &= close(fd) == 0;
    }
    if (written)
        printf("%s\n", fz_buf_text(&path));
    else
        fz_diag_errno(sink, fz_buf_text(&path), "the key cannot be written");
    fz_buf_clear(&path);
    sodium_memzero(text, sizeof text);
    return written;
}

int fz_ctl_list_key(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse,
        .args_doc = "NAME",
        .doc = "Make a pair of Ed25519 keys: NAME.key (keep it; `list build "
               "--sign') and NAME.pub (give it to whoever loads the lists). "
               "Files that are there are never replaced.",
    };
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    Args args = {NULL};
    FzCtlSink sink;
    bool written;

    fz_ctl_sink_init(&sink);
    argp_parse(&argp, argc, argv, 0, NULL, &args);
    crypto_sign_keypair(public_key, secret_key);
    written = write_key(args.name, ".key", 0600, secret_key, sizeof secret_key,
                        &sink.sink) &&
              write_key(args.name, ".pub", 0644, public_key, sizeof public_key,
                        &sink.sink);
    sodium_memzero(secret_key, sizeof secret_key);
    return written ? FZ_CTL_FINE : FZ_CTL_UNREACHABLE;
}
