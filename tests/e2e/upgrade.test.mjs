// SPDX-License-Identifier: BSD-2-Clause
//
// upgrade.test.mjs - another fanzhabox and another fanzha.so take the place of
// those that run, under load: no connection ends, no message is lost, sent
// twice or out of order. The long form is scripts/upgrade-test.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { existsSync, writeFileSync, unlinkSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Between } from '../rig/between.mjs';
import { StubBearerbox } from '../rig/boxes.mjs';
import { Authority } from '../rig/certificates.mjs';
import { ACK, SMS_TYPE, pack } from '../rig/frames.mjs';
import { Gateway } from '../rig/gateway.mjs';
import { VERSION, install } from '../rig/install.mjs';
import { LEDGER_RULES } from '../rig/ledger.mjs';
import { Random } from '../rig/random.mjs';
import { Room, freePort, until } from '../rig/room.mjs';
import { NEXT, built, gatewayRun, orderRun, status, upgrade } from '../rig/upgrade.mjs';

test('boxes with messages in flight keep their connections, and all arrives',
  async (t) => {
    const result = await gatewayRun({ seed: 5, boxes: 5, perSecond: 150,
      upgrades: 2, say: (text) => t.diagnostic(text) });
    const { balance } = result;
    assert.equal(result.droppedByUpgrades, 0);
    assert.deepEqual(result.upgrades.map((u) => u.kept), [5, 5]);
    assert.ok(result.upgrades.every((u) => u.inFlight > 0));
    assert.equal(result.host, VERSION); // there and back
    for (const what of ['lost', 'unfiltered', 'wronglyHeld'])
      assert.deepEqual(balance[what].slice(0, 5), [], what);
    assert.equal(balance.unanswered, 0);
    assert.equal(balance.duplicates, 0);
    assert.ok(balance.held > 0 && balance.refused > 0);
    assert.ok(result.ledger.entries.every((e) => e.attempts === 1));
  });

test('order between two is kept, nothing is sent twice, every ack is matched',
  async (t) => {
    const result = await orderRun({ seed: 6, boxes: 20, perSecond: 400,
      upgrades: 3, say: (text) => t.diagnostic(text) });
    assert.equal(result.dropped, 0);
    assert.equal(result.upstream, 20);
    assert.ok(result.upgrades.every((u) => u.inFlight > 0));
    assert.ok(result.order.compared > 50, `${result.order.compared} compared`);
    assert.deepEqual(result.order.overtaken, []);
    assert.equal(result.again, 0);
    assert.equal(result.twice, 0);
    assert.equal(result.unmatched, 0);
  });

// --- a gateway with Debian's smsbox ------------------------------------------
let gateway, admin;
before(async () => {
  admin = await freePort();
  gateway = await Gateway.start({ name: 'upgrade-smsbox', installed: true,
    box: { 'admin-port': admin, 'admin-password': 'change',
      'status-password': 'look' } });
});
after(() => gateway?.close());

const carries = async (text) => {
  const { status: code } = await gateway.send({ from: '10086',
    to: '+8613900000001', text });
  assert.equal(code, 202);
  await gateway.smsc.submitted((s) => s.text === text);
};

test('smsbox notices nothing; status tells of the new program and plugin',
  async () => {
    await carries('before');
    const old = await status(admin);
    const { pid } = gateway.fanzhabox;
    assert.equal(old.version, VERSION);
    assert.equal(old.upgrade.stage, 'none');
    install(gateway.room, { version: NEXT });
    const { code, stdout } = await upgrade(gateway.room);
    assert.equal(code, 0, stdout);
    const now = await status(admin);
    assert.equal(now.version, NEXT);
    assert.equal(now.upgrade.stage, 'done');
    assert.equal(now.upgrade.done, 1);
    assert.deepEqual(now.boxes.map((b) => b.from), old.boxes.map((b) => b.from));
    assert.equal((await gateway.ask('version')).version, NEXT);
    assert.equal(gateway.fanzhabox.pid, pid);
    await carries('behind');
    gateway.assertAlive();
  });

test('a plugin that does not load is refused, and the running one goes on',
  async () => {
    unlinkSync(gateway.room.path('fanzha.so'));
    writeFileSync(gateway.room.path('fanzha.so'), 'none');
    const { code, stdout } = await upgrade(gateway.room);
    assert.equal(code, 1);
    assert.match(stdout, /^refused: .*cannot be loaded/);
    assert.equal((await status(admin)).upgrade.stage, 'refused');
    await carries('all the same');
    install(gateway.room, { names: ['fanzha.so'] });
  });

