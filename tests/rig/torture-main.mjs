// SPDX-License-Identifier: BSD-2-Clause
//
// torture-main.mjs - what scripts/torture runs: the torture with fanzha, the
// kills of bearerbox without, and a report that compares the two

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { run } from './program.mjs';
import { LEAST, orderRun, tortureSome } from './torture.mjs';

const { values } = parseArgs({ options: {
  seed: { type: 'string', default: '20261122' },
  kills: { type: 'string', default: '200' },
  gateways: { type: 'string', default: '4' },
  report: { type: 'string' },
} });
const wanted = { seed: Number(values.seed), kills: Number(values.kills) };
const gateways = Number(values.gateways);
const say = (text) => process.stdout.write(`${text}\n`);

function countOf(deeds) {
  const counts = new Map();
  for (const { what } of deeds) {
    const kind = what.replace(/^\d+ /, '');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `- ${count} times ${kind}`)
    .sort().join('\n');
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[numbers.length >> 1];

function killRows({ kills }) {
  return ['fanzhabox', 'bearerbox'].map((victim) => {
    const of = kills.filter((kill) => kill.victim === victim &&
      kill.inFlight >= LEAST);
    const fewer = kills.filter((kill) => kill.victim === victim).length -
      of.length;
    if (of.length === 0)
      return `| ${victim} | 0 | ${fewer} | - | - | - |`;
    const flight = sorted(of.map((kill) => kill.inFlight));
    const back = sorted(of.map((kill) => kill.backMs - kill.downMs));
    return `| ${victim} | ${of.length} | ${fewer} | ${flight[0]} to ${
      flight.at(-1)}, median ${median(flight)} | ${(median(back) / 1000).toFixed(1)} | ${
        (back.at(-1) / 1000).toFixed(1)} |`;
  }).join('\n');
}

function balanceRows(a, b) {
  const row = (what, get, only = false) =>
    `| ${what} | ${get(a)} | ${only ? '-' : get(b)} |`;
  const perKill = (get) => ({ balance, kills }) =>
    `${get(balance)} (${(get(balance) / kills.length).toFixed(1)} a kill)`;
  return [
    row('sent', (r) => r.balance.sent),
    row('of these, parts of longer ones', (r) => r.balance.parts),
    row('a second and gateway, all senders', (r) =>
      (r.balance.sent / r.seconds).toFixed(0)),
    row('accepted', (r) => r.balance.accepted),
    row('refused (ack_failed)', (r) => r.balance.refused, true),
    row('never answered', (r) => r.balance.unanswered),
    row('accepted and delivered', (r) => r.balance.delivered),
    row('accepted and held', (r) => r.balance.held, true),
    row('from a phone, accepted by bearerbox, then rejected',
      (r) => r.balance.rejected, true),
    row('**lost** (accepted, neither delivered nor held)',
      (r) => r.balance.lost.length),
    row('**unfiltered** (came out as they were, and should not)',
      (r) => r.balance.unfiltered.length, true),
    row('held and should not be', (r) => r.balance.wronglyHeld.length, true),
    row('copies beyond the first', perKill((b) => b.duplicates)),
    row('- of these, sent again by a sender that was not answered in time',
      perKill((b) => b.duplicates - b.duplicatesUnasked)),
    row('- of these, more than their senders sent',
      perKill((b) => b.duplicatesUnasked)),
    row('neighbours of a pair compared for order at the SMSC',
      (r) => r.order.compared),
    row('overtaken (by bearerbox, also without fanzha)',
      (r) => r.order.overtaken.length),
  ].join('\n');
}

/** Copies that nobody's late answer explains, against the control run's. */
function copies(hard, control) {
  const late = hard.balance.duplicates - hard.balance.duplicatesUnasked;
  const kills = hard.kills.filter((k) => k.victim === 'bearerbox').length;
  const each = control.balance.duplicates / control.kills.length;
  return `Copies: ${hard.balance.duplicates} with fanzha, of which ${
    late} were sent again because
the answer was late; ${hard.balance.duplicatesUnasked} remain. The control run has ${
  control.balance.duplicates} in ${control.kills.length} kills of
bearerbox, ${Math.round(each * kills)} in as many as with fanzha (${kills}).`;
}

async function report(hard, control, order) {
  const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  return `# Torture

Programs are killed with SIGKILL at random instants while four boxes and the
phones of an SMSC send; each kill falls into a burst. Between the kills: floods
of connections, peers that fall silent inside a frame, nonsense, boxes that
never read, storms on the status pages, reloads, restarts. Some of the messages
come in parts with 16-bit references, in any order, harmless or with the phrase
across the border of two. ${hard.gateways} gateways share the kills. A ledger outside of all
programs counts every message.

Made by \`scripts/torture --seed ${
  wanted.seed} --kills ${wanted.kills}\` at ${commit}, ${
  new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${
  Math.round(hard.seconds / 60)} minutes of a gateway.

A kill waits until its victim's senders have at least ${3 * LEAST} messages unanswered;
then SIGKILL. Left unanswered are those of them that got no answer 30 ms after
the victim was dead, and so must be sent again: answers on their way to the
sender at the kill are not among them. Kills of fanzhabox count those of boxes
alone. A kill that left fewer than ${LEAST} stays in the account of messages and is
made once more.

Without fanzha the same kills of bearerbox are made alone: there is no fanzhabox
to kill. A box that heard nothing sends again under the same id, and bearerbox
takes both; hence copies, also without fanzha.

| messages | with fanzha | without |
|--|--|--|
${balanceRows(hard, control)}

${copies(hard, control)}

| killed, with fanzha | times | on fewer than ${LEAST}, made again | left unanswered | all carried again after s, median | at most |
|--|--|--|--|--|--|
${killRows(hard)}

Without fanzha:

| killed | times | on fewer than ${LEAST}, made again | left unanswered | all carried again after s, median | at most |
|--|--|--|--|--|--|
${killRows(control)}

Between the kills:

${countOf(hard.deeds)}

## Order

Between the same two, messages must not overtake one another. bearerbox itself
delivers bursts in another order, so here a stub stands in its place and notes
what comes, in both directions, while fanzhabox is killed. Compared are
neighbours that were sent once.

| messages | kills of fanzhabox | neighbours compared | **overtaken** |
|--|--|--|--|
| ${order.sent} | ${order.kills} | ${order.compared} | ${
  order.overtaken.length} |
`;
}

say(`with fanzha: ${wanted.kills} kills`);
const [hard, control] = await Promise.all([
  tortureSome({ ...wanted, gateways, fanzha: true, say }),
  tortureSome({ ...wanted, gateways: Math.ceil(gateways / 2), fanzha: false,
    say: (text) => say(`without fanzha, ${text}`) }),
]);
const order = await orderRun({ ...wanted,
  kills: Math.max(5, Math.round(wanted.kills / 10)), say });
const text = await report(hard, control, order);
if (values.report)
  writeFileSync(values.report, text);
say('');
say(text);
const { lost, unfiltered, wronglyHeld } = hard.balance;
const faults = { lost, unfiltered, wronglyHeld,
  overtaken: order.overtaken };
for (const [what, entries] of Object.entries(faults))
  for (const entry of entries.slice(0, 20))
    say(`${what}: ${JSON.stringify(entry)}`.slice(0, 1000));
process.exit(Object.values(faults).every(({ length }) => length === 0) ? 0 : 1);
