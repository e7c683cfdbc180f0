// SPDX-License-Identifier: BSD-2-Clause
//
// torture.mjs - many kills at random instants, other mischief between them,
// and the account of every message afterwards
//
// The boxes are the rig's own: they are back as soon as there is something to
// connect to, where smsbox takes eleven seconds (scripts/kill-test has it).

import { setImmediate } from 'node:timers/promises';
import { Between } from './between.mjs';
import { DEEDS } from './deeds.mjs';
import { SMS_TYPE } from './frames.mjs';
import { Gateway } from './gateway.mjs';
import { BURST, countHeld, flows, ruleFiles, settle } from './kill.mjs';
import { LEDGER_RULES, Ledger } from './ledger.mjs';
import { Random } from './random.mjs';
import { Room, freePort, sleep, until } from './room.mjs';
import { BoxSender, PhoneSender, Sender } from './traffic.mjs';

const BOXES = 4;
export const LEAST = 20; // unanswered when a program is killed
const PAIRS = 4; // phones of each sender that get more than one message
const PART_S = 40;
const boxId = (i) => `rigbox${i}`;

/** Kills and deeds in turn; the seed alone decides. */
function plan(seed, count) {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    victim: random.chance(0.6) ? 'fanzhabox' : 'bearerbox',
    deeds: random.shuffle([...DEEDS]).slice(0, random.between(0, 2)),
    afterMs: random.between(200, 900), burstMs: random.between(2, 15),
    downMs: random.between(50, 600) }));
}

/**
 * Bursts until enough is unanswered. What was answered and not yet read by its
 * sender at the kill is taken off afterwards, see struck().
 */
async function burstUntilUnanswered(senders, random) {
  for (;;) {
    random.pick(senders).burst(BURST);
    await setImmediate(); // reads what came meanwhile
    const flying = senders.flatMap((s) =>
      [...s.flying].map((entry) => ({ entry, attempt: entry.attempts })));
    if (flying.length >= 3 * LEAST)
      return flying;
  }
}

/** How many of those a program left unanswered that is dead by now. */
async function struck(flying) {
  await sleep(30); // until answers sent before its end were read
  return flying.filter(({ entry, attempt }) =>
    !entry.answer || entry.attempts !== attempt).length;
}

const phonesOf = (sender) => Array.from({ length: PAIRS },
  (_, i) => `+8613700${sender}${i}000`);

function makeSenders(ledger, gateway, port, seed, perSecond) {
  const each = { perSecond: perSecond / (BOXES + 1), window: 40 };
  const boxes = Array.from({ length: BOXES }, (_, i) =>
    new BoxSender(ledger, new Random(seed + i + 1), port, boxId(i),
      { ...each, way: `box ${i}`, pairs: phonesOf(i), longer: 0.05 }));
  const phones = new PhoneSender(ledger, new Random(seed + BOXES + 1),
    gateway.smsc, { ...each, pairs: phonesOf(9) });
  return { boxes, senders: [...boxes, phones] };
}

/**
 * @param options  seed, kills; fanzha: false is the control run, with the
 *                 kills of bearerbox alone; perSecond of all senders together;
 *                 say(text): progress
 * @return { kills, deeds, balance, order, seconds ... }
 */
export async function torture({ seed, kills: count, fanzha, perSecond = 260,
  say = () => {} }) {
  const random = new Random(seed + 100);
  const kills = plan(seed, count)
    .filter(({ victim }) => fanzha || victim === 'bearerbox');
  const ledger = new Ledger();
  const boxAdmin = await freePort();
  const gateway = new Gateway({
    fanzha, name: fanzha ? 'torture' : 'torture-control', smsbox: null,
    patterns: fanzha ? ['patterns/ledger'] : [],
    files: fanzha ? ruleFiles('ledger', LEDGER_RULES) : {},
    groups: [{ group: 'smsbox-route', 'smsbox-id': boxId(0),
      shortcode: '10010' }],
    // a second copy of a part whose siblings have left must not come out
    conf: { assembly: { 'timeout-s': PART_S },
      failure: { mt: { 'parts-missing': 'quarantine' } } },
    core: { 'sms-resend-freq': 1 },
    box: { 'admin-port': boxAdmin, 'admin-password': 'rig' },
  });
  gateway.ports.boxAdmin = boxAdmin;
  const begin = Date.now();
  const deeds = [];
  let boxes = [];
  try {
    await gateway.start();
    gateway.smsc.onSubmit = ({ text, udh }) => ledger.delivered(text, udh);
    const group = makeSenders(ledger, gateway,
      fanzha ? gateway.ports.box : gateway.ports.upstream, seed, perSecond);
    ({ boxes } = group);
    const { senders } = group;
    for (const sender of senders)
      sender.start();
    await flows(ledger, senders, gateway, {});

    // a kill that fell on fewer than enough is made once more
    const made = [];
    for (const planned of kills) {
      const kill = { ...planned };
      made.push(kill);
      await sleep(kill.afterMs);
      for (const deed of fanzha ? kill.deeds : []) {
        if (deed.name === 'restart')
          ledger.storm();
        deeds.push({ at: Date.now() - begin,
          what: await deed({ gateway, random }) });
        await flows(ledger, senders, gateway, {});
        ledger.calm();
      }
      for (const sender of senders)
        sender.burst(Math.round(BURST * 3 / senders.length));
      await sleep(kill.burstMs);
      // phones are answered by bearerbox, whether fanzhabox lives or not
      const flying = await burstUntilUnanswered(
        kill.victim === 'fanzhabox' ? boxes : senders, random);
      ledger.storm();
      kill.at = Date.now() - begin;
      await gateway[kill.victim].kill();
      kill.inFlight = await struck(flying);
      await sleep(kill.downMs);
      await gateway[kill.victim === 'fanzhabox' ? 'startFanzhabox'
        : 'startBearerbox']();
      await flows(ledger, senders, gateway, kill);
      await gateway.smsc.bound({ ms: 30000 });
      ledger.calm();
      kill.backMs = Date.now() - begin - kill.at;
      if (kill.inFlight < LEAST && made.length < 2 * count)
        kills.push(planned);
      say(`${made.length} of ${kills.length}: killed ${kill.victim} with ${
        kill.inFlight} unanswered, all carried again after ${kill.backMs} ms`);
    }
    await sleep(1000);
    say('draining');
    await Promise.all(senders.map((sender) => sender.stop()));
    await settle(ledger, fanzha);
    if (fanzha)
      await until(async () => {
        const { assembly, store } = await gateway.ask('status');
        return assembly.pending === 0 && store.parts === 0;
      }, 'parts that wait in vain to be held, and no row of any to stay',
      { ms: 2000 * PART_S, every: 1000 });
    const status = fanzha ? await gateway.ask('status') : null;
    if (fanzha)
      await countHeld(ledger, gateway);
    gateway.assertAlive();
    return { seed, fanzha, kills: made, deeds, status,
      balance: ledger.balance(fanzha), order: ledger.order(),
      seconds: (Date.now() - begin) / 1000 };
  } finally {
    for (const box of boxes)
      box.close();
    await gateway.close({ keep: process.env.RIG_KEEP === '1' });
  }
}

