// SPDX-License-Identifier: BSD-2-Clause
//
// untouched.test.mjs - a message that passes leaves as the octets that came
//
// 10,000 generated messages of every shape go through fanzhabox and fanzha.so
// each way, a third of them near misses of rules in force, many of them parts of
// longer ones, in any order with others between them. What the upstream (and,
// the other way, the box) received is compared with what was sent, frame by
// frame, while the counters say that every one was judged. Parts wait for each
// other and leave in order. Then the same with the rules in shadow, three of
// which would reject everything: there nothing waits.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Between, sendWindowed } from '../rig/between.mjs';
import { ACK, pack, unpack } from '../rig/frames.mjs';
import { ALMOST, almostRules, anyMessage, anyTraffic }
  from '../rig/generate.mjs';
import { PATIENCE, built } from '../rig/gateway.mjs';
import { Random } from '../rig/random.mjs';
import { Room, until } from '../rig/room.mjs';

const MESSAGES = Number(process.env.RIG_MESSAGES ?? 10000);

function assertSameFrames(got, want) {
  for (const [at, frame] of want.entries())
    assert.ok(got[at]?.equals(frame), `message ${at} differs:\n${
      frame.toString('hex')}\n${got[at]?.toString('hex')}\n${
      JSON.stringify(unpack(frame).msgdata?.toString())}`);
  assert.equal(got.length, want.length);
}

/** Every frame once, as it was sent; whole messages between the same two in the
 *  order in which they were sent (one behind a part waits for the part's commit,
 *  and others pass it), those of each longer one in the order of its parts. */
function assertSameFramesButOrder(got, { sent, longer, singles }) {
  const idOf = (frame) => unpack(frame).id;
  const ids = got.map(idOf), place = new Map(ids.map((id, at) => [id, at]));
  assert.equal(place.size, got.length, 'a frame came twice');
  assertSameFrames(sent.map(({ id }) => got[place.get(id)]), sent.map(pack));
  const between = new Map();
  for (const message of singles) {
    const two = JSON.stringify([message.sender ?? '', message.receiver ?? '']);
    between.set(two, [...between.get(two) ?? [], message]);
  }
  for (const inOrder of [...between.values(), ...longer]) {
    const places = inOrder.map(({ id }) => place.get(id));
    assert.deepEqual(places, [...places].sort((a, b) => a - b));
  }
}

/** Generated frames through the box, to upstream and back from it.
 *  @param waits  parts wait for each other
 *  @return how many messages a receiver would count */
async function bothWays(between, seed, { waits = false } = {}) {
  const { box, link } = await between.connect('untouched');
  const traffic = anyTraffic(new Random(seed), MESSAGES);
  const frames = traffic.sent.map(pack);
  assert.ok(traffic.longer.length > MESSAGES / 100);
  const arrived = async (received) => {
    const got = () => received.map(({ frame }) => frame);
    await until(() => got().length >= frames.length, () =>
      `${frames.length} frames; there are ${got().length}`, { ms: PATIENCE });
    if (waits)
      assertSameFramesButOrder(got(), traffic);
    else
      assertSameFrames(got(), frames);
  };

  await sendWindowed(frames, (frame) => box.sendFrame(frame),
    () => box.acks.size);
  await arrived(link.frames);
  const isPart = new Set(traffic.longer.flat().map(({ id }) => id));
  for (const [id, { nack }] of box.acks)
    assert.equal(nack, waits && isPart.has(id) ? ACK.buffered : ACK.success);

  const acks = () => link.others.length - 1; // the first one identified it
  await sendWindowed(frames, (frame) => link.sendFrame(frame), acks);
  await arrived(box.received);
  return traffic.singles.length + traffic.longer.length;
}

async function withBetween(options, body) {
  const room = new Room('untouched');
  let failed = true;
  try {
    const between = await Between.start(room, options);
    await body(between);
    assert.ok(between.program.isRunning, between.program.tail());
    failed = false;
  } finally {
    await room.close({ keep: failed && process.env.RIG_KEEP === '1' });
  }
}

/** The plugin's word that it judged them all and let them all pass. */
async function assertAllJudged(between, messages) {
  const { counters, generation } = await between.ask('status');
  assert.equal(generation.mode, 'enforce');
  assert.equal(generation.rules, between.rules.length);
  for (const direction of ['mt', 'mo']) {
    const { judged, acted, would } = counters.messages[direction];
    assert.equal(judged, messages, `${direction} judged`);
    assert.equal(acted.pass, messages, `${direction} passed`);
    assert.equal(would.pass, messages, `${direction} would have passed`);
  }
}

test('through a fanzhabox without plugins', () => withBetween({},
  (between) => bothWays(between, 20260)));

test('10,000 messages, a third of them near misses, both ways', () =>
  withBetween({ rules: almostRules() }, async (between) => {
    await assertAllJudged(between,
      await bothWays(between, 20261, { waits: true }));
    // and the rules were alive: each meets its words where nothing is amiss
    const { box } = await between.connect('alive');
    for (const { id, words } of ALMOST) {
      const whole = { ...anyMessage(new Random(1)), coding: 0, udhdata: null,
        id: new Random(id.length).uuid(), msgdata: words.join(' ') };
      box.send(whole);
      assert.equal((await box.acked(whole.id)).nack, ACK.failed, id);
      box.acks.clear();
    }
  }));

// A plugin that knows nothing of fanzhabox says OK, not "unchanged": the box
// has to pack what it unpacked. Built by `make check`.
const THIRD_PARTY = built('tests/.libs/box_classic.so');

test('with a third party\'s plugin in the chain every field stays', {
  skip: !existsSync(THIRD_PARTY) && 'make check has not built box_classic.so',
}, () => withBetween({ rules: almostRules(), plugins: [{
  group: 'pluginbox-plugin', id: 'third-party', path: THIRD_PARTY,
  init: 'box_classic_init',
}] }, async (between) => {
  const { box, link } = await between.connect('third-party');
  const random = new Random(20263);
  const frames = Array.from({ length: MESSAGES },
    () => pack(anyMessage(random)));
  await sendWindowed(frames, (frame) => box.sendFrame(frame),
    () => box.acks.size);
  for (const [at, { frame }] of link.frames.entries())
    assert.deepEqual(unpack(frame), unpack(frames[at]));
  assert.equal(link.frames.length, MESSAGES);
  const { counters } = await between.ask('status');
  assert.equal(counters.messages.mt.judged, MESSAGES);
}));

// Three rules that would reject every text.
const EVERYTHING = [
  { regex: '^' }, { regex: '.|^$', view: 'raw' }, { regex: '$' },
].map((what, at) => ({
  id: `everything.${at}`, title: 'Would reject every message',
  owner: 'rules@example.test', action: 'reject', reason: 'phishing',
  state: 'shadow', ...what,
}));

test('the same with every rule in shadow and three that would reject all', () =>
  withBetween({ rules: [...almostRules({ state: 'shadow' }),
    ...EVERYTHING] }, async (between) => {
    await assertAllJudged(between, await bothWays(between, 20262));
    // and they did see the messages: shadow hits are recorded
    const seen = readFileSync(between.room.path('records.jsonl'), 'utf8')
      .split('\n').filter((line) => line.includes('everything.')).length;
    assert.ok(seen > MESSAGES, `${seen} of ${2 * MESSAGES} were seen`);
  }));
