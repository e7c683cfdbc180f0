// SPDX-License-Identifier: BSD-2-Clause
//
// smsc.mjs - an SMPP SMSC on loopback: the far end of every message
//
// bearerbox binds to it as to an operator's. It keeps every submit_sm with its
// octets as they came, answers it, sends the delivery report that was asked
// for, and sends messages of phones (MO).

import smpp from 'smpp';
import { gsmDecode, gsmEncode, ucs2Decode, ucs2Encode } from './gsm.mjs';
import { until } from './room.mjs';

// The library would decode short_message; here octets are the evidence.
smpp.filters.message.decode = (value) => value;

const UDH_INDICATOR = 0x40;
const ESM_REPORT = 0x04;

/** DCS to the three codings of the gateway: 0 7-bit, 1 8-bit, 2 UCS-2. */
function codingOf(dataCoding) {
  if (dataCoding === 8 || (dataCoding & 0xec) === 0x08)
    return 2;
  if (dataCoding === 2 || dataCoding === 4 || (dataCoding & 0xec) === 0x04)
    return 1;
  return 0;
}

export function decodeOctets(coding, octets) {
  return [gsmDecode, (raw) => raw.toString('latin1'), ucs2Decode][coding](
    octets);
}

// An international number is written with + here, without it on the wire.
const INTERNATIONAL = 1;
const address = (ton, digits) => ton === INTERNATIONAL ? `+${digits}` : digits;
const addresses = (from, to) => ({
  source_addr_ton: from.startsWith('+') ? INTERNATIONAL : 0,
  source_addr: from.replace(/^\+/, ''),
  dest_addr_ton: to.startsWith('+') ? INTERNATIONAL : 0,
  destination_addr: to.replace(/^\+/, ''),
});

export class Smsc {
  #server;
  #sockets = new Set();
  #next = 1;

  constructor(room, port) {
    this.port = port;
    this.session = null; // bound, and able to take deliver_sm
    this.binds = 0;
    this.submits = [];   // in order of arrival; see #submit
    this.onSubmit = null; // called for each instead, so that none is kept
    this.answer = () => 0; // command_status for a submit; may be a promise
    this.reports = () => 'DELIVRD'; // stat of the report; null sends none;
                                    // may be a promise
    this.reportDelayMs = 0;
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
    session.on('close', () => {
      this.#sockets.delete(session.socket);
      if (this.session === session)
        this.session = null;
    });
    session.on('error', () => session.destroy());
    session.socket.setMaxListeners(0); // one a message in flight
    session.on('pdu', (pdu) => this.#take(session, pdu));
  }

  async #take(session, pdu) {
    switch (pdu.command) {
    case 'bind_transceiver':
    case 'bind_receiver':
    case 'bind_transmitter':
      session.send(pdu.response({ system_id: 'rig' }));
      if (pdu.command !== 'bind_transmitter')
        this.session = session;
      this.binds++;
      break;
    case 'submit_sm':
      await this.#submit(session, pdu);
      break;
    case 'unbind':
      session.send(pdu.response());
      session.close();
      break;
    case 'enquire_link':
      session.send(pdu.response());
      break;
    default:
      if (!pdu.isResponse())
        session.send(pdu.response());
    }
  }

  async #submit(session, pdu) {
    const raw = pdu.short_message?.length ? pdu.short_message
      : pdu.message_payload ?? Buffer.alloc(0);
    const hasUdh = (pdu.esm_class & UDH_INDICATOR) !== 0 && raw.length > 0;
    const udh = hasUdh ? raw.subarray(0, raw[0] + 1) : null;
    const octets = hasUdh ? raw.subarray(raw[0] + 1) : raw;
    const coding = codingOf(pdu.data_coding);
    const submit = {
      at: Date.now(),
      sender: address(pdu.source_addr_ton, pdu.source_addr),
      receiver: address(pdu.dest_addr_ton, pdu.destination_addr),
      esmClass: pdu.esm_class, dataCoding: pdu.data_coding, coding,
      udh, octets, text: decodeOctets(coding, octets),
      registered: pdu.registered_delivery,
      id: (this.#next++).toString(16),
    };
    const status = await this.answer(submit);
    submit.status = status;
    if (status !== 0) {
      session.send(pdu.response({ command_status: status }));
      return;
    }
    if (this.onSubmit)
      this.onSubmit(submit);
    else
      this.submits.push(submit);
    session.send(pdu.response({ message_id: submit.id }));
    const stat = (submit.registered & 1) !== 0 ? await this.reports(submit)
      : null;
    if (stat)
      setTimeout(() => this.#report(session, submit, stat),
        this.reportDelayMs);
  }

  #report(session, submit, stat) {
    const date = new Date(submit.at).toISOString()
      .replace(/[-T:]/g, '').slice(2, 12);
    const text = `id:${submit.id} sub:001 dlvrd:001 submit date:${date} ` +
      `done date:${date} stat:${stat} err:000 text:`;
    session.deliver_sm({
      ...addresses(submit.receiver, submit.sender), esm_class: ESM_REPORT, data_coding: 0,
      short_message: Buffer.from(text, 'latin1'),
    });
  }

  /** Wait until bearerbox is bound. */
  async bound(options) {
    await until(() => this.session, 'bearerbox to bind to the SMSC', options);
    return this;
  }

  /** Wait for a submit_sm for which `match` says yes; that submit. */
  submitted(match, what = 'a submit_sm at the SMSC', options) {
    return until(() => this.submits.find(match),
      () => `${what}; it got:\n${this.submits.slice(-10)
        .map((s) => `  ${s.sender} -> ${s.receiver}: ${s.text}`).join('\n')}`,
      options);
  }

  /**
   * A message of a phone.
   *
   * @param message  { from, to, and text (coding 0 or 2), or octets; coding;
   *                 udh }
   * @return command_status of the answer, at bearerbox's acknowledgement
   */
  deliver({ from, to, text, octets, coding = 0, udh = null }) {
    const data = octets ??
      (coding === 2 ? ucs2Encode(text) : gsmEncode(text));
    return new Promise((resolve, reject) => {
      if (!this.session) {
        reject(new Error('bearerbox is not bound'));
        return;
      }
      const { socket } = this.session;
      const lost = () => reject(new Error('the bind closed first'));
      socket.once('close', lost);
      this.session.deliver_sm({
        ...addresses(from, to), esm_class: udh ? UDH_INDICATOR : 0,
        data_coding: [0, 4, 8][coding],
        short_message: udh ? Buffer.concat([udh, data]) : data,
      }, (response) => {
        socket.off('close', lost);
        resolve(response.command_status);
      });
    });
  }
}
