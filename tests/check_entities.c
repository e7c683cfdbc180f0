/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/rules/entities.h"
#include "tests/support.h"

#include <stdio.h>

/* What is found, as "text|text", in the order it stands. */
static const struct {
    FzEntity entity;
    const char *text, *found;
} rows[] = {
    /* links */
    {FZ_ENTITY_URL, "see http://a.example/x?y=1.", "http://a.example/x?y=1"},
    {FZ_ENTITY_URL, "点击http://a.example/领取", "http://a.example/"},
    {FZ_ENTITY_URL, "登录icbc.com查询", "icbc.com"},
    {FZ_ENTITY_URL, "go to www.shop.example now", "www.shop.example"},
    {FZ_ENTITY_URL, "ｗｗｗ．ｉｃｂｃ．ｃｏｍ", "ｗｗｗ．ｉｃｂｃ．ｃｏｍ"},
    {FZ_ENTITY_URL, "a.example/x,b.example/y", "a.example/x,b.example/y"},
    {FZ_ENTITY_URL, "hxxp://a.zz/x", "hxxp://a.zz/x"},
    {FZ_ENTITY_URL, "a.b.c.d", ""},
    {FZ_ENTITY_URL, "ok.so what", ""},
    {FZ_ENTITY_URL, "3.14 and 2026.11.21", ""},
    {FZ_ENTITY_URL, "mail me@a.example", ""},
    {FZ_ENTITY_URL, "http://", ""},
    {FZ_ENTITY_URL, "http://x", ""},
    {FZ_ENTITY_URL, "t.cn/Rabc 退订", "t.cn/Rabc"},
    {FZ_ENTITY_EMAIL, "mail me@a.example.", "me@a.example"},
    {FZ_ENTITY_EMAIL, "first.last@a-b.example", "first.last@a-b.example"},
    {FZ_ENTITY_EMAIL, "@a.example", ""},
    /* numbers to call */
    {FZ_ENTITY_TEL, "请拨13800000000联系", "13800000000"},
    {FZ_ENTITY_TEL, "138 0000 0000", "138 0000 0000"},
    {FZ_ENTITY_TEL, "+44 7700 900123", "+44 7700 900123"},
    {FZ_ENTITY_TEL, "4000-000-000", "4000-000-000"},
    {FZ_ENTITY_TEL, "010-00000000", "010-00000000"},
    {FZ_ENTITY_TEL, "(555) 010-0199", "(555) 010-0199"},
    {FZ_ENTITY_TEL, "1-800-555-0100", "1-800-555-0100"},
    {FZ_ENTITY_TEL, "订单20261121001234567", ""},
    {FZ_ENTITY_TEL, "验证码123456", ""},
    {FZ_ENTITY_TEL, "95588", ""},
    {FZ_ENTITY_TEL, "a13800000000", ""},
    {FZ_ENTITY_TEL, "12345678901", ""},
    /* messengers */
    {FZ_ENTITY_IM, "加微信：abc_12345领取", "加微信：abc_12345"},
    {FZ_ENTITY_IM, "QQ群 123456789", "QQ群 123456789"},
    {FZ_ENTITY_IM, "telegram @some_user1", "telegram @some_user1"},
    {FZ_ENTITY_IM, "WhatsApp me on 447700900123",
     "WhatsApp me on 447700900123"},
    {FZ_ENTITY_IM, "微信 abcdefghijklmnopqrst", "微信 abcdefghijklmnopqrst"},
    {FZ_ENTITY_IM, "微信 abcdefghijklmnopqrstu", ""},
    {FZ_ENTITY_IM, "微信支付成功", ""},
    {FZ_ENTITY_IM, "微信 12", ""},
    {FZ_ENTITY_IM, "online 123456789", ""},
    /* codes */
    {FZ_ENTITY_CODE, "您的验证码是123456，5分钟内有效", "123456"},
    {FZ_ENTITY_CODE, "4821 is your code", "4821"},
    {FZ_ENTITY_CODE, "code A1234", ""},
    {FZ_ENTITY_CODE, "123456", ""},
    {FZ_ENTITY_CODE, "code 123456789", ""},
    /* signatures */
    {FZ_ENTITY_SIG, "【工商银行】您好", "【工商银行】"},
    {FZ_ENTITY_SIG, "您好【工商银行】", "【工商银行】"},
    {FZ_ENTITY_SIG, "【甲】您好【乙】", "【甲】|【乙】"},
    {FZ_ENTITY_SIG, "[Shop] hello", "[Shop]"},
    {FZ_ENTITY_SIG, "您好【工商银行】再见", ""},
    {FZ_ENTITY_SIG, "【】", ""},
    {FZ_ENTITY_SIG, "【甲", ""},
    /* amounts */
    {FZ_ENTITY_MONEY, "日赚300元", "300元"},
    {FZ_ENTITY_MONEY, "¥1,200.50起", "¥1,200.50"},
    {FZ_ENTITY_MONEY, "￥88", "￥88"},
    {FZ_ENTITY_MONEY, "fee of $1.99 or £20", "$1.99|£20"},
    {FZ_ENTITY_MONEY, "额度20万", "20万"},
    {FZ_ENTITY_MONEY, "500 USD", "500 USD"},
    {FZ_ENTITY_MONEY, "12345", ""},
    {FZ_ENTITY_PERCENT, "返利30%", "30%"},
    {FZ_ENTITY_PERCENT, "年化12.5％", "12.5％"},
    {FZ_ENTITY_PERCENT, "30", ""},
    {FZ_ENTITY_PERCENT, "up to 5 percent a day", "5 percent"},
    {FZ_ENTITY_PERCENT, "5 per cent, 7pct", "5 per cent|7pct"},
    {FZ_ENTITY_PERCENT, "5 percentile", ""},
    {FZ_ENTITY_PERCENT, "月息百分之三十五起", "百分之三十五"},
    {FZ_ENTITY_PERCENT, "百分之12.5的收益", "百分之12.5"},
    {FZ_ENTITY_PERCENT, "百分之百", "百分之百"},
    {FZ_ENTITY_PERCENT, "百分之我", ""},
};

