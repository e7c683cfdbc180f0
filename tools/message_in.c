/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/limits.h"
#include "engine/verdict/rewrite.h"
#include "tools/message_in.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

void fz_message_in_init(FzMessageIn *in)
{
    memset(in, 0, sizeof *in);
}

void fz_message_in_clear(FzMessageIn *in)
{
    fz_buf_clear(&in->octets);
    fz_buf_clear(&in->udh);
}

static FzStatus refuse(FzMessageIn *in, const char *format, ...)
    FZ_PRINTF(2, 3);

static FzStatus refuse(FzMessageIn *in, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(in->fault, sizeof in->fault, format, args);
    va_end(args);
    return FZ_E_SYNTAX;
}

static FzStatus read_text(FzMessageIn *in, const json_t *object,
                          const char *key, FzSlice *out)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return FZ_OK;
    if (!json_is_string(value))
        return refuse(in, "`%s' is no string", key);
    *out = fz_slice(json_string_value(value), json_string_length(value));
    return FZ_OK;
}

static FzStatus read_hex(FzMessageIn *in, const json_t *object, const char *key,
                         FzBuf *out)
{
    FzSlice text = {0};
    FzStatus status = read_text(in, object, key, &text);

    if (status != FZ_OK || text.octets == 0)
        return status;
    fz_buf_reserve(out, text.octets / 2);
    if (fz_hex_decode((const char *)text.data, text.octets, out->data) != FZ_OK)
        return refuse(in, "`%s' is not hexadecimal", key);
    out->octets = text.octets / 2;
    return FZ_OK;
}

static FzStatus read_time(FzMessageIn *in, const json_t *object)
{
    const json_t *value = json_object_get(object, "time");
    double seconds;

    if (value == NULL || json_is_null(value))
        return FZ_OK;
    if (json_is_string(value) &&
        fz_clock_parse(json_string_value(value), &in->message.now_ms) == FZ_OK)
        return FZ_OK;
    seconds = json_number_value(value);
    if (json_is_number(value) && fabs(seconds) < 1e11) {
        in->message.now_ms = (int64_t)llround(seconds * 1000.0);
        return FZ_OK;
    }
    return refuse(in, "`time' is neither RFC 3339 nor seconds");
}

void fz_message_in_set_text(FzMessageIn *in, FzSlice utf8)
{
    in->octets.octets = 0;
    in->message.coding = fz_encode_text(utf8, &in->octets);
    in->message.octets = fz_slice(in->octets.data, in->octets.octets);
}

static FzStatus read_coded(FzMessageIn *in, const json_t *object)
{
    const json_t *coding = json_object_get(object, "coding");
    FzStatus status;

    if (!json_is_integer(coding))
        return refuse(in, "there is neither `text' nor `coding' and `octets'");
    if (json_integer_value(coding) < -1 || json_integer_value(coding) > 2)
        return refuse(in, "`coding' is 0, 1 or 2 (-1: undefined)");
    if (json_object_get(object, "octets") == NULL)
        return refuse(in, "`coding' wants `octets'");
    status = read_hex(in, object, "octets", &in->octets);
    in->message.coding = (FzCoding)json_integer_value(coding);
    in->message.octets = fz_slice(in->octets.data, in->octets.octets);
    return status;
}

static FzStatus read_content(FzMessageIn *in, const json_t *object)
{
    FzSlice text = {0};
    FzStatus status = read_text(in, object, "text", &text);

    if (status != FZ_OK)
        return status;
    if (text.data == NULL)
        return read_coded(in, object);
    if (json_object_get(object, "octets") != NULL)
        return refuse(in, "`text' and `octets' exclude each other");
    fz_message_in_set_text(in, text);
    return FZ_OK;
}

FzStatus fz_message_in_read(FzMessageIn *in, const json_t *object,
                            int64_t now_ms)
{
    FzMessage *message = &in->message;
    const struct {
        const char *key;
        FzSlice *place;
    } texts[] = {
        {"sender", &message->sender},     {"receiver", &message->receiver},
        {"identity", &message->identity}, {"account", &message->account},
        {"service", &message->service},   {"smsc", &message->smsc},
        {"boxc", &message->boxc},
    };
    FzSlice direction = {0};
    FzStatus status = FZ_OK;

    memset(message, 0, sizeof *message);
    message->now_ms = now_ms;
    in->octets.octets = in->udh.octets = 0;
    if (!json_is_object(object))
        return refuse(in, "the line is no JSON object");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        status = read_text(in, object, texts[i].key, texts[i].place);
        if (status != FZ_OK)
            return status;
    }
    status = read_text(in, object, "direction", &direction);
    if (status != FZ_OK)
        return status;
    if (direction.data != NULL &&
        fz_direction_parse((const char *)direction.data, &message->direction) !=
            FZ_OK)
        return refuse(in, "`direction' is mt or mo");
    /* as the gateway finds it: who was authenticated, else which box */
    if (message->identity.data == NULL)
        message->identity =
            message->service.data != NULL ? message->service : message->boxc;
    status = read_hex(in, object, "udh", &in->udh);
    if (status == FZ_OK && in->udh.octets > 0)
        message->udh = fz_slice(in->udh.data, in->udh.octets);
    if (status == FZ_OK)
        status = read_time(in, object);
    if (status == FZ_OK)
        status = read_content(in, object);
    return status;
}