test('a fanzha.conf that its plugin would refuse is told before anything ' +
  'happens', async () => {
  const conf = gateway.room.read('fanzha.conf');
  gateway.room.write('fanzha.conf', `nonsense = 1;\n${conf}`);
  const { code, stdout } = await upgrade(gateway.room);
  assert.equal(code, 1);
  assert.match(stdout, /^refused: .*nonsense/);
  await carries('with what it had read');
  gateway.room.write('fanzha.conf', conf);
  assert.equal((await upgrade(gateway.room)).code, 0);
  await carries('mended');
});

// --- TLS ---------------------------------------------------------------------
const messageTo = (receiver, id) => ({ type: 'sms', sender: '10086', receiver,
  msgdata: 'Your parcel waits at the desk', coding: 0, id,
  time: Math.floor(Date.now() / 1000), sms_type: SMS_TYPE.mtPush });

async function withTls(body) {
  const room = new Room('upgrade-tls');
  try {
    const authority = await Authority.make(room);
    await body(room, authority, await authority.sign('server'));
  } finally {
    await room.close();
  }
}

// --- asking ------------------------------------------------------------------
const asked = async (room, authority, server, keys) => {
  const port = await freePort();
  return Between.start(room, { rules: LEDGER_RULES, installed: true,
    box: { 'admin-port': port, 'admin-password': 'change',
      'ssl-server-cert-file': server.certFile,
      'ssl-server-key-file': server.keyFile, 'smsbox-port-ssl': true,
      ...keys }, tls: { box: { ca: authority.cert } } });
};

/** Change lines of the configuration that the running one has read. */
function change(room, from, to) {
  const conf = room.read('fanzhabox.conf');
  assert.ok(conf.includes(from), conf);
  room.write('fanzhabox.conf', conf.replace(from, to));
}

test('--upgrade asks pages by TLS, and those that turn to it or from it',
  () => withTls(async (room, authority, server) => {
    await asked(room, authority, server, { 'admin-port-ssl': true });
    let { code, stdout, stderr } = await upgrade(room);
    assert.equal(code, 0, stdout + stderr);
    for (const [from, to] of [['admin-port-ssl = true',
      'admin-port-ssl = false'], ['admin-port-ssl = false',
      'admin-port-ssl = true']]) {
      change(room, from, to);
      ({ code, stdout, stderr } = await upgrade(room));
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^done: /);
    }
  }));

