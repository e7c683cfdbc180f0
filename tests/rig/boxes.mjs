// SPDX-License-Identifier: BSD-2-Clause
//
// boxes.mjs - both ends of the box protocol without Kannel: an upstream that
// takes frames as bearerbox does and keeps them, and a box that sends them as
// an smsbox does
//
// What is compared here is octets: a frame kept by the upstream against the
// frame that the box wrote.

import { connect, createServer } from 'node:net';
import { connect as connectTls, createServer as createTlsServer }
  from 'node:tls';
import { ACK, ADMIN, FrameReader, pack, unpack } from './frames.mjs';
import { until } from './room.mjs';

/** One connection of a box at the upstream, or of ours to the box's port. */
class Link {
  frames = []; // of type sms, as they came: { frame, at }
  others = []; // every other message, unpacked

  constructor(socket) {
    this.socket = socket;
    this.closed = false;
    this.reader = new FrameReader();
    socket.setNoDelay(true);
    socket.on('close', () => { this.closed = true; });
    socket.on('error', () => {});
  }

  send(message) {
    return this.sendFrame(Buffer.isBuffer(message) ? message : pack(message));
  }

  sendFrame(frame) {
    return this.socket.write(frame);
  }

  ack(message, nack = ACK.success) {
    this.send({ type: 'ack', nack, time: message.time, id: message.id });
  }

  close() {
    this.socket.destroy();
  }
}

/** Takes the place of bearerbox. */
export class StubBearerbox {
  #server;
  links = [];

  /**
   * @param onSms  (message, link, frame): what to do with an sms; the default
   *               acknowledges it
   * @param tls    key, cert, ca ... of node's tls: it speaks that
   */
  constructor(room, port, onSms = (message, link) => link.ack(message),
    { tls } = {}) {
    this.port = port;
    this.onSms = onSms ?? ((message, link) => link.ack(message));
    this.#server = tls
      ? createTlsServer(tls, (socket) => this.#serve(socket))
      : createServer((socket) => this.#serve(socket));
    this.#server.on('tlsClientError', () => {});
    room.onClose(() => this.close());
  }

  listen() {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.port, '127.0.0.1', () => resolve(this));
    });
  }

  close() {
    for (const link of this.links)
      link.close();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket) {
    const link = new Link(socket);
    link.boxcId = undefined; // until it identifies
    this.links.push(link);
    socket.on('data', (data) => {
      for (const frame of link.reader.push(data))
        this.#take(link, frame);
    });
  }

  #take(link, frame) {
    const message = unpack(frame);
    if (message.type === 'sms') {
      link.frames.push({ frame: Buffer.from(frame), at: Date.now() });
      this.onSms(message, link, frame);
      return;
    }
    link.others.push(message);
    if (message.type === 'admin' && message.command === ADMIN.identify)
      link.boxcId = message.boxc_id ? message.boxc_id.toString() : null;
  }

  /** All sms frames of all links, in order of arrival. */
  get frames() {
    return this.links.flatMap((link) => link.frames)
      .sort((a, b) => a.at - b.at).map(({ frame }) => frame);
  }

  /** The link over which box `boxcId` came, open. */
  link(boxcId, options) {
    return until(
      () => this.links.find((l) => l.boxcId === boxcId && !l.closed),
      `box ${boxcId} at the upstream`, options);
  }
}

/** A box that connects, identifies, sends and hears acknowledgements. */
export class StubBox extends Link {
  acks = new Map();     // id -> { nack, at }
  #waiting = new Map(); // id -> those who wait for its ack
  received = [];        // sms from upstream: { message, frame, at }
  onSms = (message) => this.ack(message);

  /** @param tls  of node's tls: it speaks that */
  static async connect(room, port, boxcId, { tls } = {}) {
    const socket = tls ? connectTls({ port, host: '127.0.0.1', ...tls })
      : connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => {
      socket.once(tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
    });
    const box = new StubBox(socket);
    room.onClose(() => box.close());
    socket.on('data', (data) => {
      for (const frame of box.reader.push(data))
        box.#take(frame);
    });
    socket.on('close', () => {
      for (const id of [...box.#waiting.keys()])
        box.#tell(id, new Error(`no ack for ${id}: the connection closed`));
    });
    box.send({ type: 'admin', command: ADMIN.identify, boxc_id: boxcId });
    return box;
  }

  #take(frame) {
    const message = unpack(frame);
    if (message.type === 'ack') {
      this.acks.set(message.id, { nack: message.nack, time: message.time,
        at: Date.now() });
      this.#tell(message.id);
    } else if (message.type === 'sms') {
      this.received.push({ message, frame: Buffer.from(frame),
        at: Date.now() });
      this.onSms(message);
    } else {
      this.others.push(message);
    }
  }

  #tell(id, failure) {
    for (const { resolve, reject, timer } of this.#waiting.get(id) ?? []) {
      clearTimeout(timer);
      if (failure)
        reject(failure);
      else
        resolve(this.acks.get(id));
    }
    this.#waiting.delete(id);
  }

  /** The ack for a message; an error when it does not come, or the connection
   *  closes. */
  acked(id, { ms = 20000 } = {}) {
    const there = this.acks.get(id);
    if (there)
      return Promise.resolve(there);
    if (this.closed)
      return Promise.reject(new Error(`no ack for ${id}: closed`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#tell(id,
        new Error(`not within ${ms} ms: an ack for ${id}`)), ms);
      this.#waiting.set(id, [...this.#waiting.get(id) ?? [],
        { resolve, reject, timer }]);
    });
  }
}
