// SPDX-License-Identifier: BSD-2-Clause
//
// messages.mjs - the messages of the demo, and how each must fare
//
// want.got is what arrives at the far end, null for nothing; want.says must be
// part of what the last column shows.

/** Shipped sets install in shadow: an operator's override makes them act. */
export const OVERRIDES = [
  { id: 'cn.*', state: 'active' },
  { id: 'en.*', state: 'active' },
];

const mt = (from, text, want, more = {}) =>
  ({ direction: 'mt', from, text, want: { got: text, ...want }, ...more });
const mo = (text, want, more = {}) =>
  ({ direction: 'mo', text, want: { got: text, ...want }, ...more });
const UCS2 = { coding: 2 };
const PASS = { verdict: 'pass', says: 'the same' };
const HELD = { verdict: 'quarantine', got: null };
const REJECTED = { verdict: 'reject', got: null };

export const MESSAGES = [
  mt('95588', '您的验证码是482913,5分钟内有效,请勿告诉任何人。', PASS, UCS2),
  mt('Bistro', 'Your table for two is booked, dinner menu 25€ [fixed]', PASS),
  { direction: 'mt', from: '10086', coding: 1,
    octets: Buffer.from([0x0b, 0x05, 0x04, 0x15, 0x8a, 0x00]),
    want: { ...PASS, got: 'octets 0b0504158a00' } },
  mt('96110', '【海河公安局】谨防诈骗:凡要求转账到安全账户的都是诈骗', PASS, UCS2),
  mt('10086', '【海河公安局】您名下账户涉嫌洗钱,请将资金转入安全账户配合调查',
    { ...HELD, says: '202', rule: 'cn.authority.safe-account' }, UCS2),
  mt('95588', '尊敬的工行用户,您的账户已满10000积分,可兑换500元现金,请登录 jf-gh.example 查询',
    { ...HELD, says: '202', rule: 'cn.bank.points' }, UCS2),
  mt('Parcel', 'Customs due: http://parcel-fee.example/a1 or we return it',
    { verdict: 'rewrite', rule: 'demo.link',
      got: 'Customs due: [link removed] or we return it' }),
  mt('Trader', 'Guaranteed daily returns of 3% on 500€, join now',
    { verdict: 'rewrite', rule: 'demo.returns',
      got: '[Likely scam] Guaranteed daily returns of 3% on 500€, join now' }),
  mt('Bank', 'Security check: please reply with the code you received',
    { ...REJECTED, says: '403', rule: 'demo.code' }),
  mo('STOP', PASS),
  mo('我是反诈中心王警官,现需对您做资金清查,请勿告诉家人', { ...HELD,
    rule: 'cn.authority.safe-account' }, UCS2),
  mo('look at http://parcel-fee.example/zz please',
    { verdict: 'rewrite', rule: 'demo.link',
      got: 'look at [link removed] please' }),
];
