// SPDX-License-Identifier: BSD-2-Clause
//
// access.test.mjs - who may connect: lists of addresses on the boxes' port and
// on the pages, both families, and a cap on boxes, with Kannel's own on the
// other ends

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, test } from 'node:test';
import { Between } from '../rig/between.mjs';
import { kannelConf } from '../rig/conf.mjs';
import { ADMIN, pack } from '../rig/frames.mjs';
import { Gateway, PATIENCE, SMSBOX, USER } from '../rig/gateway.mjs';
import { Program } from '../rig/program.mjs';
import { Room, freePort, sleep, until } from '../rig/room.mjs';

const hasV6 = Object.values(networkInterfaces()).flat()
  .some(({ address }) => address === '::1');

/** Connect from that address of loopback and identify; whether the other side
 *  keeps the connection. */
async function isLetIn(port, localAddress, host = '127.0.0.1') {
  const socket = connect({ port, host, localAddress });
  socket.on('error', () => {});
  socket.resume();
  await new Promise((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', resolve);
  });
  socket.write(pack({ type: 'admin', command: ADMIN.identify,
    boxc_id: `from-${localAddress}` }));
  await Promise.race([
    new Promise((resolve) => socket.once('close', resolve)), sleep(500)]);
  const kept = !socket.closed;
  socket.destroy();
  return kept;
}

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'access', filter: false,
    box: { 'box-deny-ip': '*.*.*.*', 'max-boxes': 2,
      'box-allow-ip': '127.0.0.1;127.0.1.*' } });
});
after(() => gateway?.close());

test('Kannel\'s pair of lists: its smsbox is served, others are not',
  async () => {
    assert.equal(await isLetIn(gateway.ports.box, '127.0.0.2'), false);
    await gateway.fanzhabox.line(
      /A connection from 127\.0\.0\.2:\d+ is refused by box-allow-ip/);
    assert.equal(await isLetIn(gateway.ports.box, '127.0.1.9'), true);
    const { status, body } = await gateway.send(
      { from: '10086', to: '13800000001', text: 'let in' });
    assert.equal(status, 202, body);
    await gateway.smsc.submitted((s) => s.text === 'let in');
  });

test('an smsbox beyond max-boxes is turned away, those that are in stay',
  async () => {
    // the place of the test before is free once bearerbox has let it go
    let second;
    await until(async () => {
      second?.destroy();
      second = connect({ port: gateway.ports.box, host: '127.0.0.1' });
      second.on('error', () => {});
      second.resume();
      second.write(pack({ type: 'admin', command: ADMIN.identify,
        boxc_id: 'second' }));
      await sleep(300);
      return !second.closed;
    }, 'a place for the second box', { ms: PATIENCE });
    const before = gateway.fanzhabox.lines(/is turned away/).length;
    gateway.room.write('third.conf', kannelConf([
      { group: 'core', 'admin-port': await freePort(),
        'admin-password': 'rig', 'smsbox-port': gateway.ports.box },
      { group: 'smsbox', 'smsbox-id': 'third', 'bearerbox-host': '127.0.0.1',
        'bearerbox-port': gateway.ports.box,
        'sendsms-port': await freePort(), 'sendsms-interface': '127.0.0.1' },
      { group: 'sendsms-user', ...USER },
    ]));
    const third = new Program(gateway.room, 'third',
      [SMSBOX, gateway.room.path('third.conf')], { hard: true }).start();
    await gateway.fanzhabox.line(
      /is turned away: there are 2 already \(max-boxes\)/,
      { ms: PATIENCE, count: before + 1 });
    await third.kill();
    const { status } = await gateway.send(
      { from: '10086', to: '13800000002', text: 'still in' });
    assert.equal(status, 202);
    assert.doesNotMatch((await gateway.status()).body, /smsbox:third/);
    second.destroy();
  });

test('the pages have lists of their own', async () => {
  const room = new Room('pages');
  try {
    const port = await freePort();
    await Between.start(room, { box: { 'admin-port': port,
      'admin-password': 'secret', 'status-open': true,
      'admin-allow-ip': '127.0.0.0/24', 'admin-deny-ip': '127.0.0.7' } });
    const answer = (localAddress) => new Promise((resolve) => {
      request({ host: '127.0.0.1', port, path: '/healthy', localAddress,
        agent: false }, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).on('error', () => resolve(null)).end();
    });
    assert.equal(await answer('127.0.0.1'), 200);
    assert.equal(await answer('127.0.0.7'), null);
    assert.equal(await answer('127.0.1.1'), null);
  } finally {
    await room.close();
  }
});

test('a box comes by IPv6, and bearerbox is found by name',
  { skip: !hasV6 && 'no IPv6 here' }, async () => {
    const room = new Room('six');
    try {
      const between = new Between(room, { box: { 'smsbox-interface': '::1',
        'bearerbox-host': 'localhost', 'box-allow-ip': '::1' } });
      await between.start();
      const socket = connect({ port: between.port, host: '::1' });
      socket.on('error', () => {});
      socket.write(pack({ type: 'admin', command: ADMIN.identify,
        boxc_id: 'six' }));
      await between.upstream.link('six', { ms: PATIENCE });
      await between.program.line(/Box `six' at \[::1\]:\d+ has identified/);
      socket.destroy();
      await until(() => between.upstream.links.every((l) => l.closed),
        'its link to close', { ms: PATIENCE });
    } finally {
      await room.close();
    }
  });

test('every interface is both families', { skip: !hasV6 && 'no IPv6 here' },
  async () => {
    const room = new Room('every');
    try {
      const between = await Between.start(room, { box: {
        'smsbox-interface': '*', 'box-allow-ip': '127.0.0.1' } });
      assert.equal(await isLetIn(between.port, '127.0.0.1'), true);
      assert.equal(await isLetIn(between.port, '::1', '::1'), false);
      await between.program.line(/Box `from-127\.0\.0\.1' at 127\.0\.0\.1:/);
    } finally {
      await room.close();
    }
  });
