// SPDX-License-Identifier: BSD-2-Clause
//
// demo.mjs - what scripts/demo shows: a gateway on loopback with fanzha in
// front, messages both ways, and how each of them fared
//
// Debian's bearerbox, smsbox and fakesmsc, our fanzhabox and fanzha.so; rules
// are the shipped sets and a few of the kind an operator adds. Exit status 0
// only when every message fared as MESSAGES says.

import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Gateway, PATIENCE, TOP, built, fakesmscPath } from '../gateway.mjs';
import { libconfig } from '../conf.mjs';
import { Program } from '../program.mjs';
import { until } from '../room.mjs';
import { bold, clip, cyan, dim, green, magenta, red, table, yellow }
  from '../table.mjs';
import { MESSAGES, OVERRIDES } from './messages.mjs';

const keep = process.argv.includes('--keep');
const say = (text = '') => process.stdout.write(`${text}\n`);
const PAINT = { pass: green, warn: cyan, rewrite: yellow,
  quarantine: magenta, reject: red };

// --- phones: Kannel's fakesmsc ------------------------------------------------
/** What fakesmsc wrote about a message that it received; null: nothing yet.
 *  Its line: Got message N: <sender receiver type [udh] text>; of type data is
 *  whatever is not 7-bit. */
function arrived(fakesmsc, receiver, coding) {
  for (const line of fakesmsc.lines(/Got message \d+: </)) {
    const found = /: <(\S+) (\S+) (\S+) (.*)>/s.exec(line);
    if (found && found[2] === receiver)
      return found[3] === 'text' ? found[4] : decode(found[4], coding);
  }
  return null;
}

function decode(text, coding) {
  const octets = Buffer.from(text.split(' ').at(-1).replace(/\+/g, ' ')
    .replace(/%([0-9a-f]{2})/gi, (_, hex) =>
      String.fromCharCode(parseInt(hex, 16))), 'latin1');
  return coding === 2 ? octets.swap16().toString('utf16le')
    : `octets ${octets.toString('hex')}`;
}

const forFakesmsc = ({ from, text, coding }) => {
  if (coding !== 2)
    return `${from} 10086 text ${text}`;
  const octets = Buffer.from(text, 'utf16le').swap16();
  return `${from} 10086 ucs2 ${[...octets].map((octet) =>
    `%${octet.toString(16).padStart(2, '0')}`).join('')}`;
};

// --- one message --------------------------------------------------------------
const shown = ({ text, octets }) => text ?? `octets ${octets.toString('hex')}`;

async function verdictOf(gateway, before, direction) {
  const { acted } = (await gateway.ask('status')).counters.messages[direction];
  const changed = Object.keys(acted).filter((v) => acted[v] > before[v]);
  return changed.length === 1 ? changed[0] : `? ${changed.join(' ')}`;
}

/** One message through the gateway: { verdict, rule, seen }. */
async function carry(gateway, phones, message, number) {
  const { direction } = message;
  const before =
    (await gateway.ask('status')).counters.messages[direction].acted;
  const records = gateway.records().length;
  const seen = direction === 'mt'
    ? await sendToPhone(gateway, phones, message, number)
    : await sendFromPhone(gateway, message, number);
  const record = gateway.records().slice(records).at(-1);
  return { verdict: await verdictOf(gateway, before, direction),
    rule: ruleOf(record), seen };
}

const ruleOf = (record) => record?.decider ??
  record?.signals?.find((signal) => signal.weight > 0)?.id ?? '';

async function sendToPhone(gateway, phones, message, number) {
  const to = `+86138${String(number).padStart(8, '0')}`;
  const { status } = await gateway.send({ from: message.from, to,
    text: message.text, octets: message.octets, coding: message.coding });
  const told = `application told ${status}`;
  if (status !== 202)
    return { got: null, text: `nothing; ${told}` };
  const got = await until(() => arrived(phones, to, message.coding), 'the phone',
    { ms: message.want.got ? PATIENCE : 1200 }).catch(() => null);
  return got === null ? { got, text: `nothing; ${told}` }
    : { got, text: got === shown(message) ? 'the same text'
      : `phone got: ${got}` };
}

/** A phone is one fakesmsc, with one message to send. */
async function sendFromPhone(gateway, message, number) {
  const from = `+86137${String(number).padStart(8, '0')}`;
  const phone = new Program(gateway.room, `phone-${number}`, [fakesmscPath(),
    '-H', '127.0.0.1', '-r', String(gateway.ports.phone), '-m', '1',
    forFakesmsc({ ...message, from })], { hard: true }).start();
  await phone.line(/sent message 1/, { ms: PATIENCE });
  const got = await until(
    () => gateway.application.received.find((m) => m.from === from),
    'the application', { ms: message.want.got ? PATIENCE : 1200 })
    .catch(() => null);
  await phone.kill();
  if (!got)
    return { got: null, text: 'application got nothing' };
  return { got: got.text, text: got.text === message.text ? 'the same text'
    : `application got: ${got.text}` };
}

