// SPDX-License-Identifier: BSD-2-Clause
//
// walk-through.test.mjs - the commands of docs/walk-through.md, as they stand
// there, on a real gateway

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { Gateway, TOP, built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';

const page = readFileSync(`${TOP}docs/walk-through.md`, 'utf8');
const blocks = [...page.matchAll(/^```sh\n([^]*?)^```$/gm)]
  .map(([, commands]) => commands);
const SAMPLE = '【海河公安局】您名下账户涉嫌洗钱,请将资金转入安全账户配合调查';
const RECEIVER = '+8613900000001';

let gateway;
before(async () => {
  assert.ok(page.includes(SAMPLE) && page.includes(RECEIVER));
  gateway = await Gateway.start({ name: 'walk', patterns: ['patterns.d'],
    files: { 'patterns.d/base/rules.conf': `
set = { name = "base"; title = "What was in force before";
        owner = "rules@example.test"; };
rules = ( { id = "base.escrow"; title = "An escrow deposit";
  phrase = "escrow deposit"; score = 10.0; reason = "phishing";
  match = [ "the escrow deposit" ]; } );
` } });
});
after(() => gateway?.close());

/** One block, in the folder of the gateway; its output. */
async function follow(at) {
  const { code, stdout, stderr } = await run(
    ['bash', '-e', '-o', 'pipefail', '-c', blocks[at]],
    { cwd: gateway.room.folder,
      env: { PATH: `${dirname(built('fanzhactl'))}:${process.env.PATH}` } });
  assert.equal(code, 0, `${blocks[at]}\n${stdout}\n${stderr}`);
  return stdout;
}

test('the page has the blocks that are followed here', () => {
  assert.equal(blocks.length, 6);
});

test('samples are written, and a draft is made of them', async () => {
  await follow(0);
  const out = await follow(1);
  assert.match(out, /100% +0 {2}涉嫌洗钱 ~40 安全账户/);
  assert.match(out, /phrase = "涉嫌洗钱 ~40 安全账户"/);
});

test('the set is written, and holds what it says', async () => {
  const out = await follow(2);
  assert.match(out, /^1 rules, 0 errors, 0 warnings$/m);
  assert.match(out, /^3 samples, 0 failed$/m);
});

test('the samples would be held, the week would not change', async () => {
  assert.match(await follow(3),
    /^4 messages, 4 judged the same$[^]*^ +3 newly held +100\.0000 %$[^]*^campaign\.safe-account +3 /m);
});

test('nothing is held before the reload, the same message after it',
  async () => {
    const before = await gateway.send({ from: '10690000', to: RECEIVER,
      text: SAMPLE, coding: 2 });
    assert.equal(before.status, 202);
    await gateway.smsc.submitted((s) => s.text === SAMPLE);
    await follow(4);
    await gateway.send({ from: '10690000', to: RECEIVER, text: SAMPLE,
      coding: 2 });
    const [row] = await gateway.held();
    assert.equal(row.rule, 'campaign.safe-account');
  });

test('the recorder knows both, and the reason is explained', async () => {
  const out = await follow(5);
  const [held, passed] = out.split('\n');
  assert.match(held, /mt {2}quarantine +hold +10\.00 .* quarantine row 1, held$/);
  assert.match(passed, /mt {2}pass +deliver +0\.00 /);
  assert.match(out, /campaign\.safe-account/);
});
