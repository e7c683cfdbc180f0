// SPDX-License-Identifier: BSD-2-Clause
//
// verdicts.test.mjs - a real message is passed, rewritten, quarantined or
// rejected, and everyone concerned sees it: the phone at the SMSC, the
// application in smsbox's answer and in its reports, the quarantine

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway, TOP } from '../rig/gateway.mjs';
import { gsmEncode, ucs2Encode } from '../rig/gsm.mjs';
import { until } from '../rig/room.mjs';

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'verdicts',
    patterns: [`${TOP}tests/e2e/patterns/e2e`] });
});
after(() => gateway?.close());

let count = 0;
const nextNumber = () => `+861390000${String(++count).padStart(4, '0')}`;

/** Messages between the same two keep their order: when a later one is there,
 *  an earlier one that is not was stopped. */
async function nothingBefore(to, direction) {
  const marker = `marker ${to}`;
  if (direction === 'mt') {
    await gateway.send({ from: '10086', to, text: marker });
    await gateway.smsc.submitted((s) => s.receiver === to && s.text === marker);
    return gateway.smsc.submits.filter(
      (s) => s.receiver === to && s.text !== marker);
  }
  await gateway.smsc.deliver({ from: to, to: '10086', text: marker });
  await gateway.application.receivedOne(
    (m) => m.from === to && m.text === marker);
  return gateway.application.received.filter(
    (m) => m.from === to && m.text !== marker);
}

/** Rows about a number. A held message is there when its sender is answered;
 *  evidence of a rejected one may come a moment later. */
async function keptOf(number, { later = false } = {}) {
  const rows = () => gateway.held((row) =>
    row.sender === number || row.receiver === number);
  if (later)
    await until(async () => (await rows()).length > 0, `a row of ${number}`);
  return rows();
}

const utf8 = (text) => Buffer.from(text);

// --- MT ----------------------------------------------------------------------
const mtDelivered = [
  { name: '7-bit with € passes untouched',
    send: { text: 'Costs 5€ [net], deposit in escrow' },
    octets: gsmEncode('Costs 5€ [net], deposit in escrow') },
  { name: 'UCS-2 passes untouched',
    send: { text: '您的账单已出,共5€😀', coding: 2 },
    octets: ucs2Encode('您的账单已出,共5€😀') },
  { name: '8-bit data passes untouched',
    send: { octets: Buffer.from([0, 1, 2, 0xff, 0x80]), coding: 1 },
    octets: Buffer.from([0, 1, 2, 0xff, 0x80]) },
  { name: 'a message with a part\'s header passes untouched',
    send: { octets: utf8('part one'), udh: Buffer.from([5, 0, 3, 7, 1, 1]) },
    udh: Buffer.from([5, 0, 3, 7, 1, 1]), octets: utf8('part one') },
  { name: '7-bit with € is rewritten, the rest stays',
    send: { text: '5€ [net]: http://track.example/abc {ok}' },
    octets: gsmEncode('5€ [net]: [link removed] {ok}'),
    rule: 'e2e.link', verdict: 'rewrite' },
  { name: 'UCS-2 is rewritten, the rest stays',
    send: { text: '包裹😀 http://track.example/abc 谢谢', coding: 2 },
    octets: ucs2Encode('包裹😀 [link removed] 谢谢'),
    rule: 'e2e.link', verdict: 'rewrite' },
  { name: 'a warning is put in front',
    send: { text: 'Guaranteed returns of 30€' },
    octets: gsmEncode('[Likely scam] Guaranteed returns of 30€'),
    rule: 'e2e.prepend', verdict: 'rewrite' },
];
for (const row of mtDelivered) {
  test(`MT ${row.name}`, async () => {
    const to = nextNumber();
    const tag = `mt${count}`;
    const answer = await gateway.send({ from: '10086', to, ...row.send,
      dlrUrl: gateway.application.reportUrl(tag) });
    assert.equal(answer.status, 202, answer.body);
    const submit = await gateway.smsc.submitted((s) => s.receiver === to);
    assert.deepEqual(submit.octets, row.octets);
    assert.deepEqual(submit.udh, row.udh ?? null);
    assert.equal(submit.coding, row.send.coding ?? (row.udh ? 1 : 0));
    const report = await gateway.application.reported(tag, 1);
    assert.match(report.text, /stat:DELIVRD/);
    const records = gateway.records()
      .filter((r) => r.verdict === 'rewrite' && r.direction === 'mt').length;
    if (row.rule)
      assert.ok(records > 0, 'a rewritten message leaves a record');
  });
}

