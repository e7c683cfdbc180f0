// SPDX-License-Identifier: BSD-2-Clause
//
// lists.test.mjs - reputation lists on a real gateway: what a listed link does
// to a message, entries that are added while it runs, and lists that are
// refused

import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, readFileSync, truncateSync, utimesSync,
  writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Gateway, TOP, built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { Room, until } from '../rig/room.mjs';

/** Compile a list from lines of our own format. */
async function build(room, out, lines, ...options) {
  const source = room.write(`${out}.list`, lines.join('\n') + '\n');
  const { code, stderr } = await run([built('fanzhactl'), 'list', 'build',
    '--extra-tld', 'test', ...options, `feed=${source}`, '-o', room.path(out)]);
  assert.equal(code, 0, stderr);
}

let gateway, room;
const bad = ['block phishing host:bad.example', 'block spam host:spam.example',
  'block phishing host:ours.example', 'block scam tel:+8613912345678'];

before(async () => {
  room = new Room('lists-files');
  await build(room, 'feeds.fzl', bad);
  await build(room, 'ours.fzl', ['allow ours host:ours.example #T-1,known',
    'block scam host:banned.example']);
  gateway = await Gateway.start({ name: 'lists',
    patterns: [`${TOP}tests/e2e/patterns/e2e`],
    conf: {
      'extra-tlds': ['example', 'test'],
      profiles: [{ name: 'default', rewrite: true }],
      control: { socket: 'control', mode: '0666', group: 'nogroup',
        'group-admin': true },
      lists: { files: [
        { name: 'ours', path: room.path('ours.fzl'), owner: 'operator' },
        { name: 'feeds', path: room.path('feeds.fzl') },
      ] },
    } });
  // open to other users, as the folder of a socket is
  chmodSync(gateway.room.folder, 0o711);
});
after(async () => {
  await gateway?.close();
  await room?.close();
});

let count = 0;
const nextNumber = () => `+861391000${String(++count).padStart(4, '0')}`;

/** What became of a text: what the phone got, what the application was told,
 *  the record of it. */
async function fare(text) {
  const to = nextNumber();
  const answer = await gateway.send({ from: '10086', to, text });
  // messages to one number keep their order
  await gateway.send({ from: '10086', to, text: `marker ${to}` });
  await gateway.smsc.submitted(
    (s) => s.receiver === to && s.text === `marker ${to}`);
  const got = gateway.smsc.submits.filter(
    (s) => s.receiver === to && s.text !== `marker ${to}`);
  return { status: answer.status, got: got.map((s) => s.text),
    held: await gateway.held((row) => row.receiver === to) };
}
const lastRecord = () => gateway.records().at(-1);

const list = (verb, ...args) => run([built('fanzhactl'), 'list', verb,
  '--config', gateway.room.path('fanzha.conf'), ...args]);
/** Ask as another user: the kernel says who connects. */
function askAs(uid, gid, verb, args) {
  process.setegid(gid);
  process.seteuid(uid);
  try {
    return gateway.ask(verb, args); // connects at once
  } finally {
    process.seteuid(0);
    process.setegid(0);
  }
}
const NOGROUP = 65534; // of the socket: its members are administrators
const asRoot = { skip: process.getuid() !== 0 && 'wants root' };

