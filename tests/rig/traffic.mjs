// SPDX-License-Identifier: BSD-2-Clause
//
// traffic.mjs - senders that never give up: each message is sent until its
// sender was told what became of it, over whatever connection there is
//
// Three ways in: an application at smsbox by HTTP, a box at the box protocol
// (as an SMPP server box is), a phone at the SMSC.

import { connect } from 'node:net';
import { sendSms } from './application.mjs';
import { ACK, ADMIN, FrameReader, SMS_TYPE, pack, unpack } from './frames.mjs';
import { USER } from './gateway.mjs';
import { sleep } from './room.mjs';

/** Shares of what messages deserve. */
const MIX = [['pass', 0.7], ['quarantine', 0.15], ['reject', 0.08],
  ['rewrite', 0.07]];

function deserved(random) {
  let dice = random.fraction();
  for (const [what, share] of MIX) {
    dice -= share;
    if (dice < 0)
      return what;
  }
  return 'pass';
}

/** What all senders share: a pace, bursts, an end. */
export class Sender {
  flying = new Set(); // entries sent and not yet answered
  #stopped = false;
  #open = new Set();

  /** @param pairs  phones that get more than one message, in order
   *  @param longer share of longer messages, which come in parts */
  constructor(ledger, random,
    { direction, way, perSecond, window, pairs = [], longer = 0 }) {
    Object.assign(this,
      { ledger, random, direction, way, perSecond, window, pairs, longer });
  }

  get inFlight() {
    return this.flying.size;
  }

  start() {
    this.done = this.#run();
    return this;
  }

  /** No new messages; those begun are sent to their end. */
  async stop() {
    this.#stopped = true;
    await this.done;
  }

  async #run() {
    const begin = Date.now();
    for (let count = 0; !this.#stopped; count++) {
      const due = begin + count * 1000 / this.perSecond;
      while ((Date.now() < due || this.#open.size >= this.window) &&
             !this.#stopped)
        // hundreds of senders that wake for nothing would be the load
        await sleep(Math.max(5, Math.min(50, due - Date.now())));
      if (!this.#stopped)
        this.#begin();
    }
    await Promise.all(this.#open);
  }

  #begin() {
    if (this.longer > 0 && this.random.chance(this.longer)) {
      for (const part of this.#parts())
        this.#follow(part);
      return;
    }
    const address = this.pairs.length > 0 && this.random.chance(0.5)
      ? this.random.pick(this.pairs) : undefined;
    const entry = this.ledger.create(this.direction, this.way,
      deserved(this.random), address);
    this.#follow(entry);
  }

  /** Parts in any order: each alone is harmless. */
  #parts() {
    const { random, ledger } = this;
    return random.shuffle(ledger.createParts(this.direction, this.way,
      random.chance(0.4) ? 'quarantine' : 'pass', random.between(2, 4),
      random.between(0, 0xffff)));
  }

  #follow(entry) {
    const one = this.#see(entry).finally(() => this.#open.delete(one));
    this.#open.add(one);
  }

  /** Begin many at once. */
  burst(count) {
    for (let i = 0; i < count; i++)
      this.#begin();
  }

  async #see(entry) {
    while (!entry.answer) {
      entry.attempts++;
      this.flying.add(entry);
      try {
        entry.answer = await this.attempt(entry);
      } catch {
        entry.answer = null; // no connection, or it broke
      } finally {
        this.flying.delete(entry);
      }
      if (!entry.answer)
        await sleep(200);
    }
  }
}

/** An application: sendsms at smsbox, which answers at the box's ack. */
export class HttpSender extends Sender {
  constructor(ledger, random, port, options) {
    super(ledger, random, { direction: 'mt', way: 'smsbox', ...options });
    this.port = port;
  }

  async attempt(entry) {
    const { status, body } = await sendSms(this.port,
      { from: '10086', to: entry.address, text: entry.text },
      { ms: 30000, user: USER.username, password: USER.password });
    switch (status) {
    case 202: return 'accepted';
    case 403: return 'refused';
    case 503: return null;
    default: throw new Error(`${status} ${body}`);
    }
  }
}

/** A box of our own: MT over the box protocol, and the receiver of MO. */
export class BoxSender extends Sender {
  #socket = null;
  #waiting = new Map(); // id -> { resolve, reject }
  #next = 0;

  constructor(ledger, random, port, boxcId, options) {
    super(ledger, random, { direction: 'mt', way: 'box', ...options });
    this.port = port;
    this.boxcId = boxcId;
    this.connections = 0;
    this.stayConnected = this.#stay();
  }

  close() {
    this.closed = true;
    this.#socket?.destroy();
  }

  async #stay() {
    while (!this.closed) {
      await this.#connection().catch(() => {});
      await sleep(300);
    }
  }

  #connection() {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      const reader = new FrameReader();
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('connect', () => {
        this.connections++;
        this.#socket = socket;
        socket.write(pack({ type: 'admin', command: ADMIN.identify,
          boxc_id: this.boxcId }));
      });
      socket.on('data', (data) => {
        for (const frame of reader.push(data))
          this.#take(socket, unpack(frame));
      });
      socket.on('close', () => {
        this.#socket = null;
        for (const { reject } of this.#waiting.values())
          reject(new Error('the connection closed'));
        this.#waiting.clear();
        resolve();
      });
    });
  }

  #take(socket, message) {
    if (message.type === 'ack') {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      waiting?.resolve(message.nack);
    } else if (message.type === 'sms') {
      if (message.sms_type === SMS_TYPE.mo)
        this.ledger.delivered(message.msgdata.toString());
      socket.write(pack({ type: 'ack', nack: ACK.success, time: message.time,
        id: message.id }));
    }
  }

  async attempt(entry) {
    if (!this.#socket)
      throw new Error('no connection');
    // the same id each time, as a box that sends again would
    entry.id ??= this.random.uuid();
    const nack = await new Promise((resolve, reject) => {
      this.#waiting.set(entry.id, { resolve, reject });
      this.#socket.write(pack({ type: 'sms', sender: '10086',
        receiver: entry.address, udhdata: entry.header ?? null,
        msgdata: entry.text, coding: 0,
        sms_type: SMS_TYPE.mtPush, time: Math.floor(Date.now() / 1000),
        id: entry.id, service: 'esme', boxc_id: this.boxcId }));
    });
    switch (nack) {
    case ACK.success:
    case ACK.buffered: return 'accepted';
    case ACK.failed: return 'refused';
    default: return null; // failed_tmp: again, later
    }
  }
}

/** Phones: deliver_sm at the SMSC, until bearerbox says that it has it. */
export class PhoneSender extends Sender {
  constructor(ledger, random, smsc, options) {
    super(ledger, random, { direction: 'mo', way: 'smsc', ...options });
    this.smsc = smsc;
    this.to = options.to ?? '10010';
  }

  async attempt(entry) {
    const status = await this.smsc.deliver({ from: entry.address, to: this.to,
      text: entry.text });
    return status === 0 ? 'accepted' : null;
  }
}
