/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/support.h"
#include "tests/urlkit.h"

#include "base/buf.h"
#include "engine/decode/decode.h"
#include "engine/url/find.h"
#include "engine/url/url.h"

#include <stdio.h>
#include <stdlib.h>

static FzUrlKit kit;

static void set_up(void)
{
    fz_url_kit_init(&kit);
}

static void tear_down(void)
{
    fz_url_kit_clear(&kit);
}

static void extract(const char *octets)
{
    fz_url_kit_extract(&kit, octets, strlen(octets));
}

/* "raw -> canonical [flag flag]; ..." */
static const char *links(void)
{
    static FzBuf all;

    all.octets = 0;
    fz_buf_append_text(&all, "");
    for (uint32_t i = 0; i < kit.urls.url_count; i++) {
        const FzUrl *url = &kit.urls.url[i];
        const char *between = " [";

        if (i > 0)
            fz_buf_append_text(&all, "; ");
        fz_buf_append_slice(&all, url->raw);
        fz_buf_append_text(&all, " -> ");
        fz_buf_append_slice(&all, url->canonical);
        for (int bit = 0; bit < FZ_URL_FLAGS; bit++) {
            if ((url->flags >> bit & 1) == 0)
                continue;
            fz_buf_printf(&all, "%s%s", between,
                          fz_url_flag_name((FzUrlFlag)(1 << bit)));
            between = " ";
        }
        if (between[1] == '\0')
            fz_buf_append_octet(&all, ']');
    }
    return fz_buf_text(&all);
}

/* "raw -> key; ..." */
static const char *contacts(void)
{
    static FzBuf all;

    all.octets = 0;
    fz_buf_append_text(&all, "");
    for (uint32_t i = 0; i < kit.urls.contact_count; i++) {
        const FzContact *contact = &kit.urls.contact[i];

        if (i > 0)
            fz_buf_append_text(&all, "; ");
        fz_buf_append_slice(&all, fz_text_slice(&kit.text, contact->span));
        fz_buf_append_text(&all, " -> ");
        fz_buf_append_slice(&all, contact->key);
        ck_assert_uint_eq(
            strlen(fz_contact_kind_name(contact->kind)),
            (size_t)((const uint8_t *)memchr(contact->key.data, ':',
                                             contact->key.octets) -
                     contact->key.data));
    }
    return fz_buf_text(&all);
}

