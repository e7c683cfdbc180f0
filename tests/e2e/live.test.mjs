// SPDX-License-Identifier: BSD-2-Clause
//
// live.test.mjs - going live is an act: what serves is what was promoted by
// fanzhactl, over reloads that are refused, restarts and changed files

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, readlinkSync, writeFileSync }
  from 'node:fs';
import { after, before, test } from 'node:test';
import { libconfig } from '../rig/conf.mjs';
import { Gateway } from '../rig/gateway.mjs';

const ruleFile = (...rules) => libconfig({
  set: { name: 'live', title: 'Rules that change', owner: 'x@example.test',
    language: 'en' },
  rules: rules.map(([id, phrase, more]) => ({ id, title: id, phrase,
    action: 'reject', reason: 'phishing', ...more })),
});
const FIRST = ruleFile(['live.first', 'first words']);
const SECOND = ruleFile(['live.second', 'second words']);

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'live',
    files: { 'patterns/rules.conf': FIRST }, patterns: [] });
});
after(() => gateway?.close());

let count = 0;
const answerTo = async (text) => (await gateway.send({ from: '10086',
  to: `+861390000${String(++count).padStart(4, '0')}`, text })).status;
const digest = async () => (await gateway.ask('status')).generation.digest;

test('with nothing promoted it observes, and says so', async () => {
  assert.equal(await digest(), '');
  assert.equal((await gateway.ask('status')).generation.mode, 'observe');
  assert.equal(await answerTo('first words'), 202);
});

test('fanzhactl reload promotes the working files', async () => {
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', conf.replace(/^patterns = .*$/m,
    `patterns = [ "${gateway.room.path('patterns')}" ];`));
  const { code, stdout, stderr } = await gateway.fanzhactl('reload', '--wait');
  assert.equal(code, 0, stdout + stderr);
  assert.notEqual(await digest(), '');
  assert.equal(await answerTo('first words'), 403);
});

test('changed working files change nothing, not even over a restart',
  async () => {
    const live = await digest();
    gateway.room.write('patterns/rules.conf', SECOND);
    assert.equal(await answerTo('first words'), 403);
    await gateway.fanzhabox.kill();
    await gateway.startFanzhabox();
    await gateway.smsbox.kill();
    await gateway.startSmsbox();
    assert.equal(await digest(), live);
    assert.equal(await answerTo('first words'), 403);
    assert.equal(await answerTo('second words'), 202);
    assert.equal((await gateway.fanzhactl('reload', '--wait')).code, 0);
    assert.equal(await answerTo('first words'), 202);
    assert.equal(await answerTo('second words'), 403);
  });

const bad = [
  { name: 'a grammar mistake', text: 'rules = ( ;', says: /rules\.conf:1: / },
  { name: 'an unknown key', text: ruleFile(['live.bad', 'x y', { scoer: 1 }]),
    says: /rules\.conf:\d+: .*live\.bad.*scoer.*score/ },
  { name: 'a sample that fails', text: ruleFile(['live.bad', 'x y',
    { match: ['neither of them'] }]), says: /rules\.conf:\d+: .*live\.bad/ },
  { name: 'an unknown reason', text: ruleFile(['live.bad', 'x y',
    { reason: 'phising' }]), says: /rules\.conf:\d+: .*live\.bad.*phising/ },
];
for (const { name, text, says } of bad) {
  test(`a reload with ${name} is refused, and what serves stays`, async () => {
    const live = await digest();
    gateway.room.write('patterns/rules.conf', text);
    const { code, stdout, stderr } =
      await gateway.fanzhactl('reload', '--wait');
    assert.equal(code, 3, stdout + stderr);
    assert.match(stdout + stderr, says);
    assert.equal(await digest(), live);
    assert.equal(await answerTo('second words'), 403);
  });
}

for (const [name, folder] of [['a folder that is not there', 'nowhere'],
  ['a file in the place of a folder', 'a-file']]) {
  test(`a reload with ${name} is refused, and what serves stays`, async () => {
    const live = await digest();
    const conf = gateway.room.read('fanzha.conf');
    gateway.room.write('a-file', '');
    gateway.room.write('fanzha.conf', conf.replace(/^patterns = .*$/m,
      `patterns = [ "${gateway.room.path(folder)}" ];`));
    try {
      const { code, stdout, stderr } =
        await gateway.fanzhactl('reload', '--wait');
      assert.equal(code, 3, stdout + stderr);
      assert.match(stdout + stderr, new RegExp(`fanzha\\.conf.*${folder}`));
      assert.equal(await digest(), live);
    } finally {
      gateway.room.write('fanzha.conf', conf);
    }
  });
}

test('fanzhactl bypass lets all pass, for one identity too, over a restart',
  async () => {
    const bypass = async (...args) => {
      const { code, stdout, stderr } =
        await gateway.fanzhactl('bypass', ...args);
      assert.equal(code, 0, stdout + stderr);
    };
    await bypass('on', '--identity', 'somebody-else');
    assert.equal(await answerTo('second words'), 403);
    await bypass('on', '--identity', 'tester', '--for', '30m');
    assert.equal(await answerTo('second words'), 202);
    await gateway.fanzhabox.kill();
    await gateway.startFanzhabox();
    await gateway.smsbox.kill();
    await gateway.startSmsbox();
    assert.equal(await answerTo('second words'), 202);
    const { stdout } = await gateway.fanzhactl('status');
    assert.match(stdout, /bypass/i);
    await bypass('off', '--identity', 'tester');
    assert.equal(await answerTo('second words'), 403);
  });

test('what was done is in the audit trail, and the trail is whole', async () => {
  const { code, stdout, stderr } = await gateway.fanzhactl('audit', 'verify');
  assert.equal(code, 0, stdout + stderr);
  const { store } = await gateway.ask('status');
  assert.ok(store.audit_entries >= 5, String(store.audit_entries));
});

test('a promoted copy that somebody altered does not serve: the one before does',
  async () => {
    const file = gateway.room.path('generations/current/patterns/0/rules.conf');
    const before = readlinkSync(gateway.room.path('generations/previous'));
    const text = readFileSync(file, 'utf8');
    await gateway.fanzhabox.stop();
    chmodSync(file, 0o644);
    writeFileSync(file, text.replace('second words', 'other words'));
    try {
      await gateway.startFanzhabox();
      assert.equal(await digest(), before);
      assert.equal(gateway.fanzhabox.lines(
        /ERROR: .*current generation cannot be put in force/).length, 1);
    } finally {
      await gateway.fanzhabox.stop();
      writeFileSync(file, text);
    }
    await gateway.startFanzhabox();
    assert.notEqual(await digest(), before);
  });

test('asked to end, fanzhabox ends cleanly and takes its socket along',
  async () => {
    const { code, signal } = await gateway.fanzhabox.stop();
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    assert.ok(!existsSync(gateway.room.path('control')));
    assert.equal((await gateway.fanzhactl('status')).code, 4);
  });