test('--upgrade says what to do when it is not let in, not known or not heard',
  () => withTls(async (room, authority, server) => {
    const between = await asked(room, authority, server,
      { 'admin-allow-ip': '192.0.2.7' });
    let { code, stderr } = await upgrade(room);
    assert.equal(code, 1);
    assert.match(stderr, /does not let 127\.0\.0\.1 in, .*`admin-allow-ip'.*curl -u any:PASSWORD http:\/\/127/);
    change(room, 'admin-allow-ip = 192.0.2.7', 'admin-allow-ip = 127.0.0.1');
    ({ code, stderr } = await upgrade(room)); // the running one knows it not
    assert.equal(code, 1);
    assert.match(stderr, /closed the connection without an answer\. .*let 127\.0\.0\.1 in/);
    await between.program.stop({ ms: 20000 });
    ({ code, stderr } = await upgrade(room));
    assert.equal(code, 1);
    assert.match(stderr, /Connection refused\. Does fanzhabox run/);
    await between.startBox();
    change(room, 'admin-password = change', 'admin-password = another');
    ({ code, stderr } = await upgrade(room));
    assert.equal(code, 1);
    assert.match(stderr, /answered 403: .*\n.*that it read when it started/);
    assert.ok(between.program.isRunning);
  }));

test('boxes by TLS are closed with a sentence and come back; those of a plain ' +
  'port stay', () => withTls(async (room, authority, server) => {
  const port = await freePort(), wapPort = await freePort();
  const wapUpstream = await new StubBearerbox(room, await freePort()).listen();
  const between = await Between.start(room, { rules: LEDGER_RULES,
    installed: true, tls: { box: { ca: authority.cert } },
    box: { 'admin-port': port, 'admin-password': 'change',
      'status-password': 'look', 'smsbox-port-ssl': true,
      'ssl-server-cert-file': server.certFile,
      'ssl-server-key-file': server.keyFile, 'wapbox-port': wapPort,
      'wapbox-interface': '127.0.0.1',
      'bearerbox-wapbox-port': wapUpstream.port } });
  const { box, link } = await between.connect('byTls');
  const wap = connect(wapPort, '127.0.0.1');
  room.onClose(() => wap.destroy());
  const pushed = () => wapUpstream.frames.length;
  const random = new Random(4);
  wap.write(pack(messageTo('13800000001', random.uuid())));
  await until(() => pushed() === 1, 'the push of a wapbox');

  // unanswered when the upgrade comes
  between.upstream.onSms = () => {};
  const id = random.uuid();
  box.send(messageTo('13800000002', id));
  await until(() => link.frames.length === 1, 'the message');
  const { code, stdout } = await upgrade(room);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /took over 1 connections/); // the wapbox's
  await until(() => box.closed, 'the end of the connection by TLS');
  assert.match(between.program.output,
    /connection of box `byTls' at \S+ ends with the upgrade: TLS/);

  between.upstream.onSms = (message, at) => at.ack(message);
  const again = await between.connect('byTls');
  again.box.send(messageTo('13800000002', id)); // as one that heard nothing
  assert.equal((await again.box.acked(id)).nack, ACK.success);
  wap.write(pack(messageTo('13800000001', random.uuid())));
  await until(() => pushed() === 2, 'a push over the same connection');
  assert.equal(wap.destroyed, false);
  assert.equal(wapUpstream.links.length, 1);
}));

test('a plain box stays when its bearerbox is reached by TLS, which is made ' +
  'anew', () => withTls(async (room, authority, server) => {
  const port = await freePort();
  const between = await Between.start(room, { rules: LEDGER_RULES,
    installed: true, tls: { upstream: { key: server.key, cert: server.cert } },
    box: { 'admin-port': port, 'admin-password': 'change',
      'status-password': 'look', 'bearerbox-port-ssl': true,
      'ssl-trusted-ca-file': authority.file } });
  const { box, link } = await between.connect('plain');
  const random = new Random(5), [early, late] = [random.uuid(), random.uuid()];
  between.upstream.onSms = () => {};
  box.send(messageTo('13800000003', early));
  await until(() => link.frames.length === 1, 'the message');
  const { code, stdout } = await upgrade(room);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /took over 1 connections/);
  assert.equal((await box.acked(early)).nack, ACK.failedTmp);
  between.upstream.onSms = (message, at) => at.ack(message);
  await until(() => between.upstream.links.some(
    (l) => l.boxcId === 'plain' && !l.closed && l !== link),
  'a new connection to bearerbox');
  box.send(messageTo('13800000003', late));
  assert.equal((await box.acked(late)).nack, ACK.success);
  assert.equal(box.closed, false);
}));

test('what is kept for a wapbox by TLS goes on when its connection ends',
  () => withTls(async (room, authority, server) => {
    const wapPort = await freePort();
    const wapUpstream = await new StubBearerbox(room, await freePort()).listen();
    room.write('full', 'x');
    await Between.start(room, { installed: true,
      box: { 'admin-port': await freePort(), 'admin-password': 'change',
        'wapbox-port': wapPort, 'wapbox-interface': '127.0.0.1',
        'wapbox-port-ssl': true, 'bearerbox-wapbox-port': wapUpstream.port,
        'ssl-server-cert-file': server.certFile,
        'ssl-server-key-file': server.keyFile },
      plugins: [{ group: 'pluginbox-plugin', id: 'asker',
        path: built('tests/.libs/box_asker.so'), init: 'box_asker_init',
        args: room.path('trace') }] });
    const wap = connectTls({ port: wapPort, host: '127.0.0.1',
      ca: authority.cert });
    room.onClose(() => wap.destroy());
    wap.on('error', () => {});
    await once(wap, 'secureConnect');
    wap.write(pack({ ...messageTo('13800000001', new Random(4).uuid()),
      msgdata: `say:if ${room.path('full')}` }));
    await until(() => existsSync(room.path('trace')) &&
      / sms /.test(room.read('trace')),
      'the push to be deferred');
    unlinkSync(room.path('full'));
    const { code, stdout } = await upgrade(room);
    assert.equal(code, 0, stdout);
    await until(() => wapUpstream.frames.length === 1, 'the push');
  }));

