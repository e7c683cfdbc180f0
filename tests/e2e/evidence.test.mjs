// SPDX-License-Identifier: BSD-2-Clause
//
// evidence.test.mjs - a rule in shadow collects evidence, is promoted by it and
// demoted again, on a real gateway

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Gateway, PATIENCE } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { until } from '../rig/room.mjs';

const RULES = `
set = { name = "ev"; title = "Evidence"; owner = "rules@example.test"; };
rules = (
  { id = "ev.vault"; title = "A vault account"; state = "shadow";
    phrase = "vault account"; score = 10.0; reason = "phishing";
    match = [ "to the vault account" ]; },
  { id = "ev.quiet"; title = "Nobody writes so"; state = "shadow";
    phrase = "zyxwvuts tsrqponm"; score = 10.0; reason = "phishing";
    match = [ "zyxwvuts tsrqponm" ]; }
);
`;
const SHIPPED = 'patterns.d/ev/rules.conf';
const STATES = 'over.d/90-states.conf';
const SECRET = 'Move 8800 to the vault account, ask 13900001111, ' +
  'see http://pay.example.test/k9x?u=anna';
const RECEIVER = '+8613900000001';

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'evidence', patterns: ['patterns.d'],
    conf: { override: 'over.d', log: { records: 'records.jsonl',
      'rule-metrics': 1 } },
    files: { [SHIPPED]: RULES } });
});
after(() => gateway?.close());

const send = (text) => gateway.send({ from: '10690000', to: RECEIVER, text });
const passes = async (text) => {
  assert.equal((await send(text)).status, 202);
  await gateway.smsc.submitted((s) => s.text === text);
};
const ctl = (verb, ...args) => gateway.fanzhactl(verb, ...args);
const json = async (verb, ...args) => {
  const { code, stdout, stderr } = await ctl(verb, ...args, '--format', 'json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
};
const stats = async (rule) => (await json('stats', rule)).rules[0];
const samples = async (...more) =>
  (await json('stats', 'ev.vault', '--examples', ...more)).samples;
const stored = (count) => until(async () => (await samples()).length === count,
  `${count} samples`, { ms: PATIENCE, every: 100 });
const audit = async (act) => {
  const { code, stdout, stderr } = await run(['sqlite3', '-readonly', '-json',
    gateway.room.path('quarantine.db'),
    `SELECT actor, detail FROM audit WHERE act = '${act}' ORDER BY seq`]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).map(({ actor, detail }) =>
    ({ actor, ...JSON.parse(detail) }));
};

test('a rule in shadow lets its hits pass, and is tallied', async () => {
  await passes(SECRET);
  await passes('the vault account again');
  await passes('lunch at noon?');
  const it = await stats('ev.vault');
  assert.equal(it.state, 'shadow');
  assert.deepEqual(it.judged, { active: 0, shadow: 3 });
  assert.deepEqual(it.matched, { active: 0, shadow: 2 });
  assert.equal(it.would, 2);
  assert.equal(it.decided, 0);
  assert.ok(it.since <= it.last);
  const quiet = await stats('ev.quiet');
  assert.deepEqual(quiet.matched, { active: 0, shadow: 0 });
  assert.equal(quiet.last, null);
  const unused = await json('stats', '--unused', '0');
  assert.ok(unused.rules.some((r) => r.rule === 'ev.quiet'));
  assert.equal((await json('stats', '--unused', '1')).found, 0);
});

test('its examples are kept sealed, and shown masked', async () => {
  await stored(2);
  const [first] = await samples();
  assert.equal(first.text, 'Move **** to the vault account, ask ***********, ' +
    'see http://pay.example.test/***?*=****');
  assert.equal(first.receiver, '+86*********01');
  for (const name of ['quarantine.db', 'quarantine.db-wal'])
    assert.ok(!readFileSync(gateway.room.path(name)).includes('vault account'));
});

test('revealing them is an entry of the audit trail', async () => {
  const [first] = await samples('--reveal');
  assert.equal(first.text, SECRET);
  assert.equal(first.receiver, RECEIVER);
  assert.deepEqual((await audit('samples-reveal')).map((e) => e.rule),
    ['ev.vault']);
});

test('of a text with a one-time code the code is not kept', async () => {
  await passes('the vault account: your verification code is 483920');
  await stored(3);
  const all = await samples('--reveal');
  assert.equal(all[2].text,
    'the vault account: your verification code is ******');
});

test('promote wants evidence, and changes nothing without', async () => {
  const { code, stdout, stderr } = await ctl('promote', 'ev.vault');
  assert.equal(code, 1);
  assert.match(stdout, /4 of 300000 messages judged in shadow, 3 matched/);
  assert.match(stderr, /is not promoted/);
  assert.ok(!existsSync(gateway.room.path(STATES)));
  assert.equal((await stats('ev.vault')).state, 'shadow');
  const refused = await gateway.ask('promote', { rule: 'ev.vault' })
    .then(() => null, (error) => error.message);
  assert.match(refused, /not enough to promote it/);
});

test('a hit that is marked wrong stands against it', async () => {
  const [first] = await samples();
  const { code, stdout } = await ctl('stats', 'ev.vault', '--wrong',
    String(first.sample));
  assert.equal(code, 0);
  assert.match(stdout, /marked wrong/);
  assert.equal((await stats('ev.vault')).wrong, 1);
  const { code: refused } = await ctl('promote', 'ev.vault', '--rate', '0.9');
  assert.equal(refused, 1);
  await ctl('stats', 'ev.vault', '--right', String(first.sample));
  assert.equal((await stats('ev.vault')).wrong, 0);
  const { code: fine } = await ctl('promote', 'ev.vault', '--rate', '0.9',
    '--dry-run');
  assert.equal(fine, 0);
  assert.equal((await stats('ev.vault')).state, 'shadow');
});

let beforePromotion, asPromoted;
test('by force it acts on the next message; the shipped file is as it was',
  async () => {
    // what somebody else has begun to edit does not go with it
    gateway.room.write(SHIPPED, RULES.replace('zyxwvuts tsrqponm',
      'half of a rule'));
    beforePromotion = new Date().toISOString();
    const { code, stdout, stderr } = await ctl('promote', 'ev.vault', '--force',
      '--reason', 'seen in "bulk"');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /ev\.vault is active; to undo: fanzhactl demote ev\.vault/);
    await send('to the vault account now');
    const [row] = await until(async () => {
      const rows = await gateway.held();
      return rows.length > 0 && rows;
    }, 'a held message', { ms: PATIENCE, every: 100 });
    assert.equal(row.rule, 'ev.vault');
    asPromoted = new Date().toISOString();
    assert.match(gateway.room.read(STATES),
      /id = "ev\.vault"; state = "active"; owner = "[^"]+"; reason = "seen in \\"bulk\\"";/);
    const [entry] = await audit('promote');
    assert.equal(entry.rule, 'ev.vault');
    assert.equal(entry.forced, true);
    assert.equal(entry.undo, 'fanzhactl demote ev.vault');
    assert.match(entry.actor, /^uid:/);
    const it = await stats('ev.vault');
    assert.deepEqual([it.matched.active, it.decided, it.held], [1, 1, 1]);
    assert.deepEqual(it.judged, { active: 1, shadow: 4 });
  });