typedef struct Found {
    FzText text;
    FzViews views;
    FzTokens tokens;
} Found;

static void look(Found *found, const char *text, uint16_t wanted)
{
    FzMessage message = {.coding = FZ_CODING_7BIT, .octets = fz_slice_of(text)};

    ck_assert_int_eq(fz_decode(&message, &found->text), FZ_OK);
    ck_assert_int_eq(fz_views_build(&found->text, FZ_VIEW_BIT(FZ_VIEW_FOLDED),
                                    &found->views),
                     FZ_OK);
    fz_entities_find(&found->text, &found->views.view[FZ_VIEW_FOLDED], wanted,
                     &found->tokens);
}

START_TEST(an_entity_is_found)
{
    Found found;
    char got[512] = "";

    fz_text_init(&found.text);
    fz_views_init(&found.views);
    fz_tokens_reset(&found.tokens);
    look(&found, rows[_i].text, (uint16_t)(1u << rows[_i].entity));
    for (uint16_t i = 0; i < found.tokens.count; i++) {
        FzSlice slice = fz_text_slice(&found.text, found.tokens.item[i].span);

        ck_assert_int_eq(found.tokens.item[i].entity, rows[_i].entity);
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s",
                 i == 0 ? "" : "|", (int)slice.octets,
                 (const char *)slice.data);
    }
    ck_assert_msg(strcmp(got, rows[_i].found) == 0, "<%s> in `%s': got `%s'",
                  fz_entity_name(rows[_i].entity), rows[_i].text, got);
    fz_text_clear(&found.text);
    fz_views_clear(&found.views);
}
END_TEST

START_TEST(what_was_answered_is_not_looked_for)
{
    uint16_t both = 1u << FZ_ENTITY_URL | 1u << FZ_ENTITY_TEL;
    Found found;

    fz_text_init(&found.text);
    fz_views_init(&found.views);
    fz_tokens_reset(&found.tokens);
    fz_tokens_answer(&found.tokens, 1u << FZ_ENTITY_URL);
    look(&found, "http://a.example/ 13800000000", both);
    ck_assert_int_eq(found.tokens.count, 1);
    ck_assert_int_eq(found.tokens.item[0].entity, FZ_ENTITY_TEL);
    fz_text_clear(&found.text);
    fz_views_clear(&found.views);
}
END_TEST

START_TEST(tokens_beyond_the_limit_are_counted)
{
    FzTokens tokens;

    fz_tokens_reset(&tokens);
    for (int i = 0; i < FZ_LIMIT_TOKENS + 5; i++)
        fz_tokens_add(&tokens, FZ_ENTITY_URL, (FzSpan){0, 1});
    ck_assert_int_eq(tokens.count, FZ_LIMIT_TOKENS);
    ck_assert_int_eq(tokens.dropped, 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("entities");
    TCase *tc = tcase_create("entities");

    tcase_add_loop_test(tc, an_entity_is_found, 0, COUNT(rows));
    tcase_add_test(tc, what_was_answered_is_not_looked_for);
    tcase_add_test(tc, tokens_beyond_the_limit_are_counted);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
