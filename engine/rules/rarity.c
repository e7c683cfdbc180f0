/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rarity.c - how often a word is expected in a message
 *
 * A rule is looked at only when its rarest term was hit, so a good guess saves
 * time; a bad one costs some and changes nothing. Longer words are rarer; a
 * few short ones that every second message has are listed.
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "engine/rules/chars.h"

/* Hits in 100 messages, by rule of thumb: words of ordinary short messages in
 * folded form. */
static const struct {
    const char *word;
    double hits;
} common[] = {
    {"您", 60},     {"的", 80},    {"您的", 40},    {"我们", 5},
    {"请", 50},     {"点击", 8},   {"登录", 6},     {"验证码", 20},
    {"微信", 5},    {"客服", 6},   {"银行", 8},     {"账户", 6},
    {"信息", 8},    {"通知", 5},   {"退订", 12},    {"回复", 10},
    {"客户", 8},    {"手机", 5},   {"电话", 6},     {"订单", 5},
    {"快递", 5},    {"短信", 5},   {"今天", 4},     {"元", 15},
    {"http", 15},   {"https", 12}, {"www", 4},      {"com", 12},
    {"cn", 10},     {"your", 30},  {"you", 40},     {"the", 50},
    {"to", 60},     {"for", 30},   {"is", 40},      {"code", 8},
    {"account", 6}, {"please", 8}, {"call", 6},     {"reply", 6},
    {"stop", 8},    {"text", 5},   {"bank", 4},     {"click", 4},
    {"link", 4},    {"from", 12},  {"delivery", 3}, {"parcel", 2},
    {"package", 2}, {"free", 4},   {"now", 8},      {"our", 10},
};

double fz_word_frequency(FzSlice octets)
{
    double frequency = 0.5;
    uint32_t cp;

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (fz_slice_is(octets, common[i].word))
            return common[i].hits / 100;
    for (size_t at = 0; at < octets.octets;) {
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        if (used == 0)
            break;
        at += used;
        frequency *= fz_char_is_han(cp) ? 0.08 : 0.45;
    }
    return frequency < 1e-9 ? 1e-9 : frequency;
}
