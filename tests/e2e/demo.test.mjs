// SPDX-License-Identifier: BSD-2-Clause
//
// demo.test.mjs - scripts/demo shows what it promises, and leaves nothing
// behind unless asked to

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { sendSms } from '../rig/application.mjs';
import { TOP } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { until } from '../rig/room.mjs';

// scripts/demo builds first; what it then runs is this
const demo = (...args) => run([process.execPath,
  `${TOP}tests/rig/demo/demo.mjs`, ...args], { env: { NO_COLOR: '1' } });

test('every message of the demo fares as it should', async () => {
  const { code, stdout, stderr } = await demo();
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /\d+ messages: .*every one fared as it should/);
  assert.doesNotMatch(stdout, /NOT SO|\u001b/);
  assert.ok(!existsSync(/gateway in (\S+)/.exec(stdout)[1]));
});

test('--keep leaves it running, and says how to stop it', async () => {
  const { code, stdout, stderr } = await demo('--keep');
  assert.equal(code, 0, stdout + stderr);
  const folder = /gateway in (\S+)/.exec(stdout)[1];
  const stop = /stop it +(\S+)/.exec(stdout)[1];
  try {
    const port = Number(/127\.0\.0\.1:(\d+)\/cgi-bin/.exec(stdout)[1]);
    const { status } = await sendSms(port, { from: '10086',
      to: '13800000000', text: 'still here' });
    assert.equal(status, 202);
  } finally {
    assert.equal((await run([stop])).code, 0);
  }
  await until(() => !existsSync(folder), 'the folder to go');
});
