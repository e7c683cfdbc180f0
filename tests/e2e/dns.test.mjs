// SPDX-License-Identifier: BSD-2-Clause
//
// dns.test.mjs - lists over DNS on a real gateway: what is in doubt is asked
// about, a listing acts, and a server that is silent, slow, lying, refusing or
// flapping costs nobody but itself. Nothing here is timed: a message that
// arrives while its answer is still withheld did not wait for it.

import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Gateway } from '../rig/gateway.mjs';
import { NameServer, rbldnsd } from '../rig/names.mjs';
import { partHeader } from '../rig/parts.mjs';
import { until } from '../rig/room.mjs';

// in doubt: four points; with a listing of the category `phishing' it is held
const RULES = `
set = { name = "dns"; title = "Doubts"; owner = "rules@example.test";
        language = "en"; };
rules = (
  { id = "dns.bonus"; title = "A bonus"; phrase = "bonus"; score = 4.0;
    match = [ "Your bonus" ]; },
  { id = "dns.escrow"; title = "Held anyhow"; phrase = "escrow deposit";
    score = 12.0; match = [ "escrow deposit" ]; }
);
`;
const REGISTRY = ['identity,class,signatures,senders,hosts',
  'tester,A2P,,10086,', 'codes,code,,106900000309,'].join('\n');

let gateway, own, real, count = 0;
const nextNumber = () => `+861392000${String(++count).padStart(4, '0')}`;
const host = (name) => `${name}${++count}.example`;

const CODES = [{ answer: '127.0.0.2', category: 'phishing' }];
const lists = () => [
  { name: 'own', zone: 'own.dnsbl.test', ask: ['domain', 'host'],
    codes: CODES, servers: [own.address], check: 3600, rest: 1,
    'rest-most': 1 },
  { name: 'real', zone: 'real.dnsbl.test', ask: ['host'],
    codes: [{ bit: 2, category: 'phishing' }, { bit: 4, category: 'spam' }],
    servers: [real] },
  { name: 'real-ip', zone: 'ip.dnsbl.test', ask: ['ip'], codes: CODES,
    servers: [real] },
];
// a second is much for what is answered, and nothing is waited for in vain
const conf = (more = {}) => ({ 'dns-lists': { budget: 1000, lists: lists(),
  ...more } });

const dnsOf = async (name) => (await gateway.ask('status')).dns_lists
  .find((list) => list.name === name);
const serving = (name) => until(
  async () => (await dnsOf(name))?.state === 'serving',
  async () => `${name} to serve: ${JSON.stringify(await dnsOf(name))}`);
const resting = (name) => until(
  async () => (await dnsOf(name)).state !== 'serving',
  async () => `${name} to rest: ${JSON.stringify(await dnsOf(name))}`);

before(async () => {
  gateway = new Gateway({ name: 'dns', patterns: ['rules'],
    files: { 'registry.csv': `${REGISTRY}\n` },
    users: ['codes'].map((name) => ({ group: 'sendsms-user', username: name,
      password: name, 'user-allow-ip': '127.0.0.1' })) });
  gateway.room.mkdir('rules');
  gateway.room.write('rules/rules.conf', RULES);
  chmodSync(gateway.room.folder, 0o755); // rbldnsd reads its zones as nobody
  own = await new NameServer(gateway.room, 'own.dnsbl.test').listen();
  real = await rbldnsd(gateway.room, [
    { zone: 'real.dnsbl.test', type: 'dnset', lines: [':127.0.0.2:phishing',
      'test', 'listed.example', ':127.0.0.4:spam', 'spam.example',
      ':127.0.0.1:blocked', 'blocked.example'] },
    { zone: 'ip.dnsbl.test', type: 'ip4set', lines: [':127.0.0.2:ip',
      '127.0.0.2', '192.0.2.0/28'] },
  ]);
  gateway.options.conf = { ...conf(), senders: { registry: ['registry.csv'] } };
  await gateway.start();
  for (const { name } of lists())
    await serving(name);
});
after(() => gateway?.close());

/** Back to an honest server that is believed. */
async function honest() {
  own.mode = 'honest';
  own.release();
  await serving('own');
}

const send = (to, text, more) => gateway.send({ from: '10086', to, text, ...more });
const arrives = (to, text) => gateway.smsc.submitted(
  (s) => s.receiver === to && s.text === text, `"${text}" at ${to}`);
const record = (to) => until(async () => {
  const [row] = await gateway.held((one) => one.receiver === to);
  return row;
}, () => `a message to ${to} to be held`);

