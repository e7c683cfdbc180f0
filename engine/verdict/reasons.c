/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reasons.c - the built-in reasons, as a sender hears them
 *
 * The code is what `err:` of a delivery report carries; the sentence says what
 * was seen and what the sender can do. Codes are part of the interface: none
 * changes its meaning, new ones are added.
 */
#include "config.h"

#include "engine/verdict/policy.h"

const FzReason fz_reason_table[FZ_REASONS_BUILTIN] = {
    {"phishing", "F01",
     "The message leads to a page or contact that asks for accounts or "
     "payments. Remove the link, or register it with your provider.",
     "短信引导用户前往索取账号或付款的页面。请删除链接或向运营商报备。"},
    {"impersonation", "F02",
     "The message speaks in the name of an authority or company that this "
     "sender is not registered for. Register the sender, or use your own name.",
     "短信冒用了未报备的机构或企业名义。请报备发送方或使用自己的名称。"},
    {"fake-task", "F03",
     "The message offers part-time work or rebates that cost the victim money. "
     "Appeal with proof of the employer.",
     "短信涉嫌刷单返利或虚假兼职。如有误判请提供雇主证明申诉。"},
    {"loan", "F04",
     "The message offers loans or credit without a licence on record. Register "
     "the licence, or appeal.",
     "短信涉嫌无资质贷款或代办信用业务。请报备资质或申诉。"},
    {"refund", "F05",
     "The message pretends to be customer service with a refund or "
     "compensation. Register the sender, or appeal.",
     "短信涉嫌冒充客服退款理赔。请报备发送方或申诉。"},
    {"parcel", "F06",
     "The message pretends a parcel, toll or customs fee is due. Register the "
     "sender and its links, or appeal.",
     "短信涉嫌虚假快递、通行费或关税通知。请报备发送方和链接或申诉。"},
    {"social-security", "F07",
     "The message pretends a benefit, pension or medical insurance needs "
     "action. Register the sender, or appeal.",
     "短信涉嫌虚假医保、社保或补贴通知。请报备发送方或申诉。"},
    {"bank", "F08",
     "The message pretends a bank account, card or its points need action. "
     "Register the sender, or appeal.",
     "短信涉嫌虚假银行账户、银行卡或积分通知。请报备发送方或申诉。"},
    {"investment", "F09",
     "The message offers investments or trading signals without a licence on "
     "record. Register the licence, or appeal.",
     "短信涉嫌无资质投资理财或荐股。请报备资质或申诉。"},
    {"gambling", "F10",
     "The message advertises gambling, which is not carried.",
     "短信涉嫌推广赌博,不予转发。"},
    {"adult", "F11",
     "The message advertises sexual services, which are not carried.",
     "短信涉嫌推广色情服务,不予转发。"},
    {"documents", "F12",
     "The message offers invoices, certificates or identity papers, which is "
     "not carried.",
     "短信涉嫌代开发票或伪造证件,不予转发。"},
    {"prize", "F13",
     "The message promises a prize or gift against a fee or data. Appeal with "
     "the terms of the promotion.",
     "短信涉嫌虚假中奖或赠礼。如有误判请提供活动说明申诉。"},
    {"acquaintance", "F14",
     "The message pretends to come from a relative, friend or superior in "
     "need of money. Appeal if it was personal.",
     "短信涉嫌冒充亲友或领导要求转账。如为本人短信请申诉。"},
    {"code-theft", "F15",
     "The message asks for a one-time code. Codes are never asked for by "
     "message.",
     "短信涉嫌索取验证码。任何机构都不会通过短信索取验证码。"},
    {"malware", "F16",
     "The message leads to an application outside the stores. Remove the link, "
     "or register it.",
     "短信引导安装来源不明的应用。请删除链接或报备。"},
    {"marketing", "F17",
     "The message is advertising that this sender is not registered for. "
     "Register the template, or appeal.",
     "短信为未报备的营销内容。请报备模板或申诉。"},
    {"listed", "F18",
     "The message names a link, number or sender that is on a list of reported "
     "ones. Remove it, or appeal with proof that it is yours.",
     "短信含有已被举报的链接、号码或发送方。请删除,或提供归属证明申诉。"},
    {"not-checked", "F90",
     "The message could not be checked and is not carried unchecked. Send it "
     "again in a plain form.",
     "短信未能完成检查,暂不转发。请以普通格式重新发送。"},
};

const FzReason *fz_reasons_builtin(uint32_t *count_out)
{
    *count_out = FZ_REASONS_BUILTIN;
    return fz_reason_table;
}
