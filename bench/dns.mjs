// SPDX-License-Identifier: BSD-2-Clause
//
// dns.mjs - what bench/dns runs: how long a sender waits for its answer when a
// list over DNS answers, has answered, or does not

import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { Gateway } from '../tests/rig/gateway.mjs';
import { NameServer } from '../tests/rig/names.mjs';
import { until } from '../tests/rig/room.mjs';

const report = process.argv[2] === '--report' ? process.argv[3]
  : 'bench/results/dns.md';
const MESSAGES = 100;
const BUDGET = 80; // ms, the default
const RULES = `set = { name = "dns"; title = "Doubts";
  owner = "rules@example.test"; language = "en"; };
rules = ( { id = "dns.bonus"; title = "A bonus"; phrase = "bonus";
  score = 4.0; match = [ "Your bonus" ]; } );\n`;

const gateway = new Gateway({ name: 'bench-dns', patterns: ['rules'] });
gateway.room.mkdir('rules');
gateway.room.write('rules/rules.conf', RULES);
const server = await new NameServer(gateway.room, 'own.dnsbl.test').listen();
gateway.options.conf = { 'dns-lists': { lists: [{ name: 'own',
  zone: 'own.dnsbl.test', servers: [server.address], check: 3600,
  codes: [{ answer: '127.0.0.2', category: 'phishing' }] }] } };
await gateway.start();
const list = async () => (await gateway.ask('status')).dns_lists[0];
await until(async () => (await list()).state === 'serving', 'the list');

let count = 0;
async function measure(text) {
  const times = [];
  for (let i = 0; i < MESSAGES; i++) {
    const to = `+861393000${String(++count).padStart(4, '0')}`;
    const from = performance.now();
    const { status } = await gateway.send({ from: '10086', to, text: text(i) });
    times.push(performance.now() - from);
    if (status !== 202)
      throw new Error(`answered ${status}`);
  }
  times.sort((a, b) => a - b);
  return times;
}

await measure(() => 'warm http://warm.example/');
const rows = [
  ['not in doubt', await measure((i) => `hello http://a${i}.example/`)],
  ['in doubt, the server answers', await measure((i) =>
    `bonus http://b${i}.example/`)],
  ['in doubt, answered before', await measure((i) =>
    `bonus http://b${i}.example/`)],
];
server.mode = 'silent';
rows.push(['in doubt, the server is silent (until it rests)',
  await measure((i) => `bonus http://c${i}.example/`)]);
const { late, rests } = await list();
const at = (times, share) => times[Math.min(times.length - 1,
  Math.floor(times.length * share))].toFixed(1);
const text = `# Lists over DNS: how long a sender waits

From \`bench/dns\`: ${MESSAGES} messages a row by HTTP, one after the other,
through smsbox and fanzhabox to bearerbox; the time until the sender has its
answer, in ms. \`budget\` is ${BUDGET} ms, the list's server is on the same
machine. ${cpus().length} x ${cpus()[0].model}, load ${loadavg()[0].toFixed(1)}.

| messages | median | 95 % | most |
|---|---|---|---|
${rows.map(([name, times]) => `| ${name} | ${at(times, 0.5)} | ${
  at(times, 0.95)} | ${at(times, 1)} |`).join('\n')}

In the last row ${late} waits ended without an answer, and the list went to rest
${rests === 1 ? 'once' : `${rests} times`}; messages after that waited for nothing.
`;
writeFileSync(report, text);
process.stdout.write(text);
await gateway.close();
