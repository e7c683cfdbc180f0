// SPDX-License-Identifier: BSD-2-Clause
//
// kill.mjs - programs killed at random instants while messages are in flight,
// and the account of every message afterwards
//
// The same seed kills the same programs after the same delays; what is in
// flight at that instant is up to the machine, and is reported.

import { Gateway } from './gateway.mjs';
import { LEDGER_RULES, Ledger } from './ledger.mjs';
import { libconfig } from './conf.mjs';
import { Random } from './random.mjs';
import { sleep, until } from './room.mjs';
import { BoxSender, HttpSender, PhoneSender } from './traffic.mjs';

const BOX_ID = 'rigbox';
// Acknowledgements come within a millisecond: at an even pace next to nothing
// is unanswered at any instant. So each kill falls into a burst.
export const BURST = 100;

export function ruleFiles(name, rules) {
  return { [`patterns/${name}/rules.conf`]: libconfig({
    set: { name, title: `Rules of the test ${name}`,
      owner: 'rules@example.test', language: 'en' },
    rules,
  }) };
}

/** The order of kills: each victim `rounds` times, shuffled by the seed. */
function plan(random, victims, rounds) {
  return random.shuffle(victims.flatMap((v) => Array(rounds).fill(v)))
    .map((victim) => ({ victim, afterMs: random.between(800, 3000),
      burstMs: random.between(2, 15), downMs: random.between(50, 1500) }));
}

/**
 * One run.
 *
 * @param options  seed; rounds: kills of each program; fanzha; perSecond: of
 *                 each of the three senders; say(text): progress
 * @return { kills, balance, seconds, ... }, see the end
 */
export async function killRun({ seed, rounds, fanzha, perSecond = 70,
  say = () => {} }) {
  const random = new Random(seed);
  const victims = ['bearerbox', 'smsbox', ...fanzha ? ['fanzhabox'] : []];
  const kills = plan(new Random(seed), ['bearerbox', 'smsbox', 'fanzhabox'],
    rounds).filter(({ victim }) => victims.includes(victim));
  const ledger = new Ledger();
  const gateway = new Gateway({
    fanzha, name: fanzha ? 'kill' : 'kill-control',
    patterns: fanzha ? ['patterns/ledger'] : [],
    files: fanzha ? ruleFiles('ledger', LEDGER_RULES) : {},
    groups: [{ group: 'smsbox-route', 'smsbox-id': BOX_ID,
      shortcode: '10010' }],
    core: { 'sms-resend-freq': 1 },
  });
  const begin = Date.now();
  let box;
  try {
    await gateway.start();
    gateway.smsc.onSubmit = (submit) => ledger.delivered(submit.text);
    box = new BoxSender(ledger, new Random(seed + 1),
      fanzha ? gateway.ports.box : gateway.ports.upstream, BOX_ID,
      { perSecond, window: 50 });
    const senders = [
      new HttpSender(ledger, new Random(seed + 2), gateway.ports.sendsms,
        { perSecond, window: 40 }),
      box,
      new PhoneSender(ledger, new Random(seed + 3), gateway.smsc,
        { perSecond, window: 40 }),
    ];
    for (const sender of senders)
      sender.start();

    for (const kill of kills) {
      await sleep(kill.afterMs);
      const program = gateway[kill.victim];
      kill.at = Date.now() - begin;
      for (const sender of senders)
        sender.burst(BURST);
      await sleep(kill.burstMs);
      kill.inFlight = senders.reduce((sum, s) => sum + s.inFlight, 0);
      await program.kill();
      await sleep(kill.downMs);
      await START[kill.victim](gateway);
      await flows(ledger, senders, gateway, kill);
      kill.backMs = Date.now() - begin - kill.at;
      say(`killed ${kill.victim} with ${kill.inFlight} in flight; ` +
        `all three ways carried messages again after ${kill.backMs} ms`);
    }
    await sleep(1000);
    say('draining');
    await Promise.all(senders.map((sender) => sender.stop()));
    await settle(ledger, fanzha);
    const perWay = Object.fromEntries(senders.map(({ way }) => [way,
      ledger.entries.filter((e) => e.way === way).length]));
    if (fanzha)
      await countHeld(ledger, gateway);
    gateway.assertAlive();
    return { seed, fanzha, kills, perWay, balance: ledger.balance(fanzha),
      ledger, seconds: (Date.now() - begin) / 1000 };
  } finally {
    box?.close();
    await gateway.close({ keep: process.env.RIG_KEEP === '1' });
  }
}

const START = {
  bearerbox: (gateway) => gateway.startBearerbox(),
  fanzhabox: (gateway) => gateway.startFanzhabox(),
  smsbox: (gateway) => gateway.startSmsbox(),
};

/**
 * Until every sender was answered for a message begun after now. smsbox takes
 * 11 s to come back after its connection closed, and now and then it ends or
 * hangs on the way: then it is started again, as an init would.
 */
export async function flows(ledger, senders, gateway, kill) {
  const from = ledger.entries.length;
  const silent = () => senders.map(({ way }) => way)
    .filter((way) => !ledger.entries.slice(from)
      .some((e) => e.way === way && e.answer));
  let patience = Date.now() + 30000;
  await until(async () => {
    const ways = silent();
    const { smsbox } = gateway;
    if (ways.includes('smsbox') &&
        (!smsbox.isRunning || Date.now() > patience)) {
      kill.smsboxHelped = (kill.smsboxHelped ?? 0) + 1;
      await smsbox.kill();
      await gateway.startSmsbox();
      patience = Date.now() + 30000;
    }
    return ways.length === 0;
  }, () => `every way in to carry messages again: ${silent().join(', ')}`,
  { ms: 120000, every: 50 });
}

/** Until nothing more comes out for five seconds, or nothing is awaited. */
export async function settle(ledger, filtered) {
  const copies = () => ledger.entries.reduce(
    (sum, e) => sum + e.deliveries.length, 0);
  let last = -1, since = Date.now();
  for (;;) {
    const now = copies();
    if (now !== last) {
      last = now;
      since = Date.now();
    }
    const quiet = Date.now() - since;
    if (quiet > 15000 || (quiet > 3000 && ledger.waiting(filtered).length === 0))
      return;
    await sleep(100);
  }
}

/** Held rows back to the messages that they are. */
export async function countHeld(ledger, gateway) {
  for (const held of await gateway.held()) {
    for (const [, number] of held.text.matchAll(/#(\d{7})#/g))
      if (held.state === 'held')
        ledger.entries[Number(number)].held++;
  }
}