const mtStopped = [
  { name: 'a quarantined message, 7-bit', text: 'Send the €scrow; escrow ' +
    'deposit of 500€ today', status: 202, verdict: 'quarantine',
    state: 'held', rule: 'e2e.escrow', reason: 'phishing' },
  { name: 'a quarantined message, UCS-2', coding: 2,
    text: '【公安局】您涉嫌洗钱,请将资金转入安全账户', status: 202,
    verdict: 'quarantine', state: 'held', rule: 'e2e.safe-account',
    reason: 'impersonation', score: 10 },
  { name: 'a quarantined message, text in 8-bit octets', coding: 1,
    octets: utf8('Send the escrow deposit'), status: 202,
    verdict: 'quarantine', state: 'held', rule: 'e2e.escrow',
    reason: 'phishing', keptText: 'Send the escrow deposit' },
  { name: 'a quarantined message, full-width letters', coding: 2,
    text: 'ＥＳＣＲＯＷ ｄｅｐｏｓｉｔ', status: 202, verdict: 'quarantine',
    state: 'held', rule: 'e2e.escrow', reason: 'phishing' },
  { name: 'a rejected message, 7-bit', text: 'Reply with your banking ' +
    'passphrase', status: 403, verdict: 'reject', state: 'evidence',
    rule: 'e2e.passphrase', reason: 'code-theft' },
  { name: 'a rejected message, UCS-2', coding: 2,
    text: '请回复您收到的验证码', status: 403, verdict: 'reject',
    state: 'evidence', rule: 'e2e.code', reason: 'code-theft' },
];
for (const { name, status, verdict, state, rule, reason, score, keptText,
  ...message } of mtStopped) {
  test(`MT ${name} never arrives and is kept`, async () => {
    const to = nextNumber();
    const tag = `stopped${count}`;
    const answer = await gateway.send({ from: '10086', to, ...message,
      dlrUrl: gateway.application.reportUrl(tag) });
    assert.equal(answer.status, status, answer.body);
    assert.deepEqual(await nothingBefore(to, 'mt'), []);
    const rows = await keptOf(to, { later: state === 'evidence' });
    assert.equal(rows.length, 1);
    const [row] = rows;
    assert.equal(row.verdict, verdict);
    assert.equal(row.state, state);
    assert.equal(row.rule, rule);
    assert.equal(row.reason, reason);
    assert.equal(row.direction, 'mt');
    assert.equal(row.text, keptText ?? message.text);
    assert.equal(row.sender, '10086');
    assert.equal(row.identity, 'tester');
    if (score !== undefined)
      assert.equal(row.score, score);
    // nobody may hear that it was delivered
    assert.ok(!gateway.application.reports.some(
      (r) => r.tag === tag && (r.type & 1) !== 0));
  });
}