// --- files ---------------------------------------------------------------------
test('a listed link in an MT is held, with list and entry told', async () => {
  const { got, held } = await fare('see http://bad.example/login now');
  assert.deepEqual(got, []);
  assert.equal(held.length, 1);
  const record = lastRecord();
  assert.equal(record.verdict, 'quarantine');
  assert.equal(record.by, 'list-block');
  const signal = record.signals.find((s) => s.id === 'list.block.phishing');
  assert.equal(signal.list, 'feed');
  assert.equal(signal.entry, 'host:bad.example');
  assert.equal(signal.level, 'host');
  const { stdout } = await gateway.fanzhactl('explain',
    'see http://bad.example/login now');
  assert.match(stdout, /blocked by host:bad\.example of list `feed'/);
});

test('a link that is listed as spam is defanged', async () => {
  const { got } = await fare('offer: http://spam.example/x');
  assert.deepEqual(got, ['offer: hxxp://spam(.)example/x']);
});

test('the same feed\'s host passes where an operator allows it', async () => {
  const { got } = await fare('see http://ours.example/shop');
  assert.deepEqual(got, ['see http://ours.example/shop']);
});

test('an operator\'s block is certain: refused', async () => {
  const { status, got } = await fare('see http://banned.example/x');
  assert.equal(status, 403);
  assert.deepEqual(got, []);
  assert.equal(lastRecord().by, 'operator-block');
});

test('a listed number is held, another is not', async () => {
  assert.deepEqual((await fare('call 13912345678')).got, []);
  assert.deepEqual((await fare('call 13912345679')).got,
    ['call 13912345679']);
});

test('status and metrics tell of lists and look-ups', async () => {
  const status = await gateway.ask('status');
  assert.deepEqual(status.lists.files.map((f) => f.name), ['ours', 'feeds']);
  assert.deepEqual(status.lists.files[1].stale, []);
  const { text } = await gateway.ask('metrics');
  const number = (label) => Number(new RegExp(
    `^fanzha_list_lookups_total\\{${label}\\} (\\d+)$`, 'm').exec(text)?.[1]);
  assert.ok(number('list="feeds",result="block"') >= 3, text);
  assert.ok(number('list="ours",result="allow"') >= 1);
  assert.ok(number('list="",result="none"') >= 1);
  assert.match(text, /^fanzha_list_stale\{list="feeds"\} 0$/m);
});

// --- live entries --------------------------------------------------------------
test('a live block is in force for the next message, and told', async () => {
  const text = 'see http://fresh.example/a';
  assert.deepEqual((await fare(text)).got, [text]);
  const { code, stdout, stderr } = await list('add', 'host:fresh.example',
    '--category', 'phishing', '--reference', 'T-7', '--expires', '7d');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /host:fresh\.example: in force/);
  const { status, got } = await fare(text);
  assert.equal(status, 403);
  assert.deepEqual(got, []);
  const signal = lastRecord().signals[0];
  assert.equal(signal.list, 'overlay');
  assert.equal(signal.entry, 'host:fresh.example');
  assert.equal(signal.note, 'T-7');
  const explained = await gateway.fanzhactl('explain', text);
  assert.match(explained.stdout,
    /reject, blocked by host:fresh\.example of list `overlay'.*T-7/);
  const asked = await list('query', '--live', 'http://fresh.example/a',
    'host:bad.example', 'tel:+8613700000000');
  assert.match(asked.stdout, /fresh\.example\/a: block by host:fresh/);
  assert.match(asked.stdout, /host:bad\.example: block by .* in feed/);
  assert.match(asked.stdout, /tel:\+8613700000000: none/);
});

test('a live entry survives a restart', async () => {
  await gateway.fanzhabox.stop();
  await gateway.startFanzhabox();
  await until(async () => {
    try {
      return (await fare('again http://fresh.example/a')).status === 403;
    } catch {
      return false; // smsbox connects again in its own time
    }
  }, 'the entry to be in force again', { ms: 30000, every: 500 });
});

test('a removed entry is out of force', async () => {
  const { code } = await list('remove', 'host:fresh.example');
  assert.equal(code, 0);
  const text = 'now http://fresh.example/a';
  assert.deepEqual((await fare(text)).got, [text]);
  const again = await list('remove', 'host:fresh.example');
  assert.equal(again.code, 3);
  assert.match(again.stderr, /no live entry/);
});

test('an allow wants a second person', asRoot, async () => {
  const text = 'see http://bad.example/known';
  const before = (await gateway.ask('status')).store.audit_entries;
  const added = await list('add', 'host:bad.example', '--action', 'allow',
    '--reference', 'T-8');
  assert.match(added.stdout, /waits until another person/);
  assert.deepEqual((await fare(text)).got, []);
  const same = await list('confirm', 'host:bad.example');
  assert.equal(same.code, 3);
  assert.match(same.stderr, /another person confirms it/);
  assert.deepEqual((await fare(text)).got, []);
  const other = await askAs(65533, NOGROUP, 'list-confirm',
    { key: 'host:bad.example' });
  assert.equal(other.state, 'in-force');
  assert.deepEqual((await fare(text)).got, [text]);
  // both persons are in the trail, and in the log
  const { store } = await gateway.ask('status');
  assert.ok(store.audit_entries >= before + 2);
  const log = readFileSync(gateway.fanzhabox.outFile, 'utf8');
  assert.match(log, /list-propose of `host:bad\.example' by uid:0 /);
  assert.match(log, /list-confirm of `host:bad\.example' by uid:65533 /);
  await list('remove', 'host:bad.example');
});

const refusedEntries = [
  { name: 'a shortener', args: ['host:t.cn'], says: /shortener/ },
  { name: 'a public suffix', args: ['.com.cn'], says: /suffix/ },
  { name: 'a key that is none', args: ['no key'], says: /key/ },
  { name: 'an allow for a platform, even forced',
    args: ['host:docs.qq.com', '--action', 'allow', '--force'],
    says: /docs\.qq\.com/ },
];
for (const row of refusedEntries)
  test(`a live entry for ${row.name} is refused`, async () => {
    const { code, stderr } = await list('add', ...row.args);
    assert.equal(code, 3);
    assert.match(stderr, row.says);
    const { entries } = await gateway.ask('list-live');
    assert.deepEqual(entries, []);
  });

test('who may only read adds nothing', asRoot, async () => {
  await assert.rejects(askAs(65532, 65531, 'list-add',
    { key: 'host:x.example', action: 'block' }), /admin/);
  assert.deepEqual((await askAs(65532, 65531, 'list-live')).entries, []);
});

test('what the next build has leaves the log', async () => {
  await list('add', 'host:folded.example', '--category', 'scam');
  await list('add', 'host:stays.example', '--category', 'scam');
  const log = gateway.room.path('generations/live.log');
  const made = await run([built('fanzhactl'), 'list', 'build',
    room.path('ours.fzl.list'), '--format', 'live', log, '-o',
    room.path('ours.fzl')]);
  assert.equal(made.code, 0, made.stderr);
  await list('add', 'host:later.example', '--category', 'scam');
  await list('remove', 'host:stays.example');
  await gateway.reload();
  const keys = async () => (await gateway.ask('list-live')).entries
    .map((e) => e.key);
  // a rollback would need it still
  assert.deepEqual(await keys(), ['host:folded.example', 'host:later.example']);
  gateway.room.write('fanzha.conf',
    `${gateway.room.read('fanzha.conf')}# another generation\n`);
  await gateway.reload();
  assert.deepEqual(await keys(), ['host:later.example']);
  assert.equal((await fare('http://folded.example/')).status, 403);
  assert.equal((await fare('http://later.example/')).status, 403);
  await list('remove', 'host:later.example');
});

// --- what is refused -----------------------------------------------------------
const digest = async () => (await gateway.ask('status')).generation.digest;

async function refused(says) {
  const before = await digest();
  await assert.rejects(gateway.reload(), says);
  assert.equal(await digest(), before);
  assert.deepEqual((await fare('see http://bad.example/still')).got, []);
}

test('a bad list is refused with a reason, the one in force stays', async () => {
  const good = room.path('good.fzl'), path = room.path('feeds.fzl');
  copyFileSync(path, good);
  const octets = readFileSync(good);

  truncateSync(path, octets.length - 64);
  await refused(/octets/);
  truncateSync(path, 0);
  await refused(/empty/);
  const damaged = Buffer.from(octets);
  damaged[damaged.length - 2] ^= 1;
  writeFileSync(path, damaged);
  await refused(/not what was written/);
  await build(room, 'feeds.fzl', bad, '--time', '2020-01-01T00:00:00Z');
  await refused(/older than the one in force/);
  copyFileSync(good, path);
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', conf.replace(
    `path = "${path}";`, `path = "${path}"; public-key = "${'ab'.repeat(32)}";`));
  await refused(/not signed/);
  gateway.room.write('fanzha.conf', conf);
  await gateway.reload();
});

