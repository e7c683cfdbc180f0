#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
//
// evaluate.mjs - what the rule sets find in labelled messages, and what they
// find wrongly
//
//     scripts/evaluate.mjs [options] DATA
//
// DATA is a folder of *.tsv (or one that has such a folder `corpus'): label,
// category, language, text on each line, \n \t \\ escaped; label is fraud, spam
// or ham. Each message is judged by `fanzhactl scan --patterns', every rule as
// if active. Nothing of DATA is printed unless --show asks for it.
//
//     --fanzhactl FILE   the program (default build/fanzhactl)
//     --patterns DIR     the rule sets (default patterns)
//     --own DIR          our own corpus, a2p.tsv, twins.tsv and shapes.tsv
//                        (default tests/corpus; `none' leaves it out)
//     --json FILE        all numbers, and the held and acted-on ham, as JSON
//     --show WHAT        list the messages themselves: missed, ham, held-ham,
//                        marketing, a2p, twins; FILE.tsv or a category narrows
//                        it, as in missed:fraud/financial
//
// Words used in the tables:
//     acted on   the verdict is warn or stricter; held: quarantine or reject
//     family     messages that are variants of one template: the minimum of 32
//                hashes over character 3-grams agrees in 17 or more, also by
//                way of a third message
//     left out   recall when, for each family, every rule that has half or more
//                of its hits on fraud in that family is switched off for it;
//                `strictly' takes families with numbers and links masked, which
//                makes one family of many
//     bound      the largest rate that 95 % confidence leaves (Clopper-Pearson,
//                one side; 3/n when nothing was hit)
//
// Exit status: 0 measured, 2 usage, 3 the rule sets or the data do not load.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync }
  from 'node:fs';
