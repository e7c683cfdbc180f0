// SPDX-License-Identifier: BSD-2-Clause
//
// frames.test.mjs - the rig's own packing of the box protocol against Kannel's:
// the octet-for-octet tests rest on it

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sendSms } from '../rig/application.mjs';
import { StubBearerbox, StubBox } from '../rig/boxes.mjs';
import { kannelConf } from '../rig/conf.mjs';
import { ADMIN, SMS_TYPE, pack, unpack } from '../rig/frames.mjs';
import { Gateway, SMSBOX, USER } from '../rig/gateway.mjs';
import { Program } from '../rig/program.mjs';
import { Room, freePort, until } from '../rig/room.mjs';

test('what smsbox packs, unpacks and packs again to the same octets',
  async () => {
    const room = new Room('frames');
    try {
      const upstream =
        await new StubBearerbox(room, await freePort()).listen();
      const sendsms = await freePort();
      room.write('smsbox.conf', kannelConf([
        { group: 'core', 'admin-port': await freePort(),
          'admin-password': 'rig', 'smsbox-port': upstream.port },
        { group: 'smsbox', 'smsbox-id': 'frames', 'sendsms-port': sendsms,
          'bearerbox-host': '127.0.0.1', 'bearerbox-port': upstream.port,
          'immediate-sendsms-reply': false },
        { group: 'sendsms-user', ...USER, concatenation: true,
          'max-messages': 10 },
      ]));
      const smsbox = new Program(room, 'smsbox',
        [SMSBOX, room.path('smsbox.conf')], { hard: true }).start();
      await smsbox.port(sendsms);
      const link = await upstream.link('frames');
      assert.equal(link.others[0].command, ADMIN.identify);

      const message = { from: '10086', to: '13800000000', text: '您好', coding: 2,
        dlrUrl: 'http://127.0.0.1/report', dlrMask: 19,
        more: { validity: 60, account: 'anything', mclass: 1, pid: 3,
          'meta-data': '?test?a=b', priority: 2 } };
      const answer = await sendSms(sendsms, message);
      assert.equal(answer.status, 202, answer.body);
      assert.equal(link.frames.length, 1);
      const [{ frame }] = link.frames;
      const sms = unpack(frame);
      assert.deepEqual(pack(sms), frame);
      assert.equal(sms.receiver.toString(), '13800000000');
      assert.equal(sms.msgdata.toString('hex'), '60a8597d');
      assert.equal(sms.service.toString(), USER.username);
      assert.equal(sms.account.toString(), 'anything');
      assert.equal(sms.sms_type, SMS_TYPE.mtPush);
      assert.equal(sms.coding, 2);
      assert.equal(sms.mclass, 1);
      assert.equal(sms.pid, 3);
      assert.equal(sms.priority, 2);
      assert.equal(sms.dlr_mask, 19);
      assert.equal(sms.dlr_url.toString(), message.dlrUrl);
      assert.equal(sms.meta_data.toString(), '?test?a=b');
      assert.match(sms.id, /^[0-9a-f-]{36}$/);
          assert.equal(sms.udhdata.length, 0); // there, and empty
    } finally {
      await room.close();
    }
  });

let gateway;
before(async () => {
  gateway = await Gateway.start({ fanzha: false, name: 'frames' });
});
after(() => gateway?.close());

test('what the rig packs, bearerbox takes and answers', async () => {
  const box = await StubBox.connect(gateway.room, gateway.ports.upstream,
    'stub');
  const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
  box.send({ type: 'sms', sender: '10086', receiver: '13800000001',
    msgdata: 'Packed by the rig €', coding: 0, sms_type: SMS_TYPE.mtPush,
    time: 1700000000, id, service: 'esme', smsc_id: 'smpp' });
  const ack = await box.acked(id);
  assert.equal(ack.nack, 0);
  assert.equal(ack.time, 1700000000);
  const submit = await gateway.smsc.submitted(
    (s) => s.receiver === '13800000001');
  assert.equal(submit.text, 'Packed by the rig €');
});

test('what bearerbox packs for a box, unpacks and packs again', async () => {
  const box = await StubBox.connect(gateway.room, gateway.ports.upstream,
    'stub-mo');
  const id = '0f8fad5b-d9cb-469f-a165-70867728950f';
  box.send({ type: 'sms', sender: '10086', receiver: '13800000002',
    msgdata: 'with a report', coding: 0, sms_type: SMS_TYPE.mtPush,
    time: 1700000000, id, service: 'esme', smsc_id: 'smpp',
    boxc_id: 'stub-mo', dlr_mask: 1, dlr_url: 'id-of-the-esme' });
  await until(() => box.received.length > 0, 'a report at the box');
  const [{ frame, message }] = box.received;
  assert.deepEqual(pack(message), frame);
  assert.equal(message.sms_type, SMS_TYPE.reportMo);
  assert.equal(message.dlr_url.toString(), 'id-of-the-esme');
});
