// SPDX-License-Identifier: BSD-2-Clause
//
// esme.test.mjs - a customer who binds by SMPP: what submit_sm_resp and the
// reports say of a message that is passed, held or rejected

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway, TOP } from '../rig/gateway.mjs';
import { gsmEncode, ucs2Encode } from '../rig/gsm.mjs';
import { freePort, until } from '../rig/room.mjs';
import { Esme, SmppBox } from '../rig/smpp-box.mjs';

let gateway, esme;
before(async () => {
  gateway = await Gateway.start({ name: 'esme',
    patterns: [`${TOP}tests/e2e/patterns/e2e`],
    groups: [{ group: 'smsbox-route', 'smsbox-id': 'customer',
      shortcode: '10690' }] });
  const box = await new SmppBox(gateway.room, await freePort(),
    gateway.ports.box).listen();
  esme = await Esme.connect(gateway.room, box.port, 'customer');
});
after(() => gateway?.close());

const submit = (to, octets, more) =>
  esme.submit({ from: '10690', to, octets, ...more });
const reportOf = (id) => esme.received.find(
  (m) => m.esmClass === 4 && m.text.includes(`id:${id} `));

test('a message that passes: accepted, and DELIVRD', async () => {
  const octets = gsmEncode('Costs 5€ [net]');
  const { status, id } = await submit('13900000001', octets);
  assert.equal(status, 0);
  const sent = await gateway.smsc.submitted((s) => s.receiver.endsWith('0001'));
  assert.deepEqual(sent.octets, octets);
  await until(() => reportOf(id), 'the report');
  assert.match(reportOf(id).text, /stat:DELIVRD/);
});

test('a message that is held: accepted, and nobody says DELIVRD', async () => {
  const { status, id } = await submit('13900000002',
    ucs2Encode('【公安局】您涉嫌洗钱,请将资金转入安全账户'), { dataCoding: 8 });
  assert.equal(status, 0);
  const later = await submit('13900000002', gsmEncode('a later one'));
  await until(() => reportOf(later.id), 'the report of a later message');
  assert.equal(reportOf(id), undefined);
  const rows = await gateway.held((row) => row.receiver === '13900000002');
  assert.deepEqual(rows.map((row) => [row.state, row.identity]),
    [['held', 'customer']]);
});

test('a message that is rejected: 0x45, at once', async () => {
  const { status } = await submit('13900000003',
    gsmEncode('post your banking passphrase'));
  assert.equal(status, 0x45);
});

test('a sender with a window of one sends its parts and is not stalled',
  async () => {
    for (let part = 1; part <= 5; part++) {
      const { status } = await submit('13900000004',
        gsmEncode(`part ${part} of five`),
        { udh: Buffer.from([5, 0, 3, 9, 5, part]) });
      assert.equal(status, 0);
    }
    await until(() => gateway.smsc.submits.filter(
      (s) => s.receiver.endsWith('0004')).length === 5, 'five parts');
  });

test('a phone\'s message reaches the customer, a fraud does not', async () => {
  await gateway.smsc.deliver({ from: '+8613800000001', to: '10690',
    text: 'the escrow deposit is sent' });
  await gateway.smsc.deliver({ from: '+8613800000001', to: '10690',
    text: 'hello customer' });
  await until(() => esme.received.some((m) => m.text === 'hello customer'),
    'the message at the customer');
  assert.ok(!esme.received.some((m) => m.text.includes('escrow')));
  assert.equal((await gateway.held(
    (row) => row.sender === '+8613800000001')).length, 1);
});
