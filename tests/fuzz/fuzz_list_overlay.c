/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_list_overlay.c - a log of live entries of any octets
 *
 * Read twice: as it is, and with each line's check made right. A snapshot
 * written anew gives as many entries again.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "engine/list/overlay.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

#define NOW_MS INT64_C(1773144000000)

static void ask(const FzOverlay *overlay, FzKeyKind kind, const char *text)
{
    FzKey key = {.kind = kind, .text = fz_slice_of(text)};
    FzAnswer answer;

    fz_lists_find(NULL, overlay, &key, 1, NOW_MS, &answer);
}

static void read_log(FzSlice log)
{
    FzOverlay *overlay, *again;
    FzBuf anew = FZ_BUF_INIT;

    if (fz_overlay_create(log, "fuzz", FZ_OVERLAY_ALLOW_CONFIRMED, NOW_MS, NULL,
                          &overlay) != FZ_OK)
        return;
    ask(overlay, FZ_KEY_URL, "www.a.example/x/y");
    ask(overlay, FZ_KEY_IP, "198.51.100.1");
    ask(overlay, FZ_KEY_IP, "2001:db8::1");
    ask(overlay, FZ_KEY_CONTACT, "tel:+8613800000000");
    fz_overlay_write(overlay, &anew);
    if (fz_overlay_create(fz_buf_slice(&anew), "again",
                          FZ_OVERLAY_ALLOW_CONFIRMED, NOW_MS, NULL,
                          &again) != FZ_OK ||
        fz_overlay_count(again) != fz_overlay_count(overlay) ||
        fz_overlay_waiting(again) != fz_overlay_waiting(overlay))
        abort();
    fz_overlay_destroy(again);
    fz_overlay_destroy(overlay);
    fz_buf_clear(&anew);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzSlice rest = fz_slice(data, octets);
    FzBuf log = FZ_BUF_INIT;

    read_log(rest);
    while (rest.octets != 0) {
        const uint8_t *end = memchr(rest.data, '\n', rest.octets);
        size_t line = end == NULL ? rest.octets : (size_t)(end - rest.data);
        size_t begin = log.octets;
        char check[FZ_DIGEST_TEXT];
        FzSlice whole;
        FzDigest digest;

        fz_buf_append(&log, rest.data, line);
        fz_buf_append_octet(&log, '\t');
        whole = fz_slice(log.data + begin, log.octets - begin);
        digest = fz_digest(fz_slice(NULL, 0), &whole, 1);
        fz_hex_encode(digest.octets, sizeof digest.octets, check);
        fz_buf_append(&log, check, 8);
        fz_buf_append_octet(&log, '\n');
        line += end != NULL;
        rest = fz_slice(rest.data + line, rest.octets - line);
    }
    read_log(fz_buf_slice(&log));
    fz_buf_clear(&log);
    return 0;
}