/* ------------------------------------------------------------------- links */
static const struct {
    const char *text, *want;
} found[] = {
    /* with a scheme */
    {"see http://shop.example/A now",
     "http://shop.example/A -> http://shop.example/A"},
    {"HTTPS://Shop.Example:8443/A?b=C#d",
     "HTTPS://Shop.Example:8443/A?b=C#d -> https://shop.example/A?b=C [port]"},
    {"点击http://shop.example领取",
     "http://shop.example -> http://shop.example/ [glued-before glued-after]"},
    {"点击http://shop.example/a领取",
     "http://shop.example/a -> http://shop.example/a [glued-before "
     "glued-after]"},
    {"http://例子.example/路径",
     "http://例子.example/ -> http://xn--fsqu00a.example/ [idn glued-after]"},
    {"http://bank.exampleだよ.comtest/x",
     "http://bank.example -> http://bank.example/ [glued-after]"},
    {"http://shop.example.", "http://shop.example -> http://shop.example/"},
    {"http://shop.example./a",
     "http://shop.example./a -> http://shop.example/a"},
    {"ftp://shop.example/a", "ftp://shop.example/a -> ftp://shop.example/a"},
    {"http:shop.example/a", "http:shop.example/a -> http://shop.example/a"},
    {"http:///shop.example/a",
     "http:///shop.example/a -> http://shop.example/a"},
    {"http:\\\\shop.example\\a",
     "http:\\\\shop.example\\a -> http://shop.example/a [backslash]"},
    {"http:// shop.example/a",
     "shop.example/a -> http://shop.example/a [schemeless]"},
    {"http://✪.example/a",
     "http://✪.example/a -> http://xn--2ci.example/a [idn]"},
    {"http://no-last-label/ http://x.notatld/", ""},
    {"http://-a.example/ http://a-.example/ http://_a.example/", ""},
    {"http://a_b.shop.example/",
     "http://a_b.shop.example/ -> http://a_b.shop.example/"},
    {"http://a_b.example/", ""},
    {"http://xn--例子.example/", ""},
    {"http://shop.example-or-not/", ""},
    /* without one */
    {"go to shop.example/a",
     "shop.example/a -> http://shop.example/a [schemeless]"},
    {"请登录shop.example查询",
     "shop.example -> http://shop.example/ [schemeless glued-before "
     "glued-after]"},
    {"www.shop.co.uk", "www.shop.co.uk -> http://www.shop.co.uk/ [schemeless]"},
    {"a.example b.example", "a.example -> http://a.example/ [schemeless]; "
                            "b.example -> http://b.example/ [schemeless]"},
    {"shop.example:8080/a",
     "shop.example:8080/a -> http://shop.example/a [schemeless port]"},
    {"//shop.example/a",
     "shop.example/a -> http://shop.example/a [schemeless]"},
    {"-shop.example-", ""},
    {"- shop.example -", "shop.example -> http://shop.example/ [schemeless]"},
    {"名字.中国 可注册",
     "名字.中国 -> http://xn--eqro3o.xn--fiqs8s/ [schemeless weak idn]"},
    {"shop.中国领取",
     "shop.中国 -> http://shop.xn--fiqs8s/ [schemeless weak idn glued-after]"},
    {"通知.手机号码", ""},
    {"建行.请登录wap.shop.example。谢谢",
     "wap.shop.example -> http://wap.shop.example/ [schemeless "
     "glued-before]"},
    {"通知.手机.请看shop.example",
     "shop.example -> http://shop.example/ [schemeless glued-before]"},
    {"ELPAÍS.example",
     "ELPAÍS.example -> http://xn--elpas-2sa.example/ [schemeless idn]"},
    /* words that end in a dot */
    {"come here.it is late", "here.it -> http://here.it/ [schemeless weak]"},
    {"come here.It is late", ""},
    {"it.so/a", "it.so/a -> http://it.so/a [schemeless]"},
    {"www.it.so", "www.it.so -> http://www.it.so/ [schemeless]"},
    {"bank-5260.me", "bank-5260.me -> http://bank-5260.me/ [schemeless]"},
    {"版本v2.3.com测试", ""},
    {"8899.com", "8899.com -> http://8899.com/ [schemeless]"},
    {"1.5万 3.14 v1.2.3 e.g. tar.bz2 U.S.", ""},
    {"visit shop.com.Then go", "shop.com -> http://shop.com/ [schemeless]"},
    /* dots in disguise */
    {"登录wap。shop。example兑换",
     "wap。shop。example -> http://wap.shop.example/ [schemeless dot-variant "
     "glued-before glued-after]"},
    {"登录ｗａｐ．ｓｈｏｐ．ｅｘａｍｐｌｅ兑换",
     "ｗａｐ．ｓｈｏｐ．ｅｘａｍｐｌｅ -> http://wap.shop.example/ [schemeless "
     "dot-variant disguised glued-before glued-after]"},
    {"hxxp://shop.example/a",
     "hxxp://shop.example/a -> http://shop.example/a [defanged]"},
    {"h**ps[:]//shop[.]example/a",
     "h**ps[:]//shop[.]example/a -> https://shop.example/a [defanged]"},
    {"shop[.]example", "shop[.]example -> http://shop.example/ [schemeless "
                       "defanged]"},
    {"shop (.) example/a",
     "shop (.) example/a -> http://shop.example/a [schemeless defanged]"},
    {"shop dot example", "shop dot example -> http://shop.example/ [schemeless "
                         "defanged]"},
    {"www(dot)shop(dot)example",
     "www(dot)shop(dot)example -> http://www.shop.example/ [schemeless "
     "defanged]"},
    {"登录shop点com兑换", "shop点com -> http://shop.com/ [schemeless defanged "
                          "glued-before glued-after]"},
    {"登录shop点com点cn", "shop点com点cn -> http://shop.com.cn/ [schemeless "
                          "defanged glued-before]"},
    {"下午3点com开会, the dot com era", ""},
    {"我点it了", ""},
    {"first. second, third . fourth", ""},
    {"http://shop点example/a",
     "http://shop点example/a -> http://shop.example/a [defanged]"},
    /* letters in disguise */
    {"http://ｓhop.example/",
     "http://ｓhop.example/ -> http://shop.example/ [disguised]"},
    {"http://𝐬𝐡𝐨𝐩.example/",
     "http://𝐬𝐡𝐨𝐩.example/ -> http://shop.example/ [disguised]"},
    {"sh\xE2\x80\x8Bop.example/a",
     "sh\xE2\x80\x8Bop.example/a -> http://shop.example/a [schemeless "
     "zero-width]"},
    {"shop.example/a\xE2\x80\x8B"
     "b",
     "shop.example/a\xE2\x80\x8B"
     "b -> http://shop.example/ab [schemeless zero-width]"},
    {"shоp.example",
     "shоp.example -> http://xn--shp-ted.example/ [schemeless idn "
     "mixed-script]"},
    {"xn--fsqu00a.xn--fiqs8s",
     "xn--fsqu00a.xn--fiqs8s -> http://xn--fsqu00a.xn--fiqs8s/ [schemeless "
     "punycode]"},
    {"http://臺灣.example/",
     "http://臺灣.example/ -> http://xn--nnx388a.example/ [idn]"},
    {"http://shop%2eexample/a",
     "http://shop%2eexample/a -> http://shop.example/a [escaped-host]"},
    /* addresses */
    {"http://192.0.2.1/a", "http://192.0.2.1/a -> http://192.0.2.1/a [ip]"},
    {"点http://0xc0.0.2.1/a看",
     "http://0xc0.0.2.1/a -> http://192.0.2.1/a [ip ip-odd glued-before "
     "glued-after]"},
    {"http://3221225985看", "http://3221225985 -> http://192.0.2.1/ [ip ip-odd "
                            "glued-after]"},
    {"http://[2001:DB8::1]:80/a",
     "http://[2001:DB8::1]:80/a -> http://[2001:db8::1]/a [ip port]"},
    {"192.0.2.1/a", "192.0.2.1/a -> http://192.0.2.1/a [schemeless ip]"},
    {"192.0.2.1 and 0xc0.0.2.1/a and [::1]", ""},
    /* users */
    {"http://www.bank.example@shop.example/a",
     "http://www.bank.example@shop.example/a -> http://shop.example/a "
     "[userinfo]"},
    {"http://a:b@shop.example/",
     "http://a:b@shop.example/ -> http://shop.example/ [userinfo]"},
    {"at www.bank.example@shop.example/a",
     "www.bank.example@shop.example/a -> http://shop.example/a [schemeless "
     "userinfo]"},
    {"me@shop.example, me.you@shop.example, me+x@a.b.example", ""},
    {"@shop.example #123456", ""},
    {"$shop.example", ""},
    /* where a path ends */
    {"(see http://shop.example/a_(b)).",
     "http://shop.example/a_(b) -> http://shop.example/a_(b)"},
    {"(http://shop.example/a)b",
     "http://shop.example/a -> http://shop.example/a"},
    {"\"http://shop.example/a\"",
     "http://shop.example/a -> http://shop.example/a"},
    {"http://shop.example/a,b;c. http://shop.example/?!",
     "http://shop.example/a,b;c -> http://shop.example/a,b;c; "
     "http://shop.example/ -> http://shop.example/"},
    {"http://shop.example?", "http://shop.example -> http://shop.example/"},
    {"http://shop.example/a's", "http://shop.example/a -> "
                                "http://shop.example/a"},
    {"*http://shop.example/a*",
     "http://shop.example/a -> http://shop.example/a"},
    {"shop.example/Rx，回T退订",
     "shop.example/Rx -> http://shop.example/Rx [schemeless]"},
    {"shop.example/Rx，TD退订",
     "shop.example/Rx -> http://shop.example/Rx [schemeless]"},
    {"shop.example/ＡＢ？c",
     "shop.example/ＡＢ -> http://shop.example/AB [schemeless]"},
    {"http://shop.example/слово",
     "http://shop.example/слово -> "
     "http://shop.example/%D1%81%D0%BB%D0%BE%D0%B2%D0%BE"},
    {"http://shop.example:99999999/a",
     "http://shop.example -> http://shop.example/"},
    /* others */
    {"http://1.2.3.4.5.6.shop.example/",
     "http://1.2.3.4.5.6.shop.example/ -> http://1.2.3.4.5.6.shop.example/ "
     "[many-dots]"},
    {"http://bit.ly/3a", "http://bit.ly/3a -> http://bit.ly/3a [shortener]"},
    {"http://a.example/r?u=http%3A%2F%2Fb.example%2Fc&x=1",
     "http://a.example/r?u=http%3A%2F%2Fb.example%2Fc&x=1 -> "
     "http://a.example/r?u=http://b.example/c&x=1 [redirector]; "
     "http://b.example/c -> http://b.example/c [inner]"},
    {"http://a.example/?u=no:http", "http://a.example/?u=no:http -> "
                                    "http://a.example/?u=no:http"},
};