async function passes(text, to = nextNumber()) {
  assert.equal((await send(to, text)).status, 202);
  await arrives(to, text);
}
async function isHeld(text, to = nextNumber()) {
  assert.equal((await send(to, text)).status, 202);
  await record(to);
  return gateway.records().at(-1);
}
const signalOf = (one) => one.signals.find((s) => s.list !== undefined);

// --- what a listing does -------------------------------------------------------
test('a link that rbldnsd lists is held, with list, entry and answer told',
  async () => {
    const one = await isHeld('bonus at http://listed.example/x');
    const signal = signalOf(one);
    assert.equal(one.by, 'list-block');
    assert.equal(signal.id, 'list.block.phishing');
    assert.equal(signal.list, 'real');
    assert.equal(signal.entry, 'host:listed.example');
    assert.match(JSON.stringify(signal), /127\.0\.0\.2/);
  });

test('a bit means what the table says, and an address is asked reversed',
  async () => {
    const to = nextNumber();
    assert.equal((await send(to, 'bonus http://spam.example/a')).status, 202);
    await arrives(to, 'bonus hxxp://spam(.)example/a');
    const signal = signalOf(await isHeld('bonus http://192.0.2.7/x'));
    assert.equal(signal.list, 'real-ip');
    assert.equal(signal.entry, 'ip:192.0.2.7');
  });

test('what nobody lists passes, and is not asked for twice', async () => {
  const name = host('clean');
  await passes(`bonus http://www.${name}/1`);
  assert.equal(own.count(name), 1);
  assert.equal(own.count(`www.${name}`), 1);
  await passes(`bonus http://www.${name}/2`);
  assert.equal(own.count(name), 1);
});

test('a registrable domain is listed for all below it', async () => {
  const name = host('wide');
  own.entries.set(name, '127.0.0.2');
  const signal = signalOf(await isHeld(`bonus http://a.b.${name}/`));
  assert.equal(signal.entry, `.${name}`);
  assert.equal(signal.list, 'own');
});

test('out of the band nobody is asked', async () => {
  const low = host('low'), high = host('high');
  own.entries.set(low, '127.0.0.2');
  await passes(`hello http://${low}/`);
  await isHeld(`escrow deposit http://${high}/`);
  assert.equal(own.count(low) + own.count(high), 0);
});

test('the class of codes is not asked about', async () => {
  const name = host('code'), to = nextNumber(), text = `bonus http://${name}/`;
  own.entries.set(name, '127.0.0.2');
  assert.equal((await gateway.send({ from: '106900000309', to, text },
    { user: 'codes', password: 'codes' })).status, 202);
  await arrives(to, text);
  assert.equal(own.count(name), 0);
});

test('a longer message is asked about as a whole', async () => {
  const name = host('long'), to = nextNumber();
  own.entries.set(name, '127.0.0.2');
  const texts = ['your bonus is ', `at http://${name}/x`];
  for (const [at, text] of texts.entries())
    assert.equal((await send(to, text,
      { udh: partHeader(7, 2, at + 1) })).status,
    202);
  await record(to);
  const one = gateway.records().at(-1);
  assert.deepEqual(one.parts.came, [1, 2]);
  assert.equal(signalOf(one).entry, `.${name}`);
});

// --- order -----------------------------------------------------------------------
test('who waits holds up those behind it, and nobody else', async () => {
  const name = host('slow'), to = nextNumber(), other = nextNumber();
  gateway.writeConf(conf({ budget: 10000 }));
  await gateway.reload();
  own.mode = 'held';
  /* of messages that wait for its SMSC at one time, bearerbox sends those of a
   * later second first (see sameSecond in assembly.test.mjs) */
  await new Promise((go) => setTimeout(go, 1050 - Date.now() % 1000));
  const first = send(to, `bonus http://${name}/`);
  await until(() => own.count(name) > 0, 'the question to come');
  const second = send(to, 'second');
  const third = send(other, 'third');
  await arrives(other, 'third');
  assert.ok(!gateway.smsc.submits.some((s) => s.receiver === to));
  own.release();
  await Promise.all([first, second, third]);
  await arrives(to, 'second');
  const got = gateway.smsc.submits.filter((s) => s.receiver === to);
  assert.deepEqual(got.map((s) => s.text), [`bonus http://${name}/`, 'second']);
  gateway.writeConf();
  await gateway.reload();
  await honest();
});

