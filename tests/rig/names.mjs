// SPDX-License-Identifier: BSD-2-Clause
//
// names.mjs - servers of DNS lists: a real rbldnsd, and one that behaves as
// badly as a test wants

import { createSocket } from 'node:dgram';
import { accessSync } from 'node:fs';
import { Program } from './program.mjs';
import { freePort } from './room.mjs';

const NXDOMAIN = 3;
const REFUSED = 5;
const SOA_MINIMUM = 60;

/** What is asked, from a query of one question. */
function parse(query) {
  const labels = [];
  let at = 12;
  while (query[at] > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1),
    question: query.subarray(12, at + 5) };
}

function reply(query, question, rcode, addresses, zone) {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580 | rcode, 2); // QR, AA, RD, RA
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  header.writeUInt16BE(addresses.length === 0 ? 1 : 0, 8);
  header.writeUInt16BE(0, 10);
  const records = addresses.map((address) => Buffer.from([0xc0, 12, 0, 1, 0, 1,
    0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]));
  if (addresses.length === 0) {
    const owner = Buffer.concat([...zone.split('.').map((label) =>
      Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])]);
    const data = Buffer.alloc(2 + 20);
    data.writeUInt32BE(1, 2);
    data.writeUInt32BE(SOA_MINIMUM, 18);
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(6, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(SOA_MINIMUM, 4);
    fixed.writeUInt16BE(data.length, 8);
    records.push(Buffer.concat([owner, fixed, data]));
  }
  return Buffer.concat([header, question, ...records]);
}

/**
 * One zone, on a port of its own. `mode` says how it behaves:
 *   honest      entries are listed, as is `test`; nothing else is
 *   silent      no question is answered
 *   held        questions are kept until release()
 *   refusing    every question is answered REFUSED
 *   everything  everything is listed
 *   nothing     nothing is, `test` neither
 *   quota       entries, and all but the test points, are 127.255.255.254
 *   wildcard    likewise, an address of somebody else
 *   bit-one     likewise, 127.0.0.1
 */
export class NameServer {
  mode = 'honest';
  entries = new Map(); // key -> address
  asked = []; // keys, in the order in which they came
  #held = [];

  constructor(room, zone) {
    this.room = room;
    this.zone = zone;
  }

  async listen(port = 0) {
    this.socket = createSocket('udp4');
    this.socket.on('message', (query, from) => this.#take(query, from));
    await new Promise((resolve, reject) => {
      this.socket.once('error', reject);
      this.socket.bind(port, '127.0.0.1', resolve);
    });
    this.port = this.socket.address().port;
    this.room.onClose(() => this.close());
    return this;
  }

  close() {
    this.socket?.close();
    this.socket = null;
  }

  get address() {
    return `127.0.0.1@${this.port}`;
  }

  /** How often a key was asked for. */
  count(key) {
    return this.asked.filter((one) => one === key).length;
  }

  release() {
    for (const answer of this.#held.splice(0))
      answer();
  }

  #addresses(key) {
    const point = key === 'test' || key === 'invalid';
    switch (this.mode) {
      case 'everything': return ['127.0.0.2'];
      case 'nothing': return [];
      case 'quota': if (!point) return ['127.255.255.254']; break;
      case 'wildcard': if (!point) return ['192.0.2.80']; break;
      case 'bit-one': if (!point) return ['127.0.0.1']; break;
    }
    if (key === 'test')
      return ['127.0.0.2'];
    return this.entries.has(key) ? [this.entries.get(key)] : [];
  }

  #take(query, from) {
    const { name, type, question } = parse(query);
    const key = name === this.zone ? ''
      : name.slice(0, -(this.zone.length + 1));
    if (type === 1)
      this.asked.push(key);
    if (this.mode === 'silent')
      return;
    const addresses = type === 1 ? this.#addresses(key) : [];
    const rcode = this.mode === 'refusing' ? REFUSED
      : addresses.length === 0 ? NXDOMAIN : 0;
    const answer = () => this.socket?.send(
      reply(query, question, rcode, addresses, this.zone), from.port,
      from.address);
    if (this.mode === 'held')
      this.#held.push(answer);
    else
      answer();
  }
}

const RBLDNSD = ['/usr/sbin/rbldnsd', '/usr/bin/rbldnsd'].find((path) => {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
});

/** rbldnsd with `zones`: { zone, type: 'dnset' | 'ip4set', lines }. */
export async function rbldnsd(room, zones) {
  const port = await freePort();
  const sets = zones.map(({ zone, type, lines }) => {
    room.write(`${zone}.zone`, `$SOA 60 ns.example root.example 1 60 60 60 60\n` +
      `$TTL 60\n${lines.join('\n')}\n`);
    return `${zone}:${type}:${room.path(`${zone}.zone`)}`;
  });
  const program = new Program(room, 'rbldnsd', [RBLDNSD, '-n', '-u', 'nobody',
    '-b', `127.0.0.1/${port}`, ...sets]).start();
  await program.line(/started/);
  return `127.0.0.1@${port}`;
}
