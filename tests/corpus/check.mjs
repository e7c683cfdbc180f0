#!/usr/bin/env node
// SPDX-License-Identifier: BSD-2-Clause
//
// check.mjs - holds the corpus to what its README promises
//
//     node tests/corpus/check.mjs [--counts]
//
// One line a finding (file:line: what is wrong), then a summary; exit status
// 0 fine, 1 findings. --counts adds the table of kinds and languages.
// Everything is invented: a host, a phone number or an account that could be
// somebody's is a finding, so that nobody's slips in with a new row.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('./', import.meta.url);

const COLUMNS = {
  services: ['identity', 'class', 'name', 'langs', 'signatures', 'senders',
    'hosts', 'hotline', 'public'],
  a2p: ['id', 'kind', 'lang', 'direction', 'sender', 'identity', 'signature',
    'hosts', 'text'],
  twins: ['id', 'of', 'lang', 'direction', 'sender', 'identity', 'signature',
    'hosts', 'text', 'why'],
  shapes: ['kind', 'lang', 'text'],
};
const CLASSES = ['A2P', 'IoT', 'P2P', 'authority', 'bank', 'code', 'reseller'];
const LANGS = ['zh', 'zh-Hant', 'en', 'ms', 'id', 'es', 'fr', 'de', 'pt', 'ja',
  'ko', 'th', 'vi', 'tr'];
const GROUPS = ['alert', 'bank', 'booking', 'charity', 'clinic', 'code',
  'court', 'customs', 'gov', 'hotel', 'housing', 'insurance', 'iot', 'job',
  'marketing', 'medical', 'mo', 'parcel', 'parking', 'pension', 'prop',
  'school', 'securities', 'service', 'shop', 'social', 'survey', 'tax',
  'telecom', 'toll', 'traffic', 'travel', 'utility', 'warning'];
const VARIANTS_MAX = 6; // of one template
const TEXT_MAX = 1000;  // code points

// What the files are for cannot be shown with fewer rows.
const FLOORS = { rows: 3000, templates: 1200, twins: 600, shapes: 300 };

const findings = [];
function find(file, line, what) {
  findings.push(`${file}.tsv:${line}: ${what}`);
}

// --- reading ----------------------------------------------------------------

function read(file) {
  const lines = readFileSync(fileURLToPath(new URL(`${file}.tsv`, here)),
    'utf8').split('\n');
  if (lines.pop() !== '')
    find(file, lines.length, 'the last line has no line feed');
  const names = (lines.shift() ?? '').split('\t');
  if (names.join() !== COLUMNS[file].join())
    find(file, 1, `columns are ${names}, wanted ${COLUMNS[file]}`);
  return lines.map((text, at) => {
    const fields = text.split('\t');
    if (fields.length !== names.length)
      find(file, at + 2, `${fields.length} fields, wanted ${names.length}`);
    const row = { line: at + 2 };
    names.forEach((name, column) => { row[name] = fields[column] ?? ''; });
    return row;
  });
}

const list = (field) => (field === '' ? [] : field.split(','));

/** A text as the phone shows it: the files write a line feed as \n. */
export const shown = (text) => text.replaceAll('\\n', '\n');

// --- what may stand in a text -----------------------------------------------

const HOST = /(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}/gi;
const ADDRESS = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/g;
const RESERVED_HOST = /\.(?:example|test)$/i;        // RFC 2606
const RESERVED_ADDRESS =                             // RFC 5737
  /^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./;

/** Hosts and addresses that a text names. */
function hosts_of(text) {
  return [...(shown(text).match(HOST) ?? []),
    ...(shown(text).match(ADDRESS) ?? [])].map((host) => host.toLowerCase());
}

