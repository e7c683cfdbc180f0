// SPDX-License-Identifier: BSD-2-Clause
//
// wapbox.test.mjs - WAP push: an application hands it to Kannel's push proxy
// gateway (wapbox), it passes fanzhabox by the WAP port, and a phone gets it
// or not; plainly, and by TLS on both sides

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Authority } from '../rig/certificates.mjs';
import { kannelConf } from '../rig/conf.mjs';
import { Gateway, PATIENCE, TOP } from '../rig/gateway.mjs';
import { Program } from '../rig/program.mjs';
import { Room, freePort, until } from '../rig/room.mjs';

const WAPBOX = '/usr/sbin/wapbox';

/** A service indication for one number, as PAP wants it. */
function push(port, id, to, href, text) {
  const body = ['--part', 'Content-Type: application/xml', '',
    '<?xml version="1.0"?><!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP//EN" ' +
    '"http://www.wapforum.org/DTD/pap_1.0.dtd"><pap><push-message ' +
    `push-id="${id}@pi.example" progress-notes-requested="false"><address ` +
    `address-value="WAPPUSH=${to}/TYPE=PLMN@ppg.example"></address>` +
    '<quality-of-service priority="low" delivery-method="unconfirmed" ' +
    'network-required="true" network="GSM" bearer-required="true" ' +
    'bearer="SMS"></quality-of-service></push-message></pap>', '',
    '--part', 'Content-Type: text/vnd.wap.si', '',
    '<?xml version="1.0"?><!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" ' +
    '"http://www.wapforum.org/DTD/si.dtd"><si><indication ' +
    `href="${href}" si-id="${id}@pi.example" action="signal-high">${text}` +
    '</indication></si>', '', '--part--', ''].join('\r\n');
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path: '/wappush',
      method: 'POST', agent: false, headers: {
        'Content-Type': 'multipart/related; boundary=part; ' +
          'type="application/xml"',
        'Content-Length': Buffer.byteLength(body) } }, (res) => {
      let answer = '';
      res.on('data', (data) => { answer += data; });
      res.on('end', () => resolve({ status: res.statusCode, body: answer }));
    });
    req.setTimeout(PATIENCE, () => req.destroy(new Error('no answer')));
    req.on('error', reject);
    req.end(body);
  });
}

const ways = [
  { name: 'plainly' },
  { name: 'by TLS', tls: true },
];
for (const { name, tls } of ways) {
  describe(`WAP push, ${name}`, () => {
    let keys, gateway, wapbox, ppg;
    before(async () => {
      keys = new Room('wap-keys');
      const authority = await Authority.make(keys);
      const signed = await authority.sign('server');
      const upstream = await freePort(), ours = await freePort();
      const files = { 'ssl-server-cert-file': signed.certFile,
        'ssl-server-key-file': signed.keyFile };
      ppg = await freePort();
      gateway = await Gateway.start({
        name: 'wap', patterns: [`${TOP}tests/e2e/patterns/e2e`],
        core: { 'wapbox-port': upstream,
          ...tls ? { 'wapbox-port-ssl': true, ...files } : {} },
        groups: [{ group: 'wapbox', 'bearerbox-host': '127.0.0.1' }],
        box: { 'wapbox-port': ours, 'wapbox-interface': '127.0.0.1',
          'bearerbox-wapbox-port': upstream,
          ...tls ? { ...files, 'wapbox-port-ssl': true,
            'bearerbox-wapbox-port-ssl': true,
            'ssl-trusted-ca-file': authority.file } : {} },
      });
      gateway.room.write('wapbox.conf', kannelConf([
        { group: 'core', 'admin-port': await freePort(),
          'admin-password': 'rig', 'wapbox-port': ours,
          'wapbox-port-ssl': tls },
        { group: 'wapbox', 'bearerbox-host': '127.0.0.1', 'log-level': 0 },
        { group: 'ppg', 'ppg-url': '/wappush', 'ppg-port': ppg,
          'trusted-pi': true, 'global-sender': '10086', users: 0,
          'ppg-allow-ip': '127.0.0.1', 'service-name': 'ppg' },
      ]));
      wapbox = new Program(gateway.room, 'wapbox',
        [WAPBOX, gateway.room.path('wapbox.conf')], { hard: true }).start();
      await wapbox.port(ppg, { ms: PATIENCE });
      await gateway.fanzhabox.line(/A wapbox has connected from/,
        { ms: PATIENCE });
      await until(async () => /wapbox/.test((await gateway.status()).body),
        'bearerbox to know the wapbox', { ms: PATIENCE, every: 100 });
    });
    after(async () => {
      await gateway?.close();
      await keys?.close();
    });

    let count = 0;
    const arrived = (to) =>
      gateway.smsc.submitted((s) => s.receiver.endsWith(to.slice(1)));
    const send = async (to, text, href = 'http://news.example/today') => {
      const { status, body } = await push(ppg, `push-${++count}`, to, href,
        text);
      assert.equal(status, 202, body);
      assert.match(body, /code ?="1001"/, body); // accepted for processing
    };

    test('a harmless one reaches the phone, with its port', async () => {
      await send('+8613900000001', 'The news of today');
      const submit = await arrived('+8613900000001');
      assert.ok(submit.udh.includes(Buffer.from('05040b84', 'hex')),
        submit.udh.toString('hex'));
      assert.ok(submit.octets.includes('The news of today'));
      assert.ok(submit.octets.includes('news.example'));
    });

    test('one that a rule rejects does not, and the record says so',
      async () => {
        await send('+8613900000002', 'Enter your banking passphrase');
        await send('+8613900000002', 'The news of later');
        await arrived('+8613900000002');
        const there = gateway.smsc.submits.filter(
          (s) => s.receiver.endsWith('8613900000002'));
        assert.deepEqual(there.map(
          (s) => s.octets.includes('The news of later')), [true]);
        await until(() => gateway.records().some((r) =>
          r.verdict === 'reject'), 'a record of the rejection');
      });

    test('one that is quarantined is held, and not sent', async () => {
      await send('+8613900000003', 'Send the escrow deposit today');
      await until(async () => (await gateway.held((row) =>
        row.receiver.endsWith('8613900000003'))).length === 1,
      'it in the quarantine');
      await send('+8613900000003', 'The news of later');
      await arrived('+8613900000003');
      assert.equal(gateway.smsc.submits.filter(
        (s) => s.receiver.endsWith('8613900000003')).length, 1);
    });

    test('bearerbox restarts: the wapbox stays, and what it sends waits',
      async () => {
        await gateway.bearerbox.kill();
        await gateway.fanzhabox.line(
          /Box `wapbox' has no connection to bearerbox/);
        await send('+8613900000004', 'The news of the pause');
        await gateway.startBearerbox();
        await gateway.smsc.bound({ ms: PATIENCE });
        await gateway.smsc.submitted(
          (s) => s.receiver.endsWith('8613900000004'),
          undefined, { ms: PATIENCE });
        assert.ok(wapbox.isRunning);
        assert.equal(gateway.fanzhabox.lines(
          /A wapbox has connected from/).length, 1);
      });
  });
}
