// SPDX-License-Identifier: BSD-2-Clause
//
// senders.test.mjs - brands and registry on a real gateway: a registered
// bank's link passes from its own sender and from nobody else, a code is never
// held by score, who asked for it is guarded more, and the registry goes live
// by a reload alone

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway, TOP } from '../rig/gateway.mjs';
import { until } from '../rig/room.mjs';

const REGISTRY = [
  'identity,class,signatures,senders,hosts',
  'bank,bank,海河银行,95001,haihebank.example',
  'codes,code,石榴直播,106900000309,',
  'shop,A2P,南瓜集市,106900000601,nangua.example',
  'transit,reseller,,,',
];
const SENDERS = {
  'brands.tsv': 'brand\tclass\twords\thosts\tsignatures\tsenders\n' +
    'haihe\tbank\t海河银行;Haihe Bank\thaihebank.example\t海河银行\t95001\n',
  'registry.csv': `${REGISTRY.join('\n')}\n`,
  'careful.csv': 'receiver\n+8613900009999\n',
};
const USERS = ['bank', 'codes', 'shop', 'transit'];

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'senders',
    patterns: [`${TOP}tests/e2e/patterns/e2e`], files: SENDERS,
    conf: {
      senders: { brands: ['brands.tsv'], registry: ['registry.csv'],
        receivers: [{ class: 'careful', file: 'careful.csv' }] },
      profiles: [{ name: 'default', rewrite: true },
        { name: 'strict', scale: 200 }],
      routes: [{ 'receiver-class': 'careful', profile: 'strict' }],
    },
    users: USERS.map((name) => ({ group: 'sendsms-user', username: name,
      password: name, concatenation: true, 'max-messages': 20,
      'user-allow-ip': '127.0.0.1' })),
  });
});
after(() => gateway?.close());

let count = 0;
const nextNumber = () => `+861390000${String(++count).padStart(4, '0')}`;

const send = (identity, message) => gateway.send({ coding: 2, ...message },
  { user: identity, password: identity });

async function passes(identity, from, text, to = nextNumber()) {
  const answer = await send(identity, { from, to, text });
  assert.equal(answer.status, 202, answer.body);
  const submit = await gateway.smsc.submitted((s) => s.receiver === to);
  assert.equal(submit.text, text);
}

/** Held, or rejected with evidence: the row of the store. */
async function stopped(identity, from, text, status, to = nextNumber()) {
  const answer = await send(identity, { from, to, text });
  assert.equal(answer.status, status, answer.body);
  const rows = () => gateway.held((row) => row.receiver === to);
  await until(async () => (await rows()).length > 0, `a row of ${to}`);
  assert.equal(gateway.smsc.submits.filter((s) => s.receiver === to).length, 0);
  return (await rows()).at(-1);
}

const LINK = '【海河银行】您的账单已出,请登录 haihebank.example/bill 查看';

test('a registered bank\'s own link passes from its own sender', () =>
  passes('bank', '95001', LINK));

test('the same text from another identity is stopped', async () => {
  const row = await stopped('shop', '106900000601', LINK, 403);
  assert.equal(row.verdict, 'reject');
  const record = gateway.records().findLast((one) => one.identity === 'shop');
  assert.equal(record.by, 'contradiction');
  assert.equal(record.decider, 'signature.stolen');
  assert.equal(record.reason, 'impersonation');
});

test('the bank\'s number from another identity is stopped', async () => {
  const row = await stopped('transit', '95001', '您好', 403);
  assert.equal(row.verdict, 'reject');
});

test('its name over a stranger\'s link is held', async () => {
  const row = await stopped('transit', '106900000777',
    'Haihe Bank: your account is locked, see http://pay7.test/a', 202);
  assert.equal(row.verdict, 'quarantine');
  const record = gateway.records().findLast((one) =>
    one.identity === 'transit');
  const posed = record.signals.find(({ id }) => id === 'brand.posed');
  assert.equal(posed.entry, 'haihe');
});

test('a link that imitates its host is held', async () => {
  const row = await stopped('transit', '106900000777',
    '账单 http://haihebank.example.25.test/bill', 202);
  assert.equal(row.verdict, 'quarantine');
});

test('a code of a registered sender is never held by score', () =>
  passes('codes', '106900000309', '【石榴直播】验证码 482913, escrow deposit'));

test('the same words of another are', async () => {
  const row = await stopped('shop', '106900000601',
    '【南瓜集市】escrow deposit', 202);
  assert.equal(row.verdict, 'quarantine');
});

test('who asked for it is guarded more', async () => {
  const text = '看看这个 http://pay7.test/a';
  await passes('transit', '106900000777', text);
  const row = await stopped('transit', '106900000777', text, 202,
    '+8613900009999');
  assert.equal(row.verdict, 'quarantine');
});

test('a registry with a mistake is refused with its line', async () => {
  gateway.room.write('registry.csv', `${REGISTRY.join('\n')}\nnew,bonk,,,\n`);
  const { code, stdout, stderr } = await gateway.fanzhactl('lint');
  assert.equal(code, 1);
  assert.match(stdout + stderr,
    /registry\.csv:6: `class' cannot be `bonk'/);
  await assert.rejects(gateway.reload(), /registry\.csv:6/);
  await passes('bank', '95001', LINK);
});

test('a registry goes live by a reload alone', async () => {
  gateway.room.write('registry.csv',
    `${REGISTRY.filter((row) => !row.startsWith('bank,')).join('\n')}\n`);
  await passes('bank', '95001', LINK);
  await gateway.reload();
  const row = await stopped('bank', '95001', LINK, 202);
  assert.equal(row.verdict, 'quarantine');
});