START_TEST(link_is_found_as_people_write_it)
{
    extract(found[_i].text);
    ck_assert_msg(strcmp(links(), found[_i].want) == 0,
                  "`%s'\n gave `%s'\n want `%s'", found[_i].text, links(),
                  found[_i].want);
}
END_TEST

START_TEST(span_counts_code_points_of_the_text)
{
    extract("点击http://shop.example/a领取 或 b.example");
    ck_assert_uint_eq(kit.urls.url_count, 2);
    ck_assert_uint_eq(kit.urls.url[0].span.cp_from, 2);
    ck_assert_uint_eq(kit.urls.url[0].span.cp_to, 23);
    ck_assert_uint_eq(kit.urls.url[1].span.cp_from, 28);
    ck_assert_uint_eq(kit.urls.url[1].span.cp_to, 37);
    extract("加QQ：123456789吧");
    ck_assert_uint_eq(kit.urls.contact[0].span.cp_from, 4);
    ck_assert_uint_eq(kit.urls.contact[0].span.cp_to, 13);
}
END_TEST

START_TEST(parts_of_a_link_are_pieces_of_it)
{
    const FzUrl *url = &kit.urls.url[0];

    extract("http://www.bank.example:x@a.shop.example/b?c=1#d");
    ck_assert_uint_eq(kit.urls.url_count, 1);
    ck_assert(fz_slice_is(url->host, "a.shop.example"));
    ck_assert(fz_slice_is(url->path, "/b"));
    ck_assert(fz_slice_is(url->query, "c=1"));
    ck_assert(fz_slice_is(url->decoy, "www.bank.example"));
    ck_assert_uint_eq(url->expression_count, 6);
    ck_assert(fz_slice_is(url->expression[0], "a.shop.example/b?c=1"));
    ck_assert(fz_slice_is(url->expression[5], "shop.example/"));
    /* a name is not shown as a host */
    extract("http://user:x@a.shop.example/");
    ck_assert_ptr_null(url->decoy.data);
}
END_TEST

