// SPDX-License-Identifier: BSD-2-Clause
//
// frames.mjs - the box protocol: frames, and the messages packed in them
//
// Written against the same facts as the box itself (docs/kannel.md "The box
// protocol") and apart from it, so that the two can be held against each
// other. Strings are Buffers or null (absent); integers are signed 32 bits.

import { randomUUID } from 'node:crypto';

export const TYPE = { heartbeat: 0, admin: 1, sms: 2, ack: 3, wdp_datagram: 4 };
const NAMES = Object.keys(TYPE);
export const ADMIN = {
  shutdown: 0, suspend: 1, resume: 2, identify: 3, restart: 4, feature: 5,
};
export const SMS_TYPE = {
  mo: 0, mtReply: 1, mtPush: 2, reportMo: 3, reportMt: 4,
};
export const ACK = { success: 0, failed: 1, failedTmp: 2, buffered: 3 };
export const UNDEFINED = -1; // an integer that was not set

// Fields in the order of Kannel's gw/msg-decl.h: i integer, s string, u UUID.
const FIELDS = {
  heartbeat: 'load:i',
  admin: 'command:i boxc_id:s',
  sms: 'sender:s receiver:s udhdata:s msgdata:s time:i smsc_id:s ' +
    'smsc_number:s foreign_id:s service:s account:s id:u sms_type:i ' +
    'mclass:i mwi:i coding:i compress:i validity:i deferred:i dlr_mask:i ' +
    'dlr_url:s pid:i alt_dcs:i rpi:i charset:s boxc_id:s binfo:s msg_left:i ' +
    'priority:i resend_try:i resend_time:i meta_data:s',
  ack: 'nack:i time:i id:u',
  wdp_datagram: 'source_address:s source_port:i destination_address:s ' +
    'destination_port:i user_data:s',
};
for (const name of NAMES)
  FIELDS[name] = FIELDS[name].split(' ').map((field) => field.split(':'));

/** Names of the fields of a message type. */
export const fieldsOf = (type) => FIELDS[type].map(([name]) => name);

const int32 = (value) => {
  const octets = Buffer.alloc(4);
  octets.writeInt32BE(value);
  return octets;
};

const string = (value) => {
  if (value === null || value === undefined)
    return int32(-1);
  const octets = Buffer.from(value);
  return Buffer.concat([int32(octets.length), octets]);
};

/** The packed message without the frame's length. */
export function packBody(message) {
  const parts = [int32(TYPE[message.type])];
  for (const [name, kind] of FIELDS[message.type]) {
    const value = message[name];
    if (kind === 'i')
      parts.push(int32(value ?? UNDEFINED));
    else
      parts.push(string(kind === 'u' ? value ?? randomUUID() : value));
  }
  return Buffer.concat(parts);
}

/** A whole frame. */
export function pack(message) {
  const body = packBody(message);
  return Buffer.concat([int32(body.length), body]);
}

/** A frame (with its length) back to a message; throws when it is not one. */
export function unpack(frame) {
  let at = 4;
  const integer = () => {
    const value = frame.readInt32BE(at);
    at += 4;
    return value;
  };
  const octets = () => {
    const length = integer();
    if (length === -1)
      return null;
    if (length < 0 || at + length > frame.length)
      throw new Error(`string of ${length} octets at ${at}`);
    at += length;
    return frame.subarray(at - length, at);
  };
  const type = NAMES[integer()];
  if (!type)
    throw new Error('unknown message type');
  const message = { type };
  for (const [name, kind] of FIELDS[type]) {
    const value = kind === 'i' ? integer() : octets();
    message[name] = kind === 'u' && value ? value.toString() : value;
  }
  if (at !== frame.length)
    throw new Error(`${frame.length - at} octets behind the message`);
  return message;
}

/** Cuts a stream into frames: push(data) gives those that are complete. */
export class FrameReader {
  #chunks = [];
  #octets = 0;

  push(data) {
    this.#chunks.push(data);
    this.#octets += data.length;
    const frames = [];
    for (;;) {
      if (this.#octets < 4)
        return frames;
      if (this.#chunks[0].length < 4)
        this.#join();
      const length = this.#chunks[0].readUInt32BE(0) + 4;
      if (this.#octets < length)
        return frames;
      if (this.#chunks[0].length < length)
        this.#join();
      const first = this.#chunks[0];
      frames.push(first.subarray(0, length));
      if (first.length === length)
        this.#chunks.shift();
      else
        this.#chunks[0] = first.subarray(length);
      this.#octets -= length;
    }
  }

  /** What is left of an unfinished frame. */
  get rest() {
    return this.#octets;
  }

  #join() {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}
