// SPDX-License-Identifier: BSD-2-Clause
//
// smpp-box.mjs - an SMPP server box: customers (ESMEs) bind to it, it speaks
// the box protocol to bearerbox or fanzhabox
//
// It does what was seen of opensmppbox, and no more: one box connection a bind,
// and the bind ends with it; submit_sm_resp only at the box's acknowledgement;
// reports by mask, DELIVRD for 1, UNDELIV for 2 and 16, nothing for the others
// (docs/kannel.md "What senders wait for"). Hundreds of binds fit in one
// process: nothing is kept of a message that is answered.
//
// As a program, for boxes that a test does not hold in its own process:
//     node tests/rig/smpp-box.mjs PORT BOX-PORT

import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import smpp from 'smpp';
import { ACK, ADMIN, FrameReader, SMS_TYPE, pack, unpack } from './frames.mjs';
import { gsmDecode, gsmEncode } from './gsm.mjs';
import { Random } from './random.mjs';

// The library would decode short_message; here octets are the evidence.
smpp.filters.message.decode = (value) => value;

const ESME_ROK = 0x00, ESME_RINVBNDSTS = 0x04, ESME_RALYBND = 0x05,
  ESME_RBINDFAIL = 0x0d, ESME_RMSGQFUL = 0x14, ESME_RSUBMITFAIL = 0x45,
  ESME_RTHROTTLED = 0x58;
const ESM_UDH = 0x40, ESM_REPORT = 0x04;
const DLR_DELIVERED = 1, DLR_FAILED = 2, DLR_SMSC_FAILED = 16;

const STATUS = {
  [ACK.success]: ESME_ROK, [ACK.buffered]: ESME_ROK,
  [ACK.failed]: ESME_RSUBMITFAIL, [ACK.failedTmp]: ESME_RMSGQFUL,
};

const WANTED = { 1: DLR_DELIVERED | DLR_FAILED | DLR_SMSC_FAILED, 2: DLR_FAILED |
  DLR_SMSC_FAILED }; // registered_delivery: always, on failure
const STAT = { [DLR_DELIVERED]: 'DELIVRD', [DLR_FAILED]: 'UNDELIV',
  [DLR_SMSC_FAILED]: 'UNDELIV' };

const text = (octets) => octets === null ? '' : octets.toString();

/** "YYMMDDhhmm", as receipts have it. */
function receiptDate(seconds) {
  const at = new Date(seconds * 1000);
  return [at.getFullYear() % 100, at.getMonth() + 1, at.getDate(),
    at.getHours(), at.getMinutes()]
    .map((n) => String(n).padStart(2, '0')).join('');
}

/** What is in a report for a customer; null: it is not for him. */
function receipt(message) {
  const stat = STAT[message.dlr_mask];
  if (!stat)
    return null;
  const said = text(message.msgdata);
  const err = /\berr:(\S{1,3})/i.exec(said)?.[1] ?? '000';
  const words = /\btext:(.{0,20})/i.exec(said)?.[1] ?? '';
  const date = receiptDate(message.time);
  return `id:${text(message.dlr_url)} sub:001 dlvrd:${
    stat === 'DELIVRD' ? '001' : '000'} submit date:${date} done date:${
    date} stat:${stat} err:${err} text:${words}`;
}

/** One connection to bearerbox's side: messages out, by id their answers back.
 */
class BoxLink {
  #waiting = new Map(); // id -> called with the nack
  #reader = new FrameReader();

  static open(port, boxcId, onSms, onClose) {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new BoxLink(socket, boxcId, onSms, onClose));
      });
    });
  }

  constructor(socket, boxcId, onSms, onClose) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const answered of this.#waiting.values())
        answered(ACK.failedTmp);
      this.#waiting.clear();
      onClose();
    });
    socket.on('data', (data) => {
      for (const frame of this.#reader.push(data)) {
        const message = unpack(frame);
        if (message.type === 'ack')
          this.#answered(message);
        else if (message.type === 'sms')
          onSms(message);
      }
    });
    this.send({ type: 'admin', command: ADMIN.identify, boxc_id: boxcId });
  }

  #answered({ id, nack }) {
    const answered = this.#waiting.get(id);
    this.#waiting.delete(id);
    answered?.(nack);
  }

  get unanswered() {
    return this.#waiting.size;
  }

  send(message) {
    this.socket.write(pack(message));
  }

  /** The nack of its acknowledgement; failedTmp when the link ends before. */
  submit(message) {
    return new Promise((resolve) => {
      this.#waiting.set(message.id, resolve);
      this.send(message);
    });
  }

  ack(message, nack = ACK.success) {
    if (!this.socket.destroyed)
      this.send({ type: 'ack', nack, time: message.time, id: message.id });
  }

  close() {
    this.socket.end();
  }
}