START_TEST(links_within_links_are_followed_twice)
{
    extract("http://a.example/?http://b.example/?http://c.example/?http://"
            "d.example/");
    ck_assert_uint_eq(kit.urls.url_count, 3);
    ck_assert_int_eq(kit.urls.url[0].outer, -1);
    ck_assert_int_eq(kit.urls.url[1].outer, 0);
    ck_assert(fz_slice_is(kit.urls.url[1].host, "b.example"));
    ck_assert_int_eq(kit.urls.url[2].outer, 1);
    ck_assert(fz_slice_is(kit.urls.url[2].host, "c.example"));
    ck_assert_uint_eq(kit.urls.url[2].span.cp_to, kit.urls.url[0].span.cp_to);
}
END_TEST

START_TEST(link_over_a_border_of_parts_says_so)
{
    static const char first[] = "now at shop.exa",
                      second[] = "mple/a b.example";
    FzMessage parts[2] = {{.coding = FZ_CODING_7BIT,
                           .udh = fz_slice("\5\0\3\7\2\1", 6),
                           .octets = fz_slice_of(first)},
                          {.coding = FZ_CODING_7BIT,
                           .udh = fz_slice("\5\0\3\7\2\2", 6),
                           .octets = fz_slice_of(second)}};

    ck_assert_int_eq(fz_decode_parts(parts, 2, &kit.text), FZ_OK);
    ck_assert_int_eq(
        fz_views_build(&kit.text, FZ_VIEW_BIT(FZ_VIEW_FOLDED), &kit.views),
        FZ_OK);
    fz_urls_extract(&kit.text, &kit.views, kit.tables, &kit.urls);
    ck_assert_str_eq(links(),
                     "shop.example/a -> http://shop.example/a [schemeless "
                     "crosses-parts]; b.example -> http://b.example/ "
                     "[schemeless]");
}
END_TEST

