// SPDX-License-Identifier: BSD-2-Clause
//
// store.test.mjs - the quarantine is full, locked, or its disk is full: whoever
// sends what would be held is asked to try again, a phone's message waits and
// is tried at most once a second, nothing is lost, and it recovers by itself

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Gateway, PATIENCE, TOP } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { sleep, until } from '../rig/room.mjs';

const FRAUD = 'Send the escrow deposit';

async function withGateway(options, body) {
  const gateway = new Gateway({ name: 'store',
    patterns: [`${TOP}tests/e2e/patterns/e2e`], ...options });
  try {
    await body(gateway);
    gateway.assertAlive();
  } finally {
    await gateway.close();
  }
}

/** Hold the database's write lock; the answer gives it back. */
async function lock(path) {
  const shell = spawn('sqlite3', [path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => shell.once('exit', resolve));
  shell.stdin.write('.timeout 10000\nBEGIN IMMEDIATE;\nSELECT \'locked\';\n');
  await new Promise((resolve, reject) => {
    shell.stdout.once('data', resolve);
    shell.once('error', reject);
    shell.once('exit', () => reject(new Error('sqlite3 ended')));
  });
  return () => {
    shell.stdin.end('ROLLBACK;\n');
    return ended;
  };
}

/**
 * What must hold while nothing can be stored, and after: `trouble` brings it
 * about, `mend` takes it away.
 */
async function seeThrough(gateway, trouble, mend) {
  const held = async (number) => (await gateway.held(
    (row) => row.sender === number || row.receiver === number)).length;
  const kept = await gateway.send({ from: '10086', to: '+8613900000001',
    text: FRAUD });
  assert.equal(kept.status, 202, 'before the trouble it is held');

  await trouble();
  const refused = await gateway.send({ from: '10086', to: '+8613900000002',
    text: FRAUD });
  assert.equal(refused.status, 503, refused.body);
  const clean = await gateway.send({ from: '10086', to: '+8613900000003',
    text: 'Nothing to hold here' });
  assert.equal(clean.status, 202, 'what need not be held passes');
  await gateway.smsc.submitted((s) => s.receiver === '+8613900000003');

  // a phone's message waits; others are not held up by it
  assert.equal(await gateway.smsc.deliver({ from: '+8613900000004',
    to: '10086', text: FRAUD }), 0);
  await sleep(300);
  const before = (await gateway.ask('status')).store.failed;
  await sleep(5000);
  const tries = (await gateway.ask('status')).store.failed - before;
  assert.ok(tries >= 1, 'the message is tried again');
  assert.ok(tries <= 6, `${tries} tries in 5 s`);
  await gateway.smsc.deliver({ from: '+8613900000005', to: '10086',
    text: 'another phone' });
  await gateway.application.receivedOne((m) => m.from === '+8613900000005');
  assert.equal(await held('+8613900000004'), 0);
  assert.ok(!gateway.application.received.some(
    (m) => m.from === '+8613900000004'), 'what waits is not delivered');

  await mend();
  await until(async () => await held('+8613900000004') === 1,
    'the phone\'s message to be held', { ms: PATIENCE, every: 100 });
  const again = await gateway.send({ from: '10086', to: '+8613900000002',
    text: FRAUD });
  assert.equal(again.status, 202, 'it recovers by itself');
  // once each, and at nobody's
  await sleep(1500);
  for (const number of ['+8613900000001', '+8613900000002', '+8613900000004'])
    assert.equal(await held(number), 1, number);
  assert.ok(!gateway.smsc.submits.some((s) => s.text.includes('escrow')));
  assert.ok(!gateway.application.received.some(
    (m) => m.text.includes('escrow')));
  assert.ok((await gateway.ask('status')).counters.failures['store-failed']
    .mo > 0, 'each use of the failure policy is counted');
}

test('a locked store: 503, a patient MO, nothing lost, recovery', () =>
  withGateway({ store: { 'busy-ms': 100 } }, async (gateway) => {
    await gateway.start();
    let release;
    try {
      await seeThrough(gateway,
        async () => { release = await lock(gateway.room.path('quarantine.db')); },
        () => {
          const give = release;
          release = undefined; // given back once: sqlite3 ends once
          return give();
        });
    } finally {
      await release?.();
    }
  }));

test('a full disk: 503, a patient MO, nothing lost, recovery', async (t) => {
  let mounted = null, gateway;
  try {
    gateway = new Gateway({ name: 'disk', store: {},
      patterns: [`${TOP}tests/e2e/patterns/e2e`] });
    const disk = gateway.room.mkdir('disk');
    const mount = await run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs',
      disk]);
    if (mount.code !== 0) {
      t.skip(`no file system of its own: ${mount.stderr.trim()}`);
      return;
    }
    mounted = disk;
    gateway.options.store.path = `${disk}/quarantine.db`;
    await gateway.start();
    await seeThrough(gateway, () => {
      assert.throws(() => writeFileSync(`${disk}/filler`,
        Buffer.alloc(8 << 20)), /ENOSPC/);
    }, () => rmSync(`${disk}/filler`));
    gateway.assertAlive();
  } finally {
    // the store's files are open until the box is gone
    await gateway?.fanzhabox?.stop();
    if (mounted)
      await run(['umount', mounted]);
    await gateway?.close();
  }
});

test('a full quarantine: 503 for what would be held, all else passes', () =>
  withGateway({ store: { 'max-mb': 2 } }, async (gateway) => {
    await gateway.start();
    const accepted = [];
    let full = null;
    for (let count = 0; count < 5000 && !full; count++) {
      const to = `+861391${String(count).padStart(7, '0')}`;
      const answer = await gateway.send({ from: '10086', to,
        text: `${FRAUD} ${'x'.repeat(1000)}` });
      if (answer.status === 202)
        accepted.push(to);
      else
        full = answer;
    }
    assert.equal(full?.status, 503, full?.body ?? 'it never was full');
    assert.ok(accepted.length > 20, `full after ${accepted.length}`);
    const kept = new Set((await gateway.held()).map((row) => row.receiver));
    assert.deepEqual(accepted.filter((to) => !kept.has(to)), [],
      'what was accepted is kept');
    const clean = await gateway.send({ from: '10086', to: '+8613900000009',
      text: 'Nothing to hold here' });
    assert.equal(clean.status, 202);
    await gateway.smsc.submitted((s) => s.receiver === '+8613900000009');
    const rejected = await gateway.send({ from: '10086', to: '+8613900000008',
      text: 'Reply with your banking passphrase' });
    assert.equal(rejected.status, 403, 'a reject needs no room');
    assert.ok(!gateway.smsc.submits.some((s) => s.text.includes('escrow')));
  }));
