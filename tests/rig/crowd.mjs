// SPDX-License-Identifier: BSD-2-Clause
//
// crowd.mjs - what a crowd that says nothing, and one that only knocks, do to
// boxes that work: what twenty busy boxes get with and without, turn about, as
// figures and ratios
//
// The knocking itself costs a processor that the boxes would have; so it is
// held against the same knocking at another program's door.

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Between } from './between.mjs';
import { SMS_TYPE, pack } from './frames.mjs';
import { LEDGER_RULES } from './ledger.mjs';
import { Random } from './random.mjs';
import { Room, sleep } from './room.mjs';

const BUSY = 20;
const PACE = 250; // messages a second and box
export const WHAT = ['perSecond', 'micros', 'p50', 'p99'];
const MS = 2000; // of one measurement

class Child {
  static async start(...args) {
    const child = new Child();
    child.process = spawn(process.execPath, [fileURLToPath(
      new URL('crowd-child.mjs', import.meta.url)), ...args.map(String)],
    { stdio: ['pipe', 'pipe', 'inherit'] });
    child.lines = [];
    child.process.stdout.on('data', (data) =>
      child.lines.push(...data.toString().trim().split('\n')));
    const ended = new Promise((resolve) =>
      child.process.once('close', resolve));
    child.ended = ended;
    while (child.lines.length === 0 && child.process.exitCode === null)
      await sleep(5);
    return child;
  }

  /** { made, ended } */
  async stop() {
    this.process.stdin.end();
    await this.ended;
    const [made, ended] = this.lines.at(-1).split(' ').map(Number);
    return { made, ended };
  }
}

/** Nanoseconds of processor that a process has had. */
function processorOf(pid) {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum +
    Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8')
      .split(' ')[0]), 0);
}

/** Every box sends PACE messages a second for a while, whatever becomes of
 *  those before: a closed loop would take what two processors give, and tell of
 *  them. */
async function measure({ boxes, random, pid }) {
  const took = [], open = new Map();
  let sent = 0;
  const one = (box) => {
    const id = random.uuid();
    open.set(id, performance.now());
    box.send(pack({ type: 'sms', sender: '10086', id,
      receiver: `+86139${random.between(1000000, 9999999)}0`,
      msgdata: 'Your parcel waits at the desk, thank you', coding: 0,
      sms_type: SMS_TYPE.mtPush, time: Math.floor(Date.now() / 1000),
      service: 'busy' }));
  };
  for (const { box } of boxes)
    box.acks = { set(id) {
      took.push(performance.now() - open.get(id));
      open.delete(id);
    } };
  const begin = performance.now(), had = processorOf(pid);
  const elapsed = () => performance.now() - begin;
  while (elapsed() < MS) {
    for (; sent < elapsed() / 1000 * PACE * boxes.length; sent++)
      one(boxes[sent % boxes.length].box);
    await sleep(1);
  }
  while (open.size > 0 && elapsed() < 10 * MS)
    await sleep(1);
  const seconds = elapsed() / 1000, count = took.length;
  const micros = (processorOf(pid) - had) / 1000 / count;
  took.sort((a, b) => a - b);
  return { perSecond: count / seconds, micros, p50: took[Math.floor(count / 2)],
    p99: took[Math.floor(count * 0.99)], unanswered: open.size };
}

const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** Ratios of with to without, turn about, of each of WHAT: the median and the
 *  quartiles. */
function ratios(pairs) {
  return Object.fromEntries(WHAT.map((what) => {
    const all = pairs.map(([without, within]) => within[what] / without[what]);
    const at = (share) => all.toSorted((a, b) => a - b)[
      Math.round(share * (all.length - 1))];
    return [what, { median: median(all), low: at(0.25), high: at(0.75),
      without: median(pairs.map(([without]) => without[what])),
      within: median(pairs.map(([, within]) => within[what])) }];
  }));
}

const brief = ({ perSecond, p50, p99 }) => `${perSecond.toFixed(0)} a second, ${
  p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`;

export async function crowdRun({ seed, idle = 10000, rate = 1000, pairs = 15,
  say = () => {} }) {
  const room = new Room('crowd'), random = new Random(seed);
  try {
    const between = await Between.start(room, { rules: LEDGER_RULES,
      // so that the idle ones are let stay: it is them that are looked at
      box: { 'max-unidentified': idle + 1000, 'identify-timeout': 3600 } });
    const boxes = [];
    for (let i = 0; i < BUSY; i++)
      boxes.push(await between.connect(`busy${i}`));
    const load = { boxes, random, pid: between.program.pid };
    await measure(load); // warm
    const result = { idle, rate, busy: BUSY, pace: PACE, ms: MS, seen: { idle: [], flood: [] },
      idleEnded: 0, floods: 0 };
    for (let i = 0; i < pairs; i++) {
      const without = await measure(load);
      const crowd = await Child.start('idle', between.port, idle);
      const within = await measure(load);
      result.idleEnded += (await crowd.stop()).ended;
      await sleep(500); // they are closed
      result.seen.idle.push([without, within]);
      say(`idle ${i + 1} of ${pairs}: ${brief(without)} and ${brief(within)}`);
    }
    const sink = await Child.start('sink');
    const elsewhere = sink.lines[0].split(' ')[1];
    for (let i = 0; i < pairs; i++) {
      const pair = [];
      for (const port of [elsewhere, between.port]) {
        const flood = await Child.start('flood', port, rate);
        await sleep(200);
        pair.push(await measure(load));
        const { made } = await flood.stop();
        result.floods += port === between.port ? made : 0;
      }
      result.seen.flood.push(pair);
      say(`flood ${i + 1} of ${pairs}: ${pair.map(brief).join(' and ')}`);
    }
    await sink.stop();
    result.unanswered = [...result.seen.idle, ...result.seen.flood].flat()
      .reduce((sum, turn) => sum + turn.unanswered, 0);
    result.closed = boxes.filter(({ box }) => box.closed).length;
    return { ...result, idleRatios: ratios(result.seen.idle),
      floodRatios: ratios(result.seen.flood) };
  } finally {
    await room.close({ keep: process.env.RIG_KEEP === '1' });
  }
}