import { join, basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../', import.meta.url));
const WARN_FROM = 5, ACTED = new Set(['warn', 'rewrite', 'quarantine', 'reject']);
const HELD = new Set(['quarantine', 'reject']);
const HASHES = 32, ALIKE = 17, GRAM = 3;

class Refusal extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

// --- the command line ---------------------------------------------------------

function arguments_of(argv) {
  const it = { fanzhactl: null, patterns: null, own: join(TOP, 'tests/corpus'),
    json: null, show: [], data: null };
  for (let at = 0; at < argv.length; at++) {
    const name = /^--([a-z]+)$/.exec(argv[at])?.[1];
    if (argv[at] === '--help' || argv[at] === '-h') {
      const head = readFileSync(fileURLToPath(import.meta.url), 'utf8');
      console.log(head.split('\n').slice(3).filter((line, i, all) =>
        all.slice(0, i + 1).every((one) => one.startsWith('//')))
        .map((line) => line.slice(3)).join('\n'));
      process.exit(0);
    }
    if (name === undefined && it.data === null)
      it.data = argv[at];
    else if (!(name in it) || name === 'data' || at + 1 === argv.length)
      throw new Refusal(2, `evaluate: \`${argv[at]}' is not understood: see --help`);
    else if (name === 'show')
      it.show.push(argv[++at]);
    else
      it[name] = argv[++at];
  }
  if (it.data === null)
    throw new Refusal(2, 'evaluate: name the folder of labelled messages '
      + '(make evaluate DATA=dir)');
  it.fanzhactl ??= join(TOP, 'build/fanzhactl');
  it.patterns ??= join(TOP, 'patterns');
  return it;
}

// --- reading -------------------------------------------------------------------

const ESCAPES = { '\\n': '\n', '\\t': '\t', '\\r': '\r', '\\\\': '\\' };
const unescaped = (text) => text.replace(/\\[ntr\\]/g, (one) => ESCAPES[one]);

function lines_of(file) {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
}

function read_labelled(folder) {
  const dir = existsSync(join(folder, 'corpus')) ? join(folder, 'corpus') : folder;
  let files;
  try {
    files = readdirSync(dir).filter((name) => name.endsWith('.tsv')).sort();
  } catch (error) {
    throw new Refusal(3, `evaluate: ${dir}: ${error.message}`);
  }
  const messages = [];
  for (const name of files) {
    lines_of(join(dir, name)).forEach((line, at) => {
      const fields = line.split('\t');
      if (fields.length !== 4 || !['fraud', 'spam', 'ham'].includes(fields[0]))
        throw new Refusal(3, `evaluate: ${join(dir, name)}:${at + 1}: wanted `
          + 'label, category, language, text');
      messages.push({ corpus: basename(name, '.tsv'), line: at + 1,
        label: fields[0], category: fields[1], language: fields[2],
        text: unescaped(fields[3]) });
    });
  }
  if (messages.length === 0)
    throw new Refusal(3, `evaluate: ${dir}: no messages in *.tsv`);
  return messages;
}

/** A table whose first line names its columns. */
function read_named(file) {
  if (!existsSync(file))
    return [];
  const [head, ...rows] = lines_of(file);
  const names = head.split('\t');
  return rows.map((line, at) => {
    const row = Object.fromEntries(line.split('\t').map((field, column) =>
      [names[column], field]));
    return { ...row, corpus: basename(file, '.tsv'), line: at + 2,
      language: row.lang, text: unescaped(row.text) };
  });
}

// --- judging -------------------------------------------------------------------

async function judge(options, messages) {
  let acting;
  try {
    acting = rules_that_act(options.patterns);
  } catch (error) {
    throw new Refusal(3, `evaluate: ${options.patterns}: ${error.message}`);
  }
  const child = spawn(options.fanzhactl, ['scan', '--patterns', options.patterns,
    '--format', 'jsonl'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Refusal(3,
      `evaluate: ${options.fanzhactl}: ${error.message}`)));
    child.on('close', resolve);
  });
  child.stdin.on('error', () => {}); // it ended: its status says why
  (async () => {
    for (const [id, { text, direction }] of messages.entries())
      if (!child.stdin.write(`${JSON.stringify({ id, text,
        direction: direction ?? 'mt' })}\n`))
        await new Promise((resolve) => child.stdin.once('drain', resolve));
    child.stdin.end();
  })();
  let answers = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = JSON.parse(line), message = messages[answer.id ?? answers];
    answers++;
    if (answer.error !== undefined) {
      message.verdict = 'pass';
      message.signals = [];
      message.fault = answer.error;
      continue;
    }
    message.verdict = answer.verdict;
    message.score = answer.score;
    message.signals = answer.signals.map(({ id, weight }) =>
      (acting.has(id) ? { id, weight, acts: true } : { id, weight }));
  }
  const status = await ended;
  if (answers !== messages.length)
    throw new Refusal(3, `evaluate: fanzhactl ended with status ${status} after `
      + `${answers} of ${messages.length} messages`);
}

const acted = (message) => ACTED.has(message.verdict);
const held = (message) => HELD.has(message.verdict);

/** Acted on by what is left when some rules are switched off: by the sum of its
 *  points, or by a rule with an action of its own. */
function acted_without(message, off) {
  let score = 0, by_itself = false;
  for (const { id, weight, acts } of message.signals) {
    if (off.has(id))
      continue;
    score += weight;
    by_itself ||= acts === true;
  }
  return acted(message) && (score >= WARN_FROM || by_itself);
}

/** Ids of the rules below a folder whose own action is warn or stricter, as
 *  rules.conf says it: an answer of scan does not name actions. */
function rules_that_act(folder) {
  const ids = new Set();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() || entry.isSymbolicLink()) {
      if (statSync(path).isDirectory())
        rules_that_act(path).forEach((id) => ids.add(id));
    } else if (entry.name === 'rules.conf') {
      for (const rule of readFileSync(path, 'utf8').split(/\{\s*id\s*=\s*(?=")/)
        .slice(1))
        if (/\baction\s*=\s*"(warn|rewrite|quarantine|reject)"/.test(rule))
          ids.add(/^"([^"]*)"/.exec(rule)[1]);
    }
  }
  return ids;
}

// --- families -------------------------------------------------------------------

