// SPDX-License-Identifier: BSD-2-Clause
//
// away.test.mjs - bearerbox goes away and comes back, and the boxes behind
// fanzhabox stay: without it smsbox restarts itself for eleven seconds, or
// ends for good

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get } from '../rig/application.mjs';
import { Gateway, PATIENCE } from '../rig/gateway.mjs';
import { until } from '../rig/room.mjs';

// what phones send there waits in bearerbox: its box does not come
const ABSENT = '10999';

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'away', filter: false,
    groups: [{ group: 'smsbox-route', 'smsbox-id': 'nobody',
      shortcode: ABSENT }] });
});
after(() => gateway?.close());

let count = 0;
const carries = async () => {
  const to = `+861390000${String(++count).padStart(4, '0')}`;
  await until(async () => (await gateway.send({ from: '10086', to,
    text: 'back again' })).status === 202, 'sendsms to be answered 202',
  { ms: PATIENCE, every: 200 });
  await gateway.smsc.submitted((s) => s.receiver === to, 'the message',
    { ms: PATIENCE });
  await until(() => gateway.smsc.session, 'the bind', { ms: PATIENCE });
  await gateway.smsc.deliver({ from: to, to: '10086', text: 'and back' });
  await gateway.application.receivedOne((m) => m.from === to, 'the MO',
    { ms: PATIENCE });
};

const smsboxStayed = () => assert.deepEqual(gateway.smsbox.lines(
  /Bearerbox is gone|told us to|terminating/), []);

test('killed: senders are asked to try again, then all goes on', async () => {
  await carries();
  await gateway.bearerbox.kill();
  const { status } = await gateway.send({ from: '10086', to: '+8613900000099',
    text: 'while it is away' });
  assert.equal(status, 503);
  await gateway.startBearerbox();
  await carries();
  smsboxStayed();
  gateway.assertAlive();
});

test('asked to stop: its word to the boxes is not passed on', async () => {
  gateway.bearerbox.signal('SIGTERM');
  await gateway.bearerbox.ended;
  await gateway.startBearerbox();
  await carries();
  smsboxStayed();
  gateway.assertAlive();
});

const restart = async (count) => {
  await get(gateway.ports.admin, '/restart?password=rig');
  await gateway.bearerbox.line(/Kannel bearerbox II version .* starting/,
    { count, ms: PATIENCE });
};

test('asked to restart by its administrator: likewise', async () => {
  await restart(4);
  await carries();
  smsboxStayed();
});

// bearerbox lets boxes in while it ends, as long as it has messages for one,
// and ends when the last of them has left: one that stays holds it for ever
test('asked to restart with a message of an absent box: likewise', async () => {
  await gateway.smsc.deliver({ from: '+8613900000098', to: ABSENT,
    text: 'nobody is there' });
  await gateway.bearerbox.line(/smsbox id <nobody>/, { ms: PATIENCE });
  await restart(5);
  await carries();
  smsboxStayed();
});

test('it has messages that nobody answered: they get failed_tmp', async () => {
  // bearerbox stops reading, as one does that hangs
  gateway.bearerbox.signal('SIGSTOP');
  const unanswered = Array.from({ length: 5 }, (_, at) => gateway.send({
    from: '10086', to: `+86139111100${at}`, text: 'in flight' }));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await gateway.bearerbox.kill();
  for (const { status } of await Promise.all(unanswered))
    assert.equal(status, 503);
  await gateway.startBearerbox();
  await carries();
  smsboxStayed();
});
