// SPDX-License-Identifier: BSD-2-Clause
//
// tls.test.mjs - TLS on either side: with Kannel's own boxes, with frames that
// Kannel's TLS stalls on, and with peers that are not who they should be

import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { Between } from '../rig/between.mjs';
import { StubBox } from '../rig/boxes.mjs';
import { Authority } from '../rig/certificates.mjs';
import { ACK, ADMIN, SMS_TYPE, pack } from '../rig/frames.mjs';
import { Gateway, PATIENCE } from '../rig/gateway.mjs';
import { get } from '../rig/application.mjs';
import { Random } from '../rig/random.mjs';
import { Room, freePort, until } from '../rig/room.mjs';

let keys;      // room of the certificates
let authority; // that signs them
let server;    // for 127.0.0.1
let client;
before(async () => {
  keys = new Room('keys');
  authority = await Authority.make(keys);
  server = await authority.sign('server',
    'IP:127.0.0.1,DNS:bearerbox.example', { kind: 'rsa' });
  client = await authority.sign('client', 'DNS:box.example');
});
after(() => keys?.close());

const listening = (signed = server) => ({
  'smsbox-port-ssl': true, 'ssl-server-cert-file': signed.certFile,
  'ssl-server-key-file': signed.keyFile,
});
const verifying = (more = {}) => ({
  'bearerbox-port-ssl': true, 'ssl-trusted-ca-file': authority.file, ...more,
});

// --- Kannel ------------------------------------------------------------------
test('bearerbox and smsbox by TLS: both ways, with frames of 40,000 octets',
  async () => {
    const gateway = await Gateway.start({
      name: 'tls', core: listening(), smsbox: { 'bearerbox-port-ssl': true },
      box: { ...listening(), ...verifying() },
    });
    try {
      gateway.assertAlive();
      assert.match((await gateway.status('status.xml')).body,
        /<ssl>yes<\/ssl>/);
      const sent = await gateway.send(
        { from: '10086', to: '13800000001', text: 'hello' });
      assert.equal(sent.status, 202, sent.body);
      await gateway.smsc.submitted((s) => s.text === 'hello');

      // 40,000 octets down with the message, and up again with its report
      const pad = 'x'.repeat(40000);
      const large = await gateway.send({ from: '10086', to: '13800000002',
        text: 'large', dlrMask: 1,
        dlrUrl: `${gateway.application.reportUrl('large')}&pad=${pad}` });
      assert.equal(large.status, 202, large.body);
      await gateway.smsc.submitted((s) => s.text === 'large');
      await gateway.application.reported('large', 1, { ms: PATIENCE });

      // and ten of each at once: more than the sockets hold
      const many = await Promise.all(Array.from({ length: 10 }, (_, i) =>
        gateway.send({ from: '10086', to: `1380000010${i}`, text: `m${i}`,
          dlrMask: 1, dlrUrl:
            `${gateway.application.reportUrl(`m${i}`)}&pad=${pad}` })));
      for (const { status, body } of many)
        assert.equal(status, 202, body);
      for (let i = 0; i < 10; i++)
        await gateway.application.reported(`m${i}`, 1, { ms: PATIENCE });
      gateway.assertAlive();
    } finally {
      await gateway.close();
    }
  });

// --- records and frames ------------------------------------------------------
/** Between two ends: the lengths of TLS records, by the way they go. */
class RecordCounter {
  down = [];
  up = [];

  constructor(room, to) {
    this.server = createServer((near) => {
      const far = connect(to, '127.0.0.1');
      this.#pipe(near, far, this.up);
      this.#pipe(far, near, this.down);
    });
    room.onClose(() => this.server.close());
  }

  async listen() {
    this.port = await freePort();
    await new Promise((resolve) =>
      this.server.listen(this.port, '127.0.0.1', resolve));
    return this;
  }

  #pipe(from, to, lengths) {
    let rest = Buffer.alloc(0);
    from.on('data', (data) => {
      to.write(data);
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
        lengths.push(rest.readUInt16BE(3));
        rest = rest.subarray(5 + rest.readUInt16BE(3));
      }
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  }
}

const sms = (more) => ({ type: 'sms', sender: '10086', receiver: '13800000000',
  time: 1700000000, sms_type: SMS_TYPE.mtPush, coding: 1, ...more });