// What looks like a telephone number, and what of it is nobody's: four zeros
// where a Chinese number names its district, and the ranges that regulators
// keep for films and documents.
const PHONES = [
  { name: 'mobile', look: /(?<![\d.-])1[3-9]\d{9}(?!\d)/g,
    fine: /^1[3-9]\d0000\d{4}$/ },
  { name: 'landline', look: /(?<![\d-])0\d{2,3}-\d{4}-?\d{3,4}(?!\d)/g,
    fine: /^0(?:\d{2,3}-0000|2-000-01|120-000)/ },
  { name: 'hotline', look: /(?<!\d)400-?\d{3}-?\d{4}(?!\d)/g,
    fine: /^400-000-/ },
  { name: 'international', look: /(?<!\d)\+\d[\d ]{6,}\d/g,
    fine: /^\+(?:8613|1 ?202 ?555 ?01|44 ?7700 ?900|852 ?0000|6390000|8550000|234000)/ },
  { name: 'US', look: /(?<![\d-])(?!400-)(?:\d{3}-)?\d{3}-\d{4}(?![\d-])/g,
    fine: /^(?:800-|202-)?555-01\d\d$/ },
  { name: 'GB mobile', look: /(?<![\d+])07\d{3} ?\d{3} ?\d{3}(?!\d)/g,
    fine: /^07700 ?900/ },
  { name: 'GB and AU', look: /(?<!\d)(?:0[18]\d{2,3}|1[38]00) \d{3} \d{3,4}/g,
    fine: /^(?:0808 157 0|01632 960|0800 000 0|1800 975 7|1800 000 0)/ },
];
// 16 to 19 digits in a row could be somebody's card, 18 an identity card.
const ACCOUNT = /(?<!\d)\d{16,19}(?!\d)/;

function check_text(file, row) {
  const text = row.text;
  if (text.trim() === '')
    find(file, row.line, 'no text');
  if (text !== text.normalize('NFC') && row.lang !== 'vi')
    find(file, row.line, 'text is not in normal form C');
  if ([...text].length > TEXT_MAX)
    find(file, row.line, `text is longer than ${TEXT_MAX} code points`);
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text) || /\\(?!n)/.test(text))
    find(file, row.line, 'a control character, or an escape that is not \\n');
  if (/[<>{}]\w*[|=]|\{\w+\}/.test(text))
    find(file, row.line, 'a place to fill in was left open');
  for (const host of hosts_of(text)) {
    if (!RESERVED_HOST.test(host) && !RESERVED_ADDRESS.test(host))
      find(file, row.line, `${host} is not a reserved name (.example, .test)`);
  }
  for (const { name, look, fine } of PHONES) {
    for (const number of shown(text).match(look) ?? []) {
      if (!fine.test(number))
        find(file, row.line, `${number} (${name}) may be somebody's number`);
    }
  }
  if (ACCOUNT.test(text))
    find(file, row.line, 'a run of 16 digits or more may be an account');
  if (!LANGS.includes(row.lang))
    find(file, row.line, `unknown language '${row.lang}'`);
}

/** What is left of a text without signature, digits, case and punctuation:
 *  two rows that agree in it say the same. */
function essence(text, signatures) {
  let left = shown(text);
  for (const signature of signatures)
    left = left.replaceAll(`【${signature}】`, '');
  return left.toLowerCase().replace(/\d+/g, '0')
    .replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}

function check_unique(file, rows, signatures) {
  const seen = new Map();
  for (const row of rows) {
    const left = essence(row.text, signatures(row));
    if (seen.has(left))
      find(file, row.line, `says the same as line ${seen.get(left)}`);
    else
      seen.set(left, row.line);
  }
}

function check_ids(file, rows, shape) {
  const seen = new Set();
  for (const row of rows) {
    if (!shape.test(row.id))
      find(file, row.line, `'${row.id}' is not an id of this file`);
    if (seen.has(row.id))
      find(file, row.line, `'${row.id}' is used twice`);
    seen.add(row.id);
  }
}

// --- the files --------------------------------------------------------------

function check_services(rows) {
  const owner = new Map();
  for (const row of rows) {
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(row.identity))
      find('services', row.line, `'${row.identity}' is not an identity`);
    if (owner.has(`identity ${row.identity}`))
      find('services', row.line, `'${row.identity}' is used twice`);
    if (!CLASSES.includes(row.class))
      find('services', row.line, `unknown class '${row.class}'`);
    for (const what of [`identity ${row.identity}`,
      ...list(row.senders).map((sender) => `sender ${sender}`),
      ...list(row.signatures).map((signature) => `signature ${signature}`),
      ...list(row.hosts).map((host) => `host ${host}`)]) {
      if (owner.has(what))
        find('services', row.line, `${what} is also ${owner.get(what)}'s`);
      owner.set(what, row.identity);
    }
    for (const host of list(row.hosts)) {
      if (!/\.example$/.test(host))
        find('services', row.line, `${host} is not under .example`);
    }
    for (const sender of list(row.senders)) {
      if (!/^(?:[A-Za-z][A-Za-z-]{1,10}|\d{5,7}|1069\d{8}|1065\d{8}|44770090\d{4}|1500-000\d)$/
        .test(sender))
        find('services', row.line, `'${sender}' is not a sender`);
    }
    if (row.public !== '' && row.hosts !== '')
      find('services', row.line, 'a public name with hosts: nothing here ' +
        'may say which hosts are theirs');
  }
}