// --- MO ----------------------------------------------------------------------
const moDelivered = [
  { name: '7-bit with € passes untouched', text: 'ok 5€ [x]', coding: 0 },
  { name: 'UCS-2 passes untouched', text: '您好€😀', coding: 2 },
  { name: '8-bit passes untouched', octets: Buffer.from([1, 2, 0xfe]),
    coding: 1 },
  { name: '7-bit is rewritten', text: 'look http://track.example/abc 5€',
    coding: 0, want: 'look [link removed] 5€' },
  { name: 'UCS-2 is rewritten', text: '看 http://track.example/abc 吧',
    coding: 2, want: '看 [link removed] 吧' },
];
for (const { name, want, ...message } of moDelivered) {
  test(`MO ${name}`, async () => {
    const from = nextNumber();
    assert.equal(await gateway.smsc.deliver({ from, to: '10086', ...message }),
      0);
    const got = await gateway.application.receivedOne((m) => m.from === from,
      `MO of ${from}`);
    assert.equal(got.coding, message.coding);
    if (message.octets)
      assert.deepEqual(got.octets, message.octets);
    else
      assert.equal(got.text, want ?? message.text);
  });
}

const moStopped = [
  { name: 'a quarantined message', text: 'I sent the escrow deposit, 5€',
    coding: 0, verdict: 'quarantine', state: 'held', rule: 'e2e.escrow' },
  { name: 'a quarantined message, UCS-2', text: '法院通知:转入安全账户',
    coding: 2, verdict: 'quarantine', state: 'held',
    rule: 'e2e.safe-account' },
  { name: 'a rejected message', text: 'my banking passphrase is x', coding: 0,
    verdict: 'reject', state: 'evidence', rule: 'e2e.passphrase' },
];
for (const { name, verdict, state, rule, ...message } of moStopped) {
  test(`MO ${name} never reaches the application and is kept`, async () => {
    const from = nextNumber();
    // bearerbox answers the SMSC before anyone has judged
    assert.equal(await gateway.smsc.deliver({ from, to: '10086', ...message }),
      0);
    assert.deepEqual(await nothingBefore(from, 'mo'), []);
    const rows = await keptOf(from, { later: true });
    assert.equal(rows.length, 1);
    assert.equal(rows[0].verdict, verdict);
    assert.equal(rows[0].state, state);
    assert.equal(rows[0].rule, rule);
    assert.equal(rows[0].direction, 'mo');
    assert.equal(rows[0].text, message.text);
  });
}

test('a stopped MO is not sent again when the box comes back', async () => {
  const from = nextNumber();
  await gateway.smsc.deliver({ from, to: '10086',
    text: 'the escrow deposit again' });
  assert.deepEqual(await nothingBefore(from, 'mo'), []);
  const status = (await gateway.status()).body;
  assert.match(status, /smsbox:app.*/);
  await gateway.bearerbox.kill();
  await gateway.startBearerbox();
  await gateway.smsc.bound();
  await nothingBefore(nextNumber(), 'mo');
  assert.equal((await keptOf(from)).length, 1);
});

test('bypass lets a fraud through, and taking it back stops the next',
  async () => {
    const to = nextNumber();
    await gateway.ask('bypass', { on: true, for_s: 600 });
    try {
      const answer = await gateway.send({ from: '10086', to,
        text: 'Send the escrow deposit' });
      assert.equal(answer.status, 202);
      await gateway.smsc.submitted((s) => s.receiver === to);
    } finally {
      await gateway.ask('bypass', { on: false });
    }
    assert.equal((await keptOf(to)).filter((r) => r.state === 'held').length,
      0);
    const other = nextNumber();
    await gateway.send({ from: '10086', to: other,
      text: 'Send the escrow deposit' });
    assert.deepEqual(await nothingBefore(other, 'mt'), []);
  });

test('the counters tell the same story', async () => {
  const { counters, store } = await gateway.ask('status');
  const { mt, mo } = counters.messages;
  assert.ok(mt.judged >= mtDelivered.length + 2 * mtStopped.length);
  assert.equal(mt.would.reject, 2);
  assert.equal(mt.acted.quarantine + 1, mt.would.quarantine); // bypassed
  assert.equal(mo.would.reject, 1);
  assert.equal(mo.acted.rewrite, 2);
  const rows = await gateway.held();
  assert.equal(store.items.held,
    rows.filter((r) => r.state === 'held').length);
  gateway.assertAlive();
});