/* Thirty-two hash functions of a 3-gram: one mixing of its 32-bit FNV-1a. */
function mixed(hash, salt) {
  let h = hash ^ Math.imul(salt + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The text without what a campaign varies in a template: numbers and links. */
const masked = (text) => text.normalize('NFKC').toLowerCase()
  .replace(/[a-z0-9:/?=&%._-]*[./0-9][a-z0-9:/?=&%._-]*/g, '0');

export function signature(text) {
  const chars = [...text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ')
    .trim()];
  const least = new Uint32Array(HASHES).fill(0xffffffff);
  for (let at = 0; at === 0 || at + GRAM <= chars.length; at++) {
    let hash = 0x811c9dc5;
    for (const char of chars.slice(at, at + GRAM))
      hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193);
    for (let i = 0; i < HASHES; i++) {
      const one = mixed(hash, i);
      if (one < least[i])
        least[i] = one;
    }
  }
  return least;
}

export function alike(a, b) {
  let equal = 0;
  for (let i = 0; i < HASHES && equal + HASHES - i >= ALIKE; i++)
    equal += a[i] === b[i];
  return equal >= ALIKE;
}

/** Families as arrays, the largest first. */
export function families_of(messages, shown = (text) => text) {
  const parent = messages.map((_, i) => i);
  const root = (i) => {
    while (parent[i] !== i)
      i = parent[i] = parent[parent[i]];
    return i;
  };
  const signatures = messages.map(({ text }) => signature(shown(text)));
  for (let i = 0; i < messages.length; i++)
    for (let j = 0; j < i; j++)
      if (alike(signatures[i], signatures[j]))
        parent[root(i)] = root(j);
  const families = new Map();
  messages.forEach((message, i) => {
    const of = root(i);
    if (!families.has(of))
      families.set(of, []);
    families.get(of).push(message);
  });
  return [...families.values()].sort((a, b) => b.length - a.length);
}

/** Sets `name' of each message: is it still acted on when its family is judged
 *  without the rules that it carries? */
export function leave_one_out(families, name) {
  const hits = new Map();
  for (const family of families)
    for (const message of family)
      for (const { id } of message.signals)
        hits.set(id, (hits.get(id) ?? 0) + 1);
  for (const family of families) {
    const here = new Map();
    for (const message of family)
      for (const { id } of message.signals)
        here.set(id, (here.get(id) ?? 0) + 1);
    const off = new Set([...here].filter(([id, count]) =>
      2 * count >= hits.get(id)).map(([id]) => id));
    for (const message of family)
      message[name] = acted_without(message, off);
  }
}

// --- numbers --------------------------------------------------------------------

/* ln of the binomial tail P(X <= k) for n trials of p, summed from its terms. */
function below_or_at(k, n, p) {
  let term = n * Math.log1p(-p), sum = Math.exp(term);
  for (let i = 1; i <= k; i++) {
    term += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(term);
  }
  return sum;
}

/** The largest rate that k of n leaves at 95 % (Clopper-Pearson, one side). */
export function upper_bound(k, n) {
  if (n === 0 || k >= n)
    return 1;
  let low = k / n, high = 1;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (below_or_at(k, n, middle) > 0.05)
      low = middle;
    else
      high = middle;
  }
  return high;
}

function grouped(messages, key) {
  const groups = new Map();
  for (const message of messages) {
    const name = key(message);
    if (!groups.has(name))
      groups.set(name, []);
    groups.get(name).push(message);
  }
  return groups;
}

const count = (messages, what) => messages.reduce((n, one) => n + what(one), 0);
const share = (k, n) => (n === 0 ? null : k / n);

function recall_row(name, messages) {
  const by_family = grouped(messages, ({ family }) => family);
  const found = count([...by_family.values()], (family) => family.some(acted));
  return { name, messages: messages.length, acted: count(messages, acted),
    held: count(messages, held), families: by_family.size,
    families_found: found, left_out: count(messages, (one) => one.left_out),
    left_out_strictly: count(messages, (one) => one.left_out_strictly),
    recall: share(count(messages, acted), messages.length),
    recall_held: share(count(messages, held), messages.length),
    recall_families: share(found, by_family.size),
    recall_left_out: share(count(messages, (one) => one.left_out),
      messages.length),
    recall_left_out_strictly: share(count(messages, (one) =>
      one.left_out_strictly), messages.length) };
}

function false_row(name, messages) {
  const n = messages.length, warned = count(messages, acted),
    kept = count(messages, held);
  return { name, messages: n, acted: warned, held: kept,
    acted_rate: share(warned, n), acted_bound: upper_bound(warned, n),
    held_rate: share(kept, n), held_bound: upper_bound(kept, n) };
}

