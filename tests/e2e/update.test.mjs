// SPDX-License-Identifier: BSD-2-Clause
//
// update.test.mjs - feeds are fetched by HTTPS, checked against what was there,
// and only then put in force

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Feeds } from '../rig/feeds.mjs';
import { Gateway, TOP, built } from '../rig/gateway.mjs';
import { run } from '../rig/program.mjs';
import { Room } from '../rig/room.mjs';

const hosts = (count, name = 'h') => Array.from({ length: count },
  (_, i) => `${name}${i}.example`).join('\n') + '\n';

let room, feeds, gateway, mute;
before(async () => {
  room = new Room('update-files');
  feeds = await new Feeds(room).listen();
  feeds.pages['/plain.txt'] = { body: `bad.example\n${hosts(200)}`,
    etag: '"one"' };
  // takes a question and goes away
  mute = createServer((socket) => socket.once('data', () => socket.destroy()));
  mute.path = room.path('mute');
  await new Promise((resolve) => mute.listen(mute.path, resolve));
  const made = await run([built('fanzhactl'), 'list', 'build',
    room.write('first.txt', 'first.example\n'), '-o', room.path('web.fzl')]);
  assert.equal(made.code, 0, made.stderr);
  gateway = await Gateway.start({ name: 'update',
    patterns: [`${TOP}tests/e2e/patterns/e2e`],
    conf: { lists: listsWith() } });
});
after(async () => {
  mute?.close();
  await gateway?.close();
  await room?.close();
});

function listsWith(feed = {}, more = {}) {
  return {
    young: 0,
    files: [{ name: 'web', path: room.path('web.fzl') }],
    'feeds-folder': room.path('feeds'),
    feeds: [{ name: 'plain', url: feeds.url('/plain.txt'), list: 'web',
      category: 'phishing', 'ca-file': feeds.ca, ...feed }],
    ...more,
  };
}

const update = (...args) => run([built('fanzhactl'), 'list', 'update',
  '--config', gateway.room.path('fanzha.conf'), ...args]);
const digest = async () => (await gateway.ask('status')).generation.digest;

/** What the running gateway says of a link. */
const said = async (link) => (await gateway.ask('list-query',
  { keys: [link] })).answers[0].answer;

/** With one feed changed in the working file, which no reload has seen. */
async function withFeed(feed, work, more) {
  const conf = gateway.room.read('fanzha.conf');
  gateway.writeConf({ lists: listsWith(feed, more) });
  try {
    return await work();
  } finally {
    gateway.room.write('fanzha.conf', conf);
  }
}

test('a feed is fetched, built and in force', async () => {
  assert.equal(await said('http://bad.example/x'), 'none');
  const before = await digest();
  const { code, stdout, stderr } = await update();
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /plain: fetched/);
  assert.match(stdout, /in force: generation/);
  assert.notEqual(await digest(), before);
  assert.equal(await said('http://bad.example/x'), 'block');
  const { answers } = await gateway.ask('list-query',
    { keys: ['host:bad.example'] });
  assert.equal(answers[0].list, 'plain');
  assert.equal(answers[0].category, 'phishing');
});

test('what is not new is not fetched again', async () => {
  const before = await digest();
  const { code, stdout } = await update();
  assert.equal(code, 0);
  assert.match(stdout, /plain: nothing new/);
  assert.match(stdout, /web: as it was/);
  assert.equal(feeds.requests.at(-1).headers['if-none-match'], '"one"');
  assert.equal(await digest(), before);
});

test('rules and settings that somebody has begun to edit stay out', async () => {
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', conf.replace('mode = "enforce"',
    'mode = "observe"'));
  feeds.pages['/plain.txt'] = { body: `bad.example\nnext.example\n${
    hosts(200)}`, etag: '"two"' };
  const { code, stderr } = await update();
  assert.equal(code, 0, stderr);
  assert.equal(await said('http://next.example/'), 'block');
  assert.equal((await gateway.ask('status')).generation.mode, 'enforce');
  gateway.room.write('fanzha.conf', conf);
});

test('sudden growth is refused until somebody accepts it', async () => {
  const before = await digest();
  feeds.pages['/plain.txt'] = { body: `bad.example\n${hosts(900)}`,
    etag: '"three"' };
  const { code, stderr } = await update();
  assert.equal(code, 1, stderr);
  assert.match(stderr, /more was added/);
  assert.equal(await digest(), before);
  assert.equal(await said('http://h800.example/'), 'none');
  // it is fetched again, not taken for what is there
  const again = await update();
  assert.equal(again.code, 1);
  const accepted = await update('--accept');
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.equal(await said('http://h800.example/'), 'block');
});

test('a feed that shrinks is refused', async () => {
  feeds.pages['/plain.txt'] = { body: '<html><body>maintenance</body></html>\n' +
    'bad.example\n', etag: '"four"' };
  const { code, stderr } = await update();
  assert.equal(code, 1, stderr);
  assert.match(stderr, /removed/);
  assert.equal(await said('http://h800.example/'), 'block');
});