// --- the whole ----------------------------------------------------------------
async function main() {
  const gateway = new Gateway({
    name: 'demo', fakes: ['phones', 'phone'], detached: keep,
    patterns: [`${TOP}patterns`, `${TOP}tests/rig/demo`],
    files: OVERRIDES.length > 0
      ? { 'override/demo.conf': libconfig({ overrides: OVERRIDES }) } : {},
    users: [],
  });
  let wrong = 0, left = false;
  try {
    say(`${dim('gateway in')} ${gateway.room.folder}`);
    await gateway.start();
    const phones = new Program(gateway.room, 'fakesmsc', [fakesmscPath(),
      '-H', '127.0.0.1', '-r', String(gateway.ports.phones), '-m', '0',
      '1 2 text never'], { hard: true, detached: keep }).start();
    await until(async () => /phones.*online|phones.*\(online/.test(
      (await gateway.status()).body), 'fakesmsc at bearerbox',
    { ms: PATIENCE, every: 100 });
    const { generation } = await gateway.ask('status');
    say(`${dim('phone <-> fakesmsc <-> bearerbox <->')} ${bold('fanzhabox')} ${
      dim('<-> smsbox <-> application;')} ${generation.rules} ${
      dim('rules, mode')} ${generation.mode}`);
    say();

    const rows = [];
    const counts = {};
    for (const [at, message] of MESSAGES.entries()) {
      const { verdict, rule, seen } =
        await carry(gateway, phones, message, at + 1);
      const { want } = message;
      const fine = verdict === want.verdict && seen.got === want.got &&
        (want.rule === undefined || rule === want.rule) &&
        (want.says === undefined || seen.text.includes(want.says));
      if (!fine)
        wrong++;
      counts[verdict] = (counts[verdict] ?? 0) + 1;
      rows.push([
        { text: message.direction === 'mt' ? '→' : '←', paint: dim },
        shown(message),
        { text: verdict, paint: PAINT[verdict] ?? bold },
        { text: rule || '-', paint: dim },
        seen.text,
        fine ? { text: 'ok', paint: green } : { text: 'NOT SO', paint: red },
      ]);
      if (!fine)
        rows.push(['', { text: `wanted ${JSON.stringify(want)}`, paint: red },
          '', '', '', '']);
    }
    const columns = Math.max(100, process.stdout.columns || 120);
    const room = columns - 2 - 12 - 26 - 8 - 10;
    for (const line of table([{ title: '' },
      { title: 'message (→ to a phone, ← from one)',
        width: Math.floor(room * 0.55) },
      { title: 'verdict' }, { title: 'rule', width: 26 },
      { title: 'what the phone or application saw',
        width: Math.ceil(room * 0.45) }, { title: '' }], rows))
      say(line);

    say();
    say(bold('Quarantine'));
    const held = await gateway.held();
    for (const line of table([{ title: 'row' }, { title: 'state' },
      { title: 'way' }, { title: 'reason' }, { title: 'score' },
      { title: 'rule', width: 26 }, { title: 'text', width: 60 }],
    held.map((row) => [{ text: String(row.row) },
      { text: row.state, paint: row.state === 'held' ? magenta : dim },
      row.direction, row.reason ?? '-', row.score.toFixed(1), row.rule ?? '-',
      clip(row.text ?? '-', 58)])))
      say(line);
    say();
    const tally = ['pass', 'warn', 'rewrite', 'quarantine', 'reject']
      .filter((v) => counts[v]).map((v) => PAINT[v](`${counts[v]} ${v}`));
    say(`${MESSAGES.length} messages: ${tally.join(', ')}; ${wrong === 0
      ? green('every one fared as it should')
      : red(`${wrong} did not fare as they should`)}`);
    gateway.assertAlive();
    if (keep) {
      await leave(gateway, phones);
      left = true;
    }
  } finally {
    if (!left)
      await gateway.close();
  }
  return wrong === 0 ? 0 : 1;
}

/** --keep: everything goes on without this process. */
async function leave(gateway, phones) {
  const { room, ports } = gateway;
  await gateway.application.close();
  const log = openSync(room.path('application.out'), 'a');
  const application = spawn(process.execPath, [fileURLToPath(
    new URL('application-main.mjs', import.meta.url)),
  String(ports.application)], { detached: true, stdio: ['ignore', log, log] });
  application.unref();
  const programs = [gateway.smsbox, gateway.fanzhabox, phones,
    gateway.bearerbox];
  const pids = programs.map(({ pid }) => pid).concat(application.pid);
  for (const program of programs)
    program.leave();
  const stop = room.path('stop');
  writeFileSync(stop, `#!/bin/sh\n# ends what the demo left running\n${
    pids.map((pid) => `kill -TERM -${pid} 2>/dev/null\n`).join('')}sleep 2\n${
    pids.map((pid) => `kill -KILL -${pid} 2>/dev/null\n`).join('')
  }rm -rf '${room.folder}'\n`, { mode: 0o755 });
  say();
  say(bold('Left running'));
  const line = (what, text) => say(`  ${what.padEnd(20)} ${text}`);
  line('send a message', `http://127.0.0.1:${ports.sendsms}/cgi-bin/sendsms?` +
    'username=tester&password=secret&from=10086&to=13800000000&text=hello');
  line('bearerbox\'s status',
    `http://127.0.0.1:${ports.admin}/status.txt?password=rig`);
  line('fanzha\'s status', `${built('fanzhactl')} status --config ${
    room.path('fanzha.conf')}`);
  line('the phones\' log', room.path('fakesmsc.out'));
  line('verdict records', room.path('records.jsonl'));
  line('stop it', stop);
}

main().then((status) => process.exit(status), (failure) => {
  process.stderr.write(`demo: ${failure.stack}\n`);
  process.exit(1);
});