function rule_rows(messages) {
  const rows = new Map();
  for (const message of messages)
    for (const id of new Set(message.signals.map((signal) => signal.id))) {
      if (!rows.has(id))
        rows.set(id, { id, fraud: 0, illegal: 0, marketing: 0, ham: 0, own: 0,
          other: 0, alone: 0 });
      const row = rows.get(id);
      row[message.kind_of]++;
      if (['fraud', 'illegal'].includes(message.kind_of) && acted(message)
          && !acted_without(message, new Set([id])))
        row.alone++;
    }
  return [...rows.values()].sort((a, b) => a.id < b.id ? -1 : 1);
}

function kind_of({ label, category, corpus }) {
  if (label === undefined)
    return corpus === 'twins' ? 'other' : 'own';
  if (label === 'ham' || label === 'fraud')
    return label;
  const kind = category.split('/')[0];
  return ['illegal', 'marketing'].includes(kind) ? kind : 'other';
}

// --- tables ---------------------------------------------------------------------

const percent = (rate, digits = 1) =>
  rate === null ? '-' : `${(100 * rate).toFixed(digits)} %`;
const per_10k = (rate) => (rate === null ? '-' : (1e4 * rate).toFixed(2));

function wide(text) { // columns on a terminal
  let columns = 0;
  for (const char of String(text))
    columns += char.codePointAt(0) >= 0x2e80 ? 2 : 1;
  return columns;
}

function table(title, head, rows) {
  if (rows.length === 0)
    return;
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, i) => Math.max(...all.map((row) => wide(row[i]))));
  console.log(`\n${title}`);
  all.forEach((row, at) => {
    console.log(row.map((cell, i) => {
      const pad = ' '.repeat(widths[i] - wide(cell));
      return i === 0 ? cell + pad : pad + cell;
    }).join('  ').trimEnd());
    if (at === 0)
      console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  });
}

function recall_table(title, rows) {
  table(title, ['category', 'messages', 'acted on', 'held', 'families', 'found',
    'recall', 'held', 'by family', 'left out', 'strictly'],
  rows.map((row) => [row.name, row.messages, row.acted, row.held, row.families,
    row.families_found, percent(row.recall), percent(row.recall_held),
    percent(row.recall_families), percent(row.recall_left_out),
    percent(row.recall_left_out_strictly)]));
}

function false_table(title, rows) {
  table(title, ['kind', 'messages', 'acted on', 'per 10k', 'bound', 'held',
    'per 10k', 'bound'],
  rows.map((row) => [row.name, row.messages, row.acted, per_10k(row.acted_rate),
    per_10k(row.acted_bound), row.held, per_10k(row.held_rate),
    per_10k(row.held_bound)]));
}

function verdict_table(title, groups) {
  const verdicts = ['pass', 'warn', 'rewrite', 'quarantine', 'reject'];
  table(title, ['', ...verdicts], [...groups].sort((a, b) => a[0] < b[0] ? -1 : 1)
    .map(([name, messages]) => [name, ...verdicts.map((verdict) =>
      count(messages, (one) => one.verdict === verdict))]));
}

// --- goals ----------------------------------------------------------------------