/** What one customer has bound. */
class Bind {
  #queue = []; // for the ESME, beyond its window
  #delivering = 0;

  /** @param mode  "transmitter", "receiver" or "transceiver" */
  constructor(box, session, name, mode) {
    Object.assign(this, { box, session, name, mode });
  }

  async open() {
    // A transmitter takes nothing, so it bears a name that nothing is sent to;
    // what it submits names the customer, whose receiver gets the reports.
    this.link = await BoxLink.open(this.box.boxPort,
      this.mode === 'transmitter' ? `${this.name}-tx` : this.name,
      (message) => this.#deliver(message),
      () => this.session.destroy());
    this.session.on('submit_sm', (pdu) => this.#submit(pdu));
    this.session.on('close', () => this.link.close());
  }

  async #submit(pdu) {
    const refuse = (status) =>
      this.session.send(pdu.response({ command_status: status }));
    if (this.mode === 'receiver')
      return refuse(ESME_RINVBNDSTS);
    if (this.link.unanswered >= this.box.submitWindow)
      return refuse(ESME_RTHROTTLED);
    const raw = pdu.short_message;
    const udh = (pdu.esm_class & ESM_UDH) !== 0
      ? raw.subarray(0, raw[0] + 1) : null;
    const octets = udh ? raw.subarray(udh.length) : raw;
    const coding = pdu.data_coding === 8 ? 2 : pdu.data_coding === 4 ? 1 : 0;
    const own = `${this.name}-${this.box.nextId()}`;
    const nack = await this.link.submit({
      type: 'sms', id: this.box.uuid(), sender: pdu.source_addr,
      receiver: pdu.destination_addr, udhdata: udh,
      msgdata: coding === 0 ? gsmDecode(octets) : octets, coding,
      time: Math.floor(Date.now() / 1000), sms_type: SMS_TYPE.mtPush,
      service: this.name, boxc_id: this.name,
      dlr_mask: WANTED[pdu.registered_delivery & 3] ?? 0, dlr_url: own,
    });
    const status = STATUS[nack] ?? ESME_RSUBMITFAIL;
    return status === ESME_ROK
      ? this.session.send(pdu.response({ message_id: own })) : refuse(status);
  }

  #deliver(message) {
    const isReport = message.sms_type === SMS_TYPE.reportMo ||
      message.sms_type === SMS_TYPE.reportMt;
    const octets = isReport ? receipt(message) : null;
    if (this.mode === 'transmitter' || (isReport && octets === null)) {
      this.link.ack(message, isReport ? ACK.success : ACK.failed);
      return;
    }
    this.#queue.push([message, {
      source_addr: text(message.sender),
      destination_addr: text(message.receiver),
      esm_class: isReport ? ESM_REPORT : 0,
      data_coding: isReport ? 0 : [0, 4, 8][message.coding] ?? 0,
      short_message: isReport ? Buffer.from(octets) : message.coding === 2 ||
        message.coding === 1 ? message.msgdata
        : gsmEncode(text(message.msgdata)),
    }]);
    this.#flow();
  }

  #flow() {
    while (this.#queue.length > 0 && this.#delivering < this.box.deliverWindow) {
      const [message, pdu] = this.#queue.shift();
      this.#delivering++;
      this.session.deliver_sm(pdu, (answer) => {
        this.#delivering--;
        this.link.ack(message, answer.command_status === 0 ? ACK.success
          : ACK.failedTmp);
        this.#flow();
      });
    }
  }
}

export class SmppBox {
  #server;
  #sockets = new Set();
  #random = new Random(Date.now());
  #next = 0;

