// SPDX-License-Identifier: BSD-2-Clause
//
// report.test.mjs - a message that was accepted and then not delivered: its
// sender hears a failing report of ours, with reason and reference; an
// application by smsbox's dlr-url, a customer by SMPP

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { Gateway, PATIENCE, built } from '../rig/gateway.mjs';
import { gsmEncode } from '../rig/gsm.mjs';
import { freePort, until } from '../rig/room.mjs';
import { Esme, SmppBox } from '../rig/smpp-box.mjs';

const PLUGIN = built('tests/.libs/box_reporter.so');
let gateway, box;
before(async () => {
  assert.ok(existsSync(PLUGIN), `${PLUGIN}: make check builds it`);
  gateway = new Gateway({ name: 'report', filter: false });
  gateway.options.plugins = [{ group: 'pluginbox-plugin', id: 'reporter',
    path: PLUGIN, init: 'box_reporter_init',
    args: gateway.room.path('trace') }];
  await gateway.start();
  box = await new SmppBox(gateway.room, await freePort(), gateway.ports.box)
    .listen();
});
after(() => gateway?.close());

const customer = (name, mode) => Esme.connect(gateway.room, box.port, name,
  mode);
const reportOf = (esme, id) => until(() => esme.received.find(
  (m) => m.esmClass === 4 && m.text.startsWith(`id:${id} `)),
`a report for ${id}`, { ms: PATIENCE });
const submit = (esme, octets) => esme.submit({ from: '10690',
  to: '13900000001', octets: gsmEncode(octets) });
const trace = () => existsSync(gateway.room.path('trace'))
  ? gateway.room.read('trace').trim().split('\n') : [];

test('an application: accepted, then dlr-url with type 2, err and text',
  async () => {
    const { status } = await gateway.send({ from: '10086',
      to: '+8613900000001', text: 'report 0F1 REF-4711',
      dlrUrl: gateway.application.reportUrl('held') });
    assert.equal(status, 202);
    const { type, text } = await gateway.application.reported('held',
      undefined, { ms: PATIENCE });
    assert.equal(type, 2);
    assert.match(text, /stat:UNDELIV err:0F1 text:REF-4711/);
    assert.equal(gateway.smsc.submits.length, 0);
    await until(() => trace().includes('reported 0 0'),
      'smsbox to acknowledge it');
  });

test('an application whose message passes: the SMSC\'s report, type 1',
  async () => {
    await gateway.send({ from: '10086', to: '+8613900000001', text: 'passes',
      dlrUrl: gateway.application.reportUrl('passed') });
    await gateway.application.reported('passed', 1, { ms: PATIENCE });
  });

test('a customer: submit_sm_resp fine, then UNDELIV with err and text',
  async () => {
    const esme = await customer('alpha');
    const { status, id } = await submit(esme, 'report 0A7 REF-0815');
    assert.equal(status, 0);
    const { text } = await reportOf(esme, id);
    assert.match(text, /dlvrd:000 .* stat:UNDELIV err:0A7 text:REF-0815$/);
    assert.equal(esme.received.length, 1);
    await esme.unbind();
  });

test('a customer who transmits and receives by two binds: on the receiver',
  async () => {
    const receiver = await customer('beta', 'receiver');
    const transmitter = await customer('beta', 'transmitter');
    assert.equal((await submit(receiver, 'no')).status, 4);
    const { id } = await submit(transmitter, 'report 0A7 REF-1');
    assert.match((await reportOf(receiver, id)).text, /err:0A7 text:REF-1$/);
    const passes = await submit(transmitter, 'passes');
    assert.match((await reportOf(receiver, passes.id)).text, /stat:DELIVRD/);
    assert.equal(transmitter.received.length, 0);
    await Promise.all([receiver.unbind(), transmitter.unbind()]);
  });

test('a customer who has gone: the report waits until he is back', async () => {
  const transmitter = await customer('gamma', 'transmitter');
  const { status, id } = await submit(transmitter, 'report 0A7 REF-2');
  assert.equal(status, 0);
  await until(() => trace().includes('no way'), 'the plugin to find nobody');
  const receiver = await customer('gamma', 'receiver');
  assert.match((await reportOf(receiver, id)).text, /err:0A7 text:REF-2$/);
  await Promise.all([receiver.unbind(), transmitter.unbind()]);
});

test('a customer who asked for no report gets none', async () => {
  const esme = await customer('delta');
  await esme.submit({ from: '10690', to: '13900000001', report: false,
    octets: gsmEncode('passes silently') });
  const { id } = await submit(esme, 'passes aloud');
  await reportOf(esme, id);
  assert.equal(esme.received.length, 1);
  await esme.unbind();
});