/* The ones that make sense on the corpora named; others are not asked. */
function goals_of({ recall, false_positives, marketing, own }) {
  const named = (rows, name) => rows.find((row) => row.name === name);
  const sum = (rows, wanted, part) => {
    const those = rows.filter((row) => wanted.includes(row.name));
    return { k: count(those, (row) => row[part]),
      n: count(those, (row) => row.messages) };
  };
  const goals = [];
  const least = (what, row, field, goal) => {
    if (row !== undefined)
      goals.push({ what, value: row[field], goal: `>= ${percent(goal)}`,
        shown: percent(row[field]), met: row[field] >= goal });
  };
  const most = (what, { k, n }, goal, shown) => {
    if (n > 0)
      goals.push({ what, value: k / n, goal: `<= ${shown}`, met: k / n <= goal,
        shown: `${k} of ${n}` });
  };
  least('zh_fbs_filled fraud acted on', named(recall, 'zh_fbs_filled fraud'),
    'recall', 0.93);
  least('zh_fbs_filled illegal (gambling, documents, escort) acted on',
    named(recall, 'zh_fbs_filled illegal wares'), 'recall', 0.85);
  least('en_mendeley fraud acted on', named(recall, 'en_mendeley_smishing fraud'),
    'recall', 0.80);
  least('their fraud acted on, one family left out',
    named(recall, 'those with goals'), 'recall_left_out', 0.75);
  const personal = ['zh_nus_ham', 'en_nus_ham'];
  most('personal ham held', sum(false_positives, personal, 'held'), 1e-4,
    '1 in 10,000');
  most('personal ham acted on', sum(false_positives, personal, 'acted'), 3e-4,
    '3 in 10,000');
  const hard = ['zh_80w_raw', 'en_exais_ng'];
  most('hard ham held', sum(false_positives, hard, 'held'), 5e-3, '5 in 1,000');
  most('marketing held', sum(marketing, ['all marketing'], 'held'), 0.05,
    '5.0 %');
  most('own A2P corpus held', sum(own, ['all of a2p'], 'held'), 1e-3,
    '1 in 1,000');
  return goals;
}

// --- all of it ------------------------------------------------------------------

const WITH_GOALS = ['zh_fbs_filled', 'en_mendeley_smishing'];
const WARES = ['illegal/gambling', 'illegal/fake_id_invoice', 'illegal/escort'];

function measure(labelled, own) {
  const fraud = labelled.filter(({ label }) => label === 'fraud');
  const illegal = labelled.filter((one) => one.kind_of === 'illegal');
  // each on its own: a rule is judged by its hits on fraud, or on wares
  let families = 0;
  for (const those of [fraud, illegal]) {
    const plain = families_of(those);
    plain.forEach((family) => {
      family.forEach((message) => { message.family = families; });
      families++;
    });
    leave_one_out(plain, 'left_out');
    leave_one_out(families_of(those, masked), 'left_out_strictly');
  }
  const recall = [];
  const add = (name, messages) => {
    if (messages.length > 0)
      recall.push(recall_row(name, messages));
  };
  for (const [corpus, messages] of grouped(labelled, (one) => one.corpus)) {
    const found = messages.filter((one) => one.kind_of === 'fraud');
    for (const [category, those] of grouped(found, (one) => one.category))
      add(`${corpus} ${category}`, those);
    add(`${corpus} fraud`, found);
    const bad = messages.filter((one) => one.kind_of === 'illegal');
    for (const [category, those] of grouped(bad, (one) => one.category))
      add(`${corpus} ${category}`, those);
    add(`${corpus} illegal wares`, bad.filter((one) =>
      WARES.includes(one.category)));
  }
  add('those with goals', fraud.filter((one) =>
    WITH_GOALS.includes(one.corpus)));
  add('all fraud', fraud);
  const falses = (messages, key, total) => {
    const rows = [...grouped(messages, key)].map(([name, those]) =>
      false_row(name, those));
    return messages.length === 0 ? [] : [...rows, false_row(total, messages)];
  };
  const ham = labelled.filter(({ label }) => label === 'ham');
  const marketing = labelled.filter((one) => one.kind_of === 'marketing');
  const other = labelled.filter((one) => one.kind_of === 'other');
  const a2p = own.filter((one) => one.corpus === 'a2p');
  const twins = own.filter((one) => one.corpus === 'twins');
  const result = { recall,
    false_positives: [
      ...falses(ham, (one) => one.corpus, 'all ham'),
      ...falses(ham, (one) => `${one.corpus} ${one.category}`, 'all ham')
        .filter((row) => row.name.includes('/'))],
    marketing: falses(marketing, (one) => `${one.corpus} ${one.category}`,
      'all marketing'),
    other: falses(other, (one) => `${one.corpus} ${one.category}`, 'all other'),
    own: [...falses(a2p, (one) => `a2p ${one.kind.split('/')[0]}`, 'all of a2p'),
      ...falses(own.filter((one) => one.corpus === 'shapes'),
        (one) => `shapes ${one.kind.split('/')[0]}`, 'all shapes')],
    twins: [...falses(twins, (one) => `twins ${one.why.split(',')[0]}`,
      'all twins')],
    rules: rule_rows([...labelled, ...own]),
    families };
  result.goals = goals_of(result);
  result.ham_acted_on = [...ham, ...own.filter((one) => one.corpus !== 'twins')]
    .filter(acted).map(({ corpus, line, verdict, score, signals }) =>
      ({ corpus, line, verdict, score, rules: signals.map(({ id }) => id) }));
  return result;
}

