// SPDX-License-Identifier: BSD-2-Clause
//
// states.test.mjs - the file that promote and demote write is what the gateway
// has in force, or what it was before; and a demotion at once is at once

import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync,
  readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync }
  from 'node:fs';
import { connect, createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { Gateway, PATIENCE } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { until } from '../rig/room.mjs';

const IDS = ['st.one', 'st.two', 'st.three', 'st.four'];
const rule = (id, state = 'shadow') => `  { id = "${id}"; title = "${id}";
    state = "${state}"; phrase = "vault ${id.slice(3)}"; score = 10.0;
    reason = "phishing"; match = [ "the vault ${id.slice(3)}" ]; }`;
const RULES = `
set = { name = "st"; title = "States"; owner = "rules@example.test"; };
rules = (
${[...IDS.map((id) => rule(id)), rule('st.live', 'active'),
    rule('st.draft', 'draft'), rule('st.gone', 'retired'),
    rule('st.resting', 'active')].join(',\n')}
);
`;
const STATES = 'over.d/90-states.conf';

let gateway;
const servers = [];
before(async () => {
  gateway = await Gateway.start({ name: 'states', patterns: ['patterns.d'],
    conf: { override: 'over.d' },
    files: { 'patterns.d/st/rules.conf': RULES } });
});
after(async () => {
  for (const server of servers)
    server.close();
  await gateway?.close();
});
// each begins with the rules as they are written
afterEach(async () => {
  rmSync(path('over.d'), { recursive: true, force: true });
  await gateway.reload();
});

const path = (name) => gateway.room.path(name);
const ctl = (...args) => gateway.fanzhactl(...args);
const promote = (id, ...more) => ctl('promote', id, '--force', ...more);
const state = async (id) =>
  (await gateway.ask('stats', { rule: id })).rules[0].state;
const text = (name = STATES) => gateway.room.read(name);
const audit = async (act) => {
  const { code, stdout, stderr } = await run(['sqlite3', '-readonly', '-json',
    path('quarantine.db'),
    `SELECT detail FROM audit WHERE act = '${act}' ORDER BY seq`]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout || '[]').map(({ detail }) => JSON.parse(detail));
};

/** Between fanzhactl and the gateway. `step(request)` says what becomes of each
 *  question: 'pass', 'lose' (the gateway has it, its answer is lost), or 'end'
 *  (it is passed, and then nobody listens any more). */
async function between(step) {
  const socket = path(`between-${servers.length}`);
  const server = createServer((client) => {
    let asked = '';
    client.on('error', () => {});
    client.on('data', (data) => {
      asked += data;
      if (!asked.endsWith('\n'))
        return;
      const what = step(JSON.parse(asked));
      if (what === 'end')
        rmSync(socket); // what a client finds that comes now
      const on = connect(path('control'), () => on.write(asked));
      on.on('data', (answer) => what !== 'lose' && client.write(answer));
      on.on('close', () => client.destroy());
      if (what === 'lose')
        on.once('data', () => client.destroy());
    });
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(socket, resolve));
  return socket;
}

test('of several at once each is in force, and none loses another', async () => {
  const made = await Promise.all(IDS.map((id) => promote(id)));
  for (const { code, stderr } of made)
    assert.equal(code, 0, stderr);
  for (const id of IDS) {
    assert.equal(await state(id), 'active', id);
    assert.ok(text().includes(`id = "${id}"`), id);
  }
  const back = await Promise.all([ctl('demote', IDS[0]), promote(IDS[1]),
    ctl('demote', IDS[2])]);
  for (const { code, stderr } of back)
    assert.equal(code, 0, stderr);
  assert.deepEqual(await Promise.all(IDS.map(state)),
    ['shadow', 'active', 'shadow', 'active']);
  // what is kept is no more than that
  assert.equal((await gateway.ask('status')).generation.demoted, undefined);
  assert.deepEqual(readdirSync(path('over.d')), ['90-states.conf']);
});

test('what others wrote in the file stays', async () => {
  gateway.room.write(STATES, '# ours\noverrides = (\n' +
    '  # asked for by the desk\n' +
    '  { id = "st.two"; score = 2.5; owner = "a@example.test"; ' +
    'reason = "r"; }, # softer\n' +
    '  { id = "st.one"; state = "shadow"; owner = "a@example.test"; ' +
    'reason = "r"; }\n);\n# the end\n');
  const { code, stderr } = await promote('st.one', '--owner', 'b@example.test',
    '--reason', 'seen');
  assert.equal(code, 0, stderr);
  assert.equal(text(), '# ours\noverrides = (\n' +
    '  # asked for by the desk\n' +
    '  { id = "st.two"; score = 2.5; owner = "a@example.test"; ' +
    'reason = "r"; }, # softer\n' +
    '  { id = "st.one"; state = "active"; owner = "b@example.test"; ' +
    'reason = "seen"; }\n);\n# the end\n');
  assert.equal(await state('st.one'), 'active');
});

test('a line that it cannot edit is named, and nothing is changed', async () => {
  const mine = 'overrides = (\n  { id = "st.two";\n    score = 2.5; }\n);\n';
  gateway.room.write(STATES, mine);
  const { code, stderr } = await promote('st.one');
  assert.equal(code, 3);
  assert.match(stderr, /90-states\.conf:2: this is neither an entry/);
  assert.equal(text(), mine);
  assert.equal(await state('st.one'), 'shadow');
});

/* What can be told of a file from outside. */
const face = (name) => {
  const { mode, uid, gid, ino, mtimeMs } = statSync(path(name));
  return { mode, uid, gid, ino, mtimeMs, octets: text(name) };
};
const asItWas = new RegExp(`^fanzhactl: .*/${STATES} is as it was\\.$`, 'm');

/** The states in force stand in the file already, and it is not everybody's. */
async function standing() {
  assert.equal((await promote('st.two')).code, 0);
  chmodSync(path(STATES), 0o640);
  if (process.getuid() === 0)
    chownSync(path(STATES), 65534, 65533);
  return face(STATES);
}

test('where the gateway refuses, the file is as it was', async () => {
  const was = await standing();
  gateway.room.write('over.d/50-desk.conf', 'overrides = ( { id = ');
  const refused = await promote('st.one');
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /50-desk\.conf/);
  assert.match(refused.stderr, asItWas);
  assert.deepEqual(face(STATES), was);
  assert.equal(await state('st.one'), 'shadow');
  assert.deepEqual(readdirSync(path('over.d')).sort(),
    ['50-desk.conf', '90-states.conf']);

  // demoted it is all the same: what must stop is stopped
  const demoted = await ctl('demote', 'st.two');
  assert.equal(demoted.code, 5);
  assert.match(demoted.stdout, /st\.two is in shadow from now on/);
  assert.match(demoted.stderr, asItWas);
  assert.match(demoted.stderr,
    /only until the next generation \(a reload, an update of lists, a rollback\) or restart/);
  assert.deepEqual(face(STATES), was);
  assert.equal(await state('st.two'), 'shadow');
  rmSync(path('over.d/50-desk.conf'));
  await gateway.reload();
  assert.equal(await state('st.two'), 'active');
});

test('where there was no file and no folder, none is left', async () => {
  assert.ok(!existsSync(path('over.d')));
  const socket = await between(({ args }) => args.check ? 'end' : 'pass');
  const { code, stderr } = await promote('st.one', '--socket', socket);
  assert.equal(code, 4);
  assert.match(stderr, asItWas);
  assert.ok(!existsSync(path('over.d')));
});

test('where nobody is reached, the file is as it was', async () => {
  const was = await standing();
  const socket = await between(({ args }) => args.check ? 'end' : 'pass');
  const { code, stderr } = await promote('st.one', '--socket', socket);
  assert.equal(code, 4);
  assert.match(stderr, /there is no control socket/);
  assert.match(stderr, asItWas);
  assert.deepEqual(face(STATES), was);
  assert.equal(await state('st.one'), 'shadow');

  const other = await between(({ args }) => args.keep ? 'pass' : 'end');
  const demoted = await ctl('demote', 'st.two', '--socket', other);
  assert.equal(demoted.code, 5);
  assert.match(demoted.stderr, asItWas);
  assert.deepEqual(face(STATES), was);
});

test('of a lost answer nothing is said that is not known', async () => {
  const was = await standing();
  const lost = await between(({ args }) => args.check ? 'pass' : 'lose');
  const { code, stderr } = await promote('st.one', '--socket', lost);
  assert.equal(code, 4);
  assert.match(stderr, /was asked and did not answer: whether the entry of st\.one in .*90-states\.conf is in force is not known/);
  assert.doesNotMatch(stderr, /as it was/);
  await until(async () => await state('st.one') === 'active', 'what was asked',
    { ms: PATIENCE, every: 50 });
  assert.match(text(), /id = "st\.one"; state = "active"/);
  assert.equal(face(STATES).mode, was.mode);
  assert.equal(face(STATES).uid, was.uid);

  const keep = await between(({ args }) => args.keep ? 'lose' : 'pass');
  const demoted = await ctl('demote', 'st.one', '--socket', keep);
  assert.equal(demoted.code, 5);
  assert.match(demoted.stderr, /whether the entry of st\.one/);
  assert.match(text(), /id = "st\.one"; state = "shadow"/);

  const atOnce = await between(() => 'lose');
  const before = text();
  const unknown = await ctl('demote', 'st.two', '--socket', atOnce);
  assert.equal(unknown.code, 4);
  assert.match(unknown.stderr,
    /whether st\.two is in shadow is not known, and nothing is written/);
  assert.equal(text(), before);
  assert.deepEqual(readdirSync(path('over.d')), ['90-states.conf']);
});

test('a symbolic link stays one', async () => {
  assert.equal((await promote('st.two')).code, 0);
  mkdirSync(path('kept'), { recursive: true });
  renameSync(path(STATES), path('kept/states'));
  symlinkSync('../kept/states', path(STATES));
  const { code, stderr } = await promote('st.one');
  assert.equal(code, 0, stderr);
  assert.ok(lstatSync(path(STATES)).isSymbolicLink());
  assert.equal(readlinkSync(path(STATES)), '../kept/states');
  assert.match(readFileSync(path('kept/states'), 'utf8'), /st\.one/);
  assert.deepEqual(readdirSync(path('kept')), ['states']);
  assert.equal(await state('st.one'), 'active');
});

test('demoted at once: for the next message, until the next generation',
  async () => {
    const held = async (count) => until(async () =>
      (await gateway.held((row) => row.rule === 'st.live')).length === count,
    `${count} held messages`, { ms: PATIENCE, every: 100 });
    const send = () => gateway.send({ from: '10690000', to: '+8613900000001',
      text: 'the vault live' });
    await send();
    await held(1);
    const { generation } = await gateway.ask('status');
    assert.deepEqual(await gateway.ask('demote', { rule: 'st.live',
      reason: 'too many' }), { rule: 'st.live', rev: 1, was: 'active',
      state: 'shadow' });
    await send();
    await gateway.smsc.submitted((s) => s.text === 'the vault live');
    const { rules: [it] } = await gateway.ask('stats', { rule: 'st.live' });
    assert.equal(it.state, 'shadow');
    assert.deepEqual([it.matched, it.judged],
      [{ active: 1, shadow: 1 }, { active: 1, shadow: 1 }]);
    assert.equal(generation.demoted, undefined);
    const now = (await gateway.ask('status')).generation;
    assert.equal(now.digest, generation.digest);
    assert.deepEqual(now.demoted, ['st.live']);
    assert.match((await ctl('status')).stdout,
      /^in shadow until the next generation alone: st\.live$/m);
    const entry = (await audit('demote')).at(-1);
    assert.deepEqual(entry, { rule: 'st.live', rev: 1, reason: 'too many',
      undo: 'fanzhactl promote st.live', was: 'active' });
    assert.ok(!existsSync(path(STATES)));

    // any generation, with or without a change
    await gateway.reload();
    assert.equal(await state('st.live'), 'active');
    assert.equal((await gateway.ask('status')).generation.demoted, undefined);
    await send();
    await held(2);
  });

const strangers = [
  { id: 'st.draft', says: /rule `st\.draft': it is a draft where it is written, and not loaded/ },
  { id: 'st.gone', says: /rule `st\.gone': it is retired where it is written, and not loaded/ },
  { id: 'st.liev', says: /rule `st\.liev': no rule of this id is in force: did you mean `st\.live'\?/ },
  { id: 'st.darft', says: /did you mean `st\.draft'\?/ },
  { id: 'nobody.knows-it', says: /rule `nobody\.knows-it': no rule of this id is in force\.$/m },
];
for (const { id, says } of strangers)
  test(`${id} is told apart, and changes nothing`, async () => {
    const acts = (await audit('demote')).length;
    for (const verb of ['demote', 'promote', 'stats']) {
      const { code, stdout, stderr } = await ctl(verb, id);
      assert.equal(code, 3, verb);
      assert.equal(stdout, '');
      assert.match(stderr, says);
    }
    assert.ok(!existsSync(path('over.d')));
    assert.equal((await audit('demote')).length, acts);
  });

test('what an override has retired is not let back in by a demotion',
  async () => {
    gateway.room.write('over.d/10-desk.conf', 'overrides = (\n' +
      '  { id = "st.resting"; state = "retired"; owner = "a@example.test"; ' +
      'reason = "r"; }\n);\n');
    await gateway.reload();
    const { code, stderr } = await ctl('demote', 'st.resting');
    assert.equal(code, 3);
    assert.match(stderr, /an override has retired it/);
    assert.equal(await state('st.resting'), 'retired');
    assert.ok(!existsSync(path(STATES)));
  });

test('a question without a rule is told what it wants', async () => {
  for (const verb of ['promote', 'demote'])
    await assert.rejects(gateway.ask(verb, {}),
      /"rule" wants the id of a rule/);
});
