// SPDX-License-Identifier: BSD-2-Clause
//
// brake.test.mjs - a rule or a list's entry that acts on more than is to be
// believed is stopped: within as many messages as it may act on, over reloads
// and restarts, until somebody lets it act again

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Between, sendWindowed } from '../rig/between.mjs';
import { ACK, SMS_TYPE, pack } from '../rig/frames.mjs';
import { StubBox } from '../rig/boxes.mjs';
import { libconfig } from '../rig/conf.mjs';
import { Gateway, PATIENCE, built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { Random } from '../rig/random.mjs';
import { Room, sleep, until } from '../rig/room.mjs';

const CAP = 200;
const random = new Random(7);
const rule = (id, more) => ({ id, title: `What ${id} says`, score: 10.0,
  reason: 'phishing', owner: 'rules@example.test', ...more });
const BAD = rule('between.bad', { phrase: 'hello', action: 'reject',
  match: ['hello you'] });
const GOOD = rule('between.good', { phrase: 'escrow deposit',
  action: 'reject', match: ['the escrow deposit'] });

let room, between, box, link;
before(async () => {
  room = new Room('brake');
  room.write('alert.sh', `#!/bin/sh
echo "$FANZHA_KIND|$FANZHA_SOURCE|$FANZHA_MESSAGES|$FANZHA_RELEASE" >> ${
  room.path('alerts')}
`);
  between = await Between.start(room, { rules: [BAD, GOOD], conf: {
    'extra-tlds': ['example'],
    brake: { cap: CAP, 'total-percent': 0, 'profile-percent': 0,
      'alert-command': `sh ${room.path('alert.sh')}` },
  } });
  ({ box, link } = await between.connect('brake'));
});
after(() => room?.close());

const message = (text) => ({ type: 'sms', sender: '10086',
  receiver: `+86139${random.between(10000000, 99999999)}`, msgdata: text,
  coding: 0, sms_type: SMS_TYPE.mtPush, time: 1, id: random.uuid(),
  service: 'tester' });

/** Send many; how many were refused. */
async function send(texts) {
  const messages = texts.map(message);
  await sendWindowed(messages.map(pack), (frame) => box.sendFrame(frame),
    () => messages.filter(({ id }) => box.acks.has(id)).length);
  return messages.filter(({ id }) => box.acks.get(id).nack === ACK.failed)
    .length;
}

const many = (text, count) => Array(count).fill(text);
const stopped = async () => (await between.ask('brake')).stopped;
const fanzhactl = (...args) => run([built('fanzhactl'), ...args, '--config',
  room.path('fanzha.conf')]);

async function reconnect() {
  ({ box, link } = await between.connect('brake'));
}

test('a bad rule is stopped after as many messages as it may act on',
  async () => {
    // every message of the day matches it, as fast as they come
    const refused = await send(many('hello world', 1000));
    // those in flight together may pass the mark together: none does here,
    // for they are judged one after the other
    assert.equal(refused, CAP);
    assert.deepEqual((await stopped()).map(({ kind, name, messages }) =>
      [kind, name, messages]), [['rule', 'between.bad', CAP]]);
  });

test('those concerned are told, with the way back', async () => {
  await until(() => existsSync(room.path('alerts')), 'the alert-command');
  await until(() => readFileSync(room.path('alerts'), 'utf8') ===
    `rule|between.bad|${CAP}|fanzhactl brake release 'between.bad'\n`,
  () => readFileSync(room.path('alerts'), 'utf8'));
  assert.match(between.program.output,
    /the brake stopped rule `between\.bad'/);
  const { counters } = await between.ask('status');
  assert.ok(counters);
  assert.match((await between.ask('metrics')).text,
    /^fanzha_brake_stopped 1\n[^]*^fanzha_brake_trips_total 1$/m);
});

test('others go on, and it is still recorded', async () => {
  assert.equal(await send(many('the escrow deposit', 5)), 5);
  const [last] = room.read('records.jsonl').trim().split('\n')
    .map((line) => JSON.parse(line))
    .filter((r) => r.signals.some((s) => s.id === 'between.bad')).slice(-1);
  assert.equal(last.verdict, 'pass');
  assert.equal(last.signals[0].state, 'shadow');
});

test('a reload does not let it go, nor does a restart', async () => {
  await between.ask('reload');
  assert.equal(await send(['hello again']), 0);
  await between.program.stop();
  await between.startBox();
  await reconnect();
  assert.equal(await send(['hello again']), 0);
  assert.equal((await stopped()).length, 1);
});

test('released it acts again, from the next message', async () => {
  const said = await fanzhactl('brake');
  assert.equal(said.code, 1);
  assert.match(said.stdout, /rule {6}between\.bad {2}acted on 200 messages/);
  assert.equal((await fanzhactl('brake', 'release', 'between.none')).code, 3);
  const released = await fanzhactl('brake', 'release', 'between.bad');
  assert.equal(released.code, 0, released.stderr);
  assert.equal(await send(['hello again']), 1);
  assert.equal((await fanzhactl('brake')).code, 0);
});

test('stopped again, another revision is not', async () => {
  assert.equal(await send(many('hello world', 400)), CAP - 1);
  const rules = room.read('patterns/rules.conf');
  room.write('patterns/rules.conf',
    rules.replace('id = "between.bad";', 'id = "between.bad"; rev = 2;'));
  await between.ask('reload');
  assert.deepEqual(await stopped(), []);
  assert.equal(await send(['hello again']), 1);
});

test('an entry of a list is stopped, and the rest of the list acts on',
  async () => {
    const block = (key) => between.ask('list-add', { key, action: 'block',
      category: 'phishing' });
    await block('host:bad.example');
    await block('host:worse.example');
    assert.equal(await send(many('see http://bad.example/x', 400)), CAP);
    assert.deepEqual((await stopped()).map(({ kind, name }) => [kind, name]),
      [['entry', 'overlay: host:bad.example']]);
    assert.equal(await send(many('see http://worse.example/', 20)), 20);
    const released = await fanzhactl('brake', 'release', '--all');
    assert.equal(released.code, 0, released.stderr);
    assert.equal(await send(['see http://bad.example/x']), 1);
  });

test('the trail is whole, and has what was done', async () => {
  const { code, stdout } = await fanzhactl('audit', 'verify');
  assert.equal(code, 0, stdout);
});

test('500 messages a second through bearerbox: 200 are lost to a bad rule',
  async () => {
    const gateway = await Gateway.start({ name: 'brake-gateway', smsbox: null,
      patterns: ['patterns/bad'], conf: { brake: { cap: CAP } },
      files: { 'patterns/bad/rules.conf': libconfig({
        set: { name: 'between', title: 'A rule that is wrong',
          owner: 'rules@example.test' },
        rules: [BAD],
      }) } });
    try {
      // boxes of several event loops: none lets one more slip
      const boxes = await Promise.all([0, 1, 2, 3].map((i) =>
        StubBox.connect(gateway.room, gateway.ports.box, `brake${i}`)));
      const answer = (one) => boxes[one.box].acks.get(one.id);
      const messages = Array.from({ length: 1500 },
        (_, at) => ({ ...message('hello world'), box: at % boxes.length }));
      const begin = Date.now();
      for (const [at, one] of messages.entries()) {
        boxes[one.box].send(one);
        if (at % 10 === 9)
          await sleep(begin + at * 2 - Date.now()); // 500 a second
      }
      await until(() => messages.every(answer),
        () => `an answer for each; ${messages.filter((m) => !answer(m)).length
        } have none`, { ms: PATIENCE });
      const refused = messages.filter(
        (one) => answer(one).nack === ACK.failed).length;
      assert.equal(refused, CAP);
      await gateway.smsc.submitted(
        () => gateway.smsc.submits.length === messages.length - CAP);
    } finally {
      await gateway.close();
    }
  });