/* ---------------------------------------------------------------- contacts */
static const struct {
    const char *country, *text, *want;
} reached[] = {
    /* numbers */
    {"86", "电话13800000000", "13800000000 -> tel:+8613800000000"},
    {"86", "138 0000 0000", "138 0000 0000 -> tel:+8613800000000"},
    {"86", "138-0000-0000转1", "138-0000-0000 -> tel:+8613800000000"},
    {"86", "+86 138 0000 0000", "+86 138 0000 0000 -> tel:+8613800000000"},
    {"86", "008613800000000", "008613800000000 -> tel:+8613800000000"},
    {"86", "8613800000000", "8613800000000 -> tel:+8613800000000"},
    {"86", "１３８００００００００",
     "１３８００００００００ -> "
     "tel:+8613800000000"},
    {"86", "①③⑧00000000", "①③⑧00000000 -> tel:+8613800000000"},
    {"86", "010-62345678", "010-62345678 -> tel:+861062345678"},
    {"86", "(0755) 2345678", "0755) 2345678 -> tel:+867552345678"},
    {"86", "400-123-4567", "400-123-4567 -> tel:4001234567"},
    {"86", "拨打95588", "95588 -> tel:95588"},
    {"86", "10086", "10086 -> tel:10086"},
    {"86", "1069012345678", "1069012345678 -> tel:1069012345678"},
    {"86", "+44 7700 900123", "+44 7700 900123 -> tel:+447700900123"},
    {"86", "退款500 13800000000", "13800000000 -> tel:+8613800000000"},
    {"86", "13800000000 13900139000",
     "13800000000 -> tel:+8613800000000; 13900139000 -> tel:+8613900139000"},
    {"86", "tel13800000000", "13800000000 -> tel:+8613800000000"},
    {"86", "95000元 2023-11-21 订单202311211345001234 尾号1234 验证码845123",
     ""},
    {"86", "A13800000000B id_13800000000 12800000000 138000000001", ""},
    {"86", "单号SF95588", ""},
    {"44", "07700 900123", "07700 900123 -> tel:+447700900123"},
    {"44", "13800000000 95588", ""},
    {"1", "(202) 555-0123", "202) 555-0123 -> tel:+12025550123"},
    {"1", "1-202-555-0123", "1-202-555-0123 -> tel:+12025550123"},
    {"1", "102-555-0123 202-155-0123", ""},
    /* QQ */
    {"86", "加QQ：123456789", "123456789 -> qq:123456789"},
    {"86", "QQ群号是 12345 678", "12345 678 -> qq:12345678"},
    {"86", "qq12345", "12345 -> qq:12345"},
    {"86", "扣扣:1 2 3 4 5 6", "1 2 3 4 5 6 -> qq:123456"},
    {"86", "企鹅１２３４５６", "１２３４５６ -> qq:123456"},
    {"86", "加q123456", "123456 -> qq:123456"},
    {"86", "QQ 012345, QQ 1234, QQ会员95000元", ""},
    {"86", "这个QQ很好用而且每个月都只需要二十块 123456", ""},
    {"86", "QQ13800000000", "13800000000 -> tel:+8613800000000"},
    /* WeChat and Telegram */
    {"86", "加微信abc123", "abc123 -> wx:abc123"},
    {"86", "微信号：abcdefg", "abcdefg -> wx:abcdefg"},
    {"86", "薇信 a_bcdefg", "a_bcdefg -> wx:a_bcdefg"},
    {"86", "+V: abc-123", "abc-123 -> wx:abc-123"},
    {"86", "加v信? 加vx ABC123x", "ABC123x -> wx:abc123x"},
    {"86", "wechat id is abc123", "abc123 -> wx:abc123"},
    {"86", "微信:123456789", "123456789 -> wx:123456789"},
    {"86", "wechat please call me, v pretend2", ""},
    {"86", "微信支付 abcdef, 微信ab12", ""},
    {"86", "telegram @abc_def", "abc_def -> tg:abc_def"},
    {"86", "电报:abcde", "abcde -> tg:abcde"},
    {"86", "坐飞机abc123去", ""},
    {"86", "飞机号abc123", "abc123 -> tg:abc123"},
    {"86", "https://t.me/Abc_de", "https://t.me/Abc_de -> tg:Abc_de"},
    {"86", "wa.me/8613800000000", "wa.me/8613800000000 -> tel:+8613800000000"},
    /* mail */
    {"86", "Me.You+x@Shop.Example!",
     "Me.You+x@Shop.Example -> mail:me.you+x@shop.example"},
    {"86", "联系me@shop.example或", "me@shop.example -> mail:me@shop.example"},
    {"86", "me@nowhere me@.example @shop.example", ""},
    /* what stands in a link is the link's */
    {"86", "http://shop.example/qq/123456789?t=13800000000", ""},
    {"86", "QQ http://shop.example/ 123456789", ""},
};

