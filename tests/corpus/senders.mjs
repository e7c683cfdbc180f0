#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
//
// senders.mjs - what brands and registry are worth, on the corpus
//
//     node tests/corpus/senders.mjs [options]
//
// Makes a brands file and a registry of services.tsv, judges every row with
// its sender and identity under them, every rule active and enforcing, and
// holds the result to the bars below. Exit status 0 met, 1 not, 3 it did not
// run.
//
//     --fanzhactl FILE   the program (default build/fanzhactl)
//     --patterns DIR     the rule sets (default patterns)
//     --show WHAT        list the rows: missed (twins), held (a2p, shapes)
//     --keep DIR         leave the files it makes there

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../../', import.meta.url));
const HELD = new Set(['quarantine', 'reject']);

const BARS = { twins: 0.95, a2p: 1 / 1000, codes: 0, shapes: 1 / 1000,
  other: 0.95 };

const options = { fanzhactl: join(TOP, 'build/fanzhactl'),
  patterns: join(TOP, 'patterns'), show: null, keep: null };
for (let at = 2; at < process.argv.length; at += 2) {
  const name = /^--([a-z]+)$/.exec(process.argv[at])?.[1];
  if (!(name in options) || at + 1 === process.argv.length) {
    console.error(`senders: \`${process.argv[at]}' is not understood`);
    process.exit(2);
  }
  options[name] = process.argv[at + 1];
}

// --- reading ----------------------------------------------------------------

function read(file) {
  const [head, ...rows] = readFileSync(new URL(`${file}.tsv`, import.meta.url),
    'utf8').split('\n').slice(0, -1).map((line) => line.split('\t'));
  return rows.map((fields, at) => ({ file, line: at + 2,
    ...Object.fromEntries(head.map((name, i) => [name, fields[i]])) }));
}

const services = read('services');
const a2p = read('a2p');
const twins = read('twins');
// personal messages, from where people send
const shapes = read('shapes').map((row) => ({ ...row, direction: 'mt',
  sender: '13800000000', identity: 'p2p-mobile' }));
const speaks = ({ class: which }) => !['P2P', 'reseller'].includes(which);
// the same messages of banks, link and all, from the line of a reseller
const other = a2p.filter((row) => row.kind.startsWith('bank/') &&
  row.signature !== '' && row.hosts !== '' &&
  row.hosts.split(',').some((host) => row.text.includes(host)))
  .map((row) => ({ ...row, file: 'a2p from ix-transit',
    identity: 'ix-transit', sender: '+639000000123' }));

// --- the two files ----------------------------------------------------------

// Names that never send a link: docs/senders.md.
const SILENT = new Set(['warn-12381', 'warn-96110']);
const KINDS = { bank: 'bank', authority: 'authority' };
const list = (field) => field.replaceAll(',', ';');
const quoted = (cell) => (/[",]/.test(cell) ?
  `"${cell.replaceAll('"', '""')}"` : cell);

/* A reseller has a front of numbers: whatever begins so is its customers'. */
const fronts = (field) => field.split(',').filter((each) => each !== '')
  .map((each) => (/^\d{9,}$/.test(each) ? `${each}*` : each)).join(';');

const brands = ['brand\tclass\twords\thosts\tsignatures\tsenders\tlinks',
  ...services.filter(speaks).map((row) => [row.identity,
    KINDS[row.class] ?? 'other', row.name, list(row.hosts),
    list(row.signatures), list(row.senders),
    SILENT.has(row.identity) ? 'none' : 'own'].join('\t'))];
const registry = ['identity,class,signatures,senders,hosts',
  ...services.map((row) => [row.identity, row.class, list(row.signatures),
    row.class === 'reseller' ? fronts(row.senders) : list(row.senders),
    list(row.hosts)].map(quoted).join(','))];

const dir = options.keep === null ? mkdtempSync(join(tmpdir(), 'senders-')) :
  resolve(options.keep);
mkdirSync(join(dir, 'override.d'), { recursive: true });
writeFileSync(join(dir, 'brands.tsv'), `${brands.join('\n')}\n`);
writeFileSync(join(dir, 'registry.csv'), `${registry.join('\n')}\n`);
writeFileSync(join(dir, 'override.d/all.conf'),
  'overrides = ( { id = "*"; state = "active"; } );\n');
writeFileSync(join(dir, 'fanzha.conf'), `
mode = "enforce";
patterns = [ "${resolve(options.patterns)}" ];
override = "override.d";
extra-tlds = [ "example", "test" ];
cache = "";
store = { path = "held.db"; key-file = "held.key"; };
profiles = ( { name = "default"; warn = true; } );
warning = { sender = "10690000"; };
senders = { brands = "brands.tsv"; registry = "registry.csv"; };
`);

// --- judging ----------------------------------------------------------------

function judge(rows) {
  const input = rows.map((row, id) => JSON.stringify({ id,
    direction: row.direction, sender: row.sender, identity: row.identity,
    receiver: '+8613800000001', text: row.text.replaceAll('\\n', '\n') }));
  const it = spawnSync(options.fanzhactl, ['scan', '--config',
    join(dir, 'fanzha.conf'), '--format', 'jsonl'],
  { input: input.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  const answers = (it.stdout ?? '').split('\n').slice(0, -1)
    .map((line) => JSON.parse(line));
  if (it.status !== 0 || answers.length !== rows.length) {
    console.error(`senders: ${options.fanzhactl}: ${it.error ?? it.stderr}`);
    process.exit(3);
  }
  answers.forEach((answer, at) => { rows[at].answer = answer; });
}

const held = ({ answer }) => HELD.has(answer.verdict);

for (const rows of [a2p, twins, shapes, other])
  judge(rows);
if (options.keep === null)
  rmSync(dir, { recursive: true });

// --- the result -------------------------------------------------------------

let missed = 0;
function bar(what, count, of, met, least) {
  missed += !met;
  console.log(`${what.padEnd(46)} ${String(count).padStart(5)} of ` +
    `${String(of).padEnd(5)} ${(100 * count / of).toFixed(2).padStart(7)} %  ` +
    `${met ? 'met' : 'NOT MET'} (${least})`);
}

const codes = a2p.filter((row) => row.kind.startsWith('code/'));
const count = (rows) => rows.filter(held).length;
bar('legitimate rows held', count(a2p), a2p.length,
  count(a2p) <= BARS.a2p * a2p.length, 'at most 1 in 1,000');
bar('one-time codes held', count(codes), codes.length, count(codes) === 0,
  'none');
bar('personal messages held', count(shapes), shapes.length,
  count(shapes) <= BARS.shapes * shapes.length, 'at most 1 in 1,000');
bar('twins stopped', count(twins), twins.length,
  count(twins) >= BARS.twins * twins.length, 'at least 95 %');
bar('banks\' links from another identity stopped', count(other), other.length,
  count(other) >= BARS.other * other.length, 'at least 95 %');

function show(rows) {
  for (const row of rows)
    console.log(`${row.file}:${row.line} ${row.why ?? row.kind} ` +
      `${row.answer.verdict} ${row.answer.score} ` +
      `${row.answer.signals.map(({ id, weight }) => `${id}=${weight}`)
        .join(' ')}\n    ${row.text}`);
}
if (options.show === 'missed')
  show([...twins, ...other].filter((row) => !held(row)));
if (options.show === 'held')
  show([...a2p, ...shapes].filter(held));
process.exitCode = missed > 0 ? 1 : 0;
