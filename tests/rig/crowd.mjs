// SPDX-License-Identifier: BSD-2-Clause
//
// crowd.mjs - what a crowd that says nothing, and one that only knocks, do to
// boxes that work: throughput and latency of twenty busy boxes with and
// without, turn about, as ratios
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
const WINDOW = 5;
export const WHAT = ['perSecond', 'micros', 'p50', 'p99'];
const MS = 1000; // of one measurement

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

/** A closed loop over every box for a while. */
async function measure({ boxes, random, pid }) {
  const took = [];
  const stops = boxes.map(({ box }) => {
    const sent = new Map();
    let stopped = false, rest;
    const one = () => {
      const id = random.uuid();
      sent.set(id, performance.now());
      box.send(pack({ type: 'sms', sender: '10086', id,
        receiver: `+86139${random.between(1000000, 9999999)}0`,
        msgdata: 'Your parcel waits at the desk, thank you', coding: 0,
        sms_type: SMS_TYPE.mtPush, time: Math.floor(Date.now() / 1000),
        service: 'busy' }));
    };
    box.acks = { set(id) {
      took.push(performance.now() - sent.get(id));
      sent.delete(id);
      if (!stopped)
        one();
      else if (sent.size === 0)
        rest();
    } };
    for (let i = 0; i < WINDOW; i++)
      one();
    return () => new Promise((resolve) => {
      rest = resolve;
      stopped = true;
    });
  });
  const begin = performance.now(), had = processorOf(pid);
  await sleep(MS);
  const processor = processorOf(pid) - had;
  const seconds = (performance.now() - begin) / 1000, count = took.length;
  await Promise.all(stops.map((stop) => stop()));
  took.sort((a, b) => a - b);
  return { perSecond: count / seconds, micros: processor / 1000 / count, p50: took[Math.floor(count / 2)],
    p99: took[Math.floor(count * 0.99)] };
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
    return [what, { median: median(all), low: at(0.25), high: at(0.75) }];
  }));
}

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
    const result = { idle, rate, busy: BUSY, seen: { idle: [], flood: [] },
      idleEnded: 0, floods: 0 };
    for (let i = 0; i < pairs; i++) {
      const without = await measure(load);
      const crowd = await Child.start('idle', between.port, idle);
      const within = await measure(load);
      result.idleEnded += (await crowd.stop()).ended;
      await sleep(500); // they are closed
      result.seen.idle.push([without, within]);
      say(`idle ${i + 1} of ${pairs}: ${without.perSecond.toFixed(0)} and ${
        within.perSecond.toFixed(0)} messages a second`);
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
      say(`flood ${i + 1} of ${pairs}: ${pair[0].perSecond.toFixed(0)} and ${
        pair[1].perSecond.toFixed(0)} messages a second`);
    }
    await sink.stop();
    result.closed = boxes.filter(({ box }) => box.closed).length;
    return { ...result, idleRatios: ratios(result.seen.idle),
      floodRatios: ratios(result.seen.flood) };
  } finally {
    await room.close({ keep: process.env.RIG_KEEP === '1' });
  }
}
