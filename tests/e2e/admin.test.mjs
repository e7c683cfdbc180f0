// SPDX-License-Identifier: BSD-2-Clause
//
// admin.test.mjs - the administrator's pages of fanzhabox: what they tell, who
// may see them, and that a storm of wrong passwords disturbs nobody

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { Gateway } from '../rig/gateway.mjs';
import { freePort, until } from '../rig/room.mjs';

let gateway, port;
before(async () => {
  port = await freePort();
  gateway = new Gateway({ name: 'admin', box: { 'admin-port': port,
    'admin-password': 'change', 'status-password': 'look' } });
  await gateway.start();
});
after(() => gateway?.close());

function get(path, password, { method = 'GET', body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method,
      agent: false, auth: password === undefined ? undefined
        : `anyone:${password}` }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => resolve({ status: answer.statusCode, text,
        type: answer.headers['content-type'] }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('status in each form tells of the box and of the messages', async () => {
  await gateway.send({ from: '10086', to: '+8613900000001', text: 'one' });
  await gateway.smsc.submitted((s) => s.text === 'one');
  const json = JSON.parse((await get('/status.json', 'look')).text);
  assert.equal(json.state, 'running');
  assert.equal(json.plugins, 1);
  assert.equal(json.totals.mt, 1);
  assert.equal(json.totals.passed, 1);
  assert.equal(json.load.mt.length, 3);
  assert.equal(json.boxes.length, 1);
  assert.equal(json.boxes[0].id, 'app');
  assert.equal(json.boxes[0].state, 'online');
  assert.match((await get('/status', 'look')).text, /app, 127.*online/);
  const html = await get('/status.html', 'look');
  assert.match(html.type, /text\/html/);
  assert.match(html.text, /<td>app/);
  const xml = await get('/status.xml', 'look');
  assert.match(xml.text, /^<\?xml [^]*<id>app<\/id>[^]*<\/gateway>\n$/);
});

test('metrics are counters and gauges with help', async () => {
  const { text } = await get('/metrics', 'look');
  assert.match(text, /^fanzha_box_mt_total [1-9]/m);
  assert.match(text, /^fanzha_box_connections 1$/m);
  const named = new Set(text.match(/^# TYPE \S+/gm).map((l) => l.slice(7)));
  for (const line of text.split('\n').filter((l) => l && l[0] !== '#'))
    assert.ok(named.has(line.split(/[ {]/)[0]), line);
});

test('each page wants its password; a page that is not there is 404', async () => {
  assert.equal((await get('/status')).status, 403);
  assert.equal((await get('/status', 'nonsense')).status, 403);
  assert.equal((await get('/status?password=look')).status, 403);
  assert.equal((await get('/log-level?level=0', 'look')).status, 403);
  assert.equal((await get('/log-level?level=9', 'change')).status, 400);
  assert.equal((await get('/log-level?level=0', 'change')).status, 200);
  assert.equal((await get('/status', 'look', { method: 'POST' })).status, 405);
  assert.equal((await get('/nowhere', 'change')).status, 404);
  assert.equal((await get('/healthy')).status, 200);
});

test('ready is said while bearerbox is there, and not while it is away',
  async () => {
    assert.equal((await get('/ready')).status, 200);
    await gateway.bearerbox.stop();
    await until(async () => (await get('/ready')).status === 503,
      'not ready', { ms: 10000 });
    assert.equal((await get('/healthy')).status, 200);
    await gateway.startBearerbox();
    await until(async () => (await get('/ready')).status === 200,
      'ready again', { ms: 20000 });
  });

test('a body of 100 MB is refused unread', async () => {
  const answer = await new Promise((resolve) => {
    const request = http.request({ host: '127.0.0.1', port, path: '/status',
      method: 'POST', headers: { 'content-length': 100e6 } },
    (got) => resolve(got.statusCode));
    request.on('error', () => resolve('hung up'));
    request.flushHeaders();
  });
  assert.equal(answer, 413);
});

test('a storm of wrong passwords ends in refusals, messages go on', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () =>
    get('/status', 'guess')));
  assert.ok(answers.every((a) => a.status === 403));
  assert.match((await get('/status', 'look')).text, /wait a minute/);
  const sent = await gateway.send({ from: '10086', to: '+8613900000002',
    text: 'two' });
  assert.equal(sent.status, 202);
});