test('a stale list is worth nothing, and an alarm', async () => {
  const path = room.path('feeds.fzl'), source = room.path('feeds.fzl.list');
  const old = new Date(Date.now() - 3600e3);
  utimesSync(source, old, old);
  const made = await run([built('fanzhactl'), 'list', 'build',
    `feed=${source}`, '-o', path]);
  assert.equal(made.code, 0, made.stderr);
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', conf.replace(
    `path = "${path}";`, `path = "${path}"; max-age = 60;`));
  await gateway.reload();
  const text = 'see http://bad.example/stale';
  assert.deepEqual((await fare(text)).got, [text]);
  const record = lastRecord();
  assert.deepEqual(record.failures, ['list-stale']);
  assert.equal(record.signals[0].stale, true);
  const status = await gateway.ask('status');
  assert.deepEqual(status.lists.files[1].stale, ['feed']);
  const { text: metrics } = await gateway.ask('metrics');
  assert.match(metrics, /^fanzha_list_stale\{list="feeds"\} 1$/m);
  assert.match(metrics,
    /^fanzha_list_lookups_total\{list="feeds",result="stale"\} [1-9]/m);
  assert.match(metrics,
    /^fanzha_failures_total\{condition="list-stale",direction="mt"\} [1-9]/m);
  gateway.room.write('fanzha.conf', conf);
});

test('a feed that lists a shared host is caught at the build', async () => {
  const source = room.write('shared.list', ['block phishing host:t.cn',
    'block phishing host:docs.qq.com', 'block phishing .com.cn',
    'block phishing host:new.example', ''].join('\n'));
  const made = await run([built('fanzhactl'), 'list', 'build',
    `feed=${source}`, '-o', room.path('shared.fzl')]);
  assert.equal(made.code, 0, made.stderr);
  const report = readFileSync(room.path('shared.fzl.report'), 'utf8');
  for (const finding of ['shortener', 'platform', 'public-suffix'])
    assert.match(report, new RegExp(finding));
  const { stdout } = await run([built('fanzhactl'), 'list', 'query',
    room.path('shared.fzl'), 'https://t.cn/abc', 'http://new.example/']);
  assert.match(stdout, /t\.cn\/abc: none/);
  assert.match(stdout, /new\.example\/: block/);
});