const CODE = /(?<!\d)\d{4,8}(?!\d)|\d{2,3}[- ]\d{3,4}|[0-9A-Z]{4,12}/;

function check_a2p(rows, services) {
  check_ids('a2p', rows, /^[a-z0-9-]+-\d{3}[a-z]$/);
  const variants = new Map();
  for (const row of rows) {
    check_text('a2p', row);
    const template = row.id.slice(0, -1);
    variants.set(template, (variants.get(template) ?? 0) + 1);
    if (variants.get(template) > VARIANTS_MAX)
      find('a2p', row.line, `more than ${VARIANTS_MAX} variants`);
    const kind = /^([a-z]+)\/[a-z-]+$/.exec(row.kind);
    if (!kind || !GROUPS.includes(kind[1]))
      find('a2p', row.line, `unknown kind '${row.kind}'`);
    const service = services.get(row.identity);
    if (!service) {
      find('a2p', row.line, `unknown identity '${row.identity}'`);
      continue;
    }
    if (!list(service.langs).includes(row.lang))
      find('a2p', row.line, `${row.identity} does not write ${row.lang}`);
    if (row.hosts !== service.hosts)
      find('a2p', row.line, `hosts of ${row.identity} are ${service.hosts}`);
    for (const host of hosts_of(row.text)) {
      if (!list(service.hosts).includes(host))
        find('a2p', row.line, `${host} is not a host of ${row.identity}`);
    }
    if (kind?.[1] === 'code' && !CODE.test(row.text))
      find('a2p', row.line, 'a code message without a code');
    if (row.direction === 'mo') {
      if (!/^(?:1[3-9]\d0000\d{4}|\+120255501\d\d)$/.test(row.sender))
        find('a2p', row.line, `${row.sender} may be somebody's number`);
    } else if (row.direction !== 'mt') {
      find('a2p', row.line, `direction is mt or mo, not '${row.direction}'`);
    } else if (!list(service.senders).includes(row.sender)) {
      find('a2p', row.line, `${row.sender} is no sender of ${row.identity}`);
    }
    if (row.signature !== '') {
      const signed = `【${row.signature}】`;
      if (!list(service.signatures).includes(row.signature))
        find('a2p', row.line, `${signed} is not ${row.identity}'s`);
      if (!row.text.startsWith(signed) && !row.text.endsWith(signed))
        find('a2p', row.line, `${signed} neither first nor last`);
    }
  }
  check_unique('a2p', rows, (row) => [row.signature]);
  return variants.size;
}

const REASONS = {
  'sender:mobile': ({ twin }) =>
    /^(?:1[3-9]\d0000\d{4}|\+120255501\d\d|\+447700900\d{3})$/
      .test(twin.sender),
  'sender:foreign': ({ twin }) =>
    /^\+(?:8520000\d{4}|639000000\d{3}|120255501\d\d|447700900\d{3}|8550000\d{4,5}|234000\d+)$/
      .test(twin.sender),
  'sender:other-identity': ({ twin, services }) =>
    services.has(twin.identity),
  'sender:spoofed': ({ twin, service }) =>
    list(service.senders).includes(twin.sender),
  'sender:look-alike': ({ twin, senders }) => !senders.has(twin.sender),
  'sender:unregistered-id': ({ twin, senders }) => !senders.has(twin.sender),
  'host:look-alike': ({ foreign }) => foreign.length > 0,
  'host:foreign': ({ foreign }) => foreign.length > 0,
  'host:shortener': ({ foreign }) => foreign.length > 0,
  'host:user-content': ({ foreign }) => foreign.length > 0,
  'host:ip': ({ foreign }) =>
    foreign.some((host) => RESERVED_ADDRESS.test(host)),
  'contact:wechat': ({ twin }) => /(?:wx|kf|zx|hr|vip)_\w+/.test(twin.text),
  'contact:qq': ({ twin }) => /10000\d{4}/.test(twin.text),
  'contact:telegram': ({ twin }) => /@\w+_test/.test(twin.text),
  'contact:whatsapp': ({ twin }) => /\+(?:44|1) /.test(twin.text),
  'contact:tel': ({ twin }) => /\d{3}/.test(twin.text),
};