START_TEST(contact_is_found_with_its_key)
{
    FzUrlConfig config = {.country = reached[_i].country};
    static const char *const extra[] = {"example"};

    config.extra_tlds = extra;
    config.extra_tld_count = 1;
    fz_url_tables_destroy(kit.tables);
    ck_assert_int_eq(fz_url_tables_create(&config, NULL, &kit.tables), FZ_OK);
    extract(reached[_i].text);
    ck_assert_msg(strcmp(contacts(), reached[_i].want) == 0,
                  "`%s'\n gave `%s'\n want `%s'", reached[_i].text, contacts(),
                  reached[_i].want);
}
END_TEST

/* ------------------------------------------------------------------ bounds */
START_TEST(what_is_beyond_the_bounds_is_flagged)
{
    FzBuf many = FZ_BUF_INIT;

    for (int i = 0; i < FZ_LIMIT_URLS; i++)
        fz_buf_printf(&many, "a%d.example/ ", i);
    for (int i = 0; i < FZ_LIMIT_CONTACTS; i++)
        fz_buf_printf(&many, "138000000%02d ", i);
    extract(fz_buf_text(&many));
    ck_assert_uint_eq(kit.urls.url_count, FZ_LIMIT_URLS);
    ck_assert_uint_eq(kit.urls.contact_count, FZ_LIMIT_CONTACTS);
    ck_assert_uint_eq(kit.urls.flags, 0);
    fz_buf_append_text(&many, "b.example 13800000099");
    extract(fz_buf_text(&many));
    ck_assert_uint_eq(kit.urls.url_count, FZ_LIMIT_URLS);
    ck_assert_uint_eq(kit.urls.flags,
                      FZ_URLS_MORE_URLS | FZ_URLS_MORE_CONTACTS);
    fz_buf_clear(&many);
}
END_TEST