// --- servers that fail -------------------------------------------------------------
test('with a slow server a message passes in time, and the next has the answer',
  async () => {
    const name = host('late'), text = `bonus http://${name}/`;
    own.entries.set(name, '127.0.0.2');
    own.mode = 'held';
    const before = await dnsOf('own');
    await passes(text); // while its answers are withheld
    const questions = own.count(name);
    own.release();
    own.mode = 'honest';
    await until(async () => (await dnsOf('own')).listed > before.listed,
      'the late answer to be taken');
    assert.ok((await dnsOf('own')).late > before.late);
    await isHeld(text);
    assert.equal(own.count(name), questions);
    await honest();
  });

test('what a late answer does is the failure policy\'s to say', async () => {
  own.mode = 'held';
  gateway.writeConf({ failure: { mt: { 'dns-late': 'quarantine' } } });
  await gateway.reload();
  const name = host('kept');
  const one = await isHeld(`bonus http://${name}/`);
  assert.equal(one.by, 'failure');
  assert.equal(one.decider, 'dns-late');
  const { text } = await gateway.ask('metrics');
  assert.match(text, /^fanzha_failures_total\{condition="dns-late",direction="mt"\} [1-9]/m);
  gateway.writeConf();
  await gateway.reload();
  await honest();
});

for (const { mode, why } of [
  { mode: 'silent', why: /no answer|had no answer/ },
  { mode: 'refusing', why: /no answer|had no answer/ },
  { mode: 'quota', why: /127\.255\.255\.254, which is no listing/ },
  { mode: 'bit-one', why: /127\.0\.0\.1, which is no listing/ },
  { mode: 'wildcard', why: /192\.0\.2\.80, which is not its own/ },
])
  test(`a server that is ${mode} lists nothing, rests, and comes back`,
    async () => {
      own.mode = mode;
      for (let i = 0; i < 5; i++)
        await passes(`bonus http://${host(mode)}/`);
      await resting('own');
      const list = await dnsOf('own');
      assert.match(list.why, why);
      assert.ok(list.rests > 0);
      assert.match((await gateway.fanzhactl('status')).stdout,
        /^DNS list own is not asked \(resting\): /m);
      // the other list is asked as ever
      const signal = signalOf(await isHeld('bonus http://listed.example/y'));
      assert.equal(signal.list, 'real');
      const { text } = await gateway.ask('metrics');
      assert.match(text, /^fanzha_dns_serving\{list="real"\} 1$/m);
      const name = host('back');
      own.entries.set(name, '127.0.0.2');
      await honest();
      await isHeld(`bonus http://${name}/`);
    });

for (const { mode, why } of [
  { mode: 'everything', why: /lists everything/ },
  { mode: 'nothing', why: /lists nothing/ },
])
  test(`a server that lists ${mode} is found out by its test points`,
    async () => {
      own.mode = mode;
      // a list that is not as it was is looked at before it is asked
      gateway.writeConf({ 'dns-lists': { budget: 1000,
        lists: lists().map((list) => list.name === 'own'
          ? { ...list, check: 3599 - count % 100 } : list) } });
      await gateway.reload();
      await until(async () => (await dnsOf('own')).checks > 0, 'the check');
      const list = await dnsOf('own');
      assert.notEqual(list.state, 'serving');
      assert.match(list.why, why);
      const name = host(mode);
      own.entries.set(name, '127.0.0.2');
      await passes(`bonus http://${name}/`);
      assert.equal(own.count(name), 0);
      gateway.writeConf();
      own.mode = 'honest';
      await gateway.reload();
      await honest();
    });

test('a server that flaps lists nothing by its silence', async () => {
  for (let i = 0; i < 3; i++) {
    own.mode = 'silent';
    await passes(`bonus http://${host('flap')}/`);
    own.mode = 'honest';
    await serving('own');
    const name = host('flop');
    own.entries.set(name, '127.0.0.2');
    await isHeld(`bonus http://${name}/`);
  }
});

// --- where nothing may act -----------------------------------------------------------
test('in observe nothing waits, and what is known is told', async () => {
  const name = host('seen'), text = `bonus http://${name}/`;
  own.entries.set(name, '127.0.0.2');
  gateway.writeConf({ mode: 'observe' });
  await gateway.reload();
  own.mode = 'held';
  const before = (await dnsOf('own')).late;
  await passes(text);
  await until(() => own.count(name) > 0, 'the question to come');
  own.release();
  own.mode = 'honest';
  await until(async () => {
    await passes(text);
    return gateway.records().at(-1)?.by === 'list-block';
  }, 'the answer to be heard');
  assert.equal((await dnsOf('own')).late, before);
  gateway.writeConf();
  await gateway.reload();
});