function check_twins(rows, templates, services) {
  check_ids('twins', rows, /^twin-\d{4}$/);
  const senders = new Set([...services.values()]
    .flatMap((service) => list(service.senders)));
  for (const twin of rows) {
    check_text('twins', twin);
    const of = templates.get(twin.of);
    if (!of) {
      find('twins', twin.line, `no row '${twin.of}' in a2p.tsv`);
      continue;
    }
    const service = services.get(of.identity);
    if (twin.lang !== of.lang)
      find('twins', twin.line, `${twin.of} is in ${of.lang}`);
    if (twin.identity === of.identity)
      find('twins', twin.line, 'comes from the identity that it imitates');
    if (!services.has(twin.identity))
      find('twins', twin.line, `unknown identity '${twin.identity}'`);
    else if (twin.hosts !== services.get(twin.identity).hosts)
      find('twins', twin.line, `not the hosts of ${twin.identity}`);
    if (!['mt', 'mo'].includes(twin.direction))
      find('twins', twin.line, `direction is '${twin.direction}'`);
    if (twin.signature !== '' &&
        (!list(service.signatures).includes(twin.signature) ||
         !twin.text.includes(`【${twin.signature}】`)))
      find('twins', twin.line, `claims 【${twin.signature}】, ` +
        `${of.identity} signs ${service.signatures}`);
    const foreign = hosts_of(twin.text)
      .filter((host) => !list(service.hosts).includes(host));
    const why = list(twin.why);
    if (!why.some((reason) => reason.startsWith('sender:')))
      find('twins', twin.line, 'does not say what is wrong with its sender');
    for (const reason of why) {
      if (!Object.hasOwn(REASONS, reason))
        find('twins', twin.line, `unknown reason '${reason}'`);
      else if (!REASONS[reason]({ twin, service, services, senders, foreign }))
        find('twins', twin.line, `'${reason}' is not so`);
    }
    if (foreign.length > 0 && !why.some((each) => each.startsWith('host:')))
      find('twins', twin.line, `${foreign[0]} has no reason`);
  }
  check_unique('twins', rows, (row) => [row.signature]);
}

function check_shapes(rows) {
  for (const row of rows) {
    check_text('shapes', row);
    if (!/^(?:biz|chat)\/[a-z-]+$/.test(row.kind))
      find('shapes', row.line, `unknown kind '${row.kind}'`);
  }
  check_unique('shapes', rows, () => []);
}

// --- all of it --------------------------------------------------------------

const services = read('services');
const a2p = read('a2p');
const twins = read('twins');
const shapes = read('shapes');
const by_identity = new Map(services.map((row) => [row.identity, row]));

check_services(services);
const templates = check_a2p(a2p, by_identity);
check_twins(twins, new Map(a2p.map((row) => [row.id, row])), by_identity);
check_shapes(shapes);

const have = { rows: a2p.length, templates, twins: twins.length,
  shapes: shapes.length };
for (const [what, least] of Object.entries(FLOORS)) {
  if (have[what] < least)
    findings.push(`${what}: ${have[what]}, wanted ${least}`);
}

const summary = `${services.length} services, ${have.rows} rows of ` +
  `${have.templates} templates, ${have.twins} twins, ${have.shapes} shapes`;
if (!readFileSync(fileURLToPath(new URL('README.md', here)), 'utf8')
  .includes(summary))
  findings.push(`README.md: should say '${summary}'`);

function tally(rows, key) {
  const counts = new Map();
  for (const row of rows)
    counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1])
    .map(([name, count]) => `${name} ${count}`).join(', ');
}
for (const finding of findings)
  console.log(finding);
if (process.argv.includes('--counts')) {
  console.log(`a2p by language: ${tally(a2p, (row) => row.lang)}`);
  console.log(`a2p by kind: ${tally(a2p, (row) => row.kind)}`);
  console.log(`twins by language: ${tally(twins, (row) => row.lang)}`);
  console.log(`twins by reason: ${tally(
    twins.flatMap((row) => list(row.why).map((why) => ({ why }))),
    (row) => row.why)}`);
  console.log(`shapes by language: ${tally(shapes, (row) => row.lang)}`);
  console.log(`shapes by kind: ${tally(shapes, (row) => row.kind)}`);
}
console.log(`${summary}: ${findings.length} findings`);
process.exitCode = findings.length > 0 ? 1 : 0;