START_TEST(endless_link_is_cut_and_flagged)
{
    FzBuf endless = FZ_BUF_INIT;

    fz_buf_append_text(&endless, "http://shop.example/");
    for (int i = 0; i < FZ_LIMIT_URL_OCTETS; i++)
        fz_buf_append_octet(&endless, 'a');
    extract(fz_buf_text(&endless));
    ck_assert_uint_eq(kit.urls.url_count, 1);
    ck_assert_uint_eq(kit.urls.url[0].flags, FZ_URL_LONG);
    ck_assert_uint_eq(kit.urls.url[0].canonical.octets, FZ_LIMIT_URL_OCTETS);
    ck_assert_uint_eq(kit.urls.url[0].span.cp_to, kit.text.chars);
    fz_buf_clear(&endless);
}
END_TEST

START_TEST(sixteen_of_the_longest_links_fit_or_are_flagged)
{
    FzBuf endless = FZ_BUF_INIT;

    for (int url = 0; url < FZ_LIMIT_URLS; url++) {
        fz_buf_append_text(&endless, " http://shop.example/");
        for (int i = 0; i < 1000; i++)
            fz_buf_append_text(&endless, "\xC3\xA9"); /* three times as long */
    }
    extract(fz_buf_text(&endless));
    ck_assert_uint_ge(kit.urls.url_count, 10);
    ck_assert(kit.urls.url_count == FZ_LIMIT_URLS ||
              kit.urls.flags == FZ_URLS_MORE_URLS);
    fz_buf_clear(&endless);
}
END_TEST

START_TEST(keys_are_those_of_links_decoys_addresses_and_contacts)
{
    static FzKey keys[FZ_LIMIT_URL_KEYS];
    size_t count;

    extract("http://bank.example@192.0.2.1/a 13800000000");
    count = fz_urls_keys(&kit.urls, keys);
    ck_assert_uint_eq(count, 5);
    ck_assert(keys[0].kind == FZ_KEY_URL &&
              fz_slice_is(keys[0].text, "192.0.2.1/a"));
    ck_assert(keys[1].kind == FZ_KEY_URL &&
              fz_slice_is(keys[1].text, "192.0.2.1/"));
    ck_assert(keys[2].kind == FZ_KEY_IP &&
              fz_slice_is(keys[2].text, "192.0.2.1"));
    ck_assert(keys[3].kind == FZ_KEY_URL &&
              fz_slice_is(keys[3].text, "bank.example/"));
    ck_assert(keys[4].kind == FZ_KEY_CONTACT &&
              fz_slice_is(keys[4].text, "tel:+8613800000000"));
    ck_assert_uint_eq(keys[4].span.cp_from, 32);
}
END_TEST

/* Others of the tables: check_url_tables.c */
START_TEST(last_labels_of_ones_own_are_taken)
{
    FzUrlTables *plain = NULL;

    extract("shop.example");
    ck_assert_uint_eq(kit.urls.url_count, 1);
    ck_assert_int_eq(fz_url_tables_create(NULL, NULL, &plain), FZ_OK);
    fz_urls_extract(&kit.text, &kit.views, plain, &kit.urls);
    ck_assert_uint_eq(kit.urls.url_count, 0);
    fz_url_tables_destroy(plain);
}
END_TEST