test('frames of all sizes keep their octets, in records that Kannel reads',
  async () => {
    const room = new Room('records');
    try {
      const between = await Between.start(room, {
        box: { ...listening(), ...verifying() },
        tls: { upstream: { key: server.key, cert: server.cert },
          box: { ca: authority.cert } },
      });
      const counter = await new RecordCounter(room, between.port).listen();
      const box = await StubBox.connect(room, counter.port, 'sizes',
        { tls: { ca: authority.cert } });
      const link = await between.upstream.link('sizes');
      const random = new Random(8);
      const sizes = [1, 3000, 4096, 8000, 16384, 40000, 65536, 700000];
      for (const [i, size] of [...sizes, ...sizes].entries()) {
        const message = sms({ id: random.uuid(), msgdata: random.octets(size),
          receiver: `1380000${i}` });
        const frame = pack(message);
        box.sendFrame(frame);
        assert.equal((await box.acked(message.id)).nack, ACK.success);
        assert.ok(link.frames.at(-1).frame.equals(frame), `${size} up`);
        const mo = { ...message, sms_type: SMS_TYPE.mo };
        link.send(mo);
        await until(() => box.received.length > i, `${size} down`);
        assert.ok(box.received[i].frame.equals(pack(mo)), `${size} down`);
      }
      // padding and tag of TLS 1.3: 17 octets
      assert.ok(counter.down.length > 400, `${counter.down.length} records`);
      assert.ok(Math.max(...counter.down) <= 4096 + 17,
        `a record of ${Math.max(...counter.down)}`);
    } finally {
      await room.close();
    }
  });

test('both sides send 300 frames of 40,000 octets at once', async () => {
  const room = new Room('both');
  try {
    const between = await Between.start(room, {
      box: { ...listening(), ...verifying() },
      tls: { upstream: { key: server.key, cert: server.cert },
        box: { ca: authority.cert } },
    });
    const { box, link } = await between.connect('both');
    const random = new Random(9);
    const ids = [];
    for (let i = 0; i < 300; i++) {
      const message = sms({ id: random.uuid(), msgdata: random.octets(40000) });
      ids.push(message.id);
      box.send(message);
      link.send({ ...message, sms_type: SMS_TYPE.mo });
    }
    await until(() => box.acks.size === 300 && box.received.length === 300,
      () => `${box.acks.size} acks, ${box.received.length} MO`,
      { ms: PATIENCE });
    assert.deepEqual(box.received.map(({ message }) => message.id), ids);
    assert.equal(link.frames.length, 300);
    box.close();
    await until(() => link.closed, 'its link to close', { ms: PATIENCE });
  } finally {
    await room.close();
  }
});

// --- who is believed ---------------------------------------------------------
/** A host before a bearerbox with this certificate; what it says of a box's
 *  upstream. */
async function upstream(signed, boxKeys, says, { plain = false } = {}) {
  const room = new Room('upstream');
  try {
    const between = await Between.start(room, { box: boxKeys,
      tls: plain ? {} : { upstream: { key: signed.key, cert: signed.cert } } });
    const box = await StubBox.connect(room, between.port, 'asks');
    if (says === null)
      await between.upstream.link('asks', { ms: PATIENCE });
    else
      await between.program.line(says, { ms: PATIENCE });
    const message = sms({ id: new Random(3).uuid(), msgdata: 'x' });
    box.send(message);
    assert.equal((await box.acked(message.id)).nack,
      says === null ? ACK.success : ACK.failedTmp);
    assert.equal(between.upstream.frames.length, says === null ? 1 : 0);
  } finally {
    await room.close();
  }
}

