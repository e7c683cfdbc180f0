// SPDX-License-Identifier: BSD-2-Clause
//
// smpp-box.mjs - an SMPP server box: customers (ESMEs) bind to it, it speaks
// the box protocol to bearerbox or fanzhabox
//
// It does what was seen of opensmppbox, and no more: one box connection a bind,
// named after the system_id, and the bind ends with it; submit_sm_resp only at
// the box's acknowledgement; reports by mask, DELIVRD for 1, UNDELIV for 2 and
// 16, nothing for the others (docs/kannel.md "What senders wait for").

import smpp from 'smpp';
import { StubBox } from './boxes.mjs';
import { ACK, SMS_TYPE } from './frames.mjs';
import { gsmDecode, gsmEncode } from './gsm.mjs';
import { Random } from './random.mjs';

const ESME_ROK = 0x00, ESME_RMSGQFUL = 0x14, ESME_RSUBMITFAIL = 0x45;
const ESM_UDH = 0x40, ESM_REPORT = 0x04;
const DLR_DELIVERED = 1, DLR_FAILED = 2, DLR_SMSC_FAILED = 16;

const STATUS = {
  [ACK.success]: ESME_ROK, [ACK.buffered]: ESME_ROK,
  [ACK.failed]: ESME_RSUBMITFAIL, [ACK.failedTmp]: ESME_RMSGQFUL,
};

export class SmppBox {
  #server;
  #sockets = new Set();
  #random = new Random(Date.now());
  #next = 1;

  /** @param boxPort  where it connects as a box */
  constructor(room, port, boxPort) {
    Object.assign(this, { room, port, boxPort });
    this.binds = new Map(); // system_id -> { session, box }
    this.#server = smpp.createServer((session) => this.#serve(session));
    room.onClose(() => this.close());
  }

  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', () => resolve(this));
    });
  }

  close() {
    for (const socket of this.#sockets)
      socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(session) {
    this.#sockets.add(session.socket);
    session.on('close', () => this.#sockets.delete(session.socket));
    session.on('error', () => session.destroy());
    session.on('enquire_link', (pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu) => {
      session.send(pdu.response());
      session.close();
    });
    session.on('bind_transceiver', (pdu) => this.#bind(session, pdu));
  }

  async #bind(session, pdu) {
    const name = pdu.system_id;
    const box = await StubBox.connect(this.room, this.boxPort, name);
    this.binds.set(name, { session, box });
    session.on('submit_sm', (submit) => this.#submit(session, box, name, submit));
    session.on('close', () => box.close());
    box.socket.on('close', () => {
      this.binds.delete(name);
      session.destroy();
    });
    box.onSms = (message) => this.#deliver(session, box, message);
    session.send(pdu.response({ system_id: 'smpp-box' }));
  }

  async #submit(session, box, name, pdu) {
    const raw = pdu.short_message;
    const hasUdh = (pdu.esm_class & ESM_UDH) !== 0;
    const octets = hasUdh ? raw.subarray(raw[0] + 1) : raw;
    const coding = pdu.data_coding === 8 ? 2 : pdu.data_coding === 4 ? 1 : 0;
    const id = this.#random.uuid();
    const own = `esme-${this.#next++}`;
    box.send({
      type: 'sms', id, sender: pdu.source_addr, receiver: pdu.destination_addr,
      udhdata: hasUdh ? raw.subarray(0, raw[0] + 1) : null,
      msgdata: coding === 0 ? gsmDecode(octets) : octets, coding,
      time: Math.floor(Date.now() / 1000), sms_type: SMS_TYPE.mtPush,
      service: name, boxc_id: name,
      dlr_mask: (pdu.registered_delivery & 1) !== 0
        ? DLR_DELIVERED | DLR_FAILED | DLR_SMSC_FAILED : 0,
      dlr_url: own,
    });
    const { nack } = await box.acked(id, { ms: 60000 })
      .catch(() => ({ nack: ACK.failedTmp }));
    const status = STATUS[nack];
    session.send(pdu.response(status === ESME_ROK ? { message_id: own }
      : { command_status: status }));
  }

  #deliver(session, box, message) {
    if (message.sms_type === SMS_TYPE.reportMo) {
      const mask = message.dlr_mask;
      const stat = mask === DLR_DELIVERED ? 'DELIVRD'
        : mask === DLR_FAILED || mask === DLR_SMSC_FAILED ? 'UNDELIV' : null;
      if (stat)
        session.deliver_sm({ source_addr: message.sender.toString(),
          destination_addr: message.receiver.toString(),
          esm_class: ESM_REPORT, data_coding: 0,
          short_message: Buffer.from(`id:${message.dlr_url} stat:${stat} ${
            /err:\S*|$/.exec(message.msgdata ?? '')[0]}`) });
      box.ack(message);
      return;
    }
    session.deliver_sm({
      source_addr: message.sender.toString(),
      destination_addr: message.receiver.toString(),
      esm_class: 0, data_coding: [0, 4, 8][message.coding] ?? 0,
      short_message: message.coding === 0
        ? gsmEncode(message.msgdata.toString()) : message.msgdata,
    }, (answer) => box.ack(message, answer.command_status === 0 ? ACK.success
      : ACK.failedTmp));
  }
}

/** A customer: binds, submits, receives. */
export class Esme {
  received = []; // deliver_sm: { from, to, esmClass, dataCoding, octets, text }

  static connect(room, port, name) {
    return new Promise((resolve, reject) => {
      const session = smpp.connect({ host: '127.0.0.1', port });
      const esme = new Esme();
      esme.session = session;
      room.onClose(() => session.destroy());
      session.on('error', reject);
      session.on('deliver_sm', (pdu) => {
        esme.received.push({ from: pdu.source_addr, to: pdu.destination_addr,
          esmClass: pdu.esm_class, dataCoding: pdu.data_coding,
          octets: pdu.short_message, text: pdu.data_coding === 8
            ? Buffer.from(pdu.short_message).swap16().toString('utf16le')
            : gsmDecode(pdu.short_message) });
        session.send(pdu.response());
      });
      session.on('connect', () => session.bind_transceiver(
        { system_id: name, password: 'x' }, (answer) =>
          answer.command_status === 0 ? resolve(esme)
            : reject(new Error(`bind: ${answer.command_status}`))));
    });
  }

  /** submit_sm; its answer { status, id }. */
  submit({ from, to, octets, dataCoding = 0, udh = null, report = true }) {
    return new Promise((resolve, reject) => {
      this.session.once('close', () => reject(new Error('the bind closed')));
      this.session.submit_sm({ source_addr: from, destination_addr: to,
        esm_class: udh ? ESM_UDH : 0, data_coding: dataCoding,
        registered_delivery: report ? 1 : 0,
        short_message: udh ? Buffer.concat([udh, octets]) : octets,
      }, (answer) => resolve({ status: answer.command_status,
        id: answer.message_id }));
    });
  }
}