/* --------------------------------------------------------------- document */
START_TEST(every_flag_and_kind_is_in_the_document)
{
    FzBuf page = FZ_BUF_INIT;
    char row[64];

    ck_assert_int_eq(fz_buf_read_file(&page, fz_test_source("docs/links.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    for (int bit = 0; bit < FZ_URL_FLAGS; bit++) {
        snprintf(row, sizeof row, "\n| `%s` |",
                 fz_url_flag_name((FzUrlFlag)(1 << bit)));
        ck_assert_msg(strstr(fz_buf_text(&page), row) != NULL, "%s", row);
    }
    for (int kind = 0; kind < FZ_CONTACT_KINDS; kind++) {
        snprintf(row, sizeof row,
                 "\n| `%s` | `%s:", fz_contact_kind_name((FzContactKind)kind),
                 fz_contact_kind_name((FzContactKind)kind));
        ck_assert_msg(strstr(fz_buf_text(&page), row) != NULL, "%s", row);
    }
    fz_buf_clear(&page);
}
END_TEST

/* ------------------------------------------------------------- allocation */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    !defined(__GLIBC__)
#define COUNTS_ALLOCATIONS 0
static int allocations;
#else
#define COUNTS_ALLOCATIONS 1
static _Atomic int allocations;
extern void *__libc_malloc(size_t octets);
extern void *__libc_calloc(size_t count, size_t octets);
extern void *__libc_realloc(void *block, size_t octets);

/* Whoever asks, libraries too. */
void *malloc(size_t octets)
{
    allocations++;
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    allocations++;
    return __libc_calloc(count, octets);
}

void *realloc(void *block, size_t octets)
{
    allocations++;
    return __libc_realloc(block, octets);
}
#endif

START_TEST(nothing_is_allocated_for_a_message)
{
    static const char *const texts[] = {
        "请登录shop.example/a查询，电话13800000000，QQ：123456789",
        "see http://www.bank.example@it.so:80/a?http://b.example/ or me@a.uk",
        "ｗｗｗ．ｓｈｏｐ．example now.It is 1.5 http://192.0.2.1/",
    };
    int before;

    for (size_t i = 0; i < COUNT(texts); i++) {
        extract(texts[i]);
        ck_assert_uint_gt(kit.urls.url_count, 0);
        before = allocations;
        fz_urls_extract(&kit.text, &kit.views, kit.tables, &kit.urls);
        /* the third has a host that is not ASCII: libidn2 allocates for it */
        if (i < 2)
            ck_assert_int_eq(allocations, before);
    }
    ck_assert(!COUNTS_ALLOCATIONS || allocations > 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links");
    TCase *tc = tcase_create("links");

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, link_is_found_as_people_write_it, 0, COUNT(found));
    tcase_add_test(tc, span_counts_code_points_of_the_text);
    tcase_add_test(tc, parts_of_a_link_are_pieces_of_it);
    tcase_add_test(tc, links_within_links_are_followed_twice);
    tcase_add_test(tc, link_over_a_border_of_parts_says_so);
    tcase_add_loop_test(tc, contact_is_found_with_its_key, 0, COUNT(reached));
    tcase_add_test(tc, what_is_beyond_the_bounds_is_flagged);
    tcase_add_test(tc, endless_link_is_cut_and_flagged);
    tcase_add_test(tc, sixteen_of_the_longest_links_fit_or_are_flagged);
    tcase_add_test(tc, keys_are_those_of_links_decoys_addresses_and_contacts);
    tcase_add_test(tc, last_labels_of_ones_own_are_taken);
    tcase_add_test(tc, every_flag_and_kind_is_in_the_document);
    tcase_add_test(tc, nothing_is_allocated_for_a_message);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}
