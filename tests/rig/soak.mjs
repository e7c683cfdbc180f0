// SPDX-License-Identifier: BSD-2-Clause
//
// soak.mjs - rules replaced again and again under traffic
//
// Each reload brings a rule that no one before had, and takes away the one of
// the last; half of the words of the set are new each time, so that each
// compiles. The moment the command comes back, a message asks for both.
//
// Order is looked at with an upstream of the rig's: bearerbox itself, with
// nothing in front, delivers about one message in a hundred after a later one
// between the same two when it has a burst to deliver.

import { readFileSync } from 'node:fs';
import { Gateway } from './gateway.mjs';
import { libconfig } from './conf.mjs';
import { BURST, countHeld, settle } from './kill.mjs';
import { LEDGER_RULES, Ledger } from './ledger.mjs';
import { Between } from './between.mjs';
import { StubPhones } from './torture.mjs';
import { Random } from './random.mjs';
import { Room, sleep } from './room.mjs';
import { BoxSender, HttpSender, PhoneSender } from './traffic.mjs';

const BOX_ID = 'rigbox';
const WARM_UP_MS = 3000;

const phonesOf = (way) => Array.from({ length: 8 },
  (_, i) => `+8613800${way}00${String(i).padStart(3, '0')}`);

/** The rules of one round. `size`: rules beside the ledger's. */
function rulesOf(round, size, random) {
  const rules = [...LEDGER_RULES, {
    id: 'soak.round', rev: round + 1, title: `Round ${round}`,
    phrase: `roundmark${round}`, action: 'reject', reason: 'phishing',
    match: [`the roundmark${round} of today`],
  }];
  for (let i = 0; i < size; i++) {
    // the even ones stay, the odd ones have words of this round
    const own = i % 2 === 0 ? 'steady' : `fresh${random.bits().toString(36)}`;
    rules.push({ id: `soak.filler-${i}`, title: `Filler ${i}`,
      phrase: `(${own}a${i}|${own}b${i}) ~20 (tail${i}x|tail${i}y)`,
      score: 1.0 });
  }
  return libconfig({
    set: { name: 'soak', title: 'Rules that are replaced',
      owner: 'rules@example.test', language: 'en' },
    rules,
  });
}

const memoryOf = (pid) => Number(/^VmRSS:\s+(\d+) kB/m
  .exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);

/** The least of a few looks: between messages, not in one. */
async function restingMemory(pid) {
  let least = Infinity;
  for (let i = 0; i < 10; i++) {
    least = Math.min(least, memoryOf(pid));
    await sleep(50);
  }
  return least;
}

/**
 * @param options  seed; reloads; rules: in the set; perSecond: of each of the
 *                 three senders; say(text)
 * @return { reloads: [{ ms, memory? }], late: rounds whose rule was not in
 *           force when the command came back, balance, ... }
 */
export async function soakRun({ seed, reloads, rules = 300, perSecond = 100,
  say = () => {} }) {
  const random = new Random(seed);
  const ledger = new Ledger();
  const gateway = new Gateway({
    name: 'soak', patterns: ['patterns/soak'],
    files: { 'patterns/soak/rules.conf': rulesOf(0, rules, random) },
    groups: [{ group: 'smsbox-route', 'smsbox-id': BOX_ID,
      shortcode: '10010' }],
  });
  const begin = Date.now();
  const done = [];
  const late = [];
  let box;
  try {
    await gateway.start();
    const { pid } = gateway.fanzhabox;
    let probes = 0;
    gateway.smsc.onSubmit = ({ text }) => {
      if (!/roundmark/.test(text))
        ledger.delivered(text);
    };
    const probe = async (round) => (await gateway.send({ from: '10086',
      to: `+86137${String(++probes).padStart(8, '0')}`,
      text: `the roundmark${round} of today` })).status;
    const each = { perSecond, window: 40 };
    box = new BoxSender(ledger, new Random(seed + 1), gateway.ports.box,
      BOX_ID, { ...each, pairs: phonesOf(1) });
    const senders = [
      new HttpSender(ledger, new Random(seed + 2), gateway.ports.sendsms, each),
      box,
      new PhoneSender(ledger, new Random(seed + 3), gateway.smsc,
        { ...each, pairs: phonesOf(9) }),
    ];
    for (const sender of senders)
      sender.start();
    await sleep(WARM_UP_MS); // a gateway that runs, not one that starts
    for (let round = 1; round <= reloads; round++) {
      gateway.room.write('patterns/soak/rules.conf',
        rulesOf(round, rules, random));
      if (random.chance(0.3))
        for (const sender of senders)
          sender.burst(BURST / 4);
      const began = Date.now();
      const { code, stderr } = await gateway.fanzhactl('reload', '--wait');
      const one = { ms: Date.now() - began };
      if (code !== 0)
        throw new Error(`reload ${round}: ${stderr}`);
      if (await probe(round) !== 403 || await probe(round - 1) !== 202)
        late.push(round);
      done.push(one);
      if (round === 1 || round % 10 === 0 || round === reloads) {
        one.memory = await restingMemory(pid);
        say(`reload ${round} of ${reloads}: ${one.ms} ms, fanzhabox has ` +
          `${(one.memory / 1024).toFixed(1)} MiB`);
      }
    }
    await Promise.all(senders.map((sender) => sender.stop()));
    await settle(ledger, true);
    await countHeld(ledger, gateway);
    gateway.assertAlive();
    const { generation, counters } = await gateway.ask('status');
    return { seed, rules, reloads: done, late, generation, counters,
      balance: ledger.balance(true),
      seconds: (Date.now() - begin) / 1000 };
  } finally {
    box?.close();
    await gateway.close({ keep: process.env.RIG_KEEP === '1' });
  }
}

/**
 * Order between the same two, over reloads: fanzhabox between boxes and an
 * upstream of the rig's, which sees every frame when it is sent on.
 *
 * @return as Ledger.order, and how many were sent
 */
export async function orderRun({ seed, reloads, rules = 300, perSecond = 100,
  say = () => {} }) {
  const random = new Random(seed);
  const ledger = new Ledger();
  const room = new Room('soak-order');
  const boxes = [];
  try {
    const between = await Between.start(room, { rules: LEDGER_RULES,
      conf: { profiles: [{ name: 'default', rewrite: true }] } });
    between.upstream.onSms = (message, link) => {
      ledger.delivered(message.msgdata.toString());
      link.ack(message);
    };
    for (let i = 0; i < 2; i++)
      boxes.push(new BoxSender(ledger, new Random(seed + i + 1), between.port,
        `rigbox${i}`, { way: `box ${i}`, pairs: phonesOf(i), window: 40,
          perSecond }));
    const senders = [...boxes, new StubPhones(ledger, new Random(seed + 3),
      between.upstream, { perSecond, window: 40, pairs: phonesOf(9) })];
    for (const sender of senders)
      sender.start();
    for (let round = 1; round <= reloads; round++) {
      room.write('patterns/rules.conf', rulesOf(round, rules, random));
      for (const sender of senders)
        sender.burst(BURST / 10);
      await between.ask('reload');
    }
    say(`order: ${reloads} reloads`);
    await Promise.all(senders.map((sender) => sender.stop()));
    return { sent: ledger.entries.length, ...ledger.order() };
  } finally {
    for (const box of boxes)
      box.close();
    await room.close();
  }
}