function print(result, labelled, own) {
  recall_table('Recall: messages and families', result.recall);
  false_table('Ham that was acted on or held', result.false_positives);
  false_table('Marketing, apart: neither fraud nor ham', result.marketing);
  false_table('Other and unlabelled', result.other);
  false_table('Our own corpus, by text and links alone', result.own);
  false_table('Our own twins of legitimate messages (to be stopped; most are '
    + 'for senders and hosts to tell)', result.twins);
  verdict_table('Verdicts by language', grouped(labelled, (one) =>
    `${one.kind_of} ${one.language}`));
  table('Hits by rule (alone: fraud and illegal that nothing else acts on)',
    ['rule', 'fraud', 'illegal', 'marketing', 'ham', 'own', 'other', 'alone'],
    result.rules.map((row) => [row.id, row.fraud, row.illegal, row.marketing,
      row.ham, row.own, row.other, row.alone]));
  table('Ham that was held, by rule', ['where', 'score', 'rules'],
    result.ham_acted_on.filter(({ verdict }) => HELD.has(verdict))
      .map((one) => [`${one.corpus}:${one.line}`, one.score,
        one.rules.join(' ')]));
  table('Goals', ['goal', 'wanted', 'measured', 'met'],
    result.goals.map((goal) => [goal.what, goal.goal, goal.shown,
      goal.met ? 'yes' : 'NO']));
}

const SHOWN = {
  missed: (one) => ['fraud', 'illegal'].includes(one.kind_of) && !acted(one),
  'missed-left-out': (one) => one.left_out === false && acted(one),
  found: (one) => ['fraud', 'illegal'].includes(one.kind_of) && acted(one),
  ham: (one) => one.kind_of === 'ham' && acted(one),
  'held-ham': (one) => one.kind_of === 'ham' && held(one),
  marketing: (one) => one.kind_of === 'marketing' && held(one),
  'marketing-acted': (one) => one.kind_of === 'marketing' && acted(one),
  a2p: (one) => one.kind_of === 'own' && acted(one),
  'held-a2p': (one) => one.kind_of === 'own' && held(one),
  twins: (one) => one.corpus === 'twins' && !acted(one),
};

function show(wishes, messages) {
  for (const wish of wishes) {
    const [what, where] = wish.split(':');
    if (!(what in SHOWN))
      throw new Refusal(2, `evaluate: --show ${what}: one of `
        + Object.keys(SHOWN).join(', '));
    for (const one of messages)
      if (SHOWN[what](one) && (where === undefined || one.corpus === where
          || one.category === where || one.kind === where))
        console.log([`${one.corpus}:${one.line}`, one.family ?? '', one.verdict,
          one.score, one.signals.map(({ id }) => id).join(' '),
          one.text.replaceAll('\n', '\\n')].join('\t'));
  }
}

async function main(argv) {
  const options = arguments_of(argv);
  const labelled = read_labelled(options.data);
  const own = options.own === 'none' ? [] : ['a2p', 'twins', 'shapes']
    .flatMap((name) => read_named(join(options.own, `${name}.tsv`)));
  await judge(options, [...labelled, ...own]);
  for (const message of [...labelled, ...own])
    message.kind_of = kind_of(message);
  const result = measure(labelled, own);
  if (options.json !== null)
    writeFileSync(options.json, `${JSON.stringify(result, null, 1)}\n`);
  if (options.show.length > 0)
    show(options.show, [...labelled, ...own]);
  else
    print(result, labelled, own);
  const faults = count([...labelled, ...own], (one) => one.fault !== undefined);
  if (faults > 0)
    console.log(`\n${faults} messages were refused by fanzhactl and count as passed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  main(process.argv.slice(2)).catch((error) => {
    if (!(error instanceof Refusal))
      throw error;
    console.error(error.message);
    process.exitCode = error.status;
  });
