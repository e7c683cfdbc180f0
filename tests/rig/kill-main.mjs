// SPDX-License-Identifier: BSD-2-Clause
//
// kill-main.mjs - what scripts/kill-test runs: the kills with fanzha, the same
// kills without, and a report that compares the two

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { run } from './program.mjs';
import { killRun } from './kill.mjs';

const usage = `usage: scripts/kill-test [--seed N] [--rounds N] [--report FILE]
`;

function options(args) {
  const found = { seed: 20261122, rounds: 4, report: null };
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

const say = (text) => process.stdout.write(`${text}\n`);

function killTable({ kills }) {
  const rows = kills.map((kill, at) => [at + 1, kill.victim,
    (kill.at / 1000).toFixed(1), kill.inFlight, kill.downMs,
    (kill.backMs / 1000).toFixed(1) +
      (kill.smsboxHelped ? ' (smsbox had to be started by hand)' : '')]);
  return ['| # | killed | at s | unanswered then | down ms | ' +
    'all ways carried again after s |', '|--|--|--|--|--|--|',
  ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

function balanceTable(withFanzha, without) {
  const of = ({ balance }) => ({ ...balance, lost: balance.lost.length,
    unfiltered: balance.unfiltered.length,
    wronglyHeld: balance.wronglyHeld.length });
  const a = of(withFanzha), b = of(without);
  const row = (what, key, only = false) =>
    `| ${what} | ${a[key]} | ${only ? '-' : b[key]} |`;
  return ['| messages | with fanzha | without |', '|--|--|--|',
    row('sent', 'sent'), row('accepted (202, ack, deliver_sm_resp)',
      'accepted'), row('refused (403, ack_failed)', 'refused', true),
    row('never answered', 'unanswered'),
    row('accepted and delivered', 'delivered'),
    row('accepted and held', 'held', true),
    row('from a phone, accepted by bearerbox, then rejected', 'rejected',
      true),
    row('**lost** (accepted, neither delivered nor held)', 'lost'),
    row('**unfiltered** (came out as they were, and should not)',
      'unfiltered', true),
    row('held and should not be', 'wronglyHeld', true),
    row('duplicates delivered', 'duplicates'),
    row('duplicates held', 'duplicatesHeld', true)].join('\n');
}

async function report({ seed, rounds }, withFanzha, without) {
  const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  const perKill = ({ balance, kills }) =>
    (balance.duplicates / kills.length).toFixed(1);
  return `# Kill test

Programs are killed with SIGKILL at random instants while three senders are at
work; each kill falls into a burst. A ledger outside of all of them counts every
message. Made by \`scripts/kill-test --seed ${seed} --rounds ${rounds}\` at
${commit}, ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB.

- Gateway: Debian's bearerbox and smsbox (file store), an SMPP SMSC that logs.
- Ways in: sendsms at smsbox (answers awaited), a box at the box protocol that
  sends again what was not acknowledged under the same id, phones at the SMSC.
- Messages of phones go to the rig's own box: smsbox acknowledges one before its
  application has it, so that its own death loses some with fanzha or without.
- A sender that heard nothing sends again; hence duplicates, also without
  fanzha.

## Result
${balanceTable(withFanzha, without)}

Duplicates a kill: ${perKill(withFanzha)} with fanzha (${
  withFanzha.kills.length} kills), ${perKill(without)} without (${
  without.kills.length} kills: there is no fanzhabox to kill).

## Kills with fanzha
${killTable(withFanzha)}

## Kills without
${killTable(without)}
`;
}

const wanted = options(process.argv.slice(2));
say(`with fanzha: ${3 * wanted.rounds} kills`);
const withFanzha = await killRun({ ...wanted, fanzha: true, say });
say(`without fanzha: ${2 * wanted.rounds} kills`);
const without = await killRun({ ...wanted, fanzha: false, say });
const text = await report(wanted, withFanzha, without);
if (wanted.report)
  writeFileSync(wanted.report, text);
say('');
say(text);
const { lost, unfiltered, wronglyHeld } = withFanzha.balance;
for (const [what, entries] of Object.entries({ lost, unfiltered, wronglyHeld }))
  for (const entry of entries.slice(0, 20))
    say(`${what}: ${JSON.stringify(entry)}`);
process.exit(lost.length + unfiltered.length + wronglyHeld.length === 0 ? 0
  : 1);
