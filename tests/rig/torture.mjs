// SPDX-License-Identifier: BSD-2-Clause
//
// torture.mjs - many kills at random instants, other mischief between them,
// and the account of every message afterwards
//
// The boxes are the rig's own: they are back as soon as there is something to
// connect to, where smsbox takes eleven seconds (scripts/kill-test has it).

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
const PAIRS = 4; // phones of each sender that get more than one message
const boxId = (i) => `rigbox${i}`;

/** Kills and deeds in turn; the seed alone decides. */
function plan(seed, count) {
  const random = new Random(seed);
  return Array.from({ length: count }, () => ({
    victim: random.chance(0.6) ? 'fanzhabox' : 'bearerbox',
    deeds: random.shuffle([...DEEDS]).slice(0, random.between(0, 2)),
    afterMs: random.between(300, 1500), burstMs: random.between(2, 15),
    downMs: random.between(50, 1000) }));
}

const phonesOf = (sender) => Array.from({ length: PAIRS },
  (_, i) => `+8613700${sender}${i}000`);

function makeSenders(ledger, gateway, port, seed, perSecond) {
  const each = { perSecond: perSecond / (BOXES + 1), window: 40 };
  const boxes = Array.from({ length: BOXES }, (_, i) =>
    new BoxSender(ledger, new Random(seed + i + 1), port, boxId(i),
      { ...each, way: `box ${i}`, pairs: phonesOf(i) }));
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
    core: { 'sms-resend-freq': 1 },
    box: { 'admin-port': boxAdmin, 'admin-password': 'rig' },
  });
  gateway.ports.boxAdmin = boxAdmin;
  const begin = Date.now();
  const deeds = [];
  let boxes = [];
  try {
    await gateway.start();
    gateway.smsc.onSubmit = (submit) => ledger.delivered(submit.text);
    const made = makeSenders(ledger, gateway,
      fanzha ? gateway.ports.box : gateway.ports.upstream, seed, perSecond);
    ({ boxes } = made);
    const { senders } = made;
    for (const sender of senders)
      sender.start();
    await flows(ledger, senders, gateway, {});

    for (const [at, kill] of kills.entries()) {
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
      kill.at = Date.now() - begin;
      kill.inFlight = senders.reduce((sum, s) => sum + s.inFlight, 0);
      ledger.storm();
      await gateway[kill.victim].kill();
      await sleep(kill.downMs);
      await gateway[kill.victim === 'fanzhabox' ? 'startFanzhabox'
        : 'startBearerbox']();
      await flows(ledger, senders, gateway, kill);
      await gateway.smsc.bound({ ms: 30000 });
      ledger.calm();
      kill.backMs = Date.now() - begin - kill.at;
      say(`${at + 1} of ${kills.length}: killed ${kill.victim} with ${
        kill.inFlight} in flight, all carried again after ${kill.backMs} ms`);
    }
    await sleep(1000);
    say('draining');
    await Promise.all(senders.map((sender) => sender.stop()));
    await settle(ledger, fanzha);
    const status = fanzha ? await gateway.ask('status') : null;
    if (fanzha)
      await countHeld(ledger, gateway);
    gateway.assertAlive();
    return { seed, fanzha, kills, deeds, status,
      balance: ledger.balance(fanzha), order: ledger.order(),
      seconds: (Date.now() - begin) / 1000 };
  } finally {
    for (const box of boxes)
      box.close();
    await gateway.close({ keep: process.env.RIG_KEEP === '1' });
  }
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
