// SPDX-License-Identifier: BSD-2-Clause
//
// samples.test.mjs - the configurations of gateway-conf/ start as they are
//
// Only folders and port numbers are moved, into the test's room.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Application, sendSms } from '../rig/application.mjs';
import { ask, controlOpen } from '../rig/control.mjs';
import { BEARERBOX, PATIENCE, SMSBOX, TOP, built, fakesmscPath }
  from '../rig/gateway.mjs';
import { Program } from '../rig/program.mjs';
import { Room, freePort, until } from '../rig/room.mjs';

const FILES = ['kannel.conf', 'fanzhabox.conf', 'fanzha.conf'];
const FOLDERS = ['/var/log/kannel', '/var/log/fanzha', '/var/spool/kannel/dlr',
  '/var/lib/fanzha/generations', '/var/cache/fanzha', '/run/fanzha',
  '/etc/fanzha/patterns.d'];

/** The samples, moved into a room; `edit` may change a file's text. */
async function move(room, edit = (name, text) => text) {
  const ports = new Map();
  for (const name of FILES) {
    const text = readFileSync(`${TOP}gateway-conf/${name}`, 'utf8');
    for (const [port] of text.matchAll(/\b130\d\d\b/g))
      if (!ports.has(port))
        ports.set(port, await freePort());
    room.write(name, edit(name, text)
      .replace(/\b130\d\d\b/g, (port) => ports.get(port))
      .replaceAll('/usr/lib/fanzha/fanzha.so', built('fanzha.so'))
      .replaceAll('/usr/share/fanzha/patterns', `${TOP}patterns`)
      .replaceAll('/etc/fanzha/fanzha.conf', room.path('fanzha.conf'))
      .replace(/(?<!\w)\/(var|run|etc\/fanzha)\//g,
        (path) => `${room.folder}${path}`));
  }
  for (const folder of FOLDERS)
    mkdirSync(room.folder + folder, { recursive: true });
  return ports;
}

async function start(room, ports, { fanzha }) {
  const program = (name, command, port, options) =>
    new Program(room, name, command, options).start()
      .port(ports.get(port), { ms: PATIENCE });
  const kannel = room.path('kannel.conf');
  const app = await new Application(room, ports.get('13080')).listen();
  await program('bearerbox', [BEARERBOX, kannel], '13001', { hard: true });
  const box = fanzha ? await program('fanzhabox',
    [built('fanzhabox'), '--config', room.path('fanzhabox.conf')], '13002')
    : null;
  await program('smsbox', [SMSBOX, kannel], '13013', { hard: true });
  const fakesmsc = new Program(room, 'fakesmsc', [fakesmscPath(), '-H',
    '127.0.0.1', '-r', String(ports.get('13010')), '-m', '1',
    '+8613800000001 10086 text hello+from+a+phone'], { hard: true }).start();
  await fakesmsc.line(/sent message 1/, { ms: PATIENCE });
  return { app, box, fakesmsc };
}

async function carries(room, ports, { app, fakesmsc }) {
  const { status, body } = await sendSms(ports.get('13013'),
    { from: '10086', to: '+8613800000001', text: 'Hello to a phone' },
    { user: 'example', password: 'change-me' });
  assert.equal(status, 202, body);
  await fakesmsc.line(/Got message \d+: <10086 \+?8613800000001 .*Hello/,
    { ms: PATIENCE });
  await until(() => app.received.some((m) => /phone/.test(m.text)),
    'the phone\'s message at the application', { ms: PATIENCE });
}

test('the samples start as they are, observe, and carry messages', async () => {
  const room = new Room('samples');
  try {
    const ports = await move(room);
    const gateway = await start(room, ports, { fanzha: true });
    await carries(room, ports, gateway);
    const control = `${room.folder}/run/fanzha/control`;
    await controlOpen(control, { ms: PATIENCE });
    const status = await ask(control, 'status');
    assert.equal(status.generation.mode, 'observe');
    assert.equal(status.generation.digest, ''); // nothing was promoted
    assert.equal(status.counters.messages.mt.judged, 1);
    assert.equal(status.counters.messages.mo.judged, 1);
    // going live is an act
    const promoted = await ask(control, 'reload');
    assert.ok(promoted.rules > 0);
    await carries(room, ports, gateway);
  } finally {
    await room.close();
  }
});

test('the way back is one line of smsbox\'s', async () => {
  const room = new Room('samples-back');
  try {
    let lines = 0;
    const ports = await move(room, (name, text) => name !== 'kannel.conf' ? text
      : text.replace(/^bearerbox-port = 13002$/gm, () => {
        lines++;
        return 'bearerbox-port = 13001';
      }));
    assert.equal(lines, 1);
    await carries(room, ports, await start(room, ports, { fanzha: false }));
  } finally {
    await room.close();
  }
});
