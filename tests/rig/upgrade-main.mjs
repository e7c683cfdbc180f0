// SPDX-License-Identifier: BSD-2-Clause
//
// upgrade-main.mjs - what scripts/upgrade-test runs, and its report

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { WHAT, crowdRun } from './crowd.mjs';
import { run } from './program.mjs';
import { gatewayRun, orderRun } from './upgrade.mjs';

const usage = `usage: scripts/upgrade-test [--seed N] [--boxes N[,N...]]
       [--upgrades N] [--idle N] [--pairs N] [--report FILE]
`;

function options(args) {
  const found = { seed: 20261122, boxes: '100,300', upgrades: 10, idle: 10000,
    pairs: 15, report: null };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]?.replace(/^--/, '');
    const value = args[at + 1];
    if (!(name in found) || value === undefined ||
        (typeof found[name] === 'number' && !(Number(value) >= 0))) {
      process.stderr.write(usage);
      process.exit(2);
    }
    found[name] = typeof found[name] === 'number' ? Number(value) : value;
  }
  return { ...found, boxes: found.boxes.split(',').map(Number)
    .filter(Boolean) };
}

const say = (text) => process.stdout.write(`${text}\n`);
const seconds = (ms) => (ms / 1000).toFixed(1);
const range = (values) => `${Math.min(...values)} to ${Math.max(...values)}`;
const table = (rows) => [rows[0], rows[0].map(() => '--'), ...rows.slice(1)]
  .map((row) => `| ${row.join(' | ')} |`).join('\n');

function gatewayTable(runs) {
  const row = (what, of) => [what, ...runs.map((r) => String(of(r)))];
  return table([
    ['', ...runs.map((r) => `${r.boxes} boxes`)],
    row('upgrades, program and plugin each time', (r) => r.upgrades.length),
    row('messages unanswered as each began',
      (r) => range(r.upgrades.map((u) => u.inFlight))),
    row('begun while it went on',
      (r) => range(r.upgrades.map((u) => u.begunMeanwhile))),
    row('nothing was taken for (ms)',
      (r) => range(r.upgrades.map((u) => u.pauseMs))),
    row('**connections dropped by upgrades**', (r) => r.droppedByUpgrades),
    row('bearerbox killed and started: boxes dropped',
      (r) => r.droppedByBearerbox),
    row('until all had it again (s)', (r) => seconds(r.bearerboxBackMs)),
    row('fanzhabox ended and started, without an upgrade: until all boxes had ' +
      'bearerbox again (s)', (r) => seconds(r.restartMs)),
    row('messages sent', (r) => r.balance.sent),
    row('accepted and delivered', (r) => r.balance.delivered),
    row('accepted and held', (r) => r.balance.held),
    row('refused', (r) => r.balance.refused),
    row('from a phone, accepted by bearerbox, then rejected',
      (r) => r.balance.rejected),
    row('**lost**', (r) => r.balance.lost.length),
    row('**unfiltered**', (r) => r.balance.unfiltered.length),
    row('held and should not be', (r) => r.balance.wronglyHeld.length),
    row('never answered', (r) => r.balance.unanswered),
    row('delivered more often than sent', (r) => r.balance.duplicatesUnasked),
  ]);
}

const orderTable = (o) => table([
  ['', ''],
  ['boxes; upgrades', `${o.boxes}; ${o.upgrades.length}`],
  ['messages unanswered as each began',
    range(o.upgrades.map((u) => u.inFlight))],
  ['nothing was taken for (ms)', range(o.upgrades.map((u) => u.pauseMs))],
  ['connections dropped', o.dropped],
  ['connections to bearerbox made anew', o.upstream - o.boxes],
  ['messages sent', o.sent],
  ['neighbours between the same two compared', o.order.compared],
  ['**overtaken**', o.order.overtaken.length],
  ['sent again by their sender', o.again],
  ['**delivered twice**', o.twice],
  ['acknowledgements that matched nothing', o.unmatched],
]);

