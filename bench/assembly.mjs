// SPDX-License-Identifier: BSD-2-Clause
//
// assembly.mjs - what bench/assembly runs: two gateways side by side, one with
// fanzha in front; each message goes to both, to the one first or to the other

import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { Gateway, TOP } from '../tests/rig/gateway.mjs';
import { gsmEncode } from '../tests/rig/gsm.mjs';
import { partHeader } from '../tests/rig/parts.mjs';
import { run } from '../tests/rig/program.mjs';
import { freePort, until } from '../tests/rig/room.mjs';
import { Esme, SmppBox } from '../tests/rig/smpp-box.mjs';

const usage = 'usage: bench/assembly [--messages N] [--report FILE]\n';
const LIMIT_MS = 100;
const WRONG = [3, 1, 5, 2, 4];
const TEXTS = ['Your parcel waits', ' at the desk until', ' Friday evening',
  ', bring a document', ' with your name, thank you'];
const WARM = 10; // not counted

function options(args) {
  const found = { messages: 200, report: 'bench/results/assembly.md' };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]?.replace(/^--/, '');
    const value = args[at + 1];
    if (!(name in found) || value === undefined ||
        (name === 'messages' && !(Number(value) > 0))) {
      process.stderr.write(usage);
      process.exit(2);
    }
    found[name] = name === 'messages' ? Number(value) : value;
  }
  return found;
}

/** A gateway, and the two who send through it. */
class Side {
  constructor(fanzha) {
    this.fanzha = fanzha;
    this.arrived = new Map(); // receiver -> times
  }

  async start() {
    this.gateway = await Gateway.start({ name: 'bench', fanzha: this.fanzha,
      patterns: this.fanzha ? [`${TOP}tests/e2e/patterns/e2e`] : [],
      core: { 'log-level': 1 }, smsbox: { 'log-level': 1 },
      box: { 'log-level': 1 } });
    const { room, ports, smsc } = this.gateway;
    smsc.onSubmit = ({ receiver }) => {
      const to = receiver.replace('+', '');
      this.arrived.set(to, [...this.arrived.get(to) ?? [], performance.now()]);
    };
    const box = await new SmppBox(room, await freePort(),
      this.fanzha ? ports.box : ports.upstream).listen();
    this.esme = await Esme.connect(room, box.port, 'customer');
    return this;
  }

  http = async ({ to, text, udh }) => {
    const { status, body } = await this.gateway.send({ from: '10086',
      to: `+${to}`, text, udh, coding: 0 });
    if (status !== 202)
      throw new Error(`${status} ${body}`);
  };

  smpp = async ({ to, text, udh }) => {
    const { status } = await this.esme.submit({ from: '10690', to,
      octets: gsmEncode(text), udh, report: false });
    if (status !== 0)
      throw new Error(`submit_sm_resp: ${status}`);
  };

  /** One message: how long until its sender had every answer, and until all of
   *  it was at the SMSC. */
  async time(send, number) {
    const to = `86139${String(number).padStart(8, '0')}`;
    const begin = performance.now();
    for (const part of WRONG)
      await send({ to, text: TEXTS[part - 1],
        udh: partHeader(number & 0xffff, 5, part, true) });
    const answered = performance.now() - begin;
    await until(() => this.arrived.get(to)?.length === 5, `five parts to ${to}`,
      { every: 1 });
    return { answered, arrived: this.arrived.get(to).at(-1) - begin };
  }
}

const say = (text) => process.stdout.write(`${text}\n`);

function quantile(times, share) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

async function measure({ messages }, sides) {
  const table = {};
  let number = 0;
  for (const [way, who] of [['http', 'HTTP client at smsbox'],
    ['smpp', 'ESME, window 1']]) {
    const times = sides.map(() => ({ answered: [], arrived: [] }));
    for (let count = -WARM; count < messages; count++) {
      number++;
      for (const at of count % 2 === 0 ? [0, 1] : [1, 0]) {
        const side = sides[at];
        const took = await side.time(side[way], number);
        if (count >= 0)
          for (const what of ['answered', 'arrived'])
            times[at][what].push(took[what]);
      }
    }
    table[who] = times;
    say(`${who}: done`);
  }
  return table;
}

const QUANTILES = [['median', 0.5], ['95 %', 0.95], ['longest', 1]];
const WHAT = { answered: 'all five answered', arrived: 'all five at the SMSC' };

function rows(table) {
  return Object.entries(table).flatMap(([who, [without, fanzha]]) =>
    Object.entries(WHAT).flatMap(([what, name]) =>
      QUANTILES.map(([label, share]) => {
        const a = quantile(without[what], share);
        const b = quantile(fanzha[what], share);
        return { who, name, label, without: a, fanzha: b, added: b - a };
      })));
}

async function report({ messages }, found) {
  const commit = (await run(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  const ms = (value) => value.toFixed(1);
  return `# Time added by joining parts

Longer messages of five parts with references of 16 bits, sent one part at a
time, each when the one before was answered, as numbers ${WRONG.join(', ')}. Two
gateways run side by side (Debian's bearerbox and smsbox, an SMPP SMSC), one with
fanzhabox and fanzha in front, mode enforce. Each message goes to both, now to
the one first, now to the other; ${messages} messages of each sender. Made by
\`bench/assembly --messages ${messages}\` at ${commit}, ${
  new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB,
with a load of ${loadavg()[0].toFixed(1)} (other work on the machine included).

With fanzha every part is committed before it is answered, and nothing is at the
SMSC before the last part is: the whole leaves then, each part when bearerbox has
acknowledged the one before. Without, four parts have left by that time. The time
counts from the first part's request.

| sender | until | | without, ms | with fanzha, ms | added, ms |
|--|--|--|--|--|--|
${found.map((r) => `| ${r.who} | ${r.name} | ${r.label} | ${ms(r.without)} | ${
    ms(r.fanzha)} | ${ms(r.added)} |`).join('\n')}

Asked for: under ${LIMIT_MS} ms added, median and 95 %.
`;
}

const wanted = options(process.argv.slice(2));
const sides = [];
try {
  for (const fanzha of [false, true])
    sides.push(await new Side(fanzha).start());
  const found = rows(await measure(wanted, sides));
  const text = await report(wanted, found);
  writeFileSync(wanted.report, text);
  say(text);
  process.exitCode = found.some((r) => r.label !== 'longest' &&
    r.added >= LIMIT_MS) ? 1 : 0;
} finally {
  for (const { gateway } of sides)
    await gateway.close();
}
