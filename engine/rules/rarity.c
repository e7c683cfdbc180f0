/* SPDX-License-Identifier: BSD-2-Clause
 *
 * rarity.c - how often a word is expected in a message
 *
 * A rule is looked at only when its rarest term was hit, so a good guess saves
 * time; a bad one costs some and changes nothing. Longer words are rarer, but
 * for those that are listed.
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/builder.h"
#include "engine/rules/chars.h"

#include <string.h>

/* Of 100 messages so many have it, by rule of thumb: ordinary messages of
 * banks, shops, carriers and authorities, in folded form, which is most of what
 * a gateway carries for applications; people among themselves use fewer of
 * them. Only what is common is here: where a rule has a rarer term, it is
 * found. */
#define W(word) word, sizeof word - 1
static const struct {
    const char *word;
    uint8_t octets;
    uint8_t hits;
} common[] = {{W("的"), 80},      {W("您"), 44},    {W("请"), 35},
              {W("元"), 23},      {W("用"), 19},    {W("费"), 17},
              {W("网"), 16},      {W("银行"), 16},  {W("您的"), 15},
              {W("到"), 14},      {W("卡"), 13},    {W("提"), 13},
              {W("点"), 12},      {W("回复"), 11},  {W("退订"), 9},
              {W("付"), 8},       {W("信息"), 8},   {W("客户"), 8},
              {W("验证"), 8},     {W("验证码"), 8}, {W("交"), 7},
              {W("尊敬"), 7},     {W("尊敬的"), 7}, {W("开"), 7},
              {W("查询"), 7},     {W("登"), 7},     {W("票"), 7},
              {W("账户"), 7},     {W("送"), 7},     {W("使用"), 6},
              {W("信用卡"), 6},   {W("手机"), 6},   {W("支付"), 6},
              {W("转"), 6},       {W("进"), 6},     {W("高"), 6},
              {W("办理"), 5},     {W("加"), 5},     {W("客服"), 5},
              {W("微信"), 5},     {W("我们"), 5},   {W("电话"), 5},
              {W("登录"), 5},     {W("短信"), 5},   {W("联系"), 5},
              {W("订单"), 5},     {W("需"), 5},     {W("今天"), 4},
              {W("会员"), 4},     {W("密码"), 4},   {W("您好"), 4},
              {W("打"), 4},       {W("确认"), 4},   {W("领"), 4},
              {W("万"), 3},       {W("下载"), 3},   {W("优惠"), 3},
              {W("你"), 3},       {W("充"), 3},     {W("免费"), 3},
              {W("准"), 3},       {W("取消"), 3},   {W("咨询"), 3},
              {W("安全"), 3},     {W("投资"), 3},   {W("点击"), 3},
              {W("积分"), 3},     {W("移动"), 3},   {W("给"), 3},
              {W("致电"), 3},     {W("详情"), 3},   {W("详询"), 3},
              {W("选"), 3},       {W("预约"), 3},   {W("中国移动"), 2},
              {W("余额"), 2},     {W("兑"), 2},     {W("到期"), 2},
              {W("即可"), 2},     {W("及时"), 2},   {W("增"), 2},
              {W("套餐"), 2},     {W("存"), 2},     {W("客户端"), 2},
              {W("小时"), 2},     {W("尽快"), 2},   {W("工商"), 2},
              {W("工商银行"), 2}, {W("开通"), 2},   {W("得"), 2},
              {W("您在"), 2},     {W("我行"), 2},   {W("手机银行"), 2},
              {W("拨打"), 2},     {W("提供"), 2},   {W("更多"), 2},
              {W("本人"), 2},     {W("汇"), 2},     {W("流量"), 2},
              {W("热线"), 2},     {W("疑问"), 2},   {W("百"), 2},
              {W("看"), 2},       {W("礼"), 2},     {W("给您"), 2},
              {W("缴"), 2},       {W("网上"), 2},   {W("航班"), 2},
              {W("警"), 2},       {W("诈骗"), 2},   {W("话费"), 2},
              {W("请在"), 2},     {W("调整"), 2},   {W("账单"), 2},
              {W("购买"), 2},     {W("赠"), 2},     {W("身份证"), 2},
              {W("转账"), 2},     {W("返"), 2},     {W("退款"), 2},
              {W("通知"), 2},     {W("酒店"), 2},   {W("银行卡"), 2},
              {W("领取"), 2},     {W("首"), 2},     {W("快递"), 1},
              {W("上门"), 1},     {W("为准"), 1},   {W("今日"), 1},
              {W("体验"), 1},     {W("保险"), 1},   {W("充值"), 1},
              {W("兑换"), 1},     {W("到账"), 1},   {W("升级"), 1},
              {W("卡号"), 1},     {W("即将"), 1},   {W("参加"), 1},
              {W("反诈"), 1},     {W("号码"), 1},   {W("基金"), 1},
              {W("处理"), 1},     {W("奖"), 1},     {W("官网"), 1},
              {W("平台"), 1},     {W("手续费"), 1}, {W("抽"), 1},
              {W("招商银行"), 1}, {W("收费"), 1},   {W("最高"), 1},
              {W("有效期"), 1},   {W("有限"), 1},   {W("机票"), 1},
              {W("来电"), 1},     {W("查看"), 1},   {W("校验码"), 1},
              {W("核实"), 1},     {W("欢迎"), 1},   {W("现金"), 1},
              {W("理财"), 1},     {W("电信"), 1},   {W("税"), 1},
              {W("立即"), 1},     {W("网银"), 1},   {W("群"), 1},
              {W("联通"), 1},     {W("营业厅"), 1}, {W("请于"), 1},
              {W("请点"), 1},     {W("请点击"), 1}, {W("请登"), 1},
              {W("请联系"), 1},   {W("贷"), 1},     {W("资金"), 1},
              {W("输入"), 1},     {W("退票"), 1},   {W("返现"), 1},
              {W("邀请"), 1},     {W("配合"), 1},   {W("链接"), 1},
              {W("非本人"), 1},   {W("额度"), 1},   {W("风险"), 1},
              {W("马上"), 1},     {W("异常"), 1},   {W("认证"), 1},
              {W("失效"), 1},     {W("发票"), 1},   {W("税务"), 1},
              {W("公积金"), 1},   {W("社保"), 1},   {W("医保"), 1},
              {W("老师"), 1},     {W("逾期"), 1},   {W("过期"), 1},
              {W("费用"), 1},     {W("暂停"), 1},   {W("保证金"), 1},
              {W("补缴"), 1},     {W("征信"), 1},   {W("缴费"), 1},
              {W("缴纳"), 1},     {W("to"), 60},    {W("the"), 50},
              {W("is"), 40},      {W("you"), 40},   {W("for"), 30},
              {W("your"), 30},    {W("http"), 15},  {W("com"), 12},
              {W("from"), 12},    {W("https"), 12}, {W("cn"), 10},
              {W("our"), 10},     {W("code"), 8},   {W("now"), 8},
              {W("please"), 8},   {W("stop"), 8},   {W("account"), 6},
              {W("call"), 6},     {W("reply"), 6},  {W("text"), 5},
              {W("bank"), 4},     {W("click"), 4},  {W("free"), 4},
              {W("link"), 4},     {W("www"), 4},    {W("delivery"), 3},
              {W("package"), 2},  {W("parcel"), 2}, {W("etc"), 1}};
#undef W

double fz_word_frequency(FzSlice octets)
{
    double frequency = 0.5;
    uint32_t cp;

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (octets.octets == common[i].octets &&
            memcmp(octets.data, common[i].word, octets.octets) == 0)
            return common[i].hits / 100.0;
    for (size_t at = 0; at < octets.octets;) {
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        if (used == 0)
            break;
        at += used;
        frequency *= fz_char_is_han(cp) ? 0.05 : 0.45;
    }
    return frequency < 1e-9 ? 1e-9 : frequency;
}
