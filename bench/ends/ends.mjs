// SPDX-License-Identifier: BSD-2-Clause
//
// ends.mjs - the far ends of a bench, and what stands between them
//
// The loads stay connected for the whole run and take turns round by round, so
// that what else the machine does falls on all of them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { built } from '../../tests/rig/gateway.mjs';

const TOP = new URL('../..', import.meta.url);

/** A program whose output is lines; it dies with the room. */
class Talker {
  constructor(room, command) {
    this.child = spawn(command[0], command.slice(1),
      { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[
      Symbol.asyncIterator]();
    this.name = command[0].replace(/.*\//, '');
    room.onClose(() => this.close());
  }

  async line() {
    const { value, done } = await this.lines.next();
    if (done)
      throw new Error(`${this.name} ended`);
    return value;
  }

  async close() {
    if (this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    this.child.stdin.end();
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

/** smsc-stub or box-stub: serves at once; `port` says where. */
export async function startStub(room, name) {
  const stub = new Talker(room, [built(`bench/ends/${name}`)]);
  stub.port = Number(await stub.line());
  return stub;
}

/** The relay in the classic idiom, between `port` and `upstream`. */
export async function startRelay(room, port, upstream) {
  const relay = new Talker(room, [built('bench/ends/box-relay'),
    '--port', port, '--upstream', upstream]);
  await relay.line();
  return relay;
}

/** Boxes that send rounds of messages to a port. */
export class Load {
  static async start(room, { port, boxes, texts }) {
    const load = new Load();
    load.talker = new Talker(room, [built('bench/ends/box-load'),
      '--port', port, '--boxes', boxes, ...texts ? ['--texts', texts] : []]);
    await load.talker.line();
    return load;
  }

  /** { per_second, round_trip_us: { p50, ... }, refused ... } */
  async round(messages, window) {
    this.talker.child.stdin.write(`${messages} ${window}\n`);
    return JSON.parse(await this.talker.line());
  }
}

/** The A2P texts of tests/corpus, one a line, and how many. */
export function writeTexts(room) {
  const rows = readFileSync(new URL('tests/corpus/a2p.tsv', TOP), 'utf8')
    .split('\n').slice(1).filter(Boolean).map((row) => row.split('\t').at(-1));
  return room.write('texts', `${rows.join('\n')}\n`);
}

const TICKS = 100; // of a second; Linux tells all programs this

/** Processor seconds of a process so far, threads and system included. */
export function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Octets of memory that a process holds now. */
export function residentOctets(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(
    readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

const at = (sorted, share) => sorted[Math.round(share * (sorted.length - 1))];

/** How many figures on either side of so many the 90 % confidence interval of
 *  the median leaves out: by the signs alone, so of any distribution. */
function leftOut(count) {
  let chance = 0.5 ** count, below = 0;
  for (let k = 0; ; k++) { // below: of at most k under the median
    below += chance;
    if (below > 0.05)
      return k;
    chance *= (count - k) / (k + 1);
  }
}

/** Median, the interval of nine tenths of some figures, and the 90 %
 *  confidence interval of the median (the figures' ends when they are few). */
export function spread(figures) {
  const sorted = [...figures].sort((a, b) => a - b);
  const out = Math.max(0, leftOut(sorted.length) - 1);
  return { median: at(sorted, 0.5), low: at(sorted, 0.05),
    high: at(sorted, 0.95), median_low: sorted[out],
    median_high: sorted[sorted.length - 1 - out] };
}

export const figure = ({ median, low, high }, digits = 3) =>
  `${median.toFixed(digits)} [${low.toFixed(digits)}, ${high.toFixed(digits)}]`;

/** With both intervals: of the figures, and of their median. */
export const figureBoth = (s, digits = 3) => `${figure(s, digits)}, median in (${
  s.median_low.toFixed(digits)}, ${s.median_high.toFixed(digits)})`;

export const LEGEND = 'medians; [the interval of nine tenths of the rounds]; ' +
  '(the 90 % confidence interval of the median)';
