// SPDX-License-Identifier: BSD-2-Clause
//
// verbs.test.mjs - an administrator isolates, suspends, resumes and ends
// fanzhabox before a real gateway; a plugin's own message for a box that is
// away; a plugin that sleeps

import assert from 'node:assert/strict';
import http from 'node:http';
import { rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Gateway, PATIENCE, built } from '../rig/gateway.mjs';
import { freePort, sleep, until } from '../rig/room.mjs';

const plugin = (name, keys) => ({ group: 'pluginbox-plugin', id: name,
  path: built(`tests/.libs/${name}.so`), init: `${name}_init`, ...keys });

let gateway, port;
before(async () => {
  port = await freePort();
  gateway = new Gateway({ name: 'verbs', filter: false,
    box: { 'admin-port': port, 'admin-password': 'change' } });
  gateway.options.plugins = [
    plugin('box_asker', { args: gateway.room.path('asked') }),
    plugin('box_foreign', { args: 'mt', thread: true, 'sms-only': true,
      'answer-timeout': 2, 'on-timeout': 'pass', priority: 5 }),
  ];
  await gateway.start();
});
after(() => gateway?.close());

function get(path) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path, agent: false,
      auth: 'anyone:change' }, (answer) => {
      let text = '';
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    }).on('error', reject);
  });
}

const send = (to, text) => gateway.send({ from: '10086', to, text });
const arrived = (text) => gateway.smsc.submitted((s) => s.text === text,
  `"${text}" at the SMSC`, { ms: PATIENCE });
const phoneSends = (text) => gateway.smsc.deliver({ from: '+8613900000001',
  to: '10086', text });
const received = (text) => gateway.application.receivedOne(
  (m) => m.text === text, `"${text}" at the application`, { ms: PATIENCE });

test('isolated: an application is asked to try again, a phone\'s message waits',
  async () => {
    assert.equal((await send('+8613900000001', 'before')).status, 202);
    assert.equal((await get('/isolate')).text, 'isolated\n');
    assert.equal((await get('/ready')).status, 503);
    assert.equal((await send('+8613900000001', 'isolated')).status, 503);
    for (const text of ['first', 'second', 'third'])
      await phoneSends(text);
    await until(async () => JSON.parse((await get('/status.json')).text)
      .boxes.find((b) => b.id === 'app')?.mo.waiting === 3,
    'three waiting messages', { ms: PATIENCE });
    assert.equal(gateway.application.received.length, 0);
    assert.equal((await get('/resume')).text, 'running\n');
    await received('third');
    assert.deepEqual(gateway.application.received.map((m) => m.text).sort(),
      ['first', 'second', 'third']);
    assert.equal((await send('+8613900000001', 'after')).status, 202);
    await arrived('after');
    assert.ok(!gateway.smsc.submits.some((s) => s.text === 'isolated'));
  });

test('suspended: nothing moves either way; resumed, all arrives', async () => {
  assert.equal((await get('/suspend')).text, 'suspended\n');
  let answered = false;
  const answer = send('+8613900000001', 'patient').then((it) => {
    answered = true;
    return it;
  });
  await phoneSends('patient phone');
  await sleep(1500);
  assert.ok(!answered);
  assert.ok(!gateway.smsc.submits.some((s) => s.text === 'patient'));
  assert.ok(!gateway.application.received.some(
    (m) => m.text === 'patient phone'));
  assert.equal((await get('/resume')).text, 'running\n');
  assert.equal((await answer).status, 202);
  await arrived('patient');
  await received('patient phone');
});

test('what a plugin injects for a box that is away reaches the phone',
  async () => {
    assert.equal((await send('+8613900000002',
      'say:inject-mt nobody')).status, 202);
    await arrived('injected');
    await until(() => /injected 0 [03]/.test(gateway.room.read('asked')),
      'its acknowledgement', { ms: PATIENCE });
    assert.match((await gateway.status()).body, /smsbox:fanzhabox-\d+/);
    const { boxes } = JSON.parse((await get('/status.json')).text);
    assert.deepEqual(boxes.map((b) => b.state).sort(),
      ['online', 'our own, online']);
  });

test('a plugin that sleeps on its own thread: phones are served meanwhile, '
  + 'then the message goes on without it', async () => {
  const file = gateway.room.write('asleep', 'x');
  const slow = send('+8613900000003', `foreign:until ${file}`);
  await phoneSends('while it sleeps');
  await received('while it sleeps');
  assert.equal((await slow).status, 202);
  await arrived(`foreign:until ${file}`);
  const { plugin: plugins } = JSON.parse((await get('/status.json')).text);
  assert.equal(plugins.find((p) => p.id === 'box_foreign').overdue, 1);
  rmSync(file);
  await until(async () => JSON.parse((await get('/status.json')).text).plugin
    .find((p) => p.id === 'box_foreign').in_hand === 0, 'its late answer');
  gateway.assertAlive();
});

test('shutdown: it ends with 0, and nothing of it is lost', async () => {
  const sent = await Promise.all(Array.from({ length: 20 }, (_, at) =>
    send('+8613900000004', `last ${at}`)));
  const taken = sent.filter((answer) => answer.status === 202).length;
  assert.equal((await get('/shutdown')).text, 'ending\n');
  const { code } = await gateway.fanzhabox.ended;
  assert.equal(code, 0);
  await until(() => gateway.smsc.submits.filter(
    (s) => s.text.startsWith('last')).length === taken, 'what was answered 202');
});
