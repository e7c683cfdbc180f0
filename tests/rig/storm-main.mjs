// SPDX-License-Identifier: BSD-2-Clause
//
// storm-main.mjs - what scripts/storm runs, and its report

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { run } from './program.mjs';
import { stormRun } from './storm.mjs';

const { values } = parseArgs({ options: {
  seed: { type: 'string', default: '20261122' },
  pairs: { type: 'string', default: '15' },
  requests: { type: 'string', default: '1000' },
  bodies: { type: 'string', default: '8' },
  report: { type: 'string' },
} });
const say = (text) => process.stdout.write(`${text}\n`);
const result = await stormRun({ seed: Number(values.seed),
  pairs: Number(values.pairs), requests: Number(values.requests),
  bodies: Number(values.bodies), say });

const ms = (value) => value.toFixed(2);
const mib = (kib) => (kib / 1024).toFixed(1);
const ratio = ([median, low, high]) =>
  `${median.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
const heard = (counts) => Object.entries(counts)
  .filter(([key]) => key.startsWith('status '))
  .map(([key, count]) => `${count} times ${key.replace('status 0', 'nothing')
    .replace('status ', '')}`).join(', ') || 'nothing';

async function report(r) {
  const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
    .stdout.trim();
  const row = (what, get) => `| ${what} | ${get(r.calm)} | ${get(r.stormy)} |`;
  const seconds = r.pairs * r.ms / 1000;
  return `# A storm on the status pages

${r.busy} boxes send ${r.offered} messages a second together through fanzhabox with
fanzha.so; a client with the right password asks for \`/status.json\` ${r.looks} times
a second, on a new connection each time and whatever became of those before.
In turns of ${r.ms / 1000} s without and with a storm from ${r.clients} addresses, all let in by
\`admin-allow-ip\`: ${r.requests} requests a second with a wrong password, and
${r.bodies} senders of bodies of 100 MB, with a length or in chunks of none, which
begin anew when they are hung up on. Who storms has a process of the lowest
priority, as it has a machine of its own in the field. Made by \`scripts/storm
--seed ${values.seed} --pairs ${r.pairs}\` at ${commit}, ${
  new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB.

In ${seconds} s of storm: ${heard(r.storms)}; ${
  r.storms.bodies} bodies were begun, of which ${
  (r.storms.octets / r.storms.bodies / 2 ** 20).toFixed(2)} MiB each
left their senders.

| | without | with the storm |
|--|--|--|
${row('looks at the status', (s) => s.took)}
${row('answered', (s) => heard(s.answers))}
${row('**status, median, ms**', (s) => ms(s.status[0]))}
${row('**status, p99, ms**', (s) => ms(s.status[2]))}
${row('status, slowest, ms', (s) => ms(s.status[3]))}
${row('messages answered a second', (s) => s.perSecond.toFixed(0))}
${row('message to its ack, p50 of a turn, ms', (s) => ms(s.p50))}
${row('message to its ack, p99 of a turn, ms', (s) => ms(s.p99))}
${row('resident memory, first and last turn, MiB', (s) =>
    `${mib(s.kib[0])}, ${mib(s.kib.at(-1))}`)}

With the storm over without, of neighbouring turns (median and the interval of
nine tenths): messages a second ${ratio(r.ratios.perSecond)}, p50 ${
  ratio(r.ratios.p50)}, p99 ${ratio(r.ratios.p99)}.
Boxes that lost their connection: ${r.closed}.
`;
}

const text = await report(result);
if (values.report)
  writeFileSync(values.report, text);
say('');
say(text);
const answered = ({ answers, took }) => answers['status 200'] === took;
process.exit(result.closed === 0 && answered(result.calm) &&
  answered(result.stormy) ? 0 : 1);
