// SPDX-License-Identifier: BSD-2-Clause
//
// generations.test.mjs - what was promoted can be gone back to, a promotion can
// be tried, and a compile that goes wrong costs nothing but an answer

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, readdirSync, readlinkSync, writeFileSync }
  from 'node:fs';
import { after, before, test } from 'node:test';
import { libconfig } from '../rig/conf.mjs';
import { Gateway, built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { until } from '../rig/room.mjs';

const ruleFile = (rules) => libconfig({
  set: { name: 'gen', title: 'Rules that come and go', owner: 'x@example.test',
    language: 'en' },
  rules: rules.map(([id, phrase, more]) => ({ id, title: id, phrase,
    action: 'reject', reason: 'phishing', ...more })),
});

let gateway;
before(async () => {
  gateway = await Gateway.start({ name: 'generations',
    files: { 'patterns/rules.conf': ruleFile([['gen.first', 'first words']]) },
    patterns: ['patterns'] });
});
after(() => gateway?.close());

let count = 0;
const answerTo = async (text) => (await gateway.send({ from: '10086',
  to: `+861390001${String(++count).padStart(4, '0')}`, text })).status;
const digest = async () => (await gateway.ask('status')).generation.digest;
const promoted = () => readlinkSync(gateway.room.path('generations/current'));
const write = (...rules) =>
  gateway.room.write('patterns/rules.conf', ruleFile(rules));
async function fine(verb, ...args) {
  const { code, stdout, stderr } = await gateway.fanzhactl(verb, ...args);
  assert.equal(code, 0, stdout + stderr);
  return stdout;
}
async function refused(says, verb, ...args) {
  const { code, stdout, stderr } = await gateway.fanzhactl(verb, ...args);
  assert.equal(code, 3, stdout + stderr);
  assert.match(stderr, says);
}

test('rollback takes back rules, overrides and policy, and so does going back',
  async () => {
    const first = await digest();
    const conf = gateway.room.read('fanzha.conf');
    write(['gen.second', 'second words', { rev: 2 }], ['gen.third', 'third']);
    gateway.room.write('override/site.conf', libconfig({ overrides: [
      { id: 'gen.third', state: 'shadow' }] }));
    gateway.room.write('fanzha.conf', conf.replace('"enforce"', '"observe"'));
    const told = await fine('reload', '--wait');
    assert.match(told, /2 new, 1 gone, 0 changed/);
    const second = await digest();
    assert.equal(await answerTo('first words'), 202);
    assert.equal((await gateway.ask('status')).generation.mode, 'observe');

    assert.match(await fine('rollback'), new RegExp(
      `${first.slice(0, 16)} is in force.*1 new, 2 gone`));
    assert.equal(await digest(), first);
    assert.equal(promoted(), first);
    assert.equal((await gateway.ask('status')).generation.mode, 'enforce');
    assert.equal(await answerTo('first words'), 403);
    assert.equal(await answerTo('second words'), 202);

    await fine('rollback');
    assert.equal(await digest(), second);
    await fine('rollback', '--to', first.slice(0, 12));
    assert.equal(await digest(), first);
    gateway.room.write('fanzha.conf', conf);
  });

test('what was rolled back to serves after a restart', async () => {
  const live = await digest();
  await gateway.fanzhabox.kill();
  await gateway.startFanzhabox();
  await gateway.smsbox.kill();
  await gateway.startSmsbox();
  assert.equal(await digest(), live);
  assert.equal(await answerTo('first words'), 403);
});

test('the generations are listed with time, digest and who did it',
  async () => {
    const { generations } = JSON.parse(
      await fine('generations', '--format', 'json'));
    assert.equal(generations.length, 2);
    assert.ok(generations[0].in_force && generations[0].current);
    assert.equal(generations[0].digest, await digest());
    assert.equal(generations[0].act, 'rollback');
    assert.match(generations[0].actor, /^uid:\d+ .* pid:\d+$/);
    assert.ok(Math.abs(generations[0].promoted_ms - Date.now()) < 600000);
    assert.ok(generations[1].previous);
    assert.match(await fine('generations'), new RegExp(
      `^\\* ${generations[0].digest.slice(0, 16)} .*rollback.*uid:`));
  });

test('a rollback to what is not there, or is in force, is refused',
  async () => {
    await refused(/no generation `0123456789' is kept/, 'rollback', '--to',
      '0123456789');
    await refused(/is in force already/, 'rollback', '--to', await digest());
    await refused(/names no generation/, 'rollback', '--to', '01');
  });

test('a dry run says what would change, and changes nothing', async () => {
  const live = await digest();
  const kept = readdirSync(gateway.room.path('generations')).sort();
  write(['gen.first', 'first words', { rev: 9 }], ['gen.new', 'new words']);
  gateway.room.write('override/site.conf', '');
  assert.match(await fine('reload', '--dry-run'),
    /could be put in force: 2 rules \(1 new, 0 gone, 1 changed\)/);
  assert.match(await fine('rollback', '--dry-run'), /could be put in force/);
  assert.equal(await digest(), live);
  assert.equal(promoted(), live);
  assert.deepEqual(readdirSync(gateway.room.path('generations')).sort(), kept);
  write(['gen.first', 'first words', { scoer: 9 }]);
  await refused(/scoer/, 'reload', '--dry-run');
});

test('reloads at the same time take turns, and the last one stands',
  async () => {
    write(['gen.first', 'first words'], ['gen.turn', 'turn by turn']);
    const answers = await Promise.all(Array.from({ length: 5 }, () =>
      gateway.fanzhactl('reload', '--wait', '--format', 'json')));
    for (const { code, stdout, stderr } of answers)
      assert.equal(code, 0, stdout + stderr);
    assert.deepEqual([...new Set(answers.map(({ stdout }) =>
      JSON.parse(stdout).digest))], [await digest()]);
    assert.equal(await answerTo('turn by turn'), 403);
  });

test('progress comes as lines of JSON when asked for, and not otherwise',
  async () => {
    write(['gen.first', 'first words'], ['gen.progress', 'progress is made']);
    gateway.room.write('slow', `#!/bin/sh\nsleep 0.4\nexec "${
      process.env.FANZHA_COMPILE}" "$@"\n`);
    chmodSync(gateway.room.path('slow'), 0o755);
    const env = { FANZHA_COMPILE: gateway.room.path('slow') };
    const lint = async (...args) => {
      return run([built('fanzhactl'), 'lint', gateway.room.path('patterns'),
        ...args], { env });
    };
    const lines = (await lint('--progress=json')).stderr.split('\n')
      .filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    assert.ok(lines.some(({ progress }) => /^compiling/.test(progress)));
    assert.ok(lines.every(({ done, total }) => done <= total));
    assert.doesNotMatch((await lint()).stderr, /compiling/);
    const { stderr } = await gateway.fanzhactl('reload', '--progress=json');
    assert.match(stderr, /^\{"progress":".+","done":\d+,"total":\d+\}$/m);
  });

// --- the child that compiles -------------------------------------------------
const restartWith = async (compile) => {
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', `${conf.replace(/^compile = .*$/m, '')}
compile = ${compile};\n`);
  await gateway.fanzhabox.stop();
  await gateway.startFanzhabox();
  await gateway.smsbox.kill();
  await gateway.startSmsbox();
};
const script = (name, text) => {
  const path = gateway.room.write(name, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};
let fresh = 100;

for (const [name, text, says, more = ''] of [
  ['is killed', 'kill -9 $$', /died of signal 9/],
  ['writes rubbish', 'echo rubbish', /is no database/],
  ['takes too long', 'exec sleep 600', /stopped after 1 s.*`compile.time'/,
    'time = 1;'],
  ['is not there', null, /cannot be started/],
]) {
  test(`a compiler that ${name} costs an answer, and what serves stays`,
    async () => {
      const live = await digest();
      await restartWith(`{ program = "${text === null ? '/nowhere/compile'
        : script('child', text)}"; ${more} }`);
      // the generation in force needs no compiler: it is in the cache
      assert.equal(await digest(), live);
      write(['gen.first', 'first words'],
        ['gen.fresh', `freshly made ${++fresh}`]);
      await refused(says, 'reload', '--wait');
      assert.equal(await digest(), live);
      assert.equal(promoted(), live);
      assert.equal(await answerTo('first words'), 403);
    });
}

