/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/seal.h"

#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONCE_OCTETS crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define MAC_OCTETS crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEX_DIGITS (2 * FZ_SEAL_KEY_OCTETS)

/* Part of the format: a number once used for a purpose keeps it. */
enum { SUBKEY_ID = 1, SUBKEY_SEAL = 2, SUBKEY_LOOKUP = 3, SUBKEY_AUDIT = 4 };
#define KDF_CONTEXT "fanzha01" /* exactly crypto_kdf_CONTEXTBYTES */

_Static_assert(crypto_kdf_KEYBYTES == FZ_SEAL_KEY_OCTETS, "kdf key");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES ==
                   FZ_SEAL_KEY_OCTETS,
               "seal key");

static void derive(FzSeal *seal, const uint8_t *master)
{
    uint8_t id[crypto_kdf_BYTES_MIN];

    crypto_kdf_derive_from_key(id, sizeof id, SUBKEY_ID, KDF_CONTEXT, master);
    seal->key_id = 0;
    for (size_t i = 0; i < 7; i++) /* 56 bits: never negative */
        seal->key_id = seal->key_id << 8 | id[i];
    crypto_kdf_derive_from_key(seal->seal, sizeof seal->seal, SUBKEY_SEAL,
                               KDF_CONTEXT, master);
    crypto_kdf_derive_from_key(seal->lookup, sizeof seal->lookup, SUBKEY_LOOKUP,
                               KDF_CONTEXT, master);
    crypto_kdf_derive_from_key(seal->audit, sizeof seal->audit, SUBKEY_AUDIT,
                               KDF_CONTEXT, master);
}

/* As PostgreSQL has it for its TLS key: the owner alone; a file of root's may
 * also be read by its group, so that two programs can share it. */
static FzStatus check_mode(int fd, const char *path, const FzDiagSink *sink)
{
    struct stat st;
    mode_t refused;

    if (fstat(fd, &st) != 0)
        return fz_diag_errno(sink, path, "cannot look at the key file");
    if (!S_ISREG(st.st_mode))
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "the key file is no regular file");
    refused = st.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    if ((st.st_mode & refused) != 0)
        return fz_diag(sink, FZ_E_IO, path, 0, NULL,
                       "the key file is open to others (mode %04o): `chmod "
                       "0600' it, and take the key for known",
                       (unsigned)(st.st_mode & 07777));
    return FZ_OK;
}

FzStatus fz_seal_load_key(FzSeal *seal, const char *path,
                          const FzDiagSink *sink)
{
    char text[HEX_DIGITS + 3];
    uint8_t master[FZ_SEAL_KEY_OCTETS];
    FzStatus status;
    ssize_t got;
    int fd;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fz_diag_errno(sink, path, "cannot open the key file");
    status = check_mode(fd, path, sink);
    if (status != FZ_OK)
        goto out;
    got = read(fd, text, sizeof text - 1);
    if (got < 0) {
        status = fz_diag_errno(sink, path, "cannot read the key file");
        goto out;
    }
    if (got == HEX_DIGITS + 1 && text[HEX_DIGITS] == '\n')
        got--;
    if (got != HEX_DIGITS || fz_hex_decode(text, HEX_DIGITS, master) != FZ_OK) {
        status = fz_diag(sink, FZ_E_SYNTAX, path, 1, NULL,
                         "the key file is not one line of %d hexadecimal "
                         "digits: put the right file back",
                         HEX_DIGITS);
        goto out;
    }
    derive(seal, master);
out:
    sodium_memzero(text, sizeof text);
    sodium_memzero(master, sizeof master);
    close(fd);
    return status;
}

static FzStatus sync_folder(const char *path, const FzDiagSink *sink)
{
    FzBuf copy = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    int fd;

    fz_buf_append_text(&copy, path);
    fd = open(dirname((char *)copy.data), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        status = fz_diag_errno(sink, path, "cannot sync the key file's folder");
    if (fd >= 0)
        close(fd);
    fz_buf_clear(&copy);
    return status;
}

/* The key must be on the disk before the first row that needs it, and never be
 * half a key: written beside, synced, then linked under its name. */
FzStatus fz_seal_make_key(const char *path, const FzDiagSink *sink)
{
    uint8_t master[FZ_SEAL_KEY_OCTETS];
    char text[HEX_DIGITS + 2];
    FzBuf beside = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    int fd;

    fz_buf_printf(&beside, "%s.new-%ld", path, (long)getpid());
    randombytes_buf(master, sizeof master);
    fz_hex_encode(master, sizeof master, text);
    text[HEX_DIGITS] = '\n';
    unlink(fz_buf_text(&beside));
    fd = open(fz_buf_text(&beside), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
              0600);
    if (fd < 0) {
        status = fz_diag_errno(sink, path, "cannot make the key file");
        goto out;
    }
    if (write(fd, text, HEX_DIGITS + 1) != HEX_DIGITS + 1 || fsync(fd) != 0)
        status = fz_diag_errno(sink, path, "cannot write the key file");
    close(fd);
    if (status == FZ_OK && link(fz_buf_text(&beside), path) != 0 &&
        errno != EEXIST)
        status = fz_diag_errno(sink, path, "cannot name the key file");
    unlink(fz_buf_text(&beside));
    if (status == FZ_OK)
        status = sync_folder(path, sink);
out:
    sodium_memzero(text, sizeof text);
    sodium_memzero(master, sizeof master);
    fz_buf_clear(&beside);
    return status;
}

void fz_seal_clear(FzSeal *seal)
{
    sodium_memzero(seal, sizeof *seal);
}

void fz_seal_close(const FzSeal *seal, FzSlice bound, FzSlice clear, FzBuf *out)
{
    size_t octets = NONCE_OCTETS + clear.octets + MAC_OCTETS;
    uint8_t *nonce;

    fz_buf_reserve(out, octets);
    nonce = out->data + out->octets;
    randombytes_buf(nonce, NONCE_OCTETS);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        nonce + NONCE_OCTETS, NULL, clear.data, clear.octets, bound.data,
        bound.octets, NULL, nonce, seal->seal);
    out->octets += octets;
}

FzStatus fz_seal_open(const FzSeal *seal, FzSlice bound, FzSlice sealed,
                      FzBuf *clear_out)
{
    size_t octets;

    if (sealed.octets < NONCE_OCTETS + MAC_OCTETS)
        return FZ_E_SYNTAX;
    octets = sealed.octets - NONCE_OCTETS - MAC_OCTETS;
    fz_buf_reserve(clear_out, octets);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            clear_out->data + clear_out->octets, NULL, NULL,
            sealed.data + NONCE_OCTETS, sealed.octets - NONCE_OCTETS,
            bound.data, bound.octets, sealed.data, seal->seal) != 0)
        return FZ_E_SYNTAX;
    clear_out->octets += octets;
    return FZ_OK;
}

bool fz_seal_hash(const FzSeal *seal, const char *column, FzSlice value,
                  uint8_t *hash_out)
{
    FzSlice pieces[] = {fz_slice_of(column), value};
    FzDigest digest;

    if (value.data == NULL)
        return false;
    digest = fz_digest(fz_slice(seal->lookup, sizeof seal->lookup), pieces, 2);
    memcpy(hash_out, digest.octets, FZ_SEAL_HASH_OCTETS);
    return true;
}

void fz_seal_tag(const FzSeal *seal, FzSlice hash, uint8_t *tag_out)
{
    FzDigest digest =
        fz_digest(fz_slice(seal->audit, sizeof seal->audit), &hash, 1);

    memcpy(tag_out, digest.octets, FZ_SEAL_TAG_OCTETS);
}
