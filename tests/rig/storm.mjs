// SPDX-License-Identifier: BSD-2-Clause
//
// storm.mjs - wrong passwords and endless bodies at the status pages while
// twenty boxes carry traffic: how long the one with the right password waits,
// what the boxes notice, and what fanzhabox holds in memory
//
// Turn about with and without, so that what else the machine does falls on
// both. Those who storm have processes of their own, of the lowest priority:
// in the field they have machines of their own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Between } from './between.mjs';
import { SMS_TYPE, pack } from './frames.mjs';
import { LEDGER_RULES } from './ledger.mjs';
import { Random } from './random.mjs';
import { Room, freePort, sleep, until } from './room.mjs';

const BUSY = 20;
const PASSWORD = 'look';

class Child {
  static async start(nice, ...args) {
    const child = new Child();
    child.process = spawn(process.execPath, [fileURLToPath(
      new URL('storm-child.mjs', import.meta.url)), ...args.map(String)],
    { stdio: ['pipe', 'pipe', 'inherit'] });
    setPriority(child.process.pid, nice);
    child.lines = createInterface({ input: child.process.stdout })[
      Symbol.asyncIterator]();
    await child.lines.next();
    return child;
  }

  async stop() {
    const ended = once(this.process, 'close');
    this.process.stdin.end();
    const { value } = await this.lines.next();
    await ended;
    return JSON.parse(value);
  }
}

const at = (numbers, share) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))];
};

function residentKib(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** So many messages a second of all boxes for a while. */
async function carry({ boxes, random, perSecond, ms }) {
  const sent = new Map(), took = [];
  for (const { box } of boxes)
    box.acks = { set(id) {
      took.push(performance.now() - sent.get(id));
      sent.delete(id);
    } };
  const begin = performance.now();
  for (let count = 0; performance.now() - begin < ms;) {
    const due = (performance.now() - begin) * perSecond / 1000;
    for (; count < due; count++) {
      const id = random.uuid();
      sent.set(id, performance.now());
      boxes[count % boxes.length].box.send(pack({ type: 'sms', id,
        sender: '10086',
        receiver: `+86139${random.between(1000000, 9999999)}0`,
        msgdata: 'Your parcel waits at the desk, thank you', coding: 0,
        sms_type: SMS_TYPE.mtPush, time: Math.floor(Date.now() / 1000),
        service: 'busy' }));
    }
    await sleep(1);
  }
  const seconds = (performance.now() - begin) / 1000;
  const perSecondDone = took.length / seconds;
  await until(() => sent.size === 0, 'every message to be answered');
  return { perSecond: perSecondDone, p50: at(took, 0.5), p99: at(took, 0.99) };
}

/**
 * @param options  seed; pairs; ms of one measurement; perSecond of all boxes;
 *                 clients, requests (a second, of all), bodies (at once)
 */
export async function stormRun({ seed, pairs, ms = 4000, perSecond = 1000,
  clients = 40, requests = 1000, bodies = 8, looks = 50, say = () => {} }) {
  const room = new Room('storm'), random = new Random(seed);
  const port = await freePort();
  try {
    const between = await Between.start(room, { rules: LEDGER_RULES,
      box: { 'admin-port': port, 'admin-password': 'change',
        'status-password': PASSWORD } });
    const boxes = [];
    for (let i = 0; i < BUSY; i++)
      boxes.push(await between.connect(`busy${i}`));
    const load = { boxes, random, perSecond, ms };
    const { pid } = between.program;
    await carry(load); // warm
    const one = async () => {
      const look = await Child.start(0, 'look', port, PASSWORD, looks);
      const carried = await carry(load);
      const { took, ...answers } = await look.stop();
      return { ...carried, took, answers, kib: residentKib(pid) };
    };
    const rounds = [], storms = {};
    for (let i = 0; i < pairs; i++) {
      const calm = await one();
      const storm = await Child.start(19, 'storm', port, clients, requests,
        bodies);
      const stormy = await one();
      for (const [key, value] of Object.entries(await storm.stop()))
        storms[key] = (storms[key] ?? 0) + value;
      rounds.push({ calm, stormy });
      const said = ({ took, p99, kib, perSecond: done }) =>
        `${done.toFixed(0)} a second, p99 ${p99.toFixed(1)} ms; ${
          took.length} looks, p99 ${at(took, 0.99)?.toFixed(1)} ms; ${
          (kib / 1024).toFixed(1)} MiB`;
      say(`${i + 1} of ${pairs}: calm ${said(calm)}; storm ${said(stormy)}`);
    }
    const closed = boxes.filter(({ box }) => box.closed).length;
    const side = (which) => {
      const of = rounds.map((r) => r[which]);
      const took = of.flatMap((r) => r.took), answers = {};
      for (const r of of)
        for (const [key, value] of Object.entries(r.answers))
          answers[key] = (answers[key] ?? 0) + value;
      return { took: took.length, answers,
        status: [0.5, 0.9, 0.99, 1].map((share) => at(took, share)),
        perSecond: at(of.map((r) => r.perSecond), 0.5),
        p50: at(of.map((r) => r.p50), 0.5), p99: at(of.map((r) => r.p99), 0.5),
        kib: of.map((r) => r.kib) };
    };
    const ratio = (key) => {
      const all = rounds.map(({ calm, stormy }) => stormy[key] / calm[key]);
      return [0.5, 0.05, 0.95].map((share) => at(all, share));
    };
    return { pairs, ms, offered: perSecond, clients, requests, bodies, looks,
      storms,
      closed, busy: BUSY, calm: side('calm'), stormy: side('stormy'),
      ratios: { perSecond: ratio('perSecond'), p50: ratio('p50'),
        p99: ratio('p99') } };
  } finally {
    await room.close({ keep: process.env.RIG_KEEP === '1' });
  }
}