const figure = (value) => String(Number(value.toPrecision(3)));
const ratio = ({ without, within, median, low, high }) => `${
  figure(without)}, ${figure(within)}: ${median.toFixed(2)} (${
  low.toFixed(2)} to ${high.toFixed(2)})`;
const crowdTable = (c) => table([
  ['without, with: median of their ratios (quartiles)',
    'messages answered a second', "fanzhabox's processor time a message, us",
    'median round trip, ms', '99th percentile, ms'],
  [`${c.idle} idle connections`, ...WHAT
    .map((what) => ratio(c.idleRatios[what]))],
  [`${c.rate} connects a second, reset at once`, ...WHAT
    .map((what) => ratio(c.floodRatios[what]))],
]);

async function report(wanted, { gateways, order, crowd }) {
  const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  const limit = /open files\s+(\d+)\s+(\d+)/
    .exec(readFileSync('/proc/self/limits', 'utf8'))[2];
  return `# Upgrades, restarts, crowds

Made by \`scripts/upgrade-test --seed ${wanted.seed} --boxes ${
  wanted.boxes.join(',')} --upgrades ${wanted.upgrades} --idle ${wanted.idle
  } --pairs ${wanted.pairs}\` at ${commit}, ${
  new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${limit} open files
a process. Other work ran on the machine at the same time: times are an upper
bound, ratios are of turns taken one after another.

## A real gateway

Debian's bearerbox (file store), fanzhabox with fanzha.so and three rules, an
SMPP SMSC, boxes of the rig that hold one connection each and send ${
  gateways[0]?.perSecond ?? '-'} messages
a second together, phones that write to ten of them. Each upgrade falls into a
burst; program and plugin are replaced by files with another version, and back.

${gateways.length > 0 ? gatewayTable(gateways) : 'Not run.'}

bearerbox accepts one connection a second: that is the time behind a restart,
and what an upgrade saves. Copies of what was unanswered when bearerbox was
killed are what its sender's repetition costs, with fanzha or without.

## Order

A stub in bearerbox's place, which notes what comes and acknowledges it 20 ms
later; bearerbox itself delivers bursts in an order of its own.

${orderTable(order)}

## Crowds

${crowd.busy} busy boxes that send ${crowd.pace * crowd.busy} messages a second together, whatever
becomes of those before; fanzhabox with fanzha.so and three rules. ${
  crowd.seen.idle.length} pairs of
${crowd.ms / 1000} s, turn about. The idle ones connect and say nothing. The flood is held against
the same flood at another program, since it takes the processors of the boxes
either way (${crowd.floods} connects at fanzhabox in all).

${crowdTable(crowd)}

Busy boxes that were disconnected: ${crowd.closed}; idle ones: ${
  crowd.idleEnded}. Messages of theirs that were not answered: ${
  crowd.unanswered}.
`;
}

const wanted = options(process.argv.slice(2));
say('order: 300 boxes, a stub for bearerbox');
const order = await orderRun({ seed: wanted.seed, boxes: 300,
  upgrades: wanted.upgrades, say });
const gateways = [];
for (const boxes of wanted.boxes) {
  say(`a real gateway: ${boxes} boxes`);
  gateways.push(await gatewayRun({ seed: wanted.seed, boxes, say,
    upgrades: wanted.upgrades, restarts: true }));
}
say('crowds');
const crowd = await crowdRun({ seed: wanted.seed, idle: wanted.idle,
  pairs: wanted.pairs, say });
const text = await report(wanted, { gateways, order, crowd });
if (wanted.report)
  writeFileSync(wanted.report, text);
say('');
say(text);
const bad = gateways.some((r) => r.droppedByUpgrades + r.droppedByBearerbox +
  r.balance.lost.length + r.balance.unfiltered.length +
  r.balance.wronglyHeld.length + r.balance.unanswered > 0) ||
  order.dropped + order.order.overtaken.length + order.again + order.twice +
  order.unmatched > 0 || crowd.closed + crowd.unanswered > 0;
for (const r of gateways)
  for (const entry of r.balance.lost.slice(0, 20))
    say(`lost: ${JSON.stringify(entry)}`);
process.exit(bad ? 1 : 0);