/** Several gateways side by side, which share the kills. */
export async function tortureSome({ seed, kills, gateways, say, ...more }) {
  const runs = await Promise.all(Array.from({ length: gateways }, (_, i) =>
    torture({ ...more, seed: seed + 1000 * i,
      kills: Math.ceil(kills / gateways),
      say: (text) => say(`gateway ${i + 1}: ${text}`) })));
  const balance = {}, order = {};
  for (const [sums, key] of [[balance, 'balance'], [order, 'order']])
    for (const run of runs)
      for (const [name, figure] of Object.entries(run[key]))
        sums[name] = Array.isArray(figure)
          ? [...sums[name] ?? [], ...figure] : (sums[name] ?? 0) + figure;
  return { kills: runs.flatMap((r) => r.kills),
    deeds: runs.flatMap((r) => r.deeds), balance, order, gateways,
    // of all, one after the other
    seconds: runs.reduce((sum, r) => sum + r.seconds, 0) };
}

/** Phones behind a stub of bearerbox: each MO goes once, to the first box. */
export class StubPhones extends Sender {
  constructor(ledger, random, upstream, options) {
    super(ledger, random, { direction: 'mo', way: 'stub', ...options });
    this.upstream = upstream;
  }

  async attempt(entry) {
    const link = this.upstream.links
      .findLast(({ boxcId, closed }) => boxcId === boxId(0) && !closed);
    link?.send({ type: 'sms', sender: entry.address, receiver: '10010',
      msgdata: entry.text, coding: 0, sms_type: SMS_TYPE.mo,
      time: Math.floor(Date.now() / 1000), id: this.random.uuid() });
    return 'accepted'; // what dies on the way is not looked for here
  }
}

/**
 * Order alone. bearerbox delivers bursts in an order of its own, so a stub that
 * notes what comes takes its place; fanzhabox is killed meanwhile.
 */
export async function orderRun({ seed, kills: count, perSecond = 400,
  say = () => {} }) {
  const random = new Random(seed);
  const ledger = new Ledger();
  const room = new Room('order');
  const boxes = [];
  try {
    const between = await Between.start(room, { rules: LEDGER_RULES,
      conf: { profiles: [{ name: 'default', rewrite: true }] } });
    between.upstream.onSms = (message, link) => {
      ledger.delivered(message.msgdata.toString());
      link.ack(message);
    };
    const phones = new StubPhones(ledger, new Random(seed + BOXES + 1),
      between.upstream, { perSecond: perSecond / (BOXES + 1), window: 40,
        pairs: phonesOf(9) });
    for (let i = 0; i < BOXES; i++)
      boxes.push(new BoxSender(ledger, new Random(seed + i + 1), between.port,
        boxId(i), { way: `box ${i}`, pairs: phonesOf(i), window: 40,
          perSecond: perSecond / (BOXES + 1) }));
    const senders = [...boxes, phones];
    for (const sender of senders)
      sender.start();
    for (let kill = 0; kill < count; kill++) {
      await sleep(random.between(500, 1500));
      for (const sender of senders)
        sender.burst(BURST);
      await sleep(random.between(2, 15));
      await between.program.kill();
      await between.startBox();
      await carried(ledger, senders);
      say(`order: ${kill + 1} of ${count} kills`);
    }
    await sleep(1000);
    await Promise.all(senders.map((sender) => sender.stop()));
    return { kills: count, sent: ledger.entries.length, ...ledger.order() };
  } finally {
    for (const box of boxes)
      box.close();
    await room.close();
  }
}

/** Until something begun after now came out on every way. */
async function carried(ledger, senders) {
  const from = ledger.entries.length;
  await until(() => senders.every(({ way }) => ledger.entries.slice(from)
    .some((e) => e.way === way && e.first)),
  'every way to carry messages again', { ms: 60000, every: 20 });
}