/** Messages of both directions, each sent again by its sender when it was not
 *  taken or its connection ended, as Kannel's do. */
class BothWays {
  mt = { delivered: new Set(), told: new Set(), again: [], next: 0,
    out: new Map() };
  mo = { delivered: new Set(), told: new Set(), again: [], next: 0,
    out: new Map() };
  attempts = 0;
  random = new Random(9);

  constructor(between, boxId, count) {
    Object.assign(this, { between, boxId, count, connections: 0 });
    between.upstream.onSms = (message, link) => {
      this.mt.delivered.add(message.msgdata.toString());
      setTimeout(() => link.ack(message), 15); // so that much is unanswered
    };
  }

  async #connected() {
    const { between } = this;
    if (!this.box || this.box.closed) {
      this.#lost(this.mt);
      this.connections++;
      this.box = (await between.connect(this.boxId)).box;
      this.box.onSms = (message) => {
        this.mo.delivered.add(message.msgdata.toString());
        setTimeout(() => this.box.ack(message), 15);
      };
    }
    const link = between.upstream.links.find((l) => l.boxcId === this.boxId &&
      !l.closed);
    if (link !== this.link)
      this.#lost(this.mo);
    this.link = link;
  }

  #lost(way) {
    way.again.push(...way.out.values());
    way.out.clear();
  }

  #turn(way, to, answerOf, more) {
    for (const [id, text] of way.out) {
      const answer = answerOf(id);
      if (!answer)
        continue;
      way.out.delete(id);
      if (answer.nack === ACK.failedTmp)
        way.again.push(text);
      else
        way.told.add(text);
    }
    while (to && !to.closed && way.out.size < 20) {
      const text = way.again.shift() ??
        (way.next < this.count ? `Your parcel ${way.next++} waits` : null);
      if (!text)
        return;
      const id = this.random.uuid();
      way.out.set(id, text);
      this.attempts++;
      to.send({ ...messageTo(`1380000${this.random.between(1000, 9999)}`, id),
        msgdata: text, ...more });
    }
  }

  get isOver() {
    return [this.mt, this.mo].every((way) => way.told.size === this.count);
  }

  async run() {
    while (!this.isOver && !this.stopped) {
      await this.#connected();
      this.#turn(this.mt, this.box, (id) => this.box.acks.get(id),
        { sms_type: SMS_TYPE.mtPush });
      this.#turn(this.mo, this.link, (id) => this.link?.others.find((m) =>
        m.type === 'ack' && m.id === id), { sms_type: SMS_TYPE.mo });
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

for (const [what, boxByTls] of [['a plain box, and a bearerbox by TLS', false],
  ['a box by TLS, and a plain bearerbox', true]])
  test(`no message and no acknowledgement is lost in flight: ${what}`,
    () => withTls(async (room, authority, server) => {
      const between = await Between.start(room, { rules: LEDGER_RULES,
        installed: true,
        tls: boxByTls ? { box: { ca: authority.cert } }
          : { upstream: { key: server.key, cert: server.cert } },
        box: { 'admin-port': await freePort(), 'admin-password': 'change',
          ...boxByTls ? { 'smsbox-port-ssl': true,
            'ssl-server-cert-file': server.certFile,
            'ssl-server-key-file': server.keyFile }
            : { 'bearerbox-port-ssl': true,
              'ssl-trusted-ca-file': authority.file } } });
      const both = new BothWays(between, 'either', 3000);
      const run = both.run();
      run.catch(() => {});
      for (let i = 1; i <= 2; i++) {
        await until(() => both.mt.told.size > i * 500 &&
          both.mo.told.size > i * 500 && both.mt.out.size > 0 &&
          both.mo.out.size > 0, 'messages in flight', { ms: 60000 });
        const { code, stdout } = await upgrade(room);
        assert.equal(code, 0, stdout);
      }
      assert.ok(!both.isOver);
      await until(() => both.isOver, () => `all of both ways to be told: ${
        both.mt.told.size} and ${both.mo.told.size}; unanswered ${
        both.mt.out.size} and ${both.mo.out.size}`, { ms: 60000 });
      await run;
      for (const way of [both.mt, both.mo])
        assert.deepEqual([...way.told].filter((t) => !way.delivered.has(t)),
          []);
      assert.equal(both.connections, boxByTls ? 3 : 1);
      assert.equal(both.mt.out.size, 0); // each attempt heard how it ended
    }));