test('a feed without one entry is refused', async () => {
  feeds.pages['/plain.txt'] = { body: '', etag: '"five"' };
  assert.equal((await update()).code, 3);
  assert.equal(await said('http://h800.example/'), 'block');
});

test('a feed that names shared hosts all of a sudden is refused', async () => {
  const shared = ['t.cn', 'bit.ly', 'docs.qq.com', 'github.io', 'com.cn'];
  feeds.pages['/plain.txt'] = { body: `${hosts(900)}${shared.join('\n')}\n`,
    etag: '"six"' };
  const made = await withFeed({}, () => update(), { 'max-refused': 3 });
  assert.equal(made.code, 1, made.stderr);
  assert.match(made.stderr, /shared hosts/);
  for (const host of shared)
    assert.equal(await said(`http://${host}/x`), 'none');
});

test('packed answers are unpacked, and bounded by what they become', async () => {
  const page = (text, etag) => ({ body: gzipSync(text), etag,
    headers: { 'content-encoding': 'gzip' } });
  feeds.pages['/plain.txt'] = page(`gz.example\n${hosts(900)}`, '"seven"');
  const { code, stderr } = await update();
  assert.equal(code, 0, stderr);
  assert.equal(await said('http://gz.example/'), 'block');
  feeds.pages['/plain.txt'] = page('#'.repeat(3 << 20), '"eight"');
  const large = await withFeed({ 'max-mb': 1 }, () => update());
  assert.equal(large.code, 5);
  assert.match(large.stderr, /larger than max-mb/);
  assert.equal(await said('http://gz.example/'), 'block');
});

const faults = [
  { name: 'another authority\'s certificate', says: /certificate/i,
    feed: () => ({ 'ca-file': feeds.otherCa }) },
  { name: 'a certificate for another name', says: /certificate|SSL|match/i,
    feed: () => ({ url: feeds.url('/plain.txt', '127.0.0.1') }) },
  { name: 'an unknown page', says: /404/,
    feed: () => ({ url: feeds.url('/nowhere') }) },
  { name: 'a redirect away from https', says: /Protocol|http/,
    feed: () => {
      feeds.pages['/away'] = { status: 302, body: '',
        headers: { location: 'http://localhost:1/plain.txt' } };
      return { url: feeds.url('/away') };
    } },
  { name: 'nobody there', says: /onnect/,
    feed: () => ({ url: 'https://localhost:1/plain.txt' }) },
];
for (const row of faults)
  test(`a feed does not come from ${row.name}, what is there stays`,
    async () => {
      const made = await withFeed(row.feed(), () => update());
      assert.equal(made.code, 5, made.stderr);
      assert.match(made.stderr, row.says);
      assert.equal(await said('http://gz.example/'), 'block');
    });

test('plain http is no feed', async () => {
  const made = await withFeed({ url: 'http://localhost/x' }, () => update());
  assert.equal(made.code, 3);
  assert.match(made.stderr, /https/);
});

test('a dry run keeps nothing', async () => {
  feeds.pages['/plain.txt'] = { body: `dry.example\n${hosts(900)}`,
    etag: '"nine"' };
  const before = await digest();
  const made = await update('--dry-run');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /added/);
  assert.equal(await digest(), before);
  assert.equal(await said('http://dry.example/'), 'none');
  assert.ok(!existsSync(room.path('web.fzl.next')));
});

test('a fetch that was killed is begun anew', async () => {
  room.write('feeds/plain.next', 'half of it');
  feeds.pages['/plain.txt'] = { body: `whole.example\n${hosts(900)}`,
    etag: '"ten"' };
  assert.equal((await update()).code, 0);
  assert.equal(await said('http://whole.example/'), 'block');
  assert.match(readFileSync(room.path('feeds/plain.feed'), 'utf8'),
    /whole\.example/);
});

test('a list that the gateway refuses is taken back', async () => {
  // signed lists are asked for in force, the update does not sign
  gateway.writeConf({ lists: { ...listsWith(), files: [{ name: 'web',
    path: room.path('web.fzl'), 'public-key': 'ab'.repeat(32) }] } });
  const key = room.path('release');
  await run([built('fanzhactl'), 'list', 'key', key]);
  gateway.writeConf({ lists: { ...listsWith(), files: [{ name: 'web',
    path: room.path('web.fzl'),
    'public-key': readFileSync(`${key}.pub`, 'utf8').trim() }],
  'sign-key': `${key}.key` } });
  feeds.pages['/plain.txt'] = { body: `signed.example\n${hosts(900)}`,
    etag: '"eleven"' };
  assert.equal((await update('--no-reload')).code, 0);
  await gateway.reload();
  assert.equal(await said('http://signed.example/'), 'block');
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', conf.replace(/sign-key = [^;]*;/, ''));
  feeds.pages['/plain.txt'] = { body: `unsigned.example\n${hosts(900)}`,
    etag: '"twelve"' };
  const octets = readFileSync(room.path('web.fzl'));
  const made = await update();
  assert.equal(made.code, 3);
  assert.match(made.stderr, /not signed/);
  assert.equal(await said('http://signed.example/'), 'block');
  assert.deepEqual(readFileSync(room.path('web.fzl')), octets);
});

