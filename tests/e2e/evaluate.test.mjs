// SPDX-License-Identifier: BSD-2-Clause
//
// evaluate.test.mjs - the numbers that rule sets are judged by are right
//
// A rule set and messages of which the answer can be counted on fingers.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { alike, families_of, leave_one_out, signature, upper_bound }
  from '../../scripts/evaluate.mjs';
import { TOP, built } from '../rig/gateway.mjs';
import { Room } from '../rig/room.mjs';

const RULES = `
set = { name = "count"; title = "To count with"; owner = "a@example.test";
        language = "en"; };
rules = (
  { id = "count.fee"; score = 6.0; phrase = "customs fee"; },
  { id = "count.prize"; score = 6.0; phrase = "grand prize"; },
  { id = "count.both"; score = 5.0; phrase = "claim ~40 today"; },
  { id = "count.own"; action = "warn"; phrase = "lottery ~10 drew"; }
);
`;

const MESSAGES = [
  // five variants of one template, found by one rule, two of them by another
  ...['1', '2', '3', '4', '5'].map((n) => ['fraud', 'fraud/parcel', 'en',
    `Your parcel number ${n} waits at the depot for a customs fee, pay it`
    + ' before noon or we return it to the sender without further notice']),
  ['fraud', 'fraud/prize', 'en', 'You won the grand prize, claim it today'],
  ['fraud', 'fraud/prize', 'en', 'The lottery drew you: claim your cash today'],
  ['fraud', 'fraud/prize', 'en', 'Nobody knows this one'],
  ['spam', 'marketing/shop', 'en', 'Every grand prize shoe is cheaper now'],
  ['spam', 'illegal/gambling', 'en', 'Bet and win'],
  ['ham', 'ham/personal', 'en', 'Lunch at one?\\nI am late'],
  ['ham', 'ham/personal', 'en', 'They asked me for a customs fee, is that so'],
];

function evaluate(room, ...more) {
  return spawnSync(process.execPath, [`${TOP}scripts/evaluate.mjs`,
    '--fanzhactl', built('fanzhactl'), '--patterns', room.path('sets'),
    '--own', 'none', ...more], { encoding: 'utf8' });
}

test('recall, families left out and false positives are counted', (t) => {
  const room = new Room('evaluate');
  t.after(() => room.close?.());
  room.write('sets/count/rules.conf', RULES);
  room.write('data/corpus/own.tsv',
    MESSAGES.map((row) => `${row.join('\t')}\n`).join(''));
  const json = room.path('numbers.json');
  const ran = evaluate(room, '--json', json, room.path('data'));
  assert.equal(ran.status, 0, ran.stderr);
  const numbers = JSON.parse(readFileSync(json, 'utf8'));
  const row = (part, name) => numbers[part].find((one) => one.name === name);

  const all = row('recall', 'all fraud');
  assert.deepEqual([all.messages, all.acted, all.held], [8, 7, 1]);
  assert.deepEqual([all.families, all.families_found], [4, 3]);
  // the template loses its only rule, as does each prize: every rule has half
  // or more of its hits in one family, but count.both has half in each of two
  assert.equal(all.left_out, 0);
  // switched off alone, count.both leaves the lottery to a rule that acts by
  // itself, and the prize to the points of another
  assert.equal(numbers.rules.find((one) => one.id === 'count.both').alone, 0);
  assert.equal(row('recall', 'own fraud/prize').held, 1); // two rules add up

  const ham = row('false_positives', 'all ham');
  assert.deepEqual([ham.messages, ham.acted, ham.held], [2, 1, 0]);
  const marketing = row('marketing', 'all marketing');
  assert.deepEqual([marketing.messages, marketing.acted], [1, 1]);
  const fee = numbers.rules.find((one) => one.id === 'count.fee');
  assert.deepEqual([fee.fraud, fee.ham, fee.alone], [5, 1, 5]);
  assert.deepEqual(numbers.ham_acted_on, [{ corpus: 'own', line: 12,
    verdict: 'warn', score: 6, rules: ['count.fee'] }]);
  assert.ok(!/customs fee/.test(ran.stdout), 'no text without --show');

  const shown = evaluate(room, '--show', 'missed', room.path('data'));
  assert.match(shown.stdout, /^own:8\t.*Nobody knows this one$/m);
});

test('what is wrong is said, with the line', (t) => {
  const room = new Room('evaluate-wrong');
  t.after(() => room.close?.());
  room.write('sets/count/rules.conf', RULES);
  room.write('data/own.tsv', 'ham\tham/personal\ten\tfine\nham\tno text\n');
  const broken = evaluate(room, room.path('data'));
  assert.equal(broken.status, 3);
  assert.match(broken.stderr, /own\.tsv:2: wanted label, category/);
  assert.equal(evaluate(room).status, 2);
  assert.equal(evaluate(room, '--sho', 'x', room.path('data')).status, 2);
});

test('a family is left its general rules', () => {
  const found = (ids) => ({ verdict: 'warn',
    signals: ids.map((id) => ({ id, weight: 6 })) });
  const narrow = [found(['own']), found(['own', 'wide'])];
  const others = [found(['wide']), found(['wide'])];
  leave_one_out([narrow, ...others.map((one) => [one])], 'left');
  // `own' goes with its family; `wide' has a third of its hits in each
  assert.deepEqual([...narrow, ...others].map(({ left }) => left),
    [false, true, true, true]);
});

test('variants of a template are a family, other messages are not', () => {
  const template = (name, sum) => `Dear ${name}, your account has been limited,`
    + ` please confirm your details within 24 hours to receive ${sum} pounds`;
  const messages = [template('Ann', 20), template('Bob', 35),
    'See you at the station at six, bring the blue bag'].map((text) =>
    ({ text }));
  assert.deepEqual(families_of(messages).map((family) => family.length), [2, 1]);
  assert.ok(alike(signature('ab'), signature('AB')));
  assert.ok(!alike(signature('abc'), signature('xyz')));
});

test('the bound is the exact one', () => {
  // 3/n and the tables of Clopper and Pearson, one side of 95 %
  assert.ok(Math.abs(upper_bound(0, 10000) - 2.995e-4) < 1e-6);
  assert.ok(Math.abs(upper_bound(1, 10) - 0.3942) < 1e-4);
  assert.ok(Math.abs(upper_bound(5, 100) - 0.1023) < 1e-4);
  assert.equal(upper_bound(3, 3), 1);
});
