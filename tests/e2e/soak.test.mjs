// SPDX-License-Identifier: BSD-2-Clause
//
// soak.test.mjs - a few reloads under traffic: nothing is lost or overtaken,
// and each is in force when its command comes back. The long form is
// scripts/reload-soak.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderRun, soakRun } from '../rig/soak.mjs';

test('reloads under traffic lose nothing and are in force at once',
  async (t) => {
    const { reloads, late, balance } = await soakRun({ seed: 7, reloads: 8,
      rules: 100, say: (text) => t.diagnostic(text) });
    assert.equal(reloads.length, 8);
    assert.deepEqual(late, []);
    const short = (entries) => entries.slice(0, 5);
    assert.deepEqual(short(balance.lost), []);
    assert.deepEqual(short(balance.unfiltered), []);
    assert.deepEqual(short(balance.wronglyHeld), []);
    assert.equal(balance.unanswered, 0);
    assert.equal(balance.duplicates, 0);
    assert.ok(balance.delivered > 0 && balance.held > 0);
  });

test('reloads under traffic keep the order between the same two', async () => {
  const { compared, overtaken } = await orderRun({ seed: 7, reloads: 8,
    rules: 100 });
  assert.ok(compared > 0);
  assert.deepEqual(overtaken, []);
});
