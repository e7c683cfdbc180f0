// SPDX-License-Identifier: BSD-2-Clause
//
// release.test.mjs - held messages that a person lets go reach whom they were
// for, when that one's box is away too, and after a restart

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Gateway, PATIENCE, TOP } from '../rig/gateway.mjs';
import { gsmEncode } from '../rig/gsm.mjs';
import { freePort, until } from '../rig/room.mjs';
import { Esme, SmppBox } from '../rig/smpp-box.mjs';

let gateway, port;
before(async () => {
  gateway = await Gateway.start({ name: 'release',
    patterns: [`${TOP}tests/e2e/patterns/e2e`],
    groups: [{ group: 'smsbox-route', 'smsbox-id': 'customer',
      shortcode: '10690' }] });
  port = await freePort();
  await new SmppBox(gateway.room, port, gateway.ports.box).listen();
});
after(() => gateway?.close());

const FRAUD = 'the escrow deposit';
const customer = (mode) => Esme.connect(gateway.room, port, 'customer', mode);
const rows = (match) => gateway.held(match);
const state = async (row) => (await rows((r) => r.row === row))[0].state;
const reaches = (row, wanted) => until(async () => await state(row) === wanted,
  async () => `row ${row} to be ${wanted}; it is ${await state(row)}`,
  { ms: PATIENCE, every: 100 });
const release = async (...which) => {
  const { code, stderr } = await gateway.fanzhactl('release',
    ...which.map(String));
  assert.equal(code, 0, stderr);
};
const heldOne = (match) => until(async () => (await rows(
  (row) => row.state === 'held' && match(row)))[0], 'a held message',
{ ms: PATIENCE, every: 100 });

test('a customer\'s message, released while he is away, and reported to him',
  async () => {
    const esme = await customer();
    const { status, id } = await esme.submit({ from: '10690',
      to: '13900000001', octets: gsmEncode(`${FRAUD} is here`) });
    assert.equal(status, 0);
    const { row } = await heldOne((r) => r.receiver === '13900000001');
    await esme.unbind();
    await release(row);
    await gateway.smsc.submitted((s) => s.text === `${FRAUD} is here`,
      'it at the SMSC', { ms: PATIENCE });
    await reaches(row, 'delivered');
    const back = await customer();
    await until(() => back.received.some((m) => m.esmClass === 4 &&
      m.text.startsWith(`id:${id} `) && /stat:DELIVRD/.test(m.text)),
    'the report, when he is back', { ms: PATIENCE });
    await back.unbind();
    const again = await gateway.fanzhactl('release', String(row));
    assert.equal(again.code, 3);
    assert.match(again.stderr, /`delivered': there is nothing to release/);
  });

test('phones\' messages wait for the customer, in order, over a restart',
  async () => {
    const esme = await customer();
    const texts = [1, 2, 3].map((n) => `${FRAUD} number ${n}`);
    const numbers = [];
    for (const text of texts) {
      await gateway.smsc.deliver({ from: '+8613800000001', to: '10690', text });
      numbers.push((await heldOne((r) => r.sender === '+8613800000001' &&
        !numbers.includes(r.row))).row);
    }
    assert.equal(esme.received.length, 0);
    await esme.unbind();
    await release(...numbers);
    for (const row of numbers)
      assert.equal(await state(row), 'released');

    assert.equal((await gateway.fanzhabox.stop()).code, 0);
    await gateway.startFanzhabox();
    for (const row of numbers)
      assert.equal(await state(row), 'released');
    const back = await customer();
    await until(() => back.received.length === 3, 'three messages',
      { ms: PATIENCE });
    assert.deepEqual(back.received.map((m) => m.text), texts);
    for (const row of numbers)
      await reaches(row, 'delivered');
    await back.unbind();
  });

test('an application\'s message, by smsbox', async () => {
  await gateway.smsc.deliver({ from: '+8613800000009', to: '10086',
    text: `${FRAUD} for the application` });
  const { row } = await heldOne((r) => r.sender === '+8613800000009');
  await release(row);
  await gateway.application.receivedOne(
    (m) => m.text === `${FRAUD} for the application`, 'it', { ms: PATIENCE });
  await reaches(row, 'delivered');
  assert.equal((await gateway.fanzhactl('audit', 'verify')).code, 0);
});

test('killed with the answer outstanding: it is in doubt, and goes once more ' +
  'only when a person says so', async () => {
  const text = `${FRAUD} of one who was asked about`;
  const at = () => gateway.smsc.submits.filter((s) => s.text === text).length;
  await gateway.send({ from: '10086', to: '+8613900000007', text });
  const { row } = await heldOne((r) => r.receiver === '+8613900000007');
  gateway.bearerbox.signal('SIGSTOP'); // it hears, and does not answer
  try {
    await release(row);
    await reaches(row, 'in-doubt');
    const busy = await gateway.fanzhactl('release', '--again', String(row));
    assert.match(busy.stderr, /on its way/);
    await gateway.fanzhabox.kill();
    await gateway.smsbox.kill();
  } finally {
    gateway.bearerbox.signal('SIGCONT');
  }
  await gateway.startFanzhabox();
  await gateway.startSmsbox();
  assert.equal(await state(row), 'in-doubt');
  const listed = await gateway.fanzhactl('held', '--state', 'in-doubt');
  assert.match(listed.stdout, /in-doubt: sent, and not answered/);
  await until(() => at() === 1, 'what had been sent', { ms: PATIENCE });
  const refused = await gateway.fanzhactl('release', String(row));
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /in-doubt.*nobody knows.*--again/s);
  assert.equal(at(), 1);
  const again = await gateway.fanzhactl('release', '--again', String(row));
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stdout, /once more: it may arrive twice/);
  await reaches(row, 'delivered');
  await until(() => at() === 2, 'it once more', { ms: PATIENCE });
});

test('a row that is not there, and one that is evidence', async () => {
  const { code, stderr } = await gateway.fanzhactl('release', '999999');
  assert.equal(code, 3);
  assert.match(stderr, /there is no row 999999/);
  await gateway.send({ from: '10086', to: '+8613900000005',
    text: 'post your banking passphrase' });
  const evidence = await until(async () => (await rows(
    (r) => r.state === 'evidence'))[0], 'evidence', { ms: PATIENCE });
  const refused = await gateway.fanzhactl('release', String(evidence.row));
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /`evidence'/);
});

test('while bearerbox is away it waits, and is never in doubt', async () => {
  const text = `${FRAUD} that found nobody`;
  await gateway.send({ from: '10086', to: '+8613900000011', text });
  const { row } = await heldOne((r) => r.receiver === '+8613900000011');
  await gateway.bearerbox.kill();
  await release(row);
  await until(async () => /connection of our own to bearerbox is opened/.test(
    gateway.fanzhabox.output), 'a try to reach it', { ms: PATIENCE });
  await gateway.startBearerbox();
  await reaches(row, 'delivered');
  assert.equal(gateway.smsc.submits.filter((s) => s.text === text).length, 1);
});
