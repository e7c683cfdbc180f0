// SPDX-License-Identifier: BSD-2-Clause
//
// bare.test.mjs - the gateway without fanzha, and with a fanzhabox that has no
// plugins: what the other tests compare with, and that the rig itself sees what
// happens at both ends

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Gateway, PATIENCE } from '../rig/gateway.mjs';
import { gsmEncode, ucs2Encode } from '../rig/gsm.mjs';

const mt = [
  { name: '7-bit with an extension character',
    send: { text: 'Costs 5€ [net] only' },
    coding: 0, octets: gsmEncode('Costs 5€ [net] only') },
  { name: 'UCS-2', send: { text: '您好,账单已出€', coding: 2 },
    coding: 2, octets: ucs2Encode('您好,账单已出€') },
  { name: '8-bit data', send: { octets: Buffer.from([0, 1, 2, 0xff, 0x80]),
    coding: 1 }, coding: 1, octets: Buffer.from([0, 1, 2, 0xff, 0x80]) },
  { name: 'a header of the application\'s own: the gateway takes it for 8-bit',
    send: { octets: Buffer.from('part two'),
      udh: Buffer.from([5, 0, 3, 7, 2, 2]) },
    coding: 1, udh: Buffer.from([5, 0, 3, 7, 2, 2]),
    octets: Buffer.from('part two') },
];

const mo = [
  { name: '7-bit with an extension character', text: 'wins 5€ [x]', coding: 0 },
  { name: 'UCS-2', text: '您好€', coding: 2 },
  { name: '8-bit', octets: Buffer.from([1, 2, 0xfe]), coding: 1 },
];

for (const [place, options] of [
  ['bearerbox alone', { fanzha: false }],
  ['fanzhabox without plugins', { filter: false }],
])
  describe(place, () => suite(options));

function suite(options) {
  let gateway;
  before(async () => {
    gateway = await Gateway.start({ name: 'bare', ...options });
  });
  after(() => gateway?.close());

  for (const [row, { name, send, ...want }] of mt.entries()) {
    test(`MT ${name}`, async () => {
      const to = `1390000000${row}`;
      const answer = await gateway.send({ from: '10086', to, ...send });
      assert.equal(answer.status, 202, answer.body);
      const submit = await gateway.smsc.submitted((s) => s.receiver === to);
      assert.equal(submit.coding, want.coding);
      assert.deepEqual(submit.octets, want.octets);
      assert.deepEqual(submit.udh, want.udh ?? null);
      assert.equal(submit.sender, '10086');
    });
  }

  test('MT of 300 characters leaves in two parts', async () => {
    const to = '13911111111';
    const text = 'abcdefghij'.repeat(30);
    assert.equal((await gateway.send({ from: '10086', to, text })).status, 202);
    await gateway.smsc.submitted((s) => s.receiver === to && s.udh?.at(-1) === 2);
    const parts = gateway.smsc.submits.filter((s) => s.receiver === to);
    assert.equal(parts.map((s) => s.text).join(''), text);
  });

  test('the report of the SMSC reaches the application', async () => {
    const answer = await gateway.send({ from: '10086', to: '13922222222',
      text: 'with a report', dlrUrl: gateway.application.reportUrl('bare'),
      dlrMask: 31 });
    assert.equal(answer.status, 202);
    const report = await gateway.application.reported('bare', 1);
    assert.match(report.text, /stat:DELIVRD/);
  });

  for (const [row, { name, ...message }] of mo.entries()) {
    test(`MO ${name}`, async () => {
      const from = `+861380000000${row}`;
      assert.equal(await gateway.smsc.deliver({ from, to: '10086', ...message }),
        0);
      const got = await gateway.application.receivedOne((m) => m.from === from,
        `MO of ${from}`, { ms: PATIENCE });
      assert.equal(got.coding, message.coding);
      if (message.text !== undefined)
        assert.equal(got.text, message.text);
      else
        assert.deepEqual(got.octets, message.octets);
      assert.equal(got.to, '10086');
    });
  }

  test('what the SMSC refuses is the gateway\'s to refuse', async () => {
    gateway.smsc.answer = () => 0x45;
    try {
      const answer = await gateway.send({ from: '10086', to: '13933333333',
        text: 'refused', dlrUrl: gateway.application.reportUrl('refused'),
        dlrMask: 31 });
      assert.equal(answer.status, 202); // bearerbox took it
      await gateway.application.reported('refused', 16);
    } finally {
      gateway.smsc.answer = () => 0;
    }
  });
}
