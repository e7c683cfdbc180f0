// SPDX-License-Identifier: BSD-2-Clause
//
// untouched.test.mjs - a message that passes leaves as the octets that came
//
// 10,000 generated messages of every shape go through fanzhabox and fanzha.so
// each way, a third of them near misses of rules in force. What the upstream
// (and, the other way, the box) received is compared with what was sent, frame
// by frame, while the counters say that every one was judged. Then the same
// with the rules in shadow, three of which would reject everything.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StubBearerbox, StubBox } from '../rig/boxes.mjs';
import { kannelConf, libconfig } from '../rig/conf.mjs';
import { ask } from '../rig/control.mjs';
import { pack } from '../rig/frames.mjs';
import { PATIENCE, built } from '../rig/gateway.mjs';
import { almostRules, anyMessage } from '../rig/generate.mjs';
import { Program } from '../rig/program.mjs';
import { Random } from '../rig/random.mjs';
import { Room, freePort, sleep, until } from '../rig/room.mjs';

const MESSAGES = Number(process.env.RIG_MESSAGES ?? 10000);
const WINDOW = 90; // below bearerbox's own bound of unanswered messages

/** fanzhabox between an upstream and a box of the rig's. */
async function start(room, rules) {
  const upstream = await new StubBearerbox(room, await freePort()).listen();
  const port = await freePort();
  room.write('patterns/almost/rules.conf', libconfig({
    set: { name: 'almost', title: 'Rules that nothing here matches',
      owner: 'rules@example.test', language: 'en' },
    rules,
  }));
  room.mkdir('generations');
  room.mkdir('cache');
  room.write('fanzha.conf', libconfig({
    mode: 'enforce', patterns: [room.path('patterns')],
    override: room.path('override'),
    control: { socket: room.path('control') },
    store: { path: room.path('quarantine.db'),
      'key-file': room.path('quarantine.key') },
    log: { records: room.path('records.jsonl') },
    generations: room.path('generations'), cache: room.path('cache'),
  }));
  room.write('fanzhabox.conf', kannelConf([
    { group: 'fanzhabox', 'bearerbox-host': '127.0.0.1',
      'bearerbox-port': upstream.port, 'smsbox-port': port,
      'smsbox-interface': '127.0.0.1', 'log-level': 1 },
    { group: 'pluginbox-plugin', id: 'fanzha', path: built('fanzha.so'),
      init: 'fanzha_init', args: room.path('fanzha.conf') },
  ]));
  const program = new Program(room, 'fanzhabox',
    [built('fanzhabox'), '--config', room.path('fanzhabox.conf')]).start();
  await program.port(port, { ms: PATIENCE });
  await ask(room.path('control'), 'reload');
  const box = await StubBox.connect(room, port, 'untouched');
  const link = await upstream.link('untouched');
  return { program, upstream, box, link };
}

/** Send frames, at most WINDOW of them unanswered. */
async function sendAll(frames, send, answered) {
  for (let at = 0; at < frames.length;) {
    if (at - answered() < WINDOW)
      send(frames[at++]);
    else
      await sleep(1);
  }
  await until(() => answered() >= frames.length,
    () => `${frames.length} answers; there are ${answered()}`,
    { ms: PATIENCE * 4 });
}

function assertSameFrames(got, want) {
  assert.equal(got.length, want.length);
  for (const [at, frame] of want.entries())
    assert.ok(got[at].equals(frame), `message ${at} differs:\n${
      frame.toString('hex')}\n${got[at].toString('hex')}`);
}

async function bothWays(name, seed, rules, judge) {
  const room = new Room('untouched');
  let failed = true;
  try {
    const { program, box, link } = await start(room, rules);
    const random = new Random(seed);
    const frames = Array.from({ length: MESSAGES },
      () => pack(anyMessage(random)));

    await sendAll(frames, (frame) => box.sendFrame(frame),
      () => box.acks.size);
    assertSameFrames(link.frames.map(({ frame }) => frame), frames);
    for (const [, { nack }] of box.acks)
      assert.equal(nack, 0);

    let acked = 0;
    link.socket.on('data', () => {
      acked = link.others.filter((m) => m.type === 'ack').length;
    });
    await sendAll(frames, (frame) => link.sendFrame(frame), () => acked);
    assertSameFrames(box.received.map(({ frame }) => frame), frames);

    const status = await ask(room.path('control'), 'status');
    for (const direction of ['mt', 'mo']) {
      const { judged, acted } = status.counters.messages[direction];
      assert.equal(judged, MESSAGES, `${direction} judged`);
      assert.equal(acted.pass, MESSAGES, `${direction} passed`);
    }
    judge(status);
    assert.ok(program.isRunning);
    failed = false;
  } finally {
    await room.close({ keep: failed && process.env.RIG_KEEP === '1' });
  }
}

test('10,000 messages, a third of them near misses, both ways', () =>
  bothWays('near misses', 20261, almostRules(), ({ generation, counters }) => {
    assert.equal(generation.mode, 'enforce');
    assert.equal(generation.rules, almostRules().length);
    for (const direction of ['mt', 'mo'])
      assert.equal(counters.messages[direction].would.pass, MESSAGES);
  }));

// Three rules of three kinds that would reject every text.
const EVERYTHING = [
  { regex: '^' }, { regex: '.|^$', view: 'raw' }, { expr: '!everything.never' },
];

test('the same with every rule in shadow and three that would reject all', () =>
  bothWays('shadow', 20262, [
    ...almostRules({ state: 'shadow' }),
    { id: 'everything.never', title: 'Never matches', owner: 'x@example.test',
      phrase: 'thisisneverthere', score: 0, state: 'shadow' },
    ...EVERYTHING.map((what, at) => ({
      id: `everything.${at}`, title: 'Would reject every message',
      owner: 'rules@example.test', action: 'reject', reason: 'phishing',
      state: 'shadow', ...what,
    })),
  ], ({ generation, counters }) => {
    assert.equal(generation.mode, 'enforce');
    assert.equal(counters.evidence_lost, 0);
  }));