test('bearerbox is who its certificate says, or gets no message', async () => {
  const other = await Authority.make(keys, 'other');
  const unknown = await other.sign('unknown');
  const expired = await authority.sign('expired', 'IP:127.0.0.1',
    { expired: true });
  const named = await authority.sign('named', 'DNS:bearerbox.example');
  await upstream(server, verifying(), null);
  await upstream(named, verifying(
    { 'bearerbox-ssl-name': 'bearerbox.example' }), null);
  await upstream(unknown, { 'bearerbox-port-ssl': true }, null); // as Kannel
  await upstream(unknown, verifying(),
    /no connection to bearerbox \(its certificate is not accepted \(unable to get/);
  await upstream(expired, verifying(),
    /its certificate is not accepted \(certificate has expired\)/);
  await upstream(named, verifying(),
    /its certificate is not accepted \(IP address mismatch\)/);
  await upstream(server, verifying({ 'bearerbox-ssl-name': 'else.example' }),
    /its certificate is not accepted \(hostname mismatch\)/);
});

test('bearerbox by TLS and not asked so, and the other way round', async () => {
  await upstream(server, {}, /it was closed without a word: does bearerbox/);
  await upstream(server, verifying(), /it does not answer in TLS/,
    { plain: true });
});

// --- who gets in -------------------------------------------------------------
test('a box gets in by TLS, with a certificate where one is wanted',
  async () => {
    const room = new Room('boxes');
    try {
      const between = await Between.start(room, {
        box: { ...listening(), 'ssl-box-ca-file': authority.file },
        tls: { box: { ca: authority.cert, key: client.key,
          cert: client.cert } },
      });
      const goodGoesOn = async (name) => {
        const { box } = await between.connect(name);
        const message = sms({ id: new Random(name.length).uuid(),
          msgdata: 'x' });
        box.send(message);
        assert.equal((await box.acked(message.id)).nack, ACK.success);
        box.close();
      };
      await goodGoesOn('a');

      const bare = StubBox.connect(room, between.port, 'bare',
        { tls: { ca: authority.cert } });
      await between.program.line(/it shows no certificate, and has to/);
      await bare.then((box) => until(() => box.closed, 'its end'), () => {});

      const stranger = await (await Authority.make(keys, 'else'))
        .sign('stranger');
      StubBox.connect(room, between.port, 'stranger', { tls: {
        ca: authority.cert, key: stranger.key, cert: stranger.cert } })
        .catch(() => {});
      await between.program.line(/its certificate is not accepted \(/);
      await goodGoesOn('bb');

      // plain text to a TLS port
      const plain = connect(between.port, '127.0.0.1');
      plain.on('error', () => {});
      plain.write(pack({ type: 'admin', command: ADMIN.identify,
        boxc_id: 'plain' }));
      await between.program.line(/it does not speak TLS, and has to here/);
      plain.resume();
      await until(() => plain.closed, 'the plain one to be closed');

      // a handshake that is cut: a client's first record, half of it
      const cut = connect(between.port, '127.0.0.1');
      cut.on('error', () => {});
      cut.end(Buffer.from('16030100c8010000c40303', 'hex'));
      await between.program.line(/it closed before TLS was agreed on/);

      // nonsense in the clothes of TLS
      const odd = connect(between.port, '127.0.0.1');
      odd.on('error', () => {});
      odd.write(Buffer.concat([Buffer.from('1603010010', 'hex'),
        Buffer.alloc(16, 0x41)]));
      await between.program.line(/Box at 127\.0\.0\.1:\d+: TLS failed \(/);
      await goodGoesOn('ccc');
      assert.equal(between.upstream.links.length, 3);
    } finally {
      await room.close();
    }
  });

test('TLS to a plain port is told as that', async () => {
  const room = new Room('plain');
  try {
    const between = await Between.start(room, {});
    await assert.rejects(StubBox.connect(room, between.port, 'tls',
      { tls: { ca: authority.cert } }));
    await between.program.line(
      /it speaks TLS, and has to speak plainly here; its connection is closed/);
  } finally {
    await room.close();
  }
});

test('the administrator\'s pages by TLS', async () => {
  const room = new Room('pages');
  const { request } = await import('node:https');
  try {
    const port = await freePort();
    const { 'smsbox-port-ssl': no, ...files } = listening();
    const between = await Between.start(room, { box: { ...files,
      'admin-port': port, 'admin-port-ssl': true, 'admin-password': 'secret',
      'status-open': true } });
    assert.ok(no);
    const body = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/status.json',
        ca: authority.cert }, (res) => {
        let text = '';
        res.on('data', (data) => { text += data; });
        res.on('end', () => resolve(text));
      }).on('error', reject).end();
    });
    assert.equal(JSON.parse(body).state, 'running');
    await assert.rejects(get(port, '/status.json', { ms: 5000 }));
    assert.ok(between.program.isRunning);
  } finally {
    await room.close();
  }
});
