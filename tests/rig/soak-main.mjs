// SPDX-License-Identifier: BSD-2-Clause
//
// soak-main.mjs - what scripts/reload-soak runs, and its report

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { run } from './program.mjs';
import { orderRun, soakRun } from './soak.mjs';

const GROWTH = 1.05; // of memory, from the 20th reload on

const usage = `usage: scripts/reload-soak [--seed N] [--reloads N] [--rules N]
    [--report FILE]
`;

function options(args) {
  const found = { seed: 20261122, reloads: 200, rules: 2000, report: null };
  for (let at = 0; at < args.length; at += 2) {
    const name = args[at]?.replace(/^--/, '');
    const value = args[at + 1];
    if (!(name in found) || value === undefined ||
        (name !== 'report' && !(Number(value) > 0))) {
      process.stderr.write(usage);
      process.exit(2);
    }
    found[name] = name === 'report' ? value : Number(value);
  }
  return found;
}

const percentile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

async function report(opts, result, order, growth) {
  const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  const { balance } = result;
  const times = result.reloads.map(({ ms }) => ms).sort((a, b) => a - b);
  const memory = result.reloads
    .map(({ memory: kib }, at) => ({ at: at + 1, kib }))
    .filter(({ kib }) => kib !== undefined);
  return `# Reload soak

${opts.reloads} reloads while three senders are at work. Each brings a rule that
none before had and takes away the last one's; half of the words of its
${opts.rules} other rules are new, so each compiles. Made by
\`scripts/reload-soak --seed ${opts.seed} --reloads ${opts.reloads} --rules ${
  opts.rules}\` at ${commit}, ${new Date().toISOString().slice(0, 10)}, on ${
  cpus().length} x ${cpus()[0].model}, ${
  Math.round(totalmem() / 2 ** 30)} GiB, in ${result.seconds.toFixed(0)} s.

| | |
|--|--|
| reloads | ${result.reloads.length} |
| the new rule not in force, or the old one still, when the command came back | ${
  result.late.length} |
| a command, ms: median, 95th, longest | ${percentile(times, 0.5)}, ${
  percentile(times, 0.95)}, ${times.at(-1)} |
| memory after the last, of that after the 20th | ${growth.toFixed(3)} |
| messages sent | ${balance.sent} |
| accepted | ${balance.accepted} |
| delivered, held, rejected | ${balance.delivered}, ${balance.held}, ${
  balance.refused + balance.rejected} |
| **lost** (accepted, neither delivered nor held) | ${balance.lost.length} |
| **unfiltered** (came out as they were, and should not) | ${
  balance.unfiltered.length} |
| held and should not be | ${balance.wronglyHeld.length} |
| never answered | ${balance.unanswered} |
| duplicates | ${balance.duplicates} |
| neighbours between the same two, and overtaken (see below) | ${
  order.compared}, ${order.overtaken.length} |

Order is looked at in a run of its own (${order.sent} messages over as many
reloads) with an upstream of the rig's in the place of bearerbox, which by
itself delivers about one message in a hundred after a later one.

## Memory of fanzhabox (VmRSS)
| after reload | MiB |
|--|--|
${memory.map(({ at, kib }) => `| ${at} | ${(kib / 1024).toFixed(1)} |`)
  .join('\n')}
`;
}

const opts = options(process.argv.slice(2));
const result = await soakRun({ ...opts,
  say: (text) => process.stdout.write(`${text}\n`) });
const order = await orderRun({ ...opts,
  say: (text) => process.stdout.write(`${text}\n`) });
const after20 = result.reloads[Math.min(20, result.reloads.length) - 1].memory ??
  result.reloads.find(({ memory }) => memory).memory;
const growth = result.reloads.at(-1).memory / after20;
const text = await report(opts, result, order, growth);
process.stdout.write(`\n${text}`);
if (opts.report)
  writeFileSync(opts.report, text);
const { balance } = result;
const bad = balance.lost.length + balance.unfiltered.length +
  balance.wronglyHeld.length + balance.unanswered + result.late.length +
  order.overtaken.length;
process.exit(bad > 0 || growth > GROWTH ? 1 : 0);
