// SPDX-License-Identifier: BSD-2-Clause
//
// nonsense.test.mjs - whatever a peer sends costs that peer's connection at
// most: the process goes on, and so does everybody else

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { Between } from '../rig/between.mjs';
import { ACK, ADMIN, SMS_TYPE, pack } from '../rig/frames.mjs';
import { anyMessage } from '../rig/generate.mjs';
import { PATIENCE } from '../rig/gateway.mjs';
import { Random } from '../rig/random.mjs';
import { Room, sleep, until } from '../rig/room.mjs';

const FRAUD = [{ id: 'nonsense.passphrase', title: 'A passphrase is asked for',
  owner: 'rules@example.test', phrase: 'banking passphrase',
  action: 'reject', reason: 'code-theft' }];

let room, between, good;
before(async () => {
  room = new Room('nonsense');
  between = await Between.start(room, { rules: FRAUD });
  good = await between.connect('good');
});
after(() => room?.close());

const u32 = (value) => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value >>> 0);
  return octets;
};
const frameOf = (body) => Buffer.concat([u32(body.length), body]);
const sms = (more = {}) => ({ type: 'sms', sender: '10086',
  receiver: '+8613900000000', msgdata: 'good', coding: 0,
  sms_type: SMS_TYPE.mtPush, time: 1, service: 'esme', ...more });

/** A whole sms in which the length of a string is another one. */
function withStringLength(length) {
  const frame = pack(sms({ id: '0f8fad5b-d9cb-469f-a165-70867728950e' }));
  frame.writeUInt32BE(length >>> 0, 8); // behind length and type: the sender's
  return frame;
}

const identify = pack({ type: 'admin', command: ADMIN.identify,
  boxc_id: 'bad' });

const nonsense = [
  ['a frame of length 0', u32(0)],
  ['a frame of 0xFFFFFFFF', u32(0xffffffff)],
  ['a frame of 2^31-1', u32(0x7fffffff)],
  ['a frame of 2^31', u32(0x80000000)],
  ['a frame of 100 MB that begins', Buffer.concat([u32(100 << 20),
    Buffer.alloc(1 << 20)])],
  ['a string of length -2', withStringLength(-2)],
  ['a string of length 2^31-1', withStringLength(0x7fffffff)],
  ['a string longer than its frame', withStringLength(400)],
  ['a string as long as the rest of memory', withStringLength(0x80000000)],
  ['an unknown type', frameOf(u32(77))],
  ['type -1', frameOf(u32(0xffffffff))],
  ['a type and nothing else', frameOf(u32(2))],
  ['half a type', frameOf(Buffer.from([0, 0]))],
  ['octets behind the message', frameOf(Buffer.concat([
    pack(sms()).subarray(4), Buffer.from('more')]))],
  ['an id that is none', (() => {
    const frame = pack(sms({ id: '0f8fad5b-d9cb-469f-a165-70867728950e' }));
    frame.write('not-an-id', frame.indexOf('0f8fad5b'));
    return frame;
  })()],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['TLS', Buffer.from('16030100c8010000c40303', 'hex')],
];

/** The box that behaves goes on over the same connection. */
async function goodGoesOn() {
  const message = sms({ id: new Random(Date.now()).uuid() });
  good.box.send(message);
  assert.equal((await good.box.acked(message.id, { ms: PATIENCE })).nack,
    ACK.success);
  assert.ok(!good.box.closed);
  assert.ok(between.program.isRunning, between.program.tail());
}

/** Write octets on a connection of its own; wait until it was dealt with. */
async function poke(octets, { first = null } = {}) {
  const socket = connect(between.port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  if (first)
    socket.write(first);
  socket.write(octets);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  await Promise.race([closed, sleep(150)]);
  socket.destroy();
}

for (const [name, octets] of nonsense) {
  test(`${name}, before and after a box has identified`, async () => {
    await poke(octets);
    await poke(octets, { first: identify });
    await goodGoesOn();
  });
}

test('silence, half frames, and connections that just close', async () => {
  const whole = pack(sms());
  const sockets = [];
  for (const part of [Buffer.alloc(0), whole.subarray(0, 2),
    whole.subarray(0, 40), Buffer.concat([identify, whole.subarray(0, 41)])]) {
    const socket = connect(between.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(part);
    sockets.push(socket);
  }
  await goodGoesOn();
  for (const socket of sockets)
    socket.destroy();
  await goodGoesOn();
});

test('a message octet by octet is the message', async () => {
  const { box, link } = await between.connect('slow');
  const message = sms({ id: new Random(5).uuid(), msgdata: '慢' });
  const frame = pack(message);
  for (const octet of frame) {
    box.socket.write(Buffer.from([octet]));
    await sleep(0);
  }
  assert.equal((await box.acked(message.id)).nack, ACK.success);
  assert.ok(link.frames[0].frame.equals(frame));
  box.close();
});

test('500 damaged frames, a connection each', async () => {
  const random = new Random(77);
  for (let count = 0; count < 500; count += 25) {
    await Promise.all(Array.from({ length: 25 }, () => {
      const frame = pack(anyMessage(random));
      for (let hits = random.between(1, 4); hits > 0; hits--)
        frame[random.between(0, Math.min(frame.length - 1, 300))] =
          random.bits() & 0xff;
      return poke(frame, { first: identify });
    }));
  }
  await goodGoesOn();
});

test('nonsense from upstream costs the box behind it, nobody else',
  async () => {
    for (const [, octets] of nonsense) {
      const { box, link } = await between.connect('unlucky');
      link.sendFrame(octets);
      await sleep(20);
      box.close();
      await until(() => link.closed, 'its link to close', { ms: PATIENCE });
    }
    await goodGoesOn();
  });

for (const [name, sms_type] of Object.entries(SMS_TYPE)) {
  test(`sms_type ${sms_type} (${name}) from a box is judged`, async () => {
    const { box, link } = await between.connect(`type-${sms_type}`);
    const bad = sms({ id: new Random(sms_type + 1).uuid(), sms_type,
      msgdata: 'post your banking passphrase' });
    box.send(bad);
    assert.equal((await box.acked(bad.id)).nack, ACK.failed);
    const fine = sms({ id: new Random(sms_type + 100).uuid(), sms_type });
    box.send(fine);
    assert.equal((await box.acked(fine.id)).nack, ACK.success);
    assert.equal(link.frames.length, 1);
    assert.ok(link.frames[0].frame.equals(pack(fine)));
    box.close();
  });
}

test('a report from bearerbox passes whatever it says', async () => {
  const { box, link } = await between.connect('reports');
  for (const sms_type of [SMS_TYPE.reportMo, SMS_TYPE.reportMt]) {
    const report = pack(sms({ id: new Random(sms_type + 200).uuid(), sms_type,
      msgdata: 'id:1 stat:DELIVRD text:banking passphrase' }));
    link.sendFrame(report);
    await until(() => box.received.some(({ frame }) => frame.equals(report)),
      'the report at the box', { ms: PATIENCE });
  }
  box.close();
});
