// SPDX-License-Identifier: BSD-2-Clause
//
// large-main.mjs - what scripts/large-sets runs, and its report

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { largeRun } from './large.mjs';
import { run } from './program.mjs';

const usage = `usage: scripts/large-sets [--report FILE] [RULES...]
`;
const say = (text) => process.stdout.write(`${text}\n`);

const args = process.argv.slice(2);
let path = null;
if (args[0] === '--report') {
  path = args[1];
  args.splice(0, 2);
}
const sizes = args.length > 0 ? args.map(Number)
  : [1000, 10000, 50000, 100000, 100001];
if (sizes.some((n) => !(n >= 10))) {
  process.stderr.write(usage);
  process.exit(2);
}

const MOST = 100000;
let bad = 0;
const rows = [];
const refusals = [];
for (const rules of sizes) {
  const it = await largeRun({ rules, say });
  if (it.first.code !== 0) {
    refusals.push(`${rules} rules: \`${it.first.says.trim()
      .replace(/^\S+\//, '')}\``);
    bad += rules <= MOST;
    continue;
  }
  bad += rules > MOST || it.answer !== 403 || it.score.code !== 0 ||
    it.edit.code !== 0;
  const mib = (n) => n.toFixed(0);
  rows.push([rules, it.first.ms, mib(it.first.compilerMiB), it.score.ms,
    it.edit.ms, it.start.ms, mib(it.first.boxMiB), mib(it.peakMiB)]);
}
const commit = (await run(['git', 'rev-parse', '--short', 'HEAD']))
  .stdout.trim();
const text = `# Large sets

Sets of made-up rules (one to three groups of one to six words each, all words
new) put in force on a real gateway with \`fanzhactl reload --wait\`. Made by
\`scripts/large-sets\` at ${commit}, ${
  new Date().toISOString().slice(0, 10)}, on ${cpus().length} x ${
  cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB; the machine had
other work meanwhile.

- first: nothing in the cache; compiler: the most memory that fanzha-compile had
- scores: every score is another, no word is; word: one rule with a new word
- start: fanzhabox started with the set promoted and in the cache

| rules | first ms | compiler MiB | scores ms | word ms | start ms | fanzhabox MiB | its most, two sets and loading |
|--|--|--|--|--|--|--|--|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

After each first reload a message that the last rule is about was refused.
${refusals.map((line) => `\nRefused: ${line}\n`).join('')}`;
say(`\n${text}`);
if (path)
  writeFileSync(path, text);
process.exit(bad > 0 ? 1 : 0);