  /**
   * @param room     closes it; null for none
   * @param boxPort  where it connects as a box
   * @param options  submitWindow   unanswered submit_sm of a bind; beyond it
   *                                they are throttled
   *                 deliverWindow  unanswered deliver_sm of a bind; beyond it
   *                                they wait, unacknowledged
   */
  constructor(room, port, boxPort,
    { submitWindow = 100, deliverWindow = 10 } = {}) {
    Object.assign(this, { port, boxPort, submitWindow, deliverWindow });
    this.binds = new Set();
    this.#server = smpp.createServer((session) => this.#serve(session));
    room?.onClose(() => this.close());
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

  nextId() {
    return ++this.#next;
  }

  uuid() {
    return this.#random.uuid();
  }

  #serve(session) {
    this.#sockets.add(session.socket);
    session.socket.setMaxListeners(0); // one a message in flight
    session.on('close', () => this.#sockets.delete(session.socket));
    session.on('error', () => session.destroy());
    session.on('enquire_link', (pdu) => session.send(pdu.response()));
    session.on('unbind', (pdu) => {
      session.send(pdu.response());
      session.close();
    });
    for (const mode of ['transmitter', 'receiver', 'transceiver'])
      session.on(`bind_${mode}`, (pdu) => this.#bind(session, pdu, mode));
  }

  async #bind(session, pdu, mode) {
    if (session.bound) {
      session.send(pdu.response({ command_status: ESME_RALYBND }));
      return;
    }
    session.bound = true;
    const bind = new Bind(this, session, pdu.system_id, mode);
    try {
      await bind.open();
    } catch {
      session.send(pdu.response({ command_status: ESME_RBINDFAIL }));
      session.close();
      return;
    }
    this.binds.add(bind);
    session.on('close', () => this.binds.delete(bind));
    session.send(pdu.response({ system_id: 'smpp-box' }));
  }
}

/** A customer: binds, submits, receives. */
export class Esme {
  received = []; // deliver_sm: { from, to, esmClass, dataCoding, octets, text }
  closed = false;
  onDeliver = null; // called for each instead, so that none is kept
  answer = () => ESME_ROK; // command_status of deliver_sm_resp; may be a promise

  /** @param mode  "transceiver", "transmitter" or "receiver" */
  static connect(room, port, name, mode = 'transceiver') {
    return new Promise((resolve, reject) => {
      const session = smpp.connect({ host: '127.0.0.1', port });
      const esme = new Esme();
      esme.session = session;
      session.setMaxListeners(0); // one a message in flight
      session.socket.setMaxListeners(0);
      room?.onClose(() => session.destroy());
      session.on('error', reject);
      session.on('close', () => {
        esme.closed = true;
        reject(new Error('the bind closed'));
      });
      session.on('deliver_sm', (pdu) => esme.#deliver(pdu));
      session.on('connect', () => session[`bind_${mode}`](
        { system_id: name, password: 'x' }, (answer) =>
          answer.command_status === 0 ? resolve(esme)
            : reject(new Error(`bind: ${answer.command_status}`))));
    });
  }

  async #deliver(pdu) {
    const message = { from: pdu.source_addr, to: pdu.destination_addr,
      esmClass: pdu.esm_class, dataCoding: pdu.data_coding,
      octets: pdu.short_message, text: pdu.data_coding === 8
        ? Buffer.from(pdu.short_message).swap16().toString('utf16le')
        : gsmDecode(pdu.short_message) };
    if (this.onDeliver)
      this.onDeliver(message);
    else
      this.received.push(message);
    this.session.send(pdu.response({
      command_status: await this.answer(message) }));
  }

  /** submit_sm; its answer { status, id }. */
  submit({ from, to, octets, dataCoding = 0, udh = null, report = true }) {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the bind closed'));
      if (this.closed) {
        gone();
        return;
      }
      this.session.once('close', gone);
      this.session.submit_sm({ source_addr: from, destination_addr: to,
        esm_class: udh ? ESM_UDH : 0, data_coding: dataCoding,
        registered_delivery: report ? 1 : 0,
        short_message: udh ? Buffer.concat([udh, octets]) : octets,
      }, (answer) => {
        this.session.removeListener('close', gone);
        resolve({ status: answer.command_status, id: answer.message_id });
      });
    });
  }

  /** unbind, answered, and the connection closed. */
  unbind() {
    return new Promise((resolve) => {
      this.session.once('close', resolve);
      this.session.unbind(() => this.session.close());
    });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port, boxPort] = process.argv.slice(2).map(Number);
  await new SmppBox(null, port, boxPort).listen();
  console.log(`listening for ESMEs on 127.0.0.1:${port}`);
}