test('bypass and status are answered while rules are compiled', async () => {
  const gate = gateway.room.path('gate');
  await restartWith(`{ program = "${script('child', `touch "${gate}.at"
while [ ! -e "${gate}" ]; do sleep 0.05; done
exec "$FANZHA_COMPILE" "$@"`)}"; }`);
  write(['gen.first', 'first words'],
    ['gen.fresh', `freshly made ${++fresh}`]);
  const reload = gateway.fanzhactl('reload', '--wait');
  await until(() => existsSync(`${gate}.at`), 'the compiler to be at work');
  await fine('bypass', 'on');
  assert.equal(await answerTo('first words'), 202);
  await fine('status');
  await fine('bypass', 'off');
  assert.equal(await answerTo('first words'), 403);
  assert.equal(await answerTo(`freshly made ${fresh}`), 202);
  writeFileSync(gate, '');
  const { code, stdout, stderr } = await reload;
  assert.equal(code, 0, stdout + stderr);
  assert.equal(await answerTo(`freshly made ${fresh}`), 403);
});

// --- damage ------------------------------------------------------------------
test('with both generations damaged status says so loudly, until a reload',
  async () => {
    await gateway.fanzhabox.stop();
    for (const link of ['current', 'previous']) {
      const file =
        gateway.room.path(`generations/${link}/patterns/0/rules.conf`);
      const text = readFileSync(file, 'utf8');
      chmodSync(file, 0o644);
      writeFileSync(file, `${text}# altered\n`);
    }
    await gateway.startFanzhabox();
    await gateway.smsbox.kill();
    await gateway.startSmsbox();
    const { generation } = await gateway.ask('status');
    assert.equal(generation.in_force, 'none');
    assert.deepEqual(generation.damaged.map((it) => it.generation),
      ['current', 'previous']);
    assert.match(generation.damaged[0].why, /was changed after/);
    const shown = await fine('status');
    assert.match(shown, /^GENERATION DAMAGED: the current one .*was changed/m);
    assert.match(shown, /^NO RULES ARE IN FORCE/m);
    assert.match(await fine('metrics'), /^fanzha_generations_damaged 2$/m);
    assert.equal(await answerTo('first words'), 202);
    await fine('reload', '--wait');
    assert.equal((await gateway.ask('status')).generation.damaged, undefined);
    assert.equal((await gateway.ask('status')).generation.in_force, 'current');
    assert.doesNotMatch(await fine('status'), /DAMAGED/);
    assert.equal(await answerTo('first words'), 403);
  });

test('every act is in the audit trail, and the trail is whole', async () => {
  await fine('audit', 'verify');
});
