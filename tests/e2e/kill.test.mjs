// SPDX-License-Identifier: BSD-2-Clause
//
// kill.test.mjs - each program killed once with messages in flight; every
// accepted message is delivered or held, none comes out unfiltered. The long
// form is scripts/kill-test.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRun } from '../rig/kill.mjs';

test('kill -9 of fanzhabox, bearerbox and smsbox loses nothing', async (t) => {
  const { kills, balance } = await killRun({ seed: 3, rounds: 1, fanzha: true,
    say: (text) => t.diagnostic(text) });
  assert.equal(kills.length, 3);
  for (const { victim, inFlight } of kills)
    assert.ok(inFlight > 0, `nothing was in flight when ${victim} was killed`);
  const short = (entries) => entries.slice(0, 5);
  assert.deepEqual(short(balance.lost), []);
  assert.deepEqual(short(balance.unfiltered), []);
  assert.deepEqual(short(balance.wronglyHeld), []);
  assert.equal(balance.unanswered, 0);
  assert.equal(balance.accepted,
    balance.delivered + balance.held + balance.rejected);
  assert.ok(balance.held > 0 && balance.refused > 0);
});