test('explain --as-of judges by what was in force then', async () => {
  const then = await json('explain', '--as-of', beforePromotion,
    'to the vault account');
  assert.equal(then.verdict, 'pass');
  const later = await json('explain', '--as-of', asPromoted,
    'to the vault account');
  assert.equal(later.verdict, 'quarantine');
  assert.equal(later.as_of.act, 'promote');
  assert.notEqual(then.as_of.digest, later.as_of.digest);
  const { code, stderr } = await ctl('explain', '--as-of',
    '2020-01-01T00:00:00Z', 'to the vault account');
  assert.equal(code, 3);
  assert.match(stderr, /not known what was in force at 2020-01-01/);
});

test('of a generation that is gone explain says that it is', async () => {
  const { as_of: { digest } } = await json('explain', '--as-of',
    beforePromotion, 'x');
  rmSync(gateway.room.path('generations', digest), { recursive: true });
  const { code, stderr } = await ctl('explain', '--as-of', beforePromotion,
    'x');
  assert.equal(code, 3);
  assert.match(stderr, /is no longer kept/);
});

test('demoted it lets pass at once, and after a restart', async () => {
  const { code, stdout, stderr } = await ctl('demote', 'ev.vault');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /in shadow from now on/);
  await passes('once more to the vault account');
  assert.match(gateway.room.read(STATES), /state = "shadow"/);
  assert.equal(gateway.room.read(STATES).match(/ev\.vault/g).length, 1);
  assert.equal((await audit('demote'))[0].undo, 'fanzhactl promote ev.vault');
  const before = await stats('ev.vault');
  await gateway.fanzhabox.stop();
  await gateway.startFanzhabox();
  await until(async () => (await stats('ev.vault')).state === 'shadow',
    'the plugin', { ms: PATIENCE, every: 100 });
  const again = await stats('ev.vault');
  assert.deepEqual(again.matched, before.matched);
  assert.deepEqual(again.judged, before.judged);
  assert.equal(again.since, before.since);
});

test('metrics name the rules that matched most, where it is wanted',
  async () => {
    const { stdout } = await ctl('metrics');
    assert.match(stdout,
      /^fanzha_rule_matched_total\{rule="ev\.vault",state="shadow"\} [1-9]/m);
    assert.match(stdout,
      /^fanzha_rule_matched_total\{rule="other",state="shadow"\} 0$/m);
    assert.doesNotMatch(stdout, /ev\.quiet/);
  });
