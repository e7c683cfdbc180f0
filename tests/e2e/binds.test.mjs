// SPDX-License-Identifier: BSD-2-Clause
//
// binds.test.mjs - the rig's SMPP server box: what its customers see, and that
// three hundred of them fit in one process

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Between } from '../rig/between.mjs';
import { ACK } from '../rig/frames.mjs';
import { gsmEncode } from '../rig/gsm.mjs';
import { Room, freePort, until } from '../rig/room.mjs';
import { Esme, SmppBox } from '../rig/smpp-box.mjs';

let room, between, box;
before(async () => {
  room = new Room('binds');
  between = await Between.start(room, { rules: null });
  box = await new SmppBox(room, await freePort(), between.port,
    { submitWindow: 5, deliverWindow: 2 }).listen();
});
after(() => room?.close());

const connect = (name, mode) => Esme.connect(room, box.port, name, mode);
const submit = (esme, text) => esme.submit({ from: '10690', to: '13900000001',
  octets: gsmEncode(text) });
const mo = (at) => ({ type: 'sms', sender: '13900000001', receiver: '10690',
  msgdata: `from a phone ${at}`, sms_type: 0, coding: 0, time: at,
  id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}` });

test('a bind is a box; unbind ends it, and its end is the bind\'s', async () => {
  const one = await connect('one'), two = await connect('two');
  const first = await between.upstream.link('one');
  const second = await between.upstream.link('two');
  await one.unbind();
  await until(() => first.closed, 'the end of its box connection');
  assert.ok(!second.closed);
  for (const bind of box.binds)
    bind.link.socket.destroy();
  await until(() => two.closed, 'the end of the bind');
});

test('submit_sm_resp waits for the box\'s acknowledgement', async () => {
  const esme = await connect('waiter');
  const link = await between.upstream.link('waiter');
  const taken = [];
  between.upstream.onSms = (message) => taken.push(message);
  let answered = false;
  const answer = submit(esme, 'one').then((it) => { answered = true; return it; });
  await until(() => taken.length === 1, 'the message at the upstream');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.ok(!answered);
  link.ack(taken[0], ACK.failed);
  assert.equal((await answer).status, 0x45);

  const five = Array.from({ length: 5 }, (_, at) => submit(esme, `${at}`));
  await until(() => taken.length === 6, 'five at the upstream');
  assert.equal((await submit(esme, 'beyond the window')).status, 0x58);
  link.ack(taken[1], ACK.failedTmp);
  link.ack(taken[2], ACK.buffered);
  for (const message of taken.slice(3))
    link.ack(message);
  assert.deepEqual((await Promise.all(five)).map((it) => it.status),
    [0x14, 0, 0, 0, 0]);
  between.upstream.onSms = (message, from) => from.ack(message);
  await esme.unbind();
});

test('deliver_sm is windowed, and acknowledged by its answer', async () => {
  const esme = await connect('reader');
  const link = await between.upstream.link('reader');
  const open = [];
  esme.answer = () => new Promise((resolve) => open.push(resolve));
  for (let at = 1; at <= 4; at++)
    link.send(mo(at));
  const acks = () => link.others.filter((m) => m.type === 'ack');
  await until(() => open.length === 2, 'two of them');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(open.length, 2);
  assert.equal(acks().length, 0);
  open[0](0);
  await until(() => open.length === 3, 'a third');
  open[1](0x14);
  await until(() => open.length === 4, 'the fourth');
  open[2](0);
  open[3](0);
  await until(() => acks().length === 4, 'four acknowledgements');
  assert.deepEqual(acks().map((m) => m.nack),
    [ACK.success, ACK.failedTmp, ACK.success, ACK.success]);
  await esme.unbind();
});

test('three hundred binds, both ways, in one process', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `esme-${at}`);
  const before = process.memoryUsage().heapUsed;
  const esmes = [];
  for (const name of names)
    esmes.push(await connect(name));
  await until(() => between.upstream.links.filter(
    (link) => link.boxcId?.startsWith('esme-') && !link.closed).length === 300,
  'three hundred boxes', { ms: 60000 });
  assert.equal(box.binds.size, 300);
  const answers = await Promise.all(esmes.flatMap((esme) =>
    [1, 2, 3].map((n) => submit(esme, `message ${n}`))));
  assert.ok(answers.every((answer) => answer.status === 0));
  assert.equal(new Set(answers.map((answer) => answer.id)).size, 900);
  for (const [at, name] of names.entries())
    (await between.upstream.link(name)).send(mo(1000 + at));
  await until(() => esmes.every((esme) => esme.received.length === 1),
    'a message at each', { ms: 60000 });
  for (const [at, esme] of esmes.entries())
    assert.equal(esme.received[0].text, `from a phone ${1000 + at}`);
  global.gc?.();
  const octets = process.memoryUsage().heapUsed - before;
  assert.ok(octets < 300 * 512 * 1024, `${octets} octets for 300 binds`);
  await Promise.all(esmes.map((esme) => esme.unbind()));
  await until(() => box.binds.size === 0, 'no bind left');
});