// Two lists, of which `second' must be signed; `third' is new later.
const second = (body, etag) => {
  feeds.pages['/second.txt'] = { body, etag };
};
const plain = (body, etag) => {
  feeds.pages['/plain.txt'] = { body, etag };
};
let key;
function twoLists(more = {}, third = false) {
  const feed = (name, list) => ({ name, url: feeds.url(`/${name}.txt`), list,
    category: 'phishing', 'ca-file': feeds.ca });
  return { lists: { young: 0, 'feeds-folder': room.path('feeds'),
    files: [{ name: 'web', path: room.path('web.fzl') },
      { name: 'second', path: room.path('second.fzl'),
        'public-key': readFileSync(`${key}.pub`, 'utf8').trim() },
      ...third ? [{ name: 'third', path: room.path('third.fzl') }] : []],
    feeds: [feed('plain', 'web'), feed('second', 'second'),
      ...third ? [feed('third', 'third')] : []], ...more } };
}
const octets = (name) => readFileSync(room.path(name));

test('of a refused run each list that it kept is taken back, and no other',
  async () => {
    key = room.path('second');
    await run([built('fanzhactl'), 'list', 'key', key]);
    gateway.writeConf(twoLists({ 'sign-key': `${key}.key` }));
    second('one.example\n', '"s1"');
    plain(`older.example\n${hosts(900)}`, '"t1"');
    assert.equal((await update('--no-reload')).code, 0);
    await gateway.reload();
    plain(`newer.example\n${hosts(900)}`, '"t2"');
    const good = await update();
    assert.equal(good.code, 0, good.stderr);
    assert.equal(await said('http://newer.example/'), 'block');
    assert.ok(!existsSync(room.path('web.fzl.former')));

    gateway.writeConf(twoLists({}, true)); // no key to sign with
    second('two.example\n', '"s2"');
    feeds.pages['/third.txt'] = { body: 'third.example\n', etag: '"r1"' };
    const kept = ['web.fzl', 'web.fzl.report', 'second.fzl',
      'second.fzl.report'];
    const before = kept.map(octets);
    const { code, stderr } = await update();
    assert.equal(code, 3, stderr);
    assert.match(stderr, /not signed/);
    assert.match(stderr, /list `second' is as it was\./);
    assert.match(stderr, /list `third' is taken away again\./);
    assert.doesNotMatch(stderr, /list `web'/);
    kept.forEach((name, i) => assert.deepEqual(octets(name), before[i], name));
    assert.match(octets('feeds/plain.meta').toString(), /^etag "t2"$/m);
    for (const name of ['third.fzl', 'third.fzl.report', 'second.fzl.former',
      'second.fzl.report.former', 'feeds/second.meta', 'feeds/third.meta'])
      assert.ok(!existsSync(room.path(name)), name);
    await gateway.ask('reload', { lists: true });
    assert.equal(await said('http://newer.example/'), 'block');
    assert.equal(await said('http://one.example/'), 'block');
  });

const unasked = /^fanzhactl: the lists are ready for the next reload\.$/m;
const unanswered = [
  { name: 'nobody answers', code: 4, says: unasked,
    args: () => ['--socket', room.path('nobody')] },
  { name: 'the answer is lost', code: 4, args: () => ['--socket', mute.path],
    says: /was asked and did not answer: the lists are in force .*, or ready for the next reload/ },
  { name: 'no control socket is named', code: 3, says: unasked, args: () => [],
    conf: { control: { socket: '' } } },
];
for (const row of unanswered)
  test(`where ${row.name} the lists are left for the next reload`,
    async () => {
      const conf = gateway.room.read('fanzha.conf');
      const name = row.name.replaceAll(' ', '-');
      gateway.writeConf({ ...twoLists({ 'sign-key': `${key}.key` }),
        ...row.conf });
      plain(`${name}.example\n${hosts(900)}`, `"${name}"`);
      second(`s-${name}.example\n`, `"s-${name}"`);
      const { code, stderr } = await update(...row.args());
      assert.equal(code, row.code, stderr);
      assert.match(stderr, row.says);
      assert.ok(existsSync(room.path('feeds/plain.meta')));
      assert.equal(await said(`http://${name}.example/`), 'none');
      await gateway.ask('reload', { lists: true });
      assert.equal(await said(`http://${name}.example/`), 'block');
      gateway.room.write('fanzha.conf', conf);
    });

test('a list that has no feed is no list to update', async () => {
  const { code, stdout, stderr } = await update('--list', 'secnod');
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /no feed goes into a list `secnod': did you mean `second'\?/);
  const far = await update('--list', 'zzz');
  assert.equal(far.code, 2);
  assert.equal(far.stderr, "fanzhactl: no feed goes into a list `zzz'.\n");
});
