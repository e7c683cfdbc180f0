// SPDX-License-Identifier: BSD-2-Clause
//
// warn.test.mjs - a doubtful message reaches the phone untouched, and a warning
// of our own follows it, once in a while for each receiver

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway, TOP } from '../rig/gateway.mjs';
import { libconfig } from '../rig/conf.mjs';
import { gsmEncode, ucs2Encode } from '../rig/gsm.mjs';
import { until } from '../rig/room.mjs';

let gateway;
before(async () => {
  gateway = new Gateway({ name: 'warn', patterns: ['patterns'], conf: {
    profiles: [{ name: 'default' }, { name: 'told', warn: true }],
    routes: [{ identity: 'tester', profile: 'told' }],
    warning: { sender: '12000', interval: 3600,
      en: 'Mind what {sender} just sent', zh: '请留意{sender}' },
  } });
  gateway.room.write('patterns/rules.conf', libconfig({
    set: { name: 'warn', title: 'Warned about', owner: 'rules@example.test' },
    rules: [{ id: 'warn.prize', title: 'A prize', phrase: 'grand prize',
      score: 5.0, match: ['A grand prize'] },
    { id: 'warn.prize-zh', title: 'A prize', phrase: '大奖', score: 5.0,
      match: ['您中了大奖'] }],
  }));
  await gateway.start();
});
after(() => gateway?.close());

const counters = async () => (await gateway.ask('status')).counters;
const toPhone = (to) => gateway.smsc.submits.filter((s) => s.receiver === to);

test('the message stays as it was, the warning follows it', async () => {
  const to = '+8613900000001';
  const answer = await gateway.send({ from: '10086', to,
    text: 'You won the grand prize of 5€' });
  assert.equal(answer.status, 202);
  await until(() => toPhone(to).length === 2, 'message and warning');
  const [message, warning] = toPhone(to);
  assert.deepEqual(message.octets, gsmEncode('You won the grand prize of 5€'));
  assert.equal(warning.text, 'Mind what 10086 just sent');
  assert.equal(warning.sender, '12000');
  assert.equal(warning.coding, 0);
  await until(async () => (await counters()).warnings_sent === 1,
    'the warning to be counted');
});

test('the same receiver is not warned again soon', async () => {
  const to = '+8613900000001';
  await gateway.send({ from: '10086', to, text: 'the grand prize again' });
  await gateway.send({ from: '10086', to, text: 'an honest word' });
  await gateway.smsc.submitted((s) => s.text === 'an honest word');
  assert.equal(toPhone(to).filter((s) => s.sender === '12000').length, 1);
  assert.equal((await counters()).warnings_spared, 1);
});

test('a message in Chinese is warned about in Chinese', async () => {
  const to = '+8613900000002';
  await gateway.send({ from: '95000', to, text: '恭喜您中了大奖', coding: 2 });
  await until(() => toPhone(to).length === 2, 'message and warning');
  assert.deepEqual(toPhone(to)[0].octets, ucs2Encode('恭喜您中了大奖'));
  assert.equal(toPhone(to)[1].text, '请留意95000');
});

test('a phone\'s message passes; an application is not warned', async () => {
  await gateway.smsc.deliver({ from: '+8613900000003', to: '10086',
    text: 'did I win the grand prize' });
  await gateway.application.receivedOne((m) => m.from === '+8613900000003');
  assert.equal(gateway.application.received.length, 1);
});
